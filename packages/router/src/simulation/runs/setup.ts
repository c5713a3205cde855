/** Turns the options of a caller into the parts of a run, and runs it. */
import * as CarrierId from "@interline/core/CarrierId"
import * as Handle from "@interline/core/Handle"
import { type LineName, LineName as LineNames } from "@interline/core/Line"
import type * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as CompletePolicy from "../../policy/completePolicy.ts"
import * as Policy from "../../policy/Policy.ts"
import type { Faults, Options, Report } from "../Model.ts"
import * as Sharing from "../processes/sharing.ts"
import * as VendorsFaults from "../vendors/faults.ts"
import * as Random from "../vendors/random.ts"
import * as Run from "./run.ts"
import * as Scenario from "./scenario.ts"
import * as Trace from "./trace.ts"

export interface Configured {
  readonly id: CarrierId.CarrierId
  readonly way: VendorsFaults.Way
  readonly lines: ReadonlyMap<LineName, Handle.Phone>
}

const wayOf = (id: string): VendorsFaults.Way | undefined =>
  /^linq(-|$)/.test(id) ? "replay" : /^sendblue(-|$)/.test(id) ? "list" : undefined

const number = Handle.phone("+12025550200")

/** The line `support`, which every run has, and the named lines. */
const linesAnd = (
  names: ReadonlyArray<LineName>
): Scenario.Lines => [Scenario.line, ...Array.from(new Set(names)).filter((name) => name !== Scenario.line)]

const isLineName = Schema.is(LineNames)

export const configured = (
  ids: ReadonlyArray<string>,
  lineNames: ReadonlyArray<string> = [],
  kinds: Options["kinds"] = {}
): ReadonlyArray<Configured> => {
  const lines = new Map(linesAnd(lineNames.filter(isLineName)).map((line) => [line, number]))
  return Array.from(new Set(ids)).flatMap((id) => {
    const way = wayOf(Object.hasOwn(kinds, id) ? kinds[id] ?? id : id)
    return way === undefined ? [] : [{ id: CarrierId.make(id), way, lines }]
  })
}

const idsIn = (input: unknown): ReadonlyArray<string> => {
  const preferred = Predicate.hasProperty(input, "prefer") && Array.isArray(input.prefer) ? input.prefer.filter(Predicate.isString) : []
  return [...preferred, ...rulesIn(input).flatMap(idsIn)]
}

const rulesIn = (input: unknown): ReadonlyArray<unknown> =>
  Predicate.hasProperty(input, "rules") && Array.isArray(input.rules) ? input.rules : []

const linesIn = (input: unknown): ReadonlyArray<string> =>
  rulesIn(input).flatMap((rule) =>
    Predicate.hasProperty(rule, "match") && Predicate.hasProperty(rule.match, "lines") && Array.isArray(rule.match.lines)
      ? rule.match.lines.filter(Predicate.isString)
      : []
  )

export const policyOf = (input: unknown, always: ReadonlyArray<string> = []): Effect.Effect<Policy.Complete, Policy.PolicyError> =>
  Policy.make(input, configured([...always, ...idsIn(input)], linesIn(input)))

export const defaultFaults: Faults = {
  rate: undefined,
  kinds: VendorsFaults.kinds,
  refusals: 0.06,
  outages: 0.45,
  crashes: 0.25,
  departures: 0.15,
  optOuts: 0.3,
  lists: 0.15,
  limits: 0.2,
  processes: 0.05
}

const defaultPolicy: Policy.Complete = { ...CompletePolicy.defaults, prefer: [CarrierId.make("linq"), CarrierId.make("sendblue")] }

const linesOf = ({ rules }: Policy.Complete, [first, ...others]: ReadonlyArray<LineName>): Scenario.Lines =>
  first === undefined ? linesAnd(rules.flatMap(({ match }) => match.lines ?? [])) : [first, ...others]

const setup = ({ faults, kinds, lines = [], policy = defaultPolicy, seed, sends = 24, subject = {} }: Options): Run.Parts => ({
  seed,
  policy,
  carriers: configured([...policy.prefer, ...policy.rules.flatMap(({ prefer }) => prefer)], [], kinds),
  lines: linesOf(policy, lines),
  faults: { ...defaultFaults, ...faults },
  sends,
  subject
})

/** Runs a seed. Some seeds have a second run, with several processes. */
const runSetup = (setup: Run.Parts, trace?: Trace.Trace): Report => {
  const report = Run.run(setup, trace)
  if (!Random.keyed(setup.seed, 0, 0, 7_000_000).chance(setup.faults.processes)) return report
  trace?.happened(Scenario.start, "once more, now with several processes that share a ledger, and callers who ask again under their keys")
  return { ...report, violations: [...report.violations, ...Sharing.run(setup, trace)] }
}

export const run = (options: Options): Report => runSetup(setup(options))

export const trace = (options: Options): ReadonlyArray<string> => {
  const trace = Trace.make()
  runSetup(setup(options), trace)
  return trace.lines
}
