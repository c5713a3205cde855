/** What an application can ask `Messaging` for, as types: the service, and the options of a send, of a plan and of the service itself. */
import type * as Effect from "effect/Effect"
import type { Capabilities } from "../carrier/Capabilities.ts"
import type { Operations } from "../carrier/OperationSignatures.ts"
import type { DeliveryReport } from "../content/DeliveryStatus.ts"
import type { Draft, Fidelity, MessageTarget } from "../content/Draft.ts"
import type { CarrierId } from "../names/CarrierId.ts"
import type { Conversation } from "../names/Conversation.ts"
import type { DeliveryId } from "../names/DeliveryId.ts"
import type { Phone } from "../names/Handle.ts"
import type { LineName } from "../names/Line.ts"
import type { Delivery } from "../outcome/Delivery.ts"
import type { MessagingError } from "../outcome/MessagingError.ts"
import type { Forecast } from "../outcome/Plan.ts"
import type { Invalid, SendError } from "../outcome/SendError.ts"

/**
 * What an application may ask about a configured carrier.
 *
 * @category models
 */
export interface CarrierSummary {
  /** The carrier's id in this application. */
  readonly id: CarrierId
  /** The vendor's name. */
  readonly vendor: string
  /** What the vendor can do. */
  readonly capabilities: Capabilities
  /** Our numbers at this carrier, by line. */
  readonly lines: ReadonlyMap<LineName, Phone>
}

/**
 * What may be said of one send.
 *
 * @category models
 */
export interface SendOptions {
  /** Whether losses are accepted. The draft's own wins; the default of the service comes last. */
  readonly fidelity?: Fidelity
  /**
   * The caller's own idempotency key: 1 to 255 printable ASCII characters. A send under a key that was used before,
   * to the same conversation with the same draft, joins the first while it runs and then gives its result, under the
   * first's delivery id. Another conversation or draft under that key fails as `Invalid` with the rule `key`. It
   * takes a ledger: over one carrier alone (`fromCarrier`, `layer`) every key is refused so, before anything leaves.
   */
  readonly key?: string
  /**
   * A delivery of the same conversation that must have ended before this send begins: sent, refused or held. It gives an order to sends that
   * race in several processes. The wait counts against the deadline of this send. An id that is not known, or that is of another
   * conversation, fails as `Invalid` with the rule `after`. Under a key it does not matter: the first send under the key says what it waits
   * for. It takes a ledger, as a key does.
   */
  readonly after?: DeliveryId
  /**
   * This text confirms the recipient's own opt-out, the one text that may still go to somebody who opted out (47 CFR
   * 64.1200(a)(12)). It goes out only to a person whose own word opted them out at that carrier within the last five
   * minutes, once for each opt-out, as one plain text, and only by a carrier that documents a way. The suppression
   * list decides, and records that it went. Whatever is not certain to be allowed is refused. It is never repeated
   * and never sent by another carrier. The opt-out stands. Default: false.
   */
  readonly confirmsOptOut?: boolean
}

/**
 * What may be said of a plan: what may be said of a send, and whose plans are wanted.
 *
 * @category models
 */
export interface PlanOptions extends SendOptions {
  /**
   * One carrier or several, also one that is configured and that the policy does not use. Default: every carrier that a
   * send may go by.
   */
  readonly carrier?: CarrierId | ReadonlyArray<CarrierId>
}

/**
 * Every operation of every carrier, and what concerns deliveries.
 *
 * @category models
 */
export interface MessagingService extends Operations<MessageTarget> {
  /** The carriers that are in use. */
  readonly carriers: ReadonlyArray<CarrierSummary>
  /**
   * What a send would do now, for each carrier in the order in which they would be asked. It sends nothing and asks nobody. `Barred` has the
   * error that the send would give without asking the carrier: somebody opted out, or the line may not be used now. What only the carrier
   * knows is not in it. A chat that we do not know is planned as a new one. It fails as the send would if no carrier may be asked.
   */
  readonly plan: (to: Conversation, draft: Draft, options?: PlanOptions) => Effect.Effect<ReadonlyArray<Forecast>, Invalid>
  /**
   * Sends a draft. It mints the delivery's id before any request leaves, and fails with what is certain: `Invalid`
   * and `NotSent` mean that nothing went out, `Partial` that some of it did, `Held` that it is not known. Without a
   * key each call is a message of its own: two equal texts are two messages.
   */
  readonly send: (to: Conversation, draft: Draft, options?: SendOptions) => Effect.Effect<Delivery, SendError>
  /** Asks the carrier how far a message got, and joins the answer with everything that was reported before. */
  readonly status: (message: MessageTarget) => Effect.Effect<DeliveryReport, MessagingError>
}

/**
 * How the service treats sends, and what it remembers.
 *
 * @category models
 */
export interface Options {
  /** For drafts and sends that do not say. Default: `adapt`. */
  readonly fidelity?: Fidelity
  /**
   * How many deliveries are kept in memory for later replies, reactions and status, and of how many messages the
   * reports are kept. Older deliveries are addressed by their `MessageRef`, unless the back end recalls them.
   * Default: 10,000.
   */
  readonly remember?: number
  /**
   * Our numbers beside those of the carriers' lines: at carriers that are not in use, say. Nothing is sent to any of
   * them, and none becomes a member of a group.
   */
  readonly ours?: ReadonlyArray<Phone>
}
