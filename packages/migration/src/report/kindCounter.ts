/** Counts findings by kind, and keeps the clearest calls of each as examples. */
import type { Located } from "../calls/CallReader.ts"
import type { RecordedCall } from "../calls/RecordedCall.ts"
import type { Translation } from "../translate/Translator.ts"
import * as CallBody from "./callBody.ts"
import type * as Findings from "./findings.ts"
import type { Example, Kind } from "./Kind.ts"
import * as Mask from "./mask.ts"

const mostKinds = 500
const examplesPerKind = 3

/** After so many calls of a kind, no clearer example is looked for. */
const candidates = 1_000

export interface KindCounter {
  readonly add: (findings: ReadonlyArray<Findings.Finding>, located: Located, translation: Translation) => void
  /** The most frequent kinds first. `all` is the number of calls that a share is of. */
  readonly list: (all: number) => ReadonlyArray<Kind>
}

interface Ranked {
  readonly rank: number
  readonly example: Example
}

interface Counted {
  readonly finding: Findings.Finding
  count: number
  examples: Array<Ranked>
}

const sizeOf = ({ body }: RecordedCall): number => typeof body === "string" ? body.length : JSON.stringify(body).length

/** Fields that hold people in the requests of a plan. */
const peopleIn = ["to", "number", "numbers"]

/** What a request would hold instead of people that nobody named. */
const standIns = (body: object, knows: "all" | "no members" | "no chat"): object =>
  knows === "all"
    ? {}
    : Object.fromEntries(
      Object.keys(body).filter((name) => peopleIn.includes(name)).map((
        name
      ) => [name, knows === "no chat" ? "the people of the chat" : ["the members of the group"]])
    )

const requestsOf = (translation: Translation, shows: boolean): Example["becomes"] => {
  if (translation._tag === "Operation") return translation.requests.map((request) => ({ request }))
  if (translation._tag !== "Send" || translation.plan._tag === "Refused") return []
  return translation.plan.steps.map(({ body, method, path }) => ({
    request: `${method} ${path}`,
    body: { ...CallBody.toRecord(Mask.maskBody(body, shows)), ...standIns(body, translation.knows) }
  }))
}

/** `shows`: whether people and texts are shown. */
export const make = (shows: boolean): KindCounter => {
  const kinds = new Map<string, Counted>()

  const exampleOf = ({ call, where }: Located, translation: Translation, findings: ReadonlyArray<Findings.Finding>): Example => {
    const body = CallBody.read(call)
    return {
      where,
      call: {
        request: `${call.method} ${Mask.maskPath(call.path, shows)}`,
        ...(body === "" ? {} : { body: Mask.maskBody(body, shows) })
      },
      becomes: requestsOf(translation, shows),
      says: findings.map(({ says }) => says)
    }
  }

  const addFinding = (
    finding: Findings.Finding,
    located: Located,
    translation: Translation,
    findings: ReadonlyArray<Findings.Finding>
  ): void => {
    const isOther = kinds.size >= mostKinds && !kinds.has(finding.kind)
    const kind = isOther ? `${finding.weight}: other kinds` : finding.kind
    let counted = kinds.get(kind)
    if (counted === undefined) {
      counted = { finding: isOther ? { ...finding, kind, says: "more kinds than this report names" } : finding, count: 0, examples: [] }
      kinds.set(kind, counted)
    }
    counted.count += 1
    if (counted.count > candidates) return
    // clearest: about nothing else, and short
    const rank = findings.length * 1_000_000 + Math.min(sizeOf(located.call), 999_999)
    const last = counted.examples[examplesPerKind - 1]
    if (last !== undefined && last.rank <= rank) return
    counted.examples = [...counted.examples, { rank, example: exampleOf(located, translation, findings) }]
      .sort((one, other) => one.rank - other.rank)
      .slice(0, examplesPerKind)
  }

  return {
    add: (findings, located, translation) => {
      for (const finding of findings) addFinding(finding, located, translation, findings)
    },
    list: (all) =>
      Array.from(kinds.values())
        .sort((one, other) => other.count - one.count)
        .map(({ count, examples, finding }) => ({
          kind: finding.kind,
          weight: finding.weight,
          says: finding.says,
          count,
          share: count / all,
          examples: examples.map(({ example }) => example)
        }))
  }
}
