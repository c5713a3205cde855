/** Reads and changes chats at Linq, and runs all actions in a chat except sending. */
import * as Effect from "effect/Effect"
import * as Http from "../../http/http.ts"
import * as Json from "../../http/json.ts"
import * as PathTable from "../../http/pathTable.ts"
import type { Part } from "../../world/model.ts"
import * as World from "../../world/world.ts"
import * as Content from "./content.ts"
import * as Events from "./events.ts"
import * as People from "./people.ts"
import * as Refusal from "./refusal.ts"
import * as Requests from "./requests.ts"
import { mayUse, mayWrite } from "./sends.ts"
import type * as State from "./state.ts"
import * as Wire from "./wire.ts"

const fiveMinutes = 300_000
const askAgain = 60_000
const typingLasts = 90_000
const day = 86_400_000
const maxVoiceMemo = 10 * 1024 * 1024

const groupOnly = Refusal.refuse(409, 1006, "Cannot update direct message chats")
const serviceUnsupported = Refusal.refuse(409, 2017, "Operation not supported on this chat's service type")

const queued = (call: PathTable.Call, message: string) =>
  Http.json(202, { status: "accepted", message, trace_id: PathTable.param(call, "traceId") })

const list = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const from = call.request.query.get("from")
    const to = call.request.query.get("to")
    const chats = Array.from(state.chats.values())
      .filter((chat) => (from === null || chat.line === from) && (to === null || People.addresses(chat).includes(to)))
      .sort((left, right) => right.updatedAt - left.updatedAt)
    const { items, next } = yield* Requests.page(call, chats, 20)
    return Http.json(200, { chats: items.map((chat) => Wire.chat(state, chat)), next_cursor: next })
  })

const retrieve = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.map(Requests.chat(state, call), (chat) => Http.json(200, Wire.chat(state, chat)))

const update = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const chat = yield* Requests.openChat(state, call)
    const { display_name: name, group_chat_icon: icon } = yield* Requests.body(call)
    if (name !== undefined && !Json.isString(name)) return yield* Refusal.invalidBody("display_name must be a string")
    if (icon !== undefined && (!Json.isString(icon) || Json.parseUrl(icon) === undefined)) {
      return yield* Refusal.invalidValue("group_chat_icon must be a URL")
    }
    if (name === undefined && icon === undefined) return yield* Refusal.missing("display_name or group_chat_icon")
    if (!chat.isGroup) return yield* groupOnly
    const before = { name: chat.displayName, icon: chat.icon }
    state.world.time.after(state.world.statusDelay, () => {
      if (name !== undefined) {
        chat.displayName = name
        Events.groupChanged(state, chat, "chat.group_name_updated", before.name, name)
      }
      if (icon !== undefined) {
        chat.icon = icon
        Events.groupChanged(state, chat, "chat.group_icon_updated", before.icon, icon)
      }
      chat.updatedAt = state.world.time.now()
    })
    return Http.json(202, { chat_id: chat.id, status: "pending" })
  })

const markRead = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.map(Requests.openChat(state, call), (chat) => {
    const at = state.world.time.now()
    if (!chat.isGroup && People.service(state, chat) !== "SMS") {
      for (const handle of People.addresses(chat)) World.phone(state.world, handle).readByLine.push({ line: chat.line, at })
    }
    for (const message of World.messagesOf(state.world, "linq")) {
      if (message.thread === chat.id && message.direction === "inbound" && message.readAt === null) message.readAt = at
    }
    return Http.empty(204)
  })

const leave = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const chat = yield* Requests.openChat(state, call)
    if (!chat.isGroup) return yield* groupOnly
    if (People.service(state, chat) !== "iMessage") return yield* serviceUnsupported
    if (People.addresses(chat).length + 1 < 4) {
      return yield* Refusal.refuse(409, 2015, "Leaving needs a group of 4 or more active participants")
    }
    chat.left = true
    const me = chat.handles.find(({ isMe }) => isMe)
    if (me !== undefined) {
      People.remove(state, chat, me, "left")
      state.world.time.after(state.world.statusDelay, () => Events.participant(state, chat, me, false))
    }
    return queued(call, "Leave group chat queued")
  })

