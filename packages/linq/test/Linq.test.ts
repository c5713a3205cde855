import { describe, expect, it } from "@effect/vitest"
import * as Conversation from "@interline/core/Conversation"
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import type { Handle } from "@interline/core/Handle"
import * as Part from "@interline/core/Part"
import * as Peer from "@interline/core/Peer"
import { Raw } from "@interline/core/Raw"
import * as Reaction from "@interline/core/Reaction"
import { Suppression } from "@interline/core/Suppression"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Linq from "../src/Linq.ts"
import { base, chatId, chatRef, direct, fixture, from, group, line, messageId, messageRef, other, person, run, send } from "./support.ts"

const sent = fixture("responses", "send-chat-message.docs").body
const created = fixture("responses", "create-chat.docs").body
const handle = (value: string, more: object = {}) => ({
  id: `id-${value}`,
  handle: value,
  service: "iMessage",
  joined_at: "2026-01-01",
  ...more
})
const mine = handle(from, { is_me: true })
const chat = { id: chatId, is_group: false, handles: [mine, handle(person)] }
const groupChat = { id: chatId, is_group: true, handles: [mine, handle(person), handle(other)] }
const message = { id: messageId, chat_id: chatId, is_from_me: true, delivery_status: "sent", parts: [] }
const none = { body: { chats: [], next_cursor: null } }

