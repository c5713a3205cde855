/** Every endpoint of both vendors that a client speaks, and which operation uses it. */
import * as Capabilities from "@interline/core/Capabilities"
import * as Operation from "@interline/core/Operation"
import * as Linq from "@interline/linq/Linq"
import { type Endpoint, endpoints as linq } from "@interline/linq/LinqEndpoints"
import * as Sendblue from "@interline/sendblue/Sendblue"
import { endpoints as sendblue } from "@interline/sendblue/SendblueEndpoints"
import { code, page, table } from "../markdown.ts"

const vendors: ReadonlyArray<readonly [string, string, Readonly<Record<string, Endpoint>>]> = [
  ["Linq", "LinqClient", linq],
  ["Sendblue", "SendblueClient", sendblue]
]

const used = (endpoints: Readonly<Record<string, Endpoint>>): ReadonlySet<string> =>
  new Set(Object.values(endpoints).flatMap(({ use }) => typeof use === "string" ? [] : use))

/** Operations that a carrier declares and no endpoint serves, or the other way round. */
export const disagreements = (): ReadonlyArray<string> =>
  ([["linq", Linq.capabilities, used(linq)], ["sendblue", Sendblue.capabilities, used(sendblue)]] as const).flatMap(
    ([vendor, capabilities, operations]) =>
      Operation.all
        .filter((operation) => Capabilities.supports(capabilities, operation) !== operations.has(operation))
        .map((operation) => `${vendor} ${operation}`)
  )

export const endpointsPage = (): string =>
  page(
    "Endpoints",
    "Every endpoint that the vendors' clients here speak, and the operation of `Messaging` that uses it. The others are vendor-only, " +
      "each with its reason; a program that needs one calls the client itself.",
    ...vendors.flatMap(([vendor, client, endpoints]) => [
      `## ${vendor}`,
      table(
        ["Endpoint", `Method of ${code(client)}`, "Operation, or why there is none"],
        Object.entries(endpoints).map(([method, endpoint]) => [
          code(`${endpoint.method} ${endpoint.path}`),
          code(method),
          typeof endpoint.use === "string" ? `vendor-only: ${endpoint.use}` : endpoint.use.map(code).join(", ")
        ])
      )
    ])
  )
