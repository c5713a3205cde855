/**
 * Sendblue's HTTP API, one method per endpoint, in Sendblue's own words. What a carrier has no operation for (carousels,
 * app cards, contacts) is reached here.
 *
 * Nothing here is fenced, repeated or traced; the carrier in `Sendblue` does that. A failure is a `MessagingError` that says
 * whether it is certain that nothing happened, also where Sendblue reports it inside a 200.
 *
 * Paths: Sendblue docs and the sendblue 3.17.0 client, read 2026-11-21.
 *
 * @since 0.1.0
 */
import * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpClient from "@effect/platform/HttpClient"
import type { Upload } from "@interline/core/Attachment"
import type { CarrierId } from "@interline/core/CarrierId"
import type { MessagingError } from "@interline/core/MessagingError"
import type { Operation } from "@interline/core/Operation"
import * as Transport from "@interline/core/Transport"
import * as VendorList from "@interline/core/VendorList"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Errors from "./errors.ts"
import * as SendblueSchema from "./SendblueSchema.ts"

/**
 * An accepted send. `raw` is the whole answer; `SendblueSchema.Message` decodes it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Sent extends SendblueSchema.SendReply {
  readonly message_handle: string
  readonly raw: unknown
}

/**
 * A list, and what is needed to judge whether it is whole: the status of the answer, its body as it came, and how far the
 * vendor's clock is ahead.
 *
 * @since 0.1.0
 * @category models
 */
export interface Inspected {
  readonly list: SendblueSchema.MessageList
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
  readonly apiKey: Redacted.Redacted<string>
  readonly apiSecret: Redacted.Redacted<string>
  readonly baseUrl?: string
  readonly timeouts?: Partial<Record<Operation, Duration.DurationInput>>
}

type Answer<A> = Effect.Effect<A, MessagingError>

/**
 * One method per endpoint. Where an endpoint has no operation of `Messaging`, errors are labelled with the nearest one.
 *
 * @since 0.1.0
 * @category models
 */
