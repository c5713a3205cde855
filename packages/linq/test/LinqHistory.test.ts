/** What Linq says of the past: marks of chats, and messages that are read back as their webhooks would have told them. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Handle from "@interline/core/Handle"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as LinqHistory from "../src/LinqHistory.ts"

const line = Handle.phone("+12025550101")
const ada = "+12025550123"
const at = (n: number) => new Date(Date.UTC(2026, 0, 1) + n * 1_000).toISOString()
const time = (n: number) => Date.parse(at(n))

const chat = (id: string, changed: number, more: Record<string, unknown> = {}) => ({
  id,
  is_group: false,
  handles: [{ handle: line, is_me: true }, { handle: ada, is_me: false }],
  updated_at: at(changed),
  health_status: { status: "HEALTHY", updated_at: at(0) },
  ...more
})

const optedOut = { health_status: { status: "OPTED_OUT", updated_at: at(50) } }

const message = (id: string, n: number, text: string, more: Record<string, unknown> = {}) => ({
  id,
  is_from_me: false,
  from_handle: { handle: ada, is_me: false },
  parts: [{ type: "text", value: text }],
  created_at: at(n),
  sent_at: at(n),
  updated_at: at(n),
  ...more
})

const following = (page: number, pages: number): string | null => page + 1 < pages ? String(page + 1) : null

const over = (
  chats: ReadonlyArray<ReadonlyArray<unknown>>,
  messages: Readonly<Record<string, ReadonlyArray<unknown>>> = {},
  next = following
) =>
  Effect.gen(function*() {
    const asked: Array<string> = []
    const client = HttpClient.make((request, url) =>
      Effect.sync(() => {
        // whoever asks for ever is refused, so that no test waits for its end
        if (asked.push(url.pathname) > 100) throw new Error("asked without an end")
        const page = Number(url.searchParams.get("cursor") ?? 0)
        const [, id] = /chats\/([^/]+)\/messages$/.exec(url.pathname) ?? []
        const body = id === undefined
          ? { chats: chats[page] ?? [], next_cursor: next(page, chats.length) }
          : { messages: messages[id] ?? [], next_cursor: null }
        return HttpClientResponse.fromWeb(
          request,
          new Response(JSON.stringify(body), { status: 200, headers: { "content-type": "application/json" } })
        )
      })
    )
    const history = yield* LinqHistory.make({ lines: [line], token: Redacted.make("token"), baseUrl: "https://linq.test" }).pipe(
      Effect.provideService(HttpClient.HttpClient, client)
    )
    const eventsSince = (since: number) =>
      Effect.map(Stream.runCollect(history.events(since)), (pages) =>
        Chunk.toReadonlyArray(pages).flat().map((event) => [event._tag, event.id]))
    return { asked, history, eventsSince }
  })

describe("who opted out at Linq", () => {
  it.effect("is whoever a direct chat is marked for, on every page", () =>
    Effect.gen(function*() {
      const { history } = yield* over([[chat("c-1", 9), chat("c-2", 8, optedOut)], [
        chat("c-3", 7, { ...optedOut, is_group: true }),
        chat("c-4", 6, { ...optedOut, handles: [{ handle: line, is_me: true }, { handle: "ada@example.com" }] })
      ]])
      expect(Chunk.toReadonlyArray(yield* Stream.runCollect(history.optOuts)).flat()).toEqual([
        { handle: ada, saidAt: time(50), markedAt: time(50) },
        { handle: "ada@example.com", saidAt: time(50), markedAt: time(50) }
      ])
    }))
})

describe("what happened at Linq since a time", () => {
  it.effect("is told in the order in which it was written, with the ids of its webhooks", () =>
    Effect.gen(function*() {
      const { eventsSince } = yield* over([[chat("c-1", 90, optedOut)]], {
        "c-1": [
          message("m-3", 80, "STOP"),
          message("m-2", 70, "START"),
          message("m-1", 10, "old"),
          message("m-4", 75, "ours", { is_from_me: true, delivery_status: "delivered" })
        ]
      })
      expect(yield* eventsSince(time(60))).toEqual([
        ["OptedIn", "message.received m-2 opted-in"],
        ["Received", "message.received m-2"],
        ["Status", "message.delivered m-4"],
        ["OptedOut", "message.received m-3 opted-out"],
        ["Received", "message.received m-3"]
      ])
    }))

  it.effect("is a mark alone where no message that is still listed says it", () =>
    Effect.gen(function*() {
      const { eventsSince } = yield* over([[chat("c-1", 90, optedOut)]], { "c-1": [message("m-1", 80, "hello")] })
      expect(yield* eventsSince(time(60))).toEqual([
        ["OptedOut", `chat.health c-1 ${at(50)} opted-out`],
        ["Received", "message.received m-1"]
      ])
    }))

  it.effect("is looked for in every chat, unless the list goes down in time", () =>
    Effect.gen(function*() {
      const down = yield* over([[chat("c-1", 90), chat("c-2", 20)], [chat("c-3", 10)]])
      yield* down.eventsSince(time(60))
      expect(down.asked.filter((path) => path === "/v3/chats")).toHaveLength(1)
      const mixed = yield* over([[chat("c-1", 20), chat("c-2", 30)], [chat("c-3", 90)]], { "c-3": [message("m-1", 80, "hello")] })
      expect(yield* mixed.eventsSince(time(60))).toEqual([["Received", "message.received m-1"]])
    }))

  it.effect("is looked for behind a page that does not go down all the way, and behind one of one time", () =>
    Effect.gen(function*() {
      for (const times of [[20, 20], [90, 20, 50], [20, 50], [10]]) {
        const { eventsSince } = yield* over([times.map((changed, n) => chat(`c-${n}`, changed)), [chat("c-last", 80)]], {
          "c-last": [message("m-1", 80, "hello")]
        })
        expect([times, yield* eventsSince(time(60))]).toEqual([times, [["Received", "message.received m-1"]]])
      }
    }))

  it.effect("ends where a page leads to itself", () =>
    Effect.gen(function*() {
      const { asked, eventsSince } = yield* over([[], [chat("c-1", 80)]], { "c-1": [message("m-1", 80, "hello")] }, () => "1")
      expect(yield* eventsSince(time(60))).toEqual([["Received", "message.received m-1"]])
      expect(asked.filter((path) => path === "/v3/chats")).toHaveLength(2)
    }))

  it.effect("is told of chats and messages that have no time, because they may be of any", () =>
    Effect.gen(function*() {
      const timeless = { created_at: null, sent_at: null, updated_at: null }
      const { eventsSince } = yield* over([[chat("c-1", 10, { updated_at: null }), chat("c-2", 80, { updated_at: "soon" })]], {
        "c-1": [message("m-1", 80, "hello")],
        "c-2": [message("m-2", 80, "hello", timeless)]
      })
      expect(yield* eventsSince(time(60))).toEqual([["Received", "message.received m-1"], ["Received", "message.received m-2"]])
    }))

  it.effect("is what moved since, also of a message that was written before", () =>
    Effect.gen(function*() {
      const ours = { is_from_me: true, delivery_status: "read" }
      for (const field of ["updated_at", "read_at", "delivered_at"]) {
        const { eventsSince } = yield* over([[chat("c-1", 80)]], {
          "c-1": [message("m-1", 10, "ours", { ...ours, [field]: at(70) }), message("m-2", 10, "ours", ours)]
        })
        expect([field, yield* eventsSince(time(60))]).toEqual([field, [["Status", "message.read m-1"]]])
      }
    }))

  it.effect("is a message that was recovered since, though it was written before and nothing else of it moved", () =>
    Effect.gen(function*() {
      const { history } = yield* over([[chat("a", 200)]], {
        a: [
          message("m-2", 60, "hello"),
          message("m-1", 20, "STOP", { reconciled_at: at(150) }),
          message("m-0", 10, "hi", { reconciled_at: 7 })
        ]
      })
      const events = Chunk.toReadonlyArray(yield* Stream.runCollect(history.events(time(100)))).flat()
      expect(events.map((event) => [event._tag, event._tag === "Received" ? event.message.recoveredAt : undefined])).toEqual([
        ["OptedOut", undefined],
        ["Received", at(150)]
      ])
    }))

  it.effect("is how far each of our messages got, and nothing of one that has not left", () =>
    Effect.gen(function*() {
      const ours = (id: string, state: object) => message(id, 80, "ours", { is_from_me: true, ...state })
      const { history } = yield* over([[chat("c-1", 90)]], {
        "c-1": [
          ours("m-1", { delivery_status: "sent" }),
          ours("m-2", { delivery_status: "DELIVERED" }),
          ours("m-3", { delivery_status: "read" }),
          ours("m-4", { delivery_status: "failed" }),
          ours("m-5", { delivery_status: "queued" }),
          ours("m-6", { is_read: true, is_delivered: true }),
          ours("m-7", { is_delivered: true }),
          ours("m-8", {})
        ]
      })
      const events = Chunk.toReadonlyArray(yield* Stream.runCollect(history.events(time(60)))).flat()
      expect(events.map((event) => event._tag === "Status" ? [event.fact.ref.id, event.fact.status] : [event._tag])).toEqual([
        ["m-1", "sent"],
        ["m-2", "delivered"],
        ["m-3", "read"],
        ["m-4", "failed"],
        ["m-6", "read"],
        ["m-7", "delivered"]
      ])
    }))

  it.effect("is no mark of anybody in a group", () =>
    Effect.gen(function*() {
      const { eventsSince } = yield* over([[
        chat("c-1", 90, { ...optedOut, is_group: true }),
        chat("c-2", 90, { ...optedOut, handles: [{ handle: line, is_me: true }, { handle: ada }, { handle: "+12025550124" }] })
      ]])
      expect(yield* eventsSince(time(60))).toEqual([])
    }))

  it.effect("is left out on numbers that are no lines of ours, but not that somebody opted out there", () =>
    Effect.gen(function*() {
      const handles = [{ handle: "+12025550999", is_me: true }, { handle: ada }]
      const { eventsSince } = yield* over([[chat("c-1", 90, { handles })]], {
        "c-1": [message("m-1", 80, "hello"), message("m-2", 81, "STOP"), message("m-3", 82, "START")]
      })
      expect(yield* eventsSince(time(60))).toEqual([["OptedOut", "message.received m-2 opted-out"]])
    }))
})
