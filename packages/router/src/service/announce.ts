/** Publishes what happens: to readers of the router's events, as counters, and as log lines. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Effect from "effect/Effect"
import type * as Queue from "effect/Queue"
import type { RouterEvent } from "../decision/RouterEvent.ts"
import type { Health } from "../health/lineHealth.ts"
import * as OperatorFaults from "./operatorFaults.ts"
import * as Telemetry from "./telemetry.ts"

/** What is left to do is logging. It costs nothing if there is nothing to log. */
export type Announce = (event: RouterEvent) => Effect.Effect<void> | undefined

/** A try shows whether a line needs a person, and whether a person has mended it. */
const announceTried = (health: Health, event: RouterEvent & { readonly _tag: "Tried" }): Effect.Effect<void> | undefined => {
  const { at, blame, carrierId, line, outcome, reason } = event
  const told = Telemetry.tell(event)
  const more = outcome === "accepted" && health.mended(event)
    ? Telemetry.logMended(event)
    : reason !== undefined && OperatorFaults.needsPerson(reason, blame) && health.faulted(event, reason, at)
    ? OperatorFaults.logFault(carrierId, [line], reason)
    : undefined
  return told === undefined || more === undefined ? told ?? more : Effect.zipRight(told, more)
}

export const make = (hub: Queue.Enqueue<RouterEvent>, health: Health, carriers: Iterable<CarrierId>): Announce => {
  Telemetry.prepare(carriers)
  return (event) => {
    hub.unsafeOffer(event)
    return event._tag === "Tried" ? announceTried(health, event) : Telemetry.tell(event)
  }
}
