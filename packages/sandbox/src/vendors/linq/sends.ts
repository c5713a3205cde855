/** Serves the three ways to send at Linq: to people from a line, into a chat, and to people from a line that Linq chooses. */
import * as Effect from "effect/Effect"
import * as Http from "../../http/http.ts"
import * as Json from "../../http/json.ts"
import * as PathTable from "../../http/pathTable.ts"
import type { Line, Message } from "../../world/model.ts"
import * as World from "../../world/world.ts"
import * as Content from "./content.ts"
import { announceChat } from "./events.ts"
import * as People from "./people.ts"
import * as Refusal from "./refusal.ts"
import * as Requests from "./requests.ts"
import * as State from "./state.ts"
import * as Wire from "./wire.ts"

type Checked<A> = Effect.Effect<A, Refusal.Refusal>

const maxRecipients = 31

const recipients = (value: unknown): Checked<ReadonlyArray<string>> =>
  Effect.gen(function*() {
    if (value === undefined) return yield* Refusal.missing("to")
    if (!Json.isStrings(value)) return yield* Refusal.invalidBody("to must be an array of handles")
    if (value.length < 1 || value.length > maxRecipients) {
      return yield* Refusal.invalidValue("to must have between 1 and 31 recipients")
    }
    if (!value.every(Json.isHandle)) return yield* Refusal.notE164
    return Array.from(new Set(value))
  })

const line = (state: State.LinqState, number: string): Checked<Line> => {
  const owned = World.ownLine(state.world, "linq", number)
  return owned === undefined ? Refusal.lineDenied : Effect.succeed(owned)
}

const mayWrite = (state: State.LinqState, to: ReadonlyArray<string>, override: unknown): Checked<void> =>
  to.length > 0 && to.every((handle) => state.blocked.has(handle))
    ? Refusal.refuse(403, 2026, "Recipient is blocked")
    : to.length === 1 && override !== true && to.some((handle) => World.person(state.world, handle).optedOutOf.has("linq"))
    ? Refusal.refuse(403, 2024, "Recipient has opted out of messages")
    : Effect.void

// linq-go 0.38.3, phonenumber.go: Linq rejects a line that cannot send, before it creates anything.
const mayUse = ({ flagged }: Line): Checked<void> =>
  flagged ? Refusal.refuse(403, 2027, "Sending number is not eligible to send messages") : Effect.void

const pairLimit = (state: State.LinqState, from: string, to: ReadonlyArray<string>): Checked<void> => {
  if (!state.rateLimits || to.length !== 1) return Effect.void
  const since = state.world.time.now() - 60_000
  const recent = World.messagesOf(state.world, "linq").filter((sent) =>
    sent.direction === "outbound" && sent.line === from && !sent.group && sent.to[0] === to[0] && sent.createdAt > since
  )
  const oldest = recent[0]
  if (recent.length < 30 || oldest === undefined) return Effect.void
  const retryAfter = Math.max(1, Math.ceil((oldest.createdAt - since) / 1000))
  return Effect.fail(
    new Refusal.Refusal({ status: 429, code: 1007, message: `Rate limited. Try again in ${retryAfter} seconds.`, retryAfter })
  )
}

/**
 * Only a participant of a group can be mentioned. 2023 is Linq's code for a direct chat (linq-go 0.38.3). For a person who is not in the
 * group Linq answers 409 too; its code there is not known, so the sandbox uses the same one.
 */
const mayMention = (to: ReadonlyArray<string>, { parts }: Content.Content): Checked<void> => {
  const named = parts.flatMap((part) => part.type === "text" ? part.mentions ?? [] : [])
  return named.length === 0 || (to.length > 1 && named.every(({ handle }) => to.includes(handle)))
    ? Effect.void
    : Refusal.refuse(409, 2023, "Mentions are only supported for participants of a group chat")
}

