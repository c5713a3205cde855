import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as CarrierId from "@interline/core/CarrierId"
import * as MessagingError from "@interline/core/MessagingError"
import * as Problem from "@interline/core/Problem"
import * as LinqWords from "@interline/linq/LinqWords"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import * as Refusal from "../../src/fronts/linq/refusal.ts"

const linq = CarrierId.make("linq")

const Envelope = Schema.parseJson(
  Schema.Struct({
    success: Schema.Literal(false),
    error: Schema.Struct({
      status: Schema.Number,
      code: Schema.Number,
      message: Schema.String,
      doc_url: Schema.String,
      retry_after: Schema.optional(Schema.Number)
    }),
    trace_id: Schema.String
  })
)

const read = Schema.decodeSync(Envelope)

describe("a refusal in Linq's words", () => {
  it("is read back by Linq's own table as the reason that it came from", () => {
    const table = new Map<string, LinqWords.ErrorMeaning>(Object.entries(LinqWords.errors))
    // not in that table: what is decided by status, and our own fence, which is an opt-out to Linq. What no carrier can do is a
    // feature that the account does not have: Linq's other words for it are 409s, which clients repeat
    const elsewhere = new Set(["RateLimited", "Suppressed", "Unsupported"])
    for (const [reason, { code, status }] of Object.entries(Refusal.reasons)) {
      if (elsewhere.has(reason) || status >= 500) continue
      assert.strictEqual(table.get(`${status}/${code}`)?.reason, reason, reason)
    }
  })

  it("invites to another process while this one is about to stop", () => {
    const { body, headers, status } = Refusal.reply(Refusal.draining, "trace")
    assert.deepInclude(read(body), { success: false, trace_id: "trace" })
    assert.deepInclude(read(body).error, { status: 503, code: 4004, retry_after: 5 })
    deepStrictEqual([status, headers["retry-after"], headers["x-should-retry"]], [503, "5", undefined])
  })

  it("names the code of the rule that was broken first, and every problem in its sentence", () => {
    const problems = [
      Problem.make("first-message", ["parts", 0], "no link here"),
      Problem.make("text-length", ["parts", 1], "too long", { limit: 10, actual: 11 })
    ]
    const refusal = Refusal.ofError(MessagingError.invalid("send", problems, linq))
    deepStrictEqual([refusal.status, refusal.code], [400, 1005])
    assert.include(refusal.message, "too long (limit 10, got 11)")
  })

  it("says where to read about it, and keeps Linq's envelope", () => {
    const { body, headers, status } = Refusal.reply(Refusal.unauthorized, "0af7651916cd43dd8448eb211c80319c")
    const { error, trace_id } = read(body)
    assert.strictEqual(status, 401)
    deepStrictEqual([error.status, error.code], [401, 2004])
    assert.strictEqual(error.doc_url, "https://docs.linqapp.com/error/codes/2xxx/2004/")
    assert.strictEqual(headers["x-trace-id"], trace_id)
  })

  it("invites a client to try again only where nothing happened and the same request may succeed", () => {
    const invited = (reason: MessagingError.ReasonTag) => {
      const refusal = Refusal.ofError(MessagingError.make(reason, { carrierId: linq, operation: "send" }))
      return Refusal.reply(refusal, "t").headers["x-should-retry"] !== "false"
    }
    assert.isTrue(invited("ConnectionFailed"))
    assert.isTrue(invited("NotReady"))
    assert.isFalse(invited("Timeout"))
    assert.isFalse(invited("Unavailable"))
    assert.isFalse(invited("Conflict"))
    assert.isFalse(invited("Authentication"))
  })

  it("says in whole seconds when a rate limit ends", () => {
    const error = MessagingError.make("RateLimited", { carrierId: linq, operation: "send", retryAfter: Duration.millis(1500) })
    const { body, headers } = Refusal.reply(Refusal.ofError(error), "t")
    assert.strictEqual(headers["retry-after"], "2")
    assert.strictEqual(read(body).error.retry_after, 2)
  })

  it("says what was not found", () => {
    const error = MessagingError.make("NotFound", { carrierId: linq, operation: "getMessage" })
    deepStrictEqual([Refusal.ofError(error, "message").code, Refusal.ofError(error, "attachment").code], [2002, 2003])
  })
})
