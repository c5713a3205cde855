/** Changes a group's members, name and photo at Sendblue. Also runs typing, read receipts, reactions, lookups and locations. */
import * as Effect from "effect/Effect"
import * as Http from "../../http/http.ts"
import * as Json from "../../http/json.ts"
import * as Multipart from "../../http/multipart.ts"
import * as PathTable from "../../http/pathTable.ts"
import * as World from "../../world/world.ts"
import * as Refusal from "./refusal.ts"
import * as Requests from "./requests.ts"
import type { Group, SendblueState } from "./state.ts"

const find = (state: SendblueState, id: string): Effect.Effect<Group, Refusal.Refusal> => {
  const found = state.groups.get(id)
  return found === undefined ? Refusal.refuse(404, "Group not found") : Effect.succeed(found)
}

const modify = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const fields = yield* Requests.body(call)
    const id = Requests.text(fields, "group_id")
    if (id === undefined) return yield* Refusal.refuse(400, "You must specify a `group_id` in the request body.")
    const number = yield* Requests.number(fields)
    const type = fields["modify_type"]
    const refused = (error: string, message: string) =>
      Refusal.refuseWith(400, { status: "ERROR", error, error_message: message, group_id: id, modify_type: type, number })
    if (type !== "add_recipient" && type !== "remove_recipient") {
      return yield* refused("invalid_modify_type", "modify_type must be add_recipient or remove_recipient")
    }
    const group = yield* find(state, id)
    const from = Requests.text(fields, "from_number")
    if (from !== undefined && World.ownLine(state.world, "sendblue", from) === undefined) {
      return yield* refused("line_not_registered", "The from_number is not registered")
    }
    if (!Json.isHandle(number)) return yield* refused("invalid_number", "number must be in E.164 format")
    if (number === group.line) return yield* refused("invalid_number", "Cannot add or remove your own line")
    if (World.reach(state.world, group.numbers) !== "iMessage") {
      return yield* refused("unsupported_service", "Only iMessage groups can be modified")
    }
    if (type === "add_recipient") {
      if (group.numbers.includes(number)) return yield* refused("already_member", "number is already in the group")
      group.numbers = [...group.numbers, number]
    } else {
      if (!group.numbers.includes(number)) return yield* refused("not_a_member", "number is not in the group")
      if (group.numbers.length + 1 < 4) {
        return yield* refused("too_few_members", "Removing a member needs a group of at least 4")
      }
      group.numbers = group.numbers.filter((known) => known !== number)
    }
    group.updatedAt = state.world.time.now()
    return Http.json(200, { status: "OK", group_id: id, modify_type: type, number })
  })

const photo = (group: Group) => (group.photo === null ? null : { photo_guid: `${group.id}-photo`, url: group.photo })

const retrieve = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.map(find(state, PathTable.param(call, "groupId")), (group) => {
    const messages = World.messagesOf(state.world, "sendblue").filter(({ thread }) => thread === group.id)
    const latest = messages.at(-1)
    return Http.json(200, {
      status: "OK",
      data: {
        group_id: group.id,
        group_name: group.name,
        group_photo: photo(group),
        created_at: Json.iso(group.createdAt),
        updated_at: Json.iso(group.updatedAt),
        latest_comm_at: latest === undefined ? null : Json.iso(latest.createdAt),
        latest_message_id: latest?.id ?? null,
        worker_group_id: null,
        participant_numbers: group.numbers,
        participants: group.numbers.map((number) => ({
          participant_id: `${group.id}-${number}`,
          type: "contact",
          handle: number,
          phone: number,
          name: state.world.people.get(number)?.name ?? null,
          contact_id: state.contacts.get(number)?.id ?? null,
          seat_id: null
        }))
      }
    })
  })

const rename = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const group = yield* find(state, PathTable.param(call, "groupId"))
    const { from_number: from, group_name: name } = yield* Requests.body(call)
    if (name === undefined) return yield* Refusal.refuse(400, "group_name is required")
    if (name !== null && !Json.isString(name)) return yield* Refusal.refuse(400, "group_name must be a string or null")
    if (Json.isString(name) && name !== "" && name.trim() === "") {
      return yield* Refusal.refuse(400, "group_name must not be only whitespace")
    }
    group.name = name === "" ? null : name
    group.updatedAt = state.world.time.now()
    return Http.json(200, {
      status: "OK",
      data: { group_id: group.id, group_name: group.name, from_number: from ?? null }
    })
  })

