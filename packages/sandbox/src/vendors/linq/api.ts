/** Serves Linq's partner API, version 3: credentials, trace ids and routes. */
import * as Effect from "effect/Effect"
import * as Http from "../../http/http.ts"
import * as PathTable from "../../http/pathTable.ts"
import type { VendorApi } from "../../server/vendorServer.ts"
import type { Struck } from "../../world/faults.ts"
import * as Chats from "./chats.ts"
import * as Content from "./content.ts"
import * as Lines from "./lines.ts"
import * as Messages from "./messages.ts"
import * as Refusal from "./refusal.ts"
import * as Sends from "./sends.ts"
import type { LinqState } from "./state.ts"
import * as Webhooks from "./webhooks.ts"

const prefix = "/api/partner"

const traced = (reply: Http.Reply, traceId: string): Http.Reply => ({
  ...reply,
  headers: { ...reply.headers, "x-trace-id": traceId }
})

const refused = (refusal: Refusal.Refusal, traceId: string): Http.Reply =>
  traced(
    Http.json(
      refusal.status,
      Refusal.envelope(refusal, traceId),
      refusal.retryAfter === undefined ? {} : { "retry-after": String(refusal.retryAfter) }
    ),
    traceId
  )

export const make = (state: LinqState): VendorApi => {
  const table: ReadonlyArray<PathTable.Route<Refusal.Refusal>> = [
    ...Sends.routes(state),
    ...Chats.routes(state),
    ...Messages.routes(state),
    ...Content.routes(state),
    ...Lines.routes(state),
    ...Webhooks.routes(state)
  ]
  const storage = Content.storage(state)

  const route = (request: Http.HttpRequest, traceId: string): Effect.Effect<Http.Reply, Refusal.Refusal> => {
    const file = PathTable.match(storage, request.method, request.path)
    if (file._tag === "Found") return file.handler({ request, params: file.params })
    if (request.headers.authorization !== `Bearer ${state.token}` || state.world.locked.has("linq")) {
      return Refusal.refuse(401, 2004, "Unauthorized - missing or invalid authentication token")
    }
    if (!request.path.startsWith(`${prefix}/`)) return Refusal.refuse(404, 2001, "Resource not found")
    const found = PathTable.match(table, request.method, request.path.slice(prefix.length))
    return found._tag === "Found"
      ? found.handler({ request, params: { ...found.params, traceId } })
      : Refusal.refuse(404, 2001, "Resource not found")
  }

  return {
    vendor: "linq",
    answer: (request) => {
      const traceId = state.world.ids.hex(32)
      return Effect.match(route(request, traceId), {
        onSuccess: (reply) => traced(reply, traceId),
        onFailure: (refusal) => refused(refusal, traceId)
      })
    },
    serverError: ({ code, message, status }: Struck) =>
      refused(
        new Refusal.Refusal({
          status: status ?? 500,
          code: code ?? (status === 503 ? 4004 : status === 504 ? 3005 : 3006),
          message: message ?? "Internal server error"
        }),
        state.world.ids.hex(32)
      ),
    rateLimited: (retryAfter) =>
      refused(
        new Refusal.Refusal({
          status: 429,
          code: 1007,
          message: typeof retryAfter === "number"
            ? `Rate limited. Try again in ${retryAfter} seconds.`
            : "Rate limited.",
          retryAfter
        }),
        state.world.ids.hex(32)
      ),
    // Never used: Linq refuses with a status, so `checkFault` does not accept this fault for Linq.
    errorBody: () => Http.json(200, {}),
    identifiers: new Set(["id", "chat_id", "message_id"])
  }
}
