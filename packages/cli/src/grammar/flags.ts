/**
 * Checks the command line before the library parses it. The library's error messages have other words, so the sentences about mistakes
 * are made here. It loads nothing that is large, because each command begins with it.
 */
import * as NearestWord from "@interline/core/NearestWord"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { Flag } from "./verb.ts"
import * as Verbs from "./verbs.ts"

const wantsOf = ({ oneOf, wants }: Flag): string => oneOf === undefined ? wants ?? "a value" : `one of ${oneOf.join(", ")}`

/** Reads a whole number. Fails with a sentence that says what the flag takes. */
export const readNumber = (name: string, flag: Flag, text: string): Either.Either<number, string> => {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN
  const { least = Number.MIN_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER } = flag
  return value >= least && value <= most
    ? Either.right(value)
    : Either.left(`--${name} takes ${wantsOf(flag)}, not ${JSON.stringify(text)}`)
}

// --- a whole command line ---

/** A word of the command line in quotes. Undefined if the word could be a phone number, a text or a secret: those are not printed. */
const quoted = (word: string): string | undefined =>
  /^-{0,2}[\p{L}][\p{L}\d_.-]{0,31}$/u.test(word) && !/\d{5}/.test(word) ? JSON.stringify(word) : undefined

const meant = (word: string | undefined): string => word === undefined ? "" : `; did you mean "${word}"?`

const commands = `commands are: ${Verbs.words.join(", ")}`

/** The sentence about an unknown word in the place of a command. */
const wrongVerb = (word: string): string => {
  const quote = quoted(word)
  const today = Verbs.today(word.toLowerCase())
  const nearest = NearestWord.find(word, Verbs.words)
  return today !== undefined
    ? `${quote} is not a command; ${today}; ${commands}`
    : `${quote === undefined ? "there is no such command" : `there is no command ${quote}`}${meant(nearest)}${
      nearest === undefined ? ";" : ""
    } ${commands}`
}

/** The sentence about a group without one of its commands. */
const wrongOfGroup = (group: Verbs.GroupName, word: string | undefined): string => {
  const known = Verbs.verbsOf(group).map((name) => name.slice(group.length + 1))
  const quote = word === undefined ? undefined : quoted(word)
  const nearest = quote === undefined || word === undefined ? undefined : NearestWord.find(word, known)
  return `${group} ${quote === undefined ? "needs one of its commands" : `has no command ${quote}`}${meant(nearest)}${
    nearest === undefined ? ";" : ""
  } its commands are: ${known.join(", ")}`
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

/** The verb of a command line without mistakes. None for an option that works without one. */
export const findVerb = (args: ReadonlyArray<string>): Option.Option<Verbs.VerbName> => {
  const [word, ...rest] = args.filter(isWordArgument)
  return word === undefined ? Option.none() : Option.map(Either.getRight(verbOf([word, ...rest])), ([verb]) => verb)
}

const flagOf = (verb: Verbs.VerbName | undefined, name: string): Flag | undefined => {
  const flags: Readonly<Record<string, Flag>> = { ...(verb === undefined ? {} : Verbs.verbOf(verb).flags), ...Verbs.everywhere }
  return Object.hasOwn(flags, name) ? flags[name] : undefined
}

const wrongFlag = (verb: Verbs.VerbName | undefined, flag: string): string => {
  const quote = quoted(flag)
  const known = Object.keys(verb === undefined ? Verbs.everywhere : Verbs.verbOf(verb).flags)
  const nearest = NearestWord.find(flag.replace(/^-+/, ""), known)
  return `${verb === undefined ? "interline" : verb} has no ${quote === undefined ? "such option" : `option ${quote}`}${
    nearest === undefined ? ";" : `; did you mean --${nearest}?`
  } options are: ${known.map((name) => `--${name}`).join(", ")}`
}

const likes = { gateway: "like http://127.0.0.1:8080", address: "like http://127.0.0.1:3000/events" } as const

/** What is no address is not shown, because it could be a key. */
const wrongUrl = (name: string, flag: Flag, value: string): Option.Option<string> =>
  flag.is === undefined || (/^https?:\/\/[^/]/i.test(value) && URL.canParse(value))
    ? Option.none()
    : Option.some(`--${name} takes ${wantsOf(flag)}, ${likes[flag.is]}, and this is none`)

const wrongValue = (name: string, flag: Flag, value: string): Option.Option<string> =>
  flag.least !== undefined
    ? Either.getLeft(readNumber(name, flag, value))
    : flag.oneOf !== undefined && !flag.oneOf.includes(value)
    ? Option.some(`--${name} ${NearestWord.oneOf(value, flag.oneOf)}`)
    : wrongUrl(name, flag, value)

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
  const [, name = "", value] = /^--([^=]+)(?:=(.*))?$/s.exec(arg) ?? []
  const flag = flagOf(verb, name)
  if (flag === undefined) return Either.left(wrongFlag(verb, arg.replace(/=.*$/s, "")))
  if (seen.has(name)) return Either.left(`--${name} is given twice`)
  seen.add(name)
  // the library also takes true or false as a separate word after a flag without a value
  if (flag.takes === undefined) return Either.right(value === undefined && next !== undefined && /^(true|false)$/.test(next) ? 2 : 1)
  const given = value ?? next ?? ""
  if (given === "" || given.startsWith("--")) return Either.left(`--${name} takes ${wantsOf(flag)}, and none is given`)
  return Option.match(wrongValue(name, flag, given), { onNone: () => Either.right(value === undefined ? 2 : 1), onSome: Either.left })
}

