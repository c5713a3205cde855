/** Defines the back end of the `Messaging` service: one carrier, or a router over several carriers. */
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { Operations, SendRequest } from "../carrier/OperationSignatures.ts"
import type { StatusFact } from "../content/DeliveryStatus.ts"
import type { CarrierId } from "../names/CarrierId.ts"
import type { DeliveryId } from "../names/DeliveryId.ts"
import type { MessageRef } from "../names/MessageRef.ts"
import type { Problem } from "../names/Problem.ts"
import type { Delivery } from "../outcome/Delivery.ts"
import type { Receipt } from "../outcome/Outcome.ts"
import type { Forecast } from "../outcome/Plan.ts"
import type { SendError } from "../outcome/SendError.ts"
import type { CarrierSummary, MessagingService } from "./MessagingService.ts"

/**
 * A send as a back end gets it: well-formed, with its fidelity decided and its reply target resolved to a vendor's message.
 *
 * @category models
 */
export interface Prepared extends Pick<SendRequest, "conversation" | "draft" | "fidelity" | "replyTo" | "confirmsOptOut"> {
  /** The caller's idempotency key, if it gave one. */
  readonly key?: string
  /** The delivery that must have ended before this send begins. */
  readonly after?: DeliveryId
}

/**
 * A sent message of a delivery: the parts of the draft that it carries, and the facts of its receipt. A `Receipt` is also a slot.
 *
 * @category models
 */
export interface Slot extends Pick<Receipt, "ref" | "parts" | "status" | "service"> {
  /** What was reported of the message since. */
  readonly facts?: ReadonlyArray<StatusFact>
}

/**
 * What stands behind a `MessagingService`: one carrier, or a router over several.
 *
 * @category models
 */
export interface Backend {
  /** The carriers in use. */
  readonly carriers: ReadonlyArray<CarrierSummary>
  /** The carriers that are configured and not in use. */
  readonly idle?: ReadonlyArray<CarrierId>
  /** A plain object. Messages are named by vendors' refs, and the back end picks the carrier itself. */
  readonly operations: Operations<MessageRef>
  /**
   * The problems that this back end has with a send. It is called before the other members. A send with a problem fails as `Invalid`.
   */
  readonly check?: (prepared: Prepared) => ReadonlyArray<Problem>
  /**
   * Gets only what passed the checks. It answers for the carriers that a send may go by, in the order in which they are asked, or else for
   * exactly `ids`, which are among `carriers` and `idle`. It answers with problems if a send could go by no carrier.
   */
  readonly plan: (
    prepared: Prepared,
    ids?: ReadonlyArray<CarrierId>
  ) => Effect.Effect<ReadonlyArray<Forecast>, ReadonlyArray<Problem>>
  /** Gets only what passed the checks. It may answer with the id of an earlier delivery, when a key joins it. */
  readonly deliver: (deliveryId: DeliveryId, prepared: Prepared) => Effect.Effect<Delivery, SendError>
  /**
   * Reads from a store that outlives this process which messages of a delivery went out so far. None if the store does not have the
   * delivery. It is called for a delivery that is not in memory, and for a partial delivery, because more of it may have gone out since.
   */
  readonly recall?: (deliveryId: DeliveryId) => Effect.Effect<Option.Option<ReadonlyArray<Slot>>>
}

/**
 * A service, and the function that passes it the reports of carriers.
 *
 * @category models
 */
export interface Facade {
  /** The service. */
  readonly service: MessagingService
  /**
   * Takes facts in any order and any number of times, also before the send's own answer and about messages of others.
   * The newest are kept, as many as `Options.remember` says.
   */
  readonly recordStatus: (fact: StatusFact) => Effect.Effect<void>
}
