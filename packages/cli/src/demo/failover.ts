/** Runs part two: one program sends under a policy while the first carrier is in trouble. The copies are counted on the phone. */
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

/** The result of a case with one order of the carriers, as in the JSON output. */
export interface Entry {
  readonly case: Cases.CaseName
  readonly first: Configuration.Vendor
  readonly outcome: Cases.Ending
  readonly route: ReadonlyArray<Hop>
  /** The number of copies of the text on the person's phone. */
  readonly phone: number
}

const text = "Your table is ready"

/** The application. It uses `Messaging` only and knows no vendor. */
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

/** Runs one case. Each case has its own connections, so none is open when the trouble begins. The phone is read after the trouble. */
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

/** Runs all cases, each with its own guest. Logs only errors, because the page already shows each failover. */
export const run = (world: World): Effect.Effect<ReadonlyArray<Entry>, ConfigurationError | WorldError> =>
  Effect.forEach(
    Cases.all.flatMap(([name, played]) => Configuration.vendors.map((first) => ({ name, played, first }))),
    (one, place) => play(world, { ...one, guest: Handle.make(`+120255501${30 + place}`) })
  ).pipe(Logger.withMinimumLogLevel(LogLevel.Error))

/** Whether the outcome and the number of copies on the phone are as promised. */
export const isExpected = ({ case: name, first, outcome, phone }: Entry): boolean => {
  const expected = Cases.cases[name].expected[first]
  return expected.outcome === outcome && expected.copies.includes(phone)
}
