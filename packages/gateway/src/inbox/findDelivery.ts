/** Finds the delivery and the conversation that an event is about. */
import * as BoundedMap from "@interline/core/BoundedMap"
import type { ChatBookService } from "@interline/core/ChatBook"
import * as Conversation from "@interline/core/Conversation"
import * as DeliveryId from "@interline/core/DeliveryId"
import * as Handle from "@interline/core/Handle"
import * as MessageRef from "@interline/core/MessageRef"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import type { Peer } from "@interline/core/Peer"
import type { Entry, LedgerService } from "@interline/router/Ledger"
import type { RouterEvent } from "@interline/router/RouterEvent"
import type { ArchiveService } from "@interline/sql/Archive"
import type { NewEvent } from "@interline/sql/EventLog"
import type { IdMapService } from "@interline/sql/IdMap"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Reporting } from "../config/configuredNumbers.ts"
import * as EventLine from "../events/eventLine.ts"

type Subject = Pick<NewEvent, "deliveryId" | "conversation">

export interface FindDelivery {
  /**
   * The delivery and the conversation of an event that a carrier reported. If a message opens a conversation, the conversation is recorded.
   */
  readonly ofEvent: (event: MessagingEvent) => Effect.Effect<Subject>
  /** The delivery and the conversation of a decision of the router. */
  readonly ofDecision: (event: RouterEvent) => Effect.Effect<Subject>
}

export interface Parts {
  readonly ledger: LedgerService
  readonly ids: IdMapService
  readonly chats: ChatBookService
  readonly archive: ArchiveService
  readonly carriers: ReadonlyArray<Reporting>
}

type Of<Tag extends MessagingEvent["_tag"]> = MessagingEvent & { readonly _tag: Tag }

const nothing: Subject = {}

const about = (deliveryId: DeliveryId.DeliveryId | undefined, conversation: Conversation.Conversation | undefined): Subject => ({
  ...(deliveryId === undefined ? {} : { deliveryId }),
  ...(conversation === undefined ? {} : { conversation })
})

export const make = ({ archive, carriers, chats, ids, ledger }: Parts): FindDelivery => {
  const lineWith = EventLine.lineWith(carriers)
  // The conversation of a delivery never changes, so it can stay in memory.
  const conversations = BoundedMap.make<string, Conversation.Conversation>(20_000)

  const read = (deliveryId: DeliveryId.DeliveryId, isAbout: (entry: Entry) => boolean): Effect.Effect<Subject> =>
    Effect.map(
      ledger.read(deliveryId),
      Option.match({
        onNone: () => nothing,
        onSome: (entry) => {
          if (!isAbout(entry)) return nothing
          conversations.set(deliveryId, entry.content.conversation)
          return about(deliveryId, entry.content.conversation)
        }
      })
    )

  const ofDelivery = (deliveryId: DeliveryId.DeliveryId): Effect.Effect<Subject> => {
    const known = conversations.get(deliveryId)
    return known === undefined ? read(deliveryId, () => true) : Effect.succeed(about(deliveryId, known))
  }

  const ofRef = (ref: MessageRef.MessageRef): Effect.Effect<Subject> =>
    Effect.flatMap(ledger.owners([ref]), (owners) => {
      const deliveryId = owners.get(MessageRef.format(ref))
      return deliveryId === undefined ? Effect.succeed(nothing) : ofDelivery(deliveryId)
    })

  const ofChat = (chat: Conversation.ChatRef | undefined): Effect.Effect<Subject> =>
    chat === undefined
      ? Effect.succeed(nothing)
      : Effect.map(ids.findConversation(chat), (found) => about(undefined, Option.getOrUndefined(found)))

  const orElse = (first: Effect.Effect<Subject>, second: () => Effect.Effect<Subject>): Effect.Effect<Subject> =>
    Effect.flatMap(
      first,
      (subject) => subject.deliveryId === undefined && subject.conversation === undefined ? second() : Effect.succeed(subject)
    )

  const direct = ({ carrierId }: MessagingEvent, numbers: ReadonlyArray<string | undefined>, peer: Peer | undefined): Subject => {
    const line = lineWith(carrierId, numbers)
    return line === undefined || peer === undefined || !Handle.isHandle(peer) ? nothing : about(undefined, Conversation.direct(line, peer))
  }

  // The key belongs to an attempt at one carrier. If another carrier reports the same key, it means nothing.
  const ofKey = ({ carrierId, idempotencyKey }: Of<"Status">): Effect.Effect<Subject> => {
    const key = idempotencyKey === undefined ? Option.none() : DeliveryId.fromKey(idempotencyKey)
    if (Option.isNone(key)) return Effect.succeed(nothing)
    const { deliveryId, generation } = key.value
    return read(
      deliveryId,
      ({ state }) =>
        (state.attempts.find((trial) => trial.generation === generation)?.carrierId ?? state.route[state.position]?.carrierId) === carrierId
    )
  }

  /** The conversation of a reported message. It is recorded, so that an answer and the later events of the chat find it. */
  const ofReceived = (event: Of<"Received">): Effect.Effect<Subject> => {
    const { chat, direction, from, isGroup, ref, to } = event.message
    const [numbers, peer] = direction === "inbound" ? [to, from] as const : [[from], to.length === 1 ? to[0] : undefined] as const
    const open = (): Effect.Effect<Subject> => {
      const subject = isGroup === true || (isGroup === undefined && to.length > 1) ? nothing : direct(event, numbers, peer)
      const { conversation } = subject
      return conversation === undefined
        ? Effect.succeed(subject)
        : Effect.as(
          Effect.zipRight(
            ids.remember(conversation),
            chat === undefined || isGroup === undefined ? Effect.void : chats.bind(conversation, chat)
          ),
          subject
        )
    }
    return orElse(ofRef(ref), () => orElse(ofChat(chat), open))
  }

  const ofMessage = (ref: MessageRef.MessageRef): Effect.Effect<Subject> =>
    orElse(
      ofRef(ref),
      () =>
        Effect.map(Effect.flatMap(ids.toMessageId(ref), archive.find), (found) =>
          Option.isSome(found) && found.value._tag === "Inbound" ? about(undefined, found.value.conversation) : nothing)
    )

  const ofEvent: FindDelivery["ofEvent"] = (event) => {
    switch (event._tag) {
      case "Received":
        return ofReceived(event)
      case "Status":
        return orElse(ofRef(event.fact.ref), () => ofKey(event))
      case "Edited":
        return ofMessage(event.ref)
      case "Reaction": {
        const { chat, ref } = event
        // A reaction that came as a text names no message. Outside a group, its conversation is the one between its line and its person.
        const between = (): Effect.Effect<Subject> =>
          Effect.succeed(chat === undefined ? direct(event, [event.line], event.reaction.from) : nothing)
        return orElse(ref === undefined ? Effect.succeed(nothing) : ofMessage(ref), () => orElse(ofChat(chat), between))
      }
      case "Typing":
      case "Location":
        return orElse(ofChat(event.chat), () => Effect.succeed(direct(event, [event.line], event.from)))
      case "Participant":
      case "Poll":
        return ofChat(event.chat)
      case "Chat":
        return ofChat(event.ref)
      case "OptedOut":
      case "OptedIn":
        return Effect.succeed(direct(event, [event.line], event.handle))
      case "Line":
      case "Account":
      case "Unrecognized":
        return Effect.succeed(nothing)
    }
  }

  return {
    ofEvent,
    ofDecision: (event) => "deliveryId" in event ? ofDelivery(event.deliveryId) : Effect.succeed(nothing)
  }
}
