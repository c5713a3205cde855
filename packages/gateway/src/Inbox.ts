/**
 * The durable queue between a carrier's webhook and what is done about it: a webhook is answered when its events are in it.
 *
 * @since 0.1.0
 */
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

/**
 * `put` ends when the events are written down; one whose carrier and id were put before is left out. Each is then taken to
 * the router, the archive and the event log, in the order of arrival, and marked as done after that: a process that dies in between
 * does it again, and every step takes an event twice without harm. `idle` waits until everything that was put is done.
 *
 * @since 0.1.0
 * @category models
 */
export interface InboxService {
  readonly put: (events: ReadonlyArray<MessagingEvent>) => Effect.Effect<void>
  readonly idle: Effect.Effect<void>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Inbox extends Context.Tag("@interline/gateway/Inbox")<Inbox, InboxService>() {}
