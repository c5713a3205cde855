/** The end of a process without losing what is under way: requests that act are refused, those that were taken are finished. */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"

/**
 * The drain of one process.
 *
 * @category models
 */
export interface DrainService {
  /** Whether requests that act are refused from now on. */
  readonly isDraining: Effect.Effect<boolean>
  /** Ends when the drain begins. An answer without an end (a stream of events) ends with it. */
  readonly begun: Effect.Effect<void>
  /** Counts an effect as under way. */
  readonly track: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Starts the drain. */
  readonly begin: Effect.Effect<void>
  /** Waits until nothing is under way. */
  readonly idle: Effect.Effect<void>
}

/**
 * The tag of the service that ends the gateway in order.
 *
 * @category services
 */
export class Drain extends Context.Tag("@interline/gateway/Drain")<Drain, DrainService>() {}

/**
 * Counts what is under way, and wakes those who wait when nothing is.
 *
 * @category constructors
 */
export const make: Effect.Effect<DrainService> = Effect.gen(function*() {
  const begun = yield* Deferred.make<void>()
  const waiting = new Set<Deferred.Deferred<void>>()
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

  return {
    isDraining: Deferred.isDone(begun),
    begun: Deferred.await(begun),
    track: (effect) => Effect.acquireUseRelease(enter, () => effect, () => leave),
    begin: Effect.asVoid(Deferred.succeed(begun, undefined)),
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
  /** How long a process that is not ready any more still answers, so that a balancer sees it (default: none). */
  readonly notice?: Duration.DurationInput
  /**
   * How long it waits for what is under way after that (default: 30 seconds). The rest is cut off, and the router records it as not known.
   */
  readonly drainFor?: Duration.DurationInput
}

/**
 * Drains at the end of its scope. It must be built after the server, so that it ends before it: provide the server to it, not it to the
 * server.
 *
 * @category layers
 */
export const onShutdown = ({ drainFor = "30 seconds", notice = Duration.zero }: Options = {}): Layer.Layer<never, never, Drain> =>
  Layer.scopedDiscard(
    Effect.flatMap(Drain, ({ begin, idle }) => {
      const drained = Effect.zipRight(Effect.sleep(notice), Effect.timeoutOption(idle, drainFor))
      // in a fiber of its own: the fiber that ends the scope may be interrupted already, and would not wait
      return Effect.addFinalizer(() =>
        Effect.zipRight(begin, Effect.flatMap(Effect.forkDaemon(Effect.interruptible(drained)), Fiber.await))
      )
    })
  )
