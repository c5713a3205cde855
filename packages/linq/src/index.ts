/**
 * The Linq v3 carrier.
 *
 * @since 0.1.0
 */
export * as Linq from "./Linq.ts"
export * as LinqHistory from "./LinqHistory.ts"
export * as LinqVendor from "./LinqVendor.ts"
export * as LinqWebhook from "./LinqWebhook.ts"
export * as LinqClient from "./wire/LinqClient.ts"
export * as LinqEndpoints from "./wire/LinqEndpoints.ts"
export * as LinqSchema from "./wire/LinqSchema.ts"
export * as LinqWords from "./wire/LinqWords.ts"
