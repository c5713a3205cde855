/** A queue over a table in memory, by the clock of the test. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Ownership } from "@interline/router/Ownership"
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
  readonly shard: number
  readonly lane: string | null
  attempts: number
  unfinished: number
  dueAt: number | undefined
  deadFor: string | undefined
}

/** What processes share: rows with a time from which each is due. A text is `lane:name`, and an even lane has the shard 2. */
const makeTable = () => {
  const stored: Array<Stored> = []
  let pausedAt: number | undefined
  let writes = 0
  const change = (rows: ReadonlyArray<Row>, apply: (row: Stored, now: number) => void) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      writes += 1
      stored.forEach((row) => {
        if (row.dueAt !== undefined && rows.some(({ id }) => id === row.id)) apply(row, now)
      })
    })
  const end = (row: Stored) => {
    row.dueAt = undefined
    row.attempts += 1
    row.unfinished = 0
  }
  const revive = (row: Stored, now: number) => Object.assign(row, { deadFor: undefined, dueAt: now, attempts: 0 })
  const table: Queue.Table<Row, number> = {
    take: (most, { ids, lanes, owned }) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const isWaiting = ({ dueAt }: Stored) => dueAt !== undefined
        const isFree = ({ dueAt, id, lane, shard }: Stored) =>
          dueAt !== undefined && dueAt <= now && !ids.includes(id) && (lane === null || !lanes.includes(lane)) &&
          (owned?.has(shard) ?? true) &&
          !stored.some((other) => isWaiting(other) && lane !== null && other.lane === lane && other.id < id && (other.dueAt ?? 0) > now)
        return pausedAt !== undefined ? [] : stored.filter(isFree).slice(0, most).map((row): Row => ({
          id: row.id,
          text: row.text,
          shard: row.shard,
          lane: row.lane,
          attempts: row.attempts + 1,
          unfinished: row.unfinished
        }))
      }),
    newest: Effect.sync(() => stored.length),
    begin: (rows) => change(rows, (row) => void (row.unfinished += 1)),
    clear: (rows) => change(rows, (row) => void (row.unfinished = 0)),
    finish: (rows) => change(rows, end),
    leaveOut: (rows) => change(rows, end),
    putOff: (rows, millis) =>
      change(rows, (row, now) => {
        end(row)
        row.dueAt = now + millis
      }),
    giveUp: (one, _, why) =>
      change([one], (row) => {
        end(row)
        row.deadFor = why
      }),
    isWaiting: Effect.sync(() => stored.some(({ dueAt }) => dueAt !== undefined)),
    state: Effect.sync(() => ({
      waiting: stored.filter(({ dueAt }) => dueAt !== undefined).length,
      dead: stored.filter(({ deadFor }) => deadFor !== undefined).length,
      oldestDueFor: 0
    })),
    pause: Effect.map(Clock.currentTimeMillis, (now) => void (pausedAt = now)),
    resume: Effect.sync(() => void (pausedAt = undefined)),
    retry: (id) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const row = stored.find((row) => String(row.id) === id && row.deadFor !== undefined)
        if (row !== undefined) revive(row, now)
        return row !== undefined
      }),
    retryAll: Effect.map(Clock.currentTimeMillis, (now) => {
      const dead = stored.filter(({ deadFor }) => deadFor !== undefined)
      dead.forEach((row) => revive(row, now))
      return dead.length
    }),
    drop: () => Effect.succeed(false)
  }
  return {
    ...table,
    stored,
    writes: () => writes,
    put: (...texts: ReadonlyArray<string>) =>
      Effect.map(
        Clock.currentTimeMillis,
        (now) =>
          texts.forEach((text) => {
            const [lane = ""] = text.split(":")
            const isInLane = text.includes(":")
            stored.push({
              id: stored.length + 1,
              text,
              shard: isInLane && Number(lane) % 2 === 0 ? 2 : 1,
              lane: isInLane ? lane : null,
              attempts: 0,
              unfinished: 0,
              dueAt: now,
              deadFor: undefined
            })
          })
      )
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
  readonly owned?: Set<number>
  readonly work: (row: Row) => Effect.Effect<Queue.Outcome | undefined, unknown>
}

