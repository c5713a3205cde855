import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Webhook } from "standardwebhooks"
import { ada, bob, cyd, linqLine, sendblueLine, start } from "./support.ts"

interface Received {
  readonly path: string
  readonly headers: Record<string, string>
  readonly text: string
  // Tests read bodies whose shape is what they assert.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any
}

/** A subscriber that answers with the given statuses in turn, then 200. */
const subscriber = (...statuses: ReadonlyArray<number>) =>
  Effect.acquireRelease(
    Effect.async<{ readonly received: Array<Received>; readonly url: string; readonly close: () => void }>((resume) => {
      const received: Array<Received> = []
      const left = [...statuses]
      const server = createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8")
          received.push({
            path: request.url ?? "",
            headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
            text,
            body: JSON.parse(text)
          })
          response.writeHead(left.shift() ?? 200).end()
        })
      })
      server.listen(0, "127.0.0.1", () =>
        resume(Effect.succeed({
          received,
          url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
          close: () => {
            server.close()
            server.closeAllConnections()
          }
        })))
    }),
    ({ close }) => Effect.sync(close)
  )

const everything = [
  "message.sent",
  "message.received",
  "message.read",
  "message.delivered",
  "message.failed",
  "message.edited",
  "reaction.added",
  "reaction.removed",
  "participant.added",
  "participant.removed",
  "chat.created",
  "chat.group_name_updated",
  "chat.typing_indicator.started",
  "phone_number.status_updated"
]

const types = (received: ReadonlyArray<Received>) => received.map(({ body }) => body.event_type)

const subscribed = (options: { readonly query?: string; readonly statuses?: ReadonlyArray<number> } = {}) =>
  Effect.gen(function*() {
    const sandbox = yield* start()
    const hook = yield* subscriber(...(options.statuses ?? []))
    const created = yield* sandbox.linq("POST", "/webhook-subscriptions", {
      target_url: `${hook.url}${options.query ?? ""}`,
      subscribed_events: everything
    })
    return { sandbox, hook, secret: String(created.body.signing_secret) }
  })