const shareContactCard = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const chat = yield* Requests.openChat(state, call)
    const card = state.cards.get(chat.line)
    if (card === undefined) return yield* Refusal.refuse(404, 2012, "Contact card not found")
    yield* mayWrite(state, People.addresses(chat), undefined)
    const now = state.world.time.now()
    // Linq accepts a second share within a day, but does not show it (Linq docs, best practices, read 2026-11-21).
    const fresh = chat.cardSharedAt === null || now - chat.cardSharedAt >= day
    if (fresh && People.service(state, chat) === "iMessage") {
      chat.cardSharedAt = now
      const name = [card.firstName, card.lastName].filter((part) => part !== null).join(" ")
      for (const handle of People.addresses(chat)) {
        World.phone(state.world, handle).contactCards.push({ line: chat.line, name, at: now })
      }
    }
    return Http.empty(204)
  })

const memoAttachment = (state: State.LinqState, url: unknown, id: unknown): Effect.Effect<State.Attachment, Refusal.Refusal> =>
  Effect.gen(function*() {
    if ((url === undefined) === (id === undefined)) {
      return yield* Refusal.invalidValue("Exactly one of voice_memo_url or attachment_id is required")
    }
    const isAudio = (extension: string) => Wire.voiceMemoExtensions.includes(extension)
    if (id === undefined) return yield* Content.attachUrl(state, url, isAudio)
    const attachment = yield* Content.readyAttachment(state, id)
    if (!attachment.contentType.startsWith("audio/")) return yield* Refusal.refuse(400, 5004, "Invalid file type")
    if (attachment.sizeBytes > maxVoiceMemo) {
      return yield* Refusal.refuse(413, 5001, "Voice memo file too large - maximum size is 10MB")
    }
    return attachment
  })

const voiceMemo = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const chat = yield* Requests.openChat(state, call)
    const body = yield* Requests.body(call)
    const attachment = yield* memoAttachment(state, body["voice_memo_url"], body["attachment_id"])
    const line = state.world.lines.get(chat.line)
    if (line !== undefined) yield* mayUse(line)
    yield* mayWrite(state, People.addresses(chat), body["override_optout"])
    const part: Part = {
      type: "media",
      id: attachment.id,
      url: attachment.url,
      filename: attachment.filename,
      mimeType: attachment.contentType,
      sizeBytes: attachment.sizeBytes
    }
    const message = World.send(state.world, {
      vendor: "linq",
      line: chat.line,
      to: People.addresses(chat),
      thread: chat.id,
      group: chat.isGroup,
      parts: [part],
      voiceMemo: true,
      traceId: PathTable.param(call, "traceId")
    })
    return Http.json(202, {
      voice_memo: {
        id: message.id,
        from: chat.line,
        to: People.addresses(chat),
        status: "queued",
        service: message.service,
        voice_memo: {
          id: attachment.id,
          url: attachment.url,
          filename: attachment.filename,
          mime_type: attachment.contentType,
          size_bytes: attachment.sizeBytes,
          duration_ms: null
        },
        created_at: Json.iso(message.createdAt),
        chat: {
          id: chat.id,
          handles: Wire.handles(state, chat),
          is_group: chat.isGroup,
          service: message.service,
          is_active: !chat.left
        }
      }
    })
  })

const addParticipant = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const chat = yield* Requests.openChat(state, call)
    const { handle: given } = yield* Requests.body(call)
    const handle = yield* Requests.handle(given, "handle")
    if (!chat.isGroup) return yield* groupOnly
    if (People.addresses(chat).includes(handle) || handle === chat.line) {
      return yield* Refusal.invalidValue("handle is already a participant")
    }
    if (World.person(state.world, handle).service !== People.service(state, chat)) return yield* serviceUnsupported
    state.world.time.after(state.world.statusDelay, () => Events.participant(state, chat, People.join(state, chat, handle), true))
    return queued(call, "Participant addition queued")
  })

