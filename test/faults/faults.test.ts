/** Every fault of the sandbox at every send endpoint: the outcome, the number of requests, and what the phone got. */
import { describe, expect, it } from "@effect/vitest"
import * as Conversation from "@interline/core/Conversation"
import * as DeliveryId from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import type { Outcome } from "@interline/core/Outcome"
import * as Part from "@interline/core/Part"
import * as Fault from "@interline/sandbox/Fault"
import * as Effect from "effect/Effect"
import { ada, support, type Vendor, world } from "../support/sandbox.ts"

/** `once`: the fault meets one request and the vendor is well again. `forever`: it stays. */
interface Row {
  readonly kind: Fault.FaultKind
  readonly params?: Fault.FaultParams
  readonly label?: string
  readonly vendors?: ReadonlyArray<Vendor>
  /** Whether the vendor takes a request that meets the fault. */
  readonly taken: boolean
  readonly linq: { readonly once: Outcome["_tag"]; readonly forever: Outcome["_tag"]; readonly requests: number }
  readonly sendblue: { readonly once: Outcome["_tag"]; readonly forever: Outcome["_tag"]; readonly requests: number }
}

// Linq honours a key on its two message endpoints, so an unknown is replayed under it, at most twice; Sendblue honours
// none, so an unknown is never followed by another request.
const unknownHow = {
  linq: { once: "Accepted", forever: "Unknown", requests: 3 },
  sendblue: { once: "Unknown", forever: "Unknown", requests: 1 }
} as const
const later = {
  linq: { once: "Accepted", forever: "Rejected", requests: 3 },
  sendblue: { once: "Accepted", forever: "Rejected", requests: 3 }
} as const
const refusal = {
  linq: { once: "Rejected", forever: "Rejected", requests: 1 },
  sendblue: { once: "Rejected", forever: "Rejected", requests: 1 }
} as const
const fine = {
  linq: { once: "Accepted", forever: "Accepted", requests: 1 },
  sendblue: { once: "Accepted", forever: "Accepted", requests: 1 }
} as const

const rows: ReadonlyArray<Row> = [
  { kind: "reset-before", taken: false, ...unknownHow },
  { kind: "hang-before", taken: false, ...unknownHow },
  { kind: "5xx-before", params: { status: 500 }, label: "500", taken: false, ...unknownHow },
  { kind: "5xx-before", params: { status: 503 }, label: "503", taken: false, ...unknownHow },
  { kind: "429", params: { retryAfter: 0 }, label: "Retry-After 0", taken: false, ...later },
  { kind: "429", params: { retryAfter: 8549 }, label: "Retry-After 8549", taken: false, ...refusal },
  { kind: "ack-lost-reset", taken: true, ...unknownHow },
  { kind: "ack-lost-hang", taken: true, ...unknownHow },
  { kind: "ack-lost-half", taken: true, ...unknownHow },
  { kind: "ack-lost-502", taken: true, ...unknownHow },
  { kind: "5xx-after", params: { status: 503 }, taken: true, ...unknownHow },
  { kind: "2xx-empty", taken: true, ...unknownHow },
  { kind: "2xx-no-id", taken: true, ...unknownHow },
  { kind: "2xx-not-json", taken: true, ...unknownHow },
  {
    kind: "200-error-body",
    vendors: ["sendblue"],
    label: "4000",
    params: { errorCode: 4000, errorMessage: "Validation Error" },
    taken: false,
    ...refusal
  },
  {
    kind: "200-error-body",
    vendors: ["sendblue"],
    label: "402",
    params: { errorCode: 402, errorMessage: "OPTED_OUT" },
    taken: false,
    ...refusal
  },
  { kind: "200-error-body", vendors: ["sendblue"], label: "10001", params: { errorCode: 10001 }, taken: false, ...refusal },
  {
    kind: "200-error-body",
    vendors: ["sendblue"],
    label: "10002, accepted",
    params: { errorCode: 10002, accepted: true },
    taken: true,
    ...unknownHow
  },
  {
    kind: "200-error-body",
    vendors: ["sendblue"],
    label: "10002, not accepted",
    params: { errorCode: 10002 },
    taken: false,
    ...unknownHow
  },
  {
    kind: "200-error-body",
    vendors: ["sendblue"],
    label: "5000, accepted",
    params: { errorCode: 5000, accepted: true },
    taken: true,
    ...unknownHow
  },
  {
    kind: "200-error-body",
    vendors: ["sendblue"],
    label: "a code no table names",
    params: { errorCode: 22, accepted: true },
    taken: true,
    ...unknownHow
  },
  { kind: "late-listing", params: { ms: 60_000 }, taken: true, ...fine },
  { kind: "downgrade-sms", taken: true, ...fine }
]

