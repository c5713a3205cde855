/** The sandbox's Sendblue webhooks and per-message reports, over real HTTP, through the receiver's own web handler. */
import { describe, expect, it } from "@effect/vitest"
import * as Conversation from "@interline/core/Conversation"
import * as DeliveryId from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as Part from "@interline/core/Part"
import * as WebhookReceiver from "@interline/core/WebhookReceiver"
import * as SendblueWebhook from "@interline/sendblue/SendblueWebhook"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { ada, numbers, support, world } from "../support/sandbox.ts"
import { serve } from "./server.ts"

const secret = "the-secret-of-the-tests"
const callbackSecret = Redacted.make("the-secret-of-the-tokens")
const line = numbers.sendblue
const bob = Handle.make("+12025550124")

/** A sandbox whose webhooks come to a receiver. `told` is the secret that Sendblue was told; `null`: none. */
const listening = (given: Partial<SendblueWebhook.Options> = {}, told: string | null = secret) =>
  Effect.gen(function*() {
    const events: Array<MessagingEvent> = []
    const receiver = yield* SendblueWebhook.make({
      secrets: [Redacted.make(secret)],
      lines: [line],
      callback: { secret: callbackSecret },
      ...given
    })
    const endpoint = yield* WebhookReceiver.toWebHandler(receiver, (found) => Effect.sync(() => void events.push(...found)))
    const { answered, origin } = yield* serve(endpoint)
    const all = yield* world("sendblue", { callback: { url: `${origin}/status?team=7`, secret: callbackSecret } })
    const { credentials, sendblue } = all.sandbox
    const subscribe = (type: string) =>
      Effect.promise(() =>
        fetch(`${sendblue}/api/account/webhooks`, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            "sb-api-key-id": credentials.sendblueKeyId,
            "sb-api-secret-key": credentials.sendblueSecretKey
          },
          body: JSON.stringify({ type, webhooks: [{ url: `${origin}/hook?type=${type}`, ...(told === null ? {} : { secret: told }) }] })
        })
      ).pipe(Effect.map(({ status }) => expect(status).toBe(200)))
    yield* Effect.forEach(["receive", "outbound", "typing_indicator", "line_blocked", "contact_created"], subscribe)
    const deliveryId = yield* DeliveryId.mint
    const send = (text: string) =>
      all.carrier.send({
        deliveryId,
        generation: 1,
        conversation: Conversation.direct(support, ada),
        draft: Draft.text(text),
        fidelity: "adapt"
      })
    const settled = Effect.zipRight(all.network.advance("10 seconds"), all.network.settle)
    /** What was told since the last time. */
    const heard = Effect.map(settled, () => events.splice(0))
    return { ...all, answered, deliveryId, heard, send, origin, settled }
  })

const say = (text: string) => ({ from: ada, to: line, text })

