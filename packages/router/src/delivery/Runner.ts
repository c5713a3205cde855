/**
 * The contract between a router and what decides in which process a delivery runs. By default each delivery runs in the process that
 * was asked for it.
 */
import type { Prepared } from "@interline/core/Backend"
import type { Delivery } from "@interline/core/Delivery"
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { SendError } from "@interline/core/SendError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Event } from "../decision/Decision.ts"
import type { Entry } from "../ledger/Ledger.ts"

/**
 * Runs deliveries.
 *
 * @category models
 */
export interface RunnerService {
  /**
   * Runs a delivery and answers what came of it. Under the key of an earlier send, it answers what came of that one. A caller that is interrupted
   * abandons the delivery, unless another caller waits for it.
   */
  readonly run: (deliveryId: DeliveryId, prepared: Prepared) => Effect.Effect<Delivery, SendError>
  /**
   * Tells a delivery what was learned of it, wherever it runs. `fact` reads what is on record and gives the event, or `undefined` if the fact
   * changes nothing. Answers false if no process knows the delivery.
   */
  readonly tell: (deliveryId: DeliveryId, fact: (entry: Entry) => Event | undefined) => Effect.Effect<boolean>
  /** Takes over deliveries of processes that are gone, at most 100, and ends them. Answers how many. */
  readonly adopt: Effect.Effect<number>
  /**
   * Takes no new delivery, and ends those under way: within `millis` milliseconds each ends by itself, after that it is recorded as not
   * known.
   */
  readonly drain: (millis: number) => Effect.Effect<void>
}

/**
 * Gives a router its runner. `local` runs each delivery in this process; the result may pass deliveries on to the `local` runner of another
 * process. The router closes the scope after the last `drain`.
 *
 * @category models
 */
export type Place = (local: RunnerService) => Effect.Effect<RunnerService, never, Scope.Scope>

/**
 * Where a router runs its deliveries. `Router.layer` and `Router.make` read it when they are built.
 *
 * @category services
 */
export class Runner extends Context.Reference<Runner>()<"@interline/router/Runner", Place>("@interline/router/Runner", {
  defaultValue: () => Effect.succeed
}) {}

/**
 * Runs deliveries another way than in the process that was asked.
 *
 * @category layers
 * @example
 * import * as Router from "@interline/router/Router"
 * import * as Runner from "@interline/router/Runner"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 *
 * // logs each delivery, and runs it in this process
 * const logged = Runner.layer((local) =>
 *   Effect.succeed({ ...local, run: (id, prepared) => Effect.zipRight(Effect.log(id), local.run(id, prepared)) })
 * )
 *
 * export const live = Router.layer({ prefer: ["linq", "sendblue"] }).pipe(Layer.provide(logged))
 */
export const layer = (place: Place): Layer.Layer<Runner> => Layer.succeed(Runner, place)
