/**
 * Linq v3 as a carrier.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import type { AdapterOperations, ChatContext, RetryPolicy } from "@interline/core/Carrier"
import * as Carrier from "@interline/core/Carrier"
import type { Capabilities } from "@interline/core/Capabilities"
import type { CarrierId } from "@interline/core/CarrierId"
import { ChatBook } from "@interline/core/ChatBook"
import type { ChatRef, Conversation } from "@interline/core/Conversation"
import * as Conversations from "@interline/core/Conversation"
import * as Handle from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import * as MessagingError from "@interline/core/MessagingError"
import type { Operation } from "@interline/core/Operation"
import type { Receipt } from "@interline/core/Outcome"
import type { PageRequest } from "@interline/core/Page"
import type { Plan, PlanInput, Step } from "@interline/core/Plan"
import * as Problem from "@interline/core/Problem"
import { Suppression } from "@interline/core/Suppression"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Capability from "./internal/capabilities.ts"
import * as Read from "./internal/config.ts"
import * as lift from "./internal/lift.ts"
import * as lower from "./internal/lower.ts"
import * as LinqClient from "./LinqClient.ts"
import type * as LinqSchema from "./LinqSchema.ts"

/**
 * `token`: Linq's API token; a pasted `Bearer ` in front of it is ignored. `lines`: our numbers in E.164, by the name that
 * the application gives them. `carrierId` (default `linq`) names this instance. `baseUrl` defaults to the production server.
 * `timeouts` are per operation: by default 75 s for sends and voice memos, 120 s for uploads, 30 s for the rest.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly token: Redacted.Redacted<string>
  readonly lines: Readonly<Record<string, string>>
  readonly carrierId?: string
  readonly baseUrl?: string
  readonly timeouts?: Partial<Record<Operation, Duration.DurationInput>>
  readonly retry?: RetryPolicy
}

/**
 * What Linq can do; Linq docs and @linqapp/sdk 0.28.2, read 2026-11-21.
 *
 * @since 0.1.0
 * @category models
 */
export const capabilities: Capabilities = Capability.capabilities

/**
 * The Linq carrier under its own tag, for applications that use Linq beside other carriers.
 *
 * @since 0.1.0
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
 * @since 0.1.0
 * @category constructors
 */
export const plan: (carrierId: CarrierId, input: PlanInput) => Plan = lower.plan

// --- the operations ---

// A line has few chats with one person; whoever has more of them than this gets a chat that Linq chooses
const lookupPages = 20

