/**
 * Defines a receiver of webhooks. It takes bytes and headers and gives `MessagingEvent`s. A receiver sends nothing and keeps nothing. The
 * reader of the events must recognise a repeated event.
 */
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { CarrierId } from "../names/CarrierId.ts"
import { optional } from "../runtime/Optional.ts"
import type { MessagingEvent } from "./MessagingEvent.ts"
import * as EventsWebEndpoint from "./webEndpoint.ts"

/**
 * A call as it came. `headers` have lower-case names. `body` is what was signed: these bytes, not a text made from them.
 * `url` is what was called, at least its path and query; `""` if it is not known.
 *
 * @category models
 */
export interface WebhookRequest {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
  readonly url: string
}

/**
 * What is wrong with a call, and the HTTP status that says so. `unsigned`: there is no signature or secret in it.
 * `signature`: it is not by the holder of a configured secret. `age`: it was signed too long ago, or in the future.
 * `size`: its body is over the limit. `body`: it is genuine and not JSON of the vendor's envelope.
 *
 * @category models
 */
export const statuses = { unsigned: 401, signature: 401, age: 401, size: 413, body: 400 } as const

/**
 * Why a webhook was refused.
 *
 * @category models
 */
export const Fault = Schema.Literal("unsigned", "signature", "age", "size", "body")

/** @category models */
export type Fault = typeof Fault.Type

/**
 * A call that is not genuine or cannot be read. `detail` says what to do. It quotes nothing from the call. `option` is the receiver's option
 * that may have to change, if one may. A program that is not configured by options says instead what may have to change there.
 *
 * @category errors
 */
export class WebhookError extends Schema.TaggedError<WebhookError>("@interline/core/WebhookError")("WebhookError", {
  carrierId: CarrierId,
  fault: Fault,
  detail: Schema.String,
  option: optional(Schema.String)
}) {
  override get message(): string {
    const way = this.option === undefined ? "" : `; see the option ${this.option}`
    return `a webhook of ${this.carrierId} was refused: ${this.detail}${way}`
  }
  get status(): number {
    return statuses[this.fault]
  }
}

/**
 * Without a configured secret, `receive` refuses every call. A genuine but unknown event is `Unrecognized`. A genuine call that concerns
 * nobody (a test ping) may give no event.
 *
 * One call may bring several events, for example a message and the opt-out of its sender. Each event then has its own `id`, made from the
 * vendor's id. So a reader that skips known ids skips none of them.
 *
 * @category models
 */
export interface WebhookReceiver {
  readonly carrierId: CarrierId
  readonly receive: (request: WebhookRequest) => Effect.Effect<ReadonlyArray<MessagingEvent>, WebhookError>
}

/**
 * What a handler needs of a `Request`; every platform's own is one.
 *
 * @category models
 */
export interface WebRequest extends EventsWebEndpoint.WebRequest {}

/**
 * The platform's own `Response`, where the types of a platform (the DOM's, Node's) are loaded; else only what is sure of it.
 *
 * @category models
 */
export type WebResponse = EventsWebEndpoint.WebResponse

/**
 * A webhook's route in any framework that speaks `Request` and `Response`.
 *
 * @category models
 */
export type WebEndpoint = EventsWebEndpoint.WebEndpoint

/**
 * `maxBytes` is the longest body that is read; 1 MiB by default.
 *
 * @category models
 */
export interface WebEndpointOptions {
  readonly maxBytes?: number
}

/**
 * The receiver as a handler. It answers 200 when `onEvents` has ended (so write the events down in it, and work on them
 * later: vendors wait 10 seconds), the status of a `WebhookError` with a sentence as problem JSON, 405 to anything but a POST,
 * and 503 if `onEvents` dies or is interrupted, so that the vendor calls again; the log then has the defect's name and nothing
 * of what it says. `onEvents` is not called without an event. The promise never rejects.
 *
 * Give it the request with its body unread: what is verified are the bytes as they came.
 *
 * @category combinators
 */
export const toWebHandler: <R = never>(
  receiver: WebhookReceiver,
  onEvents: (events: ReadonlyArray<MessagingEvent>) => Effect.Effect<void, never, R>,
  options?: WebEndpointOptions
) => Effect.Effect<WebEndpoint, never, R> = EventsWebEndpoint.make
