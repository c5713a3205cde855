/** Publishes decisions of the router to the event log and the callbacks: those that a person would want to know. */
import * as Defect from "@interline/core/Defect"
import type { RouterService } from "@interline/router/Router"
import type { RouterEvent } from "@interline/router/RouterEvent"
import type { EventLogService, NewEvent } from "@interline/sql/EventLog"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { CallbacksService } from "../events/Callbacks.ts"
import * as EventTypes from "../events/eventTypes.ts"
import type { FindDelivery } from "./findDelivery.ts"

export interface Parts {
  readonly router: Pick<RouterService, "events" | "rollout">
  readonly log: Pick<EventLogService, "append">
  readonly callbacks: Pick<CallbacksService, "enqueue">
  readonly find: FindDelivery
}

/** Whether to publish a decision. A delivery that ended as expected is not published. */
const isNews = (event: RouterEvent): boolean =>
  EventTypes.isPublic[event._tag] && !(event._tag === "Concluded" && (event.outcome === "accepted" || event.outcome === "held"))

/** The origin of a decision that may come again, from any process. */
const sourceOf = (event: RouterEvent): string | undefined =>
  event._tag === "RolloutChanged" && event.version !== undefined ? `rollout/${event.from} to ${event.to}/${event.version}` : undefined

/** Publishes in the background until the scope ends. */
export const make = ({ callbacks, find, log, router }: Parts): Effect.Effect<void, never, Scope.Scope> => {
  const confirm = (event: RouterEvent): Effect.Effect<void> =>
    (event._tag === "RolloutChanged" ? router.rollout?.confirm(event) : undefined) ?? Effect.void
  const publish = (events: Chunk.Chunk<RouterEvent>): Effect.Effect<void> => {
    const news = Chunk.toReadonlyArray(events).filter(isNews)
    return news.length === 0 ? Effect.void : Effect.gen(function*() {
      const at = yield* Clock.currentTimeMillis
      const entries = yield* Effect.forEach(
        news,
        (event) => Effect.map(find.ofDecision(event), (subject): NewEvent => ({ at, ...subject, event: { kind: "router", data: event } }))
      )
      yield* Effect.flatMap(log.append(entries, news.map(sourceOf)), callbacks.enqueue)
      // the change of a rollout comes again until it is confirmed
      yield* Effect.forEach(news, confirm, { discard: true })
    }).pipe(
      Effect.catchAllCause((cause) =>
        Defect.logUnlessSaid(cause, Effect.logWarning("decisions of the router could not be written to the event log"))
      )
    )
  }
  return Effect.asVoid(Effect.forkScoped(Stream.runForEachChunk(router.events, publish)))
}
