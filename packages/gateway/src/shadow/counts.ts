/** Collects counts in memory until they are written, and reads them back as comparisons. */
import * as BoundedMap from "@interline/core/BoundedMap"
import { CarrierId } from "@interline/core/CarrierId"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Difference from "./Difference.ts"
import { type CountedRow, examplesKept, type StoredRow } from "./shadowTable.ts"

/** What came of one send: the same plan, another plan, or no plan. `skipped`: it was not compared. */
export type Result = "same" | "different" | "refused" | "skipped"

const ofSends = "sends"

const encodeExample = Schema.encodeSync(Schema.parseJson(Difference.Example))
const decodeExample = Schema.decodeOption(Schema.parseJson(Difference.Example))
const encodeDifference = Schema.encodeSync(Schema.parseJson(Difference.Difference))
const decodeDifference = Schema.decodeOption(Schema.parseJson(Difference.Difference))

interface Pending extends CountedRow {
  count: number
  last_at: number
  examples: string
}

/** How many groups wait to be written at most. New ones are not counted while the database cannot be reached. */
const mostGroups = 2_000

export interface Counts {
  readonly addSend: (against: CarrierId, result: Result, at: number) => void
  readonly addDifference: (against: CarrierId, difference: Difference.Difference, example: Difference.Example) => void
  /** Takes out what waits, in one order for all processes. */
  readonly take: () => ReadonlyArray<CountedRow>
  /** Puts back what could not be written. */
  readonly putBack: (rows: ReadonlyArray<CountedRow>) => void
}

const keyOf = ({ against, kind, what }: Pick<CountedRow, "against" | "kind" | "what">): string => `${against}\n${kind}\n${what}`

export const make = (): Counts => {
  let pending = new Map<string, Pending>()
  // the shapes of which this process has given an example
  const shown = BoundedMap.make<string, ReadonlyArray<string>>(mostGroups)

  const isNewShape = (key: string, shape: string): boolean => {
    const shapes = shown.get(key) ?? []
    if (shapes.length >= examplesKept || shapes.includes(shape)) return false
    shown.set(key, [...shapes, shape])
    return true
  }

  const add = (row: CountedRow): void => {
    const key = keyOf(row)
    const known = pending.get(key)
    if (known === undefined) {
      if (pending.size < mostGroups) pending.set(key, { ...row })
      return
    }
    known.count += row.count
    known.last_at = Math.max(known.last_at, row.last_at)
    if (row.examples !== "") known.examples = known.examples === "" ? row.examples : `${known.examples}\n${row.examples}`
  }

  return {
    addSend: (against, result, at) => add({ against, kind: ofSends, what: result, count: 1, first_at: at, last_at: at, examples: "" }),
    addDifference: (against, difference, example) => {
      const row = {
        against,
        kind: difference.kind,
        what: encodeDifference(difference),
        count: 1,
        first_at: example.at,
        last_at: example.at
      }
      add({ ...row, examples: isNewShape(keyOf(row), JSON.stringify(example.draft)) ? encodeExample(example) : "" })
    },
    take: () => {
      const rows = Array.from(pending).sort(([left], [right]) => left < right ? -1 : 1).map(([, row]) => row)
      pending = new Map()
      return rows
    },
    putBack: (rows) => rows.forEach(add)
  }
}

const readExamples = (lines: string): ReadonlyArray<Difference.Example> => {
  const found = new Map<string, Difference.Example>()
  for (const line of lines === "" ? [] : lines.split("\n")) {
    const example = Option.getOrUndefined(decodeExample(line))
    if (example !== undefined && found.size < examplesKept) found.set(JSON.stringify(example.draft), example)
  }
  return Array.from(found.values())
}

const isCarrierId = Schema.is(CarrierId)

/** The comparisons of the stored counts, the most frequent difference first. A row that a later version wrote is left out. */
export const toComparisons = (rows: ReadonlyArray<StoredRow>): ReadonlyArray<Difference.Comparison> => {
  const pairs = new Map<string, ReadonlyArray<StoredRow>>()
  for (const row of rows) {
    const pair = `${row.carrier_id}\n${row.against}`
    pairs.set(pair, [...(pairs.get(pair) ?? []), row])
  }
  return Array.from(pairs.values()).flatMap((rows): ReadonlyArray<Difference.Comparison> => {
    const [first] = rows
    if (first === undefined || !isCarrierId(first.against)) return []
    const sendsOf = (result: Result) => rows.find(({ kind, what }) => kind === ofSends && what === result)?.count ?? 0
    const [same, different, refused] = [sendsOf("same"), sendsOf("different"), sendsOf("refused")]
    const sends = same + different + refused
    const differences = rows.flatMap((row): ReadonlyArray<Difference.Counted> => {
      const difference = row.kind === ofSends ? undefined : Option.getOrUndefined(decodeDifference(row.what))
      return difference === undefined ? [] : [{
        difference,
        count: row.count,
        share: sends === 0 ? 0 : row.count / sends,
        firstAt: row.first_at,
        lastAt: row.last_at,
        examples: readExamples(row.examples)
      }]
    })
    return [{
      carrierId: first.carrier_id,
      against: first.against,
      sends,
      same,
      different,
      refused,
      skipped: sendsOf("skipped"),
      firstAt: Math.min(...rows.map(({ first_at }) => first_at)),
      lastAt: Math.max(...rows.map(({ last_at }) => last_at)),
      differences: differences.sort((left, right) => right.count - left.count)
    }]
  })
}
