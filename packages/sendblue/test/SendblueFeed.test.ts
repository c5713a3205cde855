/** Sendblue's event stream: what its events become, and what is read for them. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Handle from "@interline/core/Handle"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as SendblueFeed from "../src/SendblueFeed.ts"
import * as SendblueHistory from "../src/SendblueHistory.ts"
import * as SendblueWebhook from "../src/SendblueWebhook.ts"

const line = Handle.phone("+12025550201")
const ada = "+12025550123"

const credentials = { apiKey: Redacted.make("key"), apiSecret: Redacted.make("secret"), baseUrl: "https://sendblue.test" }
const options: SendblueFeed.Options = { ...credentials, lines: [line], retry: { times: 0 } }

// the row of a message, sendblue 3.17.0
const row = (handle: string, more: Record<string, unknown> = {}) => ({
  message_handle: handle,
  is_outbound: false,
  status: "RECEIVED",
  content: "hello",
  from_number: ada,
  number: ada,
  to_number: line,
  sendblue_number: line,
  group_id: "",
  date_sent: "2026-11-01T12:00:00.000Z",
  date_updated: "2026-11-01T12:00:00.000Z",
  opted_out: false,
  ...more
})

// the envelope of an event, sendblue 3.17.0; the fields of `data`, sendblue-cli of 2026-08
const account = (type: string, data: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  version: 1,
  id: `${type}:1`,
  type,
  occurred_at: "2026-11-01T12:00:01.000Z",
  data,
  ...more
})

const sse = (...events: ReadonlyArray<unknown>): string => events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")

/** An account whose stream says this, with these rows. */
const over = (
  body: string | ReadableStream<Uint8Array>,
  rows: ReadonlyArray<Record<string, unknown>> = [],
  more: Record<string, () => Response> = {}
) => {
  const asked: Array<string> = []
  const client = HttpClient.make((request, url) =>
    Effect.sync(() => {
      asked.push(`${url.pathname}${url.search}`)
      const found = rows.find((row) => url.pathname === `/api/v2/messages/${String(row["message_handle"])}`)
      const answer = more[url.pathname]?.() ??
        (url.pathname === "/api/v2/events"
          ? new Response(body, { headers: { "content-type": "text/event-stream" } })
          : url.pathname === "/api/v2/messages"
          ? Response.json({ status: "OK", data: rows })
          : url.pathname === "/api/v2/lines/state"
          ? Response.json({ status: "OK", data: [] })
          : found === undefined
          ? Response.json({ status: "ERROR", message: "Message not found" }, { status: 404 })
          : Response.json({ status: "OK", data: found }))
      return HttpClientResponse.fromWeb(request, answer)
    })
  )
  return { asked, http: Layer.succeed(HttpClient.HttpClient, client) }
}

const read = (...parameters: Parameters<typeof over>) => {
  const { asked, http } = over(...parameters)
  return Effect.gen(function*() {
    const feed = yield* SendblueFeed.make(options)
    const found = Chunk.toReadonlyArray(yield* Stream.runCollect(yield* feed.open))
    return { asked: [...asked], pieces: found, events: found.flat(), states: yield* feed.states }
  }).pipe(Effect.provide(http))
}

const received = account("message.received", { message_id: "m-1", status: "RECEIVED" })

