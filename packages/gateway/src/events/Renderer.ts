/** How an event is written for an endpoint, in each dialect. */
import type * as EndpointTable from "@interline/sql/EndpointTable"
import * as EventLog from "@interline/sql/EventLog"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Vendors from "interline/Vendors"
import * as StandardWebhooks from "./standardWebhooks.ts"

/**
 * In whose words an endpoint gets an event: `neutral` as `GatewayEvent` under Standard Webhooks, the others as that vendor's own webhooks.
 * A vendor has a dialect if it has a front.
 *
 * @category models
 */
export const Dialect = Schema.Literal("neutral", ...Record.keys(Vendors.vendors))

/** @category models */
export type Dialect = typeof Dialect.Type

/**
 * What is posted to an endpoint for one event.
 *
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
 * @category models
 */
export type Renderer = (
  event: EventLog.GatewayEvent,
  endpoint: EndpointTable.Endpoint,
  attempt: { readonly messageId: string; readonly at: number }
) => Effect.Effect<Option.Option<Rendered>>

/**
 * What is done in one dialect.
 *
 * @category models
 */
export interface DialectRules {
  readonly render: Renderer
  /** Why the secret of an endpoint cannot be used, for people. Absent: each can. */
  readonly secretProblem?: (secret: Redacted.Redacted<string>) => string | undefined
  /** Makes the secret of an endpoint that is created without one. Absent: such an endpoint has none. */
  readonly mintSecret?: () => Redacted.Redacted<string>
}

/**
 * The dialects of this gateway, by name. An endpoint in another one is refused.
 *
 * @category services
 */
export class Dialects extends Context.Tag("@interline/gateway/Renderer/Dialects")<Dialects, Readonly<Record<string, DialectRules>>>() {}

const encodeEvent = Schema.encode(EventLog.GatewayEvent)

/**
 * The neutral dialect: an event is the entry of the log as JSON, under Standard Webhooks, so that any of its libraries verifies it.
 * `webhook-id` is the same for every try.
 *
 * @category constructors
 */
export const neutral: DialectRules = {
  render: (event, endpoint, attempt) =>
    Effect.map(encodeEvent(event), (encoded) => {
      const body = JSON.stringify(encoded)
      return Option.map(
        StandardWebhooks.sign(endpoint.secret, body, attempt),
        (headers): Rendered => ({ type: EventLog.typeOf(event), body, headers })
      )
    }).pipe(Effect.orDie),
  secretProblem: (secret) =>
    StandardWebhooks.isSecret(secret) ? undefined : "the secret must be whsec_ and base64 of 24 to 64 bytes; leave it out to get one",
  mintSecret: StandardWebhooks.mint
}
