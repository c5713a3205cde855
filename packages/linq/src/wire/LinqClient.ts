/**
 * Linq's HTTP API, one method per endpoint, in Linq's own words. The carrier is built on it. Applications use it for endpoints that have
 * no neutral operation. Linq docs and @linqapp/sdk 0.28.2, read 2026-11-21.
 *
 * Nothing here is fenced, repeated or traced; the carrier in `Linq` does that.
 */
import * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpClient from "@effect/platform/HttpClient"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Client from "@interline/core/Client"
import * as ListEvidence from "@interline/core/ListEvidence"
import type { MessagingError } from "@interline/core/MessagingError"
import type { Operation } from "@interline/core/Operation"
import * as Transport from "@interline/core/Transport"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Errors from "./errors.ts"
import type * as LinqRequests from "./LinqRequests.ts"
import * as LinqSchema from "./LinqSchema.ts"

/**
 * A list, with the facts that show whether it is complete: the status of the answer, its body as it came, and how far the vendor's
 * clock is ahead.
 *
 * @category models
 */
export interface Inspected {
  /** The list. */
  readonly list: LinqSchema.MessagePage
  /** The status of the answer. */
  readonly status: number
  /** The body of the answer, as it came. */
  readonly body: unknown
  /** How far the vendor's clock is ahead, if its answer says so. */
  readonly skew: Option.Option<ListEvidence.Skew>
}

/**
 * What a client of Linq is built over.
 *
 * @category models
 */
export interface Options {
  /** Names the carrier in errors. */
  readonly carrierId: CarrierId
  /** What makes the requests. */
  readonly client: HttpClient.HttpClient
  /** The API token, without `Bearer`. */
  readonly token: Redacted.Redacted<string>
  /** Default: `defaultBaseUrl`. */
  readonly baseUrl?: string
  /** How long an operation may take. Default: `defaultTimeouts`. */
  readonly timeouts?: Partial<Record<Operation, Duration.DurationInput>>
}

/**
 * Which chats to list: of one of our lines, with one person in them.
 *
 * @category models
 */
export interface ChatQuery {
  /** Only chats of this number of ours. */
  readonly from?: string
  /** Only chats with this person. */
  readonly to?: string
  /** How many chats a page has at most. */
  readonly limit?: number
  /** Where the page begins, as the page before said. */
  readonly cursor?: string
}

/**
 * The page of a list: at most `limit` rows, after `cursor`.
 *
 * @category models
 */
export interface PageQuery {
  /** How many items a page has at most. */
  readonly limit?: number
  /** Where the page begins, as the page before said. */
  readonly cursor?: string
}

const { get, patch, post, put, remove } = Client

type Timed = ReturnType<typeof ListEvidence.timed>

type Answer<A> = Effect.Effect<A, MessagingError>

type Send = (path: string, json: object) => Answer<LinqSchema.SendReply>

/**
 * One method per endpoint. Where an endpoint has no operation of `Messaging`, errors are labelled with the nearest one and
 * name the endpoint in `detail`.
 *
 * @category models
 */
