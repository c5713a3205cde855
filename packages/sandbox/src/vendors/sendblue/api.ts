/** Serves Sendblue's API: credentials, temporary tokens (sendblue 3.17.0, read 2026-11-30) and routes. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Http from "../../http/http.ts"
import * as Json from "../../http/json.ts"
import * as PathTable from "../../http/pathTable.ts"
import type { VendorApi } from "../../server/vendorServer.ts"
import * as World from "../../world/world.ts"
import * as Chats from "./chats.ts"
import * as Content from "./content.ts"
import * as EventStream from "./eventStream.ts"
import * as Lines from "./lines.ts"
import * as Messages from "./messages.ts"
import * as People from "./people.ts"
import * as Refusal from "./refusal.ts"
import * as Requests from "./requests.ts"
import * as Sends from "./sends.ts"
import type { Caller, SendblueState, Token } from "./state.ts"
import * as Webhooks from "./webhooks.ts"

const header = ({ headers }: Http.HttpRequest, name: string): string | undefined => {
  const value = headers[name] ?? headers[`x-${name}`]
  return typeof value === "string" ? value : undefined
}

const invalid = Refusal.refuse(401, "Invalid Credentials")

/** Who asks. A temporary token that has ended, or was revoked, is as good as none. */
const findCaller = (state: SendblueState, request: Http.HttpRequest): Effect.Effect<Caller, Refusal.Refusal> => {
  if (state.world.locked.has("sendblue")) return invalid
  const { authorization } = request.headers
  if (authorization?.startsWith("Bearer ") === true) {
    const token = state.tokens.get(authorization.slice("Bearer ".length))
    return token === undefined || token.expiresAt <= state.world.time.now() ? invalid : Effect.succeed(token)
  }
  const id = header(request, "sb-api-key-id")
  const secret = header(request, "sb-api-secret-key")
  if (id === undefined || secret === undefined) {
    return Refusal.refuseWith(403, { message: "Did not get inputs for authorization" })
  }
  return id === state.keyId && secret === state.secretKey ? Effect.succeed(null) : invalid
}

// The client's words: "temporary bearer tokens and test API keys cannot mint additional tokens". The refusal itself is not shown anywhere.
const needsKeys = (state: SendblueState): Effect.Effect<void, Refusal.Refusal> =>
  state.caller === null ? Effect.void : Refusal.refuse(403, "This endpoint needs the API keys of the account")

const usualSeconds = 900

const numbersOf = (state: SendblueState, fields: Json.JsonObject): Effect.Effect<ReadonlyArray<string>, Refusal.Refusal> => {
  const { phone_number: one, phone_numbers: several } = fields
  if (one !== undefined && several !== undefined) return Refusal.refuse(400, "phone_number cannot be used with phone_numbers")
  const given = one === undefined ? several ?? [] : [one]
  if (!Json.isStrings(given)) return Refusal.refuse(400, "Invalid phone_numbers")
  return given.every((number) => World.ownLine(state.world, "sendblue", number) !== undefined)
    ? Effect.succeed(given)
    : Refusal.refuse(400, "phone_numbers must be numbers of the account")
}

const create = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    yield* needsKeys(state)
    const fields = yield* Requests.body(call)
    const seconds = fields["expires_in_seconds"] ?? usualSeconds
    if (!Json.isInteger(seconds) || seconds <= 0) return yield* Refusal.refuse(400, "expires_in_seconds must be a positive integer")
    const numbers = yield* numbersOf(state, fields)
    const token: Token = { id: state.world.ids.uuid(), numbers, expiresAt: state.world.time.now() + seconds * 1000 }
    const secret = `sb_tmp_${state.world.ids.hex(32)}`
    state.tokens.set(secret, token)
    return Http.json(200, {
      token: secret,
      token_type: "Bearer",
      token_id: token.id,
      expires_at: Json.iso(token.expiresAt),
      phone_numbers: numbers
    })
  })

const revoke = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    yield* needsKeys(state)
    const id = PathTable.param(call, "tokenId")
    const found = Array.from(state.tokens).find(([, token]) => token.id === id)
    if (found === undefined) return yield* Refusal.refuse(404, "Token not found")
    state.tokens.delete(found[0])
    return Http.empty(204)
  })

const tokenRoutes = (state: SendblueState): ReadonlyArray<PathTable.Route<Refusal.Refusal>> => [
  ["POST", "/v3/auth/tokens", create(state)],
  ["DELETE", "/v3/auth/tokens/:tokenId", revoke(state)]
]

export const make = (state: SendblueState): VendorApi => {
  const table: ReadonlyArray<PathTable.Route<Refusal.Refusal>> = [
    ...Sends.routes(state),
    ...Messages.routes(state),
    ...Chats.routes(state),
    ...Content.routes(state),
    ...People.routes(state),
    ...Lines.routes(state),
    ...EventStream.routes(state),
    ...tokenRoutes(state),
    ...Webhooks.routes(state)
  ]
  const storage = Content.storage(state)

  const route = (request: Http.HttpRequest): Effect.Effect<Http.Reply, Refusal.Refusal> => {
    const file = PathTable.match(storage, request.method, request.path)
    if (file._tag === "Found") return file.handler({ request, params: file.params })
    const found = PathTable.match(table, request.method, request.path)
    return Effect.flatMap(findCaller(state, request), (caller) => {
      state.caller = caller
      return found._tag === "Found"
        ? found.handler({ request, params: found.params })
        : Effect.succeed({
          status: 404,
          headers: { "content-type": "text/html; charset=utf-8" },
          body: `Cannot ${request.method} ${request.path}`
        })
    })
  }

  return {
    vendor: "sendblue",
    answer: (request) => Effect.merge(Effect.mapError(route(request), ({ reply }) => reply)),
    serverError: ({ message, status }) =>
      Http.json(status ?? 500, { status: "ERROR", message: message ?? "Internal server error message" }),
    rateLimited: (retryAfter) => Http.json(429, { status: "ERROR", message: "Too Many Requests" }, { "retry-after": String(retryAfter) }),
    errorBody: ({ errorCode, errorMessage }, request) => {
      const parsed = Json.parse(request.body.toString("utf8"))
      const fields = Either.isRight(parsed) && Json.isObject(parsed.right) ? parsed.right : {}
      return Http.json(200, {
        accountEmail: state.account,
        content: fields["content"] ?? "",
        is_outbound: true,
        status: "ERROR",
        error_code: errorCode ?? 10_001,
        error_message: errorMessage ?? "message failed to send",
        from_number: fields["from_number"] ?? null,
        number: fields["number"] ?? null
      })
    },
    identifiers: new Set(["message_handle", "uuid"])
  }
}
