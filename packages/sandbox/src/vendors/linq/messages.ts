/** Serves single messages at Linq: read, edit, delete, react, thread and card; and polls. */
import * as Effect from "effect/Effect"
import * as Http from "../../http/http.ts"
import * as Json from "../../http/json.ts"
import * as PathTable from "../../http/pathTable.ts"
import type { Message, Placement, Sticker } from "../../world/model.ts"
import * as World from "../../world/world.ts"
import * as Content from "./content.ts"
import * as People from "./people.ts"
import * as Refusal from "./refusal.ts"
import * as Requests from "./requests.ts"
import { mayUse, mayWrite } from "./sends.ts"
import * as State from "./state.ts"
import * as Wire from "./wire.ts"

const maxEdits = 5
const editableFor = 15 * 60_000

const retrieve = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.map(Requests.message(state, call), ([message, chat]) => Http.json(200, Wire.message(state, chat, message)))

const forget = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.map(Requests.message(state, call), ([message]) => {
    message.deleted = true
    return Http.empty(204)
  })

const partIndex = (value: unknown): Effect.Effect<number, Refusal.Refusal> =>
  value === undefined
    ? Effect.succeed(0)
    : Json.isInteger(value) && value >= 0
    ? Effect.succeed(value)
    : Refusal.invalidValue("part_index must be a non-negative integer")

const edit = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const [message, chat] = yield* Requests.message(state, call, { deleted: true })
    const { part_index: given, text } = yield* Requests.body(call)
    if (text === undefined) return yield* Refusal.missing("text")
    if (!Json.isString(text) || text.length < 1 || text.length > 10_000) {
      return yield* Refusal.invalidValue("text must be between 1 and 10000 characters")
    }
    const index = yield* partIndex(given)
    if (message.direction === "inbound") return yield* Refusal.refuse(403, 2005, "Only your own messages can be edited")
    if (message.parts[index]?.type !== "text") return yield* Refusal.invalidValue("part_index is not a text part")
    if (message.edits.length >= maxEdits) return yield* Refusal.invalidValue("A message can be edited up to 5 times")
    if (state.world.time.now() - (message.sentAt ?? message.createdAt) > editableFor) {
      return yield* Refusal.invalidValue("A message can be edited only within 15 minutes of being sent")
    }
    yield* mayWrite(state, People.addresses(chat), undefined)
    World.editPart(state.world, message, index, text)
    return message.deleted ? Http.empty(204) : Http.json(200, Wire.message(state, chat, message))
  })

const bounds = { x: [-1, 1], y: [-1, 1], scale: [0, Number.MAX_VALUE], rotation: [-Number.MAX_VALUE, Number.MAX_VALUE] } as const

const names = ["x", "y", "scale", "rotation"] as const

/** Reads where a sticker is. The limits of the scale are not known, so every scale above 0 is taken. */
const placement = (value: unknown): Effect.Effect<Partial<Placement>, Refusal.Refusal> =>
  Effect.gen(function*() {
    if (value === undefined || value === null) return {}
    if (!Json.isObject(value)) return yield* Refusal.invalidBody("placement must be an object")
    const found: Partial<Record<keyof Placement, number>> = {}
    for (const name of names) {
      const number = value[name]
      const [least, most] = bounds[name]
      if (number === undefined || number === null) continue
      if (typeof number !== "number" || number < least || number > most || (name === "scale" && number === 0)) {
        return yield* Refusal.invalidValue(`placement.${name} is out of range`)
      }
      found[name] = number
    }
    return found
  })

/** Reads a sticker. Its file must be one that Linq stores: an uploaded attachment, or the `download_url` of one. */
const sticker = (
  state: State.LinqState,
  { attachment_id: id, placement: given, url }: Json.JsonObject
): Effect.Effect<Sticker, Refusal.Refusal> =>
  Effect.gen(function*() {
    if ((id === undefined) === (url === undefined)) {
      return yield* Refusal.invalidValue("A sticker needs exactly one of attachment_id or url")
    }
    const stored = Array.from(state.attachments.values()).find((known) => known.url === url && known.bytes !== null)
    if (id === undefined && stored === undefined) return yield* Refusal.invalidValue("url must be a download_url of Linq")
    const file = stored ?? (yield* Content.readyAttachment(state, id))
    if (!file.contentType.startsWith("image/")) return yield* Refusal.refuse(400, 5004, "Invalid file type")
    return {
      id: state.world.ids.uuid(),
      url: file.url,
      filename: file.filename,
      mimeType: file.contentType,
      placement: { x: 0, y: 0, scale: 1, rotation: 0, ...(yield* placement(given)) }
    }
  })

