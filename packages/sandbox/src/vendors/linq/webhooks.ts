/** Serves webhook subscriptions at Linq. */
import * as Effect from "effect/Effect"
import * as Http from "../../http/http.ts"
import * as Json from "../../http/json.ts"
import * as PathTable from "../../http/pathTable.ts"
import type { NetworkError } from "../../server/Network.ts"
import * as Refuse from "../../server/refuse.ts"
import { isLoopback } from "../../server/webhooks.ts"
import * as World from "../../world/world.ts"
import * as Events from "./events.ts"
import * as Refusal from "./refusal.ts"
import * as Requests from "./requests.ts"
import type { LinqState, Subscription } from "./state.ts"
import * as Wire from "./wire.ts"

type Checked<A> = Effect.Effect<A, Refusal.Refusal>

const find = (state: LinqState, call: PathTable.Call): Checked<Subscription> => {
  const found = state.subscriptions.get(PathTable.param(call, "subscriptionId"))
  return found === undefined ? Refusal.refuse(404, 2010, "Webhook subscription not found") : Effect.succeed(found)
}

/** Checks the URL. The vendor wants HTTPS. The sandbox also accepts plain HTTP to this machine, which only a sandbox can reach. */
const targetUrl = (state: LinqState, value: unknown, except?: Subscription): Checked<string> => {
  if (value === undefined) return Refusal.missing("target_url")
  const url = Json.isString(value) ? Json.parseUrl(value) : undefined
  if (!Json.isString(value) || url === undefined) return Refusal.invalidValue("target_url must be a URL")
  if (url.protocol !== "https:" && !isLoopback(url)) return Refusal.invalidValue("target_url must be HTTPS")
  const taken = Array.from(state.subscriptions.values()).some((known) => known !== except && known.targetUrl === value)
  return taken
    ? Refusal.refuse(409, 2015, "A subscription for this target_url already exists")
    : Effect.succeed(value)
}

const events = (value: unknown): Checked<ReadonlyArray<string>> => {
  if (value === undefined) return Refusal.missing("subscribed_events")
  if (!Json.isStrings(value) || value.length === 0) return Refusal.invalidValue("subscribed_events must not be empty")
  const unknown = value.find((event) => !Wire.webhookEvents.includes(event))
  return unknown === undefined
    ? Effect.succeed(value)
    : Refusal.invalidValue(`Unknown webhook event: ${unknown}`)
}

const numbers = (state: LinqState, value: unknown): Checked<ReadonlyArray<string> | null> => {
  if (value === undefined || value === null) return Effect.succeed(null)
  if (!Json.isStrings(value)) return Refusal.invalidBody("phone_numbers must be an array of numbers")
  if (!value.every(Json.isE164)) return Refusal.notE164
  if (value.some((number) => World.ownLine(state.world, "linq", number) === undefined)) return Refusal.lineDenied
  return Effect.succeed(value.length === 0 ? null : value)
}

/** The name of a header, or null for none. linq-python of September 2026, read 2026-11-29. */
const routingHeader = (body: Json.JsonObject, field: "routing_key_header" | "routing_id_header"): Checked<string | null> => {
  const value = body[field] ?? null
  return value === null || (Json.isString(value) && /^[A-Za-z0-9-]+$/.test(value))
    ? Effect.succeed(value)
    : Refusal.invalidValue(`${field} must be the name of a header`)
}

const create = (state: LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const body = yield* Requests.body(call)
    const now = state.world.time.now()
    const subscription: Subscription = {
      id: state.world.ids.uuid(),
      targetUrl: yield* targetUrl(state, body["target_url"]),
      secret: `whsec_${Buffer.from(state.world.ids.bytes(32)).toString("base64")}`,
      events: yield* events(body["subscribed_events"]),
      numbers: yield* numbers(state, body["phone_numbers"]),
      routingKeyHeader: yield* routingHeader(body, "routing_key_header"),
      routingIdHeader: yield* routingHeader(body, "routing_id_header"),
      active: true,
      createdAt: now,
      updatedAt: now
    }
    state.subscriptions.set(subscription.id, subscription)
    Events.subscriptionChanged(state, subscription, "created")
    return Http.json(201, { ...Wire.subscription(subscription), signing_secret: subscription.secret })
  })

