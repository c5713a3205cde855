/** Runs the `interline` command. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Runtime from "@effect/platform/Runtime"
import * as Policy from "@interline/router/Policy"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Struct from "effect/Struct"
import * as Vendors from "interline/Vendors"
import { stripVTControlCharacters } from "node:util"
import manifest from "../package.json" with { type: "json" }
import * as Demo from "./Demo.ts"
import * as Flags from "./flags.ts"
import * as Help from "./help.ts"
import * as MigrateCompare from "./MigrateCompare.ts"
import * as MigrateImport from "./MigrateImport.ts"
import * as MigrateReport from "./MigrateReport.ts"
import * as Rehearse from "./rehearsal/Rehearse.ts"
import * as Rollout from "./Rollout.ts"
import * as Serve from "./Serve.ts"
import * as Simulate from "./Simulate.ts"
import * as Verbs from "./verbs.ts"

const portOf = (server: Sandbox.SandboxError["server"]) => `${server}-port` as const

/** Adds the flag that chooses another port to the error message. */
const withFlag = ({ message, server }: Sandbox.SandboxError) =>
  new Sandbox.SandboxError({ server, message: `${message}; choose another port with --${portOf(server)}` })

const port = (server: Sandbox.SandboxError["server"]) =>
  Flags.wholeNumber(portOf(server)).pipe(
    Options.withDefault(0),
    Options.withDescription(Verbs.says("sandbox", portOf(server)))
  )

const sandbox = Command.make(
  "sandbox",
  { linqPort: port("linq"), sendbluePort: port("sendblue"), controlPort: port("control") },
  (ports) =>
    Effect.scoped(
      Effect.gen(function*() {
        const { control, credentials, linq, sendblue } = yield* Effect.mapError(Sandbox.make(ports), withFlag)
        yield* Console.log(JSON.stringify({ linq, sendblue, control, credentials }))
        return yield* Effect.never
      })
    )
).pipe(Command.withDescription(Verbs.verbs.sandbox.says))

/** A result of the demo was not as promised. */
class Surprise extends Data.TaggedError("Surprise")<{ readonly message: string }> {}

const demo = Command.make(
  "demo",
  {
    sandbox: Options.text("sandbox").pipe(Options.optional, Options.withDescription(Verbs.says("demo", "sandbox"))),
    json: Options.boolean("json").pipe(Options.withDescription(Verbs.says("demo", "json")))
  },
  ({ json, sandbox }) =>
    Effect.flatMap(
      Demo.run({ sandbox, json, command: [process.execPath, ...process.argv.slice(1, 2)] }),
      ({ surprises, text }) =>
        Effect.zipRight(
          Console.log(text),
          surprises.length === 0 ? Effect.void : Effect.fail(new Surprise({ message: surprises.join("\n") }))
        )
    )
).pipe(Command.withDescription(Verbs.verbs.demo.says))

const simulate = Command.make(
  "simulate",
  {
    seeds: Flags.wholeNumber("seeds").pipe(Options.optional, Options.withDescription(Verbs.says("simulate", "seeds"))),
    from: Flags.wholeNumber("seed-from").pipe(Options.optional, Options.withDescription(Verbs.says("simulate", "seed-from"))),
    seed: Flags.wholeNumber("seed").pipe(Options.optional, Options.withDescription(Verbs.says("simulate", "seed"))),
    trace: Options.boolean("trace").pipe(Options.withDescription(Verbs.says("simulate", "trace"))),
    policy: Options.text("policy").pipe(Options.optional, Options.withDescription(Verbs.says("simulate", "policy"))),
    json: Options.boolean("json").pipe(Options.withDescription(Verbs.says("simulate", "json")))
  },
  Simulate.run
).pipe(Command.withDescription(Verbs.verbs.simulate.says))

