/** Publishes decisions of the router to the event log and the callbacks: those that a person would want to know. */
import * as BoundedMap from "@interline/core/BoundedMap"
import * as Defect from "@interline/core/Defect"
import * as Uuid from "@interline/core/Uuid"
import type { RouterService } from "@interline/router/Router"
import type { RouterEvent } from "@interline/router/RouterEvent"
import type { EventLogService, NewEvent } from "@interline/sql/EventLog"
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { CallbacksService } from "../events/Callbacks.ts"
import * as EventTypes from "../events/eventTypes.ts"
import * as Metrics from "../server/Metrics.ts"
import type { FindDelivery } from "./findDelivery.ts"

export interface Parts {
  readonly router: Pick<RouterService, "confirmationOf" | "events">
  readonly log: Pick<EventLogService, "append">
  readonly callbacks: Pick<CallbacksService, "enqueue">
  readonly find: FindDelivery
}

/** Whether to publish a decision. A delivery that ended as expected is not published. */
const isNews = (event: RouterEvent): boolean =>
  EventTypes.isPublic[event._tag] && !(event._tag === "Concluded" && (event.outcome === "accepted" || event.outcome === "held"))

/** How many decisions may wait to be written. */
const most = 16_384

/** How many decisions are written together. */
const batch = 256

/** How long the end of the process may wait for the decisions that are left. */
const endWithin = Duration.seconds(5)

/** After how long the log says again that a decision, which comes again and again, cannot be written, in milliseconds. */
const saidAgainAfter = Duration.toMillis("1 day")

/** A decision that waits. `source` is its origin, by which it is written only once. `confirm` runs when it is written. */
interface Waiting {
  readonly event: RouterEvent
  readonly source: string
  readonly confirm: Effect.Effect<void>
}

const countLost = (times: number): Effect.Effect<void> => Metric.incrementBy(Metrics.lostDecisions, times)

/** The decisions that wait, the oldest first. If there are too many, the oldest that nobody is writing is lost. */
const makeWaiting = (id: string, confirmationOf: RouterService["confirmationOf"]) => {
  const waiting: Array<Waiting> = []
  const isWaiting = Effect.unsafeMakeLatch(false)
  let position = 0
  let inHand = 0
  let isLosing = false
  let isEnded = false
  const writeAll = (write: (some: ReadonlyArray<Waiting>) => Effect.Effect<void>): Effect.Effect<void> =>
    Effect.suspend(() => {
      const some = waiting.slice(0, batch)
      inHand = some.length
      if (some.length > 0) {
        return Effect.zipRight(
          write(some),
          Effect.suspend(() => {
            waiting.splice(0, inHand)
            inHand = 0
            return writeAll(write)
          })
        )
      }
      if (isEnded) return Effect.void
      isLosing = false
      isWaiting.unsafeClose()
      return Effect.zipRight(isWaiting.await, writeAll(write))
    })
  return {
    waiting,
    put: (event: RouterEvent): Effect.Effect<void> =>
      Effect.suspend(() => {
        const loses = waiting.length >= most
        if (loses) waiting.splice(inHand, 1)
        // What waits for a confirmation may come again, from any process. Another decision is only written again when it is not known whether
        // it was written.
        const { confirm, key } = confirmationOf?.(event) ?? { key: `router/${id}/${position++}`, confirm: Effect.void }
        waiting.push({ event, source: key, confirm })
        isWaiting.unsafeOpen()
        if (!loses) return Effect.void
        if (isLosing) return countLost(1)
        isLosing = true
        return Effect.zipRight(
          countLost(1),
          Effect.logError("decisions of the router are lost: they come faster than the database writes them, and no callback tells of them")
        )
      }),
    /** No more decisions come. */
    end: Effect.sync(() => {
      isEnded = true
      isWaiting.unsafeOpen()
    }),
    /** Writes the oldest first, until no more come and none is left. They wait until they are written, also if the fiber is interrupted. */
    writeAll
  }
}

/**
 * The scope of what publishes the decisions. The router's scope should end before it does, so that what the router decides while it drains is
 * published too. Default: the scope of the inbox.
 */
