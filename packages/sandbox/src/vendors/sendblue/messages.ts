/** Serves messages at Sendblue: status by handle, list with filters, one message, and the soft delete. */
import * as Effect from "effect/Effect"
import * as Http from "../../http/http.ts"
import * as PathTable from "../../http/pathTable.ts"
import type { Message } from "../../world/model.ts"
import * as World from "../../world/world.ts"
import * as Refusal from "./refusal.ts"
import * as Requests from "./requests.ts"
import type { SendblueState } from "./state.ts"
import * as Wire from "./wire.ts"

const find = (state: SendblueState, handle: string): Message | undefined => {
  const found = state.world.messages.get(handle)
  return found?.vendor === "sendblue" && !found.deleted ? found : undefined
}

// The body of the 404 is not JSON. It is recorded in github aantix/sendblue, spec/cassettes.
const notFoundText = { status: 404, headers: { "content-type": "text/html; charset=utf-8" }, body: "Message not found" }

const status = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.sync(() => {
    const message = find(state, call.request.query.get("handle") ?? "")
    return message === undefined ? notFoundText : Http.json(200, Wire.sendResponse(state, message))
  })

const retrieve = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.suspend(() => {
    const message = find(state, PathTable.param(call, "messageId"))
    return message === undefined
      ? Refusal.refuse(404, "Message not found")
      : Effect.succeed(Http.json(200, { status: "OK", data: Wire.message(state, message) }))
  })

const remove = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.suspend(() => {
    const message = find(state, PathTable.param(call, "handle"))
    if (message === undefined) return Refusal.refuse(404, "Message not found")
    message.deleted = true
    return Effect.succeed(Http.json(200, { status: "OK", message: "Message deleted" }))
  })

type Test = (message: Message, wanted: string) => boolean

const before = (time: (message: Message) => number): Test => (message, wanted) => time(message) <= Date.parse(wanted)
const since = (time: (message: Message) => number): Test => (message, wanted) => time(message) >= Date.parse(wanted)

const created = (message: Message): number => message.createdAt
const updated = (message: Message): number => message.updatedAt
const sentAt = (message: Message): number => message.sentAt ?? message.createdAt

const receivers = (message: Message): ReadonlyArray<string> => message.to

/** The filters of the list, by their names in the query. Like the vendor, the sandbox ignores unknown names. */
const filters: Readonly<Record<string, (state: SendblueState) => Test>> = {
  number: () => (message, wanted) => message.from === wanted || receivers(message).includes(wanted),
  from_number: () => (message, wanted) => message.from === wanted,
  to_number: () => (message, wanted) => receivers(message).includes(wanted),
  sendblue_number: () => (message, wanted) => message.line === wanted,
  is_outbound: () => (message, wanted) => (message.direction === "outbound") === (wanted === "true"),
  group_id: () => (message, wanted) => message.thread === wanted,
  message_type: () => (message, wanted) => message.group === (wanted === "group"),
  service: () => (message, wanted) => message.service === wanted,
  status: () => (message, wanted) => Wire.status(message) === wanted,
  created_at_gte: () => since(created),
  created_at_lte: () => before(created),
  updated_at_gte: () => since(updated),
  updated_at_lte: () => before(updated),
  sent_at_gte: () => since(sentAt),
  sent_at_lte: () => before(sentAt),
  account_email: (state) => (_message, wanted) => state.account === wanted
}

const orders: Readonly<Record<string, (message: Message) => number>> = {
  createdAt: created,
  created_at: created,
  updatedAt: updated,
  updated_at: updated,
  sentAt,
  sent_at: sentAt
}

const validFilters = (call: PathTable.Call): Effect.Effect<void, Refusal.Refusal> => {
  const type = call.request.query.get("message_type")
  if (type !== null && type !== "message" && type !== "group") {
    return Refusal.refuse(400, "message_type must be one of: message, group")
  }
  const badDate = Array.from(call.request.query).find(([name, value]) => /_(gte|lte)$/.test(name) && Number.isNaN(Date.parse(value)))
  return badDate === undefined ? Effect.void : Refusal.refuse(400, `${badDate[0]} must be an ISO 8601 date`)
}

const mostLists = 100
const listsWithin = 10_000

/** 100 requests of the account within 10 seconds (sendblue 3.17.0, read 2026-11-30). A request that is refused does not count. */
const noteList = (state: SendblueState): Effect.Effect<void, Refusal.Refusal> => {
  const now = state.world.time.now()
  const recent = state.listedAt.filter((at) => at > now - listsWithin)
  if (state.rateLimits && recent.length >= mostLists) return Refusal.refuse(429, "Too Many Requests")
  state.listedAt = [...recent, now]
  return Effect.void
}

const list = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    yield* noteList(state)
    yield* validFilters(call)
    const { query } = call.request
    const tests = Array.from(query).flatMap(([name, wanted]) => {
      const filter = filters[name]
      return filter === undefined || wanted === "" ? [] : [(message: Message) => filter(state)(message, wanted)]
    })
    const order = orders[query.get("order_by") ?? "createdAt"] ?? created
    const ascending = query.get("order_direction") === "asc"
    // Messages with equal times stay in the order of arrival, so that all pages have the same order.
    const found = World.messagesOf(state.world, "sendblue").filter((message) => tests.every((test) => test(message)))
    const sorted = [...found].sort((left, right) => order(left) - order(right))
    if (!ascending) sorted.reverse()
    const limit = Math.max(1, Requests.integer(call, "limit", 100, 100))
    const offset = Requests.integer(call, "offset", 0, Number.MAX_SAFE_INTEGER)
    return Http.json(200, {
      status: "OK",
      data: sorted.slice(offset, offset + limit).map((message) => Wire.message(state, message)),
      pagination: { total: sorted.length, limit, offset, hasMore: offset + limit < sorted.length }
    })
  })

export const routes = (state: SendblueState): ReadonlyArray<PathTable.Route<Refusal.Refusal>> => [
  ["GET", "/api/status", status(state)],
  ["GET", "/api/v2/messages", list(state)],
  ["GET", "/api/v2/messages/:messageId", retrieve(state)],
  ["DELETE", "/api/message/:handle", remove(state)]
]
