/** Messages: read, list, edit, delete, react to, follow in their thread; and polls. */
import * as Conversation from "@interline/core/Conversation"
import * as DeliveryStatus from "@interline/core/DeliveryStatus"
import type { MessageTarget } from "@interline/core/Draft"
import type { Message } from "@interline/core/Message"
import type { MessagingError } from "@interline/core/MessagingError"
import { present } from "@interline/core/Optional"
import type { Page, PageRequest } from "@interline/core/Page"
import type { Poll } from "@interline/core/Poll"
import type { Archived } from "@interline/sql/Archive"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as KeyAccess from "../../http/KeyAccess.ts"
import * as Adapted from "../kit/adapted.ts"
import * as OutcomeHeaders from "../kit/outcomeHeaders.ts"
import * as PathTable from "../kit/pathTable.ts"
import * as UnknownFields from "../kit/unknownFields.ts"
import * as ChatLookup from "./chatLookup.ts"
import * as Files from "./files.ts"
import * as PassOn from "./passing/passOn.ts"
import * as Refusal from "./refusal.ts"
import * as Request from "./request.ts"
import type { Services } from "./services.ts"
import * as Wire from "./wire.ts"

export interface Placed {
  readonly view: Wire.ChatView
  readonly shown: Wire.Shown
}

type Outbound = Extract<Archived, { readonly _tag: "Outbound" }>

const replyOf = ({ ids }: Services, { replyTo }: Message) =>
  replyTo === undefined
    ? Effect.succeed(undefined)
    : Effect.map(ids.toMessageId(replyTo.ref), (id) => ({ id, part: replyTo.part ?? 0 }))

/** A message as a carrier reports it, in a chat that is known. */
const placeIn = (services: Services, id: string, message: Message, view: Wire.ChatView, at: number): Effect.Effect<Placed> =>
  Effect.zipWith(Files.nameFiles(services, message.ref.carrierId, message.parts), replyOf(services, message), (parts, reply) => ({
    view,
    shown: { id, message: { ...message, parts }, reply, at, changedAt: at }
  }))

/** The chat of a message that a carrier reports; without one, the line and the person who write to each other. */
const findChatView = (
  services: Services,
  message: Message,
  known: Conversation.Conversation | undefined,
  since?: number
): Effect.Effect<Wire.ChatView, Refusal.Refusal> =>
  Effect.gen(function*() {
    const found = known ??
      (message.chat === undefined ? undefined : Option.getOrUndefined(yield* services.ids.findConversation(message.chat)))
    const facts = present({ carrierId: message.ref.carrierId, since, service: message.service?.neutral })
    if (found !== undefined) return yield* ChatLookup.viewConversation(services, found, facts)
    if (message.chat !== undefined) {
      const chat = yield* Refusal.lift(services.messaging.getChat(message.chat))
      return (yield* ChatLookup.describeChat(services, chat)).view
    }
    const ours = message.direction === "outbound" ? message.from : message.to[0]
    const theirs = message.direction === "outbound" ? message.to[0] : message.from
    const line = ours === undefined ? Option.none() : services.front.lineOf(ours)
    if (Option.isNone(line) || theirs === undefined) return yield* Effect.fail(Refusal.noMessage)
    return yield* ChatLookup.viewConversation(
      services,
      Conversation.direct(line.value, yield* Request.readHandle(theirs, "the message's sender")),
      facts
    )
  })

const viewReported = (
  services: Services,
  id: string,
  message: Message,
  known: Conversation.Conversation | undefined,
  since?: number
): Effect.Effect<Placed, Refusal.Refusal> =>
  Effect.flatMap(
    Effect.zip(findChatView(services, message, known, since), Clock.currentTimeMillis),
    ([view, now]) => placeIn(services, id, message, view, now)
  )

