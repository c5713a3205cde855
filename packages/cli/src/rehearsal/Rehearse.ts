/** Rehearses a whole move between two vendors in the sandbox, step by step, and counts at the end what the phones got. */
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import type * as FileSystem from "@effect/platform/FileSystem"
import type { Network } from "@interline/sandbox/Network"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import { type Vendor, vendors } from "../configuration.ts"
import * as Host from "../grammar/host.ts"
import * as Judge from "./judge.ts"
import * as Page from "./page.ts"
import * as Stage from "./stage.ts"
import * as Steps from "./steps.ts"

/**
 * The options of the command line.
 *
 * @category models
 */
export interface Flags {
  /** The vendor to move from. Default: sendblue. */
  readonly from: Option.Option<Vendor>
  /** The seed of the people. Default: a random one. */
  readonly seed: Option.Option<number>
  /** Prints one JSON document instead of a page. */
  readonly json: boolean
  /** The path of Node, which runs the program that moves. */
  readonly node: string
}

/**
 * A step, and what it proved. If it is not ok, `proved` says what went wrong.
 *
 * @category models
 */
export interface StepResult {
  readonly name: string
  readonly ok: boolean
  readonly proved: string
}

/**
 * The result of a rehearsal, as `--json` prints it.
 *
 * @category models
 */
export interface Document {
  readonly from: string
  readonly to: string
  readonly seed: number
  readonly steps: ReadonlyArray<StepResult>
  /** What is on the phones. The last three are 0 unless something is wrong. */
  readonly phones: Pick<Judge.Counts, "messages" | "duplicates" | "toOptedOut" | "numberChangesUntold">
}

/**
 * A step is not ok, or something is wrong on the phones. The document was printed before this failure.
 *
 * @category errors
 */
export class Unproved extends Data.TaggedError("Unproved")<{ readonly message: string }> {}

/**
 * What is wrong in a rehearsal, one sentence for each fault.
 *
 * @category getters
 */
export const faults = ({ phones, seed, steps }: Document): ReadonlyArray<string> => [
  ...steps.filter(({ ok }) => !ok).map(({ name, proved }) => `the step "${name}" failed with the seed ${seed}: ${proved}`),
  ...(phones.duplicates === 0 ? [] : [`copies beside the first are on phones: ${phones.duplicates}`]),
  ...(phones.toOptedOut === 0 ? [] : [`texts went to people who had opted out: ${phones.toOptedOut}`]),
  ...(phones.numberChangesUntold === 0 ? [] : [`changes of the number came without the words of the policy: ${phones.numberChangesUntold}`])
]

const playStep = (stage: Stage.Stage, step: Steps.Step): Effect.Effect<StepResult, never, FileSystem.FileSystem> =>
  Effect.match(step.play(stage), {
    onFailure: ({ message }) => ({ name: step.name, ok: false, proved: message }),
    onSuccess: (proved) => ({ name: step.name, ok: true, proved })
  })

const judge = ({ messages, missing, unexpected }: Judge.Counts): StepResult => {
  const isComplete = missing === 0 && unexpected === 0
  return {
    name: "phones",
    ok: isComplete,
    proved: isComplete
      ? `${messages} messages are on the phones: one copy of every text, and no other`
      : `texts that are missing: ${missing}; messages that belong on no phone or on another one: ${unexpected}`
  }
}

/**
 * Plays a rehearsal. After a step that failed no other step is played, and the phones are counted. `readPhones` reads the phones for the
 * count. `onStep` is called after each step. What the gateway logged before a failure is printed to standard error.
 *
 * @category constructors
 */
export const play = (
  settings: Stage.Settings,
  options: {
    readonly readPhones: (network: Network) => Effect.Effect<ReadonlyArray<Judge.Phone>>
    readonly onStep: (result: StepResult, commands: ReadonlyArray<string>) => Effect.Effect<void>
  }
): Effect.Effect<Document, Unproved, CommandExecutor.CommandExecutor | FileSystem.FileSystem> =>
  Effect.scoped(Effect.gen(function*() {
    const stage = yield* Stage.open(settings)
    const results: Array<StepResult> = []
    const add = (result: StepResult, commands: ReadonlyArray<string>) => {
      results.push(result)
      return options.onStep(result, commands)
    }
    for (const step of Steps.steps) {
      const result = yield* playStep(stage, step)
      yield* add(result, step.commands(settings))
      if (!result.ok) {
        yield* Effect.forEach(stage.log, (line) => Console.error(line))
        break
      }
    }
    const counts = Judge.count(yield* stage.evidence(options.readPhones))
    yield* add(judge(counts), [])
    const { duplicates, messages, numberChangesUntold, toOptedOut } = counts
    const { from, seed, to } = settings
    return { from, to, seed, steps: results, phones: { messages, duplicates, toOptedOut, numberChangesUntold } }
  })).pipe(Effect.mapError(({ message }) => new Unproved({ message })))

/**
 * Reads the phones of the sandbox.
 *
 * @category getters
 */
export const readPhones = (network: Network): Effect.Effect<ReadonlyArray<Judge.Phone>> => network.phones

/**
 * Rehearses a move, and prints what each step proved. Fails with `Unproved` if something is wrong.
 *
 * @category constructors
 */
export const run = (
  { from, json, node, seed: given }: Flags
): Effect.Effect<void, Unproved, CommandExecutor.CommandExecutor | FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const seed = yield* Option.match(given, { onNone: () => Random.nextIntBetween(1, 1_000_000), onSome: Effect.succeed })
    const source = Option.getOrElse(from, (): Vendor => "sendblue")
    const target = vendors.find((vendor) => vendor !== source) ?? source
    const settings = { from: source, to: target, seed, node }
    if (!json) yield* Console.log(Page.title(settings))
    const document = yield* play(settings, {
      readPhones,
      onStep: (result, commands) =>
        json ? Effect.void : Effect.flatMap(Host.Host, ({ asCalled }) => Console.log(Page.step(result, commands.map(asCalled))))
    })
    yield* Console.log(json ? JSON.stringify(document) : Page.phones(document.phones))
    const [first, ...more] = faults(document)
    if (first !== undefined) yield* new Unproved({ message: [first, ...more].join("\n") })
  })
