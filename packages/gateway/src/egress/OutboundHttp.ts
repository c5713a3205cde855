/**
 * Which addresses the gateway may be made to call, or to name to a vendor: public HTTPS ones, unless configured otherwise.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as OutboundHttpLive from "./outboundHttpLive.ts"

/**
 * An address that is refused. `why` says what to do and does not repeat the address.
 *
 * @since 0.1.0
 * @category errors
 */
export class EgressError extends Schema.TaggedError<EgressError>("@interline/gateway/EgressError")("EgressError", { why: Schema.String }) {
  override get message(): string {
    return this.why
  }
}

/**
 * A request that goes out: a POST of JSON.
 *
 * @since 0.1.0
 * @category models
 */
export interface Post {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * `check` reads an address and asks nobody: scheme, credentials in it, and a host that is literally private, loopback,
 * link-local or reserved are refused. `post` calls an address; the addresses that its host's name leads to are checked at
 * the moment of connecting, redirects are not followed, and it answers the status. It fails if nothing was answered in time.
 *
 * @since 0.1.0
 * @category models
 */
export interface EgressService {
  readonly check: (url: string) => Effect.Effect<void, EgressError>
  readonly post: (post: Post) => Effect.Effect<number, EgressError>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Egress extends Context.Tag("@interline/gateway/OutboundHttp")<Egress, EgressService>() {}

/**
 * `allowPrivate` (default false) also allows `http` and addresses of private networks: for a run on one's own machine.
 * `timeout` (default 15 seconds) is for the whole call, from the lookup of the name to the answer's headers.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly allowPrivate?: boolean
  readonly timeout?: Duration.DurationInput
}

const refused = (why: string): EgressError => new EgressError({ why })

/**
 * Calls over connections of its own, which end with the scope.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options?: Options): Effect.Effect<EgressService, never, Scope.Scope> =>
  Effect.map(OutboundHttpLive.make(options), ({ check, post }) => ({
    check: (url) => Effect.mapError(check(url), refused),
    post: (request) => Effect.mapError(post(request), refused)
  }))

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Egress> => Layer.scoped(Egress, make(options))
