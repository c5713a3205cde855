/** Chats: list, read, rename, enter and leave, read receipts, typing, contact cards, voice memos and locations. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import type { Handle } from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import type { MessagingError } from "@interline/core/MessagingError"
import { present } from "@interline/core/Optional"
import * as LinqWords from "@interline/linq/LinqWords"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as KeyAccess from "../../http/KeyAccess.ts"
import * as OutcomeHeaders from "../kit/outcomeHeaders.ts"
import * as PathTable from "../kit/pathTable.ts"
import * as UnknownFields from "../kit/unknownFields.ts"
import * as ChatLookup from "./chatLookup.ts"
import * as Files from "./files.ts"
import { conversationOf, isMessage, readOffset, readPageRequest } from "./messages.ts"
import * as PassOn from "./passing/passOn.ts"
import * as Refusal from "./refusal.ts"
import * as Request from "./request.ts"
import type { Services } from "./services.ts"
import * as Wire from "./wire.ts"

interface Filter {
  readonly line?: LineName
  readonly peer?: Handle
}

/** Whether this message is the newest of its conversation. The list shows a conversation in the place of its newest message. */
const isNewest = ({ archive }: Services, of: Conversation.Conversation, id: string): Effect.Effect<boolean> =>
  Effect.map(
    archive.list({ conversation: Conversation.key(of), limit: 1, offset: 0, countTo: 0 }),
    ({ items: [newest] }) => newest?.id === id
  )

/** Whether a conversation has a message. A first message that was refused opens no chat. */
const isOpen = ({ archive }: Services, of: Conversation.Conversation): Effect.Effect<boolean> =>
  Effect.map(archive.list({ conversation: Conversation.key(of), limit: 100, offset: 0, countTo: 0 }), ({ items }) => items.some(isMessage))

/** The conversations whose messages passed through the gateway, the latest first, and the offset of the next page. */
const listPassed = (services: Services, filter: Filter, limit: number, from: number) =>
  Effect.gen(function*() {
    const found = new Map<string, Conversation.Conversation>()
    let offset = from
    while (found.size < limit) {
      const { items, total } = yield* services.archive.list({ ...filter, limit: 100, offset })
      for (const item of items) {
        if (found.size === limit) break
        offset++
        const of = conversationOf(item)
        if (of === undefined || found.has(Conversation.key(of))) continue
        if ((yield* isNewest(services, of, item.id)) && (isMessage(item) || (yield* isOpen(services, of)))) {
          found.set(Conversation.key(of), of)
        }
      }
      if (items.length === 0 || offset >= total) {
        return { found: Array.from(found.values()), next: Option.none<string>() }
      }
    }
    return { found: Array.from(found.values()), next: Option.some(String(offset)) }
  })

const list = (services: Services) => (call: Request.Call) =>
  Effect.gen(function*() {
    const page = yield* readPageRequest(call, 20)
    const from = call.query.get("from")
    const to = call.query.get("to")
    const line = from === null ? undefined : yield* Request.readLine(services.front, from, "from")
    const peer = to === null ? undefined : yield* Request.readHandle(to, "to")
    if (services.carriersListChats) {
      const found = yield* Refusal.lift(
        services.messaging.listChats({ ...page, ...present({ line, with: peer }) })
      )
      const chats = yield* Effect.forEach(found.items, (chat) => ChatLookup.describeChat(services, chat))
      return Refusal.json(call, 200, { chats: chats.map(Wire.chat), next_cursor: Option.getOrNull(found.next) })
    }
    const { found, next } = yield* listPassed(
      services,
      present({ line, peer }),
      page.limit,
      yield* readOffset(page.cursor)
    )
    const chats = yield* Effect.forEach(found, (of) => ChatLookup.readChat(services, of))
    return Refusal.json(call, 200, { chats: chats.map(Wire.chat), next_cursor: Option.getOrNull(next) })
  })

// the carrier describes no chats, or has not opened this one: then the gateway shows its own records
const isUndescribed = ({ reason }: MessagingError): boolean => reason === "Unsupported" || reason === "NotFound"

