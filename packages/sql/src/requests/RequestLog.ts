/**
 * Requests that must happen once: what was asked under which id, and what was answered, so that asking again gives the same
 * answer, also from another process.
 *
 * @since 0.1.0
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as RequestLogLive from "./requestLogLive.ts"

/**
 * An answer as it was given.
 *
 * @since 0.1.0
 * @category models
 */
export const Reply = Schema.Struct({
  status: Schema.Int,
  headers: Schema.Record({ key: Schema.String, value: Schema.String }),
  body: Schema.String
})

/**
 * @since 0.1.0
 * @category models
 */
export interface Reply extends Schema.Schema.Type<typeof Reply> {}

/**
 * `scope` and `fingerprint` are hashes: whose request it is and what kind; what it means. `spelling` is the fingerprint that an earlier version of
 * the gateway would have kept of it, where that differs: a request that was begun by that version is found under it. Times are in epoch milliseconds. The
 * one who begins it has it for `lease` milliseconds from now on, by the clock of the store, and longer if it is renewed; the record itself is kept until `expiresAt`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Begin {
  readonly id: string
  readonly scope: string
  readonly fingerprint: string
  readonly spelling?: string
  readonly at: number
  readonly lease: number
  readonly expiresAt: number
}

/**
 * A request that says that it is a retry, the `retry`-th of its client. `id` is what it gets if it is begun anew.
 *
 * @since 0.1.0
 * @category models
 */
export interface Retry extends Begin {
  readonly retry: number
}

/**
 * `Fresh`: it is the caller's, go on. `InProgress`: somebody else is at it. `Abandoned`: somebody was, and did not end it in time; it
 * is the caller's from here on, and part of it may have happened. `Done`: the answer. `Conflict`: the id belongs to another request; that one's answer, if it has one.
 *
 * @since 0.1.0
 * @category models
 */
export type Begun =
  | { readonly _tag: "Fresh" }
  | { readonly _tag: "InProgress" }
  | { readonly _tag: "Abandoned" }
  | { readonly _tag: "Done"; readonly reply: Reply }
  | { readonly _tag: "Conflict"; readonly reply?: Reply }

/**
 * Which request this one repeats. `Fresh`: none that is kept. It is begun under its own id. `Anew`: one that did nothing and said so. The retry took its
 * place, under the retry's own id. `Joined`: the request with this id.
 *
 * @since 0.1.0
 * @category models
 */
export type Repeated =
  | { readonly _tag: "Fresh" }
  | { readonly _tag: "Anew" }
  | { readonly _tag: "Joined"; readonly id: string }

/**
 * `begin` is atomic: of any number of equal ones, one is `Fresh`. `finish` keeps the answer, unless there is one already; with `expectedUntil` the request
 * did nothing, and its client was told to come back before that time (0: the client was not told so). `amend` puts one answer in the place of another,
 * unless the answer there is a third one. `forget` gives an id up because nothing
 * happened under it; `abandon` ends the lease without an answer; `renew` makes leases last `lease` milliseconds from now on. `resume` is `begin` for a request that must exist: `None` if it does not.
 *
 * `beginFirst` is for a first try. Its own retry may have overtaken it: then it joins that retry, once for each. That retry is expected to come before its first try by ten
 * minutes at most, counted from the last retry that asked for it. Otherwise the first try is begun under its own id. Of a first try and a retry that come at the same moment, one sees the other.
 *
 * `repeat` finds the request that a retry repeats, and claims it for this retry, so that another client's retry of an equal request finds another one. Equal requests
 * that no retry of this count has claimed come first. Last among them are those that did nothing and whose client is not expected back. Then count, in this order: within
 * the last ten minutes, that the retry before this one claimed it and that its client went away without an answer (`unheard`); that its client was told to come back; that it is the
 * newest. If all are claimed, the newest that did something is joined. `replace` takes the place of a request that did nothing, if nobody else did.
 *
 * @since 0.1.0
 * @category models
 */
export interface RequestLogService {
  readonly begin: (request: Begin) => Effect.Effect<Begun>
  readonly resume: (request: Begin) => Effect.Effect<Option.Option<Begun>>
  readonly beginFirst: (request: Begin) => Effect.Effect<Repeated>
  readonly repeat: (retry: Retry) => Effect.Effect<Repeated>
  readonly replace: (id: string, retry: Retry) => Effect.Effect<boolean>
  readonly unheard: (id: string) => Effect.Effect<void>
  readonly finish: (id: string, reply: Reply, expectedUntil?: number) => Effect.Effect<void>
  readonly amend: (id: string, from: Reply, to: Reply) => Effect.Effect<void>
  readonly forget: (id: string) => Effect.Effect<void>
  readonly abandon: (id: string) => Effect.Effect<void>
  readonly renew: (ids: ReadonlyArray<string>, lease: number) => Effect.Effect<void>
}

/**
 * @since 0.1.0
 * @category services
 */
export class RequestLog extends Context.Tag("@interline/sql/RequestLog")<RequestLog, RequestLogService>() {}

/**
 * The requests in SQL.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<RequestLogService, never, SqlClient.SqlClient | Scope.Scope> = RequestLogLive.make(Reply)

/**
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<RequestLog, never, SqlClient.SqlClient> = Layer.scoped(RequestLog, make)
