/** Keeps the deliveries of a ledger in memory by their phase, with their refs and likenesses. Each call is synchronous, so it is atomic. */
import * as BoundedMap from "@interline/core/BoundedMap"
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as MessageRef from "@interline/core/MessageRef"
import type { Outcome, Receipt } from "@interline/core/Outcome"
import type { State } from "../decision/Decision.ts"
import type { RouterEvent } from "../decision/RouterEvent.ts"
import { type Entry, mayStillArrive, rivalFor } from "./Ledger.ts"

interface MemoryDelivery {
  entry: Entry | undefined
  readonly events: Array<RouterEvent>
}

/** `capacity` in entries, `age` in milliseconds. */
export interface Bound {
  readonly capacity: number
  readonly age: number
}

export interface Parts {
  readonly done: Bound
  readonly refs: Bound
  readonly events: number
  readonly onDone: (entry: Entry) => void
}

export interface Deliveries {
  readonly find: (id: DeliveryId) => Entry | undefined
  /** Writes an entry unchanged. A delivery that was done and forgotten is stored again. */
  readonly write: (entry: Entry) => void
  /** Removes a delivery of which nothing has left, with its history. */
  readonly remove: (id: DeliveryId) => void
  readonly append: (id: DeliveryId, event: RouterEvent) => void
  readonly history: (id: DeliveryId) => ReadonlyArray<RouterEvent>
  readonly own: (ref: MessageRef.MessageRef, id: DeliveryId) => void
  readonly owner: (ref: string) => DeliveryId | undefined
  readonly rivals: (entry: Entry) => number
  readonly held: () => ReadonlyArray<Entry>
  readonly running: () => ReadonlyArray<Entry>
}

const places = {
  Idle: "running",
  Admitting: "running",
  Resting: "running",
  Sending: "running",
  Looking: "running",
  Held: "held",
  Done: "done"
} as const satisfies Record<State["phase"]["_tag"], string>

const placeOf = ({ state }: Entry) => places[state.phase._tag]

const entriesOf = (kept: ReadonlyMap<DeliveryId, MemoryDelivery>): ReadonlyArray<Entry> =>
  Array.from(kept.values()).flatMap(({ entry }) => entry ?? [])

const withoutAnswer = (receipt: Receipt): Receipt => {
  const { raw: _, ...rest } = receipt
  return rest
}

const withoutAnswers = (outcome: Outcome): Outcome => {
  if (outcome._tag !== "Accepted" && outcome._tag !== "Partial") return outcome
  const [first, ...others] = outcome.receipts
  return { ...outcome, receipts: [withoutAnswer(first), ...others.map(withoutAnswer)] }
}

/** Removes the plan and the vendors' raw answers from a delivery that is done. Nobody needs them then, and each is larger than the rest. */
const shrink = ({ progress: _, ...entry }: Entry): Entry => {
  const { result, taken } = entry.state
  return {
    ...entry,
    state: {
      ...entry.state,
      taken: taken.map(withoutAnswer),
      ...(result === undefined ? {} : { result: { ...result, outcome: withoutAnswers(result.outcome) } })
    }
  }
}

