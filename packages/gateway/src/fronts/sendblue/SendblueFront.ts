/**
 * The gateway as a server of Sendblue's wire, over any carrier: `/sendblue/api/…`. A program that uses Sendblue's clients or
 * documents changes its base URL and its keys, and nothing else. The secret of the key is a key of the gateway.
 */
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import type { ChatBook } from "@interline/core/ChatBook"
import type { Messaging } from "@interline/core/Messaging"
import type { Ledger } from "@interline/router/Ledger"
import type { Archive } from "@interline/sql/Archive"
import { AuditTable } from "@interline/sql/AuditTable"
import type { EventLog } from "@interline/sql/EventLog"
import type { IdMap } from "@interline/sql/IdMap"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import type * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { OutboundHttp } from "../../egress/OutboundHttp.ts"
import type { Callbacks } from "../../events/Callbacks.ts"
import type { Renderer } from "../../events/Renderer.ts"
import { ApiKeys } from "../../http/ApiKeys.ts"
import { Drain } from "../../http/Drain.ts"
import type { Front } from "../kit/Front.ts"
import * as Uncarried from "../kit/passing/uncarried.ts"
import * as Endpoint from "./endpoint.ts"
import * as EventStream from "./events/eventStream.ts"
import * as RenderEvent from "./events/renderEvent.ts"
import * as VendorEndpoints from "./passing/vendorEndpoints.ts"
import * as Routes from "./routes.ts"
import * as Services from "./services.ts"

/**
 * Options of this front.
 *
 * @category models
 */
export interface Options extends Endpoint.Options {}

/**
 * Puts the front on the router of the gateway, under `/sendblue`. Paths are compared as they were written: a path that is encoded,
 * has doubled slashes or is in another case is not found.
 *
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<
  never,
  never,
  | HttpLayerRouter.HttpRouter
  | ApiKeys
  | Archive
  | AuditTable
  | Callbacks
  | ChatBook
  | Drain
  | OutboundHttp
  | EventLog
  | Front
  | IdMap
  | Ledger
  | Messaging
> =>
  HttpLayerRouter.use((router) =>
    Effect.gen(function*() {
      const services = yield* Services.collectServices
      const keys = yield* ApiKeys
      const ending = yield* FiberMap.make<string>()
      const drain = yield* Drain
      const openEvents = yield* EventStream.make(services, drain.ending)
      const answer = Endpoint.make({ services, keys, audit: yield* AuditTable }, Routes.make(services, { ending, openEvents }), options)
      yield* router.add("*", Endpoint.prefix, answer)
      yield* router.add("*", `${Endpoint.prefix}/*`, answer)
    })
  )

/**
 * Renders events for endpoints of the dialect `sendblue`: received messages as `receive`, statuses as `outbound`, typing as
 * `typing_indicator`, a line that cannot send as `line_blocked`. A person's reaction is a text message, as at this vendor. Edits,
 * members and changes of a group have no event.
 *
 * @category constructors
 */
export const renderer: Effect.Effect<Renderer, never, Archive | Front | IdMap | Messaging> = Effect.map(
  Services.collectRenderServices,
  RenderEvent.make
)

/**
 * The groups of endpoints that the gateway does not carry and that can be passed on to an account of Sendblue.
 *
 * @category constants
 */
export const groups: ReadonlyArray<string> = Uncarried.groupsOf(VendorEndpoints.endpoints)

/**
 * What the front does with each of Sendblue's endpoints that the gateway does not carry.
 *
 * @category constants
 */
export const uncarried: ReadonlyArray<Uncarried.Uncarried> = VendorEndpoints.endpoints

/**
 * The reads that the gateway carries and that can also give what Sendblue knows of before the move.
 *
 * @category constants
 */
export const past: Readonly<Record<string, Uncarried.Past>> = VendorEndpoints.past

/**
 * The path under which the front stands.
 *
 * @category constants
 */
export const prefix: string = Endpoint.prefix

/**
 * The part of a path that stands below `prefix`, where a program names one of Sendblue's own addresses without it; Sendblue's pages, read
 * 2026-11. `undefined` for any other path.
 *
 * @category getters
 */
export const ownAddress = (segments: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
  const [first = "", ...rest] = segments
  switch (first.toLowerCase()) {
    case "api":
      return ["api", ...rest]
    case "account":
    case "accounts":
      return segments
    default:
      return undefined
  }
}

/**
 * Why a secret cannot be told in the header `sb-signing-secret`, if it cannot.
 *
 * @category getters
 */
export const secretProblem = (secret: Redacted.Redacted<string>): string | undefined =>
  /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(Redacted.value(secret))
    ? undefined
    : "the secret must be printable ASCII without spaces around it, for it stands in a header"
