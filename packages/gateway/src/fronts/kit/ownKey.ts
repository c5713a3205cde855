/** The caller's own idempotency key. */
import * as Option from "effect/Option"

/** A key that was meant and is not there: a program's variable is empty. To go on without one would send each repetition again. */
export const isBlank = (key: Option.Option<string>): boolean => Option.exists(key, (given) => given.trim() === "")

/** What to do about a blank key that stands under this name. */
export const explainBlank = (name: string): string =>
  `${name} is empty; nothing was done; give each message a key of its own, or leave it out`
