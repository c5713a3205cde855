/** Writes an event for an endpoint, in each dialect. */
import type * as EndpointTable from "@interline/sql/EndpointTable"
import * as EventLog from "@interline/sql/EventLog"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Vendors from "interline/Vendors"
import * as StandardWebhooks from "./StandardWebhooks.ts"

/**
 * The format in which an endpoint gets an event. `neutral`: a `GatewayEvent` under Standard Webhooks. The others: the format of that
 * vendor's own webhooks. A vendor has a dialect if it has a front.
 *
 * @category models
 */
export const Dialect = Schema.Literal("neutral", ...Record.keys(Vendors.vendors))

/** @category models */
export type Dialect = typeof Dialect.Type

/**
 * The request that is posted to an endpoint for one event.
 *
 * @category models
 */
export interface Rendered {
  /** The dialect's name for the event. The `events` of the endpoint are compared with it. */
  readonly type: string
  /** The body, as JSON. */
  readonly body: string
  /** The headers. The signature headers among them are for exactly this `body`. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * The event cannot be written now, and perhaps later. The sentence says why, for people. It holds no content.
 *
 * @category errors
 */
export class NotRendered extends Data.TaggedError("NotRendered")<{ readonly why: string }> {}

/**
 * Writes an event in a dialect. `None`: the dialect has no form for the event. `messageId` is the same for every try of one event at one
 * endpoint. `at` is the time of the try, in epoch milliseconds.
 *
 * @category models
 */
export type Renderer = (
  event: EventLog.GatewayEvent,
  endpoint: EndpointTable.Endpoint,
  attempt: { readonly messageId: string; readonly at: number }
) => Effect.Effect<Option.Option<Rendered>, NotRendered>

/**
 * The rules of one dialect.
 *
 * @category models
 */
export interface DialectRules {
  readonly render: Renderer
  /** Says for people why the secret of an endpoint cannot be used. If the function is absent, every secret can be used. */
  readonly secretProblem?: (secret: Redacted.Redacted<string>) => string | undefined
  /** Makes the secret of an endpoint that is created without one. If the function is absent, such an endpoint has no secret. */
  readonly mintSecret?: () => Redacted.Redacted<string>
}

/**
 * The dialects of this gateway, by name. An endpoint in any other dialect is refused.
 *
 * @category services
 */
export class Dialects extends Context.Tag("@interline/gateway/Renderer/Dialects")<Dialects, Readonly<Record<string, DialectRules>>>() {}

const encodeEvent = Schema.encode(EventLog.GatewayEvent)

/**
 * The neutral dialect. An event is the entry of the log as JSON, under Standard Webhooks, so that every library for Standard Webhooks can
 * verify it. `webhook-id` is the same for every try.
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
