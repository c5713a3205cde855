/** docs/fronts.md: what each front makes of each field of its wire, as the vendors' own clients found it. */
import { expect } from "vitest"
import type { Carrier, Front, Row } from "../../fronts/verdicts.ts"
import { code, replaceBlock, settle, table } from "../markdown.ts"

const carriers = ["linq", "sendblue"] as const satisfies ReadonlyArray<Carrier>

const said = ({ note, verdict }: Row): string => note === "" ? verdict : `${verdict}: ${note}`

const isWord = (text: string): boolean => /^[\w.-]+$/.test(text)

/** Names and values of the wire stand in code, what is said of them does not. */
const named = (text: string): string => {
  const words = text.split(", ")
  if (words.every(isWord)) return words.map(code).join(", ")
  return text.replace(/^\w+(?=:)|[a-z]+(?:[._][a-z]+)+|\{\w+\}/g, code)
}

interface Line {
  readonly endpoint: string
  /** `send_style: love` is the value `love` of the field `send_style`. */
  readonly field: string
  readonly values: Array<string>
  readonly cells: ReadonlyArray<string>
}

const lineOf = (found: ReadonlyArray<Row>): Line => {
  const [{ endpoint, field } = { endpoint: "", field: "" }] = found
  const cells = carriers.map((carrier) => {
    const [row, ...others] = found.filter((one) => one.carrier === carrier)
    if (others.length > 0) throw new Error(`${endpoint} ${field} has more than one verdict before ${carrier}`)
    return row === undefined ? "not tried" : said(row)
  })
  const [name = "", value] = field.split(": ")
  return value !== undefined && isWord(value) ? { endpoint, field: name, values: [value], cells } : { endpoint, field, values: [], cells }
}

const grouped = <A>(items: ReadonlyArray<A>, keyOf: (item: A) => string): ReadonlyArray<ReadonlyArray<A>> => {
  const groups = new Map<string, Array<A>>()
  for (const item of items) groups.set(keyOf(item), [...groups.get(keyOf(item)) ?? [], item])
  return Array.from(groups.values())
}

/** One row for each field. Values of a field with which the same is done share one, and so do carriers that say the same. */
export const verdicts = (rows: ReadonlyArray<Row>): string => {
  const fields = grouped(rows, ({ endpoint, field }) => `${endpoint}\n${field}`).map(lineOf)
  const lines = grouped(fields, ({ cells, endpoint, field, values }) => JSON.stringify([endpoint, field, cells, values.length > 0]))
  let last = ""
  return table(
    ["Endpoint", "Field", "Before Linq", "Before Sendblue"],
    lines.flatMap((same) => {
      const [line] = same
      if (line === undefined) return []
      const { cells: [linq = "", sendblue = ""], endpoint, field } = line
      const values = same.flatMap(({ values }) => values)
      const first = endpoint === last ? "" : code(endpoint)
      last = endpoint
      return [[
        first,
        values.length === 0 ? named(field) : `${named(field)}: ${values.map(code).join(", ")}`,
        linq,
        sendblue === linq && linq !== "exact" ? "the same" : sendblue
      ]]
    })
  )
}

/** Written by the tests of the front themselves, so that the clients are asked once. `endpoints` are those of all scenarios. */
export const settleVerdicts = (front: Front, endpoints: ReadonlyArray<string>, rows: ReadonlyArray<Row>): void => {
  const isMissing = (endpoint: string, carrier: Carrier) => !rows.some((row) => row.endpoint === endpoint && row.carrier === carrier)
  const missing = carriers.flatMap((carrier) =>
    endpoints.filter((endpoint) => isMissing(endpoint, carrier)).map((endpoint) => `${endpoint} before ${carrier}`)
  )
  // a table of half a run would be written over a whole one
  expect(missing, "these were not found out, or not asked in this run").toEqual([])
  settle("docs/fronts.md", (whole) => replaceBlock(whole, `verdicts: ${front}`, verdicts(rows)))
}