/** A delivery of ours: its draft, and what carriers have reported about it. */
const viewOutbound = (
  services: Services,
  { at, entry, id, report, updatedAt }: Outbound,
  origin?: string,
  since?: number
): Effect.Effect<Placed> =>
  Effect.gen(function*() {
    const { conversation } = entry.content
    const draft = Adapted.dropLost(entry.content.draft, entry.state.losses)
    const carrierId = report.messages[0]?.ref.carrierId
    const view = yield* ChatLookup.viewConversation(services, conversation, present({ since, carrierId, service: report.service }))
    return {
      view,
      shown: {
        id,
        message: Wire.ofDraft(draft, report, yield* Files.describeFiles(services, draft, origin)),
        reply: yield* Files.readReply(services, draft),
        at,
        changedAt: updatedAt
      }
    }
  })

export const conversationOf = (archived: Archived): Conversation.Conversation | undefined =>
  archived._tag === "Outbound" ? archived.entry.content.conversation : archived.conversation

/** A message from the archive. */
export const viewArchived = (
  services: Services,
  archived: Archived,
  origin?: string,
  since?: number
): Effect.Effect<Placed, Refusal.Refusal> =>
  archived._tag === "Outbound"
    ? viewOutbound(services, archived, origin, since)
    : Effect.flatMap(
      findChatView(services, archived.message, archived.conversation, since),
      (view) => placeIn(services, archived.id, archived.message, view, archived.at)
    )

const hasSameKinds = (left: Wire.Content, right: Wire.Content): boolean =>
  left.parts.length === right.parts.length && left.parts.every((part, index) => part._tag === right.parts[index]?._tag)

/** A delivery that is one message at its carrier, with the carrier's times, reactions and edited parts. */
const overlay = (ours: Wire.Shown, theirs: Wire.Shown): Wire.Shown => {
  const { createdAt: _created, direction: _direction, effect: _effect, from: _from, parts, preferredService: _service, status, ...seen } =
    theirs.message
  const said = ours.message.status.neutral ?? "pending"
  const joined = status.neutral === undefined ? said : DeliveryStatus.join(said, status.neutral)
  return {
    ...ours,
    message: {
      ...ours.message,
      ...seen,
      parts: hasSameKinds(ours.message, theirs.message) ? parts : ours.message.parts,
      status: { neutral: joined, raw: joined }
    }
  }
}

const isGone = (error: MessagingError): boolean => error.reason === "NotFound"

/**
 * A delivery of ours with the present state at its carriers. If a carrier cannot be asked, the answer shows what the gateway knows.
 * If the carrier no longer has the message, the message is not found.
 */
const refresh = (services: Services, target: MessageTarget, archived: Outbound, origin: string): Effect.Effect<Placed, Refusal.Refusal> =>
  Effect.gen(function*() {
    const known = yield* viewOutbound(services, archived, origin)
    const { messages } = archived.report
    if (messages.length === 0) return known
    if (messages.length > 1) {
      const report = yield* Effect.either(services.messaging.status(target))
      return Either.isRight(report) ? yield* viewOutbound(services, { ...archived, report: report.right }, origin) : known
    }
    const found = yield* Effect.either(services.messaging.getMessage(target))
    if (Either.isLeft(found)) return isGone(found.left) ? yield* Effect.fail(Refusal.noMessage) : known
    const seen = yield* placeIn(services, archived.id, found.right, known.view, archived.at)
    return { view: known.view, shown: overlay(known.shown, seen.shown) }
  })

/** A message by the id that the gateway showed. */
const find = (services: Services, id: string, origin: string): Effect.Effect<Placed, Refusal.Refusal> =>
  Effect.gen(function*() {
    const target = yield* Request.findMessage(services.ids, id)
    const archived = yield* services.archive.find(id)
    if (Option.isSome(archived) && !isMessage(archived.value)) return yield* Effect.fail(Refusal.noMessage)
    if (Option.isSome(archived) && archived.value._tag === "Outbound") return yield* refresh(services, target, archived.value, origin)
    const found = yield* Effect.either(services.messaging.getMessage(target))
    if (Either.isRight(found)) {
      return yield* viewReported(services, id, found.right, Option.isSome(archived) ? conversationOf(archived.value) : undefined)
    }
    return Option.isSome(archived) && !isGone(found.left)
      ? yield* viewArchived(services, archived.value, origin)
      : yield* Effect.fail(Refusal.ofError(found.left, "message"))
  })

