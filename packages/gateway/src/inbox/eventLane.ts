/** Finds the lane of an event: the events of a lane are processed in order, by one process. */
import * as Conversation from "@interline/core/Conversation"
import * as Handle from "@interline/core/Handle"
import * as MessageRef from "@interline/core/MessageRef"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import type { Peer } from "@interline/core/Peer"
import type { Reporting } from "../config/configuredNumbers.ts"
import * as EventLine from "../events/eventLine.ts"

/**
 * The lane of an event, without a query.
 *
 * - What happens in a conversation: its chat, or else its line and its person. Their lane is the key of the conversation.
 * - A status or an edit: its message.
 * - An opt-out or an opt-in: the person.
 * - Everything else: the carrier.
 */
export const make = (carriers: ReadonlyArray<Reporting>): (event: MessagingEvent) => string => {
  const lineWith = EventLine.lineWith(carriers)

  const ofChat = (chat: Conversation.ChatRef | undefined): string | undefined =>
    chat === undefined ? undefined : `chat ${chat.carrierId}:${chat.id}`

  const ofRef = (ref: MessageRef.MessageRef | undefined): string | undefined =>
    ref === undefined ? undefined : `message ${MessageRef.format(ref)}`

  const between = (
    { carrierId }: MessagingEvent,
    numbers: ReadonlyArray<string | undefined>,
    peer: Peer | undefined
  ): string | undefined => {
    const line = lineWith(carrierId, numbers)
    return line === undefined || peer === undefined || !Handle.isHandle(peer)
      ? undefined
      : Conversation.key(Conversation.direct(line, peer))
  }

  const laneOf = (event: MessagingEvent): string | undefined => {
    switch (event._tag) {
      case "Received": {
        const { chat, direction, from, isGroup, to } = event.message
        if (chat !== undefined || isGroup === true) return ofChat(chat)
        return direction === "inbound" ? between(event, to, from) : between(event, [from], to.length === 1 ? to[0] : undefined)
      }
      case "Status":
        return ofRef(event.fact.ref)
      case "Edited":
        return ofRef(event.ref)
      case "Reaction":
        return ofChat(event.chat) ?? between(event, [event.line], event.reaction.from) ?? ofRef(event.ref)
      case "Typing":
      case "Location":
        return ofChat(event.chat) ?? between(event, [event.line], event.from)
      case "Participant":
        return ofChat(event.chat)
      case "Poll":
        return ofChat(event.chat) ?? ofRef(event.ref)
      case "Chat":
        return ofChat(event.ref)
      case "OptedOut":
      case "OptedIn":
        return `person ${event.handle}`
      case "Line":
      case "Account":
      case "Unrecognized":
        return undefined
    }
  }

  return (event) => laneOf(event) ?? `carrier ${event.carrierId}`
}
