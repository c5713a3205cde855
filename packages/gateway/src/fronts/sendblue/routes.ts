/** Every endpoint of this wire, and what carries it out. A path is matched letter by letter, before anything in it is decoded. */
import type { Reply } from "@interline/sql/RequestLog"
import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Chats from "./chats.ts"
import * as Lines from "./lines.ts"
import * as Messages from "./messages.ts"
import * as People from "./people.ts"
import * as Refusal from "./refusal.ts"
import type { Call } from "./request.ts"
import * as Sends from "./sends.ts"
import type { Services } from "./services.ts"
import * as Webhooks from "./webhooks.ts"

type Act = (call: Call) => Effect.Effect<Reply, Refusal.Refusal>

/**
 * `Read` asks, and may be asked again. `Act` must not happen twice. `Send` happens once under its key, however often it is
 * run. `Upload` takes a file instead of fields.
 */
export type Way =
  | { readonly _tag: "Read"; readonly act: Act }
  | { readonly _tag: "Act"; readonly act: Act }
  | { readonly _tag: "Send"; readonly send: ReturnType<Sends.Send> }
  | { readonly _tag: "Upload" }

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE"
  readonly path: string
  readonly way: Way
}

const read = (path: string, act: Act): Route => ({ method: "GET", path, way: { _tag: "Read", act } })
const act = (method: Route["method"], path: string, act: Act): Route => ({ method, path, way: { _tag: "Act", act } })

const refused = (method: Route["method"], path: string, refuse: Act): Route =>
  method === "GET" ? read(path, refuse) : act(method, path, refuse)

const noContacts = () => Refusal.refuseFeature("This gateway keeps no contacts; opting out is at /api/v2/contacts/opt-out")
const noMediaObjects = () =>
  Refusal.refuseFeature("This gateway fetches no files; give the URL as media_url of the message, or send the file to /api/upload-file")
const noLocations = () => Refusal.refuseFeature("Locations cannot be asked for through this gateway")
const noStream = () => Refusal.refuseFeature("This wire has no event stream here; use webhooks, or the gateway's own GET /v1/events")

const noSharing = () => Refusal.refuseFeature("Names and photos of lines cannot be shared through this gateway")
const noUsage = () => Refusal.refuseFeature("This gateway does not tell a line's usage; GET /v1/carriers tells how lines stand")
const noBlocking = () => Refusal.refuseFeature("People cannot be blocked through this gateway")
const noVerifying = () => Refusal.refuseFeature("Contacts are not verified through this gateway; verify them at the vendor")
const noCodes = () => Refusal.refuseFeature("One-time codes and verifications are not carried by this gateway; ask the vendor for them")
const noTokens = () => Refusal.refuseFeature("This gateway hands out no tokens; use one of its keys")
const noSeats = () => Refusal.refuseFeature("This gateway keeps no seats; seat_id of a message is told again as it came")
const noGroupsToCreate = () => Refusal.refuseFeature("A group is created by its first message: /api/send-group-message with numbers")
const noAccountSettings = () => Refusal.refuseFeature("The vendor account's settings cannot be read or changed through this gateway")
const noOldLists = () => Refusal.refuseFeature("This list is not carried by this gateway; use /api/v2/messages")

/** What the vendor has and this gateway does not carry. Sendblue's docs and its official client and CLI, read 2026-11. */
const unavailable = (): ReadonlyArray<Route> => [
  refused("GET", "/api/v2/contact-sharing/state", noSharing),
  refused("POST", "/api/v2/contact-sharing/profile", noSharing),
  refused("DELETE", "/api/v2/contact-sharing/profile", noSharing),
  refused("POST", "/api/v2/contact-sharing/share", noSharing),
  refused("GET", "/api/v2/lines/usage", noUsage),
  refused("GET", "/api/v2/lines/contact-status", noUsage),
  refused("POST", "/api/v2/block", noBlocking),
  refused("POST", "/v3/verified-contacts", noVerifying),
  refused("GET", "/v3/verified-contacts", noVerifying),
  refused("GET", "/v3/verified-contacts/:phone", noVerifying),
  refused("POST", "/accounts/verify-contact-on-shared-account", noVerifying),
  refused("GET", "/accounts/shared-contacts", noVerifying),
  refused("POST", "/v3/auth/tokens", noTokens),
  refused("DELETE", "/v3/auth/tokens", noTokens),
  refused("DELETE", "/v3/auth/tokens/:tokenId", noTokens),
  refused("GET", "/api/v2/totp/secrets", noCodes),
  refused("POST", "/api/v2/totp/secrets", noCodes),
  refused("DELETE", "/api/v2/totp/secrets/:secretId", noCodes),
  refused("GET", "/api/v2/totp/code/:secretId", noCodes),
  refused("GET", "/api/v2/verify/verifications", noCodes),
  refused("POST", "/api/v2/verify/services/:serviceId/verifications", noCodes),
  refused("GET", "/api/v2/verify/services/:serviceId/verifications/:verificationId", noCodes),
  refused("GET", "/api/v2/seats", noSeats),
  refused("GET", "/api/v2/seats/:seatId", noSeats),
  refused("POST", "/api/create-group", noGroupsToCreate),
  refused("GET", "/accounts/limits", noAccountSettings),
  refused("POST", "/accounts/settings/auto-typing-indicator", noAccountSettings),
  refused("GET", "/accounts/messages", noOldLists),
  refused("POST", "/accounts/contacts", noContacts),
  refused("POST", "/api/contacts", noContacts)
]

