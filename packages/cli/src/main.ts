/**
 * The `interline` command.
 *
 * @since 0.1.0
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Demo from "./Demo.ts"

const port = (vendor: string) =>
  Options.integer(`${vendor}-port`).pipe(Options.withDefault(0), Options.withDescription(`port of the ${vendor} API; 0 picks a free one`))

const sandbox = Command.make(
  "sandbox",
  { linqPort: port("linq"), sendbluePort: port("sendblue"), controlPort: port("control") },
  (ports) =>
    Effect.scoped(
      Effect.gen(function*() {
        const { control, credentials, linq, sendblue } = yield* Sandbox.make(ports)
        yield* Console.log(JSON.stringify({ linq, sendblue, control, credentials }))
        return yield* Effect.never
      })
    )
).pipe(Command.withDescription("Start both vendors' APIs over one fake phone network; print their base URLs as one JSON line"))

const demo = Command.make(
  "demo",
  {
    sandbox: Options.text("sandbox").pipe(Options.optional, Options.withDescription("control URL of a sandbox that is already running")),
    json: Options.boolean("json").pipe(Options.withDescription("print one JSON document instead of a page"))
  },
  ({ json, sandbox }) =>
    Effect.flatMap(Demo.run({ sandbox, json, command: [process.execPath, process.argv[1] ?? ""] }), Console.log)
).pipe(Command.withDescription("Run one program under both carriers and show what each sent, lost and delivered"))

const interline = Command.make("interline").pipe(
  Command.withDescription("One message over many messaging vendors"),
  Command.withSubcommands([demo, sandbox])
)

const run = Command.run(interline, { name: "interline", version: "0.1.0" })

run(process.argv).pipe(
  Effect.tapErrorTag("SandboxError", (error) => Console.error(`interline: ${error.message}`)),
  Effect.tapErrorTag("WorldError", (error) => Console.error(`interline: ${error.message}`)),
  Effect.tapErrorTag("ConfigurationError", (error) => Console.error(`interline: ${error.message}`)),
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain({ disableErrorReporting: true })
)
