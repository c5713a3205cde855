/** Shows a rollout as a page for people. */
import type { RolloutRecord } from "@interline/gateway/ApiSchema"

type Record = typeof RolloutRecord.Type

type Cohort = NonNullable<Record["cohorts"]>["from"]

const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`

const written = (at: number): string => new Date(at).toISOString().slice(0, 19).replace("T", " ")

const rows: ReadonlyArray<readonly [what: string, count: (cohort: Cohort) => number | undefined]> = [
  ["sends", ({ sends }) => sends],
  ["not sent", ({ notSent }) => notSent],
  ["held", ({ held }) => held],
  ["delivered", ({ delivered }) => delivered],
  ["failed", ({ failed }) => failed],
  ["opted out", ({ optOuts }) => optOuts],
  ["late", ({ late }) => late],
  ["median, in ms", ({ medianMillis }) => medianMillis]
]

const tableOf = ({ from, to }: NonNullable<Record["cohorts"]>): ReadonlyArray<string> => {
  const line = (what: string, left: string, right: string) => `  ${what.padEnd(16)}${left.padStart(12)}${right.padStart(12)}`
  const shown = (count: number | undefined): string => count === undefined ? "-" : String(count)
  return [
    line("", from.carrierId, to.carrierId),
    ...rows.map(([what, count]) => line(what, shown(count(from)), shown(count(to))))
  ]
}

const nextOf = ({ share, steps, waitsForSeconds }: Record): string => {
  const next = steps.find((step) => step.share > share)
  return next === undefined
    ? "This is the last step."
    : `The next step is ${percent(next.share)} (${next.moves})${waitsForSeconds === 0 ? "." : `, in ${waitsForSeconds} seconds or later.`}`
}

const placesOf = ({ conversations, from, to }: Record): ReadonlyArray<string> => {
  if (conversations === undefined) return []
  const { assigned, from: atFrom, to: atTo } = conversations
  const line = (carrierId: string, { count, lastAt }: typeof atFrom): string =>
    `  ${count} at ${carrierId}${lastAt === undefined ? "" : `, the last message in one of them ${written(lastAt)}`}`
  return atFrom.count + atTo.count + assigned === 0
    ? []
    : ["", "Direct conversations now:", line(from, atFrom), line(to, atTo), ...(assigned === 0 ? [] : [`  ${assigned} assigned by name`])]
}

const faultsOf = ({ faults = [], to }: Record): ReadonlyArray<string> =>
  faults.length === 0 ? [] : ["", `Faults at ${to}:`, ...faults.map(({ sentence, since }) => `  since ${written(since)}  ${sentence}`)]

const leftOutOf = ({ leftOut = [] }: Record): ReadonlyArray<string> =>
  leftOut.length === 0
    ? []
    : [
      "",
      "Not in the policy any more:",
      ...leftOut.map(({ from, phase, share, to }) => `  from ${from} to ${to}: ${phase}, ${percent(share)}`)
    ]

/** The page of a rollout. */
export const page = (record: Record): string => {
  const { changes, cohorts, crossed, from, phase, share, step, steps, to } = record
  return [
    `Rollout from ${from} to ${to}: ${phase}, step ${step} of ${steps.length}, ${percent(share)} of all conversations`,
    nextOf(record),
    ...(cohorts === undefined ? [] : ["", ...tableOf(cohorts)]),
    ...placesOf(record),
    ...leftOutOf(record),
    ...faultsOf(record),
    ...(crossed.length === 0 ? [] : ["", "Crossed guardrails:", ...crossed.map(({ sentence }) => `  ${sentence}`)]),
    ...(changes.length === 0 ? [] : [
      "",
      "Changes, the newest first:",
      ...changes.slice(0, 10).map(({ action, actor, at, reason, share }) =>
        `  ${written(at)}  ${action.padEnd(8)}${percent(share).padEnd(8)}${actor}: ${reason}`
      )
    ])
  ].join("\n")
}
