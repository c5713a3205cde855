/** Every endpoint of this wire, and what carries it out. A path is matched letter by letter, before anything in it is decoded. */
import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Reply } from "../../RequestLog.ts"
import * as Gestures from "./gestures.ts"
import * as Groups from "./groups.ts"
import * as Lines from "./lines.ts"
import * as Records from "./records.ts"
import type { Refusal } from "./refusal.ts"
import * as Refuse from "./refusal.ts"
import type { Call } from "./request.ts"
import type { Send } from "./sends.ts"
import * as Sends from "./sends.ts"
import type { Services } from "./services.ts"
import * as Webhooks from "./webhooks.ts"

type Act = (call: Call) => Effect.Effect<Reply, Refusal>

/**
 * `Read` asks, and may be asked again. `Act` must not happen twice. `Send` happens once under its key, however often it is
 * run. `Upload` takes a file instead of fields.
 */
export type Way =
  | { readonly _tag: "Read"; readonly act: Act }
  | { readonly _tag: "Act"; readonly act: Act }
  | { readonly _tag: "Send"; readonly send: ReturnType<Send> }
  | { readonly _tag: "Upload" }

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE"
  readonly path: string
  readonly way: Way
}

const read = (path: string, act: Act): Route => ({ method: "GET", path, way: { _tag: "Read", act } })
const act = (method: Route["method"], path: string, act: Act): Route => ({ method, path, way: { _tag: "Act", act } })

const noContacts = () => Refuse.refuseFeature("This gateway keeps no contacts; opting out is at /api/v2/contacts/opt-out")
const noMediaObjects = () => Refuse.refuseFeature("This gateway fetches no files; give the URL as media_url of the message, or send the file to /api/upload-file")
const noLocations = () => Refuse.refuseFeature("Locations cannot be asked for through this gateway")
const noStream = () => Refuse.refuseFeature("This wire has no event stream here; use webhooks, or the gateway's own GET /v1/events")

const refused = (method: Route["method"], path: string, refuse: Act): Route => method === "GET" ? read(path, refuse) : act(method, path, refuse)

export const make = (services: Services, ending: Gestures.Ending): ReadonlyArray<Route> => [
  { method: "POST", path: "/api/send-message", way: { _tag: "Send", send: Sends.message(services) } },
  { method: "POST", path: "/api/send-group-message", way: { _tag: "Send", send: Sends.groupMessage(services) } },
  { method: "POST", path: "/api/send-carousel", way: { _tag: "Send", send: Sends.carousel(services) } },
  { method: "POST", path: "/api/messages/:handle/update-app-card", way: { _tag: "Send", send: Sends.appCard(services) } },
  read("/api/status", Records.status(services)),
  read("/api/v2/messages", Records.list(services)),
  read("/api/v2/messages/:messageId", Records.retrieve(services)),
  act("DELETE", "/api/message/:handle", Records.remove(services)),
  act("POST", "/api/modify-group", Groups.modify(services)),
  read("/api/v2/groups/:groupId", Groups.retrieve(services)),
  act("POST", "/api/v2/groups/:groupId/name", Groups.rename(services)),
  act("POST", "/api/v2/groups/:groupId/photo", Groups.setPhoto(services)),
  act("POST", "/api/send-typing-indicator", Gestures.typing(services, ending)),
  act("POST", "/api/mark-read", Gestures.markRead(services)),
  act("POST", "/api/send-reaction", Gestures.react(services)),
  read("/api/evaluate-service", Gestures.evaluate(services)),
  { method: "POST", path: "/api/upload-file", way: { _tag: "Upload" } },
  refused("POST", "/api/upload-media-object", noMediaObjects),
  act("POST", "/api/v2/contacts/opt-out", Gestures.optOut(services)),
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
  refused("GET", "/api/v2/events", noStream)
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