describe("an event of a message", () => {
  it.effect("becomes what a webhook and the list would have brought, with the same ids", () =>
    Effect.gen(function*() {
      const rows = [
        row("m-1", { content: "STOP", opted_out: true }),
        row("m-2", {
          is_outbound: true,
          status: "DELIVERED",
          from_number: line,
          to_number: ada,
          service: "iMessage",
          date_updated: "2026-11-01T12:00:05.000Z"
        })
      ]
      const { asked, events } = yield* read(sse(received, account("message.updated", { message_id: "m-2", status: "SENT" })), rows)
      expect(asked).toEqual(["/api/v2/events", "/api/v2/messages/m-1", "/api/v2/messages/m-2"])
      const receiver = yield* SendblueWebhook.make({ secrets: [Redacted.make("s")], lines: [line] })
      const webhooks = yield* Effect.forEach(rows, (one) =>
        receiver.receive({ headers: { "sb-signing-secret": "s" }, body: new TextEncoder().encode(JSON.stringify(one)), url: "" }))
      expect(events).toEqual(webhooks.flat())
      expect(events.map(({ _tag, id }) => [_tag, id])).toEqual([
        ["OptedOut", "m-1 RECEIVED opted-out"],
        ["Received", "m-1 RECEIVED"],
        ["Status", "m-2 DELIVERED 2026-11-01T12:00:05.000Z"]
      ])
      const history = yield* Effect.provide(SendblueHistory.make(options), over("", rows).http)
      const listed = Chunk.toReadonlyArray(yield* Stream.runCollect(history.events(0))).flat()
      expect(listed.flatMap(({ id }) =>
        id
      )).toEqual(expect.arrayContaining(["m-1 RECEIVED", "m-2 DELIVERED 2026-11-01T12:00:05.000Z"]))
    }))

  it.effect("that has the whole row costs no read", () =>
    Effect.gen(function*() {
      const { asked, events } = yield* read(sse(account("message.received", { message_id: "m-1", message: row("m-1") })))
      expect(asked).toEqual(["/api/v2/events"])
      expect(events.map(({ _tag }) => _tag)).toEqual(["Received"])
    }))

  it.effect("that only says that our message was accepted costs no read either", () =>
    Effect.gen(function*() {
      const { asked, events } = yield* read(
        sse(account("message.created", { message_id: "m-1", is_outbound: true }), account("message.created", { message_id: "m-2" })),
        [row("m-2")]
      )
      expect(asked).toEqual(["/api/v2/events", "/api/v2/messages/m-2"])
      expect(events.map(({ _tag }) => _tag)).toEqual(["Received"])
    }))

  it.effect("about another number of the account is left out, unless it is an opt-out", () =>
    Effect.gen(function*() {
      const other = { to_number: "+12025550999", sendblue_number: "+12025550999" }
      const { events } = yield* read(sse(received, account("message.received", { message_id: "m-2" })), [
        row("m-1", other),
        row("m-2", { ...other, content: "STOP" })
      ])
      expect(events.map(({ _tag }) => _tag)).toEqual(["OptedOut"])
    }))

  it.effect("is kept as it came if its record was deleted, after it was looked for some times", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(read(sse(received)))
      yield* TestClock.adjust("10 seconds")
      const { asked, events } = yield* Fiber.join(fiber)
      expect(asked.filter((path) => path.endsWith("m-1"))).toHaveLength(4)
      expect(events).toMatchObject([{
        _tag: "Unrecognized",
        kind: "message.received",
        id: "message.received:1",
        raw: { id: "message.received:1" }
      }])
    }))

  it.effect("breaks the connection if its row cannot be read, so that the list is read again", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(read(sse(received), [], { "/api/v2/messages/m-1": () => Response.json({}, { status: 500 }) }))
      expect(error).toMatchObject({ reason: "Unavailable", status: 500 })
    }))
})

describe("another event", () => {
  const state = {
    worker_id: "w-1",
    sendblue_number: line,
    status: "OFFLINE",
    assignment: "assigned",
    status_changed_at: "2026-11-01T11:59:00.000Z"
  }

  it.effect("tells of typing, of lines, and keeps what has no neutral event", () =>
    Effect.gen(function*() {
      const { events } = yield* read(sse(
        account("typing.changed", { number: ada, from_number: line, is_typing: true }),
        account("line.status.changed", state),
        account("line.blocked", { line: { number: line } }),
        account("line.unassigned", { sendblue_number: line }),
        account("line.assigned", { sendblue_number: line }),
        account("line.assigned", { sendblue_number: "+12025550999" }, { id: "foreign" }),
        account("contact.created", { contact_id: "c-1" }),
        account("verification.approved", { verification_sid: "v-1" }),
        account("poll.created", { poll: 1 })
      ))
      expect(events).toMatchObject([
        { _tag: "Typing", from: ada, line, typing: true },
        {
          _tag: "Line",
          id: "line:w-1:status:OFFLINE:2026-11-01T11:59:00.000Z",
          number: line,
          status: "critical",
          available: false,
          raw: "OFFLINE"
        },
        { _tag: "Line", id: "line.blocked:1", number: line, available: false, raw: "line_blocked" },
        { _tag: "Line", id: "line.unassigned:1", number: line, available: false, gone: true, raw: "unassigned" },
        { _tag: "Account", id: "line.unassigned:1 notice", severity: "warning", number: line },
        { _tag: "Line", id: "line.assigned:1", number: line, available: true, raw: "assigned" },
        { _tag: "Unrecognized", id: "foreign", kind: "line.assigned" },
        { _tag: "Unrecognized", kind: "contact.created" },
        { _tag: "Unrecognized", kind: "verification.approved" },
        { _tag: "Unrecognized", kind: "poll.created", raw: { data: { poll: 1 } } }
      ])
    }))

  it.effect("is the state of a line, told once whether the stream or a look tells it", () =>
    Effect.gen(function*() {
      const states = () => Response.json({ status: "OK", data: [state, { ...state, worker_id: "w-2", status_changed_at: null }] })
      const { events, states: looked } = yield* read(sse(account("line.status.changed", state)), [], { "/api/v2/lines/state": states })
      expect(looked).toEqual(events)
    }))

  it.effect.each([403, 404])("an account that may not read the states of its lines (%s) has none", (status) =>
    Effect.gen(function*() {
      const { states } = yield* read("", [], { "/api/v2/lines/state": () => Response.json({}, { status }) })
      expect(states).toEqual([])
    }))
})