const done: Queue.Outcome = { _tag: "Done" }

const failed: Queue.Outcome = { _tag: "Failed", why: "it failed" }

/** A process that works the table off. Each lane of a take is a job, which stops at a row that did not end. */
const process = (table: Table, { abreast = 1, owned, pollEvery = 1_000, work }: Options) => {
  const job = (rows: ReadonlyArray<Row>): Queue.Job<Row> => ({
    rows,
    run: Effect.gen(function*() {
      const results: Array<readonly [Row, Queue.Outcome]> = []
      for (const row of rows) {
        const outcome = yield* work(row)
        if (outcome !== undefined) results.push([row, outcome])
        if (outcome?._tag !== "Done") break
      }
      return results
    })
  })
  const queue = Queue.make<Row, number>({
    table,
    allow: (inHand) => inHand.length < abreast ? abreast - inHand.length : undefined,
    prepare: (rows) =>
      Effect.sync(() => {
        const lanes = new Set(rows.map(({ id, lane }) => lane ?? id))
        return Array.from(lanes, (lane) => job(rows.filter((row) => (row.lane ?? row.id) === lane)))
      }),
    repetition: { waits: ["2 seconds", "10 seconds"] },
    onGivenUp: ({ text }, why) => Effect.logError(`${text}: ${why}`),
    pollEvery,
    complaint: "the table cannot be used"
  })
  return owned === undefined
    ? queue
    : Effect.provideService(queue, Ownership, {
      owned: () => owned,
      runInOne: (_, effect) => Effect.asVoid(Effect.forkScoped(effect))
    })
}

/** Work that is done at once, and what was worked. */
const recording = () => {
  const worked: Array<string> = []
  return {
    worked,
    work: (row: Row) => Effect.as(Effect.sync(() => worked.push(`${row.text} ${row.attempts}`)), done)
  }
}

/** A process that can be killed: what it has in hand ends, and it writes nothing any more. */
const mortal = (table: Table, options: Options) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    let isAlive = true
    const whileAlive = <A extends ReadonlyArray<unknown>, B, E>(write: (...args: A) => Effect.Effect<B, E>) => (...args: A) =>
      Effect.suspend(() => isAlive ? write(...args) : Effect.die("it is dead"))
    const own = { ...table, clear: whileAlive(table.clear), finish: whileAlive(table.finish), putOff: whileAlive(table.putOff) }
    yield* Scope.extend(process(own, { ...options, work: (row) => Effect.interruptible(options.work(row)) }), scope)
    return Effect.suspend(() => {
      isAlive = false
      return Scope.close(scope, Exit.void)
    })
  })

/** The log messages of an effect. */
const logging = <A, E, R>(effect: Effect.Effect<A, E, R>) => {
  const said: Array<unknown> = []
  const logger = Logger.make(({ message }) => void said.push(message))
  return Effect.as(Effect.provide(effect, Logger.replace(Logger.defaultLogger, logger)), said)
}