interface Endpoint {
  readonly vendor: Vendor
  readonly name: string
  readonly path: string
  readonly to: Effect.Effect<Conversation.Conversation>
  /** Whether the conversation is opened by an earlier message. */
  readonly open: boolean
}

const direct = Effect.succeed(Conversation.direct(support, ada))
const group = Conversation.group(support, [ada, Handle.make("+12025550124")])

const endpoints: ReadonlyArray<Endpoint> = [
  { vendor: "linq", name: "the first message of a chat", path: "/v3/chats$", to: direct, open: false },
  { vendor: "linq", name: "a message in a known chat", path: "/messages$", to: direct, open: true },
  { vendor: "linq", name: "the first message of a group", path: "/v3/chats$", to: group, open: false },
  { vendor: "linq", name: "a message in a known group", path: "/messages$", to: group, open: true },
  { vendor: "sendblue", name: "a direct message", path: "/api/send-message", to: direct, open: false },
  { vendor: "sendblue", name: "the first message of a group", path: "/api/send-group-message", to: group, open: false },
  { vendor: "sendblue", name: "a message in a known group", path: "/api/send-group-message", to: group, open: true }
]

// only what never answers needs a short timeout; a short one everywhere would call a busy machine a hanging vendor
const timeoutOf = (kind: Fault.FaultKind) => kind === "hang-before" || kind === "ack-lost-hang" ? "400 millis" : "10 seconds"
const setup = { timeout: "10 seconds", retry: { times: 2, base: "1 millis", maxRetryAfter: "5 seconds" } } as const

const sendText = (carrier: Effect.Effect.Success<ReturnType<typeof world>>["carrier"], to: Conversation.Conversation, text: string) =>
  Effect.flatMap(
    DeliveryId.mint,
    (deliveryId) => carrier.send({ deliveryId, generation: 1, conversation: to, draft: Draft.text(text), fidelity: "adapt" })
  )

