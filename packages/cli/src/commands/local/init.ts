/** `interline init`. */
import * as Prompt from "@effect/cli/Prompt"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NearestWord from "@interline/core/NearestWord"
import * as Uuid from "@interline/core/Uuid"
import * as Gateway from "@interline/gateway/Gateway"
import * as StandardWebhooks from "@interline/gateway/StandardWebhooks"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Interline from "interline/Interline"
import * as Node from "interline/node"
import type { VendorName } from "interline/Vendors"
import * as Path from "node:path"
import * as Input from "../../gateway/input.ts"
import * as Terminal from "../../gateway/terminal.ts"
import * as Failure from "../../grammar/failure.ts"
import * as Host from "../../grammar/host.ts"
import * as KnownWords from "../../grammar/knownWords.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Variables from "../../init/variables.ts"

const isVendor = (word: string): word is VendorName => Object.hasOwn(Variables.ofVendor, word)

const toVendors = (text: string): Effect.Effect<ReadonlyArray<VendorName>, Failure.Failure> => {
  const words = Input.toWords(text.toLowerCase())
  const wrong = words.find((word) => !isVendor(word))
  return words.length === 0 || wrong !== undefined
    ? Failure.failAsUsage({ message: `--prefer ${NearestWord.oneOf(wrong ?? "", KnownWords.vendorNames)}` })
    : Effect.succeed(Array.from(new Set(words.filter(isVendor))))
}

type Parts = Prompt.Prompt.Environment

const stopped = () => new Failure.Failure({ message: "nothing was written", code: 1 })

/** What a flag gives, else what a person types, else a default. An empty answer is the default. */
const askFor = (given: Option.Option<string>, message: string, otherwise: string) =>
  Option.match(given, {
    onSome: Effect.succeed,
    onNone: () =>
      Effect.flatMap(Host.Host, ({ isInteractive }) =>
        isInteractive
          ? Effect.mapBoth(Prompt.run(Prompt.text({ message, default: otherwise })), {
            onFailure: stopped,
            onSuccess: (answer) => answer.trim() === "" ? otherwise : answer.trim()
          })
          : Effect.succeed(otherwise))
  })

/** A credential: of the environment, else typed by a person who does not see it. Without a value if both are empty. */
const secretOf = ({ name, others, says }: Variables.Credential): Effect.Effect<Variables.Variable, Failure.Failure, Parts> =>
  Effect.gen(function*() {
    const { isInteractive } = yield* Host.Host
    for (const known of [name, ...others]) {
      const set = yield* Effect.orElseSucceed(Config.option(Config.redacted(known)), Option.none<Redacted.Redacted<string>>)
      // under its own name, because the gateway reads the names in an order
      if (Option.isSome(set) && Redacted.value(set.value).trim() !== "") return { name: known, says, value: set.value }
    }
    if (!isInteractive) return { name, says }
    const typed = yield* Effect.mapError(Prompt.run(Prompt.password({ message: `${name}, ${says} (empty: later)` })), stopped)
    const value = Redacted.value(typed).trim()
    return value === "" ? { name, says } : { name, says, value: Redacted.make(value) }
  })

const withValue = (variable: Variables.Variable, value: Variables.Variable["value"]): Variables.Variable =>
  value === undefined ? variable : { ...variable, value }

/** A new secret without a sign that a shell would read. */
const randomSecret = Effect.map(
  Effect.sync(StandardWebhooks.mint),
  (secret) => Redacted.make(Redacted.value(secret).replace(/^whsec_/, "").replace(/[^A-Za-z0-9]/g, ""))
)

/** Writes the file for this user alone. Another file in its place is replaced at once, or not at all. */
const writeFile = (path: string, text: string, isThere: boolean) =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    if (!isThere) return yield* files.writeFileString(path, text, { mode: 0o600, flag: "wx" })
    const beside = `${path}.${yield* Uuid.mint}`
    // a file that is left over would keep the secrets
    yield* files.writeFileString(beside, text, { mode: 0o600, flag: "wx" }).pipe(
      Effect.zipRight(files.rename(beside, path)),
      Effect.onError(() => Effect.ignore(files.remove(beside)))
    )
  }).pipe(Effect.mapError(() =>
    new Failure.Failure({
      message:
        `the file ${path} cannot be written: its folder must exist, you must be allowed to write there, and nothing else may have made the file meanwhile`,
      code: 1
    })
  ))

