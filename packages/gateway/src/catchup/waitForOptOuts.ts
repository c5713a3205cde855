/** Makes requests wait until the gateway knows which people opted out while it was not running. */
import type { CarrierId } from "@interline/core/CarrierId"
import { Suppression, type SuppressionService } from "@interline/core/Suppression"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

export interface ConsentGateService {
  /** The carriers that could not be read back yet. */
  readonly unread: () => ReadonlyArray<CarrierId>
  /** Records that a carrier was read back, or that it cannot be read back. */
  readonly read: (carrierId: CarrierId) => Effect.Effect<void>
  /** Waits until all carriers were read back, or until a request has waited for the allowed time. */
  readonly waited: Effect.Effect<void>
  /** The same list without the gate. Reading back uses it. */
  readonly ungated: (suppression: SuppressionService) => SuppressionService
}

const open: ConsentGateService = { unread: () => [], read: () => Effect.void, waited: Effect.void, ungated: (suppression) => suppression }

/** The gate. If the gateway's parts are put together without a gate, this one is open. */
export class ConsentGate extends Context.Reference<ConsentGate>()("@interline/gateway/internal/ConsentGate", {
  defaultValue: () => open
}) {}

// A request that waits here is already under way. The wait must be much shorter than an attempt may take, or the request counts as lost.
const briefly = Duration.seconds(10)

interface Gate {
  readonly gate: ConsentGateService
  readonly guarded: SuppressionService
}

const make = (suppression: SuppressionService, carriers: ReadonlyArray<CarrierId>, waitFor: Duration.Duration): Effect.Effect<Gate> =>
  Effect.gen(function*() {
    const startedAt = yield* Clock.currentTimeMillis
    const unread = new Set(carriers)
    let listed: ReadonlyArray<CarrierId> = Array.from(unread)
    const latch = yield* Effect.makeLatch(unread.size === 0)
    const within = (limit: Duration.Duration): Effect.Effect<void> =>
      Effect.suspend(() =>
        unread.size === 0
          ? Effect.void
          : Effect.flatMap(Clock.currentTimeMillis, (now) =>
            // The caller may be uninterruptible, and a race waits for its loser. So the loser must be interruptible.
            Effect.race(
              Effect.interruptible(latch.await),
              Effect.interruptible(Effect.sleep(Duration.millis(Math.max(0, startedAt + Duration.toMillis(limit) - now))))
            ))
      )
    return {
      gate: {
        unread: () => listed,
        read: (carrierId) =>
          Effect.suspend(() => {
            unread.delete(carrierId)
            listed = Array.from(unread)
            return unread.size === 0 ? Effect.asVoid(latch.open) : Effect.void
          }),
        waited: within(waitFor),
        ungated: () => suppression
      },
      // Deliveries that another process left unfinished go on before any request comes here. This look-up is the last step before each of
      // their requests.
      guarded: {
        ...suppression,
        find: (handle) =>
          unread.size === 0 ? suppression.find(handle) : Effect.zipRight(within(Duration.min(waitFor, briefly)), suppression.find(handle))
      }
    }
  })

/** Puts the suppression list of a layer behind a gate. Look-ups wait until all these carriers were read back, and at most `waitFor`. */
export const layer = <E, R>(
  list: Layer.Layer<Suppression, E, R>,
  carriers: ReadonlyArray<CarrierId>,
  waitFor: Duration.Duration
): Layer.Layer<Suppression | ConsentGate, E, R> =>
  Layer.flatMap(
    list,
    (context) =>
      Layer.effectContext(Effect.map(make(Context.get(context, Suppression), carriers, waitFor), ({ gate, guarded }) =>
        Context.make(Suppression, guarded).pipe(Context.add(ConsentGate, gate))))
  )