for (const endpoint of endpoints) {
  describe.concurrent(`${endpoint.vendor}, ${endpoint.name}`, () => {
    for (const row of rows.filter((row) => row.vendors?.includes(endpoint.vendor) ?? true)) {
      const expected = row[endpoint.vendor]
      for (const times of [1, "forever"] as const) {
        const outcome = times === 1 ? expected.once : expected.forever
        it.scopedLive(`${row.kind}${row.label === undefined ? "" : ` (${row.label})`} ${times === 1 ? "once" : "forever"} gives ${outcome}`, () =>
          Effect.gen(function*() {
            const { carrier, network } = yield* world(endpoint.vendor, { ...setup, timeout: timeoutOf(row.kind) })
            const to = yield* endpoint.to
            if (endpoint.open) expect((yield* sendText(carrier, to, "opening"))._tag).toBe("Accepted")
            yield* network.clearRequests
            yield* network.addFault({
              vendor: endpoint.vendor,
              match: { method: "POST", path: endpoint.path },
              kind: row.kind,
              times,
              ...row.params
            })
            const result = yield* sendText(carrier, to, "the text")
            expect(result._tag).toBe(outcome)
            const posts = yield* network.requests({ vendor: endpoint.vendor, method: "POST" })
            if (times === "forever") expect(posts.length).toBe(expected.requests)
            const copies = (yield* network.phone(ada)).messages.filter((message) => message.text === "the text").length
            // taken at least once, whatever the client saw; and never a second copy
            expect(copies).toBe(row.taken || result._tag === "Accepted" ? 1 : 0)
          }))
      }
    }

    it.scopedLive("refused gives Rejected: nothing can have been sent", () =>
      Effect.gen(function*() {
        const { carrier, network } = yield* world(endpoint.vendor, setup)
        const to = yield* endpoint.to
        if (endpoint.open) yield* sendText(carrier, to, "opening")
        yield* network.addFault({ vendor: endpoint.vendor, kind: "refused", times: "forever" })
        const result = yield* sendText(carrier, to, "the text")
        expect(result).toMatchObject({ _tag: "Rejected", error: { reason: "ConnectionFailed", certainty: "not-sent", blame: "network" } })
        expect((yield* network.phone(ada)).messages.filter((message) => message.text === "the text")).toEqual([])
      }))

    it.scopedLive("a flagged line never gives an unknown, and what it accepts and does not deliver is reported failed", () =>
      Effect.gen(function*() {
        const { carrier, network } = yield* world(endpoint.vendor, setup)
        const to = yield* endpoint.to
        if (endpoint.open) yield* sendText(carrier, to, "opening")
        yield* network.addFault({
          vendor: endpoint.vendor,
          match: { method: "POST", path: endpoint.path },
          kind: "line-flagged",
          times: "forever"
        })
        const result = yield* sendText(carrier, to, "the text")
        yield* network.advance("1 minute")
        const copies = (yield* network.phone(ada)).messages.filter((message) => message.text === "the text").length
        if (result._tag === "Accepted") {
          const message = yield* carrier.getMessage(result.receipts[0].ref)
          expect({ copies, failed: message.status.neutral === "failed" }).toEqual({
            copies: message.status.neutral === "failed" ? 0 : 1,
            failed: copies === 0
          })
        } else {
          expect(result).toMatchObject({ _tag: "Rejected", error: { blame: "line" } })
          expect(copies).toBe(0)
        }
      }))
  })
}

describe("voice memos have no key at either vendor", () => {
  for (const vendor of ["linq", "sendblue"] as const) {
    for (
      const kind of ["ack-lost-reset", "ack-lost-hang", "ack-lost-502", "5xx-before", "2xx-empty", "2xx-no-id", "2xx-not-json"] as const
    ) {
      it.scopedLive(`${vendor}: ${kind} is unknown after one request`, () =>
        Effect.gen(function*() {
          const { carrier, network } = yield* world(vendor, { ...setup, timeout: timeoutOf(kind) })
          const to = Conversation.direct(support, ada)
          yield* sendText(carrier, to, "opening")
          yield* network.clearRequests
          yield* network.addFault({ vendor, match: { method: "POST" }, kind, times: "forever" })
          const error = yield* Effect.flip(carrier.sendVoiceMemo(to, Part.media("https://audio.example.com/memo.caf")))
          expect(error.certainty).toBe("unknown")
          expect(yield* network.requests({ vendor, method: "POST" })).toHaveLength(1)
          expect((yield* network.phone(ada)).messages).toHaveLength(Fault.faults[kind].accepted === "yes" ? 2 : 1)
        }))
    }
  }
})

it("the table names every fault that a send can meet", () => {
  const named = new Set<string>([...rows.map((row) => row.kind), "refused", "line-flagged"])
  const elsewhere = new Set(["delay", "webhook-duplicate", "webhook-reorder", "webhook-late"])
  const isOfStream = (kind: string): boolean => kind.startsWith("stream-")
  expect(Object.keys(Fault.faults).filter((kind) => !named.has(kind) && !elsewhere.has(kind) && !isOfStream(kind))).toEqual([])
})