describe("a Linq subscriber", () => {
  it.scopedLive("gets signed events in order, with one trace id from request to receipt", () =>
    Effect.gen(function*() {
      const { hook, sandbox, secret } = yield* subscribed()
      const sent = yield* sandbox.createChat([ada])
      yield* sandbox.network.advance("1 second")
      expect(types(hook.received)).toEqual(["chat.created", "message.sent", "message.delivered"])
      for (const { headers, text } of hook.received) expect(() => new Webhook(secret).verify(text, headers)).not.toThrow()
      const delivered = hook.received[2]
      expect(delivered?.body.trace_id).toBe(sent.headers.get("x-trace-id"))
      expect(delivered?.headers).toMatchObject({
        "webhook-id": delivered?.body.event_id,
        "x-webhook-event": "message.delivered",
        "x-webhook-signature": expect.stringMatching(/^[0-9a-f]{64}$/)
      })
      expect(delivered?.body).toMatchObject({
        api_version: "v3",
        webhook_version: "2026-02-03",
        data: {
          id: sent.body.chat.message.id,
          direction: "outbound",
          chat: { id: sent.body.chat.id, is_group: false, owner_handle: { handle: linqLine, is_me: true } },
          sender_handle: { handle: linqLine },
          parts: [{ type: "text", value: "Hello" }],
          delivered_at: expect.any(String),
          read_at: null
        }
      })
    }))

  it.scopedLive("of the older version gets the older payload and no edits", () =>
    Effect.gen(function*() {
      const { hook, sandbox } = yield* subscribed({ query: "?version=2025-01-01" })
      yield* sandbox.network.say({ from: ada, to: linqLine, text: "Hi", media: ["https://example.com/a.jpg"] })
      const { id } = (yield* sandbox.createChat([ada])).body.chat.message
      yield* sandbox.linq("PATCH", `/messages/${id}`, { text: "Hello!" })
      yield* sandbox.network.settle
      expect(types(hook.received)).toEqual(["chat.created", "message.received"])
      expect(hook.received[1]?.body).toMatchObject({
        webhook_version: "2025-01-01",
        data: {
          is_from_me: false,
          from: ada,
          message: { parts: [{ type: "text", value: "Hi" }, { type: "media", mime_type: "image/jpeg" }] },
          recipient_handle: { handle: linqLine }
        }
      })
    }))

  it.scopedLive("learns of everything that happens", () =>
    Effect.gen(function*() {
      const { hook, sandbox } = yield* subscribed()
      const group = (yield* sandbox.createChat([ada, bob])).body.chat
      const direct = (yield* sandbox.createChat([ada])).body.chat
      yield* sandbox.network.person({ handle: bob, service: "SMS" })
      yield* sandbox.linq("POST", "/chats", {
        from: linqLine,
        to: [bob],
        message: { parts: [{ type: "text", value: "x" }], preferred_service: "iMessage" }
      })
      yield* sandbox.network.person({ handle: bob, service: "iMessage" })
      yield* sandbox.network.advance("1 second")
      yield* sandbox.linq("PUT", `/chats/${group.id}`, { display_name: "Team" })
      yield* sandbox.linq("POST", `/chats/${group.id}/participants`, { handle: cyd })
      yield* sandbox.network.advance("1 second")
      yield* sandbox.linq("DELETE", `/chats/${group.id}/participants`, { handle: cyd })
      yield* sandbox.network.advance("1 second")
      yield* sandbox.linq("PATCH", `/messages/${direct.message.id}`, { text: "Hello!" })
      const reaction = { from: ada, messageId: direct.message.id, type: "custom", emoji: "👀" }
      yield* sandbox.network.react(reaction)
      yield* sandbox.network.react({ ...reaction, remove: true })
      yield* sandbox.network.typing(ada, linqLine, true)
      yield* sandbox.network.read(ada, linqLine)
      yield* sandbox.network.say({ from: ada, to: linqLine, text: "Hi" })
      yield* sandbox.network.flagLine(linqLine)
      yield* sandbox.network.settle
      expect(new Set(types(hook.received))).toEqual(new Set(everything))
      const failed = hook.received.find(({ body }) => body.event_type === "message.failed")
      expect(failed?.body.data).toMatchObject({ code: 4001, reason: expect.any(String), message_id: expect.any(String) })
      const sentToGroup = types(hook.received.filter(({ body }) => body.data.chat?.id === group.id))
      expect(sentToGroup, "no receipts in groups").toEqual(["message.sent"])
    }))

  it.scopedLive("that fails is called again, with the same event, until it takes it", () =>
    Effect.gen(function*() {
      const { hook, sandbox } = yield* subscribed({ statuses: [500, 429] })
      yield* sandbox.network.say({ from: ada, to: linqLine, text: "Hi" })
      yield* sandbox.network.settle
      yield* sandbox.network.advance("10 seconds")
      const ids = hook.received.map(({ body }) => body.event_id)
      expect(ids).toHaveLength(4)
      expect(new Set(ids).size).toBe(2)
      const log = yield* sandbox.network.webhooks
      expect(log.map(({ attempt, status }) => [attempt, status])).toEqual([[1, 500], [1, 429], [2, 200], [2, 200]])
    }))

  it.scopedLive("that answers 400 is not called again", () =>
    Effect.gen(function*() {
      const { hook, sandbox } = yield* subscribed({ statuses: [400, 400] })
      yield* sandbox.network.say({ from: ada, to: linqLine, text: "Hi" })
      yield* sandbox.network.settle
      yield* sandbox.network.advance("1 hour")
      expect(hook.received).toHaveLength(2)
    }))

  it.scopedLive("is told of many conversations at once, of each in the order of what happened", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const answers: Array<() => void> = []
      const heard: Array<{ readonly from: string; readonly text: string; readonly atOnce: number }> = []
      const full = yield* Effect.makeLatch(false)
      let held = true
      const server = createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          const { data } = JSON.parse(Buffer.concat(chunks).toString("utf8"))
          answers.push(() => response.end())
          heard.push({ from: data.sender_handle.handle, text: data.parts[0].value, atOnce: answers.length })
          if (held && answers.length === 16) full.unsafeOpen()
          if (!held) answers.shift()?.()
        })
      })
      yield* Effect.acquireRelease(
        Effect.async<void>((resume) => {
          server.listen(0, "127.0.0.1", () => resume(Effect.void))
        }),
        () => Effect.sync(() => server.closeAllConnections())
      )
      yield* sandbox.linq("POST", "/webhook-subscriptions", {
        target_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
        subscribed_events: ["message.received"]
      })
      const people = Array.from({ length: 20 }, (_, index) => `+1415555${1000 + index}`)
      for (const from of people) for (const text of ["1", "2", "3"]) yield* sandbox.network.say({ from, to: linqLine, text })
      // sooner than a webhook that nobody answers makes room for another one
      yield* Effect.timeout(full.await, "9 seconds")
      // a seventeenth would have come by then
      yield* sandbox.linq("GET", "/phone_numbers")
      expect(heard.map(({ from, text }) => [from, text])).toEqual(people.slice(0, 16).map((from) => [from, "1"]))
      held = false
      for (const answer of answers.splice(0)) answer()
      yield* sandbox.network.settle
      expect(heard).toHaveLength(60)
      for (const one of people) expect(heard.flatMap(({ from, text }) => (from === one ? [text] : []))).toEqual(["1", "2", "3"])
      expect(Math.max(...heard.map(({ atOnce }) => atOnce))).toBe(16)
    }))

  it.scopedLive("keeps the latest of its logs", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      yield* sandbox.linq("POST", "/webhook-subscriptions", {
        target_url: "https://example.com/hook",
        subscribed_events: ["message.received"]
      })
      const say = (text: string) => sandbox.network.say({ from: ada, to: linqLine, text })
      yield* Effect.forEach(Array.from({ length: 23_000 }, (_, number) => `number ${number}`), say, { discard: true })
      const bodies = (yield* sandbox.network.webhooks).map(({ body }) => JSON.parse(body).data.parts[0].value)
      expect(bodies.length).toBeGreaterThanOrEqual(20_000)
      expect(bodies.length).toBeLessThan(23_000)
      expect(bodies.at(-1)).toBe("number 22999")
    }))

  it.scopedLive("elsewhere than on this machine is never called", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      yield* sandbox.linq("POST", "/webhook-subscriptions", {
        target_url: "https://example.com/hook",
        subscribed_events: ["message.received"]
      })
      const plain = yield* sandbox.linq("POST", "/webhook-subscriptions", {
        target_url: "http://example.com/hook",
        subscribed_events: ["message.received"]
      })
      expect([plain.status, plain.body.error.code]).toEqual([400, 1005])
      yield* sandbox.network.say({ from: ada, to: linqLine, text: "Hi" })
      expect((yield* sandbox.network.webhooks).map(({ status }) => status)).toEqual(["not-loopback"])
    }))
})