describe("a queue", () => {
  it.scoped("works what waits in its order, and ends it", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const { work, worked } = recording()
      yield* table.put("a", "b", "c")
      const queue = yield* process(table, { work })
      yield* queue.idle
      deepStrictEqual(worked, ["a 1", "b 1", "c 1"])
    }))

  it.scoped("looks at once when it is woken, and else when it polls", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const { work, worked } = recording()
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

  it.scoped("writes nothing when it takes a row", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const queue = yield* process(table, { work: () => Effect.interruptible(Effect.never) })
      yield* settle
      yield* table.put("a")
      yield* queue.wake
      yield* settle
      strictEqual(table.writes(), 0)
    }))

  it.scoped("sees a row that is put while it looks", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const { work, worked } = recording()
      const looks = yield* Effect.makeLatch(false)
      const queue = yield* process(
        { ...table, take: (most, held) => Effect.zipLeft(table.take(most, held), looks.await) },
        { work, pollEvery: 60_000 }
      )
      yield* settle
      yield* table.put("a")
      yield* queue.wake
      yield* looks.open
      yield* settle
      deepStrictEqual(worked, ["a 1"])
    }))

  it.scoped("takes again at its time what it put off, whenever it polls", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const { work, worked } = recording()
      yield* table.put("a")
      yield* process(table, { work: (row) => row.attempts === 1 ? Effect.succeed(failed) : work(row), pollEvery: 60_000 })
      yield* pass(1)
      deepStrictEqual(worked, [])
      yield* pass(2)
      deepStrictEqual(worked, ["a 2"])
    }))

  it.scoped("finishes what it has in hand when it ends, and takes nothing more", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const { work, worked } = recording()
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

  it.scoped("goes on after a failure, says that there was one, and takes the row again after a while", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const { work, worked } = recording()
      yield* table.put("bad", "good")
      let isBroken = true
      const said = yield* logging(Effect.gen(function*() {
        yield* process(table, { work: (row) => row.text === "bad" && isBroken ? Effect.fail("no") : work(row), abreast: 2 })
        yield* pass(1)
      }))
      deepStrictEqual([worked, said], [["good 1"], [["the table cannot be used"]]])
      isBroken = false
      yield* pass(11)
      deepStrictEqual(worked, ["good 1", "bad 1"])
    }))

  it.scoped("waits until other processes have nothing in hand either", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const { work } = recording()
      yield* table.put("1:a")
      yield* process(table, { work: (row) => Effect.zipRight(Effect.sleep("2 seconds"), work(row)), owned: new Set([1]) })
      yield* settle
      const queue = yield* process(table, { work, owned: new Set([2]) })
      const idle = yield* Effect.fork(queue.idle)
      yield* pass(1)
      strictEqual(Option.isNone(yield* Fiber.poll(idle)), true)
      yield* pass(2)
      strictEqual(Option.isSome(yield* Fiber.poll(idle)), true)
    }))

  it.scoped("takes nothing while it is paused, in any process, and goes on when it is resumed", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const { work, worked } = recording()
      const one = yield* process(table, { work, owned: new Set([1]) })
      yield* process(table, { work, owned: new Set([2]) })
      yield* one.operation.pause
      yield* table.put("1:a", "2:b")
      yield* pass(5)
      deepStrictEqual(worked, [])
      yield* one.operation.resume
      yield* settle
      deepStrictEqual(worked, ["1:a 1"], "the one that resumed it looks at once")
      yield* pass(1)
      deepStrictEqual(worked, ["1:a 1", "2:b 1"])
    }))
})