export const make = ({ done: doneBound, events: eventsKept, onDone, refs: refsBound }: Parts): Deliveries => {
  const running = new Map<DeliveryId, MemoryDelivery>()
  const held = new Map<DeliveryId, MemoryDelivery>()
  const done = BoundedMap.makeExpiring<DeliveryId, MemoryDelivery>(doneBound.capacity)
  const refs = BoundedMap.makeExpiring<string, DeliveryId>(refsBound.capacity)
  const likenesses = new Map<string, Set<DeliveryId>>()
  // deliveries that are done and may still arrive. `done` may have forgotten one of them, so look there too.
  const leftovers = BoundedMap.makeExpiring<string, Set<DeliveryId>>(doneBound.capacity)
  // the newest time of any write, because `own` gets no time from its caller
  let latest = 0

  const find = (id: DeliveryId): MemoryDelivery | undefined => running.get(id) ?? held.get(id) ?? done.get(id)

  const put = (kept: MemoryDelivery, id: DeliveryId, at: number): void => {
    const place = kept.entry === undefined ? "done" : placeOf(kept.entry)
    if (place === "running") running.set(id, kept)
    else if (place === "held") held.set(id, kept)
    else done.set(id, kept, at, at + doneBound.age)
  }

  const drop = (id: DeliveryId, place: ReturnType<typeof placeOf>): void => {
    if (place === "running") running.delete(id)
    else if (place === "held") held.delete(id)
    else done.delete(id)
  }

  const own = (ref: MessageRef.MessageRef, id: DeliveryId): void => {
    const key = MessageRef.format(ref)
    if (refs.get(key) === undefined) refs.set(key, id, latest, latest + refsBound.age)
  }

  const likenessKey = ({ conversation }: Entry, likeness: string): string => `${conversation}\n${likeness}`

  const list = (entry: Entry): void => {
    for (const likeness of entry.likenesses) {
      const key = likenessKey(entry, likeness)
      const ids = likenesses.get(key)
      if (ids === undefined) likenesses.set(key, new Set([entry.id]))
      else ids.add(entry.id)
    }
  }

  const listLeftover = (entry: Entry): void => {
    for (const likeness of entry.likenesses) {
      const key = likenessKey(entry, likeness)
      const ids = leftovers.get(key) ?? new Set()
      for (const id of ids) if (done.get(id) === undefined) ids.delete(id)
      leftovers.set(key, ids.add(entry.id), entry.updatedAt, entry.updatedAt + doneBound.age)
    }
  }

  const unlist = (entry: Entry): void => {
    for (const likeness of entry.likenesses) {
      const key = likenessKey(entry, likeness)
      const ids = likenesses.get(key)
      if (ids?.delete(entry.id) === true && ids.size === 0) likenesses.delete(key)
      leftovers.get(key)?.delete(entry.id)
    }
  }

  return {
    find: (id) => find(id)?.entry,
    write: (entry) => {
      const kept = find(entry.id) ?? { entry: undefined, events: [] }
      const before = kept.entry
      const place = placeOf(entry)
      if (entry.updatedAt > latest) latest = entry.updatedAt
      const from = before === undefined ? undefined : placeOf(before)
      // a delivery that so far has only a history is in `done`
      if (from !== place) drop(entry.id, from ?? "done")
      kept.entry = place === "done" ? shrink(entry) : entry
      put(kept, entry.id, entry.updatedAt)
      if (before !== undefined && mayStillArrive(before.state)) unlist(before)
      if (mayStillArrive(entry.state)) {
        if (place === "done") listLeftover(entry)
        else list(entry)
      }
      for (const receipt of entry.state.taken) own(receipt.ref, entry.id)
      for (const { receipt } of entry.state.proofs) own(receipt.ref, entry.id)
      for (const { receipt } of entry.state.behind) if (receipt !== undefined) own(receipt.ref, entry.id)
      if (place === "done" && from !== place) onDone(entry)
    },
    remove: (id) => {
      const entry = running.get(id)?.entry
      if (entry === undefined) return
      unlist(entry)
      running.delete(id)
    },
    append: (id, event) => {
      if (event.at > latest) latest = event.at
      const known = find(id)
      const kept: MemoryDelivery = known ?? { entry: undefined, events: [] }
      if (known === undefined) put(kept, id, event.at)
      kept.events.push(event)
      // keep the beginning and the end of a history, because the middle mostly repeats itself
      if (kept.events.length > eventsKept) kept.events.splice(Math.floor(eventsKept / 2), 1)
    },
    history: (id) => find(id)?.events.slice() ?? [],
    own,
    owner: refs.get,
    rivals: (entry) => {
      const others = new Set<DeliveryId>()
      for (const likeness of entry.likenesses) {
        const key = likenessKey(entry, likeness)
        for (const id of likenesses.get(key) ?? []) others.add(id)
        for (const id of leftovers.get(key) ?? []) {
          const other = done.get(id)?.entry
          if (other !== undefined && other.updatedAt + rivalFor > entry.createdAt) others.add(id)
        }
      }
      others.delete(entry.id)
      return others.size
    },
    held: () => entriesOf(held),
    running: () => entriesOf(running)
  }
}
