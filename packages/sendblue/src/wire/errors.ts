/** Converts an answer of Sendblue that is no success to an error that says what is certain. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as MessagingError from "@interline/core/MessagingError"
import type { Operation } from "@interline/core/Operation"
import { present } from "@interline/core/Optional"
import * as Transport from "@interline/core/Transport"
import { isVendorId } from "@interline/core/VendorId"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SendblueSchema from "./SendblueSchema.ts"
import * as SendblueWords from "./SendblueWords.ts"

const decodeEnvelope = Schema.decodeUnknownOption(SendblueSchema.Envelope)

const phraseKeys = Object.entries(SendblueWords.phrases).flatMap(([key, phrases]) => phrases.map((phrase) => ({ key, phrase })))

const sentences = ["error_message", "message", "error", "detail", "error_detail"] as const

/** The content of a refusal: its code, the key of its sentence, and the sentence itself. */
interface Refusal {
  readonly code: string | undefined
  readonly key: string | undefined
  readonly sentence: string | undefined
  readonly handle: string | undefined
  readonly optedOut: boolean
  readonly isEnvelope: boolean
}

const phraseIn = (sentence: string): string | undefined => {
  const lower = sentence.toLowerCase()
  return phraseKeys.find(({ phrase }) => lower.includes(phrase))?.key
}

const empty: Refusal = { code: undefined, key: undefined, sentence: undefined, handle: undefined, optedOut: false, isEnvelope: false }

/** A refusal in plain text or as a bare JSON string. `GET /api/status` answers so if it does not know the message. */
const plain = (reply: Transport.Reply): Refusal => {
  const sentence = (typeof reply.json === "string" ? reply.json : reply.text).trim()
  const key = phraseIn(sentence)
  return key === "message-not-found" && sentence.length < 64 ? { ...empty, key, sentence, isEnvelope: true } : empty
}

const read = (reply: Transport.Reply): Refusal => {
  const envelope = Array.isArray(reply.json) ? undefined : Option.getOrUndefined(decodeEnvelope(reply.json))
  if (envelope === undefined) return plain(reply)
  const said = sentences.map((name) => envelope[name]).filter((sentence) => sentence !== undefined)
  // the group endpoints name their errors: {"error": "line_not_registered", "error_message": ...}
  const named = said.find((sentence) => `*/${sentence}` in SendblueWords.errors)
  const key = named ?? said.map(phraseIn).find((found) => found !== undefined)
  return {
    code: envelope.error_code,
    key,
    sentence: said[0],
    handle: envelope.message_handle,
    optedOut: envelope.error_code === "402" || key === "opted-out" || envelope.opted_out === true,
    isEnvelope: said.length > 0 || envelope.error_code !== undefined || isFailed(envelope.status)
  }
}

const isFailed = (status: string | undefined): boolean => status !== undefined && statuses.get(status) === "failed"

const statuses: ReadonlyMap<string, string> = new Map(Object.entries(SendblueWords.statusToNeutral))

/** The row of the table for an answer. The first check that fits wins. */
const meaning = (operation: Operation, status: number, refusal: Refusal): SendblueWords.ErrorMeaning => {
  if (refusal.optedOut) return { reason: "OptedOut" }
  const byStatus = SendblueWords.errors[`${status}/*`]
  if (byStatus !== undefined) return byStatus
  // a server error does not show how far the request got, and its code does not matter
  if (status >= 500) return { reason: "Unavailable" }
  if (!refusal.isEnvelope) return status >= 200 && status < 300 ? { reason: "BadResponse" } : { reason: "Unrecognized" }
  for (const code of [refusal.code, refusal.key]) {
    if (code === undefined) continue
    const row = SendblueWords.errors[`${status}/${code}`] ?? SendblueWords.errors[`*/${code}`]
    if (row !== undefined) return row
    // if the table does not have the code, the sentence beside it must not decide
    if (code === refusal.code) return { reason: "Unrecognized" }
  }
  return SendblueWords.errors[`${operation} ${status}/*`] ?? { reason: "Unrecognized" }
}

/** The error of a reply that is not a success. */
export const fromReply = (
  carrierId: CarrierId,
  operation: Operation,
  reply: Transport.Reply
): Effect.Effect<never, MessagingError.MessagingError> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const refusal = read(reply)
    const { reason, ...verdict } = meaning(operation, reply.status, refusal)
    const retryAfter = Transport.retryAfter(reply, now)
    return Effect.fail(
      MessagingError.make(reason, {
        ...verdict,
        carrierId,
        operation,
        status: reply.status,
        ...present({
          vendorCode: refusal.code,
          ref: isVendorId(refusal.handle) ? { carrierId, id: refusal.handle } : undefined,
          retryAfter,
          vendorMessage: refusal.sentence
        })
      })
    )
  })

/**
 * The error of a success whose body lacks a required field. The request may have been carried out. `detail` names the field, not its
 * content.
 */
export const badReply = (
  carrierId: CarrierId,
  operation: Operation,
  reply: Transport.Reply,
  detail: string
): Effect.Effect<never, MessagingError.MessagingError> =>
  Effect.fail(MessagingError.make("BadResponse", { carrierId, operation, status: reply.status, detail }))

/** Whether the body of an answer with a 2xx status reports a failure. */
export const isFailure = (body: object): boolean =>
  ("error_code" in body && body.error_code !== null && body.error_code !== 0 && body.error_code !== "0" && body.error_code !== "") ||
  ("status" in body && typeof body.status === "string" && isFailed(body.status))
