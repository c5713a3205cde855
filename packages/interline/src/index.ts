/**
 * Exports the parts that send one message over many messaging vendors. The neutral domain of `@interline/core` is exported here too, so
 * that an application imports only one package.
 */
export * from "@interline/core"
export * as Linq from "@interline/linq/Linq"
export * as Ledger from "@interline/router/Ledger"
export * as MemoryLedger from "@interline/router/MemoryLedger"
export * as Policy from "@interline/router/Policy"
export * as Router from "@interline/router/Router"
export * as RouterEvent from "@interline/router/RouterEvent"
export * as Sendblue from "@interline/sendblue/Sendblue"
export * as Interline from "./Interline.ts"
export * as Vendors from "./Vendors.ts"
