/** Writes a comparison of carriers as tables of plain text. */
import * as IsoTime from "@interline/core/IsoTime"
import type * as ApiSchema from "@interline/gateway/ApiSchema"
import * as Table from "../print/table.ts"

type Comparison = typeof ApiSchema.CarrierComparison.Type
type Cohort = Comparison["cohorts"][number]
type Share = Cohort["notSent"]

const percent = (share: number): string => (share * 100).toFixed(1)

const shareText = ({ count, high, low, of, share }: Share): string =>
  of === 0 ? "-" : `${count} = ${percent(share)} % (${percent(low)}-${percent(high)})`

const seconds = (value: number | undefined): string => value === undefined ? "-" : `${value.toFixed(1)} s`

const head = ["carrier", "sends", "not sent", "held", "delivered", "failed", "opted out", "p50", "p95"]

const rowOf = ({ carrierId, delivered, failed, held, notSent, optOuts, sends, timeToDelivered }: Cohort): ReadonlyArray<string> => [
  carrierId,
  String(sends),
  ...[notSent, held, delivered, failed, optOuts].map(shareText),
  seconds(timeToDelivered?.p50Seconds),
  seconds(timeToDelivered?.p95Seconds)
]

const titleOf = ({ cohort, line }: Cohort): string => {
  switch (cohort) {
    case "all":
      return "All sends"
    case "line":
      return `Line ${line ?? ""}`
    case "bound":
      return "Conversations that began at the carrier"
    case "moved":
      return "Conversations that moved to the carrier"
  }
}

const lossLines = (cohorts: ReadonlyArray<Cohort>): ReadonlyArray<string> =>
  cohorts.flatMap(({ carrierId, losses }) => losses.map((loss) => `lost at ${carrierId}: ${loss.kind} ${shareText(loss)}`))

const unreportedLines = (cohorts: ReadonlyArray<Cohort>): ReadonlyArray<string> =>
  cohorts.flatMap(({ carrierId, unreported }) =>
    unreported === 0 ? [] : [`not reported at ${carrierId}: ${unreported} to groups, where vendors report no delivery`]
  )

const note = [
  "In brackets is where the true share probably lies (95 %).",
  "While those of two carriers overlap, neither is shown to be better."
].join("\n")

/** The page, on a terminal with so many columns. */
export const compareTable = ({ cohorts, since, until }: Comparison, columns = Number.POSITIVE_INFINITY): string => {
  const time = `From ${IsoTime.format(since)} to ${IsoTime.format(until)}`
  if (cohorts.length === 0) return `${time}: no sends`
  const titles = Array.from(new Set(cohorts.map(titleOf)))
  const parts = titles.map((title) => {
    const own = cohorts.filter((cohort) => titleOf(cohort) === title)
    const lines = [...Table.toTable(head, own.map(rowOf), "", columns - 2).split("\n"), ...unreportedLines(own), ...lossLines(own)]
    return [title, ...lines.map((line) => `  ${line}`.trimEnd())].join("\n")
  })
  return [time, ...parts, note].join("\n\n")
}
