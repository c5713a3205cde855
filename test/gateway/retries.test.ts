/** The official clients' own retries, when equal messages are sent on purpose and one of them was refused before. */
import { expect, it } from "@effect/vitest"
import LinqClient from "@linqapp/sdk"
import * as Effect from "effect/Effect"
import SendblueClient from "sendblue"
import { describe } from "vitest"
import { type GatewayWorld, gatewayWorld } from "../support/gateway.ts"
import { refuse } from "../support/router.ts"
import { ada, numbers } from "../support/sandbox.ts"

const clients = {
  sendblue: ({ apiKey, url }: GatewayWorld) => {
    const client = new SendblueClient({ apiKey: "tests", apiSecret: apiKey, baseURL: `${url}/sendblue` })
    return async (text: string) =>
      (await client.messages.send({ number: ada, from_number: numbers.sendblue, content: text })).message_handle
  },
  linq: ({ apiKey, url }: GatewayWorld) => {
    const client = new LinqClient({ apiKey, baseURL: `${url}/linq` })
    return async (text: string) =>
      (await client.chats.create({ from: numbers.linq, to: [ada], message: { parts: [{ type: "text", value: text }] } })).chat.message.id
  }
}

describe("two equal messages through a front", () => {
  for (const [name, client] of Object.entries(clients)) {
    it.scopedLive(`both arrive when the second one had to be tried again (${name})`, () =>
      Effect.gen(function*() {
        const world = yield* gatewayWorld({ carriers: ["linq"], policy: { breaker: { failures: 1_000 } } })
        const send = client(world)
        const first = yield* Effect.promise(() => send("ok"))
        yield* refuse(world, "linq")
        const second = yield* Effect.fork(Effect.promise(() => send("ok")))
        // the client's first try is over when its retry waits; the retry finds the vendor again
        yield* Effect.sleep("300 millis")
        yield* Effect.orDie(world.network.clearFaults())
        expect(yield* second.await.pipe(Effect.flatten)).not.toBe(first)
        expect(yield* world.copies("ok")).toBe(2)
      }))
  }
})

