/** Schemas for the requests and answers of the API that `core` and the router do not have. */
import * as AccountNotice from "@interline/core/AccountNotice"
import { Capabilities } from "@interline/core/Capabilities"
import { CarrierId } from "@interline/core/CarrierId"
import { Conversation, ConversationId } from "@interline/core/Conversation"
import { Delivery } from "@interline/core/Delivery"
import { DeliveryId } from "@interline/core/DeliveryId"
import * as DeliveryStatus from "@interline/core/DeliveryStatus"
import { Draft } from "@interline/core/Draft"
import { FromText, Handle, Phone } from "@interline/core/Handle"
import { ContactStatus as NeutralContactStatus, LineHealth, LineUsage as NeutralLineUsage } from "@interline/core/Health"
import * as IsoTime from "@interline/core/IsoTime"
import { LineName } from "@interline/core/Line"
import { Loss, LossKind } from "@interline/core/Loss"
import { Failure, Message } from "@interline/core/Message"
import { MessageRef } from "@interline/core/MessageRef"
import { ReasonTag } from "@interline/core/MessagingError"
import { keyPattern } from "@interline/core/Operation"
import { optional } from "@interline/core/Optional"
import { Evidence, Outcome, Receipt } from "@interline/core/Outcome"
import * as Part from "@interline/core/Part"
import * as CorePlan from "@interline/core/Plan"
import { Placement, Reaction, Sticker, Tapback } from "@interline/core/Reaction"
import * as Suppression from "@interline/core/Suppression"
import { EpochMillis } from "@interline/core/Time"
import * as Decision from "@interline/router/Decision"
import * as Guardrails from "@interline/router/Guardrails"
import { RolloutMoves } from "@interline/router/Policy"
import * as Rollout from "@interline/router/Rollout"
import * as RolloutStore from "@interline/router/RolloutStore"
import { RouterEvent } from "@interline/router/RouterEvent"
import { OutcomeWord } from "@interline/sql/Archive"
import * as CallbackTable from "@interline/sql/CallbackTable"
import * as CohortComparison from "@interline/sql/CohortComparison"
import * as EndpointTable from "@interline/sql/EndpointTable"
import * as InboxTable from "@interline/sql/InboxTable"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import * as Renderer from "../events/Renderer.ts"
import * as ExplainIssue from "../http/explainIssue.ts"
import * as Difference from "../shadow/Difference.ts"

// Unknown fields are refused. Otherwise they would be lost silently.
const strict = <A, I, R>(schema: Schema.Schema<A, I, R>): Schema.Schema<A, I, R> =>
  schema.annotations({ parseOptions: { onExcessProperty: "error", errors: "all" } })

/**
 * The target of a request. It is one of these: a person by line and handle (the line is optional if only one is configured), a group by its
 * id from the API, a group by its members (it is opened if there is none), the chat of an id, or a conversation in the form of `core`.
 * there is none; the chat of an id; or a conversation as `core` writes it.
 *
 * @category models
 */
export const To = Schema.Union(
  Schema.Struct({ line: optional(LineName), handle: FromText }),
  Schema.Struct({ group: ConversationId }),
  Schema.Struct({ line: optional(LineName), members: Schema.NonEmptyArray(FromText) }),
  Schema.Struct({ chat: Schema.NonEmptyString }),
  Conversation
).annotations({ identifier: "To", description: "{line, handle}, {group}, {line, members}, {chat} or a conversation" })

/** @category models */
export type To = typeof To.Type

/**
 * An earlier send of the same conversation: the id of its delivery, or the `Idempotency-Key` of its request to `POST /v1/send` with the same API key.
 *
 * @category models
 */
export const After = Schema.Union(DeliveryId, Schema.Struct({ key: Schema.String.pipe(Schema.pattern(/^[\x20-\x7e]{1,255}$/)) }))
  .annotations({
    identifier: "After",
    description: "the id of a delivery, or {key} with the Idempotency-Key of an earlier request"
  })

/** @category models */
export type After = typeof After.Type

const { parts, ...draftOptions } = Draft.fields

const sendFields = {
  to: To,
  text: optional(Schema.NonEmptyString),
  parts: optional(parts),
  after: optional(After),
  confirmsOptOut: optional(Schema.Boolean),
  ...draftOptions
}

const hasContent = ({ parts, text }: { readonly parts?: unknown; readonly text?: unknown }) =>
  (parts === undefined) !== (text === undefined) || { path: ["text"], message: "exactly one of text and parts must be there" }

/**
 * A send. It has exactly one of `text` and `parts`. `after` and `confirmsOptOut` are as in `Messaging.SendOptions`. `after` may also be the key of an earlier request. The other fields
 * are those of a draft. `metadata` stays with the delivery.
 *
 * @category models
 */
