/** What a vendor has, or takes, and a front does or does not carry: said as what it is. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import { type GatewayWorld, gatewayWorld } from "../support/gateway.ts"
import { ada, numbers } from "../support/sandbox.ts"

interface Answer {
  readonly status: number
  readonly body: { readonly error?: { readonly code: number; readonly message: string } } & Readonly<Record<string, unknown>>
}

const ask =
  ({ apiKey, url }: GatewayWorld) =>
  (method: string, path: string, body?: string | FormData | Uint8Array<ArrayBuffer>, type?: string): Effect.Effect<Answer> =>
    Effect.promise(async () => {
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${apiKey}`,
          "sb-api-key-id": "tests",
          "sb-api-secret-key": apiKey,
          ...(body instanceof FormData || body === undefined ? {} : { "content-type": type ?? "application/json" })
        },
        ...(body === undefined ? {} : { body })
      })
      const text = await answer.text()
      return { status: answer.status, body: text.startsWith("{") ? JSON.parse(text) as Answer["body"] : {} }
    })

const id = "6f1c2f6e-6d0c-4f0e-9a54-0e6f3f0a1c01"

const notCarried = {
  linq: [
    ["POST", `/chats/${id}/background`],
    ["DELETE", `/chats/${id}/background`],
    ["POST", "/phone_numbers/%2B12025550101/reputation_audit"],
    ["GET", `/phone_numbers/%2B12025550101/reputation_audit/${id}`],
    ["DELETE", "/contact_card"]
  ],
  sendblue: [
    ["DELETE", "/api/v2/contact-sharing/profile"],
    ["POST", "/v3/verified-contacts"],
    ["GET", "/v3/verified-contacts"],
    ["POST", "/v3/auth/tokens"],
    ["POST", "/api/create-group"]
  ]
} as const

const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0])

describe("a front", () => {
  it.scopedLive(
    "says of what the vendor has and it does not carry that it is not carried, not that it is not there",
    () =>
      Effect.gen(function*() {
        const call = ask(yield* gatewayWorld({ carriers: ["linq"] }))
        for (const [method, path] of notCarried.linq) {
          const { body, status } = yield* call(method, `/linq/v3${path}`, method === "GET" ? undefined : "{}")
          expect([status, body.error?.code], path).toEqual([403, 2011])
          expect(body.error?.message, path).toMatch(/is not carried by this gateway/)
        }
        expect((yield* call("GET", "/linq/v3/nothing")).status).toBe(404)
        for (const [method, path] of notCarried.sendblue) {
          const { body, status } = yield* call(method, `/sendblue${path}`, method === "GET" ? undefined : "{}")
          expect([status, typeof body["message"]], path).toEqual([501, "string"])
        }
      }),
    30_000
  )

  it.scopedLive("tells what no carrier ever says from what one does not say now", () =>
    Effect.gen(function*() {
      const call = ask(
        yield* gatewayWorld({ carriers: ["sendblue"], variables: { INTERLINE_LINES: `support=sendblue:${numbers.sendblue}` } })
      )
      const rcs = yield* call("POST", "/linq/v3/capability/check_rcs", JSON.stringify({ address: ada }))
      expect([rcs.status, rcs.body.error?.code]).toEqual([403, 2011])
      expect((yield* call("POST", "/linq/v3/capability/check_imessage", JSON.stringify({ address: ada }))).status).toBe(200)
    }))

  it.scopedLive("shows whose account it is to a program that asks whether its key is right", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["linq"] })
      const right = yield* ask(world)("GET", "/sendblue/account")
      expect([right.status, right.body["accountEmail"]]).toEqual([200, "interline"])
      expect((yield* ask({ ...world, apiKey: "wrong" })("GET", "/sendblue/account")).status).toBe(401)
    }))

  it.scopedLive("takes a file whose type its program does not say, whichever carrier stores it", () =>
    Effect.gen(function*() {
      const call = ask(yield* gatewayWorld({ carriers: ["linq"] }))
      for (const [name, type] of [["a.png", ""], ["a.png", "application/octet-stream"], ["blob", "application/octet-stream"]] as const) {
        const form = new FormData()
        form.set("file", new Blob([png], { type }), name)
        expect((yield* call("POST", "/sendblue/api/upload-file", form)).status, `${name} ${type}`).toBe(201)
        expect((yield* call("POST", `/v1/attachments?fileName=${name}`, png, "application/octet-stream")).status, name).toBe(201)
      }
      const announced = yield* call(
        "POST",
        "/linq/v3/attachments",
        JSON.stringify({ filename: "a.png", content_type: "application/octet-stream", size_bytes: 12 })
      )
      expect([announced.status, announced.body["required_headers"]]).toMatchObject([200, { "Content-Type": "image/png" }])
      const broken = new FormData()
      broken.set("file", new Blob(["?"]), "a.unheard-of")
      expect((yield* call("POST", "/sendblue/api/upload-file", broken)).status).toBe(400)
    }))

  it.scopedLive("refuses names and addresses that hold half of a character, whatever they would become", () =>
    Effect.gen(function*() {
      const call = ask(yield* gatewayWorld({ carriers: ["linq"] }))
      const bodies = [
        ["POST", "/linq/v3/attachments", "{\"filename\":\"\\ud800.png\",\"content_type\":\"image/png\",\"size_bytes\":10}"],
        ["POST", "/linq/v3/attachments", "{\"filename\":\"a\\u0000.png\",\"content_type\":\"image/png\",\"size_bytes\":10}"],
        [
          "POST",
          "/linq/v3/webhook-subscriptions",
          "{\"target_url\":\"https://hooks.example.com/\\udfff\",\"subscribed_events\":[\"message.sent\"]}"
        ],
        [
          "POST",
          "/sendblue/api/account/webhooks",
          "{\"type\":\"receive\",\"webhooks\":[{\"url\":\"https://hooks.example.com/\",\"secret\":\"\\ud83d\"}]}"
        ],
        ["POST", "/sendblue/api/send-message", `{"number":"${ada}","from_number":"${numbers.sendblue}","content":"hi","seat_id":"\\ud83d"}`]
      ] as const
      for (const [method, path, body] of bodies) expect((yield* call(method, path, body)).status, body).toBe(400)
      const whole = yield* call(
        "POST",
        "/linq/v3/attachments",
        "{\"filename\":\"\\ud83d\\ude00.png\",\"content_type\":\"image/png\",\"size_bytes\":10}"
      )
      expect(whole.status).toBe(200)
    }))
})
