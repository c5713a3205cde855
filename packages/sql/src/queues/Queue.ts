/**
 * Works on the rows of a table when they are due: in one process for each shard, in order for each lane, with repetition, dead letters and
 * a pause. It serves everything that must wait durably: events of webhooks, calls, sends for later.
 *
 * - **Shard.** A process takes only rows of shards that it owns (`Ownership`). That is the lease: nothing is written when a row is taken.
 *   The rows in hand are in memory. A row stays due until it is ended or put off. If its process dies, or loses the shard, the next owner
 *   takes it. A process that loses a shard finishes the rows in hand. So for a moment two processes may work on a row, and the work must do
 *   no harm when it happens twice.
 * - **Due time.** A row is taken when `due_at` has passed, by the clock of the database. A row that was put in this process is taken at
 *   once. A row that another process put is seen within `pollEvery`.
 * - **Lane.** The rows of a lane belong to one shard, and are worked one after another, in the order in which they were put. The table says
 *   whether a row that was put off holds back the later rows of its lane. Lanes never wait for each other.
 * - **Tries.** A row that fails is put off by the next of `waits`. After the last one it is given up: it stays as a dead letter, which can
 *   be retried or dropped. A row that ends its process again and again is given up as well.
 * - **Pause.** While a queue is paused, no process takes a row. The pause is in the database.
 *
 * The table decides which of the rows are taken, and in which order.
 */
import * as Defect from "@interline/core/Defect"
import * as Ownership from "@interline/router/Ownership"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as Doubts from "./doubts.ts"
import * as Hand from "./hand.ts"

/**
 * A row that was taken.
 *
 * @category models
 */
export interface Row {
  readonly id: number
  /** The shard (`Shard.of` of its lane). The owner of the shard works on the row. */
  readonly shard: number
  /** The rows with the same lane are worked one after another. `null`: the row has no order. */
  readonly lane: string | null
  /** How often the row was tried, including this time. */
  readonly attempts: number
  /** How many tries began without an end that is known, because their process died. */
  readonly unfinished: number
}

/**
 * A row that this process has in hand, with the time at which it was taken.
 *
 * @category models
 */
export interface InHand<R extends Row> {
  readonly row: R
  readonly since: number
}

/**
 * What a process has: the shards that it owns (`undefined`: all), and the rows and lanes that it has in hand. Only other rows may be taken.
 *
 * @category models
 */
export interface Held {
  readonly owned: ReadonlySet<number> | undefined
  readonly ids: ReadonlyArray<number>
  readonly lanes: ReadonlyArray<string>
}

/**
 * The state of a queue, for an operator. `oldestDueAt` is the time since which the longest waiting row is due. Times are in epoch
 * milliseconds, by the clock of the database.
 *
 * @category models
 */
export interface State {
  /** How many rows wait, also for their next try. */
  readonly waiting: number
  /** How many rows were given up, and can be retried. */
  readonly dead: number
  readonly oldestDueAt?: number
  /** How long the oldest due row has been due, in milliseconds. 0 if no row is due. */
  readonly oldestDueFor: number
  readonly pausedAt?: number
}

/**
 * What an operator can do with a queue.
 *
 * @category models
 */
export interface Operation {
  readonly state: Effect.Effect<State>
  /** No process takes a row any more. Rows in hand are finished. It holds until `resume`, also after a restart. */
  readonly pause: Effect.Effect<void>
  readonly resume: Effect.Effect<void>
  /** Makes a dead letter due now, with all its tries. `false`: there is no such dead letter. */
  readonly retry: (id: string) => Effect.Effect<boolean>
  /** Makes all dead letters due now. The result is their number. */
  readonly retryAll: Effect.Effect<number>
  /** Removes a dead letter. `false`: there is no such dead letter. */
  readonly drop: (id: string) => Effect.Effect<boolean>
}

/**
 * The table of a queue. `Allowance` says how many rows may be taken now, and which ones.
 *
 * @category models
 */
