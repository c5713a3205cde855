/** Keeps the owner and the lease of each delivery in memory. Each call is synchronous, so it is atomic. Times are on the ledger's clock. */
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Option from "effect/Option"
import type { Claim, ClaimRequest, Entry } from "./Ledger.ts"
import type { Deliveries } from "./memoryDeliveries.ts"
import type { Keys } from "./memoryKeys.ts"

export interface Leases {
  readonly claim: (request: ClaimRequest, now: number) => Claim
  readonly release: (entry: Entry) => void
  readonly open: (entry: Entry, leaseUntil: number) => boolean
  /** Without `leaseUntil` the lease stays as it is. */
  readonly save: (entry: Entry, leaseUntil: number | undefined) => boolean
  readonly renew: (ids: ReadonlyArray<DeliveryId>, owner: string, leaseUntil: number) => ReadonlyMap<DeliveryId, number>
  readonly orphans: (now: number, limit: number) => ReadonlyArray<Entry>
  /** `at`: when the delivery was changed, in epoch milliseconds. */
  readonly adopt: (id: DeliveryId, owner: string, lease: number, at: number, now: number) => Option.Option<Entry>
  /** The delivery is done, so its lease is forgotten. */
  readonly end: (id: DeliveryId) => void
}

export const oldestFirst = (limit: number, entries: ReadonlyArray<Entry>, time: (entry: Entry) => number): ReadonlyArray<Entry> =>
  entries.toSorted((left, right) => time(left) - time(right) || (left.id < right.id ? -1 : 1)).slice(0, limit)

export const make = (deliveries: Deliveries, keys: Keys): Leases => {
  /** For each delivery that is not done: when its lease ends. */
  const leases = new Map<DeliveryId, number>()

  const write = (entry: Entry, leaseUntil: number | undefined): void => {
    if (leaseUntil !== undefined) leases.set(entry.id, leaseUntil)
    deliveries.write(entry)
  }

  const claim = ({ entry, fingerprint, keepFor, lease }: ClaimRequest, now: number): Claim => {
    const owner = keys.find(entry.key, now)
    if (owner === undefined) {
      keys.claim(entry.key, { deliveryId: entry.id, fingerprint, expiresAt: now + keepFor })
      write(entry, now + lease)
      return { _tag: "Owned" }
    }
    const { deliveryId } = owner
    if (fingerprint !== owner.fingerprint) return { _tag: "Conflict", deliveryId }
    const known = deliveries.find(deliveryId)
    return { _tag: known === undefined || known.state.result !== undefined ? "Done" : "InFlight", deliveryId }
  }

  const release = ({ id, key, version }: Entry): void => {
    const known = deliveries.find(id)
    if (key === undefined || known?.version !== version || known.state.phase._tag === "Held") return
    keys.release(key, id)
    if (known.state.phase._tag === "Done") return
    leases.delete(id)
    deliveries.remove(id)
  }

  const open = (entry: Entry, leaseUntil: number): boolean => {
    if (entry.key !== undefined || deliveries.find(entry.id) !== undefined) return false
    write(entry, leaseUntil)
    return true
  }

  const save = (entry: Entry, leaseUntil: number | undefined): boolean => {
    if (deliveries.find(entry.id)?.version !== entry.version) return false
    write({ ...entry, version: entry.version + 1 }, leaseUntil)
    return true
  }

  const leaseOf = (id: DeliveryId): number => leases.get(id) ?? Number.POSITIVE_INFINITY

  const renew = (ids: ReadonlyArray<DeliveryId>, owner: string, leaseUntil: number): ReadonlyMap<DeliveryId, number> => {
    const versions = new Map<DeliveryId, number>()
    for (const id of ids) {
      const entry = deliveries.find(id)
      if (entry?.owner !== owner || entry.state.phase._tag === "Done") continue
      leases.set(id, leaseUntil)
      versions.set(id, entry.version)
    }
    return versions
  }

  const orphans = (now: number, limit: number): ReadonlyArray<Entry> =>
    oldestFirst(limit, deliveries.running().filter(({ id }) => leaseOf(id) <= now), ({ id }) => leaseOf(id))

  const adopt = (id: DeliveryId, owner: string, lease: number, at: number, now: number): Option.Option<Entry> => {
    const entry = deliveries.find(id)
    if (entry === undefined || entry.state.phase._tag === "Done" || leaseOf(id) > now) return Option.none()
    const adopted: Entry = { ...entry, owner, updatedAt: at, version: entry.version + 1 }
    write(adopted, now + lease)
    return Option.some(adopted)
  }

  return { claim, release, open, save, renew, orphans, adopt, end: (id) => void leases.delete(id) }
}
