/**
 * The neutral API under `/v1`: every operation of `Messaging`, deliveries, held messages, opt-outs, and the addresses that are called for
 * events.
 *
 * Requests that act accept an `Idempotency-Key` (1 to 255 printable ASCII characters). Within 24 hours, the same request with the same key
 * gets the first answer again, with `Idempotent-Replayed: true`, whatever that answer was. Another request with the same key is refused
 * (422). A request that comes before the first one is over is refused as well (409). A key belongs to an API key, a method and a path. If a
 * request was refused before anything was tried, its key stays free.
 *
 * A message is named by the id of a delivery, or by a carrier's ref such as `linq:69a3…`. A chat is named by an id from `openConversation`,
 * or by a carrier's ref. Phone numbers are in bodies, or in queries that only filter. The gateway does not record queries.
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiMiddleware from "@effect/platform/HttpApiMiddleware"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as HttpApiSecurity from "@effect/platform/HttpApiSecurity"
import * as OpenApi from "@effect/platform/OpenApi"
import { Attachment } from "@interline/core/Attachment"
import { Block } from "@interline/core/Block"
import { Chat } from "@interline/core/Chat"
import { ContactCard } from "@interline/core/ContactCard"
import { DeliveryId } from "@interline/core/DeliveryId"
import { LineName } from "@interline/core/Line"
import { LocationRequested, SharedLocation } from "@interline/core/Location"
import { Message } from "@interline/core/Message"
import { optional } from "@interline/core/Optional"
import { Receipt, SentPoll } from "@interline/core/Outcome"
import { Poll } from "@interline/core/Poll"
import * as Rollout from "@interline/router/Rollout"
import * as Schema from "effect/Schema"
import manifest from "../../package.json" with { type: "json" }
import * as ProblemDetails from "../http/ProblemDetails.ts"
import * as CatchUpProgress from "../server/CatchUpProgress.ts"
import * as AccessEndpoints from "./access/endpoints.ts"
import * as ApiSchema from "./ApiSchema.ts"
import * as Openapi from "./openapi.ts"

/**
 * An API key as a bearer token.
 *
 * @category services
 */
export class Authorization extends HttpApiMiddleware.Tag<Authorization>()("@interline/gateway/Authorization", {
  failure: ProblemDetails.schema,
  security: { apiKey: HttpApiSecurity.bearer }
}) {}

// The router decodes parameters. So a client must encode them.
const segment = <A>(schema: Schema.Schema<A, string>) =>
  Schema.compose(
    Schema.transform(Schema.String, Schema.String, { strict: true, decode: (text) => text, encode: encodeURIComponent }),
    schema
  )

const delivery = Schema.Struct({ id: segment(DeliveryId) })
const message = Schema.Struct({ message: segment(Schema.NonEmptyString) })
const placedReaction = Schema.Struct({ message: segment(Schema.NonEmptyString), reaction: segment(Schema.NonEmptyString) })
const chat = Schema.Struct({ chat: segment(Schema.NonEmptyString) })
const attachment = Schema.Struct({ attachment: segment(Schema.NonEmptyString) })
const line = Schema.Struct({ line: segment(LineName) })
const id = Schema.Struct({ id: segment(Schema.NonEmptyString) })

const queue = Schema.Struct({ queue: ApiSchema.QueueName })

const about = (summary: string) => OpenApi.annotations({ summary })

const sending = HttpApiGroup.make("sending")
  .add(
    HttpApiEndpoint.post("send", "/v1/send").setPayload(ApiSchema.SendRequest).addSuccess(ApiSchema.Sent).annotateContext(
      OpenApi.annotations({
        summary: "Send a draft to a conversation",
        description:
          "200: a carrier took it. 202: it may have gone out and is kept; do not send it again, ask for its delivery. 424: a part went out. Every other answer says what is certain in `certainty`."
      })
    )
  )
  .add(
    HttpApiEndpoint.post("plan", "/v1/plan").setPayload(ApiSchema.PlanRequest).addSuccess(Schema.Array(ApiSchema.Plan)).annotateContext(
      OpenApi.annotations({
        summary: "What a send would do now, for each carrier in the order in which they would be asked; nothing is sent",
        description:
          "Barred: the gateway would refuse it with this error, because somebody opted out or the line may not be used now. No carrier is asked, so what only a carrier knows is not in it: whether it takes the credentials, its own blocks and limits, and whether it reaches the person."
      })
    )
  )
  .middleware(Authorization)

