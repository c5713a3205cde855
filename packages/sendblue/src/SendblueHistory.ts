/** Reads the past of a Sendblue account: the contacts with their opt-outs, and the messages that changed since a time. */
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
 * The history of the account that the keys belong to.
 *
 * `optOuts` are first the contacts that Sendblue marks as opted out. Then come people who are no contacts, but whose inbound messages are
 * marked so. A contact or a message without a mark proves nothing.
 *
 * `events` are the messages that changed since the given time, oldest first: messages of people and our own. Typing and lines are not
 * in it.
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
