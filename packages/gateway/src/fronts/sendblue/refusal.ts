/** Replies: Sendblue's error envelopes, and our reasons in Sendblue's codes. */
import { type MessagingError, type ReasonTag, verdicts } from "@interline/core/MessagingError"
import * as Problem from "@interline/core/Problem"
import type { Reply } from "@interline/sql/RequestLog"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Answer, SendResult } from "../kit/FrontService.ts"

/** An answer that ends a request early. */
export class Refusal extends Data.TaggedError("SendblueRefusal")<Answer> {}

export const json = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers: { "content-type": "application/json; charset=utf-8", ...headers },
  body: JSON.stringify(body)
})

type Fields = Readonly<Record<string, unknown>>

export const refuseWith = (
  status: number,
  body: Fields,
  headers?: Readonly<Record<string, string>>
): Effect.Effect<never, Refusal> => Effect.fail(new Refusal({ reply: json(status, body, headers), effect: "none" }))

export const refuse = (status: number, message: string, fields: Fields = {}): Effect.Effect<never, Refusal> =>
  refuseWith(status, { status: "ERROR", message, ...fields })

/** Refuses a body that was not read to its end. The connection closes, so that the rest is not read as the next request. */
export const refuseUnread = (status: number, message: string): Effect.Effect<never, Refusal> =>
  refuseWith(status, { status: "ERROR", message }, { connection: "close", "x-should-retry": "false" })

/** A proxy or a client compressed the body; this wire has no compressed bodies. */
export const packed = refuseWith(415, { status: "ERROR", message: "The content-encoding is not supported; send the body as it is" }, {
  connection: "close",
  "accept-encoding": "identity",
  "x-should-retry": "false"
})

/** The vendor's own answer, with which certainly nothing happened. */
export const ofPassed = (reply: Reply): Refusal => new Refusal({ reply, effect: "none" })

/** The same refusal with these headers. */
export const withHeaders = ({ effect, reply }: Refusal, headers: Readonly<Record<string, string>>): Refusal =>
  new Refusal({ effect, reply: { ...reply, headers: { ...reply.headers, ...headers } } })

/** Refuses a send. The sentence stands under both keys that the vendor uses. */
export const refuseSend = (message: string, fields: Fields = {}): Effect.Effect<never, Refusal> =>
  refuse(400, message, { error_message: message, ...fields })

/** Refuses a send with Sendblue's validation error. */
export const invalidSend = (message: string, fields: Fields = {}): Effect.Effect<never, Refusal> =>
  refuseSend(message, { error_code: 4000, ...fields })

export const notRegistered = refuse(400, "The from_number is not registered")

/** Refuses a feature that the gateway does not have. The client need not ask again. */
export const refuseFeature = (message: string): Effect.Effect<never, Refusal> =>
  refuseWith(501, { status: "ERROR", message }, { "x-should-retry": "false" })

/** Nobody knows whether the request was carried out at a carrier. */
export const unknown: Reply = json(500, {
  status: "ERROR",
  message: "It is not known whether this was done; check before you do it again"
})

/** The key belongs to another request. The answer says nothing about that one. */
export const conflict: Reply = json(409, {
  status: "ERROR",
  message: "The Idempotency-Key was used for another request; nothing is done under it again"
})

/** This process is about to stop; another process can take the request. */
export const draining: Reply = json(503, { status: "ERROR", message: "The gateway is about to stop; nothing was done, so try again" })

/** The gateway cannot read its keys now. */
export const keysUnreadable = refuseWith(503, {
  status: "ERROR",
  message: "The gateway cannot read its API keys now; nothing was done, so try again"
})

/** The key is valid, and does not allow this. */
export const forbidden = (why: string) => refuseWith(403, { status: "ERROR", message: why })

/** `send` and `elsewhere` are HTTP statuses; `code` is the `error_code` of a message that was not sent for this reason. */
interface Row {
  readonly send: number
  readonly elsewhere: number
  readonly code: number | null
  readonly sentence: string
}

const failed = "message failed to send"

