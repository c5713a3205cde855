/**
 * Says when a database stops to work and when it works again. Every statement of it fails meanwhile, so one line stands for all of them, and another one for
 * each half minute that it lasts. Whoever meets such a failure says nothing more of it.
 */
import type * as SqlError from "@effect/sql/SqlError"
import * as Defect from "@interline/core/Defect"
import * as Time from "@interline/core/Time"
import * as DatabaseFault from "@interline/router/DatabaseFault"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

export interface Outage {
  /** Runs a statement, and counts it if the database does not work. */
  readonly watch: <A>(statement: Effect.Effect<A, SqlError.SqlError>) => Effect.Effect<A, SqlError.SqlError>
}

/** The shortest time between two lines about one outage, in milliseconds. */
const sayEvery = 30_000

/**
 * The database works again if a statement worked this long after the last failure, in milliseconds. A full disk refuses what writes and not what reads, and
 * a server that comes back may refuse some connections still.
 */
const steadyAfter = 5_000

interface Run {
  readonly since: number
  last: number
  saidAt: number
  failed: number
  unsaid: number
}

const secondsFrom = (from: number, to: number): string => `${Math.round(Duration.toSeconds(Duration.millis(to - from)))} s`

/** `name`: what the database is called in the log. */
export const make = (name: string): Outage => {
  let run: Run | undefined

  const fail = (error: SqlError.SqlError, at: number): Effect.Effect<void> => {
    if (!DatabaseFault.isGeneral(error)) return Effect.void
    Defect.noteSaid(error)
    const why = DatabaseFault.explain(error)
    if (run === undefined) {
      run = { since: at, last: at, saidAt: at, failed: 1, unsaid: 0 }
      return Effect.logError(
        `${name} does not work: ${why}. What needs it waits or is refused until it works again; this is said every 30 s at most`
      )
    }
    run.last = at
    run.failed += 1
    run.unsaid += 1
    if (at - run.saidAt < sayEvery) return Effect.void
    const { since, unsaid } = run
    run.saidAt = at
    run.unsaid = 0
    return Effect.logError(`${name} still does not work, after ${secondsFrom(since, at)}; ${unsaid} more statements failed: ${why}`)
  }

  const work = (at: number): Effect.Effect<void> => {
    if (run === undefined || at - run.last < steadyAfter) return Effect.void
    const { failed, last, since } = run
    run = undefined
    return Effect.logInfo(`${name} works again. It did not for ${secondsFrom(since, last)}, and ${failed} statements failed`)
  }

  const now = Effect.map(Effect.clock, Time.steadyMillis)

  return {
    watch: (statement) =>
      Effect.suspend(() => {
        const counted = Effect.tapError(statement, (error) => Effect.flatMap(now, (at) => fail(error, at)))
        return run === undefined ? counted : Effect.zipLeft(counted, Effect.flatMap(now, work))
      })
  }
}