export const SendRequest = strict(Schema.Struct(sendFields).pipe(Schema.filter(hasContent, { [ExplainIssue.presence]: true }))).annotations(
  { identifier: "SendRequest" }
)

/** @category models */
export type SendRequest = typeof SendRequest.Type

/**
 * A question about a send: what would happen to it. `carrier` is as in `Messaging.PlanOptions`: one carrier or several, even one that the
 * policy does not use (default: the carriers in use).
 *
 * @category models
 */
export const PlanRequest = strict(
  Schema.Struct({ ...sendFields, carrier: optional(Schema.Union(CarrierId, Schema.NonEmptyArray(CarrierId))) }).pipe(
    Schema.filter(hasContent, { [ExplainIssue.presence]: true })
  )
).annotations({ identifier: "PlanRequest" })

/** @category models */
export type PlanRequest = typeof PlanRequest.Type

/**
 * A delivery that a carrier took.
 *
 * @category models
 */
export const Sent = IsoTime.encodeTimes(Schema.Struct({ outcome: Schema.Literal("accepted"), ...Delivery.fields })).annotations({
  identifier: "Sent"
})

/**
 * What a send would do now at one carrier. `Sendable`: the requests that the carrier would get, in its own format. `Refused`: why they cannot be
 * made. `Barred`: they could be made, and the gateway would refuse the send without asking the carrier, with this error.
 *
 * @category models
 */
export const Plan = CorePlan.Forecast.annotations({ identifier: "Plan" })

/**
 * The status of a delivery and its messages.
 *
 * @category models
 */
export const DeliveryReport = DeliveryStatus.DeliveryReport.annotations({ identifier: "DeliveryReport" })

/**
 * A delivery: its message and conversation, its outcome, each try, and its status as far as a carrier has reported it.
 *
 * @category models
 */
export const DeliveryRecord = IsoTime.encodeTimes(Schema.Struct({
  direction: Schema.Literal("outbound"),
  id: DeliveryId,
  at: EpochMillis,
  updatedAt: EpochMillis,
  conversation: Conversation,
  draft: Draft,
  outcome: OutcomeWord,
  receipts: Schema.Array(Receipt),
  losses: Schema.Array(Loss),
  attempts: Schema.Array(Decision.AttemptRecord),
  report: DeliveryReport,
  failure: optional(Failure)
})).annotations({ identifier: "DeliveryRecord" })

/**
 * A message that a carrier reported.
 *
 * @category models
 */
export const ReceivedRecord = IsoTime.encodeTimes(Schema.Struct({
  direction: Schema.Literal("inbound"),
  id: Schema.String,
  at: EpochMillis,
  updatedAt: EpochMillis,
  conversation: optional(Conversation),
  message: Message
})).annotations({ identifier: "ReceivedRecord" })

/**
 * A page of a list. A client passes `next` as `cursor` to get the next page. `next` is absent on the last page.
 *
 * @category models
 */
export const page = <A, I, R>(item: Schema.Schema<A, I, R>) =>
  Schema.Struct({ items: Schema.Array(item), next: optional(Schema.String), total: optional(Schema.Number) })

/**
 * A page of the archive. `totalIs` is there if there are more than `total`, because the count ended early. `lookedTo` is there if the search for a
 * `status` ended early, at this time: the page may have fewer items than its limit, or none, and the next one goes on from there.
 *
 * @category models
 */
export const archivePage = <A, I, R>(item: Schema.Schema<A, I, R>) =>
  IsoTime.encodeTimes(
    Schema.Struct({ ...page(item).fields, totalIs: optional(Schema.Literal("at-least")), lookedTo: optional(EpochMillis) })
  )

const limit = Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 100))

/**
 * The page of a list that a request wants. `limit` is 1 to 100.
 *
 * @category models
 */
export const PageParams = Schema.Struct({ cursor: optional(Schema.NonEmptyString), limit: optional(limit) })

/**
 * The conditions for a list of the archive. `carrier`: the carrier that took the message, was asked for it last, or reported it. `chat`: an
 * id or a ref of a chat. `peer`: a handle that takes part in any role. `since` and `until` (excluded): times in ISO 8601 with their zone,
 * or in epoch milliseconds. The newest come first unless `order` is `oldest`.
 *
 * @category models
 */
export const ArchiveParams = Schema.Struct({
  ...PageParams.fields,
  total: optional(Schema.Literal("exact", "none")),
  chat: optional(Schema.NonEmptyString),
  line: optional(LineName),
  peer: optional(Handle),
  carrier: optional(CarrierId),
  since: optional(IsoTime.Text),
  until: optional(IsoTime.Text),
  order: optional(Schema.Literal("newest", "oldest"))
})

