/** Whether it is known who opted out while nobody listened. Until then nobody is written to who may have. */
import type { CarrierId } from "@interline/core/CarrierId"
import { Suppression, type SuppressionService } from "@interline/core/Suppression"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/**
 * `unread` are the carriers that could not be read back yet; `read` takes one out, and `waited` ends when there is none, or when a request has waited
 * long enough. `ungated` is the list itself, for whoever does the reading.
 */
export interface ConsentGateService {
  readonly unread: () => ReadonlyArray<CarrierId>
  readonly read: (carrierId: CarrierId) => Effect.Effect<void>
  readonly waited: Effect.Effect<void>
  readonly ungated: (suppression: SuppressionService) => SuppressionService
}

const open: ConsentGateService = { unread: () => [], read: () => Effect.void, waited: Effect.void, ungated: (suppression) => suppression }

/** Open, if the gateway's parts are put together without it. */
export class ConsentGate extends Context.Reference<ConsentGate>()("@interline/gateway/internal/ConsentGate", {
  defaultValue: () => open
}) {}

// a request that waits here is on its way already: much shorter than any attempt may take, or it would be taken for lost
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
            // who asks may be uninterruptible, and a race waits for its loser: that one must be
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
      // what another process left behind goes on before anybody has asked anything here; this look-up is the last step before every request
      guarded: {
        ...suppression,
        find: (handle) =>
          unread.size === 0 ? suppression.find(handle) : Effect.zipRight(within(Duration.min(waitFor, briefly)), suppression.find(handle))
      }
    }
  })

/** The list of a layer, behind a gate of its own. */
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