const serve = Command.make(
  "serve",
  {
    port: Flags.wholeNumber("port").pipe(Options.optional, Options.withDescription(Verbs.says("serve", "port"))),
    host: Options.text("host").pipe(Options.optional, Options.withDescription(Verbs.says("serve", "host"))),
    database: Options.text("database").pipe(Options.optional, Options.withDescription(Verbs.says("serve", "database"))),
    embedded: Options.boolean("embedded").pipe(Options.withDescription(Verbs.says("serve", "embedded"))),
    json: Options.boolean("json").pipe(Options.withDescription(Verbs.says("serve", "json")))
  },
  Serve.run
).pipe(Command.withDescription(Verbs.verbs.serve.says))

/** A vendor by its name. The command line was checked before, so that another word never gets here. */
const vendor = (flag: "from" | "to", names: ReadonlyArray<Vendors.VendorName>) =>
  Options.choice(flag, names).pipe(Options.optional, Options.withDescription(Verbs.says("migrate report", flag)))

const vendorNames = Struct.keys(Vendors.vendors)

/** Replaces the last line of a terminal. */
const showLine: MigrateReport.ShowLine = (line) => Effect.sync(() => void process.stderr.write(`\r${line}\u001b[K`))

const migrateReport = Command.make(
  "report",
  {
    files: Args.repeated(Args.text({ name: "file" })),
    fromAccount: Options.text("from-account").pipe(
      Options.optional,
      Options.withDescription(Verbs.says("migrate report", "from-account"))
    ),
    fromGateway: Options.text("from-gateway").pipe(
      Options.optional,
      Options.withDescription(Verbs.says("migrate report", "from-gateway"))
    ),
    chatsFrom: Options.text("chats-from").pipe(Options.optional, Options.withDescription(Verbs.says("migrate report", "chats-from"))),
    since: Options.text("since").pipe(Options.optional, Options.withDescription(Verbs.says("migrate report", "since"))),
    from: vendor("from", vendorNames),
    to: vendor("to", vendorNames),
    host: Options.text("host").pipe(Options.optional, Options.withDescription(Verbs.says("migrate report", "host"))),
    show: Options.boolean("show").pipe(Options.withDescription(Verbs.says("migrate report", "show"))),
    failOn: Options.choice("fail-on", ["refused", "lost", "none"]).pipe(
      Options.withDefault("refused" as const),
      Options.withDescription(Verbs.says("migrate report", "fail-on"))
    ),
    newContacts: Flags.wholeNumber("new-contacts").pipe(
      Options.optional,
      Options.withDescription(Verbs.says("migrate report", "new-contacts"))
    ),
    html: Options.text("html").pipe(Options.optional, Options.withDescription(Verbs.says("migrate report", "html"))),
    json: Options.boolean("json").pipe(Options.withDescription(Verbs.says("migrate report", "json")))
  },
  (settings) => MigrateReport.run(settings, process.stderr.isTTY ? Option.some(showLine) : Option.none())
).pipe(Command.withDescription(Verbs.verbs["migrate report"].says))

const migrateCompare = Command.make(
  "compare",
  {
    url: Options.text("url").pipe(Options.optional, Options.withDescription(Verbs.says("migrate compare", "url"))),
    since: Options.text("since").pipe(Options.optional, Options.withDescription(Verbs.says("migrate compare", "since"))),
    until: Options.text("until").pipe(Options.optional, Options.withDescription(Verbs.says("migrate compare", "until"))),
    json: Options.boolean("json").pipe(Options.withDescription(Verbs.says("migrate compare", "json")))
  },
  MigrateCompare.run
).pipe(Command.withDescription(Verbs.verbs["migrate compare"].says))

const migrateImport = Command.make(
  "import",
  {
    from: Options.text("from").pipe(Options.optional, Options.withDescription(Verbs.says("migrate import", "from"))),
    apply: Options.boolean("apply").pipe(Options.withDescription(Verbs.says("migrate import", "apply"))),
    database: Options.text("database").pipe(Options.optional, Options.withDescription(Verbs.says("migrate import", "database"))),
    json: Options.boolean("json").pipe(Options.withDescription(Verbs.says("migrate import", "json")))
  },
  MigrateImport.run
).pipe(Command.withDescription(Verbs.verbs["migrate import"].says))

