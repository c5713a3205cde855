/** Takes in what carriers say unasked. */
import type { AccountNotice } from "@interline/core/AccountNotice"
import * as BoundedMap from "@interline/core/BoundedMap"
import type { Carrier } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import type { StatusFact } from "@interline/core/DeliveryStatus"
import * as Handle from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import * as Message from "@interline/core/Message"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import { present } from "@interline/core/Optional"
import type { SuppressionService } from "@interline/core/Suppression"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { RouterEvent } from "../decision/RouterEvent.ts"
import type { Health } from "../health/lineHealth.ts"
import type { LedgerService } from "../ledger/Ledger.ts"
import type { RunnerService } from "../ownership/Runner.ts"
import * as Bindings from "../policy/bindings.ts"
import type { Complete } from "../policy/Policy.ts"
import type { NoticeStoreService } from "./NoticeStore.ts"
import * as OptOuts from "./optOuts.ts"
import * as Receipts from "./receipts.ts"
import * as Telemetry from "./telemetry.ts"

export interface Parts {
  readonly policy: Complete
  readonly carriers: ReadonlyMap<CarrierId, Carrier>
  /** Our numbers at every carrier that we have, also where no message goes by it. */
  readonly lines: ReadonlyMap<LineName, ReadonlyMap<CarrierId, Handle.Phone>>
  readonly ledger: LedgerService
  readonly suppression: SuppressionService
  readonly health: Health
  readonly notices: NoticeStoreService
  readonly tell: RunnerService["tell"]
  readonly publish: (event: RouterEvent) => Effect.Effect<void>
  readonly heard: (fact: StatusFact) => Effect.Effect<void>
}

type Of<Tag extends MessagingEvent["_tag"]> = MessagingEvent & { readonly _tag: Tag }

export const make = (parts: Parts): (event: MessagingEvent) => Effect.Effect<void> => {
  const { carriers, health, heard, ledger, lines, notices, policy, publish } = parts

  const lineOf = (carrierId: CarrierId, number: string | undefined): LineName | undefined => {
    for (const [name, own] of carriers.get(carrierId)?.lines ?? []) if (own === number) return name
    for (const [name, numbers] of lines) if (number !== undefined && numbers.get(carrierId) === number) return name
    return undefined
  }

  const receipts: Receipts.Parts = { ...parts, failed: BoundedMap.makeExpiring(10_000) }
  const people: OptOuts.Parts = {
    ...parts,
    lineOf,
    outs: BoundedMap.makeExpiring(100_000),
    ins: BoundedMap.makeExpiring(100_000),
    toldLifts: BoundedMap.makeExpiring(10_000)
  }

  /** Whoever writes to a line is known there, and is answered from there, unless what they wrote is history. */
  const received = (event: Of<"Received">, at: number): Effect.Effect<void> => {
    const { carrierId, message } = event
    const { from, isGroup, to } = message
    if (message.direction !== "inbound" || from === undefined || !Handle.isHandle(from)) return Effect.void
    const line = to.map((peer) => lineOf(carrierId, peer)).find((name) => name !== undefined)
    if (line === undefined) return Effect.void
    const lifted = isGroup === true ? Effect.void : OptOuts.noteVendorLift(people, event, from, at)
    // history says when they were in touch, not where they are today
    const isHistory = Message.isHistory(message)
    const writtenAt = isHistory ? Math.min(OptOuts.readTime(message.sentAt ?? message.createdAt) ?? at, at) : at
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
        health.lineChanged({ carrierId: event.carrierId, line }, event, at, `the carrier says ${event.raw}`),
        publish,
        { discard: true }
      )
  }

  /**
   * Logs news of an account once: a check of the lines, or another webhook, may have told it before. The event itself announces it. So it is
   * not announced again if the process ends in between.
   */
  const noticed = (event: Of<"Account">, at: number): Effect.Effect<void> => {
    const { carrierId, dueAt, kind, number, severity, subject, summary, wayOut, what } = event
    const line = lineOf(carrierId, number)
    const log = Telemetry.logNotice({ carrierId, kind, severity, summary, ...present({ what, wayOut, subject, line, due: dueAt }) })
    if (what === undefined) return log
    const notice: AccountNotice = {
      carrierId,
      what,
      at: OptOuts.readTime(event.at) ?? at,
      ...present({ subject, number, dueAt: OptOuts.readTime(dueAt) })
    }
    return Effect.flatMap(notices.putSaid(notice), (isNew) => isNew ? log : Effect.void)
  }

  const taken = (event: MessagingEvent, at: number): Effect.Effect<void> => {
    switch (event._tag) {
      case "Status":
        return Effect.zipRight(
          heard(event.fact),
          Effect.zipRight(Receipts.settle(receipts, event), Receipts.correct(receipts, event, at))
        )
      case "OptedOut":
        return OptOuts.applyOptOut(people, event, at)
      case "OptedIn":
        return OptOuts.applyOptIn(people, event, at)
      case "Received":
        return received(event, at)
      case "Line":
        return lineChanged(event, at)
      case "Account":
        return noticed(event, at)
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
        return OptOuts.applyOptOut(people, event, at)
      case "Status":
        // a proof taken in twice is one proof
        return Effect.zipRight(heard(event.fact), Receipts.settle(receipts, event))
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
