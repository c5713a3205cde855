/** What people write is read alike, whichever carrier brings it. */
import { describe, expect, it } from "@effect/vitest"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as LinqWebhook from "@interline/linq/LinqWebhook"
import * as SendblueWebhook from "@interline/sendblue/SendblueWebhook"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { createHmac } from "node:crypto"

const person = "+12025550123"
const line = "+12025550101"
const now = 1_780_000_000

const key = Buffer.from("a signing secret of 32 bytes, or").toString("base64")

const bytes = (body: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(body))

const elsewhere = "+12025550202"

const linq = (data: object, version = "2026-02-03"): Effect.Effect<ReadonlyArray<MessagingEvent>, unknown> =>
  Effect.gen(function*() {
    yield* TestClock.setTime(now * 1000)
    const receiver = yield* LinqWebhook.make({ secrets: [Redacted.make(`whsec_${key}`)], ours: [line, elsewhere] })
    const body = bytes({
      api_version: "v3",
      webhook_version: version,
      event_type: "message.received",
      event_id: "e",
      created_at: "2026-05-28T20:26:40Z",
      data
    })
    const signature = createHmac("sha256", Buffer.from(key, "base64")).update(`e.${now}.`).update(body).digest("base64")
    return yield* receiver.receive({
      headers: { "webhook-id": "e", "webhook-timestamp": String(now), "webhook-signature": `v1,${signature}` },
      body,
      url: "/"
    })
  })

const sendblue = (payload: object): Effect.Effect<ReadonlyArray<MessagingEvent>, unknown> =>
  Effect.flatMap(
    SendblueWebhook.make({ secrets: [Redacted.make("a-secret")], lines: [line], ours: [elsewhere] }),
    (receiver) => receiver.receive({ headers: { "sb-signing-secret": "a-secret" }, body: bytes(payload), url: "/?type=receive" })
  )

type Writes = (text: string) => Effect.Effect<ReadonlyArray<MessagingEvent>, unknown>

const carriers: Readonly<Record<string, Writes>> = {
  linq: (text) =>
    linq({
      id: "m",
      chat: { id: "c", is_group: false, owner_handle: { handle: line, is_me: true } },
      direction: "inbound",
      sender_handle: { handle: person, is_me: false },
      parts: [{ type: "text", value: text }],
      service: "SMS"
    }),
  "linq, the older payload": (text) =>
    linq({
      chat_id: "c",
      is_group: false,
      is_from_me: false,
      from: person,
      recipient_phone: line,
      service: "SMS",
      message: { id: "m", parts: [{ type: "text", value: text }] }
    }, "2025-01-01"),
  sendblue: (text) =>
    sendblue({
      content: text,
      is_outbound: false,
      status: "RECEIVED",
      message_handle: "m",
      from_number: person,
      number: person,
      to_number: line,
      sendblue_number: line
    })
}

const reactions = [
  ["Loved “x”", "added", { _tag: "Tapback", tapback: "love" }],
  ["Emphasised “x”", "added", { _tag: "Tapback", tapback: "emphasize" }],
  ["Emphasised an image", "added", { _tag: "Tapback", tapback: "emphasize" }],
  ["Liked a voice message", "added", { _tag: "Tapback", tapback: "like" }],
  ["Liked a link", "added", { _tag: "Tapback", tapback: "like" }],
  ["Removed an exclamation point from “x”", "removed", { _tag: "Tapback", tapback: "emphasize" }],
  ["Le encantó “hola”", "added", { _tag: "Tapback", tapback: "love" }],
  ["A adoré « STOP »", "added", { _tag: "Tapback", tapback: "love" }],
  ["Likte “STOP”", "added", { _tag: "Tapback", tapback: "like" }],
  ["Reacted 👀 to \"x\"", "added", { _tag: "Emoji", emoji: "👀" }],
  ["Loved “STOP”", "added", { _tag: "Tapback", tapback: "love" }],
  ["Questioned “please stop”", "added", { _tag: "Tapback", tapback: "question" }]
] as const

const tags = (events: ReadonlyArray<MessagingEvent>) => events.map(({ _tag }) => _tag)

describe.each(Object.entries(carriers))("through %s", (_name, writes) => {
  const writing = (text: string) => Effect.map(writes(text), tags)

  it.effect.each([
    ...[
      "REVOKE",
      "STOPALL",
      "STOP ALL",
      "OPTOUT",
      "STOP 🛑",
      "STOP\ufe0f",
      "*STOP*",
      "STOP\u200b",
      "\u200eSTOP",
      "ＳＴＯＰ",
      "stop.\nSent from my iPhone"
    ],
    ...["ꜱᴛᴏᴘ", "🆂🆃🅾🅿", "🛑", "stop thanks", "STOP - Ann"],
    ...["Cancel?", "ARRET", "end.", "Remove", "unsubscribe!!"]
  ])("%j opts out before it is told", (text) =>
    Effect.gen(function*() {
      expect(yield* writing(text)).toEqual(["OptedOut", "Received"])
    }))

  it.effect.each(["Start.", "START!", "opt in", "UNSTOP", "OPTIN"])("%j opts in before it is told", (text) =>
    Effect.gen(function*() {
      expect(yield* writing(text)).toEqual(["OptedIn", "Received"])
    }))

  it.effect.each(reactions)("%j is a tapback, and no opt-out whatever it quotes", ([text, change, reaction]) =>
    Effect.gen(function*() {
      expect(yield* writes(text)).toMatchObject([{
        _tag: "Reaction",
        change,
        reaction: { reaction, from: person, isMine: false, raw: text }
      }])
    }))

  it.effect.each([
    "A adoré, merci !",
    "cancel please",
    "🛑😂",
    "Loved it, thanks!",
    "Loved \"Dune\" last night",
    "STOP 12345",
    "please stop by at noon",
    "the end",
    "Start?",
    "yes",
    "HELP",
    "ALTO"
  ])("%j is a message", (text) =>
    Effect.gen(function*() {
      expect(yield* writing(text)).toEqual(["Received"])
    }))
})