/** What the gateway would refuse in this configuration. */
const problemsOf = (variables: ReadonlyArray<Variables.Variable>): Effect.Effect<ReadonlyArray<string>> => {
  const set = variables.flatMap(({ name, value }): ReadonlyArray<readonly [string, string]> =>
    value === undefined ? [] : [[name, Redacted.isRedacted(value) ? Redacted.value(value) : value]]
  )
  return Gateway.check().pipe(
    Effect.provide(Node.layer()),
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(set)))
  )
}

export const command = MakeVerb.makeVerb("init", (flags) =>
  Effect.gen(function*() {
    const files = yield* FileSystem.FileSystem
    const path = Option.getOrElse(flags.file, () => ".env")
    const isThere = yield* Effect.orElseSucceed(files.exists(path), () => false)
    if (isThere) yield* Terminal.confirm(`the file ${path} is replaced`, flags)
    const vendors = yield* Effect.flatMap(askFor(flags.prefer, "vendors, in the order of preference", "linq,sendblue"), toVendors)
    const line = yield* askFor(flags.line, "name of your line", "support")
    const numbers = yield* askFor(
      flags.number,
      "your number at each vendor, like linq:+12025550101,sendblue:+12025550201 (empty: later)",
      ""
    )
    if (numbers === "" && Option.isSome(flags.line)) {
      yield* Failure.failAsUsage({ message: "--line names a line of numbers; give them with --number, like linq:+12025550101" })
    }
    const publicUrl = yield* askFor(flags["public-url"], "address at which the vendors reach the gateway (empty: later)", "")
    const secrets = yield* Effect.forEach(vendors.flatMap((vendor) => Variables.ofVendor[vendor]), secretOf)
    const [key, callbackSecret] = yield* Effect.all([randomSecret, randomSecret])
    const variables: ReadonlyArray<Variables.Variable> = [
      {
        name: "INTERLINE_API_KEYS",
        says: "who may use the gateway: names and keys, with commas between",
        value: Redacted.make(`ops=${Redacted.value(key)}`)
      },
      { name: "INTERLINE_PREFER", says: "the carriers, in the order of preference", value: vendors.join(", ") },
      withValue(
        { name: "INTERLINE_LINES", says: "our numbers by line and carrier, like support=linq:+12025550101,sendblue:+12025550201" },
        numbers === "" ? undefined : `${line}=${numbers}`
      ),
      {
        name: "DATABASE_URL",
        says: "where everything is kept that must survive a restart",
        value: Option.match(flags.database, { onNone: () => "file:interline.db", onSome: Redacted.make })
      },
      withValue({ name: "INTERLINE_PUBLIC_URL", says: "where the vendors reach this gateway" }, publicUrl === "" ? undefined : publicUrl),
      { name: "INTERLINE_CALLBACK_SECRET", says: "what the tokens of the vendors' reports are made with", value: callbackSecret },
      ...secrets
    ]
    const unwritable = variables.find(({ value }) => value !== undefined && !Variables.isWritable(value))
    if (unwritable !== undefined) {
      yield* Failure.failAsUsage({
        message: `the value of ${unwritable.name} has a quote or a line's end; write it into the file yourself`
      })
    }
    if (numbers !== "") {
      yield* Effect.mapError(
        Effect.withConfigProvider(Interline.lines(), ConfigProvider.fromMap(new Map([["INTERLINE_LINES", `${line}=${numbers}`]]))),
        ({ message }) => new Failure.Failure({ message: `--number and --line cannot be used: ${message}`, code: 2 })
      )
    }
    yield* writeFile(path, Variables.write(Path.basename(path), variables), isThere)
    const { asCalled } = yield* Host.Host
    const missing = variables.flatMap(({ name, value }) => value === undefined ? [name] : [])
    const problems = yield* problemsOf(variables)
    yield* Console.log(
      flags.json
        ? JSON.stringify({ file: path, missing, ...(problems.length === 0 ? {} : { problem: problems.join("; ") }) })
        : [
          `The configuration is in ${path}, which only you can read.`,
          ...(missing.length === 0 ? [] : [`Still to fill in: ${missing.join(", ")}`]),
          // what is still to fill in is said above
          ...problems.filter((problem) => !missing.some((name) => problem.includes(name))).map((problem) => `Still to correct: ${problem}`),
          "Next, see what is wrong, and then start the gateway:",
          `  ${asCalled(Variables.toCommand(path, "doctor"))}`,
          `  ${asCalled(Variables.toCommand(path, "serve"))}`
        ].join("\n")
    )
  }))