// --- pages ---

const mostPerPage = 100

export const readPageRequest = (
  { query }: Request.Call,
  usual: number
): Effect.Effect<PageRequest & { readonly limit: number }, Refusal.Refusal> => {
  const asked = query.get("limit")
  const limit = asked === null ? usual : Number(asked)
  const cursor = query.get("cursor")
  return Number.isInteger(limit) && limit >= 1 && limit <= mostPerPage
    ? Effect.succeed({ limit, ...(cursor === null || cursor === "" ? {} : { cursor }) })
    : Refusal.refuseValue(`limit must be between 1 and ${mostPerPage}`)
}

/** Reads the cursor of a list of the gateway's own: an offset, as in Linq's examples. */
export const readOffset = (cursor: string | undefined): Effect.Effect<number, Refusal.Refusal> =>
  cursor === undefined
    ? Effect.succeed(0)
    : /^\d{1,9}$/.test(cursor)
    ? Effect.succeed(Number(cursor))
    : Refusal.refuseValue("cursor did not come from a page of this list")

const pageBody = (items: ReadonlyArray<Placed>, next: Option.Option<string>) => ({
  messages: items.map(({ view, shown }) => Wire.message(view, shown)),
  next_cursor: Option.getOrNull(next)
})

const viewPage = (
  services: Services,
  page: Page<Message>,
  known: Conversation.Conversation | undefined
): Effect.Effect<ReadonlyArray<Placed>, Refusal.Refusal> =>
  Effect.flatMap(
    known === undefined ? Effect.succeed(undefined) : ChatLookup.findFirstTime(services, known),
    (since) =>
      Effect.forEach(page.items, (message) =>
        Effect.flatMap(services.ids.toMessageId(message.ref), (id) => viewReported(services, id, message, known, since)))
  )

/** Whether a record shows as a message. A send that was certainly refused does not. */
export const isMessage = (archived: Archived): boolean =>
  archived._tag === "Inbound" || archived.entry.state.result?.outcome._tag !== "Rejected"

/** A page of the messages of a conversation, from the archive. While there are more, the page is full: clients stop at an empty page. */
const readArchivedPage = (
  services: Services,
  of: Conversation.Conversation,
  page: PageRequest & { readonly limit: number },
  origin: string
) =>
  Effect.gen(function*() {
    const found: Array<Archived> = []
    let offset = yield* readOffset(page.cursor)
    let isEnd = false
    while (found.length < page.limit && !isEnd) {
      const { items, total } = yield* services.archive.list({
        conversation: Conversation.key(of),
        limit: page.limit - found.length,
        offset
      })
      found.push(...items.filter(isMessage))
      offset += items.length
      isEnd = items.length === 0 || offset >= total
    }
    const since = yield* ChatLookup.findFirstTime(services, of)
    const placed = yield* Effect.forEach(found, (item) => viewArchived(services, item, origin, since))
    return pageBody(placed, isEnd ? Option.none() : Option.some(String(offset)))
  })

const list = (services: Services) => (call: Request.Call) =>
  Effect.gen(function*() {
    const page = yield* readPageRequest(call, 50)
    const target = yield* ChatLookup.findTarget(services, Request.param(call, "chatId"))
    const conversation = Conversation.isConversation(target) ? target : undefined
    if (conversation !== undefined && !services.carriersListChats) {
      return Refusal.json(call, 200, yield* readArchivedPage(services, conversation, page, call.origin))
    }
    const found = yield* Refusal.lift(services.messaging.listMessages(target, page))
    return Refusal.json(call, 200, pageBody(yield* viewPage(services, found, conversation), found.next))
  })

