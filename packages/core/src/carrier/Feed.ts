/**
 * Defines a feed: the live events of a vendor, over a connection that we open ourselves. So no address of ours must be public. A feed is no
 * durable list: what happens between two connections, and what the vendor leaves out, is found by reading the carrier's history.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import type { MessagingEvent } from "../events/MessagingEvent.ts"
import type { CarrierId } from "../names/CarrierId.ts"
import type { MessagingError } from "../outcome/MessagingError.ts"
import type { CarrierHistory } from "./History.ts"

/**
 * The feed of a carrier.
 *
 * @category models
 */
export interface CarrierFeed {
  /** The carrier. */
  readonly carrierId: CarrierId
  /**
   * Opens one connection, and gives its events in their order. An empty list is a sign of life. The events are those that webhooks would have
   * brought, with the same ids. The stream ends when the vendor ends the connection, and fails if the connection breaks or is silent for too
   * long. An error with status 404 means that the account has no feed.
   */
  readonly open: Effect.Effect<Stream.Stream<ReadonlyArray<MessagingEvent>, MessagingError>, MessagingError>
  /** What the carrier's history does not tell: the present states of our lines, with the times since which they hold. */
  readonly states: Effect.Effect<ReadonlyArray<MessagingEvent>, MessagingError>
}

/**
 * How far back the history is read before the time until which it was read last. An event may be told some seconds after later ones.
 *
 * @category constants
 */
export const overlap: Duration.Duration = Duration.minutes(1)

/**
 * A connection is ended after this time, so that the history is read again at least that often. Then also an event is found that the vendor
 * left out of the stream.
 *
 * @category constants
 */
export const rotation: Duration.Duration = Duration.minutes(15)

/**
 * What happens to a feed. `Alive`: a sign of life, and everything before it was taken. `Connected`: the connection is open, and what was missed
 * before was read. `Broken`: the connection ended too early, or could not be opened; absent `error`: our own side failed. `Absent`: the account
 * has no feed. Then the history is read once a minute instead.
 *
 * @category models
 */
export type FeedChange =
  | { readonly _tag: "Alive" }
  | { readonly _tag: "Connected" }
  | { readonly _tag: "Broken"; readonly error?: MessagingError }
  | { readonly _tag: "Absent" }

/**
 * What is done with the events of a feed.
 *
 * @category models
 */
export interface Follower {
  /** Takes events. Ends when they are recorded. The same event may come twice, by the feed, by a repair or by a webhook. */
  readonly take: (events: ReadonlyArray<MessagingEvent>) => Effect.Effect<void>
  /** Reads what was missed. It runs after each connect; meanwhile the live events wait. */
  readonly repair: Effect.Effect<void, MessagingError>
  /** Learns what happens to the feed. */
  readonly onChange?: (change: FeedChange) => Effect.Effect<void>
}

/** Live events that wait while the history is read. After that the vendor has to wait. */
const waiting = 4_096

const firstWait = Duration.toMillis("1 second")
const longestWait = Duration.toMillis("1 minute")
const longestRetryAfter = Duration.toMillis("15 minutes")

/** A connection that lasted for this long was a good one. */
const enough = Duration.toMillis("1 minute")

/** The wait before connection number `failures` after a good one. */
const waitAfter = (failures: number, retryAfter: Duration.Duration | undefined): Effect.Effect<void> =>
  Effect.flatMap(Random.nextRange(0.75, 1), (jitter) => {
    const usual = Math.min(longestWait, firstWait * 2 ** Math.max(0, failures - 1)) * jitter
    const asked = retryAfter === undefined ? 0 : Math.min(longestRetryAfter, Duration.toMillis(retryAfter))
    return Effect.sleep(Duration.millis(Math.max(usual, asked)))
  })

/**
 * Follows a feed for ever: connects, reads what was missed, takes what comes, and connects again. After a failure it waits, from 1 second up to
 * a minute, and for as long as the vendor asks for. Run it in one process at a time. Two at once do no harm, but each reads everything.
 *
 * @category combinators
 */
