/** Keeps the sandbox's clock and its planned jobs. Time is real, or only `advance` moves it. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"

interface Job {
  readonly due: number
  readonly run: () => void
}

export interface Time {
  readonly now: () => number
  /** Runs `job` after `milliseconds` on this clock. */
  readonly after: (milliseconds: number, job: () => void) => void
  /** Starts work in the background, such as a webhook. `advance` waits for this work. */
  readonly fork: (work: Effect.Effect<void>) => void
  readonly advance: (duration: Duration.DurationInput) => Effect.Effect<void>
  readonly settle: Effect.Effect<void>
  /** Forgets all planned jobs. */
  readonly clear: () => void
}

// Uses the clock of the process and ignores a TestClock, because sockets do not wait for a TestClock.
export const make = (mode: "real" | "manual", behind: Duration.DurationInput = 0): Effect.Effect<Time, never, Scope.Scope> =>
  Effect.gen(function*() {
    const live = Clock.make()
    const timers = yield* FiberSet.make<void>()
    const work = yield* FiberSet.make<void>()
    const runTimer = yield* FiberSet.runtime(timers)<never>()
    const runWork = yield* FiberSet.runtime(work)<never>()

    const started = live.unsafeCurrentTimeMillis()
    let moved = -Duration.toMillis(behind)

    const now = (): number => moved + (mode === "manual" ? started : live.unsafeCurrentTimeMillis())

    // The jobs are sorted by due time. Nearly every new job belongs at the end.
    const agenda: Array<Job> = []

    const insert = (job: Job): void => {
      let index = agenda.length
      for (let before = agenda[index - 1]; before !== undefined && before.due > job.due; before = agenda[index - 1]) {
        index -= 1
      }
      agenda.splice(index, 0, job)
    }

    const takeDue = (until: number): Job | undefined => {
      const next = agenda[0]
      return next === undefined || next.due > until ? undefined : agenda.shift()
    }

    const runDue = (): void => {
      for (let job = takeDue(now()); job !== undefined; job = takeDue(now())) job.run()
    }

    const settle = Effect.suspend(() => FiberSet.awaitEmpty(work))

    const advance = (duration: Duration.DurationInput): Effect.Effect<void> =>
      Effect.gen(function*() {
        const target = now() + Duration.toMillis(duration)
        for (let job = takeDue(target); job !== undefined; job = takeDue(target)) {
          moved += Math.max(0, job.due - now())
          job.run()
          yield* settle
        }
        moved += Math.max(0, target - now())
        yield* settle
      })

    return {
      now,
      after: (milliseconds, run) => {
        insert({ due: now() + milliseconds, run })
        if (mode === "real") {
          runTimer(Effect.withClock(Effect.zipRight(Effect.sleep(milliseconds + 1), Effect.sync(runDue)), live))
        }
      },
      fork: (effect) => {
        runWork(Effect.withClock(effect, live))
      },
      advance,
      settle,
      clear: () => {
        agenda.length = 0
      }
    }
  })
