/** The Linq v3 carrier: what Linq can do, as a list of operations. */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as Adapter from "@interline/core/Adapter"
import type { Capabilities } from "@interline/core/Capabilities"
import * as Carrier from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import { ChatBook } from "@interline/core/ChatBook"
import * as Conversation from "@interline/core/Conversation"
import type * as Handle from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import * as MessagingError from "@interline/core/MessagingError"
import type { Operation } from "@interline/core/Operation"
import type { Receipt } from "@interline/core/Outcome"
import type { Plan, PlanInput, Step } from "@interline/core/Plan"
import * as Problem from "@interline/core/Problem"
import { Suppression } from "@interline/core/Suppression"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import * as LinqCapabilities from "./capabilities.ts"
import * as LinqConfig from "./config.ts"
import * as LiftAnswer from "./convert/liftAnswer.ts"
import * as LowerDraft from "./convert/lowerDraft.ts"
import * as Reconcile from "./convert/reconcile.ts"
import * as Operations from "./operations.ts"
import * as LinqClient from "./wire/LinqClient.ts"

/**
 * How a Linq account is used.
 *
 * @category models
 */
export interface Options extends LinqConfig.Options {}

/**
 * What Linq can do; Linq docs and @linqapp/sdk 0.28.2, read 2026-11-21.
 *
 * @category models
 */
export const capabilities: Capabilities = LinqCapabilities.capabilities

/**
 * The Linq carrier under its own tag, for applications that use Linq beside other carriers.
 *
 * @category services
 */
export class Linq extends Context.Tag("@interline/linq/Linq")<Linq, Carrier.Carrier>() {}

/**
 * What Linq would be asked to do for a draft: pure, so nothing is sent and nobody is asked.
 *
 * Always one request with all parts. Into a known chat it is a message of that chat; else it opens the chat of the line with
 * exactly these people, or finds it, and then a link is refused and an effect or a reply is lost, because Linq allows none
 * of them in a first message.
 *
 * @category constructors
 */
export const plan: (carrierId: CarrierId, input: PlanInput) => Plan = LowerDraft.plan

/**
 * Plans as the carrier would, without credentials: for a carrier that is configured and not in use.
 *
 * @category constructors
 */
export const planner = (
  carrierId: CarrierId,
  lines: ReadonlyMap<LineName, Handle.Phone>
): Effect.Effect<Carrier.Planner, never, ChatBook> =>
  Effect.map(
    ChatBook,
    (chats) => Carrier.planner({ id: carrierId, capabilities, lines, plan: (input) => plan(carrierId, input), confirms: true }, chats)
  )

/**
 * Builds the carrier. Fails on options that cannot work; nothing is sent.
 *
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<Carrier.Carrier, ConfigError.ConfigError, HttpClient.HttpClient | Suppression | ChatBook> =>
  Effect.gen(function*() {
    const settings = yield* LinqConfig.settle(options)
    const { timeouts, retry } = options
    const client = LinqClient.make({
      ...settings,
      client: yield* HttpClient.HttpClient,
      ...(timeouts === undefined ? {} : { timeouts })
    })
    return Carrier.make(adapter(settings.carrierId, settings.lines, client, settings.replayFor), {
      suppression: yield* Suppression,
      chats: yield* ChatBook,
      ...(retry === undefined ? {} : { retry })
    })
  })

/**
 * The carrier under its tag.
 *
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<Linq, ConfigError.ConfigError, HttpClient.HttpClient | Suppression | ChatBook> => Layer.effect(Linq, make(options))

/**
 * The part of the options that may come from the environment.
 *
 * @category models
 */
export type Credentials = LinqConfig.Credentials

/**
 * What `layerConfig` takes: what is given wins over the environment, field by field. `lines` may be a `Config`.
 *
 * @category models
 */
export interface ConfigOptions extends Omit<Options, keyof Credentials | "lines">, Partial<Credentials> {
  readonly lines: Options["lines"] | Config.Config<Options["lines"]>
}

/**
 * Reads the token and the base URL, field by field: what is given wins, else the first variable that is not blank. The names
 * are those of the official client (`LINQ_API_V3_API_KEY`, `LINQ_API_V3_BASE_URL`), then `LINQ_API_KEY`, `LINQ_API_TOKEN` and
 * `LINQ_BASE_URL`. Fails if there is no token.
 *
 * @category constructors
 */
