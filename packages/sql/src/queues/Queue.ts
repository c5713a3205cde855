/**
 * A durable queue in a table. A process takes rows for a limited time. If nobody ends a row in that time, it comes up again.
 *
 * A row is due when `due_at` has passed. A process that takes a row sets `due_at` to the end of a lease. While it works, it renews the
 * lease. If it dies, the row is due again after the lease, for any process on the table. A row that fails is put off by the next of
 * `waits`, and given up after the last one. So a row is never lost, but it may be processed twice. The work on a row must do no harm when
 * it runs twice.
 *
 * The table decides which rows are taken, and in which order. It may take only a part of the rows (`Share`).
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
  /** How often the row was taken, including this time. */
  readonly attempts: number
}

/**
 * The table of a queue. `Allowance` says how many rows may be taken now, and which ones.
 *
 * @category models
 */
export interface Table<R extends Row, Allowance> {
  /** Takes rows that are due, for the length of a lease. The result is in the order in which the rows must be processed. */
  readonly take: (allowance: Allowance) => Effect.Effect<ReadonlyArray<R>, unknown>
  /** Makes the leases of rows start again now. A row that another process has taken meanwhile stays as it is. */
  readonly renew: (rows: ReadonlyArray<R>) => Effect.Effect<void, unknown>
  /** Whether any row waits or is taken. */
  readonly isWaiting: Effect.Effect<boolean>
}

/**
 * The rows that this process may take, as a condition on their columns. It is evaluated before each take, so it may change. With it,
 * another mechanism can divide the rows of a table among processes.
 *
 * @category models
 */
export type Share = Effect.Effect<Statement.Fragment>

/**
 * How long a row is taken, in milliseconds. The work may take longer, because it renews the lease.
 *
 * @category constants
 */
export const lease = 60_000

/** How often the lease of a row is renewed. After that its work counts as stuck, and another process takes the row. */
const mostRenewals = 30

/**
 * The waits before a failed row is taken again.
 *
 * @category models
 */
export interface Repetition {
  /** The waits after the first failure, the second, and so on. After the last wait, the row is given up. */
  readonly waits: ReadonlyArray<Duration.DurationInput>
  /** The part of a wait by which the wait may be shorter or longer, so that not all rows come back at once (default: 0). */
  readonly jitter?: number
}

/**
 * How many milliseconds a failed row waits after this number of attempts. `None`: the row must be given up.
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
 * Work on rows that were taken. The rows count as in hand until the work ends.
 *
 * @category models
 */
export interface Job<R extends Row> {
  readonly rows: ReadonlyArray<R>
  /**
   * Processes the rows. It ends each row in the table, or puts it off. It is not interrupted, except for parts that are made interruptible,
   * because a process that ends must finish the rows in hand. A row that is neither ended nor put off comes up again when its lease ends.
   * This also holds after a failure.
   */
  readonly run: Effect.Effect<void, unknown>
}

/**
 * The parts of a queue.
 *
 * @category models
 */
export interface Parts<R extends Row, Allowance> {
  readonly table: Table<R, Allowance>
  /** Which rows may be taken beside the rows in hand. `undefined`: none. It is evaluated before each take. */
  readonly allow: (inHand: Iterable<R>) => Allowance | undefined
  /** Reads the data that the work needs, and divides the rows into jobs. Jobs run side by side. */
  readonly prepare: (rows: ReadonlyArray<R>) => Effect.Effect<ReadonlyArray<Job<R>>, unknown>
  /** How soon this process sees rows that other processes put or left unfinished. */
  readonly pollEvery: Duration.DurationInput
  /** The length of a lease in milliseconds. It must be the table's length (default: `lease`). */
  readonly lease?: number
  /** The log message when the table cannot be read or written. */
  readonly complaint: string
}

/**
 * A queue that is being worked off.
 *
 * @category models
 */
export interface Queue {
  /** Looks at once for rows that are due. Call it after putting a row. */
  readonly wake: Effect.Effect<void>
  /** Waits until no row waits and no process has taken a row. */
  readonly idle: Effect.Effect<void>
}

/** The rows in hand. For each row it counts how often its lease was renewed. */
const makeHand = <R extends Row>() => {
  const renewals = new Map<R, number>()
  return {
    rows: (): Iterable<R> => renewals.keys(),
    add: (rows: ReadonlyArray<R>): void => rows.forEach((row) => renewals.set(row, 0)),
    remove: (rows: ReadonlyArray<R>): void => rows.forEach((row) => renewals.delete(row)),
    /** Counts one more renewal. The result is the rows whose lease must be renewed. */
    countRenewal: (): ReadonlyArray<R> =>
      Array.from(renewals).flatMap(([row, count]) => {
        if (count >= mostRenewals) return []
        renewals.set(row, count + 1)
        return [row]
      })
  }
}

/**
 * Processes the queue in the background until the scope ends. Then it takes no more rows, and waits for the jobs in hand.
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

    /** Takes the rows that are allowed. The result says whether there may be more. */
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