/**
 * The conditions for a list of deliveries. `outcome`: the outcome of the delivery. `status`: its folded status, as in its report. `loss`: it lost
 * something of this kind. `failedOver`: whether it went on to another carrier of its route. `key`: the `Idempotency-Key` of its request to
 * `POST /v1/send`, with whatever API key.
 *
 * @category models
 */
export const DeliveryParams = Schema.Struct({
  ...ArchiveParams.fields,
  outcome: optional(OutcomeWord),
  status: optional(DeliveryStatus.DeliveryStatus),
  loss: optional(LossKind),
  failedOver: optional(Schema.transformLiterals(["true", true], ["false", false])),
  key: optional(Schema.String.pipe(Schema.pattern(keyPattern)))
})

/**
 * The conditions for a list of all messages. `direction`: from people, or to people. With a condition of deliveries it lists only these.
 *
 * @category models
 */
export const MessageParams = Schema.Struct({ ...DeliveryParams.fields, direction: optional(Schema.Literal("inbound", "outbound")) })

/**
 * The conditions for counts over time: those of a list, and how long a span is (default: an hour). `since` is a day before `until` if it is not given, and `until` is
 * now. At most 1,000 spans.
 *
 * @category models
 */
export const CountParams = Schema.Struct({
  every: optional(Schema.Literal("minute", "hour", "day")),
  ...Struct.omit(MessageParams.fields, "cursor", "limit", "order", "total")
})

/**
 * How many messages there were in each span: from people, to people, and of these how many ended without being taken whole. A span without a
 * message is left out. Spans begin at whole minutes, hours and days in UTC.
 *
 * @category models
 */
export const Counts = IsoTime.encodeTimes(Schema.Struct({
  since: EpochMillis,
  until: EpochMillis,
  items: Schema.Array(Schema.Struct({
    at: EpochMillis,
    inbound: Schema.NonNegativeInt,
    outbound: Schema.NonNegativeInt,
    notAccepted: Schema.NonNegativeInt
  }))
})).annotations({ identifier: "Counts" })

/**
 * Every decision about a delivery.
 *
 * @category models
 */
export const Explanation = IsoTime.encodeTimes(Schema.Struct({
  deliveryId: DeliveryId,
  trials: Schema.Array(Decision.AttemptRecord),
  decisions: Schema.Array(RouterEvent),
  outcome: optional(Outcome),
  doubt: optional(Evidence)
})).annotations({ identifier: "Explanation" })

/**
 * A delivery that waits for a fact or an operator. It has its conversation, the time since which it waits, how long it has waited, and the
 * first 80 characters of its text, if it has any. `sinceTime` is the same as `since`, for programs that knew `since` as a number.
 *
 * @category models
 */
export const HeldDelivery = IsoTime.encodeTimes(Schema.Struct({
  deliveryId: DeliveryId,
  since: EpochMillis,
  sinceTime: Schema.String,
  ageSeconds: Schema.Number,
  conversation: Conversation,
  preview: optional(Schema.String),
  trial: Decision.AttemptRecord,
  evidence: Evidence
}))
  .annotations({ identifier: "HeldDelivery" })

/**
 * What came of a look: how many held deliveries each result has, and those that are held still, at most 100, the failed looks first. `found`: the
 * carrier has the message, and it is settled. `notFound`: the carrier answered, and that settles nothing. `failed`: the carrier could not be asked,
 * and `reason` says why. `unasked`: not looked for, and `why`. `elsewhere`: other processes look for these.
 *
 * @category models
 */
export const LookReport = Schema.Struct({
  found: Schema.NonNegativeInt,
  notFound: Schema.NonNegativeInt,
  failed: Schema.NonNegativeInt,
  unasked: Schema.NonNegativeInt,
  elsewhere: Schema.NonNegativeInt,
  looks: Schema.Array(Schema.Struct({
    deliveryId: DeliveryId,
    carrierId: CarrierId,
    result: Schema.Literal("not-found", "failed", "unasked"),
    why: Schema.String,
    reason: optional(ReasonTag)
  }))
}).annotations({ identifier: "LookReport" })

/**
 * The finding of an operator: the vendor's message, or that nobody got it. The carrier is asked for the message. `unchecked`: it counts also if the
 * carrier does not know it, or knows it as a message to somebody else. The audit says so.
 *
 * @category models
 */
export const Verdict = strict(
  Schema.Union(
    Schema.Struct({ verdict: Schema.Literal("arrived"), ref: MessageRef, unchecked: optional(Schema.Literal(true)) }),
    Schema.Struct({ verdict: Schema.Literal("not-sent") })
  )
).annotations({ identifier: "Verdict" })

/**
 * A held delivery that is settled now. `checked`: the carrier has the message, and it is to this person. If not, `why`.
 *
 * @category models
 */
export const Settlement = Schema.Struct({
  deliveryId: DeliveryId,
  verdict: Schema.Literal("arrived", "not-sent"),
  checked: Schema.Boolean,
  why: optional(Schema.String)
}).annotations({ identifier: "Settlement" })

