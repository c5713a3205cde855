/** Runs one process of several: production's runner and carriers on a machine that can crash, freeze or get another clock. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as ChatBook from "@interline/core/ChatBook"
import type { SuppressionService } from "@interline/core/Suppression"
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Decide from "../../decision/Decide.ts"
import * as MakeRunner from "../../delivery/makeRunner.ts"
import * as Engine from "../../health/engine.ts"
import * as LineHealth from "../../health/lineHealth.ts"
import type { LedgerService } from "../../ledger/Ledger.ts"
import * as Plans from "../../policy/plans.ts"
import type { Complete } from "../../policy/Policy.ts"
import * as Lanes from "../../runtime/lanes.ts"
import * as SharedResults from "../judge/sharedResults.ts"
import type * as SharingJudge from "../judge/sharingJudge.ts"
import type { SystemUnderTest } from "../Model.ts"
import * as Rollouts from "../runs/rollouts.ts"
import type { Scenario } from "../runs/scenario.ts"
import * as Carrying from "../vendors/carrying.ts"
import type { Queue } from "../vendors/queue.ts"
import * as Random from "../vendors/random.ts"
import type { Vendor } from "../vendors/vendor.ts"
import * as Front from "./front.ts"
import * as Machine from "./machine.ts"
import * as Placement from "./placement.ts"
import * as Store from "./store.ts"

/** The parts that all processes of a run share. */
export interface Shared {
  readonly seed: number
  readonly policy: Complete
  readonly scenario: Scenario
  readonly subject: SystemUnderTest
  readonly random: Random.Random
  readonly queue: Queue
  readonly ledger: LedgerService
  readonly epochs: Store.Epochs
  /** The clock of the ledger's machine. */
  readonly storeClock: Clock.Clock
  readonly suppression: SuppressionService
  readonly vendors: ReadonlyMap<CarrierId, Vendor>
  readonly judge: SharingJudge.Judge
  readonly placement: Placement.Placement<Front.Peer>
  readonly network: Front.Network
  /** The current process of each place. After it crashes, the next process begins in the same place. Only the ledger remains for it. */
  readonly places: Array<Front.Peer>
  /** When the run is over. */
  readonly endsAt: number
  readonly say: (what: string) => void
  /** How many processes have begun so far. */
  begun: number
}

const seconds = 1000
const minutes = 60 * seconds

/** What is left behind is looked for once more in this interval, in milliseconds. */
const takeUpEvery = minutes

const makeRunner = (shared: Shared, machine: Machine.Machine, tellOwner: MakeRunner.Parts["tellOwner"]) => {
  const { epochs, judge, ledger, policy, queue, scenario, seed, storeClock, subject, suppression } = shared
  const random = Random.keyed(seed, shared.begun, 0, 6_100_000)
  const surroundings = {
    lines: scenario.lines,
    people: scenario.people,
    suppression,
    chats: Machine.atOnce(ChatBook.makeMemory(100)),
    witness: judge.witness(machine)
  }
  const carriers = new Map(Array.from(shared.vendors, ([id, vendor]) => [id, Carrying.make(vendor, queue, surroundings)]))
  const storedAt = Rollouts.make(seed, policy.rollout)
  return MakeRunner.make({
    policy,
    ...(storedAt === undefined ? {} : { rollout: () => Effect.sync(() => storedAt(queue.now())) }),
    carriers,
    plans: Plans.make(Array.from(carriers.values()), []),
    ledger: Store.over(ledger, epochs, { queue, random, clock: storeClock }, judge.recorder, subject),
    engine: Engine.make(subject.decide ?? Decide.decide, LineHealth.make(policy)),
    tellOwner: subject.facts === "dropped" ? () => Effect.succeed("Ignored") : tellOwner,
    announce: () => undefined
  })
}

