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

const linq = (data: object, version = "2026-02-03"): Effect.Effect<ReadonlyArray<MessagingEvent>, unknown> =>
  Effect.gen(function*() {
    yield* TestClock.setTime(now * 1000)
    const receiver = yield* LinqWebhook.make({ secrets: [Redacted.make(`whsec_${key}`)] })
    const body = bytes({ api_version: "v3", webhook_version: version, event_type: "message.received", event_id: "e", created_at: "2026-05-28T20:26:40Z", data })
    const signature = createHmac("sha256", Buffer.from(key, "base64")).update(`e.${now}.`).update(body).digest("base64")
    return yield* receiver.receive({
      headers: { "webhook-id": "e", "webhook-timestamp": String(now), "webhook-signature": `v1,${signature}` },
      body,
      url: "/"
    })
  })

const sendblue = (payload: object): Effect.Effect<ReadonlyArray<MessagingEvent>, unknown> =>
  Effect.flatMap(SendblueWebhook.make({ secrets: [Redacted.make("a-secret")], lines: [line] }), (receiver) =>
    receiver.receive({ headers: { "sb-signing-secret": "a-secret" }, body: bytes(payload), url: "/?type=receive" }))

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
    sendblue({ content: text, is_outbound: false, status: "RECEIVED", message_handle: "m", from_number: person, number: person, to_number: line, sendblue_number: line })
}

const tags = (events: ReadonlyArray<MessagingEvent>) => events.map(({ _tag }) => _tag)

describe.each(Object.entries(carriers))("through %s", (_name, writes) => {
  const writing = (text: string) => Effect.map(writes(text), tags)

  it.effect.each([
    ...["REVOKE", "STOPALL", "STOP ALL", "OPTOUT", "STOP 🛑", "STOP\ufe0f", "*STOP*", "STOP\u200b", "\u200eSTOP", "ＳＴＯＰ", "stop.\nSent from my iPhone"],
    ...["Cancel?", "ARRET", "end.", "Remove", "unsubscribe!!"]
  ])("%j opts out before it is told", (text) =>
    Effect.gen(function*() {
      expect(yield* writing(text)).toEqual(["OptedOut", "Received"])
    }))

  it.effect.each(["Start.", "START!", "opt in", "UNSTOP", "OPTIN"])("%j opts in before it is told", (text) =>
    Effect.gen(function*() {
      expect(yield* writing(text)).toEqual(["OptedIn", "Received"])
    }))

  it.effect.each(["STOP 12345", "please stop by at noon", "the end", "Start?", "yes", "HELP", "ALTO"])("%j is a message", (text) =>
    Effect.gen(function*() {
      expect(yield* writing(text)).toEqual(["Received"])
    }))
})
