/** Reads which carriers a caller wants plans of. Each must be a configured carrier. */
import * as Either from "effect/Either"
import * as NearestWord from "../language/NearestWord.ts"
import type { CarrierId } from "../names/CarrierId.ts"
import * as Problem from "../names/Problem.ts"

type Problems = ReadonlyArray<Problem.Problem>

const path = ["options", "carrier"]

const wrong = (place: ReadonlyArray<string | number>, id: unknown, known: ReadonlyArray<CarrierId>): Problem.Problem => {
  const quoted = NearestWord.quote(id)
  const meant = typeof id === "string" ? NearestWord.find(id, known) : undefined
  return Problem.make(
    "one-of",
    place,
    `${quoted === undefined ? "there is no such carrier" : `no carrier ${quoted} is configured`}; carriers are: ${known.join(", ")}${
      meant === undefined ? "" : `; did you mean "${meant}"?`
    }`
  )
}

/** The ids in the order in which they were given, each once; undefined if none is asked for by name. Plain JavaScript may give anything. */
export const read = (given: unknown, known: ReadonlyArray<CarrierId>): Either.Either<ReadonlyArray<CarrierId> | undefined, Problems> => {
  if (given === undefined) return Either.right(undefined)
  const asked: ReadonlyArray<unknown> = Array.isArray(given) ? given : [given]
  if (asked.length === 0) return Either.left([Problem.make("one-of", path, `names no carrier; carriers are: ${known.join(", ")}`)])
  const problems = asked.flatMap((id, index) =>
    known.some((other) => other === id) ? [] : [wrong(Array.isArray(given) ? [...path, index] : path, id, known)]
  )
  return problems.length > 0
    ? Either.left(problems)
    : Either.right(known.filter((id) => asked.includes(id)).sort((one, other) => asked.indexOf(one) - asked.indexOf(other)))
}
