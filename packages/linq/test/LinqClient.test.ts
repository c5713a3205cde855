import { describe, expect, it } from "@effect/vitest"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import type { MessagingError } from "@interline/core/MessagingError"
import * as Part from "@interline/core/Part"
import * as Plan from "@interline/core/Plan"
import * as Reaction from "@interline/core/Reaction"
import * as VendorId from "@interline/core/VendorId"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as LowerDraft from "../src/convert/lowerDraft.ts"
import type { LinqClient } from "../src/wire/LinqClient.ts"
import type * as LinqSchema from "../src/wire/LinqSchema.ts"
import {
  type Answer,
  base,
  carrierId,
  chatId,
  chatRef,
  clientOf,
  direct,
  fixture,
  fixtures,
  from,
  messageId,
  person,
  planOf,
  secret,
  sendable
} from "./support.ts"

const content = { parts: [{ type: "text", value: "hello" }] } as const
const ack = { status: 202, body: { status: "accepted" } }
const page = { body: { messages: [] } }
const number = { id: "p1", phone_number: from }
const subscription = { id: "w/1", target_url: "https://example.com" }
const card = { body: { phone_number: from, first_name: "Acme", is_active: true } }
const sent = { status: 202, body: { chat_id: chatId, message: { id: messageId } } }
const layout = { caption: "Score" }

type Call = (client: LinqClient) => Effect.Effect<unknown, MessagingError>

