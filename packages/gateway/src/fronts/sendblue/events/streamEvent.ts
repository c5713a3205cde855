/** Events as those of Sendblue's event stream. */
import type { RouterEvent } from "@interline/router/RouterEvent"
import type * as SendblueWords from "@interline/sendblue/SendblueWords"
import type { GatewayEvent } from "@interline/sql/EventLog"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { NotRendered } from "../../../events/Renderer.ts"
import * as Lines from "../lines.ts"
import * as Services from "../services.ts"
import * as Wire from "../wire.ts"
import * as ChatEvents from "./chatEvents.ts"
import * as MessageEvents from "./messageEvents.ts"
import type { EventPayload, Of } from "./payload.ts"
import * as RenderEvent from "./renderEvent.ts"

/** An event of the stream. `occurred_at` is the time at which the gateway knew it, by which the lists find what was missed. */
export interface AccountEvent {
  readonly version: 1
  /** The same in every connection and in every process. */
  readonly id: string
  readonly type: SendblueWords.StreamType
  readonly occurred_at: string
  readonly data: Readonly<Record<string, unknown>>
}

type Events = Effect.Effect<ReadonlyArray<AccountEvent>, NotRendered>

const nothing: Events = Effect.succeed([])

const make = ({ at }: GatewayEvent, type: SendblueWords.StreamType, id: string, data: AccountEvent["data"]): AccountEvent => ({
  version: 1,
  id,
  type,
  occurred_at: Wire.iso(at),
  data
})

/** The message as the event shows it. The whole message is beside the fields, because that of a reaction cannot be read by its handle. */
const ofMessage = (
  event: GatewayEvent,
  type: "message.received" | "message.created" | "message.updated",
  shown: Wire.Shown
): AccountEvent => {
  const { date_updated, error_code, error_message, is_outbound, message_handle, number, sendblue_number, status } = shown
  // The state is read when the event is shown, so only the entry of the log is the same in every connection.
  const phase = type === "message.updated" ? `updated:${event.id}` : type.slice("message.".length)
  return make(event, type, `message:${message_handle}:${phase}`, {
    message_id: message_handle,
    is_outbound,
    status,
    updated_at: date_updated,
    number,
    sendblue_number,
    error_code,
    error_message,
    message: shown
  })
}

const ofPayload = (event: GatewayEvent, created: boolean) => (payload: EventPayload): AccountEvent => {
  switch (payload.type) {
    case "receive":
      return ofMessage(event, "message.received", payload.payload)
    case "outbound":
      return ofMessage(event, created ? "message.created" : "message.updated", payload.payload)
    case "typing_indicator":
      return make(event, "typing.changed", `typing:${event.id}`, { ...payload.payload })
    case "line_blocked":
      return make(event, "line.blocked", `line:${event.id}:blocked`, payload.payload)
  }
}

// --- lines ---

/** A line that has come or gone. */
const ofAssignment = (event: GatewayEvent, what: string | undefined, sendblue_number: string | null): ReadonlyArray<AccountEvent> =>
  what === "line-assigned"
    ? [make(event, "line.assigned", `line:${event.id}:assigned`, { sendblue_number })]
    : what === "line-gone"
    ? [make(event, "line.unassigned", `line:${event.id}:unassigned`, { sendblue_number })]
    : []

/** The state of a line. Another event says that a line is gone. */
const ofLine = (services: Services.RenderServices, { available, gone, number, status }: Of<"Line">, event: GatewayEvent): Events => {
  if (number === undefined || gone === true) return nothing
  const word = Lines.wordOf({ available, status })
  const at = Wire.iso(event.at)
  const line = services.front.lineOf(number)
  const state = make(event, "line.status.changed", `line:${event.id}:status:${word}`, {
    worker_id: Option.getOrNull(line),
    sendblue_number: ChatEvents.showNumber(services, number),
    status: word,
    status_changed_at: at,
    assignment: "assigned"
  })
  return Effect.map(
    ChatEvents.renderLine(services, { available, number }),
    (blocked) => [state, ...Option.toArray(Option.map(blocked, ofPayload(event, false)))]
  )
}

// --- decisions ---

const ofRouterEvent = (services: Services.RenderServices, data: RouterEvent, event: GatewayEvent): Events => {
  if (data._tag === "Noticed") {
    return Effect.succeed(data.line === undefined ? [] : ofAssignment(event, data.what, Services.numberOf(services, data.line)))
  }
  return RenderEvent.changes[data._tag] && "deliveryId" in data
    ? Effect.map(
      MessageEvents.renderOutbound(services, data.deliveryId),
      (found) => Option.toArray(Option.map(found, ofPayload(event, false)))
    )
    : nothing
}

/** The events of an entry of the log. Most entries have one, and some have none. */
export const render = (services: Services.RenderServices, event: GatewayEvent): Events => {
  if (event.event.kind === "router") return ofRouterEvent(services, event.event.data, event)
  const { data } = event.event
  if (data._tag === "Line") return ofLine(services, data, event)
  if (data._tag === "Account") {
    return Effect.succeed(
      data.number === undefined ? [] : ofAssignment(event, data.what, ChatEvents.showNumber(services, data.number))
    )
  }
  return Effect.map(
    RenderEvent.renderCarrierEvent(services, data, event, event.deliveryId),
    // a message of ours that no delivery is known for was sent by another program
    (found) => Option.toArray(Option.map(found, ofPayload(event, data._tag === "Received")))
  )
}
