/** Reads a person that the command line names. */
import * as Handle from "@interline/core/Handle"
import * as Either from "effect/Either"

/** The handle of a person. Left: the sentence about what is none. It names the place on the command line, counted from 1, and not what stands there. */
export const read = (place: number, text: string): Either.Either<Handle.Handle, string> =>
  Either.mapLeft(Handle.parse(text), () => `person ${place} is neither a number like +12025550123 nor an e-mail address`)
