/**
 * The common part of the fronts: the line of a number, the rule that a repeated request happens once, and the headers for an outcome.
 */
import { Messaging } from "@interline/core/Messaging"
import { Router } from "@interline/router/Router"
import { RequestLog } from "@interline/sql/RequestLog"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Drain } from "../../http/Drain.ts"
import * as FrontLive from "./frontLive.ts"
import type { FrontService, Options } from "./FrontService.ts"

/**
 * The tag of what both fronts share.
 *
 * @category services
 */
export class Front extends Context.Tag("@interline/gateway/Front")<Front, FrontService>() {}

/**
 * The service over the messaging of the application. The end of the scope waits for requests that still run.
 *
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<Front, never, Messaging | Router | RequestLog | Drain> =>
  Layer.scoped(
    Front,
    Effect.flatMap(Effect.all({ messaging: Messaging, router: Router, log: RequestLog, drain: Drain }), (parts) =>
      FrontLive.make(parts, options))
  )