const part = { part: optional(Schema.NonNegativeInt) }
const partParam = { part: optional(Schema.NumberFromString.pipe(Schema.int(), Schema.nonNegative())) }

/**
 * The number of a part of a message, from 0.
 *
 * @category models
 */
export const PartParams = Schema.Struct(partParam)

/**
 * The body of an edit: the new text of one part.
 *
 * @category models
 */
export const EditRequest = strict(Schema.Struct({ text: Schema.NonEmptyString, ...part })).annotations({ identifier: "EditRequest" })

/**
 * A tapback, an emoji or a sticker.
 *
 * @category models
 */
export const ReactRequest = strict(
  Schema.Union(
    Schema.Struct({ tapback: Tapback, ...part }),
    Schema.Struct({ emoji: Schema.NonEmptyString, ...part }),
    Schema.Struct({ reaction: Schema.Union(Reaction, Sticker), ...part })
  )
).annotations({ identifier: "ReactRequest" })

/**
 * Where a sticker is put. What the placement leaves out stays as it is.
 *
 * @category models
 */
export const MoveStickerRequest = strict(Schema.Struct({ placement: Placement, ...part })).annotations({ identifier: "MoveStickerRequest" })

/**
 * The reaction to remove: one of `tapback` and `emoji`.
 *
 * @category models
 */
export const UnreactParams = Schema.Struct({ tapback: optional(Tapback), emoji: optional(Schema.NonEmptyString), ...partParam }).pipe(
  Schema.filter(({ emoji, tapback }) =>
    (emoji === undefined) !== (tapback === undefined) || { path: ["tapback"], message: "exactly one of tapback and emoji must be there" }
  )
)

/**
 * Audio by a public HTTPS URL, or as an attachment that was uploaded before.
 *
 * @category models
 */
export const VoiceMemoRequest = strict(
  Schema.Union(
    Schema.Struct({ to: To, url: Schema.NonEmptyString }),
    Schema.Struct({ to: To, attachment: Part.AttachmentRef })
  )
).annotations({ identifier: "VoiceMemoRequest" })

/**
 * The body that names a person or sender: a phone number, an e-mail address, a short code or a sender id.
 *
 * @category models
 */
export const PeerRequest = strict(Schema.Struct({ peer: Schema.NonEmptyString })).annotations({ identifier: "PeerRequest" })

/**
 * The body of a block: whom, and a note for the list.
 *
 * @category models
 */
export const BlockRequest = strict(Schema.Struct({ peer: Schema.NonEmptyString, reason: optional(Schema.NonEmptyString) })).annotations({
  identifier: "BlockRequest"
})

/**
 * The body that sends a poll: to whom, and the texts of its options, at least two. `key` goes to the carrier with the poll, so that a
 * repetition makes no second one there.
 *
 * @category models
 */
export const PollRequest = strict(
  Schema.Struct({ to: To, options: Schema.Array(Schema.NonEmptyString).pipe(Schema.minItems(2)), key: optional(Schema.NonEmptyString) })
).annotations({ identifier: "PollRequest" })

/**
 * The body that adds options to a poll: their texts.
 *
 * @category models
 */
export const PollOptionsRequest = strict(Schema.Struct({ options: Schema.NonEmptyArray(Schema.NonEmptyString) })).annotations({
  identifier: "PollOptionsRequest"
})

/**
 * The body of our vote: the id of an option, and `false` to take the vote back.
 *
 * @category models
 */
export const VoteRequest = strict(Schema.Struct({ option: Schema.NonEmptyString, voted: optional(Schema.Boolean) })).annotations({
  identifier: "VoteRequest"
})

/**
 * The body that names a chat to open: one person or several.
 *
 * @category models
 */
export const OpenRequest = strict(
  Schema.Union(
    Schema.Struct({ line: optional(LineName), handle: FromText }),
    Schema.Struct({ line: optional(LineName), members: Schema.NonEmptyArray(FromText) })
  )
).annotations({ identifier: "OpenRequest" })

/**
 * The body that makes a group.
 *
 * @category models
 */
export const GroupRequest = strict(Schema.Struct({ line: optional(LineName), members: Schema.NonEmptyArray(FromText) })).annotations({
  identifier: "GroupRequest"
})

/**
 * A conversation and the id that stands for it in addresses.
 *
 * @category models
 */
export const OpenConversation = Schema.Struct({ id: Schema.String, conversation: Conversation }).annotations({
  identifier: "OpenConversation"
})

/**
 * The query of a list of chats.
 *
 * @category models
 */
export const ChatParams = Schema.Struct({ ...PageParams.fields, line: optional(LineName), with: optional(FromText) })