export class PublisherScope extends Context.Reference<PublisherScope>()("@interline/gateway/internal/PublisherScope", {
  defaultValue: (): Option.Option<Scope.Scope> => Option.none()
}) {}

export const layer: Layer.Layer<PublisherScope> = Layer.scoped(PublisherScope, Effect.asSome(Effect.scope))

/**
 * Publishes in the background until the scope ends. The end waits up to 5 seconds until the router's decisions have ended and are written.
 * While the database does not work, the decisions wait for it. Only those that are published wait, so that what every send decides pushes
 * nothing out.
 */
export const make = ({ callbacks, find, log, router }: Parts): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { end, put, waiting, writeAll } = makeWaiting(yield* Uuid.mint, router.confirmationOf)
    yield* countLost(0)
    // what waits for a confirmation comes again and again, and the log does not say each time that it failed again
    const failures = BoundedMap.make<string, number>(most)
    /** Runs `say` if nothing was said of this failure for a day. `isFirst`: nothing was ever said of it. */
    const sayRarely = (failure: string, say: (isFirst: boolean) => Effect.Effect<void>): Effect.Effect<void> =>
      Effect.flatMap(Clock.currentTimeMillis, (at) => {
        const before = failures.get(failure)
        if (before !== undefined && at - before < saidAgainAfter) return Effect.void
        failures.set(failure, at)
        return say(before === undefined)
      })
    const confirm = ({ confirm, source }: Waiting): Effect.Effect<void> =>
      Effect.catchAllCause(
        confirm,
        (cause) =>
          Defect.logUnlessSaid(
            cause,
            sayRarely(
              `unconfirmed ${source}`,
              () => Effect.logWarning("a decision of the router is published again, because it could not be recorded as written")
            )
          )
      )
    const giveUp = ({ source }: Waiting, cause: Cause.Cause<unknown>): Effect.Effect<void> =>
      sayRarely(`unwritten ${source}`, (isFirst) =>
        Effect.zipRight(
          isFirst ? countLost(1) : Effect.void,
          Effect.logError(
            "a decision of the router was not written to the event log, and no callback tells of it; report the defect with these lines",
            { defects: Defect.placesIn(cause) }
          )
        ))
    const write = (some: ReadonlyArray<Waiting>): Effect.Effect<void> =>
      Effect.gen(function*() {
        const at = yield* Clock.currentTimeMillis
        const entries = yield* Effect.forEach(
          some,
          ({ event }) =>
            Effect.map(find.ofDecision(event), (subject): NewEvent => ({ at, ...subject, event: { kind: "router", data: event } }))
        )
        yield* Effect.flatMap(log.append(entries, some.map(({ source }) => source)), callbacks.enqueue)
      }).pipe(
        Effect.sandbox,
        // an outage is logged where it begins and ends
        Effect.retry({ schedule: Schedule.spaced("1 second"), while: Defect.isSaid }),
        Effect.unsandbox,
        Effect.matchCauseEffect({
          // one that cannot be written must not take the others with it
          onFailure: (cause) =>
            some.length === 1
              ? Effect.forEach(some, (one) => giveUp(one, cause), { discard: true })
              : Effect.forEach(some, (one) => write([one]), { discard: true }),
          onSuccess: () => Effect.forEach(some, confirm, { discard: true })
        })
      )
    const writer = yield* Effect.forkScoped(Effect.interruptible(writeAll(write)))
    const reading = Stream.runForEach(Stream.filter(router.events, isNews), put)
    yield* Effect.forkScoped(Effect.interruptible(Effect.ensuring(reading, end)))
    yield* Effect.addFinalizer(() =>
      Effect.gen(function*() {
        // a finalizer cannot be interrupted, and a wait that cannot be interrupted has no end
        yield* Effect.timeoutOption(Effect.interruptible(Fiber.await(writer)), endWithin)
        if (waiting.length === 0) return
        yield* Effect.logError("the process ends before decisions of the router were written, and no callback tells of them", {
          decisions: waiting.length
        })
      })
    )
  })
