/** What is asked of Sendblue about a send whose answer was lost, and which of its messages is taken for it. */
import { describe, expect, it } from "@effect/vitest"
import type * as Carrier from "@interline/core/Carrier"
import type { Conversation } from "@interline/core/Conversation"
import * as Conversations from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Line from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import * as Part from "@interline/core/Part"
import type { Sendable } from "@interline/core/Plan"
import * as Effect from "effect/Effect"
import type { Answer, Recorded } from "./support.ts"
import { carrierId, deliveryId, direct, from, group, person, run, send } from "./support.ts"

const startedAt = Date.parse("2026-05-08T12:00:00.000Z")
const photo = "https://images.example.com/photo.jpg"
const suffix = "\n - Sent using sendblue.co"

/** A row of the list as Sendblue's guide shows one. */
const row = (handle: string, more: Readonly<Record<string, unknown>> = {}) => ({
  message_handle: handle,
  content: "hello",
  from_number: from,
  to_number: person,
  number: person,
  status: "DELIVERED",
  service: "iMessage",
  is_outbound: true,
  date_sent: "2026-05-08T12:00:01.000Z",
  media_url: "",
  group_id: "",
  ...more
})

const listed = (...data: ReadonlyArray<unknown>): Answer => ({ body: { status: "OK", data, pagination: { total: data.length, limit: 100, offset: 0 } } })

const suspects = (more: Partial<Carrier.Suspects> = {}): Carrier.Suspects => ({ taken: () => Effect.succeed(new Set<string>()), rivals: 0, ...more })

interface Asked {
  readonly draft?: Draft.Draft
  readonly to?: Conversation
  readonly suspects?: Partial<Carrier.Suspects>
  /** What the first request of the test, a send that opens the conversation, is answered with. */
  readonly opened?: Answer
}

const find = (answers: ReadonlyArray<Answer>, asked: Asked = {}) => {
  const { draft = Draft.text("hello"), opened, to = direct } = asked
  return run([...(opened === undefined ? [] : [opened]), ...answers], (carrier, requests) =>
    Effect.gen(function*() {
      if (opened !== undefined) yield* send(carrier, Draft.text("opening"), to)
      const plan = (yield* carrier.plan({ draft, conversation: to, fidelity: "adapt" })) as Sendable
      const request: Carrier.SendRequest = { deliveryId, generation: 0, conversation: to, draft, fidelity: "adapt" }
      const finding = yield* carrier.reconciliation?.send?.find(request, { plan, step: 0, receipts: [], startedAt }, suspects(asked.suspects)) ??
        Effect.dieMessage("cannot")
      const asks: ReadonlyArray<Recorded> = requests.slice(opened === undefined ? 0 : 1)
      expect(asks.every(({ method }) => method === "GET")).toBe(true)
      return { finding, asks: asks.map(({ url }) => new URL(url)) }
    }))
}

const outcomeOf = ({ finding }: Effect.Effect.Success<ReturnType<typeof find>>): string =>
  finding._tag === "Found" ? `Found ${finding.receipt.ref.id}` : finding._tag

describe("what is asked", () => {
  it.effect("the list of one person's messages from one line, around the time, oldest first", () =>
    Effect.map(find([listed()]), ({ asks }) => {
      expect(asks).toHaveLength(1)
      expect(asks[0]?.pathname).toBe("/api/v2/messages")
      expect(Object.fromEntries(asks[0]?.searchParams ?? [])).toEqual({
        is_outbound: "true",
        from_number: from,
        to_number: person,
        created_at_gte: "2026-05-08T11:59:00.000Z",
        created_at_lte: "2026-05-08T12:10:00.000Z",
        order_by: "createdAt",
        order_direction: "asc",
        limit: "100",
        offset: "0"
      })
    }))

  it.effect("the list of a group's messages once its id is known", () =>
    Effect.gen(function*() {
      const opened = { body: { status: "QUEUED", message_handle: "h-0", group_id: "g-1" } }
      const found = yield* find([listed(row("h", { group_id: "g-1", to_number: "" }))], { to: group, opened })
      expect(Object.fromEntries(found.asks[0]?.searchParams ?? [])).toMatchObject({ group_id: "g-1", from_number: from })
      expect(found.asks[0]?.searchParams.has("to_number")).toBe(false)
      expect(outcomeOf(found)).toBe("Found h")
    }))

  it.effect("nothing about a group that has no id yet", () =>
    Effect.map(find([listed(row("h"))], { to: group }), (found) => {
      expect([outcomeOf(found), found.asks.length]).toEqual(["Unproven", 0])
    }))

  it.effect("the status of a message that the failed answer named, and nothing else if it is known", () =>
    Effect.map(find([{ body: row("named", { status: "ERROR", error_code: 10002 }) }], { suspects: { ref: MessageRef.make(carrierId, "named") } }), (found) => {
      expect(found.asks.map((url) => `${url.pathname}${url.search}`)).toEqual(["/api/status?handle=named"])
      expect(found.finding).toMatchObject({ _tag: "Found", receipt: { ref: { id: "named" }, parts: [0], status: "pending", rawStatus: "ERROR" } })
    }))

  it.effect("the list after all if it is not known", () =>
    Effect.map(find([{ status: 404, body: "Message not found" }, listed(row("h"))], { suspects: { ref: MessageRef.make(carrierId, "named") } }), (found) => {
      expect(found.asks.map((url) => url.pathname)).toEqual(["/api/status", "/api/v2/messages"])
      expect(outcomeOf(found)).toBe("Found h")
    }))
})

