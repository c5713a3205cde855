/** The configured carriers by id. Two carriers with one id fail at start; a layer per carrier would silently lose one. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Carrier } from "../carrier/Carrier.ts"
import { CarrierId } from "../names/CarrierId.ts"

/**
 * All configured carriers, by their ids.
 *
 * @category services
 */
export class Carriers extends Context.Tag("@interline/core/Carriers")<Carriers, ReadonlyMap<CarrierId, Carrier>>() {}

/**
 * Two configured carriers share an id.
 *
 * @category errors
 */
export class DuplicateCarrier extends Schema.TaggedError<DuplicateCarrier>("@interline/core/DuplicateCarrier")("DuplicateCarrier", {
  carrierId: CarrierId
}) {
  override get message(): string {
    return `two carriers are configured with the id "${this.carrierId}"; give one of them another carrierId`
  }
}

/**
 * Makes the map of carriers. Fails if two carriers have the same id.
 *
 * @category constructors
 */
export const make = (carriers: Iterable<Carrier>): Effect.Effect<ReadonlyMap<CarrierId, Carrier>, DuplicateCarrier> =>
  Effect.suspend(() => {
    const byId = new Map<CarrierId, Carrier>()
    for (const carrier of carriers) {
      if (byId.has(carrier.id)) return Effect.fail(new DuplicateCarrier({ carrierId: carrier.id }))
      byId.set(carrier.id, carrier)
    }
    return Effect.succeed(byId)
  })
