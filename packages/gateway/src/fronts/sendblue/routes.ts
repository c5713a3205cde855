/** Every endpoint of this wire, and the function that carries it out. */
import type { Upload } from "@interline/core/Attachment"
import type { Reply } from "@interline/sql/RequestLog"
import type * as Effect from "effect/Effect"
import * as PathTable from "../kit/pathTable.ts"
import * as Chats from "./chats.ts"
import * as Files from "./files.ts"
import * as Lines from "./lines.ts"
import * as Messages from "./messages.ts"
import * as People from "./people.ts"
import * as Refusal from "./refusal.ts"
import type { Call } from "./request.ts"
import * as Sends from "./sends.ts"
import type { Services } from "./services.ts"
import * as Webhooks from "./webhooks.ts"

type Act = (call: Call) => Effect.Effect<Reply, Refusal.Refusal>

/** A route that takes a file instead of fields. */
interface FileRoute extends PathTable.Row<"once", (file: Upload) => Effect.Effect<Reply, Refusal.Refusal>> {
  readonly takes: "file"
}

export type Route = PathTable.Route<Call, Refusal.Refusal> | FileRoute

const takeFile = (path: PathTable.Path, run: FileRoute["run"]): FileRoute => ({ ...PathTable.once("POST", path, run), takes: "file" })

const refuse = (method: PathTable.Method, path: PathTable.Path, run: Act): Route =>
  method === "GET" ? PathTable.read(method, path, run) : PathTable.once(method, path, run)

const noContacts = () => Refusal.refuseFeature("This gateway keeps no contacts; opting out is at /api/v2/contacts/opt-out")
const noMediaObjects = () =>
  Refusal.refuseFeature("This gateway fetches no files; give the URL as media_url of the message, or send the file to /api/upload-file")
const noLocations = () => Refusal.refuseFeature("Locations cannot be asked for through this gateway")
const noStream = () => Refusal.refuseFeature("This wire has no event stream here; use webhooks, or the gateway's own GET /v1/events")

const noSharing = () => Refusal.refuseFeature("Names and photos of lines cannot be shared through this gateway")
const noUsage = () => Refusal.refuseFeature("This gateway does not report the usage of a line; GET /v1/carriers shows the state of lines")
const noBlocking = () => Refusal.refuseFeature("People cannot be blocked through this gateway")
const noVerifying = () => Refusal.refuseFeature("Contacts are not verified through this gateway; verify them at the vendor")
const noCodes = () => Refusal.refuseFeature("One-time codes and verifications are not carried by this gateway; ask the vendor for them")
const noTokens = () => Refusal.refuseFeature("This gateway hands out no tokens; use one of its keys")
const noSeats = () => Refusal.refuseFeature("This gateway keeps no seats; the seat_id of a message is returned unchanged")
const noGroupsToCreate = () => Refusal.refuseFeature("A group is created by its first message: /api/send-group-message with numbers")
const noAccountSettings = () => Refusal.refuseFeature("The vendor account's settings cannot be read or changed through this gateway")
const noOldLists = () => Refusal.refuseFeature("This list is not carried by this gateway; use /api/v2/messages")

