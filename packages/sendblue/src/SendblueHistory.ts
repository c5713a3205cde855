/** What Sendblue says when it is asked about the past: its contacts with their opt-outs, and the messages that changed since a time. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as CoreHistory from "@interline/core/History"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Config from "./config.ts"
import * as ConvertHistory from "./convert/history.ts"
import * as SendblueClient from "./wire/SendblueClient.ts"

/**
 * `carrierId` defaults to `sendblue`.
 *
 * @category models
 */
export interface Options extends Config.HistoryOptions {}

/**
 * The history of the account that the keys belong to. `optOuts` are the contacts that Sendblue has as opted out, then the people of inbound messages that
 * it marks so and that are no contacts; a contact or a row that does not say proves nothing. `events` are the messages that changed since then, the
 * person's own and ours, oldest first; typing and lines are not in it.
 *
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<CoreHistory.CarrierHistory, ConfigError.ConfigError, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const { apiKey, apiSecret, baseUrl, carrierId, lines, meaningOf, ours } = yield* Config.settleHistory(options)
    const client = SendblueClient.make({ apiKey, apiSecret, baseUrl, carrierId, client: yield* HttpClient.HttpClient })
    return ConvertHistory.make({
      client,
      context: { carrierId, lines, meaningOf, ours },
      lines,
      reading: CoreHistory.reading(options.retry)
    })
  })