describe("a queue whose shards have owners", () => {
  it.scoped("works each row once, in the process that owns its shard", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const [one, two] = [recording(), recording()]
      const texts = ["1:a", "2:a", "1:b", "2:b", "3:a", "4:a"]
      yield* table.put(...texts)
      const slowly = (work: Options["work"]) => (row: Row) => Effect.zipRight(Effect.sleep("1 second"), work(row))
      yield* process(table, { work: slowly(one.work), owned: new Set([1]) })
      yield* process(table, { work: slowly(two.work), owned: new Set([2]) })
      yield* pass(4)
      deepStrictEqual([one.worked, two.worked], [["1:a 1", "1:b 1", "3:a 1"], ["2:a 1", "2:b 1", "4:a 1"]])
    }))

  it.scoped("takes nothing while it owns nothing, and asks before each take", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const { work, worked } = recording()
      const owned = new Set<number>()
      yield* table.put("1:a", "2:a")
      yield* process(table, { work, owned })
      yield* pass(3)
      deepStrictEqual(worked, [])
      owned.add(2)
      yield* pass(1)
      deepStrictEqual(worked, ["2:a 1"])
    }))

  it.scoped("finishes a row of a shard that it lost, and the new owner works it and what comes after it in order", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const [one, two] = [recording(), recording()]
      const [left, right] = [new Set([1]), new Set<number>()]
      yield* table.put("1:a", "1:b")
      yield* process(table, { work: (row) => Effect.zipRight(Effect.sleep("5 seconds"), one.work(row)), owned: left })
      yield* process(table, { work: two.work, owned: right })
      yield* settle
      left.clear()
      right.add(1)
      yield* pass(2)
      deepStrictEqual([one.worked, two.worked], [[], ["1:a 1", "1:b 1"]])
      yield* pass(10)
      deepStrictEqual([one.worked, two.worked], [["1:a 1"], ["1:a 1", "1:b 1"]])
      deepStrictEqual(table.stored.map(({ dueAt }) => dueAt), [undefined, undefined])
    }))

  it.scoped("takes over at once what a process had in hand that died", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const { work, worked } = recording()
      yield* table.put("a")
      const kill = yield* mortal(table, { work: () => Effect.never })
      yield* settle
      yield* kill
      yield* process(table, { work })
      yield* settle
      deepStrictEqual(worked, ["a 1"])
    }))
})

describe("a lane", () => {
  it.scoped("goes in order, beside the others, and a row that fails holds back only its own lane", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const { work, worked } = recording()
      yield* table.put("1:bad", "1:later", "2:a", "2:b")
      yield* process(table, { work: (row) => row.text === "1:bad" && row.attempts < 3 ? Effect.succeed(failed) : work(row), abreast: 9 })
      yield* settle
      deepStrictEqual(worked, ["2:a 1", "2:b 1"])
      yield* table.put("1:last")
      yield* pass(11)
      deepStrictEqual(worked, ["2:a 1", "2:b 1"])
      yield* pass(3)
      deepStrictEqual(worked.slice(2), ["1:bad 3", "1:later 1", "1:last 1"])
    }))

  it.scoped("goes on when the row before was given up", () =>
    logging(Effect.gen(function*() {
      const table = makeTable()
      const { work, worked } = recording()
      yield* table.put("1:bad", "1:later")
      const queue = yield* process(table, { work: (row) => row.text === "1:bad" ? Effect.succeed(failed) : work(row) })
      yield* pass(14)
      deepStrictEqual(worked, ["1:later 1"])
      strictEqual((yield* queue.operation.state).dead, 1)
    })))

  it.scoped("is not taken while one of its rows is in hand", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const { work, worked } = recording()
      const slowly = (row: Row) => Effect.zipRight(Effect.interruptible(Effect.sleep("2 seconds")), work(row))
      const queue = yield* process(table, { work: slowly, abreast: 9 })
      yield* table.put("1:a")
      yield* queue.wake
      yield* settle
      yield* table.put("1:b", "2:a")
      yield* queue.wake
      yield* pass(2)
      deepStrictEqual(worked.toSorted(), ["1:a 1", "2:a 1"])
      yield* pass(2)
      deepStrictEqual(worked.slice(2), ["1:b 1"])
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

  it.scoped("is kept as a dead letter, and has all its tries again when it is retried", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const { work, worked } = recording()
      let isBroken = true
      yield* table.put("a", "b")
      const said = yield* logging(Effect.gen(function*() {
        const queue = yield* process(table, { work: (row) => isBroken ? Effect.succeed(failed) : work(row), abreast: 2 })
        yield* pass(20)
        deepStrictEqual(table.stored.map(({ attempts, deadFor }) => [attempts, deadFor]), [[3, "it failed"], [3, "it failed"]])
        isBroken = false
        strictEqual(yield* queue.operation.retry("1"), true)
        yield* settle
        deepStrictEqual(worked, ["a 1"])
        strictEqual(yield* queue.operation.retryAll, 1)
        yield* settle
        deepStrictEqual(worked, ["a 1", "b 1"])
      }))
      deepStrictEqual(said, [["a: it failed"], ["b: it failed"]])
    }))
})

