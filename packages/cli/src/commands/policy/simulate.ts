/** `interline policy simulate`. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Failure from "../../grammar/failure.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as UserPolicy from "../../policy/userPolicy.ts"
import * as Simulate from "../../Simulate.ts"

export const command = MakeVerb.makeVerb(
  "policy simulate",
  ({ json, lines, seed, "seed-from": from, seeds, trace }, [file]) =>
    Effect.gen(function*() {
      const found = yield* UserPolicy.read({ file: Option.fromNullable(file), lines })
      yield* Simulate.run({
        seeds,
        from,
        seed,
        trace,
        json,
        policy: Option.none(),
        over: {
          policy: found.policy,
          lines: UserPolicy.linesOf(found),
          kinds: Object.fromEntries(found.carriers.map(({ id, vendor }) => [id, vendor]))
        },
        command: ["interline policy simulate", ...Option.toArray(Option.map(lines, (names) => `--lines ${names}`)), file]
          .filter((word) => word !== undefined).join(" ")
      })
    }).pipe(Effect.catchTags({
      Unusable: Failure.failAsUsage,
      SettingsError: Failure.failAsUsage,
      PolicyFileError: Failure.failAsUsage,
      PolicyError: Failure.failAsUsage
    }))
)