/**
 * The change of a chat. At least one of the two fields is there. `null` clears a field, if the carrier can do that.
 *
 * @category models
 */
export const ChatChange = strict(
  Schema.Struct({ name: optional(Schema.NullOr(Schema.String)), icon: optional(Schema.NullOr(Schema.String)) }).pipe(
    Schema.filter(({ icon, name }) => icon !== undefined || name !== undefined || { path: ["name"], message: "name or icon must be there" })
  )
).annotations({ identifier: "ChatChange" })

/**
 * A body that holds one phone number or address.
 *
 * @category models
 */
export const HandleRequest = strict(Schema.Struct({ handle: FromText })).annotations({ identifier: "HandleRequest" })

/**
 * The body that asks which services reach a person.
 *
 * @category models
 */
export const LookupRequest = strict(Schema.Struct({ handle: FromText, line: optional(LineName) })).annotations({
  identifier: "LookupRequest"
})

/**
 * The services of a handle, as its carrier reports them. A service is absent if the carrier does not report it.
 *
 * @category models
 */
export const ServiceLookup = Schema.Struct({
  services: Schema.Struct({ iMessage: optional(Schema.Boolean), RCS: optional(Schema.Boolean), SMS: optional(Schema.Boolean) }),
  raw: optional(Schema.String)
}).annotations({ identifier: "ServiceLookup" })

/**
 * The body that sets the number to which calls are forwarded. `null` ends the forwarding.
 *
 * @category models
 */
export const ForwardingRequest = strict(Schema.Struct({ number: Schema.NullOr(Phone) })).annotations({ identifier: "ForwardingRequest" })

/**
 * The body that sets the contact card of a line.
 *
 * @category models
 */
export const ContactCardRequest = strict(
  Schema.Struct({ firstName: Schema.NonEmptyString, lastName: optional(Schema.String), imageUrl: optional(Schema.String) })
).annotations({ identifier: "ContactCardRequest" })

/**
 * The page of the suppression list that a request wants. `handle`: only this person, as people write a number or as the list has it.
 *
 * @category models
 */
export const OptOutParams = Schema.Struct({ ...PageParams.fields, handle: optional(FromText) })

/**
 * The suppression list. `next` is there if more may follow.
 *
 * @category models
 */
export const OptOuts = IsoTime.encodeTimes(Schema.Struct({ items: Schema.Array(Suppression.Entry), next: optional(Schema.String) }))
  .annotations({
    identifier: "OptOuts"
  })

/**
 * The carrier to read back (default: all), and the start time in ISO 8601 or epoch milliseconds (default: the time until which the
 * carrier's events are known).
 *
 * @category models
 */
export const CatchUpRequest = strict(Schema.Struct({ carrier: optional(CarrierId), since: optional(IsoTime.Given) })).annotations({
  identifier: "CatchUpRequest"
})

/**
 * Whether a person is opted out from now on, and which carriers were also informed.
 *
 * @category models
 */
export const OptState = Schema.Struct({ optedOut: Schema.Boolean, carriers: Schema.Array(CarrierId) }).annotations({
  identifier: "OptState"
})

/**
 * How many new people a line may still write to, as its vendor counts. What the vendor does not say is absent. `state`: `available`, or
 * `limited` until `availableAt`, or `paused` until the vendor allows it again; `exempt`: the vendor does not limit the line; `unknown`: it does
 * not say, and `why`. `hour`, `day`: `used`, `limit`, how many are `left`, when the next one is (`nextSlotAt`), and when the day of the vendor
 * begins anew (`resetsAt`). `sampledAt`: when the vendor counted.
 *
 * @category models
 */
export const LineUsage = IsoTime.encodeTimes(NeutralLineUsage).annotations({ identifier: "LineUsage" })

/**
 * Whether a person counts as new at a line, as its vendor says. `newAfterDays`: after so many days without a message a person is new again.
 *
 * @category models
 */
export const ContactStatus = IsoTime.encodeTimes(NeutralContactStatus).annotations({ identifier: "ContactStatus" })

const usage = Schema.Struct({
  ...Struct.pick(
    NeutralLineUsage.fields,
    "state",
    "why",
    "sampledAt",
    "availableAt",
    "newAfterDays",
    "hour",
    "day"
  ),
  readAt: optional(EpochMillis)
})

/**
 * What was last heard of the usage of a line, as in `LineUsage`. `readAt`: when the vendor was asked; absent if it was not.
 *
 * @category models
 */
export interface Usage extends Schema.Schema.Type<typeof usage> {}

const newContacts = Schema.Struct({
  hour: Schema.Number,
  day: Schema.Number,
  since: EpochMillis,
  per: Schema.Literal("person", "conversation")
})

/**
 * How many people a line wrote to first within the last hour and day, as far as this process sent to them since `since`. `person`: a limit
 * of the policy needs a look-up of each person, so the number is exact. `conversation`: the number is a maximum, counted by the carrier of
 * each conversation.
 *
 * @category models
 */
