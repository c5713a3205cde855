/**
 * What every request passes, whichever wire it speaks: one span, one log line and two metrics without anything that was in its
 * address, the headers that a browser should see, the refusal of what acts while the process drains, and an answer to
 * what no route takes or what broke.
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
 * What every request passes.
 *
 * @category models
 */
export interface Options {
  /** Who may call from a browser; `*` stands for everybody (default: nobody). */
  readonly origins?: ReadonlyArray<string>
  /** One line in the log for each request (default: true). */
  readonly accessLog?: boolean
  /** The addresses of the API, as `/v1/chats/:chat`. The nearest is named in the answer to a request for an unknown one (default: none). */
  readonly addresses?: ReadonlyArray<string>
  /** Where the fronts stand (default: there are none). */
  readonly fronts?: ReadonlyArray<FrontAddress>
  /** Whether what happens in a request has spans of its own; nobody reads them where none are exported (default: true). */
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
 * Serves routes without the platform's own span and log line of each request: they hold the address, and phone numbers can be in it.
 *
 * @category layers
 */
export const serve = <A, E, R>(routes: Layer.Layer<A, E, R>) =>
  HttpLayerRouter.serve(routes, {
    disableLogger: true,
    disableListenLog: true,
    // a carrier's ref in a path may be as long as 4,096 characters before they are encoded; and a path has one form only, so that
    // a proxy that allows some paths allows no others
    routerConfig: { maxParamLength: 16_384, caseSensitive: true, ignoreDuplicateSlashes: false, ignoreTrailingSlash: false }
  }).pipe(HttpMiddleware.withTracerDisabledWhen(constTrue))