const makePeer = (shared: Shared, machine: Machine.Machine): Front.Peer => {
  const { queue, random } = shared
  const held: Front.Peer["held"] = new Map()
  const runner = makeRunner(shared, machine, (id, fact) => Front.tell(shared.network, peer, id, fact))
  // a shard is taken and given up one step after the other
  const steps = Lanes.make()
  const inTurn = (shard: number, effect: Effect.Effect<void>): Effect.Effect<void> =>
    Effect.zipRight(steps.enter(String(shard), () => {}), Effect.ensuring(effect, Effect.sync(() => steps.leave(String(shard)))))

  /** A process that was frozen takes no shard before it can know which ones it has lost. */
  const untilNoticed = Effect.suspend(() =>
    queue.now() < machine.thawedAt() + Placement.longestUnnoticed
      ? Machine.until(queue, machine.thawedAt() + Placement.longestUnnoticed)
      : Effect.void
  )
  const acquire = (shard: number): Effect.Effect<void> =>
    inTurn(
      shard,
      Effect.suspend(() => {
        const ready = held.get(shard)
        if (ready === undefined) return Effect.void
        const slow = random.chance(0.8) ? Effect.void : Machine.until(queue, queue.now() + random.between(0, 5 * seconds))
        const isOwner = Effect.map(Effect.zipRight(slow, untilNoticed), () => held.get(shard) === ready)
        return Effect.if(isOwner, {
          onTrue: () => Effect.zipRight(runner.acquire([shard]), Deferred.succeed(ready, undefined)),
          onFalse: () => Effect.void
        })
      })
    )
  const hold = (shard: number): void => void held.set(shard, Deferred.unsafeMake(FiberId.none))
  const giveUp = (shard: number): Effect.Effect<void> =>
    Effect.asVoid(Effect.timeoutOption(runner.release([shard]), Placement.longestRelease))
  const release = (shards: ReadonlyArray<number>): Effect.Effect<void> => {
    for (const shard of shards) {
      const ready = held.get(shard)
      held.delete(shard)
      // the calls that wait for the shard are told that it is not here
      if (ready !== undefined) Deferred.unsafeDone(ready, Exit.void)
    }
    return Effect.forEach(shards, (shard) => inTurn(shard, giveUp(shard)), { discard: true })
  }

  const peer: Front.Peer = {
    machine,
    runner,
    passedOn: new Map(),
    held,
    passed: new Set(),
    retake: (shard) =>
      Effect.suspend(() => {
        if (!held.has(shard) || runner.epochs().has(shard)) return Effect.void
        hold(shard)
        return acquire(shard)
      }),
    give: (shard) =>
      machine.run(Effect.suspend(() => {
        hold(shard)
        return acquire(shard)
      })),
    take: (shard, onGivenUp) =>
      machine.run(Effect.zipRight(Effect.suspend(() => release([shard])), Effect.sync(() => queue.at(queue.now() + 5, onGivenUp)))),
    notice: (isOwned) => machine.run(Effect.suspend(() => release(Array.from(held.keys()).filter((shard) => !isOwned(shard)))))
  }
  return peer
}

/** Begins a process. */
export const begin = (shared: Shared, place: number): void => {
  const machine = Machine.make(shared.queue, shared.random.between(-10 * minutes, 10 * minutes), shared.subject.time === "wall")
  shared.begun += 1
  const peer = makePeer(shared, machine)
  shared.places[place] = peer
  shared.say(`process ${shared.begun} is up in place ${place}`)
  const tick = (): void => {
    if (!machine.isUp() || shared.queue.now() > shared.endsAt) return
    if (!machine.isFrozen()) machine.run(peer.runner.takeUp)
    shared.queue.at(shared.queue.now() + takeUpEvery, tick)
  }
  shared.queue.at(shared.queue.now() + takeUpEvery, tick)
  shared.placement.join(peer)
}

/** Ends the process. Another process begins in its place 0.1 to 30 seconds later. */
export const lose = (shared: Shared, peer: Front.Peer): void => {
  if (!peer.machine.isUp()) return
  const { places, queue, random } = shared
  peer.machine.kill()
  const index = places.indexOf(peer)
  shared.say(`the process in place ${index} is gone`)
  shared.placement.lose(peer)
  const soon = queue.now() + random.between(0, 3 * seconds)
  for (const passed of peer.passed) queue.at(soon, passed.breakOff)
  // half of the owners learn that the front is gone, before they have answered
  for (const { passed } of places) {
    for (const call of passed) if (call.from === peer && random.chance(0.5)) queue.at(soon, call.giveUp)
  }
  queue.at(queue.now() + random.between(100, 30 * seconds), () => begin(shared, index))
}

/** Freezes the process for 1 to 60 seconds. */
export const freeze = (shared: Shared, peer: Front.Peer): void => {
  const { machine } = peer
  if (!machine.isUp() || machine.isFrozen()) return
  const { placement, queue, random } = shared
  machine.freeze()
  shared.say("a process is frozen")
  placement.freeze(peer)
  const since = machine.frozenAt()
  // the other processes connect again, and send once more what it has not answered
  queue.at(queue.now() + random.between(10 * seconds, 20 * seconds), () => {
    if (machine.isFrozen() && machine.frozenAt() === since) { for (const passed of peer.passed) passed.breakOff() }
  })
  queue.at(queue.now() + random.between(seconds, SharedResults.longestFreeze), () => {
    if (!machine.isUp()) return
    machine.thaw()
    shared.say("a process goes on")
    placement.thaw(peer)
  })
}

/** Moves the wall clock of the process by 1 second to 1 hour, forward or back. */
export const setClock = (shared: Shared, { machine }: Front.Peer): void => {
  const step = (shared.random.chance(0.5) ? 1 : -1) * Math.exp(shared.random.between(Math.log(seconds), Math.log(60 * minutes)))
  machine.set(step)
  shared.say(`a clock is set by ${Math.round(step / seconds)} s`)
}
