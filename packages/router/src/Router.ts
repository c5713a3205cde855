/**
 * `Messaging` over several carriers. A policy says which carriers are asked, in which order, and when another may be asked. A message is
 * tried at another carrier only when it is certain that the first did not take it.
 */
import type { AccountNotice } from "@interline/core/AccountNotice"
import type { Prepared } from "@interline/core/Backend"
import type { Carrier, Planner } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import { Carriers } from "@interline/core/Carriers"
import * as Defect from "@interline/core/Defect"
import type { Delivery } from "@interline/core/Delivery"
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { Phone } from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import * as Messaging from "@interline/core/Messaging"
import type { MessagingError } from "@interline/core/MessagingError"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import type * as MessagingService from "@interline/core/MessagingService"
import { present } from "@interline/core/Optional"
import type { Evidence, Outcome } from "@interline/core/Outcome"
import type { SendError } from "@interline/core/SendError"
import { Suppression } from "@interline/core/Suppression"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Decide from "./decision/Decide.ts"
import type * as Decision from "./decision/Decision.ts"
import type { Confirmation, RouterEvent } from "./decision/RouterEvent.ts"
import { answerEnded } from "./delivery/job.ts"
import * as MakeRunner from "./delivery/makeRunner.ts"
import * as Engine from "./health/engine.ts"
import * as Limits from "./health/Limits.ts"
import type * as LineFacts from "./health/lineFacts.ts"
import type { Health } from "./health/lineHealth.ts"
import * as OpenHealth from "./health/openHealth.ts"
import * as PlanWarnings from "./health/planWarnings.ts"
import * as UsageReadings from "./health/usageReadings.ts"
import { type Entry, Ledger, type LedgerService } from "./ledger/Ledger.ts"
import * as Ownership from "./ownership/Ownership.ts"
import * as Runner from "./ownership/Runner.ts"
import * as Forecasts from "./policy/forecasts.ts"
import * as Plans from "./policy/plans.ts"
import * as Policy from "./policy/Policy.ts"
import * as RolloutStore from "./policy/RolloutStore.ts"
import * as Route from "./policy/Route.ts"
import * as Announce from "./service/announce.ts"
import * as LateLooks from "./service/lateLooks.ts"
import * as LineChecks from "./service/lineChecks.ts"
import * as NoticeStore from "./service/NoticeStore.ts"
import * as Observe from "./service/observe.ts"
import * as Operations from "./service/operations.ts"
import * as RolloutControl from "./service/RolloutControl.ts"
import * as RolloutsAtStart from "./service/rolloutsAtStart.ts"
import * as SettleHeld from "./service/settleHeld.ts"
import * as Telemetry from "./service/telemetry.ts"

/**
 * Everything that is known of a delivery: each carrier of its route and what came of it, and each decision in order.
 *
 * @category models
 */
export interface Explanation {
  /** The delivery. */
  readonly deliveryId: DeliveryId
  /** One entry for each carrier of the route that came up, in order. */
  readonly trials: ReadonlyArray<Decision.AttemptRecord>
  /** Every decision, in order. A store may leave out what is in the middle. */
  readonly decisions: ReadonlyArray<RouterEvent>
  /** What came of it. Undefined while it runs. */
  readonly outcome: Outcome | undefined
  /** What is known of a step that may or may not have been taken. Undefined if there is none. */
  readonly doubt: Evidence | undefined
}

/**
 * A delivery that waits for a fact or an operator.
 *
 * @category models
 */
export interface HeldDelivery {
  /** The delivery. */
  readonly deliveryId: DeliveryId
  /** When the doubt began, in epoch milliseconds. */
  readonly since: number
  /** When the delivery was opened, in epoch milliseconds. The list is in this order. */
  readonly createdAt: number
  /** The attempt whose answer is missing. */
  readonly trial: Decision.AttemptRecord
  /** What is known of the step in doubt. */
  readonly evidence: Evidence
}