const readFacts = (services: Services, target: Conversation.ChatTarget): Effect.Effect<Wire.ChatFacts, Refusal.Refusal> =>
  Effect.flatMap(Effect.either(services.messaging.getChat(target)), (found) =>
    Either.isRight(found)
      ? ChatLookup.describeChat(services, found.right)
      : Conversation.isConversation(target) && isUndescribed(found.left)
      ? ChatLookup.readChat(services, target)
      : Effect.fail(Refusal.ofError(found.left, "chat")))

/** A chat, under the id by which the request asked for it. */
const retrieve = (services: Services) => (call: Request.Call) =>
  Effect.gen(function*() {
    const id = Request.param(call, "chatId")
    const facts = yield* readFacts(services, yield* ChatLookup.findTarget(services, id))
    return Refusal.json(call, 200, Wire.chat({ ...facts, view: { ...facts.view, id } }))
  })

const groupOnly = Refusal.refuse({ status: 409, code: 1006 }, "Cannot update direct message chats")

const findGroup = (services: Services, call: Request.Call): Effect.Effect<Conversation.ChatTarget, Refusal.Refusal> =>
  Effect.flatMap(
    ChatLookup.findTarget(services, Request.param(call, "chatId")),
    (target) => Conversation.isConversation(target) && target._tag === "Direct" ? groupOnly : Effect.succeed(target)
  )

const changes = {
  add: {
    said: "Participant addition queued",
    members: (before: ReadonlyArray<Handle>, who: Handle) => [...before.filter((one) => one !== who), who]
  },
  remove: {
    said: "Participant removal queued",
    members: (before: ReadonlyArray<Handle>, who: Handle) => before.filter((one) => one !== who)
  }
} as const

/** Adds or removes a member. The gateway finds a group by its members, so it stores the new members, too. */
const changeParticipants = (services: Services, change: keyof typeof changes) => (call: Request.Call) =>
  Effect.gen(function*() {
    const { handle } = yield* Request.decode(Request.Participant)(call.body)
    const who = yield* Request.readHandle(handle, "handle")
    const target = yield* findGroup(services, call)
    const { addParticipant, removeParticipant } = services.messaging
    yield* Refusal.lift((change === "add" ? addParticipant : removeParticipant)(target, who))
    const { members, said } = changes[change]
    if (Conversation.isConversation(target) && target._tag === "Group") {
      yield* services.ids.remember({ ...target, members: members(target.members, who) })
    }
    return Refusal.accepted(call, said)
  })

const actOnChat =
  (services: Services, act: (target: Conversation.ChatTarget) => Effect.Effect<void, MessagingError>) => (call: Request.Call) =>
    Effect.flatMap(
      ChatLookup.findTarget(services, Request.param(call, "chatId")),
      (target) => Effect.as(Refusal.lift(act(target)), Refusal.empty(call, 204))
    )

const sendVoiceMemo = (services: Services) => (call: Request.Call) =>
  Effect.gen(function*() {
    const { unknown, value: body } = yield* Request.decodeKnown(Request.VoiceMemo, services.front)(call.body)
    const audio = yield* Request.readVoiceMemo(Files.makeFinder(services, call.origin), body)
    const target = yield* ChatLookup.findTarget(services, Request.param(call, "chatId"))
    const { ref, service, status } = yield* Refusal.lift(services.messaging.sendVoiceMemo(target, audio))
    const facts = yield* viewChatAt(services, target, ref.carrierId)
    const view = { ...facts.view, service: service ?? facts.view.service }
    const fileOf = yield* Files.describeFiles(services, { parts: [audio] }, call.origin)
    const { type: _type, ...file } = Wire.media({ _tag: "Media", reactions: [], ...fileOf(audio) })
    return Refusal.json(call, 202, {
      voice_memo: {
        id: yield* services.ids.toMessageId(ref),
        from: view.number ?? null,
        to: view.people,
        status: LinqWords.statusFromNeutral[status],
        service: service === undefined ? null : LinqWords.serviceFromNeutral[service],
        voice_memo: { ...file, duration_ms: null },
        created_at: Wire.iso(yield* Clock.currentTimeMillis),
        chat: { id: view.id, handles: Wire.handles(view), is_group: view.isGroup, service: Wire.service(view.service), is_active: true }
      }
    }, OutcomeHeaders.writeLosses(UnknownFields.toLosses(unknown)))
  })

// --- locations ---

