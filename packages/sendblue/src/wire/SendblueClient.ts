/**
 * Sendblue's HTTP API, one method per endpoint, in Sendblue's own words. Applications use it for endpoints that have no neutral operation
 * (carousels, app cards, contacts).
 *
 * Nothing here is fenced, repeated or traced; the carrier in `Sendblue` does that. A failure is a `MessagingError` that says
 * whether it is certain that nothing happened, also where Sendblue reports it inside a 200.
 *
 * Paths: Sendblue docs and the sendblue 3.17.0 client, read 2026-11-21.
 */
import * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpClient from "@effect/platform/HttpClient"
import type { Upload } from "@interline/core/Attachment"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Client from "@interline/core/Client"
import * as ListEvidence from "@interline/core/ListEvidence"
import * as LiveTransport from "@interline/core/LiveTransport"
import * as MessagingError from "@interline/core/MessagingError"
import type { Operation } from "@interline/core/Operation"
import * as Transport from "@interline/core/Transport"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Errors from "./errors.ts"
import * as SendblueEvents from "./SendblueEvents.ts"
import type * as SendblueRequests from "./SendblueRequests.ts"
import * as SendblueSchema from "./SendblueSchema.ts"
import * as ServerSentEvents from "./serverSentEvents.ts"

/**
 * An accepted send. `raw` is the whole answer; `SendblueSchema.Message` decodes it.
 *
 * @category models
 */
export interface Sent extends SendblueSchema.SendReply {
  /** Sendblue's id of the message. */
  readonly message_handle: string
  /** The whole answer. */
  readonly raw: unknown
}

/**
 * A list, with the facts that show whether it is complete: the status of the answer, its body as it came, and how far the vendor's
 * clock is ahead.
 *
 * @category models
 */
export interface Inspected {
  /** The list. */
  readonly list: SendblueSchema.MessageList
  /** The status of the answer. */
  readonly status: number
  /** The body of the answer, as it came. */
  readonly body: unknown
  /** How far the vendor's clock is ahead, if its answer says so. */
  readonly skew: Option.Option<ListEvidence.Skew>
}

/**
 * What a client of Sendblue is built over.
 *
 * @category models
 */
export interface Options {
  /** Names the carrier in errors. */
  readonly carrierId: CarrierId
  /** What makes the requests. */
  readonly client: HttpClient.HttpClient
  /** The id of the API key. */
  readonly apiKey: Redacted.Redacted<string>
  /** The secret of the API key. */
  readonly apiSecret: Redacted.Redacted<string>
  /** Default: `defaultBaseUrl`. */
  readonly baseUrl?: string
  /** How long an operation may take. Default: `defaultTimeouts`. */
  readonly timeouts?: Partial<Record<Operation, Duration.DurationInput>>
}

const { get, post, put, remove } = Client

type Timed = ReturnType<typeof ListEvidence.timed>

type Answer<A> = Effect.Effect<A, MessagingError.MessagingError>

type Send = (path: string, json: object, operation?: Operation) => Answer<Sent>

/**
 * One method per endpoint. Where an endpoint has no operation of `Messaging`, errors are labelled with the nearest one.
 *
 * @category models
 */
