/** Every endpoint of Linq's wire. */
import type { CallbacksService } from "../../events/Callbacks.ts"
import * as PathTable from "../kit/pathTable.ts"
import * as Chats from "./chats.ts"
import * as Files from "./files.ts"
import * as Lines from "./lines.ts"
import * as Messages from "./messages.ts"
import * as People from "./people.ts"
import * as Refusal from "./refusal.ts"
import type * as Request from "./request.ts"
import * as Sends from "./sends.ts"
import type { Services } from "./services.ts"
import * as Webhooks from "./webhooks.ts"

// --- endpoints of Linq that this gateway does not carry: each has a sentence, so that nobody thinks of a wrong id ---

type Path = readonly [method: Request.Route["method"], path: Request.Route["path"]]

const both = ["Sendblue has it too, in another form"] as const

// Paths of Linq's official clients up to node 0.82 and go 0.38, read 2026-11
const table: Readonly<Record<string, readonly [paths: ReadonlyArray<Path>, why?: string]>> = {
  "asking for a location": [[["POST", "/chats/:chatId/location/request"]], ...both],
  "reading a location": [[["GET", "/chats/:chatId/location"]], ...both],
  "ending the sharing of a location": [[["POST", "/chats/:chatId/location/stop"]]],
  "sending a poll": [[["POST", "/chats/:chatId/polls"]]],
  "reading a poll": [[["GET", "/messages/:messageId/poll"]]],
  "changing a poll": [[["POST", "/messages/:messageId/poll/options"]]],
  "voting in a poll": [[["POST", "/messages/:messageId/poll/votes"]]],
  "moving a sticker": [[["PATCH", "/messages/:messageId/reactions/:reactionId"]]],
  "a chat's background": [[["POST", "/chats/:chatId/background"], ["DELETE", "/chats/:chatId/background"]]],
  "a list of blocked people": [[["GET", "/blocked_handles"], ["POST", "/blocked_handles"], ["DELETE", "/blocked_handles"]]],
  "an audit of a line's reputation": [[["POST", "/phone_numbers/:phoneNumber/reputation_audit"], [
    "GET",
    "/phone_numbers/:phoneNumber/reputation_audit/:auditId"
  ]]],
  "deleting a contact card": [[["DELETE", "/contact_card"]]],
  "updating an app card": [[["POST", "/messages/:messageId/update"]], ...both],
  "a request for a payment": [[["POST", "/payment_requests"], ["GET", "/payment_requests"], ["GET", "/payment_requests/:paymentRequestId"]]]
}

/** The endpoints of the vendor that this gateway does not carry. None reads its request. */
export const unavailable: ReadonlyArray<Request.Route> = Object.entries(table).flatMap(([what, [paths, why]]) =>
  paths.map(([method, path]) =>
    PathTable.read(
      method,
      path,
      () => Refusal.refuseFeature(`${what} is not carried by this gateway${why === undefined ? "" : `; ${why}`}`)
    )
  )
)

export const make = (services: Services, callbacks: CallbacksService): ReadonlyArray<Request.Route> => [
  ...Sends.routes(services),
  ...Chats.routes(services),
  ...Messages.routes(services),
  ...Files.routes(services),
  ...Lines.routes(services),
  ...People.routes(services),
  ...Webhooks.routes(services, callbacks),
  ...unavailable
]