export interface LinqClient {
  readonly createChat: (request: LinqRequests.CreateChat) => Answer<LinqSchema.SendReply>
  readonly listChats: (query?: ChatQuery, operation?: Operation) => Answer<LinqSchema.ChatPage>
  readonly getChat: (chatId: string, operation?: Operation) => Answer<LinqSchema.Chat>
  readonly updateChat: (chatId: string, request: LinqRequests.UpdateChat) => Answer<LinqSchema.Ack>
  readonly addParticipant: (chatId: string, handle: string) => Answer<LinqSchema.Ack>
  readonly removeParticipant: (chatId: string, handle: string) => Answer<LinqSchema.Ack>
  readonly leaveChat: (chatId: string) => Answer<LinqSchema.Ack>
  readonly startTyping: (chatId: string) => Answer<void>
  readonly stopTyping: (chatId: string) => Answer<void>
  readonly markRead: (chatId: string) => Answer<void>
  readonly shareContactCard: (chatId: string) => Answer<void>
  readonly sendVoiceMemo: (chatId: string, request: LinqRequests.VoiceMemo) => Answer<LinqSchema.VoiceMemoReply>
  readonly sendMessage: (chatId: string, request: LinqRequests.SendMessage) => Answer<LinqSchema.SendReply>
  readonly listMessages: (chatId: string, query?: PageQuery) => Answer<LinqSchema.MessagePage>
  /** The same list as `listMessages`, with the facts that show whether it is complete. */
  readonly inspectMessages: (chatId: string, query?: PageQuery) => Answer<Inspected>
  /** Asks the one person in an iMessage chat to share a location. It prompts the person, so check the opt-outs before the call. */
  readonly requestLocation: (chatId: string) => Answer<LinqSchema.LocationRequested>
  readonly getLocation: (chatId: string) => Answer<LinqSchema.ChatLocation>
  /**
   * Sets the background that everybody in a chat sees. It reaches people, so check the opt-outs before the call. Linq takes it at once, and
   * `chat.background_updated` or `chat.background_update_failed` says later what became of it; in a chat by SMS or RCS nothing does.
   */
  readonly setBackground: (chatId: string, background: LinqRequests.Background) => Answer<void>
  /** Takes the background off a chat. It reaches people, so check the opt-outs before the call. */
  readonly removeBackground: (chatId: string) => Answer<void>
  /**
   * Ends what a person shares, in every chat with them. Linq takes it with 202, and `location.sharing.stopped` says later that it has
   * ended. Linq's Go client (chatlocation.go of September 2026, commit 00d38868), read 2026-11-30.
   */
  readonly stopLocation: (chatId: string, handle: string) => Answer<LinqSchema.LocationStopped>
  /** Sends a poll into a chat that exists. It reaches people, so check the opt-outs before the call. */
  readonly createPoll: (chatId: string, request: LinqRequests.CreatePoll) => Answer<LinqSchema.PollEnvelope>
  readonly getPoll: (messageId: string) => Answer<LinqSchema.PollEnvelope>
  readonly addPollOptions: (messageId: string, texts: ReadonlyArray<string>) => Answer<LinqSchema.PollEnvelope>
  readonly votePoll: (messageId: string, vote: LinqRequests.Vote) => Answer<LinqSchema.PollEnvelope>
  /** Sends from a line that Linq picks. It reaches people, so check the opt-outs before the call. */
  readonly createMessage: (request: LinqRequests.CreateMessage, idempotencyKey?: string) => Answer<LinqSchema.AddressedMessage>
  readonly getMessage: (messageId: string, operation?: Operation) => Answer<LinqSchema.Message>
  /** `None` if Linq took the edit of a message whose record was deleted. */
  readonly editMessage: (messageId: string, request: LinqRequests.EditMessage) => Answer<Option.Option<LinqSchema.Message>>
  /** Deletes Linq's record only; phones keep the message. */
  readonly deleteMessage: (messageId: string) => Answer<void>
  readonly react: (messageId: string, request: LinqRequests.React) => Answer<LinqSchema.Ack>
  /** Moves a sticker of ours. `reactionId`: the `id` of the reaction, as a read or `reaction.added` gives it. */
  readonly moveSticker: (messageId: string, reactionId: string, request: LinqRequests.MoveSticker) => Answer<LinqSchema.Ack>
  readonly listThread: (messageId: string, query?: PageQuery & { readonly order?: "asc" | "desc" }) => Answer<LinqSchema.MessagePage>
  readonly updateAppCard: (messageId: string, request: LinqRequests.UpdateAppCard) => Answer<LinqSchema.SentMessage>
  readonly createAttachment: (request: LinqRequests.CreateAttachment) => Answer<LinqSchema.UploadTicket>
  /** Puts the bytes where the ticket says, with its headers and without our credentials. */
  readonly putAttachment: (ticket: LinqSchema.UploadTicket, bytes: Uint8Array) => Answer<void>
  readonly getAttachment: (attachmentId: string) => Answer<LinqSchema.Attachment>
  readonly deleteAttachment: (attachmentId: string) => Answer<void>
  /** Deprecated by Linq in favour of `listPhoneNumbers`. */
  readonly listPhonenumbers: () => Answer<LinqSchema.PhoneNumberList>
  readonly listPhoneNumbers: (operation?: Operation) => Answer<LinqSchema.PhoneNumberList>
  readonly updatePhoneNumber: (phoneNumberId: string, forwardingNumber: string | null) => Answer<LinqSchema.PhoneNumber>
  /**
   * A line to give to someone who has not written yet. Advice, not a reservation. `excluded` are lines of ours, in E.164, that it does not
   * name; if none is left, Linq refuses (node 0.82, read 2026-11).
   */
  readonly getAvailableNumber: (
    to?: ReadonlyArray<string>,
    excluded?: ReadonlyArray<string>
  ) => Answer<LinqSchema.AvailableNumber>
  readonly listBlockedHandles: () => Answer<LinqSchema.BlockedHandleList>
  readonly blockHandle: (handle: string, reason?: string) => Answer<LinqSchema.BlockReply>
  readonly unblockHandle: (handle: string) => Answer<void>
  /** Starts an audit of a line. Linq refuses it with 409 while one runs, and with 429 and a time for some while after one. */
  readonly startReputationAudit: (phoneNumber: string) => Answer<LinqSchema.ReputationAudit>
  readonly getReputationAudit: (phoneNumber: string, auditId: string) => Answer<LinqSchema.ReputationAudit>
  readonly listWebhookEvents: () => Answer<LinqSchema.WebhookEventList>
  readonly createWebhookSubscription: (request: LinqRequests.CreateWebhookSubscription) => Answer<LinqSchema.WebhookSubscription>
  readonly listWebhookSubscriptions: () => Answer<LinqSchema.WebhookSubscriptionList>
  readonly getWebhookSubscription: (id: string) => Answer<LinqSchema.WebhookSubscription>
  readonly updateWebhookSubscription: (
    id: string,
    request: LinqRequests.UpdateWebhookSubscription
  ) => Answer<LinqSchema.WebhookSubscription>
  readonly deleteWebhookSubscription: (id: string) => Answer<void>
  /** At most one capability check per ten seconds. */
  readonly checkIMessage: (request: LinqRequests.CheckCapability) => Answer<LinqSchema.CapabilityReply>
  /** Phone numbers only. A 503 says nothing about the recipient. */
  readonly checkRcs: (request: LinqRequests.CheckCapability) => Answer<LinqSchema.CapabilityReply>
  readonly getContactCards: (phoneNumber?: string) => Answer<LinqSchema.ContactCardList>
  readonly createContactCard: (request: LinqRequests.CreateContactCard) => Answer<LinqSchema.ContactCard>
  readonly updateContactCard: (phoneNumber: string, request: LinqRequests.UpdateContactCard) => Answer<LinqSchema.ContactCard>
  /** Sends the body of a planned step exactly as it is, into a chat or to new people. */
  readonly perform: (path: string, body: Readonly<Record<string, unknown>>) => Answer<LinqSchema.SendReply>
}

