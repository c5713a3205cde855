/** Recorded requests are read as the fronts read live ones, and every route of a front is known to its reader. */
import { describe, expect, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as CarrierId from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as VendorId from "@interline/core/VendorId"
import * as LinqRequests from "@interline/gateway/LinqRequests"
import type { GivenRequest, References } from "@interline/gateway/RequestReader"
import * as SendblueRequests from "@interline/gateway/SendblueRequests"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import routes from "../golden/routes.json" with { type: "json" }

const line = Line.name("support")
const ours = "+12025550101"
const ada = Handle.make("+12025550123")
const grace = Handle.make("+12025550124")
const group: Conversation.Group = {
  _tag: "Group",
  line,
  id: Conversation.ConversationId.make("6f1c2d3e-0000-4000-8000-000000000001"),
  members: [ada, grace]
}

const references: References = {
  lineOf: (number) => number === ours ? Option.some(line) : Option.none(),
  onlyLine: Option.some(line),
  findMessage: (id) =>
    Effect.succeed(
      id === "known" ? Option.some({ carrierId: CarrierId.CarrierId.make("old"), id: VendorId.VendorId.make(id) }) : Option.none()
    ),
  findAttachment: () => Effect.succeedNone,
  openGroup: () => Effect.succeed(group),
  findConversation: (id) => Effect.succeed(id === "known" ? Option.some(group) : Option.none())
}

const readers = { linq: LinqRequests.make(references), sendblue: SendblueRequests.make(references) }

const read = (vendor: keyof typeof readers, request: Partial<GivenRequest>) =>
  Effect.runSync(readers[vendor].read({ method: "POST", path: "", query: "", contentType: undefined, body: "", ...request }))

const sorted = (texts: ReadonlyArray<string>) => Array.from(new Set(texts)).sort()

describe("a reader of requests", () => {
  it.each(
    [["linq", "/linq/v3"], ["sendblue", "/sendblue"]] as const
  )("of %s knows every route of the front", (vendor, prefix) => {
    const known = Object.keys(routes).filter((route) => route.includes(` ${prefix}/`) && !route.endsWith("/nowhere"))
    deepStrictEqual(sorted(readers[vendor].endpoints), sorted(known.map((route) => route.replace(prefix, ""))))
  })

  it("reads a send of Sendblue's wire, as fields and as text", () => {
    const fields = {
      number: ada,
      from_number: ours,
      content: "hi",
      send_style: "confetti",
      mood: "good",
      reply_to: { message_handle: "known" }
    }
    for (const body of [fields, JSON.stringify(fields)]) {
      expect(read("sendblue", { path: "/api/send-message", body })).toMatchObject({
        _tag: "Send",
        endpoint: "POST /api/send-message",
        to: Conversation.direct(line, ada),
        draft: { parts: [{ _tag: "Text", text: "hi" }], effect: "confetti", extras: { vendor: "sendblue", message: { mood: "good" } } },
        unknown: []
      })
    }
  })

  it("reads a send of Linq's wire, behind Linq's own address too", () => {
    const body = { from: ours, to: [ada], message: { parts: [{ type: "text", value: "hi" }] } }
    for (const path of ["/v3/chats", "/api/partner/v3/chats"]) {
      expect(read("linq", { path, body })).toMatchObject({
        _tag: "Send",
        endpoint: "POST /chats",
        to: Conversation.direct(line, ada),
        draft: { parts: [{ _tag: "Text", text: "hi" }] }
      })
    }
    expect(read("linq", { path: "/v3/chats/known/messages", body: { message: body.message } })).toMatchObject({ _tag: "Send", to: group })
  })

  it.each<[keyof typeof readers, Partial<GivenRequest>, object]>([
    ["sendblue", { path: "/api/send-group-message", body: { group_id: "known", from_number: ours, content: "x" } }, {
      _tag: "Send",
      to: group
    }],
    ["sendblue", { path: "/api/send-message", body: { number: ada, from_number: ours, content: "x", send_style: "odd" } }, {
      _tag: "Refused",
      isCarried: true
    }],
    ["sendblue", { path: "/api/send-message", body: "{" }, { _tag: "Refused", why: "Invalid JSON in request body" }],
    ["sendblue", { path: "/api/send-carousel", body: {} }, {
      _tag: "Refused",
      isCarried: false,
      why: "A carousel cannot be sent through this gateway; send each file as the media_url of a message of its own"
    }],
    ["sendblue", { method: "GET", path: "/api/v2/contacts/%2B12025550123" }, {
      _tag: "Refused",
      endpoint: "GET /api/v2/contacts/:phone",
      isCarried: false
    }],
    ["sendblue", { path: "/api/send-typing-indicator", body: { number: ada, later: true } }, {
      _tag: "Operation",
      operations: ["startTyping", "stopTyping"],
      unknown: ["later"]
    }],
    ["sendblue", { path: "/api/nowhere" }, { _tag: "NoEndpoint" }],
    ["linq", { path: "/v3/chats/unknown/messages", body: { message: { parts: [{ type: "text", value: "x" }] } } }, {
      _tag: "Refused",
      isCarried: true
    }],
    ["linq", { path: "/v3/chats/known/background", body: {} }, {
      _tag: "Refused",
      isCarried: false,
      why: "a chat's background is not carried by this gateway"
    }],
    ["linq", { path: "/v3/messages/known/reactions", body: { operation: "add", type: "love", size: 1 } }, {
      _tag: "Operation",
      operations: ["react", "unreact"],
      unknown: ["size"]
    }],
    ["linq", { path: "/v3/messages/known/reactions", body: { operation: "add", type: "sticker", attachment_id: "a", size: 1 } }, {
      _tag: "Operation",
      operations: ["react", "moveSticker"],
      unknown: ["size"]
    }],
    ["linq", {
      path: "/v3/messages",
      body: { to: [ada], message: { parts: [{ type: "text", value: "x" }] }, exclude_from: [ours] }
    }, {
      _tag: "Refused",
      endpoint: "POST /messages",
      isCarried: true,
      isSend: true,
      why: "no eligible sending line: the only line is excluded"
    }],
    ["linq", {
      path: "/v3/messages",
      body: { to: [ada], message: { parts: [{ type: "text", value: "x" }] }, exclude_from: ["+12025550199"] }
    }, { _tag: "Send", to: Conversation.direct(line, ada) }],
    ["linq", { path: "/v3/nowhere" }, { _tag: "NoEndpoint" }]
  ])("of %s reads %j", (vendor, request, expected) => {
    expect(read(vendor, request)).toMatchObject(expected)
  })
})
