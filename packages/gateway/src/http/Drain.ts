/** Ends a process without losing running work: it refuses new requests that act, and finishes the accepted ones. */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"

/**
 * The drain of one process.
 *
 * @category models
 */
export interface DrainService {
  /** Whether the process will stop soon. It is not ready any more, and each answer ends its connection. */
  readonly isEnding: Effect.Effect<boolean>
  /** Whether requests that act are refused now. */
  readonly isDraining: Effect.Effect<boolean>
  /** Ends when it is known that the process will stop. An answer without an end (a stream of events) ends then too. */
  readonly ending: Effect.Effect<void>
  /** Counts an effect as under way. */
  readonly track: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Counts an effect that only reads as under way. `endReads` may interrupt its fiber. */
  readonly trackRead: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Says that the process will stop. It still takes requests, so that a balancer has time to notice. */
  readonly announce: Effect.Effect<void>
  /** Starts the drain. */
  readonly begin: Effect.Effect<void>
  /** Waits until nothing is under way. */
  readonly idle: Effect.Effect<void>
  /** Interrupts what only reads and is still under way. */
  readonly endReads: Effect.Effect<void>
}

/**
 * The tag of the service that drains the gateway.
 *
 * @category services
 */
export class Drain extends Context.Tag("@interline/gateway/Drain")<Drain, DrainService>() {}

/**
 * Counts the running work, and wakes the fibers that wait for its end.
 *
 * @category constructors
 */
export const make: Effect.Effect<DrainService> = Effect.gen(function*() {
  const announced = yield* Deferred.make<void>()
  const begun = yield* Deferred.make<void>()
  const waiting = new Set<Deferred.Deferred<void>>()
  const reads = new Set<Fiber.RuntimeFiber<unknown, unknown>>()
  let underWay = 0

  const enter = Effect.sync(() => {
    underWay += 1
  })
  const leave = Effect.suspend(() => {
    underWay -= 1
    if (underWay > 0 || waiting.size === 0) return Effect.void
    const ended = Array.from(waiting)
    waiting.clear()
    return Effect.forEach(ended, (one) => Deferred.succeed(one, undefined), { discard: true })
  })

  const track: DrainService["track"] = (effect) => Effect.acquireUseRelease(enter, () => effect, () => leave)

  return {
    isEnding: Deferred.isDone(announced),
    isDraining: Deferred.isDone(begun),
    ending: Deferred.await(announced),
    track,
    trackRead: <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      track(Effect.withFiberRuntime<A, E, R>((fiber) => {
        reads.add(fiber)
        return Effect.ensuring(effect, Effect.sync(() => reads.delete(fiber)))
      })),
    endReads: Effect.sync(() => {
      for (const fiber of reads) fiber.unsafeInterruptAsFork(FiberId.none)
    }),
    announce: Effect.asVoid(Deferred.succeed(announced, undefined)),
    begin: Effect.zipRight(Deferred.succeed(announced, undefined), Effect.asVoid(Deferred.succeed(begun, undefined))),
    idle: Effect.flatMap(Deferred.make<void>(), (quiet) =>
      Effect.suspend(() => {
        if (underWay === 0) return Effect.void
        waiting.add(quiet)
        return Deferred.await(quiet)
      }))
  }
})

/**
 * The service as a layer.
 *
 * @category layers
 */
export const layer: Layer.Layer<Drain> = Layer.effect(Drain, make)

/**
 * How long the end of a process may take.
 *
 * @category models
 */
export interface Options {
  /** How long the process still takes requests after it is not ready any more, so that a balancer notices (default: no time). */
  readonly notice?: Duration.DurationInput
  /**
   * How long the process then waits for running work (default: 30 seconds). The rest is cut off, and the router records it as not known.
   */
  readonly drainFor?: Duration.DurationInput
}

/**
 * Drains at the end of its scope. It must be built after the server, so that it ends before the server. So provide the server to this
 * layer, not this layer to the server.
 *
 * @category layers
 */
export const onShutdown = ({ drainFor = "30 seconds", notice = Duration.zero }: Options = {}): Layer.Layer<never, never, Drain> =>
  Layer.scopedDiscard(
    Effect.flatMap(Drain, ({ announce, begin, idle }) => {
      const noticed = Duration.equals(Duration.decode(notice), Duration.zero)
        ? Effect.void
        : Effect.zipRight(announce, Effect.sleep(notice))
      const drained = Effect.zipRight(noticed, Effect.zipRight(begin, Effect.timeoutOption(idle, drainFor)))
      // This runs in a fiber of its own. The fiber that ends the scope may already be interrupted, and would not wait.
      return Effect.addFinalizer(() => Effect.flatMap(Effect.forkDaemon(Effect.interruptible(drained)), Fiber.await))
    })
  )

/** How long the last answers may take. Their requests came while the drain ended. */
const lastAnswersWithin = Duration.seconds(1)

/**
 * Waits at the end of its scope for the requests that came while the drain ended. Then what they use ends, so reads that are still under way are
 * interrupted, and answered so. It must be built before the server and after what the requests use, so that it ends between them.
 *
 * @category layers
 */
export const lastAnswers: Layer.Layer<never, never, Drain> = Layer.scopedDiscard(
  Effect.flatMap(
    Drain,
    ({ endReads, idle }) =>
      Effect.addFinalizer(() =>
        Effect.flatMap(
          Effect.forkDaemon(Effect.interruptible(Effect.zipRight(Effect.timeoutOption(idle, lastAnswersWithin), endReads))),
          Fiber.await
        )
      )
  )
)
