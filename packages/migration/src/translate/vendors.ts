/** The vendors that calls can be moved from and to: one row for each. */
import type * as Capabilities from "@interline/core/Capabilities"
import type * as Operation from "@interline/core/Operation"
import type * as Vendor from "@interline/core/Vendor"
import * as LinqRequests from "@interline/gateway/LinqRequests"
import type * as RequestReader from "@interline/gateway/RequestReader"
import * as SendblueRequests from "@interline/gateway/SendblueRequests"
import * as Linq from "@interline/linq/Linq"
import * as LinqEndpoints from "@interline/linq/LinqEndpoints"
import * as Sendblue from "@interline/sendblue/Sendblue"
import * as SendblueEndpoints from "@interline/sendblue/SendblueEndpoints"
import * as Vendors from "interline/Vendors"

interface Endpoint {
  readonly method: string
  readonly path: string
  readonly use: ReadonlyArray<Operation.Operation> | string
}

export interface Row {
  readonly title: string
  /** The hosts of its API. */
  readonly hosts: ReadonlyArray<string>
  readonly makeReader: (references: RequestReader.References) => RequestReader.RequestReader
  readonly planner: Vendor.Vendor<never>["planner"]
  readonly capabilities: Capabilities.Capabilities
  /** The endpoints of its API, and the operations that use them. */
  readonly endpoints: Readonly<Record<string, Endpoint>>
}

export const vendors = {
  linq: {
    title: Vendors.vendors.linq.title,
    hosts: LinqRequests.hosts,
    makeReader: LinqRequests.make,
    planner: Vendors.vendors.linq.planner,
    capabilities: Linq.capabilities,
    endpoints: LinqEndpoints.endpoints
  },
  sendblue: {
    title: Vendors.vendors.sendblue.title,
    hosts: SendblueRequests.hosts,
    makeReader: SendblueRequests.make,
    planner: Vendors.vendors.sendblue.planner,
    capabilities: Sendblue.capabilities,
    endpoints: SendblueEndpoints.endpoints
  }
} as const satisfies Readonly<Record<Vendors.VendorName, Row>>

/** The requests of a vendor for an operation, as `METHOD /path`. */
export const requestsOf = ({ endpoints }: Row, operation: Operation.Operation): ReadonlyArray<string> =>
  Object.values(endpoints).flatMap(({ method, path, use }) =>
    typeof use !== "string" && use.includes(operation) ? [`${method} ${path}`] : []
  )
