/** What is one for all processes: who looks for a held send, and what is known of a line that fails. */
import * as Effect from "effect/Effect"
import * as Client from "../client.ts"
import * as Judge from "../judge.ts"
import * as Message from "../message.ts"
import * as Scenario from "../scenario.ts"
import * as World from "../world.ts"

/** How many requests of looks are waited for each time. */
const enough = 5

/** How long something is waited for at most, in milliseconds. */
const patience = 60_000

const until = (holds: () => boolean): Effect.Effect<void> => {
  const since = performance.now()
  return Effect.repeat(Effect.sleep("100 millis"), { until: () => holds() || performance.now() - since > patience })
}

const looks: Scenario.Scenario = {
  name: "held-looks",
  shows:
    "a held send in three processes that look each second: one of them asks the vendor for it, and another one after the end of that one",
  full: { times: 5, seconds: 0 },
  short: { times: 1, seconds: 0 },
  run: (stage, { times }) =>
    Effect.gen(function*() {
      const program = yield* stage.looking
      const world = yield* World.make(stage, {
        processes: 3,
        reports: false,
        policy: { prefer: ["sendblue"], rules: [], reconcile: { every: "100 millis", within: "500 millis" } },
        program: () => program,
        // else lists are read at the start too
        variables: { INTERLINE_CATCH_UP: "off" }
      })
      const client = yield* Client.make(world)
      const asking: Array<number> = []
      for (let conversation = 0; conversation < times; conversation++) {
        yield* World.balanced(world)
        const options = { process: 0, isKeyed: false }
        yield* client.send({ conversation, number: 0 }, options)
        yield* world.sandbox.network.addFault({ vendor: "sendblue", kind: "reset-before", match: { method: "POST" } })
        yield* client.send({ conversation, number: 1 }, options)
        const person = encodeURIComponent(Message.handle(conversation))
        /** The processes that look from now on, when there were enough looks. */
        const round = Effect.gen(function*() {
          const before = world.vendors.reads.length
          const own = () => world.vendors.reads.slice(before).filter(({ url }) => url.includes(person))
          yield* until(() => own().length >= enough)
          return new Set(own().map(({ process }) => process))
        })
        const first = yield* round
        const [owner = 0] = first
        yield* world.process(owner).kill
        const next = yield* round
        asking.push(first.size, next.size, ...(next.has(owner) ? [2] : []))
        yield* world.process(owner).start
      }
      const verdict = yield* Judge.judge(world, client)
      return {
        figures: [
          ...Scenario.verdicts([verdict]),
          { what: "processes that look for a held send, least", value: Math.min(...asking), atLeast: 1 },
          { what: "processes that look for a held send, most", value: Math.max(...asking), atMost: 1 }
        ],
        evidence: Scenario.evidence([verdict])
      }
    })
}

/** How many people are written to. Each process has some of the conversations. */
const people = Array.from({ length: 24 }, (_, index) => index)

interface Ready {
  readonly lines: ReadonlyArray<{ readonly carrierId: string; readonly state: string }>
}

const breaker: Scenario.Scenario = {
  name: "line-breaker",
  shows: "a line that fails at one of three processes rests in all of them, and still does when each of them was killed once",
  full: { times: 1, seconds: 0 },
  short: { times: 1, seconds: 0 },
  run: (stage) =>
    Effect.gen(function*() {
      const world = yield* World.make(stage, {
        processes: 3,
        latency: 5,
        reports: false,
        policy: {
          prefer: ["linq", "sendblue"],
          rules: [],
          breaker: { failures: 2, window: "5 minutes", openFor: "30 minutes", maxOpenFor: "30 minutes" },
          reconcile: { every: "100 millis", within: "500 millis" },
          retry: { times: 0 }
        }
      })
      yield* World.balanced(world)
      const client = yield* Client.make(world)
      const { vendors } = world
      const write = (number: number, to: ReadonlyArray<number>) =>
        Effect.forEach(to, (conversation) => client.send({ conversation, number }, { process: conversation % 3, isKeyed: false }), {
          concurrency: 8,
          discard: true
        })
      /** How many of the messages with a number came to the vendor. */
      const cameTo = (vendor: string, number: number) =>
        vendors.arrivals.filter((arrival) => arrival.vendor === vendor && arrival.number === number).length
      const rests = ({ url }: (typeof world.processes)[number]) =>
        Effect.promise(async () => {
          const answer = await fetch(`${url}/readyz`)
          const { lines } = await answer.json() as Ready
          return lines.some(({ carrierId, state }) => carrierId === "linq" && state === "open")
        })
      const written = Effect.map(
        world.database.rows("SELECT state FROM interline_lines WHERE carrier_id = 'linq'"),
        ([row]) => String(row?.["state"]).includes("\"Open\"")
      )
      const eventually = (what: Effect.Effect<boolean>) =>
        Effect.timeoutOption(Effect.repeat(Effect.delay(what, "100 millis"), { until: (holds) => holds }), patience)

      yield* write(0, people)
      yield* world.sandbox.network.addFault({
        vendor: "linq",
        kind: "5xx-before",
        status: 503,
        match: { method: "POST" },
        times: "forever"
      })
      const owners = new Map(vendors.arrivals.map(({ conversation, process }) => [conversation, process]))
      const one = owners.get(people[0] ?? 0)
      // it is only this process that sees it fail
      yield* write(1, people.filter((conversation) => owners.get(conversation) === one).slice(0, 3))
      yield* eventually(Effect.map(Effect.forEach(world.processes, rests), (all) => all.every((isResting) => isResting)))
      yield* eventually(written)
      yield* write(2, people)
      const before = cameTo("linq", 2)
      for (const each of world.processes) {
        yield* each.kill
        yield* each.start
      }
      yield* World.balanced(world)
      yield* write(3, people)
      const verdict = yield* Judge.judge(world, client)
      return {
        figures: [
          ...Scenario.verdicts([verdict]),
          { what: "tries at the line that fails, before it rests", value: cameTo("linq", 1), atLeast: 2 },
          { what: "tries when it rests", value: before, atMost: 0 },
          { what: "tries when all processes were killed", value: cameTo("linq", 3), atMost: 0 },
          {
            what: "sends by the other vendor, of two to each person",
            value: cameTo("sendblue", 2) + cameTo("sendblue", 3),
            atLeast: 2 * people.length
          }
        ],
        evidence: Scenario.evidence([verdict])
      }
    })
}

export const scenarios: ReadonlyArray<Scenario.Scenario> = [looks, breaker]