const deliveries = HttpApiGroup.make("deliveries")
  .add(
    HttpApiEndpoint.get("listDeliveries", "/v1/deliveries").setUrlParams(ApiSchema.DeliveryParams).addSuccess(
      ApiSchema.archivePage(ApiSchema.DeliveryRecord)
    ).annotateContext(about("List deliveries"))
  )
  .add(
    HttpApiEndpoint.get("getDelivery", "/v1/deliveries/:id").setPath(delivery).addSuccess(ApiSchema.DeliveryRecord).annotateContext(
      about("Read a delivery with what was heard of it")
    )
  )
  .add(
    HttpApiEndpoint.get("status", "/v1/deliveries/:id/status").setPath(delivery).addSuccess(ApiSchema.DeliveryReport).annotateContext(
      about("Ask the carrier how far a delivery got")
    )
  )
  .add(
    HttpApiEndpoint.get("explain", "/v1/deliveries/:id/explain").setPath(delivery).addSuccess(ApiSchema.Explanation).annotateContext(
      about("Every decision about a delivery")
    )
  )
  .middleware(Authorization)

const held = HttpApiGroup.make("held")
  .add(
    HttpApiEndpoint.get("listHeld", "/v1/held").setUrlParams(ApiSchema.PageParams).addSuccess(
      Schema.Struct({ items: Schema.Array(ApiSchema.HeldDelivery), next: optional(Schema.String) })
    )
      .annotateContext(about("List deliveries that wait for a fact or an operator"))
  )
  .add(
    HttpApiEndpoint.post("settle", "/v1/held/:id/settle").setPath(delivery).setPayload(ApiSchema.Verdict).addSuccess(ApiSchema.Settlement)
      .annotateContext(
        OpenApi.annotations({
          summary: "Say what became of a held delivery",
          description:
            "If it arrived, the carrier is asked for the message first. 422: the carrier knows no such message, or it is to somebody else; `unchecked` insists. 409: the delivery is not held any more; `detail` says who settled it, and when."
        })
      )
  )
  .add(
    HttpApiEndpoint.post("look", "/v1/held/look").addSuccess(ApiSchema.LookReport).annotateContext(
      about("Ask the carriers about all that is held, where asking sends nothing, and say which could not be asked")
    )
  )
  .middleware(Authorization)

