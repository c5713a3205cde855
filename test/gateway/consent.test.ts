/** Who must not be written to, and who may say so: over both vendors, the gateway and its database. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import { apiKey, type GatewayWorld, gatewayWorld } from "../support/gateway.ts"
import * as GatewayProcess from "../support/gatewayProcess.ts"
import { ada, numbers } from "../support/sandbox.ts"

interface Answer {
  readonly [field: string]: unknown
  readonly items?: ReadonlyArray<Record<string, unknown>>
}

const call = (world: Pick<GatewayWorld, "url">, method: string, path: string, body?: unknown) =>
  Effect.promise(async () => {
    const answer = await fetch(`${world.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json", "idempotency-key": crypto.randomUUID() },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    const text = await answer.text()
    return { status: answer.status, body: (text === "" ? {} : JSON.parse(text)) as Answer }
  })

const send = (world: GatewayWorld, text = "hello") => call(world, "POST", "/v1/send", { to: { line: "support", handle: ada }, text })

const listed = (world: GatewayWorld) => Effect.map(call(world, "GET", "/v1/opt-outs"), ({ body }) => body.items ?? [])

describe("a carrier that no message goes by", () => {
  it.scopedLive("still says who opted out, and who opted in again", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["linq"] })
      yield* world.network.say({ from: ada, to: numbers.sendblue, text: "STOP" })
      yield* GatewayProcess.eventually(listed(world), (items) => items.length === 1)
      const refused = yield* send(world)
      expect([refused.status, refused.body]).toMatchObject([403, {
        reason: "Suppressed",
        detail: expect.stringContaining("opt-outs here")
      }])
      const planned = yield* call(world, "POST", "/v1/plan", { to: { line: "support", handle: ada }, text: "hello" })
      expect([planned.status, planned.body]).toMatchObject([200, [{ _tag: "Barred", carrierId: "linq", error: { reason: "Suppressed" } }]])
      const explained = yield* call(world, "GET", `/v1/deliveries/${String(refused.body["deliveryId"])}/explain`)
      expect(explained.body["trials"]).toMatchObject([
        { outcome: "rejected", why: expect.stringMatching(/^it was refused here, and the carrier was not asked: .*opt-outs here/) }
      ])
      expect(yield* world.copies("hello")).toBe(0)
      yield* Effect.sleep("1100 millis")
      yield* world.network.say({ from: ada, to: numbers.sendblue, text: "START" })
      yield* GatewayProcess.eventually(listed(world), (items) => items.length === 0)
      expect((yield* send(world)).status).toBe(200)
    }))

  it.scopedLive("still hands over what people write, with its line, and takes no conversation away", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["sendblue"] })
      yield* world.network.say({ from: ada, to: numbers.linq, text: "are you there" })
      const { body } = yield* GatewayProcess.eventually(call(world, "GET", "/v1/messages?direction=inbound"), ({ body }) =>
        JSON.stringify(body).includes("are you there"))
      expect(JSON.stringify(body)).toContain("support")
      const answered = yield* send(world, "yes")
      expect([answered.status, answered.body["carrierId"]]).toEqual([200, "sendblue"])
    }))
})

/** The first event of a type, as a program reads the stream. */
const firstEvent = (world: GatewayWorld, type: string) =>
  Effect.promise(async () => {
    const answer = await fetch(`${world.url}/v1/events?types=${type}&after=0`, { headers: { authorization: `Bearer ${apiKey}` } })
    const decoder = new TextDecoder()
    let text = ""
    for await (const bytes of answer.body ?? []) {
      text += decoder.decode(bytes, { stream: true })
      const data = /^data: ?(\{.*\})$/m.exec(text)?.[1]
      // leaving the loop closes the stream
      if (data !== undefined) return data
    }
    throw new Error("the stream ended without an event")
  })

describe("a word that opts in and that the vendor does not take", () => {
  it.scopedLive("lifts nothing, and the operator hears why; the vendor's own word lifts it", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["sendblue"] })
      const say = (text: string) =>
        Effect.zipRight(world.network.say({ from: ada, to: numbers.sendblue, text }), Effect.sleep("1100 millis"))
      yield* say("STOP")
      yield* say("UNSTOP")
      expect(yield* firstEvent(world, "NotRestored")).toContain("\"why\":\"vendor\"")
      expect([(yield* send(world)).status, (yield* listed(world)).length]).toEqual([403, 1])
      yield* say("START")
      yield* GatewayProcess.eventually(listed(world), (items) => items.length === 0)
      expect((yield* send(world)).status).toBe(200)
    }))
})

