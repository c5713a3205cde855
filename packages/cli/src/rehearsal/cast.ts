/** Draws the people and groups of a rehearsal from its seed. */
import * as Conversation from "@interline/core/Conversation"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as Route from "@interline/router/Route"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

/** People who are in one group. */
export interface Group {
  readonly name: string
  readonly members: ReadonlyArray<Handle.Phone>
}

export interface Cast {
  /** Everybody whom the program wrote to before the move. */
  readonly people: ReadonlyArray<Handle.Phone>
  /** Those of them who move with the first step. */
  readonly first: ReadonlyArray<Handle.Phone>
  /** People who opt out before the move. The program does not know it. */
  readonly stopped: ReadonlyArray<Handle.Phone>
  /** People whose first message holds a URL. */
  readonly linked: ReadonlyArray<Handle.Phone>
  /** Groups from before the move. */
  readonly groups: ReadonlyArray<Group>
  /** A group that begins during the move. */
  readonly later: Group
  /** People whom the program first writes to during the move. */
  readonly newcomers: ReadonlyArray<Handle.Phone>
}

/** The share of the first step. */
export const firstShare = 0.1

/** How many people of the first step there are. By chance there could be too few for its guardrails. */
const inFirst = 5

/** How many other people there are. */
const inLater = 40

const isInFirst = (person: Handle.Phone): boolean => Route.positionOf(Conversation.direct(Line.name("support"), person)) < firstShare

/** Draws a cast. The same seed draws the same one. */
export const draw = (seed: number): Effect.Effect<Cast> =>
  Effect.gen(function*() {
    // our own lines begin with other digits
    const digits = yield* Random.shuffle(Array.from({ length: 9_000 }, (_, place) => 1_000 + place))
    const drawn = Array.from(digits, (four) => Handle.phone(`+1202555${four}`))
    const first = drawn.filter(isInFirst).slice(0, inFirst)
    const others = drawn.filter((person) => !isInFirst(person))
    const later = others.slice(0, inLater)
    const half = inLater / 2
    return {
      people: [...later.slice(0, half), ...first, ...later.slice(half)],
      first,
      stopped: later.slice(0, 2),
      // late in a round, so that the guardrails have seen other messages before them
      linked: later.slice(-2),
      groups: [
        { name: "regulars", members: later.slice(5, 8) },
        { name: "wedding", members: [...later.slice(8, 10), ...first.slice(0, 1)] }
      ],
      later: { name: "birthday", members: later.slice(10, 13) },
      newcomers: others.slice(inLater, inLater + 40)
    }
  }).pipe(Effect.withRandom(Random.make(seed)))
