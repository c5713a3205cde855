import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Attempt } from "@interline/core/Delivery"
import { DeliveryId } from "@interline/core/DeliveryId"
import { Loss } from "@interline/core/Loss"
import * as MessagingError from "@interline/core/MessagingError"
import * as Operation from "@interline/core/Operation"
import { Evidence, Receipt } from "@interline/core/Outcome"
import { Problem } from "@interline/core/Problem"
import { Held, Invalid, NotSent, Partial, type SendError } from "@interline/core/SendError"
import * as Arbitrary from "effect/Arbitrary"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as ProblemDetails from "../../src/http/ProblemDetails.ts"
import { respond } from "../../src/http/problemResponse.ts"
import { ada, deliveryId, linq, receipt, serve, support } from "./world.ts"

const error = (reason: MessagingError.ReasonTag, operation: Operation.Operation, more: Omit<MessagingError.Context, "operation"> = {}) =>
  MessagingError.make(reason, { operation, ...more })

// JSON has no other numbers
const isWritten = (value: object): boolean => Object.values(value).every((field) => typeof field !== "number" || Number.isFinite(field))

const arbitrary = {
  reason: FastCheck.constantFrom(...MessagingError.ReasonTag.literals),
  attempt: Arbitrary.make(Attempt.omit("error")).filter(isWritten),
  loss: Arbitrary.make(Loss),
  problem: Arbitrary.make(Problem).filter(isWritten),
  deliveryId: Arbitrary.make(DeliveryId),
  part: Arbitrary.make(Schema.Array(Schema.NonNegativeInt))
}

const sendError: FastCheck.Arbitrary<SendError> = FastCheck.record({
  tag: FastCheck.constantFrom("Invalid" as const, "NotSent" as const, "Partial" as const, "Held" as const),
  reason: arbitrary.reason,
  deliveryId: arbitrary.deliveryId,
  attempts: FastCheck.array(arbitrary.attempt, { maxLength: 3 }),
  losses: FastCheck.array(arbitrary.loss, { maxLength: 3 }),
  problems: FastCheck.array(arbitrary.problem, { maxLength: 3 }),
  remaining: arbitrary.part,
  wait: FastCheck.option(FastCheck.nat(100_000), { nil: undefined })
}).map(({ attempts, deliveryId, losses, problems, reason, remaining, tag, wait }) => {
  const common = { deliveryId, attempts, losses }
  const cause = error(reason, "send", { carrierId: linq, ...(wait === undefined ? {} : { retryAfter: Duration.millis(wait) }) })
  const evidence: Evidence = { error: cause, parts: [0], step: 0, startedAt: 1 }
  const receipts: readonly [Receipt] = [receipt]
  switch (tag) {
    case "Invalid":
      return new Invalid({ ...common, problems })
    case "NotSent":
      return new NotSent({ ...common, error: cause })
    case "Partial":
      return new Partial({ ...common, receipts, remaining, error: cause })
    case "Held":
      return new Held({ ...common, evidence })
  }
})

const certain = { Invalid: "not-sent", NotSent: "not-sent", Partial: "partial", Held: "unknown" } as const

// what programs repeat by themselves after a POST, in some client or other
const repeated = [408, 409, 425, 429, 500, 502, 503, 504]

describe("problems", () => {
  it("every failed send is a problem that a client reads as the same certainty, with its delivery if there is one", () => {
    const decode = Schema.decodeUnknownSync(ProblemDetails.schema)
    FastCheck.assert(FastCheck.property(sendError, (given) => {
      const wire: unknown = JSON.parse(JSON.stringify(ProblemDetails.encode(ProblemDetails.fromSendError(given))))
      const read = decode(wire)
      assert.strictEqual(read.certainty, certain[given._tag])
      const isKept = given._tag !== "Invalid" || given.attempts.length > 0 || given.problems.some(({ rule }) => rule === "key")
      assert.strictEqual(read.deliveryId, isKept ? given.deliveryId : undefined)
      assert.strictEqual(read.attempts?.length, given.attempts.length)
      deepStrictEqual(read.losses, given.losses)
    }))
  })

  it("a send that may have reached a person is answered with no status that a program repeats", () => {
    FastCheck.assert(FastCheck.property(sendError, (given) => {
      const problem = ProblemDetails.fromSendError(given)
      if (problem.certainty === "not-sent") return
      assert.notInclude(repeated, problem.status)
      assert.notStrictEqual(respond(problem).headers["x-should-retry"], "true")
    }))
  })

  it("neither is any other request that acts and may have acted", () => {
    for (const operation of Operation.all) {
      for (const reason of MessagingError.ReasonTag.literals) {
        const problem = ProblemDetails.fromMessagingError(error(reason, operation))
        const acts = Operation.operations[operation].effect === "act" && problem.certainty === "unknown"
        assert.strictEqual(acts, problem.status === 424, `${operation} ${reason}`)
        if (acts) assert.isFalse(ProblemDetails.mayRepeat(problem))
      }
    }
  })

  it("a database of ours that fails is no carrier's fault, and may be asked again where nothing left", () => {
    const ours = ProblemDetails.fromMessagingError(error("Unavailable", "send", { certainty: "not-sent", next: "retry" }))
    assert.deepInclude(ours, { type: "urn:interline:problem:unavailable", status: 503, certainty: "not-sent", next: "retry" })
    assert.notInclude(ours.title, "carrier failed")
    assert.isTrue(ProblemDetails.mayRepeat(ours))
    const theirs = ProblemDetails.fromMessagingError(
      error("Unavailable", "send", { carrierId: linq, certainty: "not-sent", next: "retry" })
    )
    assert.deepInclude(theirs, { status: 502, title: "the carrier failed to answer properly" })
    assert.strictEqual(ProblemDetails.fromMessagingError(error("Unavailable", "send")).status, 424)
  })

  it("what is certain and says later may be repeated, after the time that the carrier named", () => {
    const limited = respond(ProblemDetails.fromMessagingError(error("RateLimited", "send", { retryAfter: Duration.millis(1500) })))
    deepStrictEqual([limited.status, limited.headers["retry-after"], limited.headers["x-should-retry"]], [429, "2", "true"])
    const wrong = respond(ProblemDetails.fromMessagingError(error("InvalidInput", "send")))
    deepStrictEqual([wrong.status, wrong.headers["retry-after"], wrong.headers["x-should-retry"]], [422, undefined, "false"])
  })

  it.scoped("a held send is a 202 that a typed client fails with", () =>
    Effect.gen(function*() {
      const held = new Held({
        deliveryId,
        attempts: [],
        losses: [],
        evidence: { error: error("Timeout", "send", { carrierId: linq }), parts: [0], step: 0, startedAt: 1 }
      })
      const { client, http } = yield* serve({ messaging: { send: () => Effect.fail(held) } })
      const payload = { to: { line: support, handle: ada }, text: "hi" }
      const problem = yield* Effect.flip(client.sending.send({ payload }))
      assert.instanceOf(problem, ProblemDetails.ProblemDetails)
      if (!(problem instanceof ProblemDetails.ProblemDetails)) return
      deepStrictEqual([problem.status, problem.certainty, problem.deliveryId, problem.next], [202, "unknown", deliveryId, "reconcile"])
      const response = yield* http.execute(HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post("/v1/send"), payload))
      deepStrictEqual([response.status, response.headers["content-type"]], [202, "application/problem+json"])
    }))
})
