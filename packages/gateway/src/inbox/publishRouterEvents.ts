/** Publishes decisions of the router to the event log and the callbacks: those that a person would want to know. */
import * as Defect from "@interline/core/Defect"
import * as Uuid from "@interline/core/Uuid"
import type { RouterService } from "@interline/router/Router"
import type { RouterEvent } from "@interline/router/RouterEvent"
import type { EventLogService, NewEvent } from "@interline/sql/EventLog"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
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

/**
 * The origin of a decision. The change of a rollout may come again, from any process. Other decisions are only written again when it is not known whether
 * they were written, and then under the same id.
 */
const sourceOf = (id: string) => (event: RouterEvent, position: number): string =>
  event._tag === "RolloutChanged" && event.version !== undefined
    ? `rollout/${event.from} to ${event.to}/${event.version}`
    : `router/${id}/${position}`

/**
 * Publishes in the background until the scope ends. While the database does not work, the decisions wait for it. Of more than 1,024 that wait, the
 * oldest are lost (`RouterService.events`).
 */
export const make = ({ callbacks, find, log, router }: Parts): Effect.Effect<void, never, Scope.Scope> => {
  const confirm = (event: RouterEvent): Effect.Effect<void> =>
    (event._tag === "RolloutChanged" ? router.rollout?.confirm(event) : undefined) ?? Effect.void
  const publish = (events: Chunk.Chunk<RouterEvent>): Effect.Effect<void> => {
    const news = Chunk.toReadonlyArray(events).filter(isNews)
    return news.length === 0 ? Effect.void : Effect.gen(function*() {
      const [at, id] = yield* Effect.all([Clock.currentTimeMillis, Uuid.mint])
      const entries = Effect.forEach(
        news,
        (event) => Effect.map(find.ofDecision(event), (subject): NewEvent => ({ at, ...subject, event: { kind: "router", data: event } }))
      )
      // an outage is logged where it begins and ends
      yield* Effect.flatMap(entries, (entries) => Effect.flatMap(log.append(entries, news.map(sourceOf(id))), callbacks.enqueue)).pipe(
        Effect.sandbox,
        Effect.retry({ schedule: Schedule.spaced("1 second"), while: Defect.isSaid }),
        Effect.unsandbox
      )
      // the change of a rollout comes again until it is confirmed
      yield* Effect.forEach(news, confirm, { discard: true })
    }).pipe(
      Effect.catchAllCause((cause) =>
        Defect.logUnlessSaid(
          cause,
          Effect.logError(
            "decisions of the router were not written to the event log, and no callback tells of them; report the defect with these lines",
            { defects: Defect.placesIn(cause) }
          )
        )
      )
    )
  }
  return Effect.asVoid(Effect.forkScoped(Stream.runForEachChunk(router.events, publish)))
}
