/** Fields of a newer client's, as the official clients send them through a front: what the vendor behind it reads, and what is told of the others. */
import { expect, it } from "@effect/vitest"
import LinqClient from "@linqapp/sdk"
import * as Effect from "effect/Effect"
import SendblueClient from "sendblue"
import { describe } from "vitest"
import { type GatewaySetup, type GatewayWorld, gatewayWorld } from "../support/gateway.ts"
import { ada, numbers, type Vendor } from "../support/sandbox.ts"

const strict = { INTERLINE_STRICT: "true" }

/** Losses, or the refusal's status and sentence. */
type Told = ReadonlyArray<string>

const toldOf = (headers: Headers): Told =>
  (JSON.parse(headers.get("interline-losses") ?? "[]") as ReadonlyArray<
    { readonly kind: string; readonly from?: string; readonly part?: number }
  >)
    .map(({ from, kind, part }) => [kind, part, from].filter((each) => each !== undefined).join(" "))

interface Refused {
  readonly status: number
  readonly message: string
}

const refusal = (error: unknown): Told => {
  const { message, status } = error as Refused
  return [String(status), message]
}

/** The same message with the same new fields, by each vendor's own client. */
const clients = {
  linq: ({ apiKey, url }: GatewayWorld) => (more: object, ofMessage: object = {}) => {
    const client = new LinqClient({ apiKey, baseURL: `${url}/linq`, maxRetries: 0 })
    const part = { type: "text" as const, value: "hello", ...more }
    return client.chats.create({ from: numbers.linq, to: [ada], message: { parts: [part], ...ofMessage } }).withResponse()
      .then(({ response }) => toldOf(response.headers), refusal)
  },
  sendblue: ({ apiKey, url }: GatewayWorld) => (more: object, ofMessage: object = {}) => {
    const client = new SendblueClient({ apiKey: "tests", apiSecret: apiKey, baseURL: `${url}/sendblue`, maxRetries: 0 })
    return client.messages.send({ number: ada, from_number: numbers.sendblue, content: "hello", ...more, ...ofMessage }).withResponse()
      .then(({ response }) => toldOf(response.headers), refusal)
  }
} as const

const paths = { linq: "/v3/chats", sendblue: "/api/send-message" } as const

/** What the vendor was asked to send. */
const asked = (world: GatewayWorld, vendor: Vendor) =>
  Effect.map(
    world.network.requests({ vendor, method: "POST", path: paths[vendor] }),
    (requests) => requests.map(({ body }) => JSON.parse(body) as Record<string, unknown>)
  )

const partOf = (vendor: Vendor, body: Record<string, unknown> | undefined): unknown =>
  vendor === "sendblue" ? body : (body?.["message"] as { readonly parts: ReadonlyArray<unknown> } | undefined)?.parts[0]

const world = (setup: GatewaySetup) => gatewayWorld(setup)

const fields = { seen_by: "+12025550190", seen_range: [0, 1] }

