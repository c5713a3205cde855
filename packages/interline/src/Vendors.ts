/**
 * The list of vendors. A vendor that stands here can be configured, and has the API, webhooks, metrics and failover.
 *
 * @since 0.1.0
 */
import type * as Vendor from "@interline/core/Vendor"
import * as LinqVendor from "@interline/linq/LinqVendor"
import * as SendblueVendor from "@interline/sendblue/SendblueVendor"

/**
 * The vendors that can be configured, unless the application gives its own list. In this order they are listed to people.
 *
 * @since 0.1.0
 * @category constants
 */
export const vendors = {
  linq: LinqVendor.vendor,
  sendblue: SendblueVendor.vendor
} as const satisfies Vendor.Registry

/**
 * @since 0.1.0
 * @category models
 */
export type Vendors = typeof vendors

/**
 * The names of the vendors.
 *
 * @since 0.1.0
 * @category models
 */
export type VendorName = keyof Vendors
