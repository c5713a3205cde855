/**
 * The `interline` command.
 *
 * @since 0.1.0
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Runtime from "@effect/platform/Runtime"
import manifest from "../package.json" with { type: "json" }
import * as Demo from "./Demo.ts"
import * as Flags from "./internal/flags.ts"
import * as Serve from "./Serve.ts"
import * as Simulate from "./Simulate.ts"

const portOf = (server: Sandbox.SandboxError["server"]) => `${server}-port` as const

/** Names the flag that picks another port. */
const withFlag = ({ message, server }: Sandbox.SandboxError) =>
  new Sandbox.SandboxError({ server, message: `${message}; choose another port with --${portOf(server)}` })

const port = (server: Sandbox.SandboxError["server"]) =>
  Flags.wholeNumber(portOf(server)).pipe(
    Options.withDefault(0),
    Options.withDescription(`port of the ${server} API; 0 picks a free one`)
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
).pipe(Command.withDescription("Start both vendors' APIs over one fake phone network; print their base URLs as one JSON line"))

/** The demo saw what it should not have seen. */
class Surprise extends Data.TaggedError("Surprise")<{ readonly message: string }> {}

const demo = Command.make(
  "demo",
  {
    sandbox: Options.text("sandbox").pipe(Options.optional, Options.withDescription("control URL of a sandbox that is already running")),
    json: Options.boolean("json").pipe(Options.withDescription("print one JSON document instead of a page"))
  },
  ({ json, sandbox }) =>
    Effect.flatMap(Demo.run({ sandbox, json, command: [process.execPath, ...process.argv.slice(1, 2)] }), ({ surprises, text }) =>
      Effect.zipRight(Console.log(text), surprises.length === 0 ? Effect.void : Effect.fail(new Surprise({ message: surprises.join("\n") }))))
).pipe(Command.withDescription("Run one program under both carriers, then under a policy over both while one of them is in trouble"))

const simulate = Command.make(
  "simulate",
  {
    seeds: Flags.wholeNumber("seeds").pipe(Options.optional, Options.withDescription("how many seeds to run, at least 1; 1000 if not given")),
    from: Flags.wholeNumber("seed-from").pipe(Options.optional, Options.withDescription("the first seed; 1 if not given")),
    seed: Flags.wholeNumber("seed").pipe(Options.optional, Options.withDescription("run this seed only; not with --seeds or --seed-from")),
    trace: Options.boolean("trace").pipe(Options.withDescription("tell what happens, line by line")),
    policy: Options.text("policy").pipe(Options.optional, Options.withDescription("a JSON file with the policy to simulate")),
    json: Options.boolean("json").pipe(Options.withDescription("print one JSON document instead of a page"))
  },
  Simulate.run
).pipe(Command.withDescription("Run the router against model vendors under every fault; exit with 1 if a promise is broken"))

const serve = Command.make(
  "serve",
  {
    port: Flags.wholeNumber("port").pipe(Options.optional, Options.withDescription("port to listen on; 0 picks a free one; PORT, else 8787, if not given")),
    host: Options.text("host").pipe(Options.optional, Options.withDescription("address to listen on; HOST, else 127.0.0.1, if not given")),
    database: Options.text("database").pipe(Options.optional, Options.withDescription("a SQLite file or a postgres:// URL; DATABASE_URL, else interline.db here, if not given")),
    embedded: Options.boolean("embedded").pipe(Options.withDescription("over a sandbox in this process, whatever the environment says")),
    json: Options.boolean("json").pipe(Options.withDescription("print one JSON line instead of a page"))
  },
  Serve.run
).pipe(Command.withDescription("Serve the gateway; without a vendor's credentials in the environment, over a sandbox of its own"))

const interline = Command.make("interline").pipe(
  Command.withDescription("One message over many messaging vendors"),
  Command.withSubcommands([serve, demo, sandbox, simulate])
)

/** An option without its value, or given twice. */
class Mistake extends Data.TaggedError("Mistake")<{ readonly message: string }> {}

const run = Command.run(interline, { name: "interline", version: manifest.version })

const checked = Option.match(Flags.mistake(process.argv.slice(2)), {
  onNone: () => Effect.void,
  onSome: (message) => Effect.fail(new Mistake({ message }))
})

/** One sentence for what a person can act on, everything for what nobody foresaw. */
const report = <E extends { readonly message: string } | ValidationError.ValidationError>(cause: Cause.Cause<E>): Effect.Effect<void> =>
  Option.match(Cause.failureOption(cause), {
    onNone: () => Cause.isInterruptedOnly(cause) ? Effect.void : Console.error(`interline: ${Cause.pretty(cause)}`),
    // the command line's own mistakes were explained already
    onSome: (error) => ValidationError.isValidationError(error) ? Effect.void : Console.error(`interline: ${error.message}`)
  })

/** The library's usage leaves out the program before the name of a subcommand. */
const withProgramName = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Console.consoleWith((console) =>
    Effect.withConsole(effect, {
      ...console,
      log: (...lines) => console.log(...lines.map((line) => typeof line === "string" ? line.replace(/^\$ (?=serve|demo|sandbox|simulate)/m, "$ interline ") : line))
    })
  )

Effect.zipRight(checked, run(process.argv)).pipe(
  withProgramName,
  Effect.tapErrorCause(report),
  Effect.provide(NodeContext.layer),
  // stdout is for what was asked for; a console would look for placeholders in each line
  Effect.provide(Logger.replace(Logger.defaultLogger, Logger.map(Logger.logfmtLogger, (line) => void process.stderr.write(`${line}\n`)))),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    disablePrettyLogger: true,
    // what a simulation left suspended must not keep a command that has ended
    teardown: (exit) => Runtime.defaultTeardown(exit, (code) => process.exit(code))
  })
)
