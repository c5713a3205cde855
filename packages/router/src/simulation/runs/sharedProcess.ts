/** Runs one process that shares a ledger: production's runner and carriers on a machine that can crash, freeze or get another clock. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as ChatBook from "@interline/core/ChatBook"
import type { SuppressionService } from "@interline/core/Suppression"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Decide from "../../decision/Decide.ts"
import * as MakeRunner from "../../delivery/makeRunner.ts"
import * as RecordTurn from "../../delivery/recordTurn.ts"
import * as Engine from "../../health/engine.ts"
import * as LineHealth from "../../health/lineHealth.ts"
import type { LedgerService } from "../../ledger/Ledger.ts"
import * as Plans from "../../policy/plans.ts"
import type { Complete } from "../../policy/Policy.ts"
import * as SharingJudge from "../judge/sharingJudge.ts"
import type { SystemUnderTest } from "../Model.ts"
import * as Carrying from "../vendors/carrying.ts"
import type { Queue } from "../vendors/queue.ts"
import * as Random from "../vendors/random.ts"
import type { Vendor } from "../vendors/vendor.ts"
import * as Machine from "./machine.ts"
import type { Scenario } from "./scenario.ts"
import * as Store from "./store.ts"

/** The current process of a place. After it crashes, the next process begins in the same place. Only the ledger remains for it. */
export interface Place {
  machine: Machine.Machine
  runner: MakeRunner.LocalRunner
}

/** The parts that all processes of a run share. */
export interface Shared {
  readonly seed: number
  readonly policy: Complete
  readonly scenario: Scenario
  readonly subject: SystemUnderTest
  readonly random: Random.Random
  readonly queue: Queue
  readonly ledger: LedgerService
  /** The clock of the ledger's machine. */
  readonly storeClock: Clock.Clock
  readonly suppression: SuppressionService
  readonly vendors: ReadonlyMap<CarrierId, Vendor>
  readonly judge: SharingJudge.Judge
  readonly places: Array<Place>
  /** When the run is over. */
  readonly endsAt: number
  readonly say: (what: string) => void
  /** How many processes have begun so far. */
  owners: number
}

const seconds = 1000
const minutes = 60 * seconds

/** Begins a process. It adopts the deliveries of processes that are gone. */
export const begin = (shared: Shared, place: number): void => {
  const machine = Machine.make(shared.queue, shared.random.between(-10 * minutes, 10 * minutes), shared.subject.time === "wall")
  shared.owners += 1
  const owner = `process ${shared.owners}`
  shared.judge.owns(owner, machine)
  const own = Random.keyed(shared.seed, shared.owners, 0, 6_100_000)
  const seen = Store.over(
    shared.ledger,
    { queue: shared.queue, random: own, clock: shared.storeClock },
    shared.judge.intended,
    shared.subject
  )
  const surroundings = {
    lines: shared.scenario.lines,
    people: shared.scenario.people,
    suppression: shared.suppression,
    chats: Machine.atOnce(ChatBook.makeMemory(100)),
    witness: shared.judge.witness(machine)
  }
  const carriers = new Map(Array.from(shared.vendors, ([id, vendor]) => [id, Carrying.make(vendor, shared.queue, surroundings)]))
  const runner = MakeRunner.make({
    busy: Effect.unsafeMakeLatch(),
    policy: shared.policy,
    carriers,
    plans: Plans.make(Array.from(carriers.values()), []),
    onMissing: () => undefined,
    ledger: seen,
    engine: Engine.make(shared.subject.decide ?? Decide.decide, LineHealth.make(shared.policy)),
    owner,
    lease: RecordTurn.lease,
    announce: () => undefined,
    fingerprintOf: ({ draft }) => Effect.succeed(JSON.stringify(draft))
  })
  shared.places[place] = { machine, runner }
  shared.say(`${owner} is up in place ${place}`)
  const every = (millis: number, effect: Effect.Effect<unknown>): void => {
    const tick = (): void => {
      if (!machine.isUp() || shared.queue.now() > shared.endsAt) return
      if (!machine.isFrozen()) machine.run(effect)
      shared.queue.at(shared.queue.now() + millis, tick)
    }
    shared.queue.at(shared.queue.now() + millis, tick)
  }
  machine.run(runner.adopt)
  every(minutes, runner.adopt)
  every(RecordTurn.renewEvery, runner.renew)
}

/** Ends the process. Another process begins in its place 0.1 to 30 seconds later. */
export const lose = (shared: Shared, place: Place): void => {
  if (!place.machine.isUp()) return
  place.machine.kill()
  const index = shared.places.indexOf(place)
  shared.say(`the process in place ${index} is gone`)
  shared.queue.at(shared.queue.now() + shared.random.between(100, 30 * seconds), () => begin(shared, index))
}

/** Freezes the process for 1 to 60 seconds. */
export const freeze = (shared: Shared, { machine }: Place): void => {
  if (!machine.isUp() || machine.isFrozen()) return
  machine.freeze()
  shared.say("a process is frozen")
  shared.queue.at(shared.queue.now() + shared.random.between(seconds, SharingJudge.longestFreeze), () => {
    machine.thaw()
    shared.say("a process goes on")
  })
}

/** Moves the wall clock of the process by 1 second to 1 hour, forward or back. */
export const setClock = (shared: Shared, { machine }: Place): void => {
  const step = (shared.random.chance(0.5) ? 1 : -1) * Math.exp(shared.random.between(Math.log(seconds), Math.log(60 * minutes)))
  machine.set(step)
  shared.say(`a clock is set by ${Math.round(step / seconds)} s`)
}
