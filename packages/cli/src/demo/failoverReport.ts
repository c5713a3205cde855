/** Makes the page of part two. It shows each case in both orders, with its route, the certain facts and the copies on the phone. */
import type { Vendor } from "../configuration.ts"
import * as Cases from "./cases.ts"
import * as Failover from "./failover.ts"

const width = 100

/** Writes a sentence after a label and breaks it into lines of the page's width. */
const column = (label: string, sentence: string): ReadonlyArray<string> => {
  const [first = "", ...words] = sentence.split(" ")
  const lines: Array<string> = []
  let line = label + first
  for (const word of words) {
    if (line.length + 1 + word.length > width) {
      lines.push(line)
      line = " ".repeat(label.length) + word
    } else line += ` ${word}`
  }
  return [...lines, line]
}

const copies = (count: number): string => count === 1 ? "1 copy" : `${count} copies`

const allowed = (counts: ReadonlyArray<number>): string =>
  counts.length === 1 && counts[0] !== undefined ? copies(counts[0]) : `${counts.join(" or ")} copies`

const caseOf = (name: Cases.CaseName): Cases.Case => Cases.cases[name]

const carriersThat = (route: ReadonlyArray<Failover.Hop>, outcome: Failover.Hop["outcome"]): ReadonlyArray<string> =>
  route.filter((hop) => hop.outcome === outcome).map(({ carrier }) => carrier)

/** The words about each carrier that did not send the text. They name the policy if only the policy counts this as proven. */
const withoutIt = ({ case: name, first, route }: Failover.Entry): ReadonlyArray<string> => {
  const { carriers } = caseOf(name).policy?.[first] ?? {}
  return carriersThat(route, "rejected").map((carrier) =>
    carriers !== undefined && Object.hasOwn(carriers, carrier)
      ? `; the policy says that ${carrier} did not`
      : `, ${carrier} certainly did not`
  )
}

const certain = (entry: Failover.Entry): string => {
  const { outcome, route } = entry
  switch (outcome) {
    case "accepted":
      return [`${carriersThat(route, "accepted").join(" and ")} took it`, ...withoutIt(entry)].join("")
    case "held":
      return `it may have gone out by ${carriersThat(route, "unknown").join(" and ")}, so nobody else was asked`
    case "partial":
      return `a part went out by ${carriersThat(route, "partial").join(" and ")}`
    case "not-sent":
    case "invalid":
      return "nothing was sent"
  }
}

const surprise = (entry: Failover.Entry): string => {
  const { case: name, first, outcome, phone } = entry
  const expected = caseOf(name).expected[first]
  return `${name}, ${first} first: ${outcome} with ${copies(phone)} on the phone; promised is ${expected.outcome} with ${
    allowed(expected.copies)
  }`
}

/** One sentence for each result that is not as promised. */
export const surprises = (entries: ReadonlyArray<Failover.Entry>): ReadonlyArray<string> =>
  entries.filter((entry) => !Failover.isExpected(entry)).map(surprise)

const held = "held by the default policy: 0 or 1 copy, never 2; Router.held lists it, Router.settle ends it"

const rowsOf = (entry: Failover.Entry): ReadonlyArray<string> => [
  ...column(`    ${`${entry.first} first`.padEnd(15)} ${entry.outcome.padEnd(10)}${copies(entry.phone).padEnd(10)}`, certain(entry)),
  ...entry.route.flatMap(({ carrier, outcome, why }) => column(`      ${carrier.padEnd(13)} ${outcome.padEnd(10)}`, why)),
  ...(entry.outcome === "held" ? [`      ${held}`] : []),
  ...(Failover.isExpected(entry) ? [] : column("    ! ", surprise(entry)))
]

const policyRow = (whose: string, policy: string): string => `    ${`policy${whose}`.padEnd(25)} ${policy}`

const noteOf = ({ note }: Cases.Case): ReadonlyArray<string> => note === undefined ? [] : column(`    ${"note".padEnd(25)} `, note)

/** The lines about the case's additions to the shared policy. */
const policiesOf = ({ policy }: Cases.Case, orders: ReadonlyArray<Vendor>): ReadonlyArray<string> => {
  if (policy === undefined) return []
  const written = orders.map((first) => ({ first, json: JSON.stringify(policy[first] ?? {}) }))
  const [one, ...others] = written
  return one !== undefined && others.every(({ json }) => json === one.json)
    ? [policyRow("", one.json)]
    : written.filter(({ json }) => json !== "{}").map(({ first, json }) => policyRow(`, ${first} first`, json))
}

const block = (entries: ReadonlyArray<Failover.Entry>) => ([name, one]: readonly [Cases.CaseName, Cases.Case]): ReadonlyArray<string> => {
  const own = entries.filter((entry) => entry.case === name)
  return own.length === 0
    ? []
    : [
      ...column(`  ${name.padEnd(25)} `, one.tells),
      ...noteOf(one),
      ...policiesOf(one, own.map(({ first }) => first)),
      ...own.flatMap(rowsOf),
      ""
    ]
}

const sum = (counts: ReadonlyArray<number>): number => counts.reduce((total, count) => total + count, 0)

/** Compares the promised copies with the copies on the phones. */
const summary = (entries: ReadonlyArray<Failover.Entry>): ReadonlyArray<string> => {
  const judged = entries.map(({ case: name, first, phone }) => ({ allowed: caseOf(name).expected[first].copies, phone }))
  const sure = judged.filter(({ allowed }) => allowed.length === 1)
  const open = judged.filter(({ allowed }) => allowed.length > 1)
  const twice = entries.filter(({ phone }) => phone > 1).length
  const unexpected = surprises(entries).length
  return [
    `${sure.length} sends with a certain end: ${copies(sum(sure.flatMap(({ allowed }) => allowed)))} promised, ${
      sum(sure.map(({ phone }) => phone))
    } on the phones.`,
    `${open.length} held sends: 0 or 1 copy each, ${sum(open.map(({ phone }) => phone))} on the phones.`,
    `Texts that somebody got twice: ${twice}. ${unexpected === 0 ? "All as promised." : `Not as promised: ${unexpected}.`}`
  ]
}

export const forPeople = (entries: ReadonlyArray<Failover.Entry>): string =>
  [
    `== the program under a policy, the first carrier in trouble ${"=".repeat(12)}`,
    "",
    "  INTERLINE_POLICY, or the same with sendblue first. Copies are counted on the phone.",
    "  {",
    Object.entries(Cases.policy("linq")).map(([field, value]) => `    "${field}": ${JSON.stringify(value)}`).join(",\n"),
    "  }",
    "",
    ...Cases.all.flatMap(block(entries)),
    ...summary(entries)
  ].join("\n")
