/**
 * The service that applications use: every operation, under whichever carrier the configuration names.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import type { Capabilities } from "./Capabilities.ts"
import type { Carrier, Operations } from "./Carrier.ts"
import type { CarrierId } from "./CarrierId.ts"
import type { Chat } from "./Chat.ts"
import type { ChatTarget, Conversation } from "./Conversation.ts"
import type { Delivery } from "./Delivery.ts"
import type { DeliveryReport } from "./DeliveryStatus.ts"
import type { Draft, Fidelity, MessageTarget } from "./Draft.ts"
import type { Phone } from "./Handle.ts"
import type { LineName } from "./Line.ts"
import * as internal from "./internal/messaging.ts"
import type { Message } from "./Message.ts"
import type { MessagingError } from "./MessagingError.ts"
import * as Page from "./Page.ts"
import type { Plan } from "./Plan.ts"
import type { Invalid, SendError } from "./SendError.ts"

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
 * @since 0.1.0
 * @category models
 */
export interface SendOptions {
  readonly fidelity?: Fidelity
}

/**
 * Every operation of every carrier, and the four that concern deliveries.
 *
 * `send` mints the delivery's id before any request leaves, and fails with what is certain: `Invalid` and `NotSent` mean
 * that nothing went out, `Partial` that some of it did, `Held` that it is not known. Without a key each call is a message
 * of its own: two equal texts are two messages.
 *
 * `plan` sends nothing and asks nobody; a chat that we do not know is planned as a new one. `status` asks the carrier and
 * folds the answer with everything heard before. `follow` does so again and again until the report is settled.
 *
 * @since 0.1.0
 * @category models
 */
export interface MessagingService extends Operations<MessageTarget> {
  readonly carriers: ReadonlyArray<CarrierSummary>
  readonly plan: (to: Conversation, draft: Draft, options?: SendOptions) => Effect.Effect<ReadonlyArray<Plan>, Invalid>
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
 * memory for later replies, reactions and status (default 10,000); older ones are addressed by their `MessageRef`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly fidelity?: Fidelity
  readonly remember?: number
}

/**
 * The service over one carrier.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromCarrier: (carrier: Carrier, options?: Options) => MessagingService = internal.fromCarrier

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
  internal.follow(status(message), options)

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
