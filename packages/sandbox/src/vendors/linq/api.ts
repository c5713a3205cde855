/** Linq's partner API, version 3: credentials, trace ids, routes. */
import * as Effect from "effect/Effect"
import type { Struck } from "../../world/faults.ts"
import type { HttpRequest, Reply } from "../../http/http.ts"
import * as Http from "../../http/http.ts"
import type { Route } from "../../http/pathTable.ts"
import * as Router from "../../http/pathTable.ts"
import type { VendorApi } from "../../server/vendorServer.ts"
import * as Attachments from "./attachments.ts"
import * as Chats from "./chats.ts"
import * as Messages from "./messages.ts"
import * as Numbers from "./lines.ts"
import * as Refuse from "./refusal.ts"
import * as Sends from "./sends.ts"
import type { LinqState } from "./state.ts"
import * as Subscriptions from "./webhooks.ts"

const prefix = "/api/partner"

const traced = (reply: Reply, traceId: string): Reply => ({
  ...reply,
  headers: { ...reply.headers, "x-trace-id": traceId }
})

const refused = (refusal: Refuse.Refusal, traceId: string): Reply =>
  traced(
    Http.json(
      refusal.status,
      Refuse.envelope(refusal, traceId),
      refusal.retryAfter === undefined ? {} : { "retry-after": String(refusal.retryAfter) }
    ),
    traceId
  )

export const make = (state: LinqState): VendorApi => {
  const table: ReadonlyArray<Route<Refuse.Refusal>> = [
    ...Sends.routes(state),
    ...Chats.routes(state),
    ...Messages.routes(state),
    ...Attachments.routes(state),
    ...Numbers.routes(state),
    ...Subscriptions.routes(state)
  ]
  const storage = Attachments.storage(state)

  const route = (request: HttpRequest, traceId: string): Effect.Effect<Reply, Refuse.Refusal> => {
    const file = Router.match(storage, request.method, request.path)
    if (file._tag === "Found") return file.handler({ request, params: file.params })
    if (request.headers.authorization !== `Bearer ${state.token}`) {
      return Refuse.refuse(401, 2004, "Unauthorized - missing or invalid authentication token")
    }
    if (!request.path.startsWith(`${prefix}/`)) return Refuse.refuse(404, 2001, "Resource not found")
    const found = Router.match(table, request.method, request.path.slice(prefix.length))
    return found._tag === "Found"
      ? found.handler({ request, params: { ...found.params, traceId } })
      : Refuse.refuse(404, 2001, "Resource not found")
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
        new Refuse.Refusal({
          status: status ?? 500,
          code: code ?? (status === 503 ? 4004 : status === 504 ? 3005 : 3006),
          message: message ?? "Internal server error"
        }),
        state.world.ids.hex(32)
      ),
    rateLimited: (retryAfter) =>
      refused(
        new Refuse.Refusal({
          status: 429,
          code: 1007,
          message: typeof retryAfter === "number"
            ? `Rate limited. Try again in ${retryAfter} seconds.`
            : "Rate limited.",
          retryAfter
        }),
        state.world.ids.hex(32)
      ),
    // Linq refuses by status; the fault is not accepted for it.
    errorBody: () => Http.json(200, {}),
    identifiers: new Set(["id", "chat_id", "message_id"])
  }
}
