/** `POST /v1/opt-outs/import`: many opt-outs at once, out of a body or out of a carrier's own list. */
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import { Suppression } from "@interline/core/Suppression"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { CatchUp } from "../catchup/CatchUp.ts"
import * as ApiKeys from "../http/ApiKeys.ts"
import * as ImportOptOuts from "./importOptOuts.ts"

/**
 * The limits of an import.
 *
 * @category models
 */
export interface Options {
  /** How long the next piece of a body may take to come (default: 30 seconds). */
  readonly bodyWithin?: Duration.DurationInput
}

/**
 * Registers the route. It wants an API key as `Authorization: Bearer …`. A body of `application/json` is `{"carrier": "…"}`, which reads that
 * carrier's list, or `{"handles": [...]}`. Any other body is one person on each line: `{"handle": "+1…"}`, a JSON string, or the
 * first column of a table; it is read as it comes and may be of any length. 200 says how many were read, how many of them
 * were new, and which lines name nobody, by number. The same body twice adds nobody twice. A body that breaks off is a problem
 * that says how many lines were taken.
 *
 * @category layers
 */
export const layer = (
  options: Options = {}
): Layer.Layer<never, never, HttpLayerRouter.HttpRouter | ApiKeys.ApiKeys | Suppression | CatchUp> =>
  HttpLayerRouter.use((router) =>
    Effect.gen(function*() {
      const keys = yield* ApiKeys.ApiKeys
      const suppression = yield* Suppression
      const { importOptOuts } = yield* CatchUp
      const authenticated = Effect.provideService(ApiKeys.authenticate, ApiKeys.ApiKeys, keys)
      yield* router.add(
        "POST",
        "/v1/opt-outs/import",
        ImportOptOuts.make({ authenticated, suppression, importOptOuts, bodyWithin: options.bodyWithin ?? "30 seconds" })
      )
    })
  )