describe("a row that ends its process", () => {
  /** Processes after one another. Each lives for a second, or until it works on the poison. */
  const lives = (table: Table, count: number, work: Options["work"], abreast = 4) =>
    Effect.repeatN(
      Effect.gen(function*() {
        const isDead = yield* Deferred.make<void>()
        const kill = yield* mortal(table, {
          abreast,
          work: (row) => row.text === "poison" ? Effect.zipRight(Deferred.succeed(isDead, undefined), Effect.never) : work(row)
        })
        yield* pass(1)
        if (yield* Deferred.isDone(isDead)) yield* kill
      }),
      count - 1
    )

  it.scoped("is given up at last, and takes no other row with it", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const worked = new Set<string>()
      const slowly = (row: Row) => Effect.as(Effect.zipRight(Effect.sleep("100 millis"), Effect.sync(() => worked.add(row.text))), done)
      yield* table.put("poison", "a", "b", "c", "d", "e")
      const said = yield* logging(lives(table, 8, slowly))
      deepStrictEqual(said, [["poison: its work ended with its process 5 times"]])
      deepStrictEqual(Array.from(worked).toSorted(), ["a", "b", "c", "d", "e"])
      deepStrictEqual(table.stored.filter(({ deadFor }) => deadFor !== undefined).map(({ text }) => text), ["poison"])
    }))

  it.scoped("is worked on alone after that", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const { work, worked } = recording()
      yield* table.put("a", "b", "c")
      table.stored.slice(0, 1).forEach((row) => void (row.unfinished = 1))
      const gate = yield* Effect.makeLatch(false)
      yield* process(table, { work: (row) => row.text === "a" ? Effect.zipRight(gate.await, work(row)) : work(row), abreast: 3 })
      yield* pass(3)
      deepStrictEqual(worked, [])
      yield* gate.open
      yield* settle
      deepStrictEqual(worked, ["a 1", "b 1", "c 1"])
    }))

  it.scoped("is not blamed for what was there when its process began, if that lives on", () =>
    Effect.gen(function*() {
      const table = makeTable()
      const { work, worked } = recording()
      yield* table.put("a")
      yield* process(table, {
        work: (row) => worked.length < 7 ? Effect.as(work(row), { _tag: "Left" } as const) : work(row)
      })
      yield* pass(100)
      strictEqual(worked.length, 8)
      deepStrictEqual(table.stored.map(({ deadFor, dueAt }) => [deadFor, dueAt]), [[undefined, undefined]])
    }))

  it.scoped("is not blamed when its process is told to end", () =>
    Effect.gen(function*() {
      const table = makeTable()
      yield* table.put("a")
      for (let life = 0; life < 8; life++) {
        yield* Effect.scoped(Effect.zipRight(process(table, { work: () => Effect.interruptible(Effect.never) }), settle))
        deepStrictEqual(table.stored.map(({ deadFor, unfinished }) => [deadFor, unfinished]), [[undefined, 0]])
      }
    }))

  it.scoped("or hangs is taken again after ten minutes, and given up at last", () =>
    logging(Effect.gen(function*() {
      const table = makeTable()
      let tries = 0
      yield* process(table, {
        pollEvery: 30_000,
        work: () => Effect.zipRight(Effect.sync(() => tries++), Effect.interruptible(Effect.never))
      })
      yield* table.put("a")
      const minutes = (count: number) => Effect.repeatN(Effect.zipRight(TestClock.adjust("1 minute"), settle), count - 1)
      yield* minutes(9)
      strictEqual(tries, 1)
      yield* minutes(2)
      strictEqual(tries, 2)
      yield* minutes(60)
      deepStrictEqual(table.stored.map(({ deadFor }) => deadFor), ["its work ended with its process 5 times"])
    })))
})
