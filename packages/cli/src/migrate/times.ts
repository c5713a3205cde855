/** Reads times of the command line. */
import * as IsoTime from "@interline/core/IsoTime"
import type * as Either from "effect/Either"

/** A time, or a day, which stands for its begin in UTC. Left: what is wrong with it. */
export const read = (text: string): Either.Either<number, string> =>
  IsoTime.read(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text)
