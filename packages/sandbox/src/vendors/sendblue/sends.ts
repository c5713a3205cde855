/** Serves sends at Sendblue: to one number, to a group, and a carousel. No send is idempotent. */
import * as Effect from "effect/Effect"
import * as Http from "../../http/http.ts"
import * as Json from "../../http/json.ts"
import * as PathTable from "../../http/pathTable.ts"
import type { Message, Part } from "../../world/model.ts"
import * as NewContacts from "../../world/newContacts.ts"
import * as World from "../../world/world.ts"
import * as EventStream from "./eventStream.ts"
import * as Refusal from "./refusal.ts"
import * as Requests from "./requests.ts"
import * as State from "./state.ts"
import * as Wire from "./wire.ts"

type Checked<A> = Effect.Effect<A, Refusal.Refusal>

const maxContent = 18_995
const maxGroup = 25

const required = (fields: Json.JsonObject, name: string): Checked<string> => {
  const value = Requests.text(fields, name)
  return value === undefined ? Refusal.refuseSend(`missing required parameter: "${name}"`) : Effect.succeed(value)
}

const line = (state: State.SendblueState, fields: Json.JsonObject): Checked<string> =>
  Effect.filterOrElse(
    required(fields, "from_number"),
    (number) => Wire.isLine(state, number),
    (number) => Refusal.refuseSend("This phone number is not defined.", { from_number: number })
  )

const burst = (state: State.SendblueState, from: string): Checked<void> => {
  if (!state.rateLimits) return Effect.void
  const since = state.world.time.now() - 1000
  const recent = World.messagesOf(state.world, "sendblue").filter((sent) =>
    sent.direction === "outbound" && sent.line === from && sent.createdAt > since
  )
  return recent.length < 10 ? Effect.void : Refusal.refuse(429, "Too Many Requests")
}

/** Accepts a message, and tells it on the event streams. */
const accept = (state: State.SendblueState, outbound: World.Outbound): Message => {
  const message = World.send(state.world, outbound)
  EventStream.created(state, message)
  return message
}

const optedOut = (state: State.SendblueState, from: string, number: string): Checked<void> =>
  World.person(state.world, number).optedOutOf.has("sendblue")
    ? Refusal.refuseWith(400, {
      accountEmail: state.account,
      status: "ERROR",
      error_code: 402,
      error_message: "OPTED_OUT",
      error_reason: "SpamRule",
      error_detail: "Your message has been declined because the user has opted out of your messages",
      from_number: from,
      number
    })
    : Effect.void

/** One new person too many is refused as a burst is, because no page says how. */
const newContact = (state: State.SendblueState, from: string, number: string): Checked<void> => {
  const { beyond, perDay } = state.world.lineLimits
  return beyond === "taken" || NewContacts.isKnown(state.world, "sendblue", from, number)
    ? Effect.void
    : perDay > 0 && NewContacts.usageOf(state.world, "sendblue", from).state === "available"
    ? Effect.void
    : Refusal.refuse(429, "Too Many Requests")
}

const mostBeforeReply = 6
const longestBeforeReply = 300

