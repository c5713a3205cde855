/** A process that is stopped in the middle of its work and goes on later, or never. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Client from "../client.ts"
import * as Judge from "../judge.ts"
import * as Load from "../load.ts"
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
  answerWithin: (conversation: number) => isKeyed(conversation) ? 8_000 : 60_000,
  patience: 90_000
} as const

const freeze: Scenario.Scenario = {
  name: "freeze",
  shows:
    "SIGSTOP of one of three processes under load for 25 s, then SIGCONT: it finds that others have its conversations, and sends nothing",
  full: { times: 3, seconds: 25 },
  short: { times: 1, seconds: 20 },
  run: (stage, { seconds, slack = 1, times }) =>
    Effect.gen(function*() {
      // slow vendors, so that sends are under way when it stops
      const world = yield* World.make(stage, { processes: 3, latency: 200 })
      yield* World.balanced(world)
      const client = yield* Client.behindBalancer(world, isBehind)
      const end = yield* Load.steady(world, client, load)
      const stalls: Array<number> = []
      for (let time = 0; time < times; time++) {
        yield* Effect.sleep("4 seconds")
        const victim = world.process(time % 3)
        yield* victim.freeze
        const since = performance.now()
        yield* Effect.sleep(`${seconds} seconds`)
        stalls.push(Judge.stall(world, client, victim.number, since, isBehind))
        yield* victim.thaw
        yield* World.balanced(world)
      }
      yield* end
      const verdict = yield* Judge.judge(world, client)
      return {
        figures: [
          ...Scenario.verdicts([verdict]),
          { what: "its conversations with keys go on after, longest, s", value: Math.max(...stalls) / 1000, atMost: 20 * slack },
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
      const since = performance.now()
      yield* Effect.sleep(`${seconds} seconds`)
      const stalled = Judge.stall(world, client, victim.number, since, isBehind)
      yield* victim.kill
      yield* end
      const verdict = yield* Judge.judge(world, client)
      return {
        figures: [...Scenario.verdicts([verdict]), {
          what: "its conversations with keys go on after, longest, s",
          value: stalled / 1000,
          atMost: 20
        }],
        evidence: Scenario.evidence([verdict])
      }
    })
}

/**
 * One send after the other; its process stands still after it wrote the delivery down, the first time after one write, the next time after
 * two, and so on. Another process takes the delivery up meanwhile. Sendblue has no keys, so nobody but us prevents a second copy.
 */
const stop = (stage: Stage.Stage, { seconds, times }: Scenario.Length, program?: string) =>
  Effect.gen(function*() {
    const world = yield* World.make(stage, {
      processes: 3,
      preload: () => "freeze.mjs",
      policy: { prefer: ["sendblue"], rules: [] },
      program: () => program
    })
    yield* World.balanced(world)
    const client = yield* Client.make(world)
    const options = { isKeyed: true, answerWithin: 3_000, patience: 60_000 }
    const asked: Array<number> = []
    for (let write = 1; write <= times; write++) {
      const conversation = write
      yield* client.send({ conversation, number: 0 }, { ...options, process: 0 })
      const owner = world.vendors.arrivals.find((arrival) => arrival.conversation === conversation)?.process ?? 0
      const victim = world.process(owner)
      const freezing = yield* Effect.fork(victim.freezeAfter(write))
      const sending = yield* Effect.fork(client.send({ conversation, number: 1 }, { ...options, process: owner }))
      yield* Effect.timeoutOption(Fiber.join(freezing), "10 seconds")
      asked.push(world.vendors.arrivals.filter((arrival) => arrival.conversation === conversation && arrival.number === 1).length)
      yield* Effect.sleep(`${seconds} seconds`)
      yield* victim.thaw
      yield* Fiber.join(sending)
      yield* client.send({ conversation, number: 2 }, { ...options, process: owner })
      yield* World.balanced(world)
    }
    const before = { what: "stood still before the vendor was asked", value: asked.filter((many) => many === 0).length, atLeast: 1 }
    return { verdict: yield* Judge.judge(world, client), before }
  })

const freezeInSend: Scenario.Scenario = {
  name: "freeze-in-send",
  shows:
    "a process stands still just after it wrote a delivery down and before it asks the vendor, while another one takes the delivery up",
  full: { times: 3, seconds: 25 },
  short: { times: 1, seconds: 20 },
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
  run: (stage, length) =>
    Effect.gen(function*() {
      const { before, verdict } = yield* stop(stage, length, yield* stage.unfenced)
      return {
        figures: [before, { what: "copies too many", value: verdict.counts.copies, atLeast: 1 }],
        evidence: Scenario.evidence([verdict])
      }
    })
}

const cutOff: Scenario.Scenario = {
  name: "cut-off",
  shows:
    "a process whose way to the database is cut for 40 s, while its connections stay open: its conversations go on elsewhere, and it comes back",
  full: { times: 2, seconds: 40 },
  run: (stage, { seconds, times }) =>
    Effect.gen(function*() {
      const world = yield* World.make(stage, { processes: 3, latency: 200 })
      yield* World.balanced(world)
      const client = yield* Client.behindBalancer(world, isBehind)
      const end = yield* Load.steady(world, client, load)
      const stalls: Array<number> = []
      for (let time = 0; time < times; time++) {
        yield* Effect.sleep("4 seconds")
        const way = world.ways[time % 3]
        if (way === undefined) return yield* Effect.dieMessage("there is no way")
        yield* way.cut
        const since = performance.now()
        yield* Effect.sleep(`${seconds} seconds`)
        stalls.push(Judge.stall(world, client, time % 3, since, isBehind))
        yield* way.mend
        yield* World.balanced(world)
      }
      yield* end
      const verdict = yield* Judge.judge(world, client)
      return {
        figures: [
          ...Scenario.verdicts([verdict]),
          { what: "its conversations with keys go on after, longest, s", value: Math.max(...stalls) / 1000, atMost: 20 },
          { what: "processes at the end", value: world.processes.filter(({ pid }) => pid() > 0).length, atLeast: 3 }
        ],
        evidence: Scenario.evidence([verdict])
      }
    })
}

export const scenarios: ReadonlyArray<Scenario.Scenario> = [freeze, freezeInSend, unfenced, vanish, cutOff]