export interface SendblueClient {
  readonly sendMessage: (body: SendblueRequests.SendMessage) => Answer<Sent>
  readonly sendGroupMessage: (body: SendblueRequests.SendGroupMessage) => Answer<Sent>
  readonly sendCarousel: (body: SendblueRequests.SendCarousel) => Answer<Sent>
  readonly updateAppCard: (messageHandle: string, body: SendblueRequests.UpdateAppCard) => Answer<Sent>
  readonly getStatus: (messageHandle: string) => Answer<SendblueSchema.Message>
  readonly listMessages: (filters?: SendblueRequests.ListMessages) => Answer<SendblueSchema.MessageList>
  /** The same list as `listMessages`, with the facts that show whether it is complete. */
  readonly inspectMessages: (filters?: SendblueRequests.ListMessages) => Answer<Inspected>
  readonly getMessage: (messageHandle: string) => Answer<SendblueSchema.Message>
  readonly deleteMessage: (messageHandle: string) => Answer<void>
  readonly modifyGroup: (body: SendblueRequests.ModifyGroup) => Answer<SendblueSchema.Acknowledgement>
  readonly getGroup: (groupId: string) => Answer<SendblueSchema.Group>
  readonly renameGroup: (groupId: string, name: string | null, fromNumber?: string) => Answer<SendblueSchema.Acknowledgement>
  readonly setGroupPhoto: (groupId: string, photoUrl: string | null, fromNumber?: string) => Answer<SendblueSchema.Acknowledgement>
  readonly sendTypingIndicator: (body: SendblueRequests.SendTypingIndicator) => Answer<SendblueSchema.Acknowledgement>
  readonly markRead: (number: string, fromNumber: string) => Answer<SendblueSchema.Acknowledgement>
  /** Asks a person to share their location with a line. It prompts the person, so check the opt-outs before the call. */
  readonly requestLocation: (number: string, fromNumber: string) => Answer<SendblueSchema.LocationRequested>
  readonly listLocations: (fromNumber: string) => Answer<ReadonlyArray<SendblueSchema.LocationState>>
  readonly getLocation: (number: string, fromNumber: string) => Answer<SendblueSchema.LocationState>
  readonly sendReaction: (body: SendblueRequests.SendReaction) => Answer<SendblueSchema.Acknowledgement>
  readonly uploadMediaObject: (mediaUrl: string) => Answer<SendblueSchema.Upload>
  readonly uploadFile: (file: Upload) => Answer<SendblueSchema.Upload>
  readonly evaluateService: (number: string) => Answer<SendblueSchema.Lookup>
  readonly optOut: (number: string, optedOut?: boolean) => Answer<SendblueSchema.OptOut>
  readonly createContact: (body: SendblueRequests.CreateContact) => Answer<typeof SendblueSchema.ContactDetail.Type>
  readonly getContact: (number: string) => Answer<typeof SendblueSchema.ContactDetail.Type>
  readonly listContacts: (filters?: SendblueRequests.ListContacts) => Answer<ReadonlyArray<SendblueSchema.Contact>>
  readonly countContacts: () => Answer<typeof SendblueSchema.ContactCount.Type>
  readonly updateContact: (number: string, body: SendblueRequests.UpdateContact) => Answer<typeof SendblueSchema.ContactDetail.Type>
  readonly deleteContact: (number: string) => Answer<SendblueSchema.Acknowledgement>
  readonly createContacts: (contacts: ReadonlyArray<SendblueRequests.NewContact>) => Answer<typeof SendblueSchema.ContactsCreated.Type>
  /** Deletes contacts by their phone numbers. */
  readonly deleteContacts: (numbers: ReadonlyArray<string>) => Answer<typeof SendblueSchema.ContactsDeleted.Type>
  /** Sends the person a message that asks for verification. No list of opt-outs is asked before. */
  readonly verifyContact: (number: string) => Answer<SendblueSchema.Acknowledgement>
  readonly createVerifiedContact: (number: string) => Answer<typeof SendblueSchema.VerifiedContactDetail.Type>
  readonly getVerifiedContact: (number: string) => Answer<typeof SendblueSchema.VerifiedContactDetail.Type>
  readonly listVerifiedContacts: () => Answer<typeof SendblueSchema.VerifiedContactList.Type>
  readonly createToken: (body?: SendblueRequests.CreateToken) => Answer<SendblueSchema.Token>
  readonly revokeToken: (tokenId: string) => Answer<void>
  /** Calls a person by FaceTime. No list of opt-outs is asked before. */
  readonly startFaceTime: (phoneNumber: string, fromNumber: string) => Answer<SendblueSchema.FaceTimeCall>
  readonly getLineStates: () => Answer<typeof SendblueSchema.LineStates.Type>
  readonly listLines: () => Answer<typeof SendblueSchema.Lines.Type>
  /**
   * Opens the event stream. For each piece that comes: the events that it completes, so an empty list is a sign of life. The stream ends when
   * Sendblue ends it, after at most 15 minutes. It fails if nothing came for 45 seconds; Sendblue sends a heartbeat every 15 seconds. Without
   * `types`, all events.
   */
  readonly openEvents: (
    types?: ReadonlyArray<string>
  ) => Answer<Stream.Stream<ReadonlyArray<SendblueEvents.AccountEvent>, MessagingError.MessagingError>>
  readonly getLineUsage: () => Answer<typeof SendblueSchema.LineUsages.Type>
  readonly getContactStatus: (number: string, sendblueNumber: string) => Answer<SendblueSchema.ContactStatus>
  readonly getForwarding: (sendblueNumber: string) => Answer<SendblueSchema.Forwarding>
  readonly setForwarding: (sendblueNumber: string, forwardingNumber: string) => Answer<SendblueSchema.Forwarding>
  readonly deleteForwarding: (sendblueNumber: string) => Answer<SendblueSchema.Forwarding>
  readonly getSharingProfile: (fromNumber: string) => Answer<SendblueSchema.SharingProfile>
  readonly setSharingProfile: (body: SendblueRequests.SetSharingProfile) => Answer<SendblueSchema.SharingProfile>
  readonly deleteSharingProfile: (fromNumber: string) => Answer<SendblueSchema.Acknowledgement>
  readonly shareProfile: (fromNumber: string, toNumber: string) => Answer<SendblueSchema.Shared>
  readonly listWebhooks: () => Answer<typeof SendblueSchema.Webhooks.Type>
  readonly addWebhooks: (body: SendblueRequests.AddWebhooks) => Answer<SendblueSchema.Acknowledgement>
  readonly replaceWebhooks: (webhooks: typeof SendblueSchema.Webhooks.Type) => Answer<SendblueSchema.Acknowledgement>
  readonly deleteWebhooks: (body: SendblueRequests.DeleteWebhooks) => Answer<SendblueSchema.Acknowledgement>
  /** Sends the body of a planned step exactly as it is, to a person or to a group. */
  readonly perform: (path: string, body: Readonly<Record<string, unknown>>, operation?: Operation) => Answer<Sent>
}

