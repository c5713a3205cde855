/**
 * Linq's HTTP API, one method per endpoint, in Linq's own words: for what has no neutral operation, and underneath those
 * that have. Linq docs and @linqapp/sdk 0.28.2, read 2026-11-21.
 *
 * Nothing here is fenced, repeated or traced; the carrier in `Linq` does that.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpBody from "@effect/platform/HttpBody"
import type { CarrierId } from "@interline/core/CarrierId"
import type { MessagingError } from "@interline/core/MessagingError"
import type { Operation } from "@interline/core/Operation"
import * as Transport from "@interline/core/Transport"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Errors from "./internal/errors.ts"
import { chatPath } from "./internal/lower.ts"
import * as Wire from "./LinqSchema.ts"

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
  readonly createChat: (request: Wire.CreateChat) => Answer<Wire.SendReply>
  readonly listChats: (query?: ChatQuery, operation?: Operation) => Answer<Wire.ChatPage>
  readonly getChat: (chatId: string, operation?: Operation) => Answer<Wire.Chat>
  readonly updateChat: (chatId: string, request: Wire.UpdateChat) => Answer<Wire.Ack>
  readonly addParticipant: (chatId: string, handle: string) => Answer<Wire.Ack>
  readonly removeParticipant: (chatId: string, handle: string) => Answer<Wire.Ack>
  readonly leaveChat: (chatId: string) => Answer<Wire.Ack>
  readonly startTyping: (chatId: string) => Answer<void>
  readonly stopTyping: (chatId: string) => Answer<void>
  readonly markRead: (chatId: string) => Answer<void>
  readonly shareContactCard: (chatId: string) => Answer<void>
  readonly sendVoiceMemo: (chatId: string, request: Wire.VoiceMemo) => Answer<Wire.VoiceMemoReply>
  readonly sendMessage: (chatId: string, request: Wire.SendMessage) => Answer<Wire.SendReply>
  readonly listMessages: (chatId: string, query?: PageQuery) => Answer<Wire.MessagePage>
  /** Asks the one person in an iMessage chat to share a location. Reaches a person: check who must not be written to first. */
  readonly requestLocation: (chatId: string) => Answer<Wire.LocationRequested>
  readonly getLocation: (chatId: string) => Answer<Wire.ChatLocation>
  /** Sends from a line that Linq picks. Reaches a person: check who must not be written to first. */
  readonly createMessage: (request: Wire.CreateMessage, idempotencyKey?: string) => Answer<Wire.AddressedMessage>
  readonly getMessage: (messageId: string, operation?: Operation) => Answer<Wire.Message>
  /** `None` if Linq took the edit of a message whose record was deleted. */
  readonly editMessage: (messageId: string, request: Wire.EditMessage) => Answer<Option.Option<Wire.Message>>
  /** Deletes Linq's record only; phones keep the message. */
  readonly deleteMessage: (messageId: string) => Answer<void>
  readonly react: (messageId: string, request: Wire.React) => Answer<Wire.Ack>
  readonly listThread: (messageId: string, query?: PageQuery & { readonly order?: "asc" | "desc" }) => Answer<Wire.MessagePage>
  readonly updateAppCard: (messageId: string, request: Wire.UpdateAppCard) => Answer<Wire.SentMessage>
  readonly createAttachment: (request: Wire.CreateAttachment) => Answer<Wire.UploadTicket>
  /** Puts the bytes where the ticket says, with its headers and without our credentials. */
  readonly putAttachment: (ticket: Wire.UploadTicket, bytes: Uint8Array) => Answer<void>
  readonly getAttachment: (attachmentId: string) => Answer<Wire.Attachment>
  readonly deleteAttachment: (attachmentId: string) => Answer<void>
  /** Deprecated by Linq in favour of `listPhoneNumbers`. */
  readonly listPhonenumbers: () => Answer<Wire.PhoneNumberList>
  readonly listPhoneNumbers: (operation?: Operation) => Answer<Wire.PhoneNumberList>
  readonly updatePhoneNumber: (phoneNumberId: string, forwardingNumber: string | null) => Answer<Wire.PhoneNumber>
  /** A line to give to someone who has not written yet. Advice, not a reservation. */
  readonly getAvailableNumber: (to?: ReadonlyArray<string>) => Answer<Wire.AvailableNumber>
  readonly listWebhookEvents: () => Answer<Wire.WebhookEventList>
  readonly createWebhookSubscription: (request: Wire.CreateWebhookSubscription) => Answer<Wire.WebhookSubscription>
  readonly listWebhookSubscriptions: () => Answer<Wire.WebhookSubscriptionList>
  readonly getWebhookSubscription: (id: string) => Answer<Wire.WebhookSubscription>
  readonly updateWebhookSubscription: (
    id: string,
    request: Wire.UpdateWebhookSubscription
  ) => Answer<Wire.WebhookSubscription>
  readonly deleteWebhookSubscription: (id: string) => Answer<void>
  /** At most one capability check per ten seconds. */
  readonly checkIMessage: (request: Wire.CheckCapability) => Answer<Wire.CapabilityReply>
  /** Phone numbers only. A 503 says nothing about the recipient. */
  readonly checkRcs: (request: Wire.CheckCapability) => Answer<Wire.CapabilityReply>
  readonly getContactCards: (phoneNumber?: string) => Answer<Wire.ContactCardList>
  readonly createContactCard: (request: Wire.CreateContactCard) => Answer<Wire.ContactCard>
  readonly updateContactCard: (phoneNumber: string, request: Wire.UpdateContactCard) => Answer<Wire.ContactCard>
  /** Performs a planned request of either way of sending, byte for byte. */
  readonly perform: (path: string, body: Readonly<Record<string, unknown>>) => Answer<Wire.SendReply>
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
    Effect.flatMap(transport(call), (reply) =>
      isSuccess(reply) ? Effect.succeed(reply) : Errors.fromReply(carrierId, call.operation, reply, detail))

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
  const queued = (call: Transport.Call): Answer<Wire.Ack> =>
    Effect.map(accepted(call), (reply) => Option.getOrElse(readAck(reply.json), () => ({})))

  const sending = (path: string, json: unknown): Answer<Wire.SendReply> =>
    Effect.flatMap(accepted({ operation: "send", method: "POST", path, json }), (reply) =>
      Wire.isSendReply(reply.json) ? Effect.succeed(reply.json) : Errors.badReply(carrierId, "send", reply, noId))

  const message = asking(Wire.Message)
  const readMessage = decoder(Wire.Message)
  const messages = asking(Wire.MessagePage)
  const chat = asking(Wire.Chat)
  const chats = asking(Wire.ChatPage)
  const memo = asking(Wire.VoiceMemoReply)
  const requested = asking(Wire.LocationRequested)
  const location = asking(Wire.ChatLocation)
  const addressed = asking(Wire.AddressedMessage)
  const sent = asking(Wire.SentMessage)
  const ticket = asking(Wire.UploadTicket)
  const attachment = asking(Wire.Attachment)
  const numbers = asking(Wire.PhoneNumberList)
  const phoneNumber = asking(Wire.PhoneNumber)
  const available = asking(Wire.AvailableNumber)
  const events = asking(Wire.WebhookEventList)
  const subscription = asking(Wire.WebhookSubscription)
  const subscriptions = asking(Wire.WebhookSubscriptionList)
  const capability = asking(Wire.CapabilityReply)
  const card = asking(Wire.ContactCard)
  const cards = asking(Wire.ContactCardList)

  return {
    createChat: (json) => sending("/v3/chats", json),
    listChats: (query, operation = "listChats") =>
      chats({ operation, method: "GET", path: "/v3/chats", query: { from: query?.from, to: query?.to, ...paging(query) } }),
    getChat: (chatId, operation = "getChat") => chat({ operation, method: "GET", path: chatPath(chatId) }),
    updateChat: (chatId, json) => queued({ operation: "updateChat", method: "PUT", path: chatPath(chatId), json }),
    addParticipant: (chatId, handle) =>
      queued({ operation: "addParticipant", method: "POST", path: `${chatPath(chatId)}/participants`, json: { handle } }),
    removeParticipant: (chatId, handle) =>
      queued({ operation: "removeParticipant", method: "DELETE", path: `${chatPath(chatId)}/participants`, json: { handle } }),
    leaveChat: (chatId) => queued({ operation: "leaveChat", method: "POST", path: `${chatPath(chatId)}/leave` }),
    startTyping: (chatId) => done({ operation: "startTyping", method: "POST", path: `${chatPath(chatId)}/typing` }),
    stopTyping: (chatId) => done({ operation: "stopTyping", method: "DELETE", path: `${chatPath(chatId)}/typing` }),
    markRead: (chatId) => done({ operation: "markRead", method: "POST", path: `${chatPath(chatId)}/read` }),
    shareContactCard: (chatId) =>
      done({ operation: "shareContactCard", method: "POST", path: `${chatPath(chatId)}/share_contact_card` }),
    sendVoiceMemo: (chatId, json) => memo({ operation: "sendVoiceMemo", method: "POST", path: `${chatPath(chatId)}/voicememo`, json }),
    sendMessage: (chatId, json) => sending(`${chatPath(chatId)}/messages`, json),
    listMessages: (chatId, query) =>
      messages({ operation: "listMessages", method: "GET", path: `${chatPath(chatId)}/messages`, query: paging(query) }),
    requestLocation: (chatId) =>
      requested({ operation: "startTyping", method: "POST", path: `${chatPath(chatId)}/location/request` }, "location/request"),
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
    getMessage: (id, operation = "getMessage") => message({ operation, method: "GET", path: messagePath(id) }),
    editMessage: (id, json) => {
      const call: Transport.Call = { operation: "edit", method: "PATCH", path: messagePath(id), json }
      return Effect.flatMap(accepted(call), (reply) =>
        reply.status === 204 ? Effect.succeed(Option.none()) : Effect.asSome(readMessage(call, reply)))
    },
    deleteMessage: (id) => done({ operation: "deleteRecord", method: "DELETE", path: messagePath(id) }),
    react: (id, json) =>
      queued({ operation: json.operation === "add" ? "react" : "unreact", method: "POST", path: `${messagePath(id)}/reactions`, json }),
    listThread: (id, query) =>
      messages({ operation: "listThread", method: "GET", path: `${messagePath(id)}/thread`, query: { order: query?.order, ...paging(query) } }),
    updateAppCard: (id, json) => sent({ operation: "edit", method: "POST", path: `${messagePath(id)}/update`, json }, "update of an app card"),
    createAttachment: (json) => ticket({ operation: "uploadAttachment", method: "POST", path: "/v3/attachments", json }),
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
    getAttachment: (id) => attachment({ operation: "getAttachment", method: "GET", path: attachmentPath(id) }),
    deleteAttachment: (id) => done({ operation: "deleteAttachment", method: "DELETE", path: attachmentPath(id) }),
    listPhonenumbers: () => numbers({ operation: "listLines", method: "GET", path: "/v3/phonenumbers" }),
    listPhoneNumbers: (operation = "listLines") => numbers({ operation, method: "GET", path: "/v3/phone_numbers" }),
    updatePhoneNumber: (id, number) =>
      phoneNumber({
        operation: "setForwarding",
        method: "PUT",
        path: `/v3/phone_numbers/${encodeURIComponent(id)}`,
        json: { forwarding_number: number }
      }),
    getAvailableNumber: (to = []) =>
      available({
        operation: "listLines",
        method: "GET",
        path: "/v3/available_number",
        query: { to: to.length === 0 ? undefined : to.join(",") }
      }, "available_number"),
    listWebhookEvents: () => events({ operation: "listWebhooks", method: "GET", path: "/v3/webhook-events" }, "webhook-events"),
    createWebhookSubscription: (json) => subscription({ operation: "createWebhook", method: "POST", path: "/v3/webhook-subscriptions", json }),
    listWebhookSubscriptions: () => subscriptions({ operation: "listWebhooks", method: "GET", path: "/v3/webhook-subscriptions" }),
    getWebhookSubscription: (id) => subscription({ operation: "listWebhooks", method: "GET", path: subscriptionPath(id) }),
    updateWebhookSubscription: (id, json) => subscription({ operation: "updateWebhook", method: "PUT", path: subscriptionPath(id), json }),
    deleteWebhookSubscription: (id) => done({ operation: "deleteWebhook", method: "DELETE", path: subscriptionPath(id) }),
    checkIMessage: (json) => capability({ operation: "lookupService", method: "POST", path: "/v3/capability/check_imessage", json }),
    checkRcs: (json) => capability({ operation: "lookupService", method: "POST", path: "/v3/capability/check_rcs", json }, "check_rcs"),
    getContactCards: (number) =>
      cards({ operation: "getContactCard", method: "GET", path: "/v3/contact_card", query: { phone_number: number } }),
    createContactCard: (json) => card({ operation: "setContactCard", method: "POST", path: "/v3/contact_card", json }),
    updateContactCard: (number, json) =>
      card({ operation: "setContactCard", method: "PATCH", path: "/v3/contact_card", query: { phone_number: number }, json }),
    perform: sending
  }
}

const noId = "no message id"

const readAck = Schema.decodeUnknownOption(Wire.Ack)

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