const retrieve = (services: Services) => (call: Request.Call) =>
  Effect.map(
    find(services, Request.param(call, "messageId"), call.origin),
    ({ view, shown }) => Refusal.json(call, 200, Wire.message(view, shown))
  )

const listThread = (services: Services) => (call: Request.Call) =>
  Effect.gen(function*() {
    const page = yield* readPageRequest(call, 50)
    if (call.query.get("order") === "desc") {
      return yield* Refusal.refuseFeature("order desc: threads are listed in the carrier's own order, oldest first")
    }
    const target = yield* Request.findMessage(services.ids, Request.param(call, "messageId"))
    const found = yield* Refusal.lift(services.messaging.listThread(target, page), "message")
    return Refusal.json(call, 200, pageBody(yield* viewPage(services, found, undefined), found.next))
  })

// --- polls ---

/** A poll as its carrier reports it. Without a chat that is known here, the chat is shown as a group of which nobody is known. */
const viewPoll = (services: Services, poll: Poll, target?: Conversation.ChatTarget) =>
  Effect.gen(function*() {
    const known = target ?? (poll.chat === undefined ? undefined : Option.getOrElse(
      yield* services.ids.findConversation(poll.chat),
      (): Conversation.ChatTarget | undefined => poll.chat
    ))
    const { carrierId } = poll.ref
    const view: Wire.ChatView = known !== undefined && Conversation.isConversation(known)
      ? yield* ChatLookup.viewConversation(services, known, { carrierId })
      : {
        id: known === undefined ? carrierId : yield* services.ids.toChatId(known),
        isGroup: true,
        number: undefined,
        people: [],
        service: undefined,
        since: yield* Clock.currentTimeMillis
      }
    return Wire.poll(view, yield* services.ids.toMessageId(poll.ref), poll)
  })

const textsOf = (options: ReadonlyArray<{ readonly text: string }>): ReadonlyArray<string> => options.map(({ text }) => text)

const sendPoll = (services: Services) => (call: Request.Call) =>
  Effect.gen(function*() {
    const { unknown, value } = yield* Request.decodeKnown(Request.CreatePoll, services.front)(call.body)
    const { idempotency_key: key, options } = value.poll
    const target = yield* ChatLookup.findTarget(services, Request.param(call, "chatId"))
    const { poll } = yield* Refusal.lift(
      services.messaging.sendPoll(target, { options: textsOf(options), ...(key == null ? {} : { key }) })
    )
    return Refusal.json(call, 202, yield* viewPoll(services, poll, target), OutcomeHeaders.writeLosses(UnknownFields.toLosses(unknown)))
  })

const readPoll = (services: Services, target: MessageTarget) =>
  Effect.flatMap(Refusal.lift(services.messaging.getPoll(target), "message"), (poll) => viewPoll(services, poll))

const getPoll = (services: Services) => (call: Request.Call) =>
  Effect.flatMap(
    Request.findMessage(services.ids, Request.param(call, "messageId")),
    (target) => Effect.map(readPoll(services, target), (poll) => Refusal.json(call, 200, poll))
  )

const addPollOptions = (services: Services) => (call: Request.Call) =>
  Effect.gen(function*() {
    const { options } = yield* Request.decode(Request.AddPollOptions)(call.body)
    const target = yield* Request.findMessage(services.ids, Request.param(call, "messageId"))
    const poll = yield* Refusal.lift(services.messaging.addPollOptions(target, textsOf(options)), "message")
    return Refusal.json(call, 200, yield* viewPoll(services, poll))
  })

const voteInPoll = (services: Services) => (call: Request.Call) =>
  Effect.gen(function*() {
    const { operation, option_id } = yield* Request.decode(Request.Vote)(call.body)
    const target = yield* Request.findMessage(services.ids, Request.param(call, "messageId"))
    yield* Refusal.lift(services.messaging.voteInPoll(target, option_id, operation === "add"), "message")
    // the vote is given: the answer shows the poll as it is now
    return Refusal.json(call, 200, yield* Effect.mapError(readPoll(services, target), () => Refusal.broken))
  })

