/**
 * Describes a defect for the log by its name and its place. Its message is never logged, because it may quote a person's number or
 * text.
 */
import * as Cause from "effect/Cause"

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
