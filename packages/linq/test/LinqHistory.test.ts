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

const over = (chats: ReadonlyArray<ReadonlyArray<unknown>>, messages: Readonly<Record<string, ReadonlyArray<unknown>>> = {}) =>
  Effect.gen(function*() {
    const asked: Array<string> = []
    const client = HttpClient.make((request, url) =>
      Effect.sync(() => {
        asked.push(url.pathname)
        const page = Number(url.searchParams.get("cursor") ?? 0)
        const [, id] = /chats\/([^/]+)\/messages$/.exec(url.pathname) ?? []
        const body = id === undefined
          ? { chats: chats[page] ?? [], next_cursor: page + 1 < chats.length ? String(page + 1) : null }
          : { messages: messages[id] ?? [], next_cursor: null }
        return HttpClientResponse.fromWeb(request, new Response(JSON.stringify(body), { status: 200, headers: { "content-type": "application/json" } }))
      }))
    const history = yield* LinqHistory.make({ lines: [line], token: Redacted.make("token"), baseUrl: "https://linq.test" }).pipe(
      Effect.provideService(HttpClient.HttpClient, client)
    )
    const eventsSince = (since: number) =>
      Effect.map(Stream.runCollect(history.events(since)), (pages) => Chunk.toReadonlyArray(pages).flat().map((event) => [event._tag, event.id]))
    return { asked, history, eventsSince }
  })

describe("who opted out at Linq", () => {
  it.effect("is whoever a direct chat is marked for, on every page", () =>
    Effect.gen(function*() {
      const { history } = yield* over([[chat("c-1", 9), chat("c-2", 8, optedOut)], [chat("c-3", 7, { ...optedOut, is_group: true }), chat("c-4", 6, { ...optedOut, handles: [{ handle: line, is_me: true }, { handle: "ada@example.com" }] })]])
      expect(Chunk.toReadonlyArray(yield* Stream.runCollect(history.optOuts)).flat()).toEqual([
        { handle: ada, saidAt: time(50) },
        { handle: "ada@example.com", saidAt: time(50) }
      ])
    }))
})

describe("what happened at Linq since a time", () => {
  it.effect("is told in the order in which it was written, with the ids of its webhooks", () =>
    Effect.gen(function*() {
      const { eventsSince } = yield* over([[chat("c-1", 90, optedOut)]], {
        "c-1": [message("m-3", 80, "STOP"), message("m-2", 70, "START"), message("m-1", 10, "old"), message("m-4", 75, "ours", { is_from_me: true, delivery_status: "delivered" })]
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

  it.effect("is left out on numbers that are no lines of ours, but not that somebody opted out there", () =>
    Effect.gen(function*() {
      const handles = [{ handle: "+12025550999", is_me: true }, { handle: ada }]
      const { eventsSince } = yield* over([[chat("c-1", 90, { handles })]], { "c-1": [message("m-1", 80, "hello"), message("m-2", 81, "STOP"), message("m-3", 82, "START")] })
      expect(yield* eventsSince(time(60))).toEqual([["OptedOut", "message.received m-2 opted-out"]])
    }))
})