/** Moves a sticker that the line put on. The docs do not say what another id gives; a sticker of before the endpoint gives 404. */
const move = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const [message, chat] = yield* Requests.message(state, call)
    const id = PathTable.param(call, "reactionId")
    const { placement: given } = yield* Requests.body(call)
    if (given === undefined) return yield* Refusal.missing("placement")
    const moved = yield* placement(given)
    if (!message.reactions.some(({ by, sticker }) => sticker?.id === id && by === chat.line)) {
      return yield* Refusal.refuse(404, 2001, "Reaction not found")
    }
    yield* mayWrite(state, People.addresses(chat), undefined)
    World.moveSticker(state.world, message, id, moved)
    return Http.json(202, { success: true, status: "accepted", trace_id: PathTable.param(call, "traceId") })
  })

const react = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const [message, chat] = yield* Requests.message(state, call)
    const body = yield* Requests.body(call)
    const { custom_emoji: emoji, operation, part_index: given, type } = body
    if (operation === undefined) return yield* Refusal.missing("operation")
    if (operation !== "add" && operation !== "remove") return yield* Refusal.invalidValue("operation must be add or remove")
    if (type === undefined) return yield* Refusal.missing("type")
    if (!Json.isString(type) || !Wire.reactions.has(type)) return yield* Refusal.invalidValue("Unknown reaction type")
    if (type === "custom" && (!Json.isString(emoji) || emoji === "")) return yield* Refusal.missing("custom_emoji")
    // How a sticker is taken off is not documented.
    if (type === "sticker" && operation === "remove") return yield* Refusal.invalidValue("A sticker cannot be removed")
    const put = type === "sticker" ? yield* sticker(state, body) : undefined
    const index = yield* partIndex(given)
    if (index >= message.parts.length) return yield* Refusal.invalidValue("part_index is out of range")
    yield* mayWrite(state, People.addresses(chat), undefined)
    // SMS has no reactions. Linq accepts the request, but no phone shows the reaction.
    if (message.service !== "SMS") {
      World.react(
        state.world,
        message,
        {
          by: chat.line,
          type,
          emoji: type === "custom" && Json.isString(emoji) ? emoji : null,
          partIndex: index,
          at: state.world.time.now(),
          ...(put === undefined ? {} : { sticker: put })
        },
        operation === "add"
      )
    }
    return Http.json(202, { message: "Reaction processed", status: "accepted", trace_id: PathTable.param(call, "traceId") })
  })

const rootOf = (messages: ReadonlyMap<string, Message>, message: Message): Message => {
  const parent = message.replyTo === null ? undefined : messages.get(message.replyTo.id)
  return parent === undefined ? message : rootOf(messages, parent)
}

const thread = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const [message, chat] = yield* Requests.message(state, call)
    const order = call.request.query.get("order") ?? "asc"
    if (order !== "asc" && order !== "desc") return yield* Refusal.invalidValue("order must be asc or desc")
    const root = rootOf(state.world.messages, message)
    const members = World.messagesOf(state.world, "linq").filter((other) =>
      other.thread === chat.id && rootOf(state.world.messages, other) === root
    )
    const { items, next } = yield* Requests.page(call, order === "asc" ? members : [...members].reverse(), 50)
    return Http.json(200, { messages: items.map((item) => Wire.message(state, chat, item)), next_cursor: next })
  })

const updateCard = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const [message, chat] = yield* Requests.message(state, call)
    const body = yield* Requests.body(call)
    const card = message.parts.find(({ type }) => type === "app")
    if (card?.type !== "app" || message.direction === "inbound") {
      return yield* Refusal.invalidValue("The message is not an iMessage app card sent by you")
    }
    if (message.deliveredAt === null) return yield* Refusal.refuse(409, 2015, "The card is not delivered yet")
    const part = yield* Content.appCard(body, card.card["app"])
    yield* mayWrite(state, People.addresses(chat), undefined)
    const sent = World.send(state.world, {
      vendor: "linq",
      line: chat.line,
      to: People.addresses(chat),
      thread: chat.id,
      group: chat.isGroup,
      parts: [part],
      imessageOnly: true,
      traceId: PathTable.param(call, "traceId")
    })
    return Http.json(202, { chat_id: chat.id, message: Wire.sentMessage(state, chat, sent) })
  })

