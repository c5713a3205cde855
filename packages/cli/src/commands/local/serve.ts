/** `interline serve`. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Failure from "../../grammar/failure.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as NameVariables from "../../policy/nameVariables.ts"
import * as Port from "../../serve/port.ts"

/** Fails if another program has the port. A variable that cannot be read is the gateway's to refuse. */
const checkPort = (flags: Pick<MakeVerb.GivenFlags<"serve">, "host" | "port">): Effect.Effect<void, Failure.Failure> =>
  Effect.gen(function*() {
    const port = Option.isSome(flags.port) ? flags.port.value : yield* Config.withDefault(Config.integer("PORT"), 8787)
    const host = Option.isSome(flags.host) ? flags.host.value : yield* Config.withDefault(Config.nonEmptyString("HOST"), "127.0.0.1")
    const taken = port === 0 ? Option.none<string>() : yield* Port.findTaken({ host, port })
    if (Option.isSome(taken)) yield* new Failure.Failure({ message: taken.value, code: 1 })
  }).pipe(Effect.catchTag("ConfigError", () => Effect.void))

export const command = MakeVerb.makeVerb("serve", (flags) =>
  Effect.gen(function*() {
    // first, because the gateway takes seconds to load
    yield* checkPort(flags)
    const { run } = yield* Effect.promise(() => import("../../Serve.ts"))
    yield* Effect.mapError(
      run(flags),
      (error) =>
        new Failure.Failure({
          message: NameVariables.nameVariables(error.message),
          code: error._tag === "GatewayError" && error.mistakes !== undefined ? 2 : Failure.codeOf(error)
        })
    )
  }))
