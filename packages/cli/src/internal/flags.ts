/** What the options of the command line take, and the sentences about what they do not. */
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Number from "effect/Number"
import * as Option from "effect/Option"

interface WholeNumber {
  readonly takes: string
  readonly least: number
  readonly most: number
}

const port: WholeNumber = { takes: "a port from 0 to 65535", least: 0, most: 65_535 }

const seed: WholeNumber = { takes: "a whole number", least: -(2 ** 53 - 1), most: 2 ** 53 - 1 }

const numbers = {
  "port": port,
  "linq-port": port,
  "sendblue-port": port,
  "control-port": port,
  "seeds": { ...seed, takes: "a whole number from 1", least: 1 },
  "seed-from": seed,
  "seed": seed
} as const satisfies Record<string, WholeNumber>

export type NumberFlag = keyof typeof numbers

const texts = {
  host: "an address",
  database: "a path or a URL",
  sandbox: "the control URL of a sandbox",
  policy: "the path of a JSON file"
} as const satisfies Record<string, string>

const taken: ReadonlyMap<string, string> = new Map([
  ...Object.entries(texts),
  ...Object.entries(numbers).map(([flag, { takes }]) => [flag, takes] as const)
])

/** The number that a text is, or the sentence about why it is not one that the flag takes. */
export const read = (flag: NumberFlag, text: string): Either.Either<number, string> => {
  const { least, most, takes } = numbers[flag]
  return Either.fromOption(
    Option.filter(Number.parse(text), (value) => value % 1 === 0 && value >= least && value <= most),
    () => `--${flag} takes ${takes}, not ${JSON.stringify(text)}`
  )
}

export const wholeNumber = (flag: NumberFlag): Options.Options<number> =>
  Options.mapEffect(
    Options.withPseudoName(Options.text(flag), numbers[flag] === port ? "port" : "n"),
    (text) => Effect.mapError(read(flag, text), (sentence) => ValidationError.invalidValue(HelpDoc.p(sentence)))
  )

/**
 * A flag without its value, or given twice. The library takes the first for a flag that nobody knows, and says so of the second.
 */
export const mistake = (args: ReadonlyArray<string>): Option.Option<string> => {
  if (args.includes("--help") || args.includes("-h")) return Option.none()
  const seen = new Set<string>()
  for (const [place, arg] of args.entries()) {
    const [, flag = "", value] = /^--([^=]+)(?:=(.*))?$/.exec(arg) ?? []
    const wanted = taken.get(flag)
    if (wanted === undefined) continue
    if (seen.has(flag)) return Option.some(`--${flag} is given twice`)
    seen.add(flag)
    const given = value ?? args[place + 1] ?? ""
    if (given === "" || given.startsWith("--")) return Option.some(`--${flag} takes ${wanted}, and none is given`)
  }
  return Option.none()
}
