/** `interline demo`. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Demo from "../../Demo.ts"
import * as Failure from "../../grammar/failure.ts"
import * as Host from "../../grammar/host.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"

export const command = MakeVerb.makeVerb("demo", ({ json, sandbox }) =>
  Effect.flatMap(
    Effect.flatMap(Host.Host, ({ node, script }) => Demo.run({ sandbox, json, command: [node, ...script] })),
    ({ surprises, text }) =>
      Effect.zipRight(
        Console.log(text),
        surprises.length === 0 ? Effect.void : Effect.fail(new Failure.Failure({ message: surprises.join("\n"), code: 1 }))
      )
  ))
