/** Serves webhook subscriptions at Sendblue: each has a type, a URL and an optional secret. */
import * as Effect from "effect/Effect"
import * as Http from "../../http/http.ts"
import * as Json from "../../http/json.ts"
import type { Handler, Route } from "../../http/pathTable.ts"
import { isLoopback } from "../../server/webhooks.ts"
import * as Refusal from "./refusal.ts"
import * as Requests from "./requests.ts"
import type { Hook, SendblueState } from "./state.ts"

const types = [
  "receive",
  "call_log",
  "line_blocked",
  "line_assigned",
  "outbound",
  "contact_created",
  "typing_indicator",
  "inbound_call",
  "contact_profile"
]

type Checked<A> = Effect.Effect<A, Refusal.Refusal>

/** Checks the URL. The vendor changes HTTP to HTTPS. The sandbox does the same, except for an address on this machine. */
const target = (value: string): string | undefined => {
  const url = Json.parseUrl(value)
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:")) return undefined
  return isLoopback(url) ? value : value.replace(/^http:/, "https:")
}

const hook = (value: unknown): Checked<Hook> => {
  const given: Json.JsonObject = Json.isString(value) ? { url: value } : Json.isObject(value) ? value : {}
  const { secret, sendblue_numbers: numbers, url: raw } = given
  const url = Json.isString(raw) ? target(raw) : undefined
  if (url === undefined) return Refusal.refuse(400, "Invalid webhook URL")
  return Effect.succeed({
    url,
    secret: Json.isString(secret) ? secret : null,
    numbers: Json.isStrings(numbers) ? numbers : null
  })
}

const hooks = (value: unknown): Checked<Array<Hook>> =>
  Array.isArray(value)
    ? Effect.forEach(value as ReadonlyArray<unknown>, hook)
    : Refusal.refuse(400, "webhooks must be an array")

const view = (given: Hook) =>
  given.secret === null && given.numbers === null ? given.url : {
    url: given.url,
    ...(given.secret === null ? {} : { secret: given.secret }),
    ...(given.numbers === null ? {} : { sendblue_numbers: given.numbers })
  }

const viewAll = (state: SendblueState) => ({
  ...Object.fromEntries(types.map((type) => [type, (state.hooks.get(type) ?? []).map(view)])),
  ...(state.globalSecret === null ? {} : { globalSecret: state.globalSecret })
})

const typeOf = (value: unknown): Checked<string> =>
  value === undefined
    ? Effect.succeed("receive")
    : Json.isString(value) && types.includes(value)
    ? Effect.succeed(value)
    : Refusal.refuse(
      400,
      "Invalid webhook type. Must be one of: receive, call_log, line_blocked, line_assigned, outbound, contact_created"
    )

const list = (state: SendblueState): Handler<Refusal.Refusal> => () =>
  Effect.sync(() => Http.json(200, { status: "OK", webhooks: viewAll(state) }))

const append = (state: SendblueState): Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const fields = yield* Requests.body(call)
    const type = yield* typeOf(fields["type"])
    const added = yield* hooks(fields["webhooks"])
    const known = (state.hooks.get(type) ?? []).filter(({ url }) => !added.some((one) => one.url === url))
    state.hooks.set(type, [...known, ...added])
    if (Json.isString(fields["globalSecret"])) state.globalSecret = fields["globalSecret"]
    return Http.json(200, { message: "Webhooks added successfully", status: "OK", webhooks: viewAll(state) })
  })

const replace = (state: SendblueState): Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const { webhooks: given } = yield* Requests.body(call)
    if (!Json.isObject(given)) return yield* Refusal.refuse(400, "webhooks must be an object")
    const replaced = yield* Effect.forEach(
      Object.entries(given).filter(([type, value]) => types.includes(type) && value !== undefined),
      ([type, value]) => Effect.map(hooks(value), (list) => [type, list] as const)
    )
    state.hooks.clear()
    for (const [type, list] of replaced) state.hooks.set(type, list)
    const secret = given["globalSecret"]
    state.globalSecret = Json.isString(secret) ? secret : null
    return Http.json(200, { status: "OK", message: "Webhooks updated successfully", webhooks: viewAll(state) })
  })

const remove = (state: SendblueState): Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const fields = yield* Requests.body(call)
    const type = yield* typeOf(fields["type"])
    const urls = (yield* hooks(fields["webhooks"])).map(({ url }) => url)
    state.hooks.set(type, (state.hooks.get(type) ?? []).filter(({ url }) => !urls.includes(url)))
    return Http.json(200, { status: "OK", message: "Webhooks deleted successfully", webhooks: viewAll(state) })
  })

export const routes = (state: SendblueState): ReadonlyArray<Route<Refusal.Refusal>> => [
  ["GET", "/api/account/webhooks", list(state)],
  ["POST", "/api/account/webhooks", append(state)],
  ["PUT", "/api/account/webhooks", replace(state)],
  ["DELETE", "/api/account/webhooks", remove(state)]
]
