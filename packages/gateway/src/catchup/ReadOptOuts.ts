/**
 * Reads opt-outs from the lines of a body, or from the pages of a carrier's list. It adds them in batches, so that only one batch is in
 * memory.
 */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Handle from "@interline/core/Handle"
import type { OptOutRecord } from "@interline/core/History"
import type { OptOut, SuppressionService } from "@interline/core/Suppression"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"

/**
 * The counts of a read. `added`: opt-outs that were new. `known`: opt-outs that were in the list before. `malformed`: how many lines name
 * no person. `lines`: the line numbers of the first of these.
 *
 * @category models
 */
export interface Counts {
  readonly read: number
  readonly added: number
  readonly known: number
  readonly malformed: number
  readonly lines: ReadonlyArray<number>
}

/**
 * The counts before anything was read.
 *
 * @category constants
 */
export const none: Counts = { read: 0, added: 0, known: 0, malformed: 0, lines: [] }

const batch = 500
const shownLines = 100

// A line holds a number and perhaps other columns of a table. It is never longer than this.
const longestLine = 4_096

/**
 * Splits pieces of text into lines. A line that is too long is cut, and then it names no person.
 *
 * @category constructors
 */
export const makeSplitter = () => {
  let rest = ""
  let isTooLong = false
  const take = (piece: string): ReadonlyArray<string> => {
    const found = (rest + piece).split(/\r\n|\n|\r/)
    const last = found.pop() ?? ""
    const lines = found.map((line, index) => {
      if (index > 0 || !isTooLong) return line.slice(0, longestLine + 1)
      isTooLong = false
      return "x".repeat(longestLine + 1)
    })
    if (last.length > longestLine) isTooLong = true
    rest = isTooLong ? "" : last
    return lines
  }
  return { take, end: (): ReadonlyArray<string> => isTooLong ? ["x".repeat(longestLine + 1)] : rest === "" ? [] : [rest] }
}

const firstCell = (text: string): string => (text.split(/[,;\t]/)[0] ?? text).replaceAll("\"", "").trim()

const handleIn = (value: unknown): unknown => Predicate.isRecord(value) ? value["handle"] ?? value["number"] ?? value["phone"] : value

/**
 * The person that a line names, or why it names none. The forms: `{"handle":"+1…"}`, a JSON string, or the first column of a table.
 *
 * @category getters
 */
export const readLine = (line: string): Either.Either<Handle.Handle, string> => {
  if (line.length > longestLine) return Either.left(`it has more than ${longestLine} characters`)
  const text = line.trim()
  const isList = text.startsWith("[")
  const isObject = text.startsWith("{")
  const parsed = isList || isObject || text.startsWith("\"")
    ? Either.getOrUndefined(Either.try((): unknown => JSON.parse(text)))
    : undefined
  // Refuse a JSON list here. Read as a table, it would be cut at its first comma, and its other people would be lost.
  if (isList) return Either.left("it is a list; give each person a line")
  if (isObject && parsed === undefined) return Either.left("it is not well-formed JSON")
  const value = handleIn(parsed ?? firstCell(text))
  return typeof value === "string"
    ? Either.mapLeft(Handle.parse(value), ({ message }) => `it is ${message}`)
    : Either.left("it has no field handle, number or phone with a text")
}

/** How the head of a table names the column of the people. Another word may be a mistyped person, so that it is no head. */
const headOf = /^[\p{L} _.-]*(handle|phone|number|mobile|cell|msisdn|mail|person|people|recipient|contact|address)[\p{L} _.-]*$/iu

const isHead = (line: string): boolean => line.length <= longestLine && headOf.test(firstCell(line))

/**
 * The lines that should name a person, each with its number, counted from 1. Blank lines and the head of a table are left out.
 *
 * @category combinators
 */
export const numberLines = <E, R>(lines: Stream.Stream<string, E, R>): Stream.Stream<readonly [line: string, number: number], E, R> =>
  lines.pipe(
    Stream.zipWithIndex,
    Stream.filter(([line]) => line.trim() !== ""),
    Stream.zipWithIndex,
    Stream.filter(([[line], place]) => place > 0 || !isHead(line)),
    Stream.map(([[line, index]]) => [line, index + 1] as const)
  )

/**
 * Adds two counts.
 *
 * @category combinators
 */
export const sum = (left: Counts, right: Counts): Counts => ({
  read: left.read + right.read,
  added: left.added + right.added,
  known: left.known + right.known,
  malformed: left.malformed + right.malformed,
  lines: [...left.lines, ...right.lines].slice(0, shownLines)
})

/** Adds a batch, and counts its opt-outs. */
const add = (suppression: Pick<SuppressionService, "addAll">, optOuts: ReadonlyArray<OptOut>): Effect.Effect<Counts> => {
  const handles = new Set(optOuts.map(({ handle }) => handle))
  return optOuts.length === 0
    ? Effect.succeed(none)
    : Effect.map(suppression.addAll(optOuts), (added) => ({ ...none, read: optOuts.length, added, known: handles.size - added }))
}

/**
 * Adds the people that the lines name. `onBatch` gets the counts so far.
 *
 * @category combinators
 */
export const addLines = <E>(
  suppression: SuppressionService,
  lines: Stream.Stream<string, E>,
  onBatch: (counts: Counts) => Effect.Effect<void>
): Effect.Effect<Counts, E> =>
  numberLines(lines).pipe(
    Stream.map(([line, number]) => ({ handle: Either.getOrUndefined(readLine(line)), number })),
    Stream.grouped(batch),
    Stream.runFoldEffect(none, (counts, group) => {
      const rows = Array.from(group)
      const optOuts = rows.flatMap(({ handle }): ReadonlyArray<OptOut> => handle === undefined ? [] : [{ handle, source: "explicit" }])
      const bad = rows.flatMap(({ handle, number }) => handle === undefined ? [number] : [])
      return Effect.flatMap(add(suppression, optOuts), (added) => {
        const all = sum(counts, sum(added, { ...none, read: bad.length, malformed: bad.length, lines: bad }))
        return Effect.as(onBatch(all), all)
      })
    })
  )

/**
 * Adds the people on a carrier's list. `onBatch` gets the counts so far.
 *
 * @category combinators
 */
export const addRecords = <E>(
  suppression: Pick<SuppressionService, "addAll">,
  carrierId: CarrierId,
  pages: Stream.Stream<ReadonlyArray<OptOutRecord>, E>,
  onBatch: (counts: Counts) => Effect.Effect<void>
): Effect.Effect<Counts, E> =>
  Stream.runFoldEffect(pages, none, (counts, page) =>
    Effect.flatMap(
      add(
        suppression,
        page.map((record): OptOut => ({ ...record, source: "list", carrierId }))
      ),
      (added) => {
        const all = sum(counts, added)
        return Effect.as(onBatch(all), all)
      }
    ))
