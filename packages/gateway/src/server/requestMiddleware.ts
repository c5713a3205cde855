/** Wraps every request: reads its address, traces, counts and logs it, refuses it while the process drains, and answers what broke. */
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import * as Defect from "@interline/core/Defect"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as HashSet from "effect/HashSet"
import * as Metric from "effect/Metric"
import * as MetricLabel from "effect/MetricLabel"
import * as Option from "effect/Option"
import type * as Tracer from "effect/Tracer"
import * as BrokenRequest from "../http/brokenRequest.ts"
import type { DrainService } from "../http/Drain.ts"
import * as ProblemDetails from "../http/ProblemDetails.ts"
import { respond } from "../http/problemResponse.ts"
import type { FrontAddress } from "./frontAddress.ts"
import * as Metrics from "./Metrics.ts"
import * as RequestId from "./requestId.ts"
import * as RequestTarget from "./requestTarget.ts"
import * as UnknownAddress from "./unknownAddress.ts"

type App<E> = Effect.Effect<HttpServerResponse.HttpServerResponse, E>

const reads = new Set(["GET", "HEAD", "OPTIONS"])

/**
 * Webhooks are accepted until the end, because vendors repeat them for hours at most. The fronts refuse requests themselves, because they
 * must recognise the retries of these requests.
 */
const refusedWhileDraining = (fronts: ReadonlyArray<FrontAddress>) => {
  const recognises = recognisesRetries(fronts)
  return (request: HttpServerRequest.HttpServerRequest): boolean => !reads.has(request.method) && !recognises(request)
}

/** Webhooks and the fronts know a request that comes again. */
const recognisesRetries = (fronts: ReadonlyArray<FrontAddress>) => {
  const starts = ["/webhooks/", ...fronts.map(({ prefix }) => `${prefix}/`)]
  return ({ url }: HttpServerRequest.HttpServerRequest): boolean => starts.some((start) => url.startsWith(start))
}

/**
 * The router would cut a path at a semicolon or a hash, and decode letters. A proxy may allow addresses by the start or end of their paths.
 * It would then let other addresses through.
 */
const isAmbiguous = ({ url }: HttpServerRequest.HttpServerRequest): boolean => /^[^?]*[;#]|^\/[^/?]*%/.test(url)

interface Addressing {
  readonly readTarget: ReturnType<typeof RequestTarget.reading>
  /** The answer for an address without a route. */
  readonly nowhere: (url: string) => App<never>
}

/** Gives the routes the request with its address in the common form. */
const withReadAddress = <E>(routes: App<E>, request: HttpServerRequest.HttpServerRequest, { nowhere, readTarget }: Addressing): App<E> => {
  const read = readTarget(request)
  const app = isAmbiguous(read) ? nowhere(read.url) : routes
  return read === request ? app : Effect.provideService(app, HttpServerRequest.HttpServerRequest, read)
}

const secured = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000"
} as const

/** The content policy. The page of the API's description has its own script and style. No other answer is a page. */
const policyOf = (route: string): string =>
  route === "/docs"
    ? "default-src 'self'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src 'self' data: blob:; font-src data:; worker-src blob:; connect-src 'self'; frame-ancestors 'none'"
    : "default-src 'none'; frame-ancestors 'none'"

/** The pattern of the route. The router writes it on the span. */
const routeOf = (span: Tracer.Span): string => {
  const route = span.attributes.get("http.route")
  return typeof route === "string" ? route : "none"
}

const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])

/**
 * The answer if a request was interrupted. Either its client has gone away, and nobody reads it, or the process ends. A read has done nothing. Of an act it is
 * not known how far it got: it may come again if it is recognised then, by its key or at its address.
 */
const answerInterrupted = (cause: Cause.Cause<unknown>, recognises: ReturnType<typeof recognisesRetries>): App<unknown> =>
  Effect.flatMap(
    FiberRef.get(FiberRef.interruptedCause),
    (interruption) =>
      HashSet.has(Cause.interruptors(Cause.parallel(cause, interruption)), HttpServerError.clientAbortFiberId)
        ? Effect.failCause(cause)
        : Effect.map(HttpServerRequest.HttpServerRequest, (request) => {
          const problem = reads.has(request.method)
            ? ProblemDetails.make("draining", { certainty: "not-sent", next: "retry", retryAfter: 5 })
            : recognises(request) || request.headers["idempotency-key"] !== undefined
            ? ProblemDetails.make("draining", { next: "retry", retryAfter: 5 })
            : ProblemDetails.make("idempotency-unknown", { certainty: "unknown", next: "reconcile" })
          return HttpServerResponse.setHeader(respond(problem), "connection", "close")
        }) as App<never>
  )

const answerBroken = (
  cause: Cause.Cause<unknown>,
  nowhere: App<never>,
  recognises: ReturnType<typeof recognisesRetries>
): App<unknown> => {
  const error = Cause.squash(cause)
  if (HttpServerResponse.isServerResponse(error)) return Effect.succeed(error)
  if (Cause.isInterruptedOnly(cause)) return answerInterrupted(cause, recognises)
  if (error instanceof HttpServerError.RouteNotFound) return nowhere
  return Effect.zipRight(
    Defect.logUnlessSaid(cause, Effect.annotateLogs(Effect.logError("a request broke"), { defect: Defect.nameOf(error) })),
    Effect.map(
      HttpServerRequest.HttpServerRequest,
      (request) => respond(BrokenRequest.explain(error, request, { certainty: "unknown", isRepeatable: reads.has(request.method) }))
    ) as App<never>
  )
}

