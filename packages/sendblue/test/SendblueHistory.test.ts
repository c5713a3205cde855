/** What Sendblue says of the past: contacts and rows as they are listed, and what they prove. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Handle from "@interline/core/Handle"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as SendblueHistory from "../src/SendblueHistory.ts"

const line = Handle.phone("+12025550201")

const over = (answer: (path: string, query: URLSearchParams) => unknown) =>
  Effect.gen(function*() {
    const asked: Array<string> = []
    const client = HttpClient.make((request, url) =>
      Effect.sync(() => {
        asked.push(`${url.pathname}?${url.searchParams.toString()}`)
        return HttpClientResponse.fromWeb(
          request,
          new Response(JSON.stringify(answer(url.pathname, url.searchParams)), {
            status: 200,
            headers: { "content-type": "application/json" }
          })
        )
      })
    )
    const history = yield* SendblueHistory.make({
      lines: [line],
      apiKey: Redacted.make("key"),
      apiSecret: Redacted.make("secret"),
      baseUrl: "https://sendblue.test"
    }).pipe(Effect.provideService(HttpClient.HttpClient, client))
    return { asked, history }
  })

const phone = (n: number) => `+1202${String(5_000_000 + n)}`
const day = (n: number) => new Date(Date.UTC(2026, 0, 1) + n * 1_000).toISOString()

const row = (n: number, more: Record<string, unknown>) => ({
  message_handle: `m-${n}`,
  is_outbound: false,
  status: "RECEIVED",
  content: "hello",
  from_number: "+12025550123",
  to_number: line,
  sendblue_number: line,
  date_sent: day(n),
  date_updated: day(n),
  ...more
})

const list = (data: ReadonlyArray<unknown>) => ({ status: "OK", data, pagination: { total: data.length, limit: 100, offset: 0 } })

describe("who opted out at Sendblue", () => {
  it.effect("is read beyond what offsets reach, and a contact that does not say is not known", () =>
    Effect.gen(function*() {
      const contacts = Array.from(
        { length: 12_500 },
        (_, n) => ({ phone: phone(n), created_at: day(n), ...(n % 5 === 0 ? { opt_out: true } : n % 5 === 1 ? { opt_out: false } : {}) })
      )
      const { asked, history } = yield* over((path, query) =>
        path === "/api/v2/contacts"
          ? contacts.filter(({ created_at }) => created_at >= (query.get("created_at_gte") ?? "")).slice(
            Number(query.get("offset")),
            Number(query.get("offset")) + Number(query.get("limit"))
          )
          : list([])
      )
      const found = new Set(Chunk.toReadonlyArray(yield* Stream.runCollect(history.optOuts)).flat().map(({ handle }) => handle))
      expect(found.size).toBe(2_500)
      expect(
        asked.filter((url) => url.startsWith("/api/v2/contacts")).every((url) =>
          Number(new URLSearchParams(url.split("?")[1]).get("offset")) <= 10_000
        )
      ).toBe(true)
    }))

  it.effect("is read by offsets where many contacts were made at one time, as far as offsets reach, and then ends", () =>
    Effect.gen(function*() {
      const offsets: Array<number> = []
      // more than can be reached; whoever asks for ever is refused here
      const { history } = yield* over((path, query) => {
        if (path !== "/api/v2/contacts") return list([])
        const offset = Number(query.get("offset"))
        if (offsets.push(offset) > 20) throw new Error("asked without an end")
        return Array.from({ length: 1_000 }, (_, n) => ({ phone: phone(offset + n), created_at: day(1), opt_out: true }))
      })
      const found = new Set(Chunk.toReadonlyArray(yield* Stream.runCollect(history.optOuts)).flat().map(({ handle }) => handle))
      // the first page tells the time that the others are asked from
      expect(offsets).toEqual([0, ...Array.from({ length: 11 }, (_, n) => n * 1_000)])
      expect(found.size).toBe(11_000)
    }))

  it.effect("is also read from the rows of people who are no contacts, by the last of them", () =>
    Effect.gen(function*() {
      const { history } = yield* over((path) =>
        path === "/api/v2/contacts"
          ? [{ phone: phone(1), opt_out: false }, { phone: phone(4) }]
          // the newest first
          : list([
            row(9, { from_number: phone(1), opted_out: true }),
            row(8, { from_number: phone(2), opted_out: false }),
            row(7, { from_number: phone(2), opted_out: true }),
            row(6, { from_number: phone(3), opted_out: true }),
            row(5, { from_number: phone(4), opted_out: true }),
            row(4, { from_number: "75001", opted_out: true })
          ])
      )
      const found = Chunk.toReadonlyArray(yield* Stream.runCollect(history.optOuts)).flat()
      expect(found).toEqual([{ handle: phone(3), saidAt: Date.parse(day(6)) }, { handle: phone(4), saidAt: Date.parse(day(5)) }])
    }))
})

describe("what happened at Sendblue since a time", () => {
  const eventsOf = (rows: ReadonlyArray<unknown>) =>
    Effect.flatMap(
      over(() => list(rows)),
      ({ history }) =>
        Effect.map(Stream.runCollect(history.events(0)), (pages) =>
          Chunk.toReadonlyArray(pages).flat().map((event) => [event._tag, event.id]))
    )

  it.effect("bears the ids of its webhooks, and today's mark is not taken for a word of then", () =>
    Effect.gen(function*() {
      expect(yield* eventsOf([row(1, { opted_out: true }), row(2, { content: "STOP", opted_out: true })])).toEqual([
        ["Received", "m-1 RECEIVED"],
        ["OptedOut", "m-2 RECEIVED opted-out"],
        ["Received", "m-2 RECEIVED"]
      ])
    }))

  it.effect("tells a mark that no word of the person explains once, after what they wrote", () =>
    Effect.gen(function*() {
      expect(yield* eventsOf([row(1, { opted_out: true }), row(2, { opted_out: true })])).toEqual([
        ["Received", "m-1 RECEIVED"],
        ["Received", "m-2 RECEIVED"],
        ["OptedOut", "m-2 marked opted-out"]
      ])
    }))

  it.effect("leaves out what was written to numbers that are no lines of ours, but not that somebody opted out there", () =>
    Effect.gen(function*() {
      const foreign = { sendblue_number: "+12025550999", to_number: "+12025550999" }
      expect(yield* eventsOf([row(1, foreign), row(2, { ...foreign, content: "STOP" }), row(3, { ...foreign, content: "START" })])).toEqual(
        [
          ["OptedOut", "m-2 RECEIVED opted-out"]
        ]
      )
    }))

  it.effect("believes the last word of a person before a mark that may be older", () =>
    Effect.gen(function*() {
      for (const content of ["START", "STOP"]) {
        const events = yield* eventsOf([row(1, { content, opted_out: true }), row(2, { opted_out: true })])
        expect([content, events.filter(([tag]) => tag === "OptedOut" || tag === "OptedIn")]).toEqual([content, [[
          content === "START" ? "OptedIn" : "OptedOut",
          `m-1 RECEIVED opted-${content === "START" ? "in" : "out"}`
        ]]])
      }
    }))

  it.effect("takes no mark from a row of ours or from a group", () =>
    Effect.gen(function*() {
      const ours = { is_outbound: true, status: "DELIVERED", from_number: line, to_number: "+12025550123", number: "+12025550123" }
      const events = yield* eventsOf([row(1, { ...ours, opted_out: true }), row(2, { group_id: "g-1", opted_out: true })])
      expect(events.map(([tag]) => tag)).toEqual(["Status", "Received"])
    }))
})
