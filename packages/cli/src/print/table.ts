/** Writes tables of plain text for people. */
import * as IsoTime from "@interline/core/IsoTime"

/** A cell is not cut below this many characters, so that ids stay whole. */
const shortest = 40

/** A text in one line. What would move a terminal's cursor, or hide a part of the line, is left out: texts come from strangers. */
export const toLine = (text: string): string => text.replace(/\s+/g, " ").replace(/[\p{Cc}\p{Cf}]/gu, "").trim()

const cut = (text: string, most: number): string => {
  const points = Array.from(text)
  return points.length > most ? `${points.slice(0, most - 1).join("")}…` : text
}

/** Epoch milliseconds as people read them, in UTC. */
export const toTime = (millis: number): string => String(IsoTime.format(millis)).slice(0, 19).replace("T", " ")

/** How wide each column is. */
const widthsOf = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<number> =>
  (rows[0] ?? []).map((_, column) => rows.reduce((widest, row) => Math.max(widest, (row[column] ?? "").length), 0))

/**
 * A table with a head, or a sentence if there is nothing in it. Nothing is cut where no terminal shows it. A terminal would break lines that
 * are longer than it is wide. There the longest cells are cut, and if that is not enough, each row is a block of lines with all of its text.
 */
export const toTable = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  empty: string,
  columns = Number.POSITIVE_INFINITY
): string => {
  if (rows.length === 0) return empty
  const cells = [head, ...rows].map((row) => row.map(toLine))
  const widths = widthsOf(cells)
  const widthOf = (most: number): number => widths.reduce((sum, width) => sum + Math.min(width, most) + 2, -2)
  const most = widthOf(Number.POSITIVE_INFINITY) <= columns
    ? Number.POSITIVE_INFINITY
    : Array.from({ length: Math.max(0, columns - shortest) }, (_, index) => columns - index).find((most) => widthOf(most) <= columns)
  return most === undefined
    ? rows.map((row) => toFacts(head.map((name, index) => [name, row[index]]))).join("\n\n")
    : cells.map((row) => row.map((cell, column) => cut(cell, most).padEnd(Math.min(widths[column] ?? 0, most))).join("  ").trimEnd()).join(
      "\n"
    )
}

/** Facts, each with its name in front. Those without a value are left out. */
export const toFacts = (facts: ReadonlyArray<readonly [name: string, value: string | number | undefined]>): string => {
  const there = facts.flatMap(([name, value]) => value === undefined ? [] : [[`${name}:`, toLine(String(value))] as const])
  const width = Math.max(...there.map(([name]) => name.length))
  return there.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n")
}
