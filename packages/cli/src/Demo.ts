/**
 * Runs the demo over HTTP against a sandbox in another process. Part one runs one program under Linq and then under Sendblue. The program
 * uses `Messaging` only, and only the configuration changes. Part two sends under a policy over both carriers, while the first carrier
 * is in trouble.
 */
import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Interline from "interline/Interline"
import * as Configuration from "./configuration.ts"
import * as Failover from "./demo/failover.ts"
import * as FailoverReport from "./demo/failoverReport.ts"
import * as Report from "./demo/report.ts"
import * as Scenarios from "./demo/scenarios.ts"
import * as World from "./demo/world.ts"

const runUnder = (carrier: string, world: World.World): Effect.Effect<Report.Run, Interline.ConfigurationError | World.WorldError> =>
  Effect.map(
    Scenarios.program.pipe(
      Effect.provide(Configuration.layer(world.address, { INTERLINE_CARRIER: carrier })),
      Effect.provideService(World.World, world)
    ),
    (scenarios) => ({ carrier, scenarios })
  )

const decodeAddress = Schema.decodeUnknown(Schema.parseJson(Schema.Struct({ control: Schema.String })))

/** Starts `interline sandbox` as a child process and reads its control URL. The child ends with the scope. */
const ownSandbox = (
  command: readonly [string, ...ReadonlyArray<string>]
): Effect.Effect<string, World.WorldError, CommandExecutor.CommandExecutor | Scope.Scope> =>
  Effect.gen(function*() {
    const [program, ...args] = command
    const child = yield* Command.start(Command.make(program, ...args, "sandbox"))
    const line = yield* child.stdout.pipe(Stream.decodeText(), Stream.splitLines, Stream.runHead)
    const { control } = yield* decodeAddress(Option.getOrElse(line, () => ""))
    return control
  }).pipe(Effect.mapError((cause) => new World.WorldError({ message: `the sandbox did not start: ${cause.message}` })))

/**
 * The output of the demo.
 *
 * @category models
 */
export interface Printed {
  /** The text for standard output: a page for people, or JSON. */
  readonly text: string
  /** One sentence for each failover with another outcome, or with another number of copies on the phone, than promised. */
  readonly surprises: ReadonlyArray<string>
}

/**
 * Runs the demo and gives its output. `sandbox` is the control URL of a running sandbox. Without it, the demo starts a sandbox with
 * `command`.
 *
 * @category constructors
 */
export const run = (options: {
  readonly sandbox: Option.Option<string>
  readonly json: boolean
  readonly command: readonly [string, ...ReadonlyArray<string>]
}): Effect.Effect<Printed, Interline.ConfigurationError | World.WorldError, CommandExecutor.CommandExecutor> =>
  Effect.scoped(
    Effect.gen(function*() {
      const control = Option.isSome(options.sandbox) ? options.sandbox.value : yield* ownSandbox(options.command)
      const world = yield* World.make(control)
      yield* Effect.forEach(Object.values(Scenarios.people), (person) => world.person(person.handle, person.service, person.name))
      const runs = yield* Effect.forEach(Configuration.vendors, (carrier) => runUnder(carrier, world))
      const failover = yield* Failover.run(world)
      return {
        text: options.json ? Report.asJson(runs, failover) : `${Report.forPeople(runs)}\n\n${FailoverReport.forPeople(failover)}`,
        surprises: FailoverReport.surprises(failover)
      }
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )
