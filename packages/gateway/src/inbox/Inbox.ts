/**
 * The durable queue between a carrier's webhook and what is done about it: a webhook is answered when its events are in it.
 *
 * @since 0.1.0
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import { ChatBook } from "@interline/core/ChatBook"
import type { Messaging } from "@interline/core/Messaging"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import { Ledger } from "@interline/router/Ledger"
import { Router } from "@interline/router/Router"
import { Archive } from "@interline/sql/Archive"
import { EventLog } from "@interline/sql/EventLog"
import { IdMap } from "@interline/sql/IdMap"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as OwnLines from "../config/ownLines.ts"
import { Callbacks } from "../events/Callbacks.ts"
import * as FindDelivery from "./findDelivery.ts"
import * as InboxLive from "./inboxLive.ts"

/**
 * `put` ends when the events are written down and their messages are in the archive; one whose carrier and id were put before is left out. Each is then taken to
 * the router, the archive, the event log and the callbacks, and marked as done after that: a process that dies in between
 * leaves it to another one, and every step takes an event twice without harm. Opt-outs and opt-ins go first; receipts of different messages
 * go side by side; everything else of one process goes in the order of arrival. What fails is done again, 8 times within
 * half an hour, and then kept as failed and logged. `idle` waits until nothing waits; `depth` is how many do, `failures` how many were
 * kept as failed.
 *
 * @since 0.1.0
 * @category models
 */
export interface InboxService {
  readonly put: (events: ReadonlyArray<MessagingEvent>) => Effect.Effect<void>
  readonly idle: Effect.Effect<void>
  readonly depth: Effect.Effect<number>
  readonly failures: Effect.Effect<number>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Inbox extends Context.Tag("@interline/gateway/Inbox")<Inbox, InboxService>() {}

/**
 * `keepFor` (default 30 days): how long the ids of events are kept, to recognise one that is told again. `pollEvery` (default
 * 500 ms): how soon it is seen what other processes put, or left behind.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly keepFor?: Duration.DurationInput
  readonly pollEvery?: Duration.DurationInput
}

type Needs = SqlClient.SqlClient | Router | Messaging | Ledger | ChatBook | IdMap | Archive | EventLog | Callbacks

/**
 * The queue in the database, worked off by all gateways on it, and the router's decisions that a person would want to know of,
 * which go to the event log and the callbacks as well.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<InboxService, never, Needs | Scope.Scope> =>
  Effect.gen(function*() {
    const archive = yield* Archive
    const find = FindDelivery.make({
      archive,
      ledger: yield* Ledger,
      ids: yield* IdMap,
      chats: yield* ChatBook,
      carriers: yield* OwnLines.configured
    })
    return yield* InboxLive.make({ router: yield* Router, log: yield* EventLog, callbacks: yield* Callbacks, archive, find, options })
  })

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Inbox, never, Needs> => Layer.scoped(Inbox, make(options))
