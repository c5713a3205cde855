/** `interline profiles remove`. */
import * as NearestWord from "@interline/core/NearestWord"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Profiles from "../../gateway/profiles.ts"
import * as Terminal from "../../gateway/terminal.ts"
import * as Failure from "../../grammar/failure.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"

export const command = MakeVerb.makeVerb("profiles remove", (flags, [name = ""]) =>
  Effect.gen(function*() {
    const { [name]: removed, ...left } = yield* Profiles.read
    if (removed === undefined) {
      const known = Object.keys(left)
      return yield* Failure.failAsUsage({
        message: known.length === 0 ? "there are no profiles" : `the profile ${NearestWord.oneOf(name, known)}`
      })
    }
    yield* Terminal.confirm(`the profile ${name} is removed, with its key`, flags)
    yield* Profiles.write(left)
    yield* Console.log(`The profile ${name} is removed.`)
  }))
