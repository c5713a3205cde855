/**
 * Whether the process is alive, and whether it should get requests.
 *
 * @since 0.1.0
 */
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as SqlClient from "@effect/sql/SqlClient"
import { Router } from "@interline/router/Router"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { Drain } from "./Drain.ts"
import * as Methods from "./internal/api/methods.ts"

/**
 * What `GET /readyz` says. `lines` are those that are not asked at the moment, until when in epoch milliseconds, and those
 * that only a person can mend, for which reasons; they are no reason not to be ready.
 *
 * @since 0.1.0
 * @category models
 */
export interface Readiness {
  readonly ready: boolean
  readonly database: "ok" | "unreachable"
  readonly draining: boolean
  readonly lines: ReadonlyArray<{
    readonly carrierId: string
    readonly line: string
    readonly state: "closed" | "open" | "half-open" | "resting"
    readonly until?: number
    readonly faults?: ReadonlyArray<{ readonly reason: string; readonly since: number }>
  }>
}

/**
 * `database` fails if it cannot be reached; longer than 2 seconds counts as failing.
 *
 * @since 0.1.0
 * @category constructors
 */
export const readiness = <R>(database: Effect.Effect<unknown, unknown, R>): Effect.Effect<Readiness, never, Drain | Router | R> =>
  Effect.gen(function*() {
    const drain = yield* Drain
    const router = yield* Router
    const draining = yield* drain.isDraining
    const answers = yield* database.pipe(
      Effect.as(true),
      Effect.timeout("2 seconds"),
      Effect.catchAllCause(() => Effect.succeed(false))
    )
    const lines = (yield* router.health).flatMap(({ carrierId, faults, line, state, until }) =>
      state === "closed" && faults === undefined
        ? []
        : [{ carrierId, line, state, ...(until === undefined ? {} : { until }), ...(faults === undefined ? {} : { faults }) }])
    return { ready: answers && !draining, database: answers ? "ok" : "unreachable", draining, lines }
  })

const json = (body: unknown, status: number) => HttpServerResponse.unsafeJson(body, { status, headers: { "cache-control": "no-store" } })

/**
 * `GET /healthz`, which answers as long as the process does, and `GET /readyz` (503 if it should get no requests). Neither needs
 * a key.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<never, never, HttpLayerRouter.HttpRouter | SqlClient.SqlClient | Drain | Router> = HttpLayerRouter.use((router) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const context = yield* Effect.context<Drain | Router>()
    yield* router.add("GET", "/healthz", Effect.succeed(json({ status: "ok" }, 200)))
    yield* router.add(
      "GET",
      "/readyz",
      Effect.map(Effect.provide(readiness(sql`SELECT 1`), context), (state) => json(state, state.ready ? 200 : 503))
    )
    yield* router.addAll(["/healthz", "/readyz"].flatMap((path) => Methods.refusals(path, ["GET"])))
  })
)
