/**
 * Keeps the leases of acts that are under way. An act (a reaction, an edit, a group, a webhook) is in no ledger, so nothing would stop a
 * second run of it. While its process lives, no other process takes it over. Soon after its end, another process may, and finds that it is
 * not known how far it got. Sends need no lease: the ledger joins them.
 */
import type { RequestLogService } from "@interline/sql/RequestLog"
import * as Store from "@interline/sql/Store"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** In milliseconds, how long a request belongs to its process after its lease was renewed. */
export const length = 15_000

const every = Duration.millis(length / 5)

export interface Leases {
  /** Renews the lease of a request as long as the work on it goes on. */
  readonly keep: <A, E, R>(id: string, work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

export const make = (log: RequestLogService): Effect.Effect<Leases, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    let young = new Set<string>()
    let old = new Set<string>()
    let isRunning = false
    /**
     * Renews the leases of requests that were already there at the last round. Most requests are over before that. Ends when no request is
     * left.
     */
    const renew: Effect.Effect<void> = Effect.suspend(() => {
      const ids = Array.from(old)
      old = new Set([...old, ...young])
      young = new Set()
      isRunning = old.size > 0
      const renewed = ids.length === 0 ? Effect.void : Store.writeOrAbandon("that requests are under way", log.renew(ids, length))
      return isRunning ? Effect.zipRight(renewed, Effect.delay(renew, every)) : Effect.void
    })
    const begin = (id: string): Effect.Effect<unknown> =>
      Effect.suspend(() => {
        young.add(id)
        if (isRunning) return Effect.void
        isRunning = true
        return Effect.forkIn(Effect.interruptible(Effect.delay(renew, every)), scope)
      })
    return {
      keep: (id, work) =>
        Effect.acquireUseRelease(begin(id), () => work, () =>
          Effect.sync(() => {
            young.delete(id)
            old.delete(id)
          }))
    }
  })
