/**
 * The rules for every request, at the API and at the fronts. Each request has one span, one log line and two metrics, without any part of
 * its address. Each answer has the headers for browsers. While the process drains, requests that act are refused. A request without a
 * route, or one that broke, still gets an answer.
 */
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as Effect from "effect/Effect"
import { constTrue } from "effect/Function"
import type * as Layer from "effect/Layer"
import { Drain } from "../http/Drain.ts"
import type { FrontAddress } from "./frontAddress.ts"
import * as RequestMiddleware from "./requestMiddleware.ts"

/**
 * The options for every request.
 *
 * @category models
 */
export interface Options {
  /** The origins that may call from a browser. `*` means every origin (default: none). */
  readonly origins?: ReadonlyArray<string>
  /** Whether each request gets one line in the log (default: true). */
  readonly accessLog?: boolean
  /** The addresses of the API, such as `/v1/chats/:chat`. The answer for an unknown address names the nearest one (default: none). */
  readonly addresses?: ReadonlyArray<string>
  /** The addresses of the fronts (default: none). */
  readonly fronts?: ReadonlyArray<FrontAddress>
  /** Whether the parts of a request have spans of their own (default: true). They are of no use if no spans are exported. */
  readonly spans?: boolean
}

const defaults = { accessLog: true, addresses: [], fronts: [], origins: [], spans: true } as const satisfies Options

/**
 * Wraps every route that shares the router. Build it before the routes, so that it is the outermost.
 *
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<never, never, HttpLayerRouter.HttpRouter | Drain> =>
  HttpLayerRouter.use((router) =>
    Effect.flatMap(Drain, (drain) => router.addGlobalMiddleware(RequestMiddleware.make({ ...defaults, ...options, drain })))
  )

/**
 * Serves routes without the platform's own span and log line for each request. Those contain the address, and the address may contain phone
 * numbers.
 *
 * @category layers
 */
export const serve = <A, E, R>(routes: Layer.Layer<A, E, R>) =>
  HttpLayerRouter.serve(routes, {
    disableLogger: true,
    disableListenLog: true,
    // A carrier's ref in a path may have 4,096 characters before encoding. A path has only one form, so that a proxy that allows some paths
    // cannot let others through.
    routerConfig: { maxParamLength: 16_384, caseSensitive: true, ignoreDuplicateSlashes: false, ignoreTrailingSlash: false }
  }).pipe(HttpMiddleware.withTracerDisabledWhen(constTrue))
