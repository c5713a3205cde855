/** People: what a person can be reached by. */
import * as Handle from "@interline/core/Handle"
import type { Service } from "@interline/core/Service"
import * as Effect from "effect/Effect"
import * as PathTable from "../kit/pathTable.ts"
import * as Refusal from "./refusal.ts"
import * as Request from "./request.ts"
import type { Services } from "./services.ts"

// What a vendor's look-up tells of: Linq docs (capability pages) and sendblue 3.17.0 (lookups), read 2026-11
const lookups: Readonly<Record<string, ReadonlyArray<Service>>> = {
  linq: ["iMessage", "RCS"],
  sendblue: ["iMessage", "SMS"]
}

/** No configured carrier ever says it, or this one does not say it now. To ask again at once gives the same answer. */
const refuseUnknown = ({ messaging }: Services, service: Service): Refusal.Refusal =>
  messaging.carriers.every(({ vendor }) => lookups[vendor]?.includes(service) === false)
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

export const routes = (services: Services): ReadonlyArray<Request.Route> => [
  // they ask and change nothing: as often as they are asked
  PathTable.read("POST", "/capability/check_imessage", check(services, "iMessage")),
  PathTable.read("POST", "/capability/check_rcs", check(services, "RCS"))
]
