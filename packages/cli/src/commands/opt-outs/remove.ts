/** `interline opt-outs remove`. */
import * as Effect from "effect/Effect"
import * as Connect from "../../gateway/connect.ts"
import * as Input from "../../gateway/input.ts"
import * as Terminal from "../../gateway/terminal.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Changed from "./changed.ts"

export const command = MakeVerb.makeVerb("opt-outs remove", (flags, texts) =>
  Effect.scoped(Effect.gen(function*() {
    const people = yield* Input.readPeople(texts)
    const whom = people.length === 1 ? "one person" : `${people.length} people`
    yield* Terminal.confirm(`${whom} may be written to again; they must have agreed to it`, flags)
    const { ask, client } = yield* Connect.connect(flags)
    const states = yield* Effect.forEach(people, (handle) =>
      Effect.map(ask(client.people.optIn({ payload: { handle } })), (state) => ({ handle, ...state })))
    yield* Changed.printChanged(flags, states)
  })))