const accept = (state: State.LinqState, call: PathTable.Call, chat: State.Chat, content: Content.Content): Message => {
  chat.updatedAt = state.world.time.now()
  return World.send(state.world, {
    vendor: "linq",
    line: chat.line,
    to: People.addresses(chat),
    thread: chat.id,
    group: chat.isGroup,
    parts: content.parts,
    effect: content.effect,
    replyTo: content.replyTo,
    preferredService: content.preferredService,
    idempotencyKey: content.idempotencyKey,
    imessageOnly: content.imessageOnly,
    traceId: PathTable.param(call, "traceId")
  })
}

/** For a key that was used before, gives the first message in its current state and sends nothing. */
const replayed = (state: State.LinqState, key: string | null): Checked<Http.Reply | null> => {
  const replay = key === null ? undefined : state.replays.get(key)
  if (replay === undefined) return Effect.succeed(null)
  const message = state.world.messages.get(replay.messageId)
  return message === undefined || message.deleted
    ? Refusal.messageNotFound
    : Effect.succeed(Http.json(replay.status, replay.render()))
}

const answer = (
  state: State.LinqState,
  content: Content.Content,
  message: Message,
  status: number,
  render: () => unknown
): Http.Reply => {
  State.remember(state, content.idempotencyKey, { messageId: message.id, status, render })
  return Http.json(status, render())
}

/** The existing chat with these people, or a new one. */
const settle = (state: State.LinqState, from: string, to: ReadonlyArray<string>): readonly [State.Chat, created: boolean] => {
  const known = State.findChat(state, from, to)
  if (known !== undefined) return [known, false]
  const opened = State.openChat(state, from, to)
  announceChat(state, opened)
  return [opened, true]
}

const createChat = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const body = yield* Requests.body(call)
    const from = body["from"]
    if (from === undefined) return yield* Refusal.missing("from")
    if (!Json.isString(from)) return yield* Refusal.invalidBody("from must be a string")
    if (!Json.isE164(from)) return yield* Refusal.notE164
    const to = yield* recipients(body["to"])
    const owned = yield* line(state, from)
    if (to.includes(from)) return yield* Refusal.invalidValue("to must not contain the from number")
    if (Json.isObject(body["message"])) {
      const again = yield* replayed(state, yield* Content.idempotencyKey(body["message"]["idempotency_key"]))
      if (again !== null) return again
    }
    const content = yield* Content.content(state, body["message"])
    if (State.findChat(state, from, to) === undefined) {
      if (Content.hasUrl(content)) {
        return yield* Refusal.invalidValue("The first message of a chat cannot be or contain a link")
      }
      if (content.effect !== null) return yield* Refusal.invalidValue("The first message of a chat cannot have an effect")
      if (content.replyTo !== null) return yield* Refusal.invalidValue("The first message of a chat cannot be a reply")
    }
    yield* mayMention(to, content)
    yield* mayUse(owned)
    yield* mayWrite(state, to, body["override_optout"])
    yield* pairLimit(state, from, to)
    const [chat] = settle(state, from, to)
    const message = accept(state, call, chat, content)
    return answer(state, content, message, 201, () => {
      const { created_at: _created, group_chat_icon: _icon, is_archived: _archived, updated_at: _updated, ...shown } = Wire.chat(
        state,
        chat
      )
      return { chat: { ...shown, service: message.service, message: Wire.sentMessage(state, chat, message) } }
    })
  })

const sendToChat = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const chat = yield* Requests.openChat(state, call)
    const body = yield* Requests.body(call)
    if (Json.isObject(body["message"])) {
      const again = yield* replayed(state, yield* Content.idempotencyKey(body["message"]["idempotency_key"]))
      if (again !== null) return again
    }
    const content = yield* Content.content(state, body["message"])
    yield* mayMention(chat.isGroup ? People.addresses(chat) : [], content)
    yield* mayUse(yield* line(state, chat.line))
    yield* mayWrite(state, People.addresses(chat), body["override_optout"])
    yield* pairLimit(state, chat.line, People.addresses(chat))
    const message = accept(state, call, chat, content)
    return answer(state, content, message, 202, () => ({
      chat_id: chat.id,
      message: Wire.sentMessage(state, chat, message)
    }))
  })