export interface SendblueClient {
  readonly sendMessage: (body: SendblueSchema.SendMessage) => Answer<Sent>
  readonly sendGroupMessage: (body: SendblueSchema.SendGroupMessage) => Answer<Sent>
  readonly sendCarousel: (body: SendblueSchema.SendCarousel) => Answer<Sent>
  readonly updateAppCard: (messageHandle: string, body: SendblueSchema.UpdateAppCard) => Answer<Sent>
  readonly getStatus: (messageHandle: string) => Answer<SendblueSchema.Message>
  readonly listMessages: (filters?: SendblueSchema.ListMessages) => Answer<SendblueSchema.MessageList>
  /** The same list, with what says whether it is whole. */
  readonly inspectMessages: (filters?: SendblueSchema.ListMessages) => Answer<Inspected>
  readonly getMessage: (messageHandle: string) => Answer<SendblueSchema.Message>
  readonly deleteMessage: (messageHandle: string) => Answer<void>
  readonly modifyGroup: (body: SendblueSchema.ModifyGroup) => Answer<SendblueSchema.Acknowledgement>
  readonly getGroup: (groupId: string) => Answer<SendblueSchema.Group>
  readonly renameGroup: (groupId: string, name: string | null, fromNumber?: string) => Answer<SendblueSchema.Acknowledgement>
  readonly setGroupPhoto: (groupId: string, photoUrl: string | null, fromNumber?: string) => Answer<SendblueSchema.Acknowledgement>
  readonly sendTypingIndicator: (body: SendblueSchema.SendTypingIndicator) => Answer<SendblueSchema.Acknowledgement>
  readonly markRead: (number: string, fromNumber: string) => Answer<SendblueSchema.Acknowledgement>
  readonly sendReaction: (body: SendblueSchema.SendReaction) => Answer<SendblueSchema.Acknowledgement>
  readonly uploadMediaObject: (mediaUrl: string) => Answer<SendblueSchema.Upload>
  readonly uploadFile: (file: Upload) => Answer<SendblueSchema.Upload>
  readonly evaluateService: (number: string) => Answer<SendblueSchema.Lookup>
  readonly optOut: (number: string, optedOut?: boolean) => Answer<SendblueSchema.OptOut>
  readonly createContact: (body: SendblueSchema.CreateContact) => Answer<typeof SendblueSchema.ContactDetail.Type>
  readonly getContact: (number: string) => Answer<typeof SendblueSchema.ContactDetail.Type>
  readonly listContacts: (filters?: SendblueSchema.ListContacts) => Answer<ReadonlyArray<SendblueSchema.Contact>>
  readonly getLineStates: () => Answer<typeof SendblueSchema.LineStates.Type>
  readonly listLines: () => Answer<typeof SendblueSchema.Lines.Type>
  readonly getForwarding: (sendblueNumber: string) => Answer<SendblueSchema.Forwarding>
  readonly setForwarding: (sendblueNumber: string, forwardingNumber: string) => Answer<SendblueSchema.Forwarding>
  readonly deleteForwarding: (sendblueNumber: string) => Answer<SendblueSchema.Forwarding>
  readonly listWebhooks: () => Answer<typeof SendblueSchema.Webhooks.Type>
  readonly addWebhooks: (body: SendblueSchema.AddWebhooks) => Answer<SendblueSchema.Acknowledgement>
  readonly replaceWebhooks: (webhooks: typeof SendblueSchema.Webhooks.Type) => Answer<SendblueSchema.Acknowledgement>
  readonly deleteWebhooks: (body: SendblueSchema.DeleteWebhooks) => Answer<SendblueSchema.Acknowledgement>
  /** Performs a planned request of either way of sending, byte for byte. */
  readonly perform: (path: string, body: Readonly<Record<string, unknown>>, operation?: Operation) => Answer<Sent>
}

/**
 * The host of the official client. Guides use `https://api.sendblue.com`, which answers the same.
 *
 * @since 0.1.0
 * @category models
 */
export const defaultBaseUrl = "https://api.sendblue.co"

/**
 * How long an operation may take unless the settings say otherwise: 75 s for sends and voice memos, because a send was seen
 * to take 13 s and giving up on one leaves its outcome unknown; 120 s for uploads, 30 s for everything else.
 *
 * @since 0.1.0
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
 * @since 0.1.0
 * @category constructors
 */
