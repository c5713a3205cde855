/** People: by which services a person can be reached, and who is blocked. */
import type { Block } from "@interline/core/Block"
import * as Handle from "@interline/core/Handle"
import { present } from "@interline/core/Optional"
import * as Peer from "@interline/core/Peer"
import type { Service } from "@interline/core/Service"
import type * as Vendor from "@interline/core/Vendor"
import * as Effect from "effect/Effect"
import * as Vendors from "interline/Vendors"
import * as KeyAccess from "../../http/KeyAccess.ts"
import * as PathTable from "../kit/pathTable.ts"
import * as Refusal from "./refusal.ts"
import * as Request from "./request.ts"
import type { Services } from "./services.ts"

const vendors: Vendor.Registry = Vendors.vendors

/** No carrier reports on this service, or this one does not report on it now. Both say so, and neither invites a client to ask again at once. */
const refuseUnknown = ({ messaging }: Services, service: Service): Refusal.Refusal =>
  messaging.carriers.every(({ vendor }) => vendors[vendor]?.lookups?.includes(service) === false)
    ? Refusal.make(Refusal.reasons.Unsupported, `no configured carrier says whether an address can be reached by ${service}`)
    : Refusal.make({ status: 503, code: 4010 }, `the carrier does not say now whether the address can be reached by ${service}`)

const check = (services: Services, service: "iMessage" | "RCS") => (call: Request.Call) =>
  Effect.gen(function*() {
    const { address, from } = yield* Request.decode(Request.CheckCapability)(call.body)
    const handle = yield* Request.readHandle(address, "address")
    if (service === "RCS" && !Handle.isPhone(handle)) return yield* Refusal.refuseHandle("address")
    const line = from == null ? undefined : yield* Request.readLine(services.front, from, "from")
    const { services: answers } = yield* Refusal.lift(services.messaging.lookupService(handle, line))
    const known = answers[service]
    return known === undefined
      ? yield* Effect.fail(refuseUnknown(services, service))
      : Refusal.json(call, 200, { address, available: known })
  })

const entryOf = ({ at, peer, reason }: Block) => present({ handle: peer, blocked_at: at ?? null, reason })

const listBlocked = (services: Services) => (call: Request.Call) =>
  Effect.map(
    Refusal.lift(services.messaging.listBlocked()),
    (found) => Refusal.json(call, 200, { blocked_handles: found.map(entryOf) })
  )

const block = (services: Services) => (call: Request.Call) =>
  Effect.gen(function*() {
    const { handle, reason } = yield* Request.decode(Request.Block)(call.body)
    const made = yield* Refusal.lift(services.messaging.block(Peer.fromVendor(handle), reason ?? undefined))
    return Refusal.json(call, 200, { blocked_handle: entryOf(made) })
  })

const unblock = (services: Services) => (call: Request.Call) =>
  Effect.flatMap(
    Request.decode(Request.Participant)(call.body),
    ({ handle }) => Effect.as(Refusal.lift(services.messaging.unblock(Peer.fromVendor(handle))), Refusal.empty(call, 204))
  )

export const routes = (services: Services): ReadonlyArray<Request.Route> => [
  // these are reads: they change nothing
  PathTable.read("POST", "/capability/check_imessage", check(services, "iMessage")),
  PathTable.read("POST", "/capability/check_rcs", check(services, "RCS")),
  PathTable.read("GET", "/blocked_handles", listBlocked(services)),
  PathTable.once(KeyAccess.operate, "POST", "/blocked_handles", block(services)),
  PathTable.once(KeyAccess.operate, "DELETE", "/blocked_handles", unblock(services))
]
