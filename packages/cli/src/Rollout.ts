/** Shows and changes the rollout of a running gateway from the command line, and moves conversations by name. */
import { CarrierId } from "@interline/core/CarrierId"
import type { Handle } from "@interline/core/Handle"
import { LineName } from "@interline/core/Line"
import { RolloutRecord } from "@interline/gateway/ApiSchema"
import type { Action } from "@interline/router/Rollout"
import * as Arr from "effect/Array"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Connect from "./gateway/connect.ts"
import * as Refusals from "./gateway/refusals.ts"
import * as Output from "./print/output.ts"
import * as Person from "./rollout/person.ts"
import * as RolloutReport from "./rollout/rolloutReport.ts"

/**
 * The gateway did not do what a command asked for, or could not be asked. The message is one sentence.
 *
 * @category errors
 */
export const GatewayRefused = Refusals.GatewayRefused

/** @category errors */
export type GatewayRefused = Refusals.GatewayRefused

/**
 * The options of each command.
 *
 * @category models
 */
export interface Flags {
  /** The address of the gateway. Default: this machine, at the port of `PORT`. */
  readonly url: Option.Option<string>
  /** The name of a profile of `interline profiles`, instead of the address and the key. */
  readonly profile?: Option.Option<string>
  /** Prints JSON instead of a page. */
  readonly json: boolean
}

/**
 * The options of a change.
 *
 * @category models
 */
export interface ChangeFlags extends Flags {
  /** Why. It is kept, published and logged. */
  readonly reason: string
  /** The step to which to go back. Default: the step before. */
  readonly step?: Option.Option<number>
  /** Advances before the waiting time is over and against the guardrails, and moves on although the new carrier has a fault. */
  readonly anyway?: boolean
}

/**
 * The options of a move by name.
 *
 * @category models
 */
export interface MoveFlags extends Flags {
  /** The people whose conversations move: numbers and e-mail addresses. */
  readonly people: ReadonlyArray<string>
  /** The carrier to move to. Default: the conversations follow the rollout again. */
  readonly carrier: Option.Option<string>
  /** The line of the conversations. Default: the only one. */
  readonly line: Option.Option<string>
  /** Why. It is kept. */
  readonly reason: string
  /** Moves them although the carrier has a fault that only a person can mend. */
  readonly anyway?: boolean
}

const print = (flags: Flags, record: typeof RolloutRecord.Type): Effect.Effect<void> =>
  Output.printOne(flags, RolloutRecord, record, RolloutReport.page)

/**
 * Prints the rollout.
 *
 * @category constructors
 */
export const status = (flags: Flags): Effect.Effect<void, GatewayRefused> =>
  Effect.scoped(Effect.gen(function*() {
    const { ask, client } = yield* Connect.connect(flags)
    yield* print(flags, yield* ask(client.rollout.getRollout({})))
  }))

/**
 * Changes the rollout, and prints it as it is then.
 *
 * @category constructors
 */
export const change = (action: Action, flags: ChangeFlags): Effect.Effect<void, GatewayRefused> =>
  Effect.scoped(Effect.gen(function*() {
    const { anyway = false, reason, step = Option.none<number>() } = flags
    const { ask, client } = yield* Connect.connect(flags)
    const payload = {
      reason,
      ...(anyway ? { anyway } : {}),
      ...Option.match(step, { onNone: () => ({}), onSome: (step) => ({ step }) })
    }
    // a gateway that is killed in between may have made the change, and advancing twice moves people too early
    const before = "the change may have been made: look at `interline rollout status` before you repeat it"
    const request = client.rollout.changeRollout({ path: { action }, payload })
    yield* print(flags, yield* ask(request, before))
  }))

/** How many handles one request has. */
const batch = 1_000

const readHandles = (texts: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Handle>, GatewayRefused> =>
  Effect.forEach(
    texts,
    (text, index) => Effect.mapError(Person.read(index + 1, text), (message) => new GatewayRefused({ message, code: 2 }))
  )

const readWord = <A>(
  what: string,
  schema: Schema.Schema<A, string>,
  text: Option.Option<string>
): Effect.Effect<Option.Option<A>, GatewayRefused> =>
  Option.match(text, {
    onNone: () => Effect.succeedNone,
    onSome: (word) =>
      Effect.mapBoth(Schema.decode(schema)(word), {
        onFailure: () => new GatewayRefused({ message: `--${what} cannot be the name of a ${what}`, code: 2 }),
        onSuccess: Option.some
      })
  })

/**
 * Moves conversations by name, at most 1,000 with one request. If it fails in between, the same command may be repeated.
 *
 * @category constructors
 */
export const move = (flags: MoveFlags): Effect.Effect<void, GatewayRefused> =>
  Effect.scoped(Effect.gen(function*() {
    const handles = yield* readHandles(flags.people)
    const carrier = yield* readWord("carrier", CarrierId, flags.carrier)
    const line = yield* readWord("line", LineName, flags.line)
    const { ask, client } = yield* Connect.connect(flags)
    const more = {
      reason: flags.reason,
      ...(flags.anyway === true ? { anyway: true } : {}),
      ...Option.match(line, { onNone: () => ({}), onSome: (line) => ({ line }) }),
      ...Option.match(carrier, { onNone: () => ({}), onSome: (carrier) => ({ carrier }) })
    }
    for (const some of Arr.chunksOf(handles, batch)) {
      yield* ask(client.rollout.moveConversations({ payload: { handles: some, ...more } }))
    }
    const said = Option.match(carrier, { onNone: () => "follow the rollout again", onSome: (id) => `move to ${id}` })
    yield* Console.log(
      flags.json ? JSON.stringify({ moved: handles.length }) : `Conversations that ${said}, each with its next message: ${handles.length}`
    )
  }))
