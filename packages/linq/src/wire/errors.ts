/** Converts an answer of Linq that is no success to an error that says what is certain. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as MessagingError from "@interline/core/MessagingError"
import { type Operation, operations } from "@interline/core/Operation"
import { present } from "@interline/core/Optional"
import * as Transport from "@interline/core/Transport"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as LinqSchema from "./LinqSchema.ts"
import * as LinqWords from "./LinqWords.ts"

const unrecognized: LinqWords.ErrorMeaning = { reason: "Unrecognized" }
const unavailable: LinqWords.ErrorMeaning = { reason: "Unavailable" }
const badResponse: LinqWords.ErrorMeaning = { reason: "BadResponse" }

/** The meaning of a refusal. Only an error in Linq's own envelope proves that Linq did not act. A 404 of a proxy proves nothing. */
export const meaning = (status: number, code: number | undefined, operation: Operation): LinqWords.ErrorMeaning => {
  if (status >= 500) return unavailable
  if (status < 400) return badResponse
  if (code === undefined) return unrecognized
  const row = (table: Readonly<Record<string, LinqWords.ErrorMeaning>>, key: string) => LinqWords.meaning(table, key)
  return row(LinqWords.statusErrors, `${status}`) ??
    row(LinqWords.errors, `${status}/${code}`) ??
    row(LinqWords.operationErrors, `${operation} ${status}`) ??
    (operations[operation].effect === "read" ? row(LinqWords.readErrors, `${status}`) : undefined) ??
    unrecognized
}

const filled = (value: unknown): string | undefined => typeof value === "string" && value !== "" ? value : undefined

/** The error of a reply that is not a success. */
export const fromReply = (
  carrierId: CarrierId,
  operation: Operation,
  reply: Transport.Reply,
  detail?: string
): Effect.Effect<never, MessagingError.MessagingError> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const envelope = LinqSchema.isErrorReply(reply.json) ? reply.json : undefined
    const { reason, ...verdict } = meaning(reply.status, envelope?.error.code, operation)
    const seconds = envelope?.error.retry_after
    const retryAfter = Transport.retryAfter(reply, now) ??
      (typeof seconds === "number" && seconds >= 0 ? Duration.seconds(seconds) : undefined)
    const traceId = filled(envelope?.trace_id) ?? reply.headers["x-trace-id"]
    const message = envelope?.error.message
    const where = detail ?? (envelope === undefined ? "the reply is not in Linq's error format" : undefined)
    return Effect.fail(
      MessagingError.make(reason, {
        ...verdict,
        carrierId,
        operation,
        status: reply.status,
        ...present({
          detail: where,
          vendorCode: envelope === undefined ? undefined : String(envelope.error.code),
          traceId,
          retryAfter,
          vendorMessage: typeof message === "string" ? message : undefined
        })
      })
    )
  })

/**
 * The error of a success whose body lacks a required field. The request may have been carried out. `detail` names the field, never its
 * content.
 */
export const badReply = (
  carrierId: CarrierId,
  operation: Operation,
  reply: Transport.Reply,
  detail: string
): Effect.Effect<never, MessagingError.MessagingError> => {
  const traceId = reply.headers["x-trace-id"]
  return Effect.fail(
    MessagingError.make("BadResponse", {
      carrierId,
      operation,
      status: reply.status,
      detail,
      ...(traceId === undefined ? {} : { traceId })
    })
  )
}
