/** One of our own numbers, by the name the application uses for it (`support`), with its number at each carrier. */
import * as Schema from "effect/Schema"
import { CarrierId } from "./CarrierId.ts"
import { Phone } from "./Handle.ts"

/**
 * Letters, digits, dashes and underscores; at most 64 characters.
 *
 * @category models
 */
export const LineName = Schema.String.pipe(
  Schema.pattern(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/),
  Schema.brand("LineName"),
  Schema.annotations({ identifier: "LineName" })
)

/** @category models */
export type LineName = typeof LineName.Type

/**
 * One of our lines: its name, and its number at each carrier.
 *
 * @category models
 */
export const Line = Schema.Struct({
  name: LineName,
  numbers: Schema.Record({ key: CarrierId, value: Phone })
})

/** @category models */
export interface Line extends Schema.Schema.Type<typeof Line> {}

/**
 * Makes a `LineName` from a literal in code; throws on a malformed one.
 *
 * @category constructors
 */
export const name = (value: string): LineName => LineName.make(value)