export const make = (services: Services, ending: Chats.Ending): ReadonlyArray<Route> => [
  { method: "POST", path: "/api/send-message", way: { _tag: "Send", send: Sends.message(services) } },
  { method: "POST", path: "/api/send-group-message", way: { _tag: "Send", send: Sends.groupMessage(services) } },
  { method: "POST", path: "/api/send-carousel", way: { _tag: "Send", send: Sends.carousel(services) } },
  { method: "POST", path: "/api/messages/:handle/update-app-card", way: { _tag: "Send", send: Sends.appCard(services) } },
  read("/api/status", Messages.status(services)),
  read("/api/v2/messages", Messages.list(services)),
  read("/api/v2/messages/:messageId", Messages.retrieve(services)),
  act("DELETE", "/api/message/:handle", Messages.remove(services)),
  act("POST", "/api/modify-group", Chats.modify(services)),
  read("/api/v2/groups/:groupId", Chats.retrieve(services)),
  act("POST", "/api/v2/groups/:groupId/name", Chats.rename(services)),
  act("POST", "/api/v2/groups/:groupId/photo", Chats.setPhoto(services)),
  act("POST", "/api/send-typing-indicator", Chats.typing(services, ending)),
  act("POST", "/api/mark-read", Chats.markRead(services)),
  act("POST", "/api/send-reaction", Messages.react(services)),
  read("/api/evaluate-service", People.evaluate(services)),
  { method: "POST", path: "/api/upload-file", way: { _tag: "Upload" } },
  refused("POST", "/api/upload-media-object", noMediaObjects),
  act("POST", "/api/v2/contacts/opt-out", People.optOut(services)),
  ...(["GET", "POST", "DELETE"] as const).map((method) => refused(method, "/api/v2/contacts", noContacts)),
  refused("GET", "/api/v2/contacts/count", noContacts),
  ...(["GET", "PUT", "DELETE"] as const).map((method) => refused(method, "/api/v2/contacts/:phone", noContacts)),
  refused("POST", "/api/v2/contacts/verify", noContacts),
  refused("POST", "/api/v2/contacts/bulk", noContacts),
  read("/api/v2/lines/state", Lines.states(services)),
  read("/api/lines", Lines.list(services)),
  read("/api/lines/:number/call-forwarding", Lines.getForwarding(services)),
  act("PUT", "/api/lines/:number/call-forwarding", Lines.setForwarding(services)),
  act("DELETE", "/api/lines/:number/call-forwarding", Lines.deleteForwarding(services)),
  read("/api/account/webhooks", Webhooks.list(services)),
  act("POST", "/api/account/webhooks", Webhooks.append(services)),
  act("PUT", "/api/account/webhooks", Webhooks.replace(services)),
  act("DELETE", "/api/account/webhooks", Webhooks.remove(services)),
  refused("POST", "/api/request-location", noLocations),
  refused("GET", "/api/location", noLocations),
  refused("GET", "/api/location/:number", noLocations),
  refused("GET", "/api/location/:number/watch", noLocations),
  refused("GET", "/api/v2/events", noStream),
  read("/account", Lines.account),
  ...unavailable()
]

/** A part of a path that may stand for a variable one: it decodes to something that cannot be taken for another path. */
const variable = (segment: string): string | undefined => {
  const decoded = Either.getOrUndefined(Either.try(() => decodeURIComponent(segment)))
  return decoded === undefined || decoded === "" || decoded === "." || decoded === ".." || /[/\\\0]/.test(decoded) ? undefined : decoded
}

const matched = (pattern: string, path: string): Readonly<Record<string, string>> | undefined => {
  const names = pattern.split("/")
  const segments = path.split("/")
  if (names.length !== segments.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, name] of names.entries()) {
    const segment = segments[index]
    if (segment === undefined) return undefined
    if (!name.startsWith(":")) {
      if (name !== segment) return undefined
      continue
    }
    const value = variable(segment)
    if (value === undefined) return undefined
    params[name.slice(1)] = value
  }
  return params
}

/** The route of a path as it came, without its query. The first that fits counts, so that words go before variables. */
export const find = (
  routes: ReadonlyArray<Route>,
  method: string,
  path: string
): { readonly way: Way; readonly params: Readonly<Record<string, string>> } | undefined => {
  for (const route of routes) {
    if (route.method !== method) continue
    const params = matched(route.path, path)
    if (params !== undefined) return { way: route.way, params }
  }
  return undefined
}
