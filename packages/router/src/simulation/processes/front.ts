/**
 * Models how a process passes calls on to the process that owns a shard. Each send names the one of the same conversation that was passed on before
 * it. If the owner is gone or does not answer, the call is sent again, so that an owner can get it twice.
 */
import type { Prepared } from "@interline/core/Backend"
import * as Conversation from "@interline/core/Conversation"
import type { Delivery } from "@interline/core/Delivery"
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { SendError } from "@interline/core/SendError"
import * as Time from "@interline/core/Time"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import type { Fact } from "../../decision/Fact.ts"
import * as Shard from "../../ledger/Shard.ts"
import { type LocalRunner, NotOwner, type TellResult } from "../../ownership/Runner.ts"
import type { SystemUnderTest } from "../Model.ts"
import type { Queue } from "../vendors/queue.ts"
import type { Random } from "../vendors/random.ts"
import type { Machine } from "./machine.ts"
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
  /** The sends of each conversation that it passed on and that have no answer yet, in their order. */
  readonly passedOn: Map<string, ReadonlyArray<DeliveryId>>
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
  /** A call for a delivery came to a process that owns its shard. */
  readonly onCome: (owner: Machine, id: DeliveryId) => void
  /** When the last message from one process to another arrives. Messages from one process to another arrive in order. */
  readonly arrivals: Map<Peer, Map<Peer, number>>
}

const seconds = 1000

/** A front asks again after this time, in milliseconds. */
const again = 500

/** How much longer than its time a front waits for the answer of a send, in milliseconds. */
const grace = 2 * seconds

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

/** Breaks a connection to a frozen process if it is still frozen 10 to 20 seconds later: the front connects again, and sends its calls once more. */
const breakLater = ({ queue, random }: Network, from: Peer, { machine, passed }: Peer): void => {
  const since = machine.frozenAt()
  queue.at(queue.now() + random.between(10 * seconds, 20 * seconds), () => {
    if (!machine.isFrozen() || machine.frozenAt() !== since) return
    for (const call of passed) if (call.from === from) call.breakOff()
  })
}

/** Works on a call at the process that it was passed to. */
const serve = <A, E>(to: Peer, shard: number, { isKept, work }: Call<A, E>): Effect.Effect<A, E | NotOwner> =>
  Effect.suspend((): Effect.Effect<A, E | NotOwner> => {
    const ready = to.held.get(shard)
    if (ready === undefined) return Effect.fail(new NotOwner({ shard }))
    const working = Effect.tapError(
      work(to),
      (error) =>
        error instanceof NotOwner && to.held.get(shard) === ready && !to.runner.epochs().has(shard)
          ? Effect.forkDaemon(to.retake(shard))
          : Effect.void
    )
    return Effect.flatMap(Deferred.await(ready), () => apart(() => !isKept && to.held.has(shard), working))
  })

