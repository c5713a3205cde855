/**
 * The Sendblue carrier.
 *
 * @since 0.1.0
 */
export * as Sendblue from "./Sendblue.ts"
export * as SendblueHistory from "./SendblueHistory.ts"
export * as SendblueVendor from "./SendblueVendor.ts"
export * as SendblueWebhook from "./SendblueWebhook.ts"
export * as SendblueCallback from "./wire/SendblueCallback.ts"
export * as SendblueClient from "./wire/SendblueClient.ts"
export * as SendblueEndpoints from "./wire/SendblueEndpoints.ts"
export * as SendblueSchema from "./wire/SendblueSchema.ts"
export * as SendblueWords from "./wire/SendblueWords.ts"