const messages = HttpApiGroup.make("messages")
  .add(
    HttpApiEndpoint.get("listArchive", "/v1/messages").setUrlParams(ApiSchema.MessageParams).addSuccess(
      ApiSchema.archivePage(Schema.Union(ApiSchema.DeliveryRecord, ApiSchema.ReceivedRecord))
    )
      .annotateContext(about("List what passed through, both ways"))
  )
  .add(
    HttpApiEndpoint.get("countArchive", "/v1/messages/counts").setUrlParams(ApiSchema.CountParams).addSuccess(ApiSchema.Counts)
      .annotateContext(about("How many messages passed through in each minute, hour or day"))
  )
  .add(
    HttpApiEndpoint.get("getMessage", "/v1/messages/:message").setPath(message).setUrlParams(ApiSchema.PartParams).addSuccess(Message)
      .annotateContext(about("Read one message from its carrier"))
  )
  .add(
    HttpApiEndpoint.get("listThread", "/v1/messages/:message/thread").setPath(message).setUrlParams(ApiSchema.PageParams).addSuccess(
      ApiSchema.page(Message)
    ).annotateContext(about("List the replies around a message"))
  )
  .add(
    HttpApiEndpoint.patch("edit", "/v1/messages/:message").setPath(message).setPayload(ApiSchema.EditRequest).annotateContext(
      about("Replace the text of a part that was sent")
    )
  )
  .add(
    HttpApiEndpoint.del("deleteRecord", "/v1/messages/:message").setPath(message).annotateContext(
      about("Delete the carrier's record of a message; phones keep it")
    )
  )
  .add(
    HttpApiEndpoint.post("react", "/v1/messages/:message/reactions").setPath(message).setPayload(ApiSchema.ReactRequest).annotateContext(
      about("Put a reaction on a message")
    )
  )
  .add(
    HttpApiEndpoint.del("unreact", "/v1/messages/:message/reactions").setPath(message).setUrlParams(ApiSchema.UnreactParams)
      .annotateContext(about("Take a reaction of ours off a message"))
  )
  .add(
    HttpApiEndpoint.patch("moveSticker", "/v1/messages/:message/reactions/:reaction").setPath(placedReaction)
      .setPayload(ApiSchema.MoveStickerRequest).annotateContext(about("Move a sticker of ours on a message"))
  )
  .add(
    HttpApiEndpoint.post("sendVoiceMemo", "/v1/voice-memos").setPayload(ApiSchema.VoiceMemoRequest).addSuccess(Receipt).annotateContext(
      about("Send audio as a voice memo")
    )
  )
  .add(
    HttpApiEndpoint.post("sendPoll", "/v1/polls").setPayload(ApiSchema.PollRequest).addSuccess(SentPoll).annotateContext(
      OpenApi.annotations({
        summary: "Send a poll to a conversation that has begun",
        description:
          "By iMessage only. A poll has no title; send a text before it. If `certainty` is `unknown`, people may have the poll: repeat it only with the same `key`."
      })
    )
  )
  .add(
    HttpApiEndpoint.get("getPoll", "/v1/messages/:message/poll").setPath(message).addSuccess(Poll).annotateContext(
      about("Read a poll with its votes")
    )
  )
  .add(
    HttpApiEndpoint.post("addPollOptions", "/v1/messages/:message/poll/options").setPath(message).setPayload(ApiSchema.PollOptionsRequest)
      .addSuccess(Poll).annotateContext(about("Add options to a poll"))
  )
  .add(
    HttpApiEndpoint.post("voteInPoll", "/v1/messages/:message/poll/votes").setPath(message).setPayload(ApiSchema.VoteRequest)
      .annotateContext(about("Give or take back our vote for one option of a poll"))
  )
  .middleware(Authorization)

