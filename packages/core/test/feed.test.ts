/** How a feed is followed: what waits for what, when it connects again, and what is read in between. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Feed from "../src/carrier/Feed.ts"
import type { MessagingEvent } from "../src/events/MessagingEvent.ts"
import * as MessagingError from "../src/outcome/MessagingError.ts"
import { linq } from "./support.ts"

const event = (id: string, at?: string): MessagingEvent => ({
  _tag: "Unrecognized",
  carrierId: linq,
  id,
  kind: "test",
  raw: {},
  ...(at === undefined ? {} : { at })
})

const idOf = ({ id }: MessagingEvent): string => id ?? "none"

const failure = (status: number, retryAfter?: Duration.Duration) =>
  MessagingError.make("Unavailable", {
    carrierId: linq,
    operation: "listMessages",
    status,
    ...(retryAfter === undefined ? {} : { retryAfter })
  })

type Live = Stream.Stream<ReadonlyArray<MessagingEvent>, MessagingError.MessagingError>

/** A feed that gives these connections in turn, and then connections that say nothing. */
const feedOf = (...connections: ReadonlyArray<Effect.Effect<Live, MessagingError.MessagingError>>) => {
  const log: Array<string> = []
  let count = 0
  const feed: Feed.CarrierFeed = {
    carrierId: linq,
    open: Effect.suspend(() => {
      log.push("open")
      return connections[count++] ?? Effect.succeed(Stream.never)
    }),
    states: Effect.succeed([])
  }
  return { feed, log }
}

const follow = (
  feed: Feed.CarrierFeed,
  log: Array<string>,
  more: Partial<Feed.Follower> = {}
) =>
  Effect.fork(Feed.follow(feed, {
    take: (events) => Effect.sync(() => void log.push(events.map(idOf).join())),
    repair: Effect.sync(() => void log.push("repair")),
    onChange: ({ _tag }) => Effect.sync(() => void log.push(_tag)),
    ...more
  }))

describe("a feed", () => {
  it.effect("is repaired after it was opened and before its events are taken", () =>
    Effect.gen(function*() {
      const { feed, log } = feedOf(
        Effect.succeed(Stream.concat(Stream.make([event("one")], [], [event("two"), event("three")]), Stream.never))
      )
      yield* follow(feed, log, { repair: Effect.delay(Effect.sync(() => void log.push("repair")), "10 seconds") })
      yield* TestClock.adjust("9 seconds")
      deepStrictEqual(log, ["open"])
      yield* TestClock.adjust("1 seconds")
      deepStrictEqual(log, ["open", "repair", "Connected", "one", "Alive", "Alive", "two,three", "Alive"])
    }))

  it.effect("is opened again every 15 minutes, at once and with a repair, whoever ends the connection", () =>
    Effect.gen(function*() {
      const { feed, log } = feedOf(
        Effect.succeed(Stream.never),
        Effect.succeed(Stream.interruptAfter(Stream.never, "14 minutes"))
      )
      yield* follow(feed, log)
      yield* TestClock.adjust("14 minutes")
      deepStrictEqual(log, ["open", "repair", "Connected"])
      yield* TestClock.adjust("61 seconds")
      deepStrictEqual(log.slice(3), ["open", "repair", "Connected"])
      yield* TestClock.adjust("15 minutes")
      deepStrictEqual(log.slice(6), ["open", "repair", "Connected"])
    }))

  it.effect("is opened again after waits that grow to a minute, and after the time that the vendor asks for", () =>
    Effect.gen(function*() {
      const { feed, log } = feedOf(
        ...Array.from({ length: 9 }, () => Effect.fail(failure(503))),
        Effect.fail(failure(429, Duration.minutes(5)))
      )
      const opens = () => log.filter((word) => word === "open").length
      yield* follow(feed, log)
      const seen: Array<number> = []
      for (let second = 0; second < 360; second += 1) {
        yield* TestClock.adjust("1 seconds")
        seen.push(opens())
      }
      // 1, 2, 4, 8, 16, 32, 60, 60, 60 seconds, less a quarter at most
      const at = (count: number) => seen.findIndex((opened) => opened >= count)
      strictEqual(at(2) <= 1 && at(5) <= 15 && at(7) >= 45 && at(7) <= 64 && at(10) >= 180 && at(10) <= 244, true)
      deepStrictEqual(Array.from(new Set(log)), ["open", "Broken"])
      yield* TestClock.adjust("4 minutes")
      deepStrictEqual(log.slice(-3), ["open", "repair", "Connected"])
    }))

  it.effect("that is ended at once each time is not opened without a wait", () =>
    Effect.gen(function*() {
      const { feed, log } = feedOf(...Array.from({ length: 4 }, () => Effect.succeed(Stream.empty)))
      yield* follow(feed, log)
      yield* TestClock.adjust("1 seconds")
      strictEqual(log.filter((word) => word === "open").length, 2)
      yield* TestClock.adjust("16 seconds")
      deepStrictEqual(log.slice(-3), ["open", "repair", "Connected"])
      strictEqual(log.filter((word) => word === "Broken").length, 4)
    }))

  it.effect("is opened and repaired again if its events could not be taken", () =>
    Effect.gen(function*() {
      const { feed, log } = feedOf(
        Effect.succeed(Stream.make([event("one")])),
        Effect.succeed(Stream.concat(Stream.make([event("two")]), Stream.never))
      )
      yield* follow(feed, log, {
        take: (events) =>
          events.map(idOf).join() === "one"
            ? Effect.dieMessage("the database is away")
            : Effect.sync(() => void log.push(events.map(idOf).join()))
      })
      yield* TestClock.adjust("2 seconds")
      deepStrictEqual(log, ["open", "repair", "Connected", "Broken", "open", "repair", "Connected", "two", "Alive"])
    }))

  it.effect("is opened again if its connection was interrupted, and ends if its follower is", () =>
    Effect.gen(function*() {
      const { feed, log } = feedOf(Effect.interrupt, Effect.succeed(Stream.fromEffect(Effect.interrupt)))
      const fiber = yield* follow(feed, log)
      yield* TestClock.adjust("5 seconds")
      deepStrictEqual(log, ["open", "Broken", "open", "repair", "Connected", "Broken", "open", "repair", "Connected"])
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 hour")
      strictEqual(log.filter((word) => word === "open").length, 3)
    }))

  it.effect("that an account does not have is read from the history once a minute", () =>
    Effect.gen(function*() {
      const { feed, log } = feedOf(Effect.fail(failure(404)), Effect.fail(failure(404)))
      yield* follow(feed, log)
      yield* TestClock.adjust("59 seconds")
      deepStrictEqual(log, ["open", "Absent", "repair"])
      yield* TestClock.adjust("1 seconds")
      deepStrictEqual(log.slice(3), ["open", "Absent", "repair"])
      yield* TestClock.adjust("1 minute")
      deepStrictEqual(log.slice(6), ["open", "repair", "Connected"])
    }))

  it.effect("that was opened is there, even if its repair is answered with 404", () =>
    Effect.gen(function*() {
      const { feed, log } = feedOf(Effect.succeed(Stream.never))
      yield* follow(feed, log, { repair: Effect.fail(failure(404)) })
      yield* TestClock.adjust("1 millis")
      deepStrictEqual(log, ["open", "Broken"])
    }))
})

