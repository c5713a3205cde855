/** Opens the accounts of the configured carriers, to read what they know of the past. */
import * as HttpClient from "@effect/platform/HttpClient"
import type { CarrierHistory } from "@interline/core/History"
import * as NearestWord from "@interline/core/NearestWord"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Interline from "interline/Interline"
import * as Node from "interline/node"
import * as NameVariables from "../policy/nameVariables.ts"

/** A vendor that is busy is waited for: for about an hour, before a command stops. */
const retry = { times: 20, maxRetryAfter: "5 minutes" } as const

/** The histories of the configured carriers, and our lines. The variables are those of the gateway. */
export const open = Effect.mapError(
  Effect.all([Interline.histories({}, { retry }), Interline.lines()]),
  ({ message }) => ({ message: NameVariables.nameVariables(message) })
)

/** The history that a flag names. Fails with the sentence about a word that names none, or about the variable that is missing. */
export const find = (
  histories: ReadonlyArray<CarrierHistory>,
  flag: string,
  name: Option.Option<string>
): Effect.Effect<CarrierHistory, string> => {
  const known = histories.map(({ carrierId }) => carrierId)
  const can = known.length === 0 ? "none has credentials and a line" : `${known.join(", ")} can`
  const history = histories.find(({ carrierId }) => Option.contains(name, carrierId))
  if (history !== undefined) return Effect.succeed(history)
  if (Option.isNone(name)) return Effect.fail(`--${flag} must name the carrier to read; ${can}`)
  const word = name.value
  const unknown = `--${flag} must name a carrier with credentials and a line; ${can}; ${NearestWord.noneOf(word, known)}`
  const configured = Effect.orElseSucceed(Interline.configured(), () => [])
  return Effect.flatMap(configured, (carriers) =>
    carriers.some(({ id }) => id === word)
      ? Effect.matchEffect(Interline.access({}, word), {
        onFailure: ({ message }) => Effect.fail(`${word} cannot be read: ${message}`),
        onSuccess: () => Effect.fail(unknown)
      })
      : Effect.fail(unknown))
}

/** Says on stderr when a vendor is busy, because a command then waits without a word. */
const tellingWaits = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(
    HttpClient.HttpClient,
    HttpClient.tap(({ headers, status }) => {
      if (status !== 429 && status < 500) return Effect.void
      const after = headers["retry-after"]
      return Console.error(`the vendor answered ${status}${after === undefined ? "" : ` and asks to wait (${after})`}; it is asked again`)
    })
  )
)

/** Calls vendors, and says when they are busy. */
export const layer = Layer.provideMerge(tellingWaits, Node.layer())
