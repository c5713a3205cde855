/** The failure that ends the command with one sentence and an exit code. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type { FailureCode } from "./exitCodes.ts"

export class Failure extends Data.TaggedError("Failure")<{ readonly message: string; readonly code: FailureCode }> {}

/** Ends the command with an exit code and the sentence of an error. */
export const failWith = (code: FailureCode) => ({ message }: { readonly message: string }): Effect.Effect<never, Failure> =>
  Effect.fail(new Failure({ message, code }))

/** What was typed cannot be meant. */
export const failAsUsage = failWith(2)

/** The exit code of an error: its own, or 1. */
export const codeOf = (error: unknown): FailureCode => {
  const code = Predicate.hasProperty(error, "code") ? error.code : undefined
  return code === 2 || code === 3 || code === 4 || code === 5 ? code : 1
}