/**
 * The production server.
 *
 * @category models
 */
export const defaultBaseUrl = "https://api.linqapp.com/api/partner"

/**
 * How long an operation may take unless the options say otherwise: 75 s for sends, voice memos and polls, because Linq downloads
 * media while we wait (over 30 s were seen for a cold URL), 120 s for uploads, 30 s for everything else.
 *
 * @category models
 */
export const defaultTimeouts: Partial<Record<Operation, Duration.DurationInput>> = {
  send: "75 seconds",
  sendVoiceMemo: "75 seconds",
  sendPoll: "75 seconds",
  uploadAttachment: "120 seconds"
}

/**
 * The path of a chat.
 *
 * @category getters
 */
export const chatPath = (chatId: string): string => `/v3/chats/${encodeURIComponent(chatId)}`

/**
 * Makes a client of Linq's v3 API.
 *
 * @category constructors
 */
export const make = (options: Options): LinqClient => {
  const { carrierId, timeouts } = options
  const transport = Transport.make({
    carrierId,
    client: options.client,
    baseUrl: options.baseUrl ?? defaultBaseUrl,
    headers: { accept: "application/json", authorization: `Bearer ${Redacted.value(options.token)}` },
    timeout: (operation) => Duration.decode(timeouts?.[operation] ?? defaultTimeouts[operation] ?? "30 seconds")
  })

  const client = Client.make({
    transport,
    fromReply: ({ operation }, reply, detail) => Errors.fromReply(carrierId, operation, reply, detail),
    badReply: ({ operation }, reply, error) => Errors.badReply(carrierId, operation, reply, findMissing(error))
  })
  const send: Send = (path, json) =>
    Effect.flatMap(
      client.request(post("send", path, json)),
      (reply) => LinqSchema.isSendReply(reply.json) ? Effect.succeed(reply.json) : Errors.badReply(carrierId, "send", reply, noId)
    )
  return {
    ...makeChats(client),
    ...makeMessages(client, ListEvidence.timed(transport), send),
    ...makeFiles(client),
    ...makeAccount(client),
    perform: send
  }
}