/** The endpoints of the vendor that this gateway does not carry. None reads its request. Sendblue's docs and its official client and CLI, read 2026-11. */
export const unavailable = (): ReadonlyArray<Route> => [
  PathTable.keyed("POST", "/api/send-carousel", Sends.refuseCarousel),
  PathTable.keyed("POST", "/api/messages/:handle/update-app-card", Sends.refuseAppCard),
  refuse("POST", "/api/upload-media-object", noMediaObjects),
  ...(["GET", "POST", "DELETE"] as const).map((method) => refuse(method, "/api/v2/contacts", noContacts)),
  refuse("GET", "/api/v2/contacts/count", noContacts),
  ...(["GET", "PUT", "DELETE"] as const).map((method) => refuse(method, "/api/v2/contacts/:phone", noContacts)),
  refuse("POST", "/api/v2/contacts/verify", noContacts),
  refuse("POST", "/api/v2/contacts/bulk", noContacts),
  refuse("POST", "/api/request-location", noLocations),
  refuse("GET", "/api/location", noLocations),
  refuse("GET", "/api/location/:number", noLocations),
  refuse("GET", "/api/location/:number/watch", noLocations),
  refuse("GET", "/api/v2/events", noStream),
  refuse("GET", "/api/v2/contact-sharing/state", noSharing),
  refuse("POST", "/api/v2/contact-sharing/profile", noSharing),
  refuse("DELETE", "/api/v2/contact-sharing/profile", noSharing),
  refuse("POST", "/api/v2/contact-sharing/share", noSharing),
  refuse("GET", "/api/v2/lines/usage", noUsage),
  refuse("GET", "/api/v2/lines/contact-status", noUsage),
  refuse("POST", "/api/v2/block", noBlocking),
  refuse("POST", "/v3/verified-contacts", noVerifying),
  refuse("GET", "/v3/verified-contacts", noVerifying),
  refuse("GET", "/v3/verified-contacts/:phone", noVerifying),
  refuse("POST", "/accounts/verify-contact-on-shared-account", noVerifying),
  refuse("GET", "/accounts/shared-contacts", noVerifying),
  refuse("POST", "/v3/auth/tokens", noTokens),
  refuse("DELETE", "/v3/auth/tokens", noTokens),
  refuse("DELETE", "/v3/auth/tokens/:tokenId", noTokens),
  refuse("GET", "/api/v2/totp/secrets", noCodes),
  refuse("POST", "/api/v2/totp/secrets", noCodes),
  refuse("DELETE", "/api/v2/totp/secrets/:secretId", noCodes),
  refuse("GET", "/api/v2/totp/code/:secretId", noCodes),
  refuse("GET", "/api/v2/verify/verifications", noCodes),
  refuse("POST", "/api/v2/verify/services/:serviceId/verifications", noCodes),
  refuse("GET", "/api/v2/verify/services/:serviceId/verifications/:verificationId", noCodes),
  refuse("GET", "/api/v2/seats", noSeats),
  refuse("GET", "/api/v2/seats/:seatId", noSeats),
  refuse("POST", "/api/create-group", noGroupsToCreate),
  refuse("GET", "/accounts/limits", noAccountSettings),
  refuse("POST", "/accounts/settings/auto-typing-indicator", noAccountSettings),
  refuse("GET", "/accounts/messages", noOldLists),
  refuse("POST", "/accounts/contacts", noContacts),
  refuse("POST", "/api/contacts", noContacts)
]

export const make = (services: Services, ending: Chats.Ending): ReadonlyArray<Route> => [
  PathTable.keyed("POST", "/api/send-message", Sends.sendMessage(services)),
  PathTable.keyed("POST", "/api/send-group-message", Sends.sendGroupMessage(services)),
  PathTable.read("GET", "/api/status", Messages.readStatus(services)),
  PathTable.read("GET", "/api/v2/messages", Messages.list(services)),
  PathTable.read("GET", "/api/v2/messages/:messageId", Messages.retrieve(services)),
  PathTable.once("DELETE", "/api/message/:handle", Messages.remove(services)),
  PathTable.once("POST", "/api/modify-group", Chats.modify(services)),
  PathTable.read("GET", "/api/v2/groups/:groupId", Chats.retrieve(services)),
  PathTable.once("POST", "/api/v2/groups/:groupId/name", Chats.rename(services)),
  PathTable.once("POST", "/api/v2/groups/:groupId/photo", Chats.setPhoto(services)),
  PathTable.once("POST", "/api/send-typing-indicator", Chats.showTyping(services, ending)),
  PathTable.once("POST", "/api/mark-read", Chats.markRead(services)),
  PathTable.once("POST", "/api/send-reaction", Messages.react(services)),
  PathTable.read("GET", "/api/evaluate-service", People.evaluate(services)),
  takeFile("/api/upload-file", Files.store(services)),
  PathTable.once("POST", "/api/v2/contacts/opt-out", People.optOut(services)),
  PathTable.read("GET", "/api/v2/lines/state", Lines.listStates(services)),
  PathTable.read("GET", "/api/lines", Lines.list(services)),
  PathTable.read("GET", "/api/lines/:number/call-forwarding", Lines.getForwarding(services)),
  PathTable.once("PUT", "/api/lines/:number/call-forwarding", Lines.setForwarding(services)),
  PathTable.once("DELETE", "/api/lines/:number/call-forwarding", Lines.deleteForwarding(services)),
  PathTable.read("GET", "/api/account/webhooks", Webhooks.list(services)),
  PathTable.once("POST", "/api/account/webhooks", Webhooks.append(services)),
  PathTable.once("PUT", "/api/account/webhooks", Webhooks.replace(services)),
  PathTable.once("DELETE", "/api/account/webhooks", Webhooks.remove(services)),
  PathTable.read("GET", "/account", Lines.readAccount),
  ...unavailable()
]
