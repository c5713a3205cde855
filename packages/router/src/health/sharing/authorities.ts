/** Runs authorities of lines in this process: one request after another, over what is on record of the line. */
import * as Defect from "@interline/core/Defect"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as SteadyClock from "../../runtime/steadyClock.ts"
import type { HealthStoreService } from "../HealthStore.ts"
import * as LineAuthority from "../LineAuthority.ts"
import * as LineFacts from "../lineFacts.ts"
import type { Authorities, Authority } from "../SharedHealth.ts"
import * as Saver from "./saver.ts"

/** What an authority knows, and which write of its line it follows. */
interface Held {
  state: LineAuthority.State
  version: number
}

/** So often another process may be faster before a request is given up. */
const mostTries = 3

const openOne = (
  settings: LineFacts.Settings,
  store: HealthStoreService | undefined
): Effect.Effect<Authority, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { place } = settings
    const clock = SteadyClock.make(yield* Effect.clock)
    const turns = yield* Effect.makeSemaphore(1)
    let held: Held | undefined

    const load = Effect.suspend(() => {
      if (held !== undefined) return Effect.succeed(held)
      const loading = store === undefined ? Effect.succeed(undefined) : store.load(place)
      return Effect.map(loading, (stored): Held => {
        const at = clock.unsafeCurrentTimeMillis()
        return held = stored === undefined
          ? { state: LineAuthority.unused(settings, at), version: 0 }
          : { state: LineAuthority.fromSnapshot(stored, settings, at), version: stored.version }
      })
    })

    /** Writes the state down, and goes on with it. False if another process wrote the line: then it is read again. */
    const write = (at: Held, state: LineAuthority.State): Effect.Effect<boolean> =>
      store === undefined
        ? Effect.sync(() => {
          at.state = state
          return true
        })
        : Effect.map(
          store.save(place, LineAuthority.toSnapshot(state, clock.unsafeCurrentTimeMillis()), at.version),
          (isSaved) => {
            if (isSaved) held = { state, version: at.version + 1 }
            else held = undefined
            return isSaved
          }
        )

    const saver = store === undefined ?
      undefined :
      yield* Saver.make(() => turns.withPermits(1)(Effect.suspend(() => held === undefined ? Effect.void : write(held, held.state))))

    const answer = (request: LineAuthority.Request, tries: number): Effect.Effect<LineAuthority.Answer | undefined> =>
      Effect.flatMap(load, (known) => {
        const { answer: given, save, state } = LineAuthority.exchange(known.state, request, clock.unsafeCurrentTimeMillis(), settings)
        if (save !== "first") {
          known.state = state
          if (save !== "no") saver?.note(place, save)
          return Effect.succeed(given)
        }
        return Effect.flatMap(write(known, state), (isSaved) =>
          isSaved ? Effect.succeed(given) : tries > 1 ? answer(request, tries - 1) : Effect.succeed(undefined))
      })

    return {
      exchange: (request) =>
        Effect.uninterruptible(
          turns.withPermits(1)(
            Effect.catchAllCause(answer(request, mostTries), (cause) => {
              // it is not known whether it was written, so it is read again
              held = undefined
              return Effect.as(
                Defect.logUnlessSaid(cause, Effect.logWarning("what is known of a line is not at hand", Defect.placesIn(cause))),
                undefined
              )
            })
          )
        )
    }
  })

/** The authorities that this process runs, with the policy of its router. */
export const make = (policy: LineFacts.HealthPolicy, store: HealthStoreService | undefined): Authorities => {
  const settingsOf = LineFacts.settingsOf(policy)
  return { open: (place) => openOne(settingsOf(place), store) }
}
