/** `interline callbacks test`. */
import * as ApiSchema from "@interline/gateway/ApiSchema"
import * as Effect from "effect/Effect"
import * as Connect from "../../gateway/connect.ts"
import * as Failure from "../../grammar/failure.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Output from "../../print/output.ts"

const page = ({ millis, status, taken, why }: typeof ApiSchema.CallbackTest.Type): string =>
  `${taken ? "Taken" : "Not taken"} after ${millis} ms: ${status === undefined ? why ?? "no answer" : `the address answered ${status}`}`

export const command = MakeVerb.makeVerb("callbacks test", (flags, [id = ""]) =>
  Effect.scoped(Effect.gen(function*() {
    const { ask, client } = yield* Connect.connect(flags)
    const result = yield* ask(client.callbacks.testCallback({ path: { id } }))
    yield* Output.printOne(flags, ApiSchema.CallbackTest, result, page)
    if (!result.taken) {
      yield* new Failure.Failure({ message: "the address does not take events; a 2xx within 15 seconds takes one", code: 1 })
    }
  })))
