/** Makes the vendors that the sandbox plays, each as one value. */
import type { WebhookSwitch } from "./server/networkLive.ts"
import type * as People from "./server/people.ts"
import * as Refuse from "./server/refuse.ts"
import type * as Streams from "./server/streams.ts"
import type * as VendorServer from "./server/vendorServer.ts"
import type * as Webhooks from "./server/webhooks.ts"
import * as LinqApi from "./vendors/linq/api.ts"
import * as LinqEvents from "./vendors/linq/events.ts"
import * as LinqInbound from "./vendors/linq/inbound.ts"
import * as LinqState from "./vendors/linq/state.ts"
import * as LinqWebhooks from "./vendors/linq/webhooks.ts"
import * as SendblueApi from "./vendors/sendblue/api.ts"
import * as SendblueEvents from "./vendors/sendblue/events.ts"
import * as SendblueInbound from "./vendors/sendblue/inbound.ts"
import * as SendblueState from "./vendors/sendblue/state.ts"
import type { Vendor } from "./world/Fault.ts"
import type { World } from "./world/world.ts"

/** The credentials that the vendors accept. */
export const credentials = {
  linqToken: "sandbox-linq-token",
  sendblueKeyId: "sandbox-sendblue-key",
  sendblueSecretKey: "sandbox-sendblue-secret"
} as const

interface Setting {
  readonly world: World
  /** Whether the vendor's rate limits apply. */
  readonly limits: boolean
}

/** A vendor that the sandbox plays. */
export interface PlayedVendor {
  readonly api: VendorServer.VendorApi
  readonly inbound: People.Inbound
  /** The path of the vendor's base URL. */
  readonly basePath: string
  /** Sets the vendor's own address. Called before the first request. */
  readonly listenAt: (origin: string) => void
  /** From now on, tells the events on the network by webhooks, and on the streams that clients opened. */
  readonly report: (webhooks: Webhooks.Webhooks, streams: Streams.Streams) => void
  readonly switchWebhook: WebhookSwitch
  /** Forgets everything except the vendor's own address. */
  readonly clear: () => void
}

export const vendors: Readonly<Record<Vendor, (setting: Setting) => PlayedVendor>> = {
  linq: ({ limits, world }) => {
    const state = LinqState.make(world, credentials.linqToken, limits)
    return {
      api: LinqApi.make(state),
      inbound: LinqInbound.make(state),
      basePath: "/api/partner",
      listenAt: (origin) => {
        state.origin = origin
      },
      report: (webhooks) => LinqEvents.listen(state, webhooks),
      switchWebhook: LinqWebhooks.makeSwitch(state),
      clear: () => LinqState.clear(state)
    }
  },
  sendblue: ({ limits, world }) => {
    const keys = { id: credentials.sendblueKeyId, secret: credentials.sendblueSecretKey }
    const state = SendblueState.make(world, keys, limits)
    return {
      api: SendblueApi.make(state),
      inbound: SendblueInbound.make(state),
      basePath: "",
      listenAt: (origin) => {
        state.origin = origin
      },
      report: (webhooks, streams) => SendblueEvents.listen(state, webhooks, streams),
      switchWebhook: () => Refuse.invalid("Sendblue has no switch for a webhook"),
      clear: () => SendblueState.clear(state)
    }
  }
}
