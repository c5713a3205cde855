/** Compares what a client knows of its vendor's API with our tables, and sorts out what we leave out on purpose. */
import type { Client } from "./client.ts"

/** Our reading of a vendor's API. */
export interface Ours {
  readonly endpoints: ReadonlyArray<{ readonly method: string; readonly path: string }>
  /** Tables of words. `at`: the type of the client that has the same words. */
  readonly words: ReadonlyArray<{ readonly what: string; readonly at: string; readonly words: Iterable<string> }>
}

/** The newest client, and the one that our tables were last compared with. What only we have was in neither, or it went. */
export interface Clients {
  readonly newest: Client
  readonly before: Client
}

/**
 * A difference. `new`: the client has it, and we do not. `gone`: we have it and the client before had it, and the newest does not. `changed`:
 * an endpoint has another method now.
 */
export interface Finding {
  readonly change: "new" | "gone" | "changed"
  readonly what: string
  readonly name: string
}

/** Things that a client has and we do not have on purpose, with the reason. */
export interface Allowance {
  readonly what: string
  readonly names: ReadonlyArray<string>
  readonly why: string
}

/** What is left of the differences, and what is allowed without a difference. */
export interface Verdict {
  readonly findings: ReadonlyArray<Finding>
  readonly allowed: number
  readonly needless: ReadonlyArray<string>
}

const keyOf = ({ change, name, what }: Finding): string => `${change} ${what}: ${name}`

/** `METHOD path`, with `{}` for each parameter. An address that a vendor gives with an answer is no path. */
const toEndpoint = ({ method, path }: Ours["endpoints"][number]): ReadonlyArray<string> =>
  path.startsWith("/")
    ? [`${method} ${path.split("/").map((segment) => segment.startsWith("{") && segment.endsWith("}") ? "{}" : segment).join("/")}`]
    : []

const without = (left: Iterable<string>, right: ReadonlySet<string>): ReadonlyArray<string> =>
  Array.from(left).filter((one) => !right.has(one))

const splitEndpoint = (endpoint: string): readonly [method: string, path: string] => {
  const [method = "", path = ""] = endpoint.split(" ")
  return [method, path]
}

const compareEndpoints = ({ before, newest }: Clients, ours: ReadonlySet<string>): ReadonlyArray<Finding> => {
  const fresh = without(newest.endpoints, ours)
  const gone = Array.from(ours).filter((one) => before.endpoints.has(one) && !newest.endpoints.has(one))
  const changed = gone.flatMap((endpoint) => {
    const [method, path] = splitEndpoint(endpoint)
    const [now, ...others] = fresh.filter((one) => splitEndpoint(one)[1] === path)
    return now === undefined || others.length > 0 ? [] : [{ endpoint, now, name: `${method} ${path} is ${splitEndpoint(now)[0]}` }]
  })
  const finding = (change: Finding["change"]) => (name: string): Finding => ({ change, what: "endpoint", name })
  return [
    ...fresh.filter((one) => changed.every(({ now }) => now !== one)).map(finding("new")),
    ...gone.filter((one) => changed.every(({ endpoint }) => endpoint !== one)).map(finding("gone")),
    ...changed.map(({ name }) => name).map(finding("changed"))
  ]
}

const compareWords = ({ before, newest }: Clients, { at, what, words }: Ours["words"][number]): ReadonlyArray<Finding> => {
  const known = newest.words.get(at)
  if (known === undefined) return [{ change: "gone", what: "type", name: at }]
  const ours = new Set(words)
  return [
    ...without(known, ours).map((name): Finding => ({ change: "new", what, name })),
    ...without(before.words.get(at) ?? [], known).filter((name) => ours.has(name)).map((name): Finding => ({ change: "gone", what, name }))
  ]
}

/** Every difference between the newest client and our tables. */
export const compare = (clients: Clients, { endpoints, words }: Ours): ReadonlyArray<Finding> => [
  ...compareEndpoints(clients, new Set(endpoints.flatMap(toEndpoint))),
  ...words.flatMap((table) => compareWords(clients, table))
]

/** Takes out what is allowed. An allowance that meets no difference is needless: it would hide a later one. */
export const judge = (findings: ReadonlyArray<Finding>, allowances: ReadonlyArray<Allowance>): Verdict => {
  const allowed = new Set(allowances.flatMap(({ names, what }) => names.map((name) => keyOf({ change: "new", what, name }))))
  const found = new Set(findings.map(keyOf))
  const left = findings.filter((finding) => !allowed.has(keyOf(finding)))
  return { findings: left, allowed: findings.length - left.length, needless: without(allowed, found) }
}

/** The lines of a report. */
export const toLines = (client: Pick<Client, "name" | "version">, { allowed, findings, needless }: Verdict): ReadonlyArray<string> => [
  `${client.name} ${client.version}: ${findings.length} differences, and ${allowed} things that we do not have on purpose`,
  ...findings.map((finding) => `  ${keyOf(finding)}`),
  ...needless.map((key) => `  not needed in the table of what we do not have on purpose: ${key}`)
]

/** Whether the API has moved. A row that is not needed is only said: it is a matter of our table. */
export const isDrifted = ({ findings }: Verdict): boolean => findings.length > 0
