/** Defines the store of what carriers say of our accounts: the last notice about each webhook, number and token, for all processes. */
import * as AccountNotice from "@interline/core/AccountNotice"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/**
 * For how long a notice is kept, from its `at` or, if that is later, from its `dueAt`.
 *
 * @category models
 */
export const keptFor: Duration.Duration = Duration.days(30)

/**
 * How long a notice waits for `said`. After that, whoever kept it counts as dead, and another one may announce it.
 *
 * @category models
 */
export const announcedWithin: Duration.Duration = Duration.minutes(1)

/**
 * The operations of a store of notices. No operation fails with an error. If the store cannot be reached, the operation dies with a
 * defect.
 *
 * @category models
 */
export interface NoticeStoreService {
  /**
   * Keeps a notice in its place (`AccountNotice.placeOf`). False, and nothing is kept, if it says nothing new (`AccountNotice.isNews`). Of
   * several processes that put the same notice, one gets true: it announces the notice, and then calls `said`.
   */
  readonly put: (notice: AccountNotice.AccountNotice) => Effect.Effect<boolean>
  /** The same for a notice that an event of the carrier announces. It does not wait for `said`. */
  readonly putSaid: (notice: AccountNotice.AccountNotice) => Effect.Effect<boolean>
  /** Notes that a notice was announced. Does nothing if a newer one has taken its place. */
  readonly said: (notice: AccountNotice.AccountNotice) => Effect.Effect<void>
  /**
   * The notices that were kept and not announced in time (`announcedWithin`), because their process ended in between. Of several processes
   * one gets each: it announces the notice, and then calls `said`.
   */
  readonly takeUnsaid: Effect.Effect<ReadonlyArray<AccountNotice.AccountNotice>>
  /** The kept notices, the newest first, at most 200. */
  readonly all: Effect.Effect<ReadonlyArray<AccountNotice.AccountNotice>>
}

/**
 * The tag of the store of notices. Without it a router keeps them in memory.
 *
 * @category services
 */
export class NoticeStore extends Context.Tag("@interline/router/NoticeStore")<NoticeStore, NoticeStoreService>() {}

/**
 * The most notices that `all` gives.
 *
 * @category models
 */
export const most = 200

/**
 * A store in memory. It ends with the process.
 *
 * @category constructors
 */
export const makeMemory: Effect.Effect<NoticeStoreService> = Effect.sync(() => {
  const kept = new Map<string, AccountNotice.AccountNotice>()
  const unsaid = new Map<AccountNotice.AccountNotice, number>()
  const forget = (now: number): void => {
    for (const [place, notice] of kept) {
      const { at, dueAt = at } = notice
      if (Math.max(at, dueAt) > now - Duration.toMillis(keptFor)) continue
      kept.delete(place)
      unsaid.delete(notice)
    }
  }
  const makePut = (isSaid: boolean): NoticeStoreService["put"] => (notice) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      forget(now)
      const place = AccountNotice.placeOf(notice)
      const last = kept.get(place)
      if (!AccountNotice.isNews(notice, last)) return false
      if (last !== undefined) unsaid.delete(last)
      kept.set(place, notice)
      if (!isSaid) unsaid.set(notice, now)
      return true
    })
  return {
    put: makePut(false),
    putSaid: makePut(true),
    said: (notice) =>
      Effect.sync(() => {
        const last = kept.get(AccountNotice.placeOf(notice))
        if (last !== undefined && last.at === notice.at && last.what === notice.what) unsaid.delete(last)
      }),
    takeUnsaid: Effect.map(Clock.currentTimeMillis, (now) => {
      forget(now)
      const late = Array.from(kept.values()).filter((notice) =>
        (unsaid.get(notice) ?? Number.POSITIVE_INFINITY) <= now - Duration.toMillis(announcedWithin)
      )
      for (const notice of late) unsaid.set(notice, now)
      return late
    }),
    all: Effect.map(Clock.currentTimeMillis, (now) => {
      forget(now)
      return Array.from(kept.values()).sort((left, right) => right.at - left.at).slice(0, most)
    })
  }
})
