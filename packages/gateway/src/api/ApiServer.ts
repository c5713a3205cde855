/**
 * The neutral API as routes.
 *
 * @since 0.1.0
 */
import type * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import type { Messaging } from "@interline/core/Messaging"
import type { Suppression } from "@interline/core/Suppression"
import type { Router } from "@interline/router/Router"
import type { Archive } from "@interline/sql/Archive"
import type { IdMap } from "@interline/sql/IdMap"
import type { RequestLog } from "@interline/sql/RequestLog"
import type * as Duration from "effect/Duration"
import * as Layer from "effect/Layer"
import type { CatchUp } from "../consent/CatchUp.ts"
import type { Callbacks } from "../events/Callbacks.ts"
import type { ApiKeys } from "../http/ApiKeys.ts"
import type { Drain } from "../http/Drain.ts"
import * as Authorization from "./authorization.ts"
import * as Documentation from "./documentation.ts"
import * as Endpoint from "./endpoint.ts"
import * as Implementation from "./handlers/implementation.ts"

/**
 * `bodyLimit` (default 1 MiB) and `uploadLimit` (default 100 MiB) are in bytes. `bodyTimeout` (default 30 seconds): how long a body may
 * take to arrive. `timeout` (default 2 minutes): how long an answer may take; it must exceed the policy's `deadlines.send`. `keep` (default 24
 * hours): how long an idempotency key is remembered.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly bodyLimit?: number
  readonly uploadLimit?: number
  readonly bodyTimeout?: Duration.DurationInput
  readonly timeout?: Duration.DurationInput
  readonly keep?: Duration.DurationInput
}

/**
 * What the API needs.
 *
 * @since 0.1.0
 * @category models
 */
export type Services = Messaging | Router | Suppression | IdMap | Archive | Callbacks | CatchUp | RequestLog | ApiKeys | Drain

/**
 * The API's routes, `GET /openapi.json` and the page `GET /docs`, which loads nothing from elsewhere.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<never, never, HttpLayerRouter.HttpRouter | Services> =>
  Layer.mergeAll(Endpoint.layer(options), Documentation.layer).pipe(
    Layer.provide(Implementation.layer),
    Layer.provide(Authorization.layer)
  )
