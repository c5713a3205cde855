/**
 * Follows the feeds of carriers: live events that the gateway asks for, instead of webhooks. One of all processes holds a feed. What a feed
 * leaves out is read back when it connects.
 */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Feed from "@interline/core/Feed"
import type { CarrierHistory } from "@interline/core/History"
import { present } from "@interline/core/Optional"
import type { OwnershipService } from "@interline/router/Ownership"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { InboxService } from "../inbox/Inbox.ts"
import type { CatchUpState } from "./catchUpState.ts"
import type { CatchUpTable } from "./catchUpTable.ts"
import type { ReadBack } from "./readBack.ts"

export interface Parts {
  readonly feeds: ReadonlyArray<Feed.CarrierFeed>
  readonly histories: ReadonlyMap<CarrierId, CarrierHistory>
  readonly table: CatchUpTable
  readonly state: CatchUpState
  readonly readBack: ReadBack
  readonly inbox: Pick<InboxService, "put">
  readonly ownership: OwnershipService
}

/** In milliseconds: how often a sign of life is written down at most. */
const often = 10_000

/** How often the processes that do not hold a feed look whether it is alive. */
const lookEvery = "15 seconds"

const absent =
  "the carrier's account has no event stream; its list of messages is read once a minute instead; ask the vendor for the stream, or receive webhooks"

/** The later of a known time and a recorded one. */
const latestOf = (known: number | undefined, recorded: number | null | undefined): number | undefined =>
  recorded === undefined || recorded === null ? known : Math.max(known ?? 0, Number(recorded))

/** What the log says of a connection: each state once, until another one follows. */
const makeLog = (carrierId: CarrierId) => {
  let last: Feed.FeedChange["_tag"] | undefined
  return (change: Feed.FeedChange): Effect.Effect<void> => {
    if (change._tag === "Alive" || change._tag === last) return Effect.void
    // A poll that fails in an account without a stream is logged where it fails.
    if (last === "Absent" && change._tag === "Broken") return Effect.void
    const wasAbsent = last === "Absent"
    last = change._tag
    switch (change._tag) {
      case "Absent":
        return Effect.logError(absent, { carrier: carrierId })
      case "Broken":
        return Effect.logWarning("the carrier's event stream broke; it is opened again", {
          carrier: carrierId,
          why: change.error?.message ?? "it ended too early, or its events could not be recorded"
        })
      case "Connected":
        return wasAbsent
          ? Effect.logInfo("the carrier's account has an event stream now", { carrier: carrierId })
          : Effect.logInfo("the carrier's event stream is open", { carrier: carrierId })
    }
  }
}

/** Follows every feed until the scope ends. */
export const make = (
  { feeds, histories, inbox, ownership, readBack, state, table }: Parts
): Effect.Effect<void, never, Scope.Scope> => {
  const repair = (history: CarrierHistory) => {
    const { carrierId } = history
    const read = Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const from = yield* readBack.findStart(carrierId)
      if (from !== undefined) return yield* readBack.readEvents(history, from)
      // Nothing of this carrier was ever known, so there is no time to read back from.
      yield* readBack.recordHeard(carrierId, now)
      yield* table.recordFeed(carrierId, now)
      yield* state.note(carrierId, { state: "done", until: now, endedAt: now })
    })
    return Effect.tapErrorCause(state.exclusive(carrierId, read), readBack.recordFailure(carrierId))
  }

  const makeFollower = (feed: Feed.CarrierFeed, history: CarrierHistory): Feed.Follower => {
    const { carrierId } = feed
    const log = makeLog(carrierId)
    let seenAt = 0
    const recordSeen = Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (Math.abs(now - seenAt) < often) return Effect.void
      seenAt = now
      return Effect.zipRight(state.note(carrierId, { streamSeenAt: now }), table.recordFeedSeen(carrierId, now))
    })
    return {
      take: inbox.put,
      repair: Effect.zipRight(repair(history), Effect.flatMap(feed.states, inbox.put)),
      onChange: (change) =>
        Effect.zipRight(
          log(change),
          change._tag === "Alive" || change._tag === "Connected" ? Effect.catchAllCause(recordSeen, () => Effect.void) : Effect.void
        )
    }
  }

  /** Keeps in mind what the process that holds the feed has recorded: until when it read, and when it saw the feed alive. */
  const look = (carrierId: CarrierId): Effect.Effect<void> =>
    Effect.flatMap(table.find(carrierId), (row) => {
      const { heardUntil, streamSeenAt } = state.find(carrierId) ?? {}
      const times = present({
        heardUntil: latestOf(heardUntil, row?.heard_at),
        streamSeenAt: latestOf(streamSeenAt, row?.feed_seen_at)
      })
      return state.note(carrierId, times)
    }).pipe(Effect.catchAllCause(() => Effect.void))

  return Effect.forEach(feeds, (feed) => {
    const { carrierId } = feed
    return Option.match(Option.fromNullable(histories.get(carrierId)), {
      onNone: () => Effect.dieMessage("a carrier with a feed has a history"),
      onSome: (history) =>
        Effect.zipRight(
          Effect.forkScoped(
            Effect.interruptible(Effect.withTracerEnabled(Effect.forever(Effect.zipRight(look(carrierId), Effect.sleep(lookEvery))), false))
          ),
          ownership.runInOne(`the event stream of ${carrierId} is read`, Feed.follow(feed, makeFollower(feed, history)))
        )
    })
  }, { discard: true })
}
