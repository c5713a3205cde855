/** One process after the other is told to stop, and replaced, under load. */
import * as Effect from "effect/Effect"
import * as Client from "../client.ts"
import * as Judge from "../judge.ts"
import * as Load from "../load.ts"
import * as Scenario from "../scenario.ts"
import * as World from "../world.ts"

/** How long an answer may take, in seconds. */
const longest = 5

const scenario = (name: string, shows: string, moves: boolean): Scenario.Scenario => ({
  name,
  shows,
  full: { times: moves ? 10 : 3, seconds: 8 },
  ...(moves ? { short: { times: 1, seconds: 2 } } : {}),
  // `seconds` is how long it is looked at before
  run: (stage, { seconds, slack = 1, times }) =>
    Effect.gen(function*() {
      const world = yield* World.make(stage, { processes: 3, moves })
      yield* World.balanced(world)
      const client = yield* Client.behindBalancer(world)
      const end = yield* Load.steady(world, client, { conversations: 24, pause: 700, isKeyed: (conversation) => conversation % 2 === 0 })
      yield* Effect.sleep(`${seconds} seconds`)
      const usual = Math.max(0, ...client.sent.map(({ at, endedAt = at }) => endedAt - at)) / 1000
      const codes: Array<number | null> = []
      for (let time = 0; time < times; time++) {
        for (const one of world.processes) {
          yield* Effect.sleep("1 second")
          codes.push(yield* one.stop)
          yield* one.start
          yield* World.balanced(world)
        }
      }
      yield* end
      const verdict = yield* Judge.judge(world, client)
      return {
        figures: [
          ...Scenario.verdicts([verdict]).map((figure) =>
            figure.what === "without a key, and not known" || figure.what === "answered as not sent"
              ? { ...figure, atMost: slack > 1 ? Number.POSITIVE_INFINITY : 0 }
              : figure.what === "longest answer, s"
              ? { ...figure, atMost: longest * slack }
              : figure
          ),
          { what: "longest answer before, s", value: usual },
          { what: "processes that ended with an error", value: codes.filter((code) => code !== 0).length, atMost: 0 }
        ],
        evidence: [
          ...Scenario.evidence([verdict]),
          ...client.sent.filter(({ outcome }) => outcome !== "sent").map((one) => `failed: ${verdict.tell(one)}`),
          ...client.sent.filter(({ at, endedAt = Infinity }) => endedAt - at > longest * slack * 1000).map((one) =>
            `slow: ${verdict.tell(one)}`
          )
        ]
      }
    })
})

const versions: Scenario.Scenario = {
  name: "versions",
  shows: "three processes, one of a later version whose calls have fields that the others do not know: every send is sent, in order",
  full: { times: 10, seconds: 0 },
  short: { times: 1, seconds: 0 },
  run: (stage, { slack = 1, times }) =>
    Effect.gen(function*() {
      const later = yield* stage.later
      const world = yield* World.make(stage, { processes: 3, program: (process) => process === 1 ? later : undefined })
      yield* World.balanced(world)
      const client = yield* Client.make(world)
      for (let time = 0; time < times; time++) {
        yield* Load.burst(client, {
          conversations: 20,
          from: time * 100,
          sends: 6,
          process: (conversation, number) => (conversation + number) % 3,
          gap: "answer",
          isKeyed: true
        })
      }
      const verdict = yield* Judge.judge(world, client)
      return {
        figures: Scenario.verdicts([verdict]).map((figure) =>
          figure.what === "answered as not sent" || figure.what === "held at last, and on no phone"
            ? { ...figure, atMost: slack > 1 ? Number.POSITIVE_INFINITY : 0 }
            : figure
        ),
        evidence: Scenario.evidence([verdict])
      }
    })
}

const join: Scenario.Scenario = {
  name: "join",
  shows: "a process that comes beside two under load and reads back for 15 s gets no shard before it has read, and nobody waits for it",
  // it reads for less time than a process waits for that at most
  full: { times: 4, seconds: 15 },
  short: { times: 1, seconds: 8 },
  run: (stage, { seconds, slack = 1, times }) =>
    Effect.gen(function*() {
      const world = yield* World.make(stage, { processes: 3, started: 2 })
      yield* World.balanced(world)
      const client = yield* Client.behindBalancer(world)
      const comer = world.process(2)
      const end = yield* Load.steady(world, client, { conversations: 24, pause: 700, isKeyed: (conversation) => conversation % 2 === 0 })
      let early = 0
      for (let time = 0; time < times; time++) {
        const release = yield* world.vendors.holdReads(comer.number)
        yield* comer.start
        for (let second = 0; second < seconds; second++) {
          yield* Effect.sleep("1 second")
          early += (yield* World.shardsOf(comer)) ?? 0
        }
        yield* release
        yield* World.balanced(world)
        yield* Effect.sleep("2 seconds")
        yield* comer.stop
      }
      yield* end
      const verdict = yield* Judge.judge(world, client)
      return {
        figures: [
          ...Scenario.verdicts([verdict]).map((figure) =>
            figure.what === "longest answer, s" ? { ...figure, atMost: longest * slack } : figure
          ),
          { what: "shards of a process that has not read", value: early, atMost: 0 }
        ],
        evidence: [
          ...Scenario.evidence([verdict]),
          ...client.sent.filter(({ at, endedAt = Infinity }) => endedAt - at > longest * slack * 1000).map((one) =>
            `slow: ${verdict.tell(one)}`
          )
        ]
      }
    })
}

export const scenarios: ReadonlyArray<Scenario.Scenario> = [
  versions,
  join,
  scenario(
    "deploy",
    "rounds in which each of three processes behind a balancer drains, ends and is replaced under load: nothing fails or waits for 5 s",
    true
  ),
  scenario("deploy-same", "the same, and each new process has the address of the old one", false)
]