/**
 * The host of the official client. Guides use `https://api.sendblue.com`, which answers the same.
 *
 * @category models
 */
export const defaultBaseUrl = "https://api.sendblue.co"

/**
 * How long an operation may take unless the options say otherwise: 75 s for sends and voice memos, because a send was seen
 * to take 13 s and giving up on one leaves its outcome unknown; 120 s for uploads, 30 s for everything else.
 *
 * @category models
 */
export const defaultTimeouts: Partial<Record<Operation, Duration.DurationInput>> = {
  send: "75 seconds",
  sendVoiceMemo: "75 seconds",
  uploadAttachment: "120 seconds"
}

// not in the ES library; every runtime that has fetch has it
declare const File: new(
  bytes: ReadonlyArray<Uint8Array>,
  name: string,
  options: { readonly type: string }
) => HttpBody.FormDataCoercible

/**
 * Makes a client of Sendblue's API.
 *
 * @category constructors
 */
export const make = (options: Options): SendblueClient => {
  const { carrierId, timeouts } = options
  const settings: Transport.Options = {
    carrierId,
    client: options.client,
    baseUrl: options.baseUrl ?? defaultBaseUrl,
    headers: {
      "sb-api-key-id": Redacted.value(options.apiKey),
      "sb-api-secret-key": Redacted.value(options.apiSecret)
    },
    timeout: (operation) => Duration.decode(timeouts?.[operation] ?? defaultTimeouts[operation] ?? "30 seconds")
  }
  const transport = Transport.make(settings)

  const client = Client.make({
    transport,
    isFailure: isNoSuccess,
    fromReply: ({ operation }, reply) => Errors.fromReply(carrierId, operation, reply),
    badReply: ({ operation }, reply) => Errors.badReply(carrierId, operation, reply, "not the JSON object that the docs describe")
  })
  const send: Send = (path, json, operation = "send") =>
    Effect.flatMap(client.request(post(operation, path, json)), (reply) => {
      const decoded = decodeSent(reply.json)
      const message_handle = Either.isRight(decoded) ? decoded.right.message_handle : undefined
      return Either.isLeft(decoded) || message_handle === undefined
        ? Errors.badReply(carrierId, operation, reply, "no message_handle")
        : Effect.succeed({ ...decoded.right, message_handle, raw: reply.json })
    })
  return {
    ...makeMessages(client, ListEvidence.timed(transport), send),
    ...makeChats(client),
    ...makeFiles(client),
    ...makeAccount(client),
    ...makeContacts(client),
    openEvents: makeEvents(carrierId, LiveTransport.make({ ...settings, silence })),
    perform: send
  }
}

const isObject = (json: unknown): json is object => typeof json === "object" && json !== null && !Array.isArray(json)

/** Whether an answer with a 2xx status is a failure: its body is no object, or reports a failure. */
const isNoSuccess = ({ json }: Transport.Reply): boolean => !isObject(json) || Errors.isFailure(json)

