/** A process that is stopped in the middle of its work and goes on later, or never. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Client from "../client.ts"
import * as Judge from "../judge.ts"
import * as Load from "../load.ts"
import type * as Relay from "../relay.ts"
import * as Scenario from "../scenario.ts"
import type * as Stage from "../stage.ts"
import * as World from "../world.ts"

const isKeyed = (conversation: number) => conversation % 2 === 0

/**
 * Conversations with keys whose requests come through a balancer. Only they tell how long a conversation stands still: one that asks the process that
 * is in trouble waits for that process, and not for its conversation.
 */
const isBehind = (conversation: number) => isKeyed(conversation) && conversation % 8 !== 0

/**
 * A client with a key goes to another process when an answer takes long, and comes back under its key until it knows. One without a key
 * can only wait. Many conversations, so that much waits for the process that stands still.
 */
const load = {
  conversations: 48,
  pause: 1_200,
  isKeyed,
  answerWithin: (conversation: number) => isKeyed(conversation) ? 8_000 : 150_000,
  patience: 90_000
} as const

/** The longest wait in a short run until other processes have taken over, in milliseconds. */
const longestTakeover = 60_000

/** Whether the other processes have all shards. */
const areTaken = (world: World.World, process: number): Effect.Effect<boolean> =>
  Effect.map(
    Effect.forEach(world.processes.filter(({ number }) => number !== process), World.shardsOf),
    (all) => all.reduce<number>((sum, shards) => sum + (shards ?? 0), 0) === World.shards
  )

/**
 * The trouble of a process lasts as long as it should, or, without a time, until others have its shards, and its conversations have gone on that do not
 * wait for the process itself. The result is how many have not, and how long it took.
 */
const last = (world: World.World, client: Client.Client, process: number, seconds: number) =>
  Effect.gen(function*() {
    const since = performance.now()
    const standing = () => Judge.standing(world, client, process, since, isBehind)
    const isOver = seconds > 0
      ? Effect.sync(() => performance.now() - since > seconds * 1000)
      : Effect.map(areTaken(world, process), (are) => are && standing() === 0)
    yield* Effect.repeat(Effect.delay(isOver, "250 millis"), { until: (is) => is || performance.now() - since > longestTakeover })
    return { standing: standing(), stall: Judge.stall(world, client, process, since, isBehind) }
  })

/** What became of the conversations of a process in trouble while it lasted. */
const takeovers = (
  all: ReadonlyArray<{ readonly standing: number; readonly stall: number }>,
  slack: number
): ReadonlyArray<Scenario.Figure> => [
  { what: "its conversations with keys that nobody took over", value: all.reduce((sum, { standing }) => sum + standing, 0), atMost: 0 },
  { what: "they go on after, longest, s", value: Math.max(...all.map(({ stall }) => stall)) / 1000, atMost: 20 * slack }
]

const freeze: Scenario.Scenario = {
  name: "freeze",
  shows:
    "SIGSTOP of one of three processes under load for 25 s, then SIGCONT: it finds that others have its conversations, and sends nothing",
  full: { times: 3, seconds: 25 },
  short: { times: 1, seconds: 0 },
  run: (stage, { seconds, slack = 1, times }) =>
    Effect.gen(function*() {
      // slow vendors, so that sends are under way when it stops
      const world = yield* World.make(stage, { processes: 3, latency: 200 })
      yield* World.balanced(world)
      const client = yield* Client.behindBalancer(world, isBehind)
      const end = yield* Load.steady(world, client, load)
      const lasted: Array<Effect.Effect.Success<ReturnType<typeof last>>> = []
      for (let time = 0; time < times; time++) {
        yield* Effect.sleep("4 seconds")
        const victim = world.process(time % 3)
        yield* victim.freeze
        lasted.push(yield* last(world, client, victim.number, seconds))
        yield* victim.thaw
        yield* World.balanced(world)
      }
      yield* end
      const verdict = yield* Judge.judge(world, client)
      return {
        figures: [
          ...Scenario.verdicts([verdict]),
          ...takeovers(lasted, slack),
          { what: "processes at the end", value: world.processes.filter(({ pid }) => pid() > 0).length, atLeast: 3 }
        ],
        evidence: Scenario.evidence([verdict])
      }
    })
}

const vanish: Scenario.Scenario = {
  name: "vanish",
  shows: "SIGSTOP without an end, as of a machine that is gone and whose connections stay open: its conversations go on elsewhere",
  full: { times: 1, seconds: 40 },
  run: (stage, { seconds }) =>
    Effect.gen(function*() {
      const world = yield* World.make(stage, { processes: 3, latency: 200 })
      yield* World.balanced(world)
      const client = yield* Client.behindBalancer(world, isBehind)
      const end = yield* Load.steady(world, client, load)
      yield* Effect.sleep("4 seconds")
      const victim = world.process(0)
      yield* victim.freeze
      const lasted = yield* last(world, client, victim.number, seconds)
      yield* victim.kill
      yield* end
      const verdict = yield* Judge.judge(world, client)
      return { figures: [...Scenario.verdicts([verdict]), ...takeovers([lasted], 1)], evidence: Scenario.evidence([verdict]) }
    })
}

/**
 * One send after the other; its process stands still after it wrote the delivery down, the first time after one write, the next time after
 * two, and so on. Another process takes the delivery up meanwhile: after 15 s, or, without a time, at once, because it is told that the process is gone.
 * Sendblue has no keys, so nobody but us prevents a second copy.
 */
