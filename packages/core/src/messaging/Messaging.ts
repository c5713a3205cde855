/**
 * The service that applications use: every operation, under whichever carrier the configuration names.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type { Capabilities } from "../carrier/Capabilities.ts"
import type { Carrier, Operations, SendRequest } from "../carrier/Carrier.ts"
import type { Chat } from "../content/Chat.ts"
import type { DeliveryReport, StatusFact } from "../content/DeliveryStatus.ts"
import type { Draft, Fidelity, MessageTarget } from "../content/Draft.ts"
import type { Message } from "../content/Message.ts"
import type { CarrierId } from "../names/CarrierId.ts"
import type { ChatTarget, Conversation } from "../names/Conversation.ts"
import type { DeliveryId } from "../names/DeliveryId.ts"
import type { Phone } from "../names/Handle.ts"
import type { LineName } from "../names/Line.ts"
import type { MessageRef } from "../names/MessageRef.ts"
import * as Page from "../names/Page.ts"
import type { Problem } from "../names/Problem.ts"
import type { Attempt, Delivery } from "../outcome/Delivery.ts"
import type { MessagingError } from "../outcome/MessagingError.ts"
import type { Outcome, Receipt } from "../outcome/Outcome.ts"
import type { Plan } from "../outcome/Plan.ts"
import type { Invalid, SendError } from "../outcome/SendError.ts"
import * as Conclude from "./conclude.ts"
import * as MessagingLive from "./messagingLive.ts"

/**
 * What an application may ask about a configured carrier.
 *
 * @since 0.1.0
 * @category models
 */
export interface CarrierSummary {
  readonly id: CarrierId
  readonly vendor: string
  readonly capabilities: Capabilities
  readonly lines: ReadonlyMap<LineName, Phone>
}

/**
 * `fidelity` for this send; the draft's own wins, the service's default comes last.
 *
 * `key` is the caller's own idempotency key: 1 to 255 printable ASCII characters. A send under a key that was used before,
 * to the same conversation with the same draft, joins the first while it runs and then gives its result, under the first's
 * delivery id; another conversation or draft under that key fails as `Invalid` with the rule `key`. It takes a ledger:
 * over one carrier alone (`fromCarrier`, `layer`) every key is refused so, before anything leaves.
 *
 * `confirmsOptOut`: this text confirms the recipient's own opt-out, the one text that may still go to somebody who opted out (47 CFR
 * 64.1200(a)(12)). It goes out only to a person whose own word opted them out at that carrier within the last five minutes, once for each
 * opt-out, as one plain text, and only by a carrier that documents a way. The suppression list decides, and keeps that it went; whatever is not
 * certain to be allowed is refused. It is never repeated and never sent by another carrier. The opt-out stands.
 *
 * @since 0.1.0
 * @category models
 */
export interface SendOptions {
  readonly fidelity?: Fidelity
  readonly key?: string
  readonly confirmsOptOut?: boolean
}

/**
 * What may be said of a plan: what is said of a send, and `carrier`: whose plans are wanted, one carrier or several, also one that is
 * configured and that the policy does not use. Default: every carrier in use that has the line.
 *
 * @since 0.1.0
 * @category models
 */
export interface PlanOptions extends SendOptions {
  readonly carrier?: CarrierId | ReadonlyArray<CarrierId>
}

/**
 * Every operation of every carrier, and the four that concern deliveries.
 *
 * `send` mints the delivery's id before any request leaves, and fails with what is certain: `Invalid` and `NotSent` mean
 * that nothing went out, `Partial` that some of it did, `Held` that it is not known. Without a key each call is a message
 * of its own: two equal texts are two messages.
 *
 * `plan` sends nothing and asks nobody; a chat that we do not know is planned as a new one. It does not say which carrier a send would go by: that depends on
 * where the conversation is. `status` asks the carrier and
 * folds the answer with everything heard before. `follow` does so again and again until the report is settled.
 *
 * @since 0.1.0
 * @category models
 */
