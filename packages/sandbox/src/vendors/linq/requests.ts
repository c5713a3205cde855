/** Reads the parts that most Linq handlers need: the body, the chat and the message. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Json from "../../http/json.ts"
import type { Call } from "../../http/pathTable.ts"
import type { Message } from "../../world/model.ts"
import * as Refusal from "./refusal.ts"
import type { Chat, LinqState } from "./state.ts"

export const body = ({ request }: Call): Effect.Effect<Json.JsonObject, Refusal.Refusal> => {
  const parsed = Json.parse(request.body.toString("utf8"))
  return Either.isRight(parsed) && Json.isObject(parsed.right)
    ? Effect.succeed(parsed.right)
    : Refusal.invalidBody("Invalid request body")
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

const id = (call: Call, name: string): Effect.Effect<string, Refusal.Refusal> => {
  const value = call.params[name]
  return value !== undefined && uuid.test(value)
    ? Effect.succeed(value)
    : Refusal.invalidValue(`${name} must be a valid UUID`)
}

export const chat = (state: LinqState, call: Call): Effect.Effect<Chat, Refusal.Refusal> =>
  Effect.flatMap(id(call, "chatId"), (value) => {
    const found = state.chats.get(value)
    return found === undefined ? Refusal.chatNotFound : Effect.succeed(found)
  })

/** The chat of the request. Fails if the line has left it. */
export const openChat = (state: LinqState, call: Call): Effect.Effect<Chat, Refusal.Refusal> =>
  Effect.filterOrElse(
    chat(state, call),
    ({ left }) => !left,
    () => Refusal.refuse(409, 2013, "This chat is unavailable")
  )

/** The message of the request with its chat. Fails for a deleted message, unless `deleted` is true. */
export const message = (
  state: LinqState,
  call: Call,
  options: { readonly deleted: boolean } = { deleted: false }
): Effect.Effect<readonly [Message, Chat], Refusal.Refusal> =>
  Effect.flatMap(id(call, "messageId"), (value) => {
    const found = state.world.messages.get(value)
    const home = found === undefined || found.thread === null ? undefined : state.chats.get(found.thread)
    return found === undefined || home === undefined || found.vendor !== "linq" || (found.deleted && !options.deleted)
      ? Refusal.messageNotFound
      : Effect.succeed([found, home] as const)
  })

export const handle = (value: unknown, field: string): Effect.Effect<string, Refusal.Refusal> =>
  value === undefined
    ? Refusal.missing(field)
    : !Json.isString(value)
    ? Refusal.invalidBody(`${field} must be a string`)
    : Json.isHandle(value)
    ? Effect.succeed(value)
    : Refusal.notE164

export const limit = (call: Call, fallback: number): Effect.Effect<number, Refusal.Refusal> => {
  const given = call.request.query.get("limit")
  if (given === null) return Effect.succeed(fallback)
  const value = Number(given)
  return Number.isInteger(value) && value >= 1 && value <= 100
    ? Effect.succeed(value)
    : Refusal.invalidValue("limit must be between 1 and 100")
}

/** One page and the cursor of the next page. The cursor is the offset, as in the vendor's examples. */
export const page = <A>(
  call: Call,
  items: ReadonlyArray<A>,
  fallback: number
): Effect.Effect<{ readonly items: ReadonlyArray<A>; readonly next: string | null }, Refusal.Refusal> =>
  Effect.gen(function*() {
    const size = yield* limit(call, fallback)
    const cursor = Number(call.request.query.get("cursor") ?? "0")
    if (!Number.isInteger(cursor) || cursor < 0) return yield* Refusal.invalidValue("cursor is invalid")
    const next = cursor + size
    return { items: items.slice(cursor, next), next: next < items.length ? String(next) : null }
  })