const chats = HttpApiGroup.make("chats")
  .add(
    HttpApiEndpoint.post("openConversation", "/v1/conversations").setPayload(ApiSchema.OpenRequest).addSuccess(ApiSchema.OpenConversation)
      .annotateContext(about("Give a conversation its id; nothing is sent"))
  )
  .add(
    HttpApiEndpoint.post("openGroup", "/v1/groups").setPayload(ApiSchema.GroupRequest).addSuccess(ApiSchema.OpenConversation)
      .annotateContext(about("The group of exactly these members, opened if there is none; nothing is sent"))
  )
  .add(
    HttpApiEndpoint.get("listChats", "/v1/chats").setUrlParams(ApiSchema.ChatParams).addSuccess(ApiSchema.page(Chat)).annotateContext(
      about("List the carriers' chats")
    )
  )
  .add(
    HttpApiEndpoint.get("getChat", "/v1/chats/:chat").setPath(chat).addSuccess(Chat).annotateContext(
      about("Read a chat with its participants and health")
    )
  )
  .add(
    HttpApiEndpoint.patch("updateChat", "/v1/chats/:chat").setPath(chat).setPayload(ApiSchema.ChatChange).annotateContext(
      about("Rename a group or change its icon")
    )
  )
  .add(
    HttpApiEndpoint.get("listMessages", "/v1/chats/:chat/messages").setPath(chat).setUrlParams(ApiSchema.PageParams).addSuccess(
      ApiSchema.page(Message)
    ).annotateContext(about("List the messages of a chat at its carrier"))
  )
  .add(HttpApiEndpoint.post("markRead", "/v1/chats/:chat/read").setPath(chat).annotateContext(about("Mark a conversation as read")))
  .add(HttpApiEndpoint.post("leaveChat", "/v1/chats/:chat/leave").setPath(chat).annotateContext(about("Leave a group")))
  .add(HttpApiEndpoint.post("startTyping", "/v1/chats/:chat/typing").setPath(chat).annotateContext(about("Show the typing indicator")))
  .add(HttpApiEndpoint.del("stopTyping", "/v1/chats/:chat/typing").setPath(chat).annotateContext(about("Hide the typing indicator")))
  .add(
    HttpApiEndpoint.post("addParticipant", "/v1/chats/:chat/participants").setPath(chat).setPayload(ApiSchema.HandleRequest)
      .annotateContext(about("Add a person to a group"))
  )
  .add(
    HttpApiEndpoint.post("removeParticipant", "/v1/chats/:chat/participants/remove").setPath(chat).setPayload(ApiSchema.HandleRequest)
      .annotateContext(about("Remove a person from a group"))
  )
  .add(
    HttpApiEndpoint.post("requestLocation", "/v1/chats/:chat/location-requests").setPath(chat).addSuccess(LocationRequested)
      .annotateContext(
        OpenApi.annotations({
          summary: "Ask a person to share their location",
          description:
            "It prompts the person on their phone, in a direct conversation by iMessage. The answer comes before the person decides. If `certainty` is `unknown`, the person may have been asked: do not ask again without need."
        })
      )
  )
  .add(
    HttpApiEndpoint.get("getLocations", "/v1/chats/:chat/locations").setPath(chat).addSuccess(
      Schema.Struct({ items: Schema.Array(SharedLocation) })
    ).annotateContext(about("Where the people of a conversation are, as far as they share it"))
  )
  .add(
    HttpApiEndpoint.post("stopLocation", "/v1/chats/:chat/locations/stop").setPath(chat).setPayload(ApiSchema.HandleRequest)
      .annotateContext(about("End a person's sharing of their location with us"))
  )
  .add(
    HttpApiEndpoint.post("shareContactCard", "/v1/chats/:chat/contact-card").setPath(chat).annotateContext(
      about("Offer the line's contact card")
    )
  )
  .middleware(Authorization)

const attachments = HttpApiGroup.make("attachments")
  .add(
    HttpApiEndpoint.post("uploadAttachment", "/v1/attachments").setUrlParams(ApiSchema.UploadParams).setPayload(HttpApiSchema.Uint8Array())
      .addSuccess(Attachment, { status: 201 })
      .annotateContext(about("Store a file at a carrier for later sends; the body is the file"))
  )
  .add(
    HttpApiEndpoint.get("getAttachment", "/v1/attachments/:attachment").setPath(attachment).addSuccess(Attachment).annotateContext(
      about("Read what the carrier knows of a stored file")
    )
  )
  .add(
    HttpApiEndpoint.del("deleteAttachment", "/v1/attachments/:attachment").setPath(attachment).annotateContext(
      about("Delete a stored file")
    )
  )
  .middleware(Authorization)