const makeAdapter = (
  id: CarrierId,
  lines: ReadonlyMap<LineName, Handle.Phone>,
  client: LinqClient.LinqClient
): Carrier.Adapter => {
  const liftMessage = lift.message(id)
  const liftChat = lift.chat(id)
  const names = new Map(Array.from(lines, ([name, number]) => [number, name]))

  const invalid = (operation: Operation, problems: ReadonlyArray<Problem.Problem>) =>
    Effect.fail(MessagingError.invalid(operation, problems, id))

  const inChat = <A>(
    operation: Operation,
    context: ChatContext,
    run: (chatId: string) => Effect.Effect<A, MessagingError.MessagingError>
  ): Effect.Effect<A, MessagingError.MessagingError> =>
    context.chat === undefined
      ? Effect.fail(
        MessagingError.make("NotFound", { carrierId: id, operation, detail: "there is no chat yet; a first message opens it" })
      )
      : run(context.chat.id)

  const findAmong = (
    conversation: Conversation,
    from: Handle.Phone,
    cursor: string | undefined,
    pages: number
  ): Effect.Effect<Option.Option<ChatRef>, MessagingError.MessagingError> => {
    const people = Conversations.recipients(conversation)
    const kind = conversation._tag === "Direct" ? "direct" : "group"
    const query = { from, limit: 100, ...(people[0] === undefined ? {} : { to: people[0] }), ...(cursor === undefined ? {} : { cursor }) }
    return Effect.flatMap(client.listChats(query), (page) => {
      const found = page.chats.find((chat) => lift.holdsExactly(chat, kind, people, from))
      if (found !== undefined) return Effect.succeedSome({ carrierId: id, id: found.id })
      const next = page.next_cursor
      return typeof next !== "string" || next === "" || next === cursor || pages <= 1
        ? Effect.succeedNone
        : findAmong(conversation, from, next, pages - 1)
    })
  }

  const describe = (chatId: string, operation?: Operation) =>
    Effect.map(client.getChat(chatId, operation), (chat) => lift.chatContext(id, chat))

  const perform = (step: Step, key: string): Effect.Effect<Receipt, MessagingError.MessagingError> =>
    key.length > lower.limits.idempotencyKeyLength
      ? invalid("send", [
        Problem.make("key-length", ["idempotencyKey"], "the key is longer than Linq takes", {
          limit: lower.limits.idempotencyKeyLength,
          actual: key.length
        })
      ])
      : Effect.map(client.perform(step.path, lower.withKey(step.body, key)), (reply) => lift.receipt(id, step.parts, reply))

  const idOfLine = (from: Handle.Phone): Effect.Effect<string, MessagingError.MessagingError> =>
    Effect.flatMap(client.listPhoneNumbers("setForwarding"), ({ phone_numbers }) => {
      const found = phone_numbers.find((number) => number.phone_number === from)
      return found === undefined
        ? Effect.fail(
          MessagingError.make("LineNotAllowed", { carrierId: id, operation: "setForwarding", detail: "the account does not list the line" })
        )
        : Effect.succeed(found.id)
    })

  const messages = (page: LinqSchema.MessagePage) => lift.page(page.messages, page.next_cursor, liftMessage)

  const operations: Partial<AdapterOperations> = {
    sendVoiceMemo: (to, audio) => {
      const problems = lower.voiceMemoProblems(id, audio)
      return problems.length > 0
        ? invalid("sendVoiceMemo", problems)
        : inChat("sendVoiceMemo", to, (chatId) =>
          Effect.map(client.sendVoiceMemo(chatId, lower.voiceMemo(audio)), (reply) => lift.voiceMemoReceipt(id, reply)))
    },
    getMessage: (message) => Effect.map(client.getMessage(message.id), liftMessage),
    listMessages: (of, page) => inChat("listMessages", of, (chatId) => Effect.map(client.listMessages(chatId, paging(page)), messages)),
    listThread: (message, page) => Effect.map(client.listThread(message.id, paging(page)), messages),
    deleteRecord: (message) => client.deleteMessage(message.id),
    edit: (message, text) => {
      const problems = lower.editProblems(text)
      return problems.length > 0
        ? invalid("edit", problems)
        : Effect.asVoid(client.editMessage(message.ref.id, lower.edit(text, message.part)))
    },
    react: (message, reaction) => Effect.asVoid(client.react(message.ref.id, lower.react("add", reaction, message.part))),
    unreact: (message, reaction) => Effect.asVoid(client.react(message.ref.id, lower.react("remove", reaction, message.part))),
    listChats: ({ from, with: other, ...page }) =>
      Effect.map(
        client.listChats({ ...paging(page), ...(from === undefined ? {} : { from }), ...(other === undefined ? {} : { to: other }) }),
        (page) => lift.page(page.chats, page.next_cursor, liftChat)
      ),
    getChat: (chat) => inChat("getChat", chat, (chatId) => Effect.map(client.getChat(chatId), liftChat)),
    updateChat: (chat, { icon, name }) =>
      icon === null || name === null
        ? Effect.fail(MessagingError.unsupported(id, "updateChat", "Linq documents no way to clear a name or an icon"))
        : inChat("updateChat", chat, (chatId) =>
          Effect.asVoid(
            client.updateChat(chatId, {
              ...(name === undefined ? {} : { display_name: name }),
              ...(icon === undefined ? {} : { group_chat_icon: icon })
            })
          )),
    markRead: (chat) => inChat("markRead", chat, client.markRead),
    leaveChat: (chat) => inChat("leaveChat", chat, (chatId) => Effect.asVoid(client.leaveChat(chatId))),
    shareContactCard: (chat) => inChat("shareContactCard", chat, client.shareContactCard),
    addParticipant: (chat, handle) => inChat("addParticipant", chat, (chatId) => Effect.asVoid(client.addParticipant(chatId, handle))),
    removeParticipant: (chat, handle) =>
      inChat("removeParticipant", chat, (chatId) => Effect.asVoid(client.removeParticipant(chatId, handle))),
    startTyping: (chat) => inChat("startTyping", chat, client.startTyping),
    stopTyping: (chat) => inChat("stopTyping", chat, client.stopTyping),
    uploadAttachment: ({ bytes, fileName, mimeType }) => {
      const problems = lower.uploadProblems(bytes, mimeType)
      if (problems.length > 0) return invalid("uploadAttachment", problems)
      const file = { filename: fileName, content_type: mimeType, size_bytes: bytes.length }
      return Effect.flatMap(client.createAttachment(file), (ticket) =>
        Effect.as(
          client.putAttachment(ticket, bytes),
          lift.attachment(id, { ...file, id: ticket.attachment_id, download_url: ticket.download_url })
        ))
    },
    getAttachment: (attachment) => Effect.map(client.getAttachment(attachment.id), (reply) => lift.attachment(id, reply)),
    deleteAttachment: (attachment) => client.deleteAttachment(attachment.id),
    lookupService: (handle, from) => {
      const request = { address: handle, ...(from === undefined ? {} : { from }) }
      return Effect.flatMap(client.checkIMessage(request), ({ available }) =>
        Handle.isPhone(handle)
          ? Effect.map(Effect.either(client.checkRcs(request)), (rcs) => ({
            // the second check of a pair often meets the limit of one in ten seconds; then RCS stays unsaid
            services: { iMessage: available, ...(Either.isRight(rcs) ? { RCS: rcs.right.available } : {}) }
          }))
          : Effect.succeed({ services: { iMessage: available } }))
    },
    listLines: () =>
      Effect.flatMap(client.listPhoneNumbers(), ({ phone_numbers }) =>
        Effect.forEach(phone_numbers, (number) => {
          const line = lift.line(id, names, number)
          return line === undefined
            ? Effect.fail(MessagingError.make("BadResponse", { carrierId: id, operation: "listLines", detail: "a line is not in E.164" }))
            : Effect.succeed(line)
        })),
    setForwarding: (from, number) =>
      Effect.flatMap(idOfLine(from), (lineId) => Effect.asVoid(client.updatePhoneNumber(lineId, number))),
    getContactCard: (line, from) =>
      Effect.map(client.getContactCards(from), ({ contact_cards }) =>
        Option.map(Option.fromNullable(contact_cards.find((card) => card.phone_number === from)), (card) => lift.contactCard(line, card))).pipe(
          Effect.catchIf((error) => error.status === 404 && error.vendorCode === "2012", () => Effect.succeedNone)
        ),
    setContactCard: (line, from, change) => {
      const card = {
        first_name: change.firstName,
        ...(change.lastName === undefined ? {} : { last_name: change.lastName }),
        ...(change.imageUrl === undefined ? {} : { image_url: change.imageUrl })
      }
      return client.createContactCard({ phone_number: from, ...card }).pipe(
        Effect.catchIf((error) => error.status === 409 && error.vendorCode === "2014", () => client.updateContactCard(from, card)),
        Effect.map((reply) => lift.contactCard(line, reply))
      )
    },
    listWebhooks: () =>
      Effect.map(client.listWebhookSubscriptions(), ({ subscriptions }) => subscriptions.map((one) => lift.webhook(id, one))),
    createWebhook: (subscription) => {
      const problems = lower.webhookProblems(subscription)
      return problems.length > 0
        ? invalid("createWebhook", problems)
        : Effect.map(
          client.createWebhookSubscription({
            target_url: subscription.url,
            subscribed_events: subscription.events,
            ...(subscription.lines === undefined || subscription.lines.length === 0 ? {} : { phone_numbers: subscription.lines })
          }),
          (reply) => lift.webhook(id, reply)
        )
    },
    updateWebhook: (webhookId, change) => {
      const problems = lower.webhookProblems(change)
      return problems.length > 0
        ? invalid("updateWebhook", problems)
        : Effect.map(
          client.updateWebhookSubscription(webhookId, {
            ...(change.url === undefined ? {} : { target_url: change.url }),
            ...(change.events === undefined ? {} : { subscribed_events: change.events }),
            ...(change.active === undefined ? {} : { is_active: change.active }),
            ...(change.lines === undefined ? {} : { phone_numbers: change.lines })
          }),
          (reply) => lift.webhook(id, reply)
        )
    },
    deleteWebhook: client.deleteWebhookSubscription
  }

  return {
    id,
    vendor: "linq",
    capabilities,
    lines,
    plan: (input) => plan(id, input),
    needsChat: lower.needsChat,
    findChat: (conversation, from) => findAmong(conversation, from, undefined, lookupPages),
    describeChat: (chat) => describe(chat.id),
    chatOf: (message) =>
      Effect.flatMap(client.getMessage(message.id), ({ chat_id }) =>
        typeof chat_id !== "string" || chat_id === ""
          ? Effect.fail(
            MessagingError.make("BadResponse", { carrierId: id, operation: "getMessage", detail: "the message does not name its chat" })
          )
          : describe(chat_id)),
    perform,
    operations
  }
}

