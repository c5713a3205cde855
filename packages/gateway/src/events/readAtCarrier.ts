/** Reads at a carrier what an event is about. */
import type { MessagingError } from "@interline/core/MessagingError"
import * as Effect from "effect/Effect"
import { NotRendered } from "./Renderer.ts"

/**
 * `None` if the carrier says that it has no such thing, or cannot show it. Any other failure is no answer: the event waits for one. `what` is the thing in words.
 */
export const read = <A>(what: string, reading: Effect.Effect<A, MessagingError>) =>
  Effect.catchAll(
    Effect.asSome(reading),
    ({ blame, reason }) =>
      blame === "caller" ? Effect.succeedNone : new NotRendered({ why: `the ${what} cannot be read from its carrier now: ${reason}` })
  )
