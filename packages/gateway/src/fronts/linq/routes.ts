/** Every endpoint of Linq's wire. */
import type { CallbacksService } from "../../events/Callbacks.ts"
import * as Chats from "./chats.ts"
import * as Files from "./files.ts"
import * as Lines from "./lines.ts"
import * as Messages from "./messages.ts"
import * as PassOn from "./passing/passOn.ts"
import * as People from "./people.ts"
import type * as Request from "./request.ts"
import * as Sends from "./sends.ts"
import type { Services } from "./services.ts"
import * as Webhooks from "./webhooks.ts"

export const make = (services: Services, callbacks: CallbacksService): ReadonlyArray<Request.Route> => [
  ...Sends.routes(services),
  ...Chats.routes(services),
  ...Messages.routes(services),
  ...Files.routes(services),
  ...Lines.routes(services),
  ...People.routes(services),
  ...Webhooks.routes(services, callbacks),
  ...PassOn.make(services)
]
