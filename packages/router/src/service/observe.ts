/** The one door for what carriers say unasked. */
import * as BoundedMap from "@interline/core/BoundedMap"
import type { Carrier } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as DeliveryId from "@interline/core/DeliveryId"
import type { StatusFact } from "@interline/core/DeliveryStatus"
import * as Handle from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import * as Message from "@interline/core/Message"
import * as MessageRef from "@interline/core/MessageRef"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import type { SuppressionService } from "@interline/core/Suppression"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { RouterEvent } from "../decision/RouterEvent.ts"
import type { RunnerService } from "../delivery/Runner.ts"
import type { Health } from "../health/lineHealth.ts"
import type { LedgerService } from "../ledger/Ledger.ts"
import * as Bindings from "../policy/bindings.ts"
import type { Complete } from "../policy/Policy.ts"
import * as Telemetry from "./telemetry.ts"

export interface Setup {
  readonly policy: Complete
  readonly carriers: ReadonlyMap<CarrierId, Carrier>
  /** Our numbers at every carrier that we have, also where no message goes by it. */
  readonly lines: ReadonlyMap<LineName, ReadonlyMap<CarrierId, Handle.Phone>>
  readonly ledger: LedgerService
  readonly suppression: SuppressionService
  readonly health: Health
  readonly tell: RunnerService["tell"]
  readonly publish: (event: RouterEvent) => Effect.Effect<void>
  readonly heard: (fact: StatusFact) => Effect.Effect<void>
}

type Of<Tag extends MessagingEvent["_tag"]> = MessagingEvent & { readonly _tag: Tag }
type Told<Tag extends RouterEvent["_tag"]> = RouterEvent & { readonly _tag: Tag }

// as far as clocks differ
const ahead = 300_000

const timeOf = (at: string | undefined): number | undefined => {
  const time = at === undefined ? Number.NaN : Date.parse(at)
  return Number.isNaN(time) ? undefined : time
}