export const NewContacts = IsoTime.encodeTimes(newContacts).annotations({ identifier: "NewContacts" })

/**
 * What a carrier says of our account that its operator must know, or what a check of the lines found. `summary` and `wayOut` are sentences for
 * people. `line`: our name of the number. `dueAt`: when it takes effect, if that is later than `at`.
 *
 * @category models
 */
export const NoticeRecord = IsoTime.encodeTimes(Schema.Struct({
  ...AccountNotice.AccountNotice.fields,
  line: optional(LineName),
  severity: AccountNotice.Severity,
  summary: Schema.String,
  wayOut: Schema.String
})).annotations({ identifier: "NoticeRecord" })

/** @category models */
export type NoticeRecord = typeof NoticeRecord.Type

/**
 * One of the account's lines, as its carrier reports it. `newContacts` is this process's own count. It is there after the process has sent
 * by the line. `usage`: what the vendor last said of the new people that the line may write to. `gone`: the line is configured here, and it is not ours any more. `notices`: what the carrier says of the number.
 *
 * @category models
 */
export const LineRecord = Schema.Struct({
  ...LineHealth.fields,
  usage: optional(IsoTime.encodeTimes(usage)),
  newContacts: optional(NewContacts),
  gone: optional(Schema.Boolean),
  notices: optional(Schema.Array(NoticeRecord))
}).annotations({
  identifier: "LineRecord"
})

/**
 * The state of a line at a carrier. `resting`: the carrier asked for a pause. `since`: when the trouble of a line that is not `closed` began.
 * `newContacts`: see `NewContacts`. `faults`: faults that only
 * a person can repair. They stay until the line accepts a message again. `gone`: the line is not ours any more. `usage`: what the vendor last said
 * of the new people that the line may write to. `restsForNew`: because of it, the line writes only to people whom it knows.
 *
 * @category models
 */
export const LineState = IsoTime.encodeTimes(Schema.Struct({
  carrierId: CarrierId,
  line: LineName,
  state: Schema.Literal("closed", "open", "half-open", "resting"),
  since: optional(EpochMillis),
  until: optional(EpochMillis),
  failures: Schema.Number,
  pausedUntil: optional(EpochMillis),
  newContacts,
  usage: optional(usage),
  restsForNew: optional(Schema.Boolean),
  faults: optional(Schema.Array(Schema.Struct({ reason: ReasonTag, since: EpochMillis }))),
  gone: optional(Schema.Boolean)
})).annotations({ identifier: "Standing" })

/**
 * A configured carrier: its capabilities, our numbers there, the lines that were used so far, and what it says of the account. A notice is
 * shown for 30 days, or until a newer one takes its place.
 *
 * @category models
 */
export const CarrierRecord = Schema.Struct({
  id: CarrierId,
  vendor: Schema.String,
  capabilities: Capabilities,
  lines: Schema.Record({ key: LineName, value: Phone }),
  health: Schema.Array(LineState),
  notices: Schema.Array(NoticeRecord)
}).annotations({ identifier: "CarrierRecord" })

/**
 * A subscription at a carrier. `secret` is there only once, in the answer in which the carrier creates it. `ours` says whether the URL leads to
 * this gateway: other programs may have webhooks at the same account.
 *
 * @category models
 */
export const WebhookRecord = Schema.Struct({
  carrierId: CarrierId,
  id: Schema.String,
  url: Schema.String,
  events: Schema.Array(Schema.String),
  lines: Schema.Array(Phone),
  active: Schema.Boolean,
  ours: Schema.Boolean,
  secret: optional(Schema.Redacted(Schema.String)),
  createdAt: optional(Schema.String),
  updatedAt: optional(Schema.String)
}).annotations({ identifier: "WebhookRecord" })

const subscription = {
  url: Schema.NonEmptyString,
  events: Schema.Array(Schema.String),
  lines: optional(Schema.Array(Phone)),
  secret: optional(Schema.Redacted(Schema.NonEmptyString))
}

/**
 * The body that makes a webhook subscription at a carrier.
 *
 * @category models
 */
export const WebhookRequest = strict(Schema.Struct({ ...subscription, carrierId: optional(CarrierId) })).annotations({
  identifier: "WebhookRequest"
})

/**
 * The body that changes a webhook subscription. A field that is left out stays.
 *
 * @category models
 */
export const WebhookChange = strict(
  Schema.Struct({
    url: optional(subscription.url),
    events: optional(subscription.events),
    lines: subscription.lines,
    secret: subscription.secret,
    active: optional(Schema.Boolean)
  })
).annotations({ identifier: "WebhookChange" })

