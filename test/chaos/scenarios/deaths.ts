/** A process that is killed: its conversations go on elsewhere, and what it had accepted is finished by another one. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Client from "../client.ts"
import * as Judge from "../judge.ts"
import * as Load from "../load.ts"
import * as Message from "../message.ts"
import * as Scenario from "../scenario.ts"
import * as World from "../world.ts"

/** Keyed sends in every second conversation: who repeats under a key gets the truth, and who does not gets it at most once. */
const isKeyed = (conversation: number) => conversation % 2 === 0

const quantile = (values: ReadonlyArray<number>, share: number): number =>
  [...values].sort((left, right) => left - right)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0

/** How long a client repeats a send, in milliseconds. */
const patience = 150_000

const kill: Scenario.Scenario = {
  name: "kill",
  shows: "kill -9 of one of three processes under load: its conversations go on, and every keyed send gets a true answer",
  full: { times: 20, seconds: 0 },
  short: { times: 1, seconds: 0 },
  run: (stage, { slack = 1, times }) =>
    Effect.gen(function*() {
      // slow vendors, so that sends are under way when it dies
      const world = yield* World.make(stage, { processes: 3, latency: 300 })
      yield* World.balanced(world)
      const client = yield* Client.make(world)
      const end = yield* Load.steady(world, client, { conversations: 24, pause: 700, isKeyed, patience })
      const stalls: Array<ReadonlyArray<number>> = []
      for (let time = 0; time < times; time++) {
        yield* Effect.sleep("4 seconds")
        const victim = world.process(time % 3)
        yield* victim.kill
        stalls.push(yield* Judge.wentOn(world, client, victim.number, performance.now()))
        yield* victim.start
        yield* World.balanced(world)
      }
      yield* end
      const verdict = yield* Judge.judge(world, client)
      return {
        figures: [
          ...Scenario.verdicts([verdict]),
          { what: "conversations that stood still", value: stalls.flat().length },
          { what: "they go on after, p50, s", value: quantile(stalls.flat(), 0.5) / 1000, atMost: (times < 3 ? 16 : 6) * slack },
          { what: "they go on after, longest, s", value: quantile(stalls.flat(), 1) / 1000, atMost: 16 * slack },
          { what: "the last one of a process goes on after, p50, s", value: quantile(stalls.map((all) => Math.max(0, ...all)), 0.5) / 1000 }
        ],
        evidence: Scenario.evidence([verdict])
      }
    })
}

const killInPost: Scenario.Scenario = {
  name: "kill-in-post",
  shows:
    "kill -9 while a vendor has a keyed send and has not answered: its client gets the outcome elsewhere within 20 s, and later sends follow",
  full: { times: 6, seconds: 0 },
  short: { times: 1, seconds: 0 },
  run: (stage, { slack = 1, times }) =>
    Effect.gen(function*() {
      const world = yield* World.make(stage, { processes: 3 })
      const client = yield* Client.make(world)
      const answers: Array<number> = []
      for (let time = 0; time < times; time++) {
        yield* World.balanced(world)
        const conversation = time
        yield* client.send({ conversation, number: 0 }, { process: 0, isKeyed: true })
        const hold = yield* world.vendors.hold(time % 2 === 0 ? "after" : "before", (arrival) =>
          arrival.conversation === conversation && arrival.number === 1)
        const options = { process: 0, isKeyed: true, patience }
        const sending = yield* Effect.fork(client.send({ conversation, number: 1 }, options))
        const arrival = yield* hold.come
        yield* world.process(arrival.process).kill
        const since = performance.now()
        yield* Effect.forkScoped(Effect.delay(hold.release, "2 seconds"))
        const following = yield* Effect.fork(Effect.delay(client.send({ conversation, number: 2 }, { ...options, process: 1 }), "1 second"))
        yield* Fiber.join(sending)
        answers.push(performance.now() - since)
        yield* Fiber.join(following)
        yield* world.process(arrival.process).start
      }
      const verdict = yield* Judge.judge(world, client)
      return {
        figures: [...Scenario.verdicts([verdict]), {
          what: "outcome after, longest, s",
          value: Math.max(...answers) / 1000,
          atMost: 20 * slack
        }],
        evidence: Scenario.evidence([verdict])
      }
    })
}

const silent: Scenario.Scenario = {
  name: "kill-silent",
  shows:
    "kill -9 of a process that has accepted keyed sends and not begun them, and nobody calls again: they leave within 20 s, and who comes back later gets the truth",
  full: { times: 6, seconds: 0 },
  short: { times: 1, seconds: 0 },
  run: (stage, { slack = 1, times }) =>
    Effect.gen(function*() {
      // a report would end the send that keeps the conversation busy; Sendblue can be asked what became of it
      const world = yield* World.make(stage, { processes: 3, reports: false, policy: { prefer: ["sendblue", "linq"], rules: [] } })
      const client = yield* Client.make(world)
      const left: Array<number> = []
      const gone: Array<number> = []
      for (let time = 0; time < times; time++) {
        yield* World.balanced(world)
        const conversation = time
        const waiting = [1, 2, 3]
        // the first one keeps the conversation busy, so that the others wait for their turn
        const hold = yield* world.vendors.hold("after", (arrival) => arrival.conversation === conversation && arrival.number === 0)
        // a client that does not come back
        const options = { process: 0, isKeyed: true, patience: 0 }
        yield* Effect.forkDaemon(client.send({ conversation, number: 0 }, options))
        const { process } = yield* hold.come
        for (const number of waiting) {
          yield* Effect.forkDaemon(client.send({ conversation, number }, { ...options, process }))
          yield* Effect.sleep("50 millis")
        }
        yield* Effect.sleep("2 seconds")
        yield* world.process(process).kill
        const since = performance.now()
        yield* hold.release
        const isOn = (number: number) =>
          Effect.map(world.sandbox.network.phone(Message.handle(conversation)), ({ messages }) =>
            messages.some(({ text }) => text === Message.text({ conversation, number })))
        const areOn = Effect.map(Effect.forEach(waiting, isOn), (found) =>
          found.every((one) => one))
        yield* Effect.repeat(Effect.delay(areOn, "100 millis"), { until: (are) => are || performance.now() - since > 60_000 })
        left.push(performance.now() - since)
        // one that comes back much later
        const returning = client.sent.filter((sent) => sent.conversation === conversation)
        gone.push(yield* Effect.map(Effect.forEach(waiting, isOn), (found) => found.filter((one) => one).length))
        yield* Effect.forEach(returning, (sent) => client.repeat(sent, { ...options, process: (process + 1) % 3, patience: 10_000 }))
        yield* world.process(process).start
      }
      const verdict = yield* Judge.judge(world, client)
      return {
        figures: [
          ...Scenario.verdicts([verdict]),
          { what: "of three, left without a call, least", value: Math.min(...gone), atLeast: 3 },
          { what: "they left after, longest, s", value: Math.max(...left) / 1000, atMost: 20 * slack }
        ],
        evidence: Scenario.evidence([verdict])
      }
    })
}

export const scenarios: ReadonlyArray<Scenario.Scenario> = [kill, killInPost, silent]
