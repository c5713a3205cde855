/** What holds for a line holds over all processes and over their ends: its pace, and how many people it writes to first. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Client from "../client.ts"
import * as Judge from "../judge.ts"
import * as Scenario from "../scenario.ts"
import * as World from "../world.ts"

const perSecond = 10
/** What a process may have been promised for a line when its owner changes. */
const batch = 50

const pace: Scenario.Scenario = {
  name: "line-pace",
  shows: "a line of 10 sends a second over three processes that are asked for more, with each process killed once: no more than that",
  full: { times: 1, seconds: 60 },
  short: { times: 1, seconds: 15 },
  run: (stage, { seconds, slack = 1 }) =>
    Effect.gen(function*() {
      const world = yield* World.make(stage, {
        processes: 3,
        latency: 10,
        policy: { prefer: ["linq"], rules: [], carriers: { linq: { perSecond } }, maxWait: "3 seconds" }
      })
      yield* World.balanced(world)
      const client = yield* Client.make(world)
      const since = performance.now()
      const isOver = () => performance.now() - since > seconds * 1000
      const sends: Array<Fiber.Fiber<Client.Sent>> = []
      const sending = yield* Effect.fork(Effect.gen(function*() {
        for (let conversation = 0; !isOver(); conversation++) {
          sends.push(
            yield* Effect.forkDaemon(
              client.send({ conversation, number: 0 }, { process: conversation % 3, isKeyed: conversation % 2 === 0 })
            )
          )
          yield* Effect.sleep(1000 / (2 * perSecond))
        }
      }))
      // whichever process has the line is killed once
      for (const one of world.processes) {
        yield* Effect.sleep(`${seconds / 5} seconds`)
        yield* one.kill
        yield* one.start
      }
      yield* Fiber.join(sending)
      const asked = performance.now() - since
      const came = world.vendors.arrivals.filter(({ at }) => at - since <= asked).length
      yield* Fiber.joinAll(sends)
      const verdict = yield* Judge.judge(world, client)
      const allowed = Math.ceil(perSecond * asked / 1000)
      return {
        figures: [
          ...Scenario.verdicts([verdict]),
          { what: `at the vendor in ${seconds} s`, value: came, atLeast: (allowed - batch) / slack, atMost: allowed + batch }
        ],
        evidence: Scenario.evidence([verdict])
      }
    })
}

const cap = 12

const contacts: Scenario.Scenario = {
  name: "line-contacts",
  shows: `a line that may write to ${cap} new people an hour, over three processes that are all replaced in between: ${cap} people`,
  full: { times: 1, seconds: 0 },
  short: { times: 1, seconds: 0 },
  run: (stage) =>
    Effect.gen(function*() {
      const world = yield* World.make(stage, {
        processes: 3,
        latency: 10,
        policy: {
          prefer: ["linq"],
          rules: [],
          carriers: { linq: { newContactsPerHour: cap, newContactsPerDay: cap } },
          maxWait: "1 second"
        }
      })
      yield* World.balanced(world)
      const client = yield* Client.make(world)
      const write = (from: number) =>
        Effect.forEach(
          Array.from({ length: 18 }, (_, index) => from + index),
          (conversation) => client.send({ conversation, number: 0 }, { process: conversation % 3, isKeyed: conversation % 2 === 0 }),
          { concurrency: 6, discard: true }
        )
      yield* write(0)
      for (const one of world.processes) {
        yield* one.kill
        yield* one.start
      }
      yield* World.balanced(world)
      yield* write(100)
      const verdict = yield* Judge.judge(world, client)
      return {
        figures: [
          ...Scenario.verdicts([verdict]),
          {
            what: "people that were written to",
            value: new Set(world.vendors.arrivals.map(({ conversation }) => conversation)).size,
            atLeast: cap,
            atMost: cap
          }
        ],
        evidence: Scenario.evidence([verdict])
      }
    })
}

export const scenarios: ReadonlyArray<Scenario.Scenario> = [pace, contacts]
