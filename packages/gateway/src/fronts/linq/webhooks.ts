/** Webhook subscriptions: callback endpoints that get events in Linq's words. */
import type { LineName } from "@interline/core/Line"
import { present } from "@interline/core/Optional"
import * as LinqWords from "@interline/linq/LinqWords"
import type { Endpoint } from "@interline/sql/EndpointTable"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Crypto from "node:crypto"
import type { OutboundError } from "../../egress/OutboundHttp.ts"
import type { CallbacksService } from "../../events/Callbacks.ts"
import * as KeyAccess from "../../http/KeyAccess.ts"
import * as PathTable from "../kit/pathTable.ts"
import { laterWords } from "./events/payload.ts"
import * as Refusal from "./refusal.ts"
import * as Request from "./request.ts"
import { numberOf, type Services } from "./services.ts"
import { iso } from "./wire.ts"

const eventWords = [...Object.keys(LinqWords.eventToNeutral), ...Object.keys(LinqWords.pollEventToNeutral), ...laterWords]

const isKnown: ReadonlySet<string> = new Set(eventWords)

const secretBytes = 24

const mintSecret = Effect.sync(() => `whsec_${Encoding.encodeBase64(new Uint8Array(Crypto.randomBytes(secretBytes)))}`)

const checkEvents = (events: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<string>, Refusal.Refusal> => {
  const unknown = events.findIndex((event) => !isKnown.has(event))
  return events.length === 0
    ? Refusal.refuseValue("subscribed_events must name at least one event")
    : unknown >= 0
    ? Refusal.refuseValue(`subscribed_events.${unknown} is not an event of GET /v3/webhook-events`)
    : Effect.succeed(events)
}

/** Refuses headers that keep the calls about one chat at one receiver: no source shows what Linq puts into them (read 2026-11). */
const checkRouting = (
  { routing_id_header, routing_key_header }: Pick<typeof Request.CreateSubscription.Type, "routing_id_header" | "routing_key_header">
): Effect.Effect<void, Refusal.Refusal> =>
  routing_id_header == null && routing_key_header == null
    ? Effect.void
    : Refusal.refuseFeature("routing headers of a subscription are not carried by this gateway; leave them out")

const toRefusal = ({ why }: OutboundError): Refusal.Refusal => Refusal.make({ status: 400, code: 1005 }, `target_url: ${why}`)

// an endpoint of one delivery is no subscription
const isSubscription = ({ deliveryId, dialect }: Endpoint): boolean => dialect === "linq" && deliveryId === undefined

export const routes = (services: Services, callbacks: CallbacksService): ReadonlyArray<Request.Route> => {
  const body = (endpoint: Endpoint) => ({
    id: endpoint.id,
    target_url: endpoint.url,
    subscribed_events: endpoint.events.length === 0 ? eventWords : endpoint.events,
    phone_numbers: endpoint.lines.length === 0 ? null : endpoint.lines.map((line) => numberOf(services, line) ?? null),
    routing_key_header: null,
    routing_id_header: null,
    is_active: endpoint.active,
    created_at: iso(endpoint.createdAt),
    updated_at: iso(endpoint.updatedAt)
  })

  const linesOf = (numbers: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<LineName>, Refusal.Refusal> =>
    Effect.forEach(numbers, (number, index) => Request.readLine(services.front, number, `phone_numbers.${index}`))

  /** Refuses a second subscription for an address: both would call it for each event. */
  const checkUnused = (url: string, id?: string): Effect.Effect<void, Refusal.Refusal> =>
    Effect.flatMap(
      callbacks.list("linq"),
      (endpoints) =>
        endpoints.some((endpoint) => isSubscription(endpoint) && endpoint.url === url && endpoint.id !== id)
          ? Refusal.refuse(
            { status: 409, code: 2015 },
            "a subscription with this target_url exists; add something to its query for another"
          )
          : Effect.void
    )

  const find = (id: string): Effect.Effect<Endpoint, Refusal.Refusal> =>
    Effect.mapError(Effect.flatMap(callbacks.find(id), Option.filter(isSubscription)), () => Refusal.noSubscription)

  return [
    PathTable.read(
      "GET",
      "/webhook-events",
      (call) => Effect.succeed(Refusal.json(call, 200, { events: eventWords, doc_url: "https://docs.linqapp.com/guides/webhooks/events" }))
    ),

    PathTable.once(KeyAccess.operate, "POST", "/webhook-subscriptions", (call) =>
      Effect.gen(function*() {
        const { phone_numbers, subscribed_events, target_url: url, ...routing } = yield* Request.decode(
          Request.CreateSubscription
        )(call.body)
        yield* checkRouting(routing)
        const events = yield* checkEvents(subscribed_events)
        const lines = yield* linesOf(phone_numbers ?? [])
        yield* checkUnused(url)
        const secret = yield* mintSecret
        const made = yield* Effect.mapError(
          callbacks.create({ url, dialect: "linq", events, lines, secret: Redacted.make(secret), active: true }),
          toRefusal
        )
        return Refusal.json(call, 201, { ...body(made), signing_secret: secret })
      })),

    PathTable.read(
      "GET",
      "/webhook-subscriptions",
      (call) =>
        Effect.map(
          callbacks.list("linq"),
          (endpoints) => Refusal.json(call, 200, { subscriptions: endpoints.filter(isSubscription).map(body) })
        )
    ),

    PathTable.read(
      "GET",
      "/webhook-subscriptions/:subscriptionId",
      (call) => Effect.map(find(Request.param(call, "subscriptionId")), (endpoint) => Refusal.json(call, 200, body(endpoint)))
    ),

    PathTable.once(KeyAccess.operate, "PUT", "/webhook-subscriptions/:subscriptionId", (call) =>
      Effect.gen(function*() {
        const { is_active, phone_numbers, subscribed_events, target_url: url, ...routing } = yield* Request.decode(
          Request.UpdateSubscription
        )(call.body)
        yield* checkRouting(routing)
        const { id } = yield* find(Request.param(call, "subscriptionId"))
        if (url != null) yield* checkUnused(url, id)
        const changed = yield* Effect.mapError(
          callbacks.update(
            id,
            present({
              url: url ?? undefined,
              events: subscribed_events == null ? undefined : yield* checkEvents(subscribed_events),
              lines: phone_numbers === undefined ? undefined : yield* linesOf(phone_numbers ?? []),
              active: is_active ?? undefined
            })
          ),
          toRefusal
        )
        return Refusal.json(call, 200, body(yield* Effect.mapError(changed, () => Refusal.noSubscription)))
      })),

    PathTable.once(KeyAccess.operate, "DELETE", "/webhook-subscriptions/:subscriptionId", (call) =>
      Effect.gen(function*() {
        const { id } = yield* find(Request.param(call, "subscriptionId"))
        yield* callbacks.remove(id)
        return Refusal.empty(call, 204)
      }))
  ]
}
