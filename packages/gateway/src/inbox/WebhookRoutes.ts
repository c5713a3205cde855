/**
 * Webhooks in: `POST /webhooks/{carrierId}` takes what a carrier tells and answers when it is written down. Any spelling of the address
 * that can only mean one carrier is taken.
 *
 * @since 0.1.0
 */
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import type { CarrierId } from "@interline/core/CarrierId"
import type { WebhookReceiver } from "@interline/core/WebhookReceiver"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { Inbox } from "./Inbox.ts"
import * as ReceiveWebhook from "./receiveWebhook.ts"

/**
 * The receivers by carrier.
 *
 * @since 0.1.0
 * @category services
 */
export class Receivers
  extends Context.Tag("@interline/gateway/WebhookRoutes/Receivers")<Receivers, ReadonlyMap<CarrierId, WebhookReceiver>>()
{}

/**
 * A carrier that is configured. `secretVariable` is what holds the secrets of its webhooks.
 *
 * @since 0.1.0
 * @category models
 */
export interface Configured {
  readonly id: CarrierId
  readonly vendor: string
  readonly secretVariable: string
}

/**
 * `carriers` (default: those that have a receiver): what is configured, for addresses that name a vendor and for what is said of those that
 * lead nowhere. `maxBodyBytes` (default 1 MiB): a longer body is refused, also while it comes. `bodyWithin` (default 10 seconds): how long a
 * body may take to come. `maxHeldBytes` (default 32 MiB): what the bodies that are on their way may have in memory together, since nobody has shown
 * a secret yet; beyond that the largest of them has to be told again.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly carriers?: ReadonlyArray<Configured>
  readonly maxBodyBytes?: number
  readonly maxHeldBytes?: number
  readonly bodyWithin?: Duration.DurationInput
}

/**
 * Registers the routes. 200: everything in the call is in the inbox. 401, 400, 413: `WebhookError`'s, 404: no such carrier here;
 * nothing of the call is kept. 415: a coding that is not undone here. 503: the body came too slowly, too many bodies are on their way, it could not be written down, or the carrier's secret is not set, so that the vendor
 * tells it again. 405: a carrier's address, and another method than POST. Bodies of refusals are problem details. What is logged of a
 * refused call is the carrier and what is wrong with it, once in a minute for each pair, with how many were not logged since (`unsaid`). An address that is no carrier's is counted, and warned of once for each spelling.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<never, never, HttpLayerRouter.HttpRouter | Receivers | Inbox> =>
  HttpLayerRouter.use((router) =>
    Effect.gen(function*() {
      const receivers = yield* Receivers
      const inbox = yield* Inbox
      const answer = ReceiveWebhook.make(receivers, inbox, options)
      for (const path of ["/webhooks", "/webhooks/:carrierId", "/webhooks/*"] as const) yield* router.add("*", path, answer)
    })
  )