describe("Sendblue's webhooks", () => {
  it.scopedLive("tell what people write, with media, replies and places", () =>
    Effect.gen(function*() {
      const { answered, heard, network } = yield* listening()
      const said = yield* network.say({ ...say("hello"), media: ["https://images.example.com/photo.jpg"] })
      const [first] = yield* heard
      expect(first).toMatchObject({
        _tag: "Received",
        carrierId: "sendblue",
        message: {
          ref: { id: said.id },
          from: ada,
          to: [line],
          direction: "inbound",
          isGroup: false,
          parts: [{ text: "hello" }, { fileName: "photo.jpg" }]
        }
      })
      yield* network.say({ ...say("and this"), replyTo: said.id })
      expect(yield* heard).toMatchObject([{ message: { replyTo: { ref: { id: said.id } } } }])
      expect(answered).toEqual([200, 200])
    }))

  it.scopedLive("tell of tapbacks as reactions", () =>
    Effect.gen(function*() {
      const { heard, network, send } = yield* listening()
      yield* send("react to this")
      yield* heard
      const [message] = (yield* network.phone(ada)).messages
      const react = (type: string, more: object = {}) => network.react({ from: ada, messageId: message?.id ?? "", type, ...more })
      yield* react("laugh")
      yield* react("custom", { emoji: "👀" })
      yield* react("laugh", { remove: true })
      expect(yield* heard).toMatchObject([
        {
          _tag: "Reaction",
          change: "added",
          line,
          reaction: { reaction: { tapback: "laugh" }, from: ada, raw: "Laughed at “react to this”" }
        },
        { _tag: "Reaction", change: "added", reaction: { reaction: { emoji: "👀" } } },
        { _tag: "Reaction", change: "removed", reaction: { reaction: { _tag: "Unrecognized" } } }
      ])
    }))

  it.scopedLive("tell of opt-outs before the message, and of opt-ins; whoever has opted out is refused", () =>
    Effect.gen(function*() {
      const { heard, network, send, suppression } = yield* listening()
      yield* network.say(say("stop"))
      expect(yield* heard).toMatchObject([{ _tag: "OptedOut", handle: ada, line }, { _tag: "Received" }])
      expect(yield* send("are you there")).toMatchObject({ _tag: "Rejected", error: { reason: "OptedOut" } })
      yield* suppression.remove(ada)
      yield* network.say(say("START"))
      expect(yield* heard).toMatchObject([{ _tag: "OptedIn", handle: ada }, { _tag: "Received" }])
      expect((yield* send("welcome back"))._tag).toBe("Accepted")
    }))

  it.scopedLive("tell of a shared location as a message, and that it began", () =>
    Effect.gen(function*() {
      const { heard, network } = yield* listening()
      yield* network.say(say("hello"))
      yield* heard
      yield* network.shareLocation(ada, { longitude: -122.4, latitude: 37.8 })
      yield* network.shareLocation(ada)
      expect(yield* heard).toMatchObject([
        { _tag: "Received", message: { from: ada, parts: [{ _tag: "Other", kind: "location" }] } },
        { _tag: "Location", change: "started", from: ada, line, position: { longitude: -122.4, latitude: 37.8 } }
      ])
    }))

  it.scopedLive("tell of typing, of blocked lines, and of what has no neutral word", () =>
    Effect.gen(function*() {
      const { heard, network, sandbox } = yield* listening()
      yield* network.say(say("hello"))
      yield* heard
      yield* network.typing(ada, line, true)
      yield* network.flagLine(line)
      yield* Effect.promise(() =>
        fetch(`${sandbox.sendblue}/api/v2/contacts`, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            "sb-api-key-id": sandbox.credentials.sendblueKeyId,
            "sb-api-secret-key": sandbox.credentials.sendblueSecretKey
          },
          body: JSON.stringify({ number: ada })
        })
      )
      expect((yield* heard).toSorted((left, right) => left._tag.localeCompare(right._tag))).toMatchObject([
        { _tag: "Line", number: line, available: false, raw: "line_blocked" },
        { _tag: "Typing", from: ada, line, typing: true },
        { _tag: "Unrecognized", kind: "contact_created" }
      ])
    }))

  it.scopedLive("that come twice have the same id", () =>
    Effect.gen(function*() {
      const { heard, network, send } = yield* listening()
      yield* network.addFault({ vendor: "sendblue", kind: "webhook-duplicate", times: "forever" })
      yield* network.say(say("hello"))
      yield* send("hello yourself")
      const events = yield* heard
      const ids = events.map(({ id }) => id)
      for (const id of ids) expect(ids.filter((other) => other === id)).toHaveLength(2)
      expect(events.map(({ _tag }) => _tag).filter((tag) => tag === "Received")).toHaveLength(2)
    }))

  it.scopedLive("with the wrong secret, and without one, are refused", () =>
    Effect.gen(function*() {
      for (const told of ["another-secret", null]) {
        const { answered, heard, network } = yield* listening({}, told)
        yield* network.say(say("hello"))
        expect(yield* heard).toEqual([])
        // not a server error: Sendblue does not try again
        expect(answered).toEqual([401])
      }
    }))
})

const statuses = (events: ReadonlyArray<MessagingEvent>) => events.flatMap((event) => event._tag === "Status" ? [event] : [])