const list = (state: LinqState): PathTable.Handler<Refusal.Refusal> => () =>
  Effect.sync(() => Http.json(200, { subscriptions: Array.from(state.subscriptions.values(), Wire.subscription) }))

const retrieve = (state: LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.map(find(state, call), (found) => Http.json(200, Wire.subscription(found)))

const update = (state: LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const subscription = yield* find(state, call)
    const body = yield* Requests.body(call)
    const { is_active: active, phone_numbers: given, subscribed_events: wanted, target_url: url } = body
    if (active !== undefined && typeof active !== "boolean") return yield* Refusal.invalidBody("is_active must be a boolean")
    const changed = {
      targetUrl: url === undefined ? subscription.targetUrl : yield* targetUrl(state, url, subscription),
      events: wanted === undefined ? subscription.events : yield* events(wanted),
      numbers: given === undefined ? subscription.numbers : yield* numbers(state, given),
      routingKeyHeader: "routing_key_header" in body
        ? yield* routingHeader(body, "routing_key_header")
        : subscription.routingKeyHeader,
      routingIdHeader: "routing_id_header" in body ? yield* routingHeader(body, "routing_id_header") : subscription.routingIdHeader
    }
    const { active: wasActive, events: told, numbers: filter, targetUrl: target } = subscription
    const routed = Wire.routing(subscription)
    Object.assign(subscription, changed, {
      active: active ?? subscription.active,
      updatedAt: state.world.time.now()
    })
    const tell = (what: string, from: unknown, to: unknown) =>
      JSON.stringify(from) === JSON.stringify(to)
        ? undefined
        : Events.subscriptionChanged(state, subscription, what, { change: { from, to } })
    tell("target_url_changed", target, subscription.targetUrl)
    tell("events.updated", told, subscription.events)
    tell("phone_numbers.updated", filter, subscription.numbers)
    const routes = Wire.routing(subscription)
    const isRouted = Object.values(routes).some((name) => name !== null)
    tell(isRouted ? "routing_headers_set" : "routing_headers_cleared", routed, routes)
    if (wasActive !== subscription.active) Events.subscriptionChanged(state, subscription, subscription.active ? "enabled" : "disabled")
    return Http.json(200, Wire.subscription(subscription))
  })

const remove = (state: LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.map(find(state, call), (subscription) => {
    state.subscriptions.delete(subscription.id)
    Events.subscriptionChanged(state, subscription, "deleted")
    return Http.empty(204)
  })

/** Switches a subscription, as Linq does itself after too many failures, or a person in its dashboard. */
export const makeSwitch = (state: LinqState) => (id: string, on: boolean): Effect.Effect<void, NetworkError> =>
  Effect.suspend(() => {
    const subscription = state.subscriptions.get(id)
    if (subscription === undefined) return Refuse.notFound(`No such subscription: ${id}`)
    if (subscription.active !== on) {
      subscription.active = on
      Events.subscriptionChanged(state, subscription, on ? "enabled" : "disabled")
    }
    return Effect.void
  })

const listEvents: PathTable.Handler<Refusal.Refusal> = () =>
  Effect.succeed(
    Http.json(200, { events: Wire.webhookEvents, doc_url: "https://docs.linqapp.com/guides/webhooks/events" })
  )

export const routes = (state: LinqState): ReadonlyArray<PathTable.Route<Refusal.Refusal>> => [
  ["GET", "/v3/webhook-events", listEvents],
  ["POST", "/v3/webhook-subscriptions", create(state)],
  ["GET", "/v3/webhook-subscriptions", list(state)],
  ["GET", "/v3/webhook-subscriptions/:subscriptionId", retrieve(state)],
  ["PUT", "/v3/webhook-subscriptions/:subscriptionId", update(state)],
  ["DELETE", "/v3/webhook-subscriptions/:subscriptionId", remove(state)]
]
