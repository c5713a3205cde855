/** Makes Linq's error bodies (Linq docs, error codes, read 2026-11-21). */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

export class Refusal extends Data.TaggedError("LinqRefusal")<{
  readonly status: number
  readonly code: number
  readonly message: string
  readonly retryAfter?: number | string
}> {}

export const refuse = (status: number, code: number, message: string): Effect.Effect<never, Refusal> =>
  Effect.fail(new Refusal({ status, code, message }))

export const envelope = (refusal: Refusal, traceId: string) => ({
  success: false,
  error: {
    status: refusal.status,
    code: refusal.code,
    message: refusal.message,
    ...(typeof refusal.retryAfter === "number" ? { retry_after: refusal.retryAfter } : {}),
    doc_url: `https://docs.linqapp.com/error/codes/${Math.floor(refusal.code / 1000)}xxx/${refusal.code}/`
  },
  trace_id: traceId
})

export const chatNotFound = refuse(404, 2001, "Chat not found")
export const messageNotFound = refuse(404, 2002, "Message not found")
export const attachmentNotFound = refuse(404, 2003, "Attachment not found")
export const invalidBody = (message: string) => refuse(400, 1003, message)
export const missing = (field: string) => refuse(400, 1001, `Missing required field: ${field}`)
export const invalidValue = (message: string) => refuse(400, 1005, message)
export const invalidContent = (message: string) => refuse(400, 1004, message)
export const notE164 = refuse(400, 1002, "Phone number must be in E.164 format")
export const lineDenied = refuse(403, 2006, "Phone number permission denied")