const stop = (stage: Stage.Stage, { seconds, times }: Scenario.Length, program?: string) =>
  Effect.gen(function*() {
    const world = yield* World.make(stage, {
      processes: 3,
      preload: () => "freeze.mjs",
      policy: { prefer: ["sendblue"], rules: [] },
      program: () => program
    })
    const client = yield* Client.make(world)
    const options = { isKeyed: true, answerWithin: 3_000, patience: 60_000 }
    const asked: Array<number> = []
    for (let write = 1; write <= times; write++) {
      yield* World.balanced(world)
      const conversation = write
      yield* client.send({ conversation, number: 0 }, { ...options, process: 0 })
      const owner = world.vendors.arrivals.find((arrival) => arrival.conversation === conversation)?.process ?? 0
      const victim = world.process(owner)
      const address = yield* World.addressOf(victim)
      const freezing = yield* Effect.fork(victim.freezeAfter(write))
      const sending = yield* Effect.fork(client.send({ conversation, number: 1 }, { ...options, process: owner }))
      yield* Effect.timeoutOption(Fiber.join(freezing), "10 seconds")
      const asking = () => world.vendors.arrivals.filter((arrival) => arrival.conversation === conversation && arrival.number === 1)
      asked.push(asking().length)
      if (seconds > 0) yield* Effect.sleep(`${seconds} seconds`)
      else {
        yield* World.giveUp(world, victim, address)
        yield* Effect.repeat(Effect.sleep("100 millis"), { until: () => asking().some(({ process }) => process !== owner) }).pipe(
          Effect.timeoutOption("20 seconds")
        )
      }
      yield* victim.thaw
      yield* Fiber.join(sending)
      yield* client.send({ conversation, number: 2 }, { ...options, process: owner })
    }
    const before = { what: "stood still before the vendor was asked", value: asked.filter((many) => many === 0).length, atLeast: 1 }
    return { verdict: yield* Judge.judge(world, client), before }
  })

const freezeInSend: Scenario.Scenario = {
  name: "freeze-in-send",
  shows:
    "a process stands still just after it wrote a delivery down and before it asks the vendor, while another one takes the delivery up",
  full: { times: 3, seconds: 25 },
  short: { times: 1, seconds: 0 },
  run: (stage, length) =>
    Effect.map(stop(stage, length), ({ before, verdict }) => ({
      figures: [...Scenario.verdicts([verdict]), before],
      evidence: Scenario.evidence([verdict])
    }))
}

const unfenced: Scenario.Scenario = {
  name: "freeze-unfenced",
  shows: "the same without the fence of the ledger: somebody gets a text twice, so the scenario before shows something",
  full: { times: 3, seconds: 25 },
  short: { times: 1, seconds: 0 },
  run: (stage, length) =>
    Effect.gen(function*() {
      const { before, verdict } = yield* stop(stage, length, yield* stage.unfenced)
      return {
        figures: [before, { what: "copies too many", value: verdict.counts.copies, atLeast: 1 }],
        evidence: Scenario.evidence([verdict])
      }
    })
}

/** What happens to the way of a process to the database, and what ends it. Undefined: the process comes back by itself. */
interface Cut {
  readonly name: string
  readonly shows: string
  readonly happens: (way: Relay.Relay) => Effect.Effect<void>
  readonly ends: ((way: Relay.Relay) => Effect.Effect<void>) | undefined
}

const cuts: ReadonlyArray<Cut> = [
  {
    name: "cut-off",
    shows:
      "a process whose way to the database is cut for 40 s, while its connections stay open: its conversations go on elsewhere, and it comes back",
    happens: ({ cut }) => cut,
    ends: ({ mend }) => mend
  },
  {
    name: "cut-old",
    shows:
      "a process whose connections to the database are dead and stay open, while new ones work: its conversations go on elsewhere, and it comes back by itself",
    happens: ({ forget }) => forget,
    ends: undefined
  }
]

const cutOff = ({ ends, happens, name, shows }: Cut): Scenario.Scenario => ({
  name,
  shows,
  full: { times: 2, seconds: 40 },
  short: { times: 1, seconds: 0 },
  run: (stage, { seconds, slack = 1, times }) =>
    Effect.gen(function*() {
      const world = yield* World.make(stage, { processes: 3, latency: 200 })
      yield* World.balanced(world)
      const client = yield* Client.behindBalancer(world, isBehind)
      // a short run asks for little, so that what it counts does not depend on how busy the machine is
      const end = yield* Load.steady(world, client, seconds > 0 ? load : { ...load, conversations: 24 })
      const lasted: Array<Effect.Effect.Success<ReturnType<typeof last>>> = []
      for (let time = 0; time < times; time++) {
        yield* Effect.sleep("4 seconds")
        const way = world.ways[time % 3]
        if (way === undefined) return yield* Effect.dieMessage("there is no way")
        yield* happens(way)
        lasted.push(yield* last(world, client, time % 3, seconds))
        yield* ends?.(way) ?? Effect.void
        yield* World.balanced(world)
      }
      yield* end
      const verdict = yield* Judge.judge(world, client)
      return {
        figures: [
          ...Scenario.verdicts([verdict]),
          ...takeovers(lasted, slack),
          { what: "processes at the end", value: world.processes.filter(({ pid }) => pid() > 0).length, atLeast: 3 }
        ],
        evidence: Scenario.evidence([verdict])
      }
    })
})

export const scenarios: ReadonlyArray<Scenario.Scenario> = [freeze, freezeInSend, unfenced, vanish, ...cuts.map(cutOff)]
