/** Collects the problems of a value of any kind. */
import * as Either from "effect/Either"
import * as Problem from "../../names/Problem.ts"

export type Path = ReadonlyArray<string | number>
export type Problems = Array<Problem.Problem>
export type Fields = { readonly [field: string]: unknown }

export const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value)

export const isIndex = (value: unknown): value is number => typeof value === "number" && Number.isSafeInteger(value) && value >= 0

export const has = (words: ReadonlyArray<string>, value: unknown): boolean => typeof value === "string" && words.includes(value)

/** Runs a check. A getter or a proxy can throw when it is read. Then the value has a problem: it cannot be read. */
export const reading = (path: Path, problems: Problems, check: () => void): void => {
  if (Either.isLeft(Either.try(check))) problems.push(Problem.make("type", path, "cannot be read"))
}

/** The problems that a check finds. */
export const collect = (path: Path, check: (problems: Problems) => void): ReadonlyArray<Problem.Problem> => {
  const problems: Problems = []
  reading(path, problems, () => check(problems))
  return problems
}