const corsOf = (origins: ReadonlyArray<string>) =>
  HttpMiddleware.cors({
    allowedOrigins: origins.includes("*") ? () => true : (origin) => origins.includes(origin),
    allowedMethods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
    allowedHeaders: ["authorization", "content-type", "idempotency-key", "last-event-id", RequestId.name],
    exposedHeaders: ["idempotent-replayed", "retry-after", "x-should-retry", "interline-delivery-id", RequestId.name],
    maxAge: 600
  })

/** The metrics of one kind of request. They are made once, because making them takes longer than counting. */
interface Counters {
  readonly requests: typeof Metrics.requests
  readonly duration: typeof Metrics.duration
}

const countersOf = (method: string, route: string, status: number): Counters => {
  const place = [MetricLabel.make("method", method), MetricLabel.make("route", route)]
  return {
    requests: Metric.taggedWithLabels(Metrics.requests, [...place, MetricLabel.make("status", String(status))]),
    duration: Metric.taggedWithLabels(Metrics.duration, place)
  }
}

export interface Parts {
  readonly drain: DrainService
  readonly accessLog: boolean
  readonly addresses: ReadonlyArray<string>
  readonly fronts: ReadonlyArray<FrontAddress>
  readonly origins: ReadonlyArray<string>
  readonly spans: boolean
}

export const make = ({ accessLog, addresses, drain, fronts, origins, spans }: Parts) => {
  const explain = UnknownAddress.explain(addresses, fronts)
  const nowhere = (url: string): App<never> =>
    Effect.sync(() => respond(ProblemDetails.make("not-found", { certainty: "not-sent", next: "fix", detail: explain(url) })))
  const addressing: Addressing = { nowhere, readTarget: RequestTarget.reading(fronts) }
  const isRefusedWhileDraining = refusedWhileDraining(fronts)
  const recognises = recognisesRetries(fronts)
  const nowhereHere = Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ url }) => nowhere(url)) as App<never>
  const cors = origins.length === 0 ? undefined : corsOf(origins)
  // There are few routes, methods and statuses, so the map stays small.
  const counters = new Map<string, Counters>()

  const gate = <E>(app: App<E>): App<E> =>
    Effect.flatMap(
      drain.isEnding,
      (ending) =>
        !ending ?
          app :
          Effect.flatMap(drain.isDraining, (draining) =>
            Effect.withFiberRuntime<HttpServerResponse.HttpServerResponse, E>((fiber) => {
              const request = Context.unsafeGet(fiber.currentContext, HttpServerRequest.HttpServerRequest)
              const answered = draining && isRefusedWhileDraining(request)
                // With an idempotency key, an earlier request may have been done. So nothing is said about certainty.
                ? Effect.succeed(respond(ProblemDetails.make("draining", {
                  next: "retry",
                  retryAfter: 5,
                  ...(request.headers["idempotency-key"] === undefined ? { certainty: "not-sent" } : {})
                })))
                : app
              return Effect.map(answered, HttpServerResponse.setHeader("connection", "close"))
            }))
    )

  return <E>(routes: App<E>): App<E> => {
    const answered = Effect.catchAllCause(
      gate(routes),
      (cause) => answerBroken(cause, nowhereHere, recognises) as App<E>
    )
    const [tracked, trackedRead] = [drain.track(answered), drain.trackRead(answered)]
    const handled: App<E> = Effect.withFiberRuntime((fiber) => {
      const { method } = Context.unsafeGet(fiber.currentContext, HttpServerRequest.HttpServerRequest)
      return reads.has(method) ? trackedRead : tracked
    })
    const crossed: App<E> = cors === undefined ? handled : cors(handled) as App<E>
    const shared: App<E> = spans ? crossed : Effect.withTracerEnabled(crossed, false)
    return Effect.withFiberRuntime<HttpServerResponse.HttpServerResponse, E>((fiber) => {
      const request = Context.unsafeGet(fiber.currentContext, HttpServerRequest.HttpServerRequest)
      const method = methods.has(request.method) ? request.method : "other"
      const given = RequestId.given(request.headers)
      return Effect.useSpan(
        `http.server ${method}`,
        { kind: "server", parent: Option.getOrUndefined(HttpTraceContext.fromHeaders(request.headers)), captureStackTrace: false },
        (span) =>
          Effect.flatMap(Clock.currentTimeMillis, (startedAt) =>
            Effect.onExit(
              Effect.map(Effect.withParentSpan(withReadAddress(shared, request, addressing), span), (response) =>
                HttpServerResponse.setHeaders(response, {
                  ...secured,
                  [RequestId.name]: given ?? span.traceId,
                  "content-security-policy": policyOf(routeOf(span)),
                  ...response.headers
                })),
              (exit) => {
                // The client has gone away, so nobody reads this status.
                const status = exit._tag === "Success" ? exit.value.status : 499
                return Effect.flatMap(
                  Clock.currentTimeMillis,
                  (endedAt) => record(span, { method, status, millis: endedAt - startedAt, given })
                )
              }
            ))
      )
    })
  }

  function record(
    span: Tracer.Span,
    { given, method, millis, status }: {
      readonly method: string
      readonly status: number
      readonly millis: number
      readonly given: string | undefined
    }
  ): Effect.Effect<void> {
    const route = routeOf(span)
    span.attribute("http.request.method", method)
    span.attribute("http.response.status_code", status)
    const kind = `${method} ${status} ${route}`
    const known = counters.get(kind) ?? countersOf(method, route, status)
    counters.set(kind, known)
    const counted = Effect.zipRight(Metric.increment(known.requests), Metric.update(known.duration, millis / 1000))
    return accessLog
      ? Effect.zipRight(
        counted,
        Effect.annotateLogs(Effect.logInfo("request"), {
          method,
          route,
          status,
          ms: millis,
          trace: span.traceId,
          ...(given === undefined ? {} : { request: given })
        })
      )
      : counted
  }
}