describe("a field that only the vendor knows", () => {
  for (const vendor of ["linq", "sendblue"] as const) {
    const other = vendor === "linq" ? "sendblue" : "linq"

    it.scopedLive(`arrives at ${vendor} through ${vendor}'s front, also where nothing may be lost`, () =>
      Effect.gen(function*() {
        const here = yield* world({ carriers: [vendor], variables: strict })
        const send = clients[vendor](here)
        expect(yield* Effect.promise(() => send(fields, { subject: { line: "x" } }))).toEqual([])
        const [body] = yield* asked(here, vendor)
        expect(partOf(vendor, body)).toMatchObject(fields)
        expect(vendor === "linq" ? body?.["message"] : body).toMatchObject({ subject: { line: "x" } })
        expect(yield* here.copies("hello")).toBe(1)
      }))

    it.scopedLive(`is told as lost through ${vendor}'s front where ${other} is behind it`, () =>
      Effect.gen(function*() {
        const here = yield* world({ carriers: [other] })
        const told = yield* Effect.promise(() => clients[vendor](here)({ seen_by: "+12025550190" }))
        expect(told).toEqual([vendor === "linq" ? "unknown-field 0 seen_by" : "unknown-field seen_by"])
        expect(JSON.stringify(yield* asked(here, other))).not.toContain("seen_by")
        expect(yield* here.copies("hello")).toBe(1)
      }))

    it.scopedLive(
      `is refused by its name through ${vendor}'s front where ${other} is behind it and nothing may be lost`,
      () =>
        Effect.gen(function*() {
          const here = yield* world({ carriers: [other], variables: strict })
          const [status, sentence] = yield* Effect.promise(() => clients[vendor](here)({ seen_by: "+12025550190" }))
          expect([status, sentence?.includes("seen_by"), sentence?.includes("+12025550190")]).toEqual([
            vendor === "linq" ? "403" : "400",
            true,
            false
          ])
          expect(yield* asked(here, other)).toEqual([])
        }),
      30_000
    )

    it.scopedLive(`that says whom, when or past what to send is not passed on to ${vendor}, but told`, () =>
      Effect.gen(function*() {
        const here = yield* world({ carriers: [vendor] })
        const told = yield* Effect.promise(() =>
          clients[vendor](here)({ recipients: ["+12025550190"], status_callback_url: "https://example.com/hook" }, {
            override_optout: true,
            send_at: 1
          })
        )
        expect(new Set(told.map((each) => each.split(" ").at(-1)))).toEqual(
          new Set(["recipients", "status_callback_url", "override_optout", "send_at"])
        )
        expect(JSON.stringify(yield* asked(here, vendor))).not.toMatch(/recipients|callback_url|optout|send_at/)
      }))

    it.scopedLive(
      `refuses a message through ${vendor}'s front that would show ${vendor} an address which no file is fetched from`,
      () =>
        Effect.gen(function*() {
          const here = yield* world({ carriers: [vendor] })
          const [status, sentence] = yield* Effect.promise(() => clients[vendor](here)({ card: { image: "file:///etc/hosts" } }))
          expect([status, sentence?.includes("https://")]).toEqual(["400", true])
          expect(yield* asked(here, vendor)).toEqual([])
        }),
      30_000
    )
  }

  it.scopedLive(
    "goes with the message to the vendor that reads it, when the first one is asked for nothing to be lost",
    () =>
      Effect.gen(function*() {
        const here = yield* world({ carriers: ["sendblue", "linq"], variables: strict })
        expect(yield* Effect.promise(() => clients.linq(here)({ seen_by: "+12025550190" }))).toEqual([])
        expect(yield* asked(here, "sendblue")).toEqual([])
        expect(partOf("linq", (yield* asked(here, "linq"))[0])).toMatchObject({ seen_by: "+12025550190" })
      }),
    30_000
  )

  it.scopedLive("is part of what a key stands for", () =>
    Effect.gen(function*() {
      const here = yield* world({ carriers: ["linq"] })
      const keyed = (seen_by: string) => Effect.promise(() => clients.linq(here)({ seen_by }, { idempotency_key: "k1" }))
      expect(yield* keyed("+12025550190")).toEqual([])
      expect(yield* keyed("+12025550190")).toEqual([])
      expect((yield* keyed("+12025550191"))[0]).toBe("409")
      expect(yield* here.copies("hello")).toBe(1)
    }))

  it.scopedLive("is told and not passed on where too many come at once", () =>
    Effect.gen(function*() {
      const here = yield* world({ carriers: ["linq"] })
      const many = Object.fromEntries(Array.from({ length: 201 }, (_, index) => [`field_${index}`, index]))
      const told = yield* Effect.promise(() => clients.linq(here)(many))
      expect([told.length, told[0]]).toEqual([20, "unknown-field message.parts.0.field_0"])
      expect(partOf("linq", (yield* asked(here, "linq"))[0])).toEqual({ type: "text", value: "hello" })
    }))
})