describe("the stream", () => {
  it.effect("gives heartbeats as signs of life, reads events in any pieces, and leaves out what is none", () =>
    Effect.gen(function*() {
      const text = `: heartbeat\n\n${
        sse(account("contact.created", { name: "Zoë 😀" }))
      }event: ping\ndata: {}\n\ndata: not json\n\ndata: {"type":"cut`
      const bytes = new TextEncoder().encode(text)
      const stream = new ReadableStream<Uint8Array>({
        start: (controller) => {
          for (let at = 0; at < bytes.length; at += 7) controller.enqueue(bytes.subarray(at, at + 7))
          controller.close()
        }
      })
      const { events, pieces } = yield* read(stream)
      expect(events).toMatchObject([{ _tag: "Unrecognized", raw: { data: { name: "Zoë 😀" } } }])
      expect(pieces.filter((some) => some.length === 0).length).toBeGreaterThan(5)
    }))

  it.effect("keeps an event whose type has an unknown form", () =>
    Effect.gen(function*() {
      const odd = { id: "x", type: { name: "message.recalled" }, data: { message_id: "m-1" } }
      const { events } = yield* read(`data: ${JSON.stringify(odd)}\n\ndata: {"id":"y"}\n\ndata: [1]\n\n`)
      expect(events).toMatchObject([{ _tag: "Unrecognized", kind: "{\"name\":\"message.recalled\"}", raw: { data: odd } }])
    }))

  it.effect("fails with status 404 where there is none", () =>
    Effect.gen(function*() {
      expect(yield* Effect.flip(read("", [], { "/api/v2/events": () => new Response("Cannot GET /api/v2/events", { status: 404 }) })))
        .toMatchObject({ status: 404 })
    }))

  it.effect("ends at an event that is too long, before it fills the memory", () =>
    Effect.gen(function*() {
      const piece = new TextEncoder().encode(`data: ${"x".repeat(100_000)}`)
      const endless = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(piece) })
      const error = yield* Effect.flip(read(endless))
      expect(error).toMatchObject({ reason: "BadResponse" })
    }))

  it.effect("is a layer of an application without the gateway", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.parse("2026-11-01T12:00:02Z"))
      const taken: Array<string | undefined> = []
      const until = yield* Deferred.make<number>()
      const { http } = over(sse(account("message.received", { message_id: "m-2" })), [row("m-1"), row("m-2")])
      yield* Effect.scoped(Effect.zipRight(
        Layer.build(Layer.provide(
          SendblueFeed.layer({
            ...options,
            since: Effect.succeed(Date.parse("2026-11-01T11:00:00Z")),
            onEvents: (events) => Effect.sync(() => void taken.push(...events.map(({ id }) => id))),
            onRead: (at) => Effect.asVoid(Deferred.succeed(until, at))
          }),
          http
        )),
        Deferred.await(until)
      ))
      expect(yield* Deferred.await(until)).toBe(Date.parse("2026-11-01T12:00:00Z"))
      expect(taken.slice(0, 2)).toEqual(["m-1 RECEIVED", "m-2 RECEIVED"])
    }))
})
