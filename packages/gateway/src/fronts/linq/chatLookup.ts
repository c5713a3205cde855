/** Finds chats by the ids that this wire shows: their conversation, their people, and when they began. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { Chat } from "@interline/core/Chat"
import * as Conversation from "@interline/core/Conversation"
import * as Handle from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import { present } from "@interline/core/Optional"
import type { Service } from "@interline/core/Service"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Refusal from "./refusal.ts"
import type * as Request from "./request.ts"
import { numberOf, type Services } from "./services.ts"
import type { ChatFacts, ChatView } from "./wire.ts"

/** The chat that the gateway showed under this id. It is a conversation if the gateway knows one for it. */
export const findTarget = ({ ids }: Services, id: string): Effect.Effect<Conversation.ChatTarget, Refusal.Refusal> =>
  Effect.flatMap(
    ids.findChat(id),
    Option.match({
      onNone: () => Effect.fail(Refusal.noChat),
      onSome: (found) =>
        Conversation.isConversation(found)
          ? Effect.succeed(found)
          : Effect.map(ids.findConversation(found), Option.getOrElse((): Conversation.ChatTarget => found))
    })
  )

const handlesOf = (chat: Chat): ReadonlyArray<Handle.Handle> =>
  chat.participants.flatMap(({ isMine, peer, status }) =>
    !isMine && Handle.isHandle(peer) && status?.neutral !== "left" && status?.neutral !== "removed" ? [peer] : []
  )

const numberIn = (chat: Chat): string | undefined => chat.participants.find(({ isMine }) => isMine)?.peer

/**
 * The conversation of a carrier's chat. A chat with one person on one of our lines always has one. A group has one only if
 * somebody wrote to it through the gateway, because the same people may have several groups.
 */
export const findConversationOfChat = ({ front, ids }: Services, chat: Chat): Effect.Effect<Option.Option<Conversation.Conversation>> =>
  Effect.gen(function*() {
    const known = yield* ids.findConversation(chat.ref)
    const number = numberIn(chat)
    const [person, ...others] = handlesOf(chat)
    const line = number === undefined ? Option.none() : front.lineOf(number)
    if (Option.isSome(known) || chat.isGroup || Option.isNone(line) || person === undefined || others.length > 0) return known
    const direct = Conversation.direct(line.value, person)
    yield* ids.remember(direct)
    return Option.some(direct)
  })

/** The conversation of a carrier's chat. A group without one gets one, bound to this chat. */
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

/** The conversation to write to, by the id of its chat. */
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
    archive.list({ conversation: Conversation.key(of), order, limit: 1, offset: 0, countTo: 0 }),
    ({ items: [item] }) => item === undefined ? Clock.currentTimeMillis : Effect.succeed(order === "oldest" ? item.at : item.updatedAt)
  )

/** The time of the first message of a conversation, in epoch milliseconds; now if there is none. */
export const findFirstTime = (services: Services, of: Conversation.Conversation): Effect.Effect<number> => findTime(services, of, "oldest")

/** Whether a line has a chat with exactly these people, in which there are messages. Nothing is recorded. */
export const hasChat = ({ archive, ids }: Services) => (line: LineName, people: Request.People): Effect.Effect<boolean> =>
  Effect.gen(function*() {
    const found: Option.Option<Conversation.Conversation> = people.length === 1
      ? Option.some(Conversation.direct(line, people[0]))
      : yield* ids.findGroup(line, people)
    if (Option.isNone(found)) return false
    const { items } = yield* archive.list({ conversation: Conversation.key(found.value), limit: 1, offset: 0, countTo: 0 })
    return items.length > 0
  })

/** The people of a conversation. A delivery names the members that a group had then; the ids know the members that it has. */
const peopleOf = ({ ids }: Services, of: Conversation.Conversation): Effect.Effect<ReadonlyArray<Handle.Handle>> =>
  of._tag === "Direct"
    ? Effect.succeed([of.handle])
    : Effect.map(ids.findChat(of.id), (found) =>
      Conversation.recipients(Option.getOrElse(Option.filter(found, Conversation.isConversation), () => of)))

/** A conversation as a chat of this wire. Its line shows the number that it has at `carrierId`. */
export const viewConversation = (
  services: Services,
  of: Conversation.Conversation,
  known: { readonly carrierId?: CarrierId; readonly service?: Service; readonly since?: number | undefined } = {}
): Effect.Effect<ChatView> =>
  Effect.gen(function*() {
    return {
      id: yield* services.ids.toChatId(of),
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

/** A carrier's chat that has no conversation, as a chat of this wire. */
const viewForeignChat = (services: Services, chat: Chat): Effect.Effect<ChatView> =>
  Effect.zipWith(services.ids.toChatId(chat.ref), Clock.currentTimeMillis, (id, now): ChatView => ({
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
          const view = yield* viewConversation(services, of, present({ service: chat.service?.neutral }))
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

/** A chat from the gateway's own records, without its carrier. */
export const readChat = (services: Services, of: Conversation.Conversation): Effect.Effect<ChatFacts> =>
  Effect.gen(function*() {
    return {
      view: yield* viewConversation(services, of),
      optedOut: yield* isOptedOut(services, of),
      changedAt: yield* findTime(services, of, "newest"),
      chat: undefined
    }
  })
