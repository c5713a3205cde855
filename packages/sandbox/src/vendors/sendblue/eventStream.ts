/** Serves Sendblue's event stream, `GET /api/v2/events`, and tells it what happens (sendblue 3.17.0, read 2026-11-30). */
import * as Effect from "effect/Effect"
import * as Json from "../../http/json.ts"
import type * as PathTable from "../../http/pathTable.ts"
import type { Message, NetworkEvent } from "../../world/model.ts"
import * as Lines from "./lines.ts"
import * as Refusal from "./refusal.ts"
import type { SendblueState } from "./state.ts"
import * as Wire from "./wire.ts"

const open = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => ({ request }) =>
  Effect.suspend(() => {
    const types = request.query.get("types")?.split(",").filter((type) => type !== "") ?? []
    const reply = state.streams?.open("sendblue", types.length === 0 ? undefined : new Set(types), state.caller?.expiresAt)
    return reply === undefined ? Refusal.refuse(404, "Not Found") : Effect.succeed(reply)
  })

const tell = (state: SendblueState, type: string, id: string, at: number, data: Json.JsonObject): void =>
  state.streams?.tell({
    vendor: "sendblue",
    event: type,
    data: JSON.stringify({ version: 1, id, type, occurred_at: Json.iso(at), data })
  })

/** The few fields of an event about a message. The text is not among them. */
const tellMessage = (state: SendblueState, message: Message, type: string, phase: string, at: number): void =>
  tell(state, type, `message:${message.id}:${phase}`, at, {
    message_id: message.id,
    is_outbound: message.direction === "outbound",
    status: Wire.status(message),
    updated_at: Json.iso(message.updatedAt),
    number: message.direction === "outbound" ? message.to[0] ?? null : message.from,
    sendblue_number: message.line
  })

/** Tells that a message was accepted. */
export const created = (state: SendblueState, message: Message): void =>
  tellMessage(state, message, "message.created", "created", message.createdAt)

/** Tells that there is a new contact. */
export const contactCreated = (
  state: SendblueState,
  { createdAt, id, phone }: { readonly id: string; readonly phone: string; readonly createdAt: number }
): void =>
  tell(state, "contact.created", `contact:${id}:created:${Json.iso(createdAt)}`, createdAt, {
    contact_id: id,
    phone,
    created_at: Json.iso(createdAt)
  })

/** Tells the stream each event on the network that it has a name for. */
export const onEvent = (state: SendblueState, event: NetworkEvent): void => {
  const now = state.world.time.now()
  switch (event._tag) {
    case "Message": {
      const { message, phase } = event
      if (message.vendor !== "sendblue") return
      if (phase === "received") tellMessage(state, message, "message.received", "received", message.createdAt)
      else if (phase === "sent" || phase === "delivered" || phase === "failed") {
        tellMessage(state, message, "message.updated", `updated:${Json.iso(message.updatedAt)}`, message.updatedAt)
      }
      return
    }
    case "Typing":
      if (event.vendor === "sendblue") {
        tell(state, "typing.changed", `typing:${event.line}:${now}:${String(event.on)}`, now, {
          number: event.handle,
          from_number: event.line,
          is_typing: event.on
        })
      }
      return
    case "Line": {
      const { line } = event
      if (line.vendor !== "sendblue") return
      state.lineChanges.set(line.number, now)
      const row = Lines.stateOf(state, line)
      tell(state, "line.status.changed", `line:${line.id}:status:${row.status}:${Json.iso(now)}`, now, row)
      if (line.flagged) tell(state, "line.blocked", `line:${line.id}:blocked:${Json.iso(now)}`, now, { sendblue_number: line.number })
      return
    }
    case "Assigned":
    case "Released": {
      const { _tag, line } = event
      const word = _tag === "Assigned" ? "assigned" : "unassigned"
      if (line.vendor !== "sendblue") return
      tell(state, `line.${word}`, `line:${line.id}:${word}:${Json.iso(now)}`, now, { sendblue_number: line.number })
      return
    }
    case "Reaction":
      // A tapback comes as a message.
      return
    case "Credentials":
      // The stream has no event for it.
      return
  }
}

export const routes = (state: SendblueState): ReadonlyArray<PathTable.Route<Refusal.Refusal>> => [["GET", "/api/v2/events", open(state)]]
