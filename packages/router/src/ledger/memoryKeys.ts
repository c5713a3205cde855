/** Keeps the idempotency keys in memory. A key cannot end before its delivery is done, so the keys of open deliveries are kept apart. */
import * as BoundedMap from "@interline/core/BoundedMap"
import type { DeliveryId } from "@interline/core/DeliveryId"

/** `expiresAt` is on the ledger's clock. */
export interface Owner {
  readonly deliveryId: DeliveryId
  readonly fingerprint: string
  readonly expiresAt: number
}

export interface Keys {
  /** The owner of the key at `at`. Its delivery may be forgotten already. Then the delivery was done. */
  readonly find: (key: string, at: number) => Owner | undefined
  readonly claim: (key: string, owner: Owner) => void
  /** The delivery of the claim is done, so the claim may end. */
  readonly unpin: (key: string, id: DeliveryId, at: number) => void
  readonly release: (key: string, id: DeliveryId) => void
}

export const make = (capacity: number): Keys => {
  const pinned = new Map<string, Owner>()
  const ending = BoundedMap.makeExpiring<string, Owner>(capacity)

  return {
    find: (key, at) => {
      const owner = pinned.get(key)
      if (owner !== undefined) return owner
      const other = ending.get(key)
      return other === undefined || other.expiresAt <= at ? undefined : other
    },
    claim: (key, owner) => {
      ending.delete(key)
      pinned.set(key, owner)
    },
    unpin: (key, id, at) => {
      const owner = pinned.get(key)
      if (owner?.deliveryId !== id) return
      pinned.delete(key)
      ending.set(key, owner, at, owner.expiresAt)
    },
    release: (key, id) => {
      if (pinned.get(key)?.deliveryId === id) pinned.delete(key)
      else if (ending.get(key)?.deliveryId === id) ending.delete(key)
    }
  }
}
