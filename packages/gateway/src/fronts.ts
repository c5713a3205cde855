/**
 * The fronts: for each vendor's own API, the parts that the gateway needs. A vendor without a front still has the neutral API, webhooks,
 * metrics and failover.
 */
import type * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import type * as ChatBook from "@interline/core/ChatBook"
import type * as Messaging from "@interline/core/Messaging"
import type * as Suppression from "@interline/core/Suppression"
import type * as Ledger from "@interline/router/Ledger"
import type * as Archive from "@interline/sql/Archive"
import type { AuditTable } from "@interline/sql/AuditTable"
import type * as EventLog from "@interline/sql/EventLog"
import type * as FileTable from "@interline/sql/FileTable"
import type * as IdMap from "@interline/sql/IdMap"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Record from "effect/Record"
import * as Vendors from "interline/Vendors"
import type * as OutboundHttp from "./egress/OutboundHttp.ts"
import type * as Callbacks from "./events/Callbacks.ts"
import * as Renderer from "./events/Renderer.ts"
import type * as Front from "./fronts/kit/Front.ts"
import * as LinqFront from "./fronts/linq/LinqFront.ts"
import * as SendblueFront from "./fronts/sendblue/SendblueFront.ts"
import type * as ApiKeys from "./http/ApiKeys.ts"
import type * as Drain from "./http/Drain.ts"
import type * as FrontAddress from "./server/frontAddress.ts"

/** The gateway's options for a front. */
interface FrontOptions {
  /**
   * The address at which callers reach this gateway, without a slash at the end. If it is absent, a front uses the address of the request.
   */
  readonly publicUrl?: string
  /** The time in which the body of a request must arrive. */
  readonly bodyWithin: Duration.Duration
}

/** The services that a renderer may use. */
type Telling =
  | Archive.Archive
  | ChatBook.ChatBook
  | FileTable.FileTable
  | Front.Front
  | IdMap.IdMap
  | Messaging.Messaging
  | Suppression.Suppression

/** The services that a front may use. */
type Services =
  | Telling
  | ApiKeys.ApiKeys
  | AuditTable
  | Callbacks.Callbacks
  | Drain.Drain
  | EventLog.EventLog
  | HttpLayerRouter.HttpRouter
  | Ledger.Ledger
  | OutboundHttp.OutboundHttp

interface VendorFront extends FrontAddress.FrontAddress {
  /** The front on the router of the gateway. */
  readonly layer: (options: FrontOptions) => Layer.Layer<never, never, Services>
  /** The renderer for the dialect with the name of the vendor. */
  readonly renderer: Effect.Effect<Renderer.Renderer, never, Telling>
  /** The groups of endpoints that can be passed on to an account of the vendor. */
  readonly groups: ReadonlyArray<string>
  /** Says why a secret of an endpoint cannot be used in this dialect. If it is absent, every secret can be used. */
  readonly secretProblem?: Renderer.DialectRules["secretProblem"]
}

const fronts = {
  linq: {
    title: Vendors.vendors.linq.title,
    prefix: LinqFront.prefix,
    ownAddress: LinqFront.ownAddress,
    layer: LinqFront.layer,
    groups: LinqFront.groups,
    renderer: LinqFront.renderer
  },
  sendblue: {
    title: Vendors.vendors.sendblue.title,
    prefix: SendblueFront.prefix,
    ownAddress: SendblueFront.ownAddress,
    layer: SendblueFront.layer,
    groups: SendblueFront.groups,
    renderer: SendblueFront.renderer,
    secretProblem: SendblueFront.secretProblem
  }
} as const satisfies { readonly [V in Vendors.VendorName]?: VendorFront }

const all: ReadonlyArray<readonly [vendor: string, front: VendorFront]> = Record.toEntries<string, VendorFront>(fronts)

/** The addresses of the fronts. */
export const addresses: ReadonlyArray<FrontAddress.FrontAddress> = all.map(([, front]) => front)

/** The groups of endpoints that can be passed on, by vendor. */
export const groups: Readonly<Record<string, ReadonlyArray<string>>> = Object.fromEntries(
  all.map(([vendor, front]) => [vendor, front.groups])
)

/** Every front. */
export const layer = (options: FrontOptions): Layer.Layer<never, never, Services> =>
  all.reduce<Layer.Layer<never, never, Services>>((layers, [, front]) => Layer.merge(layers, front.layer(options)), Layer.empty)

/** The neutral dialect, and one for each front. */
export const dialects: Layer.Layer<Renderer.Dialects, never, Telling> = Layer.effect(
  Renderer.Dialects,
  Effect.map(
    Effect.forEach(
      all,
      ([vendor, { renderer, secretProblem }]) =>
        Effect.map(renderer, (render) => [vendor, { render, ...(secretProblem === undefined ? {} : { secretProblem }) }] as const)
    ),
    (found) => ({ neutral: Renderer.neutral, ...Object.fromEntries(found) })
  )
)
