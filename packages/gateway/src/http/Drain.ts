/**
 * The end of a process without losing what is under way: requests that act are refused, those that were taken are finished.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as DrainLive from "./drainLive.ts"

/**
 * `isDraining`: requests that act are refused from now on. `begun` ends when that begins: what answers without an end (a stream
 * of events) ends with it. `track` counts an effect as under way. `begin` starts the drain; `idle` waits until nothing is
 * under way.
 *
 * @since 0.1.0
 * @category models
 */
export interface DrainService {
  readonly isDraining: Effect.Effect<boolean>
  readonly begun: Effect.Effect<void>
  readonly track: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  readonly begin: Effect.Effect<void>
  readonly idle: Effect.Effect<void>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Drain extends Context.Tag("@interline/gateway/Drain")<Drain, DrainService>() {}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<DrainService> = DrainLive.make

/**
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Drain> = Layer.effect(Drain, make)

/**
 * `notice` (default none): how long a process that is not ready any more still answers, so that a balancer sees it. `drainFor` (default 30
 * seconds): how long what is under way is waited for after that. What is left is cut off, and the router records it as not known.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly notice?: Duration.DurationInput
  readonly drainFor?: Duration.DurationInput
}

/**
 * Drains at the end of its scope. It must be built after the server, so that it ends before it: provide the server to it, not it to the
 * server.
 *
 * @since 0.1.0
 * @category layers
 */
export const onShutdown = ({ drainFor = "30 seconds", notice = Duration.zero }: Options = {}): Layer.Layer<never, never, Drain> =>
  Layer.scopedDiscard(
    Effect.flatMap(Drain, ({ begin, idle }) => {
      const drained = Effect.zipRight(Effect.sleep(notice), Effect.timeoutOption(idle, drainFor))
      // in a fiber of its own: the one that ends the scope may be interrupted already, and would wait for nothing
      return Effect.addFinalizer(() =>
        Effect.zipRight(begin, Effect.flatMap(Effect.forkDaemon(Effect.interruptible(drained)), Fiber.await))
      )
    })
  )
