/**
 * The control API: the `Network` over HTTP and JSON, for programs outside the process. Routes and bodies are listed in
 * the package's README.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { FaultInput, Vendor } from "./Fault.ts"
import * as Fault from "./Fault.ts"
import type { Reply, Respond } from "./internal/http.ts"
import * as Http from "./internal/http.ts"
import type { JsonObject } from "./internal/json.ts"
import * as Json from "./internal/json.ts"
import type { Call, Route } from "./internal/router.ts"
import * as Router from "./internal/router.ts"
import type { Network, PersonInput, ReactInput, SayInput } from "./Network.ts"
import { NetworkError } from "./Network.ts"

const invalid = (message: string) => new NetworkError({ reason: "invalid", message })

const body = ({ request }: Call): Effect.Effect<JsonObject, NetworkError> => {
  const text = request.body.toString("utf8")
  const parsed = Json.parse(text === "" ? "{}" : text)
  return Either.isRight(parsed) && Json.isObject(parsed.right)
    ? Effect.succeed(parsed.right)
    : Effect.fail(invalid("The body must be a JSON object"))
}

type Kinds = Readonly<Record<string, "string" | "number" | "boolean" | "strings">>

/** Picks known fields of the right kind; a wrong kind is refused, an unknown field too. */
const fields = (kinds: Kinds, required: ReadonlyArray<string>) => (given: JsonObject): Effect.Effect<JsonObject, NetworkError> => {
  for (const [name, value] of Object.entries(given)) {
    const kind = kinds[name]
    if (kind === undefined) return Effect.fail(invalid(`Unknown field: ${name}`))
    if (kind === "strings" ? !Json.isStrings(value) : typeof value !== kind) {
      return Effect.fail(invalid(`${name} must be ${kind === "strings" ? "an array of strings" : `a ${kind}`}`))
    }
  }
  const absent = required.find((name) => given[name] === undefined)
  return absent === undefined ? Effect.succeed(given) : Effect.fail(invalid(`Missing field: ${absent}`))
}

const vendorOf = (value: unknown): Effect.Effect<Vendor | undefined, NetworkError> =>
  value === undefined || value === null || value === "linq" || value === "sendblue"
    ? Effect.succeed(value ?? undefined)
    : Effect.fail(invalid("vendor must be linq or sendblue"))

const param = ({ params }: Call, name: string): string => params[name] ?? ""

const ok = (value: unknown): Reply => Http.json(200, value)
const created = (value: unknown): Reply => Http.json(201, value)
const done = (): Reply => Http.empty(204)

const personFields = fields({ handle: "string", service: "string", name: "string", optedOut: "boolean" }, ["handle"])
const sayFields = fields(
  { from: "string", to: "string", text: "string", media: "strings", effect: "string", replyTo: "string", group: "string" },
  ["from", "to"]
)
const reactFields = fields(
  { from: "string", messageId: "string", type: "string", emoji: "string", partIndex: "number", remove: "boolean" },
  ["from", "messageId", "type"]
)

/**
 * Where everything listens, and the credentials that the vendors accept: what a program needs to use a running sandbox.
 *
 * @since 0.1.0
 * @category models
 */
export interface Address {
  readonly linq: string
  readonly sendblue: string
  readonly control: string
  readonly credentials: { readonly linqToken: string; readonly sendblueKeyId: string; readonly sendblueSecretKey: string }
}

