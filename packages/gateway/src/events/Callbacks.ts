/**
 * Events out: the addresses that are called for each event, in which dialect, how often it is tried, and what could not be
 * delivered.
 *
 * @since 0.1.0
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import { DeliveryId } from "@interline/core/DeliveryId"
import { LineName } from "@interline/core/Line"
import type { Messaging } from "@interline/core/Messaging"
import { optional } from "@interline/core/Optional"
import { EpochMillis } from "@interline/core/Time"
import * as EventLog from "@interline/sql/EventLog"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as OwnLines from "../config/ownLines.ts"
import { Egress, EgressError } from "../egress/OutboundHttp.ts"
import * as CallbacksLive from "./callbacksLive.ts"
import * as StandardWebhooks from "./standardWebhooks.ts"

/**
 * How an event is told: `neutral` as `GatewayEvent` under Standard Webhooks, the others as that vendor's own webhooks.
 *
 * @since 0.1.0
 * @category models
 */
export const Dialect = Schema.Literal("neutral", "linq", "sendblue")

/**
 * @since 0.1.0
 * @category models
 */
export type Dialect = typeof Dialect.Type

/**
 * An address that is called. `events` are words of its dialect (`Received`, `message.received`, `receive`); empty means all.
 * `lines` limits it to events of these lines; empty means all. `deliveryId` limits it to one delivery; such an endpoint ends at `expiresAt`. `version` is the payload version where
 * a dialect has several. `secret` signs; times are in epoch milliseconds. `failedAt` is when a call failed last, and `failure` why, for people; both stay
 * when later calls are taken.
 *
 * @since 0.1.0
 * @category models
 */
export const Endpoint = Schema.Struct({
  id: Schema.String,
  url: Schema.String,
  dialect: Dialect,
  events: Schema.Array(Schema.String),
  lines: Schema.Array(LineName),
  secret: optional(Schema.Redacted(Schema.String)),
  version: optional(Schema.String),
  active: Schema.Boolean,
  deliveryId: optional(DeliveryId),
  expiresAt: optional(EpochMillis),
  failedAt: optional(EpochMillis),
  failure: optional(Schema.String),
  createdAt: EpochMillis,
  updatedAt: EpochMillis
})

/**
 * @since 0.1.0
 * @category models
 */
export interface Endpoint extends Schema.Schema.Type<typeof Endpoint> {}

/**
 * What is posted to an endpoint for one event. `type` is the dialect's word for it, which the endpoint's `events` are
 * compared with. `body` is JSON. Headers of the signature are in `headers`, made for exactly this `body`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Rendered {
  readonly type: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/**
 * How a dialect tells an event; `None` if it has no word for it. `messageId` is the same for every try of one event at one
 * endpoint; `at` is the time of the try, in epoch milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export type Renderer = (
  event: EventLog.GatewayEvent,
  endpoint: Endpoint,
  attempt: { readonly messageId: string; readonly at: number }
) => Effect.Effect<Option.Option<Rendered>>

/**
 * The renderers by dialect.
 *
 * @since 0.1.0
 * @category services
 */
export class Renderers extends Context.Tag("@interline/gateway/Callbacks/Renderers")<Renderers, Readonly<Record<Dialect, Renderer>>>() {}

/**
 * What was given up. `attempts` is how often it was tried; `why` is for people and holds no content.
 *
 * @since 0.1.0
 * @category models
 */
export const DeadLetter = Schema.Struct({
  id: Schema.String,
  endpointId: Schema.String,
  eventId: Schema.Int,
  attempts: Schema.Int,
  why: Schema.String,
  at: EpochMillis
})

/**
 * @since 0.1.0
 * @category models
 */
export interface DeadLetter extends Schema.Schema.Type<typeof DeadLetter> {}

/**
 * `create` and `update` refuse an address that must not be called (`Egress`), a secret that the neutral dialect cannot sign
 * with, and one that no header can hold for the dialect `sendblue`; `create` mints one for that dialect where none is given. `remove` also drops what waits for the endpoint. `published` queues an event for every endpoint that wants
 * it; telling it twice queues it once. Each is tried at once, and then after about 5 seconds, 30 seconds, 2 minutes, 10 minutes, an
 * hour, 6 hours and a day; a 2xx is a delivery, a 410 ends the endpoint, anything else is tried again. Events may arrive in another order
 * than they happened, and more than once; but the statuses of one delivery are told one after another, and a status that comes later than a higher one of
 * the same message is left out. `deadLetters` are the newest first; `redeliver` tries one again and answers whether there is one by that id. `depth`
 * is how many calls wait, and how many were given up.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallbacksService {
  readonly create: (endpoint: Omit<Endpoint, "id" | "createdAt" | "updatedAt">) => Effect.Effect<Endpoint, EgressError>
  readonly list: (dialect?: Dialect) => Effect.Effect<ReadonlyArray<Endpoint>>
  readonly find: (id: string) => Effect.Effect<Option.Option<Endpoint>>
  readonly update: (
    id: string,
    change: Partial<Pick<Endpoint, "url" | "events" | "lines" | "secret" | "active">>
  ) => Effect.Effect<Option.Option<Endpoint>, EgressError>
  readonly remove: (id: string) => Effect.Effect<boolean>
  readonly published: (events: ReadonlyArray<EventLog.GatewayEvent>) => Effect.Effect<void>
  readonly deadLetters: (limit: number) => Effect.Effect<ReadonlyArray<DeadLetter>>
  readonly redeliver: (id: string) => Effect.Effect<boolean>
  readonly depth: Effect.Effect<{ readonly waiting: number; readonly dead: number }>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Callbacks extends Context.Tag("@interline/gateway/Callbacks")<Callbacks, CallbacksService>() {}

const encodeEvent = Schema.encode(EventLog.GatewayEvent)

/**
 * How the neutral dialect tells an event: the entry as JSON, under Standard Webhooks, so that any of its libraries verifies it.
 * `webhook-id` is the same for every try.
 *
 * @since 0.1.0
 * @category constructors
 */
export const neutral: Renderer = (event, endpoint, attempt) =>
  Effect.map(encodeEvent(event), (encoded) => {
    const body = JSON.stringify(encoded)
    return Option.map(
      StandardWebhooks.sign(endpoint.secret, body, attempt),
      (headers): Rendered => ({ type: EventLog.typeOf(event), body, headers })
    )
  }).pipe(Effect.orDie)

/**
 * `concurrency` (default 32): how many calls are under way at once, to one endpoint at most 4 of them. `keepFor` (default 30
 * days): how long it is remembered what an endpoint was told, and how long a dead letter can be redelivered; no longer than the
 * event log keeps its entries. `pollEvery` (default 1 second): how soon it is seen what other processes queued.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly concurrency?: number
  readonly keepFor?: Duration.DurationInput
  readonly pollEvery?: Duration.DurationInput
}

/**
 * Callbacks with their queue in the database, called by all gateways on it, each event by one of them at a time.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options?: Options
): Effect.Effect<CallbacksService, never, SqlClient.SqlClient | Egress | Renderers | Messaging | Scope.Scope> =>
  Effect.gen(function*() {
    const egress = yield* Egress
    const renderers = yield* Renderers
    const carriers = yield* OwnLines.configured
    return yield* CallbacksLive.make({
      egress,
      renderers,
      carriers,
      event: EventLog.NewEvent,
      endpoint: Endpoint,
      refused: (why) => new EgressError({ why }),
      options
    })
  })

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Callbacks, never, SqlClient.SqlClient | Egress | Renderers | Messaging> =>
  Layer.scoped(Callbacks, make(options))