export const routes = (services: Services): ReadonlyArray<Request.Route> => [
  PathTable.read(
    "GET",
    "/chats/:chatId/messages",
    PassOn.orPast(services, "/chats/:chatId/messages", list(services))
  ),
  PathTable.read("GET", "/messages/:messageId", PassOn.orPast(services, "/messages/:messageId", retrieve(services))),
  PathTable.read("GET", "/messages/:messageId/thread", PassOn.orPast(services, "/messages/:messageId/thread", listThread(services))),

  PathTable.once(KeyAccess.send, "POST", "/chats/:chatId/polls", sendPoll(services)),
  PathTable.read("GET", "/messages/:messageId/poll", PassOn.orPast(services, "/messages/:messageId/poll", getPoll(services))),
  PathTable.once(KeyAccess.send, "POST", "/messages/:messageId/poll/options", addPollOptions(services)),
  PathTable.once(KeyAccess.send, "POST", "/messages/:messageId/poll/votes", voteInPoll(services)),

  PathTable.once(KeyAccess.send, "PATCH", "/messages/:messageId", (call) =>
    Effect.gen(function*() {
      const { part_index: part, text } = yield* Request.decode(Request.EditMessage)(call.body)
      const id = Request.param(call, "messageId")
      const target = yield* Request.findMessage(services.ids, id)
      yield* Refusal.lift(services.messaging.edit(target, text, { part: part ?? 0 }), "message")
      // the edit is done: the answer shows the message as it is now
      const { view, shown } = yield* Effect.mapError(find(services, id, call.origin), () => Refusal.broken)
      return Refusal.json(call, 200, Wire.message(view, shown))
    })),

  PathTable.once(
    KeyAccess.send,
    "DELETE",
    "/messages/:messageId",
    (call) =>
      Effect.flatMap(
        Request.findMessage(services.ids, Request.param(call, "messageId")),
        (target) => Effect.as(Refusal.lift(services.messaging.deleteRecord(target), "message"), Refusal.empty(call, 204))
      )
  ),

  PathTable.once(KeyAccess.send, "POST", "/messages/:messageId/reactions", (call) =>
    Effect.gen(function*() {
      const { unknown, value: wire } = yield* Request.decodeKnown(Request.React, services.front)(call.body)
      const target = yield* Request.findMessage(services.ids, Request.param(call, "messageId"))
      const { react, unreact } = services.messaging
      const part = { part: wire.part_index ?? 0 }
      yield* Refusal.lift(
        wire.operation === "add"
          ? react(target, yield* Request.readReaction(Files.makeFinder(services, call.origin), wire), part)
          : unreact(target, yield* Request.readRemoved(wire), part),
        "message"
      )
      const reply = Refusal.accepted(call, "Reaction processed")
      return { ...reply, headers: { ...reply.headers, ...OutcomeHeaders.writeLosses(UnknownFields.toLosses(unknown)) } }
    })),

  PathTable.once(KeyAccess.send, "PATCH", "/messages/:messageId/reactions/:reactionId", (call) =>
    Effect.gen(function*() {
      const { unknown, value: { placement } } = yield* Request.decodeKnown(Request.MoveSticker, services.front)(call.body)
      const target = yield* Request.findMessage(services.ids, Request.param(call, "messageId"))
      const moved = services.messaging.moveSticker(target, Request.param(call, "reactionId"), Request.readPlacement(placement))
      yield* Refusal.lift(moved, "message")
      const reply = Refusal.accepted(call, "Sticker moved")
      return { ...reply, headers: { ...reply.headers, ...OutcomeHeaders.writeLosses(UnknownFields.toLosses(unknown)) } }
    }))
]