const lines = HttpApiGroup.make("lines")
  .add(
    HttpApiEndpoint.get("listLines", "/v1/lines").addSuccess(Schema.Struct({ items: Schema.Array(ApiSchema.LineRecord) })).annotateContext(
      about("List the accounts' lines with their health, and how many people they wrote to first")
    )
  )
  .add(
    HttpApiEndpoint.post("checkLines", "/v1/lines/check").annotateContext(
      about("Ask every carrier which of its lines can send, and whether our webhooks there are called")
    )
  )
  .add(
    HttpApiEndpoint.get("listLineUsage", "/v1/lines/usage").addSuccess(Schema.Struct({ items: Schema.Array(ApiSchema.LineUsage) }))
      .annotateContext(about("Ask the carriers how many new people each line may still write to"))
  )
  .add(
    HttpApiEndpoint.post("getContactStatus", "/v1/lines/:line/contact-status").setPath(line).setPayload(ApiSchema.HandleRequest)
      .addSuccess(ApiSchema.ContactStatus).annotateContext(about("Ask whether a person counts as new at a line"))
  )
  .add(
    HttpApiEndpoint.put("setForwarding", "/v1/lines/:line/forwarding").setPath(line).setPayload(ApiSchema.ForwardingRequest)
      .annotateContext(about("Set or clear a line's call forwarding"))
  )
  .add(
    HttpApiEndpoint.get("getContactCard", "/v1/lines/:line/contact-card").setPath(line).addSuccess(ContactCard).annotateContext(
      about("Read a line's contact card")
    )
  )
  .add(
    HttpApiEndpoint.put("setContactCard", "/v1/lines/:line/contact-card").setPath(line).setPayload(ApiSchema.ContactCardRequest).addSuccess(
      ContactCard
    ).annotateContext(about("Create or change a line's contact card"))
  )
  .add(
    HttpApiEndpoint.post("lookupService", "/v1/lookup").setPayload(ApiSchema.LookupRequest).addSuccess(ApiSchema.ServiceLookup)
      .annotateContext(about("Ask which service a handle can be reached by"))
  )
  .middleware(Authorization)

const people = HttpApiGroup.make("people")
  .add(
    HttpApiEndpoint.get("listOptOuts", "/v1/opt-outs").setUrlParams(ApiSchema.OptOutParams).addSuccess(ApiSchema.OptOuts).annotateContext(
      about("Who must not be written to")
    )
  )
  .add(
    HttpApiEndpoint.post("optOut", "/v1/opt-outs").setPayload(ApiSchema.HandleRequest).addSuccess(ApiSchema.OptState).annotateContext(
      about("Never write to a person again, here and at the carriers that keep a list")
    )
  )
  .add(
    HttpApiEndpoint.post("optIn", "/v1/opt-ins").setPayload(ApiSchema.HandleRequest).addSuccess(ApiSchema.OptState).annotateContext(
      about("A person agreed to be written to again")
    )
  )
  .add(
    HttpApiEndpoint.get("listBlocked", "/v1/blocked-people").addSuccess(Schema.Struct({ items: Schema.Array(Block) })).annotateContext(
      about("Whom the carriers' accounts blocked")
    )
  )
  .add(
    HttpApiEndpoint.post("block", "/v1/blocked-people").setPayload(ApiSchema.BlockRequest).addSuccess(Block).annotateContext(
      OpenApi.annotations({
        summary: "Block a person or sender at the carriers that can",
        description:
          "The carrier drops what they write and reports nothing of it, a STOP, too. If they do not want messages, opt them out instead."
      })
    )
  )
  .add(
    HttpApiEndpoint.post("unblock", "/v1/blocked-people/remove").setPayload(ApiSchema.PeerRequest).annotateContext(
      about("End the block of a person or sender")
    )
  )
  .middleware(Authorization)

const carriers = HttpApiGroup.make("carriers")
  .add(
    HttpApiEndpoint.get("listCarriers", "/v1/carriers").addSuccess(Schema.Struct({ items: Schema.Array(ApiSchema.CarrierRecord) }))
      .annotateContext(about("The configured carriers with what they can do and how they are doing"))
  )
  .middleware(Authorization)

const catchingUp = HttpApiGroup.make("catchingUp")
  .add(
    HttpApiEndpoint.get("progress", "/v1/catch-up").addSuccess(Schema.Struct({ items: Schema.Array(CatchUpProgress.Progress) }))
      .annotateContext(about("How far what was missed was read back"))
  )
  .add(
    HttpApiEndpoint.post("catchUp", "/v1/catch-up").setPayload(ApiSchema.CatchUpRequest).addSuccess(
      Schema.Struct({ items: Schema.Array(CatchUpProgress.Progress) })
    ).annotateContext(about("Read back from the carriers what was missed"))
  )
  .middleware(Authorization)

