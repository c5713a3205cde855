/**
 * Reads the past of a Linq account: the chats that Linq marks as opted out, and the messages since a time. Linq has no list of opt-outs
 * and no replay of events, so both are read from chats and their messages.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as CoreHistory from "@interline/core/History"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Config from "./config.ts"
import * as ConvertHistory from "./convert/history.ts"
import * as LinqClient from "./wire/LinqClient.ts"

/**
 * `carrierId` defaults to `linq`.
 *
 * @category models
 */
export interface Options extends Config.HistoryOptions {}

/**
 * The history of the account that the token belongs to.
 *
 * `optOuts` are the people of direct chats that Linq marks as opted out. Linq removes the mark with the person's next message, so a chat
 * without the mark proves nothing.
 *
 * `events` reads every chat that changed since the given time. A person's message becomes `Received`, with its opt-out or opt-in. Our own
 * message becomes its status. Edits, reactions and changes of groups are not in it.
 *
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<CoreHistory.CarrierHistory, ConfigError.ConfigError, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const { baseUrl, carrierId, meaningOf, ours, token } = yield* Config.settleHistory(options)
    const client = LinqClient.make({ baseUrl, carrierId, token, client: yield* HttpClient.HttpClient })
    return ConvertHistory.make({
      client,
      context: { carrierId, meaningOf, ours },
      lines: new Set<string>(options.lines),
      reading: CoreHistory.reading(options.retry)
    })
  })