/** Whether an answer holds a message. The state of a failed message is a valid answer, even if it looks like a failure. */
const isMessage = (json: unknown): boolean => isObject(json) && "message_handle" in json && typeof json.message_handle === "string"

// three heartbeats
const silence = "45 seconds"

const decodeAccountEvent = Schema.decodeUnknownOption(Schema.parseJson(SendblueEvents.AccountEvent))

const decodeObject = Schema.decodeUnknownOption(Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown })))

/** An event. One that names its type in an unknown form is kept whole. */
const readEvent = (data: string): Option.Option<SendblueEvents.AccountEvent> =>
  Option.orElse(
    decodeAccountEvent(data),
    () =>
      Option.flatMap(decodeObject(data), (event) =>
        event["type"] === undefined ? Option.none() : Option.some({ type: JSON.stringify(event["type"]), data: event }))
  )

/** The event stream. What names no type counts as a heartbeat, whose form no page shows. */
const makeEvents = (carrierId: CarrierId, live: LiveTransport.LiveTransport): SendblueClient["openEvents"] => (types) =>
  Effect.flatMap(
    live({ ...get("listMessages", "/api/v2/events", { types: types?.join(",") }), headers: { accept: "text/event-stream" } }),
    (answer) =>
      answer._tag === "Refused"
        ? Errors.fromReply(carrierId, "listMessages", answer.reply)
        : Effect.succeed(Stream.map(
          ServerSentEvents.decode(
            answer.body,
            () => MessagingError.make("BadResponse", { carrierId, operation: "listMessages", detail: "an event of the stream is too long" })
          ),
          (found) => found.flatMap((data) => Option.toArray(readEvent(data)))
        ))
  )

const decodeContacts = Schema.decodeUnknownEither(Schema.Array(SendblueSchema.Contact))

const decodeSent = Schema.decodeUnknownEither(SendblueSchema.SendReply)

const encode = encodeURIComponent

const from = (fromNumber: string | undefined) => fromNumber === undefined ? {} : { from_number: fromNumber }

/** Sends, and messages. */
const makeMessages = (client: Client.Client, timed: Timed, send: Send) => {
  const askStatus = client.asker(SendblueSchema.Message, (reply) => !isMessage(reply.json) && isNoSuccess(reply))
  const askMessages = client.asker(SendblueSchema.MessageList)
  const askMessage = client.asker(SendblueSchema.MessageDetail)
  const acknowledge = client.asker(SendblueSchema.Acknowledgement)
  const askDeletion = client.asker(Schema.Unknown, ({ json }) => isObject(json) && Errors.isFailure(json))
  const readMessages = client.reader(SendblueSchema.MessageList)
  return {
    sendMessage: (body) => send("/api/send-message", body),
    sendGroupMessage: (body) => send("/api/send-group-message", body),
    sendCarousel: (body) => send("/api/send-carousel", body),
    updateAppCard: (messageHandle, body) => send(`/api/messages/${encode(messageHandle)}/update-app-card`, body),
    getStatus: (handle) => askStatus(get("getMessage", "/api/status", { handle })),
    listMessages: (filters = {}) => askMessages(get("listMessages", "/api/v2/messages", queryOf(filters))),
    inspectMessages: (filters = {}) => {
      const call = get("listMessages", "/api/v2/messages", queryOf(filters))
      return Effect.flatMap(
        timed(call),
        ({ reply, skew }) => Effect.map(readMessages(call, reply), (list) => ({ list, status: reply.status, body: reply.json, skew }))
      )
    },
    getMessage: (messageHandle) =>
      Effect.map(askMessage(get("getMessage", `/api/v2/messages/${encode(messageHandle)}`)), ({ data }) => data),
    // the docs show no body, so an answer without one is a success. A body that reports a failure is a failure
    deleteMessage: (messageHandle) => askDeletion(remove("deleteRecord", `/api/message/${encode(messageHandle)}`)),
    sendReaction: (json) => acknowledge(post(json.reaction.startsWith("-") ? "unreact" : "react", "/api/send-reaction", json))
  } satisfies Partial<SendblueClient>
}

