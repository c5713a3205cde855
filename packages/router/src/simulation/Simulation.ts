/**
 * Tests the router's promises in thousands of runs with model vendors and model phones, in virtual time. A judge checks each run.
 * The judge sees everything, also what production cannot see. Production's own decisions, health, routing and affinity run in it.
 *
 * One seed is one run. A run has some people and some dozens of sends. These things go wrong in it:
 *
 * - Vendors have outages, single requests have faults, and answers are lost.
 * - Vendors take or list messages late, and their clocks differ from ours.
 * - Lists are short, show another spelling, or show messages that we did not send.
 * - Vendors forget idempotency keys.
 * - Webhooks come late, twice, in another order or never.
 * - People opt out while a message waits, and callers go away.
 * - A process crashes, and another process takes over.
 * - If the policy has a rollout, it is started, paused, resumed and taken back.
 *
 * Some seeds have a second run, in which several of production's own runners share a ledger.
 */
import type * as Effect from "effect/Effect"
import type { Complete, PolicyError } from "../policy/Policy.ts"
import type { ErrorBody, FaultKind, Faults, Options, Probe, Probed, Report, Summary } from "./Model.ts"
import * as RunsProbe from "./runs/probe.ts"
import * as Setup from "./runs/setup.ts"
import * as RunsSummary from "./runs/summary.ts"
import * as VendorsFaults from "./vendors/faults.ts"

/**
 * All faults that a request can have.
 *
 * @category models
 */
export const faultKinds: readonly [FaultKind, ...ReadonlyArray<FaultKind>] = VendorsFaults.kinds

/**
 * The faults of a run. The options of a run can replace each member.
 *
 * @category models
 */
export const defaultFaults: Faults = Setup.defaultFaults

/**
 * The carriers that a policy for the simulation may name. `linq` honours idempotency keys. `sendblue` lists the messages that it
 * took. A name such as `linq-eu` gives another carrier of the same kind. Unknown names are left out. Each carrier has the line
 * `support` and the lines of `lines`.
 *
 * @category constructors
 */
export const carriers: (ids: ReadonlyArray<string>, lines?: ReadonlyArray<string>) => ReadonlyArray<Setup.Configured> = Setup.configured

/**
 * Reads a policy for the simulation. It works like `Policy.make`. The carriers are those that the policy names and that `carriers`
 * knows. `always` adds carriers that the policy need not name. The lines are `support` and those that the rules name. The people of
 * a run are spread over these lines.
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
 * Runs one seed and returns what happened, as readable lines with times.
 *
 * @category constructors
 */
export const trace: (options: Options) => ReadonlyArray<string> = Setup.trace

/**
 * The names of the error bodies that a model vendor can answer with.
 *
 * @category models
 */
export const errorBodies: ReadonlyArray<ErrorBody> = VendorsFaults.bodyNames

/**
 * Runs one send with one fault against the model. The repository's tests run the same send against the sandbox, through the
 * real adapters, and compare the results.
 *
 * @category constructors
 */
export const probe: (probe: Probe) => Probed = RunsProbe.probe

/**
 * The summary of zero runs.
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
 * The time in milliseconds within which the given part of all failovers ended. A part of 0.5 means half of them. The time may be
 * up to five percent too long. Undefined if there were no failovers.
 *
 * @category getters
 */
export const failoverWithin: (summary: Summary, part: number) => number | undefined = RunsSummary.failoverWithin