/** Linq queues the request and acts later. So an answer that cannot be read is no failure. */
const makeQueue = (client: Client.Client) => (call: Transport.Call): Answer<LinqSchema.Ack> =>
  Effect.map(client.request(call), (reply) => Option.getOrElse(readAck(reply.json), () => ({})))

/** Chats and the people in them. */
const makeChats = (client: Client.Client) => {
  const askChat = client.asker(LinqSchema.Chat)
  const askChats = client.asker(LinqSchema.ChatPage)
  const askForLocation = client.asker(LinqSchema.LocationRequested)
  const askLocation = client.asker(LinqSchema.ChatLocation)
  const askStop = client.asker(LinqSchema.LocationStopped)
  const queue = makeQueue(client)
  return {
    listChats: (query, operation = "listChats") =>
      askChats(get(operation, "/v3/chats", { from: query?.from, to: query?.to, ...paging(query) })),
    getChat: (chatId, operation = "getChat") => askChat(get(operation, chatPath(chatId))),
    updateChat: (chatId, json) => queue(put("updateChat", chatPath(chatId), json)),
    addParticipant: (chatId, handle) => queue(post("addParticipant", `${chatPath(chatId)}/participants`, { handle })),
    removeParticipant: (chatId, handle) => queue(remove("removeParticipant", `${chatPath(chatId)}/participants`, { handle })),
    leaveChat: (chatId) => queue(post("leaveChat", `${chatPath(chatId)}/leave`)),
    startTyping: (chatId) => client.acknowledge(post("startTyping", `${chatPath(chatId)}/typing`)),
    stopTyping: (chatId) => client.acknowledge(remove("stopTyping", `${chatPath(chatId)}/typing`)),
    markRead: (chatId) => client.acknowledge(post("markRead", `${chatPath(chatId)}/read`)),
    shareContactCard: (chatId) => client.acknowledge(post("shareContactCard", `${chatPath(chatId)}/share_contact_card`)),
    requestLocation: (chatId) => askForLocation(post("requestLocation", `${chatPath(chatId)}/location/request`)),
    getLocation: (chatId) =>
      askLocation({
        operation: "getLocations",
        method: "GET",
        path: `${chatPath(chatId)}/location`,
        headers: { accept: "application/geo+json" }
      }),
    setBackground: (chatId, json) =>
      Effect.asVoid(client.request(post("updateChat", `${chatPath(chatId)}/background`, json), "background")),
    removeBackground: (chatId) => Effect.asVoid(client.request(remove("updateChat", `${chatPath(chatId)}/background`), "background")),
    stopLocation: (chatId, handle) => askStop(remove("stopLocation", `${chatPath(chatId)}/location`, { handle }))
  } satisfies Partial<LinqClient>
}