/** Works in a fiber of its own. If the call is given up, that fiber ends only if `isAbandoned` says so. */
const apart = <A, E>(isAbandoned: () => boolean, work: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.flatMap(
    Effect.forkDaemon(work),
    (fiber) => Effect.onInterrupt(Effect.flatten(fiber.await), () => isAbandoned() ? Fiber.interruptFork(fiber) : Effect.void)
  )

/** Passes a call on once. If the connection breaks, that says as much as `NotOwner`: it may be asked again. */
const passOnce = <A, E>(network: Network, from: Peer, shard: number, call: Call<A, E>): Effect.Effect<A, E | NotOwner> =>
  Effect.suspend(() => {
    const to = network.placement.findOwner(shard)
    return to === undefined ? Effect.fail(new NotOwner({ shard })) : passTo(network, from, to, shard, call)
  })

const passTo = <A, E>(network: Network, from: Peer, to: Peer, shard: number, call: Call<A, E>): Effect.Effect<A, E | NotOwner> =>
  Effect.async((resume) => {
    const { queue, random } = network
    let isOver = false
    let hasGivenUp = false
    let fiber: Fiber.RuntimeFiber<void> | undefined
    const end = (answer: Either.Either<A, E | NotOwner>): void => {
      if (isOver) return
      isOver = true
      to.passed.delete(passed)
      resume(answer)
    }
    const passed: Passed = {
      from,
      breakOff: () => end(Either.left(new NotOwner({ shard }))),
      giveUp: () => {
        hasGivenUp = true
        if (to.machine.isUp()) fiber?.unsafeInterruptAsFork(FiberId.none)
      }
    }
    to.passed.add(passed)
    queue.at(arrivalOf(network, from, to), () => {
      if (hasGivenUp) return
      if (!to.machine.isUp()) return queue.at(queue.now() + random.between(0, 100), passed.breakOff)
      if (to.machine.isFrozen()) breakLater(network, from, to)
      fiber = to.machine.run(
        Effect.flatMap(
          Effect.either(serve(to, shard, call)),
          (answer) => Effect.sync(() => queue.at(arrivalOf(network, to, from), () => end(answer)))
        )
      )
    })
    return Effect.sync(() => {
      isOver = true
      if (call.isPassedOn) queue.at(arrivalOf(network, from, to), passed.giveUp)
    })
  })

interface Call<A, E> {
  readonly work: (owner: Peer) => Effect.Effect<A, E | NotOwner>
  /** The owner learns if the caller goes away. */
  readonly isPassedOn: boolean
  /** The owner ends the work although its caller went away. */
  readonly isKept: boolean
}

/** A send as a caller asks for it. */
export interface Sending {
  readonly id: DeliveryId
  readonly prepared: Prepared
  readonly isPassedOn: boolean
}

/** Keeps the place of a send among those of its conversation that this process passed on and that have no answer yet. */
const inOrder = <A, E>({ passedOn }: Peer, key: string, id: DeliveryId, effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.suspend(() => {
    passedOn.set(key, [...passedOn.get(key) ?? [], id])
    return Effect.ensuring(effect, Effect.sync(() => passedOn.set(key, (passedOn.get(key) ?? []).filter((other) => other !== id))))
  })

/** The send of the same conversation that was passed on last before this one, if it has no answer yet. */
const findBefore = ({ passedOn }: Peer, key: string, id: DeliveryId): DeliveryId | undefined => {
  const ids = passedOn.get(key)
  return ids?.[ids.indexOf(id) - 1]
}

/** Asks the owner until there is an answer, or the time of the send is over. */
const ask = (network: Network, from: Peer, sending: Sending, until: number): Effect.Effect<Delivery, SendError> =>
  Effect.suspend(() => {
    const { id, isPassedOn, prepared } = sending
    const key = Conversation.key(prepared.conversation)
    const millis = () => Time.steadyMillis(from.machine.clock)
    const within = Math.max(0, until - millis())
    const follows = network.subject.fronts === "unordered" ? undefined : findBefore(from, key, id)
    const asking = passOnce<Delivery, SendError>(network, from, Shard.of(key), {
      isPassedOn,
      isKept: prepared.key !== undefined,
      work: ({ machine, runner }) => {
        network.onCome(machine, id)
        return runner.run(id, prepared, { within, follows })
      }
    })
    const recalling = from.runner.recall(id, prepared)
    return Effect.matchEffect(Effect.timeoutOption(asking, within + grace), {
      onSuccess: Option.match({ onNone: () => recalling, onSome: Effect.succeed }),
      onFailure: (error) =>
        !(error instanceof NotOwner)
          ? Effect.fail(error)
          : until + grace - millis() <= 0
          ? recalling
          : Effect.delay(ask(network, from, sending, until), again)
    })
  })

/** Sends a message at a front. When the time of the send is over, the answer is what the ledger says. */
export const send = (network: Network, from: Peer, sending: Sending): Effect.Effect<Delivery, SendError> =>
  Effect.suspend(() => {
    const { id, prepared } = sending
    const until = Time.steadyMillis(from.machine.clock) + from.runner.sendWithin
    return inOrder(from, Conversation.key(prepared.conversation), id, ask(network, from, sending, until))
  })

/** Tells the owner of a shard what was learned of a delivery, until it answers. */
const tellOwner = (network: Network, from: Peer, shard: number, id: DeliveryId, fact: Fact): Effect.Effect<TellResult> =>
  Effect.catchAll(
    passOnce<TellResult, never>(network, from, shard, { isPassedOn: false, isKept: false, work: ({ runner }) => runner.tell(id, fact) }),
    () => Effect.delay(tellOwner(network, from, shard, id, fact), again)
  )

/** Tells a delivery what was learned of it, here or where it runs. */
export const tell = (network: Network, from: Peer, id: DeliveryId, fact: Fact): Effect.Effect<TellResult> =>
  Effect.catchTag(from.runner.tell(id, fact), "NotOwner", ({ shard }) =>
    Effect.map(
      Effect.timeoutOption(tellOwner(network, from, shard, id, fact), longestTelling),
      Option.getOrElse((): TellResult => "Ignored")
    ))
