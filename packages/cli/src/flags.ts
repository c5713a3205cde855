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
import * as Vendors from "interline/Vendors"
import * as Person from "./rollout/person.ts"
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
  seed: seed,
  step: { takes: "the number of a step, or 0", least: 0, most: 1_000 },
  "new-contacts": { takes: "a whole number from 1", least: 1, most: 1_000_000 }
} as const satisfies Record<string, WholeNumber>

export type NumberFlag = keyof typeof numbers

const texts = {
  host: "an address",
  database: "a path or a URL",
  sandbox: "the control URL of a sandbox",
  policy: "the path of a JSON file",
  html: "the path of a file",
  url: "the address of a gateway",
  "from-account": "the id of a carrier",
  "from-gateway": "the address of a gateway",
  "chats-from": "the id of a carrier",
  since: "a time",
  until: "a time",
  reason: "a text",
  carrier: "the id of a carrier",
  line: "the name of a line"
} as const satisfies Record<string, string>

const words = {
  "log-level": ["all", "trace", "debug", "info", "warning", "error", "fatal", "none"],
  completions: ["sh", "bash", "fish", "zsh"],
  from: Object.keys(Vendors.vendors),
  to: Object.keys(Vendors.vendors),
  "fail-on": ["refused", "lost", "none"]
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

const commands = `commands are: ${Verbs.verbNames.join(", ")}`

/** The sentence about an unknown word in the place of a command. */
const wrongVerb = (word: string): string => {
  const quote = quoted(word)
  const today = Verbs.today(word.toLowerCase())
  const nearest = NearestWord.find(word, Verbs.verbNames)
  return today !== undefined
    ? `${quote} is not a command yet; today: ${today}; ${commands}`
    : `${quote === undefined ? "there is no such command" : `there is no command ${quote}`}${meant(nearest)}${
      nearest === undefined ? ";" : ""
    } ${commands}`
}

/** The sentence about a group without one of its commands. */
const wrongOfGroup = (group: Verbs.GroupName, word: string | undefined): string => {
  const known = Verbs.verbsOf(group).map((name) => name.slice(group.length + 1))
  const quote = word === undefined ? undefined : quoted(word)
  return `${group} ${quote === undefined ? "needs one of its commands" : `has no command ${quote}`}; its commands are: ${known.join(", ")}`
}

/** The command that words name, and the words that are left. Left: the sentence about a word that names none. */
const verbOf = (
  [word, ...rest]: readonly [string, ...ReadonlyArray<string>]
): Either.Either<readonly [verb: Verbs.VerbName, rest: ReadonlyArray<string>], string> => {
  if (!Verbs.isGroup(word)) return Verbs.isVerb(word) ? Either.right([word, rest]) : Either.left(wrongVerb(word))
  const [second, ...others] = rest
  const name = `${word} ${second ?? ""}`
  return Verbs.isVerb(name) ? Either.right([name, others]) : Either.left(wrongOfGroup(word, second))
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

/** What is no address is not shown, because it could be a key. */
const wrongUrl = (flag: string, value: string): Option.Option<string> =>
  /^https?:\/\/[^/]/i.test(value) && URL.canParse(value)
    ? Option.none()
    : Option.some(`--${flag} takes the address of a gateway, like http://127.0.0.1:8080, and this is none`)

/** Carriers have names of their own, so that their option takes any word. */
const wrongValue = (verb: Verbs.VerbName | undefined, flag: string, value: string): Option.Option<string> =>
  isNumber(flag)
    ? Either.getLeft(read(flag, value))
    : flag === "url" || flag === "from-gateway"
    ? wrongUrl(flag, value)
    : isWord(flag) && flagsOf(verb)[flag]?.takes !== "carrier" && !words[flag].some((known) => known === value)
    ? Option.some(`--${flag} ${NearestWord.oneOf(value, words[flag])}`)
    : Option.none()

export const isHelp = (args: ReadonlyArray<string>): boolean =>
  args.length === 0 || args[0] === "help" || args.includes("--help") || args.includes("-h")

/** A page of help: of the whole program, of a group of commands, or of one command. */
export type HelpPage =
  | { readonly _tag: "Whole" }
  | { readonly _tag: "Group"; readonly group: Verbs.GroupName }
  | { readonly _tag: "Verb"; readonly verb: Verbs.VerbName }

/** The page that a request for help names. Left: the sentence about a word that is not a command. */
export const helpOf = (args: ReadonlyArray<string>): Either.Either<HelpPage, string> => {
  const [word, ...rest] = args.filter((arg, index) => !arg.startsWith("-") && !(index === 0 && arg === "help"))
  if (word === undefined) return Either.right({ _tag: "Whole" })
  return Verbs.isGroup(word) && rest.length === 0
    ? Either.right({ _tag: "Group", group: word })
    : Either.map(verbOf([word, ...rest]), ([verb]) => ({ _tag: "Verb", verb }))
}

const isWordArgument = (arg: string): boolean => arg === "-" || !arg.startsWith("-")

/** The sentence about an option, or how many of the arguments it takes. */
const readFlag = (
  verb: Verbs.VerbName | undefined,
  seen: Set<string>,
  arg: string,
  next: string | undefined
): Either.Either<number, string> => {
  const [, flag = "", value] = /^--([^=]+)(?:=(.*))?$/s.exec(arg) ?? []
  if (!Object.hasOwn(flagsOf(verb), flag)) return Either.left(wrongFlag(verb, arg.replace(/=.*$/s, "")))
  if (seen.has(flag)) return Either.left(`--${flag} is given twice`)
  seen.add(flag)
  const wanted = taken.get(flag)
  // the library also takes true or false as a separate word after a flag without a value
  if (wanted === undefined) return Either.right(value === undefined && next !== undefined && /^(true|false)$/.test(next) ? 2 : 1)
  const given = value ?? next ?? ""
  if (given === "" || given.startsWith("--")) return Either.left(`--${flag} takes ${wanted}, and none is given`)
  return Option.match(wrongValue(verb, flag, given), { onNone: () => Either.right(value === undefined ? 2 : 1), onSome: Either.left })
}

/** The sentence about the first mistake: an unknown word, a flag without a value or with a wrong value, or a flag that is given twice. */
export const mistake = (args: ReadonlyArray<string>): Option.Option<string> => {
  if (isHelp(args)) return Option.none()
  const seen = new Set<string>()
  let verb: Verbs.VerbName | undefined
  let operands = 0
  for (let place = 0; place < args.length;) {
    const arg = args[place] ?? ""
    if (!isWordArgument(arg)) {
      const read = readFlag(verb, seen, arg, args[place + 1])
      if (Either.isLeft(read)) return Option.some(read.left)
      place += read.right
      continue
    }
    if (verb === undefined) {
      const rest = args.slice(place + 1)
      const named = verbOf([arg, ...rest.slice(0, 1).filter(isWordArgument)])
      if (Either.isLeft(named)) return Option.some(named.left)
      verb = named.right[0]
      place += Verbs.isGroup(arg) ? 2 : 1
      continue
    }
    if (Verbs.operandsOf(verb) === undefined) {
      return Option.some(`${verb} takes options only, and ${quoted(arg) ?? "what is given"} is none; try interline ${verb} --help`)
    }
    operands += 1
    const wrong = verb === "conversations move" ? Either.getLeft(Person.read(operands, arg)) : Option.none()
    if (Option.isSome(wrong)) return wrong
    place += 1
  }
  if (verb !== undefined) {
    const wanted = Verbs.operandsOf(verb)
    const isEnough = operands > 0 || wanted?.unless?.some((flag) => seen.has(flag)) === true
    if (wanted !== undefined && !isEnough) return Option.some(`${verb} takes ${wanted.called}, and none is given`)
    const missing = Object.entries(flagsOf(verb)).find(([flag, { needed }]) => needed === true && !seen.has(flag))?.[0]
    return missing === undefined ? Option.none() : Option.some(`${verb} needs --${missing}, which takes ${taken.get(missing) ?? "a value"}`)
  }
  return seen.size > 0 && !["version", "completions", "wizard"].some((flag) => seen.has(flag))
    ? Option.some(`which command? ${commands}`)
    : Option.none()
}

/**
 * The arguments of a command that takes operands, with its options in front of them: the library reads no option behind an operand. A
 * command line without mistakes is needed.
 */
export const arrange = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const [verb] = Either.getOrElse(verbOf([args[0] ?? "", ...args.slice(1)]), () => [undefined] as const)
  if (verb === undefined || Verbs.operandsOf(verb) === undefined) return args
  const words = verb.split(" ")
  const options: Array<string> = []
  const operands: Array<string> = []
  for (let place = words.length; place < args.length; place++) {
    const arg = args[place] ?? ""
    if (isWordArgument(arg)) operands.push(arg)
    else {
      options.push(arg)
      const next = args[place + 1]
      if (!arg.includes("=") && taken.has(arg.slice(2)) && next !== undefined) {
        options.push(next)
        place += 1
      }
    }
  }
  return [...words, ...options, ...operands]
}
