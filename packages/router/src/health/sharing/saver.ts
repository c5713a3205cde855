/** Writes down what changed of lines, some time after it changed, so that many changes take one write. */
import * as Defect from "@interline/core/Defect"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Place } from "../lineFacts.ts"

export interface Saver {
  /** A line has changed. It is written down within this time. */
  readonly note: (place: Place, within: "soon" | "later") => void
}

/** How often it looks, in milliseconds, while there is something to write down. */
const every = 1_000
const times = { soon: 0, later: 30_000 } as const

interface Due {
  readonly place: Place
  readonly at: number
}

/** `save` writes a line down as it is now. After a failure it is tried again. The end of the scope writes down what is left. */
export const make = (save: (place: Place) => Effect.Effect<void>): Effect.Effect<Saver, never, Scope.Scope> =>
  Effect.gen(function*() {
    const clock = yield* Effect.clock
    const due = new Map<string, Due>()
    const isNoted = yield* Effect.makeLatch(false)
    const note = (place: Place, at: number): void => {
      const key = `${place.carrierId}/${place.line}`
      const known = due.get(key)
      if (known !== undefined && known.at <= at) return
      due.set(key, { place, at })
      isNoted.unsafeOpen()
    }
    const saveOne = ({ at, place }: Due): Effect.Effect<void> =>
      Effect.suspend(() => {
        due.delete(`${place.carrierId}/${place.line}`)
        return Effect.catchAllCause(save(place), (cause) => {
          note(place, at)
          return Defect.logUnlessSaid(cause, Effect.logWarning("what is known of a line could not be written down", Defect.placesIn(cause)))
        })
      })
    const saveDue = (until: number): Effect.Effect<void> =>
      Effect.forEach(Array.from(due.values()).filter(({ at }) => at <= until), saveOne, { discard: true })
    const look = Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.zipRight(
        saveDue(now),
        Effect.suspend(() => due.size === 0 ? isNoted.close : Effect.void)
      ))
    yield* Effect.addFinalizer(() => saveDue(Number.POSITIVE_INFINITY))
    yield* Effect.forkScoped(
      Effect.interruptible(Effect.forever(Effect.zipRight(isNoted.await, Effect.zipRight(Effect.sleep(every), look))))
    )
    return { note: (place, within) => note(place, clock.unsafeCurrentTimeMillis() + times[within]) }
  })
