/** Chats: the members, name and photo of a group; typing, read receipts and locations. */
import type { Chat } from "@interline/core/Chat"
import * as Conversation from "@interline/core/Conversation"
import * as Handle from "@interline/core/Handle"
import type { MessagingError } from "@interline/core/MessagingError"
import type { ChatChange } from "@interline/core/OperationSignatures"
import type { Reply } from "@interline/sql/RequestLog"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import * as Option from "effect/Option"
import * as ChatLookup from "./chatLookup.ts"
import * as Refusal from "./refusal.ts"
import * as Request from "./request.ts"
import type { Services } from "./services.ts"
import * as Wire from "./wire.ts"

const requireGroup = (services: Services, id: string, from?: string): Effect.Effect<Conversation.Group, Refusal.Refusal> =>
  Effect.flatMap(
    ChatLookup.findGroup(services, id, Option.getOrUndefined(Request.lineOrOnly(services.front, from))),
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
    const group = yield* requireGroup(services, group_id, from_number)
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
    const group = yield* requireGroup(services, Request.param(call, "groupId"))
    const chat = yield* Refusal.lift(services.messaging.getChat(group))
    const people = chat.participants.filter(({ isMine, peer, status }) =>
      !isMine && Option.isNone(services.front.lineOf(peer)) && (status?.neutral === undefined || status.neutral === "active")
    )
    const { items: [latest] } = yield* services.archive.list({ conversation: Conversation.key(group), limit: 1, offset: 0, countTo: 0 })
    return Refusal.json(200, {
      status: "OK",
      data: {
        group_id: yield* services.ids.toChatId(group),
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

/** Reads a name or an address. A string sets it; null and "" clear it. */
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

/** Changes a group. The result is its id on this wire. */
const changeGroup = (services: Services, call: Request.Call, change: ChatChange): Effect.Effect<string, Refusal.Refusal> =>
  Effect.gen(function*() {
    const group = yield* requireGroup(services, Request.param(call, "groupId"), fromOf(call))
    yield* Refusal.lift(services.messaging.updateChat(group, change))
    return yield* services.ids.toChatId(group)
  })

export const rename = (services: Services) => (call: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const name = yield* settingOf(call, "group_name")
    const id = yield* changeGroup(services, call, { name })
    return Refusal.json(200, { status: "OK", data: { group_id: id, group_name: name, from_number: fromOf(call) ?? null } })
  })

export const setPhoto = (services: Services) => (call: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const icon = yield* settingOf(call, "photo_url")
    const id = yield* changeGroup(services, call, { icon })
    const photo = icon === null ? null : { photo_guid: null, url: icon }
    return Refusal.json(200, { status: "OK", data: { group_id: id, from_number: fromOf(call) ?? null, group_photo: photo } })
  })

// --- typing ---

/** The typing indicators that end by themselves, by conversation. */
export type Ending = FiberMap.FiberMap<string>

const decodeTyping = Request.decode(Request.Typing, Request.specifying)

const toEnvelope = (number: string) => (message: string, status: number) => ({
  status: "ERROR",
  status_code: status,
  error_message: message,
  number
})

const noRoute = "No route mapping found for number, have you messaged them before?"

/** Sets the typing indicator. Carriers take no duration, so the gateway ends it, unless another request changes it before. */
const setTyping = (
  { messaging }: Services,
  ending: Ending,
  to: Conversation.Direct,
  state: "start" | "stop",
  duration: number | undefined
): Effect.Effect<void, MessagingError> => {
  const key = Conversation.key(to)
  const change = Effect.zipRight(FiberMap.remove(ending, key), state === "start" ? messaging.startTyping(to) : messaging.stopTyping(to))
  return state === "stop" || duration === undefined
    ? change
    : Effect.zipRight(change, Effect.asVoid(FiberMap.run(ending, key, Effect.ignore(Effect.delay(messaging.stopTyping(to), duration)))))
}

export const showTyping = (services: Services, ending: Ending) => (call: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const { from_number, max_duration_ms, number, state = "start" } = yield* decodeTyping(call.fields)
    const refused = (message: string) => Refusal.refuseWith(400, toEnvelope(number)(message, 400))
    const line = Request.lineOrOnly(services.front, from_number)
    if (Option.isNone(line)) {
      return yield* refused(
        from_number === undefined ? "from_number is required: this gateway has several lines" : "This phone number is not defined."
      )
    }
    const handle = Request.handleOf(number)
    if (Option.isNone(handle)) return yield* refused("Invalid phone number")
    const to = Conversation.direct(line.value, handle.value)
    yield* Effect.catchAll(
      setTyping(services, ending, to, state, max_duration_ms),
      (error) => error.reason === "NotFound" ? refused(noRoute) : Effect.fail(Refusal.ofError(error, toEnvelope(number)))
    )
    return Refusal.json(200, { status: "QUEUED", status_code: 200, error_message: null, number })
  })

// --- read receipts ---

const decodeMarkRead = Request.decode(Request.MarkRead, Request.specifying)

export const markRead = (services: Services) => (call: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const { from_number, number } = yield* decodeMarkRead(call.fields)
    const line = Request.lineOf(services.front, from_number)
    if (Option.isNone(line)) return yield* Refusal.notRegistered
    const handle = Request.handleOf(number)
    if (Option.isNone(handle)) return yield* Refusal.refuse(400, "Invalid phone number")
    yield* Refusal.lift(services.messaging.markRead(Conversation.direct(line.value, handle.value)))
    return Refusal.json(200, { status: "OK", message: "Mark read request sent", number })
  })

// --- locations ---

const decodeAskLocation = Request.decode(Request.AskLocation, Request.specifying)

const readPair = (services: Services, number: string, from: string | null): Effect.Effect<Conversation.Direct, Refusal.Refusal> => {
  const line = from === null ? Option.none() : Request.lineOf(services.front, from)
  if (Option.isNone(line)) return Refusal.notRegistered
  return Option.match(Request.handleOf(number), {
    onNone: () => Refusal.refuse(400, "Invalid phone number"),
    onSome: (handle) => Effect.succeed(Conversation.direct(line.value, handle))
  })
}

/** Asks a person for their location. The handle of the request is there only if the carrier names one. */
export const requestLocation = (services: Services) => (call: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const { from_number, number } = yield* decodeAskLocation(call.fields)
    const to = yield* readPair(services, number, from_number)
    const { ref } = yield* Refusal.lift(services.messaging.requestLocation(to))
    const id = ref === undefined ? undefined : yield* services.ids.toMessageId(ref)
    return Refusal.json(200, {
      status: "QUEUED",
      message: "Location request accepted for dispatch",
      number,
      ...(id === undefined ? {} : { message_handle: id, uuid: id })
    })
  })

/** What a person shares with a line. A person of whom the carrier says nothing shares nothing, or no place is known yet. */
export const readLocation = (services: Services) => (call: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const number = Request.param(call, "number")
    const from = call.query.get("from_number")
    const to = yield* readPair(services, number, from)
    const found = yield* Refusal.lift(services.messaging.getLocations(to))
    return Refusal.json(200, {
      status: "OK",
      from_number: from,
      number: to.handle,
      ...Wire.locationOf(found.find(({ peer }) => peer === to.handle))
    })
  })