const calls: Record<keyof LinqClient, readonly [answer: Answer, call: Call, method: string, url: string, body?: unknown]> = {
  createChat: [
    { status: 201, body: { chat: { id: chatId, message: { id: messageId } } } },
    (client) => client.createChat({ from, to: [person], message: content, override_optout: true }),
    "POST",
    "/v3/chats",
    { from, to: [person], message: content, override_optout: true }
  ],
  listChats: [
    { body: { chats: [] } },
    (client) => client.listChats({ from, to: person, limit: 20, cursor: "20" }),
    "GET",
    "/v3/chats?from=%2B12052535597&to=%2B12052532136&limit=20&cursor=20"
  ],
  getChat: [{ body: { id: chatId } }, (client) => client.getChat("a/b?c"), "GET", "/v3/chats/a%2Fb%3Fc"],
  updateChat: [ack, (client) => client.updateChat("c", { display_name: "Team" }), "PUT", "/v3/chats/c", { display_name: "Team" }],
  addParticipant: [ack, (client) => client.addParticipant("c", person), "POST", "/v3/chats/c/participants", { handle: person }],
  removeParticipant: [ack, (client) => client.removeParticipant("c", person), "DELETE", "/v3/chats/c/participants", { handle: person }],
  leaveChat: [ack, (client) => client.leaveChat("c"), "POST", "/v3/chats/c/leave"],
  startTyping: [{ status: 204 }, (client) => client.startTyping("c"), "POST", "/v3/chats/c/typing"],
  stopTyping: [{ status: 204 }, (client) => client.stopTyping("c"), "DELETE", "/v3/chats/c/typing"],
  markRead: [{ status: 204 }, (client) => client.markRead("c"), "POST", "/v3/chats/c/read"],
  shareContactCard: [{ status: 204 }, (client) => client.shareContactCard("c"), "POST", "/v3/chats/c/share_contact_card"],
  sendVoiceMemo: [
    { status: 202, body: { voice_memo: { id: messageId } } },
    (client) => client.sendVoiceMemo("c", { attachment_id: "a", override_optout: true }),
    "POST",
    "/v3/chats/c/voicememo",
    { attachment_id: "a", override_optout: true }
  ],
  sendMessage: [
    sent,
    (client) => client.sendMessage("c", { message: content, override_optout: true }),
    "POST",
    "/v3/chats/c/messages",
    { message: content, override_optout: true }
  ],
  inspectMessages: [page, (client) => client.inspectMessages("c", { cursor: "x" }), "GET", "/v3/chats/c/messages?cursor=x"],
  listMessages: [page, (client) => client.listMessages("c", { limit: 1 }), "GET", "/v3/chats/c/messages?limit=1"],
  requestLocation: [{ body: { success: true } }, (client) => client.requestLocation("c"), "POST", "/v3/chats/c/location/request"],
  getLocation: [
    { body: fixture("responses", "get-location.openapi").body },
    (client) => client.getLocation("c"),
    "GET",
    "/v3/chats/c/location"
  ],
  stopLocation: [
    { status: 202, body: { success: true } },
    (client) => client.stopLocation("c", person),
    "DELETE",
    "/v3/chats/c/location",
    { handle: person }
  ],
  createPoll: [
    { status: 201, body: fixture("responses", "create-poll.go").body },
    (client) => client.createPoll("c", { poll: { options: [{ text: "Pizza" }, { text: "Sushi" }], idempotency_key: "k" } }),
    "POST",
    "/v3/chats/c/polls",
    { poll: { options: [{ text: "Pizza" }, { text: "Sushi" }], idempotency_key: "k" } }
  ],
  getPoll: [{ body: fixture("responses", "create-poll.go").body }, (client) => client.getPoll("m/1"), "GET", "/v3/messages/m%2F1/poll"],
  addPollOptions: [
    { body: fixture("responses", "create-poll.go").body },
    (client) => client.addPollOptions("m", ["Pizza"]),
    "POST",
    "/v3/messages/m/poll/options",
    { options: [{ text: "Pizza" }] }
  ],
  votePoll: [
    { body: fixture("responses", "create-poll.go").body },
    (client) => client.votePoll("m", { option_id: "o", operation: "remove" }),
    "POST",
    "/v3/messages/m/poll/votes",
    { option_id: "o", operation: "remove" }
  ],
  listBlockedHandles: [{ body: { blocked_handles: [] } }, (client) => client.listBlockedHandles(), "GET", "/v3/blocked_handles"],
  blockHandle: [
    { body: { blocked_handle: { handle: person } } },
    (client) => client.blockHandle(person, "spam"),
    "POST",
    "/v3/blocked_handles",
    { handle: person, reason: "spam" }
  ],
  unblockHandle: [{ status: 204 }, (client) => client.unblockHandle(person), "DELETE", "/v3/blocked_handles", { handle: person }],
  startReputationAudit: [
    { body: { audit_id: "a", status: "pending" } },
    (client) => client.startReputationAudit(from),
    "POST",
    "/v3/phone_numbers/%2B12052535597/reputation_audit"
  ],
  getReputationAudit: [
    { body: { audit_id: "a/1", status: "complete", report: { severity: "HEALTHY" } } },
    (client) => client.getReputationAudit(from, "a/1"),
    "GET",
    "/v3/phone_numbers/%2B12052535597/reputation_audit/a%2F1"
  ],
  setBackground: [
    { status: 202 },
    (client) => client.setBackground("c", { type: "color", variant: "plum" }),
    "POST",
    "/v3/chats/c/background",
    { type: "color", variant: "plum" }
  ],
  removeBackground: [{ status: 204 }, (client) => client.removeBackground("c"), "DELETE", "/v3/chats/c/background"],
  createMessage: [
    { status: 202, body: { message: { id: messageId } } },
    (client) => client.createMessage({ to: [person], message: content, override_optout: true }, "key-1"),
    "POST",
    "/v3/messages",
    { to: [person], message: content, override_optout: true }
  ],
  getMessage: [{ body: { id: messageId } }, (client) => client.getMessage("m/1"), "GET", "/v3/messages/m%2F1"],
  editMessage: [{ body: { id: messageId } }, (client) => client.editMessage("m", { text: "x" }), "PATCH", "/v3/messages/m", { text: "x" }],
  deleteMessage: [{ status: 204 }, (client) => client.deleteMessage("m"), "DELETE", "/v3/messages/m"],
  moveSticker: [
    ack,
    (client) => client.moveSticker("m", "r/1", { placement: { x: 0.5, rotation: 90 } }),
    "PATCH",
    "/v3/messages/m/reactions/r%2F1",
    { placement: { x: 0.5, rotation: 90 } }
  ],
  react: [
    ack,
    (client) => client.react("m", { operation: "add", type: "love" }),
    "POST",
    "/v3/messages/m/reactions",
    { operation: "add", type: "love" }
  ],
  listThread: [
    page,
    (client) => client.listThread("m", { order: "desc", limit: 5, cursor: "a=b" }),
    "GET",
    "/v3/messages/m/thread?order=desc&limit=5&cursor=a%3Db"
  ],
  updateAppCard: [sent, (client) => client.updateAppCard("m", { layout }), "POST", "/v3/messages/m/update", { layout }],
  createAttachment: [
    { body: fixture("responses", "create-attachment.presigned-url-response").body },
    (client) => client.createAttachment({ filename: "a.jpg", content_type: "image/jpeg", size_bytes: 3 }),
    "POST",
    "/v3/attachments",
    { filename: "a.jpg", content_type: "image/jpeg", size_bytes: 3 }
  ],
  putAttachment: [
    {},
    (client) =>
      client.putAttachment(
        { attachment_id: "a", upload_url: `${base}/put`, required_headers: { "Content-Type": "image/jpeg", "X-Sign": "s" } },
        new Uint8Array([7])
      ),
    "PUT",
    "/put",
    [7]
  ],
  getAttachment: [{ body: { id: "a" } }, (client) => client.getAttachment("a/1"), "GET", "/v3/attachments/a%2F1"],
  deleteAttachment: [{ status: 204 }, (client) => client.deleteAttachment("a"), "DELETE", "/v3/attachments/a"],
  listPhonenumbers: [{ body: { phone_numbers: [number] } }, (client) => client.listPhonenumbers(), "GET", "/v3/phonenumbers"],
  listPhoneNumbers: [{ body: { phone_numbers: [number] } }, (client) => client.listPhoneNumbers(), "GET", "/v3/phone_numbers"],
  updatePhoneNumber: [
    { body: number },
    (client) => client.updatePhoneNumber("p1", null),
    "PUT",
    "/v3/phone_numbers/p1",
    { forwarding_number: null }
  ],
  getAvailableNumber: [
    { body: fixture("responses", "get-available-number.openapi").body },
    (client) => client.getAvailableNumber([person, Handle.make("a@example.com")]),
    "GET",
    "/v3/available_number?to=%2B12052532136%2Ca%40example.com"
  ],
  listWebhookEvents: [{ body: { events: [] } }, (client) => client.listWebhookEvents(), "GET", "/v3/webhook-events"],
  createWebhookSubscription: [
    { status: 201, body: subscription },
    (client) => client.createWebhookSubscription({ target_url: "https://example.com", subscribed_events: ["message.sent"] }),
    "POST",
    "/v3/webhook-subscriptions",
    { target_url: "https://example.com", subscribed_events: ["message.sent"] }
  ],
  listWebhookSubscriptions: [
    { body: { subscriptions: [] } },
    (client) => client.listWebhookSubscriptions(),
    "GET",
    "/v3/webhook-subscriptions"
  ],
  getWebhookSubscription: [
    { body: subscription },
    (client) => client.getWebhookSubscription("w/1"),
    "GET",
    "/v3/webhook-subscriptions/w%2F1"
  ],
  updateWebhookSubscription: [
    { body: subscription },
    (client) => client.updateWebhookSubscription("w", { phone_numbers: null }),
    "PUT",
    "/v3/webhook-subscriptions/w",
    { phone_numbers: null }
  ],
  deleteWebhookSubscription: [{ status: 204 }, (client) => client.deleteWebhookSubscription("w"), "DELETE", "/v3/webhook-subscriptions/w"],
  checkIMessage: [
    { body: { available: true } },
    (client) => client.checkIMessage({ address: person }),
    "POST",
    "/v3/capability/check_imessage",
    { address: person }
  ],
  checkRcs: [{ body: { available: true } }, (client) => client.checkRcs({ address: person }), "POST", "/v3/capability/check_rcs", {
    address: person
  }],
  getContactCards: [
    { body: { contact_cards: [] } },
    (client) => client.getContactCards(from),
    "GET",
    "/v3/contact_card?phone_number=%2B12052535597"
  ],
  createContactCard: [
    card,
    (client) => client.createContactCard({ phone_number: from, first_name: "Acme" }),
    "POST",
    "/v3/contact_card",
    { phone_number: from, first_name: "Acme" }
  ],
  updateContactCard: [
    card,
    (client) => client.updateContactCard(from, { last_name: "Support" }),
    "PATCH",
    "/v3/contact_card?phone_number=%2B12052535597",
    { last_name: "Support" }
  ],
  perform: [sent, (client) => client.perform("/v3/chats/c/messages", { message: content }), "POST", "/v3/chats/c/messages", {
    message: content
  }]
}

