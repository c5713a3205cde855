/** Sendblue as one value, for the list of vendors. */
import type * as Vendor from "@interline/core/Vendor"
import * as Effect from "effect/Effect"
import * as SendblueConfig from "./config.ts"
import * as Sendblue from "./Sendblue.ts"
import * as SendblueFeed from "./SendblueFeed.ts"
import * as SendblueHistory from "./SendblueHistory.ts"
import * as SendblueWebhook from "./SendblueWebhook.ts"

/**
 * The options of a carrier of Sendblue, without its id and its lines.
 *
 * @category models
 */
export interface Given extends Omit<Sendblue.ConfigOptions, "carrierId" | "lines"> {}

/**
 * Sendblue. It gives a secret with its webhooks, and reports a single message where its request says.
 *
 * @category constructors
 */
export const vendor: Vendor.Vendor<Given> = {
  title: "Sendblue",
  check: (given) => Effect.asVoid(Sendblue.config(given)),
  make: (given, { carrierId, lines }) =>
    Effect.flatMap(
      Sendblue.config(given),
      (credentials) => Sendblue.make({ ...given, ...credentials, carrierId, lines: Object.fromEntries(lines) })
    ),
  planner: ({ carrierId, lines }) => Sendblue.planner(carrierId, lines),
  // sendblue 3.17.0 (lookups), read 2026-11
  lookups: ["iMessage", "SMS"],
  history: (given, options) =>
    Effect.flatMap(Sendblue.config(given), (credentials) => SendblueHistory.make({ ...options, ...credentials })),
  feed: (given, options) => Effect.flatMap(Sendblue.config(given), (credentials) => SendblueFeed.make({ ...options, ...credentials })),
  access: (given) => SendblueConfig.access(given),
  webhookSecrets: { called: "the secrets", form: "`secret,secret`" },
  receiver: ({ callbackSecret, carrierId, lines, optInWords, optOutWords, ours, secrets }) =>
    SendblueWebhook.make({
      carrierId,
      lines,
      optInWords,
      optOutWords,
      ours,
      secrets,
      ...(callbackSecret === undefined ? {} : { callback: { secret: callbackSecret } })
    }),
  statusOptions: (callback): Given => ({ callback })
}
