/** Runs the simulation from the command line. Prints a summary, and for the first violation its trace and the command that repeats it. */
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Model from "@interline/router/Model"
import type * as Policy from "@interline/router/Policy"
import * as Simulation from "@interline/router/Simulation"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Host from "./grammar/host.ts"
import * as SimulateReport from "./simulateReport.ts"

/**
 * The seeds to run, and the settings of each run.
 *
 * @category models
 */
export interface Settings {
  /** The number of seeds, at least 1. Default: 1000. */
  readonly seeds: Option.Option<number>
  /** The first seed. Default: 1. */
  readonly from: Option.Option<number>
  /** The only seed to run. Fails together with `seeds` or `from`. */
  readonly seed: Option.Option<number>
  /** Prints each run line by line. */
  readonly trace: boolean
  /** The path of a JSON file with the policy. Default: the default policy. */
  readonly policy: Option.Option<string>
  /** Prints the summary as JSON. */
  readonly json: boolean
  /** The decisions to simulate. Default: those of production. */
  readonly subject?: Model.SystemUnderTest
  /** A policy that was read already, over these lines and carriers, instead of a file. */
  readonly over?: Pick<Model.Options, "policy" | "lines" | "kinds">
  /** The command that runs the simulation, for the sentence that repeats a seed. */
  readonly command?: string
}

/**
 * The settings name no seed, or contradict each other.
 *
 * @category errors
 */
export class SettingsError extends Data.TaggedError("SettingsError")<{ readonly message: string }> {}

/**
 * The policy file cannot be read, or holds no JSON.
 *
 * @category errors
 */
export class PolicyFileError extends Data.TaggedError("PolicyFileError")<{ readonly message: string }> {}

/**
 * An invariant did not hold. The summary and the trace are printed before this failure.
 *
 * @category errors
 */
export class Violated extends Data.TaggedError("Violated")<{ readonly message: string }> {}

const parseJson = Schema.decodeUnknown(Schema.parseJson())

/** The simulated vendors, also those that the policy does not name. So the error about a wrong name can list the right names. */
const vendors = ["linq", "sendblue"]

const readPolicy = (path: string): Effect.Effect<Policy.Complete, PolicyFileError | Policy.PolicyError, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (files) => files.readFileString(path)).pipe(
    Effect.mapError(() => new PolicyFileError({ message: `the policy file ${path} cannot be read` })),
    Effect.flatMap((text) =>
      Effect.mapError(parseJson(text), () => new PolicyFileError({ message: `the policy file ${path} holds no JSON` }))
    ),
    Effect.flatMap((input) => Simulation.policy(input, vendors))
  )

/** The seeds to run. Fails for no seeds at all: every invariant would hold, and the run would prove nothing. */
const range = ({ from, seed, seeds }: Settings): Effect.Effect<{ readonly first: number; readonly count: number }, SettingsError> => {
  if (Option.isSome(seed)) {
    return Option.isSome(seeds) || Option.isSome(from)
      ? Effect.fail(new SettingsError({ message: "--seed runs one seed and goes with neither --seeds nor --seed-from" }))
      : Effect.succeed({ first: seed.value, count: 1 })
  }
  const count = Option.getOrElse(seeds, () => 1_000)
  return Number.isSafeInteger(count) && count >= 1
    ? Effect.succeed({ first: Option.getOrElse(from, () => 1), count })
    : Effect.fail(new SettingsError({ message: `--seeds takes a whole number from 1, not ${count}` }))
}

interface Progress {
  readonly next: number
  readonly summary: Model.Summary
  readonly broken: Model.Report | undefined
  readonly toldAt: number
}

// the number of seeds in one batch; between two batches the run reads the clock, and it can be interrupted
const batch = 50

const runBatch = (options: Omit<Model.Options, "seed">, { next, summary, toldAt }: Progress, end: number): Progress => {
  let sum = summary
  for (let seed = next; seed < Math.min(next + batch, end); seed += 1) {
    const report = Simulation.run({ ...options, seed })
    sum = Simulation.add(sum, report)
    if (report.violations.length > 0) return { next: seed + 1, summary: sum, broken: report, toldAt }
  }
  return { next: Math.min(next + batch, end), summary: sum, broken: undefined, toldAt }
}

/**
 * Runs the seeds and prints the summary. Prints the progress to stderr every second. Stops at the first violation with `Violated`.
 *
 * @category constructors
 */
export const run = (
  settings: Settings
): Effect.Effect<void, SettingsError | PolicyFileError | Policy.PolicyError | Violated, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const { command, json, over = {}, policy, subject, trace } = settings
    const { count, first } = yield* range(settings)
    const chosen = yield* Effect.transposeMapOption(policy, readPolicy)
    const options = {
      ...over,
      ...(Option.isNone(chosen) ? {} : { policy: chosen.value }),
      ...(subject === undefined ? {} : { subject })
    }
    const end = first + count
    if (trace) {
      for (let seed = first; seed < end; seed += 1) {
        yield* Console.log([`seed ${seed}`, ...Simulation.trace({ ...options, seed })].join("\n"))
      }
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
          yield* Console.error(SimulateReport.progress(run.next - first, count, now - startedAt))
          return { ...run, toldAt: now }
        })
    })
    const millis = (yield* Clock.currentTimeMillis) - startedAt

    const { broken, summary } = done
    const { asCalled } = yield* Host.Host
    const violation = broken === undefined ? undefined : {
      report: broken,
      trace: Simulation.trace({ ...options, seed: broken.seed }),
      replay: asCalled(`${command ?? "interline simulate"} --seed ${broken.seed} --trace${
        Option.match(policy, {
          onNone: () => "",
          onSome: (path) => ` --policy ${path}`
        })
      }`)
    }
    yield* Console.log(json ? SimulateReport.forPrograms(summary, millis, violation) : SimulateReport.forPeople(summary, millis, violation))
    if (broken !== undefined) {
      yield* Effect.fail(new Violated({ message: `seed ${broken.seed} broke an invariant` }))
    }
  })
