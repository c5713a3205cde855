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
 * The operations of a store of notices. No operation fails with an error. If the store cannot be reached, the operation dies with a
 * defect.
 *
 * @category models
 */
export interface NoticeStoreService {
  /**
   * Keeps a notice in its place (`AccountNotice.placeOf`). False, and nothing is kept, if it says nothing new (`AccountNotice.isNews`). Of
   * several processes that put the same notice, one gets true.
   */
  readonly put: (notice: AccountNotice.AccountNotice) => Effect.Effect<boolean>
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
  const forget = (now: number): void => {
    for (const [place, { at, dueAt = at }] of kept) if (Math.max(at, dueAt) <= now - Duration.toMillis(keptFor)) kept.delete(place)
  }
  return {
    put: (notice) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        forget(now)
        const place = AccountNotice.placeOf(notice)
        if (!AccountNotice.isNews(notice, kept.get(place))) return false
        kept.set(place, notice)
        return true
      }),
    all: Effect.map(Clock.currentTimeMillis, (now) => {
      forget(now)
      return Array.from(kept.values()).sort((left, right) => right.at - left.at).slice(0, most)
    })
  }
})
