/** What is asked of Sendblue about a send whose answer was lost, and which of its messages is taken for it. */
import { describe, expect, it } from "@effect/vitest"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Line from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import type * as OperationSignatures from "@interline/core/OperationSignatures"
import * as Part from "@interline/core/Part"
import type { Sendable } from "@interline/core/Plan"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { type Answer, carrierId, deliveryId, direct, from, group, person, type Recorded, run, send } from "./support.ts"

const startedAt = Date.parse("2026-05-08T12:00:00.000Z")
const lookedAt = startedAt + 5_000
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

/** An answer of a vendor whose clock shows the time of the look, or is ahead of that. */
const dated = (answer: Answer, ahead = 0): Answer => ({ ...answer, headers: { date: new Date(lookedAt + ahead).toUTCString() } })

const listed = (...data: ReadonlyArray<unknown>): Answer =>
  dated({ body: { status: "OK", data, pagination: { total: data.length, limit: 100, offset: 0 } } })

const suspects = (more: Partial<OperationSignatures.Suspects> = {}): OperationSignatures.Suspects => ({
  taken: () => Effect.succeed(new Set<string>()),
  rivals: 0,
  ...more
})

interface Asked {
  readonly draft?: Draft.Draft
  readonly to?: Conversation.Conversation
  readonly suspects?: Partial<OperationSignatures.Suspects>
  /** What the first request of the test, a send that opens the conversation, is answered with. */
  readonly opened?: Answer
}