describe("a feed that an application reads", () => {
  it.effect("reads the history from a minute before the time until which it was read, and never believes a time in the future", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.parse("2026-11-01T12:00:00Z"))
      const live = yield* Queue.unbounded<ReadonlyArray<MessagingEvent>>()
      const { feed } = feedOf(Effect.succeed(Stream.fromQueue(live)), Effect.succeed(Stream.never))
      const pages = [
        [[event("a", "2026-11-01T11:40:00Z")], [event("b", "2026-11-01T11:50:00Z"), event("wrong", "2099-01-01T00:00:00Z")]],
        [[event("c", "2026-11-01T12:10:00Z")]]
      ]
      const asked: Array<string> = []
      const taken: Array<string> = []
      const read: Array<string> = []
      const history = {
        carrierId: linq,
        optOuts: Stream.empty,
        events: (since: number) =>
          Stream.suspend(() => {
            asked.push(new Date(since).toISOString())
            return Stream.fromIterable(pages[asked.length - 1] ?? [])
          })
      }
      yield* Effect.fork(Feed.read({ ...feed, states: Effect.succeed([event("line")]) }, history, {
        since: Effect.succeed(Date.parse("2026-11-01T11:30:00Z")),
        onEvents: (events) => Effect.sync(() => void taken.push(...events.map(idOf))),
        onRead: (until) => Effect.sync(() => void read.push(new Date(until).toISOString()))
      }))
      yield* TestClock.adjust("1 seconds")
      // a live event does not move the time: the stream may have left out an earlier one
      yield* Queue.offer(live, [event("live", "2026-11-01T12:00:30Z")])
      yield* TestClock.adjust("16 minutes")
      deepStrictEqual(taken, ["a", "b", "wrong", "line", "live", "c", "line"])
      deepStrictEqual(asked, ["2026-11-01T11:29:00.000Z", "2026-11-01T11:59:00.000Z"])
      deepStrictEqual(read, ["2026-11-01T12:00:00.000Z", "2026-11-01T12:10:00.000Z"])
    }))
})
