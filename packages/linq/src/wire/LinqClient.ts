/**
 * Linq's HTTP API, one method per endpoint, in Linq's own words: for what has no neutral operation, and underneath those
 * that have. Linq docs and @linqapp/sdk 0.28.2, read 2026-11-21.
 *
 * Nothing here is fenced, repeated or traced; the carrier in `Linq` does that.
 *
 * @since 0.1.0
 */
import * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpClient from "@effect/platform/HttpClient"
import type { CarrierId } from "@interline/core/CarrierId"
import type { MessagingError } from "@interline/core/MessagingError"
import type { Operation } from "@interline/core/Operation"
import * as Transport from "@interline/core/Transport"
import * as VendorList from "@interline/core/VendorList"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Errors from "./errors.ts"
import * as LinqSchema from "./LinqSchema.ts"

/**
 * A list, and what is needed to judge whether it is whole: the status of the answer, its body as it came, and how far the
 * vendor's clock is ahead.
 *
 * @since 0.1.0
 * @category models
 */
export interface Inspected {
  readonly list: LinqSchema.MessagePage
  readonly status: number
  readonly body: unknown
  readonly skew: Option.Option<VendorList.Skew>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Settings {
  readonly carrierId: CarrierId
  readonly client: HttpClient.HttpClient
  readonly token: Redacted.Redacted<string>
  readonly baseUrl?: string
  readonly timeouts?: Partial<Record<Operation, Duration.DurationInput>>
}

/**
 * Which chats to list: of one of our lines, with one person in them.
 *
 * @since 0.1.0
 * @category models
 */
export interface ChatQuery {
  readonly from?: string
  readonly to?: string
  readonly limit?: number
  readonly cursor?: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface PageQuery {
  readonly limit?: number
  readonly cursor?: string
}

type Answer<A> = Effect.Effect<A, MessagingError>

/**
 * One method per endpoint. Where an endpoint has no operation of `Messaging`, errors are labelled with the nearest one and
 * name the endpoint in `detail`.
 *
 * @since 0.1.0
 * @category models
 */
export interface LinqClient {
  readonly createChat: (request: LinqSchema.CreateChat) => Answer<LinqSchema.SendReply>
  readonly listChats: (query?: ChatQuery, operation?: Operation) => Answer<LinqSchema.ChatPage>
  readonly getChat: (chatId: string, operation?: Operation) => Answer<LinqSchema.Chat>
  readonly updateChat: (chatId: string, request: LinqSchema.UpdateChat) => Answer<LinqSchema.Ack>
  readonly addParticipant: (chatId: string, handle: string) => Answer<LinqSchema.Ack>
  readonly removeParticipant: (chatId: string, handle: string) => Answer<LinqSchema.Ack>
  readonly leaveChat: (chatId: string) => Answer<LinqSchema.Ack>
  readonly startTyping: (chatId: string) => Answer<void>
  readonly stopTyping: (chatId: string) => Answer<void>
  readonly markRead: (chatId: string) => Answer<void>
  readonly shareContactCard: (chatId: string) => Answer<void>
  readonly sendVoiceMemo: (chatId: string, request: LinqSchema.VoiceMemo) => Answer<LinqSchema.VoiceMemoReply>
  readonly sendMessage: (chatId: string, request: LinqSchema.SendMessage) => Answer<LinqSchema.SendReply>
  readonly listMessages: (chatId: string, query?: PageQuery) => Answer<LinqSchema.MessagePage>
  /** The same list, with what says whether it is whole. */
  readonly inspectMessages: (chatId: string, query?: PageQuery) => Answer<Inspected>
  /** Asks the one person in an iMessage chat to share a location. Reaches a person: check who must not be written to first. */
  readonly requestLocation: (chatId: string) => Answer<LinqSchema.LocationRequested>
  readonly getLocation: (chatId: string) => Answer<LinqSchema.ChatLocation>
  /** Sends from a line that Linq picks. Reaches a person: check who must not be written to first. */
  readonly createMessage: (request: LinqSchema.CreateMessage, idempotencyKey?: string) => Answer<LinqSchema.AddressedMessage>
  readonly getMessage: (messageId: string, operation?: Operation) => Answer<LinqSchema.Message>
  /** `None` if Linq took the edit of a message whose record was deleted. */
  readonly editMessage: (messageId: string, request: LinqSchema.EditMessage) => Answer<Option.Option<LinqSchema.Message>>
  /** Deletes Linq's record only; phones keep the message. */
  readonly deleteMessage: (messageId: string) => Answer<void>
  readonly react: (messageId: string, request: LinqSchema.React) => Answer<LinqSchema.Ack>
  readonly listThread: (messageId: string, query?: PageQuery & { readonly order?: "asc" | "desc" }) => Answer<LinqSchema.MessagePage>
  readonly updateAppCard: (messageId: string, request: LinqSchema.UpdateAppCard) => Answer<LinqSchema.SentMessage>
  readonly createAttachment: (request: LinqSchema.CreateAttachment) => Answer<LinqSchema.UploadTicket>
  /** Puts the bytes where the ticket says, with its headers and without our credentials. */
  readonly putAttachment: (ticket: LinqSchema.UploadTicket, bytes: Uint8Array) => Answer<void>
  readonly getAttachment: (attachmentId: string) => Answer<LinqSchema.Attachment>
  readonly deleteAttachment: (attachmentId: string) => Answer<void>
  /** Deprecated by Linq in favour of `listPhoneNumbers`. */
  readonly listPhonenumbers: () => Answer<LinqSchema.PhoneNumberList>
  readonly listPhoneNumbers: (operation?: Operation) => Answer<LinqSchema.PhoneNumberList>
  readonly updatePhoneNumber: (phoneNumberId: string, forwardingNumber: string | null) => Answer<LinqSchema.PhoneNumber>
  /** A line to give to someone who has not written yet. Advice, not a reservation. */
  readonly getAvailableNumber: (to?: ReadonlyArray<string>) => Answer<LinqSchema.AvailableNumber>
  readonly listWebhookEvents: () => Answer<LinqSchema.WebhookEventList>
  readonly createWebhookSubscription: (request: LinqSchema.CreateWebhookSubscription) => Answer<LinqSchema.WebhookSubscription>
  readonly listWebhookSubscriptions: () => Answer<LinqSchema.WebhookSubscriptionList>
  readonly getWebhookSubscription: (id: string) => Answer<LinqSchema.WebhookSubscription>
  readonly updateWebhookSubscription: (
    id: string,
    request: LinqSchema.UpdateWebhookSubscription
  ) => Answer<LinqSchema.WebhookSubscription>
  readonly deleteWebhookSubscription: (id: string) => Answer<void>
  /** At most one capability check per ten seconds. */
  readonly checkIMessage: (request: LinqSchema.CheckCapability) => Answer<LinqSchema.CapabilityReply>
  /** Phone numbers only. A 503 says nothing about the recipient. */
  readonly checkRcs: (request: LinqSchema.CheckCapability) => Answer<LinqSchema.CapabilityReply>
  readonly getContactCards: (phoneNumber?: string) => Answer<LinqSchema.ContactCardList>
  readonly createContactCard: (request: LinqSchema.CreateContactCard) => Answer<LinqSchema.ContactCard>
  readonly updateContactCard: (phoneNumber: string, request: LinqSchema.UpdateContactCard) => Answer<LinqSchema.ContactCard>
  /** Performs a planned request of either way of sending, byte for byte. */
  readonly perform: (path: string, body: Readonly<Record<string, unknown>>) => Answer<LinqSchema.SendReply>
}

/**
 * The production server.
 *
 * @since 0.1.0
 * @category models
 */
export const defaultBaseUrl = "https://api.linqapp.com/api/partner"

/**
 * How long an operation may take unless the settings say otherwise: 75 s for sends and voice memos, because Linq downloads
 * media while we wait (over 30 s were seen for a cold URL), 120 s for uploads, 30 s for everything else.
 *
 * @since 0.1.0
 * @category models
 */
export const defaultTimeouts: Partial<Record<Operation, Duration.DurationInput>> = {
  send: "75 seconds",
  sendVoiceMemo: "75 seconds",
  uploadAttachment: "120 seconds"
}

/**
 * The path of a chat.
 *
 * @since 0.1.0
 * @category getters
 */
export const chatPath = (chatId: string): string => `/v3/chats/${encodeURIComponent(chatId)}`

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (settings: Settings): LinqClient => {
  const { carrierId, timeouts } = settings
  const transport = Transport.make({
    carrierId,
    client: settings.client,
    baseUrl: settings.baseUrl ?? defaultBaseUrl,
    headers: { accept: "application/json", authorization: `Bearer ${Redacted.value(settings.token)}` },
    timeout: (operation) => Duration.decode(timeouts?.[operation] ?? defaultTimeouts[operation] ?? "30 seconds")
  })

  const isSuccess = (reply: Transport.Reply): boolean => reply.status >= 200 && reply.status < 300

  const accepted = (call: Transport.Call, detail?: string): Answer<Transport.Reply> =>
    Effect.flatMap(
      transport(call),
      (reply) => isSuccess(reply) ? Effect.succeed(reply) : Errors.fromReply(carrierId, call.operation, reply, detail)
    )

  const decoder = <A, I>(schema: Schema.Schema<A, I>) => {
    const decode = Schema.decodeUnknownEither(schema)
    return (call: Transport.Call, reply: Transport.Reply): Answer<A> =>
      Either.match(decode(reply.json), {
        onLeft: (error) => Errors.badReply(carrierId, call.operation, reply, missing(error)),
        onRight: Effect.succeed
      })
  }

  const asking = <A, I>(schema: Schema.Schema<A, I>) => {
    const read = decoder(schema)
    return (call: Transport.Call, detail?: string): Answer<A> => Effect.flatMap(accepted(call, detail), (reply) => read(call, reply))
  }

  const done = (call: Transport.Call): Answer<void> => Effect.asVoid(accepted(call))

  /** What was queued is done later; that the answer to it can be read is not needed. */
  const queued = (call: Transport.Call): Answer<LinqSchema.Ack> =>
    Effect.map(accepted(call), (reply) => Option.getOrElse(readAck(reply.json), () => ({})))

  const sending = (path: string, json: unknown): Answer<LinqSchema.SendReply> =>
    Effect.flatMap(
      accepted(post("send", path, json)),
      (reply) => LinqSchema.isSendReply(reply.json) ? Effect.succeed(reply.json) : Errors.badReply(carrierId, "send", reply, noId)
    )

  const message = asking(LinqSchema.Message)
  const readMessage = decoder(LinqSchema.Message)
  const messages = asking(LinqSchema.MessagePage)
  const readMessages = decoder(LinqSchema.MessagePage)
  const timed = VendorList.timed(transport)
  const chat = asking(LinqSchema.Chat)
  const chats = asking(LinqSchema.ChatPage)
  const memo = asking(LinqSchema.VoiceMemoReply)
  const requested = asking(LinqSchema.LocationRequested)
  const location = asking(LinqSchema.ChatLocation)
  const addressed = asking(LinqSchema.AddressedMessage)
  const sent = asking(LinqSchema.SentMessage)
  const ticket = asking(LinqSchema.UploadTicket)
  const attachment = asking(LinqSchema.Attachment)
  const numbers = asking(LinqSchema.PhoneNumberList)
  const phoneNumber = asking(LinqSchema.PhoneNumber)
  const available = asking(LinqSchema.AvailableNumber)
  const events = asking(LinqSchema.WebhookEventList)
  const subscription = asking(LinqSchema.WebhookSubscription)
  const subscriptions = asking(LinqSchema.WebhookSubscriptionList)
  const capability = asking(LinqSchema.CapabilityReply)
  const card = asking(LinqSchema.ContactCard)
  const cards = asking(LinqSchema.ContactCardList)

  return {
    createChat: (json) => sending("/v3/chats", json),
    listChats: (query, operation = "listChats") =>
      chats(get(operation, "/v3/chats", { from: query?.from, to: query?.to, ...paging(query) })),
    getChat: (chatId, operation = "getChat") => chat(get(operation, chatPath(chatId))),
    updateChat: (chatId, json) => queued(put("updateChat", chatPath(chatId), json)),
    addParticipant: (chatId, handle) => queued(post("addParticipant", `${chatPath(chatId)}/participants`, { handle })),
    removeParticipant: (chatId, handle) => queued(remove("removeParticipant", `${chatPath(chatId)}/participants`, { handle })),
    leaveChat: (chatId) => queued(post("leaveChat", `${chatPath(chatId)}/leave`)),
    startTyping: (chatId) => done(post("startTyping", `${chatPath(chatId)}/typing`)),
    stopTyping: (chatId) => done(remove("stopTyping", `${chatPath(chatId)}/typing`)),
    markRead: (chatId) => done(post("markRead", `${chatPath(chatId)}/read`)),
    shareContactCard: (chatId) => done(post("shareContactCard", `${chatPath(chatId)}/share_contact_card`)),
    sendVoiceMemo: (chatId, json) => memo(post("sendVoiceMemo", `${chatPath(chatId)}/voicememo`, json)),
    sendMessage: (chatId, json) => sending(`${chatPath(chatId)}/messages`, json),
    listMessages: (chatId, query) => messages(get("listMessages", `${chatPath(chatId)}/messages`, paging(query))),
    inspectMessages: (chatId, query) => {
      const call = get("listMessages", `${chatPath(chatId)}/messages`, paging(query))
      return Effect.flatMap(timed(call), ({ reply, skew }) =>
        isSuccess(reply)
          ? Effect.map(readMessages(call, reply), (list) => ({ list, status: reply.status, body: reply.json, skew }))
          : Errors.fromReply(carrierId, call.operation, reply))
    },
    requestLocation: (chatId) => requested(post("startTyping", `${chatPath(chatId)}/location/request`), "location/request"),
    getLocation: (chatId) =>
      location({
        operation: "getChat",
        method: "GET",
        path: `${chatPath(chatId)}/location`,
        headers: { accept: "application/geo+json" }
      }, "location"),
    createMessage: (json, key) =>
      addressed({
        operation: "send",
        method: "POST",
        path: "/v3/messages",
        json,
        ...(key === undefined ? {} : { headers: { "idempotency-key": key } })
      }),
    getMessage: (id, operation = "getMessage") => message(get(operation, messagePath(id))),
    editMessage: (id, json) => {
      const call = patch("edit", messagePath(id), json)
      return Effect.flatMap(
        accepted(call),
        (reply) => reply.status === 204 ? Effect.succeed(Option.none()) : Effect.asSome(readMessage(call, reply))
      )
    },
    deleteMessage: (id) => done(remove("deleteRecord", messagePath(id))),
    react: (id, json) => queued(post(json.operation === "add" ? "react" : "unreact", `${messagePath(id)}/reactions`, json)),
    listThread: (id, query) => messages(get("listThread", `${messagePath(id)}/thread`, { order: query?.order, ...paging(query) })),
    updateAppCard: (id, json) => sent(post("edit", `${messagePath(id)}/update`, json), "update of an app card"),
    createAttachment: (json) => ticket(post("uploadAttachment", "/v3/attachments", json)),
    putAttachment: (ticket, bytes) => {
      const headers = ticket.required_headers ?? {}
      const type = Object.entries(headers).find(([name]) => name.toLowerCase() === "content-type")?.[1]
      return Effect.asVoid(
        accepted({
          operation: "uploadAttachment",
          method: "PUT",
          path: "",
          url: ticket.upload_url,
          headers,
          body: HttpBody.uint8Array(bytes, type)
        }, "the upload URL did not take the bytes")
      )
    },
    getAttachment: (id) => attachment(get("getAttachment", attachmentPath(id))),
    deleteAttachment: (id) => done(remove("deleteAttachment", attachmentPath(id))),
    listPhonenumbers: () => numbers(get("listLines", "/v3/phonenumbers")),
    listPhoneNumbers: (operation = "listLines") => numbers(get(operation, "/v3/phone_numbers")),
    updatePhoneNumber: (id, number) =>
      phoneNumber(put("setForwarding", `/v3/phone_numbers/${encodeURIComponent(id)}`, { forwarding_number: number })),
    getAvailableNumber: (to = []) =>
      available(get("listLines", "/v3/available_number", { to: to.length === 0 ? undefined : to.join(",") }), "available_number"),
    listWebhookEvents: () => events(get("listWebhooks", "/v3/webhook-events"), "webhook-events"),
    createWebhookSubscription: (json) => subscription(post("createWebhook", "/v3/webhook-subscriptions", json)),
    listWebhookSubscriptions: () => subscriptions(get("listWebhooks", "/v3/webhook-subscriptions")),
    getWebhookSubscription: (id) => subscription(get("listWebhooks", subscriptionPath(id))),
    updateWebhookSubscription: (id, json) => subscription(put("updateWebhook", subscriptionPath(id), json)),
    deleteWebhookSubscription: (id) => done(remove("deleteWebhook", subscriptionPath(id))),
    checkIMessage: (json) => capability(post("lookupService", "/v3/capability/check_imessage", json)),
    checkRcs: (json) => capability(post("lookupService", "/v3/capability/check_rcs", json), "check_rcs"),
    getContactCards: (number) => cards(get("getContactCard", "/v3/contact_card", { phone_number: number })),
    createContactCard: (json) => card(post("setContactCard", "/v3/contact_card", json)),
    updateContactCard: (number, json) =>
      card({ operation: "setContactCard", method: "PATCH", path: "/v3/contact_card", query: { phone_number: number }, json }),
    perform: sending
  }
}

const get = (operation: Operation, path: string, query: Transport.Call["query"] = {}): Transport.Call => ({
  operation,
  method: "GET",
  path,
  query
})

const calling = (method: Transport.Call["method"]) => (operation: Operation, path: string, json?: unknown): Transport.Call => ({
  operation,
  method,
  path,
  json
})

const post = calling("POST")
const put = calling("PUT")
const patch = calling("PATCH")
const remove = calling("DELETE")

const noId = "no message id"

const readAck = Schema.decodeUnknownOption(LinqSchema.Ack)

/** The first field that is missing or of another type; never what is in it. */
const missing = (error: ParseResult.ParseError): string => {
  const [first] = ParseResult.ArrayFormatter.formatErrorSync(error)
  return first === undefined || first.path.length === 0 ? "not the JSON object that the docs describe" : `field ${first.path.join(".")}`
}

const messagePath = (id: string): string => `/v3/messages/${encodeURIComponent(id)}`
const attachmentPath = (id: string): string => `/v3/attachments/${encodeURIComponent(id)}`
const subscriptionPath = (id: string): string => `/v3/webhook-subscriptions/${encodeURIComponent(id)}`

const paging = (query: PageQuery | undefined) => ({
  limit: query?.limit === undefined ? undefined : String(query.limit),
  cursor: query?.cursor
})
