import { describe, expect, it } from "@effect/vitest"
import * as Handle from "@interline/core/Handle"
import * as MessagingError from "@interline/core/MessagingError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as LinqWords from "../src/wire/LinqWords.ts"
import { type Answer, chatId, clientOf, fixtures, messageId } from "./support.ts"

const write = (answer: Answer) =>
  Effect.flip(clientOf(answer).client.sendMessage(chatId, { message: { parts: [{ type: "text", value: "a secret text" }] } }))
const read = (answer: Answer) => Effect.flip(clientOf(answer).client.getMessage(messageId))
const refusal = (status: number, code: number, more: object = {}): Answer => ({
  status,
  body: { success: false, error: { status, code, message: "because", ...more }, trace_id: "trace-1" }
})

// the whole table, written out: a changed row must be changed here too
const rows: ReadonlyArray<readonly [status: number, code: number, reason: MessagingError.ReasonTag, next: MessagingError.Next]> = [
  [400, 1001, "InvalidInput", "fix"],
  [400, 1002, "InvalidInput", "fix"],
  [400, 1003, "InvalidInput", "fix"],
  [422, 1003, "InvalidInput", "fix"],
  [400, 1004, "InvalidInput", "fix"],
  [400, 1005, "InvalidInput", "fix"],
  [409, 1006, "Unsupported", "fix"],
  [400, 1008, "InvalidInput", "fix"],
  [404, 2001, "NotFound", "fix"],
  [404, 2002, "NotFound", "fix"],
  [404, 2003, "NotFound", "fix"],
  [403, 2005, "Permission", "fix"],
  [403, 2006, "LineNotAllowed", "reroute"],
  [404, 2007, "NotReady", "retry"],
  [403, 2008, "RecipientNotAllowed", "fix"],
  [409, 2009, "NotReady", "retry"],
  [404, 2010, "NotFound", "fix"],
  [403, 2011, "Permission", "fix"],
  [404, 2012, "NotFound", "fix"],
  [409, 2013, "Conflict", "fix"],
  [409, 2014, "Conflict", "fix"],
  [409, 2015, "Conflict", "fix"],
  [409, 2016, "Unsupported", "fix"],
  [409, 2017, "RecipientUnreachable", "fix"],
  [409, 2018, "RecipientUnreachable", "fix"],
  [404, 2019, "NotFound", "fix"],
  [404, 2021, "NotFound", "fix"],
  [409, 2023, "InvalidInput", "fix"],
  [403, 2024, "OptedOut", "stop"],
  [403, 2026, "RecipientBlocked", "stop"],
  [403, 2027, "LineUnavailable", "reroute"],
  [422, 4005, "RecipientUnreachable", "fix"],
  [413, 5001, "MediaRejected", "fix"],
  [400, 5004, "MediaRejected", "fix"],
  [400, 5005, "MediaRejected", "fix"],
  [400, 5006, "MediaRejected", "fix"],
  [400, 5007, "MediaRejected", "fix"]
]

describe("a documented refusal", () => {
  it("is tested row by row", () => {
    expect(rows.map(([status, code]) => `${status}/${code}`).sort()).toEqual(Object.keys(LinqWords.errors).sort())
  })

  for (const [status, code, reason, next] of rows) {
    it.effect(`${status}/${code} is ${reason}, and proves that nothing was sent`, () =>
      Effect.gen(function*() {
        const expected = { reason, next, certainty: "not-sent", status, vendorCode: String(code), traceId: "trace-1", carrierId: "linq" }
        expect(yield* write(refusal(status, code))).toMatchObject({ ...expected, operation: "send" })
        expect(yield* read(refusal(status, code))).toMatchObject({ ...expected, operation: "getMessage" })
      }))
  }

  for (const code of [1007, 2004, 4001, 9999]) {
    it.effect(`401 and 429 are decided by their status, whatever code ${code} says`, () =>
      Effect.gen(function*() {
        expect(yield* write(refusal(401, code))).toMatchObject({ reason: "Authentication", certainty: "not-sent", blame: "account" })
        expect(yield* write(refusal(429, code))).toMatchObject({ reason: "RateLimited", certainty: "not-sent", next: "retry" })
      }))
  }
})

describe("what proves nothing", () => {
  for (const status of [500, 502, 503, 504, 520]) {
    it.effect(`${status}, with the vendor's envelope or without`, () =>
      Effect.gen(function*() {
        for (const answer of [refusal(status, 3006), refusal(status, 4004), { status, body: "<html>" }, { status }]) {
          expect(yield* write(answer)).toMatchObject({ reason: "Unavailable", certainty: "unknown", next: "reconcile", status })
        }
      }))
  }

  it.effect("a pair that no table names, on a write", () =>
    Effect.gen(function*() {
      for (const [status, code] of [[400, 2020], [403, 9999], [409, 9999], [418, 1001], [404, 1001]] as const) {
        expect(yield* write(refusal(status, code))).toMatchObject({
          reason: "Unrecognized",
          certainty: "unknown",
          vendorCode: String(code)
        })
      }
    }))

  it.effect("a refusal that is not Linq's own", () =>
    Effect.gen(function*() {
      for (const status of [400, 401, 403, 404, 408, 409, 413, 429]) {
        for (const body of ["<html>not here</html>", {}, { error: "nope" }, { error: { message: "x" } }, { error: { code: "2001" } }, []]) {
          expect(yield* write({ status, body })).toMatchObject({
            reason: "Unrecognized",
            certainty: "unknown",
            detail: "the reply is not in Linq's error format"
          })
        }
      }
    }))

  it.effect("a redirect that was not followed", () =>
    Effect.map(write({ status: 302 }), (error) => expect(error).toMatchObject({ reason: "BadResponse", certainty: "unknown" })))
})

