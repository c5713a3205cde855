/** The two weeks before a move: the program calls the vendor itself, people answer and opt out, and the calls are recorded. */
import * as FileSystem from "@effect/platform/FileSystem"
import type { LoggedRequest } from "@interline/sandbox/Network"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Configuration from "../configuration.ts"
import * as Round from "./round.ts"
import * as Stage from "./stage.ts"
import * as Vendors from "./vendors.ts"

export interface Recorded {
  readonly calls: number
  readonly people: number
  readonly refused: number
}

/** The day on which people opt out. After that, the program goes on to write to them, as it does not know. */
const dayOfOptOuts = 9

/** Days between two texts to a person. */
const often = 4

const link = "Our menu: https://menu.example.com/tonight"

/**
 * The first texts to a person. Linq takes neither an effect nor a URL in the first text of a chat. So the program says hello after the refusal
 * of a URL.
 */
const greet = (stage: Stage.Stage, person: string, place: number): ReadonlyArray<Round.Planned> => {
  const isPlain = !Vendors.vendors[stage.settings.from].opensWithAll
  if (!stage.cast.linked.some((one) => one === person)) return [Round.toPerson(stage, person, isPlain ? 0 : place)]
  if (!isPlain) return [Round.toPerson(stage, person, 0, link)]
  return [
    { isTaken: false, job: { to: person, text: stage.intend(link, []) } },
    Round.toPerson(stage, person, 0),
    Round.toPerson(stage, person, 0, link)
  ]
}

const planDay = (stage: Stage.Stage, day: number): ReadonlyArray<Round.Planned> => {
  const { groups, people } = stage.cast
  const texts = people.flatMap((person, place) => {
    const first = place % 8
    return day === first
      ? greet(stage, person, place)
      : day > first && (day - first) % often === 0
      ? [Round.toPerson(stage, person, place + day)]
      : []
  })
  return day % 6 === 1 ? [...texts, ...groups.map((group) => Round.toGroup(stage, group))] : texts
}

const answerOf = (person: string, place: number): { readonly from: string; readonly text: string } => ({
  from: person,
  text: place % 2 === 0 ? "Yes, please" : "Thank you"
})

/** Plays the two weeks, and moves the sandbox's clock to now. */
export const play = (stage: Stage.Stage): Effect.Effect<Recorded, Stage.Unproved> =>
  Effect.gen(function*() {
    const { cast, network, old, settings: { from } } = stage
    const ids: Array<string> = []
    const line = Configuration.numbers[from]
    yield* stage.hire("vendor")
    for (let day = 0; day < Stage.days; day += 1) {
      const answers = yield* Round.work(stage, planDay(stage, day))
      if (day === 2) ids.push(...answers.flatMap(({ message }) => message ?? []).slice(0, 5))
      yield* network.advance("6 hours")
      const talkers = cast.people.filter((person, place) => place % 8 === day && place % 3 === 0 && !cast.stopped.includes(person))
      yield* Effect.forEach(talkers, (person, place) =>
        Effect.mapError(
          network.say({ ...answerOf(person, place), to: line }),
          ({ message }) => new Stage.Unproved({ message })
        ))
      if (day === dayOfOptOuts) yield* Effect.forEach(cast.stopped, (person) => stage.stop(person, line))
      // the last day ends now
      const now = yield* Clock.currentTimeMillis
      const left = now - (yield* network.now).getTime()
      yield* network.advance(Math.max(0, Math.min(18 * 3_600_000, left)))
    }
    old.push(...yield* Round.look(stage, ids))
    const calls = yield* recorded(stage)
    return {
      calls: calls.length,
      people: cast.people.length,
      refused: calls.filter(({ status }) => typeof status === "number" && status >= 400).length
    }
  })

/** What a proxy would have recorded of the program's calls. */
const recorded = ({ network, settings: { from } }: Stage.Stage): Effect.Effect<ReadonlyArray<LoggedRequest>> =>
  network.requests({ vendor: from })

export const fileOf = ({ folder }: Stage.Stage): string => `${folder}/calls.jsonl`

/** Writes the recorded calls to a file, one a line. Gives how many they are. */
export const writeDown = (stage: Stage.Stage): Effect.Effect<number, Stage.Unproved, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const calls = yield* recorded(stage)
    const lines = calls.map(({ at, body, headers, method, path, query }) =>
      JSON.stringify({
        at,
        method,
        url: `${Vendors.vendors[stage.settings.from].origin}${path}${query === "" ? "" : `?${query}`}`,
        headers,
        body
      })
    )
    const files = yield* FileSystem.FileSystem
    yield* Effect.mapError(
      files.writeFileString(fileOf(stage), `${lines.join("\n")}\n`),
      ({ message }) => new Stage.Unproved({ message })
    )
    return calls.length
  })