// Statuses, codes and sentences: Sendblue docs (api-v2 pages, archived outbound page) and answers seen live, read 2026-11-21.
// If a carrier refuses the gateway's own credentials, the caller is not at fault: the answer is never 401 or 403.
export const reasons = {
  InvalidInput: { send: 400, elsewhere: 400, code: 4000, sentence: "Validation Error" },
  Unsupported: { send: 400, elsewhere: 422, code: 4000, sentence: "Validation Error" },
  Suppressed: { send: 400, elsewhere: 400, code: 402, sentence: "OPTED_OUT" },
  OptedOut: { send: 400, elsewhere: 400, code: 402, sentence: "OPTED_OUT" },
  RecipientNotAllowed: { send: 400, elsewhere: 400, code: null, sentence: "This contact must be verified before sending messages to it." },
  RecipientBlocked: { send: 400, elsewhere: 400, code: 4002, sentence: "Blacklisted Number" },
  RecipientUnreachable: { send: 400, elsewhere: 422, code: 10001, sentence: failed },
  Authentication: { send: 400, elsewhere: 400, code: 10001, sentence: failed },
  Permission: { send: 400, elsewhere: 400, code: 10001, sentence: failed },
  LineNotAllowed: { send: 400, elsewhere: 400, code: null, sentence: "This phone number is not defined." },
  LineUnavailable: { send: 503, elsewhere: 503, code: 10001, sentence: failed },
  NotFound: { send: 400, elsewhere: 404, code: 4000, sentence: "Validation Error" },
  NotReady: { send: 503, elsewhere: 503, code: 10001, sentence: failed },
  Conflict: { send: 400, elsewhere: 400, code: 4000, sentence: "Validation Error" },
  RateLimited: { send: 429, elsewhere: 429, code: 4001, sentence: "Too Many Requests" },
  MediaRejected: { send: 400, elsewhere: 400, code: 4000, sentence: "Invalid media URL" },
  Unavailable: { send: 503, elsewhere: 503, code: 10001, sentence: failed },
  ConnectionFailed: { send: 503, elsewhere: 503, code: 10001, sentence: failed },
  Transport: { send: 503, elsewhere: 503, code: 10001, sentence: failed },
  Timeout: { send: 503, elsewhere: 503, code: 10001, sentence: failed },
  Cancelled: { send: 503, elsewhere: 503, code: 10001, sentence: failed },
  BadResponse: { send: 503, elsewhere: 503, code: 10001, sentence: failed },
  Failed: { send: 400, elsewhere: 503, code: 10001, sentence: failed },
  Unrecognized: { send: 503, elsewhere: 503, code: 10001, sentence: failed }
} as const satisfies Record<ReasonTag, Row>

/** The fields of a message that say why it failed. `error_code` is null if the vendor has no code for the reason. */
export interface Failing {
  readonly error_code: number | string | null
  readonly error_message: string | null
  readonly error_reason: string | null
  readonly error_detail: string | null
}

export const noFailure: Failing = { error_code: null, error_message: null, error_reason: null, error_detail: null }

/** The gateway's own sentence. It names fields and rules, never a number or a text. */
const sentenceOf = ({ detail, problems, reason }: MessagingError): string =>
  [verdicts[reason].sentence, detail, problems?.map(Problem.format).join("; ")].filter((part) => part !== undefined).join(": ")

const optedOut: Failing = {
  error_code: reasons.OptedOut.code,
  error_message: reasons.OptedOut.sentence,
  error_reason: "SpamRule",
  error_detail: "Your message has been declined because the user has opted out of your messages"
}

/** An error as fields of a message. */
export const failingOf = (error: MessagingError): Failing =>
  error.reason === "OptedOut" || error.reason === "Suppressed" ? optedOut : {
    error_code: reasons[error.reason].code,
    error_message: reasons[error.reason].sentence,
    error_reason: null,
    error_detail: sentenceOf(error)
  }

/** Code 10002: the message may have been delivered, but nobody could find out its status. */
export const unresolved: Failing = {
  error_code: 10002,
  error_message: "failed to resolve message status",
  error_reason: null,
  error_detail: null
}

const later = ({ retryAfter }: MessagingError): Readonly<Record<string, string>> =>
  retryAfter === undefined ? {} : { "retry-after": String(Math.max(1, Math.ceil(Duration.toSeconds(retryAfter)))) }

/** The refusal for a send of which certainly nothing went out. */
export const notSent = (
  sent: Extract<SendResult, { readonly _tag: "Refused" | "NotSent" }>,
  fields: Fields,
  headers: Readonly<Record<string, string>>
): Refusal => {
  const failing: Failing = sent._tag === "NotSent"
    ? failingOf(sent.error.error)
    : {
      error_code: reasons.InvalidInput.code,
      error_message: sent.error.problems.map(Problem.format).join("; "),
      error_reason: null,
      error_detail: null
    }
  const body = { status: "ERROR", message: failing.error_message, ...failing, ...fields }
  return new Refusal({
    reply: sent._tag === "NotSent"
      ? json(reasons[sent.error.error.reason].send, body, { ...headers, ...later(sent.error.error) })
      : json(400, body, headers),
    effect: "none"
  })
}

/** The refusal for any other operation that failed, in the envelope of its endpoint. */
export const ofError = (
  error: MessagingError,
  envelope: (message: string, status: number) => Fields = (message) => ({ status: "ERROR", message })
): Refusal => {
  const status = reasons[error.reason].elsewhere
  return new Refusal({
    reply: json(status, envelope(sentenceOf(error), status), later(error)),
    effect: error.certainty === "not-sent" ? "none" : "done"
  })
}

export const lift = <A>(effect: Effect.Effect<A, MessagingError>): Effect.Effect<A, Refusal> =>
  Effect.mapError(effect, (error) => ofError(error))
