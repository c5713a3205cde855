/**
 * The Sendblue carrier for Interline.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 */
export * as Sendblue from "./Sendblue.ts"

/**
 * @since 0.1.0
 */
export * as SendblueClient from "./SendblueClient.ts"

/**
 * @since 0.1.0
 */
export * as SendblueSchema from "./SendblueSchema.ts"

/**
 * @since 0.1.0
 */
export * as SendblueWords from "./SendblueWords.ts"
