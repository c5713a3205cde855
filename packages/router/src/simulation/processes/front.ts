/**
 * Models how a process passes calls on to the process that owns a shard. A front lets one call of a conversation pass at a time. If the owner is
 * gone or does not answer, the call is sent again, so that an owner can get it twice.
 */
import type { Prepared } from "@interline/core/Backend"
import * as Conversation from "@interline/core/Conversation"
import type { Delivery } from "@interline/core/Delivery"
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { SendError } from "@interline/core/SendError"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import type { Fact } from "../../decision/Fact.ts"
import * as Shard from "../../ledger/Shard.ts"
import { type LocalRunner, NotOwner, type TellResult } from "../../ownership/Runner.ts"
import type * as Lanes from "../../runtime/lanes.ts"
import type { SystemUnderTest } from "../Model.ts"
import type { Queue } from "../vendors/queue.ts"
import type { Random } from "../vendors/random.ts"
import type * as Placement from "./placement.ts"

/** A call that a process has passed on and that has no answer yet. */
export interface Passed {
  readonly from: Peer
  /** The connection broke. The front sends the call again. */
  readonly breakOff: () => void
  /** The owner learns that nobody waits for the call. */
  readonly giveUp: () => void
}

/** A process, as a front and as an owner. */
export interface Peer extends Placement.Member {
  readonly runner: LocalRunner
  /** The lanes of the conversations at the front. */
  readonly lanes: Lanes.Lanes
  /** The shards that the engine gave it, as far as it knows. A shard is ready when what was left behind is taken up. */
  readonly held: Map<number, Deferred.Deferred<void>>
  /** Takes a shard once more, because the ledger says that somebody took it meanwhile. */
  readonly retake: (shard: number) => Effect.Effect<void>
  /** The calls that other processes, and this one, passed on to it. */
  readonly passed: Set<Passed>
}

export interface Network {
  readonly queue: Queue
  readonly random: Random
  readonly placement: Placement.Placement<Peer>
  readonly subject: SystemUnderTest
  /** When the last message from one process to another arrives. Messages from one process to another arrive in order. */
  readonly arrivals: Map<Peer, Map<Peer, number>>
}

const seconds = 1000

/** A front asks again after this time, in milliseconds. */
const again = 500

/** How long a process tries to tell the owner of a delivery something, in milliseconds. */
const longestTelling = 60 * seconds

/** When a message that leaves now arrives. */
const arrivalOf = ({ arrivals, queue, random }: Network, from: Peer, to: Peer): number => {
  const known = arrivals.get(from) ?? new Map<Peer, number>()
  arrivals.set(from, known)
  const time = Math.max(
    known.get(to) ?? 0,
    queue.now() + (from === to ? 0 : random.chance(0.95) ? random.between(0.2, 5) : random.between(5, seconds))
  )
  known.set(to, time)
  return time
}

/** Breaks off calls to a frozen process if it is still frozen 10 to 20 seconds later: the front connects again, and sends them once more. */
export const breakOffLater = ({ queue, random }: Network, { machine }: Peer, passed: Iterable<Passed>): void => {
  const since = machine.frozenAt()
  queue.at(queue.now() + random.between(10 * seconds, 20 * seconds), () => {
    if (machine.isFrozen() && machine.frozenAt() === since) { for (const { breakOff } of passed) breakOff() }
  })
}

/** Works on a call at the process that it was passed to. */
const serve = <A, E>(
  to: Peer,
  shard: number,
  work: (runner: LocalRunner) => Effect.Effect<A, E | NotOwner>
): Effect.Effect<A, E | NotOwner> =>
  Effect.suspend((): Effect.Effect<A, E | NotOwner> => {
    const ready = to.held.get(shard)
    if (ready === undefined) return Effect.fail(new NotOwner({ shard }))
    return Effect.flatMap(Deferred.await(ready), () =>
      Effect.tapError(work(to.runner), (error) =>
        error instanceof NotOwner && to.held.get(shard) === ready && !to.runner.epochs().has(shard)
          ? Effect.forkDaemon(to.retake(shard))
          : Effect.void))
  })

