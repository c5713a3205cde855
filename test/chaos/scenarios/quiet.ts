/** What processes cost that do nothing, and clocks that are wrong. */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as LibsqlClient from "@effect/sql-libsql/LibsqlClient"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Client from "../client.ts"
import type * as Database from "../database.ts"
import * as Judge from "../judge.ts"
import * as Load from "../load.ts"
import * as Scenario from "../scenario.ts"
import * as World from "../world.ts"

const rest: Scenario.Scenario = {
  name: "rest",
  shows: "three processes that do nothing: two connections each for the others, and under 3 % of a processor each",
  full: { times: 1, seconds: 70 },
  run: (stage, { seconds }) =>
    Effect.gen(function*() {
      const world = yield* World.make(stage, { processes: 3 })
      yield* World.balanced(world)
      yield* Effect.sleep("5 seconds")
      const before = yield* Effect.forEach(world.processes, ({ cpu }) => cpu)
      const since = performance.now()
      yield* Effect.sleep(`${seconds} seconds`)
      const after = yield* Effect.forEach(world.processes, ({ cpu }) => cpu)
      const passed = performance.now() - since
      const shares = after.map((used, index) => ((used ?? 0) - (before[index] ?? 0)) / passed * 100)
      const connections = (use: Database.Use) =>
        Effect.map(Effect.forEach(world.processes, ({ number }) => world.database.connections(number, use)), (all) => Math.max(...all))
      const memory = yield* Effect.forEach(world.processes, (one) => one.memory)
      return {
        figures: [
          { what: "processor of a process, most, %", value: Math.max(...shares), atMost: 3 },
          { what: "connections of a process, most", value: yield* connections("gateway") },
          { what: "connections of a process for the others, most", value: yield* connections("runner"), atMost: 2 },
          { what: "memory of a process, most, MiB", value: Math.max(...memory.map((one) => one ?? 0)) }
        ],
        evidence: []
      }
    })
}

const clocks: Scenario.Scenario = {
  name: "clocks",
  shows: "three processes whose clocks are two minutes ahead, right, and two minutes behind, with one killed under load",
  full: { times: 3, seconds: 0 },
  short: { times: 1, seconds: 0 },
  run: (stage, { slack = 1, times }) =>
    Effect.gen(function*() {
      const world = yield* World.make(stage, {
        processes: 3,
        latency: 300,
        preload: (process) => ["ahead.mjs", undefined, "behind.mjs"][process]
      })
      yield* World.balanced(world)
      const client = yield* Client.make(world)
      const end = yield* Load.steady(world, client, { conversations: 24, pause: 700, isKeyed: () => true, patience: 150_000 })
      const stalls: Array<number> = []
      for (let time = 0; time < times; time++) {
        yield* Effect.sleep("4 seconds")
        const victim = world.process(time % 3)
        yield* victim.kill
        const since = performance.now()
        stalls.push(Math.max(0, ...(yield* Judge.wentOn(world, client, victim.number, since))))
        yield* victim.start
        yield* World.balanced(world)
      }
      yield* end
      const verdict = yield* Judge.judge(world, client)
      return {
        figures: [
          ...Scenario.verdicts([verdict]),
          { what: "its conversations go on after, longest, s", value: Math.max(...stalls) / 1000, atMost: 16 * slack }
        ],
        evidence: Scenario.evidence([verdict])
      }
    })
}

/** How many tables of the engine are in a file. */
const engineTables = (url: string): Effect.Effect<number> =>
  LibsqlClient.make({ url }).pipe(
    Effect.flatMap((sql) => sql`SELECT name FROM sqlite_master WHERE name LIKE '%cluster%'`),
    Effect.map(({ length }) => length),
    Effect.scoped,
    Effect.provide(Reactivity.layer),
    Effect.orDie
  )

const file: Scenario.Scenario = {
  name: "file",
  shows:
    "a second process on one SQLite file: it is refused with a sentence that names DATABASE_URL; the first one goes on, without a trace of the engine",
  full: { times: 1, seconds: 0 },
  short: { times: 1, seconds: 0 },
  run: (stage) =>
    Effect.gen(function*() {
      const folder = Fs.mkdtempSync(Path.join(stage.logs, "file-"))
      const file = `file:${Path.join(folder, "gateway.db")}`
      const world = yield* World.make(stage, { processes: 2, started: 1, file })
      yield* World.balanced(world)
      const client = yield* Client.make(world)
      const { listens } = world.process(0)
      const { log, start } = world.process(1)
      const second = yield* Effect.exit(start)
      const said = Fs.readFileSync(log, "utf8")
      yield* Effect.forEach([0, 1, 2], (number) => client.send({ conversation: 1, number }, { process: 0, isKeyed: true }), {
        discard: true
      })
      const verdict = yield* Judge.judge(world, client)
      return {
        figures: [
          ...Scenario.verdicts([verdict]),
          { what: "addresses at which the first one listens", value: (yield* listens) ?? 1, atMost: 1 },
          { what: "tables of the engine in the file", value: yield* engineTables(file), atMost: 0 },
          { what: "processes that were refused", value: Exit.isFailure(second) ? 1 : 0, atLeast: 1 },
          { what: "sentences that name DATABASE_URL", value: said.includes("DATABASE_URL") ? 1 : 0, atLeast: 1 }
        ],
        evidence: Scenario.evidence([verdict])
      }
    })
}

export const scenarios: ReadonlyArray<Scenario.Scenario> = [rest, clocks, file]
