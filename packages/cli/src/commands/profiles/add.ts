/** `interline profiles add`. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Profiles from "../../gateway/profiles.ts"
import * as Terminal from "../../gateway/terminal.ts"
import * as Failure from "../../grammar/failure.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"

const readKey = Effect.filterOrElse(
  Terminal.readSecret("API key"),
  (key) => /^[\x21-\x7e]{16,512}$/.test(Redacted.value(key)),
  () =>
    Failure.failAsUsage({
      message: "an API key has 16 to 512 printable ASCII characters without spaces; give it as the standard input, without its name"
    })
)

export const command = MakeVerb.makeVerb("profiles add", (flags, [name = ""]) =>
  Effect.gen(function*() {
    if (!Profiles.isName(name)) {
      yield* Failure.failAsUsage({ message: "a name has letters, digits, dots, dashes and underscores, at most 64" })
    }
    const profiles = yield* Profiles.read
    if (Object.hasOwn(profiles, name)) yield* Terminal.confirm(`the profile ${name} is replaced`, flags)
    const url = flags.url.replace(/\/+$/, "")
    const profile = Option.isSome(flags["key-from"]) ? { url, keyFrom: flags["key-from"].value } : { url, key: yield* readKey }
    yield* Profiles.write({ ...profiles, [name]: profile })
    yield* Console.log(`The profile ${name} is ${url}. It is kept in ${yield* Profiles.path}, which only you can read.`)
  }))