const beforeReply = (state: State.SendblueState, from: string, number: string, given: ReadonlyArray<Part>): Checked<void> => {
  const sent = state.world.lineLimits.beforeReply === "taken" ? undefined : NewContacts.unanswered(state.world, "sendblue", from, number)
  if (sent === undefined) return Effect.void
  const isPlain = given.every((part) => part.type === "text" && part.value.length <= longestBeforeReply && !/https?:\/\//i.test(part.value))
  return sent < mostBeforeReply && isPlain ? Effect.void : Refusal.refuseSend("Not allowed before the first reply of this contact")
}

const media = (url: string, index: number, state: State.SendblueState): Part => {
  const filename = Json.parseUrl(url)?.pathname.split("/").at(-1) || "file"
  return { type: "media", id: `${state.world.ids.uuid()}-${index}`, url, filename, mimeType: "", sizeBytes: 0 }
}

const isWebUrl = (value: string): boolean => {
  const url = Json.parseUrl(value)
  return url !== undefined && (url.protocol === "https:" || url.protocol === "http:")
}

const parts = (state: State.SendblueState, fields: Json.JsonObject): Checked<ReadonlyArray<Part>> =>
  Effect.gen(function*() {
    const content = Requests.text(fields, "content")
    const url = Requests.text(fields, "media_url")
    const card = fields["app_card"]
    if (content === undefined && url === undefined && card === undefined) {
      return yield* Refusal.invalidSend("message content or media_url is required")
    }
    if (content !== undefined && content.length > maxContent) {
      return yield* Refusal.invalidSend("content must be less than 18996 characters")
    }
    if (url !== undefined && !isWebUrl(url)) return yield* Refusal.invalidSend("Invalid media URL")
    if (card !== undefined && !Json.isObject(card)) return yield* Refusal.invalidSend("app_card must be an object")
    const given: ReadonlyArray<Part> = [
      ...(content === undefined ? [] : [{ type: "text", value: content, decorations: null } as const]),
      ...(url === undefined ? [] : [media(url, 0, state)]),
      ...(card === undefined ? [] : [{ type: "app", card } as const])
    ]
    return given
  })

// The API does not check the style. It accepts an unknown style, which has no effect.
const effect = (fields: Json.JsonObject): Message["effect"] => {
  const style = Requests.text(fields, "send_style")
  return style === undefined ? null : { type: null, name: style }
}

const replyTo = (state: State.SendblueState, fields: Json.JsonObject, thread: string | null): Checked<Message["replyTo"]> =>
  Effect.gen(function*() {
    const given = fields["reply_to"]
    if (given === undefined || given === null) return null
    if (!Json.isObject(given) || !Json.isString(given["message_handle"])) {
      return yield* Refusal.invalidSend("reply_to.message_handle is required")
    }
    const id = given["message_handle"]
    const parent = state.world.messages.get(id)
    if (parent === undefined || parent.vendor !== "sendblue" || parent.thread !== thread) {
      return yield* Refusal.invalidSend("reply_to message was not found in this conversation")
    }
    const index = given["part_index"] ?? 0
    if (!Json.isInteger(index) || index < 0) {
      return yield* Refusal.invalidSend("reply_to.part_index must be a non-negative integer")
    }
    return { id, partIndex: index }
  })

const callback = (fields: Json.JsonObject): string | null =>
  Requests.text(fields, "status_callback") ?? Requests.text(fields, "statusCallback") ?? null

const echo = (fields: Json.JsonObject): Json.JsonObject => ({
  ...(fields["seat_id"] === undefined ? {} : { seat_id: fields["seat_id"] }),
  ...(fields["app_card"] === undefined ? {} : { app_card: fields["app_card"] })
})

const sendMessage = (state: State.SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const fields = yield* Requests.body(call)
    const number = yield* required(fields, "number")
    const from = yield* line(state, fields)
    if (number === from) return yield* Refusal.refuseSend("Cannot send messages to self")
    if (!Json.isHandle(number)) return yield* Refusal.invalidSend("number must be in E.164 format", { number })
    const given = yield* parts(state, fields)
    const reply = yield* replyTo(state, fields, null)
    yield* optedOut(state, from, number)
    yield* burst(state, from)
    yield* newContact(state, from, number)
    yield* beforeReply(state, from, number, given)
    const message = accept(state, {
      vendor: "sendblue",
      line: from,
      to: [number],
      thread: null,
      group: false,
      parts: given,
      effect: effect(fields),
      replyTo: reply,
      statusCallback: callback(fields),
      imessageOnly: fields["app_card"] !== undefined,
      echo: echo(fields)
    })
    return Http.json(200, Wire.sendResponse(state, message))
  })

const groupOf = (state: State.SendblueState, fields: Json.JsonObject, from: string): Checked<State.Group> =>
  Effect.gen(function*() {
    const id = Requests.text(fields, "group_id")
    if (id !== undefined) {
      const known = state.groups.get(id)
      return known === undefined ? yield* Refusal.invalidSend("group_id was not found") : known
    }
    const numbers = fields["numbers"]
    if (!Json.isStrings(numbers) || numbers.length === 0) {
      return yield* Refusal.refuseSend("missing required parameter: \"numbers\" or \"group_id\"")
    }
    const people = Array.from(new Set(numbers))
    if (people.length > maxGroup) return yield* Refusal.invalidSend("A group can have at most 25 people")
    if (!people.every(Json.isHandle)) return yield* Refusal.invalidSend("numbers must be in E.164 format")
    if (people.includes(from)) return yield* Refusal.refuseSend("Cannot send messages to self")
    return State.findGroup(state, from, people) ?? State.openGroup(state, from, people)
  })