describe("the request of", () => {
  for (const [name, [answer, call, method, url, body]] of Object.entries(calls)) {
    it.effect(name, () =>
      Effect.gen(function*() {
        const { client, requests } = clientOf(answer)
        yield* call(client)
        expect(requests).toMatchObject([{ method, url: base + url }])
        const headers = requests[0]?.headers ?? {}
        expect(requests[0]?.body).toEqual(body)
        expect(headers["authorization"]).toBe(name === "putAttachment" ? undefined : `Bearer ${secret}`)
        expect(headers["accept"]).toBe(
          name === "putAttachment" ? undefined : name === "getLocation" ? "application/geo+json" : "application/json"
        )
        expect(headers["idempotency-key"]).toBe(name === "createMessage" ? "key-1" : undefined)
        if (name === "putAttachment") expect(headers).toMatchObject({ "content-type": "image/jpeg", "x-sign": "s" })
        if (body !== undefined && name !== "putAttachment") expect(headers["content-type"]).toBe("application/json")
      }))
  }
})

describe("an answer", () => {
  it.effect("to an edit of a deleted record is none", () =>
    Effect.map(clientOf({ status: 204 }).client.editMessage("m", { text: "x" }), (found) => expect(found).toEqual(Option.none())))

  it.effect("to what is only queued may be empty or unreadable", () =>
    Effect.gen(function*() {
      for (const answer of [{ status: 202 }, { status: 202, body: "ok" }, { status: 200, body: { status: 1 } }]) {
        expect(yield* clientOf(answer).client.leaveChat("c")).toEqual({})
      }
    }))
})