describe("Linq", () => {
  it.effect("opens a chat with the first text, under a key", () =>
    run([{ status: 201, body: created }], (carrier, requests) =>
      Effect.gen(function*() {
        const outcome = yield* send(carrier, Draft.text("hello"))
        expect(outcome).toMatchObject({
          _tag: "Accepted",
          receipts: [{
            ref: { carrierId: "linq", id: messageId },
            chat: { carrierId: "linq", id: "94c6bf33-31d9-40e3-a0e9-f94250ecedb9" },
            parts: [0],
            status: "pending",
            rawStatus: "pending",
            service: "iMessage"
          }]
        })
        const [request, ...others] = requests
        expect(others).toEqual([])
        expect(request).toMatchObject({
          method: "POST",
          url: `${base}/v3/chats`,
          body: { from, to: [person], message: { parts: [{ type: "text", value: "hello" }], idempotency_key: expect.any(String) } }
        })
      })))

  it.effect("writes into a chat that it knows", () =>
    run(
      [{ status: 201, body: { chat: { id: chatId, message: { id: "m1" } } } }, { status: 202, body: sent }],
      (carrier, requests) =>
        Effect.gen(function*() {
          yield* send(carrier, Draft.text("hello"))
          const outcome = yield* send(carrier, Draft.text("again", { effect: "confetti" }))
          expect(outcome._tag).toBe("Accepted")
          expect(requests.map(({ method, url }) => [method, url])).toEqual([
            ["POST", `${base}/v3/chats`],
            ["POST", `${base}/v3/chats/${chatId}/messages`]
          ])
          expect(requests[1]?.body).toMatchObject({ message: { effect: { type: "screen", name: "confetti" } } })
        })
    ))

  it.effect("looks the chat up when the plan depends on it, and takes only the exact people", () =>
    run([
      { body: { chats: [groupChat, { ...chat, id: "left", handles: [{ ...mine, status: "left" }, handle(person)] }], next_cursor: "2" } },
      { body: { chats: [chat], next_cursor: null } },
      { status: 202, body: sent }
    ], (carrier, requests) =>
      Effect.gen(function*() {
        const outcome = yield* send(carrier, Draft.link("https://example.com"))
        expect(outcome._tag).toBe("Accepted")
        expect(requests.map(({ url }) => url)).toEqual([
          `${base}/v3/chats?from=%2B12052535597&to=%2B12052532136&limit=100`,
          `${base}/v3/chats?from=%2B12052535597&to=%2B12052532136&limit=100&cursor=2`,
          `${base}/v3/chats/${chatId}/messages`
        ])
      })))

  it.effect("finds a group by its exact members", () =>
    run([
      { body: { chats: [{ ...groupChat, id: "bigger", handles: [...groupChat.handles, handle("+12025550199")] }, chat, groupChat] } },
      { status: 202, body: sent }
    ], (carrier, requests) =>
      Effect.gen(function*() {
        yield* send(carrier, Draft.link("https://example.com"), group)
        expect(requests[1]?.url).toBe(`${base}/v3/chats/${chatId}/messages`)
      })))

  it.effect("refuses a first message with a link before it is sent", () =>
    run([none], (carrier, requests) =>
      Effect.gen(function*() {
        const outcome = yield* send(carrier, Draft.link("https://example.com"))
        expect(outcome).toMatchObject({ _tag: "Rejected", error: { reason: "InvalidInput", certainty: "not-sent" } })
        expect(requests.length).toBe(1)
      })))

  it.effect("keeps the answer for those who need a field without a neutral name", () =>
    run([{ status: 201, body: created }], (carrier) =>
      Effect.map(send(carrier, Draft.text("hello")), (outcome) => {
        const raw = outcome._tag === "Accepted" ? outcome.receipts[0].raw : undefined
        expect(raw && Raw.value(raw)).toEqual(created)
        expect(JSON.stringify(outcome)).not.toContain("+1415")
      })))

  for (
    const [name, answer] of [
      ["nothing", { status: 201 }],
      ["no JSON", { status: 201, body: "<html>" }],
      ["half of it", { status: 201, body: "{\"chat\":{\"id\":" }],
      ["no id", { status: 201, body: { chat: { id: chatId, message: {} } } }],
      ["an empty id", { status: 202, body: { chat_id: chatId, message: { id: "" } } }],
      ["an id with a NUL", { status: 202, body: { chat_id: chatId, message: { id: "a\u0000b" } } }],
      ["half a character for an id", { status: 202, body: { chat_id: chatId, message: { id: "a\ud83d" } } }],
      ["an id that is a place in a path", { status: 202, body: { chat_id: chatId, message: { id: ".." } } }]
    ] as const
  ) {
    it.effect(`does not know what happened when a success says ${name}`, () =>
      run(
        [answer],
        (carrier) =>
          Effect.map(send(carrier, Draft.text("hello")), (outcome) =>
            expect(outcome).toMatchObject({ _tag: "Unknown", evidence: { error: { reason: "BadResponse", certainty: "unknown" } } }))
      ))
  }

  it.effect("keeps a status that no table knows as pending, with the word", () =>
    run(
      [{ status: 201, body: { chat: { id: chatId, message: { id: "m1", delivery_status: "teleported", service: "Pigeon" } } } }],
      (carrier) =>
        Effect.map(send(carrier, Draft.text("hello")), (outcome) => {
          expect(outcome).toMatchObject({ receipts: [{ status: "pending", rawStatus: "teleported" }] })
          expect(outcome._tag === "Accepted" && "service" in outcome.receipts[0]).toBe(false)
        })
    ))

  it.effect("teaches the fence that a person opted out", () =>
    run(
      [{ status: 403, body: { success: false, error: { status: 403, code: 2024, message: "opted out" } } }],
      (carrier, requests) =>
        Effect.gen(function*() {
          yield* send(carrier, Draft.text("hello"))
          const suppression = yield* Suppression
          expect(Option.isSome(yield* suppression.find(person))).toBe(true)
          expect(yield* send(carrier, Draft.text("hello"))).toMatchObject({ error: { reason: "Suppressed" } })
          expect(requests.length).toBe(1)
        })
    ))

  it.effect("passes Linq's own block for the confirmation of an opt-out, with the flag beside the message, and for nothing else", () =>
    run([{ status: 201, body: { chat: { id: chatId, message: { id: "m1" } } } }, { status: 202, body: sent }, {
      status: 201,
      body: created
    }], (carrier, requests) =>
      Effect.gen(function*() {
        const suppression = yield* Suppression
        yield* send(carrier, Draft.text("hello"))
        yield* suppression.add(person, "event", carrier.id)
        const confirmation = { draft: Draft.text("you are out"), fidelity: "adapt", generation: 1, confirmsOptOut: true } as const
        const to = (handle: Handle) => ({
          ...confirmation,
          conversation: Conversation.direct(line, handle),
          deliveryId: "6f1b1c9e-0d0c-4c9b-9a53-1f6d3f3b2a10" as DeliveryId
        })
        expect(yield* carrier.send(to(person))).toMatchObject({ _tag: "Accepted" })
        expect(yield* carrier.send(to(person))).toMatchObject({ error: { reason: "Suppressed" } })
        yield* suppression.add(other, "event", carrier.id)
        yield* carrier.send(to(other))
        expect(requests.map(({ body, url }) => [url, (body as Record<string, unknown>)["override_optout"]])).toEqual([
          [`${base}/v3/chats`, undefined],
          [`${base}/v3/chats/${chatId}/messages`, true],
          [`${base}/v3/chats`, true]
        ])
        expect(requests[1]?.body).toEqual({
          override_optout: true,
          message: { parts: [{ type: "text", value: "you are out" }], idempotency_key: expect.any(String) }
        })
        // a plan is kept and may be carried out later, so it says nothing of the flag
        expect(JSON.stringify(yield* carrier.plan(to(person)))).not.toContain("override")
      })))

  it.effect("says nothing of tokens, numbers and texts in an error", () =>
    run(
      [{ status: 400, body: { success: false, error: { status: 400, code: 1002, message: `${person} is no number` } } }],
      (carrier) =>
        Effect.map(send(carrier, Draft.text("a secret text")), (outcome) => {
          const error = outcome._tag === "Rejected" ? outcome.error : undefined
          expect(error?.vendorMessage && Redacted.value(error.vendorMessage)).toBe(`${person} is no number`)
          for (const shown of [JSON.stringify(error), String(error), error?.message]) {
            for (const leak of [person.slice(1), "linq-token", "secret text"]) expect(shown).not.toContain(leak)
          }
        })
    ))
})

