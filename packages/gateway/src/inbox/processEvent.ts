/** What is done about one event of a webhook: a part before the webhook is answered, the rest when the event is taken from the queue. */
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
 * What became of an event. `Ready`: its entry for the event log is made. `Quiet`: it has none. `Early`: it may have come before the answer of its
 * send, so it is taken once more. `Failed`: it is taken again later.
 */
export type Worked =
  | { readonly _tag: "Ready"; readonly row: Row; readonly entry: NewEvent }
  | { readonly _tag: "Early"; readonly row: Row }
  | { readonly _tag: "Quiet"; readonly row: Row }
  | { readonly _tag: "Failed"; readonly row: Row }

export interface WorkOff {
  /**
   * Takes an opt-out to the router before its webhook is answered, so that it waits for no event that came before it. A defect here fails the
   * webhook, and the carrier sends it again. The queue takes the event to the router once more, without harm.
   */
  readonly applyOptOut: (event: Event, at: number) => Effect.Effect<void>
  /** Puts a message into the lists before its webhook is answered. What fails here is done again when the event is worked off, so it does not fail the webhook. */
  readonly showMessage: (event: Event, at: number) => Effect.Effect<void>
  /** Takes one event to the router and the archive. It never fails, and lasts 30 seconds at most. */
  readonly run: (row: Row, event: Event) => Effect.Effect<Worked>
}

/** How long one event may take. An event that hangs is put off like one that fails. */
const patience = "30 seconds"

/** `Failed` for a row. */
export const failed = (row: Row): Worked => ({ _tag: "Failed", row })

/** An old opt-out must not pass for a recent one: without a time of its own it gets the time at which it came. An opt-in without a time lifts nothing. */
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

  /** The status of the delivery after this fact, or of the one message. */
  const foldStatus = (deliveryId: DeliveryId | undefined, status: DeliveryStatus): Effect.Effect<DeliveryStatus> =>
    deliveryId === undefined
      ? Effect.succeed(status)
      : Effect.map(archive.report(deliveryId), Option.match({ onNone: () => status, onSome: (report) => report.status }))

  const work = (row: Row, event: Event): Effect.Effect<Worked> =>
    Effect.gen(function*() {
      yield* observe(event, row.at)
      const subject = yield* find.ofEvent(event)
      const at = yield* Clock.currentTimeMillis
      const entry: NewEvent = { at, ...subject, event: { kind: "carrier", data: event } }
      switch (event._tag) {
        case "Status":
          // the status may have overtaken the answer that names its message; its age is no help, because two processes have two clocks
          if (subject.deliveryId === undefined && row.attempts === 1) return { _tag: "Early", row } as const
          yield* archive.recordStatus(subject.deliveryId, event.fact, event.failure, row.at)
          if (MessagingEvent.isHint(event)) return { _tag: "Quiet", row } as const
          return { _tag: "Ready", row, entry: { ...entry, status: yield* foldStatus(subject.deliveryId, event.fact.status) } } as const
        case "Received":
          // a message of a delivery is in the archive as that
          if (subject.deliveryId === undefined) yield* archive.recordMessage(event.message, subject.conversation, row.at)
          return { _tag: "Ready", row, entry } as const
        default:
          return { _tag: "Ready", row, entry } as const
      }
    })

  return {
    applyOptOut: (event, at) => event._tag === "OptedOut" ? observe(event, at) : Effect.void,
    showMessage,
    run: (row, event) =>
      work(row, event).pipe(
        Effect.interruptible,
        // what cannot be interrupted is left to itself; it takes an event twice without harm
        Effect.disconnect,
        Effect.timeoutTo({ duration: patience, onSuccess: (worked) => worked, onTimeout: () => failed(row) }),
        Effect.catchAllCause(() => Effect.succeed(failed(row)))
      )
  }
}
