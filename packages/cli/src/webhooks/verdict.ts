/** Checks a stored request as a gateway would have checked it, one question after the other: who signed it, when, and what is in it. */
import type { WebhookError, WebhookReceiver, WebhookRequest } from "@interline/core/WebhookReceiver"
import * as StandardWebhooks from "@interline/gateway/StandardWebhooks"
import * as EventLog from "@interline/sql/EventLog"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/** The answer to one question. `unknown`: an earlier answer leaves it open. `none`: requests of this kind have no such thing. */
export type Answer = "right" | "wrong" | "missing" | "unknown" | "none"

export interface Verdict {
  readonly signature: Answer
  readonly time: Answer
  readonly body: Answer
  /** When it was signed, in epoch milliseconds. */
  readonly signedAt: number | undefined
  /** The names of the events in it. */
  readonly events: ReadonlyArray<string>
  /** What is wrong, and what to do. */
  readonly says: string | undefined
}

const signedAtOf = ({ headers }: WebhookRequest): number | undefined => {
  const text = headers["webhook-timestamp"] ?? headers["x-webhook-timestamp"] ?? ""
  return /^\d{1,11}$/.test(text) ? Number(text) * 1_000 : undefined
}

/** Runs a check as if it were this time. */
const asIf = (at: number) => <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.flatMap(Clock.clockWith(Effect.succeed), (clock) =>
    Effect.withClock(effect, {
      ...clock,
      [Clock.ClockTypeId]: Clock.ClockTypeId,
      currentTimeMillis: Effect.succeed(at),
      unsafeCurrentTimeMillis: () => at
    }))

const ofFault = ({ detail, fault }: WebhookError, signedAt: number | undefined): Verdict => {
  const open = { time: "unknown", body: "unknown" } as const
  const rest = { signedAt, events: [], says: detail }
  switch (fault) {
    case "unsigned":
      return { ...rest, ...open, signature: "missing" }
    case "signature":
      return { ...rest, ...open, signature: "wrong" }
    case "age":
      return { ...rest, signature: "right", time: "wrong", body: "unknown" }
    case "body":
    case "size":
      return { ...rest, signature: "right", time: signedAt === undefined ? "none" : "right", body: "wrong" }
  }
}

/** Checks a carrier's webhook, as if it came at a time. One that was signed too long ago is also read as if it had come in time. */
export const ofCarrier = (receiver: WebhookReceiver, request: WebhookRequest, at: number): Effect.Effect<Verdict> => {
  const signedAt = signedAtOf(request)
  const read = (time: number): Effect.Effect<Verdict> =>
    Effect.map(
      Effect.either(asIf(time)(receiver.receive(request))),
      Either.match({
        onLeft: (error): Verdict => ofFault(error, signedAt),
        onRight: (events): Verdict => ({
          signature: "right",
          time: signedAt === undefined ? "none" : "right",
          body: "right",
          signedAt,
          events: events.map(({ _tag }) => _tag),
          says: undefined
        })
      })
    )
  return Effect.flatMap(read(at), (verdict) =>
    verdict.time !== "wrong" || signedAt === undefined
      ? Effect.succeed(verdict)
      : Effect.map(read(signedAt), ({ body, events }) => ({ ...verdict, body, events })))
}

const decodeEvent = Schema.decodeUnknownOption(Schema.parseJson(EventLog.GatewayEvent))

const readText = (bytes: Uint8Array): Option.Option<string> =>
  Option.liftThrowable(() => new TextDecoder("utf-8", { fatal: true }).decode(bytes))()

const advice = {
  missing: "webhook-id, webhook-timestamp or webhook-signature is missing: a proxy on its way must pass them on",
  wrong:
    "it is not signed with this secret, or its body was changed on its way; `interline callbacks list` shows the address, and adding it anew gives a new secret",
  time: "it was signed too long ago or in the future: libraries refuse what is more than 5 minutes away; compare the clocks",
  body: "its body is not an event of a gateway"
} as const

/** Checks a call of a gateway, as if it came at a time. */
export const ofCallback = (secret: Redacted.Redacted<string>, { body, headers }: WebhookRequest, at: number): Verdict => {
  const text = readText(body)
  const claim = Option.flatMap(text, (text) => StandardWebhooks.readClaim(secret, text, headers))
  if (Option.isNone(claim)) {
    return Option.isNone(text)
      ? { signature: "unknown", time: "unknown", body: "wrong", signedAt: undefined, events: [], says: advice.body }
      : { signature: "missing", time: "unknown", body: "unknown", signedAt: undefined, events: [], says: advice.missing }
  }
  const { at: signedAt, isSigned } = claim.value
  if (!isSigned) return { signature: "wrong", time: "unknown", body: "unknown", signedAt, events: [], says: advice.wrong }
  const event = Option.flatMap(text, decodeEvent)
  const isInTime = Math.abs(at - signedAt) <= StandardWebhooks.tolerance
  return {
    signature: "right",
    time: isInTime ? "right" : "wrong",
    body: Option.isSome(event) ? "right" : "wrong",
    signedAt,
    events: Option.toArray(Option.map(event, EventLog.typeOf)),
    says: !isInTime ? advice.time : Option.isNone(event) ? advice.body : undefined
  }
}
