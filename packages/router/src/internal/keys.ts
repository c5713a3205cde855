/** Who has which idempotency key, in memory. A key whose delivery is not done has no end, so it is kept apart. */
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { ClaimRequest } from "../Ledger.ts"
import * as Expiring from "./expiring.ts"

/** `opened`: a delivery that was opened and is not there any more was done, since nothing else is forgotten. */
export interface Owner {
  readonly request: ClaimRequest
  readonly opened: boolean
}

export interface Keys {
  readonly find: (key: string, at: number) => Owner | undefined
  readonly claim: (request: ClaimRequest) => void
  /** The claim's delivery is opened. False, and nothing changes, if the key is not claimed for it. */
  readonly pin: (key: string, id: DeliveryId) => boolean
  /** The claim's delivery is done: the claim may end. */
  readonly unpin: (key: string, at: number) => void
  readonly release: (key: string, id: DeliveryId) => void
}

export const make = (capacity: number): Keys => {
  const pinned = new Map<string, Owner>()
  const ending = Expiring.make<string, Owner>(capacity)

  const unopened = (key: string, id: DeliveryId): Owner | undefined => {
    const owner = ending.get(key)
    return owner !== undefined && !owner.opened && owner.request.deliveryId === id ? owner : undefined
  }

  return {
    find: (key, at) => {
      const owner = pinned.get(key)
      if (owner !== undefined) return owner
      const other = ending.get(key)
      return other === undefined || other.request.expiresAt <= at ? undefined : other
    },
    claim: (request) => ending.set(request.key, { request, opened: false }, request.at, request.expiresAt),
    pin: (key, id) => {
      const owner = unopened(key, id)
      if (owner === undefined) return false
      ending.delete(key)
      pinned.set(key, { ...owner, opened: true })
      return true
    },
    unpin: (key, at) => {
      const owner = pinned.get(key)
      if (owner === undefined) return
      pinned.delete(key)
      ending.set(key, owner, at, owner.request.expiresAt)
    },
    release: (key, id) => {
      if (unopened(key, id) !== undefined) ending.delete(key)
    }
  }
}
