/** Every endpoint of the v3 wire. */
import type { CallbacksService } from "../../events/Callbacks.ts"
import * as Chats from "./chats.ts"
import * as Files from "./files.ts"
import * as Lines from "./lines.ts"
import * as Messages from "./messages.ts"
import * as Sends from "./sends.ts"
import type { Desk, Route } from "./services.ts"
import * as Unavailable from "./unavailable.ts"
import * as Webhooks from "./webhooks.ts"

export const make = (desk: Desk, callbacks: CallbacksService): ReadonlyArray<Route> => [
  ...Sends.routes(desk),
  ...Chats.routes(desk),
  ...Messages.routes(desk),
  ...Files.routes(desk),
  ...Lines.routes(desk),
  ...Webhooks.routes(desk, callbacks),
  ...Unavailable.routes
]