const call =
  (url: string, headers: Readonly<Record<string, string>>) => (path: string, body: string, more: Readonly<Record<string, string>> = {}) =>
    Effect.promise(async () => {
      const answer = await fetch(`${url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers, ...more },
        body
      })
      return { status: answer.status, replayed: answer.headers.get("idempotent-replayed"), body: await answer.text() }
    })

const fronts = {
  sendblue: {
    headers: (key: string) => ({ "sb-api-key-id": "tests", "sb-api-secret-key": key }),
    path: "/sendblue/api/send-message",
    body: { number: ada, from_number: numbers.sendblue, content: "café / ok" },
    key: "idempotency-key"
  },
  linq: {
    headers: (key: string) => ({ authorization: `Bearer ${key}` }),
    path: "/linq/v3/chats",
    body: { from: numbers.linq, to: [ada], message: { parts: [{ type: "text", value: "café / ok" }] } },
    key: "idempotency-key"
  }
}

/** The same in other bytes: fields the other way round, blanks, letters and slashes escaped. */
const reencoded = (value: unknown): string => {
  const turned = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(turned)
      : typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).reverse().map(([name, each]) => [name, turned(each)]))
      : value
  return JSON.stringify(turned(value), null, 2).replace(/é/g, "\\u00e9").replace(/\//g, "\\/")
}

describe("a retry through a front", () => {
  for (const [name, { body, headers, key, path }] of Object.entries(fronts)) {
    it.scopedLive(`joins its first request in whatever bytes it comes (${name})`, () =>
      Effect.gen(function*() {
        const world = yield* gatewayWorld({ carriers: ["linq"] })
        const post = call(world.url, headers(world.apiKey))
        const first = yield* post(path, JSON.stringify(body), { "x-stainless-retry-count": "0" })
        const retry = yield* post(path, reencoded(body), { "x-stainless-retry-count": "1" })
        expect(retry).toEqual({ ...first, replayed: "true" })
        const padded = { ...body, media_url: "", send_style: null }
        expect(yield* post(path, JSON.stringify(padded), { "x-stainless-retry-count": "2" })).toEqual({ ...first, replayed: "true" })
        const keyed = yield* post(path, JSON.stringify(body), { [key]: "k1" })
        expect((yield* post(path, reencoded(body), { [key]: "k1" })).body).toBe(keyed.body)
        expect(yield* world.copies("café / ok")).toBe(2)
      }))
  }

  it.scopedLive("with a key in the message is that message, whatever key is in the header (linq)", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["linq"] })
      const post = call(world.url, fronts.linq.headers(world.apiKey))
      const body = JSON.stringify({ ...fronts.linq.body, message: { ...fronts.linq.body.message, idempotency_key: "order-1" } })
      const first = yield* post(fronts.linq.path, body, { "idempotency-key": "made-for-this-request" })
      expect(yield* post(fronts.linq.path, body, { "idempotency-key": "made-for-the-next" })).toEqual({ ...first, replayed: "true" })
      expect(yield* post(fronts.linq.path, body)).toEqual({ ...first, replayed: "true" })
      expect(yield* world.copies("café / ok")).toBe(1)
    }))

  const acts = {
    voicememo: {
      path: "/voicememo",
      body: { voice_memo_url: "https://files.example.com/a.m4a" },
      other: { voice_memo_url: "https://files.example.com/b.m4a" }
    }
  }
  for (const [name, { body, other, path }] of Object.entries(acts)) {
    it.scopedLive(`with a key does not act a second time, in other bytes or for something else (${name})`, () =>
      Effect.gen(function*() {
        const world = yield* gatewayWorld({ carriers: ["linq"] })
        const post = call(world.url, fronts.linq.headers(world.apiKey))
        const opened = yield* post(fronts.linq.path, JSON.stringify(fronts.linq.body))
        const id = (JSON.parse(opened.body) as { readonly chat: { readonly id: string } }).chat.id
        const first = yield* post(`/linq/v3/chats/${id}${path}`, JSON.stringify(body), { "idempotency-key": "k3" })
        expect(first.status).toBe(202)
        expect(yield* post(`/linq/v3/chats/${id}${path}`, reencoded(body), { "idempotency-key": "k3" })).toEqual({
          ...first,
          replayed: "true"
        })
        expect((yield* post(`/linq/v3/chats/${id}${path}`, JSON.stringify(other), { "idempotency-key": "k3" })).status).toBe(409)
        expect((yield* world.phone()).length).toBe(2)
      }))
  }
})

describe("a field that nobody here knows", () => {
  it.scopedLive("of a message, a voice memo or a reaction is told in the answer", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["linq"] })
      const send = (path: string, body: unknown) =>
        Effect.promise(async () => {
          const answer = await fetch(`${world.url}/linq/v3${path}`, {
            method: "POST",
            headers: { "content-type": "application/json", authorization: `Bearer ${world.apiKey}` },
            body: JSON.stringify(body)
          })
          const losses = JSON.parse(answer.headers.get("interline-losses") ?? "[]") as ReadonlyArray<
            { readonly kind: string; readonly from?: string }
          >
          return {
            body: JSON.parse(await answer.text()) as { readonly chat?: { readonly id: string; readonly message: { readonly id: string } } },
            told: losses.map(({ from, kind }) => `${kind} ${from}`)
          }
        })
      const opened = yield* send("/chats", {
        ...fronts.linq.body,
        message: { parts: [{ type: "text", value: "x" }], reply_to: null, "not a name": 1 }
      })
      expect(opened.told).toEqual(["unknown-field message.not a name"])
      const { id, message } = opened.body.chat ?? { id: "", message: { id: "" } }
      expect((yield* send(`/chats/${id}/voicememo`, { voice_memo_url: "https://files.example.com/a.m4a", force_notify: true })).told)
        .toEqual(["unknown-field force_notify"])
      expect((yield* send(`/messages/${message.id}/reactions`, { operation: "add", type: "love", mood: "calm" })).told).toEqual([
        "unknown-field mood"
      ])
    }))
})