const webhooks = HttpApiGroup.make("webhooks")
  .add(
    HttpApiEndpoint.get("listWebhooks", "/v1/webhooks").addSuccess(Schema.Struct({ items: Schema.Array(ApiSchema.WebhookRecord) }))
      .annotateContext(about("List subscriptions at the carriers"))
  )
  .add(
    HttpApiEndpoint.post("createWebhook", "/v1/webhooks").setPayload(ApiSchema.WebhookRequest).addSuccess(ApiSchema.WebhookRecord, {
      status: 201
    }).annotateContext(about("Subscribe a URL to a carrier's events"))
  )
  .add(
    HttpApiEndpoint.patch("updateWebhook", "/v1/webhooks/:id").setPath(id).setPayload(ApiSchema.WebhookChange).addSuccess(
      ApiSchema.WebhookRecord
    ).annotateContext(about("Change a subscription"))
  )
  .add(HttpApiEndpoint.del("deleteWebhook", "/v1/webhooks/:id").setPath(id).annotateContext(about("Delete a subscription")))
  .middleware(Authorization)

const callbacks = HttpApiGroup.make("callbacks")
  .add(
    HttpApiEndpoint.get("listCallbacks", "/v1/callbacks").addSuccess(Schema.Struct({ items: Schema.Array(ApiSchema.CallbackRecord) }))
      .annotateContext(about("List the addresses that are called for events"))
  )
  .add(
    HttpApiEndpoint.post("createCallback", "/v1/callbacks").setPayload(ApiSchema.CallbackRequest).addSuccess(ApiSchema.CallbackRecord, {
      status: 201
    }).annotateContext(
      about(
        "Call an address for events; the answer holds the secret, once. An event may come more than once: reply with the header Idempotency-Key: event-{id}, where {id} is the id of the event"
      )
    )
  )
  .add(
    HttpApiEndpoint.get("getCallback", "/v1/callbacks/:id").setPath(id).addSuccess(ApiSchema.CallbackRecord).annotateContext(
      about("Read a callback address")
    )
  )
  .add(
    HttpApiEndpoint.patch("updateCallback", "/v1/callbacks/:id").setPath(id).setPayload(ApiSchema.CallbackChange).addSuccess(
      ApiSchema.CallbackRecord
    ).annotateContext(about("Change a callback address"))
  )
  .add(HttpApiEndpoint.del("deleteCallback", "/v1/callbacks/:id").setPath(id).annotateContext(about("Delete a callback address")))
  .add(
    HttpApiEndpoint.post("testCallback", "/v1/callbacks/:id/test").setPath(id).addSuccess(ApiSchema.CallbackTest).annotateContext(
      about("Call a callback address once, with an event that says nothing")
    )
  )
  .add(
    HttpApiEndpoint.get("listDeadLetters", "/v1/dead-letters").setUrlParams(Schema.Struct({ limit: ApiSchema.PageParams.fields.limit }))
      .addSuccess(ApiSchema.DeadLetters).annotateContext(about("List what could not be delivered, the newest first"))
  )
  .add(HttpApiEndpoint.post("redeliver", "/v1/dead-letters/:id/redeliver").setPath(id).annotateContext(about("Try to deliver it again")))
  .add(HttpApiEndpoint.del("dropDeadLetter", "/v1/dead-letters/:id").setPath(id).annotateContext(about("Give up on it for good")))
  .middleware(Authorization)

