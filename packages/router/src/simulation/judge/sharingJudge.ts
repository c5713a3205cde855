/** Judges a run with several processes: compares what each process did, what each caller was answered, and what reached the phones. */
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { SendError } from "@interline/core/SendError"
import type { Entry } from "../../ledger/Ledger.ts"
import * as Shard from "../../ledger/Shard.ts"
import type { Complete } from "../../policy/Policy.ts"
import type { Invariant } from "../Model.ts"
import type { Machine } from "../processes/machine.ts"
import type { Recorder } from "../processes/store.ts"
import * as Scenario from "../runs/scenario.ts"
import type { Trace } from "../runs/trace.ts"
import * as Carrying from "../vendors/carrying.ts"
import type { Parcel, Row } from "../vendors/fates.ts"
import type { Queue } from "../vendors/queue.ts"
import type { Vendor } from "../vendors/vendor.ts"
import type { Violated } from "./invariants.ts"
import type * as Order from "./order.ts"
import * as SharedResults from "./sharedResults.ts"

export interface Judge {
  readonly violations: ReadonlyArray<Violated>
  readonly violate: (invariant: Invariant, message: number | undefined, detail: string) => void
  readonly witness: (machine: Machine) => Carrying.Witness
  /** Hears what the ledger records. */
  readonly recorder: Recorder
  /** A process has told a delivery that the vendor reports a message of it. `machines`: that process, and the one that runs the delivery. */
  readonly heard: (machines: ReadonlyArray<Machine>, row: Row) => void
  /** A call for a delivery came to a process that owned its shard. */
  readonly came: (owner: Machine, id: DeliveryId) => void
  readonly answered: (call: SharedResults.Call) => void
  readonly settle: (vendors: Iterable<Vendor>, entryOf: (number: number) => Entry | undefined) => void
}

export interface Parts {
  readonly calls: ReadonlyArray<SharedResults.Call>
  readonly queue: Queue
  readonly policy: Complete
  /** Whether a shard was taken from a process that had not given it up, at that time or later. */
  readonly wasForced: (shard: number, at: number) => boolean
}

/** A request whose answer a process waits for. */
interface Out {
  readonly machine: Machine
  readonly message: number
  readonly delivery: number
  readonly at: number
  /** When the delivery was last opened or taken over before. */
  readonly begunAt: number
}

const seconds = 1000

const describe = ({ number, send }: SharedResults.Call, failure: SendError | undefined): string =>
  `call ${number} for message ${send.index}: ${failure === undefined ? "Accepted" : failure._tag}${
    failure?._tag === "Held" ? ` (${failure.evidence.error.reason})` : ""
  }`

