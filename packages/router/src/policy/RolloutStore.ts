/**
 * Defines the store of rollouts, which keeps each change of a rollout. The state after the newest change is the state of the rollout, for
 * all processes that share the store.
 */
import { CarrierId } from "@interline/core/CarrierId"
import { EpochMillis } from "@interline/core/Time"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Rollout from "./Rollout.ts"
import type { SendResult } from "./SendResult.ts"

/**
 * One change of a rollout. `version` counts the changes from 1. `actor`: the name of the operator, or `guardrail`. `reason`: what the
 * operator wrote, or which guardrail was crossed.
 *
 * @category models
 */
export const Change = Schema.Struct({
  version: Schema.Int,
  at: EpochMillis,
  action: Rollout.Action,
  actor: Schema.String,
  reason: Schema.String,
  state: Rollout.State
})

/** @category models */
export interface Change extends Schema.Schema.Type<typeof Change> {}

/**
 * An operator's assignment of conversations. `conversations`: their keys.
 *
 * @category models
 */
export interface Assignment extends Pick<Change, "at" | "actor" | "reason"> {
  readonly conversations: ReadonlyArray<string>
  readonly carrierId: CarrierId | undefined
}

/**
 * The direct conversations that are bound to a carrier, also those in which nobody wrote for so long that the binding has ended. `lastAt`: when
 * the last message in one of them was. Absent if there is none.
 *
 * @category models
 */
export const Bound = Schema.Struct({ count: Schema.NonNegativeInt, lastAt: Schema.optionalWith(EpochMillis, { exact: true }) })

/** @category models */
export interface Bound extends Schema.Schema.Type<typeof Bound> {}

/**
 * A rollout that was started. `usedAt`: when an operator changed it last. What a guardrail or the start of a process did does not count.
 *
 * @category models
 */
export interface Known {
  readonly name: string
  readonly state: Rollout.State
  readonly usedAt: number
}

/**
 * The operations of a store of rollouts. No operation fails with an error. If the store cannot be reached, the operation dies with a
 * defect. `name` names a rollout (`nameOf`).
 *
 * @category models
 */
export interface RolloutStoreService {
  /** The newest change. Undefined if the rollout was never started. */
  readonly latest: (name: string) => Effect.Effect<Change | undefined>
  /** Writes a change, which is not announced yet. False, and nothing is written, if the rollout has a change of this version already. */
  readonly append: (name: string, change: Change) => Effect.Effect<boolean>
  /** The changes that are not announced, the oldest first, at most 100. */
  readonly unannounced: (name: string) => Effect.Effect<ReadonlyArray<Change>>
  /** Notes that a change is announced. Of several calls, in any process, the first one gives true. */
  readonly announce: (name: string, version: number) => Effect.Effect<boolean>
  /** The newest changes, the newest first. */
  readonly history: (name: string, limit: number) => Effect.Effect<ReadonlyArray<Change>>
  /** The carrier to which an operator assigned a conversation, by its key. Undefined if it follows the rollout. */
  readonly assigned: (name: string, conversation: string) => Effect.Effect<CarrierId | undefined>
  /** How many conversations an operator assigned. */
  readonly countAssigned: (name: string) => Effect.Effect<number>
  /** The direct conversations that are bound to a carrier. */
  readonly bound: (carrierId: CarrierId) => Effect.Effect<Bound>
  /** Every rollout that was ever started, in this direction or another. */
  readonly known: Effect.Effect<ReadonlyArray<Known>>
  /** Assigns conversations to a carrier, by their keys. Without a carrier they follow the rollout again. */
  readonly assign: (name: string, assignment: Assignment) => Effect.Effect<void>
  /**
   * What became of the sends of deliveries that were begun since a time, in epoch milliseconds, and have a result. If there are very many, a
   * part of them is left out in each part of the time.
   */
  readonly observe: (since: number) => Effect.Effect<ReadonlyArray<SendResult>>
}

/**
 * The tag of the store of rollouts. A router needs it if its policy has a rollout.
 *
 * @category services
 */
export class RolloutStore extends Context.Tag("@interline/router/RolloutStore")<RolloutStore, RolloutStoreService>() {}

/**
 * The name of a rollout. A rollout in the other direction has another name.
 *
 * @category getters
 */
export const nameOf = ({ from, to }: Pick<Rollout.Complete, "from" | "to">): string => `${from} to ${to}`

/**
 * The carriers of a rollout, from its name.
 *
 * @category getters
 */
export const carriersOf = (name: string): Pick<Rollout.Complete, "from" | "to"> => {
  const [from = "", to = ""] = name.split(" to ")
  return { from: CarrierId.make(from), to: CarrierId.make(to) }
}

/**
 * The actor of a change that a process made when it started.
 *
 * @category models
 */
export const starting = "start"

/**
 * The actor of a change that a crossed guardrail made.
 *
 * @category models
 */
export const guarding = "guardrail"

/**
 * A store in memory, for tests. `observe` supplies what became of sends, and `bound` the conversations of a carrier.
 *
 * @category constructors
 */
export const makeMemory = (
  observe: RolloutStoreService["observe"],
  bound: RolloutStoreService["bound"] = () => Effect.succeed({ count: 0 })
): Effect.Effect<RolloutStoreService> =>
  Effect.sync(() => {
    const changes = new Map<string, ReadonlyArray<Change>>()
    const places = new Map<string, CarrierId>()
    const left = new Map<string, Change>()
    const of = (name: string): ReadonlyArray<Change> => changes.get(name) ?? []
    return {
      latest: (name) => Effect.sync(() => of(name)[0]),
      append: (name, change) =>
        Effect.sync(() => {
          const known = of(name)
          if (known.some(({ version }) => version === change.version)) return false
          changes.set(name, [change, ...known])
          left.set(`${name}\n${change.version}`, change)
          return true
        }),
      unannounced: (name) => Effect.sync(() => Array.from(left).flatMap(([key, change]) => key.startsWith(`${name}\n`) ? [change] : [])),
      announce: (name, version) => Effect.sync(() => left.delete(`${name}\n${version}`)),
      history: (name, limit) => Effect.sync(() => of(name).slice(0, limit)),
      assigned: (name, conversation) => Effect.sync(() => places.get(`${name}\n${conversation}`)),
      assign: (name, { carrierId, conversations }) =>
        Effect.sync(() => {
          for (const conversation of conversations) {
            if (carrierId === undefined) places.delete(`${name}\n${conversation}`)
            else places.set(`${name}\n${conversation}`, carrierId)
          }
        }),
      countAssigned: (name) => Effect.sync(() => Array.from(places.keys()).filter((key) => key.startsWith(`${name}\n`)).length),
      bound,
      known: Effect.sync(() =>
        Array.from(changes).flatMap(([name, [newest, ...older]]) =>
          newest === undefined ? [] : [{
            name,
            state: newest.state,
            usedAt: Math.max(0, ...[newest, ...older].flatMap(({ actor, at }) => actor === starting || actor === guarding ? [] : [at]))
          }]
        )
      ),
      observe
    }
  })
