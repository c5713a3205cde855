import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as CarrierId from "@interline/core/CarrierId"
import { DeliveryId } from "@interline/core/DeliveryId"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import type { Media } from "@interline/core/Part"
import * as LinqWords from "@interline/linq/LinqWords"
import type { IdMapService } from "@interline/sql/IdMap"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Refusal from "../../src/fronts/linq/refusal.ts"
import * as Request from "../../src/fronts/linq/request.ts"
import * as Sends from "../../src/fronts/linq/sends.ts"

const known = DeliveryId.make("6a1f7c9e-3c5d-4e0a-9a44-7d9f2b1c0e55")
const nobody = () => Effect.dieMessage("nobody asks for this")

const ids: IdMapService = {
  toMessageId: nobody,
  findMessage: (id) => Effect.succeed(id === known ? Option.some(known) : Option.none()),
  toChatId: nobody,
  findChat: nobody,
  toAttachmentId: nobody,
  findAttachment: nobody,
  openGroup: nobody,
  findGroup: nobody,
  remember: nobody,
  findConversation: nobody
}

const fileOf: Request.FileOf = (source): Effect.Effect<Media> =>
  Effect.succeed(
    "url" in source
      ? { _tag: "Media", url: source.url }
      : { _tag: "Media", attachment: { carrierId: CarrierId.make("linq"), id: source.attachmentId } }
  )

const draft = (message: unknown) =>
  Effect.flatMap(Request.decode(Request.SendMessage)(JSON.stringify({ message })), ({ message }) => Request.readDraft(fileOf, ids, message))

const refused = (message: unknown) =>
  Effect.map(Effect.flip(draft(message)), ({ code, message, status }) => [status, code, message] as const)

const text = { type: "text", value: "Hello" }

describe("a message whose only line is excluded", () => {
  it.effect("is refused before anything is recorded", () =>
    Effect.gen(function*() {
      const ours = "+12025550101"
      const line = Line.name("support")
      const { createMessage } = Sends.makeReaders({
        front: { lineOf: (number) => number === ours ? Option.some(line) : Option.none(), onlyLine: Option.some(line), strict: false },
        ids,
        findConversation: nobody,
        hasChat: () => Effect.succeed(false),
        makeFinder: () => fileOf
      })
      for (const to of [["+12025550123"], ["+12025550123", "+12025550124"]]) {
        const body = JSON.stringify({ to, message: { parts: [text] }, exclude_from: [ours] })
        const { code, status } = yield* Effect.flip(createMessage({ body, origin: "", params: {} }))
        deepStrictEqual([status, code], [409, 2015])
      }
    }))
})