export const make = ({ calls, policy, queue, wasForced }: Parts, trace: Trace | undefined): Judge => {
  const violations: Array<Violated> = []
  const intents = new Set<number>()
  const words = new Map<string, SharedResults.Word>()
  const heard = new Map<string, Array<ReadonlyArray<SharedResults.Word>>>()
  const firstLeft = new Map<string, number>()
  /** For each message: when its first request left, and of which delivery. */
  const departures = new Map<number, Order.Departure>()
  /** For each person: the requests that are out. */
  const out = new Map<number, Set<Out>>()
  const cameAt = new Map<Machine, Map<number, number>>()
  /** When each shard was taken, when each delivery was opened, and when it was last opened or taken over. */
  const takenAt = new Map<number, ReadonlyArray<number>>()
  const openedAt = new Map<number, number>()
  const createdAt = new Map<number, number>()
  const begunAt = new Map<number, number>()

  const violate: Judge["violate"] = (invariant, message, detail) => {
    violations.push({ invariant, delivery: message, detail: `over a shared ledger: ${detail}` })
    trace?.violated(queue.now(), invariant, message, detail)
  }

  const messageOf = (number: number): number => calls[number]?.send.index ?? -1

  // --- two requests of a conversation at once ---

  /** Both were begun since the shard was last taken, so only the process that took it should have them. */
  const areOfLatestOwner = (shard: number, requests: ReadonlyArray<Out>): boolean => {
    const taken = takenAt.get(shard)?.at(-1) ?? 0
    return requests.every(({ begunAt }) => begunAt > taken)
  }

  const checkAlone = (person: Scenario.Person, mine: Out): void => {
    const shard = Shard.of(person.key)
    for (const other of out.get(person.index) ?? []) {
      if (other.message === mine.message || !other.machine.isUp()) continue
      const isAllowed = other.machine !== mine.machine && wasForced(shard, other.at - 120 * seconds) &&
        !areOfLatestOwner(shard, [other, mine])
      if (!isAllowed) {
        violate("two-at-once", mine.message, `it left while a request of message ${other.message} to the same person was under way`)
      }
    }
  }

  const leave = (machine: Machine, { delivery, person }: Parcel): void => {
    const mine: Out = { machine, delivery, message: messageOf(delivery), at: queue.now(), begunAt: begunAt.get(delivery) ?? 0 }
    checkAlone(person, mine)
    const others = out.get(person.index) ?? new Set<Out>()
    out.set(person.index, others.add(mine))
    if (!departures.has(mine.message)) {
      departures.set(mine.message, {
        at: mine.at,
        delivery,
        machine,
        openedAt: openedAt.get(delivery) ?? 0,
        createdAt: createdAt.get(delivery) ?? 0
      })
    }
  }

  const end = (machine: Machine, { delivery, person }: Parcel): void => {
    const others = out.get(person.index) ?? new Set<Out>()
    for (const other of others) if (other.machine === machine && other.delivery === delivery) others.delete(other)
  }

  const witness = (machine: Machine): Carrying.Witness => ({
    left: ({ plan }, parcel, fate) => {
      const { delivery, generation, step } = parcel
      const at = queue.now()
      trace?.left(at, plan.id, parcel, "send", fate)
      leave(machine, parcel)
      const name = SharedResults.nameOf(delivery, generation, step)
      const first = firstLeft.get(name)
      if (first === undefined) firstLeft.set(name, at)
      else if (at - first > Scenario.replayFor + seconds) {
        violate(
          "replayed-too-late",
          messageOf(delivery),
          `a request was repeated ${Math.round((at - first) / seconds)} s after it first left`
        )
      }
    },
    ended: (parcel) => end(machine, parcel),
    answered: ({ delivery, generation, step }) => words.set(SharedResults.nameOf(delivery, generation, step), { machine, at: queue.now() })
  })

  const recorder: Recorder = {
    intended: (id) => intents.add(messageOf(Carrying.numberOf(id))),
    begun: ({ createdAt: created, id }) => {
      const delivery = Carrying.numberOf(id)
      begunAt.set(delivery, queue.now())
      if (openedAt.has(delivery)) return
      openedAt.set(delivery, queue.now())
      createdAt.set(delivery, created)
    },
    acquired: (shard) => takenAt.set(shard, [...takenAt.get(shard) ?? [], queue.now()])
  }

  const answered = (call: SharedResults.Call): void => {
    const { answer, entry, send } = call
    const left = answer?._tag === "Left" ? answer.left : undefined
    trace?.happened(queue.now(), describe(call, left))
    // otherwise the caller was told that it has not ended
    if (left?._tag !== "Held" || entry?.state.phase._tag !== "Held") return
    if (!intents.has(send.index) && left.evidence.error.reason !== "Conflict") {
      violate("held-although-decidable", send.index, `call ${call.number} was told that nobody knows, and nothing was ever about to leave`)
    }
  }

  const past: Order.Past = {
    cameAt: (delivery, owner) => cameAt.get(owner)?.get(delivery) ?? Number.POSITIVE_INFINITY,
    takenAt: ({ key }) => takenAt.get(Shard.of(key)) ?? []
  }

  return {
    violations,
    violate,
    witness,
    recorder,
    heard: (machines, { delivery, generation, step }) => {
      const name = SharedResults.nameOf(delivery, generation, step)
      heard.set(name, [...(heard.get(name) ?? []), machines.map((machine) => ({ machine, at: queue.now() }))])
    },
    came: (owner, id) => {
      const known = cameAt.get(owner) ?? new Map<number, number>()
      cameAt.set(owner, known)
      const delivery = Carrying.numberOf(id)
      if (!known.has(delivery)) known.set(delivery, queue.now())
    },
    answered,
    settle: (vendors, entryOf) => SharedResults.check({ calls, policy, violate, departures, past, words, heard }, vendors, entryOf)
  }
}
