/**
 * Linq's own wire in front of any carrier: `/linq/v3/…`, for programs that send through Linq's clients or by its documents. A
 * program changes its base URL and its key.
 *
 * @since 0.1.0
 */
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import type { ChatBook } from "@interline/core/ChatBook"
import type { Messaging } from "@interline/core/Messaging"
import type { Suppression } from "@interline/core/Suppression"
import type { Archive } from "@interline/sql/Archive"
import type { FileTable } from "@interline/sql/FileTable"
import type { IdMap } from "@interline/sql/IdMap"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { Callbacks } from "../../events/Callbacks.ts"
import type { Renderer } from "../../events/Renderer.ts"
import { ApiKeys } from "../../http/ApiKeys.ts"
import type { Front } from "../kit/Front.ts"
import * as Endpoint from "./endpoint.ts"
import * as RenderEvent from "./events/renderEvent.ts"
import * as Routes from "./routes.ts"
import * as Services from "./services.ts"

/**
 * Options of this front.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends Endpoint.Options {}

/**
 * The front on the router of the gateway, under `/linq`. Paths are compared as they were written: what is encoded, doubled or
 * in another case is not found there.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options = {}
): Layer.Layer<
  never,
  never,
  HttpLayerRouter.HttpRouter | ApiKeys | Archive | Callbacks | ChatBook | FileTable | Front | IdMap | Messaging | Suppression
> =>
  HttpLayerRouter.use((router) =>
    Effect.gen(function*() {
      const services = yield* Services.collectServices
      const answer = Endpoint.make(services, yield* ApiKeys, Routes.make(services, yield* Callbacks), options)
      yield* router.add("*", Endpoint.prefix, answer)
      yield* router.add("*", `${Endpoint.prefix}/*`, answer)
    })
  )

/**
 * How events are told to endpoints of the dialect `linq`: every neutral event that Linq has a word for, in the payload version
 * that `?version=` in the endpoint's address names (default `2026-02-03`), signed by Standard Webhooks and by the deprecated pair of
 * headers. An opt-out is told as the health of the chat.
 *
 * @since 0.1.0
 * @category constructors
 */
export const renderer: Effect.Effect<
  Renderer,
  never,
  Archive | ChatBook | FileTable | Front | IdMap | Messaging | Suppression
> = Effect.map(Services.collectServices, RenderEvent.make)
