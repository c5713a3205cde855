/**
 * `Messaging` over several carriers: who is asked, in which order, and when another may be asked, as a policy says. A message is
 * tried at another carrier only when it is certain that the first did not take it.
 *
 * @since 0.1.0
 */
import type { Planner } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import type { Carriers } from "@interline/core/Carriers"
import type { Delivery } from "@interline/core/Delivery"
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { Phone } from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import * as Messaging from "@interline/core/Messaging"
import type { MessagingError } from "@interline/core/MessagingError"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import type * as MessagingService from "@interline/core/MessagingService"
import type { Evidence, Outcome } from "@interline/core/Outcome"
import type { SendError } from "@interline/core/SendError"
import type { Suppression } from "@interline/core/Suppression"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Decide, Trial, Verdict } from "./decision/Decision.ts"
import type { RouterEvent } from "./decision/RouterEvent.ts"
import type { Inspection } from "./health/lineHealth.ts"
import type { Ledger } from "./ledger/Ledger.ts"
import * as MakeRouter from "./makeRouter.ts"
import type { Input, PolicyError } from "./policy/Policy.ts"

/**
 * Everything that is known of a delivery: each carrier of its route and what came of it, and each decision in order. `outcome` is
 * absent while it runs; `doubt` is there while a step of it may or may not have been taken.
 *
 * @since 0.1.0
 * @category models
 */
export interface Explanation {
  readonly deliveryId: DeliveryId
  readonly trials: ReadonlyArray<Trial>
  readonly decisions: ReadonlyArray<RouterEvent>
  readonly outcome: Outcome | undefined
  readonly doubt: Evidence | undefined
}

/**
 * A delivery that waits for a fact or an operator. `since` is in epoch milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface HeldDelivery {
  readonly deliveryId: DeliveryId
  readonly since: number
  readonly trial: Trial
  readonly evidence: Evidence
}

/**
 * What is known of one line at one carrier: whether it is asked, until when not, how many failures count at the moment, and how many
 * new contacts it wrote to since the router was made. `newContacts.per` is `person` where the policy limits them; elsewhere it is
 * `conversation`, and the number is "at most": who is new is told by where the conversation was, and no person is looked up.
 *
 * @since 0.1.0
 * @category models
 */
export interface Standing extends Inspection {}

/**
 * What `send` answers of a delivery that is over.
 *
 * @since 0.1.0
 * @category models
 */
export type Ended = Either.Either<Delivery, SendError>

/**
 * `observe` is the one door for what carriers say unasked: receipts settle what is in doubt, opt-outs stop every carrier, opt-ins
 * clear them, inbound messages bind a conversation to the line they came in on, line health opens and closes lines. The same
 * event twice does no harm. `events` are the decisions from now on; a reader that is 1,024 behind misses the oldest.
 *
 * `ended` is what `send` would answer of a delivery today, if that is certain: `None` while the delivery is under way, is held or stays unknown, and for
 * an id that nobody knows. It asks no carrier and sends nothing.
 *
 * `held` lists what nobody knows, the oldest first, at most `limit` (default 100); `settle` ends one of them, and answers whether
 * it was held; `who` is the name under which the decision records it; a message of another carrier than the one in doubt, or without an id, fails. `look` asks the carriers about all that is
 * held now, where asking sends nothing. `health` is every line that was asked. `checkLines` asks every carrier that lists its
 * lines which of them can send; one that cannot is not asked until a later check says that it can. A carrier whose list
 * does not say it (Linq) is known by events only. What only a person can mend, as credentials that are not taken, is logged once for each line and reason,
 * and shown by `health` until the line takes a message again.
 *
 * @since 0.1.0
 * @category models
 */
export interface RouterService {
  readonly observe: (event: MessagingEvent) => Effect.Effect<void>
  readonly events: Stream.Stream<RouterEvent>
  readonly explain: (deliveryId: DeliveryId) => Effect.Effect<Option.Option<Explanation>>
  readonly ended: (deliveryId: DeliveryId) => Effect.Effect<Option.Option<Ended>>
  readonly held: (limit?: number) => Effect.Effect<ReadonlyArray<HeldDelivery>>
  readonly settle: (deliveryId: DeliveryId, verdict: Verdict, who?: string) => Effect.Effect<boolean, MessagingError>
  readonly look: Effect.Effect<void>
  readonly health: Effect.Effect<ReadonlyArray<Standing>>
  readonly checkLines: Effect.Effect<void, MessagingError>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Router extends Context.Tag("@interline/router/Router")<Router, RouterService>() {}

/**
 * `remember` as in `Messaging.Options`. `lookEvery` (default 1 minute): how often held deliveries are looked for; `lookFor` (default
 * 1 hour): for how long. `drainFor` (default 30 seconds): how long the end of the scope waits for sends under way; what is
 * under way after that is recorded as not known. `checkLinesEvery`: how often `checkLines` runs by itself (default: never).
 * `lines`: our numbers at carriers that are configured but not in use, because what people write there counts too and nothing is
 * sent to them; those of the carriers in use are known. `idle`: planners of those carriers, so that a plan can be asked for them. `decide` replaces the decisions, for experiments; the default is `Decision.decide`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly remember?: number
  readonly lookEvery?: Duration.DurationInput
  readonly lookFor?: Duration.DurationInput
  readonly drainFor?: Duration.DurationInput
  readonly checkLinesEvery?: Duration.DurationInput
  readonly lines?: ReadonlyMap<LineName, ReadonlyMap<CarrierId, Phone>>
  readonly idle?: ReadonlyArray<Planner>
  readonly decide?: Decide
}

/**
 * The router over the configured carriers, and `Messaging` over it. Fails on a policy that cannot be used. The carriers must
 * share the `Suppression` that is given here: what is learned of opt-outs is kept there, and each carrier's fence reads it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (
  policy: Input,
  options?: Options
) => Effect.Effect<
  { readonly messaging: MessagingService.MessagingService; readonly router: RouterService },
  PolicyError,
  Carriers | Ledger | Suppression | Scope.Scope
> = MakeRouter.make

/**
 * `Messaging` and `Router` over the configured carriers.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  policy: Input,
  options?: Options
): Layer.Layer<Messaging.Messaging | Router, PolicyError, Carriers | Ledger | Suppression> =>
  Layer.scopedContext(
    Effect.map(make(policy, options), ({ messaging, router }) =>
      Context.make(Messaging.Messaging, messaging).pipe(Context.add(Router, router)))
  )