export const config = (given: Partial<Credentials> = {}): Config.Config<Credentials> => LinqConfig.credentials(given)

/**
 * The carrier under its tag, with what `options` leave out read from the environment.
 *
 * @category layers
 */
export const layerConfig = (
  options: ConfigOptions
): Layer.Layer<Linq, ConfigError.ConfigError, HttpClient.HttpClient | Suppression | ChatBook> =>
  Layer.effect(
    Linq,
    Effect.gen(function*() {
      const credentials = yield* config(options)
      const lines = Config.isConfig(options.lines) ? yield* options.lines : options.lines
      return yield* make({ ...options, ...credentials, lines })
    })
  )

// --- the operations ---

// A line has few chats with one person. If there are more pages than this, the chat is not found, and Linq chooses it
const lookupPages = 20

const adapter = (
  carrierId: CarrierId,
  lines: ReadonlyMap<LineName, Handle.Phone>,
  client: LinqClient.LinqClient,
  replayFor: Duration.Duration
): Adapter.Adapter => {
  const refuse = (operation: Operation, problems: ReadonlyArray<Problem.Problem>) =>
    Effect.fail(MessagingError.invalid(operation, problems, carrierId))

  const findAmong = (
    conversation: Conversation.Conversation,
    from: Handle.Phone,
    cursor: string | undefined,
    pages: number
  ): Effect.Effect<Option.Option<Conversation.ChatRef>, MessagingError.MessagingError> => {
    const people = Conversation.recipients(conversation)
    const kind = Conversation.kind(conversation)
    const query = { from, limit: 100, ...(people[0] === undefined ? {} : { to: people[0] }), ...(cursor === undefined ? {} : { cursor }) }
    return Effect.flatMap(client.listChats(query), (page) => {
      const found = page.chats.find((chat) => LiftAnswer.holdsExactly(chat, kind, people, from))
      if (found !== undefined) return Effect.succeedSome({ carrierId, id: found.id })
      const next = page.next_cursor
      return typeof next !== "string" || next === "" || next === cursor || pages <= 1
        ? Effect.succeedNone
        : findAmong(conversation, from, next, pages - 1)
    })
  }

  const describe = (chatId: string, operation?: Operation) =>
    Effect.map(client.getChat(chatId, operation), (chat) => LiftAnswer.chatContext(carrierId, chat))

  const perform = (step: Step, key: string): Effect.Effect<Receipt, MessagingError.MessagingError> =>
    key.length > LowerDraft.limits.idempotencyKeyLength
      ? refuse("send", [
        Problem.make("key-length", ["idempotencyKey"], "the key is longer than Linq takes", {
          limit: LowerDraft.limits.idempotencyKeyLength,
          actual: key.length
        })
      ])
      : Effect.map(
        client.perform(step.path, LowerDraft.withKey(step.body, key)),
        (reply) => LiftAnswer.receipt(carrierId, step.parts, reply)
      )

  /** Sends past Linq's own block of a person who opted out, for this one request. Linq records each use; linq-go 0.38.3, read 2026-11. */
  const confirm = (step: Step, key: string): Effect.Effect<Receipt, MessagingError.MessagingError> =>
    perform({ ...step, body: LowerDraft.pastOptOut(step.body) }, key)

  return {
    id: carrierId,
    vendor: "linq",
    capabilities,
    lines,
    plan: (input) => plan(carrierId, input),
    needsChat: LowerDraft.needsChat,
    findChat: (conversation, from) => findAmong(conversation, from, undefined, lookupPages),
    describeChat: (chat) => describe(chat.id),
    chatOf: (message) =>
      Effect.flatMap(client.getMessage(message.id), ({ chat_id }) =>
        typeof chat_id !== "string" || chat_id === ""
          ? Effect.fail(
            MessagingError.make("BadResponse", { carrierId, operation: "getMessage", detail: "the message does not name its chat" })
          )
          : describe(chat_id)),
    perform,
    confirm,
    operations: Operations.make({ carrierId, lines, client }),
    reconciliation: Reconcile.make(carrierId, client, replayFor)
  }
}