describe("a message of the v3 wire", () => {
  it.effect("becomes a draft with all its parts", () =>
    Effect.gen(function*() {
      const made = yield* draft({
        parts: [
          { ...text, text_decorations: [{ range: [0, 2], style: "bold" }, { range: [3, 5], animation: "shake" }] },
          { type: "media", url: "https://example.com/a.png" },
          { type: "text", value: "and" },
          { type: "media", attachment_id: "f" }
        ],
        effect: { name: "confetti", type: "screen" },
        reply_to: { message_id: known, part_index: 1 },
        preferred_service: "SMS",
        idempotency_key: "k",
        later: "additions are ignored"
      })
      deepStrictEqual(made, {
        parts: [
          { _tag: "Text", text: "Hello", decorations: [{ start: 0, end: 2, style: "bold" }, { start: 3, end: 5, animation: "shake" }] },
          { _tag: "Media", url: "https://example.com/a.png" },
          { _tag: "Text", text: "and" },
          { _tag: "Media", attachment: { carrierId: CarrierId.make("linq"), id: "f" } }
        ],
        effect: "confetti",
        replyTo: { to: known, part: 1 },
        preferredService: "SMS",
        metadata: { idempotency_key: "k" }
      })
    }))

  it.effect("knows every effect that Linq has", () =>
    Effect.gen(function*() {
      for (const name of Object.keys(LinqWords.effectToNeutral)) {
        assert.strictEqual((yield* draft({ parts: [text], effect: { name } })).effect, name)
      }
    }))

  it.effect("is refused with the code that Linq would give, and without what it said", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* refused({}), [400, 1001, "Missing required field: message.parts"])
      deepStrictEqual(yield* refused({ parts: [] }), [400, 1001, "Missing required field: message.parts"])
      deepStrictEqual((yield* refused({ parts: [{ type: "media" }] })).slice(0, 2), [400, 1004])
      deepStrictEqual((yield* refused({ parts: [{ ...text, text_decorations: [{ range: [0, 1] }] }] })).slice(0, 2), [400, 1004])
      deepStrictEqual((yield* refused({ parts: [text], effect: { name: "snow" } })).slice(0, 2), [400, 1005])
      deepStrictEqual((yield* refused({ parts: [text], effect: { name: "slam", type: "screen" } })).slice(0, 2), [400, 1005])
      deepStrictEqual((yield* refused({ parts: [text], reply_to: { message_id: "x" } })).slice(0, 2), [400, 1005])
      deepStrictEqual((yield* refused({ parts: [text], idempotency_key: "k".repeat(256) })).slice(0, 2), [400, 1005])
      const [status, code, sentence] = yield* refused({ parts: [{ type: "text", value: 41_555 }] })
      deepStrictEqual([status, code], [400, 1003])
      assert.notInclude(sentence, "41555")
    }))

  it.effect("with an app card is refused in a sentence", () =>
    Effect.gen(function*() {
      const [status, code, sentence] = yield* refused({ parts: [{ type: "imessage_app", app: {}, layout: {} }] })
      deepStrictEqual([status, code], [403, 2011])
      assert.include(sentence, "app cards")
    }))

  it.effect("may bring a key in its body", () =>
    Effect.sync(() => {
      deepStrictEqual(Request.readKey(JSON.stringify({ message: { idempotency_key: "k" } })), Option.some("k"))
      deepStrictEqual(Request.readKey("{"), Option.none())
      deepStrictEqual(Request.readKey(JSON.stringify({ message: {} })), Option.none())
    }))

  it.effect("is told what is no JSON", () =>
    Effect.gen(function*() {
      const refusal = yield* Effect.flip(Request.decode(Request.SendMessage)("{"))
      deepStrictEqual([refusal.status, refusal.code], [400, 1003])
    }))
})

describe("a mention of the v3 wire", () => {
  const mentions = (fields: object) => Effect.map(draft({ parts: [{ ...text, ...fields }] }), ({ parts: [part] }) => part)

  it.effect("is a range of the text, or all of it", () =>
    Effect.gen(function*() {
      const handle = "+12025550142"
      deepStrictEqual(yield* mentions({ mention: handle, mention_range: [0, 3] }), {
        _tag: "Text",
        text: "Hello",
        mentions: [{ handle: Handle.make(handle), start: 0, end: 3 }]
      })
      deepStrictEqual(yield* mentions({ mention: "Ana@Example.com", mention_range: null }), {
        _tag: "Text",
        text: "Hello",
        mentions: [{ handle: Handle.make("ana@example.com"), start: 0, end: 5 }]
      })
      deepStrictEqual(yield* mentions({ mention: null }), { _tag: "Text", text: "Hello" })
    }))

  it.effect("is refused without a handle, and with a range that is none", () =>
    Effect.gen(function*() {
      const codes = (fields: object) => Effect.map(refused({ parts: [{ ...text, ...fields }] }), ([status, code]) => [status, code])
      deepStrictEqual(yield* codes({ mention_range: [0, 3] }), [400, 1004])
      deepStrictEqual(yield* codes({ mention: "Ana" }), [400, 1002])
      deepStrictEqual(yield* codes({ mention: "+12025550142", mention_range: [0] }), [400, 1001])
      deepStrictEqual(yield* codes({ mention: "+12025550142", mention_range: ["a", "b"] }), [400, 1003])
    }))
})