/** Passes a call on once. `undefined`: the connection broke. `isPassedOn`: the owner learns if the caller goes away. */
const passOnce = <A, E>(
  network: Network,
  from: Peer,
  to: Peer,
  shard: number,
  { isPassedOn, work }: Call<A, E>
): Effect.Effect<Either.Either<A, E | NotOwner> | undefined> =>
  Effect.async((resume) => {
    const { queue, random } = network
    let isOver = false
    let hasGivenUp = false
    let fiber: Fiber.RuntimeFiber<void> | undefined
    const end = (answer: Either.Either<A, E | NotOwner> | undefined): void => {
      if (isOver) return
      isOver = true
      to.passed.delete(passed)
      resume(Effect.succeed(answer))
    }
    const passed: Passed = {
      from,
      breakOff: () => end(undefined),
      giveUp: () => {
        hasGivenUp = true
        if (to.machine.isUp()) fiber?.unsafeInterruptAsFork(FiberId.none)
      }
    }
    to.passed.add(passed)
    queue.at(arrivalOf(network, from, to), () => {
      if (hasGivenUp) return
      if (!to.machine.isUp()) return queue.at(queue.now() + random.between(0, 100), () => end(undefined))
      if (to.machine.isFrozen()) breakOffLater(network, to, [passed])
      fiber = to.machine.run(
        Effect.flatMap(Effect.either(serve(to, shard, work)), (answer) =>
          Effect.sync(() => queue.at(arrivalOf(network, to, from), () => end(answer))))
      )
    })
    return Effect.sync(() => {
      isOver = true
      if (isPassedOn) {
        queue.at(arrivalOf(network, from, to), passed.giveUp)
      }
    })
  })

interface Call<A, E> {
  readonly work: (runner: LocalRunner) => Effect.Effect<A, E | NotOwner>
  readonly isPassedOn: boolean
}

/** Passes a call on until the owner of the shard has answered it. */
const pass = <A, E>(network: Network, from: Peer, shard: number, call: Call<A, E>): Effect.Effect<A, E> =>
  Effect.suspend(() => {
    const to = network.placement.findOwner(shard)
    const later = Effect.flatMap(Effect.sleep(again), () => pass(network, from, shard, call))
    return to === undefined ? later : Effect.flatMap(passOnce(network, from, to, shard, call), (answer): Effect.Effect<A, E> => {
      if (answer === undefined) return later
      if (Either.isRight(answer)) return Effect.succeed(answer.right)
      return answer.left instanceof NotOwner ? later : Effect.fail(answer.left as E)
    })
  })

/** A send as a caller asks for it. `within`: how long the caller waits, in milliseconds. */
export interface Sending {
  readonly id: DeliveryId
  readonly prepared: Prepared
  readonly within: number
  readonly isPassedOn: boolean
}

/** Sends a message at a front. When the caller's time is over, the answer is what the ledger says. */
export const send = (network: Network, from: Peer, { id, isPassedOn, prepared, within }: Sending): Effect.Effect<Delivery, SendError> => {
  const lane = Conversation.key(prepared.conversation)
  const passing = pass(network, from, Shard.of(lane), { isPassedOn, work: ({ run }) => run(id, prepared) })
  let inLane = false
  const enter = from.lanes.enter(lane, () => {
    inLane = true
  })
  const leave = Effect.sync(() => {
    if (inLane) from.lanes.leave(lane)
  })
  const inTurn = network.subject.fronts === "at-once" ? passing : Effect.ensuring(Effect.zipRight(enter, passing), leave)
  return Effect.flatMap(
    Effect.timeoutOption(inTurn, within),
    (answer) => Option.isSome(answer) ? Effect.succeed(answer.value) : from.runner.recall(id, prepared)
  )
}

/** Tells a delivery what was learned of it, here or where it runs. */
export const tell = (network: Network, from: Peer, id: DeliveryId, fact: Fact): Effect.Effect<TellResult> =>
  Effect.catchTag(from.runner.tell(id, fact), "NotOwner", ({ shard }) =>
    Effect.map(
      Effect.timeoutOption(
        pass<TellResult, never>(network, from, shard, { isPassedOn: false, work: (runner) => runner.tell(id, fact) }),
        longestTelling
      ),
      Option.getOrElse((): TellResult => "Ignored")
    ))
