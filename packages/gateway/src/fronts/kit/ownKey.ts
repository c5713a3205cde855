/** The caller's own idempotency key. */
import * as Option from "effect/Option"

/** Whether a key is given and is empty: a variable of the program was not set. Without a key each repetition would be sent again. */
export const isBlank = (key: Option.Option<string>): boolean => Option.exists(key, (given) => given.trim() === "")

/** The sentence about a blank key under this name. */
export const explainBlank = (name: string): string =>
  `${name} is empty; nothing was done; give each message a key of its own, or leave it out`
