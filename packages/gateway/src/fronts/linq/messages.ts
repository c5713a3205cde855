/** Messages: read, list, edit, delete, react to, follow in their thread. */
import * as Conversation from "@interline/core/Conversation"
import * as DeliveryStatus from "@interline/core/DeliveryStatus"
import type { MessageTarget } from "@interline/core/Draft"
import type { Message } from "@interline/core/Message"
import type { MessagingError } from "@interline/core/MessagingError"
import type { Page, PageRequest } from "@interline/core/Page"
import type { Archived } from "@interline/sql/Archive"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Adapted from "../kit/adapted.ts"
import * as OutcomeHeaders from "../kit/outcomeHeaders.ts"
import * as PathTable from "../kit/pathTable.ts"
import * as UnknownFields from "../kit/unknownFields.ts"
import * as ChatLookup from "./chatLookup.ts"
import * as Files from "./files.ts"
import * as Refusal from "./refusal.ts"
import * as Request from "./request.ts"
import type { Desk } from "./services.ts"
import * as Wire from "./wire.ts"

export interface Placed {
  readonly room: Wire.Room
  readonly shown: Wire.Shown
}

type Outbound = Extract<Archived, { readonly _tag: "Outbound" }>

const serviceOf = ({ service }: Pick<Message, "service">) => service?.neutral === undefined ? {} : { service: service.neutral }

const replyOf = ({ ids }: Desk, { replyTo }: Message) =>
  replyTo === undefined
    ? Effect.succeed(undefined)
    : Effect.map(ids.messageId(replyTo.ref), (id) => ({ id, part: replyTo.part ?? 0 }))

/** A message as a carrier reports it, in a room that is known. */
const inRoom = (desk: Desk, id: string, message: Message, room: Wire.Room, at: number): Effect.Effect<Placed> =>
  Effect.zipWith(Files.ofParts(desk, message.ref.carrierId, message.parts), replyOf(desk, message), (parts, reply) => ({
    room,
    shown: { id, message: { ...message, parts }, reply, at, changedAt: at }
  }))

/** The room of a message that a carrier reports: its chat, or the two people who write to each other. */
const roomOf = (
  desk: Desk,
  message: Message,
  known: Conversation.Conversation | undefined,
  since?: number
): Effect.Effect<Wire.Room, Refusal.Refusal> =>
  Effect.gen(function*() {
    const found = known ?? (message.chat === undefined ? undefined : Option.getOrUndefined(yield* desk.ids.conversationOf(message.chat)))
    const facts = { carrierId: message.ref.carrierId, since, ...serviceOf(message) }
    if (found !== undefined) return yield* ChatLookup.ofConversation(desk, found, facts)
    if (message.chat !== undefined) {
      const chat = yield* Refusal.lifted(desk.messaging.getChat(message.chat))
      return (yield* ChatLookup.described(desk, chat)).room
    }
    const ours = message.direction === "outbound" ? message.from : message.to[0]
    const theirs = message.direction === "outbound" ? message.to[0] : message.from
    const line = ours === undefined ? Option.none() : desk.front.lineOf(ours)
    if (Option.isNone(line) || theirs === undefined) return yield* Effect.fail(Refusal.noMessage)
    return yield* ChatLookup.ofConversation(
      desk,
      Conversation.direct(line.value, yield* Request.handle(theirs, "the message's sender")),
      facts
    )
  })

const reported = (
  desk: Desk,
  id: string,
  message: Message,
  known: Conversation.Conversation | undefined,
  since?: number
): Effect.Effect<Placed, Refusal.Refusal> =>
  Effect.flatMap(
    Effect.zip(roomOf(desk, message, known, since), Clock.currentTimeMillis),
    ([room, now]) => inRoom(desk, id, message, room, now)
  )

/** A delivery of ours, as it was to be sent and as far as was heard of it. */
const ofOutbound = (desk: Desk, { at, entry, id, report, updatedAt }: Outbound, origin?: string, since?: number): Effect.Effect<Placed> =>
  Effect.gen(function*() {
    const { conversation } = entry.content
    const draft = Adapted.of(entry.content.draft, entry.state.losses)
    const carrierId = report.messages[0]?.ref.carrierId
    const room = yield* ChatLookup.ofConversation(desk, conversation, {
      since,
      ...(carrierId === undefined ? {} : { carrierId }),
      ...(report.service === undefined ? {} : { service: report.service })
    })
    return {
      room,
      shown: {
        id,
        message: Wire.ofDraft(draft, report, yield* Files.ofDraft(desk, draft, origin)),
        reply: yield* Files.replyOf(desk, draft),
        at,
        changedAt: updatedAt
      }
    }
  })

export const conversationOf = (archived: Archived): Conversation.Conversation | undefined =>
  archived._tag === "Outbound" ? archived.entry.content.conversation : archived.conversation

