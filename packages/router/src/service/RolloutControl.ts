/** Changes a rollout, and tells how it stands. Of several changes at the same time one is made, and the others are refused. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import type { LineName } from "@interline/core/Line"
import type { ReasonTag } from "@interline/core/MessagingError"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Confirmation, RouterEvent } from "../decision/RouterEvent.ts"
import type { Inspection } from "../health/lineFacts.ts"
import * as Guardrails from "../policy/Guardrails.ts"
import * as Rollout from "../policy/Rollout.ts"
import * as RolloutStore from "../policy/RolloutStore.ts"
import * as OperatorFaults from "./operatorFaults.ts"

/**
 * The rollout cannot be changed like this now. The sentence says why. Nothing was changed. `isConflict`: somebody else changed the rollout
 * at the same time, here or in another process.
 *
 * @category errors
 */
export class RolloutRefused extends Data.TaggedError("RolloutRefused")<{ readonly sentence: string; readonly isConflict: boolean }> {
  override get message(): string {
    return this.sentence
  }
}

/**
 * Who changes a rollout, and why. Both are written down, published and logged, so they must not hold a phone number or a text.
 *
 * @category models
 */
export interface Author {
  /** The name of the operator. */
  readonly actor: string
  /** The reason, in the operator's words. */
  readonly reason: string
}

/**
 * What only a person can mend at a line of the new carrier, for example a key that the carrier does not take.
 *
 * @category models
 */
export interface Fault {
  /** The line. */
  readonly line: LineName
  /** What is wrong. */
  readonly reason: ReasonTag
  /** When it was first met, in epoch milliseconds. */
  readonly since: number
  /** What is wrong, and what to do. */
  readonly sentence: string
}

/**
 * How a rollout stands.
 *
 * @category models
 */
export interface Status {
  /** The rollout of the policy. */
  readonly rollout: Rollout.Complete
  /** Its state. Undefined if it was never started. */
  readonly state: Rollout.State | undefined
  /** How long the step still lasts at least, in milliseconds. */
  readonly waitsFor: number
  /** The counts of both carriers since the step began, and for at most `within` of the guardrails. Undefined if it was never started. */
  readonly cohorts: Guardrails.Cohorts | undefined
  /** The guardrails that are crossed now. */
  readonly crossed: ReadonlyArray<Guardrails.Crossing>
  /** The direct conversations at each of the two carriers now, and how many conversations are assigned by name. */
  readonly conversations: { readonly from: RolloutStore.Bound; readonly to: RolloutStore.Bound; readonly assigned: number }
  /** What only a person can mend at the new carrier. */
  readonly faults: ReadonlyArray<Fault>
  /** The newest changes, the newest first, at most 100. */
  readonly changes: ReadonlyArray<RolloutStore.Change>
}

type Changed = RouterEvent & { readonly _tag: "RolloutChanged" }

/**
 * The operations on the rollout of a policy.
 *
 * @category models
 */
export interface RolloutControlService {
  /** How the rollout stands, for all processes that share the store. */
  readonly status: Effect.Effect<Status>
  /**
   * Changes the rollout. The next message of each conversation follows the change, in every process. To advance is also refused while a
   * guardrail is crossed, and while the new carrier has fewer messages than `minimum` of the guardrails, unless `anyway` says so. To start,
   * advance or resume is refused while the new carrier has a fault, unless `anyway` says so.
   */
  readonly change: (request: Rollout.Request, author: Author) => Effect.Effect<Rollout.State, RolloutRefused>
  /**
   * Assigns conversations to one of the two carriers, whatever the state of the rollout is. Each moves with its next message. Without a
   * carrier they follow the rollout again. A group that exists does not move. It is refused while the carrier has a fault that only a person
   * can mend, unless `anyway` says so.
   */
  readonly assign: (
    conversations: ReadonlyArray<Conversation.Conversation>,
    carrierId: CarrierId | undefined,
    author: Author,
    anyway?: boolean
  ) => Effect.Effect<void, RolloutRefused>
  /**
   * How to confirm the event of a change. When it is confirmed, the change is logged and counted. An event that comes again is
   * logged and counted once, in one of all processes. Undefined for an event that is published once. Only for a router that waits for
   * confirmations (`Router.Options`).
   */
  readonly confirmationOf: (event: RouterEvent) => Confirmation | undefined
}

/**
 * What the operations on a rollout need.
 *
 * @category models
 */
