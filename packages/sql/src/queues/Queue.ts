/**
 * A durable queue: rows of a table that wait, are taken for a while, and come up again if nobody ends them.
 *
 * A row is due from `due_at` on. A process that takes a row moves `due_at` by the length of a lease. While it works, it renews the lease; when
 * it dies, the row is due again after the lease, for any process on the table. A row that fails is put off by the next of `waits`, and given up
 * after the last. So a row may be worked twice, and is never lost: what works a row must take it twice without harm.
 *
 * The table does the rest: which rows are taken, and in which order. It may take only a part of the rows (`Share`).
 */
import type * as Statement from "@effect/sql/Statement"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"

/**
 * A row that was taken.
 *
 * @category models
 */
export interface Row {
  readonly id: number
  /** How often the row was taken, this time included. */
  readonly attempts: number
}

/**
 * What a queue asks of its table. `Allowance` says how many rows may be taken now, and which.
 *
 * @category models
 */
export interface Table<R extends Row, Allowance> {
  /** Takes rows that are due, for the length of a lease, and answers them in the order in which they are to be worked. */
  readonly take: (allowance: Allowance) => Effect.Effect<ReadonlyArray<R>, unknown>
  /** Makes the leases of rows last from now on. A row that another process has taken since stays as it is. */
  readonly renew: (rows: ReadonlyArray<R>) => Effect.Effect<void, unknown>
  /** Whether a row waits or is taken. */
  readonly isWaiting: Effect.Effect<boolean>
}

/**
 * The rows that this process may take, as a condition on their columns. It is asked before each take, so it may change. By it another
 * mechanism deals out the rows of a table among processes.
 *
 * @category models
 */
export type Share = Effect.Effect<Statement.Fragment>

/**
 * How long a row is taken, in milliseconds. Work may last longer, because its lease is renewed.
 *
 * @category constants
 */
export const lease = 60_000

/** How often the lease of a row is renewed before its work counts as stuck. Another process takes the row then. */
const mostRenewals = 30

/**
 * When a row is taken again that failed.
 *
 * @category models
 */
export interface Repetition {
  /** How long the row waits after it failed a first, second, … time. After the last it is given up. */
  readonly waits: ReadonlyArray<Duration.DurationInput>
  /** By which part of itself a wait may be shorter or longer, so that not all rows come back at once (default: 0). */
  readonly jitter?: number
}

/**
 * How many milliseconds a row waits that was taken so often and failed. `None`: it is to be given up.
 *
 * @category combinators
 */
export const waitAfter = ({ jitter = 0, waits }: Repetition, attempts: number): Effect.Effect<Option.Option<number>> =>
  Option.match(Option.map(Option.fromNullable(waits[attempts - 1]), Duration.toMillis), {
    onNone: () => Effect.succeedNone,
    onSome: (wait) =>
      jitter === 0
        ? Effect.succeedSome(wait)
        : Effect.map(Random.nextRange(1 - jitter, 1 + jitter), (factor) => Option.some(wait * factor))
  })

/**
 * Work on rows that were taken. The rows are in hand until it ends.
 *
 * @category models
 */
export interface Job<R extends Row> {
  readonly rows: ReadonlyArray<R>
  /**
   * Works the rows, and ends each in the table or puts it off. It is not interrupted, except where it is made interruptible: a process that ends
   * finishes what it has in hand. A row that it leaves as it is, also by a failure, comes up again when its lease ends.
   */
  readonly run: Effect.Effect<void, unknown>
}

/**
 * What a queue is made of.
 *
 * @category models
 */
export interface Parts<R extends Row, Allowance> {
  readonly table: Table<R, Allowance>
  /** What may be taken beside the rows in hand. `undefined`: nothing. It is asked before each take. */
  readonly allow: (inHand: Iterable<R>) => Allowance | undefined
  /** Reads what the work on rows needs, and parts the rows into jobs. Jobs run side by side. */
  readonly prepare: (rows: ReadonlyArray<R>) => Effect.Effect<ReadonlyArray<Job<R>>, unknown>
  /** How soon this process sees what other processes put or left behind. */
  readonly pollEvery: Duration.DurationInput
  /** The length of a lease in milliseconds, as the table has it (default: `lease`). */
  readonly lease?: number
  /** What is logged if the table cannot be read or written. */
  readonly complaint: string
}

