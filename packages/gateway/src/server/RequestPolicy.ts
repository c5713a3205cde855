/**
 * What every request passes, whichever wire it speaks: one span, one log line and two metrics without anything that was in its
 * address, the headers that a browser should see, the refusal of what acts while the process drains, and an answer to
 * what no route takes or what broke.
 *
 * @since 0.1.0
 */
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as Effect from "effect/Effect"
import { constTrue } from "effect/Function"
import type * as Layer from "effect/Layer"
import { Drain } from "../http/Drain.ts"
import * as RequestPolicyLive from "./requestPolicyLive.ts"

/**
 * `origins` (default none): who may call from a browser; `*` stands for everybody. `accessLog` (default true): one line for each request.
 * `addresses` (default none): the addresses of the API, as `/v1/chats/:chat`, of which the nearest is named where there is no such address.
 * `spans` (default true): whether what happens in a request has spans of its own; nobody reads them where none are exported.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly origins?: ReadonlyArray<string>
  readonly accessLog?: boolean
  readonly addresses?: ReadonlyArray<string>
  readonly spans?: boolean
}

/**
 * Wraps every route that shares the router. Build it before the routes, so that it is the outermost.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<never, never, HttpLayerRouter.HttpRouter | Drain> =>
  HttpLayerRouter.use((router) => Effect.flatMap(Drain, (drain) => router.addGlobalMiddleware(RequestPolicyLive.make(drain, options))))

/**
 * Serves routes without the platform's own span and log line of each request: they hold the address, and phone numbers can be in it.
 *
 * @since 0.1.0
 * @category layers
 */
export const serve = <A, E, R>(routes: Layer.Layer<A, E, R>) =>
  HttpLayerRouter.serve(routes, {
    disableLogger: true,
    disableListenLog: true,
    // a carrier's ref in a path may be as long as 4,096 characters before they are encoded; and a path has one form, so that
    // whoever stands in front and allows some of them allows no others
    routerConfig: { maxParamLength: 16_384, caseSensitive: true, ignoreDuplicateSlashes: false, ignoreTrailingSlash: false }
  }).pipe(HttpMiddleware.withTracerDisabledWhen(constTrue))