// --- polls: linq-go 0.38.3 (chatpoll.go, messagepoll.go), read 2026-11 ---

const texts = (value: unknown, least: number): Effect.Effect<ReadonlyArray<string>, Refusal.Refusal> =>
  Effect.gen(function*() {
    if (value === undefined) return yield* Refusal.missing("options")
    if (!Array.isArray(value) || value.length < least) return yield* Refusal.invalidValue(`options must have at least ${least} items`)
    return yield* Effect.forEach(value, (option: unknown) =>
      Json.isObject(option) && Json.isString(option["text"]) && option["text"].trim() !== ""
        ? Effect.succeed(option["text"])
        : Refusal.invalidValue("each option needs a text"))
  })

const poll = (state: State.LinqState, call: PathTable.Call): Effect.Effect<readonly [Message, State.Chat], Refusal.Refusal> =>
  Effect.filterOrElse(
    Requests.message(state, call),
    ([{ poll: options }]) => options !== null,
    () => Refusal.messageNotFound
  )

/** The code of a poll on another service is not published. The sandbox takes the one of a location request. */
const onlyIMessage = (state: State.LinqState, chat: State.Chat): Effect.Effect<void, Refusal.Refusal> =>
  People.service(state, chat) === "iMessage" ? Effect.void : Refusal.refuse(409, 2017, "Polls are only supported in iMessage chats")

const createPoll = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const chat = yield* Requests.openChat(state, call)
    const { poll: given } = yield* Requests.body(call)
    if (!Json.isObject(given)) return yield* Refusal.missing("poll")
    const options = yield* texts(given["options"], 2)
    const key = yield* Content.idempotencyKey(given["idempotency_key"])
    const before = key === null ? undefined : state.replays.get(`poll ${key}`)
    if (before !== undefined) return Http.json(before.status, before.render())
    yield* onlyIMessage(state, chat)
    const line = state.world.lines.get(chat.line)
    if (line !== undefined) yield* mayUse(line)
    yield* mayWrite(state, People.addresses(chat), undefined)
    const message = World.send(state.world, {
      vendor: "linq",
      line: chat.line,
      to: People.addresses(chat),
      thread: chat.id,
      group: chat.isGroup,
      parts: [],
      poll: options,
      imessageOnly: true,
      traceId: PathTable.param(call, "traceId")
    })
    const render = () => Wire.poll(state, chat, message)
    State.remember(state, key === null ? null : `poll ${key}`, { messageId: message.id, status: 201, render })
    return Http.json(201, render())
  })

const readPoll = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.map(poll(state, call), ([message, chat]) => Http.json(200, Wire.poll(state, chat, message)))

const addPollOptions = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const [message, chat] = yield* poll(state, call)
    const { options } = yield* Requests.body(call)
    const added = yield* texts(options, 1)
    yield* mayWrite(state, People.addresses(chat), undefined)
    World.addPollOptions(state.world, message, chat.line, added)
    return Http.json(200, Wire.poll(state, chat, message))
  })

const votePoll = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const [message, chat] = yield* poll(state, call)
    const { operation, option_id: id } = yield* Requests.body(call)
    if (operation !== "add" && operation !== "remove") return yield* Refusal.invalidValue("operation must be add or remove")
    const option = message.poll?.find((one) => one.id === id)
    if (option === undefined) return yield* Refusal.refuse(404, 2010, "Poll option not found")
    yield* mayWrite(state, People.addresses(chat), undefined)
    World.vote(state.world, message, option, chat.line, operation === "add")
    return Http.json(200, Wire.poll(state, chat, message))
  })

export const routes = (state: State.LinqState): ReadonlyArray<PathTable.Route<Refusal.Refusal>> => [
  ["GET", "/v3/messages/:messageId", retrieve(state)],
  ["PATCH", "/v3/messages/:messageId", edit(state)],
  ["DELETE", "/v3/messages/:messageId", forget(state)],
  ["POST", "/v3/messages/:messageId/reactions", react(state)],
  ["PATCH", "/v3/messages/:messageId/reactions/:reactionId", move(state)],
  ["GET", "/v3/messages/:messageId/thread", thread(state)],
  ["POST", "/v3/messages/:messageId/update", updateCard(state)],
  ["POST", "/v3/chats/:chatId/polls", createPoll(state)],
  ["GET", "/v3/messages/:messageId/poll", readPoll(state)],
  ["POST", "/v3/messages/:messageId/poll/options", addPollOptions(state)],
  ["POST", "/v3/messages/:messageId/poll/votes", votePoll(state)]
]