describe("a read", () => {
  for (
    const [status, reason] of [[400, "InvalidInput"], [403, "Permission"], [404, "NotFound"], [409, "Conflict"], [
      422,
      "InvalidInput"
    ]] as const
  ) {
    it.effect(`has its own reason for ${status} with an unknown code`, () =>
      Effect.map(read(refusal(status, 9999)), (error) => expect(error).toMatchObject({ reason, certainty: "not-sent" })))
  }

  for (
    const [name, body] of [["not JSON", "<html>"], ["a list", []], ["without an id", { chat_id: chatId }], ["empty", undefined]] as const
  ) {
    it.effect(`fails on a success that is ${name}`, () =>
      Effect.map(read({ body }), (error) => expect(error).toMatchObject({ reason: "BadResponse", status: 200 })))
  }

  it.effect("names the field that it could not read, not what is in it", () =>
    Effect.map(read({ body: { id: messageId, from_handle: { handle: 12025550123 } } }), (error) => {
      expect(error.detail).toBe("field from_handle.handle")
      expect(error.message).not.toContain("12025550123")
    }))
})

describe("Retry-After", () => {
  it.effect("is read from the header first, then from the body", () =>
    Effect.gen(function*() {
      const both = { ...refusal(429, 1007, { retry_after: 45 }), headers: { "retry-after": "7" } }
      expect((yield* write(both)).retryAfter).toEqual(Duration.seconds(7))
      expect((yield* write(refusal(429, 1007, { retry_after: 45 }))).retryAfter).toEqual(Duration.seconds(45))
      expect((yield* write(refusal(429, 1007))).retryAfter).toBeUndefined()
    }))

  it.effect("may be a date", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.UTC(2026, 0, 1, 0, 0, 0))
      const error = yield* write({ ...refusal(429, 1007), headers: { "retry-after": "Thu, 01 Jan 2026 00:00:30 GMT" } })
      expect(error.retryAfter).toEqual(Duration.seconds(30))
    }))
})

describe("an error", () => {
  it.effect("finds the trace in the header where the body has none", () =>
    Effect.map(write({ status: 502, headers: { "x-trace-id": "trace-2" } }), (error) => expect(error.traceId).toBe("trace-2")))

  it.effect("keeps the vendor's sentence to itself", () =>
    Effect.map(write(refusal(400, 1002, { message: "+12025550123 is no number" })), (error) => {
      expect(error.vendorMessage && Redacted.value(error.vendorMessage)).toBe("+12025550123 is no number")
      for (const shown of [error.message, String(error), JSON.stringify(error), error.detail ?? ""]) {
        for (const leak of ["12025550123", "linq-token", "secret text"]) expect(shown).not.toContain(leak)
      }
    }))

  it.effect("of an endpoint without an operation names the endpoint", () =>
    Effect.gen(function*() {
      const handle = Handle.make("+12025550123")
      const { client } = clientOf(refusal(503, 4004))
      expect(yield* Effect.flip(client.getAvailableNumber([handle]))).toMatchObject({ detail: "available_number" })
      expect(yield* Effect.flip(client.startReputationAudit("+12052535597"))).toMatchObject({ detail: "reputation_audit" })
      expect(yield* Effect.flip(client.setBackground(chatId, { type: "color", variant: "ice" }))).toMatchObject({ detail: "background" })
      expect(yield* Effect.flip(client.listWebhookEvents())).toMatchObject({ detail: "webhook-events" })
      expect(yield* Effect.flip(client.updateAppCard(messageId, { layout: { caption: "x" } }))).toMatchObject({
        detail: "update of an app card"
      })
    }))
})

describe("the vendor's own examples of errors", () => {
  const expected: Record<string, MessagingError.ReasonTag> = {
    "create-message.409-2015": "Conflict",
    "leave-chat.without-success": "Conflict",
    "request-location.chat-service-not-supported": "RecipientUnreachable",
    "request-location.group-chat-not-supported": "Unsupported",
    "send-chat-message.400-1002-without-doc-url": "InvalidInput",
    "send-chat-message.401-2004-without-doc-url": "Authentication",
    "send-chat-message.404-2001-without-doc-url": "NotFound",
    "send-chat-message.500-3006-without-doc-url": "Unavailable",
    "send-voice-memo.413-5001": "MediaRejected",
    "shared.bad-request": "InvalidInput",
    "shared.conflict": "Conflict",
    "shared.envelope-400": "InvalidInput",
    "shared.envelope-429": "RateLimited",
    "shared.forbidden": "Permission",
    "shared.internal-server-error": "Unavailable",
    "shared.not-found": "NotFound",
    "shared.rate-limited": "RateLimited",
    "shared.rate-limited-2026-03-11": "RateLimited",
    "shared.service-unavailable": "Unavailable",
    "shared.unauthorized": "Authentication",
    "shared.unprocessable-entity": "InvalidInput"
  }

  for (const { body, headers, name, status } of fixtures("errors")) {
    it.effect(`${name} is understood`, () =>
      Effect.map(write({ status: status ?? 0, body, ...(headers === undefined ? {} : { headers }) }), (error) => {
        expect([name, error.reason]).toEqual([name, expected[name]])
        expect(error.certainty).toBe(error.reason === "Unavailable" ? "unknown" : "not-sent")
      }))
  }
})
