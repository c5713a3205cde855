/**
 * The health of lines in the only process that sends, over a store: a restart goes on with what was known. A place for a new contact is on
 * record before its send leaves. Everything else is written down within a second, beside the sends.
 */
import * as Defect from "@interline/core/Defect"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as SteadyClock from "../runtime/steadyClock.ts"
import type { HealthStoreService, Stored } from "./HealthStore.ts"
import type * as LineFacts from "./lineFacts.ts"
import * as LineHealth from "./lineHealth.ts"
import * as Saver from "./sharing/saver.ts"

export interface Parts {
  readonly policy: LineFacts.HealthPolicy
  readonly store: HealthStoreService
  /** Whether a line that is on record is still one of ours. */
  readonly isOurs: (place: LineFacts.Place) => boolean
}

/** After a write that failed, the next one waits so long. */
const pause = "500 millis"

const keyOf = ({ carrierId, line }: LineFacts.Place): string => `${carrierId}/${line}`

export const make = ({ isOurs, policy, store }: Parts): Effect.Effect<LineHealth.Health, never, Scope.Scope> =>
  Effect.gen(function*() {
    const since = yield* Clock.currentTimeMillis
    const clock = SteadyClock.make(yield* Effect.clock)
    const now = () => clock.unsafeCurrentTimeMillis()
    const turns = yield* Effect.makeSemaphore(1)
    const versions = new Map<string, number>()

    /** False if another process wrote the line: then what it wrote is right. */
    const save = (place: LineFacts.Place): Effect.Effect<boolean> =>
      Effect.suspend(() => {
        const version = versions.get(keyOf(place)) ?? 0
        return Effect.flatMap(store.save(place, health.snapshot(place, now()), version), (isSaved) => {
          if (!isSaved) return Effect.as(reload(place), false)
          versions.set(keyOf(place), version + 1)
          return Effect.succeed(true)
        })
      })

    const restore = (stored: Stored): void => {
      versions.set(keyOf(stored), stored.version)
      health.restore(stored, stored, now())
    }

    const reload = (place: LineFacts.Place): Effect.Effect<void> =>
      Effect.map(store.load(place), (stored) => {
        if (stored !== undefined) restore(stored)
      })

    const saver = yield* Saver.make((place) => turns.withPermits(1)(Effect.asVoid(save(place))))
    const health = LineHealth.makeKept(policy, since, saver.note)

    const writeContacts = (place: LineFacts.Place): Effect.Effect<void> =>
      Effect.suspend(() => {
        const at = now()
        const counted = health.countContacts(place, at)
        return counted === 0 ? Effect.void : Effect.matchCauseEffect(save(place), {
          onSuccess: (isSaved) => Effect.sync(() => isSaved ? health.giveContacts(place, counted, at) : undefined),
          onFailure: (cause) => {
            health.uncountContacts(place, counted, at)
            const logged = Defect.logUnlessSaid(
              cause,
              Effect.logWarning("what is known of a line could not be written down", Defect.placesIn(cause))
            )
            return Effect.zipRight(logged, Effect.sleep(pause))
          }
        })
      })

    for (const stored of yield* store.all) if (isOurs(stored)) restore(stored)
    return {
      ...health,
      offset: clock.offset,
      awaitPlace: (place) => Effect.uninterruptible(turns.withPermits(1)(writeContacts(place)))
    }
  })