const migrateRehearse = Command.make(
  "rehearse",
  {
    from: Options.choice("from", vendorNames).pipe(Options.optional, Options.withDescription(Verbs.says("migrate rehearse", "from"))),
    seed: Flags.wholeNumber("seed").pipe(Options.optional, Options.withDescription(Verbs.says("migrate rehearse", "seed"))),
    json: Options.boolean("json").pipe(Options.withDescription(Verbs.says("migrate rehearse", "json")))
  },
  (flags) => Rehearse.run({ ...flags, node: process.execPath })
).pipe(Command.withDescription(Verbs.verbs["migrate rehearse"].says))

const migrate = Command.make("migrate").pipe(
  Command.withDescription(Verbs.groups.migrate),
  Command.withSubcommands([migrateReport, migrateImport, migrateCompare, migrateRehearse])
)

const everyGateway = {
  url: Options.text("url").pipe(Options.optional, Options.withDescription(Verbs.says("rollout status", "url"))),
  json: Options.boolean("json").pipe(Options.withDescription(Verbs.says("rollout status", "json")))
}

const everyChange = { reason: Options.text("reason").pipe(Options.withDescription(Verbs.says("rollout start", "reason"))), ...everyGateway }

const makeAnyway = (verb: "rollout start" | "rollout advance" | "rollout resume" | "conversations move") =>
  Options.boolean("anyway").pipe(Options.withDescription(Verbs.says(verb, "anyway")))

/** A change of the rollout that moves people. */
const moveOn = <A extends "start" | "advance" | "resume">(action: A) =>
  Command.make(action, { anyway: makeAnyway(`rollout ${action}`), ...everyChange }, (flags) => Rollout.change(action, flags)).pipe(
    Command.withDescription(Verbs.verbs[`rollout ${action}`].says)
  )

const pause = Command.make("pause", everyChange, (flags) => Rollout.change("pause", flags)).pipe(
  Command.withDescription(Verbs.verbs["rollout pause"].says)
)

const rolloutStatus = Command.make("status", everyGateway, Rollout.status).pipe(
  Command.withDescription(Verbs.verbs["rollout status"].says)
)

const back = Command.make(
  "back",
  {
    step: Flags.wholeNumber("step").pipe(Options.optional, Options.withDescription(Verbs.says("rollout back", "step"))),
    ...everyChange
  },
  (flags) => Rollout.change("back", flags)
).pipe(Command.withDescription(Verbs.verbs["rollout back"].says))

const rollout = Command.make("rollout").pipe(
  Command.withDescription(Verbs.groups.rollout),
  Command.withSubcommands([rolloutStatus, moveOn("start"), moveOn("advance"), pause, moveOn("resume"), back])
)

const move = Command.make(
  "move",
  {
    people: Args.atLeast(Args.text({ name: "person" }), 1),
    carrier: Options.text("carrier").pipe(Options.optional, Options.withDescription(Verbs.says("conversations move", "carrier"))),
    line: Options.text("line").pipe(Options.optional, Options.withDescription(Verbs.says("conversations move", "line"))),
    anyway: makeAnyway("conversations move"),
    ...everyChange
  },
  Rollout.move
).pipe(Command.withDescription(Verbs.verbs["conversations move"].says))

const conversations = Command.make("conversations").pipe(
  Command.withDescription(Verbs.groups.conversations),
  Command.withSubcommands([move])
)

const interline = Command.make("interline").pipe(
  Command.withDescription("One message over many messaging vendors"),
  Command.withSubcommands([serve, demo, sandbox, simulate, migrate, rollout, conversations])
)

/** The command line has a mistake. */
class Mistake extends Data.TaggedError("Mistake")<{ readonly message: string }> {}

const run = Command.run(interline, { name: "interline", version: manifest.version })

const args = process.argv.slice(2)

