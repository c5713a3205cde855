/** Webhooks: those of the account, by type, and the address for the status of one send. They are callback endpoints of this dialect. */
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { LineName } from "@interline/core/Line"
import * as SendblueWords from "@interline/sendblue/SendblueWords"
import type { Endpoint } from "@interline/sql/EndpointTable"
import type { GatewayEvent } from "@interline/sql/EventLog"
import type { Reply } from "@interline/sql/RequestLog"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { OutboundError } from "../../egress/OutboundHttp.ts"
import * as Refusal from "./refusal.ts"
import * as Request from "./request.ts"
import * as Services from "./services.ts"

// The types that an event of ours can become. A webhook of another type would never be called
const published = {
  receive: true,
  outbound: true,
  typing_indicator: true,
  line_blocked: true,
  call_log: false,
  inbound_call: false,
  line_assigned: false,
  contact_created: false,
  contact_profile: false
} as const satisfies Record<SendblueWords.WebhookType, boolean>

const types: ReadonlyArray<SendblueWords.WebhookType> = SendblueWords.webhookTypes.filter((type) => published[type])

const invalidType = Refusal.refuse(400, `Invalid webhook type. Must be one of: ${types.join(", ")}`)

/** A webhook as a request names it. */
interface Hook {
  readonly type: SendblueWords.WebhookType
  readonly url: string
  readonly secret: string | undefined
  readonly lines: ReadonlyArray<LineName>
}

/**
 * The word in an endpoint's `version` that says: its secret is the account's `globalSecret`. This dialect has one payload version, so
 * the field is free. Each endpoint that the global secret signs for keeps a copy of it.
 */
const ofAccount = "globalSecret"

const isText = (value: unknown): value is string => typeof value === "string" && value !== ""

const typeOf = (value: unknown): Effect.Effect<SendblueWords.WebhookType, Refusal.Refusal> => {
  const type = value === undefined || value === null ? "receive" : types.find((one) => one === value)
  return type === undefined ? invalidType : Effect.succeed(type)
}

const lineOf = ({ front }: Services.Services, number: unknown): Effect.Effect<LineName, Refusal.Refusal> =>
  Option.match(isText(number) ? Request.lineOf(front, number) : Option.none(), {
    onNone: () => Refusal.refuse(400, "sendblue_numbers must be numbers of this account's lines"),
    onSome: Effect.succeed
  })

const hookOf = (services: Services.Services, type: SendblueWords.WebhookType, value: unknown): Effect.Effect<Hook, Refusal.Refusal> =>
  Effect.gen(function*() {
    const given: Request.Fields = isText(value) ? { url: value } : Predicate.isRecord(value) ? value : {}
    const { secret, sendblue_numbers, url } = given
    if (!isText(url)) return yield* Refusal.refuse(400, "Invalid webhook URL")
    // only webhooks of received messages can be limited to numbers
    const numbers = type === "receive" && Array.isArray(sendblue_numbers) ? sendblue_numbers : []
    return {
      type,
      url,
      secret: isText(secret) ? secret : undefined,
      lines: yield* Effect.forEach(numbers, (number) => lineOf(services, number))
    }
  })

const hooksOf = (
  services: Services.Services,
  type: SendblueWords.WebhookType,
  value: unknown
): Effect.Effect<ReadonlyArray<Hook>, Refusal.Refusal> =>
  Array.isArray(value)
    ? Effect.forEach(value, (one: unknown) => hookOf(services, type, one))
    : Refusal.refuse(400, "webhooks must be an array")

// --- what is kept ---

/** The endpoints of the account, without those of single deliveries. */
const listEndpoints = ({ callbacks }: Services.Services): Effect.Effect<ReadonlyArray<Endpoint>> =>
  Effect.map(callbacks.list("sendblue"), (endpoints) => endpoints.filter(({ deliveryId }) => deliveryId === undefined))

const isSame = (hook: Pick<Hook, "type" | "url">) => (endpoint: Endpoint): boolean =>
  endpoint.events[0] === hook.type && (endpoint.url === hook.url || endpoint.url === toHttps(hook.url))

// the vendor replaces HTTP by HTTPS
const toHttps = (url: string): string => url.replace(/^http:/i, "https:")

