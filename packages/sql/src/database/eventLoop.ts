/** Lets other work of the process run. */
import * as Effect from "effect/Effect"
import * as Timers from "node:timers"

/** Ends after the event loop has had a turn. */
export const turn = Effect.async<void>((resume) => {
  const immediate = Timers.setImmediate(() => resume(Effect.void))
  return Effect.sync(() => Timers.clearImmediate(immediate))
})