const queues = HttpApiGroup.make("queues")
  .add(
    HttpApiEndpoint.get("listQueues", "/v1/queues").addSuccess(ApiSchema.Queues).annotateContext(
      about("How much waits to be done, since when, and what failed")
    )
  )
  .add(
    HttpApiEndpoint.post("pauseQueue", "/v1/queues/:queue/pause").setPath(queue).addSuccess(ApiSchema.QueueRecord).annotateContext(
      about("Stop working on a queue, in every process, until it is resumed")
    )
  )
  .add(
    HttpApiEndpoint.post("resumeQueue", "/v1/queues/:queue/resume").setPath(queue).addSuccess(ApiSchema.QueueRecord).annotateContext(
      about("Work on a queue again")
    )
  )
  .add(
    HttpApiEndpoint.post("retryQueue", "/v1/queues/:queue/retry").setPath(queue).addSuccess(ApiSchema.Retried).annotateContext(
      about("Try again everything in a queue that was given up")
    )
  )
  .add(
    HttpApiEndpoint.get("listFailedEvents", "/v1/failed-events").setUrlParams(
      Schema.Struct({ limit: ApiSchema.PageParams.fields.limit })
    ).addSuccess(ApiSchema.FailedEvents).annotateContext(
      about("List the events of webhooks that could not be processed, the newest first")
    )
  )
  .add(
    HttpApiEndpoint.post("retryFailedEvent", "/v1/failed-events/:id/retry").setPath(id).annotateContext(about("Try to process it again"))
  )
  .add(
    HttpApiEndpoint.del("dropFailedEvent", "/v1/failed-events/:id").setPath(id).annotateContext(
      about("Give up on it, and remove its content")
    )
  )
  .middleware(Authorization)

const processes = HttpApiGroup.make("processes")
  .add(
    HttpApiEndpoint.get("listProcesses", "/v1/processes").addSuccess(ApiSchema.Processes).annotateContext(
      about("The processes of this gateway, and how many of the 300 shards each has")
    )
  )
  .add(
    HttpApiEndpoint.get("getVersion", "/v1/version").addSuccess(ApiSchema.Version).annotateContext(
      about("The version of the gateway, and of its API; every key may ask")
    )
  )
  .middleware(Authorization)

const migration = HttpApiGroup.make("migration")
  .add(
    HttpApiEndpoint.get("showMigration", "/v1/migration").addSuccess(ApiSchema.Migration).annotateContext(
      about("What would be different at a carrier that is planned for and gets no request")
    )
  )
  .add(
    HttpApiEndpoint.get("compare", "/v1/migration/compare").setUrlParams(ApiSchema.CompareParams).addSuccess(ApiSchema.CarrierComparison)
      .annotateContext(about("What became of the sends of each carrier, by line and by moved conversations"))
  )
  .middleware(Authorization)

const rollout = HttpApiGroup.make("rollout")
  .add(
    HttpApiEndpoint.get("getRollout", "/v1/rollout").addSuccess(ApiSchema.RolloutRecord).annotateContext(
      about("How the rollout of the policy stands: its step, what became of messages at both carriers, and who changed it")
    )
  )
  .add(
    HttpApiEndpoint.post("changeRollout", "/v1/rollout/:action").setPath(Schema.Struct({ action: Rollout.Action })).setPayload(
      ApiSchema.RolloutRequest
    ).addSuccess(ApiSchema.RolloutRecord).annotateContext(
      about("Start the rollout, advance it to its next step, pause it, resume it, or go back")
    )
  )
  .add(
    HttpApiEndpoint.post("moveConversations", "/v1/conversations/move").setPayload(ApiSchema.MoveRequest).addSuccess(ApiSchema.Moved)
      .annotateContext(about("Move conversations between the two carriers of the rollout, each with its next message; nothing is sent"))
  )
  .middleware(Authorization)

const keys = AccessEndpoints.keys.middleware(Authorization)

const session = AccessEndpoints.session.middleware(Authorization)

const audit = AccessEndpoints.audit.middleware(Authorization)

/**
 * The gateway's HTTP API, as a value that server, client and OpenAPI share.
 *
 * @category models
 */
export class GatewayApi extends HttpApi.make("interline")
  .add(sending)
  .add(deliveries)
  .add(held)
  .add(messages)
  .add(chats)
  .add(attachments)
  .add(lines)
  .add(people)
  .add(carriers)
  .add(catchingUp)
  .add(webhooks)
  .add(callbacks)
  .add(queues)
  .add(processes)
  .add(rollout)
  .add(migration)
  .add(AccessEndpoints.signIn)
  .add(session)
  .add(keys)
  .add(audit)
  .addError(ProblemDetails.schema)
  .annotateContext(OpenApi.annotations({
    title: "Interline",
    version: manifest.version,
    description: "One message over several messaging vendors, with outcomes that say what is certain.",
    transform: Openapi.complete
  }))
{}