export interface Parts {
  /** The rollout of the policy. */
  readonly rollout: Rollout.Complete
  /** Keeps the changes of the rollout. */
  readonly store: RolloutStore.RolloutStoreService
  /** Gives an event to the readers of the router's events. */
  readonly publish: (event: RouterEvent) => Effect.Effect<void>
  /** Logs and counts an event. */
  readonly tell: (event: RouterEvent) => Effect.Effect<void>
  /** The lines that were asked, with their faults. */
  readonly health: Effect.Effect<ReadonlyArray<Inspection>>
  /** Asks a carrier about its lines. It shows whether it has a fault, and whether a known one was mended. */
  readonly checkLines: (carrierId: CarrierId) => Effect.Effect<void, unknown>
  /** Whether a change counts as announced when somebody confirms it. Otherwise it does when it was published. */
  readonly waitsForConfirmation: boolean
}

const shown = 100

/** In milliseconds: how old a change is at least that was left unannounced, because its process died or could not write its event. */
const leftAfter = 30_000

const refuse = (sentence: string, isConflict = false): Effect.Effect<never, RolloutRefused> =>
  Effect.fail(new RolloutRefused({ sentence, isConflict }))

/**
 * Reads what is stored of a rollout and of a conversation, by the conversation's key.
 *
 * @category getters
 */
export const read = ({ rollout, store }: Pick<Parts, "rollout" | "store">) => (conversation: string): Effect.Effect<Rollout.Stored> => {
  const name = RolloutStore.nameOf(rollout)
  return Effect.zipWith(
    store.latest(name),
    store.assigned(name, conversation),
    (change, assigned) => ({ state: change?.state, assigned })
  )
}

interface Judged {
  readonly cohorts: Guardrails.Cohorts
  readonly crossed: ReadonlyArray<Guardrails.Crossing>
}

const judge = ({ rollout, store }: Pick<Parts, "rollout" | "store">, { since }: Rollout.State, at: number): Effect.Effect<Judged> =>
  Effect.map(store.observe(Math.max(since, at - rollout.guardrails.within)), (sends) => {
    const cohorts = Guardrails.count(rollout, sends, at)
    return { cohorts, crossed: Guardrails.judge(rollout.guardrails, cohorts, at) }
  })

const toEvent = ({ from, to }: Rollout.Complete, { action, actor, at, reason, state, version }: RolloutStore.Change): Changed => {
  const { phase, share, step } = state
  return { _tag: "RolloutChanged", at, from, to, action, phase, step, share, actor, why: reason, version }
}

/** Publishes a change. Where nobody confirms changes, that is done once for all processes, and the change is logged and counted with it. */
const announce = (
  { publish, rollout, store, tell, waitsForConfirmation }: Parts,
  change: RolloutStore.Change
): Effect.Effect<void> => {
  const event = toEvent(rollout, change)
  return waitsForConfirmation ? publish(event) : Effect.flatMap(
    store.announce(RolloutStore.nameOf(rollout), change.version),
    (isOurs) => isOurs ? Effect.zipRight(publish(event), tell(event)) : Effect.void
  )
}

const changeAfter = (
  parts: Parts,
  before: RolloutStore.Change | undefined,
  request: Rollout.Request,
  { actor, reason }: Author,
  at: number
): Effect.Effect<Rollout.State, RolloutRefused> =>
  Effect.gen(function*() {
    const { rollout, store } = parts
    const { action } = request
    const next = yield* Either.match(Rollout.change(rollout, before?.state, request, at), {
      onLeft: refuse,
      onRight: (state) => Effect.succeed(state)
    })
    const change = { version: (before?.version ?? 0) + 1, at, action, actor, reason, state: next }
    const isWritten = yield* store.append(RolloutStore.nameOf(rollout), change)
    if (!isWritten) return yield* refuse("somebody else changed the rollout just now; look at its status first", true)
    yield* announce(parts, change)
    return next
  })

/**
 * Publishes the changes that were left unannounced. Where somebody confirms them, a change is published until that was done, so that it is not lost
 * if this process dies, too.
 */
const announceLeft = (parts: Parts, at: number): Effect.Effect<void> =>
  Effect.flatMap(parts.store.unannounced(RolloutStore.nameOf(parts.rollout)), (changes) =>
    Effect.forEach(
      changes.filter((change) => change.at + leftAfter <= at),
      (change) => announce(parts, change),
      { discard: true }
    ))

const faultsOf = ({ health }: Pick<Parts, "health">, id: CarrierId): Effect.Effect<ReadonlyArray<Fault>> =>
  Effect.map(health, (lines) =>
    lines.flatMap(({ carrierId, faults = [], line }) =>
      carrierId === id
        ? faults.map(({ reason, since }) => ({ line, reason, since, sentence: OperatorFaults.tellFault(id, [line], reason) }))
        : []
    ))

/** How long a carrier is asked about its lines. Without an answer only what was known before counts. */
const longestCheck = "5 seconds"

/**
 * Nobody may have tried the carrier's key yet, and a person may have mended a known fault just now. So the carrier is asked about its lines
 * first.
 */
