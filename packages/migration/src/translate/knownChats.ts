/**
 * Knows what the numbers and ids of recorded calls stand for. It learns chats and groups from the calls before and their answers. Nothing
 * else is known, so any other id stands for something that will be imported.
 */
import * as BoundedMap from "@interline/core/BoundedMap"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Handle from "@interline/core/Handle"
import { LineName } from "@interline/core/Line"
import type { MessageRef } from "@interline/core/MessageRef"
import { isVendorId } from "@interline/core/VendorId"
import type { References, ShownChat } from "@interline/gateway/RequestReader"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** How much is known of a conversation. `members`: a group whose members no call names. `chat`: nobody says whether it is a group. */
export type Knowledge = "all" | "no members" | "no chat"

export interface KnownChats {
  readonly references: References
  /** Learns the chats that an answer shows. `to`: where the call wrote to, for a chat that the answer only names. */
  readonly learn: (chats: ReadonlyArray<ShownChat>, to?: Conversation.Conversation) => Effect.Effect<void>
  readonly knowledgeOf: (conversation: Conversation.Conversation) => Knowledge
  /** Whether no answer gave the id of a group that calls name by its members. */
  readonly lacksId: (group: Conversation.Group) => boolean
  /** The conversation that a chat turned out to be, of which nobody said before who is in it. */
  readonly becameOf: (conversation: Conversation.Conversation) => Conversation.Conversation | undefined
}

/** Stand for the members of a group whose members no call names. The real ones are read from the old vendor before the move. */
const placeholders: ReadonlyArray<Handle.Handle> = [Handle.make("+12025550198"), Handle.make("+12025550199")]

/** The line of calls that leave the choice to the vendor, and its number. */
const unlisted = LineName.make("unlisted")
const unlistedNumber = Handle.make("+12025550197")

/** Each number that calls send from is a line of its own, which is called after it. */
export const lineName = (number: string): LineName => LineName.make(`n${number.slice(1)}`, true)

const ownNumber = /^n\d{5,15}$/

/** The number of a line. A line that is not called after its number gets one for all. */
export const numberOf = (line: LineName): Handle.Handle =>
  ownNumber.test(line) ? Handle.Handle.make(`+${line.slice(1)}`, true) : unlistedNumber

const lineOf = (text: string): Option.Option<LineName> =>
  Handle.isHandle(text) && Handle.isPhone(text) ? Option.some(lineName(text)) : Option.none()

/** `capacity`: so many chats are remembered at least. `forgets` runs when one may be forgotten. */
export const make = (from: CarrierId, capacity: number, forgets: () => void): KnownChats => {
  const chats = BoundedMap.make<string, Conversation.Conversation>(capacity)
  const groups = BoundedMap.make<string, Conversation.Group>(capacity)
  const unknown = new WeakSet<Conversation.Conversation>()
  const identified = new WeakSet<Conversation.Conversation>()
  const became = new WeakMap<Conversation.Conversation, Conversation.Conversation>()
  let strangers = 0

  const remember = <A>(map: BoundedMap.BoundedMap<string, A>, key: string, value: A): A => {
    if (map.size() >= capacity) forgets()
    map.set(key, value)
    return value
  }

  const findGroup = (key: string, line: LineName, members: ReadonlyArray<Handle.Handle>): Effect.Effect<Conversation.Group> => {
    const known = groups.get(key)
    return known !== undefined
      ? Effect.succeed(known)
      : Effect.map(Conversation.group(line, members), (group) => remember(groups, key, group))
  }

  // the gateway's map of ids keeps members in this order, too
  const keyOf = (line: LineName, members: ReadonlyArray<Handle.Handle>): string => `${line} ${[...members].sort().join(" ")}`

  const openGroup: References["openGroup"] = (line, members) => findGroup(keyOf(line, members), line, [...members].sort())

  /** The group that calls named by its id only is the same one from here on, if its members were not known as a group before. */
  const nameMembers = (id: string, line: LineName, members: ReadonlyArray<Handle.Handle>): void => {
    const placeholder = groups.get(`id ${id}`)
    const key = keyOf(line, members)
    if (placeholder !== undefined && groups.get(key) === undefined) {
      remember(groups, key, { ...placeholder, line, members: [...members].sort() })
    }
  }

  /** From here on the id stands for the conversation. */
  const identify = (id: string, conversation: Conversation.Conversation): void => {
    for (const before of [chats.get(id), groups.get(`id ${id}`)]) {
      if (before !== undefined && before !== conversation && knowledgeOf(before) !== "all") became.set(before, conversation)
    }
    identified.add(conversation)
    remember(chats, id, conversation)
  }

  /** A conversation of its own for a chat of which nobody says who is in it. No real number begins with +999. */
  const makeStranger = (): Conversation.Direct => {
    strangers += 1
    const stranger = Conversation.direct(unlisted, Handle.Handle.make(`+999${String(strangers).padStart(8, "0")}`, true))
    unknown.add(stranger)
    return stranger
  }

  const refOf = (id: string): Option.Option<MessageRef> => isVendorId(id) ? Option.some({ carrierId: from, id }) : Option.none()

  const learnChat = ({ id, isGroup, number, people: [person, ...others] }: ShownChat, to: Conversation.Conversation | undefined) => {
    if (person === undefined) {
      if (to !== undefined && knowledgeOf(to) === "all") identify(id, to)
      return Effect.void
    }
    const line = Option.getOrElse(Option.flatMap(Option.fromNullable(number), lineOf), () => to?.line ?? unlisted)
    if (!isGroup && others.length === 0) return Effect.sync(() => identify(id, Conversation.direct(line, person)))
    nameMembers(id, line, [person, ...others])
    return Effect.map(openGroup(line, [person, ...others]), (group) => identify(id, group))
  }

  const knowledgeOf = (conversation: Conversation.Conversation): Knowledge =>
    unknown.has(conversation)
      ? "no chat"
      : conversation._tag === "Group" && conversation.members === placeholders
      ? "no members"
      : "all"

  return {
    knowledgeOf,
    lacksId: (group) => !identified.has(group) && knowledgeOf(group) === "all",
    becameOf: (conversation) => became.get(conversation),
    learn: (shown, to) => Effect.forEach(shown, (chat) => learnChat(chat, to), { discard: true }),
    references: {
      lineOf,
      onlyLine: Option.some(unlisted),
      findMessage: (id) => Effect.succeed(refOf(id)),
      findAttachment: (id) => Effect.succeed(refOf(id)),
      openGroup,
      findConversation: (id, { isGroup, line }) => {
        const known = chats.get(id)
        if (known !== undefined) return Effect.succeedSome(known)
        return isGroup
          ? Effect.asSome(findGroup(`id ${id}`, Option.getOrElse(line, () => unlisted), placeholders))
          : Effect.succeedSome(remember(chats, id, makeStranger()))
      }
    }
  }
}