const globalOf = (endpoints: ReadonlyArray<Endpoint>): string | undefined => {
  const secret = endpoints.find(({ version }) => version === ofAccount)?.secret
  return secret === undefined ? undefined : Redacted.value(secret)
}

const refuseAddress = ({ why }: OutboundError): Effect.Effect<never, Refusal.Refusal> => Refusal.refuse(400, `Invalid webhook: ${why}`)

const create = (services: Services.Services, hook: Hook, global: string | undefined): Effect.Effect<void, Refusal.Refusal> => {
  const secret = hook.secret ?? global
  const under = (url: string) =>
    services.callbacks.create({
      url,
      dialect: "sendblue",
      events: [hook.type],
      lines: hook.lines,
      active: true,
      ...(secret === undefined ? {} : { secret: Redacted.make(secret) }),
      ...(hook.secret === undefined && global !== undefined ? { version: ofAccount } : {})
    })
  return under(hook.url).pipe(
    Effect.catchAll((error) => toHttps(hook.url) === hook.url ? Effect.fail(error) : under(toHttps(hook.url))),
    Effect.catchAll(refuseAddress),
    Effect.asVoid
  )
}

/**
 * A webhook without a secret in the request keeps the secret that it has: no answer shows secrets, so a program cannot write them
 * back. To remove a secret, delete the webhook.
 */
const keepSecret = (known: ReadonlyArray<Endpoint>, hook: Hook): Hook => {
  const own = known.find((endpoint) => isSame(hook)(endpoint) && endpoint.version !== ofAccount)?.secret
  return hook.secret !== undefined || own === undefined ? hook : { ...hook, secret: Redacted.value(own) }
}

/** Adds a webhook. It replaces those of the same type and address. */
const put = (
  services: Services.Services,
  known: ReadonlyArray<Endpoint>,
  hook: Hook,
  global: string | undefined
): Effect.Effect<void, Refusal.Refusal> =>
  Effect.zipRight(
    create(services, keepSecret(known, hook), global),
    Effect.forEach(known.filter(isSame(hook)), ({ id }) => services.callbacks.remove(id), { discard: true })
  )

// the vendor shows the secrets; here everybody with a key could then sign events in the name of the gateway
const view = (services: Services.Services, { lines, url }: Endpoint) =>
  lines.length === 0
    ? url
    : { url, sendblue_numbers: lines.map((line) => Services.numberOf(services, line)).filter((number) => number !== null) }

const viewAll = (services: Services.Services): Effect.Effect<Request.Fields> =>
  Effect.map(listEndpoints(services), (endpoints) =>
    Object.fromEntries(
      SendblueWords.webhookTypes.map((
        type
      ) => [type, endpoints.filter(({ events }) => events[0] === type).map((one) => view(services, one))])
    ))

/** Gives a new global secret to every endpoint that has no secret of its own. */
const resign = (
  { callbacks }: Services.Services,
  endpoints: ReadonlyArray<Endpoint>,
  global: string | undefined
): Effect.Effect<void, Refusal.Refusal> =>
  global === undefined
    ? Effect.void
    : Effect.forEach(
      endpoints.filter(({ version }) => version === ofAccount),
      ({ id }) => Effect.catchAll(callbacks.update(id, { secret: Redacted.make(global) }), refuseAddress),
      { discard: true }
    )

// --- endpoints ---

export const list = (services: Services.Services) => (): Effect.Effect<Reply> =>
  Effect.map(viewAll(services), (webhooks) => Refusal.json(200, { status: "OK", webhooks }))

const answerAll = (services: Services.Services, message: string): Effect.Effect<Reply> =>
  Effect.map(viewAll(services), (webhooks) => Refusal.json(200, { message, status: "OK", webhooks }))

export const append = (services: Services.Services) => ({ fields }: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const type = yield* typeOf(fields["type"])
    const hooks = yield* hooksOf(services, type, fields["webhooks"])
    const given = isText(fields["globalSecret"]) ? fields["globalSecret"] : undefined
    const known = yield* listEndpoints(services)
    const global = given ?? globalOf(known)
    yield* Effect.forEach(hooks, (hook) => put(services, known, hook, global), { discard: true })
    yield* resign(services, known.filter((endpoint) => !hooks.some((hook) => isSame(hook)(endpoint))), given)
    return yield* answerAll(services, "Webhooks added successfully")
  })

