/** Groups at Sendblue: members, name, photo. */
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

export const routes = (state: SendblueState): ReadonlyArray<PathTable.Route<Refusal.Refusal>> => [
  ["POST", "/api/modify-group", modify(state)],
  ["GET", "/api/v2/groups/:groupId", retrieve(state)],
  ["POST", "/api/v2/groups/:groupId/name", rename(state)],
  ["POST", "/api/v2/groups/:groupId/photo", setPhoto(state)]
]