describe("what fits", () => {
  const hello = Draft.text("hello")
  const picture = Draft.make([Part.media(photo)])
  const both = Draft.make([Part.text("hello"), Part.media(photo)])
  const cases: ReadonlyArray<readonly [string, Draft.Draft, Readonly<Record<string, unknown>>, boolean]> = [
    ["the same text", hello, {}, true],
    ["a text that differs in case", hello, { content: "Hello" }, false],
    ["a text with a space behind it", hello, { content: "hello " }, false],
    ["a longer text", hello, { content: "hello you" }, false],
    ["the text with the free plan's suffix", hello, { content: `hello${suffix}` }, true],
    ["the text with the suffix twice", hello, { content: `hello${suffix}${suffix}` }, false],
    ["the text with another suffix", hello, { content: "hello\n - Sent using example.com" }, false],
    ["the text with a file", hello, { media_url: photo }, false],
    ["the same file", picture, { content: "", media_url: photo }, true],
    ["the same file with the free plan's suffix", picture, { content: suffix, media_url: photo }, true],
    ["the same file with a text", picture, { media_url: photo }, false],
    ["another file", picture, { content: "", media_url: `${photo}?2` }, false],
    ["the same text and file", both, { media_url: photo }, true],
    ["the text without its file", both, {}, false],
    ["a message that they wrote to us", hello, { is_outbound: false }, false],
    ["a message from another line", hello, { from_number: "+15122164638" }, false],
    ["a message to someone else", hello, { to_number: "+19998887778" }, false],
    ["a message in a group", hello, { group_id: "g-1" }, false],
    ["a message from long before", hello, { date_sent: "2026-05-08T11:58:59.000Z" }, false],
    ["a message from just before, by another clock", hello, { date_sent: "2026-05-08T11:59:00.000Z" }, true],
    ["a message whose time is not said", hello, { date_sent: null }, true],
    ["a message that Sendblue took and then failed", hello, { status: "ERROR", error_code: 5003 }, true],
    ["a message that Sendblue took and then declined", hello, { status: "DECLINED" }, true]
  ]
  it.effect.each(cases)("%s", ([, draft, more, fits]) =>
    Effect.map(find([listed(row("h", more))], { draft }), (found) => expect(outcomeOf(found)).toBe(fits ? "Found h" : "Absent")))

  it.effect("is given as the receipt that the answer would have given, with its status", () =>
    Effect.map(find([listed(row("h", { status: "ERROR", service: "SMS" }))]), ({ finding }) =>
      expect(finding).toMatchObject({
        _tag: "Found",
        receipt: { ref: { carrierId, id: "h" }, parts: [0], status: "failed", rawStatus: "ERROR", service: "SMS" }
      })))

  it.effect("the earliest of several, unless it belongs to another delivery", () =>
    Effect.gen(function*() {
      const rows = listed(row("h-1"), row("other", { content: "bye" }), row("h-2"))
      expect(outcomeOf(yield* find([rows]))).toBe("Found h-1")
      const taken = () => Effect.succeed(new Set([MessageRef.format(MessageRef.make(carrierId, "h-1"))]))
      expect(outcomeOf(yield* find([rows], { suspects: { taken } }))).toBe("Found h-2")
      expect(outcomeOf(yield* find([rows], { suspects: { taken, rivals: 1 } }))).toBe("Unproven")
      expect(outcomeOf(yield* find([rows], { suspects: { rivals: 1 } }))).toBe("Found h-1")
    }))

  it.effect("without a handle cannot be named", () =>
    Effect.map(find([listed(row("", {}))]), (found) => expect(outcomeOf(found)).toBe("Unproven")))
})

