/** The service that applications use: every operation, under whichever carrier the configuration names. */
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
 * The tag of the one service that applications send by.
 *
 * @category services
 */
export class Messaging extends Context.Tag("@interline/core/Messaging")<Messaging, MessagingService>() {}

/**
 * The service over a back end. Validation, delivery ids, and everything that is addressed by them (replies, reactions,
 * edits, status, deletion) are the same over every back end.
 *
 * @category constructors
 */
export const make: (backend: Backend, options?: Options) => Facade = MessagingLive.make

/**
 * What a back end answers when a send has ended with this outcome. After several attempts, which outcome counts is the
 * back end's decision. The carrier of the delivery is the one that named its first message.
 *
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
 * @category constructors
 */
export const fromCarrier: (carrier: Carrier, options?: Options) => MessagingService = MessagingLive.fromCarrier

/**
 * The service over the carrier that a tag provides, such as `Linq.Linq`.
 *
 * @category layers
 */
export const layer = <I>(carrier: Context.Tag<I, Carrier>, options?: Options): Layer.Layer<Messaging, never, I> =>
  Layer.effect(Messaging, Effect.map(carrier, (carrier) => fromCarrier(carrier, options)))

const accessors = Effect.serviceFunctions(Messaging)

export const {
  /**
   * Adds a person to a group.
   *
   * @category accessors
   */
  addParticipant,
  /**
   * Adds options to a poll.
   *
   * @category accessors
   */
  addPollOptions,
  /**
   * Blocks a person or sender at the carrier.
   *
   * @category accessors
   */
  block,
  /**
   * Subscribes a URL to events.
   *
   * @category accessors
   */
  createWebhook,
  /**
   * Deletes a stored file.
   *
   * @category accessors
   */
  deleteAttachment,
  /**
   * Deletes the carrier's record of a message; phones keep it.
   *
   * @category accessors
   */
  deleteRecord,
  /**
   * Deletes a webhook subscription.
   *
   * @category accessors
   */
  deleteWebhook,
  /**
   * Replaces the text of a part that was sent.
   *
   * @category accessors
   */
  edit,
  /**
   * Reads what the carrier knows of a stored file.
   *
   * @category accessors
   */
  getAttachment,
  /**
   * Reads one chat with its participants and health.
   *
   * @category accessors
   */
  getChat,
  /**
   * Reads a line's contact card.
   *
   * @category accessors
   */
  getContactCard,
  /**
   * Reads where the people of a conversation are, as far as they share it.
   *
   * @category accessors
   */
  getLocations,
  /**
   * Reads one message and its delivery status.
   *
   * @category accessors
   */
  getMessage,
  /**
   * Reads a poll with its votes.
   *
   * @category accessors
   */
  getPoll,
  /**
   * Leaves a group.
   *
   * @category accessors
   */
  leaveChat,
  /**
   * Lists the people and senders whom the account blocked.
   *
   * @category accessors
   */
  listBlocked,
  /**
   * Lists the chats of a line.
   *
   * @category accessors
   */
  listChats,
  /**
   * Lists the account's lines with their health.
   *
   * @category accessors
   */
  listLines,
  /**
   * Lists the messages of a conversation.
   *
   * @category accessors
   */
  listMessages,
  /**
   * Lists the replies around a message.
   *
   * @category accessors
   */
  listThread,
  /**
   * Lists webhook subscriptions.
   *
   * @category accessors
   */
  listWebhooks,
  /**
   * Asks which service a handle can be reached by.
   *
   * @category accessors
   */
  lookupService,
  /**
   * Marks a conversation as read.
   *
   * @category accessors
   */
  markRead,
  /**
   * Moves a sticker of ours on a message.
   *
   * @category accessors
   */
  moveSticker,
  /**
   * Shows which requests a draft becomes and what is lost, and sends nothing.
   *
   * @category accessors
   */
  plan,
  /**
   * Puts a reaction or a sticker on a message.
   *
   * @category accessors
   */
  react,
  /**
   * Removes a person from a group.
   *
   * @category accessors
   */
  removeParticipant,
  /**
   * Asks a person to share their location.
   *
   * @category accessors
   */
  requestLocation,
  /**
   * Sends a draft to a conversation.
   *
   * @category accessors
   */
  send,
  /**
   * Sends a poll to a conversation that has begun.
   *
   * @category accessors
   */
  sendPoll,
  /**
   * Sends audio as a voice memo bubble.
   *
   * @category accessors
   */
  sendVoiceMemo,
  /**
   * Creates or changes a line's contact card.
   *
   * @category accessors
   */
  setContactCard,
  /**
   * Sets or clears a line's call forwarding.
   *
   * @category accessors
   */
  setForwarding,
  /**
   * Records at the carrier that a person opted out or in.
   *
   * @category accessors
   */
  setOptOut,
  /**
   * Offers the line's contact card to a conversation.
   *
   * @category accessors
   */
  shareContactCard,
  /**
   * Shows the typing indicator.
   *
   * @category accessors
   */
  startTyping,
  /**
   * Reads how far a message got.
   *
   * @category accessors
   */
  status,
  /**
   * Ends a person's sharing of their location with us.
   *
   * @category accessors
   */
  stopLocation,
  /**
   * Hides the typing indicator.
   *
   * @category accessors
   */
  stopTyping,
  /**
   * Ends the block of a person or sender.
   *
   * @category accessors
   */
  unblock,
  /**
   * Takes a reaction of ours off a message.
   *
   * @category accessors
   */
  unreact,
  /**
   * Renames a group or changes its icon.
   *
   * @category accessors
   */
  updateChat,
  /**
   * Changes a webhook subscription.
   *
   * @category accessors
   */
  updateWebhook,
  /**
   * Stores a file at the carrier for later sends.
   *
   * @category accessors
   */
  uploadAttachment,
  /**
   * Gives or takes back our vote for one option of a poll.
   *
   * @category accessors
   */
  voteInPoll
} = accessors

/**
 * How `follow` asks: every `every` (default 1 second), at most `times` times (default 60), until the report is settled.
 *
 * @category models
 */
export interface FollowOptions {
  readonly every?: Duration.DurationInput
  readonly times?: number
}

/**
 * The delivery's reports, each one that differs from the one before, ending when it is settled or after `times` questions.
 *
 * @category accessors
 */
export const follow = (message: MessageTarget, options?: FollowOptions): Stream.Stream<DeliveryReport, MessagingError, Messaging> =>
  FollowStatus.followStatus(status(message), options)

/**
 * Every message of a conversation, page after page, deduplicated.
 *
 * @category accessors
 */
export const messages = (of: ChatTarget, limit?: number): Stream.Stream<Message, MessagingError, Messaging> =>
  Page.stream((page) => listMessages(of, page), (message) => message.ref.id, limit)

/**
 * Every chat, page after page, deduplicated.
 *
 * @category accessors
 */
export const chats = (limit?: number): Stream.Stream<Chat, MessagingError, Messaging> =>
  Page.stream((page) => listChats(page), (chat) => chat.ref.id, limit)
