/** The end of a process: no delivery begins any more, and those under way end. */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { Engine } from "../health/engine.ts"
import * as ApplyFact from "./applyFact.ts"
import type { Jobs } from "./job.ts"

export interface Parts {
  readonly engine: Engine
  readonly jobs: Jobs
}

/** Ends what is under way: by itself within `millis` milliseconds, and after that as not known. */
export const drain = ({ engine, jobs: { running } }: Parts, millis: number): Effect.Effect<void> =>
  Effect.gen(function*() {
    const jobs = Array.from(running.values())
    const at = yield* Clock.currentTimeMillis
    if (jobs.length > 0) {
      yield* Effect.logInfo(`closing: up to ${millis} ms for ${jobs.length} ${jobs.length === 1 ? "send" : "sends"} under way`)
    }
    for (const job of jobs) yield* ApplyFact.applyFact(engine, job, { _tag: "Abandoned", at })
    const ended = Effect.forEach(jobs, ({ done }) => Deferred.await(done), { concurrency: "unbounded", discard: true })
    // a finalizer cannot be interrupted, and a wait that cannot be interrupted has no end
    yield* Effect.timeoutOption(Effect.interruptible(ended), millis)
    for (const job of Array.from(running.values())) yield* job.stop ?? Effect.void
    yield* ended
  })
