/** Chats by their ids: which conversation they are, who is in them, since when. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { Chat } from "@interline/core/Chat"
import * as Conversation from "@interline/core/Conversation"
import * as Handle from "@interline/core/Handle"
import type { Service } from "@interline/core/Service"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Refusal from "./refusal.ts"
import { numberOf, type Services } from "./services.ts"
import type { ChatFacts, ChatView } from "./wire.ts"

/** The chat that the gateway showed under this id: a conversation wherever it is one. */
export const findTarget = ({ ids }: Services, id: string): Effect.Effect<Conversation.ChatTarget, Refusal.Refusal> =>
  Effect.flatMap(
    ids.chat(id),
    Option.match({
      onNone: () => Effect.fail(Refusal.noChat),
      onSome: (found) =>
        Conversation.isConversation(found)
          ? Effect.succeed(found)
          : Effect.map(ids.conversationOf(found), Option.getOrElse((): Conversation.ChatTarget => found))
    })
  )

const handlesOf = (chat: Chat): ReadonlyArray<Handle.Handle> =>
  chat.participants.flatMap(({ isMine, peer, status }) =>
    !isMine && Handle.isHandle(peer) && status?.neutral !== "left" && status?.neutral !== "removed" ? [peer] : []
  )

const numberIn = (chat: Chat): string | undefined => chat.participants.find(({ isMine }) => isMine)?.peer

/**
 * The conversation that a carrier's chat is, where it is on one of our lines. A group that nobody has written to is none: the same
 * people may have several.
 */
export const findConversationOfChat = ({ front, ids }: Services, chat: Chat): Effect.Effect<Option.Option<Conversation.Conversation>> =>
  Effect.gen(function*() {
    const known = yield* ids.conversationOf(chat.ref)
    const number = numberIn(chat)
    const [person, ...others] = handlesOf(chat)
    const line = number === undefined ? Option.none() : front.lineOf(number)
    if (Option.isSome(known) || chat.isGroup || Option.isNone(line) || person === undefined || others.length > 0) return known
    const direct = Conversation.direct(line.value, person)
    yield* ids.remember(direct)
    return Option.some(direct)
  })

/** The same, and a group becomes a conversation that lives in exactly this chat. */
const openConversation = (services: Services, chat: Chat): Effect.Effect<Option.Option<Conversation.Conversation>> =>
  Effect.gen(function*() {
    const known = yield* findConversationOfChat(services, chat)
    const number = numberIn(chat)
    const line = number === undefined ? Option.none() : services.front.lineOf(number)
    if (Option.isSome(known) || !chat.isGroup || Option.isNone(line)) return known
    const group = yield* Conversation.group(line.value, handlesOf(chat))
    yield* services.ids.remember(group)
    yield* services.chats.bind(group, chat.ref)
    return Option.some(group)
  })

/** A conversation to write to. */
export const findConversation = (services: Services, id: string): Effect.Effect<Conversation.Conversation, Refusal.Refusal> =>
  Effect.flatMap(findTarget(services, id), (found) =>
    Conversation.isConversation(found)
      ? Effect.succeed(found)
      : Effect.flatMap(
        Effect.flatMap(Refusal.lift(services.messaging.getChat(found)), (chat) => openConversation(services, chat)),
        Option.match({ onNone: () => Refusal.refuseLine("the chat's own number"), onSome: Effect.succeed })
      ))

const findTime = ({ archive }: Services, of: Conversation.Conversation, order: "oldest" | "newest"): Effect.Effect<number> =>
  Effect.flatMap(
    archive.list({ conversation: Conversation.key(of), order, limit: 1, offset: 0 }),
    ({ items: [item] }) => item === undefined ? Clock.currentTimeMillis : Effect.succeed(order === "oldest" ? item.at : item.updatedAt)
  )

/** When the first message of a conversation passed through. */
export const findFirstTime = (services: Services, of: Conversation.Conversation): Effect.Effect<number> => findTime(services, of, "oldest")

/** A delivery names a group with the members that it had then; these are the ones that it has. */
const peopleOf = ({ ids }: Services, of: Conversation.Conversation): Effect.Effect<ReadonlyArray<Handle.Handle>> =>
  of._tag === "Direct"
    ? Effect.succeed([of.handle])
    : Effect.map(ids.chat(of.id), (found) =>
      Conversation.recipients(Option.getOrElse(Option.filter(found, Conversation.isConversation), () => of)))

/** Who is in a conversation. Its line shows the number that it has at `carrierId`. */
export const viewConversation = (
  services: Services,
  of: Conversation.Conversation,
  known: { readonly carrierId?: CarrierId; readonly service?: Service; readonly since?: number | undefined } = {}
): Effect.Effect<ChatView> =>
  Effect.gen(function*() {
    return {
      id: yield* services.ids.chatId(of),
      isGroup: of._tag === "Group",
      number: numberOf(services, of.line, known.carrierId),
      people: yield* peopleOf(services, of),
      service: known.service,
      since: known.since ?? (yield* findFirstTime(services, of))
    }
  })

const timeOf = (text: string | undefined): number | undefined => {
  const at = text === undefined ? Number.NaN : new Date(text).getTime()
  return Number.isNaN(at) ? undefined : at
}

/** Who is in a carrier's chat that is no conversation of ours. */
const viewForeignChat = (services: Services, chat: Chat): Effect.Effect<ChatView> =>
  Effect.zipWith(services.ids.chatId(chat.ref), Clock.currentTimeMillis, (id, now): ChatView => ({
    id,
    isGroup: chat.isGroup,
    number: numberIn(chat),
    people: chat.participants.filter(({ isMine }) => !isMine).map(({ peer }) => peer),
    service: chat.service?.neutral,
    since: timeOf(chat.createdAt) ?? now
  }))

export const isOptedOut = ({ suppression }: Services, of: Conversation.Conversation): Effect.Effect<boolean> =>
  of._tag === "Group" ? Effect.succeed(false) : Effect.map(suppression.find(of.handle), Option.isSome)

/** A chat as its carrier describes it. */
export const describeChat = (services: Services, chat: Chat): Effect.Effect<ChatFacts> =>
  Effect.flatMap(
    findConversationOfChat(services, chat),
    Option.match({
      onNone: () =>
        Effect.map(viewForeignChat(services, chat), (view): ChatFacts => ({ view, optedOut: false, changedAt: view.since, chat })),
      onSome: (of) =>
        Effect.gen(function*() {
          const view = yield* viewConversation(services, of, chat.service?.neutral === undefined ? {} : { service: chat.service.neutral })
          const people = chat.participants.filter(({ isMine }) => !isMine).map(({ peer }) => peer)
          return {
            view: {
              ...view,
              number: numberIn(chat) ?? view.number,
              people: people.length === 0 ? view.people : people,
              since: timeOf(chat.createdAt) ?? view.since
            },
            optedOut: yield* isOptedOut(services, of),
            changedAt: yield* findTime(services, of, "newest"),
            chat
          }
        })
    })
  )

/** A chat as far as the gateway knows it. */
export const readChat = (services: Services, of: Conversation.Conversation): Effect.Effect<ChatFacts> =>
  Effect.gen(function*() {
    return {
      view: yield* viewConversation(services, of),
      optedOut: yield* isOptedOut(services, of),
      changedAt: yield* findTime(services, of, "newest"),
      chat: undefined
    }
  })
