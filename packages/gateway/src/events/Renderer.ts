/**
 * How an event is written for an endpoint, in each dialect.
 *
 * @since 0.1.0
 */
import type * as EndpointTable from "@interline/sql/EndpointTable"
import * as EventLog from "@interline/sql/EventLog"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as StandardWebhooks from "./standardWebhooks.ts"

/**
 * In whose words an endpoint gets an event: `neutral` as `GatewayEvent` under Standard Webhooks, the others as that vendor's own webhooks.
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
 * What is posted to an endpoint for one event.
 *
 * @since 0.1.0
 * @category models
 */
export interface Rendered {
  /** The dialect's word for the event, which the endpoint's `events` are compared with. */
  readonly type: string
  /** JSON. */
  readonly body: string
  /** Among them the headers of the signature, made for exactly this `body`. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Writes an event in a dialect; `None` if the dialect has no word for it. `messageId` is the same for every try of one event at one
 * endpoint; `at` is the time of the try, in epoch milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export type Renderer = (
  event: EventLog.GatewayEvent,
  endpoint: EndpointTable.Endpoint,
  attempt: { readonly messageId: string; readonly at: number }
) => Effect.Effect<Option.Option<Rendered>>

/**
 * The renderers by dialect.
 *
 * @since 0.1.0
 * @category services
 */
export class Renderers extends Context.Tag("@interline/gateway/Renderer/Renderers")<Renderers, Readonly<Record<Dialect, Renderer>>>() {}

const encodeEvent = Schema.encode(EventLog.GatewayEvent)

/**
 * Writes an event in the neutral dialect: the entry as JSON, under Standard Webhooks, so that any of its libraries verifies it.
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
