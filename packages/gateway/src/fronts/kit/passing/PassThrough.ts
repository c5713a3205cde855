/**
 * Passes requests that the gateway does not carry on to the account of a carrier, and gives the vendor's answer back. The credentials of the
 * account take the place of those of the program. Nothing is passed on unless the configuration names its group.
 */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Account, Grant, Parts, PassThroughService } from "./PassThroughService.ts"
import * as VendorRequest from "./vendorRequest.ts"

/**
 * What is passed on. If the gateway's parts are put together without it, nothing is.
 *
 * @category services
 */
export class PassThrough extends Context.Reference<PassThrough>()("@interline/gateway/PassThrough", {
  defaultValue: (): PassThroughService => ({ find: () => Option.none() })
}) {}

/**
 * Passes on what is granted.
 *
 * @category constructors
 */
export const make = (grants: ReadonlyArray<Grant>, parts: Parts): Effect.Effect<PassThroughService> =>
  Effect.map(VendorRequest.make(parts), (makeAsk) => {
    const asks = new Map<CarrierId, Account["ask"]>()
    const accounts = new Map(
      grants.map(({ access, carrierId, group, vendor }): readonly [string, Account] => {
        const ask = asks.get(carrierId) ?? makeAsk(carrierId, access)
        asks.set(carrierId, ask)
        return [`${vendor}:${group}`, { carrierId, ask }]
      })
    )
    return { find: (vendor, group) => Option.fromNullable(accounts.get(`${vendor}:${group}`)) }
  })
