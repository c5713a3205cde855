/** Part two: one program under a policy, while the carrier that is asked first is in trouble. The phone is the judge. */
import * as Conversation from "@interline/core/Conversation"
import type { Delivery } from "@interline/core/Delivery"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as Messaging from "@interline/core/Messaging"
import type { SendError } from "@interline/core/SendError"
import * as Router from "@interline/router/Router"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import type { ConfigurationError } from "interline/Interline"
import * as Configuration from "../configuration.ts"
import * as Cases from "./cases.ts"
import type { World, WorldError } from "./world.ts"

export interface Hop {
  readonly carrier: string
  readonly line: string
  readonly outcome: Delivery["attempts"][number]["outcome"]
  readonly why: string
}

/** A case in one order, as the JSON document has it. */
export interface Entry {
  readonly case: Cases.CaseName
  readonly first: Configuration.Vendor
  readonly outcome: Cases.Ending
  readonly route: ReadonlyArray<Hop>
  /** Copies of the text on the person's phone. */
  readonly phone: number
}

const text = "Your table is ready"

/** The application. It knows `Messaging` and nothing of any vendor. */
const program = (guest: Handle.Handle) => Messaging.send(Conversation.direct(Line.name("support"), guest), Draft.text(text))

const endings = {
  Invalid: "invalid",
  NotSent: "not-sent",
  Partial: "partial",
  Held: "held"
} as const satisfies Record<SendError["_tag"], Cases.Ending>

const endOf = (answer: Either.Either<Delivery, SendError>): Pick<Entry, "outcome" | "route"> => ({
  outcome: Either.match(answer, { onLeft: ({ _tag }) => endings[_tag], onRight: () => "accepted" }),
  route: Either.merge(answer).attempts.map(({ carrierId, line, outcome, why }) => ({ carrier: carrierId, line, outcome, why }))
})

interface Play {
  readonly name: Cases.CaseName
  readonly played: Cases.Case
  readonly first: Configuration.Vendor
  readonly guest: Handle.Handle
}

/** The connections are the case's own, so none is open when the trouble begins; the phone is read when it is over. */
const play = (world: World, { first, guest, name, played }: Play): Effect.Effect<Entry, ConfigurationError | WorldError> =>
  Effect.gen(function*() {
    yield* world.person(guest, "iMessage", `Guest of ${name}`)
    const copies = Effect.map(world.phone(guest), ({ messages }) => messages.filter((message) => message.text === text).length)
    const before = yield* copies
    const policy = { ...Cases.policy(first), ...played.policy?.[first] }
    const answer = yield* Effect.scoped(Effect.zipRight(
      played.arrange(world, first, guest),
      Effect.flatMap(Router.Router, ({ observe }) => Effect.forEach(played.heard?.[first] ?? [], observe)).pipe(
        Effect.zipRight(Effect.either(program(guest))),
        Effect.provide(Configuration.layer(world.address, { INTERLINE_POLICY: JSON.stringify(policy) }))
      )
    ))
    return { case: name, first, ...endOf(answer), phone: (yield* copies) - before }
  })

/** Each case has a guest of its own. What the router logs of a failover is on the page. */
export const run = (world: World): Effect.Effect<ReadonlyArray<Entry>, ConfigurationError | WorldError> =>
  Effect.forEach(
    Cases.all.flatMap(([name, played]) => Configuration.vendors.map((first) => ({ name, played, first }))),
    (one, place) => play(world, { ...one, guest: Handle.make(`+120255501${30 + place}`) })
  ).pipe(Logger.withMinimumLogLevel(LogLevel.Error))

/** Whether it ended as promised, with as many copies on the phone as promised. */
export const isExpected = ({ case: name, first, outcome, phone }: Entry): boolean => {
  const expected = Cases.cases[name].expected[first]
  return expected.outcome === outcome && expected.copies.includes(phone)
}
