import type { CarrierId } from "@interline/core/CarrierId"
import * as MessagingError from "@interline/core/MessagingError"
import type { Operation } from "@interline/core/Operation"
import { traits } from "@interline/core/Operation"
import * as Transport from "@interline/core/Transport"
import * as Duration from "effect/Duration"
import * as LinqSchema from "../LinqSchema.ts"
import * as LinqWords from "../LinqWords.ts"

const unrecognized: LinqWords.ErrorMeaning = { reason: "Unrecognized" }
const unavailable: LinqWords.ErrorMeaning = { reason: "Unavailable" }
const badResponse: LinqWords.ErrorMeaning = { reason: "BadResponse" }

/** What a refusal means. Only Linq's own envelope is proof that it did not act; a proxy's 404 proves nothing. */
export const meaning = (status: number, code: number | undefined, operation: Operation): LinqWords.ErrorMeaning => {
  if (status >= 500) return unavailable
  if (status < 400) return badResponse
  if (code === undefined) return unrecognized
  return LinqWords.meaning<string, LinqWords.ErrorMeaning>(LinqWords.statusErrors, String(status)) ??
    LinqWords.meaning<string, LinqWords.ErrorMeaning>(LinqWords.errors, `${status}/${code}`) ??
    (traits[operation].effect === "read"
      ? LinqWords.meaning<string, LinqWords.ErrorMeaning>(LinqWords.readErrors, String(status))
      : undefined) ??
    unrecognized
}

const traceOf = (reply: Transport.Reply, inBody: unknown): string | undefined =>
  typeof inBody === "string" && inBody !== "" ? inBody : reply.headers["x-trace-id"]

/** A reply that is not a success. `now` is in epoch milliseconds, for a `Retry-After` that is a date. */
export const fromReply = (
  carrierId: CarrierId,
  operation: Operation,
  reply: Transport.Reply,
  now: number,
  detail?: string
): MessagingError.MessagingError => {
  const envelope = LinqSchema.isErrorReply(reply.json) ? reply.json : undefined
  const { reason, ...verdict } = meaning(reply.status, envelope?.error.code, operation)
  const seconds = envelope?.error.retry_after
  const retryAfter = Transport.retryAfter(reply, now) ??
    (typeof seconds === "number" && seconds >= 0 ? Duration.seconds(seconds) : undefined)
  const traceId = traceOf(reply, envelope?.trace_id)
  const message = envelope?.error.message
  const where = detail ?? (envelope === undefined ? "the reply is not in Linq's error format" : undefined)
  return MessagingError.make(reason, {
    ...verdict,
    carrierId,
    operation,
    status: reply.status,
    ...(where === undefined ? {} : { detail: where }),
    ...(envelope === undefined ? {} : { vendorCode: String(envelope.error.code) }),
    ...(traceId === undefined ? {} : { traceId }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(typeof message === "string" ? { vendorMessage: message } : {})
  })
}

/** A success that does not say what it must. `detail` names the field, never its content. */
export const badReply = (carrierId: CarrierId, operation: Operation, reply: Transport.Reply, detail: string): MessagingError.MessagingError => {
  const traceId = traceOf(reply, undefined)
  return MessagingError.make("BadResponse", {
    carrierId,
    operation,
    status: reply.status,
    detail,
    ...(traceId === undefined ? {} : { traceId })
  })
}