export const make = (
  { carriers, health, heard, ledger, lines, policy, publish, suppression, tell }: Setup
): (event: MessagingEvent) => Effect.Effect<void> => {
  /** When each person last opted out and in at each carrier, so that an older event that comes later changes nothing. */
  const outs = BoundedMap.makeExpiring<string, number>(100_000)
  const ins = BoundedMap.makeExpiring<string, number>(100_000)
  /** Opt-outs that a vendor has taken back by itself, as far as it was told. */
  const toldLifts = BoundedMap.makeExpiring<string, number>(10_000)
  /** Messages that were reported as failed. */
  const failed = BoundedMap.makeExpiring<string, boolean>(10_000)

  const lineOf = (carrierId: CarrierId, number: Handle.Phone | string | undefined): LineName | undefined => {
    for (const [name, own] of carriers.get(carrierId)?.lines ?? []) if (own === number) return name
    for (const [name, numbers] of lines) if (number !== undefined && numbers.get(carrierId) === number) return name
    return undefined
  }

  // --- receipts ---

  const settle = (event: Of<"Status">, at: number): Effect.Effect<void> => {
    const { fact, idempotencyKey } = event
    const key = idempotencyKey === undefined ? Option.none() : DeliveryId.fromKey(idempotencyKey)
    if (Option.isNone(key)) return Effect.void
    const { deliveryId, generation, step } = key.value
    return Effect.asVoid(tell(deliveryId, (entry) => {
      const { route, trials } = entry.state
      const carrierId = trials.find((trial) => trial.generation === generation)?.carrierId ?? route[entry.state.at]?.carrierId
      // a key of one carrier's attempt says nothing in another carrier's mouth
      if (carrierId !== event.carrierId) return undefined
      const parts = entry.progress?.plan.carrierId === carrierId ? entry.progress.plan.steps[step]?.parts ?? [] : []
      return {
        _tag: "Observed",
        at,
        generation,
        step,
        receipt: { ref: fact.ref, parts, status: fact.status, ...(fact.service === undefined ? {} : { service: fact.service }) },
        by: "event"
      }
    }))
  }

  const corrections = ({ fact }: Of<"Status">, at: number): Effect.Effect<void> => {
    const ref = MessageRef.format(fact.ref)
    const failedBefore = failed.get(ref) === true
    const isNews = fact.status === "failed" ? !failedBefore : failedBefore && (fact.status === "delivered" || fact.status === "read")
    if (!isNews) return Effect.void
    failed.set(ref, fact.status === "failed", at, Number.POSITIVE_INFINITY)
    return Effect.flatMap(ledger.owners([fact.ref]), (owners) => {
      const deliveryId = owners.get(ref)
      if (deliveryId === undefined) return Effect.void
      const event: RouterEvent = fact.status === "failed"
        ? { _tag: "FailedLater", deliveryId, at, ref: fact.ref, ...(fact.vendorCode === undefined ? {} : { vendorCode: fact.vendorCode }) }
        : { _tag: "Corrected", deliveryId, at, ref: fact.ref, status: fact.status }
      return Effect.zipRight(ledger.append(deliveryId, [event]), publish(event))
    })
  }

  // --- people ---

  /** The vendor's own time of an event, as far as it lies behind us: a clock that is ahead must not outdate what comes next. */
  const saidAt = (event: Of<"OptedOut" | "OptedIn">, at: number): number => Math.min(timeOf(event.at) ?? at, at)

  /** One key for every spelling of a person's number. */
  const keyOf = ({ carrierId, handle }: Of<"OptedOut" | "OptedIn">): string =>
    `${carrierId}|${Handle.variants(handle).reduce((least, one) => one < least ? one : least)}`

  // vendors' clocks differ: only the same vendor's later opt-in outdates an opt-out
  const optedOut = (event: Of<"OptedOut">, at: number): Effect.Effect<void> => {
    const said = saidAt(event, at)
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
  const optedIn = (event: Of<"OptedIn">, at: number): Effect.Effect<void> => {
    const { carrierId, handle, line } = event
    const kept = (why: Told<"NotRestored">["why"]): Effect.Effect<void> =>
      Effect.flatMap(
        suppression.find(handle),
        (entry) => Option.isNone(entry) ? Effect.void : publish({ _tag: "NotRestored", at, carrierId, why })
      )
    // carriers report for a whole account: "start" may be the answer to another product's question
    if (lineOf(carrierId, line) === undefined) return kept("line")
    const time = timeOf(event.at)
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
  const vendorLifted = (
    carrierId: CarrierId,
    person: Handle.Handle,
    message: Of<"Received">["message"],
    at: number
  ): Effect.Effect<void> => {
    const written = timeOf(message.sentAt ?? message.createdAt)
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

  /** Whoever writes to a line is known there, and is answered from there, unless what they wrote is history. */
  const received = ({ carrierId, message }: Of<"Received">, at: number): Effect.Effect<void> => {
    const { from, isGroup, to } = message
    if (message.direction !== "inbound" || from === undefined || !Handle.isHandle(from)) return Effect.void
    const line = to.map((peer) => lineOf(carrierId, peer)).find((name) => name !== undefined)
    if (line === undefined) return Effect.void
    const lifted = isGroup === true ? Effect.void : vendorLifted(carrierId, from, message, at)
    // history says when they were in touch, not where they are today
    const isHistory = Message.isHistory(message)
    const writtenAt = isHistory ? Math.min(timeOf(message.sentAt ?? message.createdAt) ?? at, at) : at
    const touched = ledger.touch(carrierId, line, from, "inbound", writtenAt)
    // nothing goes by a carrier that is not in use, so no conversation moves there
    if (isGroup === true || isHistory || !carriers.has(carrierId)) return Effect.zipRight(lifted, touched)
    const conversation = Conversation.direct(line, from)
    return Effect.zipRight(
      Effect.zipRight(lifted, touched),
      Bindings.follow({ policy, ledger }, carriers, { carrierId, line, conversation, at })
    )
  }

  const lineChanged = (event: Of<"Line">, at: number): Effect.Effect<void> => {
    const line = lineOf(event.carrierId, event.number)
    return line === undefined || !carriers.has(event.carrierId)
      ? Effect.void
      : Effect.forEach(
        health.lineChanged(event.carrierId, line, event.available, at, `the carrier says ${event.raw}`, event.gone),
        publish,
        { discard: true }
      )
  }

  const taken = (event: MessagingEvent, at: number): Effect.Effect<void> => {
    switch (event._tag) {
      case "Status":
        return Effect.zipRight(heard(event.fact), Effect.zipRight(settle(event, at), corrections(event, at)))
      case "OptedOut":
        return optedOut(event, at)
      case "OptedIn":
        return optedIn(event, at)
      case "Received":
        return received(event, at)
      case "Line":
        return lineChanged(event, at)
      case "Account":
        return Telemetry.notice(event)
      default:
        return Effect.void
    }
  }

  /**
   * An event is marked as seen after its work: what failed is done when it comes again. Two that come at once may both do it,
   * which does no harm; one that comes later, when other events have come since, does not.
   */
  const again = (event: MessagingEvent, at: number): Effect.Effect<void> => {
    switch (event._tag) {
      case "OptedOut":
        return optedOut(event, at)
      case "Status":
        // a proof taken in twice is one proof
        return Effect.zipRight(heard(event.fact), settle(event, at))
      default:
        return Effect.void
    }
  }

  return (event) =>
    Effect.flatMap(Clock.currentTimeMillis, (at) => {
      const { carrierId, id } = event
      return Effect.uninterruptible(
        id === undefined
          ? taken(event, at)
          : Effect.flatMap(ledger.seen(carrierId, id), (isSeen) =>
            isSeen ? again(event, at) : Effect.zipRight(taken(event, at), ledger.first(carrierId, id, at)))
      )
    })
}