describe("what a number of ours wrote is never a message that came in", () => {
  const current = {
    id: "m",
    chat: { id: "c", is_group: false, owner_handle: { handle: line, is_me: true } },
    direction: "inbound",
    sender_handle: { handle: person, is_me: false },
    parts: [{ type: "text", value: "STOP" }],
    service: "iMessage",
    sent_at: "2026-05-28T20:26:39Z"
  }
  const older = {
    chat_id: "c",
    is_group: false,
    is_from_me: false,
    from: person,
    from_handle: { handle: person, is_me: false },
    recipient_handle: { handle: line, is_me: true },
    service: "iMessage",
    message: { id: "m", parts: [{ type: "text", value: "STOP" }], sent_at: "2026-05-28T20:26:39Z" }
  }
  const received = {
    content: "STOP",
    is_outbound: false,
    status: "RECEIVED",
    message_handle: "m",
    from_number: person,
    number: person,
    to_number: line,
    sendblue_number: line
  }

  it.effect("at Linq, whichever field says so", () =>
    Effect.gen(function*() {
      expect(tags(yield* linq(current))).toEqual(["OptedOut", "Received"])
      const echoes: ReadonlyArray<object> = [
        { direction: "outbound" },
        { sender_handle: { handle: person, is_me: true } },
        { direction: undefined, sender_handle: { handle: "me@example.com", is_me: true } },
        { sender_handle: { handle: line, is_me: false } },
        { is_from_me: true },
        { from_handle: { handle: line, is_me: true } }
      ]
      for (const echo of echoes) {
        expect(yield* linq({ ...current, ...echo })).toMatchObject([
          {
            _tag: "Status",
            fact: { ref: { carrierId: "linq", id: "m" }, status: "sent", raw: "message.received", at: "2026-05-28T20:26:39Z" }
          }
        ])
      }
    }))

  it.effect("at Linq in the older payload", () =>
    Effect.gen(function*() {
      expect(tags(yield* linq(older, "2025-01-01"))).toEqual(["OptedOut", "Received"])
      const echoes: ReadonlyArray<object> = [
        { is_from_me: true },
        { from_handle: { handle: person, is_me: true } },
        { from_handle: undefined, from: line },
        { direction: "outbound" },
        { message: { ...older.message, is_from_me: true } },
        { message: { ...older.message, direction: "outbound" } }
      ]
      for (const echo of echoes) expect([echo, tags(yield* linq({ ...older, ...echo }, "2025-01-01"))]).toEqual([echo, ["Status"]])
    }))

  it.effect("at Linq, though it came to one line of ours from another", () =>
    Effect.gen(function*() {
      const data = { ...current, sender_handle: { handle: elsewhere, is_me: false } }
      expect(yield* linq(data)).toMatchObject([{ _tag: "Unrecognized", kind: "message.received", raw: { data } }])
      expect(tags(yield* linq({ ...older, from: elsewhere, from_handle: undefined }, "2025-01-01"))).toEqual(["Unrecognized"])
    }))

  it.effect("at Sendblue", () =>
    Effect.gen(function*() {
      expect(tags(yield* sendblue(received))).toEqual(["OptedOut", "Received"])
      for (const from_number of [line, elsewhere]) {
        const payload = { ...received, from_number }
        expect(yield* sendblue(payload)).toEqual([{ _tag: "Unrecognized", carrierId: "sendblue", kind: "receive", raw: payload }])
        expect(tags(yield* sendblue({ ...payload, is_outbound: undefined }))).toEqual(["Unrecognized"])
        expect(tags(yield* sendblue({ ...payload, opted_out: true }))).toEqual(["OptedOut", "Unrecognized"])
        expect(tags(yield* sendblue({ ...payload, group_id: "g", message_type: "group" }))).toEqual(["Unrecognized"])
      }
      const unconfigured = "+12025550109"
      expect(tags(yield* sendblue({ ...received, from_number: unconfigured, sendblue_number: unconfigured }))).toEqual(["Unrecognized"])
      expect(tags(yield* sendblue({ ...received, is_outbound: true, status: "SENT", from_number: line }))).toEqual(["Status"])
      expect(tags(yield* sendblue({ ...received, is_outbound: undefined, status: "SENT", from_number: line }))).toEqual(["Status"])
    }))
})