export interface Table<R extends Row, Allowance> extends Operation {
  /**
   * Reads rows that are due and may be taken. It changes nothing. The result is in the order in which the rows must be processed. It is
   * empty while the queue is paused.
   */
  readonly take: (allowance: Allowance, held: Held) => Effect.Effect<ReadonlyArray<R>, unknown>
  /** The newest id. */
  readonly newest: Effect.Effect<number, unknown>
  /** Records that the work on rows begins. It is used only for rows that may have ended another process. */
  readonly begin: (rows: ReadonlyArray<R>) => Effect.Effect<void, unknown>
  /** Records that rows whose work began did not end their process, although their work did not end either. */
  readonly clear: (rows: ReadonlyArray<R>) => Effect.Effect<void, unknown>
  /** Ends rows whose work is done. */
  readonly finish: (rows: ReadonlyArray<R>, at: number) => Effect.Effect<void, unknown>
  /** Ends rows for which there was nothing to do. */
  readonly leaveOut: (rows: ReadonlyArray<R>) => Effect.Effect<void, unknown>
  /** Puts rows off: they are due again after this many milliseconds. */
  readonly putOff: (rows: ReadonlyArray<R>, millis: number, why?: string) => Effect.Effect<void, unknown>
  /** Ends a row that failed, and keeps it as a dead letter. */
  readonly giveUp: (row: R, at: number, why: string) => Effect.Effect<void, unknown>
  /** Whether any row waits. */
  readonly isWaiting: Effect.Effect<boolean>
}

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
 * What became of a row. `Done`: it ends. `Skipped`: it ends, and there was nothing to do. `Failed`: it is put off, or given up after its last
 * try. `GivenUp`: it is given up now. `Early`: it is put off by a time, and nothing failed. `Left`: this process takes it again after a
 * while. `why` is for people, and contains no content.
 *
 * @category models
 */
export type Outcome =
  | { readonly _tag: "Done" | "Skipped" | "Left" }
  | { readonly _tag: "Failed" | "GivenUp"; readonly why: string }
  | { readonly _tag: "Early"; readonly millis: number }

/**
 * Rows with what became of them.
 *
 * @category models
 */
export type Results<R extends Row> = ReadonlyArray<readonly [row: R, outcome: Outcome]>

/**
 * Work on rows that were taken. The rows count as in hand until the work ends.
 *
 * @category models
 */
export interface Job<R extends Row> {
  readonly rows: ReadonlyArray<R>
  /**
   * Processes the rows. It is not interrupted, except for parts that are made interruptible, because a process that ends must finish the rows
   * in hand. A row that is missing in the result was not tried, and may be taken again at once. If the work fails, its rows are `Left`.
   * After ten minutes the work counts as stuck: its rows are taken again.
   */
  readonly run: Effect.Effect<Results<R>, unknown>
}

/**
 * The parts of a queue.
 *
 * @category models
 */
export interface Parts<R extends Row, Allowance> {
  readonly table: Table<R, Allowance>
  /** Which rows may be taken beside the rows in hand. `undefined`: none. It is evaluated before each take. */
  readonly allow: (inHand: ReadonlyArray<InHand<R>>, now: number) => Allowance | undefined
  /** Reads the data that the work needs, and divides the rows into jobs. Jobs run side by side. */
  readonly prepare: (rows: ReadonlyArray<R>) => Effect.Effect<ReadonlyArray<Job<R>>, unknown>
  readonly repetition: Repetition
  /** Tells an operator that a row was given up after its last try. */
  readonly onGivenUp: (row: R, why: string) => Effect.Effect<void>
  /** How soon this process sees rows that other processes put. */
  readonly pollEvery: Duration.DurationInput
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
  /** Waits until no row waits in any process. */
  readonly idle: Effect.Effect<void>
  /** What an operator can do. A row that it makes due is taken at once, if this process owns the shard. */
  readonly operation: Operation
}

