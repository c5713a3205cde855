/** Serves Sendblue's API: credentials and routes. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Http from "../../http/http.ts"
import * as Json from "../../http/json.ts"
import * as PathTable from "../../http/pathTable.ts"
import type { VendorApi } from "../../server/vendorServer.ts"
import * as Chats from "./chats.ts"
import * as Content from "./content.ts"
import * as EventStream from "./eventStream.ts"
import * as Lines from "./lines.ts"
import * as Messages from "./messages.ts"
import * as People from "./people.ts"
import * as Refusal from "./refusal.ts"
import * as Sends from "./sends.ts"
import type { SendblueState } from "./state.ts"
import * as Webhooks from "./webhooks.ts"

const header = (request: Http.HttpRequest, name: string): string | undefined => {
  const value = request.headers[name] ?? request.headers[`x-${name}`]
  return typeof value === "string" ? value : undefined
}

export const make = (state: SendblueState): VendorApi => {
  const table: ReadonlyArray<PathTable.Route<Refusal.Refusal>> = [
    ...Sends.routes(state),
    ...Messages.routes(state),
    ...Chats.routes(state),
    ...Content.routes(state),
    ...People.routes(state),
    ...Lines.routes(state),
    ...EventStream.routes(state),
    ...Webhooks.routes(state)
  ]
  const storage = Content.storage(state)

  const route = (request: Http.HttpRequest): Effect.Effect<Http.Reply, Refusal.Refusal> => {
    const file = PathTable.match(storage, request.method, request.path)
    if (file._tag === "Found") return file.handler({ request, params: file.params })
    const id = header(request, "sb-api-key-id")
    const secret = header(request, "sb-api-secret-key")
    if (id === undefined || secret === undefined) {
      return Refusal.refuseWith(403, { message: "Did not get inputs for authorization" })
    }
    if (id !== state.keyId || secret !== state.secretKey || state.world.locked.has("sendblue")) {
      return Refusal.refuse(401, "Invalid Credentials")
    }
    const found = PathTable.match(table, request.method, request.path)
    return found._tag === "Found"
      ? found.handler({ request, params: found.params })
      : Effect.succeed({
        status: 404,
        headers: { "content-type": "text/html; charset=utf-8" },
        body: `Cannot ${request.method} ${request.path}`
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
