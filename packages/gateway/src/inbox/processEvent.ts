/** Processes one event of a webhook: a part before the webhook is answered, the rest when the event is taken from the queue. */
import * as Defect from "@interline/core/Defect"
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { DeliveryStatus } from "@interline/core/DeliveryStatus"
import * as Message from "@interline/core/Message"
import * as MessagingEvent from "@interline/core/MessagingEvent"
import type { RouterService } from "@interline/router/Router"
import type { ArchiveService } from "@interline/sql/Archive"
import type { NewEvent } from "@interline/sql/EventLog"
import type { Row } from "@interline/sql/InboxTable"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { FindDelivery } from "./findDelivery.ts"

type Event = MessagingEvent.MessagingEvent

export interface Parts {
  readonly router: Pick<RouterService, "observe">
  readonly archive: ArchiveService
  readonly find: FindDelivery
}

/**
 * The result for an event. `Ready`: its entry for the event log is made. `Quiet`: it needs no entry. `Early`: it may have come before the
 * answer of its send, so it is taken once more. `Failed`: it is taken again later.
 */
export type Worked =
  | { readonly _tag: "Ready"; readonly row: Row; readonly entry: NewEvent }
  | { readonly _tag: "Early"; readonly row: Row }
  | { readonly _tag: "Quiet"; readonly row: Row }
  | { readonly _tag: "Failed"; readonly row: Row; readonly why: string }

export interface WorkOff {
  /**
   * Gives an opt-out to the router before its webhook is answered. So the opt-out does not wait for earlier events. A defect here fails the
   * webhook, and the carrier sends it again. The queue gives the event to the router once more, which does no harm.
   */
  readonly applyOptOut: (event: Event, at: number) => Effect.Effect<void>
  /**
   * Puts a message into the lists before its webhook is answered. A failure here does not fail the webhook, because the queue repeats this
   * step.
   */
  readonly showMessage: (event: Event, at: number) => Effect.Effect<void>
  /**
   * Gives one event to the router and the archive. It never fails, and takes at most 30 seconds. `mayBeEarly`: whether a status of an unknown
   * message is taken once more.
   */
  readonly run: (row: Row, event: Event, mayBeEarly: boolean) => Effect.Effect<Worked>
}

/** The longest time for one event. An event that takes longer is put off like an event that failed. */
const patience = "30 seconds"

/** The result `Failed` for a row. */
export const failed = (row: Row, why: string): Worked => ({ _tag: "Failed", row, why })

/**
 * Gives an opt-out without a time the time at which it came. Otherwise an old opt-out that is processed late would count as a recent one.
 * An opt-in gets no time: an opt-in without a time ends no opt-out.
 */
const addTime = (event: Event, at: number): Event =>
  event.at === undefined && event._tag === "OptedOut" ? { ...event, at: new Date(at).toISOString() } : event

/** Marks a message as history if it was written long before it came. */
export const markLate = (event: Event, at: number): Event => {
  if (event._tag !== "Received") return event
  const message = Message.arrived(event.message, at)
  return message === event.message ? event : { ...event, message }
}

export const make = ({ archive, find, router }: Parts): WorkOff => {
  const observe = (event: Event, at: number): Effect.Effect<void> => router.observe(addTime(event, at))

  const showMessage: WorkOff["showMessage"] = (event, at) => {
    const marked = markLate(event, at)
    return marked._tag !== "Received" || marked.message.direction !== "inbound"
      ? Effect.void
      : Effect.flatMap(
        find.ofEvent(marked),
        ({ conversation, deliveryId }) => deliveryId === undefined ? archive.recordArrival(marked.message, conversation, at) : Effect.void
      ).pipe(Effect.catchAllCause(() => Effect.void))
  }

  /** The status after this fact: of the delivery if there is one, else of the one message. */
  const foldStatus = (deliveryId: DeliveryId | undefined, status: DeliveryStatus): Effect.Effect<DeliveryStatus> =>
    deliveryId === undefined
      ? Effect.succeed(status)
      : Effect.map(archive.report(deliveryId), Option.match({ onNone: () => status, onSome: (report) => report.status }))

  const work = (row: Row, event: Event, mayBeEarly: boolean): Effect.Effect<Worked> =>
    Effect.gen(function*() {
      yield* observe(event, row.at)
      const subject = yield* find.ofEvent(event)
      const at = yield* Clock.currentTimeMillis
      const entry: NewEvent = { at, ...subject, event: { kind: "carrier", data: event } }
      switch (event._tag) {
        case "Status":
          // The status may have come before the answer that names its message. Its age does not help, because two processes have two
          // clocks.
          if (subject.deliveryId === undefined && mayBeEarly) return { _tag: "Early", row } as const
          yield* archive.recordStatus(subject.deliveryId, event.fact, event.failure, row.at)
          if (MessagingEvent.isHint(event)) return { _tag: "Quiet", row } as const
          return { _tag: "Ready", row, entry: { ...entry, status: yield* foldStatus(subject.deliveryId, event.fact.status) } } as const
        case "Received":
          // The archive already holds a message of a delivery, as that delivery.
          if (subject.deliveryId === undefined) yield* archive.recordMessage(event.message, subject.conversation, row.at)
          return { _tag: "Ready", row, entry } as const
        default:
          return { _tag: "Ready", row, entry } as const
      }
    })

  return {
    applyOptOut: (event, at) => event._tag === "OptedOut" ? observe(event, at) : Effect.void,
    showMessage,
    run: (row, event, mayBeEarly) =>
      work(row, event, mayBeEarly).pipe(
        Effect.interruptible,
        // Work that cannot be interrupted goes on by itself. It accepts the same event twice without harm.
        Effect.disconnect,
        Effect.timeoutTo({
          duration: patience,
          onSuccess: (worked) => worked,
          onTimeout: () => failed(row, `it took longer than ${patience}`)
        }),
        // The message of a defect may quote the event, so only its name is kept.
        Effect.catchAllCause((cause) => Effect.succeed(failed(row, Defect.namesIn(cause))))
      )
  }
}
