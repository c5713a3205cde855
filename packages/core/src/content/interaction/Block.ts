/** A person or sender whom an account of a carrier has blocked. */
import * as Schema from "effect/Schema"
import { CarrierId } from "../../names/CarrierId.ts"
import { Peer } from "../../names/Peer.ts"
import { optional } from "../../runtime/Optional.ts"

/**
 * One entry of a carrier's list. `at` is when it was blocked, as the carrier writes it; `reason` is the note that was given then.
 *
 * @category models
 */
export const Block = Schema.Struct({ carrierId: CarrierId, peer: Peer, at: optional(Schema.String), reason: optional(Schema.String) })

/** @category models */
export interface Block extends Schema.Schema.Type<typeof Block> {}
