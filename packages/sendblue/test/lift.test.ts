import { describe, expect, it } from "@effect/vitest"
import * as Handle from "@interline/core/Handle"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as LiftAnswer from "../src/convert/liftAnswer.ts"
import * as SendblueSchema from "../src/wire/SendblueSchema.ts"
import { fixtures } from "./fixtures.ts"
import { carrierId, from, person } from "./support.ts"

const message = (wire: unknown) =>
  Option.getOrThrow(
    LiftAnswer.message(carrierId, Schema.decodeUnknownSync(SendblueSchema.Message)({ message_handle: "h", ...Object(wire) }))
  )

const group = Schema.decodeUnknownSync(SendblueSchema.Group)
const ours = new Set<string>([from, "+15550001111"])

describe("messages", () => {
  it("leave out times that cannot be one, and keep the rest", () => {
    const lifted = message({
      message_handle: "m",
      content: "hi",
      date_created: "yesterday",
      date_sent: "2026-11-21T12:00:00.000Z",
      date_updated: "a\u0000b"
    })
    expect(lifted).toMatchObject({ ref: { id: "m" }, sentAt: "2026-11-21T12:00:00.000Z", parts: [{ text: "hi" }] })
    for (const name of ["createdAt", "updatedAt"]) expect(lifted).not.toHaveProperty(name)
    expect(LiftAnswer.chat(carrierId, "g", group({ group_id: "g", created_at: "soon" }), ours)).not.toHaveProperty("createdAt")
  })

  it("a documented answer, field by field", () => {
    const found = fixtures("responses").find(({ name }) => name === "send-message.archived")
    expect(message(found?.body)).toEqual({
      ref: { carrierId, id: "dfd747ba-5600-4a8a-804a-a614a0fbc1c5" },
      direction: "outbound",
      from: "+16468528190",
      to: ["+19998887777"],
      isGroup: false,
      parts: [
        { _tag: "Text", text: "Hello world!", decorations: [], reactions: [] },
        { _tag: "Media", url: "https://picsum.photos/200/300.jpg", fileName: "300.jpg", reactions: [] }
      ],
      effect: { neutral: "invisible", raw: "invisible" },
      status: { neutral: "queued", raw: "QUEUED" },
      optedOut: false,
      updatedAt: "2023-09-27T16:35:32.703Z",
      sentAt: "2023-09-27T16:35:32.287Z",
      metadata: {
        accountEmail: "YOUR EMAIL",
        message_type: "message",
        number: ["+19998887777"],
        participants: [],
        plan: "dedicated"
      }
    })
  })

  it("keys that no page names stay under their names, unless they say nothing", () => {
    expect(message({ row_id: 7, uuid: null, phoneID: "" }).metadata).toEqual({ row_id: 7 })
  })

  it("a failure keeps what Sendblue said of it", () => {
    const failed = { status: "ERROR", error_code: 402, error_message: "OPTED_OUT", error_reason: "SpamRule", error_detail: "declined" }
    expect(message(failed)).toMatchObject({
      status: { neutral: "failed" },
      failure: { code: "402", message: "OPTED_OUT", reason: "SpamRule", detail: "declined" },
      metadata: {}
    })
  })

  it("an error of which Sendblue says that it resolves nothing is no failed message: the person may have it", () => {
    const found = message({ status: "ERROR", error_code: 10002, error_message: "failed to resolve message status" })
    expect(found).toMatchObject({ status: { raw: "ERROR" }, failure: { code: "10002" } })
    expect(found.status).not.toHaveProperty("neutral")
  })

  it("a sentence without a failure is kept beside", () => {
    const found = message({ status: "SENT", error_code: 0, error_message: "none" })
    expect(found).not.toHaveProperty("failure")
    expect(found.metadata).toEqual({ error_message: "none" })
  })

  it("a reply, a location and an app card survive", () => {
    const found = message({
      reply_to: { message_handle: "p", part_index: 2 },
      thread_originator: { message_handle: "o", part: "x" },
      location: { latitude: 1, longitude: 2 },
      app_card: { url: "https://a.b" },
      was_downgraded: true,
      service: "RCS"
    })
    expect(found).toMatchObject({
      replyTo: { ref: { carrierId, id: "p" }, part: 2 },
      downgraded: true,
      service: { neutral: "RCS", raw: "RCS" },
      parts: [
        { _tag: "Other", kind: "location", raw: { latitude: 1, longitude: 2 } },
        { _tag: "Other", kind: "app_card", raw: { url: "https://a.b" } }
      ],
      metadata: { thread_originator: { message_handle: "o", part: "x" } }
    })
  })

  const directions: ReadonlyArray<readonly [string, unknown, "inbound" | "outbound"]> = [
    ["what it says", { is_outbound: false, from_number: from, number: person }, "inbound"],
    ["RECEIVED", { status: "RECEIVED" }, "inbound"],
    ["the other person wrote it", { status: "DELIVERED", from_number: person, number: person }, "inbound"],
    ["we wrote it", { status: "DELIVERED", from_number: from, number: person }, "outbound"],
    ["nothing said", { status: "DELIVERED" }, "outbound"]
  ]
  for (const [name, wire, direction] of directions) {
    it(`${direction} by ${name}`, () => expect(message(wire).direction).toBe(direction))
  }

  it("a message without a handle is none", () => {
    expect(LiftAnswer.message(carrierId, { status: "PENDING" })).toEqual(Option.none())
  })
})

