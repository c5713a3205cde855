/** `interline sandbox`. */
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as MakeVerb from "../../grammar/makeVerb.ts"

/** Adds the flag that chooses another port to the error message. */
const withFlag = ({ message, server }: Sandbox.SandboxError) =>
  new Sandbox.SandboxError({ server, message: `${message}; choose another port with --${server}-port` })

const orFree = Option.getOrElse(() => 0)

export const command = MakeVerb.makeVerb("sandbox", (flags) =>
  Effect.scoped(
    Effect.gen(function*() {
      const ports = {
        linqPort: orFree(flags["linq-port"]),
        sendbluePort: orFree(flags["sendblue-port"]),
        controlPort: orFree(flags["control-port"])
      }
      const { control, credentials, linq, sendblue } = yield* Effect.mapError(Sandbox.make(ports), withFlag)
      yield* Console.log(JSON.stringify({ linq, sendblue, control, credentials }))
      return yield* Effect.never
    })
  ))
