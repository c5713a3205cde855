/** Writes a comparison of carriers as tables of plain text. */
import * as IsoTime from "@interline/core/IsoTime"
import type * as ApiSchema from "@interline/gateway/ApiSchema"

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

const aligned = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const widths = head.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)))
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()}`)
}

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
  cohorts.flatMap(({ carrierId, losses }) =>
    losses.length === 0 ? [] : [`  lost at ${carrierId}: ${losses.map((loss) => `${loss.kind} ${shareText(loss)}`).join(", ")}`]
  )

const unreportedLines = (cohorts: ReadonlyArray<Cohort>): ReadonlyArray<string> =>
  cohorts.flatMap(({ carrierId, unreported }) =>
    unreported === 0
      ? []
      : [`  not reported at ${carrierId}: ${unreported} to groups, of which vendors do not report whether they were delivered`]
  )

const note = "In brackets is where the true share probably lies (95 %). While those of two carriers overlap, neither is shown to be better."

export const compareTable = ({ cohorts, since, until }: Comparison): string => {
  const time = `From ${IsoTime.format(since)} to ${IsoTime.format(until)}`
  if (cohorts.length === 0) return `${time}: no sends`
  const titles = Array.from(new Set(cohorts.map(titleOf)))
  const parts = titles.map((title) => {
    const own = cohorts.filter((cohort) => titleOf(cohort) === title)
    return [title, ...aligned([head, ...own.map(rowOf)]), ...unreportedLines(own), ...lossLines(own)].join("\n")
  })
  return [time, ...parts, note].join("\n\n")
}
