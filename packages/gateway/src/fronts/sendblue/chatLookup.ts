/** Finds groups by the ids that this wire shows. */
import * as Conversation from "@interline/core/Conversation"
import * as Handle from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import type { MessagingError } from "@interline/core/MessagingError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Refusal from "./refusal.ts"
import type { Services } from "./services.ts"

const isGroup = (target: Conversation.ChatTarget): target is Conversation.Group =>
  Conversation.isConversation(target) && target._tag === "Group"

/**
 * Makes a conversation of a group that a person or another program opened. It keeps the id that was shown, has the members that
 * its carrier names, and is bound to that carrier, so that an answer does not open a second group at another one.
 */
const adopt = (
  services: Services,
  chat: Conversation.ChatRef,
  shownAs: string,
  line: LineName
): Effect.Effect<Conversation.Group, MessagingError> =>
  Effect.gen(function*() {
    const { participants } = yield* services.messaging.getChat(chat)
    const members = participants.flatMap(({ isMine, peer }) =>
      !isMine && Handle.isHandle(peer) && Option.isNone(services.front.lineOf(peer)) ? [peer] : []
    )
    const group: Conversation.Group = { _tag: "Group", line, id: Conversation.ConversationId.make(shownAs), members }
    const at = yield* Clock.currentTimeMillis
    yield* services.chats.bind(group, chat)
    yield* services.ledger.bind(Conversation.key(group), { carrierId: chat.carrierId, line, at, chat }, 0)
    yield* services.ids.remember(group)
    return group
  })

/** The group with an id that this wire has shown. `line` is the line that will write to it, if it is known. */
export const findGroup = (
  services: Services,
  id: string,
  line: LineName | undefined
): Effect.Effect<Option.Option<Conversation.Group>, Refusal.Refusal> =>
  Effect.gen(function*() {
    const target = yield* services.ids.findChat(id)
    if (Option.isNone(target)) return Option.none()
    if (Conversation.isConversation(target.value)) return Option.liftPredicate(isGroup)(target.value)
    const known = yield* services.ids.findConversation(target.value)
    if (Option.isSome(known)) return Option.filter(known, isGroup)
    return line === undefined
      ? Option.none()
      : Option.some(yield* Refusal.lift(adopt(services, target.value, yield* services.ids.toChatId(target.value), line)))
  })