/** How long work may take, in milliseconds. */
const longest = 600_000

/** In milliseconds. For this time a row rests if it could not be recorded what became of it. */
const restFor = 10_000

// A row whose work once ended with its process is worked on alone. So the others in hand are not to blame if it happens again.
const mostUnfinished = 5

const whyUnfinished = `its work ended with its process ${mostUnfinished} times`

/** Writes what became of rows. */
const makeConclude = <R extends Row>(
  { onGivenUp, repetition, table }: Pick<Parts<R, never>, "onGivenUp" | "repetition" | "table">,
  dueIn: (millis: number) => Effect.Effect<void>
) => {
  const putOff = (rows: ReadonlyArray<R>, millis: number, why?: string) => Effect.zipRight(table.putOff(rows, millis, why), dueIn(millis))

  const fail = (row: R, why: string, now: number) =>
    Effect.flatMap(
      waitAfter(repetition, row.attempts),
      Option.match({
        onSome: (millis) => putOff([row], millis, why),
        onNone: () => Effect.zipRight(onGivenUp(row, why), table.giveUp(row, now, why))
      })
    )

  return (results: Results<R>): Effect.Effect<void, unknown> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const having = (tag: Outcome["_tag"]) => results.flatMap(([row, { _tag }]) => _tag === tag ? [row] : [])
      const [done, skipped] = [having("Done"), having("Skipped")]
      const early = new Map<number, Array<R>>()
      for (const [row, outcome] of results) {
        if (outcome._tag === "Early") early.set(outcome.millis, [...early.get(outcome.millis) ?? [], row])
      }
      return Effect.gen(function*() {
        if (done.length > 0) yield* table.finish(done, now)
        if (skipped.length > 0) yield* table.leaveOut(skipped)
        for (const [row, outcome] of results) {
          if (outcome._tag === "Failed") yield* fail(row, outcome.why, now)
          if (outcome._tag === "GivenUp") yield* table.giveUp(row, now, outcome.why)
        }
        for (const [millis, rows] of early) yield* putOff(rows, millis)
      })
    })
}

