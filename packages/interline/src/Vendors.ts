/** Lists the vendors. Each vendor in this list can be configured, and has the API, webhooks, metrics and failover. */
import type * as Vendor from "@interline/core/Vendor"
import * as LinqVendor from "@interline/linq/LinqVendor"
import * as SendblueVendor from "@interline/sendblue/SendblueVendor"

/**
 * The vendors that can be configured, unless the application gives its own list. Error sentences list them in this order.
 *
 * @category constants
 */
export const vendors = {
  linq: LinqVendor.vendor,
  sendblue: SendblueVendor.vendor
} as const satisfies Vendor.Registry

/**
 * The type of the list of vendors.
 *
 * @category models
 */
export type Vendors = typeof vendors

/**
 * The names of the vendors.
 *
 * @category models
 */
export type VendorName = keyof Vendors
