/** Turns a failed operation into a problem. */
import type { MessagingError } from "@interline/core/MessagingError"
import * as Effect from "effect/Effect"
import * as ProblemDetails from "./ProblemDetails.ts"

export const toProblem = <A, R>(effect: Effect.Effect<A, MessagingError, R>): Effect.Effect<A, ProblemDetails.ProblemDetails, R> =>
  Effect.mapError(effect, (error) => ProblemDetails.fromMessagingError(error))
