/** `interline opt-outs add`. */
import * as Effect from "effect/Effect"
import * as Connect from "../../gateway/connect.ts"
import * as Input from "../../gateway/input.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Changed from "./changed.ts"

export const command = MakeVerb.makeVerb("opt-outs add", (flags, texts) =>
  Effect.scoped(Effect.gen(function*() {
    const people = yield* Input.readPeople(texts)
    const { ask, client } = yield* Connect.connect(flags)
    const states = yield* Effect.forEach(people, (handle) =>
      Effect.map(ask(client.people.optOut({ payload: { handle } })), (state) => ({ handle, ...state })))
    yield* Changed.printChanged(flags, states)
  })))