describe("pages", () => {
  it("an empty page is the last, whatever hasMore says", () => {
    const empty = LiftAnswer.page(carrierId, { data: [], pagination: { hasMore: true, total: 9 } }, { limit: 5, offset: 5 })
    expect(empty).toEqual({ items: [], next: Option.none(), total: Option.some(9) })
  })
})

describe("groups", () => {
  const wire = {
    participant_numbers: [person, from, "+15550009999"],
    participants: [{ type: "contact", phone: person }, { type: "contact", handle: "Bob@example.com" }, {
      type: "seat",
      phone: "+15550009999"
    }]
  }

  it("the people are those who are neither our lines nor our seats", () => {
    expect(LiftAnswer.chatContext(carrierId, "g", group(wire), ours)).toEqual({
      kind: "group",
      recipients: [person, "bob@example.com"],
      from,
      chat: { carrierId, id: "g" }
    })
  })

  it("with two of our lines in it, it is not known which one writes", () => {
    const both = { ...wire, participant_numbers: [from, "+15550001111"] }
    expect(LiftAnswer.chatContext(carrierId, "g", group(both), ours).from).toBeUndefined()
  })
})

describe("where a message is", () => {
  const context = (wire: unknown) => LiftAnswer.messageContext(carrierId, Schema.decodeUnknownSync(SendblueSchema.Message)(wire), ours)

  it("a direct message is with the other person, on our line", () => {
    const expected = Option.some({ kind: "direct", recipients: [person], from, chat: undefined })
    expect(context({ number: person, sendblue_number: from })).toEqual(expected)
    expect(context({ number: person, from_number: from, to_number: person, is_outbound: true })).toEqual(expected)
    expect(context({ number: person, from_number: person, to_number: from, is_outbound: false })).toEqual(expected)
  })

  it("a group message is with everyone but our lines", () => {
    expect(context({ group_id: "g", participants: [from, person, "+15550001111"], sendblue_number: from })).toEqual(
      Option.some({ kind: "group", recipients: [person], from, chat: { carrierId, id: "g" } })
    )
  })

  it("a message of a short code is with nobody that could be written to", () => {
    expect(context({ number: "72345", sendblue_number: from })).toEqual(Option.none())
  })
})

describe("lookups", () => {
  const services = (handle: string, service: string | undefined) =>
    LiftAnswer.lookup(Handle.make(handle), service === undefined ? {} : { service }).services

  it("say whether iMessage was detected, and of a number else by what", () => {
    expect(services(person, "iMessage")).toEqual({ iMessage: true })
    expect(services(person, "SMS")).toEqual({ iMessage: false, SMS: true })
    expect(services("ada@example.com", "SMS")).toEqual({ iMessage: false })
  })

  it("say nothing in words that no table knows", () => {
    expect(services(person, "Pigeon")).toEqual({})
    expect(services(person, undefined)).toEqual({})
  })
})
