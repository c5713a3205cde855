/** What one does at Sendblue beside writing: typing, read receipts, reactions, lookups, locations. */
import * as Effect from "effect/Effect"
import * as Http from "../../http/http.ts"
import * as Json from "../../http/json.ts"
import type { Handler, Route } from "../../http/pathTable.ts"
import * as World from "../../world/world.ts"
import * as Refusal from "./refusal.ts"
import * as Requests from "./requests.ts"
import type { SendblueState } from "./state.ts"

const maxTyping = 300_000
const defaultTyping = 60_000

const hasConversation = (state: SendblueState, number: string): boolean =>
  World.messagesOf(state.world, "sendblue").some((message) => !message.group && (message.from === number || message.to.includes(number)))

const typing = (state: SendblueState): Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const fields = yield* Requests.body(call)
    const number = yield* Requests.number(fields)
    const refused = (message: string) => Refusal.refuseWith(400, { status: "ERROR", status_code: 400, error_message: message, number })
    const from = Requests.text(fields, "from_number")
    if (from !== undefined && World.ownLine(state.world, "sendblue", from) === undefined) {
      return yield* refused("This phone number is not defined.")
    }
    const { max_duration_ms: given, state: mode } = fields
    if (mode !== undefined && mode !== "start" && mode !== "stop") return yield* refused("state must be start or stop")
    if (given !== undefined && (!Json.isInteger(given) || given < 1 || given > maxTyping)) {
      return yield* refused("max_duration_ms must be an integer between 1 and 300000")
    }
    if (!hasConversation(state, number)) {
      return yield* refused("No route mapping found for number, have you messaged them before?")
    }
    const line = from ?? World.linesOf(state.world, "sendblue")[0]?.number ?? ""
    const phone = World.phone(state.world, number)
    if (mode === "stop") phone.typing.delete(line)
    else if (World.person(state.world, number).service === "iMessage") {
      phone.typing.add(line)
      state.world.time.after(Json.isInteger(given) ? given : defaultTyping, () => phone.typing.delete(line))
    }
    return Http.json(200, { status: "QUEUED", status_code: 200, error_message: null, number })
  })

const markRead = (state: SendblueState): Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const fields = yield* Requests.body(call)
    const number = yield* Requests.number(fields)
    const from = yield* Requests.fromLine(state, fields)
    if (World.person(state.world, number).service !== "SMS") {
      World.phone(state.world, number).readByLine.push({ line: from, at: state.world.time.now() })
    }
    return Http.json(200, { status: "OK", message: "Mark read request sent", number })
  })

const tapbacks: ReadonlySet<string> = new Set(["love", "like", "dislike", "laugh", "emphasize", "question"])

/** One emoji: a picture, a flag or a keycap, with its modifiers and joined pictures. */
const emoji = new RegExp(
  "^(?:\\p{Extended_Pictographic}|\\p{Regional_Indicator}{2}|[0-9#*]\\uFE0F?\\u20E3)" +
    "(?:\\p{Emoji_Modifier}|\\uFE0F|\\u200D\\p{Extended_Pictographic})*$",
  "u"
)

const react = (state: SendblueState): Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const fields = yield* Requests.body(call)
    const from = yield* Requests.fromLine(state, fields)
    const handle = Requests.text(fields, "message_handle")
    if (handle === undefined) return yield* Refusal.refuse(400, "You must specify `message_handle` in the request body.")
    const reaction = Requests.text(fields, "reaction") ?? ""
    const word = reaction.startsWith("-") ? reaction.slice(1) : reaction
    if (!tapbacks.has(word) && !emoji.test(word)) {
      return yield* Refusal.refuse(
        400,
        "Invalid reaction. Must be one of: love, like, dislike, laugh, emphasize, question"
      )
    }
    const index = fields["part_index"] ?? 0
    if (!Json.isInteger(index) || index < 0) {
      return yield* Refusal.refuse(400, "`part_index` must be a non-negative integer.")
    }
    const message = state.world.messages.get(handle)
    if (message === undefined || message.vendor !== "sendblue" || message.line !== from) {
      return yield* Refusal.refuse(404, "Message not found")
    }
    if (message.direction === "outbound" || message.service !== "iMessage") {
      return yield* Refusal.refuse(422, "Reactions can only be sent to inbound iMessage messages")
    }
    World.react(
      state.world,
      message,
      {
        by: from,
        type: tapbacks.has(word) ? word : "custom",
        emoji: tapbacks.has(word) ? null : word,
        partIndex: index,
        at: state.world.time.now()
      },
      !reaction.startsWith("-")
    )
    return Http.json(200, { status: "OK", message: "Reaction request sent", message_handle: handle, reaction })
  })

const evaluate = (state: SendblueState): Handler<Refusal.Refusal> => (call) =>
  Effect.suspend(() => {
    const number = call.request.query.get("number")
    if (number === null || !Json.isHandle(number)) return Refusal.refuse(400, "Invalid phone number")
    const { service } = World.person(state.world, number)
    return Effect.succeed(Http.json(200, { number, service: service === "iMessage" ? "iMessage" : "SMS" }))
  })

const requestLocation = (state: SendblueState): Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const fields = yield* Requests.body(call)
    yield* Requests.fromLine(state, fields)
    const number = yield* Requests.number(fields)
    return Http.json(200, {
      message: "Location request accepted for dispatch",
      message_handle: state.world.ids.uuid(),
      number,
      status: "QUEUED",
      uuid: state.world.ids.uuid()
    })
  })

export const routes = (state: SendblueState): ReadonlyArray<Route<Refusal.Refusal>> => [
  ["POST", "/api/send-typing-indicator", typing(state)],
  ["POST", "/api/mark-read", markRead(state)],
  ["POST", "/api/send-reaction", react(state)],
  ["GET", "/api/evaluate-service", evaluate(state)],
  ["POST", "/api/request-location", requestLocation(state)]
]
