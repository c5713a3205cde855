/**
 * The demo: one program written against `Messaging` only, run under Linq and under Sendblue by configuration alone, over
 * HTTP against a sandbox in a process of its own.
 *
 * @since 0.1.0
 */
import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Interline from "interline/Interline"
import * as NodeHttp from "interline/node"
import * as Report from "./internal/report.ts"
import * as Scenarios from "./internal/scenarios.ts"
import * as World from "./internal/world.ts"

/** The configuration of a run: the only thing that names a vendor. */
const configuration = (carrier: string, address: World.Address): ConfigProvider.ConfigProvider =>
  ConfigProvider.fromMap(
    new Map([
      ["INTERLINE_CARRIER", carrier],
      ["INTERLINE_LINES", "support=linq:+12025550101,sendblue:+12025550201"],
      ["LINQ_API_KEY", address.credentials.linqToken],
      ["LINQ_BASE_URL", address.linq],
      ["SENDBLUE_API_KEY", address.credentials.sendblueKeyId],
      ["SENDBLUE_API_SECRET", address.credentials.sendblueSecretKey],
      ["SENDBLUE_BASE_URL", address.sendblue]
    ])
  )

const runUnder = (carrier: string, world: World.World): Effect.Effect<Report.Run, Interline.ConfigurationError | World.WorldError> =>
  Effect.map(
    Scenarios.program.pipe(
      Effect.provide(
        Interline.layerConfig().pipe(
          Layer.provide(NodeHttp.layer()),
          Layer.provide(Layer.setConfigProvider(configuration(carrier, world.address)))
        )
      ),
      Effect.provideService(World.World, world)
    ),
    (scenarios) => ({ carrier, scenarios })
  )

const decodeAddress = Schema.decodeUnknown(Schema.parseJson(Schema.Struct({ control: Schema.String })))

/** Starts `interline sandbox` as a child process and reads the addresses that it prints; it ends with the scope. */
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
 * Runs the demo and gives what it prints. Without `sandbox`, the control URL of a running one, it starts its own with
 * `command`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const run = (options: {
  readonly sandbox: Option.Option<string>
  readonly json: boolean
  readonly command: readonly [string, ...ReadonlyArray<string>]
}): Effect.Effect<string, Interline.ConfigurationError | World.WorldError, CommandExecutor.CommandExecutor> =>
  Effect.scoped(
    Effect.gen(function*() {
      const control = Option.isSome(options.sandbox) ? options.sandbox.value : yield* ownSandbox(options.command)
      const world = yield* World.make(control)
      yield* Effect.forEach(Object.values(Scenarios.people), (person) => world.person(person.handle, person.service, person.name))
      const runs = yield* Effect.forEach(["linq", "sendblue"], (carrier) => runUnder(carrier, world))
      return options.json ? Report.asJson(runs) : Report.forPeople(runs)
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )
