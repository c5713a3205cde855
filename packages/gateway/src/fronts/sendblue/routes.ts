/** Every endpoint of this wire, and the function that carries it out. */
import type { Upload } from "@interline/core/Attachment"
import type { Reply } from "@interline/sql/RequestLog"
import type * as Effect from "effect/Effect"
import * as KeyAccess from "../../http/KeyAccess.ts"
import * as PathTable from "../kit/pathTable.ts"
import * as Chats from "./chats.ts"
import type * as EventStream from "./events/eventStream.ts"
import * as Files from "./files.ts"
import * as Lines from "./lines.ts"
import * as Messages from "./messages.ts"
import * as PassOn from "./passing/passOn.ts"
import * as People from "./people.ts"
import type * as Refusal from "./refusal.ts"
import type { Call } from "./request.ts"
import * as Sends from "./sends.ts"
import type { Services } from "./services.ts"
import * as Webhooks from "./webhooks.ts"

/** A route that takes a file instead of fields. */
interface FileRoute extends PathTable.Row<"once", (file: Upload) => Effect.Effect<Reply, Refusal.Refusal>> {
  readonly takes: "file"
}

/** A route whose answer does not end. */
type StreamRoute = PathTable.Row<"stream", EventStream.Open>

export type Route = PathTable.Route<Call, Refusal.Refusal> | FileRoute | StreamRoute

const takeFile = (path: PathTable.Path, run: FileRoute["run"]): FileRoute => ({
  ...PathTable.once(KeyAccess.send, "POST", path, run),
  takes: "file"
})

/** What the routes need beside the services. */
export interface Parts {
  readonly ending: Chats.Ending
  readonly openEvents: EventStream.Open
}

export const make = (services: Services, { ending, openEvents }: Parts): ReadonlyArray<Route> => [
  { kind: "stream", access: KeyAccess.read, method: "GET", path: "/api/v2/events", run: openEvents },
  PathTable.keyed("POST", "/api/send-message", Sends.sendMessage(services)),
  PathTable.keyed("POST", "/api/send-group-message", Sends.sendGroupMessage(services)),
  PathTable.read("GET", "/api/status", PassOn.orPast(services, "/api/status", Messages.readStatus(services))),
  PathTable.read("GET", "/api/v2/messages", PassOn.orPast(services, "/api/v2/messages", Messages.list(services))),
  PathTable.read("GET", "/api/v2/messages/:messageId", PassOn.orPast(services, "/api/v2/messages/:messageId", Messages.retrieve(services))),
  PathTable.once(KeyAccess.send, "DELETE", "/api/message/:handle", Messages.remove(services)),
  PathTable.once(KeyAccess.send, "POST", "/api/modify-group", Chats.modify(services)),
  PathTable.read("GET", "/api/v2/groups/:groupId", PassOn.orPast(services, "/api/v2/groups/:groupId", Chats.retrieve(services))),
  PathTable.once(KeyAccess.send, "POST", "/api/v2/groups/:groupId/name", Chats.rename(services)),
  PathTable.once(KeyAccess.send, "POST", "/api/v2/groups/:groupId/photo", Chats.setPhoto(services)),
  PathTable.once(KeyAccess.send, "POST", "/api/send-typing-indicator", Chats.showTyping(services, ending)),
  PathTable.once(KeyAccess.send, "POST", "/api/mark-read", Chats.markRead(services)),
  PathTable.once(KeyAccess.send, "POST", "/api/request-location", Chats.requestLocation(services)),
  PathTable.read("GET", "/api/location/:number", Chats.readLocation(services)),
  PathTable.once(KeyAccess.send, "POST", "/api/send-reaction", Messages.react(services)),
  PathTable.read("GET", "/api/evaluate-service", People.evaluate(services)),
  takeFile("/api/upload-file", Files.store(services)),
  PathTable.once(KeyAccess.optOut, "POST", "/api/v2/contacts/opt-out", People.optOut(services)),
  PathTable.read("GET", "/api/v2/lines/state", Lines.listStates(services)),
  PathTable.read("GET", "/api/lines", Lines.list(services)),
  PathTable.read("GET", "/api/v2/lines/usage", Lines.listUsage(services)),
  PathTable.read("GET", "/api/v2/lines/contact-status", Lines.readContactStatus(services)),
  PathTable.read("GET", "/api/lines/:number/call-forwarding", Lines.getForwarding(services)),
  PathTable.once(KeyAccess.operate, "PUT", "/api/lines/:number/call-forwarding", Lines.setForwarding(services)),
  PathTable.once(KeyAccess.operate, "DELETE", "/api/lines/:number/call-forwarding", Lines.deleteForwarding(services)),
  PathTable.read("GET", "/api/v2/contact-sharing/state", Lines.readProfile(services)),
  PathTable.once(KeyAccess.operate, "POST", "/api/v2/contact-sharing/profile", Lines.setProfile(services)),
  PathTable.once(KeyAccess.send, "POST", "/api/v2/contact-sharing/share", Lines.share(services)),
  PathTable.read("GET", "/api/account/webhooks", Webhooks.list(services)),
  PathTable.once(KeyAccess.operate, "POST", "/api/account/webhooks", Webhooks.append(services)),
  PathTable.once(KeyAccess.operate, "PUT", "/api/account/webhooks", Webhooks.replace(services)),
  PathTable.once(KeyAccess.operate, "DELETE", "/api/account/webhooks", Webhooks.remove(services)),
  PathTable.read("GET", "/account", Lines.readAccount),
  ...PassOn.make(services)
]
