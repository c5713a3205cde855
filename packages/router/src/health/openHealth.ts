/**
 * Gives a router the health of its lines: kept in this process, kept over a store, or shared with other processes, as the router's
 * surroundings say.
 */
import type { CarrierId } from "@interline/core/CarrierId"
import type { LineName } from "@interline/core/Line"
import * as Uuid from "@interline/core/Uuid"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { RouterEvent } from "../decision/RouterEvent.ts"
import * as SteadyClock from "../runtime/steadyClock.ts"
import * as HealthStore from "./HealthStore.ts"
import * as KeptHealth from "./keptHealth.ts"
import type * as LineFacts from "./lineFacts.ts"
import * as LineHealth from "./lineHealth.ts"
import * as SharedHealth from "./SharedHealth.ts"
import * as Authorities from "./sharing/authorities.ts"
import * as Exchanging from "./sharing/exchanging.ts"
import * as Replica from "./sharing/replica.ts"

export interface Parts {
  readonly policy: LineFacts.HealthPolicy
  readonly carriers: ReadonlyMap<CarrierId, { readonly lines: ReadonlyMap<LineName, unknown> }>
  /** Publishes what an authority said. */
  readonly publish: (event: RouterEvent) => Effect.Effect<void>
}

/** How long an inspection waits for what other processes know. */
const longestRefresh = "1 second"

const share = (
  { carriers, policy, publish }: Parts,
  seat: SharedHealth.Seat,
  store: HealthStore.HealthStoreService | undefined
): Effect.Effect<LineHealth.Health, never, Scope.Scope> =>
  Effect.gen(function*() {
    const exchange = yield* seat(Authorities.make(policy, store))
    const clock = SteadyClock.make(yield* Effect.clock)
    const isDue = yield* Effect.makeLatch(false)
    const replica = Replica.make({ policy, process: yield* Uuid.mint, offset: clock.offset, onDue: () => isDue.unsafeOpen() })
    const now = () => clock.unsafeCurrentTimeMillis()
    yield* Exchanging.run({ replica, exchange, isDue, publish, now })
    // other processes may know of lines that this one has not used
    const places = Array.from(carriers).flatMap(([carrierId, { lines }]) => Array.from(lines.keys(), (line) => ({ carrierId, line })))
    return { ...replica, refresh: Effect.ignore(Effect.timeout(Effect.suspend(() => replica.learnAll(places, now())), longestRefresh)) }
  })

export const open = (parts: Parts): Effect.Effect<LineHealth.Health, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { carriers, policy } = parts
    const seat = yield* SharedHealth.SharedHealth
    const store = Option.getOrUndefined(yield* Effect.serviceOption(HealthStore.HealthStore))
    if (seat !== undefined) return yield* share(parts, seat, store)
    if (store === undefined) return LineHealth.make(policy, yield* Clock.currentTimeMillis)
    return yield* KeptHealth.make({
      policy,
      store,
      isOurs: ({ carrierId, line }) => carriers.get(carrierId)?.lines.has(line) === true
    })
  })
