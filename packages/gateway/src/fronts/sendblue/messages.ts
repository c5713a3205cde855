/** Messages: read one or its status, list them, delete the record of one, react to one. */
import * as Conversation from "@interline/core/Conversation"
import type { MessageStatus } from "@interline/core/DeliveryStatus"
import type { Query } from "@interline/sql/Archive"
import type { Reply } from "@interline/sql/RequestLog"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ChatLookup from "./chatLookup.ts"
import * as Refusal from "./refusal.ts"
import * as Request from "./request.ts"
import type { Services } from "./services.ts"
import * as Wire from "./wire.ts"

// --- one message ---

const failureOf = ({ messaging }: Services, { ref, status }: MessageStatus) =>
  status === "failed"
    ? Effect.map(Effect.option(messaging.getMessage(ref)), (message) => Option.getOrUndefined(message)?.failure)
    : Effect.succeed(undefined)

/** Asks the carrier about a delivery that is not settled. The answer goes to the archive, so that the list shows the same. */
const refresh = (services: Services, found: Wire.Outbound): Effect.Effect<Wire.Outbound> =>
  found.report.settled || !Wire.wentOut(found)
    ? Effect.succeed(found)
    : Effect.matchEffect(services.messaging.status(found.entry.id), {
      // the carrier cannot be asked: show what it reported before
      onFailure: () => Effect.succeed(found),
      onSuccess: ({ messages }) =>
        Effect.gen(function*() {
          const at = yield* Clock.currentTimeMillis
          for (const message of messages) {
            const { downgraded, ref, service, status } = message
            yield* services.archive.recordStatus(
              found.entry.id,
              { ref, status, downgraded, ...(service === undefined ? {} : { service }) },
              yield* failureOf(services, message),
              at
            )
          }
          const now = yield* services.archive.find(found.id)
          return Option.getOrElse(Option.filter(now, (one) => one._tag === "Outbound"), () => found)
        })
    })

/** A handle of the gateway in the letters that the gateway uses. Any other handle stays as it is. */
export const toCanonical = (handle: string): string => /^[0-9a-f-]{36}$/i.test(handle) ? handle.toLowerCase() : handle

/** A message from the archive, or one that a carrier knows under a handle that this wire has shown. */
const find = (services: Services, handle: string): Effect.Effect<Option.Option<Wire.Shown>, Refusal.Refusal> =>
  Effect.gen(function*() {
    const id = toCanonical(handle)
    const found = yield* services.archive.find(id)
    // an id that the vendor gave before may have upper-case letters
    const archived = Option.isSome(found) || id === handle ? found : yield* services.archive.find(handle)
    if (Option.isSome(archived)) {
      return Option.some(
        archived.value._tag === "Outbound"
          ? yield* Effect.flatMap(refresh(services, archived.value), (one) => Wire.ofOutbound(services, one))
          : yield* Wire.ofArchived(services, archived.value)
      )
    }
    const target = yield* services.ids.findMessage(id)
    if (Option.isNone(target)) return Option.none()
    const message = yield* Effect.catchAll(Effect.asSome(services.messaging.getMessage(target.value)), (error) =>
      error.reason === "NotFound" ? Effect.succeedNone : Effect.fail(Refusal.ofError(error)))
    if (Option.isNone(message)) {
      return Option.none()
    }
    const at = yield* Clock.currentTimeMillis
    // it is shown by the id that was asked for
    return Option.some(yield* Wire.ofMessage(services, message.value, { id: handle, at, updatedAt: at }))
  })

// the vendor's 404 at this endpoint is no JSON
const notFoundText: Reply = { status: 404, headers: { "content-type": "text/html; charset=utf-8" }, body: "Message not found" }

const notFound = Refusal.refuse(404, "Message not found")

export const readStatus = (services: Services) => ({ query }: Request.Call): Effect.Effect<Reply, Refusal.Refusal> => {
  const handle = query.get("handle")
  return handle === null
    ? Refusal.refuse(400, "handle is required")
    : Effect.map(
      find(services, handle),
      Option.match({ onNone: () => notFoundText, onSome: (shown) => Refusal.json(200, Wire.withOlderNames(shown)) })
    )
}

export const retrieve = (services: Services) => (call: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.flatMap(
    find(services, Request.param(call, "messageId")),
    Option.match({ onNone: () => notFound, onSome: (data) => Effect.succeed(Refusal.json(200, { status: "OK", data })) })
  )

export const remove = (services: Services) => (call: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const target = yield* services.ids.findMessage(toCanonical(Request.param(call, "handle")))
    if (Option.isNone(target)) return yield* notFound
    yield* Refusal.lift(services.messaging.deleteRecord(target.value))
    return Refusal.json(200, { status: "OK", message: "Message deleted" })
  })