/** Groups, and what a person in a chat sees. */
const makeChats = (client: Client.Client) => {
  const askGroup = client.asker(SendblueSchema.GroupDetail)
  const askForLocation = client.asker(SendblueSchema.LocationRequested)
  const askLocations = client.asker(SendblueSchema.LocationList)
  const askLocation = client.asker(SendblueSchema.LocationState)
  const acknowledge = client.asker(SendblueSchema.Acknowledgement)
  return {
    modifyGroup: (json) =>
      acknowledge(post(json.modify_type === "add_recipient" ? "addParticipant" : "removeParticipant", "/api/modify-group", json)),
    getGroup: (groupId) => Effect.map(askGroup(get("getChat", `/api/v2/groups/${encode(groupId)}`)), ({ data }) => data),
    renameGroup: (groupId, name, fromNumber) =>
      acknowledge(post("updateChat", `/api/v2/groups/${encode(groupId)}/name`, { group_name: name, ...from(fromNumber) })),
    setGroupPhoto: (groupId, photoUrl, fromNumber) =>
      acknowledge(post("updateChat", `/api/v2/groups/${encode(groupId)}/photo`, { photo_url: photoUrl, ...from(fromNumber) })),
    sendTypingIndicator: (json) =>
      acknowledge(post(json.state === "stop" ? "stopTyping" : "startTyping", "/api/send-typing-indicator", json)),
    markRead: (number, fromNumber) => acknowledge(post("markRead", "/api/mark-read", { number, from_number: fromNumber })),
    requestLocation: (number, fromNumber) =>
      askForLocation(post("requestLocation", "/api/request-location", { from_number: fromNumber, number })),
    listLocations: (fromNumber) =>
      Effect.map(askLocations(get("getLocations", "/api/location", { from_number: fromNumber })), ({ locations }) => locations),
    getLocation: (number, fromNumber) => askLocation(get("getLocations", `/api/location/${encode(number)}`, { from_number: fromNumber }))
  } satisfies Partial<SendblueClient>
}

/** Stored files. */
const makeFiles = (client: Client.Client) => {
  const askUpload = client.asker(SendblueSchema.Upload)
  return {
    uploadMediaObject: (mediaUrl) => askUpload(post("uploadAttachment", "/api/upload-media-object", { media_url: mediaUrl })),
    uploadFile: ({ bytes, fileName, mimeType }) =>
      askUpload({
        operation: "uploadAttachment",
        method: "POST",
        path: "/api/upload-file",
        body: HttpBody.formDataRecord({ file: new File([bytes], fileName, { type: mimeType }) })
      })
  } satisfies Partial<SendblueClient>
}

/** People's services, contacts, lines and webhooks. */
const makeAccount = (client: Client.Client) => {
  const askLookup = client.asker(SendblueSchema.Lookup)
  const askOptOut = client.asker(SendblueSchema.OptOut)
  const askLineStates = client.asker(SendblueSchema.LineStates)
  const askLines = client.asker(SendblueSchema.Lines)
  const askUsage = client.asker(SendblueSchema.LineUsages)
  const askContactStatus = client.asker(SendblueSchema.ContactStatus)
  const askForwarding = client.asker(SendblueSchema.Forwarding)
  const askSharing = client.asker(SendblueSchema.SharingDetail)
  const askShared = client.asker(SendblueSchema.Shared)
  const askWebhooks = client.asker(SendblueSchema.WebhookList)
  const acknowledge = client.asker(SendblueSchema.Acknowledgement)
  return {
    evaluateService: (number) => askLookup(get("lookupService", "/api/evaluate-service", { number })),
    optOut: (number, optedOut = true) => askOptOut(post("setOptOut", "/api/v2/contacts/opt-out", { number, opted_out: optedOut })),
    getLineStates: () => askLineStates(get("listLines", "/api/v2/lines/state")),
    listLines: () => askLines(get("listLines", "/api/lines")),
    getLineUsage: () => askUsage(get("listLineUsage", "/api/v2/lines/usage")),
    getContactStatus: (number, sendblueNumber) =>
      askContactStatus(get("getContactStatus", "/api/v2/lines/contact-status", { number, sendblue_number: sendblueNumber })),
    getForwarding: (number) => askForwarding(get("setForwarding", `/api/lines/${encode(number)}/call-forwarding`)),
    setForwarding: (number, forwardingNumber) =>
      askForwarding(put("setForwarding", `/api/lines/${encode(number)}/call-forwarding`, { forwarding_number: forwardingNumber })),
    deleteForwarding: (number) => askForwarding(remove("setForwarding", `/api/lines/${encode(number)}/call-forwarding`)),
    getSharingProfile: (fromNumber) =>
      Effect.map(askSharing(get("getContactCard", "/api/v2/contact-sharing/state", { fromNumber })), ({ data = {} }) => data),
    setSharingProfile: (json) =>
      Effect.map(askSharing(post("setContactCard", "/api/v2/contact-sharing/profile", json)), ({ data = {} }) => data),
    deleteSharingProfile: (fromNumber) => acknowledge(remove("setContactCard", "/api/v2/contact-sharing/profile", { fromNumber })),
    shareProfile: (fromNumber, toNumber) => askShared(post("shareContactCard", "/api/v2/contact-sharing/share", { fromNumber, toNumber })),
    listWebhooks: () => Effect.map(askWebhooks(get("listWebhooks", "/api/account/webhooks")), (list) => list.webhooks),
    addWebhooks: (json) => acknowledge(post("createWebhook", "/api/account/webhooks", json)),
    replaceWebhooks: (replacement) => acknowledge(put("updateWebhook", "/api/account/webhooks", { webhooks: replacement })),
    deleteWebhooks: (json) => acknowledge(remove("deleteWebhook", "/api/account/webhooks", json))
  } satisfies Partial<SendblueClient>
}