describe("Sendblue's reports on one message", () => {
  it.scopedLive("name the attempt; the account's webhook tells the status", () =>
    Effect.gen(function*() {
      const { deliveryId, heard, send } = yield* listening()
      const outcome = yield* send("hello")
      const events = statuses(yield* heard)
      const hints = events.filter(({ idempotencyKey }) => idempotencyKey !== undefined)
      expect(hints.map(({ fact, idempotencyKey }) => [fact.status, fact.raw, idempotencyKey])).toEqual([
        ["pending", "SENT", `${deliveryId}:1:0`],
        ["pending", "DELIVERED", `${deliveryId}:1:0`]
      ])
      const told = events.filter(({ idempotencyKey }) => idempotencyKey === undefined)
      expect(told.map(({ fact }) => fact.status)).toEqual(["sent", "delivered"])
      expect(told[1]?.fact).toMatchObject({ service: "iMessage", downgraded: false })
      const [receipt] = outcome._tag === "Accepted" ? outcome.receipts : []
      expect(new Set(events.map(({ fact }) => fact.ref.id))).toEqual(new Set([receipt?.ref.id]))
    }))

  it.scopedLive("are the same events as the account's own, where they are taken at their word", () =>
    Effect.gen(function*() {
      const { heard, send } = yield* listening({ callback: { secret: callbackSecret, believed: true } })
      yield* send("hello")
      const events = statuses(yield* heard)
      const delivered = events.filter(({ fact }) => fact.status === "delivered")
      expect(delivered).toHaveLength(2)
      expect(delivered[0]).toEqual(delivered[1])
      expect(new Set(events.map(({ id }) => id)).size).toBe(4)
    }))

  it.scopedLive("come for each request of a split draft, each with its own step", () =>
    Effect.gen(function*() {
      const { carrier, deliveryId, heard } = yield* listening()
      yield* carrier.send({
        deliveryId,
        generation: 2,
        conversation: Conversation.direct(support, ada),
        draft: Draft.make([Part.text("one"), Part.text("two")]),
        fidelity: "adapt"
      })
      const keys = statuses(yield* heard).flatMap(({ fact, idempotencyKey }) =>
        idempotencyKey === undefined ? [] : [[idempotencyKey, fact.ref.id] as const]
      )
      expect(new Set(keys.map(([key]) => key))).toEqual(new Set([`${deliveryId}:2:0`, `${deliveryId}:2:1`]))
      expect(new Set(keys.map(([, id]) => id)).size).toBe(2)
    }))

  it.scopedLive("of a group are for its people", () =>
    Effect.gen(function*() {
      const { carrier, deliveryId, heard } = yield* listening()
      const people = yield* Conversation.group(support, [ada, bob])
      yield* carrier.send({ deliveryId, generation: 1, conversation: people, draft: Draft.text("hello all"), fidelity: "adapt" })
      yield* carrier.send({ deliveryId, generation: 2, conversation: people, draft: Draft.text("hello again"), fidelity: "adapt" })
      const keys = new Set(statuses(yield* heard).map(({ idempotencyKey }) => idempotencyKey))
      expect(keys.has(`${deliveryId}:1:0`)).toBe(true)
      expect(keys.has(`${deliveryId}:2:0`)).toBe(true)
    }))

  it.scopedLive("that were tampered with, replayed for somebody else, or carry no token are refused", () =>
    Effect.gen(function*() {
      const { heard, network, origin, send } = yield* listening()
      yield* send("hello")
      yield* heard
      const [report] = (yield* network.webhooks).filter(({ event }) => event === "status_callback")
      const { body = "", url = "" } = report ?? {}
      const post = (to: string, content: string, headers: Record<string, string> = {}) =>
        Effect.promise(async () => (await fetch(to, { method: "POST", body: content, headers })).status)
      expect(yield* post(url, body)).toBe(200)
      expect(yield* post(url, body.replaceAll(ada, bob))).toBe(401)
      expect(yield* post(url, body.replaceAll(line, "+12025550202"))).toBe(401)
      expect(yield* post(`${url}A`, body)).toBe(401)
      expect(yield* post(`${origin}/status?team=7`, body)).toBe(401)
      expect(yield* post(url, "x".repeat(2_000_000))).toBe(413)
      expect(statuses(yield* heard)).toHaveLength(1)
      // what the holder of an address can do with it: nothing that changes a status
      expect(yield* post(url, body.replace(/"status":"[A-Z]+"/, "\"status\":\"ERROR\""))).toBe(200)
      expect(statuses(yield* heard)).toMatchObject([{ fact: { status: "pending", raw: "ERROR" } }])
    }))
})
