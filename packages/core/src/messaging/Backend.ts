/**
 * What stands behind the `Messaging` service, as types: one carrier, or a router over several.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { Operations, SendRequest } from "../carrier/Operations.ts"
import type { StatusFact } from "../content/DeliveryStatus.ts"
import type { CarrierId } from "../names/CarrierId.ts"
import type { DeliveryId } from "../names/DeliveryId.ts"
import type { MessageRef } from "../names/MessageRef.ts"
import type { Problem } from "../names/Problem.ts"
import type { Delivery } from "../outcome/Delivery.ts"
import type { Receipt } from "../outcome/Outcome.ts"
import type { Plan } from "../outcome/Plan.ts"
import type { SendError } from "../outcome/SendError.ts"
import type { CarrierSummary, MessagingService } from "./MessagingService.ts"

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
  readonly recordStatus: (fact: StatusFact) => Effect.Effect<void>
}
