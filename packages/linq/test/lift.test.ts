import { describe, expect, it } from "@effect/vitest"
import { Attachment } from "@interline/core/Attachment"
import { Chat } from "@interline/core/Chat"
import { mentionsUs, Message } from "@interline/core/Message"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as LiftAnswer from "../src/convert/liftAnswer.ts"
import * as LinqSchema from "../src/wire/LinqSchema.ts"
import { carrierId, fixture, fixtures, from, other, person } from "./support.ts"

const body = (name: string): unknown => fixture("responses", name).body
const decode = <A, I>(schema: Schema.Schema<A, I>) => Schema.decodeUnknownSync(schema)
const message = (wire: unknown) => LiftAnswer.message(carrierId, decode(LinqSchema.Message)(wire))
const chat = (wire: unknown) => LiftAnswer.chat(carrierId, decode(LinqSchema.Chat)(wire))

describe("the vendor's own examples of answers", () => {
  const schemas: Record<string, Schema.Schema.AnyNoContext> = {
    "POST /v3/chats": LinqSchema.CreatedChat,
    "GET /v3/chats": LinqSchema.ChatPage,
    "PUT /v3/chats/{chatId}": LinqSchema.Ack,
    "POST /v3/chats/{chatId}/participants": LinqSchema.Ack,
    "DELETE /v3/chats/{chatId}/participants": LinqSchema.Ack,
    "POST /v3/chats/{chatId}/leave": LinqSchema.Ack,
    "POST /v3/chats/{chatId}/voicememo": LinqSchema.VoiceMemoReply,
    "POST /v3/chats/{chatId}/polls": LinqSchema.PollEnvelope,
    "POST /v3/chats/{chatId}/messages": LinqSchema.SentMessage,
    "GET /v3/chats/{chatId}/messages": LinqSchema.MessagePage,
    "POST /v3/chats/{chatId}/location/request": LinqSchema.LocationRequested,
    "GET /v3/chats/{chatId}/location": LinqSchema.ChatLocation,
    "POST /v3/messages": LinqSchema.AddressedMessage,
    "GET /v3/messages/{messageId}": LinqSchema.Message,
    "POST /v3/messages/{messageId}/reactions": LinqSchema.Ack,
    "POST /v3/attachments": LinqSchema.UploadTicket,
    "GET /v3/attachments/{attachmentId}": LinqSchema.Attachment,
    "GET /v3/phone_numbers": LinqSchema.PhoneNumberList,
    "PUT /v3/phone_numbers/{phoneNumberId}": LinqSchema.PhoneNumber,
    "GET /v3/available_number": LinqSchema.AvailableNumber,
    "GET /v3/webhook-events": LinqSchema.WebhookEventList,
    "POST /v3/capability/check_imessage": LinqSchema.CapabilityReply,
    "POST /v3/capability/check_rcs": LinqSchema.CapabilityReply,
    "GET /v3/contact_card": LinqSchema.ContactCardList,
    "POST /v3/contact_card": LinqSchema.ContactCard,
    "PATCH /v3/contact_card": LinqSchema.ContactCard
  }

  /** Every value of the wire that is not null, by its path. */
  const leaves = (value: unknown, path: string): ReadonlyArray<readonly [string, unknown]> =>
    value === null || value === undefined
      ? []
      : typeof value === "object"
      ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`))
      : [[path, value]]

  for (const { body, method, name, path } of fixtures("responses")) {
    it(`${name} decodes without losing a field`, () => {
      const schema = schemas[`${method} ${path}`]
      if (schema === undefined) throw new Error(`no schema for ${method} ${path}`)
      const decoded: unknown = decode(schema)(body)
      if (name !== "request-location.docs") {
        // the acknowledgements and the message pages name every field; what passes through is compared too
        expect(leaves(decoded, "")).toEqual(expect.arrayContaining([...leaves(body, "")]))
      }
    })
  }

  it("lift every field of a message, under a neutral name or the vendor's", () => {
    const wire = body("get-message.docs")
    const lifted = message(wire)
    expect(decode(Schema.typeSchema(Message))(lifted)).toEqual(lifted)
    expect(lifted).toMatchObject({
      ref: { carrierId: "linq", id: "69a37c7d-af4f-4b5e-af42-e28e98ce873a" },
      chat: { carrierId: "linq", id: "94c6bf33-31d9-40e3-a0e9-f94250ecedb9" },
      direction: "outbound",
      from: "+15551234567",
      to: [],
      effect: { neutral: "confetti", raw: "confetti" },
      replyTo: { ref: { carrierId: "linq", id: "550e8400-e29b-41d4-a716-446655440000" }, part: 0 },
      status: { neutral: "pending", raw: "pending" },
      service: { neutral: "iMessage", raw: "iMessage" },
      preferredService: { neutral: "iMessage", raw: "iMessage" },
      createdAt: "2024-01-15T10:30:00Z",
      updatedAt: "2024-01-15T10:30:00Z",
      sentAt: "2024-01-15T10:30:05Z",
      deliveredAt: "2024-01-15T10:30:10Z",
      readAt: "2024-01-15T10:35:00Z",
      parts: [{
        _tag: "Text",
        text: "Hello!",
        decorations: [{ start: 0, end: 5, style: "bold", animation: "shake" }],
        reactions: [{ reaction: { _tag: "Tapback", tapback: "love" }, from: "+15551234567", isMine: false, raw: "love" }]
      }]
    })
    const found = new Set(leaves(lifted, "").map(([, value]) => value))
    for (const [path, value] of leaves(wire, "")) expect([path, found.has(value) || path === ".is_from_me"]).toEqual([path, true])
    expect(lifted.recoveredAt).toBe("2024-01-15T14:05:00Z")
    expect(lifted.metadata).toMatchObject({ is_delivered: true, is_read: false })
  })

  it("lift every field of a chat", () => {
    const [wire] = decode(LinqSchema.ChatPage)(body("list-chats.docs")).chats
    const lifted = chat(wire)
    expect(decode(Schema.typeSchema(Chat))(lifted)).toEqual(lifted)
    expect(lifted).toMatchObject({
      isGroup: true,
      icon: "https://example.com/group-icon.png",
      archived: true,
      health: {
        status: "at-risk",
        raw: "AT_RISK",
        docUrl: "https://docs.linqapp.com/guides/chats/chat-health#at-risk",
        updatedAt: "2026-05-01T18:28:25Z"
      }
    })
    const found = new Set(leaves(lifted, "").map(([, value]) => value))
    for (const [path, value] of leaves(wire, "")) expect([path, found.has(value)]).toEqual([path, true])
  })
})

describe("a message", () => {
  it("leaves out times and sizes that cannot be one, and keeps the rest", () => {
    const wire = {
      id: "m",
      created_at: "yesterday",
      sent_at: "2026-11-21T12:00:00.123456789Z",
      delivered_at: "2026-13-45T00:00:00Z",
      read_at: "a\u0000b",
      parts: [{ type: "media", url: "https://example.com/a.png", size_bytes: -1 }, {
        type: "media",
        url: "https://example.com/b.png",
        size_bytes: JSON.parse("1e999")
      }]
    }
    const lifted = message(wire)
    expect(lifted).toMatchObject({
      ref: { id: "m" },
      sentAt: "2026-11-21T12:00:00.123456789Z",
      parts: [{ url: "https://example.com/a.png" }, { url: "https://example.com/b.png" }]
    })
    for (const name of ["createdAt", "deliveredAt", "readAt"]) expect(lifted).not.toHaveProperty(name)
    for (const part of lifted.parts) expect(part).not.toHaveProperty("sizeBytes")
    expect(chat({ id: "c", created_at: "then", updated_at: "2026-11-21T12:00:00Z", handles: [] })).toMatchObject({
      updatedAt: "2026-11-21T12:00:00Z"
    })
    expect(chat({ id: "c", created_at: "then", handles: [] })).not.toHaveProperty("createdAt")
  })

  const base = { id: "m1" }

  it("of the docs of spring 2026 has no status of its own", () => {
    const status = (more: object) => message({ ...base, ...more }).status
    expect(status({ is_from_me: true, is_read: true, is_delivered: true })).toEqual({ neutral: "read", raw: "is_read" })
    expect(status({ is_from_me: true, is_delivered: true })).toEqual({ neutral: "delivered", raw: "is_delivered" })
    expect(status({ is_from_me: true, sent_at: "2026-01-01T00:00:00Z" })).toEqual({ neutral: "sent", raw: "sent_at" })
    expect(status({ is_from_me: true, sent_at: null })).toEqual({ neutral: "pending", raw: "created_at" })
    expect(status({ is_from_me: false, is_read: true })).toEqual({ neutral: "delivered", raw: "is_delivered" })
    expect(status({ is_from_me: true, is_read: true, delivery_status: "failed" })).toEqual({ neutral: "failed", raw: "failed" })
    expect(status({ delivery_status: "received" })).toEqual({ neutral: "delivered", raw: "received" })
  })

  it("keeps words that no table knows", () => {
    const lifted = message({
      ...base,
      delivery_status: "teleported",
      service: "Pigeon",
      effect: { name: "vortex", type: "galaxy" },
      parts: [
        { type: "poll", question: "why" },
        {
          type: "text",
          value: "x",
          text_decorations: [{ range: [0, 1], style: "sparkly", animation: "shake" }],
          reactions: [{ type: "wave" }, { type: "custom" }]
        },
        { type: "media", url: "https://cdn.linqapp.com/a", size_bytes: null },
        { type: "link", value: "https://example.com" },
        { type: "text", value: null }
      ]
    })
    expect(lifted).toMatchObject({
      status: { raw: "teleported" },
      service: { raw: "Pigeon" },
      effect: { raw: "vortex" },
      parts: [
        { _tag: "Other", kind: "poll", raw: { type: "poll", question: "why" } },
        {
          _tag: "Text",
          decorations: [{ start: 0, end: 1, animation: "shake", raw: "sparkly" }],
          reactions: [{ reaction: { _tag: "Unrecognized", raw: "wave" } }, { reaction: { _tag: "Unrecognized", raw: "custom" } }]
        },
        { _tag: "Media", url: "https://cdn.linqapp.com/a" },
        { _tag: "Link", url: "https://example.com" },
        { _tag: "Other", kind: "text" }
      ],
      metadata: { effect: { name: "vortex", type: "galaxy" } }
    })
    expect("neutral" in lifted.status).toBe(false)
  })

  describe("with ranges", () => {
    const textOf = (fields: object) => message({ ...base, parts: [{ type: "text", value: "😀 e\u0301 👩‍👩‍👧!", ...fields }] }).parts[0]
    const bold = (...range: ReadonlyArray<unknown>) => ({ range, style: "bold" })

    it.each<[string, ReadonlyArray<unknown>]>([
      ["between the halves of an emoji", [0, 1]],
      ["between a letter and its accent", [3, 4]],
      ["within a family", [6, 8]],
      ["beyond the text", [0, 99]],
      ["before the text", [-1, 2]],
      ["backwards", [2, 0]],
      ["of nothing", [2, 2]],
      ["of one end", [2]],
      ["of three ends", [0, 2, 5]],
      ["of halves", [0, 2.5]],
      ["of words", ["0", "2"]],
      ["of null", [null, null]]
    ])("leaves out one %s, and keeps all as they came", (_, range) => {
      const given = [bold(...range), bold(0, 2)]
      expect(textOf({ text_decorations: given })).toMatchObject({
        decorations: [{ start: 0, end: 2, style: "bold" }],
        raw: { text_decorations: given }
      })
      const named = [{ handle: "+12025550101", is_me: false, range }, { handle: "+12025550102", is_me: false, range: [0, 2] }]
      expect(textOf({ mentions: named })).toMatchObject({
        mentions: [{ peer: "+12025550102", start: 0, end: 2 }],
        raw: { mentions: named }
      })
    })

    it.each([null, "bold", 7, {}, [null], ["bold"], [{ style: "bold" }], [{ range: null, style: "bold" }], [{ range: "0-2" }], [{
      range: [0, 2],
      style: 7
    }]])(
      "reads the text beside decorations such as %j",
      (given) => {
        const lifted = textOf({ text_decorations: given })
        expect(lifted).toMatchObject({ _tag: "Text", decorations: [] })
        expect(lifted?._tag === "Text" && lifted.raw).toEqual(given === null ? undefined : { text_decorations: given })
      }
    )

    it("says nothing twice of what was read to the last entry", () => {
      const lifted = textOf({
        text_decorations: [bold(0, 2), bold(3, 5), bold(6, 15)],
        mentions: [{ handle: "+12025550101", range: [6, 14] }],
        mention: "+12025550101",
        mention_range: [6, 14]
      })
      expect(lifted).not.toHaveProperty("raw")
      expect(lifted).toMatchObject({ decorations: [{ end: 2 }, { end: 5 }, { end: 15 }], mentions: [{ start: 6, end: 14 }] })
      expect(textOf({ mentions: [] })).not.toHaveProperty("raw")
      expect(textOf({ mentions: null, mention: "+12025550101" })).toMatchObject({ raw: { mention: "+12025550101" } })
      expect(textOf({ mention: "+12025550101" })).toMatchObject({ mentions: [{ start: 0, end: 15 }] })
      expect(textOf({ mention: "+12025550101", mention_range: [0, 1] })).toMatchObject({
        raw: { mention: "+12025550101", mention_range: [0, 1] }
      })
    })
  })

  describe("with mentions", () => {
    // linq-node of September 2026, read 2026-11
    const text = {
      type: "text",
      value: "Ana and Bo, see above",
      mentions: [
        { handle: "+12025550101", is_me: true, range: [0, 3] },
        { handle: "+12025550142", is_me: false, range: [8, 10] }
      ],
      mention: "+12025550101",
      mention_range: [0, 3]
    }
    const mentionsOf = (fields: object, owner?: string | ReadonlySet<string>) => {
      // JSON has no undefined: such a field is absent
      const wire = JSON.parse(JSON.stringify({ ...base, parts: [{ ...text, ...fields }] }))
      const [part] = LiftAnswer.message(carrierId, decode(LinqSchema.Message)(wire), owner).parts
      return part?._tag === "Text" ? part.mentions : undefined
    }
    const isMine = (fields: object, owner?: string | ReadonlySet<string>) => mentionsOf(fields, owner)?.map(({ isMine }) => isMine)
    const ours = "+12025550101"

    it("says who is named and where, and that it is us only of the chat's own line", () => {
      expect(mentionsOf({}, ours)).toEqual([
        { peer: ours, isMine: true, start: 0, end: 3 },
        { peer: "+12025550142", isMine: false, start: 8, end: 10 }
      ])
      expect(isMine({}, "+12025550177")).toEqual([false, false])
      expect(isMine({})).toEqual([false, false])
      const other = [{ handle: "+12025550142", is_me: true, range: [8, 10] }, { handle: ours, is_me: false, range: [0, 3] }]
      expect(isMine({ mentions: other }, ours)).toEqual([false, false])
      expect(isMine({ mentions: [{ handle: "ME@example.com", is_me: true, range: [0, 3] }] }, "me@example.com")).toEqual([true])
    })

    it("trusts our lines where the answer does not name the owner of the chat, but not in the older field", () => {
      expect(isMine({}, new Set([ours, "+12025550102"]))).toEqual([true, false])
      expect(isMine({}, new Set(["+12025550102"]))).toEqual([false, false])
      expect(isMine({ mentions: undefined }, new Set([ours]))).toEqual([false])
      expect(isMine({ mentions: undefined }, ours)).toEqual([true])
    })

    it.each([[null], [[]], ["x"], [7], [{}], [[null]], [[{ handle: ours }]], [[{ handle: ours, is_me: true, range: [0, 99] }]]])(
      "believes the list %j and not the older field beside it",
      (mentions) => expect(mentionsOf({ mentions }, ours)).toBeUndefined()
    )

    it("never says that we are meant by a range outside the text or within an emoji", () => {
      const bound = FastCheck.oneof(FastCheck.integer({ min: -3, max: 12 }), FastCheck.double(), FastCheck.constantFrom("0", null))
      const value = "😀 Bo 🎉!"
      FastCheck.assert(
        FastCheck.property(bound, bound, (start, end) => {
          const found = mentionsOf({ value, mentions: [{ handle: ours, is_me: true, range: [start, end] }] }, ours)
          const isRight = Number.isInteger(start) && Number.isInteger(end) && Number(start) >= 0 && Number(start) < Number(end) &&
            Number(end) <= value.length && ![1, 7].includes(Number(start)) && ![1, 7].includes(Number(end))
          expect(found?.map(({ isMine }) => isMine)).toEqual(isRight ? [true] : undefined)
        }),
        { numRuns: 500 }
      )
    })

    it("says of a message whether it means us", () => {
      const read = (owner: string) =>
        mentionsUs(LiftAnswer.message(carrierId, decode(LinqSchema.Message)({ ...base, parts: [text] }), owner))
      expect([read(ours), read("+12025550142")]).toEqual([true, false])
    })
  })

  it("reads every kind of reaction", () => {
    const reactions = [
      { type: "custom", custom_emoji: "😍", is_me: true, handle: { handle: "262966" } },
      { type: "sticker", sticker: { url: "https://cdn.linqapp.com/s", mime_type: "image/png", file_name: "s.png", width: 1, height: 2 } },
      { type: "sticker", sticker: null, id: "reaction-1" }
    ]
    expect(message({ ...base, parts: [{ type: "text", value: "x", reactions }] }).parts[0]?.reactions).toEqual([
      { reaction: { _tag: "Emoji", emoji: "😍" }, from: "262966", isMine: true, raw: "custom" },
      {
        reaction: { _tag: "Sticker", url: "https://cdn.linqapp.com/s", mimeType: "image/png", fileName: "s.png", width: 1, height: 2 },
        isMine: false,
        raw: "sticker"
      },
      { reaction: { _tag: "Sticker" }, id: "reaction-1", isMine: false, raw: "sticker" }
    ])
  })

  const nulled = FastCheck.dictionary(
    FastCheck.constantFrom(...Object.keys(LinqSchema.Message.fields).filter((key) => key !== "id"), "brand_new"),
    FastCheck.constantFrom(null, undefined)
  )
  it("is read with any field null or absent", () =>
    FastCheck.assert(FastCheck.property(nulled, (fields) => {
      const lifted = message({ ...fields, id: "m1" })
      expect(decode(Schema.typeSchema(Message))(lifted)).toEqual(lifted)
    })))
})

describe("a chat", () => {
  it("keeps the score of spring 2026 and the status of the client apart", () => {
    const scored = chat({ id: "c", health_score: { score: 80, reason: "quiet", updated_at: "t" } })
    expect(scored.health).toEqual({ status: "unknown", score: 80, reason: "quiet", updatedAt: "t" })
    expect(chat({ id: "c", health_status: { status: "healthy" } }).health).toEqual({ status: "healthy", raw: "healthy" })
    expect(chat({ id: "c", health_status: { status: "SLEEPY", updated_at: null } }).health).toEqual({ status: "unknown", raw: "SLEEPY" })
    expect(chat({ id: "c", health_status: null, health_score: null }).health).toBeUndefined()
  })

  it("names people who are not handles, and knows who left", () => {
    const lifted = chat({
      id: "c",
      handles: [{ handle: "262966", status: "banned", colour: "green" }, { handle: "Someone@Example.com", status: "left" }]
    })
    expect(lifted.participants).toEqual([
      { peer: "262966", isMine: false, status: { raw: "banned" }, metadata: { colour: "green" } },
      { peer: "someone@example.com", isMine: false, status: { neutral: "left", raw: "left" }, metadata: {} }
    ])
  })

  const nulled = FastCheck.dictionary(
    FastCheck.constantFrom(...Object.keys(LinqSchema.Chat.fields).filter((key) => key !== "id"), "brand_new"),
    FastCheck.constantFrom(null, undefined)
  )
  it("is read with any field null or absent", () =>
    FastCheck.assert(FastCheck.property(nulled, (fields) => {
      const lifted = chat({ ...fields, id: "c" })
      expect(decode(Schema.typeSchema(Chat))(lifted)).toEqual(lifted)
    })))

  it("describes whom an operation would reach", () => {
    const wire = decode(LinqSchema.Chat)({
      id: "c",
      is_group: true,
      handles: [{ handle: from, is_me: true }, { handle: person }, { handle: other, status: "left" }, { handle: "262966" }]
    })
    expect(LiftAnswer.chatContext(carrierId, wire)).toEqual({ kind: "group", recipients: [person], from, chat: { carrierId, id: "c" } })
  })

  it("is recognised by its exact people", () => {
    const holds = (handles: ReadonlyArray<object>, more: object = {}) =>
      LiftAnswer.holdsExactly(decode(LinqSchema.Chat)({ id: "c", handles, ...more }), "direct", [person], from)
    expect(holds([{ handle: from, is_me: true }, { handle: person }])).toBe(true)
    expect(holds([{ handle: from }, { handle: person }])).toBe(true)
    expect(holds([{ handle: from, is_me: true }, { handle: person }], { is_group: true })).toBe(false)
    expect(holds([{ handle: from, is_me: true }, { handle: person }, { handle: other }])).toBe(false)
    expect(holds([{ handle: from, is_me: true }, { handle: person, status: "removed" }])).toBe(false)
    expect(holds([{ handle: from, is_me: true, status: "left" }, { handle: person }])).toBe(false)
    expect(holds([{ handle: "+12025550100", is_me: true }, { handle: person }])).toBe(false)
    expect(holds([])).toBe(false)
  })
})

describe("the rest", () => {
  it("lifts an attachment and a webhook", () => {
    const attachment = LiftAnswer.attachment(carrierId, decode(LinqSchema.Attachment)(body("get-attachment.openapi")))
    expect(decode(Schema.typeSchema(Attachment))(attachment)).toEqual(attachment)
    const wire = decode(LinqSchema.WebhookSubscription)({
      id: "w",
      target_url: "https://example.com",
      subscribed_events: ["brand.new"],
      phone_numbers: [from, "262966"],
      signing_secret: "whsec_x",
      created_at: "2026-11-21T12:00:00Z",
      updated_at: "2026-11-22T12:00:00Z"
    })
    const { secret, ...webhook } = LiftAnswer.webhook(carrierId, wire)
    expect(webhook).toEqual({
      carrierId,
      id: "w",
      url: "https://example.com",
      events: ["brand.new"],
      lines: [from],
      active: true,
      createdAt: "2026-11-21T12:00:00Z",
      updatedAt: "2026-11-22T12:00:00Z"
    })
    expect(secret && Redacted.value(secret)).toBe("whsec_x")
  })
})
