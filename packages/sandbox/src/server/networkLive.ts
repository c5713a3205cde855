/** Builds the network from the world and both vendors. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Json from "../http/json.ts"
import type { Vendor } from "../world/Fault.ts"
import type { Faults } from "../world/faults.ts"
import * as World from "../world/world.ts"
import * as Lines from "./lines.ts"
import type * as Network from "./Network.ts"
import * as People from "./people.ts"
import * as Phones from "./phones.ts"
import * as ValidateFault from "./validateFault.ts"
import type { LoggedRequest } from "./vendorServer.ts"

/** Switches the webhook with this id off, or on again. */
export type WebhookSwitch = (id: string, on: boolean) => Effect.Effect<void, Network.NetworkError>

export interface Parts extends People.Parts {
  readonly faults: Faults
  readonly requests: Array<LoggedRequest>
  readonly webhooks: Array<Network.LoggedWebhook>
  /** Closes the listeners of the vendors that refuse connections, and opens all other listeners. */
  readonly syncListeners: Effect.Effect<void>
  /** Switches webhooks, by vendor. */
  readonly switches: Readonly<Record<Vendor, WebhookSwitch>>
  /** Clears the state of the vendors. */
  readonly reset: Effect.Effect<void>
}

export const make = (parts: Parts): Network.Network => {
  const { faults, world } = parts
  return {
    ...People.make(parts),
    ...Lines.make(world),
    switchWebhook: (vendor, id, on) => parts.switches[vendor](id, on),
    endCredentials: (vendor, after) =>
      Effect.sync(() => {
        if (after === undefined) {
          World.endCredentials(world, vendor)
          return
        }
        const wait = Duration.toMillis(after)
        World.emit(world, { _tag: "Credentials", vendor, at: world.time.now() + wait, ended: false })
        world.time.after(wait, () => World.endCredentials(world, vendor))
      }),
    phones: Effect.sync(() => Array.from(world.phones.values(), (phone) => Phones.view(world, phone))),
    phone: (value) => Effect.sync(() => Phones.view(world, World.phone(world, value))),
    clearPhones: (value) =>
      Effect.sync(() => {
        if (value === undefined) world.phones.clear()
        else world.phones.delete(value)
      }),
    addFault: (fault) => Effect.tap(Effect.map(ValidateFault.checkFault(fault), (valid) => faults.add(valid)), () => parts.syncListeners),
    faults: Effect.sync(() => faults.list()),
    clearFaults: (id) => Effect.zipRight(Effect.sync(() => faults.clear(id)), parts.syncListeners),
    requests: (filter = {}) =>
      Effect.sync(() =>
        parts.requests
          .filter((entry) =>
            (filter.vendor === undefined || entry.vendor === filter.vendor) &&
            (filter.method === undefined || entry.method === filter.method) &&
            (filter.path === undefined || entry.path.includes(filter.path))
          )
          .map((entry) => ({ ...entry, at: Json.iso(entry.at) }))
      ),
    clearRequests: Effect.sync(() => {
      parts.requests.length = 0
    }),
    webhooks: Effect.sync(() => parts.webhooks.map((entry) => ({ ...entry }))),
    advance: world.time.advance,
    now: Effect.sync(() => new Date(world.time.now())),
    settle: world.time.settle,
    reset: Effect.zipRight(
      Effect.sync(() => {
        World.clear(world)
        faults.clear()
        parts.requests.length = 0
        parts.webhooks.length = 0
      }),
      Effect.zipRight(parts.reset, parts.syncListeners)
    )
  }
}