const paging = (page: PageRequest): LinqClient.PageQuery => ({
  ...(page.limit === undefined ? {} : { limit: page.limit }),
  ...(page.cursor === undefined ? {} : { cursor: page.cursor })
})

/**
 * Builds the carrier. Fails on options that cannot work; nothing is sent.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<Carrier.Carrier, ConfigError.ConfigError, HttpClient.HttpClient | Suppression | ChatBook> =>
  Effect.gen(function*() {
    const { baseUrl, carrierId, lines, token } = yield* Read.settle(options)
    const client = LinqClient.make({
      carrierId,
      client: yield* HttpClient.HttpClient,
      token,
      baseUrl,
      ...(options.timeouts === undefined ? {} : { timeouts: options.timeouts })
    })
    return Carrier.make(makeAdapter(carrierId, lines, client), {
      suppression: yield* Suppression,
      chats: yield* ChatBook,
      ...(options.retry === undefined ? {} : { retry: options.retry })
    })
  })

/**
 * The carrier under its tag.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<Linq, ConfigError.ConfigError, HttpClient.HttpClient | Suppression | ChatBook> => Layer.effect(Linq, make(options))

/**
 * The part of the options that may come from the environment.
 *
 * @since 0.1.0
 * @category models
 */
export type Credentials = Pick<Options, "token"> & Required<Pick<Options, "baseUrl">>

/**
 * What `layerConfig` takes: what is given wins over the environment, field by field. `lines` may be a `Config`.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConfigOptions extends Omit<Options, keyof Credentials | "lines">, Partial<Credentials> {
  readonly lines: Options["lines"] | Config.Config<Options["lines"]>
}

/**
 * Reads the token and the base URL, field by field: what is given wins, else the first variable that is not blank. The token
 * is in `LINQ_API_V3_API_KEY` (as for the official client), `LINQ_API_KEY` or `LINQ_API_TOKEN`, the base URL in
 * `LINQ_API_V3_BASE_URL` or `LINQ_BASE_URL`. Fails if there is no token.
 *
 * @since 0.1.0
 * @category constructors
 */
export const config = (given: Partial<Credentials> = {}): Config.Config<Credentials> =>
  Config.all({ token: Read.token(given.token), baseUrl: Read.baseUrl(given.baseUrl) })

/**
 * The carrier under its tag, with what `options` leave out read from the environment.
 *
 * @since 0.1.0
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