describe("the confirmation of an opt-out", () => {
  // what a vendor's list tells at the start is no word that anybody heard
  const ready = (world: GatewayWorld) =>
    GatewayProcess.eventually(
      call(world, "GET", "/v1/catch-up"),
      ({ body }) => (body.items ?? []).every((item) => item["state"] === "done")
    )

  const confirm = (world: GatewayWorld, text: string, path = "/v1/send") =>
    call(world, "POST", path, { to: { line: "support", handle: ada }, text, confirmsOptOut: true })

  it.scopedLive("goes out once at Linq, past its own block, and the opt-out stands", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["sendblue", "linq"] })
      yield* ready(world)
      yield* world.network.say({ from: ada, to: numbers.linq, text: "STOP" })
      yield* GatewayProcess.eventually(listed(world), (items) => items.length === 1)
      expect((yield* send(world)).status).toBe(403)
      const [one, two] = yield* Effect.all([confirm(world, "you are out"), confirm(world, "you are out")], { concurrency: 2 })
      expect([one.status, two.status].toSorted()).toEqual([200, 403])
      expect((yield* confirm(world, "you are out")).status).toBe(403)
      expect((yield* send(world)).status).toBe(403)
      expect((yield* world.phone()).map(({ text, vendor }) => [text, vendor])).toEqual([["you are out", "linq"]])
      expect((yield* listed(world))[0]).toMatchObject({
        handle: ada,
        source: "event",
        carrierId: "linq",
        confirmedAt: expect.stringMatching(/^\d{4}-.*Z$/)
      })
    }))

  it.scopedLive("is refused of an opt-out that was said to Sendblue, by a problem that names why, and where nobody opted out", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["sendblue"] })
      expect((yield* confirm(world, "you are out")).status).toBe(422)
      yield* world.network.say({ from: ada, to: numbers.sendblue, text: "STOP" })
      yield* GatewayProcess.eventually(listed(world), (items) => items.length === 1)
      const refused = yield* confirm(world, "you are out")
      expect([refused.status, refused.body["problems"]]).toMatchObject([422, [{ rule: "feature", path: ["confirmsOptOut"] }]])
      expect((yield* confirm(world, "you are out", "/v1/plan")).body).toMatchObject([{
        _tag: "Refused",
        problems: [{ path: ["confirmsOptOut"] }]
      }])
      expect(yield* world.phone()).toEqual([])
    }))

  it.scopedLive("is refused by Linq of an opt-out that was said to Sendblue", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["linq"] })
      yield* ready(world)
      yield* world.network.say({ from: ada, to: numbers.sendblue, text: "STOP" })
      yield* GatewayProcess.eventually(listed(world), (items) => items.length === 1)
      expect((yield* confirm(world, "you are out")).status).toBe(403)
      expect(yield* world.phone()).toEqual([])
    }))
})

describe("an opt-in", () => {
  it.scopedLive("counts only on a line of the configuration", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["sendblue", "linq"] })
      const foreign = "+12025550999"
      yield* world.network.addLine("sendblue", foreign)
      yield* world.network.say({ from: ada, to: numbers.sendblue, text: "STOP" })
      yield* GatewayProcess.eventually(listed(world), (items) => items.length === 1)
      yield* Effect.sleep("1100 millis")
      yield* world.network.say({ from: ada, to: foreign, text: "START" })
      yield* Effect.sleep("500 millis")
      expect((yield* send(world)).status).toBe(403)
    }))

  it.scopedLive("does not take back what the application said", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["linq"] })
      expect((yield* call(world, "POST", "/v1/opt-outs", { handle: ada })).status).toBe(200)
      yield* world.network.say({ from: ada, to: numbers.linq, text: "START" })
      yield* Effect.sleep("500 millis")
      expect((yield* send(world)).status).toBe(403)
      expect((yield* call(world, "POST", "/v1/opt-ins", { handle: ada })).status).toBe(200)
      expect((yield* send(world)).status).toBe(200)
    }))
})