export const follow = (feed: CarrierFeed, { onChange = () => Effect.void, repair, take }: Follower): Effect.Effect<never> => {
  const open = Effect.catchIf(feed.open, ({ status }) => status === 404, () => Effect.succeed(undefined))

  const connection = (isConnected: Ref.Ref<boolean>) =>
    Effect.scoped(Effect.gen(function*() {
      const live = yield* open
      if (live === undefined) return "absent"
      const events = yield* Stream.toQueue(Stream.interruptAfter(live, rotation), { capacity: waiting })
      yield* repair
      yield* Ref.set(isConnected, true)
      yield* onChange({ _tag: "Connected" })
      yield* Stream.fromQueue(events).pipe(
        Stream.flattenTake,
        Stream.runForEach((some) => Effect.zipRight(some.length === 0 ? Effect.void : take(some), onChange({ _tag: "Alive" })))
      )
      return "ended"
    }))

  /** Makes one connection, and waits before the next one. The result is how many connections in a row have failed. */
  const connect = (failures: number): Effect.Effect<number> =>
    Effect.gen(function*() {
      const isConnected = yield* Ref.make(false)
      const startedAt = yield* Clock.currentTimeMillis
      const exit = yield* Effect.exit(connection(isConnected))
      const lasted = (yield* Clock.currentTimeMillis) - startedAt
      const isGood = (yield* Ref.get(isConnected)) && lasted >= enough
      const failed = isGood ? 0 : failures + 1
      if (Exit.isSuccess(exit)) {
        if (exit.value === "absent") {
          yield* onChange({ _tag: "Absent" })
          yield* Effect.catchAllCause(repair, (cause) => onChange({ _tag: "Broken", ...errorIn(cause) }))
          yield* Effect.sleep(longestWait)
          return 0
        }
        // The vendor ends connections from time to time. If it ends each of them at once, something is wrong.
        if (!isGood) yield* onChange({ _tag: "Broken" })
        yield* waitAfter(failed, undefined)
        return failed
      }
      const { error } = errorIn(exit.cause)
      yield* onChange({ _tag: "Broken", ...(error === undefined ? {} : { error }) })
      yield* waitAfter(failed, error?.retryAfter)
      return failed
    })

  return Effect.zipRight(Effect.iterate(0, { while: () => true, body: connect }), Effect.never)
}

/**
 * The error in a cause. A connection that was interrupted has none. If the follower itself is interrupted, this does not run: its fiber ends.
 */
const errorIn = (cause: Cause.Cause<MessagingError>): { readonly error?: MessagingError } =>
  Option.match(Cause.failureOption(cause), { onNone: () => ({}), onSome: (error) => ({ error }) })

/**
 * What an application without the gateway gives to read a feed.
 *
 * @category models
 */
export interface Reader {
  /** The time in epoch milliseconds until which the application has everything, by the vendor's clock. It is asked once, at the start. */
  readonly since: Effect.Effect<number>
  /** Takes events. Ends when they are recorded. The same event may come twice, with the same `id`. */
  readonly onEvents: (events: ReadonlyArray<MessagingEvent>) => Effect.Effect<void>
  /** Keeps the time until which everything was read and taken, by the vendor's clock. Give it as `since` at the next start. */
  readonly onRead: (until: number) => Effect.Effect<void>
  /** Learns what happens to the feed. */
  readonly onChange?: (change: FeedChange) => Effect.Effect<void>
}

/**
 * Follows a feed, and reads the history of the same carrier after each connect. The time given to `onRead` moves only by such reads, so that an
 * event that the stream left out is read at the next one.
 *
 * @category combinators
 */
export const read = (feed: CarrierFeed, history: CarrierHistory, reader: Reader): Effect.Effect<never> =>
  Effect.gen(function*() {
    const since = yield* Effect.flatMap(reader.since, Ref.make)
    const { onChange, onEvents: take, onRead } = reader
    const repair = Effect.gen(function*() {
      const from = yield* Ref.get(since)
      const until = yield* Stream.runFoldEffect(
        history.events(from - Duration.toMillis(overlap)),
        from,
        (last, events) => Effect.flatMap(latestOf(events), (at) => Effect.as(take(events), Math.max(last, at ?? last)))
      )
      yield* Effect.flatMap(feed.states, (events) => events.length === 0 ? Effect.void : take(events))
      yield* Ref.set(since, until)
      yield* onRead(until)
    })
    return yield* follow(feed, { take, repair, ...(onChange === undefined ? {} : { onChange }) })
  })

/**
 * The latest time in events, in epoch milliseconds, but never a time in the future: a wrong date must not hide what comes before it.
 *
 * @category getters
 */
export const latestOf = (events: ReadonlyArray<MessagingEvent>): Effect.Effect<number | undefined> =>
  Effect.map(Clock.currentTimeMillis, (now) =>
    events.reduce<number | undefined>((latest, { at }) => {
      const time = at === undefined ? Number.NaN : Math.min(Date.parse(at), now)
      return Number.isNaN(time) ? latest : Math.max(latest ?? time, time)
    }, undefined))