// --- reactions ---

const decodeReaction = Request.decode(Request.SendReaction, Request.specifying)

const isIndex = (value: unknown): value is number => typeof value === "number" && Number.isSafeInteger(value) && value >= 0

export const react = (services: Services) => (call: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const { from_number, message_handle, part_index, reaction = "" } = yield* decodeReaction(call.fields)
    if (Option.isNone(Request.lineOf(services.front, from_number))) return yield* Refusal.notRegistered
    const meant = Request.reactionOf(reaction)
    if (Option.isNone(meant)) {
      return yield* Refusal.refuse(400, "Invalid reaction. Must be one of: love, like, dislike, laugh, emphasize, question")
    }
    if (part_index !== undefined && !isIndex(part_index)) return yield* Refusal.refuse(400, "`part_index` must be a non-negative integer.")
    const target = yield* services.ids.findMessage(message_handle)
    if (Option.isNone(target)) return yield* Refusal.refuse(404, "Message not found")
    const act = meant.value.removes ? services.messaging.unreact : services.messaging.react
    yield* Refusal.lift(act(target.value, meant.value.reaction, part_index === undefined ? {} : { part: part_index }))
    return Refusal.json(200, { status: "OK", message: "Reaction request sent", message_handle, reaction })
  })

// --- the list ---

type Test = (shown: Wire.Shown) => boolean

const since = (time: (shown: Wire.Shown) => string, wanted: string): Test => (shown) => Date.parse(time(shown)) >= Date.parse(wanted)
const until = (time: (shown: Wire.Shown) => string, wanted: string): Test => (shown) => Date.parse(time(shown)) <= Date.parse(wanted)

const sentAt = (shown: Wire.Shown): string => shown.date_sent
const updatedAt = (shown: Wire.Shown): string => shown.date_updated

/** The filters that the archive does not know. They read the shown message. A name that is in neither table is ignored, as at the vendor. */
const tests: Readonly<Record<string, (wanted: string) => Test>> = {
  group_id: (wanted) => (shown) => shown.group_id === wanted,
  message_type: (wanted) => (shown) => shown.message_type === wanted,
  service: (wanted) => (shown) => shown.service === wanted,
  status: (wanted) => (shown) => shown.status === wanted,
  account_email: (wanted) => (shown) => shown.accountEmail === wanted,
  sent_at_gte: (wanted) => since(sentAt, wanted),
  sent_at_lte: (wanted) => until(sentAt, wanted),
  updated_at_gte: (wanted) => since(updatedAt, wanted),
  updated_at_lte: (wanted) => until(updatedAt, wanted)
}

/** The filters of which the archive knows only a part. */
const alsoTested: ReadonlySet<string> = new Set(["updated_at_gte"])

type Narrowed = Omit<Query, "limit" | "offset" | "order">

/** A narrower query of the archive; `None` if no message can match. */
type Narrowing = Option.Option<Narrowed>

/** Joins two queries. If both name a field with different values, no message can match. */
const joinNarrowings = (left: Narrowed, right: Narrowed): Narrowing => {
  const clash = Object.entries(right).some(([name, value]) => {
    const other = Object.entries(left).find(([known]) => known === name)
    return other !== undefined && other[1] !== value
  })
  return clash ? Option.none() : Option.some({ ...left, ...right })
}

const narrowByParty = (services: Services, number: string, as: "from" | "to" | "either"): Narrowing => {
  const line = Request.lineOf(services.front, number)
  const direction = as === "either" ? {} : { direction: Option.isSome(line) === (as === "from") ? "outbound" : "inbound" } as const
  return Option.isSome(line)
    ? Option.some({ line: line.value, ...direction })
    : Option.map(Request.handleOf(number), (peer) => ({ peer, ...direction }))
}

/** The filters that the archive knows. */
const narrowing: Readonly<Record<string, (services: Services, wanted: string) => Effect.Effect<Narrowing, Refusal.Refusal>>> = {
  number: (services, wanted) => Effect.succeed(narrowByParty(services, wanted, "either")),
  from_number: (services, wanted) => Effect.succeed(narrowByParty(services, wanted, "from")),
  to_number: (services, wanted) => Effect.succeed(narrowByParty(services, wanted, "to")),
  sendblue_number: (services, wanted) => Effect.succeed(Option.map(Request.lineOf(services.front, wanted), (line) => ({ line }))),
  is_outbound: (_, wanted) => Effect.succeed(Option.some({ direction: wanted === "true" ? "outbound" : "inbound" })),
  created_at_gte: (_, wanted) => Effect.succeed(Option.some({ since: Date.parse(wanted) })),
  created_at_lte: (_, wanted) => Effect.succeed(Option.some({ until: Date.parse(wanted) + 1 })),
  updated_at_gte: (_, wanted) => Effect.succeed(Option.some({ changedSince: Date.parse(wanted) })),
  group_id: (services, wanted) =>
    Effect.map(
      ChatLookup.findGroup(services, wanted, undefined),
      // nobody has written to this group through the gateway, so it has no conversation: a test on the shown message finds it
      Option.match({ onNone: () => Option.some({}), onSome: (group) => Option.some({ conversation: Conversation.key(group) }) })
    )
}

