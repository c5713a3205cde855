/** Models the ledger as a process sees it: behind a network, on a machine with its own clock. It outlives each process. */
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Decide from "../../decision/Decide.ts"
import type { Entry, LedgerService } from "../../ledger/Ledger.ts"
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

/** Called when the ledger has recorded that a request of the delivery is about to leave. */
export type OnIntent = (id: DeliveryId) => void

/** The network between a process and the ledger's machine. */
export interface Network {
  readonly queue: Queue
  readonly random: Random
  /** The clock of the ledger's machine. */
  readonly clock: Clock.Clock
}

export const over = (
  ledger: LedgerService,
  { clock, queue, random }: Network,
  onIntent: OnIntent,
  { claims, receipts, takeovers }: SystemUnderTest
): LedgerService => {
  const asked = <A>(operation: Effect.Effect<A>, seen: (value: A) => A = (value) => value): Effect.Effect<A> =>
    Effect.async((resume) => {
      queue.at(queue.now() + delay(random), () => {
        const value = seen(Machine.atOnce(Effect.withClock(operation, clock)))
        queue.at(queue.now() + delay(random), () => resume(Effect.succeed(value)))
      })
    })

  /** Deliveries that this process has lost to another. */
  const lost = new Set<DeliveryId>()
  const save: LedgerService["save"] = (entry, lease) =>
    receipts === "dropped" && lost.has(entry.id) ? Effect.succeed(true) : asked(ledger.save(entry, lease), (saved) => {
      if (!saved) lost.add(entry.id)
      else if (entry.progress !== undefined) onIntent(entry.id)
      return saved
    })

  const begunAnew = (entry: Entry): Entry => {
    const { progress: _, ...rest } = entry
    const { deliveryId, route, settings } = entry.state
    return { ...rest, state: Decide.initial(deliveryId, route, settings) }
  }

  return {
    claim: (request) => asked(ledger.claim(claims === "forever" ? { ...request, lease: Number.MAX_SAFE_INTEGER } : request)),
    release: (entry) => asked(ledger.release(entry)),
    open: (entry, lease) =>
      asked(ledger.open(entry, lease), (opened) => {
        if (opened && entry.progress !== undefined) onIntent(entry.id)
        return opened
      }),
    save,
    renew: (ids, owner, lease) => asked(ledger.renew(ids, owner, lease)),
    read: (id) => asked(ledger.read(id)),
    append: (id, events) => asked(ledger.append(id, events)),
    history: (id) => asked(ledger.history(id)),
    own: (ref, id) => asked(ledger.own(ref, id)),
    owners: (refs) => asked(ledger.owners(refs)),
    rivals: (entry) => asked(ledger.rivals(entry)),
    held: (limit) => asked(ledger.held(limit)),
    orphans: (limit) => asked(ledger.orphans(limit)),
    adopt: (id, owner, lease, at) =>
      asked(Effect.map(ledger.adopt(id, owner, lease, at), takeovers === "forgetful" ? Option.map(begunAnew) : (entry) => entry)),
    binding: (conversation) => asked(ledger.binding(conversation)),
    bind: (conversation, binding, expected) => asked(ledger.bind(conversation, binding, expected)),
    touch: (carrierId, line, handle, way, at) => asked(ledger.touch(carrierId, line, handle, way, at)),
    contact: (carrierId, line, handle) => asked(ledger.contact(carrierId, line, handle)),
    first: (carrierId, eventId, at) => asked(ledger.first(carrierId, eventId, at)),
    seen: (carrierId, eventId) => asked(ledger.seen(carrierId, eventId))
  }
}