/**
 * A queue that is being worked off.
 *
 * @category models
 */
export interface Queue {
  /** Looks at once for rows that are due. Who puts a row calls it. */
  readonly wake: Effect.Effect<void>
  /** Waits until no row waits and none is taken, by whichever process. */
  readonly idle: Effect.Effect<void>
}

/** The rows in hand, each with the number of times that its lease was renewed. */
const makeHand = <R extends Row>() => {
  const renewals = new Map<R, number>()
  return {
    rows: (): Iterable<R> => renewals.keys(),
    add: (rows: ReadonlyArray<R>): void => rows.forEach((row) => renewals.set(row, 0)),
    remove: (rows: ReadonlyArray<R>): void => rows.forEach((row) => renewals.delete(row)),
    /** The rows whose lease is to be renewed. */
    countRenewal: (): ReadonlyArray<R> =>
      Array.from(renewals).flatMap(([row, count]) => {
        if (count >= mostRenewals) return []
        renewals.set(row, count + 1)
        return [row]
      })
  }
}

/**
 * Works the queue off in the background, until the scope ends. Then it takes no more rows, and waits for the jobs in hand.
 *
 * @category constructors
 */
export const make = <R extends Row, Allowance>(parts: Parts<R, Allowance>): Effect.Effect<Queue, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { allow, complaint, prepare, table } = parts
    const pollEvery = Duration.decode(parts.pollEvery)
    const hand = makeHand<R>()
    const isDue = yield* Effect.makeLatch(false)
    const jobEnds = yield* Effect.makeLatch(false)
    const jobs = yield* FiberSet.make()

    const complain = (cause: Cause.Cause<unknown>) => Cause.isInterruptedOnly(cause) ? Effect.void : Effect.logWarning(complaint)

    const start = ({ rows, run }: Job<R>) => {
      hand.add(rows)
      const end = Effect.suspend(() => {
        hand.remove(rows)
        return Effect.zipRight(jobEnds.release, isDue.open)
      })
      return FiberSet.run(jobs, Effect.uninterruptible(Effect.ensuring(Effect.catchAllCause(run, complain), end)))
    }

    /** Takes what is allowed. Answers whether there may be more. */
    const round = Effect.suspend(() => {
      const allowance = allow(hand.rows())
      if (allowance === undefined) return Effect.succeed(false)
      return Effect.flatMap(table.take(allowance), (rows) =>
        rows.length === 0
          ? Effect.succeed(false)
          : Effect.as(Effect.flatMap(prepare(rows), (jobs) => Effect.forEach(jobs, start, { discard: true })), true))
    }).pipe(
      Effect.uninterruptible,
      Effect.catchAllCause((cause) => Effect.as(complain(cause), false))
    )

    yield* Effect.zipRight(isDue.close, round).pipe(
      Effect.flatMap((more) => more ? Effect.yieldNow() : Effect.race(isDue.await, Effect.sleep(pollEvery))),
      Effect.withTracerEnabled(false),
      Effect.forever,
      Effect.interruptible,
      Effect.forkScoped
    )

    const renew = Effect.suspend(() => {
      const rows = hand.countRenewal()
      return rows.length === 0 ? Effect.void : Effect.catchAllCause(table.renew(rows), complain)
    })
    yield* Effect.sleep(Duration.millis((parts.lease ?? lease) / 3)).pipe(
      Effect.zipRight(renew),
      Effect.withTracerEnabled(false),
      Effect.forever,
      Effect.interruptible,
      Effect.forkScoped
    )

    const idle: Queue["idle"] = Effect.flatMap(
      table.isWaiting,
      (isWaiting) => isWaiting ? Effect.zipRight(Effect.race(jobEnds.await, Effect.sleep("100 millis")), idle) : Effect.void
    )

    return { wake: Effect.asVoid(isDue.open), idle }
  })
