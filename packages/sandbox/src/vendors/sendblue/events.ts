/** Sends Sendblue's webhooks and the callbacks of single messages (docs.sendblue.com, webhooks, read 2026-11-21). */
import * as Json from "../../http/json.ts"
import type { Streams } from "../../server/streams.ts"
import type { Webhooks } from "../../server/webhooks.ts"
import type { Message, NetworkEvent, Part, Reaction, Status } from "../../world/model.ts"
import * as World from "../../world/world.ts"
import * as EventStream from "./eventStream.ts"
import type { SendblueState } from "./state.ts"
import * as Wire from "./wire.ts"

const notify = (state: SendblueState, type: string, line: string | null, about: string, payload: unknown): void => {
  for (const hook of state.hooks.get(type) ?? []) {
    if (type === "receive" && hook.numbers !== null && line !== null && !hook.numbers.includes(line)) continue
    // The header has the shared secret. Sendblue makes no signature.
    const secret = hook.secret ?? state.globalSecret
    state.webhooks?.deliver({
      vendor: "sendblue",
      event: type,
      id: state.world.ids.uuid(),
      about,
      url: hook.url,
      body: JSON.stringify(payload),
      headers: () => (secret === null ? {} : { "sb-signing-secret": secret })
    })
  }
}

const conversationOf = ({ direction, from, thread, to }: Message): string => thread ?? (direction === "inbound" ? from : to.join())

const onMessage = (state: SendblueState, message: Message, phase: Status | "edited"): void => {
  if (phase === "received") {
    notify(state, "receive", message.line, conversationOf(message), Wire.message(state, message))
    return
  }
  if (phase !== "sent" && phase !== "delivered" && phase !== "failed") return
  const payload = Wire.message(state, message)
  notify(state, "outbound", message.line, conversationOf(message), payload)
  if (message.statusCallback !== null) {
    // Callbacks carry no secret (captured 2026-05, github AmirAlsad/sendblue-ai-agent).
    state.webhooks?.deliver({
      vendor: "sendblue",
      event: "status_callback",
      id: state.world.ids.uuid(),
      about: conversationOf(message),
      url: message.statusCallback,
      body: JSON.stringify(payload),
      headers: () => ({})
    })
  }
}

const verbs: Readonly<Record<string, string>> = {
  love: "Loved",
  like: "Liked",
  dislike: "Disliked",
  laugh: "Laughed at",
  emphasize: "Emphasized",
  question: "Questioned"
}

const quoted = (message: Message, part: Part | undefined): string =>
  part?.type === "media" ? "an image" : `“${part?.type === "text" || part?.type === "link" ? part.value : message.id}”`

/** Reports a tapback as a text message. The message does not name its target. */
const onReaction = (state: SendblueState, message: Message, reaction: Reaction, added: boolean): void => {
  const target = quoted(message, message.parts[reaction.partIndex])
  const verb = verbs[reaction.type]
  const value = !added
    ? `Removed a reaction from ${target}`
    : verb === undefined
    ? `Reacted ${reaction.emoji ?? ""} to ${target}`
    : `${verb} ${target}`
  World.receive(state.world, {
    vendor: "sendblue",
    line: message.line,
    from: reaction.by,
    thread: message.thread,
    group: message.group,
    parts: [{ type: "text", value, decorations: null }],
    effect: null,
    replyTo: null
  })
}

/**
 * A person began to share a place: a message with `message_type: location` to each line that the person was in touch with, or that asked
 * for it (sendblue 3.17.0). Nothing reports the end.
 */
const onLocation = (state: SendblueState, handle: string): void => {
  const place = World.placeOf(state.world, handle, "sendblue")
  if (place === undefined) return
  const inTouch = World.messagesOf(state.world, "sendblue")
    .filter((message) => !message.group && (message.from === handle || message.to.includes(handle)))
    .map(({ line }) => line)
  const asking = World.phone(state.world, handle).locationRequests.map(({ line }) => line)
  for (const line of new Set([...inTouch, ...asking])) {
    if (World.ownLine(state.world, "sendblue", line) === undefined) continue
    World.receive(state.world, {
      vendor: "sendblue",
      line,
      from: handle,
      thread: null,
      group: false,
      parts: [],
      effect: null,
      replyTo: null,
      echo: {
        message_type: "location",
        location: { latitude: place[1], longitude: place[0], timestamp: Json.iso(state.world.time.now()) }
      }
    })
  }
}

/** Sends the webhook about a new contact. */
export const contactCreated = (state: SendblueState, contact: unknown): void => notify(state, "contact_created", null, "contacts", contact)

/** Sends a webhook for each event on the network, and tells it on the event streams. */
export const listen = (state: SendblueState, webhooks: Webhooks, streams: Streams): void => {
  state.webhooks = webhooks
  state.streams = streams
  state.world.listeners.push((event: NetworkEvent) => {
    EventStream.onEvent(state, event)
    switch (event._tag) {
      case "Message":
        if (event.message.vendor === "sendblue") onMessage(state, event.message, event.phase)
        return
      case "Reaction":
        if (event.message.vendor === "sendblue" && !event.mine) {
          onReaction(state, event.message, event.reaction, event.added)
        }
        return
      case "Typing":
        if (event.vendor === "sendblue") {
          notify(state, "typing_indicator", event.line, event.handle, {
            number: event.handle,
            is_typing: event.on,
            from_number: event.line,
            timestamp: Json.iso(state.world.time.now())
          })
        }
        return
      case "Location":
        if (event.on && (event.vendor === null || event.vendor === "sendblue")) onLocation(state, event.handle)
        return
      case "Line":
        // Sendblue has not published the payload of line_blocked.
        if (event.line.vendor === "sendblue" && event.line.flagged) {
          notify(state, "line_blocked", event.line.number, event.line.number, { sendblue_number: event.line.number })
        }
    }
  })
}
