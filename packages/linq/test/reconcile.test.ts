/** What Linq is asked about a request whose answer was lost, and what its answers prove. */
import { describe, expect, it } from "@effect/vitest"
import * as Draft from "@interline/core/Draft"
import type * as OperationSignatures from "@interline/core/OperationSignatures"
import type { Sendable } from "@interline/core/Plan"
import * as Reaction from "@interline/core/Reaction"
import { Suppression } from "@interline/core/Suppression"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { type Answer, carrierId, chatId, chatRef, deliveryId, direct, from, messageId, messageRef, person, run } from "./support.ts"

const suspects: OperationSignatures.Suspects = { taken: () => Effect.succeed(new Set<string>()), rivals: 0 }

const accepted: Answer = { status: 201, body: { chat: { id: chatId, message: { id: messageId, delivery_status: "queued" } } } }

const replay = (
  answers: ReadonlyArray<Answer>,
  { after = "0 millis", options = {}, suppressed = false }: {
    readonly after?: Duration.DurationInput
    readonly options?: Parameters<typeof run>[2]
    readonly suppressed?: boolean
  } = {}
) =>
  run([accepted, ...answers], (carrier, requests) =>
    Effect.gen(function*() {
      const request: OperationSignatures.SendRequest = {
        deliveryId,
        generation: 0,
        conversation: direct,
        draft: Draft.text("hello"),
        fidelity: "adapt"
      }
      const plan = (yield* carrier.plan(request)) as Sendable
      yield* carrier.send(request)
      if (suppressed) yield* Effect.flatMap(Suppression, (list) => list.add(person, "event"))
      yield* TestClock.adjust(after)
      const finding = yield* carrier.reconciliation?.send?.find(request, { plan, step: 0, receipts: [], startedAt: 0 }, suspects) ??
        Effect.dieMessage("cannot")
      return { finding, requests, way: carrier.reconciliation?.send?.way }
    }), options)

describe("a send", () => {
  it.effect("is repeated byte for byte under its key, and found by the answer", () =>
    Effect.map(replay([accepted]), ({ finding, requests, way }) => {
      expect(way).toBe("replay")
      expect(requests).toHaveLength(2)
      expect(requests[1]).toEqual(requests[0])
      expect(requests[0]?.body).toMatchObject({ message: { idempotency_key: `${deliveryId}:0:0` } })
      expect(finding).toMatchObject({ _tag: "Found", receipt: { ref: messageRef, chat: chatRef, status: "queued", parts: [0] } })
    }))

  it.effect.each(
    [
      ["a refusal", { status: 400, body: { success: false, error: { status: 400, code: 1002, message: "no" } } }],
      ["a deleted message's key", { status: 404, body: { success: false, error: { status: 404, code: 2004, message: "no" } } }],
      ["a server error", { status: 503, body: "down" }],
      ["an answer without an id", { status: 200, body: {} }]
    ] as const
  )(
    "%s proves nothing, after one repetition",
    ([, answer]) =>
      Effect.map(replay([answer]), ({ finding, requests }) => expect([finding._tag, requests.length]).toEqual(["Unproven", 2]))
  )

  it.effect("is repeated for ten minutes", () =>
    Effect.map(
      replay([accepted], { after: "10 minutes" }),
      ({ finding, requests }) => expect([finding._tag, requests.length]).toEqual(["Found", 2])
    ))

  it.effect("is not repeated after ten minutes", () =>
    Effect.map(
      replay([accepted], { after: 600_001 }),
      ({ finding, requests }) => expect([finding._tag, requests.length]).toEqual(["Unproven", 1])
    ))

  it.effect("is not repeated after replayFor, if that is given", () =>
    Effect.map(
      replay([accepted], { after: 2001, options: { replayFor: "2 seconds" } }),
      ({ finding, requests }) => expect([finding._tag, requests.length]).toEqual(["Unproven", 1])
    ))

  it.effect("is not repeated to someone who must not be written to", () =>
    Effect.map(replay([accepted], { suppressed: true }), ({ finding, requests }) => {
      expect(finding).toMatchObject({ _tag: "Unproven", error: { reason: "Suppressed" } })
      expect(requests).toHaveLength(1)
    }))
})