const find = (answers: ReadonlyArray<Answer>, asked: Asked = {}) => {
  const { draft = Draft.text("hello"), opened, to = direct } = asked
  return run([...(opened === undefined ? [] : [opened]), ...answers], (carrier, requests) =>
    Effect.gen(function*() {
      yield* TestClock.setTime(lookedAt)
      if (opened !== undefined) yield* send(carrier, Draft.text("opening"), to)
      const plan = (yield* carrier.plan({ draft, conversation: to, fidelity: "adapt" })) as Sendable
      const request: OperationSignatures.SendRequest = { deliveryId, generation: 0, conversation: to, draft, fidelity: "adapt" }
      const finding =
        yield* carrier.reconciliation?.send?.find(request, { plan, step: 0, receipts: [], startedAt }, suspects(asked.suspects)) ??
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
        created_at_gte: "2026-05-08T11:49:00.000Z",
        created_at_lte: "2026-05-08T12:11:00.000Z",
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
    Effect.map(
      find([{ body: row("named", { status: "ERROR", error_code: 10002 }) }], { suspects: { ref: MessageRef.make(carrierId, "named") } }),
      (found) => {
        expect(found.asks.map((url) => `${url.pathname}${url.search}`)).toEqual(["/api/status?handle=named"])
        expect(found.finding).toMatchObject({
          _tag: "Found",
          receipt: { ref: { id: "named" }, parts: [0], status: "pending", rawStatus: "ERROR" }
        })
      }
    ))

  it.effect("the list after all if it is not known", () =>
    Effect.map(
      find([{ status: 404, body: "Message not found" }, listed(row("h"))], { suspects: { ref: MessageRef.make(carrierId, "named") } }),
      (found) => {
        expect(found.asks.map((url) => url.pathname)).toEqual(["/api/status", "/api/v2/messages"])
        expect(outcomeOf(found)).toBe("Found h")
      }
    ))
})

describe("what fits", () => {
  const hello = Draft.text("hello")
  const picture = Draft.make([Part.media(photo)])
  const both = Draft.make([Part.text("hello"), Part.media(photo)])
  const cases: ReadonlyArray<readonly [string, Draft.Draft, Readonly<Record<string, unknown>>, "Found h" | "Absent" | "Unproven"]> = [
    ["the same text", hello, {}, "Found h"],
    ["a text that differs in case", hello, { content: "Hello" }, "Unproven"],
    ["a text with a space behind it", hello, { content: "hello " }, "Unproven"],
    ["a longer text", hello, { content: "hello you" }, "Unproven"],
    ["the text with the free plan's suffix", hello, { content: `hello${suffix}` }, "Found h"],
    ["the text with the suffix twice", hello, { content: `hello${suffix}${suffix}` }, "Unproven"],
    ["the text with another suffix", hello, { content: "hello\n - Sent using example.com" }, "Unproven"],
    ["the text with a file", hello, { media_url: photo }, "Unproven"],
    ["the same file", picture, { content: "", media_url: photo }, "Found h"],
    ["the same file with the free plan's suffix", picture, { content: suffix, media_url: photo }, "Found h"],
    ["the same file with a text", picture, { media_url: photo }, "Unproven"],
    ["another file", picture, { content: "", media_url: `${photo}?2` }, "Unproven"],
    ["the same text and file", both, { media_url: photo }, "Found h"],
    ["the text without its file", both, {}, "Unproven"],
    ["nothing at all", hello, { content: "" }, "Unproven"],
    ["a message that they wrote to us", hello, { is_outbound: false }, "Absent"],
    ["a message of which it is not said who wrote it", hello, { is_outbound: null }, "Unproven"],
    ["a message from another line", hello, { from_number: "+15122164638" }, "Absent"],
    ["a message to someone else", hello, { to_number: "+19998887778", number: "+19998887778" }, "Absent"],
    ["a message in a group", hello, { group_id: "g-1" }, "Absent"],
    ["numbers without the plus", hello, { from_number: from.slice(1), to_number: person.slice(1) }, "Found h"],
    ["numbers with blanks", hello, { from_number: "+1 512 216-4639", to_number: " +1 (999) 888 7777" }, "Found h"],
    ["a number without its country code", hello, { to_number: person.slice(2) }, "Unproven"],
    ["a number that cannot be read", hello, { to_number: "unknown" }, "Unproven"],
    ["a message to nobody who is named", hello, { to_number: null, number: null }, "Unproven"],
    ["a message from long before", hello, { date_sent: "2026-05-08T11:49:59.000Z" }, "Absent"],
    ["a message from some minutes before, by a clock that may be behind", hello, { date_sent: "2026-05-08T11:55:00.000Z" }, "Unproven"],
    ["a message from before we began", hello, { date_sent: "2026-05-08T11:59:15.000Z" }, "Unproven"],
    ["a message from a moment before we began", hello, { date_sent: "2026-05-08T11:59:59.999Z" }, "Unproven"],
    ["a message from when we began", hello, { date_sent: "2026-05-08T12:00:00.000Z" }, "Found h"],
    ["a message whose time is not said", hello, { date_sent: null }, "Unproven"],
    ["a message whose time has no zone", hello, { date_sent: "2026-05-08T12:00:01.000" }, "Unproven"],
    ["a message whose time is another's zone", hello, { date_sent: "2026-05-08T14:00:01+02:00" }, "Found h"],
    ["a message whose time is no date", hello, { date_sent: "1778241601" }, "Unproven"],
    ["a message that Sendblue took and then failed", hello, { status: "ERROR", error_code: 5003 }, "Found h"],
    ["a message that Sendblue took and then declined", hello, { status: "DECLINED" }, "Found h"]
  ]
  it.effect.each(cases)(
    "%s",
    ([, draft, more, expected]) => Effect.map(find([listed(row("h", more))], { draft }), (found) => expect(outcomeOf(found)).toBe(expected))
  )

  it.effect.each<readonly [string, string, string]>([
    ["line ends", "one\r\ntwo", "one\ntwo"],
    ["composed letters", "cafe\u0301", "caf\u00e9"],
    ["a newline at the end", "hello\n", "hello"],
    ["HTML", "you & me <3", "you &amp; me &lt;3"],
    ["its length", "x".repeat(5_000), "x".repeat(4_096)]
  ])(
    "the text changed in %s is neither it nor nothing",
    ([, text, content]) =>
      Effect.map(find([listed(row("h", { content }))], { draft: Draft.text(text) }), (found) => expect(outcomeOf(found)).toBe("Unproven"))
  )

  it.effect("is given as the receipt that the answer would have given, with its status", () =>
    Effect.map(find([listed(row("h", { status: "ERROR", service: "SMS" }))]), ({ finding }) =>
      expect(finding).toMatchObject({
        _tag: "Found",
        receipt: { ref: { carrierId, id: "h" }, parts: [0], status: "failed", rawStatus: "ERROR", service: "SMS" }
      })))

  it.effect("the earliest of several, unless it belongs to another delivery", () =>
    Effect.gen(function*() {
      const rows = listed(row("h-1"), row("other", { content: "bye" }), row("h-2", { date_sent: "2026-05-08T12:00:02.000Z" }))
      expect(outcomeOf(yield* find([rows]))).toBe("Found h-1")
      const taken = () => Effect.succeed(new Set([MessageRef.format(MessageRef.make(carrierId, "h-1"))]))
      expect(outcomeOf(yield* find([rows], { suspects: { taken } }))).toBe("Found h-2")
      expect(outcomeOf(yield* find([rows], { suspects: { taken, rivals: 1 } }))).toBe("Unproven")
      expect(outcomeOf(yield* find([rows], { suspects: { rivals: 1 } }))).toBe("Found h-1")
    }))

  it.effect("without a handle cannot be named", () =>
    Effect.map(find([listed(row("", {}))]), (found) => expect(outcomeOf(found)).toBe("Unproven")))
})

describe("a list that may not be whole", () => {
  const whole = { status: "OK", data: [], pagination: { total: 0, limit: 100, offset: 0 } }
  const cases: ReadonlyArray<readonly [string, Answer, "Absent" | "Unproven"]> = [
    ["is whole, without the flag that the guide leaves out", { body: whole }, "Absent"],
    ["is whole, with the flag", { body: { ...whole, pagination: { ...whole.pagination, hasMore: false } } }, "Absent"],
    ["says how many rows came as its limit", { body: { ...whole, pagination: { ...whole.pagination, limit: 0 } } }, "Absent"],
    ["has rows that it does not show", { body: { ...whole, pagination: { ...whole.pagination, total: 1 } } }, "Unproven"],
    ["has no numbers", { body: { status: "OK", data: [] } }, "Unproven"],
    ["has no total", { body: { ...whole, pagination: { limit: 100, offset: 0 } } }, "Unproven"],
    ["has a total that is no count", { body: { ...whole, pagination: { ...whole.pagination, total: -1 } } }, "Unproven"],
    ["has more", { body: { ...whole, pagination: { ...whole.pagination, hasMore: true } } }, "Unproven"],
    ["begins elsewhere", { body: { ...whole, pagination: { ...whole.pagination, offset: 100 } } }, "Unproven"],
    ["is an error", { body: { error: "internal", data: [] } }, "Unproven"],
    ["is an error beside a whole list", { body: { ...whole, error: "shard 2 timed out" } }, "Unproven"],
    ["is a warning beside a whole list", { body: { ...whole, warnings: ["partial"] } }, "Unproven"],
    ["says in its own way that it is cut", { body: { ...whole, pagination: { ...whole.pagination, truncated: true } } }, "Unproven"],
    ["does not say that it is one", { body: { data: [], pagination: whole.pagination } }, "Unproven"],
    ["is said to be a part", { status: 206, body: whole }, "Unproven"],
    ["is said to be from elsewhere", { status: 203, body: whole }, "Unproven"]
  ]
  it.effect.each(cases)(
    "%s",
    ([, answer, expected]) => Effect.map(find([dated(answer)]), (found) => expect(outcomeOf(found)).toBe(expected))
  )

  it.effect("proves presence all the same", () =>
    Effect.map(
      find([dated({ body: { status: "OK", data: [row("h")], pagination: { total: 7, hasMore: false } } })]),
      (found) => expect(outcomeOf(found)).toBe("Found h")
    ))
})

describe("Sendblue's clock", () => {
  const at = (milliseconds: number) => ({ date_sent: new Date(startedAt + milliseconds).toISOString() })
  const ahead = (milliseconds: number, ...data: ReadonlyArray<unknown>) =>
    dated({ body: { status: "OK", data, pagination: { total: data.length, limit: 100, offset: 0 } } }, milliseconds)

  it.effect.each(
    [
      ["behind, and a message from after we began", -90_000, -89_000, "Found h"],
      ["behind, and a message from before we began", -90_000, -120_000, "Unproven"],
      ["ahead, and a message from after we began", 90_000, 91_000, "Found h"],
      ["ahead, and a message that only looks later", 90_000, 45_000, "Unproven"],
      ["ahead, and a message that would be ours if the clock were right", 90_000, 1_000, "Unproven"],
      ["ahead, and a message from a little before", 90_000, -61_000, "Unproven"],
      ["ahead, and a message from long before", 90_000, -601_000, "Absent"]
    ] as const
  )(
    "is %s",
    ([, skew, made, expected]) => Effect.map(find([ahead(skew, row("h", at(made)))]), (found) => expect(outcomeOf(found)).toBe(expected))
  )

  it.effect("that is far off makes us ask once more, about the right time", () =>
    Effect.map(find([ahead(-600_000), ahead(-600_000, row("h", at(-599_000)))]), (found) => {
      expect(found.asks.map((url) => url.searchParams.get("created_at_gte"))).toEqual([
        "2026-05-08T11:49:00.000Z",
        "2026-05-08T11:39:55.000Z"
      ])
      expect(outcomeOf(found)).toBe("Found h")
    }))

  it.effect("that moves between two questions proves nothing", () =>
    Effect.map(
      find([ahead(-600_000), ahead(-1_200_000)]),
      (found) => expect([outcomeOf(found), found.asks.length]).toEqual(["Unproven", 2])
    ))

  it.effect.each(["absent", "", "soon", "2026-05-08T12:00:05Z", "Fri, 08 May 2026 12:00:05"])(
    "that cannot be read (%s) proves nothing",
    (date) =>
      Effect.gen(function*() {
        const { headers: _, ...list } = listed()
        const { headers: __, ...shown } = listed(row("h"))
        const headers = date === "absent" ? {} : { headers: { date } }
        expect(outcomeOf(yield* find([{ ...list, ...headers }]))).toBe("Unproven")
        expect(outcomeOf(yield* find([{ ...shown, ...headers }]))).toBe("Unproven")
      })
  )
})

describe("pages", () => {
  const taken = () =>
    Effect.succeed(new Set(Array.from({ length: 300 }, (_, index) => MessageRef.format(MessageRef.make(carrierId, `a-${index}`)))))
  const rows = (count: number, name: string, from = 0) =>
    Array.from({ length: count }, (_, index) => row(`${name}-${from + index}`, { content: "other" }))
  const page = (data: ReadonlyArray<unknown>, offset: number, total: number, more: Readonly<Record<string, unknown>> = {}): Answer =>
    dated({ body: { status: "OK", data, pagination: { total, limit: 100, offset, hasMore: offset + data.length < total, ...more } } })

  it.effect("are all read", () =>
    Effect.map(find([page(rows(100, "a"), 0, 101), page([row("h")], 100, 101)]), (found) => {
      expect(found.asks.map((url) => url.searchParams.get("offset"))).toEqual(["0", "100"])
      expect(outcomeOf(found)).toBe("Found h")
    }))

  it.effect("that are shorter than was asked are read to the end", () =>
    Effect.map(
      find([page(rows(50, "a"), 0, 60, { limit: 50 }), page(rows(10, "a", 50), 50, 60, { limit: 50 })], { suspects: { taken } }),
      (found) => {
        expect(found.asks.map((url) => url.searchParams.get("offset"))).toEqual(["0", "50"])
        expect(outcomeOf(found)).toBe("Absent")
      }
    ))

  it.effect.each(
    [
      ["give different totals", [page(rows(100, "a"), 0, 101), page(rows(2, "a", 100), 100, 102)]],
      ["show a row twice and another never", [page(rows(100, "a"), 0, 101), page(rows(1, "a", 99), 100, 101)]],
      ["go on after their end", [page(rows(100, "a"), 0, 101, { hasMore: true }), page([], 100, 101)]],
      ["are short without numbers", [dated({ body: { status: "OK", data: rows(50, "a") } })]]
    ] as const
  )(
    "that %s prove no absence",
    ([, answers]) => Effect.map(find(answers, { suspects: { taken } }), (found) => expect(outcomeOf(found)).toBe("Unproven"))
  )

  it.effect("that overlap show a message once", () =>
    Effect.map(
      find([page([...rows(99, "a"), row("h")], 0, 101), page([row("h")], 100, 101)], { suspects: { rivals: 1 } }),
      (found) => expect(outcomeOf(found)).toBe("Unproven")
    ))

  it.effect("that fail leave everything open", () =>
    Effect.map(
      find([page([row("h"), ...rows(99, "a")], 0, 200), { status: 500, body: "oops" }]),
      (found) => expect(found.finding).toMatchObject({ _tag: "Unproven", error: { reason: "Unavailable" } })
    ))

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
      ["a picture", [memo("a", { media_url: photo })], "Unproven"],
      ["none", [], "Absent"]
    ] as const
  )("%s in the list", ([, rows, expected]) =>
    run([listed(...rows)], (carrier, requests) =>
      Effect.gen(function*() {
        yield* TestClock.setTime(lookedAt)
        const finding = yield* carrier.reconciliation?.sendVoiceMemo?.(direct, startedAt, suspects()) ?? Effect.dieMessage("cannot")
        expect(finding._tag).toBe(expected)
        expect(requests.map(({ method, url }) => `${method} ${new URL(url).pathname}`)).toEqual(["GET /api/v2/messages"])
      })))
})

