/** Defines how the past of a carrier is read. An application needs it after an outage, or when it changes its vendor. */
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { MessagingEvent } from "../events/MessagingEvent.ts"
import type { CarrierId } from "../names/CarrierId.ts"
import type { Handle, Phone } from "../names/Handle.ts"
import type { MessagingError } from "../outcome/MessagingError.ts"
import type { AccountList } from "./AccountLists.ts"
import * as Retry from "./execution/retry.ts"
import type { RetryPolicy } from "./OperationSignatures.ts"

/**
 * Somebody who opted out, as a carrier has it on record.
 *
 * @category models
 */
export interface OptOutRecord {
  /** Who opted out. */
  readonly handle: Handle
  /** When they said it, in epoch milliseconds; absent where the carrier does not say. */
  readonly saidAt?: number
  /** When the carrier noted it, in epoch milliseconds; absent where the carrier does not say. */
  readonly markedAt?: number
}

/**
 * A request that would send a message which the account has sent, on the vendor's own wire. `id` is the vendor's id of the message. `answer`
 * shows the chat, as the vendor's answer would. `at`: when the message was sent, in epoch milliseconds.
 *
 * @category models
 */
export interface PastCall {
  readonly id: string
  readonly method: "POST"
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
  readonly answer?: Readonly<Record<string, unknown>>
  readonly at?: number
}

/**
 * What a carrier can tell of the past. It only reads, and fails at the first page that cannot be read.
 *
 * @category models
 */
export interface CarrierHistory {
  /** The carrier. */
  readonly carrierId: CarrierId
  /** Everybody who opted out as far as the carrier can list them, page by page. Somebody may be there twice. */
  readonly optOuts: Stream.Stream<ReadonlyArray<OptOutRecord>, MessagingError>
  /**
   * The messages and status changes since a time (epoch milliseconds), page by page. They are the events that webhooks would have
   * brought. An event of a message has the same id as in its webhook, so that the application recognises an event that it already has.
   */
  readonly events: (since: number) => Stream.Stream<ReadonlyArray<MessagingEvent>, MessagingError>
  /**
   * The messages that the account has sent since a time (epoch milliseconds), page by page, as the requests that would send them. The messages
   * of a conversation are in the order in which they were sent. A message may come twice. It also holds what was sent from numbers that are no
   * lines of ours. Absent if the vendor has no list of messages.
   */
  readonly calls?: (since: number) => Stream.Stream<ReadonlyArray<PastCall>, MessagingError>
  /**
   * The lists of the whole account, in the order in which they must be read. They also hold what happened at numbers that are no lines
   * of ours. Absent if the vendor has none.
   */
  readonly lists?: ReadonlyArray<AccountList>
}

/**
 * What every carrier's history is made with.
 *
 * @category models
 */
export interface Options {
  /** The carrier's id. Default: the vendor's name. */
  readonly carrierId?: string
  /** Our numbers at the carrier. For other numbers of the account, only opt-outs are given. */
  readonly lines: ReadonlyArray<Phone>
  /** Our numbers at other carriers. */
  readonly ours?: ReadonlyArray<Phone>
  /** Words that opt out beside the usual ones, as the carrier's webhooks are read with. */
  readonly optOutWords?: ReadonlyArray<string>
  /** Words that opt in beside the usual ones, as the carrier's webhooks are read with. */
  readonly optInWords?: ReadonlyArray<string>
  /** When reads are repeated. Default: five times. */
  readonly retry?: RetryPolicy
}

/**
 * Repeats a read as a carrier's other reads are repeated.
 *
 * @category combinators
 */
export const reading = (policy?: RetryPolicy): <A>(read: Effect.Effect<A, MessagingError>) => Effect.Effect<A, MessagingError> => {
  const retry = Retry.make({ times: 5, ...policy })
  return (read) => Retry.repeat(read, retry, true)
}

/**
 * Whether an event is given to the application. An event of a number that is no line of ours is dropped, unless it is an opt-out.
 *
 * @category combinators
 */
export const isOurs = (lines: ReadonlySet<string>) => (event: MessagingEvent, number: string | undefined): boolean =>
  event._tag === "OptedOut" || number === undefined || lines.has(number)