describe("operations in a chat", () => {
  const inChat = (name: string, answers: ReadonlyArray<object>, expected: ReadonlyArray<unknown>, use: Parameters<typeof run>[1]) =>
    it.effect(name, () =>
      run(answers, (carrier, requests) =>
        Effect.gen(function*() {
          yield* use(carrier, requests)
          expect(requests.map(({ body, method, url }) => [method, url.slice(base.length), ...(body === undefined ? [] : [body])])).toEqual(
            expected
          )
        })))
  const read = ["GET", `/v3/chats/${chatId}`]
  const direct1 = { body: chat }
  const group1 = { body: groupChat }
  const ack = { status: 202, body: { status: "accepted", message: "queued", trace_id: "t" } }
  const noContent = { status: 204 }

  inChat("markRead", [direct1, noContent], [read, ["POST", `/v3/chats/${chatId}/read`]], (carrier) => carrier.markRead(chatRef))
  inChat("startTyping", [direct1, noContent], [read, ["POST", `/v3/chats/${chatId}/typing`]], (carrier) => carrier.startTyping(chatRef))
  inChat("stopTyping", [direct1, noContent], [read, ["DELETE", `/v3/chats/${chatId}/typing`]], (carrier) => carrier.stopTyping(chatRef))
  inChat("leaveChat", [group1, ack], [read, ["POST", `/v3/chats/${chatId}/leave`]], (carrier) => carrier.leaveChat(chatRef))
  inChat(
    "shareContactCard",
    [direct1, noContent],
    [read, ["POST", `/v3/chats/${chatId}/share_contact_card`]],
    (carrier) => carrier.shareContactCard(chatRef)
  )
  inChat(
    "requestLocation",
    [direct1, { body: fixture("responses", "request-location.docs").body }],
    [read, ["POST", `/v3/chats/${chatId}/location/request`]],
    (carrier) => Effect.map(carrier.requestLocation(chatRef), (asked) => expect(asked).toEqual({}))
  )
  inChat(
    "requestLocation not in a group",
    [group1],
    [read],
    (carrier) =>
      Effect.map(
        Effect.flip(carrier.requestLocation(chatRef)),
        (error) => expect(error).toMatchObject({ reason: "Unsupported", certainty: "not-sent" })
      )
  )
  inChat(
    "requestLocation of somebody who shares already",
    [direct1, { status: 409, body: { success: false, error: { status: 409, code: 2998, message: "already sharing" } } }],
    [read, ["POST", `/v3/chats/${chatId}/location/request`]],
    (carrier) =>
      Effect.map(
        Effect.flip(carrier.requestLocation(chatRef)),
        (error) => expect(error).toMatchObject({ reason: "Conflict", certainty: "not-sent", vendorCode: "2998" })
      )
  )
  inChat(
    "requestLocation too often",
    [direct1, {
      status: 429,
      headers: { "retry-after": "60" },
      body: { success: false, error: { status: 429, code: 1007, message: "slow" } }
    }],
    [read, ["POST", `/v3/chats/${chatId}/location/request`]],
    (carrier) =>
      Effect.map(Effect.flip(carrier.requestLocation(chatRef)), (error) => {
        expect(error).toMatchObject({ reason: "RateLimited", certainty: "not-sent" })
        expect(error.retryAfter).toEqual(Duration.seconds(60))
      })
  )
  inChat(
    "requestLocation without an answer is asked once",
    [direct1, { status: 503, body: "" }],
    [read, ["POST", `/v3/chats/${chatId}/location/request`]],
    (carrier) =>
      Effect.map(
        Effect.flip(carrier.requestLocation(chatRef)),
        (error) => expect(error).toMatchObject({ reason: "Unavailable", certainty: "unknown", next: "reconcile" })
      )
  )
  inChat(
    "getLocations takes two coordinates of three",
    [group1, { body: fixture("responses", "get-location.openapi").body }],
    [read, ["GET", `/v3/chats/${chatId}/location`]],
    (carrier) =>
      Effect.map(carrier.getLocations(chatRef), (found) =>
        expect(found).toEqual([
          {
            peer: "+15551234567",
            sharing: "located",
            position: {
              latitude: 37.7749,
              longitude: -122.4194,
              address: "123 Main St, San Francisco, CA 94102",
              locality: "San Francisco",
              at: "2026-02-04T12:00:00Z"
            },
            metadata: {}
          },
          {
            peer: "+15559876543",
            sharing: "located",
            position: {
              latitude: 37.784,
              longitude: -122.408,
              address: "456 Market St, San Francisco, CA 94105",
              locality: "San Francisco",
              at: "2026-02-04T12:01:30Z"
            },
            metadata: {}
          }
        ]))
  )
  inChat(
    "getLocations of a place without coordinates",
    [direct1, {
      body: {
        success: true,
        data: {
          type: "FeatureCollection",
          features: [{ type: "Feature", geometry: { type: "Point", coordinates: [] }, properties: { handle: person, floor: 3 } }]
        }
      }
    }],
    [read, ["GET", `/v3/chats/${chatId}/location`]],
    (carrier) =>
      Effect.map(
        carrier.getLocations(chatRef),
        (found) => expect(found).toEqual([{ peer: person, sharing: "waiting", metadata: { floor: 3 } }])
      )
  )
  inChat(
    "stopLocation",
    [group1, { status: 202, body: { success: true, message: "requested" } }],
    [read, ["DELETE", `/v3/chats/${chatId}/location`, { handle: other }]],
    (carrier) => carrier.stopLocation(chatRef, other)
  )
  inChat(
    "stopLocation of somebody who shares nothing",
    [direct1, { status: 404, body: { success: false, error: { status: 404, code: 2999, message: "not sharing" } } }],
    [read, ["DELETE", `/v3/chats/${chatId}/location`, { handle: person }]],
    (carrier) =>
      Effect.map(
        Effect.flip(carrier.stopLocation(chatRef, person)),
        (error) => expect(error).toMatchObject({ reason: "NotFound", certainty: "not-sent" })
      )
  )
  inChat(
    "addParticipant",
    [group1, ack],
    [read, ["POST", `/v3/chats/${chatId}/participants`, { handle: other }]],
    (carrier) => carrier.addParticipant(chatRef, other)
  )
  inChat(
    "removeParticipant",
    [group1, ack],
    [read, ["DELETE", `/v3/chats/${chatId}/participants`, { handle: other }]],
    (carrier) => carrier.removeParticipant(chatRef, other)
  )
  inChat(
    "updateChat",
    [group1, { status: 202, body: { chat_id: chatId, status: "pending" } }],
    [read, ["PUT", `/v3/chats/${chatId}`, { display_name: "Team", group_chat_icon: "https://example.com/i.png" }]],
    (carrier) => carrier.updateChat(chatRef, { name: "Team", icon: "https://example.com/i.png" })
  )
  inChat(
    "updateChat cannot clear",
    [group1],
    [read],
    (carrier) =>
      Effect.map(
        Effect.flip(carrier.updateChat(chatRef, { name: null })),
        (error) => expect(error).toMatchObject({ reason: "Unsupported" })
      )
  )
  inChat(
    "sendVoiceMemo",
    [direct1, { status: 202, body: fixture("responses", "send-voice-memo.docs").body }],
    [read, ["POST", `/v3/chats/${chatId}/voicememo`, { voice_memo_url: "https://example.com/a.m4a" }]],
    (carrier) =>
      Effect.map(carrier.sendVoiceMemo(chatRef, Part.media("https://example.com/a.m4a")), (receipt) =>
        expect(receipt).toMatchObject({
          ref: messageRef,
          chat: { id: "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e" },
          parts: [0],
          status: "queued",
          rawStatus: "queued",
          service: "iMessage"
        }))
  )
  inChat(
    "sendVoiceMemo refuses other files before it asks",
    [direct1],
    [read],
    (carrier) =>
      Effect.map(
        Effect.flip(carrier.sendVoiceMemo(chatRef, Part.media("https://example.com/a.png"))),
        (error) => expect(error.problems?.[0]).toMatchObject({ rule: "media-format", path: ["audio", "url"] })
      )
  )
  inChat("an operation on people without a chat", [none], [[
    "GET",
    "/v3/chats?from=%2B12052535597&to=%2B12052532136&limit=100"
  ]], (carrier) => Effect.map(Effect.flip(carrier.markRead(direct)), (error) => expect(error).toMatchObject({ reason: "NotFound" })))

  const located = [["GET", `/v3/messages/${messageId}`], read]
  const there = [{ body: message }, { body: chat }]
  const path = `/v3/messages/${messageId}`
  const blocked = { handle: "262966", blocked_at: "2026-08-14T10:00:00Z", reason: "spam" }
  inChat(
    "listBlocked",
    [{ body: { blocked_handles: [blocked, { handle: "ada@example.com", blocked_at: "yesterday" }] } }],
    [["GET", "/v3/blocked_handles"]],
    (carrier) =>
      Effect.map(carrier.listBlocked(), (found) =>
        expect(found).toEqual([
          { carrierId: "linq", peer: "262966", at: "2026-08-14T10:00:00Z", reason: "spam" },
          { carrierId: "linq", peer: "ada@example.com" }
        ]))
  )
  inChat(
    "block",
    [{ body: { blocked_handle: blocked } }],
    [["POST", "/v3/blocked_handles", { handle: "262966", reason: "spam" }]],
    (carrier) =>
      Effect.map(carrier.block(Peer.fromVendor("262966"), "spam"), (made) => expect(made).toMatchObject({ peer: "262966", reason: "spam" }))
  )
  inChat("unblock", [noContent], [["DELETE", "/v3/blocked_handles", { handle: person }]], (carrier) => carrier.unblock(person))
  inChat(
    "block refuses what is no sender before it asks",
    [],
    [],
    (carrier) => Effect.map(Effect.flip(carrier.block(Peer.fromVendor(" "))), (error) => expect(error.reason).toBe("InvalidInput"))
  )
  const envelope = fixture("responses", "create-poll.go").body
  const answered = { body: envelope }
  const ab = { options: ["a", "b"] }
  const posted = ["POST", `/v3/chats/${chatId}/polls`, { poll: { options: [{ text: "a" }, { text: "b" }] } }]
  inChat(
    "sendPoll with a key",
    [direct1, { status: 201, body: envelope }],
    [read, ["POST", `/v3/chats/${chatId}/polls`, {
      poll: { options: [{ text: "Pizza" }, { text: "Sushi" }], idempotency_key: "lunch-1" }
    }]],
    (carrier) =>
      Effect.map(carrier.sendPoll(chatRef, { options: ["Pizza", "Sushi"], key: "lunch-1" }), ({ raw: _, ...sent }) =>
        expect(sent).toEqual({
          ref: messageRef,
          chat: { carrierId: "linq", id: "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e" },
          parts: [0],
          status: "pending",
          poll: {
            ref: messageRef,
            chat: { carrierId: "linq", id: "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e" },
            totalVoters: 1,
            createdAt: "2026-08-14T10:00:00Z",
            updatedAt: "2026-08-14T10:05:00Z",
            options: [
              {
                id: "97ce8c17-7ef6-4bbc-a89a-6b93d189712f",
                text: "Pizza",
                creator: from,
                canBeEdited: false,
                voters: [{ peer: person, at: "2026-08-14T10:05:00Z" }]
              },
              { id: "97ce8c17-7ef6-4bbc-a89a-6b93d1897130", text: "Sushi", canBeEdited: false, voters: [] }
            ],
            reactions: [{ reaction: { _tag: "Tapback", tapback: "love" }, from: person, isMine: false, raw: "love" }],
            metadata: {}
          }
        }))
  )
  inChat(
    "sendPoll without a chat is refused before it is sent",
    [none],
    [[
      "GET",
      "/v3/chats?from=%2B12052535597&to=%2B12052532136&limit=100"
    ]],
    (carrier) =>
      Effect.map(
        Effect.flip(carrier.sendPoll(direct, ab)),
        (error) => expect(error).toMatchObject({ reason: "NotFound", certainty: "not-sent" })
      )
  )
  inChat(
    "sendPoll without an answer is asked once",
    [direct1, { status: 502, body: "" }],
    [read, posted],
    (carrier) =>
      Effect.map(
        Effect.flip(carrier.sendPoll(chatRef, ab)),
        (error) => expect(error).toMatchObject({ reason: "Unavailable", certainty: "unknown", next: "reconcile" })
      )
  )
  inChat(
    "sendPoll whose answer names no message may have gone out",
    [direct1, { status: 201, body: { poll: { options: [] } } }],
    [read, posted],
    (carrier) =>
      Effect.map(
        Effect.flip(carrier.sendPoll(chatRef, ab)),
        (error) => expect(error).toMatchObject({ reason: "BadResponse", certainty: "unknown", detail: "field message_id" })
      )
  )
  inChat(
    "sendPoll teaches the fence that the person opted out",
    [direct1, { status: 403, body: { success: false, error: { status: 403, code: 2024, message: "opted out" } } }, direct1],
    [read, posted, read],
    (carrier) =>
      Effect.gen(function*() {
        expect(yield* Effect.flip(carrier.sendPoll(chatRef, ab))).toMatchObject({ reason: "OptedOut", certainty: "not-sent" })
        expect(yield* Effect.flip(carrier.sendPoll(chatRef, ab))).toMatchObject({ reason: "Suppressed", certainty: "not-sent" })
      })
  )
  for (const options of [[], ["one"], ["one", " "], ["one", "a\ud800"]]) {
    inChat(
      `sendPoll refuses ${JSON.stringify(options)} before it asks`,
      [],
      [],
      (carrier) => Effect.map(Effect.flip(carrier.sendPoll(chatRef, { options })), (error) => expect(error.reason).toBe("InvalidInput"))
    )
  }
  inChat(
    "getPoll",
    [answered],
    [["GET", `${path}/poll`]],
    (carrier) => Effect.map(carrier.getPoll(messageRef), ({ totalVoters }) => expect(totalVoters).toBe(1))
  )
  inChat(
    "addPollOptions",
    [...there, answered],
    [...located, ["POST", `${path}/poll/options`, { options: [{ text: "Soup" }] }]],
    (carrier) => Effect.map(carrier.addPollOptions(messageRef, ["Soup"]), ({ options }) => expect(options).toHaveLength(2))
  )
  inChat(
    "voteInPoll",
    [...there, answered, ...there, answered],
    [
      ...located,
      ["POST", `${path}/poll/votes`, { option_id: "o-1", operation: "add" }],
      ...located,
      ["POST", `${path}/poll/votes`, { option_id: "o-1", operation: "remove" }]
    ],
    (carrier) => Effect.zipRight(carrier.voteInPoll(messageRef, "o-1", true), carrier.voteInPoll(messageRef, "o-1", false))
  )
  inChat(
    "react",
    [...there, ack],
    [...located, ["POST", `${path}/reactions`, { operation: "add", type: "laugh", part_index: 1 }]],
    (carrier) => carrier.react(messageRef, Reaction.tapback("laugh"), { part: 1 })
  )
  inChat("unreact", [...there, ack], [...located, ["POST", `${path}/reactions`, {
    operation: "remove",
    type: "custom",
    custom_emoji: "😍"
  }]], (carrier) => carrier.unreact(messageRef, Reaction.emoji("😍")))
  inChat(
    "edit",
    [...there, { body: message }],
    [...located, ["PATCH", path, { text: "better", part_index: 0 }]],
    (carrier) => carrier.edit(messageRef, "better")
  )
  inChat(
    "edit of a deleted record",
    [...there, noContent],
    [...located, ["PATCH", path, { text: "better", part_index: 0 }]],
    (carrier) => carrier.edit(messageRef, "better")
  )
  inChat(
    "edit refuses a text that is too long",
    there,
    located,
    (carrier) =>
      Effect.map(
        Effect.flip(carrier.edit(messageRef, "x".repeat(10_001))),
        (error) => expect(error.problems?.[0]).toMatchObject({ rule: "text-length", path: ["text"], limit: 10_000 })
      )
  )
  inChat("deleteRecord", [noContent], [["DELETE", path]], (carrier) => carrier.deleteRecord(messageRef))
  inChat(
    "getMessage",
    [{ body: message }],
    [["GET", path]],
    (carrier) =>
      Effect.map(carrier.getMessage(messageRef), (found) => expect(found).toMatchObject({ ref: messageRef, status: { neutral: "sent" } }))
  )
  inChat("listMessages", [{ body: chat }, { body: { messages: [message], next_cursor: "n" } }], [
    read,
    ["GET", `/v3/chats/${chatId}/messages?limit=5&cursor=c`]
  ], (carrier) =>
    Effect.map(carrier.listMessages(chatRef, { limit: 5, cursor: "c" }), (page) => {
      expect(page.items.length).toBe(1)
      expect(page.next).toEqual(Option.some("n"))
    }))
  inChat(
    "listThread",
    [{ body: { messages: [message], next_cursor: null } }],
    [["GET", `${path}/thread`]],
    (carrier) => Effect.map(carrier.listThread(messageRef), (page) => expect(page.next).toEqual(Option.none()))
  )
  inChat("listChats", [{ body: { chats: [chat], next_cursor: "" } }], [
    ["GET", "/v3/chats?from=%2B12052535597&to=someone%40example.com"]
  ], (carrier) =>
    Effect.map(carrier.listChats({ line, with: other }), (page) => {
      expect(page.items[0]).toMatchObject({ ref: chatRef, isGroup: false })
      expect(page.next).toEqual(Option.none())
    }))
  inChat(
    "getChat",
    [direct1, direct1],
    [read, read],
    (carrier) =>
      Effect.map(carrier.getChat(chatRef), (found) => expect(found.participants.map(({ isMine }) => isMine)).toEqual([true, false]))
  )
})