interface Selection {
  readonly chat: State.Chat
  readonly created: boolean
  readonly reason: "reused_active_chat" | "new_best_number" | "failover_flagged"
  readonly previous: string | null
}

const select = (
  state: State.LinqState,
  to: ReadonlyArray<string>,
  excluded: ReadonlyArray<string>
): Checked<Selection> => {
  const lines = World.linesOf(state.world, "linq")
  const known = lines
    .flatMap((owned) => {
      const chat = State.findChat(state, owned.number, to)
      return chat === undefined ? [] : [{ chat, owned }]
    })
    .sort((left, right) => right.chat.updatedAt - left.chat.updatedAt)
  const healthy = known.find(({ owned }) => !owned.flagged)
  if (healthy !== undefined) {
    return Effect.succeed({ chat: healthy.chat, created: false, reason: "reused_active_chat", previous: null })
  }
  const best = lines.find((owned) => !owned.flagged && !excluded.includes(owned.number))
  if (best === undefined) return Refusal.refuse(409, 2015, "no eligible sending line available")
  const [chat, created] = settle(state, best.number, to)
  const abandoned = known[0]?.chat.id ?? null
  return Effect.succeed({
    chat,
    created,
    reason: abandoned === null ? "new_best_number" : "failover_flagged",
    previous: abandoned
  })
}

const sendAnywhere = (state: State.LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const body = yield* Requests.body(call)
    const header = call.request.headers["idempotency-key"]
    const inBody = Json.isObject(body["message"]) ? body["message"]["idempotency_key"] : undefined
    const key = yield* Content.idempotencyKey(header ?? inBody)
    const again = yield* replayed(state, key)
    if (again !== null) return again
    const to = yield* recipients(body["to"])
    const given = yield* Content.content(state, body["message"])
    yield* mayMention(to, given)
    const continuation = body["continuation_message"]
    if (continuation !== undefined && (!Json.isObject(continuation) || !Json.isString(continuation["text"]))) {
      return yield* Refusal.missing("continuation_message.text")
    }
    const excluded = body["exclude_from"]
    if (excluded !== undefined && (!Json.isStrings(excluded) || excluded.length > 100)) {
      return yield* Refusal.invalidValue("exclude_from must hold at most 100 numbers")
    }
    if (to.some((handle) => World.ownLine(state.world, "linq", handle) !== undefined)) {
      return yield* Refusal.invalidValue("to must not contain your own numbers")
    }
    yield* mayWrite(state, to, body["override_optout"])
    const selection = yield* select(state, to, excluded ?? [])
    const { chat } = selection
    yield* pairLimit(state, chat.line, to)
    const text = Json.isObject(continuation) ? continuation["text"] : undefined
    const content: Content.Content = {
      ...given,
      idempotencyKey: key,
      ...(selection.reason === "failover_flagged" && Json.isString(text)
        ? { parts: [{ type: "text", value: text, decorations: null }], effect: null, replyTo: null }
        : {})
    }
    const message = accept(state, call, chat, content)
    return answer(state, content, message, 202, () => ({
      chat_id: chat.id,
      created_new_chat: selection.created,
      from: chat.line,
      from_selection: { reason: selection.reason, reused_existing_chat: !selection.created },
      is_group: chat.isGroup,
      service: message.service,
      handles: Wire.handles(state, chat),
      message: Wire.sentMessage(state, chat, message),
      previous_chat_id: selection.previous
    }))
  })

export const routes = (state: State.LinqState): ReadonlyArray<PathTable.Route<Refusal.Refusal>> => [
  ["POST", "/v3/chats", createChat(state)],
  ["POST", "/v3/chats/:chatId/messages", sendToChat(state)],
  ["POST", "/v3/messages", sendAnywhere(state)]
]

export { mayUse, mayWrite }
