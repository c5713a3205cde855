/**
 * The proof of the router's promise: thousands of runs against model vendors and model phones, in virtual time, with a judge
 * who sees what production cannot. The production's own decisions, health, routing and affinity run in it.
 *
 * One seed is one run: some people, some dozens of sends, outages, faults of single requests, lost answers, messages that are
 * taken or listed late, clocks that differ, lists that are short or in another spelling, messages of strangers, keys that expire, webhooks that come late, twice, in another order or never,
 * people who opt out while a message waits, callers who go away, and a process that is lost and taken over from. Some seeds have a second run, in which
 * production's own runners share a ledger.
 */
import type * as Effect from "effect/Effect"
import type { Complete, PolicyError } from "../policy/Policy.ts"
import type { ErrorBody, FaultKind, Faults, Options, Probe, Probed, Report, Summary } from "./Model.ts"
import * as RunsProbe from "./runs/probe.ts"
import * as Setup from "./runs/setup.ts"
import * as RunsSummary from "./runs/summary.ts"
import * as VendorsFaults from "./vendors/faults.ts"

/**
 * Every fault.
 *
 * @category models
 */
export const faultKinds: readonly [FaultKind, ...ReadonlyArray<FaultKind>] = VendorsFaults.kinds

/**
 * The faults of a run unless the options name others.
 *
 * @category models
 */
export const defaultFaults: Faults = Setup.defaultFaults

/**
 * The carriers that a policy for the simulation may name: `linq` honours idempotency keys, `sendblue` shows what it took. More
 * of a kind are named after it (`linq-eu`). Each has the line `support`, and those of `lines`.
 *
 * @category constructors
 */
export const carriers: (ids: ReadonlyArray<string>, lines?: ReadonlyArray<string>) => ReadonlyArray<Setup.Configured> = Setup.configured

/**
 * Reads a policy for the simulation: as `Policy.make`, over those of its carriers that `carriers` knows, with the lines that its rules name. `always`: carriers that are there
 * whether or not the policy names them. The people of a run are spread over the line `support` and those of the rules.
 *
 * @category constructors
 */
export const policy: (input: unknown, always?: ReadonlyArray<string>) => Effect.Effect<Complete, PolicyError> = Setup.policyOf

/**
 * Runs one seed. The same options give the same report on every machine.
 *
 * @category constructors
 */
export const run: (options: Options) => Report = Setup.run

/**
 * Runs one seed and tells it line by line.
 *
 * @category constructors
 */
export const trace: (options: Options) => ReadonlyArray<string> = Setup.trace

/**
 * The error bodies that the model vendors answer with, by name.
 *
 * @category models
 */
export const errorBodies: ReadonlyArray<ErrorBody> = VendorsFaults.bodyNames

/**
 * Asks the model what becomes of a fault. The repository's tests ask the sandbox through the real adapters the same.
 *
 * @category constructors
 */
export const probe: (probe: Probe) => Probed = RunsProbe.probe

/**
 * The summary of no run.
 *
 * @category constructors
 */
export const emptySummary: Summary = RunsSummary.empty

/**
 * Adds the report of one run to a summary.
 *
 * @category combinators
 */
export const add: (summary: Summary, report: Report) => Summary = RunsSummary.add

/**
 * Joins two summaries.
 *
 * @category combinators
 */
export const combine: (left: Summary, right: Summary) => Summary = RunsSummary.combine

/**
 * The time in milliseconds, to five percent, within which a part (0.5: half) of all failovers ended; undefined if there were none.
 *
 * @category getters
 */
export const failoverWithin: (summary: Summary, part: number) => number | undefined = RunsSummary.failoverWithin
