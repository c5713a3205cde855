/** Finds the line that an event is about. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { LineName } from "@interline/core/Line"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import type { GatewayEvent } from "@interline/sql/EventLog"
import type { Reporting } from "../config/configuredNumbers.ts"

type Carriers = ReadonlyArray<Reporting>

/** The line with a number at a carrier. */
export const lineWith =
  (carriers: Carriers) => (carrierId: CarrierId, numbers: ReadonlyArray<string | undefined>): LineName | undefined => {
    for (const [name, own] of carriers.find(({ id }) => id === carrierId)?.lines ?? []) if (numbers.includes(own)) return name
    return undefined
  }

/** Our own numbers in an event. Some kinds of events have none. */
const numbersOf = (event: MessagingEvent): ReadonlyArray<string | undefined> => {
  switch (event._tag) {
    case "Received":
      return event.message.direction === "inbound" ? event.message.to : [event.message.from]
    case "Typing":
    case "Location":
    case "Poll":
    case "Reaction":
    case "OptedOut":
    case "OptedIn":
      return [event.line]
    case "Line":
    case "Account":
      return [event.number]
    case "Status":
    case "Edited":
    case "Participant":
    case "Chat":
    case "Unrecognized":
      return []
  }
}

/** The line that an entry of the log is about, if it is known. */
export const lineOf = (carriers: Carriers) => {
  const line = lineWith(carriers)
  return ({ conversation, event }: Pick<GatewayEvent, "conversation" | "event">): LineName | undefined =>
    conversation?.line ??
      (event.kind === "carrier" ? line(event.data.carrierId, numbersOf(event.data)) : "line" in event.data ? event.data.line : undefined)
}
