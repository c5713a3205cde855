/**
 * What was said while nobody listened: after the process was down, after a subscription was switched off or a secret was wrong, and whenever
 * somebody asks, the gateway reads back from the carriers what people wrote and who opted out.
 *
 * @since 0.1.0
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { CarrierId } from "@interline/core/CarrierId"
import type { CarrierHistory } from "@interline/core/History"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import { Suppression } from "@interline/core/Suppression"
import { Archive } from "@interline/sql/Archive"
import { IdMap } from "@interline/sql/IdMap"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { ProblemDetails } from "../http/ProblemDetails.ts"
import { Inbox } from "../inbox/Inbox.ts"
import type { OptOutCounts, Progress } from "../server/CatchUpProgress.ts"
import { ConsentGate } from "./consentGate.ts"
import * as ReadBack from "./readBack.ts"

/**
 * `importOptOuts` reads the list that a carrier keeps; no carrier here by that id, or one that cannot be asked, is a problem. `run` reads back what
 * happened at one carrier, or at all, since a time in epoch milliseconds (default: since the last time that anything was heard of it, less
 * 45 minutes), and ends when it is done or could not be; `progress` says how far each carrier got. `missed` is told that a carrier's webhook was
 * refused, and `heard` what was taken: after refused ones, and when a subscription is on again, what lies between is read back.
 *
 * @since 0.1.0
 * @category models
 */
export interface CatchUpService {
  readonly importOptOuts: (carrierId: CarrierId) => Effect.Effect<OptOutCounts, ProblemDetails>
  readonly run: (
    options?: { readonly carrierId?: CarrierId; readonly since?: number }
  ) => Effect.Effect<ReadonlyArray<Progress>, ProblemDetails>
  readonly progress: Effect.Effect<ReadonlyArray<Progress>>
  readonly missed: (carrierId: CarrierId) => Effect.Effect<void>
  readonly heard: (carrierId: CarrierId, events: ReadonlyArray<MessagingEvent>) => Effect.Effect<void>
}

/**
 * @since 0.1.0
 * @category services
 */
export class CatchUp extends Context.Tag("@interline/gateway/CatchUp")<CatchUp, CatchUpService>() {}

/**
 * `histories`: the carriers that can be asked. `atStart` (default true): whether they are asked when the process starts.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly histories: ReadonlyArray<CarrierHistory>
  readonly atStart?: boolean
}

type Needs = SqlClient.SqlClient | Suppression | Inbox | IdMap | Archive

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<CatchUpService, never, Needs | Scope.Scope> =>
  Effect.gen(function*() {
    return yield* ReadBack.make({
      suppression: yield* Suppression,
      inbox: yield* Inbox,
      ids: yield* IdMap,
      archive: yield* Archive,
      gate: yield* ConsentGate,
      histories: options.histories,
      atStart: options.atStart ?? true
    })
  })

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<CatchUp, never, Needs> => Layer.scoped(CatchUp, make(options))
