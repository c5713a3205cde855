/**
 * The Sendblue carrier.
 *
 * @since 0.1.0
 */
export * as Sendblue from "./Sendblue.ts"
export * as SendblueCallback from "./SendblueCallback.ts"
export * as SendblueClient from "./SendblueClient.ts"
export * as SendblueEndpoints from "./SendblueEndpoints.ts"
export * as SendblueHistory from "./SendblueHistory.ts"
export * as SendblueSchema from "./SendblueSchema.ts"
export * as SendblueWebhook from "./SendblueWebhook.ts"
export * as SendblueWords from "./SendblueWords.ts"
