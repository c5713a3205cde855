/** Golden files: what must not change unnoticed. Written with INTERLINE_WRITE_GOLDEN=1, otherwise compared with what is on disk. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Url from "node:url"
import { expect } from "vitest"

const folder = Path.dirname(Url.fileURLToPath(import.meta.url))

/** JSON whose rows stand in one line each. */
const written = (value: unknown, indent = ""): string => {
  const inner = `${indent} `
  if (typeof value !== "object" || value === null || indent.length > 2) return JSON.stringify(value)
  if (Array.isArray(value)) {
    return value.length === 0
      ? "[]"
      : `[\n${value.map((one) => `${inner}${JSON.stringify(one)}`).join(",\n")}\n${indent}]`
  }
  const entries = Object.entries(value).map(([key, one]) => `${inner}${JSON.stringify(key)}: ${written(one, inner)}`)
  return entries.length === 0 ? "{}" : `{\n${entries.join(",\n")}\n${indent}}`
}

/** Compares a value with the file `<name>.json` beside this module. */
export const compare = (name: string, value: unknown): void => {
  const file = Path.join(folder, `${name}.json`)
  if (process.env["INTERLINE_WRITE_GOLDEN"] === "1") Fs.writeFileSync(file, `${written(JSON.parse(JSON.stringify(value)))}\n`)
  expect(JSON.parse(JSON.stringify(value)), `${name}.json; INTERLINE_WRITE_GOLDEN=1 writes it anew`).toEqual(
    JSON.parse(Fs.readFileSync(file, "utf8"))
  )
}

const byText = (one: string, other: string): number => one < other ? -1 : one > other ? 1 : 0

/** The texts, each once, in the order of their characters. */
export const sorted = (texts: Iterable<string>): ReadonlyArray<string> => Array.from(new Set(texts)).sort(byText)

/** A record with its keys in order. */
export const sortedRecord = <V>(entries: Iterable<readonly [string, V]>): Readonly<Record<string, V>> =>
  Object.fromEntries(Array.from(entries).sort(([one], [other]) => byText(one, other)))

/** The same with the keys of its records in order. */
export const ordered = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(ordered)
    : typeof value === "object" && value !== null
    ? sortedRecord(Object.entries(value).map(([key, inner]) => [key, ordered(inner)]))
    : value

/** Rows with their keys in order, sorted by what they say; those that say the same are told once, because how many there are may depend on what came first. */
export const sortedRows = (rows: ReadonlyArray<unknown>): ReadonlyArray<unknown> =>
  Array.from(new Map(rows.map(ordered).map((row) => [JSON.stringify(row), row])))
    .sort(([one], [other]) => byText(one, other))
    .map(([, row]) => row)

/** Replaces what is different at every run: names that the caller has given to ids, then every other id, time, port and secret. */
export const makeMask = (names: ReadonlyMap<string, string>) => {
  const known = Array.from(names).sort(([one], [other]) => other.length - one.length)
  const text = (given: string): string =>
    known.reduce((so, [id, name]) => so.replaceAll(id, `<${name}>`), given)
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, "<uuid>")
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g, "<time>")
      .replace(/(127\.0\.0\.1|localhost):\d+/g, "$1:<port>")
      .replace(/whsec_[A-Za-z0-9+/=]+/g, "whsec_<secret>")
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?([+-]\d\d)?/g, "<time>")
      .replace(/\b[0-9a-f]{64}\b/g, "<digest>")
      .replace(/\b[0-9a-f]{32}\b/g, "<hex>")
      .replace(/\b1[6-9]\d{11}\b/g, "<millis>")
  const value = (given: unknown): unknown => {
    if (typeof given === "string") {
      const json = /^[[{]/.test(given) ? parsed(given) : undefined
      return json === undefined ? text(given) : { json: value(json) }
    }
    if (typeof given === "bigint") return value(Number(given))
    if (typeof given === "number") return given > 1_600_000_000_000 && given < 2_000_000_000_000 ? "<millis>" : given
    if (given instanceof Date) return "<time>"
    if (Array.isArray(given)) return given.map(value)
    if (typeof given === "object" && given !== null) {
      return Object.fromEntries(
        Object.entries(given).map((
          [key, inner]
        ) => [text(key), key === "millis" ? "<duration>" : key === "jitter" ? "<chance>" : value(inner)])
      )
    }
    return given
  }
  return { text, value }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
