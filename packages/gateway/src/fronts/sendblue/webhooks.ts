/** The account's webhooks at Sendblue: by type, each a URL with an optional secret. Here they are endpoints of this dialect. */
import type { LineName } from "@interline/core/Line"
import * as SendblueWords from "@interline/sendblue/SendblueWords"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { EgressError } from "../../egress/OutboundHttp.ts"
import type { Endpoint } from "../../events/Callbacks.ts"
import type { Reply } from "../../sql/requests/RequestLog.ts"
import * as Refusal from "./refusal.ts"
import * as Request from "./request.ts"
import * as Services from "./services.ts"

// Which types an event of ours can become: the others would be subscribed to and never called
const told = {
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

const types: ReadonlyArray<SendblueWords.WebhookType> = SendblueWords.webhookTypes.filter((type) => told[type])

const invalidType = Refusal.refuse(400, `Invalid webhook type. Must be one of: ${types.join(", ")}`)

/** One subscription as it was asked for. */
interface Hook {
  readonly type: SendblueWords.WebhookType
  readonly url: string
  readonly secret: string | undefined
  readonly lines: ReadonlyArray<LineName>
}

/**
 * This dialect has one payload version, so an endpoint's `version` says here whose its secret is: this word stands for the
 * account's `globalSecret`, which is kept on the endpoints that it signs for.
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
    // numbers narrow what is received, and nothing else
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

/** The account's endpoints: those of single deliveries are no business of it. */
const kept = ({ callbacks }: Services.Services): Effect.Effect<ReadonlyArray<Endpoint>> =>
  Effect.map(callbacks.list("sendblue"), (endpoints) => endpoints.filter(({ deliveryId }) => deliveryId === undefined))

const isSame = (hook: Pick<Hook, "type" | "url">) => (endpoint: Endpoint): boolean =>
  endpoint.events[0] === hook.type && (endpoint.url === hook.url || endpoint.url === secure(hook.url))

// the vendor makes HTTPS of HTTP
const secure = (url: string): string => url.replace(/^http:/i, "https:")

const globalOf = (endpoints: ReadonlyArray<Endpoint>): string | undefined => {
  const secret = endpoints.find(({ version }) => version === ofAccount)?.secret
  return secret === undefined ? undefined : Redacted.value(secret)
}

const refused = ({ why }: EgressError): Effect.Effect<never, Refusal.Refusal> => Refusal.refuse(400, `Invalid webhook: ${why}`)

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
    Effect.catchAll((error) => secure(hook.url) === hook.url ? Effect.fail(error) : under(secure(hook.url))),
    Effect.catchAll(refused),
    Effect.asVoid
  )
}

/**
 * A program that writes back what it read gives no secrets, for none are shown: a webhook keeps the one that it has. To take it
 * off, delete the webhook.
 */
const keeping = (known: ReadonlyArray<Endpoint>, hook: Hook): Hook => {
  const own = known.find((endpoint) => isSame(hook)(endpoint) && endpoint.version !== ofAccount)?.secret
  return hook.secret !== undefined || own === undefined ? hook : { ...hook, secret: Redacted.value(own) }
}

/** Adds what is not there; one that is there with other options takes the place of the old one. */
const put = (
  services: Services.Services,
  known: ReadonlyArray<Endpoint>,
  hook: Hook,
  global: string | undefined
): Effect.Effect<void, Refusal.Refusal> =>
  Effect.zipRight(
    create(services, keeping(known, hook), global),
    Effect.forEach(known.filter(isSame(hook)), ({ id }) => services.callbacks.remove(id), { discard: true })
  )

// the vendor shows the secrets in clear; here whoever has a key could then sign events in the name of the gateway
const view = (services: Services.Services, { lines, url }: Endpoint) =>
  lines.length === 0
    ? url
    : { url, sendblue_numbers: lines.map((line) => Services.numberOf(services, line)).filter((number) => number !== null) }

const viewAll = (services: Services.Services): Effect.Effect<Request.Fields> =>
  Effect.map(kept(services), (endpoints) =>
    Object.fromEntries(
      SendblueWords.webhookTypes.map((
        type
      ) => [type, endpoints.filter(({ events }) => events[0] === type).map((one) => view(services, one))])
    ))

/** A new global secret signs for everything that has no secret of its own. */
const resign = (
  { callbacks }: Services.Services,
  endpoints: ReadonlyArray<Endpoint>,
  global: string | undefined
): Effect.Effect<void, Refusal.Refusal> =>
  global === undefined
    ? Effect.void
    : Effect.forEach(
      endpoints.filter(({ version }) => version === ofAccount),
      ({ id }) => Effect.catchAll(callbacks.update(id, { secret: Redacted.make(global) }), refused),
      { discard: true }
    )

// --- endpoints ---

export const list = (services: Services.Services) => (): Effect.Effect<Reply> =>
  Effect.map(viewAll(services), (webhooks) => Refusal.json(200, { status: "OK", webhooks }))

const answer = (services: Services.Services, message: string): Effect.Effect<Reply> =>
  Effect.map(viewAll(services), (webhooks) => Refusal.json(200, { message, status: "OK", webhooks }))

export const append = (services: Services.Services) => ({ fields }: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const type = yield* typeOf(fields["type"])
    const hooks = yield* hooksOf(services, type, fields["webhooks"])
    const given = isText(fields["globalSecret"]) ? fields["globalSecret"] : undefined
    const known = yield* kept(services)
    const global = given ?? globalOf(known)
    yield* Effect.forEach(hooks, (hook) => put(services, known, hook, global), { discard: true })
    yield* resign(services, known.filter((endpoint) => !hooks.some((hook) => isSame(hook)(endpoint))), given)
    return yield* answer(services, "Webhooks added successfully")
  })

/** Everything is read before anything changes, and what is added is there before anything is taken away. */
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
      const known = yield* kept(services)
      const global = isText(given["globalSecret"]) ? given["globalSecret"] : globalOf(known)
      yield* Effect.forEach(wanted.flat(), (hook) => create(services, keeping(known, hook), global), { discard: true })
      yield* Effect.forEach(known, ({ id }) => services.callbacks.remove(id), { discard: true })
      return yield* answer(services, "Webhooks updated successfully")
    })

export const remove = (services: Services.Services) => ({ fields }: Request.Call): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const type = yield* typeOf(fields["type"])
    const hooks = yield* hooksOf(services, type, fields["webhooks"])
    const known = yield* kept(services)
    const gone = known.filter((endpoint) => hooks.some((hook) => isSame(hook)(endpoint)))
    yield* Effect.forEach(gone, ({ id }) => services.callbacks.remove(id), { discard: true })
    return yield* answer(services, "Webhooks deleted successfully")
  })
