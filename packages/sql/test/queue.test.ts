/** A queue over a table in memory, by the clock of the test. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as Queue from "../src/queues/Queue.ts"

interface Row extends Queue.Row {
  readonly text: string
}

interface Stored {
  readonly id: number
  readonly text: string
  attempts: number
  dueAt: number | undefined
}

/** What processes share: rows with a time from which each is due. */
const makeTable = () => {
  const stored: Array<Stored> = []
  const own = (rows: ReadonlyArray<Row>, change: (row: Stored, now: number) => void) =>
    Effect.map(Clock.currentTimeMillis, (now) =>
      stored.forEach((row) => {
        if (rows.some(({ attempts, id }) => id === row.id && attempts === row.attempts)) change(row, now)
      }))
  return {
    put: (...texts: ReadonlyArray<string>) =>
      Effect.map(
        Clock.currentTimeMillis,
        (now) => texts.forEach((text) => stored.push({ id: stored.length + 1, text, attempts: 0, dueAt: now }))
      ),
    take: (most: number) =>
      Effect.map(
        Clock.currentTimeMillis,
        (now) =>
          stored.filter(({ dueAt }) => dueAt !== undefined && dueAt <= now).slice(0, most).map((row): Row => {
            row.attempts += 1
            row.dueAt = now + Queue.lease
            return { id: row.id, attempts: row.attempts, text: row.text }
          })
      ),
    renew: (rows: ReadonlyArray<Row>) =>
      own(rows, (row, now) => {
        if (row.dueAt !== undefined) row.dueAt = now + Queue.lease
      }),
    end: (rows: ReadonlyArray<Row>) =>
      own(rows, (row) => {
        row.dueAt = undefined
      }),
    putOff: (rows: ReadonlyArray<Row>, millis: number) =>
      own(rows, (row, now) => {
        row.dueAt = now + millis
      }),
    isWaiting: Effect.sync(() => stored.some(({ dueAt }) => dueAt !== undefined))
  }
}

type Table = ReturnType<typeof makeTable>

/** Lets every fiber do what it can do without the clock. */
const settle = Effect.repeatN(Effect.yieldNow(), 100)

const pass = (seconds: number) => Effect.repeatN(Effect.zipRight(TestClock.adjust("1 second"), settle), seconds - 1)

interface Options {
  /** How many rows are worked side by side. */
  readonly abreast?: number
  readonly pollEvery?: number
  readonly work: (row: Row) => Effect.Effect<void, unknown>
}

/** A process that works the table off; each row is a job. */
const process = (table: Table, { abreast = 1, pollEvery = 1_000, work }: Options) =>
  Queue.make<Row, number>({
    table,
    allow: (inHand) => {
      const free = abreast - Array.from(inHand).length
      return free > 0 ? free : undefined
    },
    prepare: (rows) => Effect.succeed(rows.map((row) => ({ rows: [row], run: work(row) }))),
    pollEvery,
    complaint: "the table cannot be used"
  })

/** Work that is done at once, and what was worked. */
const recording = (table: Table) => {
  const worked: Array<string> = []
  return {
    worked,
    work: (row: Row) => Effect.zipRight(Effect.sync(() => worked.push(`${row.text} ${row.attempts}`)), table.end([row]))
  }
}

