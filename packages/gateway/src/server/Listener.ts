/**
 * The port of the gateway: Node's HTTP server as deployments need it. It answers from the first moment, keeps idle connections for
 * longer than what usually stands in front of it, and does not wait for them when it ends.
 *
 * @since 0.1.0
 */
import * as HttpServer from "@effect/platform/HttpServer"
import type * as HttpServerError from "@effect/platform/HttpServerError"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as ListenerLive from "./listenerLive.ts"

/**
 * `keepAlive` (default 65 seconds): how long an idle connection stays open. It must be longer than whatever stands in front keeps
 * its own, or that sends a request over a connection that has just been closed.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly host: string
  readonly port: number
  readonly keepAlive?: Duration.DurationInput
}

/**
 * Listens until the scope ends. Before the application is served and after it has ended, every request is answered 503 with
 * `retry-after`, as certainly not done. A client that ends its side of a connection still gets its answer. A client that expects
 * `100 Continue` is asked for its body only by what reads it, so that a request without a key is refused first. At the end idle connections
 * are closed at once, and all others a second later.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (options: Options) => Effect.Effect<HttpServer.HttpServer, HttpServerError.ServeError, Scope.Scope> = ListenerLive.make

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<HttpServer.HttpServer, HttpServerError.ServeError> =>
  Layer.scoped(HttpServer.HttpServer, make(options))