describe("a webhook fault", () => {
  it.scopedLive("duplicate: the same event twice", () =>
    Effect.gen(function*() {
      const { hook, sandbox } = yield* subscribed()
      yield* sandbox.network.addFault({ vendor: "linq", kind: "webhook-duplicate", event: "received" })
      yield* sandbox.network.say({ from: ada, to: linqLine, text: "Hi" })
      yield* sandbox.network.settle
      expect(types(hook.received)).toEqual(["chat.created", "message.received", "message.received"])
      expect(hook.received[1]?.body.event_id).toBe(hook.received[2]?.body.event_id)
    }))

  it.scopedLive("reorder: after the next one, or alone when none follows", () =>
    Effect.gen(function*() {
      const { hook, sandbox } = yield* subscribed()
      yield* sandbox.network.addFault({ vendor: "linq", kind: "webhook-reorder", event: "message.sent" })
      yield* sandbox.createChat([ada])
      yield* sandbox.network.advance("1 second")
      expect(types(hook.received)).toEqual(["chat.created", "message.delivered", "message.sent"])
      yield* sandbox.network.addFault({ vendor: "linq", kind: "webhook-reorder" })
      yield* sandbox.network.say({ from: ada, to: linqLine, text: "Hi" })
      yield* sandbox.network.settle
      expect(hook.received).toHaveLength(3)
      yield* sandbox.network.advance("10 seconds")
      expect(types(hook.received)[3]).toBe("message.received")
    }))

  it.scopedLive("late: so much later", () =>
    Effect.gen(function*() {
      const { hook, sandbox } = yield* subscribed()
      yield* sandbox.network.addFault({ vendor: "linq", kind: "webhook-late", ms: 60_000, event: "received" })
      yield* sandbox.network.say({ from: ada, to: linqLine, text: "Hi" })
      yield* sandbox.network.advance("59 seconds")
      expect(types(hook.received)).toEqual(["chat.created"])
      yield* sandbox.network.advance("1 second")
      expect(types(hook.received)).toEqual(["chat.created", "message.received"])
    }))
})

describe("a Sendblue subscriber", () => {
  it.scopedLive("gets messages with the shared secret, and each status; a callback gets no secret", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const hook = yield* subscriber()
      const add = (body: object) => sandbox.sendblue("POST", "/account/webhooks", body)
      yield* add({ webhooks: [`${hook.url}/in`], globalSecret: "s3cret" })
      yield* add({ webhooks: [`${hook.url}/out`], type: "outbound" })
      yield* add({ webhooks: [`${hook.url}/typing`], type: "typing_indicator" })
      yield* add({ webhooks: [{ url: `${hook.url}/other`, sendblue_numbers: ["+12025550202"] }] })
      yield* sandbox.network.say({ from: ada, to: sendblueLine, text: "Hi" })
      yield* sandbox.sendblue("POST", "/send-message", {
        number: ada,
        from_number: sendblueLine,
        content: "Hello",
        status_callback: `${hook.url}/callback/1234`
      })
      yield* sandbox.network.typing(ada, sendblueLine, true)
      yield* sandbox.network.advance("1 second")
      yield* sandbox.network.settle
      const at = (path: string) => hook.received.filter((one) => one.path === `/hook${path}`)
      expect(at("/in").map(({ body, headers }) => [body.content, body.status, headers["sb-signing-secret"]])).toEqual([
        ["Hi", "RECEIVED", "s3cret"]
      ])
      expect(at("/out").map(({ body }) => body.status)).toEqual(["SENT", "DELIVERED"])
      expect(at("/callback/1234").map(({ body, headers }) => [body.status, headers["sb-signing-secret"]])).toEqual([
        ["SENT", undefined],
        ["DELIVERED", undefined]
      ])
      expect(at("/typing")[0]?.body).toMatchObject({ number: ada, is_typing: true, from_number: sendblueLine })
      expect(at("/other")).toEqual([])
    }))

  it.scopedLive("of an unknown type is refused in the vendor's words", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const answer = yield* sandbox.sendblue("POST", "/account/webhooks", { webhooks: [], type: "nonsense" })
      expect([answer.status, answer.body]).toEqual([400, {
        status: "ERROR",
        message: "Invalid webhook type. Must be one of: receive, call_log, line_blocked, line_assigned, outbound, contact_created"
      }])
    }))
})
