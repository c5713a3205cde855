import { describe, expect, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Draft from "../src/content/Draft.ts"
import * as Message from "../src/content/Message.ts"
import * as MessagingEvent from "../src/events/MessagingEvent.ts"
import * as Page from "../src/names/Page.ts"
import { Raw } from "../src/names/Raw.ts"
import * as Delivery from "../src/outcome/Delivery.ts"
import * as MessagingError from "../src/outcome/MessagingError.ts"
import * as Outcome from "../src/outcome/Outcome.ts"
import * as SendError from "../src/outcome/SendError.ts"
import { chatRef, deliveryId, failure, linq, receipt, ref, support, toAlice } from "./support.ts"

/** What a ledger does: encode, write as JSON, read, decode. */
const stored = <A, I>(schema: Schema.Schema<A, I>, value: A): A => {
  const written = JSON.stringify(Schema.encodeSync(schema)(value))
  return Schema.decodeUnknownSync(schema)(JSON.parse(written))
}

/** Errors are compared as they are written: `toEqual` looks at more of an error than its fields. */
const expectSame = <A, I>(schema: Schema.Schema<A, I>, back: A, given: A): void => {
  expect(Schema.encodeSync(schema)(back)).toEqual(Schema.encodeSync(schema)(given))
}

const error = MessagingError.make("RateLimited", {
  carrierId: linq,
  operation: "send",
  status: 429,
  vendorCode: "1007",
  traceId: "trace-1",
  retryAfter: Duration.seconds(3549),
  detail: "per line",
  problems: [{ rule: "text-length", path: ["parts", 1, "text"], message: "too long", limit: 10, actual: 11 }]
})
const full = receipt("message-1", [0, 2], { chat: chatRef, rawStatus: "QUEUED", service: "SMS" })
const losses = [{ kind: "effect-dropped", certainty: "conditional", condition: "SMS", part: 0, from: "confetti", reason: "SMS" }] as const
const evidence = { error, parts: [1], step: 1, key: `${deliveryId}:1:1`, startedAt: 5 }
const attempt: Delivery.Attempt = {
  carrierId: linq,
  line: support,
  outcome: "unknown",
  why: "it is not known",
  error,
  startedAt: 5,
  millis: 3
}

const outcomes: ReadonlyArray<Outcome.Outcome> = [
  Outcome.accepted([full], losses),
  Outcome.rejected(error, losses),
  Outcome.unknown(evidence, losses),
  { _tag: "Partial", receipts: [full], rest: Outcome.rejected(error), remaining: [1], losses },
  { _tag: "Partial", receipts: [full], rest: Outcome.unknown(evidence), remaining: [1], losses }
]

const common = { deliveryId, losses, attempts: [attempt] }
const sendErrors = [
  [SendError.Invalid, new SendError.Invalid({ ...common, problems: [{ rule: "type", path: [], message: "not a draft" }] })],
  [SendError.NotSent, new SendError.NotSent({ ...common, error })],
  [SendError.Partial, new SendError.Partial({ ...common, receipts: [full], remaining: [1], error })],
  [SendError.Held, new SendError.Held({ ...common, evidence })]
] as const

describe("what a ledger stores comes back as it was", () => {
  it.each(outcomes)("outcome $_tag", (outcome) => {
    expectSame(Outcome.Outcome, stored(Outcome.Outcome, outcome), outcome)
    expect(Outcome.error(stored(Outcome.Outcome, outcome))?.retryAfter).toEqual(Outcome.error(outcome)?.retryAfter)
  })

  it("delivery", () => {
    const delivery: Delivery.Delivery = {
      id: deliveryId,
      conversation: toAlice,
      carrierId: linq,
      receipts: [full],
      status: "queued",
      service: "SMS",
      losses,
      attempts: [attempt],
      metadata: { order: "17" }
    }
    expectSame(Delivery.Delivery, stored(Delivery.Delivery, delivery), delivery)
    expect(
      stored(Delivery.Delivery, {
        ...delivery,
        attempts: [{ carrierId: linq, line: support, outcome: "accepted", why: "it took it", startedAt: 5, millis: 3 }]
      })
    )
      .toMatchObject({ id: deliveryId, conversation: toAlice, receipts: [full], metadata: { order: "17" } })
  })

  it("every send error, with its class, its message and its verdict", () => {
    for (const [schema, sendError] of sendErrors) {
      const back = stored(schema as Schema.Schema<SendError.SendError, unknown>, sendError)
      expect(back).toBeInstanceOf(schema)
      expectSame(schema as Schema.Schema<SendError.SendError, unknown>, back, sendError)
      expect(back.message).toBe(sendError.message)
    }
  })

  it.each(MessagingError.ReasonTag.literals)("error %s, without the vendor's sentence", (reason) => {
    const given = MessagingError.make(reason, { operation: "send", carrierId: linq, vendorMessage: "to +12025550111" })
    expect(JSON.stringify(Schema.encodeSync(MessagingError.MessagingError)(given))).not.toContain("2025550111")
    const back = stored(MessagingError.MessagingError, given)
    expect(back).toBeInstanceOf(MessagingError.MessagingError)
    expect(back.vendorMessage).toBeUndefined()
    expect({ ...back }).toEqual({ ...failure(reason) })
    expect(MessagingError.isRetryLater(back)).toBe(MessagingError.isRetryLater(given))
  })

  it("a receipt leaves the vendor's raw answer behind, and is read without it", () => {
    const raw = receipt("message-1", [0], { raw: new Raw({ content: "hello" }) })
    const back = stored(Outcome.Receipt, raw)
    expect(back).toEqual(receipt("message-1", [0]))
    expect("raw" in back).toBe(false)
    expect(JSON.stringify(Schema.encodeSync(Outcome.Receipt)(raw))).not.toContain("hello")
    // in memory it is there, and is no obstacle to building what holds it
    const inMemory = new SendError.Partial({ ...common, receipts: [raw], remaining: [], error }).receipts[0].raw
    expect(inMemory === undefined ? undefined : Raw.value(inMemory)).toEqual({ content: "hello" })
  })

  const schemas: ReadonlyArray<readonly [string, Schema.Schema.AnyNoContext]> = [
    ["Outcome", Outcome.Outcome],
    ["Delivery", Delivery.Delivery],
    ["Invalid", SendError.Invalid],
    ["NotSent", SendError.NotSent],
    ["Partial", SendError.Partial],
    ["Held", SendError.Held],
    ["MessagingError", MessagingError.MessagingError],
    ["MessagingEvent", MessagingEvent.MessagingEvent],
    ["Message", Message.Message],
    ["Draft", Draft.Draft]
  ]

  it.each(schemas)("%s: any value encodes, decodes and encodes to the same", (_, schema) => {
    FastCheck.assert(
      FastCheck.property(Arbitrary.make(schema), (value) => {
        const encoded = Schema.encodeSync(schema)(value)
        const decoded = Schema.decodeUnknownSync(schema)(encoded)
        expect(Schema.encodeSync(schema)(decoded)).toEqual(encoded)
      }),
      { numRuns: 50 }
    )
  })

  const events: ReadonlyArray<MessagingEvent.MessagingEvent> = [
    { _tag: "Status", carrierId: linq, id: "e-1", fact: { ref: ref("m"), status: "delivered", raw: "DELIVERED", service: "iMessage" } },
    { _tag: "OptedOut", carrierId: linq, handle: toAlice.handle },
    { _tag: "Unrecognized", carrierId: linq, kind: "message.teleported", raw: { deep: [1, null, "x"] } },
    {
      _tag: "Received",
      carrierId: linq,
      message: {
        ref: ref("m"),
        direction: "inbound",
        to: [],
        parts: [{ _tag: "Other", kind: "hologram", raw: { a: 1 }, reactions: [] }],
        status: { raw: "RECEIVED" },
        metadata: { was_downgraded: null }
      }
    }
  ]

  it.each(events)("event $_tag", (event) => {
    expect(stored(MessagingEvent.MessagingEvent, event)).toEqual(event)
  })

  it("fields that vendors add later are no obstacle", () => {
    const later = { ...Schema.encodeSync(MessagingEvent.MessagingEvent)(events[1] ?? events[0] as never), shard: 7 }
    expect(Either.isRight(Schema.decodeUnknownEither(MessagingEvent.MessagingEvent)(later))).toBe(true)
  })
})

describe("Outcome", () => {
  it("gives the receipts of what certainly went out, and the error behind the rest", () => {
    expect(outcomes.map((outcome) => Outcome.receipts(outcome).length)).toEqual([1, 0, 0, 1, 1])
    expect(outcomes.map(Outcome.error)).toEqual([undefined, error, error, error, error])
  })
})

describe("verdicts", () => {
  it("never allow a retry or another carrier while it is unknown whether the message went out", () => {
    for (const verdict of Object.values(MessagingError.verdicts)) {
      if (verdict.certainty === "unknown") expect(verdict.next).toBe("reconcile")
      else expect(verdict.next).not.toBe("reconcile")
    }
  })

  it("never send to anyone else after an opt-out", () => {
    for (const reason of ["Suppressed", "OptedOut", "RecipientBlocked"] as const) {
      expect(MessagingError.verdicts[reason]).toMatchObject({ next: "stop", blame: "recipient" })
    }
  })

  it("a table may be more specific than the reason", () => {
    expect(MessagingError.make("Unavailable", { operation: "send", certainty: "not-sent", blame: "line", next: "retry" })).toMatchObject({
      certainty: "not-sent",
      blame: "line",
      next: "retry"
    })
  })
})

describe("Page.stream", () => {
  const pages = (all: ReadonlyArray<readonly [cursor: string | undefined, items: ReadonlyArray<string>, next: string | undefined]>) => {
    const asked: Array<Page.PageRequest> = []
    const load = (request: Page.PageRequest) =>
      Effect.sync((): Page.Page<string> => {
        asked.push(request)
        const [, items, next] = all.find(([cursor]) => cursor === request.cursor) ?? [undefined, [], undefined]
        return { items, next: Option.fromNullable(next), total: Option.none() }
      })
    return { asked, load }
  }
  const collect = <E>(stream: Stream.Stream<string, E>) => Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

  it.effect("gives every item once although the list grew between two pages", () =>
    Effect.gen(function*() {
      const { asked, load } = pages([[undefined, ["a", "b"], "2"], ["2", ["b", "c"], "3"], ["3", ["a", "d"], undefined]])
      expect(yield* collect(Page.stream(load, (item) => item, 2))).toEqual(["a", "b", "c", "d"])
      expect(asked).toEqual([{ limit: 2 }, { cursor: "2", limit: 2 }, { cursor: "3", limit: 2 }])
    }))

  it.effect("goes on after an empty page, and ends where there is no next", () =>
    Effect.gen(function*() {
      const { asked, load } = pages([[undefined, [], "2"], ["2", ["a"], undefined]])
      expect(yield* collect(Page.stream(load, (item) => item))).toEqual(["a"])
      expect(asked).toEqual([{}, { cursor: "2" }])
    }))

  it.effect("ends when a page points at itself instead of asking for ever", () =>
    Effect.gen(function*() {
      const { asked, load } = pages([[undefined, ["a"], "2"], ["2", ["b"], "2"]])
      expect(yield* collect(Stream.take(Page.stream(load, (item) => `${item}${asked.length}`), 10))).toEqual(["a", "b"])
    }))

  it.effect("asks for a page only when it is needed", () =>
    Effect.gen(function*() {
      const { asked, load } = pages([[undefined, ["a", "b"], "2"], ["2", ["c"], undefined]])
      yield* collect(Stream.take(Page.stream(load, (item) => item), 2))
      expect(asked).toHaveLength(1)
    }))

  it.effect("starts afresh each time it is run", () =>
    Effect.gen(function*() {
      const stream = Page.stream(pages([[undefined, ["a"], undefined]]).load, (item) => item)
      expect([yield* collect(stream), yield* collect(stream)]).toEqual([["a"], ["a"]])
    }))

  it.effect("fails with the error of the page", () =>
    Effect.gen(function*() {
      expect(yield* Effect.flip(collect(Page.stream(() => Effect.fail("lost" as const), (item: string) => item)))).toBe("lost")
    }))
})
