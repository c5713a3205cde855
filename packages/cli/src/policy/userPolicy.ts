/** Reads the policy that a person means: of a file or of the environment, over their own carriers and lines. Credentials are not needed. */
import * as FileSystem from "@effect/platform/FileSystem"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as Policy from "@interline/router/Policy"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Interline from "interline/Interline"
import * as Configuration from "../configuration.ts"
import * as Input from "../gateway/input.ts"
import * as Failure from "../grammar/failure.ts"
import * as NameVariables from "./nameVariables.ts"

/** A carrier, and our lines there. */
export interface OwnCarrier {
  readonly id: CarrierId
  readonly vendor: string
  readonly lines: ReadonlyMap<Line.LineName, Handle.Phone>
}

export interface UserPolicy {
  /** Where it was written, for people. */
  readonly from: string
  readonly policy: Policy.Complete
  readonly carriers: ReadonlyArray<OwnCarrier>
}

/** A mistake. The field is left out if the mistake concerns more than one. */
export interface Mistake {
  readonly field?: string
  readonly says: string
}

/** The policy cannot be used. */
export class Unusable extends Data.TaggedError("Unusable")<
  { readonly message: string; readonly from: string; readonly mistakes: ReadonlyArray<Mistake> }
> {}

export interface Choice {
  /** The path of a file. */
  readonly file: Option.Option<string>
  /** The names of lines. */
  readonly lines: Option.Option<string>
}

const isLineName = Schema.is(Line.LineName)

// only names count here: nothing is sent
const number = Handle.phone("+12025550100")

const readLines = (text: string): Effect.Effect<ReadonlyArray<Line.LineName>, Failure.Failure> => {
  const words = Input.toWords(text)
  const names = words.filter(isLineName)
  return names.length > 0 && names.length === words.length
    ? Effect.succeed(names)
    : Failure.failAsUsage({ message: "--lines takes names of letters, digits, dashes and underscores, like support,sales" })
}

const unusable = (from: string, mistakes: ReadonlyArray<Mistake>): Unusable =>
  new Unusable({
    from,
    mistakes,
    message: `${from} cannot be used: ${mistakes.map(({ field, says }) => field === undefined ? says : `${field}: ${says}`).join("; ")}`
  })

const toMistakes = ({ problems }: Policy.PolicyError): ReadonlyArray<Mistake> =>
  problems.map(({ message, path }) => ({ field: path.length === 0 ? "policy" : path.join("."), says: message }))

const usage = (message: string) => new Failure.Failure({ message, code: 2 })

/** Where JSON ends to be JSON, if the platform says so. */
const placeIn = (text: string, error: unknown): string => {
  const [, position] = /position (\d+)/.exec(error instanceof Error ? error.message : "") ?? []
  if (position === undefined) return ""
  const before = text.slice(0, Number(position)).split("\n")
  return `: see line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`
}

const readFile = (path: string) =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const text = yield* Effect.mapError(files.readFileString(path), () => usage(`the file ${path} cannot be read`))
    return yield* Effect.try({
      try: (): unknown => JSON.parse(text),
      catch: (error) => usage(`the file ${path} holds no JSON${placeIn(text, error)}`)
    })
  })

const settingsOf = ({ message }: Interline.ConfigurationError) =>
  unusable("the configuration", [{ says: NameVariables.nameVariables(message) }])

/** The policy of the environment. */
const readConfigured = Effect.gen(function*() {
  if (!(yield* Configuration.choosesCarriers)) {
    return yield* unusable("the configuration", [{
      says: "nothing says which carrier to use: name a file with a policy, like {\"prefer\":[\"linq\",\"sendblue\"]}; or set the variable" +
        " INTERLINE_PREFER like linq, sendblue, the variable INTERLINE_CARRIER for one alone, or the variable INTERLINE_POLICY to a whole policy"
    }])
  }
  return yield* Effect.mapError(Interline.policyAlone(), settingsOf)
})

/** Our carriers and lines. Without any, the lines that the policy names, or one line `support`. */
const readCarriers = (lines: Option.Option<string>, input: unknown) =>
  Effect.gen(function*() {
    const configured = yield* Effect.mapError(Interline.configured(), settingsOf)
    const chosen = yield* Effect.transposeMapOption(lines, readLines)
    const own = Option.isSome(chosen) ? new Map() : yield* Effect.mapError(Interline.lines(), settingsOf)
    const named = Option.getOrElse(chosen, () => {
      const found = Array.from(
        new Set(
          Array.from(JSON.stringify(input).matchAll(/"lines":\[([^\]]*)\]/g)).flatMap(([, list = ""]) =>
            Input.toWords(list.replaceAll("\"", ""))
          )
        )
      ).filter(isLineName)
      return found.length === 0 ? [Line.name("support")] : found
    })
    return configured.map(({ id, vendor }): OwnCarrier => ({
      id,
      vendor,
      lines: own.size === 0
        ? new Map(named.map((line) => [line, number]))
        : new Map(
          Array.from(own).flatMap(([line, numbers]) => {
            const found = numbers.get(id)
            return found === undefined ? [] : [[line, found]]
          })
        )
    }))
  })

/** Reads and checks the policy. Fails with `Unusable` if the policy has mistakes, and as usage if it cannot be read. */
export const read = ({ file, lines }: Choice) =>
  Effect.gen(function*() {
    const from = Option.match(file, { onNone: () => "the configuration", onSome: (path) => `the policy in ${path}` })
    const given = yield* Effect.transposeMapOption(file, readFile)
    const input: unknown = Option.isSome(given) ? given.value : yield* readConfigured
    const carriers = yield* readCarriers(lines, input)
    const policy = yield* Effect.mapError(Policy.make(input, carriers), (error) => unusable(from, toMistakes(error)))
    const own: UserPolicy = { from, policy, carriers }
    return own
  })

/** The names of our lines, each once. */
export const linesOf = ({ carriers }: Pick<UserPolicy, "carriers">): ReadonlyArray<Line.LineName> =>
  Array.from(new Set(carriers.flatMap(({ lines }) => Array.from(lines.keys()))))
