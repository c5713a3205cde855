/** A queue in which nothing waits, and that knows no dead letter. */
import type * as Queue from "@interline/sql/Queue"
import * as Effect from "effect/Effect"

export const noQueue: Queue.Operation = {
  state: Effect.succeed({ waiting: 0, dead: 0, oldestDueFor: 0 }),
  pause: Effect.void,
  resume: Effect.void,
  retry: () => Effect.succeed(false),
  retryAll: Effect.succeed(0),
  drop: () => Effect.succeed(false)
}