/** The next time at which a row is due that this process put off. */
const makeAlarm = () => {
  let next: number | undefined
  return {
    dueIn: (millis: number) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        // The database's clock ran on while it was asked.
        const at = now + Math.ceil(millis) + 5
        if (next === undefined || at < next) next = at
      }),
    /** Sleeps until that time, but no longer than this. */
    sleep: (most: Duration.Duration) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        if (next !== undefined && next <= now) next = undefined
        return Effect.sleep(next === undefined ? most : Duration.min(most, Duration.millis(next - now)))
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
    const { allow, complaint, onGivenUp, prepare, table } = parts
    const { owned } = yield* Ownership.Ownership
    const pollEvery = Duration.decode(parts.pollEvery)
    const hand = Hand.make<R>(longest, restFor)
    const doubts = Doubts.make<R>()
    const alarm = makeAlarm()
    const isDue = yield* Effect.makeLatch(false)
    const jobEnds = yield* Effect.makeLatch(false)
    const jobs = yield* FiberSet.make()
    const conclude = makeConclude(parts, alarm.dueIn)

    const complain = (cause: Cause.Cause<unknown>) =>
      Cause.isInterruptedOnly(cause) ? Effect.void : Defect.logUnlessSaid(cause, Effect.logWarning(complaint))

    const rest = (rows: ReadonlyArray<R>) =>
      Effect.zipRight(Effect.map(Clock.currentTimeMillis, (now) => hand.rest(rows, now)), alarm.dueIn(restFor))

    // A process that is told to end also comes here.
    const clear = (rows: ReadonlyArray<R>) => {
      const begun = rows.filter(doubts.hasBegun)
      return begun.length === 0 ? Effect.void : table.clear(begun)
    }

    const start = ({ rows, run }: Job<R>, now: number) => {
      hand.add(rows, now)
      const work = Effect.gen(function*() {
        const results = yield* run
        yield* conclude(results)
        const concluded = new Set(results.flatMap(([row, { _tag }]) => _tag === "Left" ? [] : [row]))
        doubts.end(Array.from(concluded))
        yield* clear(rows.filter((row) => !concluded.has(row)))
        const left = results.flatMap(([row, { _tag }]) => _tag === "Left" ? [row] : [])
        if (left.length > 0) yield* rest(left)
        hand.release(rows.filter((row) => !left.includes(row)))
      })
      const end = Effect.zipRight(jobEnds.release, isDue.open)
      const whole = Effect.catchAllCause(
        work,
        (cause) => Effect.all([complain(cause), rest(rows), Effect.ignore(clear(rows))], { discard: true })
      )
      return FiberSet.run(jobs, Effect.uninterruptible(Effect.ensuring(whole, end)))
    }

    /** Starts the work on rows. A row whose work ended with its process before waits until nothing else is in hand. */
    const begin = (rows: ReadonlyArray<R>, now: number) =>
      Effect.gen(function*() {
        const blamed = rows.find((row) => row.unfinished > 0 && doubts.isDoubtful(row))
        if (blamed !== undefined && blamed.unfinished >= mostUnfinished) {
          yield* onGivenUp(blamed, whyUnfinished)
          yield* table.giveUp(blamed, now, whyUnfinished)
          return true
        }
        if (blamed !== undefined && hand.isWorked()) return false
        // An earlier row of its lane goes first.
        const first = blamed === undefined ? undefined : rows.find(({ lane }) => lane !== null && lane === blamed.lane) ?? blamed
        const chosen = first === undefined ? rows : [first]
        const doubtful = chosen.filter(doubts.isDoubtful)
        if (doubtful.length > 0) {
          yield* table.begin(doubtful)
          doubts.begin(doubtful)
        }
        yield* Effect.forEach(yield* prepare(chosen), (job) => start(job, now), { discard: true })
        return blamed === undefined
      })

    /** Takes the rows that are allowed. The result says whether there may be more. */
    const round = Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      doubts.suspect(hand.expire(now))
      const mine = owned()
      if (mine?.size === 0 || hand.isAlone()) return false
      const inHand = hand.rows()
      const allowance = allow(inHand, now)
      if (allowance === undefined) return false
      const gained = doubts.gained(mine)
      if (gained.length > 0) doubts.inherit(gained, yield* table.newest)
      const rows = yield* table.take(allowance, {
        owned: mine,
        ids: inHand.map(({ row }) => row.id),
        lanes: inHand.flatMap(({ row }) => row.lane ?? [])
      })
      return rows.length === 0 ? false : yield* begin(rows, now)
    }).pipe(
      Effect.uninterruptible,
      Effect.catchAllCause((cause) => Effect.as(complain(cause), false))
    )

    yield* Effect.zipRight(isDue.close, round).pipe(
      Effect.flatMap((more) => more ? Effect.yieldNow() : Effect.race(isDue.await, alarm.sleep(pollEvery))),
      Effect.withTracerEnabled(false),
      Effect.forever,
      Effect.interruptible,
      Effect.forkScoped
    )

    const idle: Queue["idle"] = Effect.flatMap(
      table.isWaiting,
      (isWaiting) => isWaiting ? Effect.zipRight(Effect.race(jobEnds.await, Effect.sleep("100 millis")), idle) : Effect.void
    )

    const wake = Effect.asVoid(isDue.open)
    const waking = <A>(effect: Effect.Effect<A>): Effect.Effect<A> => Effect.uninterruptible(Effect.zipLeft(effect, wake))
    const { drop, pause, resume, retry, retryAll, state } = table

    return {
      wake,
      idle,
      operation: { state, pause, resume: waking(resume), retry: (id) => waking(retry(id)), retryAll: waking(retryAll), drop }
    }
  })
