/** Answers whether the process is alive, and whether it should get requests. */
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as SqlClient from "@effect/sql/SqlClient"
import { Cluster, type Inspection } from "@interline/cluster/Cluster"
import * as IsoTime from "@interline/core/IsoTime"
import { present } from "@interline/core/Optional"
import { Router } from "@interline/router/Router"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { CatchUp } from "../catchup/CatchUp.ts"
import { Drain } from "../http/Drain.ts"
import type { Progress } from "../server/CatchUpProgress.ts"
import * as WrongMethod from "../server/wrongMethod.ts"

/**
 * A line that is not used at the moment, or that only a person can repair. `until` and `since` are in epoch milliseconds.
 *
 * @category models
 */
export interface Line {
  readonly carrierId: string
  readonly line: string
  readonly state: "closed" | "open" | "half-open" | "resting"
  readonly until?: number
  readonly faults?: ReadonlyArray<{ readonly reason: string; readonly since: number }>
}

/**
 * The answer of `GET /readyz`. `lines` and `catchUp` never make the process unready. A process that has not joined the others yet is unready.
 *
 * @category models
 */
export interface Readiness {
  readonly ready: boolean
  readonly database: "ok" | "unreachable"
  readonly draining: boolean
  /**
   * The lines that are not used at the moment, with the time until then (epoch milliseconds), and the lines that only a person can repair,
   * with the reasons. `unknown`: the other processes, or the database, do not say what is known of the lines.
   */
  readonly lines: ReadonlyArray<Line> | "unknown"
  /**
   * The part that this process has among several on one PostgreSQL, and the groups of settings in which others differ from it. Absent if it is alone.
   */
  readonly cluster?: Omit<Inspection, "differing"> & { readonly differing: ReadonlyArray<string> }
  /**
   * The carriers whose latest events may not be known yet, with the time until which every event is known. `streamSeenAt` is when the carrier's
   * event stream last showed that it is alive.
   */
  readonly catchUp: ReadonlyArray<Pick<Progress, "carrierId" | "state" | "heardUntil" | "streamSeenAt">>
}

/**
 * Whether this process is ready. `progress` is the one of `CatchUp` (default: no carrier is read back). `database` fails if the database
 * cannot be reached. It counts as failed after 2 seconds, also if it cannot be interrupted. `lines` is `unknown` if it is not known
 * within 2 seconds.
 *
 * @category constructors
 */
export const readiness = <R>(
  database: Effect.Effect<unknown, unknown, R>,
  progress: Effect.Effect<ReadonlyArray<Progress>> = Effect.succeed([])
): Effect.Effect<Readiness, never, Drain | Router | R> =>
  Effect.gen(function*() {
    const drain = yield* Drain
    const router = yield* Router
    const draining = yield* drain.isEnding
    // A database or a process that is silent does not give up a question at once when it is interrupted, so it is left behind.
    const askBriefly = <A, E, R>(question: Effect.Effect<A, E, R>): Effect.Effect<A | undefined, never, R> =>
      question.pipe(Effect.disconnect, Effect.timeout("2 seconds"), Effect.catchAllCause(() => Effect.succeed(undefined)))
    const [answers = false, health] = yield* Effect.all([askBriefly(Effect.as(database, true)), askBriefly(router.health)], {
      concurrency: 2
    })
    const lines = health?.flatMap(({ carrierId, faults, line, state, until }): ReadonlyArray<Line> =>
      state === "closed" && faults === undefined ? [] : [{ carrierId, line, state, ...present({ faults, until }) }]
    ) ?? "unknown"
    const cluster = yield* Effect.flatMap(
      Effect.serviceOption(Cluster),
      Option.match({
        onNone: () =>
          Effect.succeed(undefined),
        // without a key nobody is told where the others are
        onSome: ({ inspect }) =>
          Effect.map(inspect, ({ differing, ...cluster }) => ({
            ...cluster,
            differing: Array.from(new Set(differing.flatMap(({ settings }) => settings)))
          }))
      })
    )
    const now = yield* Clock.currentTimeMillis
    const catchUp = (yield* progress).flatMap(({ carrierId, heardUntil, state, streamSeenAt }) =>
      state === "done" && heardUntil !== undefined && heardUntil >= now
        ? []
        : [{ carrierId, state, ...present({ heardUntil, streamSeenAt }) }]
    )
    return {
      ready: answers && !draining && cluster?.joined !== false,
      database: answers ? "ok" : "unreachable",
      draining,
      lines,
      ...(cluster === undefined ? {} : { cluster }),
      catchUp
    }
  })

/** The form on the wire, with times in ISO 8601. */
const onWire = ({ catchUp, lines, ...rest }: Readiness) => ({
  ...rest,
  lines: lines === "unknown" ? lines : lines.map(({ faults, until, ...line }) => ({
    ...line,
    ...(until === undefined ? {} : { until: IsoTime.format(until) }),
    ...(faults === undefined ? {} : { faults: faults.map(({ reason, since }) => ({ reason, since: IsoTime.format(since) })) })
  })),
  catchUp: catchUp.map(({ heardUntil, streamSeenAt, ...carrier }) => ({
    ...carrier,
    ...(heardUntil === undefined ? {} : { heardUntil: IsoTime.format(heardUntil) }),
    ...(streamSeenAt === undefined ? {} : { streamSeenAt: IsoTime.format(streamSeenAt) })
  }))
})

const json = (body: unknown, status: number) => HttpServerResponse.unsafeJson(body, { status, headers: { "cache-control": "no-store" } })

/**
 * `GET /healthz` answers as long as the process works. `GET /readyz` answers 503 if the process should get no requests. Neither needs a
 * key.
 *
 * @category layers
 */
export const layer: Layer.Layer<never, never, HttpLayerRouter.HttpRouter | SqlClient.SqlClient | Drain | Router | CatchUp> = HttpLayerRouter
  .use((router) =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const { progress } = yield* CatchUp
      const context = yield* Effect.context<Drain | Router>()
      yield* router.add("GET", "/healthz", Effect.succeed(json({ status: "ok" }, 200)))
      yield* router.add(
        "GET",
        "/readyz",
        Effect.map(Effect.provide(readiness(sql`SELECT 1`, progress), context), (state) => json(onWire(state), state.ready ? 200 : 503))
      )
      yield* router.addAll(["/healthz", "/readyz"].flatMap((path) => WrongMethod.refusals(path, ["GET"])))
    })
  )
