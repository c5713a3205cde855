/** What a gateway knows and says of the feeds that it follows, and of those that another process follows. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as CarrierId from "@interline/core/CarrierId"
import type { CarrierFeed } from "@interline/core/Feed"
import type { CarrierHistory } from "@interline/core/History"
import * as MessagingError from "@interline/core/MessagingError"
import type { OwnershipService } from "@interline/router/Ownership"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as CatchUpState from "../src/catchup/catchUpState.ts"
import type { CatchUpTable, Row } from "../src/catchup/catchUpTable.ts"
import * as FollowFeeds from "../src/catchup/followFeeds.ts"
import type { ReadBack } from "../src/catchup/readBack.ts"

const carrierId = CarrierId.make("sendblue")

const history: CarrierHistory = { carrierId, optOuts: Stream.empty, events: () => Stream.empty }

const absent = MessagingError.make("Unrecognized", { carrierId, operation: "listMessages", status: 404 })

const follow = (open: CarrierFeed["open"], ownership: OwnershipService, row?: Partial<Row>) =>
  Effect.gen(function*() {
    const reads: Array<number | undefined> = []
    const seen: Array<number> = []
    const state = CatchUpState.make([history], new Set([carrierId]))
    const table: CatchUpTable = {
      find: () =>
        Effect.succeed(
          row === undefined
            ? undefined
            : {
              carrier_id: carrierId,
              heard_at: null,
              listed_at: null,
              gap_at: null,
              gap_until: null,
              feed_at: null,
              feed_seen_at: null,
              ...row
            }
        ),
      recordHeard: () => Effect.void,
      recordRead: () => Effect.void,
      recordListed: () => Effect.void,
      recordGap: () => Effect.void,
      endGap: () => Effect.void,
      recordFeed: () => Effect.void,
      recordFeedSeen: (_, at) => Effect.sync(() => void seen.push(at)),
      findLastWebhook: () => Effect.succeed(undefined),
      findKnownIds: () => Effect.succeed(new Set()),
      isHeard: () => Effect.succeed(false)
    }
    const readBack: ReadBack = {
      findStart: () => Effect.succeed(1_000),
      readEvents: (_, from) => Effect.zipRight(Effect.sync(() => void reads.push(from)), state.note(carrierId, { state: "done" })),
      readList: () => Effect.die("it is not asked for"),
      recordHeard: () => Effect.void,
      recordFailure: () => () => Effect.void
    }
    yield* FollowFeeds.make({
      feeds: [{ carrierId, open, states: Effect.succeed([]) }],
      histories: new Map([[carrierId, history]]),
      inbox: { put: () => Effect.void },
      ownership,
      readBack,
      state,
      table
    })
    return { progress: Effect.map(state.all, ([one]) => one), reads, seen, state }
  })

const here: OwnershipService = {
  owned: () => undefined,
  runInOne: (_, effect) => Effect.asVoid(Effect.forkScoped(effect))
}

const elsewhere: OwnershipService = { owned: () => new Set(), runInOne: () => Effect.void }

describe("a feed", () => {
  it.scoped("that another process follows is known from what that process recorded", () =>
    Effect.gen(function*() {
      const row = { heard_at: 60_000, feed_seen_at: 100_000 }
      const { progress, state } = yield* follow(Effect.die("another process opens it"), elsewhere, row)
      yield* state.note(carrierId, { state: "done", heardUntil: 5_000 })
      yield* TestClock.adjust("2 minutes")
      const { heardUntil, streamSeenAt } = (yield* progress) ?? {}
      deepStrictEqual([heardUntil, streamSeenAt], [120_000, 100_000])
      // nobody saw it alive for more than a minute
      yield* TestClock.adjust("1 minute")
      deepStrictEqual((yield* progress)?.heardUntil, 100_000)
    }))

  it.scoped("is seen alive at most every 10 seconds", () =>
    Effect.gen(function*() {
      const live = Stream.repeatEffect(Effect.delay(Effect.succeed([]), "4 seconds"))
      yield* TestClock.setTime(1_000_000)
      const { progress, seen } = yield* follow(Effect.succeed(live), here)
      yield* TestClock.adjust("30 seconds")
      deepStrictEqual(seen, [1_000_000, 1_012_000, 1_024_000])
      const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
      deepStrictEqual((yield* progress)?.heardUntil, now)
    }))

  it.scoped("that the account does not have is named once in the log, and the list is read every minute", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const logger = Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ logLevel, message }) => void lines.push(`${logLevel.label} ${String(message)}`))
      )
      const { reads } = yield* Effect.provide(follow(Effect.fail(absent), here), logger)
      yield* TestClock.adjust("3 minutes")
      deepStrictEqual(reads, [1_000, 1_000, 1_000, 1_000])
      deepStrictEqual(lines.map((line) => line.slice(0, 51)), ["ERROR the carrier's account has no event stream; it"])
    }))
})
