/**
 * Checks the command line before the library parses it. The library's error messages have other words, so the sentences about mistakes
 * are made here.
 */
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as NearestWord from "@interline/core/NearestWord"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Number from "effect/Number"
import * as Option from "effect/Option"
import * as Verbs from "./verbs.ts"

interface WholeNumber {
  readonly takes: string
  readonly least: number
  readonly most: number
}

const port: WholeNumber = { takes: "a port from 0 to 65535", least: 0, most: 65_535 }

const seed: WholeNumber = { takes: "a whole number", least: -(2 ** 53 - 1), most: 2 ** 53 - 1 }

const numbers = {
  port: port,
  "linq-port": port,
  "sendblue-port": port,
  "control-port": port,
  seeds: { ...seed, takes: "a whole number from 1", least: 1 },
  "seed-from": seed,
  seed: seed
} as const satisfies Record<string, WholeNumber>

export type NumberFlag = keyof typeof numbers

const texts = {
  host: "an address",
  database: "a path or a URL",
  sandbox: "the control URL of a sandbox",
  policy: "the path of a JSON file"
} as const satisfies Record<string, string>

const words = {
  "log-level": ["all", "trace", "debug", "info", "warning", "error", "fatal", "none"],
  completions: ["sh", "bash", "fish", "zsh"]
} as const satisfies Record<string, ReadonlyArray<string>>

const taken: ReadonlyMap<string, string> = new Map([
  ...Object.entries(texts),
  ...Object.entries(numbers).map(([flag, { takes }]) => [flag, takes] as const),
  ...Object.entries(words).map(([flag, known]) => [flag, `one of ${known.join(", ")}`] as const)
])

const isNumber = (flag: string): flag is NumberFlag => Object.hasOwn(numbers, flag)

const isWord = (flag: string): flag is keyof typeof words => Object.hasOwn(words, flag)

/** Reads the number of a flag. Fails with a sentence that says what the flag takes. */
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

// --- a whole command line ---

/** A word of the command line in quotes. Undefined if the word could be a phone number, a text or a secret: those are not printed. */
const quoted = (word: string): string | undefined =>
  /^-{0,2}[\p{L}][\p{L}\d_.-]{0,31}$/u.test(word) && !/\d{5}/.test(word) ? JSON.stringify(word) : undefined

const meant = (word: string | undefined): string => word === undefined ? "" : `; did you mean "${word}"?`

const verbNames = Object.keys(Verbs.verbs)

const commands = `commands are: ${verbNames.join(", ")}`

/** The sentence about an unknown word in the place of a command. */
const wrongVerb = (word: string): string => {
  const quote = quoted(word)
  const today = Verbs.today(word.toLowerCase())
  const nearest = NearestWord.find(word, verbNames)
  return today !== undefined
    ? `${quote} is not a command yet; today: ${today}; ${commands}`
    : `${quote === undefined ? "there is no such command" : `there is no command ${quote}`}${meant(nearest)}${
      nearest === undefined ? ";" : ""
    } ${commands}`
}

const flagsOf = (verb: Verbs.VerbName | undefined): Readonly<Record<string, Verbs.Flag>> => ({
  ...(verb === undefined ? {} : Verbs.verbs[verb].flags),
  ...Verbs.everywhere
})

const wrongFlag = (verb: Verbs.VerbName | undefined, flag: string): string => {
  const quote = quoted(flag)
  const known = Object.keys(verb === undefined ? Verbs.everywhere : Verbs.verbs[verb].flags)
  const nearest = NearestWord.find(flag.replace(/^-+/, ""), known)
  return `${verb === undefined ? "interline" : verb} has no ${quote === undefined ? "such option" : `option ${quote}`}${
    nearest === undefined ? ";" : `; did you mean --${nearest}?`
  } options are: ${known.map((name) => `--${name}`).join(", ")}`
}

const wrongValue = (flag: string, value: string): Option.Option<string> =>
  isNumber(flag)
    ? Either.getLeft(read(flag, value))
    : isWord(flag) && !words[flag].some((known) => known === value)
    ? Option.some(`--${flag} ${NearestWord.oneOf(value, words[flag])}`)
    : Option.none()

export const isHelp = (args: ReadonlyArray<string>): boolean =>
  args.length === 0 || args[0] === "help" || args.includes("--help") || args.includes("-h")

/** The command in a request for help. None: help for the whole program. Left: the sentence about a word that is not a command. */
export const helpOf = (args: ReadonlyArray<string>): Either.Either<Option.Option<Verbs.VerbName>, string> => {
  const [word] = args.filter((arg, index) => !arg.startsWith("-") && !(index === 0 && arg === "help"))
  return word === undefined
    ? Either.right(Option.none())
    : Verbs.isVerb(word)
    ? Either.right(Option.some(word))
    : Either.left(wrongVerb(word))
}

/** The sentence about the first mistake: an unknown word, a flag without a value or with a wrong value, or a flag that is given twice. */
export const mistake = (args: ReadonlyArray<string>): Option.Option<string> => {
  if (isHelp(args)) return Option.none()
  const seen = new Set<string>()
  let verb: Verbs.VerbName | undefined
  for (let place = 0; place < args.length; place++) {
    const arg = args[place] ?? ""
    if (!arg.startsWith("-")) {
      if (verb !== undefined) {
        return Option.some(`${verb} takes options only, and ${quoted(arg) ?? "what is given"} is none; try interline ${verb} --help`)
      }
      if (!Verbs.isVerb(arg)) return Option.some(wrongVerb(arg))
      verb = arg
      continue
    }
    const [, flag = "", value] = /^--([^=]+)(?:=(.*))?$/s.exec(arg) ?? []
    if (!Object.hasOwn(flagsOf(verb), flag)) return Option.some(wrongFlag(verb, arg.replace(/=.*$/s, "")))
    if (seen.has(flag)) return Option.some(`--${flag} is given twice`)
    seen.add(flag)
    const wanted = taken.get(flag)
    if (wanted === undefined) {
      // the library also takes true or false as a separate word after the flag
      if (value === undefined && /^(true|false)$/.test(args[place + 1] ?? "")) place += 1
      continue
    }
    const given = value ?? args[place + 1] ?? ""
    if (given === "" || given.startsWith("--")) return Option.some(`--${flag} takes ${wanted}, and none is given`)
    const wrong = wrongValue(flag, given)
    if (Option.isSome(wrong)) return wrong
    if (value === undefined) place += 1
  }
  return verb === undefined && seen.size > 0 && !["version", "completions", "wizard"].some((flag) => seen.has(flag))
    ? Option.some(`which command? ${commands}`)
    : Option.none()
}