describe("a reaction of the v3 wire", () => {
  it.effect("is a tapback, or an emoji that is named", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* Request.readReaction(fileOf, { operation: "add", type: "laugh" }), { _tag: "Tapback", tapback: "laugh" })
      deepStrictEqual(yield* Request.readReaction(fileOf, { operation: "add", type: "custom", custom_emoji: "🎉" }), {
        _tag: "Emoji",
        emoji: "🎉"
      })
      assert.strictEqual((yield* Effect.flip(Request.readReaction(fileOf, { operation: "add", type: "custom" }))).code, 1001)
    }))

  it.effect("is a sticker with one source, and is put on, not taken off", () =>
    Effect.gen(function*() {
      const sticker = { operation: "add", type: "sticker" } as const
      deepStrictEqual(
        yield* Request.readReaction(fileOf, { ...sticker, attachment_id: "a", url: null, placement: { x: 0.5, y: null, rotation: 90 } }),
        { _tag: "Sticker", attachment: { carrierId: CarrierId.make("linq"), id: "a" }, placement: { x: 0.5, rotation: 90 } }
      )
      deepStrictEqual(yield* Request.readReaction(fileOf, { ...sticker, url: "https://cdn.linqapp.com/a.png" }), {
        _tag: "Sticker",
        url: "https://cdn.linqapp.com/a.png"
      })
      const codes = <A>(read: Effect.Effect<A, Refusal.Refusal>) => Effect.map(Effect.flip(read), ({ code, status }) => [status, code])
      deepStrictEqual(yield* codes(Request.readReaction(fileOf, sticker)), [400, 1004])
      deepStrictEqual(yield* codes(Request.readReaction(fileOf, { ...sticker, attachment_id: "a", url: "b" })), [400, 1004])
      deepStrictEqual(yield* codes(Request.readRemoved({ ...sticker, operation: "remove", attachment_id: "a" })), [403, 2011])
      // nothing of a request is lost: these fields mean something on a sticker only
      deepStrictEqual(yield* codes(Request.readReaction(fileOf, { operation: "add", type: "love", placement: { x: 0 } })), [400, 1004])
      deepStrictEqual(yield* codes(Request.readRemoved({ operation: "remove", type: "love", url: "b" })), [400, 1004])
    }))
})

describe("what a message of the v3 wire says and nobody here knows", () => {
  const message = {
    parts: [{ ...text, tone: "calm" }, {
      type: "media",
      url: "https://example.com/a.png",
      mood: true
    }],
    effect: { name: "confetti", intensity: 2 },
    reply_to: { message_id: known, quote: "x" },
    force_notify: true
  }
  const unknown = [
    "message.parts.0.tone",
    "message.parts.1.mood",
    "message.effect.intensity",
    "message.reply_to.quote",
    "message.force_notify",
    "override_optout"
  ]

  it.effect("is named field by field, and the rest is read", () =>
    Effect.gen(function*() {
      const read = yield* Request.decodeKnown(Request.SendMessage, { strict: false })(JSON.stringify({ message, override_optout: false }))
      assert.sameMembers([...read.unknown], unknown)
      assert.strictEqual(read.value.message.parts.length, 2)
      const plain = yield* Request.decodeKnown(Request.SendMessage, { strict: true })(JSON.stringify({ message: { parts: [text] } }))
      deepStrictEqual(plain.unknown, [])
    }))

  it.effect("is refused where nothing may be lost", () =>
    Effect.gen(function*() {
      const { code, message: sentence, status } = yield* Effect.flip(
        Request.decodeKnown(Request.SendMessage, { strict: true })(JSON.stringify({ message }))
      )
      deepStrictEqual([status, code], [403, 2011])
      assert.include(sentence, "message.parts.0.tone")
    }))
})