describe("pages", () => {
  const rows = (count: number, name: string) => Array.from({ length: count }, (_, index) => row(`${name}-${index}`, { content: "other" }))
  const page = (data: ReadonlyArray<unknown>, offset: number, total: number): Answer => ({
    body: { status: "OK", data, pagination: { total, limit: 100, offset, hasMore: offset + data.length < total } }
  })

  it.effect("are all read", () =>
    Effect.map(find([page(rows(100, "a"), 0, 101), page([row("h")], 100, 101)]), (found) => {
      expect(found.asks.map((url) => url.searchParams.get("offset"))).toEqual(["0", "100"])
      expect(outcomeOf(found)).toBe("Found h")
    }))

  it.effect("that overlap show a message once", () =>
    Effect.map(
      find([page([...rows(99, "a"), row("h")], 0, 101), page([row("h")], 100, 101)], { suspects: { rivals: 1 } }),
      (found) => expect(outcomeOf(found)).toBe("Unproven")
    ))

  it.effect("that fail leave everything open", () =>
    Effect.map(find([page([row("h"), ...rows(99, "a")], 0, 200), { status: 500, body: "oops" }]), (found) =>
      expect(found.finding).toMatchObject({ _tag: "Unproven", error: { reason: "Unavailable" } })))

  it.effect("that never end are given up", () =>
    Effect.map(find([page(rows(100, "a"), 0, 1_000_000)]), (found) => {
      expect([outcomeOf(found), found.asks.length]).toEqual(["Unproven", 10])
    }))
})

describe("voice memos", () => {
  const memo = (handle: string, more: Readonly<Record<string, unknown>> = {}) =>
    row(handle, { content: "", media_url: "https://files.example.com/memo.caf", ...more })

  it.effect.each(
    [
      ["one", [memo("a"), row("b")], "Found"],
      ["two", [memo("a"), memo("b")], "Unproven"],
      ["a picture", [memo("a", { media_url: photo })], "Absent"],
      ["none", [row("b")], "Absent"]
    ] as const
  )("%s in the list", ([, rows, expected]) =>
    run([listed(...rows)], (carrier, requests) =>
      Effect.gen(function*() {
        const finding = yield* carrier.reconciliation?.sendVoiceMemo?.(direct, startedAt, suspects()) ?? Effect.dieMessage("cannot")
        expect(finding._tag).toBe(expected)
        expect(requests.map(({ method, url }) => `${method} ${new URL(url).pathname}`)).toEqual(["GET /api/v2/messages"])
      })))
})

describe("the rest", () => {
  it.effect("a group's name and members are read from the group; reactions and edits are not offered", () =>
    run([{ body: { status: "OK", data: { group_id: "g-1", group_name: "Team", participant_numbers: [person] } } }], (carrier, requests) =>
      Effect.gen(function*() {
        const chat = { carrierId, id: "g-1" }
        const back = carrier.reconciliation ?? {}
        expect(yield* back.updateChat?.(chat, { name: "Team" }) ?? Effect.void).toBe(true)
        expect(yield* back.addParticipant?.(chat, person) ?? Effect.void).toBe(true)
        expect(yield* back.removeParticipant?.(chat, person) ?? Effect.void).toBe(false)
        expect(requests.every(({ method }) => method === "GET")).toBe(true)
        expect(Object.keys(back).sort()).toEqual(["addParticipant", "removeParticipant", "send", "sendVoiceMemo", "updateChat"])
      })))

  it.effect("a line that the carrier has no number for is not looked at", () =>
    run([listed()], (carrier, requests) =>
      Effect.gen(function*() {
        const finding = yield* carrier.reconciliation?.sendVoiceMemo?.(Conversations.direct(Line.name("sales"), person), startedAt, suspects()) ??
          Effect.dieMessage("cannot")
        expect([finding._tag, requests.length]).toEqual(["Unproven", 0])
      })))
})

it.effect("a message whose status Sendblue could not resolve is found, and not called failed", () =>
  Effect.gen(function*() {
    for (const [more, status] of [[{ status: "ERROR", error_code: 10002 }, "pending"], [{ status: "ERROR", error_code: 10001 }, "failed"]] as const) {
      const { finding } = yield* find([listed(row("h-1", more))])
      expect(finding).toMatchObject({ _tag: "Found", receipt: { status } })
    }
  }))
