/** Makes the output of the simulation. */
import type * as Model from "@interline/router/Model"
import * as Simulation from "@interline/router/Simulation"

export interface Violation {
  readonly report: Model.Report
  readonly trace: ReadonlyArray<string>
  readonly replay: string
}

const number = (value: number): string => Math.round(value).toLocaleString("en-US")

const perSecond = (count: number, millis: number): number => count / Math.max(millis, 1) * 1000

export const progress = (done: number, all: number, millis: number): string => {
  const rate = perSecond(done, millis)
  return `${number(done)} of ${number(all)} seeds, ${number(rate)} a second, ${number((all - done) / rate)} s to go`
}

const share = (part: number, whole: number): string => whole === 0 ? "" : `${(part / whole * 100).toFixed(2).padStart(7)} %`

const rows = (summary: Model.Summary): ReadonlyArray<readonly [name: string, count: number, explanation: string]> => [
  ["sends", summary.sends, ""],
  ["accepted", summary.accepted, ""],
  ["rejected", summary.rejected, "certainly not sent"],
  ["partial", summary.partial, "parts of a split draft"],
  ["held", summary.held, "or answered as unknown"],
  ["settled later", summary.settledLater, "held, then settled by a fact"],
  ["undecidable", summary.undecidable, "doubts that nothing would have settled"],
  ["duplicates", summary.duplicates, "with leave of the policy"],
  ["late arrivals", summary.lateArrivals, "reported as incidents"],
  ["false accepts", summary.falseAccepts, ""],
  ["false rejects", summary.falseRejects, ""]
]

const time = (millis: number | undefined): string => millis === undefined ? "none" : `${number(millis)} ms`

const violationLines = ({ replay, report, trace }: Violation): ReadonlyArray<string> => [
  ...report.violations.map(({ delivery, detail, invariant }) =>
    `seed ${report.seed}${delivery === undefined ? "" : `, delivery #${delivery}`}: ${invariant}: ${detail}`
  ),
  "",
  ...trace,
  "",
  `again: ${replay}`
]

export const forPeople = (summary: Model.Summary, millis: number, violation: Violation | undefined): string =>
  [
    ...(violation === undefined ? [] : [...violationLines(violation), ""]),
    `${number(summary.seeds)} ${summary.seeds === 1 ? "seed" : "seeds"} in ${number(millis / 1000)} s (${
      number(perSecond(summary.seeds, millis))
    } a second): ${violation === undefined ? "every invariant held" : "an invariant did not hold"}`,
    "",
    ...rows(summary).map(([name, count, explanation]) =>
      `${name.padEnd(16)}${number(count).padStart(12)}${share(count, summary.sends)}  ${explanation}`.trimEnd()
    ),
    `time to failover: p50 ${time(Simulation.failoverWithin(summary, 0.5))}, p99 ${time(Simulation.failoverWithin(summary, 0.99))}`
  ].join("\n")

export const forPrograms = (summary: Model.Summary, millis: number, violation: Violation | undefined): string => {
  const { failovers: _, ...counts } = summary
  return JSON.stringify({
    ...counts,
    failover: { p50: Simulation.failoverWithin(summary, 0.5) ?? null, p99: Simulation.failoverWithin(summary, 0.99) ?? null },
    millis,
    seedsPerSecond: Math.round(perSecond(counts.seeds, millis)),
    ...(violation === undefined
      ? {}
      : {
        violation: { seed: violation.report.seed, found: violation.report.violations, replay: violation.replay, trace: violation.trace }
      })
  })
}
