/** Implements the ledger in memory. It is fast, atomic and bounded. Its content is lost when the process ends. */
import * as BoundedMap from "@interline/core/BoundedMap"
import type { CarrierId } from "@interline/core/CarrierId"
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { Handle } from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import * as Time from "@interline/core/Time"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { type Absence, type Binding, type Contact, Ledger, type LedgerService } from "./Ledger.ts"
import * as MemoryDeliveries from "./memoryDeliveries.ts"
import * as MemoryKeys from "./memoryKeys.ts"
import * as MemoryOwners from "./memoryOwners.ts"
import * as Shard from "./Shard.ts"

/**
 * How much is kept. The newest `capacity` entries are kept at least while they are younger than `age`. At most twice as many are kept.
 *
 * @category models
 */
export interface Bound {
  /** So many of the newest entries are kept at least, while they are younger than `age`. At most twice as many are kept. */
  readonly capacity: number
  /** How long they are kept at least. */
  readonly age: Duration.DurationInput
}

/**
 * How much is kept of each kind. The bounds do not hold for a delivery that is not done: it is always kept, with its history and key.
 *
 * @category models
 */
export interface Options {
  /** Deliveries that are done. Default: 20,000 for 7 days. */
  readonly deliveries?: Bound
  /** How many events of one delivery's history are kept: the first half and the newest half. Default: 100. */
  readonly events?: number
  /** How many idempotency keys are kept. Each has its own end. Default: 100,000. */
  readonly keys?: number
  /** Which delivery a vendor's message belongs to. Default: 100,000 for 7 days. */
  readonly refs?: Bound
  /** The bindings of conversations. A conversation whose binding is forgotten is free again. Default: 100,000 for 90 days. */
  readonly bindings?: Bound
  /** The contacts between people and lines. A person whose contact is forgotten is a new contact. Default: 100,000 for 90 days. */
  readonly contacts?: Bound
  /** How many messages that were taken for not sent are kept, the newest. Default: 1,000. */
  readonly absences?: number
  /** Ids of events, so that a repeated event is recognised. Default: 100,000 for 7 days. */
  readonly seen?: Bound
}

/**
 * The default bounds: 20,000 deliveries for a week, 100 events of each, 100,000 keys, 100,000 refs
 * for a week, 100,000 bindings and as many contacts for 90 days, 100,000 event ids for a week, 1,000 absences.
 *
 * @category models
 */
export const defaults = {
  deliveries: { capacity: 20_000, age: "7 days" },
  events: 100,
  keys: 100_000,
  refs: { capacity: 100_000, age: "7 days" },
  bindings: { capacity: 100_000, age: "90 days" },
  contacts: { capacity: 100_000, age: "90 days" },
  seen: { capacity: 100_000, age: "7 days" },
  absences: 1_000
} as const satisfies Required<Options>

const inMillis = ({ age, capacity }: Bound) => ({ capacity, age: Duration.toMillis(age) })

const nobody: Contact = { inboundAt: undefined, outboundAt: undefined }

const later = (known: number | undefined, at: number): number => known === undefined ? at : Math.max(known, at)

// neither a carrier's id nor a line's name can hold a line feed
const contactKey = (carrierId: CarrierId, line: LineName, handle: Handle): string => `${carrierId}\n${line}\n${handle}`

const absenceKey = (id: DeliveryId, generation: number): string => `${id}:${generation}`

const makeAbsences = (capacity: number): Pick<LedgerService, "noteAbsence" | "absences" | "endAbsence"> => {
  const kept = new Map<string, Absence>()

  const note = (absence: Absence): void => {
    const key = absenceKey(absence.id, absence.generation)
    if (kept.has(key)) return
    kept.set(key, absence)
    const [first] = kept.keys()
    if (kept.size > capacity && first !== undefined) kept.delete(first)
  }

  const list = (limit: number, shards: ReadonlySet<number> | undefined): ReadonlyArray<Absence> =>
    Array.from(kept.values())
      .filter(({ shard }) => shards === undefined || shards.has(shard))
      .sort((left, right) => left.since - right.since)
      .slice(0, limit)

  return {
    noteAbsence: (absence) => Effect.sync(() => note(absence)),
    absences: (limit, shards) => Effect.sync(() => list(limit, shards)),
    endAbsence: (id, generation) => Effect.sync(() => void kept.delete(absenceKey(id, generation)))
  }
}

