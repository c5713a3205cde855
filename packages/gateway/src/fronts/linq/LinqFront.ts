/**
 * The gateway as a server of Linq's wire, over any carrier: `/linq/v3/…`. A program that uses Linq's clients or documents
 * changes its base URL and its key, and nothing else.
 */
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import type { ChatBook } from "@interline/core/ChatBook"
import type { Messaging } from "@interline/core/Messaging"
import type { Suppression } from "@interline/core/Suppression"
import type { Archive } from "@interline/sql/Archive"
import { AuditTable } from "@interline/sql/AuditTable"
import type { FileTable } from "@interline/sql/FileTable"
import type { IdMap } from "@interline/sql/IdMap"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { Callbacks } from "../../events/Callbacks.ts"
import type { Renderer } from "../../events/Renderer.ts"
import { ApiKeys } from "../../http/ApiKeys.ts"
import type { Front } from "../kit/Front.ts"
import * as Uncarried from "../kit/passing/uncarried.ts"
import * as Endpoint from "./endpoint.ts"
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
 * Puts the front on the router of the gateway, under `/linq`. Paths are compared as they were written: a path that is encoded,
 * has doubled slashes or is in another case is not found.
 *
 * @category layers
 */
export const layer = (
  options: Options = {}
): Layer.Layer<
  never,
  never,
  HttpLayerRouter.HttpRouter | ApiKeys | Archive | AuditTable | Callbacks | ChatBook | FileTable | Front | IdMap | Messaging | Suppression
> =>
  HttpLayerRouter.use((router) =>
    Effect.gen(function*() {
      const services = yield* Services.collectServices
      const answer = Endpoint.make(
        { services, keys: yield* ApiKeys, audit: yield* AuditTable },
        Routes.make(services, yield* Callbacks),
        options
      )
      yield* router.add("*", Endpoint.prefix, answer)
      yield* router.add("*", `${Endpoint.prefix}/*`, answer)
    })
  )

/**
 * Renders events for endpoints of the dialect `linq`: every neutral event that Linq has a word for. `?version=` in the endpoint's
 * address names the payload version (default `2026-02-03`). Each call has the signature of Standard Webhooks and the deprecated pair
 * of headers. An opt-out shows in the health of the chat.
 *
 * @category constructors
 */
export const renderer: Effect.Effect<
  Renderer,
  never,
  Archive | ChatBook | FileTable | Front | IdMap | Messaging | Suppression
> = Effect.map(Services.collectServices, RenderEvent.make)

/**
 * The groups of endpoints that the gateway does not carry and that can be passed on to an account of Linq. A group that the gateway carries by
 * now may be named, too, and has no effect.
 *
 * @category constants
 */
export const groups: ReadonlyArray<string> = Uncarried.groupsOf(VendorEndpoints.endpoints, VendorEndpoints.carriedGroups)

/**
 * What the front does with each of Linq's endpoints that the gateway does not carry.
 *
 * @category constants
 */
export const uncarried: ReadonlyArray<Uncarried.Uncarried> = VendorEndpoints.endpoints

/**
 * The reads that the gateway carries and that can also give what Linq knows of before the move.
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
 * The part of a path that stands below `prefix`, where a program names one of Linq's own addresses without it: from `v3` on, also behind
 * Linq's base URL, which ends in `/api/partner/v3`; Linq's pages, read 2026-11. `undefined` for any other path.
 *
 * @category getters
 */
export const ownAddress = (segments: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
  const [first, ...rest] = segments
  switch (first?.toLowerCase()) {
    case "v3":
      return ["v3", ...rest]
    case "api": {
      const version = rest.indexOf("v3")
      return version < 0 ? undefined : rest.slice(version)
    }
    default:
      return undefined
  }
}