describe("a voice memo", () => {
  const since = Date.parse("2026-05-08T12:00:00.000Z")
  const audio = { type: "media", id: "a", url: "https://cdn.linqapp.com/a", filename: "memo.m4a", mime_type: "audio/mp4", size_bytes: 1 }
  const memo = (id: string, more: Readonly<Record<string, unknown>> = {}) => ({
    id,
    chat_id: chatId,
    is_from_me: true,
    delivery_status: "sent",
    created_at: "2026-05-08T12:00:01.793119775Z",
    parts: [audio],
    ...more
  })
  const lookedAt = since + 5_000
  const page = (messages: ReadonlyArray<unknown>, next_cursor: string | null = null): Answer => ({
    body: { messages, next_cursor },
    headers: { date: new Date(lookedAt).toUTCString() }
  })
  const chat: Answer = {
    body: { id: chatId, is_group: false, handles: [{ id: "1", handle: from, is_me: true }, { id: "2", handle: person }] }
  }

  const look = (...pages: ReadonlyArray<Answer>) =>
    run([chat, ...pages], (carrier, requests) =>
      Effect.gen(function*() {
        yield* TestClock.setTime(lookedAt)
        const finding = yield* carrier.reconciliation?.sendVoiceMemo?.(chatRef, since, suspects) ?? Effect.dieMessage("cannot")
        expect(requests.every(({ method }) => method === "GET")).toBe(true)
        return { finding, asked: requests.slice(1).map(({ url }) => new URL(url)) }
      }))

  const cases: ReadonlyArray<readonly [string, ReadonlyArray<unknown>, string]> = [
    ["one of ours", [memo("m")], "Found"],
    ["one that is told by its file name", [memo("m", { parts: [{ ...audio, mime_type: null, filename: "A.CAF" }] })], "Found"],
    ["one from before it left", [memo("m", { created_at: "2026-05-08T11:59:15Z" })], "Unproven"],
    ["one whose time has no zone", [memo("m", { created_at: "2026-05-08T12:00:01" })], "Unproven"],
    ["two of ours", [memo("m"), memo("n")], "Unproven"],
    ["one on two places of the page", [memo("m"), memo("m")], "Found"],
    ["one of theirs", [memo("m", { is_from_me: false })], "Absent"],
    ["an old one", [memo("m", { created_at: "2026-05-08T11:49:59Z" })], "Absent"],
    ["an audio file with a text", [memo("m", { parts: [{ type: "text", value: "hear" }, audio] })], "Unproven"],
    ["a picture", [memo("m", { parts: [{ ...audio, filename: "a.png", mime_type: "image/png" }] })], "Unproven"],
    ["a text", [memo("m", { parts: [{ type: "text", value: "memo.m4a" }] })], "Unproven"],
    ["one without a time", [memo("m", { created_at: null })], "Unproven"]
  ]
  it.effect.each(cases)("%s in the chat", ([, messages, expected]) =>
    Effect.map(look(page(messages)), ({ asked, finding }) => {
      expect(finding._tag).toBe(expected)
      expect(asked.map((url) => `${url.pathname}${url.search}`)).toEqual([`/api/partner/v3/chats/${chatId}/messages?limit=100`])
    }))

  it.effect("is given as the receipt that its answer would have given", () =>
    Effect.map(
      look(page([memo("m")])),
      ({ finding }) =>
        expect(finding).toMatchObject({
          _tag: "Found",
          receipt: { ref: { carrierId, id: "m" }, chat: chatRef, parts: [0], status: "sent" }
        })
    ))

  const old = (id: string, minutes: number) =>
    memo(id, { parts: [{ type: "text", value: "x" }], created_at: `2026-05-08T10:0${minutes}:00Z` })

  it.effect("is looked for on every page of a list in no known order", () =>
    Effect.map(look(page([old("a", 1), old("b", 2)], "c-1"), page([memo("m")])), ({ asked, finding }) => {
      expect(asked.map((url) => url.searchParams.get("cursor"))).toEqual([null, "c-1"])
      expect(finding._tag).toBe("Found")
    }))

  it.effect("is not looked for further back in a list that is seen to go back in time", () =>
    Effect.map(look(page([memo("m"), old("b", 2), old("a", 1)], "c-1"), page([memo("n")])), ({ asked, finding }) => {
      expect([finding._tag, asked.length]).toEqual(["Found", 1])
    }))

  it.effect("is given up in a list that never ends", () =>
    Effect.map(look(...Array.from({ length: 11 }, (_, index) => page([old("a", 1)], `c-${index}`))), ({ asked, finding }) => {
      expect([finding._tag, asked.length]).toEqual(["Unproven", 10])
    }))
})

it.effect("a reaction, an edit, a name and members are read back, and nothing is repeated", () => {
  const message = (parts: ReadonlyArray<unknown>): Answer => ({ body: { id: messageId, chat_id: chatId, is_from_me: true, parts } })
  const group: Answer = {
    body: {
      id: chatId,
      is_group: true,
      display_name: "Team",
      handles: [{ id: "1", handle: from, is_me: true }, { id: "2", handle: person, status: "removed" }]
    }
  }
  const love = Reaction.tapback("love")
  const loved = message([{ type: "text", value: "new", reactions: [{ is_me: true, type: "love" }] }])
  return run([loved, loved, loved, group, group, group, group, group, group], (carrier, requests) =>
    Effect.gen(function*() {
      const back = carrier.reconciliation ?? {}
      expect(yield* back.react?.(messageRef, love) ?? Effect.void).toBe(true)
      expect(yield* back.unreact?.(messageRef, love) ?? Effect.void).toBe(false)
      expect(yield* back.edit?.(messageRef, "new") ?? Effect.void).toBe(true)
      expect(yield* back.updateChat?.(chatRef, { name: "Team" }) ?? Effect.void).toBe(true)
      expect(yield* back.addParticipant?.(chatRef, person) ?? Effect.void).toBe(false)
      expect(yield* back.removeParticipant?.(chatRef, person) ?? Effect.void).toBe(true)
      expect(new Set(requests.map(({ method }) => method))).toEqual(new Set(["GET"]))
    }))
})