const refuseFaulty = (parts: Parts, id: CarrierId): Effect.Effect<void, RolloutRefused> =>
  Effect.gen(function*() {
    yield* Effect.ignore(Effect.timeout(Effect.interruptible(parts.checkLines(id)), longestCheck))
    const [fault] = yield* faultsOf(parts, id)
    if (fault !== undefined) yield* refuse(`${fault.sentence}, or say anyway`)
  })

const movesOn: ReadonlySet<Rollout.Action> = new Set<Rollout.Action>(["start", "advance", "resume"])

const refuseWithoutProof = (parts: Parts, state: Rollout.State, at: number): Effect.Effect<void, RolloutRefused> =>
  Effect.flatMap(judge(parts, state, at), ({ cohorts: { to }, crossed: [first] }) => {
    const { minimum } = parts.rollout.guardrails
    return first !== undefined
      ? refuse(`a guardrail is crossed: ${first.sentence}`)
      : to.sends < minimum
      ? refuse(
        `${to.sends} messages went by ${to.carrierId} since the step began, and ${minimum} are needed to judge it; wait, or say anyway`
      )
      : Effect.void
  })

/**
 * The operations on a rollout over its store.
 *
 * @category constructors
 */
export const make = (parts: Parts): RolloutControlService => {
  const { rollout, store } = parts
  const name = RolloutStore.nameOf(rollout)
  return {
    status: Effect.gen(function*() {
      const at = yield* Clock.currentTimeMillis
      const changes = yield* store.history(name, shown)
      const current = changes[0]?.state
      const conversations = yield* Effect.all({
        from: store.bound(rollout.from),
        to: store.bound(rollout.to),
        assigned: store.countAssigned(name)
      })
      const faults = yield* faultsOf(parts, rollout.to)
      return current === undefined
        ? { rollout, state: current, waitsFor: 0, cohorts: undefined, crossed: [], conversations, faults, changes }
        : {
          rollout,
          state: current,
          waitsFor: Rollout.waitOf(rollout, current, at),
          ...yield* judge(parts, current, at),
          conversations,
          faults,
          changes
        }
    }),
    change: (request, author) =>
      Effect.uninterruptible(Effect.gen(function*() {
        const at = yield* Clock.currentTimeMillis
        const before = yield* store.latest(name)
        const isChecked = movesOn.has(request.action) && request.anyway !== true
        // what the state refuses is checked first, because it costs nothing
        if (isChecked && Either.isRight(Rollout.change(rollout, before?.state, request, at))) {
          yield* refuseFaulty(parts, rollout.to)
          if (request.action === "advance" && before !== undefined) yield* refuseWithoutProof(parts, before.state, at)
        }
        return yield* changeAfter(parts, before, request, author, at)
      })),
    assign: (conversations, carrierId, author, anyway = false) =>
      Effect.gen(function*() {
        const { from, to } = rollout
        if (carrierId !== undefined && carrierId !== from && carrierId !== to) {
          return yield* refuse(`the rollout is between ${from} and ${to}; name one of them`)
        }
        if (carrierId !== undefined && !anyway) yield* refuseFaulty(parts, carrierId)
        const at = yield* Clock.currentTimeMillis
        yield* store.assign(name, { ...author, at, carrierId, conversations: conversations.map(Conversation.key) })
        const said = carrierId === undefined ? "follow the rollout" : `move to ${carrierId}`
        yield* Effect.annotateLogs(Effect.logInfo(`${conversations.length} conversations ${said}`), { actor: author.actor })
      }),
    confirmationOf: (event) =>
      event._tag !== "RolloutChanged" || event.version === undefined ? undefined : {
        key: `rollout/${name}/${event.version}`,
        confirm: Effect.flatMap(store.announce(name, event.version), (isFirst) => isFirst ? parts.tell(event) : Effect.void)
      }
  }
}

/**
 * Checks the guardrails once. If one is crossed while the rollout is running, the rollout pauses or goes back, as the policy says. A change
 * that another process made and did not publish is published.
 *
 * @category combinators
 */
export const checkGuardrails = (parts: Parts): Effect.Effect<void> =>
  Effect.gen(function*() {
    const { rollout, store } = parts
    const at = yield* Clock.currentTimeMillis
    yield* announceLeft(parts, at)
    const before = yield* store.latest(RolloutStore.nameOf(rollout))
    if (before?.state.phase !== "running") return
    const { crossed } = yield* judge(parts, before.state, at)
    if (crossed.length === 0) return
    const request: Rollout.Request = rollout.guardrails.crossed === "back" ? { action: "back", step: 0 } : { action: "pause" }
    const reason = crossed.map(({ sentence }) => sentence).join("; ")
    // if somebody changed the rollout meanwhile, the next check sees the state after that
    yield* Effect.uninterruptible(Effect.ignore(changeAfter(parts, before, request, { actor: RolloutStore.guarding, reason }, at)))
  })
