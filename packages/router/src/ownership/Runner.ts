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
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { Fact } from "../decision/Fact.ts"
import * as Shard from "../ledger/Shard.ts"

/**
 * This process does not own the delivery's shard, so it did nothing. Ask the process that owns the shard.
 *
 * @category errors
 */
export class NotOwner extends Schema.TaggedError<NotOwner>("@interline/router/NotOwner")("NotOwner", {
  /** The number of the shard, as `Shard.of` gives it. */
  shard: Schema.Number
}) {}

/**
 * What came of telling a delivery something. `Applied`: the fact counts. `Ignored`: it changes nothing. `Unknown`: there is no such delivery.
 *
 * @category models
 */
export const TellResult = Schema.Literal("Applied", "Ignored", "Unknown")

/** @category models */
export type TellResult = typeof TellResult.Type

/**
 * Runs deliveries, wherever that is.
 *
 * @category models
 */
export interface RunnerService {
  /**
   * Runs a delivery and answers what came of it. Under the key of an earlier send, it answers what came of that one. A caller that is interrupted
   * abandons the delivery, unless another caller waits for it.
   */
  readonly run: (deliveryId: DeliveryId, prepared: Prepared) => Effect.Effect<Delivery, SendError>
  /** Tells a delivery what was learned of it, wherever it runs. */
  readonly tell: (deliveryId: DeliveryId, fact: Fact) => Effect.Effect<TellResult>
  /**
   * Takes no new delivery, and ends those under way: within `millis` milliseconds each ends by itself, after that it is recorded as not
   * known.
   */
  readonly drain: (millis: number) => Effect.Effect<void>
}

/**
 * How a delivery is passed on.
 *
 * @category models
 */
export interface Passed {
  /** How long the send may take, in milliseconds. It is never longer than `sendWithin`. */
  readonly within: number
  /**
   * The delivery of the same conversation that was passed on before this one and has not ended. Its place is in front, also if its call comes later.
   * It is waited for at most 15 seconds.
   */
  readonly follows?: DeliveryId | undefined
}

/**
 * The runner of this process. It runs only deliveries of the shards that it was given.
 *
 * @category models
 */
export interface LocalRunner {
  /**
   * The same as `RunnerService.run`. It fails with `NotOwner` also if another process takes the delivery over meanwhile. `passed`: another process
   * passes the delivery on.
   */
  readonly run: (deliveryId: DeliveryId, prepared: Prepared, passed?: Passed) => Effect.Effect<Delivery, SendError | NotOwner>
  /** The same as `RunnerService.tell`. A delivery that has ended or is held can be told in any process. */
  readonly tell: (deliveryId: DeliveryId, fact: Fact) => Effect.Effect<TellResult, NotOwner>
  /**
   * What the ledger says of a delivery, if it has ended or is held. If it is under way, the answer is that it is not known yet what came of it. The
   * same is answered if it is not on record, unless the caller is certain that then nothing was sent. It gives the reason as `silence`, for people.
   */
  readonly recall: (deliveryId: DeliveryId, prepared: Prepared, silence?: string) => Effect.Effect<Delivery, SendError>
  /**
   * Takes shards, and takes up the deliveries that their earlier owners left behind, the oldest first. What has not left is sent if its time is not
   * over. What may have left is looked for. When this ends, all of them are in their lanes, in front of new deliveries. `who` names this process in
   * the ledger, for people.
   */
  readonly acquire: (shards: ReadonlyArray<number>, who?: string) => Effect.Effect<void>
  /**
   * Gives shards up. A delivery of which nothing is under way ends with `NotOwner`, so that its caller can ask the next owner. The others end
   * here. When this ends, none of them runs here any more. If the wait is interrupted, the next owner takes up what still runs here.
   */
  readonly release: (shards: ReadonlyArray<number>) => Effect.Effect<void>
  /** Takes up what is left behind in the shards of this process. Use it from time to time, for what failed before. */
  readonly takeUp: Effect.Effect<void>
  /** The shards of this process, with their epochs. */
  readonly epochs: () => ReadonlyMap<number, number>
  /** How long a send may take, in milliseconds. */
  readonly sendWithin: number
  /** How many deliveries of earlier owners were taken up here so far. */
  readonly takenUp: () => number
  /** The same as `RunnerService.drain`. */
  readonly drain: (millis: number) => Effect.Effect<void>
}

/**
 * Gives a router its runner, from the runner of this process. The result may pass deliveries on to other processes. It decides which shards this
 * process has. The router closes the scope after the last `drain`.
 *
 * @category models
 */
export type Place = (local: LocalRunner) => Effect.Effect<RunnerService, never, Scope.Scope>

/** A delivery is told a fact again while it cannot be written down, for about 20 seconds. What tells it tries again later. */
const tellAgain = Schedule.intersect(Schedule.spaced("500 millis"), Schedule.recurs(40))

const takenOver = "another process has taken this database over, so nothing was sent; several processes need @interline/cluster"

/**
 * This process takes all shards, and runs what it is asked for. If a later process takes them, this one sends nothing any more.
 *
 * @category constructors
 */
export const alone: Place = (local) =>
  Effect.as(local.acquire(Shard.all), {
    run: (id, prepared) => Effect.catchTag(local.run(id, prepared), "NotOwner", () => local.recall(id, prepared, takenOver)),
    tell: (id, fact) =>
      Effect.orDieWith(
        Effect.retry(local.tell(id, fact), tellAgain),
        () => new Error("a fact about a delivery could not be written down")
      ),
    drain: local.drain
  })

/**
 * Where a router runs its deliveries. `Router.layer` and `Router.make` read it when they are built. Without a layer this process takes all shards.
 *
 * @category services
 */
export class Runner extends Context.Reference<Runner>()<"@interline/router/Runner", Place>("@interline/router/Runner", {
  defaultValue: () => alone
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
 *   Effect.map(Runner.alone(local), (runner) => ({ ...runner, run: (id, prepared) => Effect.zipRight(Effect.log(id), runner.run(id, prepared)) }))
 * )
 *
 * export const live = Router.layer({ prefer: ["linq", "sendblue"] }).pipe(Layer.provide(logged))
 */
export const layer = (place: Place): Layer.Layer<Runner> => Layer.succeed(Runner, place)