const { createdAt, id, secret: _, updatedAt, ...endpointFields } = { ...EndpointTable.Endpoint.fields, dialect: Renderer.Dialect }

/**
 * An address that is called for events. `secret` is there only once, in the answer that created it.
 *
 * @category models
 */
export const CallbackRecord = IsoTime.encodeTimes(
  Schema.Struct({ id, ...endpointFields, secret: optional(Schema.Redacted(Schema.String)), createdAt, updatedAt })
)
  .annotations({ identifier: "CallbackRecord" })

/** @category models */
export type CallbackRecord = typeof CallbackRecord.Type

/**
 * The body that creates a callback endpoint. The default of `dialect` is `neutral`. The default of `events` and `lines` is all. In the
 * neutral dialect, a missing secret is created: `whsec_` and 24 bytes in base64, as in Standard Webhooks.
 *
 * @category models
 */
export const CallbackRequest = strict(
  Schema.Struct({
    url: Schema.NonEmptyString,
    dialect: optional(Renderer.Dialect),
    events: optional(Schema.Array(Schema.String)),
    lines: optional(Schema.Array(LineName)),
    secret: optional(Schema.Redacted(Schema.NonEmptyString)),
    version: optional(Schema.String),
    active: optional(Schema.Boolean)
  })
).annotations({ identifier: "CallbackRequest" })

/**
 * The body that changes a callback endpoint. A field that is left out stays.
 *
 * @category models
 */
export const CallbackChange = strict(
  Schema.Struct({
    url: optional(Schema.NonEmptyString),
    events: optional(Schema.Array(Schema.String)),
    lines: optional(Schema.Array(LineName)),
    secret: optional(Schema.Redacted(Schema.NonEmptyString)),
    active: optional(Schema.Boolean)
  })
).annotations({ identifier: "CallbackChange" })

/**
 * What came of a test call: whether the address took it, the status of its answer, or why there was none, and how long it took, in milliseconds.
 *
 * @category models
 */
export const CallbackTest = Schema.Struct({
  taken: Schema.Boolean,
  status: optional(Schema.Int),
  why: optional(Schema.String),
  millis: Schema.Number
}).annotations({ identifier: "CallbackTest" })

/**
 * The file's name. The MIME type is also given if the `Content-Type` is another one.
 *
 * @category models
 */
export const UploadParams = Schema.Struct({ fileName: Schema.NonEmptyString, mimeType: optional(Schema.NonEmptyString) })

/**
 * The calls that were given up.
 *
 * @category models
 */
export const DeadLetters = IsoTime.encodeTimes(Schema.Struct({ items: Schema.Array(CallbackTable.DeadLetter) })).annotations({
  identifier: "DeadLetters"
})

/**
 * The queues: events of webhooks, and calls to callback endpoints.
 *
 * @category models
 */
export const QueueName = Schema.Literal("inbox", "callbacks").annotations({ identifier: "QueueName" })

const queueFields = Schema.Struct({
  name: QueueName,
  waiting: Schema.NonNegativeInt,
  failed: Schema.NonNegativeInt,
  oldestDueAt: optional(EpochMillis),
  pausedAt: optional(EpochMillis)
})

/**
 * A queue. `waiting` counts what waits, also for its next try, and `failed` what was given up. `oldestDueAt` is the time since which the
 * oldest waiting row is due. It is missing while nothing is due. `pausedAt` is missing while the queue is worked on.
 *
 * @category models
 */
export const QueueRecord = IsoTime.encodeTimes(queueFields).annotations({ identifier: "Queue" })

/**
 * All queues.
 *
 * @category models
 */
export const Queues = IsoTime.encodeTimes(Schema.Struct({ items: Schema.Array(queueFields) })).annotations({ identifier: "Queues" })

/**
 * The processes of a gateway that have shards. `address` is where other processes reach one. It is missing if the process is alone. `since` is
 * when the process took the shard that it has had for longest, on the clock of the database. `differing` names the groups of settings in which it
 * differs from the process that answers.
 *
 * @category models
 */
export const Processes = IsoTime.encodeTimes(
  Schema.Struct({
    items: Schema.Array(Schema.Struct({
      address: optional(Schema.NonEmptyString),
      shards: Schema.NonNegativeInt,
      since: EpochMillis,
      differing: optional(Schema.Array(Schema.NonEmptyString))
    }))
  })
).annotations({ identifier: "Processes" })

/**
 * What answers: the version of the gateway, and of its API. The version of the API is also the first part of its addresses.
 *
 * @category models
 */
export const Version = Schema.Struct({ name: Schema.Literal("interline"), version: Schema.String, api: Schema.Literal("v1") }).annotations({
  identifier: "Version"
})

/**
 * How many rows of a queue are tried again.
 *
 * @category models
 */
export const Retried = Schema.Struct({ retried: Schema.NonNegativeInt })

