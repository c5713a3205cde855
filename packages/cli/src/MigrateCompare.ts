/** Asks a running gateway what became of the sends of each carrier, and prints it as a table. */
import * as ApiSchema from "@interline/gateway/ApiSchema"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Connect from "./gateway/connect.ts"
import * as Refusals from "./gateway/refusals.ts"
import * as CompareTable from "./migrate/compareTable.ts"
import * as Times from "./migrate/times.ts"
import * as Output from "./print/output.ts"

/**
 * Which gateway to ask for which time, and how to show it.
 *
 * @category models
 */
export interface Settings {
  /** The address of the gateway. Default: this machine, at the port of `PORT`. */
  readonly url: Option.Option<string>
  /** The name of a profile of `interline profiles`, instead of the address and the key. */
  readonly profile?: Option.Option<string>
  /** The start of the time. Default: 7 days before its end. */
  readonly since: Option.Option<string>
  /** The end of the time, which is left out. Default: now. */
  readonly until: Option.Option<string>
  /** Prints the gateway's answer as JSON. */
  readonly json: boolean
}

/**
 * A flag or a variable cannot be used.
 *
 * @category errors
 */
export class SettingsError extends Data.TaggedError("SettingsError")<{ readonly message: string }> {}

/**
 * The gateway did not give a comparison. The sentence shows no key.
 *
 * @category errors
 */
export const GatewayRefused = Refusals.GatewayRefused

/** @category errors */
export type GatewayRefused = Refusals.GatewayRefused

const refuse = (message: string): SettingsError => new SettingsError({ message })

const readTime = (flag: string, text: Option.Option<string>): Effect.Effect<number | undefined, SettingsError> =>
  Option.match(text, {
    onNone: () => Effect.succeed(undefined),
    onSome: (text) => Effect.mapError(Times.read(text), (why) => refuse(`--${flag} ${why}`))
  })

/**
 * Prints the comparison of a running gateway. Without a profile, the key is the first of `INTERLINE_API_KEYS`.
 *
 * @category constructors
 */
export const run = (
  { json, profile = Option.none(), since, until, url }: Settings
): Effect.Effect<void, SettingsError | GatewayRefused> =>
  Effect.scoped(Effect.gen(function*() {
    const start = yield* readTime("since", since)
    const end = yield* readTime("until", until)
    if (start !== undefined && start >= (yield* Clock.currentTimeMillis)) yield* refuse("--since must be in the past")
    if (start !== undefined && end !== undefined && start >= end) yield* refuse("--since must be before --until")
    const { ask, client } = yield* Connect.connect({ url, profile })
    const urlParams = { ...(start === undefined ? {} : { since: start }), ...(end === undefined ? {} : { until: end }) }
    const result = yield* ask(client.migration.compare({ urlParams }))
    yield* Output.printOne({ json }, ApiSchema.CarrierComparison, result, CompareTable.compareTable)
  }))