const showHelp = Either.match(Flags.helpOf(args), {
  onLeft: (message) => Effect.fail(new Mistake({ message })),
  onRight: (page) => {
    switch (page._tag) {
      case "Whole":
        return Console.log(Help.whole(manifest.version))
      case "Group":
        return Console.log(Help.ofGroup(page.group))
      case "Verb":
        return Console.log(Help.of(page.verb))
    }
  }
})

const checked = Option.match(Flags.mistake(args), {
  onNone: () => Effect.void,
  onSome: (message) => Effect.fail(new Mistake({ message }))
})

/** Prints one sentence for an expected failure, and the whole cause for an unexpected one. */
const report = <E extends { readonly message: string } | ValidationError.ValidationError>(cause: Cause.Cause<E>): Effect.Effect<void> =>
  Option.match(Cause.failureOption(cause), {
    onNone: () => Cause.isInterruptedOnly(cause) ? Effect.void : Console.error(`interline: ${Cause.pretty(cause)}`),
    // the library has already printed its own errors
    onSome: (error) => ValidationError.isValidationError(error) ? Effect.void : Console.error(`interline: ${error.message}`)
  })

/** Removes colors from a line, because the library always writes them. Keeps them for a terminal that shows colors without NO_COLOR. */
const plainly = (stream: NodeJS.WriteStream) => (line: unknown): unknown =>
  typeof line === "string" && !(stream.isTTY && stream.hasColors()) ? stripVTControlCharacters(line) : line

const withPlainText = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Console.consoleWith((console) =>
    Effect.withConsole(effect, {
      ...console,
      log: (...lines) => console.log(...lines.map(plainly(process.stdout))),
      error: (...lines) => console.error(...lines.map(plainly(process.stderr)))
    })
  )

/** Commands that run until they are stopped. */
const endless: ReadonlyArray<string> = ["serve", "sandbox"] satisfies ReadonlyArray<Verbs.VerbName>

/**
 * The exit code. 2: the command line or the policy is wrong, so the same command fails again. 3: a report has what makes it fail. 130: it was
 * stopped before its end. Else `code`, which is 1 for a failure.
 */
const codeOf = (exit: Exit.Exit<unknown, unknown>, code: number): number => {
  if (Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause)) return endless.includes(args[0] ?? "serve") ? code : 130
  const error = Exit.isFailure(exit) ? Option.getOrUndefined(Cause.failureOption(exit.cause)) : undefined
  const isMistake = error instanceof Mistake || error instanceof Simulate.SettingsError || error instanceof Simulate.PolicyFileError ||
    error instanceof Policy.PolicyError || ValidationError.isValidationError(error)
  return isMistake || error instanceof MigrateReport.SettingsError || error instanceof MigrateCompare.SettingsError ||
      error instanceof MigrateImport.FlagError
    ? 2
    : error instanceof MigrateReport.Unwelcome
    ? 3
    : code
}

/** Stops the command as SIGTERM does: what it opened is closed, and its folder is removed. */
const stop = (): void => void process.emit("SIGTERM", "SIGTERM")

// nobody reads the output any more, as behind `| head`
process.stdout.on("error", stop)
// a server under nohup outlives its terminal
if (!endless.includes(args[0] ?? "serve")) process.on("SIGHUP", stop)
;(Flags.isHelp(args) ? showHelp : Effect.zipRight(checked, run([...process.argv.slice(0, 2), ...Flags.arrange(args)]))).pipe(
  withPlainText,
  Effect.tapErrorCause(report),
  Effect.provide(NodeContext.layer),
  // logs go to stderr, because stdout has the result only; `console.error` would replace placeholders such as %s in a line
  Effect.provide(Logger.replace(Logger.defaultLogger, Logger.map(Logger.logfmtLogger, (line) => void process.stderr.write(`${line}\n`)))),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    disablePrettyLogger: true,
    // exit at once, because a suspended fiber of a simulation could keep the process alive
    teardown: (exit) => Runtime.defaultTeardown(exit, (code) => process.exit(codeOf(exit, code)))
  })
)