const routes = (network: Network, address: () => Address): ReadonlyArray<Route<NetworkError>> => {
  const optional = (call: Call) => call.request.query.get.bind(call.request.query)
  return [
    ["GET", "/", () => Effect.map(network.now, (now) => ok({ name: "interline sandbox", now: now.toISOString(), ...address() }))],
    ["GET", "/people", () => Effect.map(network.people, ok)],
    ["POST", "/people", (call) =>
      Effect.map(
        // The fields were checked; the service's word is checked by the network.
        Effect.flatMap(Effect.flatMap(body(call), personFields), (given) => network.person(given as unknown as PersonInput)),
        created
      )],
    ["GET", "/people/:handle", (call) =>
      Effect.flatMap(network.find(param(call, "handle")), Option.match({
        onNone: () => Effect.fail(new NetworkError({ reason: "not-found", message: "No such person" })),
        onSome: (person) => Effect.succeed(ok(person))
      }))],
    ["POST", "/people/:handle/opt-out", (call) =>
      Effect.gen(function*() {
        const { vendor } = yield* body(call)
        return ok(yield* network.optOut(param(call, "handle"), yield* vendorOf(vendor)))
      })],
    ["POST", "/people/:handle/opt-in", (call) =>
      Effect.gen(function*() {
        const { vendor } = yield* body(call)
        return ok(yield* network.optIn(param(call, "handle"), yield* vendorOf(vendor)))
      })],
    ["POST", "/people/:handle/messages", (call) =>
      Effect.gen(function*() {
        const given = yield* sayFields({ ...(yield* body(call)), from: param(call, "handle") })
        return created(yield* network.say(given as unknown as SayInput))
      })],
    ["POST", "/people/:handle/reactions", (call) =>
      Effect.gen(function*() {
        const given = yield* reactFields({ ...(yield* body(call)), from: param(call, "handle") })
        yield* network.react(given as unknown as ReactInput)
        return done()
      })],
    ["POST", "/people/:handle/read", (call) =>
      Effect.gen(function*() {
        const { line } = yield* fields({ line: "string" }, [])(yield* body(call))
        yield* network.read(param(call, "handle"), Json.isString(line) ? line : undefined)
        return done()
      })],
    ["POST", "/people/:handle/typing", (call) =>
      Effect.gen(function*() {
        const { line, on } = yield* fields({ line: "string", on: "boolean" }, ["line"])(yield* body(call))
        yield* network.typing(param(call, "handle"), String(line), on !== false)
        return done()
      })],
    ["POST", "/people/:handle/location", (call) =>
      Effect.gen(function*() {
        const given = yield* fields({ longitude: "number", latitude: "number" }, ["longitude", "latitude"])(yield* body(call))
        yield* network.shareLocation(param(call, "handle"), {
          longitude: Number(given["longitude"]),
          latitude: Number(given["latitude"])
        })
        return done()
      })],
    ["DELETE", "/people/:handle/location", (call) => Effect.map(network.shareLocation(param(call, "handle")), done)],
    ["GET", "/lines", () => Effect.map(network.lines, ok)],
    ["POST", "/lines", (call) =>
      Effect.gen(function*() {
        const given = yield* fields({ vendor: "string", number: "string" }, ["vendor", "number"])(yield* body(call))
        const vendor = yield* vendorOf(given["vendor"])
        return created(yield* network.addLine(vendor ?? "linq", String(given["number"])))
      })],
    ["POST", "/lines/:number/flag", (call) => Effect.map(network.flagLine(param(call, "number")), ok)],
    ["POST", "/lines/:number/unflag", (call) => Effect.map(network.unflagLine(param(call, "number")), ok)],
    ["GET", "/phones", () => Effect.map(network.phones, ok)],
    ["DELETE", "/phones", () => Effect.map(network.clearPhones(), done)],
    ["GET", "/phones/:handle", (call) => Effect.map(network.phone(param(call, "handle")), ok)],
    ["DELETE", "/phones/:handle", (call) => Effect.map(network.clearPhones(param(call, "handle")), done)],
    ["GET", "/faults", () => Effect.map(network.faults, ok)],
    ["GET", "/faults/kinds", () => Effect.succeed(ok(Fault.faults))],
    ["POST", "/faults", (call) =>
      Effect.gen(function*() {
        const given = yield* body(call)
        if (given["kind"] === undefined && !Array.isArray(given["kinds"])) {
          return yield* Effect.fail(invalid("Missing field: kind, or kinds with seed and rate"))
        }
        // Vendor and kinds are checked by the network; parameters of the wrong kind have no effect.
        return created(yield* network.addFault(given as unknown as FaultInput))
      })],
    ["DELETE", "/faults", () => Effect.map(network.clearFaults(), done)],
    ["DELETE", "/faults/:id", (call) => Effect.map(network.clearFaults(param(call, "id")), done)],
    ["GET", "/requests", (call) =>
      Effect.gen(function*() {
        const query = optional(call)
        const vendor = yield* vendorOf(query("vendor"))
        const method = query("method")
        const path = query("path")
        return ok(
          yield* network.requests({
            ...(vendor === undefined ? {} : { vendor }),
            ...(method === null ? {} : { method }),
            ...(path === null ? {} : { path })
          })
        )
      })],
    ["DELETE", "/requests", () => Effect.map(network.clearRequests, done)],
    ["GET", "/webhooks", () => Effect.map(network.webhooks, ok)],
    ["GET", "/clock", () => Effect.map(network.now, (now) => ok({ now: now.toISOString() }))],
    ["POST", "/clock/advance", (call) =>
      Effect.gen(function*() {
        const { ms } = yield* fields({ ms: "number" }, ["ms"])(yield* body(call))
        yield* network.advance(Number(ms))
        return ok({ now: (yield* network.now).toISOString() })
      })],
    ["POST", "/reset", () => Effect.map(network.reset, done)]
  ]
}

const failed = ({ message, reason }: NetworkError): Reply =>
  Http.json(reason === "not-found" ? 404 : 400, { error: message })

/**
 * Answers the control API's requests.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (network: Network, address: () => Address, fork: (work: Effect.Effect<void>) => void): Respond => {
  const table = routes(network, address)
  return (request, settle) => {
    const found = Router.match(table, request.method, request.path)
    const reply = found._tag === "Found"
      ? Effect.merge(Effect.mapError(found.handler({ request, params: found.params }), failed))
      : Effect.succeed(Http.json(404, { error: "No such route" }))
    fork(Effect.map(reply, (answered) => settle({ _tag: "Answer", reply: answered })))
  }
}
