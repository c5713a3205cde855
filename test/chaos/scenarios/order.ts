/** Order in a conversation, and one at a time, whichever process the sends come through. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Client from "../client.ts"
import * as Judge from "../judge.ts"
import * as Load from "../load.ts"
import * as Scenario from "../scenario.ts"
import * as World from "../world.ts"

const conversations = 20
const sends = 10
const full = { times: 10, seconds: 0 }
const short = { times: 1, seconds: 0 }

interface Way {
  readonly name: string
  readonly shows: string
  readonly process: Load.Burst["process"]
  readonly gap: Load.Burst["gap"]
  readonly together?: number
  /** Whether it says something on a machine that has other work. */
  readonly isSteady: boolean
  /** What such a client cannot expect. */
  readonly shown?: ReadonlyArray<Judge.Broken["what"]>
}

const ways: ReadonlyArray<Way> = [
  {
    name: "order-one",
    shows: "20 conversations, 10 sends each, through one of three processes without waiting for answers: in order",
    process: () => 0,
    gap: 5,
    isSteady: false
  },
  {
    name: "order-answers",
    shows: "the same through two processes in turn, by a client that waits for each answer: in order",
    process: (_, number) => number % 2,
    gap: "answer",
    isSteady: true
  },
  {
    name: "order-apart",
    shows: "the same through two processes in turn, 20 ms apart, one conversation after the other: in order",
    process: (_, number) => number % 2,
    gap: 20,
    isSteady: false,
    together: 1
  },
  {
    name: "order-racing",
    shows: "the same through two processes in turn, at once: in any order, one at a time",
    process: (_, number) => number % 2,
    gap: 0,
    isSteady: true,
    shown: ["outOfOrder"]
  }
]

const scenario = ({ gap, isSteady, name, process, shown = [], shows, together = conversations }: Way): Scenario.Scenario => ({
  name,
  shows,
  full,
  ...(isSteady ? { short } : {}),
  run: (stage, { times }) =>
    Effect.gen(function*() {
      const world = yield* World.make(stage, { processes: 3, latency: 5, reports: false })
      yield* World.balanced(world)
      const client = yield* Client.make(world)
      // connections are open, and both vendors know their chats
      yield* Load.burst(client, { conversations, from: 0, sends: 1, process: (conversation) => conversation % 3, gap: 0, isKeyed: false })
      for (let time = 1; time <= times; time++) {
        yield* Load.burst(client, { conversations, from: time * 100, sends, process, gap, isKeyed: false, together })
      }
      const verdict = yield* Judge.judge(world, client)
      return { figures: Scenario.verdicts([verdict], shown), evidence: Scenario.evidence([verdict]) }
    })
})

/** How many sends of each conversation wait for a new owner. */
const unowned = 6

/** Each process writes down a keyed send when it comes, before it looks for the owner of the conversation. */
const countRequests = (world: World.World): Effect.Effect<number> =>
  Effect.map(world.database.rows("SELECT count(*) AS many FROM interline_requests"), ([row]) => Number(row?.["many"]))

/**
 * A burst that comes while a process is gone and nobody has its conversations yet. No clock decides what came first: each send comes when the
 * one before it is written down, as all are before a new owner is found.
 */
const takeover: Scenario.Scenario = {
  name: "order-takeover",
  shows: "sends through one process just after another one was killed: what waits for a new owner keeps its order",
  full,
  short,
  run: (stage, { times }) =>
    Effect.gen(function*() {
      const world = yield* World.make(stage, { processes: 3, latency: 5, reports: false })
      const client = yield* Client.make(world)
      for (let time = 1; time <= times; time++) {
        yield* World.balanced(world)
        // any process may have any conversation
        const from = time * 100
        yield* Load.burst(client, { conversations, from, sends: 1, process: () => 0, gap: 0, isKeyed: true })
        const victim = world.process(1 + time % 2)
        yield* victim.kill
        const before = yield* countRequests(world)
        const answers: Array<Fiber.Fiber<Client.Sent>> = []
        for (let number = 0; number < unowned; number++) {
          for (let index = 0; index < conversations; index++) {
            answers.push(yield* Effect.forkDaemon(client.send({ conversation: from + 50 + index, number }, { process: 0, isKeyed: true })))
          }
          const areRecorded = Effect.repeat(Effect.delay(countRequests(world), "5 millis"), {
            until: (many) => many >= before + answers.length
          })
          // an answer too says that it was written down
          yield* Effect.raceFirst(areRecorded, Fiber.joinAll(answers))
        }
        yield* Fiber.joinAll(answers)
        yield* victim.start
      }
      const verdict = yield* Judge.judge(world, client)
      return { figures: Scenario.verdicts([verdict]), evidence: Scenario.evidence([verdict]) }
    })
}

/** How many sends wait behind the first one. */
const waiting = 6

/** Without clocks: each send comes when the one before it is on record and has its place. */
const recorded = ({ name, process, through }: Pick<Way, "name" | "process"> & { readonly through: string }): Scenario.Scenario => ({
  name,
  shows: `sends through ${through}, each when the one before it is on record, while a vendor holds the first one: in order`,
  full: { times: 10, seconds: 0 },
  short: { times: 2, seconds: 0 },
  run: (stage, { times }) =>
    Effect.gen(function*() {
      const world = yield* World.make(stage, { processes: 3, latency: 5, reports: false })
      yield* World.balanced(world)
      const client = yield* Client.make(world)
      const running = Effect.map(
        world.database.rows("SELECT count(*) AS many FROM interline_deliveries WHERE place = 'running'"),
        ([row]) => Number(row?.["many"])
      )
      for (let conversation = 0; conversation < times; conversation++) {
        const hold = yield* world.vendors.hold("before", (arrival) => arrival.conversation === conversation)
        const sends: Array<Fiber.Fiber<Client.Sent>> = []
        for (let number = 0; number <= waiting; number++) {
          sends.push(yield* Effect.fork(client.send({ conversation, number }, { process: process(conversation, number), isKeyed: true })))
          if (number === 0) yield* hold.come
          else yield* Effect.repeat(Effect.delay(running, "20 millis"), { until: (many) => many > number })
        }
        yield* hold.release
        yield* Fiber.joinAll(sends)
      }
      const verdict = yield* Judge.judge(world, client)
      return { figures: Scenario.verdicts([verdict]), evidence: Scenario.evidence([verdict]) }
    })
})

export const scenarios: ReadonlyArray<Scenario.Scenario> = [
  ...ways.map(scenario),
  recorded({ name: "order-recorded", through: "two processes in turn", process: (_, number) => number % 2 }),
  recorded({ name: "order-recorded-one", through: "one of three processes", process: () => 0 }),
  takeover
]
