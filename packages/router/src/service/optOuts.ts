/** What people say of whether they want messages: opt-outs stop every carrier, opt-ins clear them if they are beyond doubt. */
import type * as BoundedMap from "@interline/core/BoundedMap"
import type { Carrier } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Handle from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import type { SuppressionService } from "@interline/core/Suppression"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { RouterEvent } from "../decision/RouterEvent.ts"

export interface Parts {
  readonly carriers: ReadonlyMap<CarrierId, Carrier>
  readonly suppression: SuppressionService
  readonly publish: (event: RouterEvent) => Effect.Effect<void>
  /** Our name of a number at a carrier, if it is ours. */
  readonly lineOf: (carrierId: CarrierId, number: string | undefined) => LineName | undefined
  /** When each person last opted out at each carrier, so that an older event that comes later changes nothing. */
  readonly outs: BoundedMap.ExpiringMap<string, number>
  /** The same of opt-ins. */
  readonly ins: BoundedMap.ExpiringMap<string, number>
  /** Opt-outs that a vendor has taken back by itself, as far as that was published. */
  readonly toldLifts: BoundedMap.ExpiringMap<string, number>
}

type Of<Tag extends MessagingEvent["_tag"]> = MessagingEvent & { readonly _tag: Tag }
type NotRestored = RouterEvent & { readonly _tag: "NotRestored" }

// as far as clocks differ
const ahead = 300_000

/** Epoch milliseconds of a time that a vendor wrote. */
export const readTime = (at: string | undefined): number | undefined => {
  const time = at === undefined ? Number.NaN : Date.parse(at)
  return Number.isNaN(time) ? undefined : time
}

/** The vendor's own time of an event, as far as it lies behind us: a clock that is ahead must not outdate what comes next. */
const readSaidAt = (event: Of<"OptedOut" | "OptedIn">, at: number): number => Math.min(readTime(event.at) ?? at, at)

/** One key for every spelling of a person's number. */
const keyOf = ({ carrierId, handle }: Of<"OptedOut" | "OptedIn">): string =>
  `${carrierId}|${Handle.variants(handle).reduce((least, one) => one < least ? one : least)}`

// vendors' clocks differ: only the same vendor's later opt-in outdates an opt-out
export const applyOptOut = ({ ins, outs, publish, suppression }: Parts, event: Of<"OptedOut">, at: number): Effect.Effect<void> => {
  const said = readSaidAt(event, at)
  const isOld = (ins.get(keyOf(event)) ?? Number.NEGATIVE_INFINITY) > said
  const isRepeated = (outs.get(keyOf(event)) ?? Number.NEGATIVE_INFINITY) >= said
  if (isOld || (isRepeated && event.at !== undefined)) return Effect.void
  outs.set(keyOf(event), said, at, Number.POSITIVE_INFINITY)
  const suppressed = Effect.zipRight(
    suppression.add(event.handle, "event", event.carrierId, said),
    publish({ _tag: "Suppressed", at, carrierId: event.carrierId, source: "event" })
  )
  return event.askedIn === true
    ? Effect.zipRight(suppressed, publish({ _tag: "NotRestored", at, carrierId: event.carrierId, why: "vendor" }))
    : suppressed
}

// what permits counts only where it is beyond doubt: said to us, at a time that can be believed, after every opt-out
export const applyOptIn = ({ ins, lineOf, publish, suppression }: Parts, event: Of<"OptedIn">, at: number): Effect.Effect<void> => {
  const { carrierId, handle, line } = event
  const kept = (why: NotRestored["why"]): Effect.Effect<void> =>
    Effect.flatMap(
      suppression.find(handle),
      (entry) => Option.isNone(entry) ? Effect.void : publish({ _tag: "NotRestored", at, carrierId, why })
    )
  // carriers report for a whole account: "start" may be the answer to another product's question
  if (lineOf(carrierId, line) === undefined) return kept("line")
  const time = readTime(event.at)
  if (time === undefined || time > at + ahead) return kept("time")
  const said = Math.min(time, at)
  ins.set(keyOf(event), Math.max(ins.get(keyOf(event)) ?? said, said), at, Number.POSITIVE_INFINITY)
  return Effect.flatMap(suppression.lift(handle, said), (lifting) => {
    switch (lifting) {
      case "lifted":
        return publish({ _tag: "Restored", at, carrierId, source: "event" })
      case "none":
        return Effect.void
      case "explicit":
      case "newer":
        return publish({ _tag: "NotRestored", at, carrierId, why: lifting })
    }
  })
}

/**
 * A vendor may take an opt-out back by itself, with any later message of the person. Its list and ours differ from then on, and ours stands: a person
 * who answers has not said that they want to be written to again.
 */
export const noteVendorLift = (
  { carriers, publish, suppression, toldLifts }: Parts,
  { carrierId, message }: Of<"Received">,
  person: Handle.Handle,
  at: number
): Effect.Effect<void> => {
  const written = readTime(message.sentAt ?? message.createdAt)
  return carriers.get(carrierId)?.capabilities.liftsOptOuts !== true || written === undefined
    ? Effect.void
    : Effect.flatMap(suppression.find(person), (entry) => {
      // what the application said the vendor never knew
      if (Option.isNone(entry) || entry.value.source === "explicit" || written <= entry.value.saidAt) return Effect.void
      const key = `${carrierId}|${person}`
      if (toldLifts.get(key) === entry.value.saidAt) return Effect.void
      toldLifts.set(key, entry.value.saidAt, at, Number.POSITIVE_INFINITY)
      return publish({ _tag: "NotRestored", at, carrierId, why: "vendor" })
    })
}
