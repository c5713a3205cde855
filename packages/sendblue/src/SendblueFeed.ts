/**
 * Sendblue's event stream as neutral events. It brings the same events as webhooks, over a connection that we open, so no address of ours must
 * be public.
 *
 * An account may have no event stream. Then opening it fails with status 404, and webhooks are the way. The stream is no durable list: what it
 * does not tell is read from the list of messages, as `Feed` says.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Feed from "@interline/core/Feed"
import * as CoreHistory from "@interline/core/History"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Config from "./config.ts"
import * as LiveEvents from "./convert/liveEvents.ts"
import * as SendblueHistory from "./SendblueHistory.ts"
import * as SendblueClient from "./wire/SendblueClient.ts"

/**
 * `carrierId` defaults to `sendblue`.
 *
 * @category models
 */
export interface Options extends Config.HistoryOptions {}

/** Messages that are read at the same time. Their events stay in order. */
const atOnce = 4

/**
 * The event stream of the account that the keys belong to. An event of a message has only its handle, so each costs one read of the message.
 * Events of numbers that are not in `lines` are left out, except opt-outs.
 *
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Feed.CarrierFeed, ConfigError.ConfigError, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const { apiKey, apiSecret, baseUrl, carrierId, lines, meaningOf, ours } = yield* Config.settleHistory(options)
    const client = SendblueClient.make({ apiKey, apiSecret, baseUrl, carrierId, client: yield* HttpClient.HttpClient })
    const reading = CoreHistory.reading(options.retry)
    const { convert, states } = LiveEvents.make({ client, context: { carrierId, lines, meaningOf, ours }, reading })
    return {
      carrierId,
      open: Effect.map(client.openEvents(), (pieces) =>
        Stream.mapEffect(
          // an empty piece stays, because it is a sign of life
          Stream.flatMap(pieces, (events) => events.length === 0 ? Stream.make(undefined) : Stream.fromIterable(events)),
          (event) => event === undefined ? Effect.succeed([]) : convert(event),
          { concurrency: atOnce }
        )),
      states
    }
  })

/**
 * What an application without the gateway gives.
 *
 * @category models
 */
export interface LayerOptions extends Options, Feed.Reader {}

/**
 * Follows the event stream as long as the layer is in use, with the history of the same account for what it does not tell.
 *
 * @example
 * import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
 * import * as Handle from "@interline/core/Handle"
 * import * as SendblueFeed from "@interline/sendblue/SendblueFeed"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Redacted from "effect/Redacted"
 *
 * // keep both in a database
 * const known = new Set<string>()
 * let readUntil = 1764374400000
 *
 * export const live = SendblueFeed.layer({
 *   apiKey: Redacted.make("key"),
 *   apiSecret: Redacted.make("secret"),
 *   baseUrl: "https://api.sendblue.co",
 *   lines: [Handle.phone("+12025550201")],
 *   since: Effect.sync(() => readUntil),
 *   onEvents: (events) =>
 *     Effect.forEach(events, (event) => {
 *       if (event.id === undefined || known.has(event.id)) return Effect.void
 *       known.add(event.id)
 *       return Effect.log(event._tag)
 *     }, { discard: true }),
 *   onRead: (until) => Effect.sync(() => void (readUntil = until))
 * }).pipe(Layer.provide(FetchHttpClient.layer))
 *
 * @category layers
 */
export const layer = (options: LayerOptions): Layer.Layer<never, ConfigError.ConfigError, HttpClient.HttpClient> =>
  Layer.scopedDiscard(
    Effect.flatMap(
      Effect.all([make(options), SendblueHistory.make(options)]),
      ([feed, history]) => Effect.forkScoped(Effect.interruptible(Feed.read(feed, history, options)))
    )
  )