/** The path of a contact. */
const contactPath = (number: string): string => `/api/v2/contacts/${encode(number)}`

/** Contacts, and what is made for single people: routes of a shared line, tokens, calls. */
const makeContacts = (client: Client.Client) => {
  const acknowledge = client.asker(SendblueSchema.Acknowledgement)
  const askContact = client.asker(SendblueSchema.ContactDetail)
  const askContacts = client.asker(Schema.Array(SendblueSchema.Contact), ({ json }) => Either.isLeft(decodeContacts(json)))
  const askCount = client.asker(SendblueSchema.ContactCount)
  const askCreated = client.asker(SendblueSchema.ContactsCreated)
  const askDeleted = client.asker(SendblueSchema.ContactsDeleted)
  const askVerified = client.asker(SendblueSchema.VerifiedContactDetail)
  const askAllVerified = client.asker(SendblueSchema.VerifiedContactList)
  const askToken = client.asker(SendblueSchema.Token)
  const askRevocation = client.asker(Schema.Unknown, ({ json }) => isObject(json) && Errors.isFailure(json))
  const askCall = client.asker(SendblueSchema.FaceTimeCall)
  return {
    createContact: (json) => askContact(post("setOptOut", "/api/v2/contacts", json)),
    getContact: (number) => askContact(get("setOptOut", contactPath(number))),
    // only this endpoint answers with a list instead of an object, and a list is no failure
    listContacts: (filters = {}) => askContacts(get("setOptOut", "/api/v2/contacts", queryOf(filters))),
    countContacts: () => askCount(get("setOptOut", "/api/v2/contacts/count")),
    updateContact: (number, json) => askContact(put("setOptOut", contactPath(number), json)),
    deleteContact: (number) => acknowledge(remove("setOptOut", contactPath(number))),
    createContacts: (contacts) => askCreated(post("setOptOut", "/api/v2/contacts/bulk", { contacts })),
    deleteContacts: (numbers) => askDeleted(remove("setOptOut", "/api/v2/contacts", { contact_ids: numbers })),
    verifyContact: (number) => acknowledge(post("send", "/api/v2/contacts/verify", { number })),
    createVerifiedContact: (number) => askVerified(post("setOptOut", "/v3/verified-contacts", { phone_number: number })),
    getVerifiedContact: (number) => askVerified(get("setOptOut", `/v3/verified-contacts/${encode(number)}`)),
    listVerifiedContacts: () => askAllVerified(get("setOptOut", "/v3/verified-contacts")),
    createToken: (json = {}) => askToken(post("listWebhooks", "/v3/auth/tokens", json)),
    // the official client takes an answer without a body
    revokeToken: (tokenId) => Effect.asVoid(askRevocation(remove("deleteWebhook", `/v3/auth/tokens/${encode(tokenId)}`))),
    startFaceTime: (phoneNumber, fromNumber) => askCall(post("send", "/facetime/start-call", { phoneNumber, fromNumber }))
  } satisfies Partial<SendblueClient>
}

const queryOf = (filters: SendblueRequests.ListMessages | SendblueRequests.ListContacts): Readonly<Record<string, string>> => {
  const query: Record<string, string> = {}
  for (const [name, value] of Object.entries(filters)) if (value !== undefined) query[name] = String(value)
  return query
}