describe("the rest", () => {
  it.effect("a group's name and members are read from the group; reactions and edits are not offered", () =>
    run(
      [{ body: { status: "OK", data: { group_id: "g-1", group_name: "Team", participant_numbers: [person] } } }],
      (carrier, requests) =>
        Effect.gen(function*() {
          const chat = { carrierId, id: "g-1" }
          const back = carrier.reconciliation ?? {}
          expect(yield* back.updateChat?.(chat, { name: "Team" }) ?? Effect.void).toBe(true)
          expect(yield* back.addParticipant?.(chat, person) ?? Effect.void).toBe(true)
          expect(yield* back.removeParticipant?.(chat, person) ?? Effect.void).toBe(false)
          expect(requests.every(({ method }) => method === "GET")).toBe(true)
          expect(Object.keys(back).sort()).toEqual(["addParticipant", "removeParticipant", "send", "sendVoiceMemo", "updateChat"])
        })
    ))

  it.effect("a line that the carrier has no number for is not looked at", () =>
    run([listed()], (carrier, requests) =>
      Effect.gen(function*() {
        const finding =
          yield* carrier.reconciliation?.sendVoiceMemo?.(Conversation.direct(Line.name("sales"), person), startedAt, suspects()) ??
            Effect.dieMessage("cannot")
        expect([finding._tag, requests.length]).toEqual(["Unproven", 0])
      })))
})

it.effect("a message whose status Sendblue could not resolve is found, and not called failed", () =>
  Effect.gen(function*() {
    for (
      const [more, status] of [[{ status: "ERROR", error_code: 10002 }, "pending"], [
        { status: "ERROR", error_code: 10001 },
        "failed"
      ]] as const
    ) {
      const { finding } = yield* find([listed(row("h-1", more))])
      expect(finding).toMatchObject({ _tag: "Found", receipt: { status } })
    }
  }))
