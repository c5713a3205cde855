/** Linq as one value, for the list of vendors. */
import type * as Vendor from "@interline/core/Vendor"
import * as Effect from "effect/Effect"
import * as LinqConfig from "./config.ts"
import * as Linq from "./Linq.ts"
import * as LinqHistory from "./LinqHistory.ts"
import * as LinqWebhook from "./LinqWebhook.ts"

/**
 * The options of a carrier of Linq, without its id and its lines.
 *
 * @category models
 */
export interface Given extends Omit<Linq.ConfigOptions, "carrierId" | "lines"> {}

/**
 * Linq. It signs its webhooks and reports no single message elsewhere.
 *
 * @category constructors
 */
export const vendor: Vendor.Vendor<Given> = {
  title: "Linq",
  check: (given) => Effect.asVoid(Linq.config(given)),
  make: (given, { carrierId, lines }) =>
    Effect.flatMap(
      Linq.config(given),
      (credentials) => Linq.make({ ...given, ...credentials, carrierId, lines: Object.fromEntries(lines) })
    ),
  planner: ({ carrierId, lines }) => Linq.planner(carrierId, lines),
  // Linq docs (capability pages), read 2026-11
  lookups: ["iMessage", "RCS"],
  history: (given, options) => Effect.flatMap(Linq.config(given), (credentials) => LinqHistory.make({ ...options, ...credentials })),
  access: (given) => LinqConfig.access(given),
  webhookSecrets: { called: "the signing secrets", form: "`whsec_…,whsec_…`" },
  receiver: ({ carrierId, optInWords, optOutWords, ours, secrets }) =>
    LinqWebhook.make({ carrierId, optInWords, optOutWords, ours, secrets })
}