/**
 * What is known of one line at one carrier: whether it is asked, until when not, how many failures count at the moment, and how many
 * new contacts it wrote to since `newContacts.since`: since the router was made, or since they are counted in the store of lines, by all
 * processes that share the line. `newContacts.per` is `person` where the policy limits them; elsewhere it is
 * `conversation`, and the number is "at most": a new conversation counts as a new contact, and no person is looked up. `usage` is what the
 * vendor said of the new people that the line may write to, at `usage.readAt`; absent if the vendor was not asked. While `restsForNew`, only
 * people go by the line who are known to it.
 *
 * @category models
 */
export interface LineState extends LineFacts.Inspection {}

/**
 * What came of looking for one held delivery. `found`: the carrier has it, and it is settled. `not-found`: the carrier answered, and that settles
 * nothing. `failed`: the carrier could not be asked, for `reason`. `unasked`: it is not looked for, because asking could send it, because the carrier
 * cannot be asked, or because it has been held for too long.
 *
 * @category models
 */
export interface HeldLook extends LateLooks.HeldLook {}

/**
 * What `send` answers of a delivery that is over.
 *
 * @category models
 */
export type Ended = Either.Either<Delivery, SendError>

/**
 * The router beside `Messaging`: what carriers say unasked goes in, and decisions, health and held deliveries come
 * out.
 *
 * @category models
 */
export interface RouterService {
  /**
   * Takes in what a carrier says unasked. A receipt settles what is in doubt. An opt-out stops every carrier, and
   * an opt-in clears it. An inbound message binds its conversation to the line that it came in on. Line health
   * opens and closes lines. The same event twice does no harm.
   */
  readonly observe: (event: MessagingEvent) => Effect.Effect<void>
  /** The decisions from now on. A reader that is 1,024 behind misses the oldest. The stream ends when the router's scope has ended. */
  readonly events: Stream.Stream<RouterEvent>
  /**
   * How to confirm an event of `events` that is published again until then. Undefined for an event that is published once. Absent if the router
   * does not wait for confirmations (`Options.confirmsEvents`).
   */
  readonly confirmationOf?: (event: RouterEvent) => Confirmation | undefined
  /** Everything that is known of a delivery, or `None` for an unknown id. */
  readonly explain: (deliveryId: DeliveryId) => Effect.Effect<Option.Option<Explanation>>
  /**
   * What `send` would answer of a delivery today, if that is certain. `None` while it is under way, held or not
   * known, and for an unknown id. Asks no carrier and sends nothing.
   */
  readonly ended: (deliveryId: DeliveryId) => Effect.Effect<Option.Option<Ended>>
  /**
   * The delivery of the send under a key (`SendOptions.key`), also while it waits, for example for `SendOptions.after`. `None` if no send under
   * the key has come, or if nothing was sent for it and the key is free again.
   */
  readonly keyed: (key: string) => Effect.Effect<Option.Option<DeliveryId>>
  /** The held deliveries, the oldest first, at most `limit` (default 100). `after`: only those that come after this one. */
  readonly held: (limit?: number, after?: Pick<HeldDelivery, "createdAt" | "deliveryId">) => Effect.Effect<ReadonlyArray<HeldDelivery>>
  /**
   * Ends a held delivery, and answers whether it was held. `who`: the name under which the decision records the
   * operator. Fails for a message of another carrier than the one in doubt, and for a message without an id.
   */
  readonly settle: (deliveryId: DeliveryId, verdict: Decision.Verdict, who?: string) => Effect.Effect<boolean, MessagingError>
  /**
   * Asks the carriers about what is held now, where asking sends nothing, and says what came of it for each delivery of this process. Another process
   * looks for those that it owns.
   */
  readonly look: Effect.Effect<ReadonlyArray<HeldLook>>
  /**
   * Every line that was asked. What only a person can mend, as credentials that are not taken, is shown until the
   * line takes a message again.
   */
  readonly health: Effect.Effect<ReadonlyArray<LineState>>
  /**
   * Asks every carrier that lists its lines which of them can send. A line that cannot is not asked until a later
   * check says that it can. A carrier whose list does not say it (Linq) is known by events only. The check also finds lines that the carrier
   * will take away, and webhooks of this program that are not called (`Options.isOwnWebhook`). Where the vendor tells it, asks also how many
   * new people each line may still write to. Fails if a carrier cannot be asked which lines can send, after all have been.
   */
  readonly checkLines: Effect.Effect<void, MessagingError>
  /**
   * What carriers last said of our accounts, and what checks of the lines found, the newest first. Each is kept for 30 days, or until a newer
   * one takes its place: a webhook that is on again takes the place of its `webhook-off`.
   */
  readonly notices: Effect.Effect<ReadonlyArray<AccountNotice>>
  /**
   * When a check of the lines last found that a webhook of this program is called and none is off, in epoch milliseconds. Undefined if no check of
   * this process found it. Absent if the router does not know which webhooks lead here (`Options.isOwnWebhook`).
   */
  readonly webhooksRightAt?: (carrierId: CarrierId) => number | undefined
  /** The rollout of the policy. Absent if the policy has none. */
  readonly rollout?: RolloutControl.RolloutControlService
  /** The rollouts that were started, and that the policy does not have. Absent if there is no store of rollouts. */
  readonly leftOutRollouts?: Effect.Effect<ReadonlyArray<RolloutStore.Known>>
}

