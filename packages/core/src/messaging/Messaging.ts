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
import type * as Stream from "effect/Stream"
import type { Carrier } from "../carrier/Carrier.ts"
import type { Chat } from "../content/Chat.ts"
import type { DeliveryReport } from "../content/DeliveryStatus.ts"
import type { MessageTarget } from "../content/Draft.ts"
import type { Message } from "../content/Message.ts"
import type { ChatTarget } from "../names/Conversation.ts"
import type { DeliveryId } from "../names/DeliveryId.ts"
import * as Page from "../names/Page.ts"
import type { Attempt, Delivery } from "../outcome/Delivery.ts"
import type { MessagingError } from "../outcome/MessagingError.ts"
import type { Outcome } from "../outcome/Outcome.ts"
import type { SendError } from "../outcome/SendError.ts"
import type { Backend, Facade, Prepared } from "./Backend.ts"
import * as Conclude from "./conclude.ts"
import * as FollowStatus from "./followStatus.ts"
import * as MessagingLive from "./messagingLive.ts"
import type { MessagingService, Options } from "./MessagingService.ts"

/**
 * @since 0.1.0
 * @category services
 */
export class Messaging extends Context.Tag("@interline/core/Messaging")<Messaging, MessagingService>() {}

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
  FollowStatus.followStatus(status(message), options)

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
