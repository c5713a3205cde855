/** Subscribes a gateway to the webhooks of both vendors of a sandbox. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as LinqWords from "@interline/linq/LinqWords"
import type { SandboxService } from "@interline/sandbox/Sandbox"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

export class SubscriptionError extends Data.TaggedError("SubscriptionError")<{ readonly message: string }> {}

const Subscribed = Schema.Struct({ signing_secret: Schema.String })

/** Every event of Linq that a gateway acts on. */
const linqEvents = Object.entries({ ...LinqWords.eventToNeutral, ...LinqWords.pollEventToNeutral, ...LinqWords.accountNotices })
  .flatMap(([event, meaning]) => meaning === "Unrecognized" ? [] : [event])

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
