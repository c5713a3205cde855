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
import * as internal from "./internal/requests.ts"

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
 * `scope` and `fingerprint` are hashes: whose request it is and what kind; what it says. Times are in epoch milliseconds. The
 * one who begins it has until `leaseUntil` to end it; the record itself is kept until `expiresAt`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Begin {
  readonly id: string
  readonly scope: string
  readonly fingerprint: string
  readonly at: number
  readonly leaseUntil: number
  readonly expiresAt: number
}

/**
 * `Fresh`: it is the caller's, go on. `InProgress`: somebody else is at it. `Abandoned`: somebody was, and did not end it in time; it
 * is the caller's from here on, and part of it may have happened. `Done`: the answer. `Conflict`: the id belongs to another request.
 *
 * @since 0.1.0
 * @category models
 */
export type Begun =
  | { readonly _tag: "Fresh" }
  | { readonly _tag: "InProgress" }
  | { readonly _tag: "Abandoned" }
  | { readonly _tag: "Done"; readonly reply: Reply }
  | { readonly _tag: "Conflict" }

/**
 * `begin` is atomic: of any number of equal ones, one is `Fresh`. `finish` keeps the answer, unless there is one already. `forget` gives an id up because nothing
 * happened under it; `abandon` ends the lease without an answer. `latest` is the newest id of a scope and fingerprint that was begun after a time, finished or not.
 *
 * @since 0.1.0
 * @category models
 */
export interface RequestLogService {
  readonly begin: (request: Begin) => Effect.Effect<Begun>
  readonly finish: (id: string, reply: Reply) => Effect.Effect<void>
  readonly forget: (id: string) => Effect.Effect<void>
  readonly abandon: (id: string) => Effect.Effect<void>
  readonly latest: (scope: string, fingerprint: string, since: number) => Effect.Effect<Option.Option<string>>
}

/**
 * @since 0.1.0
 * @category services
 */
export class RequestLog extends Context.Tag("@interline/gateway/RequestLog")<RequestLog, RequestLogService>() {}

/**
 * The requests in SQL.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<RequestLogService, never, SqlClient.SqlClient | Scope.Scope> = internal.make(Reply)

/**
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<RequestLog, never, SqlClient.SqlClient> = Layer.scoped(RequestLog, make)
