/**
 * The simulation from the command line: many seeds, a summary, and for the first violation its trace and how to see it again.
 *
 * @since 0.1.0
 */
import * as FileSystem from "@effect/platform/FileSystem"
import type { Complete, PolicyError } from "@interline/router/Policy"
import * as Simulation from "@interline/router/Simulation"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Report from "./internal/simulateReport.ts"

/**
 * `seeds` from `from` on, or only `seed`. `trace`: each seed is told line by line. `policy` is the path of a JSON file.
 * `subject`: what is simulated instead of production's own decisions.
 *
 * @since 0.1.0
 * @category models
 */
export interface Settings {
  readonly seeds: number
  readonly from: number
  readonly seed: Option.Option<number>
  readonly trace: boolean
  readonly policy: Option.Option<string>
  readonly json: boolean
  readonly subject?: Simulation.Subject
}

/**
 * The policy file cannot be read, or holds no JSON.
 *
 * @since 0.1.0
 * @category errors
 */
export class PolicyFileError extends Data.TaggedError("PolicyFileError")<{ readonly message: string }> {}

/**
 * An invariant did not hold. What was seen is printed already.
 *
 * @since 0.1.0
 * @category errors
 */
export class Violated extends Data.TaggedError("Violated")<{ readonly message: string }> {}

const parseJson = Schema.decodeUnknown(Schema.parseJson())

const readPolicy = (path: string): Effect.Effect<Complete, PolicyFileError | PolicyError, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (files) => files.readFileString(path)).pipe(
    Effect.mapError(() => new PolicyFileError({ message: `the policy file ${path} cannot be read` })),
    Effect.flatMap((text) => Effect.mapError(parseJson(text), () => new PolicyFileError({ message: `the policy file ${path} holds no JSON` }))),
    Effect.flatMap(Simulation.policy)
  )

interface Progress {
  readonly next: number
  readonly summary: Simulation.Summary
  readonly broken: Simulation.Report | undefined
  readonly toldAt: number
}

// seeds between two looks at the clock, which also let the process hear that it is to stop
const batch = 50

const runBatch = (options: Omit<Simulation.Options, "seed">, { next, summary, toldAt }: Progress, end: number): Progress => {
  let sum = summary
  for (let seed = next; seed < Math.min(next + batch, end); seed += 1) {
    const report = Simulation.run({ ...options, seed })
    sum = Simulation.add(sum, report)
    if (report.violations.length > 0) return { next: seed + 1, summary: sum, broken: report, toldAt }
  }
  return { next: Math.min(next + batch, end), summary: sum, broken: undefined, toldAt }
}

/**
 * Runs the seeds, with a line on stderr every second, and prints the summary. Fails with `Violated` at the first violation.
 *
 * @since 0.1.0
 * @category constructors
 */
export const run = ({ from, json, policy, seed, seeds, subject, trace }: Settings): Effect.Effect<void, PolicyFileError | PolicyError | Violated, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const chosen = yield* Effect.transposeMapOption(policy, readPolicy)
    const options = {
      ...(Option.isNone(chosen) ? {} : { policy: chosen.value }),
      ...(subject === undefined ? {} : { subject })
    }
    const first = Option.getOrElse(seed, () => from)
    const count = Option.isSome(seed) ? 1 : seeds
    const end = first + count
    if (trace) {
      for (let seed = first; seed < end; seed += 1) yield* Console.log([`seed ${seed}`, ...Simulation.trace({ ...options, seed })].join("\n"))
    }

    const startedAt = yield* Clock.currentTimeMillis
    const start: Progress = { next: first, summary: Simulation.emptySummary, broken: undefined, toldAt: startedAt }
    const done = yield* Effect.iterate(start, {
      while: ({ broken, next }) => broken === undefined && next < end,
      body: (progress) =>
        Effect.gen(function*() {
          yield* Effect.yieldNow()
          const run = runBatch(options, progress, end)
          const now = yield* Clock.currentTimeMillis
          if (now - run.toldAt < 1000) return run
          yield* Console.error(Report.progress(run.next - first, count, now - startedAt))
          return { ...run, toldAt: now }
        })
    })
    const millis = (yield* Clock.currentTimeMillis) - startedAt

    const { broken, summary } = done
    const violation = broken === undefined ? undefined : {
      report: broken,
      trace: Simulation.trace({ ...options, seed: broken.seed }),
      replay: `npm run simulate -- --seed ${broken.seed} --trace${Option.match(policy, { onNone: () => "", onSome: (path) => ` --policy ${path}` })}`
    }
    yield* Console.log(json ? Report.forPrograms(summary, millis, violation) : Report.forPeople(summary, millis, violation))
    if (broken !== undefined) yield* Effect.fail(new Violated({ message: `seed ${broken.seed} broke an invariant` }))
  })
