/** Models the callers of a run with several processes, and the troubles that come soon after a call. */
import type { Prepared } from "@interline/core/Backend"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Shard from "../../ledger/Shard.ts"
import type { Complete } from "../../policy/Policy.ts"
import type * as SharedResults from "../judge/sharedResults.ts"
import * as Job from "../runs/job.ts"
import * as Scenario from "../runs/scenario.ts"
import type * as Random from "../vendors/random.ts"
import * as Front from "./front.ts"
import * as Machine from "./machine.ts"
import * as SharedProcess from "./sharedProcess.ts"

export interface Callers {
  /** Calls a process for a message. `leavesAt`: when the caller goes away. */
  readonly call: (send: Scenario.Send, leavesAt: number | undefined) => void
  readonly burst: (sends: ReadonlyArray<Scenario.Send>) => void
  readonly chain: (sends: ReadonlyArray<Scenario.Send>) => void
}

export interface Parts {
  readonly shared: SharedProcess.Shared
  readonly calls: Array<SharedResults.Call>
  /** The messages that have no key. */
  readonly unkeyed: ReadonlySet<Scenario.Send>
  readonly lastCall: number
  /** A process that is up, or undefined. */
  readonly somewhere: () => Front.Peer | undefined
}

const seconds = 1000
const minutes = 60 * seconds

export const around = (random: Random.Random, time: number, longest: number): number =>
  time + Math.exp(random.between(0, Math.log(longest)))

const prepare = (send: Scenario.Send, { fidelity }: Complete, isKeyed: boolean): Prepared => ({
  conversation: send.person.conversation,
  draft: Scenario.draftOf(send.text),
  fidelity,
  ...(isKeyed ? { key: `key ${send.index}` } : {})
})

export const make = ({ calls, lastCall, shared, somewhere, unkeyed }: Parts): Callers => {
  const { judge, ledger, network, placement, places, policy, queue, random, say } = shared

  const callAt = (place: Front.Peer, send: Scenario.Send, leavesAt: number | undefined, onAnswer: () => void): void => {
    const { machine } = place
    const number = calls.length
    const made: SharedResults.Call = {
      number,
      send,
      machine,
      at: queue.now(),
      within: policy.deadlines.send,
      answer: undefined,
      answeredAt: Number.POSITIVE_INFINITY,
      entry: undefined,
      hasLeft: false
    }
    calls.push(made)
    trouble(place, send)
    say(`call ${number} for message ${send.index} at place ${places.indexOf(place)}`)
    const sending: Front.Sending = {
      id: Job.idOf(number),
      prepared: prepare(send, policy, !unkeyed.has(send)),
      isPassedOn: random.chance(0.7)
    }
    const delivering = Effect.map(Effect.either(Front.send(network, place, sending)), (answer) => {
      made.answer = answer
      made.answeredAt = queue.now()
      const id = answer._tag === "Right" ? answer.right.id : answer.left.deliveryId
      made.entry = Option.getOrUndefined(Machine.atOnce(ledger.read(id)))
      judge.answered(made)
      onAnswer()
    })
    const fiber: Fiber.RuntimeFiber<void> = machine.run(delivering)
    if (leavesAt !== undefined) {
      queue.at(leavesAt, () => {
        if (made.answer !== undefined || !machine.isUp()) return
        made.hasLeft = true
        fiber.unsafeInterruptAsFork(FiberId.none)
      })
    }
  }

  const call = (send: Scenario.Send, leavesAt: number | undefined): void => {
    const place = somewhere()
    // no process is up in this place, so the caller knows that nothing was sent
    if (place !== undefined) callAt(place, send, leavesAt, () => {})
  }

  /** All sends of a conversation at one process, without a wait for the answers. */
  const burst = (sends: ReadonlyArray<Scenario.Send>): void => {
    const place = somewhere()
    const began = queue.now()
    const gap = random.pick([0, 3, 200, 3 * seconds])
    sends.forEach((send, index) =>
      queue.at(began + index * gap, () => {
        if (place?.machine.isUp() === true) callAt(place, send, undefined, () => {})
        else call(send, undefined)
      })
    )
  }

  /** Each send after the answer to the one before, at any process. */
  const chain = ([send, ...others]: ReadonlyArray<Scenario.Send>): void => {
    if (send === undefined || queue.now() > lastCall + 10 * minutes) return
    const place = somewhere()
    if (place === undefined) return queue.at(queue.now() + seconds, () => chain([send, ...others]))
    callAt(place, send, undefined, () => queue.at(queue.now() + random.between(0, 2 * seconds), () => chain(others)))
  }

  // --- troubles of processes, shards and clocks ---

  // a trouble comes soon after a call, so mostly while a claim, a request or an answer of the call is under way
  const troubles: Array<(place: Front.Peer, shard: number) => void> = [
    (place) => SharedProcess.lose(shared, place),
    (_, shard) => placement.move(shard),
    (place) => SharedProcess.freeze(shared, place),
    (_, shard) => placement.move(shard),
    (place) => SharedProcess.setClock(shared, place),
    (place) => random.chance(0.5) ? SharedProcess.lose(shared, place) : SharedProcess.freeze(shared, place),
    (_, shard) => placement.move(shard)
  ]
  const trouble = (place: Front.Peer, { person }: Scenario.Send): void => {
    if (!random.chance(0.5)) return
    const [first] = troubles.splice(random.int(troubles.length), 1)
    const shard = Shard.of(person.key)
    const owner = placement.findOwner(shard)
    // mostly the owner has the trouble, and sometimes the front
    const victim = owner === undefined || random.chance(0.3) ? place : owner
    if (first !== undefined) queue.at(around(random, queue.now(), random.chance(0.5) ? 100 : 5 * seconds), () => first(victim, shard))
  }

  return { call, burst, chain }
}