/**
 * The tag of the router.
 *
 * @category services
 */
export class Router extends Context.Tag("@interline/router/Router")<Router, RouterService>() {}

/**
 * A send that was answered: what was asked for, with the fidelity that the policy gives it, and the answer. If the answer has another id, a key
 * joined an earlier delivery.
 *
 * @category models
 */
export interface Answered {
  readonly deliveryId: DeliveryId
  readonly prepared: Prepared
  readonly exit: Exit.Exit<Delivery, SendError>
}

/**
 * The settings of a router besides its policy. Every setting has a default.
 *
 * @category models
 */
export interface Options {
  /** As in `Messaging.Options`. */
  readonly remember?: number
  /** How often held deliveries are looked for. Default: 1 minute. */
  readonly lookEvery?: Duration.DurationInput
  /** For how long after its doubt began a delivery is looked for. Default: 1 hour. */
  readonly lookFor?: Duration.DurationInput
  /**
   * How long the end of the scope waits for sends under way. What is under way after that is recorded as not known.
   * Default: 30 seconds.
   */
  readonly drainFor?: Duration.DurationInput
  /** How often `checkLines` runs by itself. Default: never. */
  readonly checkLinesEvery?: Duration.DurationInput
  /**
   * How often vendors that tell it are asked how many new people each line may still write to. A line that rests for new people is read again
   * each minute, and one that is near its limit soon after it wrote to somebody. Default: 5 minutes.
   */
  readonly readUsageEvery?: Duration.DurationInput
  /**
   * Whether a webhook of this carrier with this address leads to this program. `checkLines` then also looks whether it is called. Default: no
   * webhook does.
   */
  readonly isOwnWebhook?: (carrierId: CarrierId, url: string) => boolean
  /**
   * Our numbers at carriers that are configured but not in use. What people write there counts too, and nothing is
   * sent to them. Those of the carriers in use are known.
   */
  readonly lines?: ReadonlyMap<LineName, ReadonlyMap<CarrierId, Phone>>
  /** Planners of carriers that are not in use, so that a plan can be asked for them. */
  readonly idle?: ReadonlyArray<Planner>
  /** Called once for each send, after it was answered, in the process that was asked. It must be fast. If it throws, the send keeps its answer. */
  readonly answered?: (answered: Answered) => void
  /**
   * Whether a reader of `events` writes down each `RolloutChanged` and each `Noticed` where it is not lost, and confirms it
   * (`RouterService.confirmationOf`). Until then the event is published again, after half a minute at the earliest, by any process. A change of
   * a rollout is logged and counted when it is confirmed first. Default: false; each event is published once.
   */
  readonly confirmsEvents?: boolean
  /** Replaces the decisions, for experiments. Default: `Decide.decide`. */
  readonly decide?: Decision.Decide
}

/**
 * `Messaging` and `Router` over the configured carriers.
 *
 * @category layers
 */