/** Sends, and messages. */
const makeMessages = (client: Client.Client, timed: Timed, send: Send) => {
  const askMemo = client.asker(LinqSchema.VoiceMemoReply)
  const askAddressed = client.asker(LinqSchema.AddressedMessage)
  const askMessage = client.asker(LinqSchema.Message)
  const askMessages = client.asker(LinqSchema.MessagePage)
  const askPoll = client.asker(LinqSchema.PollEnvelope)
  const askSent = client.asker(LinqSchema.SentMessage)
  const readMessage = client.reader(LinqSchema.Message)
  const readMessages = client.reader(LinqSchema.MessagePage)
  const queue = makeQueue(client)
  return {
    createChat: (json) => send("/v3/chats", json),
    sendMessage: (chatId, json) => send(`${chatPath(chatId)}/messages`, json),
    sendVoiceMemo: (chatId, json) => askMemo(post("sendVoiceMemo", `${chatPath(chatId)}/voicememo`, json)),
    createMessage: (json, key) =>
      askAddressed({
        operation: "send",
        method: "POST",
        path: "/v3/messages",
        json,
        ...(key === undefined ? {} : { headers: { "idempotency-key": key } })
      }),
    listMessages: (chatId, query) => askMessages(get("listMessages", `${chatPath(chatId)}/messages`, paging(query))),
    inspectMessages: (chatId, query) => {
      const call = get("listMessages", `${chatPath(chatId)}/messages`, paging(query))
      return Effect.flatMap(
        timed(call),
        ({ reply, skew }) => Effect.map(readMessages(call, reply), (list) => ({ list, status: reply.status, body: reply.json, skew }))
      )
    },
    getMessage: (id, operation = "getMessage") => askMessage(get(operation, messagePath(id))),
    editMessage: (id, json) => {
      const call = patch("edit", messagePath(id), json)
      return Effect.flatMap(
        client.request(call),
        (reply) => reply.status === 204 ? Effect.succeed(Option.none()) : Effect.asSome(readMessage(call, reply))
      )
    },
    deleteMessage: (id) => client.acknowledge(remove("deleteRecord", messagePath(id))),
    createPoll: (chatId, json) => askPoll(post("sendPoll", `${chatPath(chatId)}/polls`, json)),
    getPoll: (id) => askPoll(get("getPoll", `${messagePath(id)}/poll`)),
    addPollOptions: (id, texts) =>
      askPoll(post("addPollOptions", `${messagePath(id)}/poll/options`, { options: texts.map((text) => ({ text })) })),
    votePoll: (id, json) => askPoll(post("voteInPoll", `${messagePath(id)}/poll/votes`, json)),
    react: (id, json) => queue(post(json.operation === "add" ? "react" : "unreact", `${messagePath(id)}/reactions`, json)),
    moveSticker: (id, reactionId, json) =>
      queue(patch("moveSticker", `${messagePath(id)}/reactions/${encodeURIComponent(reactionId)}`, json)),
    listThread: (id, query) => askMessages(get("listThread", `${messagePath(id)}/thread`, { order: query?.order, ...paging(query) })),
    updateAppCard: (id, json) => askSent(post("edit", `${messagePath(id)}/update`, json), "update of an app card")
  } satisfies Partial<LinqClient>
}

/** Stored files. */
const makeFiles = (client: Client.Client) => {
  const askTicket = client.asker(LinqSchema.UploadTicket)
  const askAttachment = client.asker(LinqSchema.Attachment)
  return {
    createAttachment: (json) => askTicket(post("uploadAttachment", "/v3/attachments", json)),
    putAttachment: (ticket, bytes) => {
      const headers = ticket.required_headers ?? {}
      const type = Object.entries(headers).find(([name]) => name.toLowerCase() === "content-type")?.[1]
      return Effect.asVoid(
        client.request({
          operation: "uploadAttachment",
          method: "PUT",
          path: "",
          url: ticket.upload_url,
          headers,
          body: HttpBody.uint8Array(bytes, type)
        }, "the upload URL did not take the bytes")
      )
    },
    getAttachment: (id) => askAttachment(get("getAttachment", attachmentPath(id))),
    deleteAttachment: (id) => client.acknowledge(remove("deleteAttachment", attachmentPath(id)))
  } satisfies Partial<LinqClient>
}

