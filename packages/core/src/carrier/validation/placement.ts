/** Checks where a sticker is put. */
import * as Problem from "../../names/Problem.ts"
import { collect, isFields, type Path, type Problems } from "./problems.ts"

/** Checks each number of a placement. A missing number is no problem. */
export const placementFields = (value: unknown, path: Path, problems: Problems): void => {
  if (!isFields(value)) {
    problems.push(Problem.make("type", path, "not a placement: {x?, y?, scale?, rotation?}"))
    return
  }
  const { rotation, scale, x, y } = value
  for (const [name, number] of [["x", x], ["y", y]] as const) {
    if (number !== undefined && !(isNumber(number) && number >= -1 && number <= 1)) {
      problems.push(Problem.make("reaction", [...path, name], "not a number from -1 to 1"))
    }
  }
  if (scale !== undefined && !(isNumber(scale) && scale > 0)) {
    problems.push(Problem.make("reaction", [...path, "scale"], "not a number above 0"))
  }
  if (rotation !== undefined && !isNumber(rotation)) problems.push(Problem.make("reaction", [...path, "rotation"], "not a number"))
}

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value)

/** The problems of a move of a sticker. It needs at least one number. */
export const placement = (value: unknown): ReadonlyArray<Problem.Problem> =>
  collect(["placement"], (problems) => {
    placementFields(value, ["placement"], problems)
    if (isFields(value) && [value["x"], value["y"], value["scale"], value["rotation"]].every((number) => number === undefined)) {
      problems.push(Problem.make("reaction", ["placement"], "needs at least one of x, y, scale and rotation"))
    }
  })