const removeParticipant = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const chat = yield* Requests.openChat(state, call)
    const { handle: given } = yield* Requests.body(call)
    const handle = yield* Requests.handle(given, "handle")
    if (!chat.isGroup) return yield* groupOnly
    const member: State.Handle | undefined = chat.handles.find((known) =>
      known.handle === handle && !known.isMe && known.status === "active"
    )
    if (member === undefined) return yield* Refusal.invalidValue("handle is not a participant")
    if (People.addresses(chat).length < 3) {
      return yield* Refusal.refuse(409, 2015, "A group must keep at least 3 participants")
    }
    state.world.time.after(state.world.statusDelay, () => {
      People.remove(state, chat, member, "removed")
      Events.participant(state, chat, member, false)
    })
    return queued(call, "Participant removal queued")
  })

const lastActivity = (state: State.LinqState, chat: State.Chat): number =>
  World.messagesOf(state.world, "linq").reduce(
    (latest, message) => message.thread === chat.id ? Math.max(latest, message.createdAt) : latest,
    0
  )

const typing = (state: State.LinqState, on: boolean): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const chat = yield* Requests.openChat(state, call)
    if (chat.isGroup) return yield* Refusal.refuse(403, 2005, "Typing indicators are not supported in group chats")
    yield* mayWrite(state, People.addresses(chat), undefined)
    for (const handle of People.addresses(chat)) {
      const phone = World.phone(state.world, handle)
      const shows = People.service(state, chat) === "iMessage" &&
        state.world.time.now() - lastActivity(state, chat) <= fiveMinutes
      if (!on) phone.typing.delete(chat.line)
      else if (shows) {
        phone.typing.add(chat.line)
        state.world.time.after(typingLasts, () => phone.typing.delete(chat.line))
      }
    }
    return Http.empty(204)
  })

const listMessages = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const chat = yield* Requests.chat(state, call)
    const messages = World.messagesOf(state.world, "linq").filter(({ thread }) => thread === chat.id).reverse()
    const { items, next } = yield* Requests.page(call, messages, 50)
    return Http.json(200, { messages: items.map((message) => Wire.message(state, chat, message)), next_cursor: next })
  })

const requestLocation = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const chat = yield* Requests.openChat(state, call)
    if (chat.isGroup) return yield* Refusal.refuse(409, 2016, "Location requests are not supported in group chats")
    if (People.service(state, chat) !== "iMessage") {
      return yield* Refusal.refuse(409, 2017, "Location requests are only supported in iMessage chats")
    }
    yield* mayWrite(state, People.addresses(chat), undefined)
    const [handle] = People.addresses(chat)
    // Linq's Go client (September 2026) documents 409 without a code, and a limit without a number
    if (handle !== undefined && World.placeOf(state.world, handle, "linq") !== undefined) {
      return yield* Refusal.refuse(409, 2015, "The recipient is already sharing their location")
    }
    const now = state.world.time.now()
    const asked = chat.locationAskedAt
    if (state.rateLimits && asked !== null && now - asked < askAgain) {
      const retryAfter = Math.ceil((asked + askAgain - now) / 1000)
      return yield* Effect.fail(new Refusal.Refusal({ status: 429, code: 1007, message: "Too many location requests", retryAfter }))
    }
    chat.locationAskedAt = now
    if (handle !== undefined) World.phone(state.world, handle).locationRequests.push({ line: chat.line, at: now })
    return Http.json(200, { success: true, message: "Location request sent" })
  })

const stopLocation = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const chat = yield* Requests.chat(state, call)
    const { handle: given } = yield* Requests.body(call)
    const handle = yield* Requests.handle(given, "handle")
    if (!People.addresses(chat).includes(handle) || World.placeOf(state.world, handle, "linq") === undefined) {
      return yield* Refusal.refuse(404, 2019, "The contact is not sharing their location")
    }
    state.world.time.after(state.world.statusDelay, () => World.endSharing(state.world, handle, "linq"))
    return Http.json(202, { success: true, message: "Location sharing stop requested" })
  })

const location = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.map(Requests.chat(state, call), (chat) => {
    const features = People.addresses(chat).flatMap((handle) => {
      const coordinates = World.placeOf(state.world, handle, "linq")
      return coordinates === undefined
        ? []
        : [{ type: "Feature", geometry: { type: "Point", coordinates }, properties: { handle } }]
    })
    return Http.json(200, { success: true, data: { type: "FeatureCollection", features } }, {
      "content-type": "application/geo+json"
    })
  })