/** What was written down of a message. */
export const ofArchived = (desk: Desk, archived: Archived, origin?: string, since?: number): Effect.Effect<Placed, Refusal.Refusal> =>
  archived._tag === "Outbound"
    ? ofOutbound(desk, archived, origin, since)
    : Effect.flatMap(
      roomOf(desk, archived.message, archived.conversation, since),
      (room) => inRoom(desk, archived.id, archived.message, room, archived.at)
    )

const sameKinds = (left: Wire.Content, right: Wire.Content): boolean =>
  left.parts.length === right.parts.length && left.parts.every((part, index) => part._tag === right.parts[index]?._tag)

/** The carrier's view of a delivery that is one message there: its times, its reactions, and what an edit made of its parts. */
const overlaid = (ours: Wire.Shown, theirs: Wire.Shown): Wire.Shown => {
  const { createdAt: _created, direction: _direction, effect: _effect, from: _from, parts, preferredService: _service, status, ...seen } =
    theirs.message
  const said = ours.message.status.neutral ?? "pending"
  const joined = status.neutral === undefined ? said : DeliveryStatus.join(said, status.neutral)
  return {
    ...ours,
    message: {
      ...ours.message,
      ...seen,
      parts: sameKinds(ours.message, theirs.message) ? parts : ours.message.parts,
      status: { neutral: joined, raw: joined }
    }
  }
}

const isGone = (error: MessagingError): boolean => error.reason === "NotFound"

/**
 * A delivery of ours with news of its carriers. A carrier that cannot be asked is no reason to say less than is known; one that no
 * longer has the message is.
 */
const refreshed = (desk: Desk, target: MessageTarget, archived: Outbound, origin: string): Effect.Effect<Placed, Refusal.Refusal> =>
  Effect.gen(function*() {
    const known = yield* ofOutbound(desk, archived, origin)
    const { messages } = archived.report
    if (messages.length === 0) return known
    if (messages.length > 1) {
      const report = yield* Effect.either(desk.messaging.status(target))
      return Either.isRight(report) ? yield* ofOutbound(desk, { ...archived, report: report.right }, origin) : known
    }
    const found = yield* Effect.either(desk.messaging.getMessage(target))
    if (Either.isLeft(found)) return isGone(found.left) ? yield* Effect.fail(Refusal.noMessage) : known
    const seen = yield* inRoom(desk, archived.id, found.right, known.room, archived.at)
    return { room: known.room, shown: overlaid(known.shown, seen.shown) }
  })

/** A message by the id that the gateway showed. */
const find = (desk: Desk, id: string, origin: string): Effect.Effect<Placed, Refusal.Refusal> =>
  Effect.gen(function*() {
    const target = yield* Request.target(desk.ids, id)
    const archived = yield* desk.archive.find(id)
    if (Option.isSome(archived) && !isMessage(archived.value)) return yield* Effect.fail(Refusal.noMessage)
    if (Option.isSome(archived) && archived.value._tag === "Outbound") return yield* refreshed(desk, target, archived.value, origin)
    const found = yield* Effect.either(desk.messaging.getMessage(target))
    if (Either.isRight(found)) {
      return yield* reported(desk, id, found.right, Option.isSome(archived) ? conversationOf(archived.value) : undefined)
    }
    return Option.isSome(archived) && !isGone(found.left)
      ? yield* ofArchived(desk, archived.value, origin)
      : yield* Effect.fail(Refusal.ofError(found.left, "message"))
  })

// --- pages ---

const mostPerPage = 100

export const pageRequest = (
  { query }: Request.Call,
  usual: number
): Effect.Effect<PageRequest & { readonly limit: number }, Refusal.Refusal> => {
  const asked = query.get("limit")
  const limit = asked === null ? usual : Number(asked)
  const cursor = query.get("cursor")
  return Number.isInteger(limit) && limit >= 1 && limit <= mostPerPage
    ? Effect.succeed({ limit, ...(cursor === null || cursor === "" ? {} : { cursor }) })
    : Refusal.invalid(`limit must be between 1 and ${mostPerPage}`)
}

/** A cursor of a list that is the gateway's own: the place in it, as in Linq's examples. */
export const offsetOf = (cursor: string | undefined): Effect.Effect<number, Refusal.Refusal> =>
  cursor === undefined
    ? Effect.succeed(0)
    : /^\d{1,9}$/.test(cursor)
    ? Effect.succeed(Number(cursor))
    : Refusal.invalid("cursor is not one that a page of this list gave")

const pageBody = (items: ReadonlyArray<Placed>, next: Option.Option<string>) => ({
  messages: items.map(({ room, shown }) => Wire.message(room, shown)),
  next_cursor: Option.getOrNull(next)
})