export const make = (settings: Settings): SendblueClient => {
  const { carrierId, timeouts } = settings
  const transport = Transport.make({
    carrierId,
    client: settings.client,
    baseUrl: settings.baseUrl ?? defaultBaseUrl,
    headers: {
      "sb-api-key-id": Redacted.value(settings.apiKey),
      "sb-api-secret-key": Redacted.value(settings.apiSecret)
    },
    timeout: (operation) => Duration.decode(timeouts?.[operation] ?? defaultTimeouts[operation] ?? "30 seconds")
  })

  const isSuccess = (reply: Transport.Reply): boolean => reply.status >= 200 && reply.status < 300
  const isObject = (json: unknown): json is object => typeof json === "object" && json !== null && !Array.isArray(json)
  /** The status of a message that failed is an answer, not a failure. */
  const isMessage = (body: object): boolean => "message_handle" in body && typeof body.message_handle === "string"
  const failed = (call: Transport.Call, reply: Transport.Reply) => Errors.fromReply(carrierId, call.operation, reply)

  const decoder = <A, I>(schema: Schema.Schema<A, I>, isFailure: (body: object) => boolean = Errors.isFailure) => {
    const decode = Schema.decodeUnknownEither(schema)
    return (call: Transport.Call, reply: Transport.Reply): Answer<A> => {
      if (!isSuccess(reply) || !isObject(reply.json) || isFailure(reply.json)) return failed(call, reply)
      const decoded = decode(reply.json)
      return Either.isRight(decoded)
        ? Effect.succeed(decoded.right)
        : Errors.badReply(carrierId, call.operation, reply, "not the JSON object that the docs describe")
    }
  }

  const request = <A, I>(schema: Schema.Schema<A, I>, isFailure?: (body: object) => boolean) => {
    const read = decoder(schema, isFailure)
    return (call: Transport.Call): Answer<A> => Effect.flatMap(transport(call), (reply) => read(call, reply))
  }

  const decodeContacts = Schema.decodeUnknownEither(Schema.Array(SendblueSchema.Contact))
  const decodeSent = Schema.decodeUnknownEither(SendblueSchema.SendReply)

  const send = (operation: Operation, path: string, json: unknown): Answer<Sent> => {
    const call = post(operation, path, json)
    return Effect.flatMap(transport(call), (reply) => {
      if (!isSuccess(reply) || !isObject(reply.json) || Errors.isFailure(reply.json)) return failed(call, reply)
      const decoded = decodeSent(reply.json)
      const message_handle = Either.isRight(decoded) ? decoded.right.message_handle : undefined
      return Either.isLeft(decoded) || message_handle === undefined
        ? Errors.badReply(carrierId, operation, reply, "no message_handle")
        : Effect.succeed({ ...decoded.right, message_handle, raw: reply.json })
    })
  }

  const acknowledged = request(SendblueSchema.Acknowledgement)
  const status = request(SendblueSchema.Message, (body) => !isMessage(body) && Errors.isFailure(body))
  const messages = request(SendblueSchema.MessageList)
  const readMessages = decoder(SendblueSchema.MessageList)
  const timed = VendorList.timed(transport)
  const message = request(SendblueSchema.MessageDetail)
  const group = request(SendblueSchema.GroupDetail)
  const upload = request(SendblueSchema.Upload)
  const lookup = request(SendblueSchema.Lookup)
  const optOut = request(SendblueSchema.OptOut)
  const contact = request(SendblueSchema.ContactDetail)
  const lineStates = request(SendblueSchema.LineStates)
  const lines = request(SendblueSchema.Lines)
  const forwarding = request(SendblueSchema.Forwarding)
  const webhooks = request(SendblueSchema.WebhookList)

  const at = encodeURIComponent
  const from = (fromNumber: string | undefined) => fromNumber === undefined ? {} : { from_number: fromNumber }

  return {
    sendMessage: (body) => send("send", "/api/send-message", body),
    sendGroupMessage: (body) => send("send", "/api/send-group-message", body),
    sendCarousel: (body) => send("send", "/api/send-carousel", body),
    updateAppCard: (messageHandle, body) => send("send", `/api/messages/${at(messageHandle)}/update-app-card`, body),
    getStatus: (handle) => status(get("getMessage", "/api/status", { handle })),
    listMessages: (filters = {}) => messages(get("listMessages", "/api/v2/messages", queryOf(filters))),
    inspectMessages: (filters = {}) => {
      const call = get("listMessages", "/api/v2/messages", queryOf(filters))
      return Effect.flatMap(
        timed(call),
        ({ reply, skew }) => Effect.map(readMessages(call, reply), (list) => ({ list, status: reply.status, body: reply.json, skew }))
      )
    },
    getMessage: (messageHandle) => Effect.map(message(get("getMessage", `/api/v2/messages/${at(messageHandle)}`)), ({ data }) => data),
    deleteMessage: (messageHandle) => {
      const call = remove("deleteRecord", `/api/message/${at(messageHandle)}`)
      // the page shows no body, so none is needed; one that reports a failure is believed
      return Effect.flatMap(transport(call), (reply) =>
        isSuccess(reply) && !(isObject(reply.json) && Errors.isFailure(reply.json))
          ? Effect.void
          : failed(call, reply))
    },
    modifyGroup: (json) =>
      acknowledged(post(json.modify_type === "add_recipient" ? "addParticipant" : "removeParticipant", "/api/modify-group", json)),
    getGroup: (groupId) => Effect.map(group(get("getChat", `/api/v2/groups/${at(groupId)}`)), ({ data }) => data),
    renameGroup: (groupId, name, fromNumber) =>
      acknowledged(post("updateChat", `/api/v2/groups/${at(groupId)}/name`, { group_name: name, ...from(fromNumber) })),
    setGroupPhoto: (groupId, photoUrl, fromNumber) =>
      acknowledged(post("updateChat", `/api/v2/groups/${at(groupId)}/photo`, { photo_url: photoUrl, ...from(fromNumber) })),
    sendTypingIndicator: (json) =>
      acknowledged(post(json.state === "stop" ? "stopTyping" : "startTyping", "/api/send-typing-indicator", json)),
    markRead: (number, fromNumber) => acknowledged(post("markRead", "/api/mark-read", { number, from_number: fromNumber })),
    sendReaction: (json) => acknowledged(post(json.reaction.startsWith("-") ? "unreact" : "react", "/api/send-reaction", json)),
    uploadMediaObject: (mediaUrl) => upload(post("uploadAttachment", "/api/upload-media-object", { media_url: mediaUrl })),
    uploadFile: ({ bytes, fileName, mimeType }) =>
      upload({
        operation: "uploadAttachment",
        method: "POST",
        path: "/api/upload-file",
        body: HttpBody.formDataRecord({ file: new File([bytes], fileName, { type: mimeType }) })
      }),
    evaluateService: (number) => lookup(get("lookupService", "/api/evaluate-service", { number })),
    optOut: (number, optedOut = true) => optOut(post("setOptOut", "/api/v2/contacts/opt-out", { number, opted_out: optedOut })),
    createContact: (json) => contact(post("setOptOut", "/api/v2/contacts", json)),
    getContact: (number) => contact(get("setOptOut", `/api/v2/contacts/${at(number)}`)),
    listContacts: (filters = {}) => {
      const call = get("setOptOut", "/api/v2/contacts", queryOf(filters))
      // the only answer that is a list and no object
      return Effect.flatMap(transport(call), (reply) => {
        const decoded = decodeContacts(reply.json)
        return isSuccess(reply) && Either.isRight(decoded) ? Effect.succeed(decoded.right) : failed(call, reply)
      })
    },
    getLineStates: () => lineStates(get("listLines", "/api/v2/lines/state")),
    listLines: () => lines(get("listLines", "/api/lines")),
    getForwarding: (number) => forwarding(get("setForwarding", `/api/lines/${at(number)}/call-forwarding`)),
    setForwarding: (number, forwardingNumber) =>
      forwarding(put("setForwarding", `/api/lines/${at(number)}/call-forwarding`, { forwarding_number: forwardingNumber })),
    deleteForwarding: (number) => forwarding(remove("setForwarding", `/api/lines/${at(number)}/call-forwarding`)),
    listWebhooks: () => Effect.map(webhooks(get("listWebhooks", "/api/account/webhooks")), (list) => list.webhooks),
    addWebhooks: (json) => acknowledged(post("createWebhook", "/api/account/webhooks", json)),
    replaceWebhooks: (replacement) => acknowledged(put("updateWebhook", "/api/account/webhooks", { webhooks: replacement })),
    deleteWebhooks: (json) => acknowledged(remove("deleteWebhook", "/api/account/webhooks", json)),
    perform: (path, body, operation = "send") => send(operation, path, body)
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
const remove = calling("DELETE")

const queryOf = (filters: SendblueSchema.ListMessages | SendblueSchema.ListContacts): Readonly<Record<string, string>> => {
  const query: Record<string, string> = {}
  for (const [name, value] of Object.entries(filters)) if (value !== undefined) query[name] = String(value)
  return query
}