const sendGroupMessage = (state: State.SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const fields = yield* Requests.body(call)
    const from = yield* line(state, fields)
    const given = yield* parts(state, fields)
    const group = yield* groupOf(state, fields, from)
    const reply = yield* replyTo(state, fields, group.id)
    yield* burst(state, from)
    const message = accept(state, {
      vendor: "sendblue",
      line: group.line,
      to: group.numbers,
      thread: group.id,
      group: true,
      parts: given,
      effect: effect(fields),
      replyTo: reply,
      statusCallback: callback(fields),
      echo: echo(fields)
    })
    return Http.json(200, Wire.sendResponse(state, message))
  })

const sendCarousel = (state: State.SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const fields = yield* Requests.body(call)
    const number = yield* required(fields, "number")
    const from = yield* line(state, fields)
    const urls = fields["media_urls"]
    if (!Json.isStrings(urls) || urls.length > 20 || !urls.every((url) => url.startsWith("https://"))) {
      return yield* Refusal.refuse(400, "'media_urls' is required — an array of 2-20 HTTPS URLs")
    }
    if (urls.length < 2) {
      return yield* Refusal.refuse(
        400,
        "Carousel requires at least 2 media URLs. For single media, use /send-message with media_url."
      )
    }
    const reply = yield* replyTo(state, fields, null)
    yield* optedOut(state, from, number)
    const given = urls.map((url, index) => media(url, index, state))
    yield* burst(state, from)
    yield* newContact(state, from, number)
    yield* beforeReply(state, from, number, given)
    const message = accept(state, {
      vendor: "sendblue",
      line: from,
      to: [number],
      thread: null,
      group: false,
      parts: given,
      effect: effect(fields),
      replyTo: reply,
      statusCallback: callback(fields),
      carousel: true,
      echo: fields["metadata"] === undefined ? {} : { metadata: fields["metadata"] }
    })
    return Http.json(202, {
      status: "QUEUED",
      accountEmail: state.account,
      message_handle: message.id,
      number,
      from_number: from,
      media_url: urls[0],
      is_outbound: true,
      message_type: "carousel"
    })
  })

const updateCard = (state: State.SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const fields = yield* Requests.body(call)
    const original = state.world.messages.get(PathTable.param(call, "handle"))
    const part = original?.parts.find(({ type }) => type === "app")
    if (original?.vendor !== "sendblue" || part?.type !== "app") {
      return yield* Refusal.refuse(404, "App Card message not found")
    }
    const key = Requests.text(fields, "idempotency_key")
    const slot = key === undefined ? undefined : `${original.id} ${key}`
    const known = slot === undefined ? undefined : state.world.messages.get(state.cardUpdates.get(slot) ?? "")
    if (known !== undefined) return Http.json(200, Wire.sendResponse(state, known))
    const card: Json.JsonObject = {
      ...part.card,
      ...Object.fromEntries(
        [["url", "url"], ["layout", "layout"], ["interactive", "interactive"], ["fallback_text", "fallbackText"]]
          .flatMap(([from = "", to = ""]) => fields[from] === undefined ? [] : [[to, fields[from]]])
      )
    }
    const message = accept(state, {
      vendor: "sendblue",
      line: original.line,
      to: original.to,
      thread: original.thread,
      group: original.group,
      parts: [{ type: "app", card }],
      effect: effect(fields),
      imessageOnly: true,
      echo: { app_card: { ...card, updateMessageHandle: original.id } }
    })
    if (slot !== undefined) state.cardUpdates.set(slot, message.id)
    return Http.json(200, Wire.sendResponse(state, message))
  })

export const routes = (state: State.SendblueState): ReadonlyArray<PathTable.Route<Refusal.Refusal>> => [
  ["POST", "/api/send-message", sendMessage(state)],
  ["POST", "/api/send-group-message", sendGroupMessage(state)],
  ["POST", "/api/send-carousel", sendCarousel(state)],
  ["POST", "/api/messages/:handle/update-app-card", updateCard(state)]
]
