/**
 * Describes a defect for the log by its name and its place. Its message is never logged, because it may quote a person's number or
 * text.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"

/**
 * The name of what was thrown: an error's name, a tagged value's tag, or else its JavaScript type.
 *
 * @category getters
 */
export const nameOf = (defect: unknown): string =>
  defect instanceof Error
    ? defect.name
    : typeof defect === "object" && defect !== null && "_tag" in defect
    ? String(defect._tag)
    : typeof defect

/**
 * The names of all defects of a cause, separated by commas. A cause without a defect was an interruption.
 *
 * @category getters
 */
export const namesIn = (cause: Cause.Cause<unknown>): string => Array.from(Cause.defects(cause), nameOf).join(", ") || "interruption"

/**
 * Where the defects of a cause were thrown: each one's name, and under it the lines of its stack.
 *
 * @category getters
 */
export const placesIn = (cause: Cause.Cause<unknown>): string =>
  Array.from(Cause.defects(cause), (defect) =>
    defect instanceof Error
      ? [nameOf(defect), ...(defect.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line))].join("\n")
      : nameOf(defect)).join("\n")

/** A mark on the defect itself: with a span, Effect hands a proxy of it on. */
const said = Symbol.for("@interline/core/Defect/said")

/**
 * Marks a defect or an error whose cause is logged elsewhere, once for all that have the same cause. For example, a database that does not
 * work is logged once, and not again for each statement that fails. `logUnlessSaid` logs nothing for what is marked.
 *
 * @category combinators
 */
export const noteSaid = (defect: object): void => void Object.defineProperty(defect, said, { value: true })

/**
 * Whether this defect, this error, or every failure and defect of this cause is marked by `noteSaid`.
 *
 * @category refinements
 */
export const isSaid = (defect: unknown): boolean => {
  if (!Cause.isCause(defect)) return typeof defect === "object" && defect !== null && said in defect
  const all = [...Cause.failures(defect), ...Cause.defects(defect)]
  return all.length > 0 && all.every((one) => isSaid(one))
}

/**
 * Logs what happened because of a defect, an error or a cause, unless that is marked by `noteSaid`.
 *
 * @category combinators
 */
export const logUnlessSaid = (defect: unknown, log: Effect.Effect<void>): Effect.Effect<void> => isSaid(defect) ? Effect.void : log
