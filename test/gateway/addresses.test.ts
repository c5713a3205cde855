/** Addresses and methods, alike on every surface. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Net from "node:net"
import { raw, statusOf } from "../security/http.ts"
import { gatewayWorld } from "../support/gateway.ts"

const started = Effect.map(gatewayWorld({ carriers: ["linq", "sendblue"] }), ({ apiKey, url }) => {
  const keys = { authorization: `Bearer ${apiKey}`, "sb-api-key-id": "any", "sb-api-secret-key": apiKey }
  const port = Number(new URL(url).port)
  const ask = (method: string, target: string, headers: Readonly<Record<string, string>> = keys, body = "") =>
    Effect.map(
      raw(
        port,
        `${method} ${target} HTTP/1.1\r\nhost: ${new URL(url).host}\r\nconnection: close\r\n${
          Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("")
        }${body === "" ? "" : `content-length: ${body.length}\r\n`}\r\n${body}`
      ),
      ({ text }) => {
        const [head = "", ...rest] = text.split("\r\n\r\n")
        return {
          status: statusOf(head),
          body: rest.join("\r\n\r\n"),
          head,
          header: (name: string) => new RegExp(`\r\n${name}: ([^\r]*)`, "i").exec(head)?.[1]
        }
      }
    )
  return { port, url, keys, ask }
})

const readable = [
  "/healthz",
  "/readyz",
  "/metrics",
  "/openapi.json",
  "/docs",
  "/v1/carriers",
  "/v1/deliveries?limit=1",
  "/sendblue/api/lines",
  "/sendblue/api/account/webhooks",
  "/linq/v3/phone_numbers",
  "/linq/v3/webhook-subscriptions"
]

describe("HEAD", () => {
  it.scopedLive("is answered as GET is, without a body, wherever there is a GET", () =>
    Effect.gen(function*() {
      const { ask, keys } = yield* started
      for (const path of readable) {
        for (const headers of [keys, {}]) {
          const [get, head] = yield* Effect.all([ask("GET", path, headers), ask("HEAD", path, headers)])
          expect([path, head.status, head.header("content-type"), head.body]).toEqual([path, get.status, get.header("content-type"), ""])
        }
        expect((yield* ask("HEAD", path)).status, path).toBe(200)
      }
      const listed = yield* ask("HEAD", `/linq/v3/chats?from=${encodeURIComponent("+12025550101")}`)
      expect([listed.status, listed.body]).toEqual([
        (yield* ask("GET", `/linq/v3/chats?from=${encodeURIComponent("+12025550101")}`)).status,
        ""
      ])
      // nothing is sent by looking
      expect((yield* ask("HEAD", "/v1/send")).status).toBe(405)
      expect((yield* ask("HEAD", "/sendblue/api/send-message")).status).toBe(404)
    }))
})

describe("a target that is a whole address", () => {
  it.scopedLive("leads where its path leads, on every surface", () =>
    Effect.gen(function*() {
      const { ask, url } = yield* started
      for (const path of [...readable, "/v1/nothing", "/sendblue/api/nothing", "/linq/v3/nothing"]) {
        const plain = yield* ask("GET", path)
        for (const target of [`${url}${path}`, `http://elsewhere.example${path}`, `HTTP://x:80${path}`]) {
          const whole = yield* ask("GET", target)
          expect([target, whole.status, whole.header("content-type")]).toEqual([target, plain.status, plain.header("content-type")])
        }
      }
      const body = JSON.stringify({ number: "+12025550123", from_number: "+12025550999", content: "" })
      const sends = yield* Effect.forEach(["/sendblue/api/send-message", `${url}/sendblue/api/send-message`], (target) =>
        ask("POST", target, undefined, body))
      expect(sends[1]?.status).toBe(sends[0]?.status)
      expect(sends[1]?.body).toBe(sends[0]?.body)
      for (const target of ["http://x/%76%31/carriers", "http://x/v1/carriers;x", "http://x"]) {
        expect((yield* ask("GET", target)).status, target).toBe((yield* ask("GET", target.slice("http://x".length) || "/")).status)
      }
    }))
})

describe("a method that an address does not take", () => {
  it.scopedLive("is refused with those that it takes", () =>
    Effect.gen(function*() {
      const { ask } = yield* started
      for (const path of ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/v1/events"]) {
        for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
          const answer = yield* ask(method, path)
          expect([method, path, answer.status, answer.header("allow"), answer.header("content-type")]).toEqual([
            method,
            path,
            405,
            "GET",
            "application/problem+json"
          ])
        }
      }
      for (
        const [method, path, allow] of [["GET", "/webhooks/linq", "POST"], ["OPTIONS", "/webhooks/sendblue", "POST"], [
          "OPTIONS",
          "/v1/send",
          "POST"
        ], ["OPTIONS", "/v1/opt-outs", "GET, POST"]] as const
      ) {
        const answer = yield* ask(method, path)
        expect([path, answer.status, answer.header("allow")]).toEqual([path, 405, allow])
      }
    }))
})

describe("a webhook at an address that is no carrier's", () => {
  it.scopedLive("is told where webhooks are taken", () =>
    Effect.gen(function*() {
      const { ask } = yield* started
      for (const path of ["/webhooks/twilio", "/webhooks", "/hooks/webhooks/linq"]) {
        const { body, status } = yield* ask("POST", path, {}, "{}")
        expect([path, status, body.includes("/webhooks/linq, /webhooks/sendblue")]).toEqual([path, 404, true])
      }
      const metrics = yield* ask("GET", "/metrics")
      expect(metrics.body).toMatch(/interline_webhooks_total\{[^}]*carrier="none"[^}]*\} 3/)
      // it is this carrier's, though nothing proves it
      expect((yield* ask("POST", "//Webhooks/LINQ/", {}, "{}")).status).toBe(401)
    }))
})

describe("a client that waits to be asked for its body", () => {
  it.scopedLive("is asked with a right key, and refused with a wrong one before that", () =>
    Effect.gen(function*() {
      const { ask, keys, port } = yield* started
      const wrong = { authorization: "Bearer wrong-0123456789", "sb-api-key-id": "any", "sb-api-secret-key": "wrong-0123456789" }
      const expecting = { expect: "100-continue", "content-length": "50000000", "content-type": "application/json" }
      for (
        const path of [
          "/v1/send",
          "/v1/attachments?fileName=a.png&mimeType=image%2Fpng",
          "/sendblue/api/send-message",
          "/sendblue/api/upload-file",
          "/linq/v3/chats",
          "/linq/v3/attachments"
        ]
      ) {
        const answer = yield* ask("POST", path, { ...expecting, ...wrong })
        expect([path, answer.status]).toEqual([path, 401])
      }
      const body = JSON.stringify({ to: { line: "support", handle: "+12025550123" }, text: "asked for" })
      const text = yield* Effect.async<string>((resume) => {
        let text = ""
        const socket = Net.connect({ host: "127.0.0.1", port })
        socket.setEncoding("utf8").on("data", (piece: string) => {
          if (text === "" && piece.startsWith("HTTP/1.1 100 Continue")) socket.write(body)
          text += piece
        })
        socket.on("close", () => resume(Effect.succeed(text)))
        socket.write(
          `POST /v1/send HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: 100-continue\r\nauthorization: ${keys.authorization}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
        )
      })
      expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /)
    }))
})
