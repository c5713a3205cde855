/** Defines the events that carriers send to us. An unknown event becomes `Unrecognized` and is never dropped. */
import * as Schema from "effect/Schema"
import { Chat, Participant } from "../content/Chat.ts"
import { StatusFact } from "../content/DeliveryStatus.ts"
import { HealthStatus } from "../content/Health.ts"
import { Position } from "../content/interaction/Location.ts"
import { PollOption } from "../content/interaction/Poll.ts"
import { Failure, Message } from "../content/Message.ts"
import { ReceivedReaction } from "../content/Reaction.ts"
import { CarrierId } from "../names/CarrierId.ts"
import { ChatRef } from "../names/Conversation.ts"
import { Handle, Phone } from "../names/Handle.ts"
import { MessageRef } from "../names/MessageRef.ts"
import { Peer } from "../names/Peer.ts"
import { optional } from "../runtime/Optional.ts"
import * as AccountNotice from "./AccountNotice.ts"

// `id` is the event's own id, the key for recognising a repeated delivery; absent where the vendor gives none
const common = { carrierId: CarrierId, id: optional(Schema.String), at: optional(Schema.String) }

/**
 * `idempotencyKey` of a `Status` names the step of the attempt that sent the message, as `deliveryId:generation:step`
 * (`DeliveryId.fromKey` reads it): so a fact finds its delivery also when the send's own answer was lost. Linq's webhooks
 * echo it; at Sendblue it comes from the signed token in the callback's URL. Absent for messages that we did not send.
 * `isHint` says which of them are no statuses.
 *
 * `askedIn` of an `OptedOut`: the person wrote a word that opts in. The carrier does not accept this word and still reports the opt-out.
 *
 * `Location` says that a person began or ended to share their location with our line. `from` may be the address of their Apple account,
 * even if they write from a number. `chat` is where they began, if the carrier says so. `endsAt` is when the sharing ends by itself.
 * `position` is there only if the carrier reports the beginning as a message with a place; `getLocations` gives later ones.
 *
 * `Poll` says that a person sent a poll (`received`, with all its `options`), that options were added (`options` are only the new ones), or
 * that a vote for `option` was given or taken back. `from` is who did it; `byMe` says that our line did. A poll of ours that is sent,
 * delivered, read or failed is a `Status` of its message. `getPoll` reads the whole poll.
 *
 * A `Line` that is `gone` is not ours any more: it was released, or moved to a place where this account cannot use it. It is not used
 * until it is assigned again, or until a check of the lines finds it.
 *
 * `Account` is for the operator of the account: for example, a webhook was disabled, or a token ends. `kind` is the vendor's word, and
 * `what` ours. `severity` is `warning` if messages or opt-outs may be lost. `summary` is our sentence, and `wayOut` says what the operator
 * can do. `what` and `wayOut` are absent on events that an earlier version stored. `subject` is the vendor's id of the webhook or the
 * token. `dueAt` is the time at which the event takes effect, if this is later. The event names no member of staff.
 *
 * @category models
 */
export const MessagingEvent = Schema.Union(
  Schema.TaggedStruct("Received", { ...common, message: Message }),
  Schema.TaggedStruct("Status", { ...common, fact: StatusFact, failure: optional(Failure), idempotencyKey: optional(Schema.String) }),
  Schema.TaggedStruct("Edited", { ...common, ref: MessageRef, part: Schema.NonNegativeInt, text: Schema.String, byMe: Schema.Boolean }),
  Schema.TaggedStruct("Reaction", {
    ...common,
    ref: optional(MessageRef),
    chat: optional(ChatRef),
    line: optional(Phone),
    part: optional(Schema.NonNegativeInt),
    change: Schema.Literal("added", "removed"),
    reaction: ReceivedReaction
  }),
  Schema.TaggedStruct("Typing", {
    ...common,
    chat: optional(ChatRef),
    from: optional(Peer),
    line: optional(Phone),
    typing: Schema.Boolean
  }),
  Schema.TaggedStruct("Location", {
    ...common,
    change: Schema.Literal("started", "stopped"),
    from: Peer,
    line: optional(Phone),
    chat: optional(ChatRef),
    endsAt: optional(Schema.String),
    position: optional(Position)
  }),
  Schema.TaggedStruct("Poll", {
    ...common,
    change: Schema.Literal("received", "options-added", "vote-added", "vote-removed"),
    ref: MessageRef,
    chat: optional(ChatRef),
    line: optional(Phone),
    from: optional(Peer),
    byMe: Schema.Boolean,
    options: Schema.Array(PollOption),
    option: optional(Schema.String)
  }),
  Schema.TaggedStruct("Participant", {
    ...common,
    chat: optional(ChatRef),
    change: Schema.Literal("added", "removed"),
    participant: Participant
  }),
  Schema.TaggedStruct("Chat", {
    ...common,
    change: Schema.Literal("created", "renamed", "icon", "rename-failed", "icon-failed"),
    ref: ChatRef,
    chat: optional(Chat),
    before: optional(Schema.String),
    after: optional(Schema.String),
    vendorCode: optional(Schema.String)
  }),
  Schema.TaggedStruct("Line", {
    ...common,
    number: optional(Phone),
    status: HealthStatus,
    available: Schema.Boolean,
    gone: optional(Schema.Boolean),
    raw: Schema.String
  }),
  Schema.TaggedStruct("Account", {
    ...common,
    kind: Schema.String,
    what: optional(AccountNotice.What),
    severity: AccountNotice.Severity,
    summary: Schema.String,
    wayOut: optional(Schema.String),
    subject: optional(Schema.String),
    number: optional(Phone),
    dueAt: optional(Schema.String)
  }),
  Schema.TaggedStruct("OptedOut", { ...common, handle: Handle, line: optional(Phone), askedIn: optional(Schema.Boolean) }),
  Schema.TaggedStruct("OptedIn", { ...common, handle: Handle, line: optional(Phone) }),
  Schema.TaggedStruct("Unrecognized", { ...common, kind: Schema.String, raw: Schema.Unknown })
)

/** @category models */
export type MessagingEvent = typeof MessagingEvent.Type

/**
 * Whether a `Status` is a hint. A hint proves only which attempt a message belongs to. Its fact is `pending`, because the vendor's word
 * is not signed; the word is in `raw`. A hint settles a delivery that waits. It says nothing about the status of the message.
 *
 * @category refinements
 */
export const isHint = (event: MessagingEvent): boolean =>
  event._tag === "Status" && event.fact.status === "pending" && event.idempotencyKey !== undefined