describe("a queue", () => {
  it.scoped("works what waits in its order, and ends it", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const { work, worked } = recording(table)
      yield* table.put("a", "b", "c")
      const queue = yield* process(table, { work })
      yield* queue.idle
      deepStrictEqual(worked, ["a 1", "b 1", "c 1"])
    }))

  it.scoped("looks at once when it is woken, and else when it polls", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const { work, worked } = recording(table)
      const queue = yield* process(table, { work, pollEvery: 10_000 })
      yield* settle
      yield* table.put("a")
      yield* pass(9)
      deepStrictEqual(worked, [], "nobody said that a row was put")
      yield* pass(1)
      deepStrictEqual(worked, ["a 1"])
      yield* table.put("b")
      yield* queue.wake
      yield* settle
      deepStrictEqual(worked, ["a 1", "b 1"])
    }))

  it.scoped("sees a row that is put while it looks", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const { work, worked } = recording(table)
      const looks = yield* Effect.makeLatch(false)
      const queue = yield* process({ ...table, take: (most) => Effect.zipLeft(table.take(most), looks.await) }, { work, pollEvery: 60_000 })
      yield* settle
      yield* table.put("a")
      yield* queue.wake
      yield* looks.open
      yield* settle
      deepStrictEqual(worked, ["a 1"])
    }))

  it.scoped("gives each row to one of two processes", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const { work, worked } = recording(table)
      const slow = (row: Row) => Effect.zipRight(Effect.sleep("1 second"), work(row))
      yield* table.put("a", "b", "c", "d")
      yield* process(table, { work: slow })
      yield* process(table, { work: slow })
      yield* pass(2)
      deepStrictEqual(worked.toSorted(), ["a 1", "b 1", "c 1", "d 1"], "two at a time")
    }))

  it.scoped("leaves the row of a process that died to another one, when its lease is over", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const { work, worked } = recording(table)
      yield* table.put("a")
      const scope = yield* Scope.make()
      yield* Scope.extend(process(table, { work: () => Effect.interruptible(Effect.never) }), scope)
      yield* settle
      yield* Scope.close(scope, Exit.void)
      yield* process(table, { work })
      yield* pass(59)
      deepStrictEqual(worked, [], "it may be at work still")
      yield* pass(2)
      deepStrictEqual(worked, ["a 2"])
    }))

  it.scoped("renews the lease of work that lasts longer", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const { work, worked } = recording(table)
      yield* table.put("a")
      yield* process(table, { work: (row) => Effect.zipRight(Effect.sleep("5 minutes"), work(row)) })
      yield* settle
      const other = recording(table)
      const queue = yield* process(table, { work: other.work })
      yield* pass(301)
      yield* queue.idle
      deepStrictEqual([worked, other.worked], [["a 1"], []])
    }))

  it.scoped("leaves work that never ends to another process after a while", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const { work, worked } = recording(table)
      yield* table.put("a")
      yield* process(table, { work: () => Effect.interruptible(Effect.never) })
      yield* settle
      yield* process(table, { work })
      yield* pass(9 * 60)
      deepStrictEqual(worked, [])
      yield* pass(3 * 60)
      deepStrictEqual(worked, ["a 2"])
    }))

  it.scoped("finishes what it has in hand when it ends, and takes nothing more", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const { work, worked } = recording(table)
      yield* table.put("a", "b")
      const scope = yield* Scope.make()
      const begun = yield* Deferred.make<void>()
      const slow = (row: Row) => Effect.zipRight(Deferred.succeed(begun, undefined), Effect.zipRight(Effect.sleep("3 seconds"), work(row)))
      yield* Scope.extend(process(table, { work: slow }), scope)
      yield* Deferred.await(begun)
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* pass(3)
      yield* Fiber.join(closing)
      yield* pass(5)
      deepStrictEqual(worked, ["a 1"])
    }))

  it.scoped("goes on after a failure, and says that there was one", () =>
    Effect.gen(function*() {
      const said: Array<unknown> = []
      const logger = Logger.make(({ message }) => said.push(message))
      const table = makeTable()
      const { work, worked } = recording(table)
      yield* table.put("bad", "good")
      yield* process(table, { work: (row) => row.text === "bad" ? Effect.fail("no") : work(row) }).pipe(
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      yield* pass(1)
      deepStrictEqual([worked, said], [["good 1"], [["the table cannot be used"]]])
    }))

  it.scoped("waits until other processes have nothing in hand either", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const { work } = recording(table)
      yield* table.put("a")
      yield* process(table, { work: (row) => Effect.zipRight(Effect.sleep("2 seconds"), work(row)) })
      yield* settle
      const queue = yield* process(table, { work })
      const idle = yield* Effect.fork(queue.idle)
      yield* pass(1)
      strictEqual(Option.isNone(yield* Fiber.poll(idle)), true)
      yield* pass(2)
      strictEqual(Option.isSome(yield* Fiber.poll(idle)), true)
    }))
})

describe("a row that fails", () => {
  it.effect("waits by the list, and is given up after it", () =>
    Effect.gen(function*() {
      const waits = yield* Effect.forEach([1, 2, 3], (attempts) => Queue.waitAfter({ waits: ["1 second", 4_000] }, attempts))
      deepStrictEqual(waits, [Option.some(1_000), Option.some(4_000), Option.none()])
    }))

  it.effect("does not come back together with others", () =>
    Effect.gen(function*() {
      const waits = yield* Effect.replicateEffect(Queue.waitAfter({ waits: [10_000], jitter: 0.2 }, 1), 100)
      const millis = waits.map(Option.getOrThrow)
      strictEqual(millis.every((wait) => wait >= 8_000 && wait <= 12_000), true)
      strictEqual(new Set(millis).size > 90, true)
    }).pipe(Effect.withRandom(Random.make("jitter"))))
})
