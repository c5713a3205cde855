/** `interline events`. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Connect from "../../gateway/connect.ts"
import * as EventStream from "../../gateway/eventStream.ts"
import * as Failure from "../../grammar/failure.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"

/** The gateway does not say where the log ends. What is there comes without a pause. */
const idle = "2 seconds"

export const command = MakeVerb.makeVerb("events", (flags) =>
  Effect.scoped(Effect.gen(function*() {
    if (!flags.follow && Option.isNone(flags.after)) {
      yield* Failure.failAsUsage({ message: "give --follow for what happens from now on, or --after 0 for what is there" })
    }
    const gateway = yield* Connect.connect(flags)
    const events = EventStream.follow(gateway, flags, flags.follow ? Option.none() : Option.some(idle))
    yield* gateway.ask(Stream.runForEach(events, ({ data }) => Console.log(data)))
  })))
