/** Subscriptions at carriers. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Messaging } from "@interline/core/Messaging"
import type { Webhook } from "@interline/core/Webhook"
import * as Effect from "effect/Effect"
import * as OwnWebhooks from "../../config/ownWebhooks.ts"
import { toProblem } from "../../http/toProblem.ts"
import { GatewayApi } from "../Api.ts"

export const webhooks = HttpApiBuilder.group(
  GatewayApi,
  "webhooks",
  (handlers) =>
    Effect.map(Effect.all([Messaging, OwnWebhooks.OwnWebhooks]), ([messaging, isOwn]) => {
      const toRecord = (webhook: Webhook) => ({ ...webhook, ours: isOwn(webhook.carrierId, webhook.url) })
      // Only the answer that created the subscription shows its secret, because with the secret anybody could send events as the vendor.
      const withoutSecret = ({ secret: _, ...webhook }: Webhook) => toRecord(webhook)
      return handlers
        .handle("listWebhooks", () => Effect.map(toProblem(messaging.listWebhooks()), (items) => ({ items: items.map(withoutSecret) })))
        .handle("createWebhook", ({ payload }) => Effect.map(toProblem(messaging.createWebhook(payload)), toRecord))
        .handle("updateWebhook", ({ path, payload }) => Effect.map(toProblem(messaging.updateWebhook(path.id, payload)), withoutSecret))
        .handle("deleteWebhook", ({ path }) => toProblem(messaging.deleteWebhook(path.id)))
    })
)