export interface MessagingService extends Operations<MessageTarget> {
  readonly carriers: ReadonlyArray<CarrierSummary>
  readonly plan: (to: Conversation, draft: Draft, options?: PlanOptions) => Effect.Effect<ReadonlyArray<Plan>, Invalid>
  readonly send: (to: Conversation, draft: Draft, options?: SendOptions) => Effect.Effect<Delivery, SendError>
  readonly status: (message: MessageTarget) => Effect.Effect<DeliveryReport, MessagingError>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Messaging extends Context.Tag("@interline/core/Messaging")<Messaging, MessagingService>() {}

/**
 * `fidelity` is the default for drafts that do not say (default `adapt`). `remember` is how many deliveries are kept in
 * memory for later replies, reactions and status (default 10,000), and of how many messages what was heard is kept; older
 * deliveries are addressed by their `MessageRef`, unless the back end recalls them. `ours` are our numbers beside those of the
 * carriers' lines: at carriers that are not in use, say. Nothing is sent to any of them, and none becomes a member of a group.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly fidelity?: Fidelity
  readonly remember?: number
  readonly ours?: ReadonlyArray<Phone>
}

/**
 * A send as a back end gets it: well-formed, with its fidelity decided and its reply target resolved to a vendor's message.
 *
 * @since 0.1.0
 * @category models
 */
export interface Prepared extends Pick<SendRequest, "conversation" | "draft" | "fidelity" | "replyTo" | "confirmsOptOut"> {
  readonly key?: string
}

/**
 * A message of a delivery that went out: which of the draft's parts it carries, and what its receipt said. A `Receipt` is
 * one. `facts` is what was heard of it since.
 *
 * @since 0.1.0
 * @category models
 */
export interface Slot extends Pick<Receipt, "ref" | "parts" | "status" | "service"> {
  readonly facts?: ReadonlyArray<StatusFact>
}

/**
 * What stands behind a `MessagingService`: one carrier, or a router over several.
 *
 * `operations` is a plain object, is addressed by vendors' refs, and picks the carrier itself. `check` says what this back
 * end does not take, before anything else is asked of it; whatever it names fails as `Invalid`. `plan` and `deliver` get
 * only what passed. `plan` answers for the carriers in use that have the line, or else for exactly `ids`, which are among `carriers` and
 * `idle`: the carriers that are configured and not in use. `deliver` may answer with the id of an earlier delivery, when a key joins it.
 *
 * `recall` is a store that outlives this process's memory: the messages of a delivery that went out so far, `None` if it
 * does not know of any. It is asked for what memory does not hold, and for a delivery that was partial, because more of it
 * may have gone out since.
 *
 * @since 0.1.0
 * @category models
 */
export interface Backend {
  readonly carriers: ReadonlyArray<CarrierSummary>
  readonly idle?: ReadonlyArray<CarrierId>
  readonly operations: Operations<MessageRef>
  readonly check?: (prepared: Prepared) => ReadonlyArray<Problem>
  readonly plan: (prepared: Prepared, ids?: ReadonlyArray<CarrierId>) => Effect.Effect<ReadonlyArray<Plan>>
  readonly deliver: (deliveryId: DeliveryId, prepared: Prepared) => Effect.Effect<Delivery, SendError>
  readonly recall?: (deliveryId: DeliveryId) => Effect.Effect<Option.Option<ReadonlyArray<Slot>>>
}

/**
 * A service, and the door for what carriers say unasked. `heard` takes facts in any order and any number of times, also
 * before the send's own answer and about messages of others; the newest are kept, as many as `Options.remember` says.
 *
 * @since 0.1.0
 * @category models
 */
export interface Facade {
  readonly service: MessagingService
  readonly heard: (fact: StatusFact) => Effect.Effect<void>
}

/**
 * The service over a back end. Validation, delivery ids, and everything that is addressed by them (replies, reactions,
 * edits, status, deletion) are the same over every back end.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (backend: Backend, options?: Options) => Facade = MessagingLive.make

/**
 * What a back end answers when a send has ended with this outcome. After several attempts, which outcome counts is the
 * back end's decision. The carrier of the delivery is the one that named its first message.
 *
 * @since 0.1.0
 * @category constructors
 */
export const conclude: (
  deliveryId: DeliveryId,
  prepared: Pick<Prepared, "conversation" | "draft">,
  outcome: Outcome,
  attempts: readonly [Attempt, ...ReadonlyArray<Attempt>]
) => Either.Either<Delivery, SendError> = Conclude.conclude

/**
 * The service over one carrier.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromCarrier: (carrier: Carrier, options?: Options) => MessagingService = MessagingLive.fromCarrier

/**
 * The service over the carrier that a tag provides, such as `Linq.Linq`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <I>(carrier: Context.Tag<I, Carrier>, options?: Options): Layer.Layer<Messaging, never, I> =>
  Layer.effect(Messaging, Effect.map(carrier, (carrier) => fromCarrier(carrier, options)))

const accessors = Effect.serviceFunctions(Messaging)

export const {
  /** @since 0.1.0 @category accessors */
  addParticipant,
  /** @since 0.1.0 @category accessors */
  createWebhook,
  /** @since 0.1.0 @category accessors */
  deleteAttachment,
  /** @since 0.1.0 @category accessors */
  deleteRecord,
  /** @since 0.1.0 @category accessors */
  deleteWebhook,
  /** @since 0.1.0 @category accessors */
  edit,
  /** @since 0.1.0 @category accessors */
  getAttachment,
  /** @since 0.1.0 @category accessors */
  getChat,
  /** @since 0.1.0 @category accessors */
  getContactCard,
  /** @since 0.1.0 @category accessors */
  getMessage,
  /** @since 0.1.0 @category accessors */
  leaveChat,
  /** @since 0.1.0 @category accessors */
  listChats,
  /** @since 0.1.0 @category accessors */
  listLines,
  /** @since 0.1.0 @category accessors */
  listMessages,
  /** @since 0.1.0 @category accessors */
  listThread,
  /** @since 0.1.0 @category accessors */
  listWebhooks,
  /** @since 0.1.0 @category accessors */
  lookupService,
  /** @since 0.1.0 @category accessors */
  markRead,
  /** @since 0.1.0 @category accessors */
  plan,
  /** @since 0.1.0 @category accessors */
  react,
  /** @since 0.1.0 @category accessors */
  removeParticipant,
  /** @since 0.1.0 @category accessors */
  send,
  /** @since 0.1.0 @category accessors */
  sendVoiceMemo,
  /** @since 0.1.0 @category accessors */
  setContactCard,
  /** @since 0.1.0 @category accessors */
  setForwarding,
  /** @since 0.1.0 @category accessors */
  setOptOut,
  /** @since 0.1.0 @category accessors */
  shareContactCard,
  /** @since 0.1.0 @category accessors */
  startTyping,
  /** @since 0.1.0 @category accessors */
  status,
  /** @since 0.1.0 @category accessors */
  stopTyping,
  /** @since 0.1.0 @category accessors */
  unreact,
  /** @since 0.1.0 @category accessors */
  updateChat,
  /** @since 0.1.0 @category accessors */
  updateWebhook,
  /** @since 0.1.0 @category accessors */
  uploadAttachment
} = accessors

/**
 * How `follow` asks: every `every` (default 1 second), at most `times` times (default 60), until the report is settled.
 *
 * @since 0.1.0
 * @category models
 */
export interface FollowOptions {
  readonly every?: Duration.DurationInput
  readonly times?: number
}

/**
 * The delivery's reports, each one that differs from the one before, ending when it is settled or after `times` questions.
 *
 * @since 0.1.0
 * @category streams
 */
export const follow = (message: MessageTarget, options?: FollowOptions): Stream.Stream<DeliveryReport, MessagingError, Messaging> =>
  MessagingLive.follow(status(message), options)

/**
 * Every message of a conversation, page after page, deduplicated.
 *
 * @since 0.1.0
 * @category streams
 */
export const messages = (of: ChatTarget, limit?: number): Stream.Stream<Message, MessagingError, Messaging> =>
  Page.stream((page) => listMessages(of, page), (message) => message.ref.id, limit)

/**
 * Every chat, page after page, deduplicated.
 *
 * @since 0.1.0
 * @category streams
 */
export const chats = (limit?: number): Stream.Stream<Chat, MessagingError, Messaging> =>
  Page.stream((page) => listChats(page), (chat) => chat.ref.id, limit)
