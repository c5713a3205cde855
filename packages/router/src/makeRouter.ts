/** Puts the parts together: policy, carriers, ledger, engine, shell, the door for events, and the looks for what is held. */
import type { Carrier } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import { Carriers } from "@interline/core/Carriers"
import * as Messaging from "@interline/core/Messaging"
import type * as MessagingService from "@interline/core/MessagingService"
import { Suppression } from "@interline/core/Suppression"
import * as Uuid from "@interline/core/Uuid"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Decision from "./decision/Decision.ts"
import type { RouterEvent } from "./decision/RouterEvent.ts"
import { ended } from "./delivery/job.ts"
import * as LineChecks from "./delivery/lineChecks.ts"
import * as Mending from "./delivery/mending.ts"
import * as Observe from "./delivery/observe.ts"
import * as Operations from "./delivery/operations.ts"
import { lease, renewEvery } from "./delivery/record.ts"
import * as SettleHeld from "./delivery/settleHeld.ts"
import * as Shell from "./delivery/shell.ts"
import * as Telemetry from "./delivery/telemetry.ts"
import * as Engine from "./health/engine.ts"
import * as LineHealth from "./health/lineHealth.ts"
import { type Entry, Ledger } from "./ledger/Ledger.ts"
import * as Policy from "./policy/Policy.ts"
import type { Explanation, HeldDelivery, Options, RouterService } from "./Router.ts"

const explanation = (entry: Entry, decisions: ReadonlyArray<RouterEvent>): Explanation => ({
  deliveryId: entry.id,
  trials: entry.state.trials,
  decisions,
  outcome: entry.state.result?.outcome,
  doubt: entry.state.doubt?.evidence
})

const heldDelivery = ({ id, state }: Entry): ReadonlyArray<HeldDelivery> => {
  const trial = state.trials.find(({ generation }) => generation === state.generation)
  return state.doubt === undefined || trial === undefined
    ? []
    : [{ deliveryId: id, since: state.doubt.since, trial, evidence: state.doubt.evidence }]
}

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
    const owner = yield* Uuid.mint
    const hub = yield* PubSub.sliding<RouterEvent>(1_024)
    const health = LineHealth.make(policy, yield* Clock.currentTimeMillis)
    const engine = Engine.make(options.decide ?? Decision.decide, health)
    const tried = (event: RouterEvent & { readonly _tag: "Tried" }): Effect.Effect<void> | undefined => {
      const { at, blame, carrierId, outcome, reason } = event
      if (outcome === "accepted" && health.mended(event)) {
        return Effect.zipRight(Telemetry.tell(event) ?? Effect.void, Telemetry.mended(event))
      }
      return reason !== undefined && Mending.needsPerson(reason, blame) && health.faulted(event, reason, at)
        ? Effect.zipRight(Telemetry.tell(event) ?? Effect.void, Mending.warning(carrierId, [event.line], reason))
        : Telemetry.tell(event)
    }
    const announce = (event: RouterEvent): Effect.Effect<void> | undefined => {
      hub.unsafeOffer(event)
      return event._tag === "Tried" ? tried(event) : Telemetry.tell(event)
    }
    const publish = (event: RouterEvent): Effect.Effect<void> => Effect.suspend(() => announce(event) ?? Effect.void)
    const busy = yield* Effect.makeLatch(false)
    const idle = (options.idle ?? []).filter(({ id }) => !carriers.has(id))
    const shell = Shell.make({ policy, carriers, idle, ledger, engine, owner, lease, announce, took: health.took, busy })
    const facade = Messaging.make({
      carriers: Array.from(carriers.values(), ({ capabilities, id, lines, vendor }) => ({ id, vendor, capabilities, lines })),
      idle: idle.map(({ id }) => id),
      operations: Operations.make({ policy, carriers, ledger, suppression, publish }),
      plan: shell.plan,
      deliver: shell.deliver,
      recall: (id) =>
        Effect.map(ledger.read(id), Option.filterMap(({ state }) => state.taken.length > 0 ? Option.some(state.taken) : Option.none()))
    }, {
      fidelity: policy.fidelity,
      ours: Array.from(options.lines?.values() ?? []).flatMap((numbers) => Array.from(numbers.values())),
      ...(options.remember === undefined ? {} : { remember: options.remember })
    })

    const observe = Observe.make({
      policy,
      carriers,
      lines: options.lines ?? new Map(),
      ledger,
      suppression,
      health,
      shell,
      publish,
      heard: facade.heard
    })

    const lookFor = Duration.toMillis(options.lookFor ?? "1 hour")
    const look = Effect.flatMap(Clock.currentTimeMillis, (at) =>
      Effect.zipRight(
        // those that nobody can settle must not stand in front of the others
        Effect.flatMap(
          ledger.held(Number.MAX_SAFE_INTEGER),
          (held) => Effect.forEach(held.filter(({ state }) => (state.doubt?.since ?? 0) > at - lookFor), shell.lookAgain, { discard: true })
        ),
        Effect.forEach(shell.absentees(), (absentee) =>
          Effect.map(absentee.progress.startedAt > at - lookFor ? shell.lookForAbsent(absentee) : Effect.succeed(true), (done) => {
            if (done) shell.forget(absentee)
          }), { discard: true })
      ))

    const checkLines = LineChecks.make(carriers, health, publish)

    const router: RouterService = {
      observe,
      events: Stream.fromPubSub(hub),
      explain: (id) =>
        Effect.flatMap(ledger.read(id), (entry) =>
          Option.isNone(entry)
            ? Effect.succeedNone
            : Effect.map(ledger.history(id), (decisions) =>
              Option.some(explanation(entry.value, decisions)))),
      ended: (id) => Effect.map(ledger.read(id), Option.flatMap(ended)),
      held: (limit = 100) => Effect.map(ledger.held(limit), (entries) => entries.flatMap(heldDelivery)),
      settle: (id, verdict, who) => SettleHeld.settle(shell, id, verdict, who),
      look,
      health: Effect.map(Clock.currentTimeMillis, health.inspect),
      checkLines
    }

    const patrol = Effect.forever(Effect.zipRight(
      Effect.sleep(options.lookEvery ?? "1 minute"),
      Effect.zipRight(
        Effect.catchAllCause(shell.adopt, (cause) =>
          Effect.logError("deliveries of other processes could not be taken over", Telemetry.placeOf(cause))),
        Effect.catchAllCause(look, (cause) =>
          Effect.logError("held deliveries could not be looked for", Telemetry.placeOf(cause)))
      )
    ))
    yield* Effect.addFinalizer(() =>
      shell.drain(Duration.toMillis(options.drainFor ?? "30 seconds"))
    )
    yield* shell.adopt
    yield* Effect.forkScoped(Effect.interruptible(patrol))
    const renewal = Effect.catchAllCause(shell.renew, (cause) => Effect.logError("leases could not be renewed", Telemetry.placeOf(cause)))
    yield* Effect.forkScoped(
      Effect.interruptible(Effect.forever(Effect.zipRight(busy.await, Effect.zipRight(Effect.sleep(renewEvery), renewal))))
    )
    if (options.checkLinesEvery !== undefined) {
      const checking = Effect.catchAllCause(
        checkLines,
        (cause) => Effect.logWarning("lines could not be checked", Telemetry.reasonOf(cause))
      )
      yield* Effect.forkScoped(Effect.interruptible(Effect.forever(Effect.zipRight(checking, Effect.sleep(options.checkLinesEvery)))))
    }
    return { messaging: facade.service, router }
  })