/**
 * The events of webhooks that were given up.
 *
 * @category models
 */
export const FailedEvents = IsoTime.encodeTimes(Schema.Struct({ items: Schema.Array(InboxTable.FailedEvent) })).annotations({
  identifier: "FailedEvents"
})

/**
 * The time of a comparison. `since` is 7 days before `until` if it is not given, and `until` is now.
 *
 * @category models
 */
export const CompareParams = Schema.Struct({ since: optional(IsoTime.Text), until: optional(IsoTime.Text) })

/**
 * What became of the sends of each carrier, by cohorts.
 *
 * @category models
 */
export const CarrierComparison = IsoTime.encodeTimes(CohortComparison.Result).annotations({ identifier: "CarrierComparison" })

/**
 * What is known of a move to another carrier. `shadow`: what would be different at a carrier that is planned for and gets no request. It has a
 * `carrierId` while a carrier is planned for, and what was counted in 90 days.
 *
 * @category models
 */
export const Migration = IsoTime.encodeTimes(
  Schema.Struct({ shadow: Schema.Struct({ carrierId: optional(CarrierId), comparisons: Schema.Array(Difference.Comparison) }) })
).annotations({ identifier: "Migration" })

const rolloutStep = Schema.Struct({ share: Schema.Number, moves: RolloutMoves, waitsSeconds: Schema.Number })

const rolloutState = { phase: Schema.Literal("not-started", ...Rollout.Phase.literals), step: Schema.NonNegativeInt, share: Schema.Number }

/**
 * The rollout of the policy. `share` is the part of all conversations that is in now, and `since` the time at which the step began.
 * `waitsForSeconds` is how long the step still lasts at least. `cohorts` has the counts of both carriers over the same hours, and `crossed`
 * the guardrails that are crossed now. `conversations` has the direct conversations at each of the two carriers, with the time of the last
 * message in one of them, and the number of conversations that are assigned by name. `faults` has what only a person can mend at the new
 * carrier. `leftOut` has the rollouts that were started and are not in the policy any more. Only a gateway of an earlier version leaves out
 * one of the three. `changes` has the newest changes, the newest first.
 *
 * @category models
 */
export const RolloutRecord = IsoTime.encodeTimes(Schema.Struct({
  from: CarrierId,
  to: CarrierId,
  ...rolloutState,
  since: optional(EpochMillis),
  waitsForSeconds: Schema.NonNegativeInt,
  steps: Schema.Array(rolloutStep),
  cohorts: optional(Guardrails.Cohorts),
  crossed: Schema.Array(Guardrails.Crossing),
  conversations: optional(Schema.Struct({ from: RolloutStore.Bound, to: RolloutStore.Bound, assigned: Schema.NonNegativeInt })),
  leftOut: optional(
    Schema.Array(Schema.Struct({ from: CarrierId, to: CarrierId, phase: Rollout.Phase, share: Schema.Number }))
  ),
  faults: optional(Schema.Array(Schema.Struct({ line: LineName, reason: ReasonTag, since: EpochMillis, sentence: Schema.String }))),
  changes: Schema.Array(Schema.Struct({
    at: EpochMillis,
    action: Rollout.Action,
    actor: Schema.String,
    reason: Schema.String,
    ...rolloutState,
    phase: Rollout.Phase
  }))
})).annotations({ identifier: "Rollout" })

const Reason = Schema.String.pipe(Schema.minLength(1), Schema.maxLength(500))

/**
 * The body that changes a rollout. `reason` is kept, published and logged, so it must not hold a phone number or a text. `step` is the step
 * to which the action `back` goes: 0 is the beginning, and the default is the step before. `anyway` advances before the waiting time is
 * over, and against the guardrails. It also starts, advances and resumes although the new carrier has a fault.
 *
 * @category models
 */
export const RolloutRequest = strict(
  Schema.Struct({ reason: Reason, step: optional(Schema.NonNegativeInt), anyway: optional(Schema.Boolean) })
).annotations({ identifier: "RolloutRequest" })

/**
 * The body that moves conversations by name, whatever their share is. `carrier` is one of the two carriers of the rollout. If it is left
 * out, the conversations follow the rollout again. At most 1,000 handles. `anyway` moves them although the carrier has a fault that only a person can mend.
 *
 * @category models
 */
export const MoveRequest = strict(
  Schema.Struct({
    handles: Schema.NonEmptyArray(Handle).pipe(Schema.maxItems(1_000)),
    line: optional(LineName),
    carrier: optional(CarrierId),
    anyway: optional(Schema.Boolean),
    reason: Reason
  })
).annotations({ identifier: "MoveRequest" })

/**
 * How many conversations were moved.
 *
 * @category models
 */
export const Moved = Schema.Struct({ moved: Schema.NonNegativeInt }).annotations({ identifier: "Moved" })