/** Replaces all webhooks. It reads all of the request first, then adds the new webhooks, then removes the old ones. */
export const replace =
  (services: Services.Services) => ({ fields: { webhooks: given } }: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
    Effect.gen(function*() {
      if (!Predicate.isRecord(given)) return yield* Refusal.refuse(400, "webhooks must be an object")
      const wanted = yield* Effect.forEach(
        Object.entries(given).filter(([type, value]) =>
          type !== "globalSecret" && !(value === null || (Array.isArray(value) && value.length === 0))
        ),
        ([type, value]) => Effect.flatMap(typeOf(type), (type) => hooksOf(services, type, value))
      )
      const known = yield* listEndpoints(services)
      const global = isText(given["globalSecret"]) ? given["globalSecret"] : globalOf(known)
      yield* Effect.forEach(wanted.flat(), (hook) => create(services, keepSecret(known, hook), global), { discard: true })
      yield* Effect.forEach(known, ({ id }) => services.callbacks.remove(id), { discard: true })
      return yield* answerAll(services, "Webhooks updated successfully")
    })

export const remove = (services: Services.Services) => ({ fields }: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const type = yield* typeOf(fields["type"])
    const hooks = yield* hooksOf(services, type, fields["webhooks"])
    const known = yield* listEndpoints(services)
    const gone = known.filter((endpoint) => hooks.some((hook) => isSame(hook)(endpoint)))
    yield* Effect.forEach(gone, ({ id }) => services.callbacks.remove(id), { discard: true })
    return yield* answerAll(services, "Webhooks deleted successfully")
  })

// --- the address that the status of one send is posted to ---

/** How long the status of a send may change. */
const expiresAfter = Duration.days(7)

const pageSize = 500

/** Publishes again every event of a delivery that is in the log after this id, oldest first, page by page. */
const publishMissed = (
  { callbacks, events }: Pick<Services.Services, "callbacks" | "events">,
  deliveryId: DeliveryId,
  after: number
): Effect.Effect<void> =>
  Effect.flatMap(events.read(after, pageSize), (page: ReadonlyArray<GatewayEvent>) => {
    const last = page[page.length - 1]
    const own = page.filter((event) => event.deliveryId === deliveryId)
    const enqueued = own.length === 0 ? Effect.void : callbacks.enqueue(own)
    return last === undefined || page.length < pageSize
      ? enqueued
      : Effect.zipRight(enqueued, Effect.suspend(() => publishMissed({ callbacks, events }, deliveryId, last.id)))
  })

const isRegistered = ({ callbacks }: Services.Services, deliveryId: DeliveryId): Effect.Effect<boolean> =>
  Effect.map(callbacks.list("sendblue"), (endpoints) => endpoints.some((endpoint) => endpoint.deliveryId === deliveryId))

/**
 * Checks the address before anything is sent. Call the result when the delivery has its id. The first statuses may have come before
 * that, so every event of the delivery since before the send is published again. Only this address gets them: the other endpoints
 * have them already and do not get an event twice.
 */
export const prepareStatusCallback = (
  services: Services.Services,
  url: string | undefined
): Effect.Effect<(deliveryId: DeliveryId) => Effect.Effect<void>, Refusal.Refusal> =>
  url === undefined
    ? Effect.succeed(() => Effect.void)
    : Effect.gen(function*() {
      const { callbacks, egress, events } = services
      yield* Effect.catchAll(egress.check(url), ({ why }) => Refusal.invalidSend(`status_callback: ${why}`))
      const before = yield* events.latest
      const register = (deliveryId: DeliveryId) =>
        Effect.gen(function*() {
          // a retry joined the delivery of the first request, which has registered the address
          if (yield* isRegistered(services, deliveryId)) return
          const now = yield* Clock.currentTimeMillis
          yield* callbacks.create({
            url,
            dialect: "sendblue",
            events: ["outbound"],
            lines: [],
            active: true,
            deliveryId,
            expiresAt: now + Duration.toMillis(expiresAfter)
          })
          yield* publishMissed(services, deliveryId, before)
        })
      // the message went out: its handle is answered even if the address cannot be registered
      return (deliveryId) =>
        Effect.catchAllCause(register(deliveryId), () =>
          Effect.annotateLogs(Effect.logWarning("the status callback of a send could not be registered"), { delivery: deliveryId }))
    })
