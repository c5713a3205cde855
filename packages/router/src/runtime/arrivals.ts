/** Remembers which deliveries have come and which have their place in the order, and wakes what waits for one. The oldest are forgotten. */
import * as BoundedMap from "@interline/core/BoundedMap"
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Effect from "effect/Effect"

export interface Arrivals {
  /** `coming`: it is here, and gets its place in a moment. `placed`: what follows it may take the next place. */
  readonly find: (id: DeliveryId) => "coming" | "placed" | undefined
  readonly come: (id: DeliveryId) => void
  readonly place: (id: DeliveryId) => void
  /** It goes on in another process. If it comes back, it has no place here yet. */
  readonly forget: (id: DeliveryId) => void
  /** Waits until a delivery has its place. */
  readonly await: (id: DeliveryId) => Effect.Effect<void>
}

/** How many are remembered at least. */
const capacity = 10_000

export const make = (): Arrivals => {
  const known = BoundedMap.make<DeliveryId, "coming" | "placed">(capacity)
  const waiting = new Map<DeliveryId, Set<() => void>>()
  return {
    find: known.get,
    come: (id) => {
      if (known.get(id) === undefined) known.set(id, "coming")
    },
    place: (id) => {
      known.set(id, "placed")
      const woken = waiting.get(id)
      if (woken === undefined) return
      waiting.delete(id)
      for (const wake of woken) wake()
    },
    forget: known.delete,
    await: (id) =>
      Effect.async<void>((resume) => {
        if (known.get(id) === "placed") return resume(Effect.void)
        const wake = () => resume(Effect.void)
        const others = waiting.get(id)
        if (others === undefined) waiting.set(id, new Set([wake]))
        else others.add(wake)
        return Effect.sync(() => {
          const left = waiting.get(id)
          if (left?.delete(wake) === true && left.size === 0) waiting.delete(id)
        })
      })
  }
}
