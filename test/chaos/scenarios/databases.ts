/** A database that stands still, ends and comes back, or ends its sessions. */
import * as Effect from "effect/Effect"
import * as Client from "../client.ts"
import * as Judge from "../judge.ts"
import * as Load from "../load.ts"
import * as Scenario from "../scenario.ts"
import * as World from "../world.ts"

interface Trouble {
  readonly name: string
  readonly shows: string
  readonly full: Scenario.Length
  readonly short: Scenario.Length
  readonly happens: (world: World.World, seconds: number) => Effect.Effect<void>
}

const troubles: ReadonlyArray<Trouble> = [
  {
    name: "database-stands",
    shows: "PostgreSQL and its sessions stand still for 15 s under load",
    full: { times: 3, seconds: 15 },
    short: { times: 1, seconds: 8 },
    happens: ({ database }, seconds) => database.standStill(`${seconds} seconds`)
  },
  {
    name: "database-restarts",
    shows: "PostgreSQL ends at once under load and is back after 5 s",
    full: { times: 3, seconds: 5 },
    short: { times: 1, seconds: 2 },
    happens: ({ database }, seconds) => database.crash(`${seconds} seconds`)
  },
  {
    name: "sessions-end",
    shows: "PostgreSQL ends all sessions under load",
    full: { times: 5, seconds: 0 },
    short: { times: 1, seconds: 0 },
    happens: ({ database }) => database.endSessions
  }
]

/** When the first send that began after `since` was answered as sent, in milliseconds after `since`: the last of all conversations. */
const recovered = ({ sent }: Client.Client, since: number): number => {
  const first = new Map<number, number>()
  for (const { at, conversation, endedAt = Infinity, outcome } of sent) {
    if (endedAt < since || outcome !== "sent" || at > endedAt) continue
    first.set(conversation, Math.min(first.get(conversation) ?? Infinity, endedAt - since))
  }
  return Math.max(0, ...first.values())
}

const scenario = ({ full, happens, name, short, shows }: Trouble): Scenario.Scenario => ({
  name,
  shows,
  full,
  short,
  run: (stage, { seconds, slack = 1, times }) =>
    Effect.gen(function*() {
      const world = yield* World.make(stage, { processes: 3, latency: 200 })
      yield* World.balanced(world)
      const client = yield* Client.make(world)
      const end = yield* Load.steady(world, client, {
        conversations: 24,
        pause: 500,
        isKeyed: (conversation) => conversation % 2 === 0,
        patience: 90_000
      })
      const back: Array<number> = []
      for (let time = 0; time < times; time++) {
        yield* Effect.sleep("4 seconds")
        yield* happens(world, seconds)
        const since = performance.now()
        yield* Effect.sleep("12 seconds")
        back.push(recovered(client, since))
      }
      yield* end
      const verdict = yield* Judge.judge(world, client)
      return {
        figures: [
          ...Scenario.verdicts([verdict]),
          { what: "all conversations are answered again after, longest, s", value: Math.max(...back) / 1000, atMost: 10 * slack },
          { what: "processes at the end", value: world.processes.filter(({ pid }) => pid() > 0).length, atLeast: 3 }
        ],
        evidence: Scenario.evidence([verdict])
      }
    })
})

export const scenarios: ReadonlyArray<Scenario.Scenario> = troubles.map(scenario)
