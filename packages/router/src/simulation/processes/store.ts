/** Models the ledger as a process sees it: behind a network, on a machine with its own clock. It outlives each process. */
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Decide from "../../decision/Decide.ts"
import type { Entry, LedgerService } from "../../ledger/Ledger.ts"
import * as Shard from "../../ledger/Shard.ts"
import type { SystemUnderTest } from "../Model.ts"
import type { Queue } from "../vendors/queue.ts"
import type { Random } from "../vendors/random.ts"
import * as Machine from "./machine.ts"

/** Makes the clock of the ledger's machine. */
export const clockOf = (queue: Queue): Clock.Clock => {
  const millis = () => Math.floor(queue.now())
  const nanos = () => BigInt(millis()) * 1_000_000n
  return {
    ...Clock.make(),
    unsafeCurrentTimeMillis: millis,
    currentTimeMillis: Effect.sync(millis),
    unsafeCurrentTimeNanos: nanos,
    currentTimeNanos: Effect.sync(nanos)
  }
}

/** Draws a delay in milliseconds. Most are short. Some last up to two seconds, so that a process can crash while it waits. */
const delay = (random: Random): number =>
  random.chance(0.95) ? random.between(0.1, 3) : Math.exp(random.between(Math.log(5), Math.log(2_000)))

/** What the ledger has recorded. */
export interface Recorder {
  /** A request of the delivery is about to leave. */
  readonly intended: (id: DeliveryId) => void
  /** The process opened the delivery, or took it over. */
  readonly begun: (entry: Entry) => void
  /** The process took the shard. */
  readonly acquired: (shard: number) => void
}

/** The network between a process and the ledger's machine. */
export interface Network {
  readonly queue: Queue
  readonly random: Random
  /** The clock of the ledger's machine. */
  readonly clock: Clock.Clock
}

/** The latest epoch of each shard. */
export type Epochs = Map<number, number>

export const over = (
  ledger: LedgerService,
  epochs: Epochs,
  { clock, queue, random }: Network,
  { acquired, begun, intended }: Recorder,
  { epochs: fence, intents, takeovers }: SystemUnderTest
): LedgerService => {
  const asked = <A>(operation: () => Effect.Effect<A>, seen: (value: A) => A = (value) => value): Effect.Effect<A> =>
    Effect.async((resume) => {
      queue.at(queue.now() + delay(random), () => {
        const value = seen(Machine.atOnce(Effect.withClock(operation(), clock)))
        queue.at(queue.now() + delay(random), () => resume(Effect.succeed(value)))
      })
    })

  /** The same entry under the latest epoch. So a process that has lost a shard still opens deliveries of it. */
  const unfenced = <E extends Entry>(entry: E): E =>
    fence === "ignored" ? { ...entry, epoch: epochs.get(Shard.of(entry.conversation)) ?? entry.epoch } : entry

  /** The same entry as if nothing of it had been about to leave. */
  const begunAnew = (entry: Entry): Entry => {
    const { progress: _, ...rest } = entry
    const { deliveryId, route, settings } = entry.state
    return { ...rest, state: Decide.initial(deliveryId, route, settings) }
  }

  return {
    claim: (request) =>
      asked(() => ledger.claim({ ...request, entry: unfenced(request.entry) }), (claimed) => {
        if (claimed._tag === "Owned") begun(request.entry)
        return claimed
      }),
    keyed: (key) => asked(() => ledger.keyed(key)),
    release: (entry) => asked(() => ledger.release(entry)),
    open: (entry, within) =>
      asked(() => ledger.open(unfenced(entry), within), (opening) => {
        if (opening === "Opened") {
          begun(entry)
          if (entry.progress !== undefined) intended(entry.id)
        }
        return opening
      }),
    save: (entry) =>
      asked(() => ledger.save(entry), (saved) => {
        if (saved && entry.progress !== undefined) intended(entry.id)
        return saved
      }),
    read: (id) => asked(() => ledger.read(id)),
    append: (id, events) => asked(() => ledger.append(id, events)),
    history: (id) => asked(() => ledger.history(id)),
    own: (ref, id) => asked(() => ledger.own(ref, id)),
    owners: (refs) => asked(() => ledger.owners(refs)),
    rivals: (entry) => asked(() => ledger.rivals(entry)),
    held: (limit, shards, after) => asked(() => ledger.held(limit, shards, after)),
    noteAbsence: (absence) => asked(() => ledger.noteAbsence(absence)),
    absences: (limit, shards) => asked(() => ledger.absences(limit, shards)),
    endAbsence: (id, generation) => asked(() => ledger.endAbsence(id, generation)),
    acquire: (shards) =>
      asked(() => ledger.acquire(shards), (taken) => {
        for (const [shard, epoch] of taken) {
          epochs.set(shard, epoch)
          acquired(shard)
        }
        return taken
      }),
    leftBehind: (shards, limit) =>
      asked(() => ledger.leftBehind(shards, limit), (entries) => takeovers === "forgetful" ? entries.slice(1) : entries),
    adopt: (entry, epoch, at) =>
      asked(
        () => ledger.adopt(entry, epoch, at),
        Option.map((taken) => {
          begun(entry)
          return intents === "sent-again" ? { ...taken, entry: begunAnew(taken.entry) } : taken
        })
      ),
    binding: (conversation) => asked(() => ledger.binding(conversation)),
    bind: (conversation, binding, expected) => asked(() => ledger.bind(conversation, binding, expected)),
    touch: (carrierId, line, handle, way, at) => asked(() => ledger.touch(carrierId, line, handle, way, at)),
    contact: (carrierId, line, handle) => asked(() => ledger.contact(carrierId, line, handle)),
    first: (carrierId, eventId, at) => asked(() => ledger.first(carrierId, eventId, at)),
    seen: (carrierId, eventId) => asked(() => ledger.seen(carrierId, eventId))
  }
}
