/** Groups: members, name, photo, and those that somebody else opened. */
import type { Chat } from "@interline/core/Chat"
import * as Conversation from "@interline/core/Conversation"
import * as Handle from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import type { MessagingError } from "@interline/core/MessagingError"
import type { ChatChange } from "@interline/core/Operations"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Reply } from "../../sql/requests/RequestLog.ts"
import * as Refusal from "./refusal.ts"
import * as Request from "./request.ts"
import type { Services } from "./services.ts"
import * as Wire from "./wire.ts"

const isGroup = (target: Conversation.ChatTarget): target is Conversation.Group =>
  Conversation.isConversation(target) && target._tag === "Group"

/**
 * A group that a person or another program opened becomes a conversation under the id that it was shown by: with the
 * members that its carrier names, and bound to that carrier, so that an answer does not open a second group elsewhere.
 */
const adopt = (
  services: Services,
  chat: Conversation.ChatRef,
  shownAs: string,
  line: LineName
): Effect.Effect<Conversation.Group, MessagingError> =>
  Effect.gen(function*() {
    const { participants } = yield* services.messaging.getChat(chat)
    const members = participants.flatMap(({ isMine, peer }) =>
      !isMine && Handle.isHandle(peer) && Option.isNone(services.front.lineOf(peer)) ? [peer] : []
    )
    const group: Conversation.Group = { _tag: "Group", line, id: Conversation.ConversationId.make(shownAs), members }
    const at = yield* Clock.currentTimeMillis
    yield* services.chats.bind(group, chat)
    yield* services.ledger.bind(Conversation.key(group), { carrierId: chat.carrierId, line, at, chat }, 0)
    yield* services.ids.remember(group)
    return group
  })

/** The group with an id that this wire has shown. `line` is the one that would write to it, if it is known. */
export const find = (
  services: Services,
  id: string,
  line: LineName | undefined
): Effect.Effect<Option.Option<Conversation.Group>, Refusal.Refusal> =>
  Effect.gen(function*() {
    const target = yield* services.ids.chat(id)
    if (Option.isNone(target)) return Option.none()
    if (Conversation.isConversation(target.value)) return Option.liftPredicate(isGroup)(target.value)
    const known = yield* services.ids.conversationOf(target.value)
    if (Option.isSome(known)) return Option.filter(known, isGroup)
    return line === undefined
      ? Option.none()
      : Option.some(yield* Refusal.lifted(adopt(services, target.value, yield* services.ids.chatId(target.value), line)))
  })

const require = (services: Services, id: string, from?: string): Effect.Effect<Conversation.Group, Refusal.Refusal> =>
  Effect.flatMap(
    find(services, id, Option.getOrUndefined(Request.lineOrOnly(services.front, from))),
    Option.match({ onNone: () => Refusal.refuse(404, "Group not found"), onSome: Effect.succeed })
  )

// --- members ---

const decodeModify = Request.decode(Request.ModifyGroup, Request.specifying)

export const modify = (services: Services) => (call: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const { from_number, group_id, modify_type, number } = yield* decodeModify(call.fields)
    const said = { group_id, modify_type, number }
    const refused = (error: string, message: string) => Refusal.refuseWith(400, { status: "ERROR", error, error_message: message, ...said })
    if (modify_type !== "add_recipient" && modify_type !== "remove_recipient") {
      return yield* refused("invalid_modify_type", "modify_type must be add_recipient or remove_recipient")
    }
    if (from_number !== undefined && Option.isNone(Request.lineOf(services.front, from_number))) {
      return yield* refused("line_not_registered", "The from_number is not registered")
    }
    const group = yield* require(services, group_id, from_number)
    const handle = Request.handleOf(number)
    if (Option.isNone(handle)) return yield* refused("invalid_number", "number must be in E.164 format")
    if (Option.isSome(services.front.lineOf(handle.value))) return yield* refused("invalid_number", "Cannot add or remove your own line")
    const change = modify_type === "add_recipient" ? services.messaging.addParticipant : services.messaging.removeParticipant
    yield* Effect.mapError(change(group, handle.value), (error) =>
      Refusal.ofError(error, (message) => ({ status: "ERROR", error: error.reason, error_message: message, ...said })))
    const others = group.members.filter((member) =>
      member !== handle.value
    )
    yield* services.ids.remember({ ...group, members: modify_type === "add_recipient" ? [...others, handle.value] : others })
    return Refusal.json(200, { status: "OK", ...said })
  })

// --- name and photo ---

const photoOf = ({ icon, metadata }: Chat): unknown =>
  metadata["group_photo"] ?? (icon === undefined ? null : { photo_guid: null, url: icon })

const numberOf = (peer: string): string | null => Handle.isHandle(peer) && Handle.isPhone(peer) ? peer : null

export const retrieve = (services: Services) => (call: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const group = yield* require(services, Request.param(call, "groupId"))
    const chat = yield* Refusal.lifted(services.messaging.getChat(group))
    const people = chat.participants.filter(({ isMine, peer, status }) =>
      !isMine && Option.isNone(services.front.lineOf(peer)) && (status?.neutral === undefined || status.neutral === "active")
    )
    const { items: [latest] } = yield* services.archive.list({ conversation: Conversation.key(group), limit: 1, offset: 0 })
    return Refusal.json(200, {
      status: "OK",
      data: {
        group_id: group.id,
        group_name: chat.name ?? null,
        group_photo: photoOf(chat),
        created_at: chat.createdAt ?? null,
        updated_at: chat.updatedAt ?? null,
        latest_comm_at: latest === undefined ? null : Wire.iso(latest.at),
        latest_message_id: latest?.id ?? null,
        worker_group_id: null,
        participant_numbers: people.map(({ peer }) => peer),
        participants: people.map(({ id, name, peer }) => ({
          participant_id: id ?? peer,
          type: "contact",
          handle: peer,
          phone: numberOf(peer),
          name: name ?? null,
          contact_id: null,
          seat_id: null
        }))
      }
    })
  })

const fromOf = ({ fields }: Request.Call): string | undefined =>
  typeof fields["from_number"] === "string" ? fields["from_number"] : undefined

/** A string sets it; null and "" clear it. */
const settingOf = ({ fields }: Request.Call, name: string): Effect.Effect<string | null, Refusal.Refusal> => {
  const value = fields[name]
  if (value === undefined) return Refusal.refuse(400, `${name} is required`)
  if (value === null || value === "") return Effect.succeed(null)
  return typeof value !== "string"
    ? Refusal.refuse(400, `${name} must be a string or null`)
    : value.trim() === ""
    ? Refusal.refuse(400, `${name} must not be only whitespace`)
    : Effect.succeed(value)
}

const change = (services: Services, call: Request.Call, change: ChatChange): Effect.Effect<Conversation.Group, Refusal.Refusal> =>
  Effect.gen(function*() {
    const group = yield* require(services, Request.param(call, "groupId"), fromOf(call))
    yield* Refusal.lifted(services.messaging.updateChat(group, change))
    return group
  })

export const rename = (services: Services) => (call: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const name = yield* settingOf(call, "group_name")
    const { id } = yield* change(services, call, { name })
    return Refusal.json(200, { status: "OK", data: { group_id: id, group_name: name, from_number: fromOf(call) ?? null } })
  })

export const setPhoto = (services: Services) => (call: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const icon = yield* settingOf(call, "photo_url")
    const { id } = yield* change(services, call, { icon })
    const photo = icon === null ? null : { photo_guid: null, url: icon }
    return Refusal.json(200, { status: "OK", data: { group_id: id, from_number: fromOf(call) ?? null, group_photo: photo } })
  })
