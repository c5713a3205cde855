/**
 * Keeps the epoch of each shard in memory, and who may write which delivery. Each call is synchronous, so it is atomic. Times are on the ledger's
 * clock.
 */
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Option from "effect/Option"
import type { Claim, ClaimRequest, Entry, Opening, TakenOver } from "./Ledger.ts"
import type { Deliveries } from "./memoryDeliveries.ts"
import type { Keys } from "./memoryKeys.ts"
import * as Shard from "./Shard.ts"

export interface Owners {
  readonly claim: (request: ClaimRequest, now: number) => Claim
  readonly keyed: (key: string, now: number) => Option.Option<DeliveryId>
  readonly release: (entry: Entry) => void
  /** `until`: when the delivery must have begun. */
  readonly open: (entry: Entry, until: number) => Opening
  readonly save: (entry: Entry) => boolean
  readonly acquire: (shards: ReadonlyArray<number>) => ReadonlyMap<number, number>
  readonly leftBehind: (shards: ReadonlyArray<number>, limit: number) => ReadonlyArray<Entry>
  /** `at`: when the delivery was changed, in epoch milliseconds. */
  readonly adopt: (entry: Entry, epoch: number, at: number, now: number) => Option.Option<TakenOver>
  /** The delivery is done, so it does not matter any more when it may begin. */
  readonly end: (id: DeliveryId) => void
}

type Aged = Pick<Entry, "createdAt" | "id">

/** The order of lists: the oldest first. */
export const byAge = (left: Aged, right: Aged): number =>
  left.createdAt - right.createdAt || (left.id < right.id ? -1 : left.id > right.id ? 1 : 0)

export const oldestFirst = (limit: number, entries: ReadonlyArray<Entry>): ReadonlyArray<Entry> => entries.toSorted(byAge).slice(0, limit)

export const make = (deliveries: Deliveries, keys: Keys): Owners => {
  /** For each delivery that is not done: until when it may begin. */
  const untils = new Map<DeliveryId, number>()
  /** The latest epoch of each shard that somebody has taken. */
  const epochs = new Map<number, number>()

  const epochOf = ({ conversation }: Entry): number => epochs.get(Shard.of(conversation)) ?? 0

  const write = (entry: Entry, until: number): void => {
    untils.set(entry.id, until)
    deliveries.write(entry)
  }

  const claim = ({ entry, fingerprint, keepFor, within }: ClaimRequest, now: number): Claim => {
    const owner = keys.find(entry.key, now)
    if (owner === undefined) {
      if (entry.epoch !== epochOf(entry)) return { _tag: "Fenced" }
      keys.claim(entry.key, { deliveryId: entry.id, fingerprint, expiresAt: now + keepFor })
      write(entry, now + within)
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
    untils.delete(id)
    deliveries.remove(id)
  }

  const open = (entry: Entry, until: number): Opening => {
    if (entry.key !== undefined || deliveries.find(entry.id) !== undefined) return "Exists"
    if (entry.epoch !== epochOf(entry)) return "Fenced"
    write(entry, until)
    return "Opened"
  }

  const save = (entry: Entry): boolean => {
    if (deliveries.find(entry.id)?.version !== entry.version) return false
    deliveries.write({ ...entry, version: entry.version + 1 })
    return true
  }

  const acquire = (shards: ReadonlyArray<number>): ReadonlyMap<number, number> =>
    new Map(shards.map((shard) => {
      const epoch = (epochs.get(shard) ?? 0) + 1
      epochs.set(shard, epoch)
      return [shard, epoch]
    }))

  const leftBehind = (shards: ReadonlyArray<number>, limit: number): ReadonlyArray<Entry> => {
    const wanted = new Set(shards)
    return oldestFirst(
      limit,
      deliveries.running().filter((entry) => entry.epoch < epochOf(entry) && wanted.has(Shard.of(entry.conversation)))
    )
  }

  const adopt = ({ id, version }: Entry, epoch: number, at: number, now: number): Option.Option<TakenOver> => {
    const known = deliveries.find(id)
    if (known === undefined || known.version !== version || known.state.phase._tag === "Done" || epochOf(known) !== epoch) {
      return Option.none()
    }
    const entry: Entry = { ...known, epoch, updatedAt: at, version: version + 1 }
    deliveries.write(entry)
    return Option.some({ entry, left: (untils.get(id) ?? now) - now })
  }

  const keyed = (key: string, now: number) => Option.map(Option.fromNullable(keys.find(key, now)), ({ deliveryId }) => deliveryId)

  return { claim, keyed, release, open, save, acquire, leftBehind, adopt, end: (id) => void untils.delete(id) }
}