const ofPage = (
  desk: Desk,
  page: Page<Message>,
  known: Conversation.Conversation | undefined
): Effect.Effect<ReadonlyArray<Placed>, Refusal.Refusal> =>
  Effect.flatMap(
    known === undefined ? Effect.succeed(undefined) : ChatLookup.sinceOf(desk, known),
    (since) =>
      Effect.forEach(page.items, (message) =>
        Effect.flatMap(desk.ids.messageId(message.ref), (id) => reported(desk, id, message, known, since)))
  )

/** What was refused for certain was no message. */
export const isMessage = (archived: Archived): boolean =>
  archived._tag === "Inbound" || archived.entry.state.result?.outcome._tag !== "Rejected"

/** The messages of a conversation that passed through. A page is full while there are more, because an empty one ends a client's walk. */
const archivedPage = (desk: Desk, of: Conversation.Conversation, page: PageRequest & { readonly limit: number }, origin: string) =>
  Effect.gen(function*() {
    const found: Array<Archived> = []
    let offset = yield* offsetOf(page.cursor)
    let isEnd = false
    while (found.length < page.limit && !isEnd) {
      const { items, total } = yield* desk.archive.list({ conversation: Conversation.key(of), limit: page.limit - found.length, offset })
      found.push(...items.filter(isMessage))
      offset += items.length
      isEnd = items.length === 0 || offset >= total
    }
    const since = yield* ChatLookup.sinceOf(desk, of)
    const placed = yield* Effect.forEach(found, (item) => ofArchived(desk, item, origin, since))
    return pageBody(placed, isEnd ? Option.none() : Option.some(String(offset)))
  })

export const routes = (desk: Desk): ReadonlyArray<Request.Route> => [
  PathTable.read("GET", "/chats/:chatId/messages", (call) =>
    Effect.gen(function*() {
      const page = yield* pageRequest(call, 50)
      const target = yield* ChatLookup.target(desk, Request.param(call, "chatId"))
      const conversation = Conversation.isConversation(target) ? target : undefined
      if (conversation !== undefined && !desk.native) {
        return Refusal.json(call, 200, yield* archivedPage(desk, conversation, page, call.origin))
      }
      const found = yield* Refusal.lifted(desk.messaging.listMessages(target, page))
      return Refusal.json(call, 200, pageBody(yield* ofPage(desk, found, conversation), found.next))
    })),

  PathTable.read(
    "GET",
    "/messages/:messageId",
    (call) =>
      Effect.map(
        find(desk, Request.param(call, "messageId"), call.origin),
        ({ room, shown }) => Refusal.json(call, 200, Wire.message(room, shown))
      )
  ),

  PathTable.read("GET", "/messages/:messageId/thread", (call) =>
    Effect.gen(function*() {
      const page = yield* pageRequest(call, 50)
      if (call.query.get("order") === "desc") {
        return yield* Refusal.unavailable("order desc: threads are listed in the carrier's own order, oldest first")
      }
      const target = yield* Request.target(desk.ids, Request.param(call, "messageId"))
      const found = yield* Refusal.lifted(desk.messaging.listThread(target, page), "message")
      return Refusal.json(call, 200, pageBody(yield* ofPage(desk, found, undefined), found.next))
    })),

  PathTable.once("PATCH", "/messages/:messageId", (call) =>
    Effect.gen(function*() {
      const { part_index: part, text } = yield* Request.decode(Request.EditMessage)(call.body)
      const id = Request.param(call, "messageId")
      const target = yield* Request.target(desk.ids, id)
      yield* Refusal.lifted(desk.messaging.edit(target, text, { part: part ?? 0 }), "message")
      // the edit is done; what the message looks like now is asked for, and said as far as it is known
      const { room, shown } = yield* Effect.mapError(find(desk, id, call.origin), () => Refusal.broken)
      return Refusal.json(call, 200, Wire.message(room, shown))
    })),

  PathTable.once(
    "DELETE",
    "/messages/:messageId",
    (call) =>
      Effect.flatMap(
        Request.target(desk.ids, Request.param(call, "messageId")),
        (target) => Effect.as(Refusal.lifted(desk.messaging.deleteRecord(target), "message"), Refusal.empty(call, 204))
      )
  ),

  PathTable.once("POST", "/messages/:messageId/reactions", (call) =>
    Effect.gen(function*() {
      const { unknown, value: wire } = yield* Request.decodeKnown(Request.React, desk.front)(call.body)
      const reaction = yield* Request.reaction(wire)
      const target = yield* Request.target(desk.ids, Request.param(call, "messageId"))
      const { react, unreact } = desk.messaging
      yield* Refusal.lifted((wire.operation === "add" ? react : unreact)(target, reaction, { part: wire.part_index ?? 0 }), "message")
      const reply = Refusal.accepted(call, "Reaction processed")
      return { ...reply, headers: { ...reply.headers, ...OutcomeHeaders.lossesIn(UnknownFields.losses(unknown)) } }
    }))
]
