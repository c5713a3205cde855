/** Runs the deliveries of the shards that the engine gave to this process, and answers the calls of other processes. */
import * as Entity from "@effect/cluster/Entity"
import * as EntityId from "@effect/cluster/EntityId"
import * as RpcServer from "@effect/rpc/RpcServer"
import type { Prepared } from "@interline/core/Backend"
import * as Defect from "@interline/core/Defect"
import type { Delivery } from "@interline/core/Delivery"
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { SendError } from "@interline/core/SendError"
import * as Time from "@interline/core/Time"
import { type LocalRunner, NotOwner } from "@interline/router/Runner"
import * as Shard from "@interline/router/Shard"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as HashSet from "effect/HashSet"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import * as Calls from "./calls.ts"
import * as Engine from "./engine.ts"
import type { Pulse } from "./machine.ts"
import * as UnderWay from "./underWay.ts"

export interface Parts extends Pick<Engine.Engine, "serve" | "sharding"> {
  readonly local: LocalRunner
  readonly pulse: Pulse
  readonly secret: Redacted.Redacted
  /** Logs a call without the secret. */
  readonly refused: Effect.Effect<void>
}

/** A send as its caller passes it on. */
export interface Passed {
  readonly deliveryId: DeliveryId
  readonly prepared: Prepared
  readonly within: number
  readonly follows: DeliveryId | undefined
}

export interface Owner {
  /** Whether a shard is here, and sends of it can be run at once. */
  readonly has: (shard: number) => boolean
  /** Runs a send here. Fails with `NotOwner` if its shard is not here, or goes away meanwhile. No call ends with a defect. */
  readonly send: (shard: number, passed: Passed) => Effect.Effect<Delivery, SendError | NotOwner>
}

/** How often this process compares what it has with what the engine gave it. */
const watchEvery = Duration.millis(500)

/** Shards that come within this time are taken in one statement. */
const gatherFor = Duration.millis(10)

/** How long a shard rests after the ledger said that it is another process's, in milliseconds. By then the engine knows who has it. */
const restAfterLoss = 6_000

/** How long the end of an entity waits for what nobody waits for any more. */
const endWithin = Duration.seconds(10)