const requestLocation = (services: Services) => (call: Request.Call) =>
  Effect.flatMap(
    ChatLookup.findTarget(services, Request.param(call, "chatId")),
    (target) =>
      Effect.as(
        Refusal.lift(services.messaging.requestLocation(target)),
        Refusal.json(call, 200, { success: true, message: "Location request sent" })
      )
  )

/** The people who share a place, as GeoJSON. Linq shows nobody of whom no place is known. */
const readLocations = (services: Services) => (call: Request.Call) =>
  Effect.gen(function*() {
    const target = yield* ChatLookup.findTarget(services, Request.param(call, "chatId"))
    const found = yield* Refusal.lift(services.messaging.getLocations(target))
    return Refusal.json(call, 200, { success: true, data: { type: "FeatureCollection", features: found.flatMap(Wire.feature) } })
  })

const stopLocation = (services: Services) => (call: Request.Call) =>
  Effect.gen(function*() {
    const { handle } = yield* Request.decode(Request.Participant)(call.body)
    const who = yield* Request.readHandle(handle, "handle")
    const target = yield* ChatLookup.findTarget(services, Request.param(call, "chatId"))
    yield* Refusal.lift(services.messaging.stopLocation(target, who))
    return Refusal.json(call, 202, { success: true, message: "Location sharing stop requested" })
  })

const viewChatAt = (
  services: Services,
  target: Conversation.ChatTarget,
  carrierId: CarrierId
): Effect.Effect<Pick<Wire.ChatFacts, "view">, Refusal.Refusal> =>
  Conversation.isConversation(target)
    ? Effect.map(ChatLookup.viewConversation(services, target, { carrierId }), (view) => ({ view }))
    : readFacts(services, target)

export const routes = (services: Services): ReadonlyArray<Request.Route> => {
  const { messaging } = services
  return [
    PathTable.read("GET", "/chats", PassOn.orPast(services, "/chats", list(services))),
    PathTable.read("GET", "/chats/:chatId", PassOn.orPast(services, "/chats/:chatId", retrieve(services))),
    PathTable.once(KeyAccess.send, "PUT", "/chats/:chatId", (call) =>
      Effect.gen(function*() {
        const { display_name: name, group_chat_icon: icon } = yield* Request.decode(Request.UpdateChat)(call.body)
        if (name == null && icon == null) return yield* Refusal.refuseMissing("display_name or group_chat_icon")
        const target = yield* findGroup(services, call)
        yield* Refusal.lift(messaging.updateChat(target, present({ name: name ?? undefined, icon: icon ?? undefined })))
        return Refusal.json(call, 202, { chat_id: Request.param(call, "chatId"), status: "pending" })
      })),
    PathTable.once(KeyAccess.send, "POST", "/chats/:chatId/participants", changeParticipants(services, "add")),
    PathTable.once(KeyAccess.send, "DELETE", "/chats/:chatId/participants", changeParticipants(services, "remove")),
    PathTable.once(
      KeyAccess.send,
      "POST",
      "/chats/:chatId/leave",
      (call) =>
        Effect.flatMap(
          findGroup(services, call),
          (target) => Effect.as(Refusal.lift(messaging.leaveChat(target)), Refusal.accepted(call, "Leave queued"))
        )
    ),
    PathTable.once(KeyAccess.send, "POST", "/chats/:chatId/read", actOnChat(services, messaging.markRead)),
    PathTable.once(KeyAccess.send, "POST", "/chats/:chatId/typing", actOnChat(services, messaging.startTyping)),
    PathTable.once(KeyAccess.send, "DELETE", "/chats/:chatId/typing", actOnChat(services, messaging.stopTyping)),
    PathTable.once(KeyAccess.send, "POST", "/chats/:chatId/share_contact_card", actOnChat(services, messaging.shareContactCard)),
    PathTable.once(KeyAccess.send, "POST", "/chats/:chatId/voicememo", sendVoiceMemo(services)),
    PathTable.once(KeyAccess.send, "POST", "/chats/:chatId/location/request", requestLocation(services)),
    PathTable.read("GET", "/chats/:chatId/location", PassOn.orPast(services, "/chats/:chatId/location", readLocations(services))),
    PathTable.once(KeyAccess.send, "DELETE", "/chats/:chatId/location", stopLocation(services))
  ]
}
