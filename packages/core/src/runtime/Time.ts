/** A point in time, as programs and stored rows have it. */
import type * as Clock from "effect/Clock"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

const mark: unique symbol = Symbol.for("@interline/core/Time")

/**
 * Epoch milliseconds. They are stored as a number; the gateway tells them as ISO 8601.
 *
 * @category models
 */
export const EpochMillis: Schema.Schema<number> = Schema.Number.annotations({ [mark]: true })

/**
 * Whether a schema is that of a point in time, and not of another number.
 *
 * @category refinements
 */
export const isEpochMillis = (ast: AST.AST): boolean => Option.isSome(AST.getAnnotation<true>(mark)(ast))

/**
 * Milliseconds that only grow, and evenly, whatever somebody does to the time of day. They count from a start of their own: compare
 * them with one another, never with epoch milliseconds. Effect's own nanoseconds are such a clock on every platform.
 *
 * @category getters
 */
export const steadyMillis = (clock: Clock.Clock): number => Number(clock.unsafeCurrentTimeNanos() / 1_000_000n)