/** Options of which only one can be meant. */
const exclusive: ReadonlyArray<readonly [string, string]> = [["json", "jsonl"], ["url", "profile"]]

/** The sentence about what a command misses, or has too much of. */
const wrongWhole = (verb: Verbs.VerbName, seen: ReadonlySet<string>, operands: number): Option.Option<string> => {
  const { flags, operands: wanted } = Verbs.verbOf(verb)
  if (wanted !== undefined && operands === 0 && wanted.optional !== true && wanted.unless?.some((flag) => seen.has(flag)) !== true) {
    return Option.some(`${verb} takes ${wanted.called}, and none is given`)
  }
  if (operands > (wanted?.most ?? Infinity)) {
    return Option.some(`${verb} takes ${wanted?.called}, and more is given; put quotes around a text`)
  }
  const both = exclusive.find((names) => names.every((name) => seen.has(name)))
  if (both !== undefined) return Option.some(`${both.map((name) => `--${name}`).join(" and ")} exclude each other; give one of them`)
  const missing = Object.entries(flags).find(([name, { needed }]) => needed === true && !seen.has(name))
  return missing === undefined ? Option.none() : Option.some(`${verb} needs --${missing[0]}, which takes ${wantsOf(missing[1])}`)
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
    if (Verbs.verbOf(verb).operands === undefined) {
      return Option.some(`${verb} takes options only, and ${quoted(arg) ?? "what is given"} is none; try interline ${verb} --help`)
    }
    operands += 1
    place += 1
  }
  if (verb !== undefined) return wrongWhole(verb, seen, operands)
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
  if (verb === undefined || Verbs.verbOf(verb).operands === undefined) return args
  const words = verb.split(" ")
  const options: Array<string> = []
  const operands: Array<string> = []
  for (let place = words.length; place < args.length; place++) {
    const arg = args[place] ?? ""
    if (isWordArgument(arg)) operands.push(arg)
    else {
      options.push(arg)
      const next = args[place + 1]
      if (!arg.includes("=") && flagOf(verb, arg.slice(2))?.takes !== undefined && next !== undefined) {
        options.push(next)
        place += 1
      }
    }
  }
  return [...words, ...options, ...operands]
}