// Linq's Go client 0.38.3 (chatbackground.go), read 2026-11
const colors: ReadonlySet<string> = new Set([
  "mango",
  "ice",
  "plum",
  "deep_sea",
  "green_apple",
  "cherry",
  "bubblegum",
  "tangerine",
  "magenta",
  "lime",
  "silver",
  "carbon",
  "stone"
])

const dynamics: Readonly<Record<string, ReadonlyArray<string>>> = {
  sky: ["dusk", "haze", "sunset", "clear", "sunrise", "dawn"],
  water: ["light", "dark"],
  aurora: ["green", "purple", "pink"]
}

const hex = /^#[0-9a-f]{6}$/i

/** The background that a body asks for. */
const checkBackground = (body: Json.JsonObject): Effect.Effect<Json.JsonObject, Refusal.Refusal> => {
  const { image_url: url, shades, style, type, variant = "custom" } = body
  switch (type) {
    case "color":
      if (Json.isString(variant) && colors.has(variant)) return Effect.succeed({ type, variant })
      return variant === "custom" && Json.isStrings(shades) && shades.length === 2 && shades.every((shade) => hex.test(shade))
        ? Effect.succeed({ type, variant, shades })
        : Refusal.invalidValue("a color needs a known variant, or custom with two shades")
    case "dynamic":
      return Json.isString(style) && Json.isString(variant) && dynamics[style]?.includes(variant) === true
        ? Effect.succeed({ type, style, variant })
        : Refusal.invalidValue("a dynamic background needs a style and one of its variants")
    case "photo":
      return Json.isString(url) && Json.parseUrl(url)?.protocol === "https:"
        ? Effect.succeed({ type, image_url: url })
        : Refusal.refuse(400, 5007, "The image could not be fetched")
    default:
      return type === undefined ? Refusal.missing("type") : Refusal.invalidValue("type must be color, dynamic or photo")
  }
}

/** Changes the background later, and only in an iMessage chat. In any other chat nothing happens, and no event says so. */
const changeBackground = (state: State.LinqState, chat: State.Chat, background: Json.JsonObject | null): void => {
  if (People.service(state, chat) !== "iMessage") return
  state.world.time.after(state.world.statusDelay, () => {
    chat.background = background
    Events.backgroundChanged(state, chat)
  })
}

const setBackground = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const chat = yield* Requests.openChat(state, call)
    changeBackground(state, chat, yield* checkBackground(yield* Requests.body(call)))
    return Http.empty(202)
  })

const removeBackground = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.map(Requests.openChat(state, call), (chat) => {
    changeBackground(state, chat, null)
    return Http.empty(204)
  })

export const routes = (state: State.LinqState): ReadonlyArray<PathTable.Route<Refusal.Refusal>> => [
  ["GET", "/v3/chats", list(state)],
  ["GET", "/v3/chats/:chatId", retrieve(state)],
  ["PUT", "/v3/chats/:chatId", update(state)],
  ["POST", "/v3/chats/:chatId/read", markRead(state)],
  ["POST", "/v3/chats/:chatId/leave", leave(state)],
  ["POST", "/v3/chats/:chatId/share_contact_card", shareContactCard(state)],
  ["POST", "/v3/chats/:chatId/voicememo", voiceMemo(state)],
  ["POST", "/v3/chats/:chatId/participants", addParticipant(state)],
  ["DELETE", "/v3/chats/:chatId/participants", removeParticipant(state)],
  ["POST", "/v3/chats/:chatId/typing", typing(state, true)],
  ["DELETE", "/v3/chats/:chatId/typing", typing(state, false)],
  ["GET", "/v3/chats/:chatId/messages", listMessages(state)],
  ["POST", "/v3/chats/:chatId/location/request", requestLocation(state)],
  ["GET", "/v3/chats/:chatId/location", location(state)],
  ["DELETE", "/v3/chats/:chatId/location", stopLocation(state)],
  ["POST", "/v3/chats/:chatId/background", setBackground(state)],
  ["DELETE", "/v3/chats/:chatId/background", removeBackground(state)]
]