describe("operations of an account", () => {
  const account = (name: string, answers: ReadonlyArray<object>, use: Parameters<typeof run>[1]) => it.effect(name, () => run(answers, use))
  const upload = { fileName: "photo.jpg", mimeType: "image/jpeg", bytes: new Uint8Array([1, 2, 3]) }

  account("puts the bytes where Linq says, without our token", [
    { body: fixture("responses", "create-attachment.presigned-url-response").body },
    { status: 200 }
  ], (carrier, requests) =>
    Effect.gen(function*() {
      const attachment = yield* carrier.uploadAttachment(upload)
      expect(attachment).toMatchObject({
        ref: chatRef,
        fileName: "photo.jpg",
        mimeType: "image/jpeg",
        sizeBytes: 3,
        url: "https://cdn.linqapp.com/uploads/partner-id/550e8400/photo.jpg"
      })
      const [create, put] = requests
      expect(create?.body).toEqual({ filename: "photo.jpg", content_type: "image/jpeg", size_bytes: 3 })
      expect(put).toMatchObject({ method: "PUT", body: [1, 2, 3], headers: { "content-type": "image/jpeg" } })
      expect(put?.url.startsWith("https://uploads.linqapp.com/attachments/550e8400?X-Amz-Algorithm")).toBe(true)
      expect(put?.headers["authorization"]).toBeUndefined()
    }))
  account(
    "does not take a refusal of the bytes for Linq's own",
    [
      { body: fixture("responses", "create-attachment.presigned-url-response").body },
      { status: 403, body: "<Error><Code>SignatureDoesNotMatch</Code></Error>" }
    ],
    (carrier) =>
      Effect.map(
        Effect.flip(carrier.uploadAttachment(upload)),
        (error) => expect(error).toMatchObject({ reason: "Unrecognized", status: 403 })
      )
  )
  account(
    "refuses a file of another type before it asks",
    [],
    (carrier, requests) =>
      Effect.map(Effect.flip(carrier.uploadAttachment({ ...upload, mimeType: "image/webp" })), (error) => {
        expect(error.problems?.[0]).toMatchObject({ rule: "media-format", path: ["upload", "mimeType"] })
        expect(requests).toEqual([])
      })
  )
  account(
    "refuses a file that is too large before it asks",
    [],
    (carrier, requests) =>
      Effect.map(Effect.flip(carrier.uploadAttachment({ ...upload, bytes: new Uint8Array(100 * 1024 * 1024 + 1) })), (error) => {
        expect(error.problems?.[0]).toMatchObject({ rule: "media-size", limit: 104_857_600 })
        expect(requests).toEqual([])
      })
  )
  account(
    "reads and deletes an attachment",
    [{ body: fixture("responses", "get-attachment.openapi").body }, { status: 204 }],
    (carrier, requests) =>
      Effect.gen(function*() {
        expect(yield* carrier.getAttachment(chatRef)).toMatchObject({ fileName: "photo.jpg", metadata: { status: "complete" } })
        yield* carrier.deleteAttachment(chatRef)
        expect(requests.map(({ method, url }) => [method, url])).toEqual([
          ["GET", `${base}/v3/attachments/${chatId}`],
          ["DELETE", `${base}/v3/attachments/${chatId}`]
        ])
      })
  )
  account(
    "asks about both services of a phone",
    [{ body: { address: person, available: true } }, { body: { available: false } }],
    (carrier, requests) =>
      Effect.gen(function*() {
        expect(yield* carrier.lookupService(person, line)).toEqual({ services: { iMessage: true, RCS: false } })
        expect(requests.map(({ body, url }) => [url, body])).toEqual([
          [`${base}/v3/capability/check_imessage`, { address: person, from }],
          [`${base}/v3/capability/check_rcs`, { address: person, from }]
        ])
      })
  )
  account("leaves RCS unsaid when the check cannot run", [{ body: { available: true } }, {
    status: 503,
    body: fixture("errors", "shared.service-unavailable").body
  }], (carrier) => Effect.map(carrier.lookupService(person), (found) => expect(found).toEqual({ services: { iMessage: true } })))
  account(
    "asks about iMessage only for an e-mail address",
    [{ body: { available: false } }],
    (carrier, requests) =>
      Effect.gen(function*() {
        expect(yield* carrier.lookupService(other)).toEqual({ services: { iMessage: false } })
        expect(requests.length).toBe(1)
      })
  )
  account("lists lines by their names", [{
    body: {
      phone_numbers: [{ id: "p1", phone_number: from, reputation: { status: "AT_RISK", doc_url: "d" } }, { id: "p2", phone_number: person }]
    }
  }], (carrier) =>
    Effect.map(carrier.listLines(), (lines) =>
      expect(lines).toEqual([
        {
          carrierId: "linq",
          number: from,
          id: "p1",
          name: "support",
          status: "at-risk",
          raw: "AT_RISK",
          available: true,
          metadata: { reputation: { status: "AT_RISK", doc_url: "d" } }
        },
        { carrierId: "linq", number: person, id: "p2", status: "unknown", available: true, metadata: {} }
      ])))
  account("sets and clears forwarding by the line's id", [
    { body: { phone_numbers: [{ id: "p1", phone_number: from }] } },
    { body: { id: "p1", phone_number: from, forwarding_number: null } }
  ], (carrier, requests) =>
    Effect.gen(function*() {
      yield* carrier.setForwarding(line, null)
      expect(requests[1]).toMatchObject({ method: "PUT", url: `${base}/v3/phone_numbers/p1`, body: { forwarding_number: null } })
    }))
  account(
    "does not set the forwarding of a line that is not the account's",
    [{ body: { phone_numbers: [] } }],
    (carrier) =>
      Effect.map(Effect.flip(carrier.setForwarding(line, null)), (error) => expect(error).toMatchObject({ reason: "LineNotAllowed" }))
  )
  account("changes a contact card that exists", [
    { status: 409, body: { success: false, error: { status: 409, code: 2014, message: "exists" } } },
    { body: { phone_number: from, first_name: "Acme", is_active: true } }
  ], (carrier, requests) =>
    Effect.gen(function*() {
      expect(yield* carrier.setContactCard(line, { firstName: "Acme", lastName: "Support" })).toEqual({
        line,
        firstName: "Acme",
        active: true
      })
      expect(requests.map(({ body, method, url }) => [method, url, body])).toEqual([
        ["POST", `${base}/v3/contact_card`, { phone_number: from, first_name: "Acme", last_name: "Support" }],
        ["PATCH", `${base}/v3/contact_card?phone_number=%2B12052535597`, { first_name: "Acme", last_name: "Support" }]
      ])
    }))
  account(
    "does not change a contact card after another conflict",
    [
      { status: 409, body: { success: false, error: { status: 409, code: 2015, message: "x" } } }
    ],
    (carrier, requests) =>
      Effect.map(Effect.flip(carrier.setContactCard(line, { firstName: "Acme" })), () => expect(requests.length).toBe(1))
  )
  account("finds the line's own contact card or none", [{
    body: {
      contact_cards: [{ phone_number: person, first_name: "X", is_active: true }, {
        phone_number: from,
        first_name: "Acme",
        is_active: false
      }]
    }
  }, { body: { contact_cards: [] } }], (carrier) =>
    Effect.gen(function*() {
      expect(yield* carrier.getContactCard(line)).toEqual(Option.some({ line, firstName: "Acme", active: false }))
      expect(yield* carrier.getContactCard(line)).toEqual(Option.none())
    }))
  account("manages webhooks", [
    {
      status: 201,
      body: {
        id: "w1",
        target_url: "https://example.com/h",
        signing_secret: "whsec_x",
        subscribed_events: ["message.sent"],
        is_active: true
      }
    },
    { body: { id: "w1", target_url: "https://example.com/h", is_active: false, phone_numbers: null } },
    { body: { subscriptions: [{ id: "w1", target_url: "https://example.com/h", phone_numbers: [from] }] } },
    { status: 204 }
  ], (carrier, requests) =>
    Effect.gen(function*() {
      const made = yield* carrier.createWebhook({ url: "https://example.com/h", events: ["message.sent"], lines: [from] })
      expect(made.secret && Redacted.value(made.secret)).toBe("whsec_x")
      expect(JSON.stringify(made)).not.toContain("whsec_x")
      expect(yield* carrier.updateWebhook("w1", { active: false, lines: [] })).toMatchObject({ active: false, lines: [] })
      expect(yield* carrier.listWebhooks()).toMatchObject([{ id: "w1", lines: [from] }])
      yield* carrier.deleteWebhook("w1")
      expect(requests.map(({ body, method, url }) => [method, url.slice(base.length), body])).toEqual([
        ["POST", "/v3/webhook-subscriptions", {
          target_url: "https://example.com/h",
          subscribed_events: ["message.sent"],
          phone_numbers: [from]
        }],
        ["PUT", "/v3/webhook-subscriptions/w1", { is_active: false, phone_numbers: [] }],
        ["GET", "/v3/webhook-subscriptions", undefined],
        ["DELETE", "/v3/webhook-subscriptions/w1", undefined]
      ])
    }))
  account("refuses a webhook over http and a secret of the caller's choice", [], (carrier, requests) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(
        carrier.createWebhook({ url: "http://example.com", events: ["message.sent"], secret: Redacted.make("s") })
      )
      expect(error.problems?.map(({ path }) => path.join("."))).toEqual(["subscription.url", "subscription.secret"])
      expect(requests).toEqual([])
    }))
  account(
    "has no way to record an opt-out",
    [],
    (carrier, requests) =>
      Effect.map(Effect.flip(carrier.setOptOut(person, true)), (error) => {
        expect(error).toMatchObject({ reason: "Unsupported" })
        expect(requests).toEqual([])
      })
  )
})

describe("capabilities", () => {
  it("name every operation that the adapter implements, and no other", () => {
    expect(Linq.capabilities.operations.setOptOut).toEqual({ direct: "unsupported", group: "unsupported" })
    expect(Linq.capabilities.effects.shooting_star).toBe("unsupported")
  })
})