describe("the vendor's own examples of requests are reproduced:", () => {
  const wire = (name: string) => fixture("requests", name)
  const lowered = (draft: Draft.Draft, rest: Partial<Plan.PlanInput> = {}) =>
    sendable(planOf(draft, { from: Handle.phone("+12052535597"), ...rest })).steps[0]
  const bold = { start: 0, end: 5, style: "bold" } as const
  const shake = { start: 6, end: 11, animation: "shake" } as const
  const attachment = Part.attachment(chatRef)
  const isNew = { knowledge: Plan.isNew, conversation: { ...direct, handle: Handle.make("+12052532136") } }
  const drafts: Record<string, readonly [Draft.Draft, Partial<Plan.PlanInput>?]> = {
    "create-chat.chat-with-media-url": [
      Draft.make([Part.text("Check out this image!"), Part.media("https://images.dog.ceo/breeds/terrier-cairn/n02096177_13328.jpg")]),
      isNew
    ],
    "create-chat.chat-with-preferred-service": [Draft.text("Sent via iMessage only", { preferredService: "iMessage" }), isNew],
    "create-chat.chat-with-preuploaded-media": [Draft.make([attachment]), isNew],
    "create-chat.chat-with-text-decorations": [Draft.make([Part.text("Hello world", [bold, shake])]), isNew],
    "create-chat.chat-with-text-message": [Draft.text("Hello! How can I help you today?"), isNew],
    "send-chat-message.simple-text": [Draft.text("Hello, world!")],
    "send-chat-message.with-confetti": [Draft.text("Congratulations! 🎉", { effect: "confetti" })],
    "send-chat-message.with-invisible-ink": [Draft.text("This is a secret message", { effect: "invisible" })],
    "send-chat-message.with-link": [Draft.link("https://linqapp.com")],
    "send-chat-message.with-media-attachment-id": [Draft.make([attachment])],
    "send-chat-message.with-media-url": [Draft.make([Part.text("Check out this photo!"), Part.media("https://example.com/photo.jpg")])],
    "send-chat-message.with-reply-to": [
      Draft.text("Great point!"),
      { replyTo: { ref: { carrierId, id: "6ba7b810-9dad-11d1-80b4-00c04fd430c8" }, part: 0 } }
    ],
    "send-chat-message.with-slam": [Draft.text("BOOM!", { effect: "slam" })],
    "send-chat-message.with-text-decorations": [Draft.make([Part.text("Hello world", [bold, shake])])]
  }
  for (const [name, [draft, rest]] of Object.entries(drafts)) {
    it(name, () => {
      const { body, method, path } = wire(name)
      expect(lowered(draft, rest)).toMatchObject({ method, path: path.replace("{chatId}", chatId) })
      expect(lowered(draft, rest).body).toEqual(body)
    })
  }

  it("send-chat-message.with-idempotency-key", () =>
    expect(LowerDraft.withKey(lowered(Draft.text("This won't be sent twice")).body, "unique-request-id-123")).toEqual(
      wire("send-chat-message.with-idempotency-key").body
    ))
  it("send-voice-memo", () => {
    expect(LowerDraft.voiceMemo(attachment)).toEqual(wire("send-voice-memo.with-attachment-id").body)
    expect(LowerDraft.voiceMemo(Part.media("https://example.com/voice-memo.m4a"))).toEqual(wire("send-voice-memo.with-url").body)
  })
  it("react", () => {
    expect(LowerDraft.reaction("react", 0, Reaction.tapback("love"))).toEqual(wire("react.add-love").body)
    expect(LowerDraft.reaction("react", 0, Reaction.emoji("😍"))).toEqual(wire("react.custom-emoji").body)
    expect(LowerDraft.reaction("react", 1, Reaction.tapback("laugh"))).toEqual(wire("react.react-to-message-part").body)
    expect(LowerDraft.reaction("unreact", 0, Reaction.tapback("like"))).toEqual(wire("react.remove-like").body)
  })
  // shapes of linq-python and linq-node 0.58 to 0.69, read 2026-11
  it("react, a sticker", () => {
    const sticker = LowerDraft.reaction("react", 1, Reaction.sticker(chatRef, { x: -1, y: 1, scale: 1.5, rotation: 90 }))
    expect(sticker).toEqual({
      operation: "add",
      type: "sticker",
      attachment_id: chatRef.id,
      placement: { x: -1, y: 1, scale: 1.5, rotation: 90 },
      part_index: 1
    })
    const url = "https://cdn.linqapp.com/attachments/a/star.png"
    expect(LowerDraft.reaction("react", 0, { _tag: "Sticker", url })).toEqual({ operation: "add", type: "sticker", url })
    expect(LowerDraft.stickerProblems({ _tag: "Sticker", url })).toEqual([])
    for (
      const foreign of ["https://example.com/star.png", "http://cdn.linqapp.com/star.png", "https://cdn.linqapp.com.example.com/star.png"]
    ) {
      expect(LowerDraft.stickerProblems({ _tag: "Sticker", url: foreign })).toMatchObject([{ rule: "media-scheme" }])
    }
  })
  it("edit-message", () => expect(LowerDraft.edit("This is the edited message content", 0)).toEqual(wire("edit-message.edit-message").body))

  // the rest passes through the client as it is; TypeScript checks that its types can write it
  const through: Record<string, Call> = {
    "create-chat.chat-with-confetti-effect": (client) => client.createChat(bodyOf("create-chat.chat-with-confetti-effect")),
    "create-chat.chat-with-imessage-app": (client) => client.createChat(bodyOf("create-chat.chat-with-imessage-app")),
    "create-chat.chat-with-invisible-ink": (client) => client.createChat(bodyOf("create-chat.chat-with-invisible-ink")),
    "send-chat-message.with-imessage-app": (client) => client.sendMessage(chatId, bodyOf("send-chat-message.with-imessage-app")),
    "send-chat-message.with-imessage-app-image": (client) =>
      client.sendMessage(chatId, bodyOf("send-chat-message.with-imessage-app-image")),
    "send-chat-message.with-static-imessage-app": (client) =>
      client.sendMessage(chatId, bodyOf("send-chat-message.with-static-imessage-app")),
    "create-message.direct-text": (client) => client.createMessage(bodyOf("create-message.direct-text")),
    "create-message.exclude-lines": (client) => client.createMessage(bodyOf("create-message.exclude-lines")),
    "create-message.failover-with-continuation": (client) => client.createMessage(bodyOf("create-message.failover-with-continuation")),
    "create-message.first-message-link": (client) => client.createMessage(bodyOf("create-message.first-message-link")),
    "create-message.group-with-media": (client) => client.createMessage(bodyOf("create-message.group-with-media")),
    "update-app-card.score-update": (client) => client.updateAppCard(messageId, bodyOf("update-app-card.score-update")),
    "add-participant.add-user": (client) => client.addParticipant(chatId, "+12052499136"),
    "remove-participant.remove-user": (client) => client.removeParticipant(chatId, "+12052499136"),
    "check-imessage.default": (client) => client.checkIMessage({ address: "+15551234567" }),
    "check-rcs.default": (client) => client.checkRcs({ address: "+15551234567" }),
    "create-attachment.image-upload": (client) => client.createAttachment(bodyOf("create-attachment.image-upload")),
    "create-attachment.video-upload": (client) => client.createAttachment(bodyOf("create-attachment.video-upload")),
    "create-contact-card.default": (client) => client.createContactCard(bodyOf("create-contact-card.default")),
    "update-contact-card.default": (client) => client.updateContactCard(from, bodyOf("update-contact-card.default")),
    "update-chat.update-both": (client) => client.updateChat(chatId, bodyOf("update-chat.update-both")),
    "update-chat.update-icon": (client) => client.updateChat(chatId, bodyOf("update-chat.update-icon")),
    "update-chat.update-name": (client) => client.updateChat(chatId, bodyOf("update-chat.update-name")),
    "update-phone-number.default": (client) => client.updatePhoneNumber("p1", "+12025559999"),
    "create-webhook-subscription.all-events": (client) =>
      client.createWebhookSubscription(bodyOf("create-webhook-subscription.all-events")),
    "create-webhook-subscription.message-events": (client) =>
      client.createWebhookSubscription(bodyOf("create-webhook-subscription.message-events")),
    "create-webhook-subscription.message-events-with-version": (client) =>
      client.createWebhookSubscription(bodyOf("create-webhook-subscription.message-events-with-version")),
    "create-webhook-subscription.per-line-subscription": (client) =>
      client.createWebhookSubscription(bodyOf("create-webhook-subscription.per-line-subscription")),
    "update-webhook-subscription.clear-phone-filter": (client) =>
      client.updateWebhookSubscription("w", bodyOf("update-webhook-subscription.clear-phone-filter")),
    "update-webhook-subscription.deactivate": (client) =>
      client.updateWebhookSubscription("w", bodyOf("update-webhook-subscription.deactivate")),
    "update-webhook-subscription.filter-by-phone-numbers": (client) =>
      client.updateWebhookSubscription("w", bodyOf("update-webhook-subscription.filter-by-phone-numbers")),
    "update-webhook-subscription.update-events": (client) =>
      client.updateWebhookSubscription("w", bodyOf("update-webhook-subscription.update-events")),
    "update-webhook-subscription.update-url": (client) =>
      client.updateWebhookSubscription("w", bodyOf("update-webhook-subscription.update-url"))
  }
  for (const [name, call] of Object.entries(through)) {
    it.effect(name, () =>
      Effect.gen(function*() {
        const { client, requests } = clientOf({})
        yield* Effect.either(call(client))
        const { body, method, path } = wire(name)
        expect(requests).toMatchObject([{ method }])
        expect(requests[0]?.body).toEqual(body)
        expect(requests[0]?.url.slice(base.length).replace(/\?.*/, "")).toMatch(
          new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`)
        )
      }))
  }

  it("all of them", () => {
    const here = [...Object.keys(drafts), ...Object.keys(through), "send-chat-message.with-idempotency-key", "edit-message.edit-message"]
    const rest = fixtures("requests").map(({ name }) => name).filter((name) => !here.includes(name))
    expect(rest.filter((name) => !/^(react|send-voice-memo)\./.test(name))).toEqual([])
  })
})

/** A fixture's body, as the type of the request that the test gives it to. */
const bodyOf = <A>(name: string): A => fixture("requests", name).body as A

describe("a send's answer", () => {
  const ids = FastCheck.string({ minLength: 1 }).filter(VendorId.isVendorId)
  const reply = FastCheck.record({
    status: FastCheck.option(FastCheck.string(), { nil: undefined }),
    service: FastCheck.constantFrom(undefined, null, "iMessage", "Pigeon"),
    extra: FastCheck.object(),
    id: ids
  })

  it.effect("is understood, and kept as it came, whatever else it says", () =>
    Effect.forEach(FastCheck.sample(reply, 50), ({ extra, id, service, status }) => {
      const message = { ...extra, id, delivery_status: status, service } satisfies LinqSchema.SentReceipt
      const bodies = [{ chat_id: chatId, message, trace_id: null }, { chat: { id: chatId, message } }, { message }]
      return Effect.forEach(
        bodies,
        (body) =>
          Effect.map(
            clientOf({ status: 202, body }).client.sendMessage("c", { message: content }),
            (answer) => expect(answer).toEqual(JSON.parse(JSON.stringify(body)))
          )
      )
    }))
})
