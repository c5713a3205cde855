/** docs/fronts.md: which endpoints of each wire are carried, passed on to the vendor, or refused. */
import * as LinqFront from "@interline/gateway/LinqFront"
import * as LinqRequests from "@interline/gateway/LinqRequests"
import * as SendblueFront from "@interline/gateway/SendblueFront"
import * as SendblueRequests from "@interline/gateway/SendblueRequests"
import { code, table } from "../markdown.ts"

interface Front {
  readonly carried: ReadonlyArray<string>
  readonly uncarried: typeof LinqFront.uncarried
  readonly past: typeof LinqFront.past
  /** What stands before each path in the vendor's documents. */
  readonly version: string
}

const fronts = {
  linq: { carried: LinqRequests.carried, uncarried: LinqFront.uncarried, past: LinqFront.past, version: "/v3" },
  sendblue: { carried: SendblueRequests.carried, uncarried: SendblueFront.uncarried, past: SendblueFront.past, version: "" }
} as const satisfies Readonly<Record<string, Front>>

const sentences = {
  id: "an id that is not known here is asked for at the vendor",
  list: "the whole list is the vendor's if the program asks for it"
} as const

const saidOfPast = (found: Front["past"][string] | undefined): string =>
  found === undefined ? "" : `; with ${code("messages")}, ${found.map((of) => sentences[of]).join(", and ")}`

const saidOf = ({ passing }: Front["uncarried"][number]): string =>
  passing._tag === "Never"
    ? `refused: ${passing.why}`
    : `passed on with ${code(passing.group)}${passing.reaches ? ", if the person may be written to" : ""}`

/** The endpoints of a wire by their names in the vendor's documents. `said`: what the front does with one that it does not carry. */
export const endpointsOf = (name: keyof typeof fronts): ReadonlyArray<{ readonly endpoint: string; readonly said: string | undefined }> => {
  const { carried, uncarried, version }: Front = fronts[name]
  const shown = (endpoint: string): string => endpoint.replace(" ", ` ${version}`).replace(/:(\w+)/g, "{$1}")
  return [
    ...carried.map((endpoint) => ({ endpoint: shown(endpoint), said: undefined })),
    ...uncarried.map((each) => ({ endpoint: shown(`${each.method} ${each.path}`), said: saidOf(each) }))
  ]
}

/** One row for each endpoint. */
export const passing = (name: keyof typeof fronts): string => {
  const { carried, past, uncarried, version }: Front = fronts[name]
  const shown = (endpoint: string): string => {
    const [method = "", path = ""] = endpoint.split(" ")
    return code(`${method} ${version}${path.replace(/:(\w+)/g, "{$1}")}`)
  }
  return table(["Endpoint", "What the front does"], [
    ...carried.map((endpoint) => [
      shown(endpoint),
      `carried${endpoint.startsWith("GET ") ? saidOfPast(past[endpoint.slice("GET ".length)]) : ""}`
    ]),
    ...uncarried.map((endpoint) => [shown(`${endpoint.method} ${endpoint.path}`), saidOf(endpoint)])
  ])
}
