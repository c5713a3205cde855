/** What a retry is told of a send of which it was not known at first whether it went out, and is known since. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe } from "vitest"
import { type GatewayWorld, gatewayWorld } from "../support/gateway.ts"
import { fault } from "../support/router.ts"
import { ada, numbers } from "../support/sandbox.ts"

interface Answer {
  readonly status: number
  readonly outcome: string | null
  readonly replayed: string | null
  readonly shouldRetry: string | null
  readonly body: string
}

type Headers = Readonly<Record<string, string>>

interface Wire {
  readonly path: string
  readonly headers: (apiKey: string) => Headers
  readonly body: unknown
  readonly arrived: number
  /** The delivery that an answer is about, and what became of it. */
  readonly read: (answer: Answer, headers: globalThis.Headers) => { readonly id: string; readonly outcome: string }
}

const ofFront: Wire["read"] = (_, headers) => ({
  id: headers.get("interline-delivery-id") ?? "none",
  outcome: headers.get("interline-outcome") ?? "none"
})

const wires: Readonly<Record<string, Wire>> = {
  "the neutral API": {
    path: "/v1/send",
    headers: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
    body: { to: { line: "support", handle: ada }, text: "hello" },
    arrived: 200,
    read: ({ body }) => {
      const { certainty, deliveryId, id, outcome } = JSON.parse(body) as Readonly<Record<string, string>>
      return { id: id ?? deliveryId ?? "none", outcome: outcome ?? certainty ?? "none" }
    }
  },
  "Linq's wire": {
    path: "/linq/v3/chats",
    headers: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
    body: { from: numbers.linq, to: [ada], message: { parts: [{ type: "text", value: "hello" }] } },
    arrived: 201,
    read: ofFront
  },
  "Sendblue's wire": {
    path: "/sendblue/api/send-message",
    headers: (apiKey) => ({ "sb-api-key-id": "tests", "sb-api-secret-key": apiKey }),
    body: { number: ada, from_number: numbers.sendblue, content: "hello" },
    arrived: 200,
    read: ofFront
  }
}

