/** What one does beside writing: typing, read receipts, reactions, lookups, opt-outs. */
import * as Conversation from "@interline/core/Conversation"
import type { MessagingError } from "@interline/core/MessagingError"
import * as Effect from "effect/Effect"
import type * as FiberMap from "effect/FiberMap"
import * as FiberMaps from "effect/FiberMap"
import * as Option from "effect/Option"
import type { Reply } from "../../sql/requests/RequestLog.ts"
import * as Refusal from "./refusal.ts"
import * as Request from "./request.ts"
import type { Services } from "./services.ts"

const notRegistered = Refusal.refuse(400, "The from_number is not registered")

// --- typing ---

/** The indicators that end by themselves, by conversation. */
export type Ending = FiberMap.FiberMap<string>

const decodeTyping = Request.decode(Request.Typing, Request.specifying)

const envelope = (number: string) => (message: string, status: number) => ({
  status: "ERROR",
  status_code: status,
  error_message: message,
  number
})

const noRoute = "No route mapping found for number, have you messaged them before?"

/** Carriers take no duration: the indicator is ended from here, unless something changes it before. */
const setTyping = (
  { messaging }: Services,
  ending: Ending,
  to: Conversation.Direct,
  state: "start" | "stop",
  duration: number | undefined
): Effect.Effect<void, MessagingError> => {
  const key = Conversation.key(to)
  const change = Effect.zipRight(FiberMaps.remove(ending, key), state === "start" ? messaging.startTyping(to) : messaging.stopTyping(to))
  return state === "stop" || duration === undefined
    ? change
    : Effect.zipRight(change, Effect.asVoid(FiberMaps.run(ending, key, Effect.ignore(Effect.delay(messaging.stopTyping(to), duration)))))
}

export const typing = (services: Services, ending: Ending) => (call: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const { from_number, max_duration_ms, number, state = "start" } = yield* decodeTyping(call.fields)
    const refused = (message: string) => Refusal.refuseWith(400, envelope(number)(message, 400))
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
      (error) => error.reason === "NotFound" ? refused(noRoute) : Effect.fail(Refusal.ofError(error, envelope(number)))
    )
    return Refusal.json(200, { status: "QUEUED", status_code: 200, error_message: null, number })
  })

// --- read receipts ---

const decodeMarkRead = Request.decode(Request.MarkRead, Request.specifying)

export const markRead = (services: Services) => (call: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const { from_number, number } = yield* decodeMarkRead(call.fields)
    const line = Request.lineOf(services.front, from_number)
    if (Option.isNone(line)) return yield* notRegistered
    const handle = Request.handleOf(number)
    if (Option.isNone(handle)) return yield* Refusal.refuse(400, "Invalid phone number")
    yield* Refusal.lifted(services.messaging.markRead(Conversation.direct(line.value, handle.value)))
    return Refusal.json(200, { status: "OK", message: "Mark read request sent", number })
  })

// --- reactions ---

const decodeReaction = Request.decode(Request.SendReaction, Request.specifying)

const isIndex = (value: unknown): value is number => typeof value === "number" && Number.isSafeInteger(value) && value >= 0

export const react = (services: Services) => (call: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const { from_number, message_handle, part_index, reaction = "" } = yield* decodeReaction(call.fields)
    if (Option.isNone(Request.lineOf(services.front, from_number))) return yield* notRegistered
    const meant = Request.reactionOf(reaction)
    if (Option.isNone(meant)) {
      return yield* Refusal.refuse(400, "Invalid reaction. Must be one of: love, like, dislike, laugh, emphasize, question")
    }
    if (part_index !== undefined && !isIndex(part_index)) return yield* Refusal.refuse(400, "`part_index` must be a non-negative integer.")
    const target = yield* services.ids.message(message_handle)
    if (Option.isNone(target)) return yield* Refusal.refuse(404, "Message not found")
    const act = meant.value.removes ? services.messaging.unreact : services.messaging.react
    yield* Refusal.lifted(act(target.value, meant.value.reaction, part_index === undefined ? {} : { part: part_index }))
    return Refusal.json(200, { status: "OK", message: "Reaction request sent", message_handle, reaction })
  })

// --- people ---

export const evaluate = (services: Services) => ({ query }: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const handle = Option.flatMap(Option.fromNullable(query.get("number")), Request.handleOf)
    if (Option.isNone(handle)) return yield* Refusal.refuse(400, "Invalid phone number")
    const { services: { iMessage } } = yield* Refusal.lifted(services.messaging.lookupService(handle.value))
    return iMessage === undefined
      ? yield* Refusal.refuse(503, "The lookup was inconclusive; try again later")
      : Refusal.json(200, { number: handle.value, service: iMessage ? "iMessage" : "SMS" })
  })

const decodeOptOut = Request.decode(Request.OptOut, {
  missing: () => Refusal.refuse(400, "Missing fields"),
  wrong: (field) => Refusal.refuse(400, `\`${field}\` is not what this endpoint takes`)
})

export const optOut = (services: Services) => (call: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const { number, opted_out = true } = yield* decodeOptOut(call.fields)
    const handle = Request.handleOf(number)
    if (Option.isNone(handle)) return yield* Refusal.refuse(400, "Invalid phone number")
    yield* Refusal.lifted(services.messaging.setOptOut(handle.value, opted_out))
    return Refusal.json(200, { status: "OK", number, opted_out })
  })