export const layer = (
  policy: Policy.Input,
  options?: Options
): Layer.Layer<Messaging.Messaging | Router, Policy.PolicyError, Carriers | Ledger | Suppression> =>
  Layer.scopedContext(
    Effect.map(make(policy, options), ({ messaging, router }) =>
      Context.make(Messaging.Messaging, messaging).pipe(Context.add(Router, router)))
  )

const explanation = (entry: Entry, decisions: ReadonlyArray<RouterEvent>): Explanation => ({
  deliveryId: entry.id,
  trials: entry.state.attempts,
  decisions,
  outcome: entry.state.result?.outcome,
  doubt: entry.state.doubt?.evidence
})

const heldDelivery = ({ createdAt, id, state }: Entry): ReadonlyArray<HeldDelivery> => {
  const trial = state.attempts.find(({ generation }) => generation === state.generation)
  return state.doubt === undefined || trial === undefined
    ? []
    : [{ deliveryId: id, since: state.doubt.since, createdAt, trial, evidence: state.doubt.evidence }]
}

const listHeld = ({ held }: Pick<LedgerService, "held">): RouterService["held"] => (limit = 100, after) =>
  Effect.map(
    held(limit, undefined, after === undefined ? undefined : { createdAt: after.createdAt, id: after.deliveryId }),
    (entries) => entries.flatMap(heldDelivery)
  )

/** What runs beside the sends, until the router's scope ends. */
const forkBackground = (
  options: Options,
  local: Runner.LocalRunner,
  { runInOne }: Ownership.OwnershipService,
  { announceUnsaid, checkLines, look }: Pick<RouterService, "checkLines" | "look"> & Pick<LineChecks.LineChecks, "announceUnsaid">,
  watchUsage: UsageReadings.UsageReadings["watch"]
): Effect.Effect<void, never, Scope.Scope> => {
  const patrol = Effect.forever(Effect.all([
    Effect.sleep(options.lookEvery ?? "1 minute"),
    local.takeUp,
    Effect.catchAllCause(
      look,
      (cause) => Defect.logUnlessSaid(cause, Effect.logError("held deliveries could not be looked for", Defect.placesIn(cause)))
    ),
    Effect.catchAllCause(
      announceUnsaid,
      (cause) => Defect.logUnlessSaid(cause, Effect.logError("news of an account could not be announced", Defect.placesIn(cause)))
    )
  ], { discard: true }))
  const checking = Effect.catchAllCause(
    checkLines,
    (cause) => Defect.logUnlessSaid(cause, Effect.logWarning("lines could not be checked", Telemetry.reasonOf(cause)))
  )
  const patrolling = Effect.asVoid(Effect.forkScoped(Effect.interruptible(patrol)))
  const { checkLinesEvery, readUsageEvery = "5 minutes" } = options
  const inOne = [
    ...(checkLinesEvery === undefined
      ? []
      : [runInOne("lines are checked", Effect.forever(Effect.zipRight(checking, Effect.sleep(checkLinesEvery))))]),
    ...(watchUsage === undefined ? [] : [runInOne("the usage of lines is read", watchUsage(Duration.toMillis(readUsageEvery)))])
  ]
  return Effect.zipRight(patrolling, Effect.all(inOne, { discard: true }))
}

/** Passes events on to readers. "End" tells them that no more come: a hub that is shut down would drop what they have not read. */
const makeHub = Effect.tap(
  PubSub.sliding<RouterEvent | "End">(1_024),
  (hub) => Effect.addFinalizer(() => Effect.sync(() => hub.unsafeOffer("End")))
)

/** Checks the guardrails again and again. A check that failed is logged, and the next one comes as always. */
const guardForever = (parts: RolloutControl.Parts): Effect.Effect<never> =>
  Effect.forever(Effect.zipRight(
    Effect.sleep(parts.rollout.guardrails.every),
    Effect.catchAllCause(
      RolloutControl.checkGuardrails(parts),
      (cause) => Defect.logUnlessSaid(cause, Effect.logError("the guardrails of the rollout could not be checked", Defect.placesIn(cause)))
    )
  ))