const post = ({ apiKey, url }: GatewayWorld, wire: Wire) => (more: Headers) =>
  Effect.promise(async () => {
    const answer = await fetch(`${url}${wire.path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...wire.headers(apiKey), ...more },
      body: JSON.stringify(wire.body)
    })
    const said: Answer = {
      status: answer.status,
      outcome: answer.headers.get("interline-outcome"),
      replayed: answer.headers.get("idempotent-replayed"),
      shouldRetry: answer.headers.get("x-should-retry"),
      body: await answer.text()
    }
    return { ...said, ...wire.read(said, answer.headers) }
  })

const neutral = ({ apiKey, url }: GatewayWorld) => (path: string, body?: unknown) =>
  Effect.promise(async () => {
    const answer = await fetch(`${url}${path}`, {
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) })
    })
    const text = await answer.text()
    return { status: answer.status, body: (text === "" ? {} : JSON.parse(text)) as Readonly<Record<string, unknown>> }
  })

const verdicts = {
  "not-sent": { verdict: "not-sent" },
  accepted: { verdict: "arrived", ref: { carrierId: "linq", id: "11111111-1111-4111-8111-111111111111" }, unchecked: true }
} as const

/** How a program asks again: by its own key, or by the count that an official client sends. */
const ways = {
  "by its key": [{ "idempotency-key": "order-1" }, { "idempotency-key": "order-1" }, { "idempotency-key": "order-1" }],
  "by its count": [{ "x-stainless-retry-count": "0" }, { "x-stainless-retry-count": "1" }, { "x-stainless-retry-count": "2" }]
} as const satisfies Readonly<Record<string, readonly [Headers, Headers, Headers]>>

const waysOf = (name: string) => Object.entries(ways).filter(([way]) => name !== "the neutral API" || way === "by its key")

const brief = { reconcile: { every: 50, within: 200 } } as const

/** A gateway whose carrier loses the answers to what it is sent. */
const losing = (kind: "reset-before" | "ack-lost-reset", database?: string) =>
  Effect.tap(
    gatewayWorld({ carriers: ["linq"], policy: brief, ...(database === undefined ? {} : { database }) }),
    ({ network }) => Effect.orDie(network.addFault(fault("linq", kind, { times: "forever" })))
  )

const postsAt = ({ network }: GatewayWorld) => Effect.map(network.requests({ vendor: "linq", method: "POST" }), ({ length }) => length)

const outcomeOf = (world: GatewayWorld, id: string) =>
  Effect.map(neutral(world)(`/v1/deliveries/${id}`), ({ body }) => body["outcome"] as string)

describe("the word of an operator that a message arrived", () => {
  it.scopedLive("is checked with the carrier, and counts unchecked only if the operator insists", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["linq"], policy: brief })
      const ask = neutral(world)
      const send = (handle: string, text: string) => ask("/v1/send", { to: { line: "support", handle }, text })
      const idOf = ({ body }: Effect.Effect.Success<ReturnType<typeof send>>) =>
        (body["receipts"] as ReadonlyArray<{ ref: { id: string } }>)[0]?.ref.id ?? "none"
      const [toBen, before] = [idOf(yield* send("+12025550124", "for ben")), idOf(yield* send(ada, "before"))]
      yield* Effect.orDie(world.network.addFault({ vendor: "linq", kind: "webhook-late", ms: 600_000, times: "forever" }))
      yield* Effect.orDie(world.network.addFault({ vendor: "linq", match: { method: "POST" }, kind: "ack-lost-reset", times: "forever" }))
      const [first, second] = [(yield* send(ada, "one")).body["deliveryId"], (yield* send(ada, "two")).body["deliveryId"]]
      const settle = (id: unknown, message: string, more: object = {}) =>
        ask(`/v1/held/${String(id)}/settle`, { verdict: "arrived", ref: { carrierId: "linq", id: message }, ...more })
      const unknown = verdicts.accepted.ref.id
      const refused = (message: string) => ({ status: 422, body: { problems: [{ message: expect.stringContaining(message) }] } })
      expect(yield* settle(first, unknown)).toMatchObject(refused("linq knows no message with this id; send `unchecked: true`"))
      expect(yield* settle(first, toBen)).toMatchObject(refused("somebody else"))
      expect(yield* settle(first, before)).toMatchObject(refused("another delivery"))
      expect((yield* ask(`/v1/deliveries/${String(first)}`)).body["outcome"]).toBe("held")
      const arrived = (yield* world.phone()).find(({ text }) => text === "one")?.id ?? "none"
      expect(yield* settle(first, arrived)).toMatchObject({ status: 200, body: { deliveryId: first, verdict: "arrived", checked: true } })
      expect(yield* settle(second, unknown, { unchecked: true })).toMatchObject({
        status: 200,
        body: { checked: false, why: expect.any(String) }
      })
      expect(yield* settle(first, arrived)).toMatchObject({
        status: 409,
        body: { type: "urn:interline:problem:not-held", detail: expect.stringMatching(/^it was settled at 2\S+Z by tests: it arrived$/) }
      })
      expect((yield* settle(crypto.randomUUID(), arrived)).status).toBe(404)
      expect((yield* ask("/v1/audit")).body["items"]).toMatchObject([
        { act: "settle.unchecked", actor: "tests", subject: second, outcome: "done" },
        { act: "settle", actor: "tests", subject: first, outcome: "done" }
      ])
    }))
})

describe("a retry of a send that was not known to have gone out", () => {
  for (const [name, wire] of Object.entries(wires)) {
    for (const [way, [first, second, third]] of waysOf(name)) {
      for (const [outcome, verdict] of Object.entries(verdicts)) {
        it.scopedLive(`is answered ${outcome} once an operator has said so, ${way} (${name})`, () =>
          Effect.gen(function*() {
            const world = yield* losing("reset-before")
            const ask = post(world, wire)
            const held = yield* ask(first)
            expect(held.outcome).toBe("held")
            expect(yield* ask(second)).toEqual({ ...held, replayed: "true" })
            yield* neutral(world)(`/v1/held/${held.id}/settle`, verdict)
            expect(yield* outcomeOf(world, held.id)).toBe(outcome)
            const sent = yield* postsAt(world)
            const again = yield* ask(second)
            expect(again).toMatchObject({ id: held.id, outcome, replayed: "true" })
            expect(again.status === wire.arrived).toBe(outcome === "accepted")
            expect(again.shouldRetry).toBe(outcome === "accepted" ? null : "false")
            expect(yield* ask(third)).toEqual(again)
            expect(yield* postsAt(world)).toBe(sent)
          }))
      }
    }

    it.scopedLive(`is answered accepted after the carrier has reported the message (${name})`, () =>
      Effect.gen(function*() {
        const world = yield* losing("ack-lost-reset")
        yield* Effect.orDie(
          world.network.addFault({ vendor: "linq", kind: "webhook-late", ms: 1_500, times: "forever" })
        )
        const ask = post(world, wire)
        const [first, second] = ways["by its key"]
        const held = yield* ask(first)
        expect(held.outcome).toBe("held")
        yield* Effect.repeat(Effect.delay(outcomeOf(world, held.id), "20 millis"), { until: (outcome) => outcome === "accepted" })
        const again = yield* ask(second)
        expect(again).toMatchObject({ id: held.id, outcome: "accepted", status: wire.arrived })
        expect(yield* ask(second)).toEqual(again)
        expect(yield* world.copies("hello")).toBe(1)
      }))

    it.scopedLive(`is answered not-sent by the process that comes after the first one (${name})`, () =>
      Effect.gen(function*() {
        const folder = yield* Effect.acquireRelease(
          Effect.sync(() => mkdtempSync(join(tmpdir(), "interline-"))),
          (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
        )
        const database = join(folder, "gateway.db")
        const [first, second] = ways["by its key"]
        const held = yield* Effect.scoped(Effect.flatMap(losing("reset-before", database), (world) => post(world, wire)(first)))
        const world = yield* losing("reset-before", database)
        const ask = post(world, wire)
        const sent = yield* postsAt(world)
        expect(yield* ask(second)).toEqual({ ...held, replayed: "true" })
        yield* neutral(world)(`/v1/held/${held.id}/settle`, verdicts["not-sent"])
        const again = yield* ask(second)
        expect(again).toMatchObject({ id: held.id, outcome: "not-sent" })
        expect(yield* ask(second)).toEqual(again)
        expect(yield* postsAt(world)).toBe(sent)
      }))
  }
})
