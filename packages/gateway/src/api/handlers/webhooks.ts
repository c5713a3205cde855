/** Subscriptions at carriers. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Messaging } from "@interline/core/Messaging"
import type { Webhook } from "@interline/core/Webhook"
import * as Effect from "effect/Effect"
import { toProblem } from "../../http/toProblem.ts"
import { GatewayApi } from "../Api.ts"

/**
 * The subscription without its secret. Only the answer that created the subscription shows it, because with the secret anybody could send
 * events as the vendor.
 */
const withoutSecret = ({ secret: _, ...webhook }: Webhook): Webhook => webhook

export const webhooks = HttpApiBuilder.group(GatewayApi, "webhooks", (handlers) =>
  Effect.map(Messaging, (messaging) =>
    handlers
      .handle("listWebhooks", () => Effect.map(toProblem(messaging.listWebhooks()), (items) => ({ items: items.map(withoutSecret) })))
      .handle("createWebhook", ({ payload }) => toProblem(messaging.createWebhook(payload)))
      .handle("updateWebhook", ({ path, payload }) => Effect.map(toProblem(messaging.updateWebhook(path.id, payload)), withoutSecret))
      .handle("deleteWebhook", ({ path }) => toProblem(messaging.deleteWebhook(path.id)))))