const isEmpty = (narrowed: Narrowing): boolean => Option.isSome(narrowed) && Object.keys(narrowed.value).length === 0

/** The most messages that are read for filters that the archive does not know. */
const deepest = 10_000

const chunk = 500

/** All messages of a query, as they are shown. */
const scan = (
  services: Services,
  narrowed: Narrowed,
  order: "newest" | "oldest",
  offset = 0
): Effect.Effect<ReadonlyArray<Wire.Shown>, Refusal.Refusal> =>
  Effect.gen(function*() {
    const { items, total } = yield* services.archive.list({ ...narrowed, order, limit: chunk, offset })
    if (total > deepest) {
      return yield* Refusal.refuse(
        400,
        `More than ${deepest} messages to look through; narrow the list by number, created_at or updated_at_gte`
      )
    }
    const shown = yield* Effect.forEach(items, (one) => Wire.ofArchived(services, one))
    return items.length < chunk ? shown : [...shown, ...yield* scan(services, narrowed, order, offset + chunk)]
  })

const readWhole = (query: URLSearchParams, name: string, fallback: number, least: number, most: number): number => {
  const value = Number(query.get(name) ?? fallback)
  return Number.isSafeInteger(value) ? Math.min(Math.max(value, least), most) : fallback
}

const validate = (query: URLSearchParams): Effect.Effect<void, Refusal.Refusal> => {
  const type = query.get("message_type")
  if (type !== null && type !== "message" && type !== "group") return Refusal.refuse(400, "message_type must be one of: message, group")
  const bad = Array.from(query).find(([name, value]) => /_(gte|lte)$/.test(name) && value !== "" && Number.isNaN(Date.parse(value)))
  return bad === undefined ? Effect.void : Refusal.refuse(400, `${bad[0]} must be an ISO 8601 date`)
}

const toListReply = (data: ReadonlyArray<Wire.Shown>, total: number, limit: number, offset: number): Reply =>
  Refusal.json(200, { status: "OK", data, pagination: { total, limit, offset, hasMore: offset + data.length < total } })

/** The messages that passed through the gateway, over any carrier. */
export const list = (services: Services) => ({ query }: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    yield* validate(query)
    const limit = readWhole(query, "limit", 100, 1, 100)
    const offset = readWhole(query, "offset", 0, 0, Number.MAX_SAFE_INTEGER)
    let narrowed: Narrowing = Option.some({})
    const kept: Array<Test> = []
    for (const [name, wanted] of query) {
      if (wanted === "") continue
      const narrow = Object.hasOwn(narrowing, name) ? narrowing[name] : undefined
      const next: Narrowing = narrow === undefined ? Option.some({}) : yield* narrow(services, wanted)
      narrowed = Option.flatMap(narrowed, (known) => Option.flatMap(next, (one) => joinNarrowings(known, one)))
      const test = Object.hasOwn(tests, name) && (isEmpty(next) || alsoTested.has(name)) ? tests[name] : undefined
      if (test !== undefined) kept.push(test(wanted))
    }
    if (Option.isNone(narrowed)) return toListReply([], 0, limit, offset)
    const order = query.get("order_direction") === "asc" ? "oldest" : "newest"
    const byUpdate = /^updated_?at$/i.test(query.get("order_by") ?? "createdAt")
    if (kept.length === 0 && !byUpdate) {
      const { items, total } = yield* services.archive.list({ ...narrowed.value, order, limit, offset })
      return toListReply(yield* Effect.forEach(items, (one) => Wire.ofArchived(services, one)), total, limit, offset)
    }
    const found = (yield* scan(services, narrowed.value, order)).filter((shown) => kept.every((test) => test(shown)))
    const sorted = byUpdate
      ? [...found].sort((left, right) => (Date.parse(left.date_updated) - Date.parse(right.date_updated)) * (order === "oldest" ? 1 : -1))
      : found
    return toListReply(sorted.slice(offset, offset + limit), sorted.length, limit, offset)
  })
