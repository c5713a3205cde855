/** `POST /v1/opt-outs/import`: adds many opt-outs at once, from a body or from a carrier's own list. */
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import { Suppression } from "@interline/core/Suppression"
import { AuditTable } from "@interline/sql/AuditTable"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Authentication from "../access/Authentication.ts"
import type { Sessions } from "../access/Sessions.ts"
import { CatchUp } from "../catchup/CatchUp.ts"
import type * as ApiKeys from "../http/ApiKeys.ts"
import * as KeyAccess from "../http/KeyAccess.ts"
import * as ImportOptOuts from "./importOptOuts.ts"

/**
 * The limits of an import.
 *
 * @category models
 */
export interface Options {
  /** The longest wait for the next piece of a body (default: 30 seconds). */
  readonly bodyWithin?: Duration.DurationInput
}

/**
 * Registers the route. It needs an API key as `Authorization: Bearer …`. A body of `application/json` is `{"carrier": "…"}`, which reads
 * that carrier's list, or `{"handles": [...]}`. Any other body has one person on each line: `{"handle": "+1…"}`, a JSON string, or the
 * first column of a table. Such a body is read while it arrives, and may have any length. The answer 200 says how many people were read,
 * how many of them were new, and the numbers of the lines that name no person. The same body again adds nobody twice. If a body ends too
 * early, the problem says how many lines were processed.
 *
 * @category layers
 */
export const layer = (
  options: Options = {}
): Layer.Layer<never, never, HttpLayerRouter.HttpRouter | ApiKeys.ApiKeys | Sessions | AuditTable | Suppression | CatchUp> =>
  HttpLayerRouter.use((router) =>
    Effect.gen(function*() {
      const suppression = yield* Suppression
      const { importOptOuts } = yield* CatchUp
      const authenticated = Authentication.authenticate(yield* Authentication.credentials, KeyAccess.operate)
      yield* router.add(
        "POST",
        "/v1/opt-outs/import",
        ImportOptOuts.make({
          authenticated,
          audit: yield* AuditTable,
          suppression,
          importOptOuts,
          bodyWithin: options.bodyWithin ?? "30 seconds"
        })
      )
    })
  )