/** Shows what is done for a call below the span of its caller. */
const below = <A, E>(span: typeof Calls.DirectSend.payloadSchema.Type["span"], effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  span === undefined ? effect : Effect.withParentSpan(effect, Tracer.externalSpan(span))

/** Whether the caller gave a call up. The end of a connection, or of the server here, says nothing of the caller. */
const isByCaller = (by: HashSet.HashSet<FiberId.FiberId>): boolean =>
  HashSet.some(by, (id) => HashSet.has(FiberId.toSet(id), RpcServer.fiberIdClientInterrupt))

interface Acquire {
  readonly acquire: (shard: number) => Effect.Effect<void>
  /** Whether the shard is being taken. Until that has ended, what was left behind is not in its lanes yet, so nothing new may begin. */
  readonly isAcquiring: (shard: number) => boolean
}

/** Takes shards, several at a time. Each caller waits for its own. */
const makeAcquire = (local: LocalRunner): Effect.Effect<Acquire, never, Scope.Scope> =>
  Effect.gen(function*() {
    const waiting = new Map<number, Deferred.Deferred<void>>()
    const under = new Map<number, Deferred.Deferred<void>>()
    const isWanted = yield* Effect.makeLatch(false)
    const round = Effect.gen(function*() {
      yield* isWanted.await
      yield* Effect.sleep(gatherFor)
      yield* isWanted.close
      const wanted = Array.from(waiting)
      waiting.clear()
      for (const [shard, done] of wanted) under.set(shard, done)
      const exit = yield* Effect.exit(local.acquire(wanted.map(([shard]) => shard)))
      if (Exit.isFailure(exit)) {
        yield* Defect.logUnlessSaid(exit.cause, Effect.logError("shards could not be taken", Defect.placesIn(exit.cause)))
      }
      under.clear()
      yield* Effect.forEach(wanted, ([, done]) => Deferred.done(done, exit), { discard: true })
    })
    yield* Effect.forkScoped(Effect.interruptible(Effect.forever(round)))
    return {
      isAcquiring: (shard) => waiting.has(shard) || under.has(shard),
      acquire: (shard) =>
        Effect.suspend(() => {
          const known = under.get(shard) ?? waiting.get(shard)
          if (known !== undefined) return Deferred.await(known)
          const done = Deferred.unsafeMake<void>(FiberId.none)
          waiting.set(shard, done)
          return Effect.zipRight(isWanted.open, Deferred.await(done))
        })
    }
  })

export const make = ({ local, pulse, refused, secret, serve, sharding }: Parts): Effect.Effect<Owner, never, Scope.Scope> =>
  Effect.gen(function*() {
    const clock = yield* Effect.clock
    const { acquire, isAcquiring } = yield* makeAcquire(local)
    const scope = yield* Effect.scope
    const lostUntil = new Map<number, number>()
    const direct = UnderWay.make()

    const owns = (shard: number): boolean => sharding.hasShardId(sharding.getShardId(EntityId.make(String(shard)), Engine.group))

    const isResting = (shard: number): boolean => (lostUntil.get(shard) ?? Number.NEGATIVE_INFINITY) > Time.steadyMillis(clock)

    const has = (shard: number): boolean => owns(shard) && !pulse.wasFrozen() && local.epochs().has(shard) && !isAcquiring(shard)

    /** Takes the shard if the engine gave it to this process and nothing speaks against it. */
    const ensure = (shard: number): Effect.Effect<void, NotOwner> =>
      Effect.suspend(() => {
        if (has(shard)) return Effect.void
        if (!owns(shard) || pulse.wasFrozen()) return Effect.fail(new NotOwner({ shard }))
        if (isResting(shard)) return Effect.fail(new NotOwner({ shard }))
        return Effect.flatMap(
          Effect.sandbox(acquire(shard)).pipe(Effect.mapError(() => new NotOwner({ shard }))),
          () =>
            owns(shard) ? Effect.void : Effect.zipRight(Effect.forkIn(local.release([shard]), scope), Effect.fail(new NotOwner({ shard })))
        )
      })

    /** The ledger says that a shard is another process's. The engine will say so too, or else the shard is taken again after a rest. */
    const noteLoss = (shard: number): Effect.Effect<void> =>
      Effect.suspend(() => {
        lostUntil.set(shard, Time.steadyMillis(clock) + restAfterLoss)
        return Effect.asVoid(Effect.forkIn(local.release([shard]), scope))
      })

    /**
     * Runs a send in a fiber of its own. If its caller goes away, it is abandoned, unless it has a key: then it was accepted, and the process of the
     * caller may be the one that went away. If this process loses the shard, what it has begun goes on and is written down.
     */
    const apart = <A, E>(shard: number, isKeyed: boolean, send: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      Effect.flatMap(Effect.forkDaemon(send), (fiber) =>
        Effect.onInterrupt(
          Effect.flatten(fiber.await),
          (by) => owns(shard) && !isKeyed && isByCaller(by) ? Fiber.interruptFork(fiber) : Effect.void
        ))

    /** No call ends with a defect: the engine would restart the entity, and run all its calls again. */
    const catchDefects = <A, E>(shard: number, call: Effect.Effect<A, E | NotOwner>): Effect.Effect<A, E | NotOwner> =>
      Effect.catchAllDefect(call, (defect) =>
        Effect.zipRight(
          Defect.logUnlessSaid(defect, Effect.logError("a call for a delivery failed", { defect: Defect.nameOf(defect) })),
          Effect.fail(new NotOwner({ shard }))
        ))

    const run = (shard: number, { deliveryId, follows, prepared, within }: Passed) =>
      Effect.tapErrorTag(
        local.run(deliveryId, prepared, { within, follows }),
        "NotOwner",
        () => owns(shard) && !local.epochs().has(shard) ? noteLoss(shard) : Effect.void
      )

    // nobody but its caller ends it here, and a caller who goes away abandons it, unless it has a key
    const send: Owner["send"] = (shard, passed) =>
      catchDefects(shard, passed.prepared.key === undefined ? run(shard, passed) : apart(shard, true, run(shard, passed)))

    const guard = <A, E>(shard: number, given: Redacted.Redacted, call: Effect.Effect<A, E | NotOwner>): Effect.Effect<A, E | NotOwner> =>
      Redacted.value(given) === Redacted.value(secret)
        ? catchDefects(shard, call)
        : Effect.zipRight(refused, Effect.fail(new NotOwner({ shard })))

    /** Looks whether the shard is here, and does not take it. */
    const find: typeof ensure = (shard) => Effect.suspend(() => has(shard) ? Effect.void : Effect.fail(new NotOwner({ shard })))

    const answerSend = (
      get: typeof ensure,
      shard: number,
      { deliveryId, follows, prepared, secret, within }: typeof Calls.Send.payloadSchema.Type
    ) =>
      guard(
        shard,
        secret,
        Effect.flatMap(get(shard), () => apart(shard, prepared.key !== undefined, run(shard, { deliveryId, follows, prepared, within })))
      )

    const answerTell = (get: typeof ensure, shard: number, { deliveryId, fact, secret }: typeof Calls.Tell.payloadSchema.Type) =>
      guard(shard, secret, Effect.flatMap(get(shard), () => local.tell(deliveryId, fact)))

    // Only a call through the engine takes a shard. It makes the entity of the shard, and the engine waits for the end of the entity before it gives the
    // shard away. Without an entity the next owner would take over what is under way here.
    yield* serve({
      send: (call) => direct.count(call.shard, below(call.span, answerSend(find, call.shard, call))),
      tell: (call) => direct.count(call.shard, below(call.span, answerTell(find, call.shard, call)))
    })

    const handlers = Effect.gen(function*() {
      const { entityId } = yield* Entity.CurrentAddress
      const shard = Number(entityId)
      // The engine gives a shard away when this has ended. What only waits here ends with the release, so the calls for it end after that.
      yield* Effect.addFinalizer(() =>
        Effect.ignore(Effect.timeout(Effect.interruptible(Effect.zipRight(local.release([shard]), direct.awaitIdle(shard))), endWithin))
      )
      return Calls.Shard.of({
        Send: ({ payload }) => answerSend(ensure, shard, payload),
        Tell: ({ payload }) => answerTell(ensure, shard, payload),
        Wake: ({ payload: { secret } }) => guard(shard, secret, ensure(shard))
      })
    })
    yield* sharding.registerEntity(Calls.Shard, handlers, {
      concurrency: "unbounded",
      mailboxCapacity: "unbounded",
      maxIdleTime: Duration.infinity,
      disableFatalDefects: true
    })

    const client = yield* sharding.makeClient(Calls.Shard)
    const watch = Effect.suspend(() => {
      const here = local.epochs()
      const lost = Array.from(here.keys()).filter((shard) => !owns(shard))
      const gained = Shard.all.filter((shard) => !here.has(shard) && owns(shard) && !isResting(shard))
      const releasing = lost.length === 0 ? Effect.void : Effect.forkIn(local.release(lost), scope)
      // a call may also end by an interruption, if the engine ends its entity because the locks were lost
      const waking = Effect.forEach(gained, (shard) => Effect.exit(client(String(shard)).Wake({ secret })), {
        concurrency: "unbounded",
        discard: true
      })
      // a shard may be another process's by then, and that one may stand still: it does not even take back a call
      return Effect.zipRight(releasing, Effect.ignore(Effect.timeout(Effect.disconnect(waking), Duration.seconds(10))))
    })
    yield* Effect.forkScoped(
      Effect.interruptible(Effect.withTracerEnabled(Effect.forever(Effect.zipRight(Effect.sleep(watchEvery), watch)), false))
    )
    return { has, send }
  })