/** The store of the policy's rollout. A rollout that was forgotten would move everybody back, so there is no default. */
const storeOf = (rollouts: RolloutStore.RolloutStoreService | undefined) =>
  rollouts === undefined
    ? Effect.fail(new Policy.PolicyError({ problems: [{ path: ["rollout"], message: "needs a RolloutStore, which the gateway has" }] }))
    : Effect.succeed(rollouts)

/** What a send would do, for the carriers that are named, or for those that it may go by. */
const makeForecasts = (parts: Omit<Forecasts.Parts, "addWarnings" | "lines">, health: Health) => {
  const counts = (id: CarrierId): boolean => parts.policy.carriers[id]?.beforeReply !== undefined
  return Forecasts.make({
    ...parts,
    addWarnings: PlanWarnings.make({ health, ledger: parts.ledger, counts, findPlanner: parts.plans.find }),
    lines: {
      refresh: health.refresh ?? Effect.void,
      isNew: Limits.isNew,
      findBar: health.findBar,
      restsForNew: health.restsForNew
    }
  })
}

/** The deliveries whose first receipts `Messaging` reads again. */
const recall = (ledger: LedgerService) => (id: DeliveryId) =>
  Effect.map(ledger.read(id), Option.filterMap(({ state }) => state.taken.length > 0 ? Option.some(state.taken) : Option.none()))

/** Runs sends and passes on what came of each. */
const passOnAnswers = (
  answered: Options["answered"],
  policy: Policy.Complete,
  run: Runner.RunnerService["run"]
): Runner.RunnerService["run"] =>
  answered === undefined
    ? run
    : (deliveryId, prepared) =>
      Effect.onExit(run(deliveryId, prepared), (exit) =>
        Effect.catchAllDefect(
          Effect.sync(() => answered({ deliveryId, prepared: { ...prepared, fidelity: Route.fidelityOf(policy, prepared) }, exit })),
          (defect) =>
            Defect.logUnlessSaid(defect, Effect.logError("an answered send could not be passed on", { defect: Defect.nameOf(defect) }))
        ))

const explainFrom = (ledger: LedgerService): RouterService["explain"] => (id) =>
  Effect.flatMap(ledger.read(id), (entry) =>
    Option.isNone(entry)
      ? Effect.succeedNone
      : Effect.map(ledger.history(id), (decisions) => Option.some(explanation(entry.value, decisions))))

/**
 * The router over the configured carriers, and `Messaging` over it. Fails on a policy that cannot be used, and on a policy with a rollout
 * if there is no `RolloutStore`. The carriers must
 * share the `Suppression` that is given here: what is learned of opt-outs is kept there, and each carrier's fence reads it.
 *
 * @category constructors
 */
export const make = (
  input: Policy.Input,
  options: Options = {}
): Effect.Effect<
  { readonly messaging: MessagingService.MessagingService; readonly router: RouterService },
  Policy.PolicyError,
  Carriers | Ledger | Suppression | Scope.Scope
