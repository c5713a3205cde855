/** Writes tables of plain text for people. */
import * as IsoTime from "@interline/core/IsoTime"

/** The longest text in a cell. JSON has all of it. */
const longest = 60

/** A text in one line. What would move a terminal's cursor, or hide a part of the line, is left out: texts come from strangers. */
export const toLine = (text: string): string => text.replace(/\s+/g, " ").replace(/[\p{Cc}\p{Cf}]/gu, "").trim()

const cut = (text: string): string => {
  const points = Array.from(toLine(text))
  return points.length > longest ? `${points.slice(0, longest - 1).join("")}…` : points.join("")
}

/** Epoch milliseconds as people read them, in UTC. */
export const toTime = (millis: number): string => String(IsoTime.format(millis)).slice(0, 19).replace("T", " ")

/** Lines whose columns stand one below the other. */
export const align = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const cells = rows.map((row) => row.map(cut))
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)))
  return cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd())
}

/**
 * A table with a head, or a sentence if there is nothing in it. If its lines are longer than a terminal, which would break them, each row is a
 * block of lines instead.
 */
export const toTable = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  empty: string,
  columns = Number.POSITIVE_INFINITY
): string => {
  if (rows.length === 0) return empty
  const lines = align([head, ...rows])
  return lines.every((line) => line.length <= columns)
    ? lines.join("\n")
    : rows.map((row) => toFacts(head.map((name, index) => [name, row[index]]))).join("\n\n")
}

/** Facts, each with its name in front. Those without a value are left out. */
export const toFacts = (facts: ReadonlyArray<readonly [name: string, value: string | number | undefined]>): string => {
  const there = facts.flatMap(([name, value]) => value === undefined ? [] : [[`${name}:`, toLine(String(value))] as const])
  const width = Math.max(...there.map(([name]) => name.length))
  return there.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n")
}