/**
 * Makes a new ledger in memory.
 *
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<LedgerService> =>
  Effect.sync(() => {
    const settings: Required<Options> = { ...defaults, ...options }
    const keys = MemoryKeys.make(settings.keys)
    const deliveries = MemoryDeliveries.make({
      done: inMillis(settings.deliveries),
      refs: inMillis(settings.refs),
      events: settings.events,
      onDone: ({ id, key }) => {
        owners.end(id)
        if (key !== undefined) keys.unpin(key, id, latest)
      }
    })
    const owners = MemoryOwners.make(deliveries, keys)
    /** When the ledger was last asked, on a clock that cannot be set. */
    let latest = 0
    // reads the fiber's clock directly, because every send asks the ledger several times and each Effect step costs time
    const timed = <A>(operation: (now: number) => A): Effect.Effect<A> =>
      Effect.withFiberRuntime((fiber) => {
        latest = Time.steadyMillis(Context.get(fiber.getFiberRef(DefaultServices.currentServices), Clock.Clock))
        return Effect.succeed(operation(latest))
      })
    const bindings = BoundedMap.makeExpiring<string, Binding>(settings.bindings.capacity)
    const bindingAge = Duration.toMillis(settings.bindings.age)
    const contacts = BoundedMap.makeExpiring<string, Contact>(settings.contacts.capacity)
    const contactAge = Duration.toMillis(settings.contacts.age)
    const seen = BoundedMap.makeExpiring<string, true>(settings.seen.capacity)
    const seenAge = Duration.toMillis(settings.seen.age)

    const bind = (conversation: string, binding: Omit<Binding, "version">, expected: number): boolean => {
      if ((bindings.get(conversation)?.version ?? 0) !== expected) return false
      bindings.set(conversation, { ...binding, version: expected + 1 }, binding.at, binding.at + bindingAge)
      return true
    }

    const touch = (key: string, way: "inbound" | "outbound", at: number): void => {
      const known = contacts.get(key) ?? nobody
      const contact: Contact = way === "inbound"
        ? { ...known, inboundAt: later(known.inboundAt, at) }
        : {
          ...known,
          outboundAt: later(known.outboundAt, at),
          sent: (known.sent ?? 0) + (known.outboundAt === undefined || known.outboundAt < at ? 1 : 0)
        }
      contacts.set(key, contact, at, at + contactAge)
    }

    const first = (key: string, at: number): boolean => {
      if (seen.get(key) !== undefined) return false
      seen.set(key, true, at, at + seenAge)
      return true
    }

    return {
      ...makeAbsences(settings.absences),
      claim: (request) => timed((now) => owners.claim(request, now)),
      keyed: (key) => timed((now) => owners.keyed(key, now)),
      release: (entry) => Effect.sync(() => owners.release(entry)),
      open: (entry, within) => timed((now) => owners.open(entry, now + within)),
      save: (entry) => timed(() => owners.save(entry)),
      read: (id) => Effect.sync(() => Option.fromNullable(deliveries.find(id))),
      append: (id, events) =>
        Effect.sync(() => {
          for (const event of events) deliveries.append(id, event)
        }),
      history: (id) => Effect.sync(() => deliveries.history(id)),
      own: (ref, id) => Effect.sync(() => deliveries.own(ref, id)),
      owners: (refs) =>
        Effect.sync(() =>
          new Map(refs.flatMap((ref) => {
            const key = MessageRef.format(ref)
            const id = deliveries.owner(key)
            return id === undefined ? [] : [[key, id] as const]
          }))
        ),
      rivals: (entry) => Effect.sync(() => deliveries.rivals(entry)),
      held: (limit, shards, after) =>
        Effect.sync(() =>
          MemoryOwners.oldestFirst(
            limit,
            deliveries.held().filter((entry) =>
              (shards === undefined || shards.has(Shard.of(entry.conversation))) &&
              (after === undefined || MemoryOwners.byAge(entry, after) > 0)
            )
          )
        ),
      acquire: (shards) => Effect.sync(() => owners.acquire(shards)),
      leftBehind: (shards, limit) => Effect.sync(() => owners.leftBehind(shards, limit)),
      adopt: (entry, epoch, at) => timed((now) => owners.adopt(entry, epoch, at, now)),
      binding: (conversation) => Effect.sync(() => Option.fromNullable(bindings.get(conversation))),
      bind: (conversation, binding, expected) => Effect.sync(() => bind(conversation, binding, expected)),
      touch: (carrierId, line, handle, way, at) => Effect.sync(() => touch(contactKey(carrierId, line, handle), way, at)),
      contact: (carrierId, line, handle) => Effect.sync(() => contacts.get(contactKey(carrierId, line, handle)) ?? nobody),
      first: (carrierId, eventId, at) => Effect.sync(() => first(`${carrierId}\n${eventId}`, at)),
      seen: (carrierId, eventId) => Effect.sync(() => seen.get(`${carrierId}\n${eventId}`) !== undefined)
    }
  })

/**
 * A ledger in memory, as a layer. Its content is lost when the process ends.
 *
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Ledger> => Layer.effect(Ledger, make(options))