const photoUrl = (state: SendblueState, call: PathTable.Call): Effect.Effect<string | null, Refusal.Refusal> =>
  Effect.gen(function*() {
    const file = Multipart.file(call.request, "file")
    if (file !== undefined) {
      const name = `${state.world.ids.uuid()}_${file.filename}`
      state.media.set(name, { bytes: file.bytes, url: `${state.origin}/files/${name}` })
      return `${state.origin}/files/${name}`
    }
    const { photo_url: url } = yield* Requests.body(call)
    if (url === null || url === "") return null
    return Json.isString(url) && Json.parseUrl(url)?.protocol === "https:"
      ? url
      : yield* Refusal.refuse(400, "photo_url must be an https URL")
  })

const setPhoto = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const group = yield* find(state, PathTable.param(call, "groupId"))
    group.photo = yield* photoUrl(state, call)
    group.updatedAt = state.world.time.now()
    return Http.json(200, {
      status: "OK",
      data: { group_id: group.id, from_number: null, group_photo: photo(group) }
    })
  })

const maxTyping = 300_000
const defaultTyping = 60_000

const hasConversation = (state: SendblueState, number: string): boolean =>
  World.messagesOf(state.world, "sendblue").some((message) => !message.group && (message.from === number || message.to.includes(number)))

const typing = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
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

const markRead = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
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

/** Matches one emoji: a picture, a flag or a keycap, with its modifiers and joined pictures. */
const emoji = new RegExp(
  "^(?:\\p{Extended_Pictographic}|\\p{Regional_Indicator}{2}|[0-9#*]\\uFE0F?\\u20E3)" +
    "(?:\\p{Emoji_Modifier}|\\uFE0F|\\u200D\\p{Extended_Pictographic})*$",
  "u"
)

const react = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
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

const evaluate = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.suspend(() => {
    const number = call.request.query.get("number")
    if (number === null || !Json.isHandle(number)) return Refusal.refuse(400, "Invalid phone number")
    const { service } = World.person(state.world, number)
    return Effect.succeed(Http.json(200, { number, service: service === "iMessage" ? "iMessage" : "SMS" }))
  })

const requestLocation = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const fields = yield* Requests.body(call)
    const from = yield* Requests.fromLine(state, fields)
    const number = yield* Requests.number(fields)
    // it is queued like a message, so the vendor's own block stops it, too
    if (World.person(state.world, number).optedOutOf.has("sendblue")) {
      return yield* Refusal.refuseWith(400, { status: "ERROR", error_code: 402, error_message: "OPTED_OUT", from_number: from, number })
    }
    if (World.person(state.world, number).service === "iMessage") {
      World.phone(state.world, number).locationRequests.push({ line: from, at: state.world.time.now() })
    }
    return Http.json(200, {
      message: "Location request accepted for dispatch",
      message_handle: state.world.ids.uuid(),
      number,
      status: "QUEUED",
      uuid: state.world.ids.uuid()
    })
  })

/** What a person shares. The sandbox has no phone that shares without a place. */
const locationOf = (state: SendblueState, number: string) => {
  const place = World.placeOf(state.world, number, "sendblue")
  return place === undefined ? { number, state: "not_shared" } : {
    number,
    state: "shared_with_fix",
    location: {
      latitude: place[1],
      longitude: place[0],
      accuracy: 10,
      address: null,
      timestamp: Json.iso(state.world.time.now()),
      locationType: "live"
    }
  }
}

const queriedLine = (state: SendblueState, call: PathTable.Call): Effect.Effect<string, Refusal.Refusal> => {
  const from = call.request.query.get("from_number")
  return from === null || World.ownLine(state.world, "sendblue", from) === undefined
    ? Refusal.refuse(400, "The from_number is not registered")
    : Effect.succeed(from)
}

const location = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.map(
    queriedLine(state, call),
    (from_number) => Http.json(200, { status: "OK", from_number, ...locationOf(state, PathTable.param(call, "number")) })
  )

const locations = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.map(queriedLine(state, call), (from_number) =>
    Http.json(200, {
      status: "OK",
      from_number,
      locations: Array.from(state.world.people.keys(), (number) => locationOf(state, number)).filter((one) => "location" in one)
    }))

export const routes = (state: SendblueState): ReadonlyArray<PathTable.Route<Refusal.Refusal>> => [
  ["POST", "/api/modify-group", modify(state)],
  ["GET", "/api/v2/groups/:groupId", retrieve(state)],
  ["POST", "/api/v2/groups/:groupId/name", rename(state)],
  ["POST", "/api/v2/groups/:groupId/photo", setPhoto(state)],
  ["POST", "/api/send-typing-indicator", typing(state)],
  ["POST", "/api/mark-read", markRead(state)],
  ["POST", "/api/send-reaction", react(state)],
  ["GET", "/api/evaluate-service", evaluate(state)],
  ["POST", "/api/request-location", requestLocation(state)],
  ["GET", "/api/location", locations(state)],
  ["GET", "/api/location/:number", location(state)]
]
