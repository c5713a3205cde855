/** Subscribes a gateway to the webhooks of both vendors of a sandbox. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type { SandboxService } from "@interline/sandbox/Sandbox"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

export class SubscriptionError extends Data.TaggedError("SubscriptionError")<{ readonly message: string }> {}

const Subscribed = Schema.Struct({ signing_secret: Schema.String })

const linqEvents = [
  "message.sent",
  "message.received",
  "message.read",
  "message.delivered",
  "message.failed",
  "message.edited",
  "reaction.added",
  "reaction.removed",
  "participant.added",
  "participant.removed",
  "chat.created",
  "chat.group_name_updated",
  "chat.group_icon_updated",
  "chat.typing_indicator.started",
  "chat.typing_indicator.stopped",
  "phone_number.status_updated",
  "phone_number.assigned",
  "phone_number.released",
  "phone_number.forwarding_updated",
  "environment.line_moved",
  "environment.deleted",
  "api_token.expiry_scheduled",
  "api_token.expired",
  "api_token.deleted",
  "webhook_subscription.deleted",
  "webhook_subscription.target_url_changed",
  "webhook_subscription.enabled",
  "webhook_subscription.disabled",
  "webhook_subscription.events.updated",
  "webhook_subscription.phone_numbers.updated",
  "zero_day_retention.updated"
]

const sendblueTypes = ["receive", "outbound", "typing_indicator", "line_blocked"]

/** Subscribes the gateway to the webhooks of both vendors of the sandbox. Gives Linq's signing secret. */
export const subscribe = ({ credentials, linq, sendblue }: SandboxService, origin: string, secret: string) =>
  Effect.gen(function*() {
    const client = HttpClient.filterStatusOk(yield* HttpClient.HttpClient)
    const post = (url: string, headers: Readonly<Record<string, string>>, body: unknown) =>
      HttpClientRequest.post(url, { headers }).pipe(HttpClientRequest.bodyUnsafeJson(body), client.execute)
    const subscribed = yield* Effect.flatMap(
      post(`${linq}/v3/webhook-subscriptions`, { authorization: `Bearer ${credentials.linqToken}` }, {
        target_url: `${origin}/webhooks/linq?version=2026-02-03`,
        subscribed_events: linqEvents
      }),
      HttpClientResponse.schemaBodyJson(Subscribed)
    )
    for (const type of sendblueTypes) {
      yield* post(`${sendblue}/api/account/webhooks`, {
        "sb-api-key-id": credentials.sendblueKeyId,
        "sb-api-secret-key": credentials.sendblueSecretKey
      }, { type, webhooks: [{ url: `${origin}/webhooks/sendblue?type=${type}`, secret }] })
    }
    return subscribed.signing_secret
  }).pipe(Effect.scoped, Effect.mapError(() => new SubscriptionError({ message: "the sandbox did not take the gateway's webhooks" })))