> =>
  Effect.gen(function*() {
    const carriers: ReadonlyMap<CarrierId, Carrier> = yield* Carriers
    const ledger = yield* Ledger
    const suppression = yield* Suppression
    const policy = yield* Policy.make(input, Array.from(carriers.values()))
    const ownership = yield* Ownership.Ownership
    const hub = yield* makeHub
    const publish = (event: RouterEvent): Effect.Effect<void> => Effect.suspend(() => announce(event) ?? Effect.void)
    const health = yield* OpenHealth.open({ policy, carriers, publish })
    const notices = yield* Effect.flatMap(
      Effect.serviceOption(NoticeStore.NoticeStore),
      Option.match({ onNone: () => NoticeStore.makeMemory, onSome: Effect.succeed })
    )
    const { rollout } = policy
    const rollouts = Option.getOrUndefined(yield* Effect.serviceOption(RolloutStore.RolloutStore))
    const inspect = Effect.zipRight(health.refresh ?? Effect.void, Effect.map(Clock.currentTimeMillis, health.inspect))
    const { confirmsEvents: waitsForConfirmation = false } = options
    const { announceUnsaid, check: checkLines, confirmationOf: confirmationOfNotice, webhooksRightAt } = LineChecks.make({
      carriers,
      health,
      notices,
      publish,
      waitsForConfirmation,
      ...present({ isOwnWebhook: options.isOwnWebhook })
    })
    const rolling = rollout === undefined
      ? undefined
      : {
        rollout,
        publish: (event: RouterEvent) => Effect.sync(() => hub.unsafeOffer(event)),
        tell: (event: RouterEvent) => Effect.suspend(() => Telemetry.tell(event) ?? Effect.void),
        health: inspect,
        checkLines,
        waitsForConfirmation,
        store: yield* storeOf(rollouts)
      }
    if (rollouts !== undefined) yield* RolloutsAtStart.check(policy, rollouts)
    const rolled = rolling === undefined ? {} : { rollout: RolloutControl.read(rolling) }
    const engine = Engine.make(options.decide ?? Decide.decide, health)
    const announce = Announce.make(hub, health, carriers.keys())
    const idle = (options.idle ?? []).filter(({ id }) => !carriers.has(id))
    const plans = Plans.make(Array.from(carriers.values()), idle)
    // deliveries that were left behind are taken up before there is a runner
    let runner: Runner.RunnerService | undefined
    const local = MakeRunner.make({
      policy,
      carriers,
      plans,
      ledger,
      engine,
      announce,
      took: health.took,
      ...rolled,
      tellOwner: (id, fact) => runner?.tell(id, fact) ?? Effect.succeed("Unknown")
    })
    const { drain, run, tell } = runner = yield* (yield* Runner.Runner)(local)
    const deliver = passOnAnswers(options.answered, policy, run)
    const facade = Messaging.make({
      carriers: Array.from(carriers.values(), ({ capabilities, id, lines, vendor }) => ({ id, vendor, capabilities, lines })),
      idle: idle.map(({ id }) => id),
      operations: Operations.make({ policy, carriers, ledger, suppression, publish, ...rolled }),
      plan: makeForecasts({ policy, carriers, plans, ledger, suppression, ...rolled }, health),
      deliver,
      recall: recall(ledger)
    }, {
      fidelity: policy.fidelity,
      ours: Array.from(options.lines?.values() ?? []).flatMap((numbers) => Array.from(numbers.values())),
      ...(options.remember === undefined ? {} : { remember: options.remember })
    })
    const readings = UsageReadings.make(carriers, health)
    const control = rolling === undefined ? undefined : RolloutControl.make(rolling)
    const router: RouterService = {
      observe: Observe.make({
        policy,
        carriers,
        lines: options.lines ?? new Map(),
        ledger,
        suppression,
        health,
        notices,
        tell,
        publish,
        heard: facade.recordStatus
      }),
      events: Stream.takeWhile(Stream.fromPubSub(hub), (event): event is RouterEvent => event !== "End"),
      explain: explainFrom(ledger),
      ended: (id) => Effect.map(ledger.read(id), Option.flatMap(answerEnded)),
      keyed: ledger.keyed,
      held: listHeld(ledger),
      settle: (id, verdict, who) => SettleHeld.settle({ ledger, tell }, id, verdict, who),
      look: LateLooks.look({
        carriers,
        ledger,
        owned: ownership.owned,
        tell,
        lookFor: Duration.toMillis(options.lookFor ?? "1 hour")
      }),
      health: inspect,
      notices: notices.all,
      checkLines: UsageReadings.beside(readings, checkLines()),
      ...(waitsForConfirmation ? { confirmationOf: (event) => confirmationOfNotice(event) ?? control?.confirmationOf(event) } : {}),
      ...(options.isOwnWebhook === undefined ? {} : { webhooksRightAt }),
      ...(control === undefined ? {} : { rollout: control }),
      ...(rollouts === undefined ? {} : { leftOutRollouts: RolloutsAtStart.leftOut(policy, rollouts) })
    }
    yield* Effect.addFinalizer(() => drain(Duration.toMillis(options.drainFor ?? "30 seconds")))
    yield* forkBackground(options, local, ownership, { ...router, announceUnsaid }, readings.watch)
    if (rolling !== undefined) yield* ownership.runInOne("the guardrails of a rollout are checked", guardForever(rolling))
    return { messaging: facade.service, router }
  })