/** Lines, webhooks, people's services and contact cards. */
const makeAccount = (client: Client.Client) => {
  const askNumbers = client.asker(LinqSchema.PhoneNumberList)
  const askNumber = client.asker(LinqSchema.PhoneNumber)
  const askAvailable = client.asker(LinqSchema.AvailableNumber)
  const askBlocked = client.asker(LinqSchema.BlockedHandleList)
  const askBlock = client.asker(LinqSchema.BlockReply)
  const askAudit = client.asker(LinqSchema.ReputationAudit)
  const askEvents = client.asker(LinqSchema.WebhookEventList)
  const askSubscription = client.asker(LinqSchema.WebhookSubscription)
  const askSubscriptions = client.asker(LinqSchema.WebhookSubscriptionList)
  const askCapability = client.asker(LinqSchema.CapabilityReply)
  const askCard = client.asker(LinqSchema.ContactCard)
  const askCards = client.asker(LinqSchema.ContactCardList)
  return {
    listPhonenumbers: () => askNumbers(get("listLines", "/v3/phonenumbers")),
    listPhoneNumbers: (operation = "listLines") => askNumbers(get(operation, "/v3/phone_numbers")),
    updatePhoneNumber: (id, number) =>
      askNumber(put("setForwarding", `/v3/phone_numbers/${encodeURIComponent(id)}`, { forwarding_number: number })),
    getAvailableNumber: (to = [], excluded = []) =>
      askAvailable(
        get("listLines", "/v3/available_number", {
          to: to.length === 0 ? undefined : to.join(","),
          exclude_from: excluded.length === 0 ? undefined : excluded.join(",")
        }),
        "available_number"
      ),
    listBlockedHandles: () => askBlocked(get("listBlocked", "/v3/blocked_handles")),
    blockHandle: (handle, reason) =>
      askBlock(post("block", "/v3/blocked_handles", { handle, ...(reason === undefined ? {} : { reason }) })),
    unblockHandle: (handle) => client.acknowledge(remove("unblock", "/v3/blocked_handles", { handle })),
    startReputationAudit: (number) => askAudit(post("listLines", auditPath(number)), "reputation_audit"),
    getReputationAudit: (number, id) => askAudit(get("listLines", `${auditPath(number)}/${encodeURIComponent(id)}`), "reputation_audit"),
    listWebhookEvents: () => askEvents(get("listWebhooks", "/v3/webhook-events"), "webhook-events"),
    createWebhookSubscription: (json) => askSubscription(post("createWebhook", "/v3/webhook-subscriptions", json)),
    listWebhookSubscriptions: () => askSubscriptions(get("listWebhooks", "/v3/webhook-subscriptions")),
    getWebhookSubscription: (id) => askSubscription(get("listWebhooks", subscriptionPath(id))),
    updateWebhookSubscription: (id, json) => askSubscription(put("updateWebhook", subscriptionPath(id), json)),
    deleteWebhookSubscription: (id) => client.acknowledge(remove("deleteWebhook", subscriptionPath(id))),
    checkIMessage: (json) => askCapability(post("lookupService", "/v3/capability/check_imessage", json)),
    checkRcs: (json) => askCapability(post("lookupService", "/v3/capability/check_rcs", json), "check_rcs"),
    getContactCards: (number) => askCards(get("getContactCard", "/v3/contact_card", { phone_number: number })),
    createContactCard: (json) => askCard(post("setContactCard", "/v3/contact_card", json)),
    updateContactCard: (number, json) =>
      askCard({ operation: "setContactCard", method: "PATCH", path: "/v3/contact_card", query: { phone_number: number }, json })
  } satisfies Partial<LinqClient>
}

const noId = "no message id"

const readAck = Schema.decodeUnknownOption(LinqSchema.Ack)

/** The path of the first field that is missing or of another type. The value is never shown. */
const findMissing = (error: ParseResult.ParseError): string => {
  const [first] = ParseResult.ArrayFormatter.formatErrorSync(error)
  return first === undefined || first.path.length === 0 ? "not the JSON object that the docs describe" : `field ${first.path.join(".")}`
}

const messagePath = (id: string): string => `/v3/messages/${encodeURIComponent(id)}`
const auditPath = (number: string): string => `/v3/phone_numbers/${encodeURIComponent(number)}/reputation_audit`
const attachmentPath = (id: string): string => `/v3/attachments/${encodeURIComponent(id)}`
const subscriptionPath = (id: string): string => `/v3/webhook-subscriptions/${encodeURIComponent(id)}`

const paging = (query: PageQuery | undefined) => ({
  limit: query?.limit === undefined ? undefined : String(query.limit),
  cursor: query?.cursor
})
