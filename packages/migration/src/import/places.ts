/** Gives conversations their place at the vendor, and notes when a line and a person were in touch. */
import type * as AccountLists from "@interline/core/AccountLists"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import type { Handle, Phone } from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import { Ledger } from "@interline/router/Ledger"
import { AdoptedIds } from "@interline/sql/AdoptedIds"
import { IdMap } from "@interline/sql/IdMap"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

export interface Options {
  readonly carrierId: CarrierId
  /** Our numbers at the carrier. */
  readonly lines: ReadonlyMap<Phone, LineName>
  /** Whether the stores are written. */
  readonly apply: boolean
}

type MessageRecord = AccountLists.AccountRecord & { readonly _tag: "Message" }

/** Where a conversation is at the vendor, and when it was last used there. */
export interface Found {
  readonly conversation: Conversation.Conversation
  readonly line: LineName
  readonly at: number
  readonly chat: Conversation.ChatRef | undefined
}

/** When a line and a person were in touch. */
export interface Touch {
  readonly line: LineName
  readonly person: Handle
  readonly way: "inbound" | "outbound"
  readonly at: number
}

/** What came of giving a conversation its place. */
export type Placing = "new" | "elsewhere" | "same"

/** Keeps the latest of the things with the same key. */
const latest = <A extends { readonly at: number }>(all: ReadonlyArray<A>, keyOf: (one: A) => string): ReadonlyArray<A> => {
  const found = new Map<string, A>()
  for (const one of all) {
    const key = keyOf(one)
    const known = found.get(key)
    if (known === undefined || known.at < one.at) found.set(key, one)
  }
  return Array.from(found.values())
}

/** True once for each text. */
export const makeOnce = () => {
  const known = new Set<string>()
  return (text: string): boolean => !known.has(text) && known.add(text).has(text)
}

export interface Places {
  /** Our line in a record. */
  readonly lineOf: (place: AccountLists.Place) => LineName | undefined
  /** The conversation of a chat. A group that is known keeps its id. */
  readonly conversationOf: (
    line: LineName,
    place: AccountLists.Place,
    chat: Conversation.ChatRef | undefined
  ) => Effect.Effect<Option.Option<Conversation.Conversation>>
  /** Gives a conversation its place, unless it has another one. */
  readonly bind: (found: Found) => Effect.Effect<Placing>
  /** The conversations of messages, each with its latest time. A group has one only if its chat was taken over. */
  readonly findAll: (messages: ReadonlyArray<MessageRecord>, now: number) => Effect.Effect<ReadonlyArray<Found>>
  /** When lines and people were in touch. */
  readonly touchesOf: (messages: ReadonlyArray<MessageRecord>, now: number) => ReadonlyArray<Touch>
  /** Notes it. The result is 1 if they were not in touch before. */
  readonly touch: (touch: Touch) => Effect.Effect<number>
}

export const make = ({ apply, carrierId, lines }: Options): Effect.Effect<Places, never, Ledger | IdMap | AdoptedIds> =>
  Effect.gen(function*() {
    const ledger = yield* Ledger
    const ids = yield* IdMap
    const adopted = yield* AdoptedIds

    // Without writes, a thing would be new again and again. So a dry run remembers what it counted.
    const [isFirstPlacing, isFirstContact, isFirstElsewhere] = [makeOnce(), makeOnce(), makeOnce()]

    const lineOf = ({ number }: AccountLists.Place): LineName | undefined => number === undefined ? undefined : lines.get(number)

    const conversationOf = (
      line: LineName,
      { isGroup, people }: AccountLists.Place,
      chat: Conversation.ChatRef | undefined
    ): Effect.Effect<Option.Option<Conversation.Conversation>> => {
      const [person, ...others] = people
      if (!isGroup) {
        return Effect.succeed(person === undefined || others.length > 0 ? Option.none() : Option.some(Conversation.direct(line, person)))
      }
      if (chat === undefined) return Effect.succeedNone
      return Effect.map(ids.findConversation(chat), (known) => {
        const id = Option.match(known, {
          onNone: () => adopted.groupId(chat),
          onSome: (group) => group._tag === "Group" ? group.id : adopted.groupId(chat)
        })
        return Option.some<Conversation.Conversation>({ _tag: "Group", line, id, members: people })
      })
    }

    const bind = ({ at, chat, conversation, line }: Found): Effect.Effect<Placing> =>
      Effect.gen(function*() {
        const key = Conversation.key(conversation)
        const binding = yield* ledger.binding(key)
        const place = { carrierId, line, at, ...(chat === undefined ? {} : { chat }) }
        if (Option.isNone(binding)) {
          if (!apply) return isFirstPlacing(key) ? "new" : "same"
          // a gateway that runs beside the import may be faster: look again
          return (yield* ledger.bind(key, place, 0)) ? "new" : yield* bind({ at, chat, conversation, line })
        }
        const { version, ...known } = binding.value
        if (known.carrierId !== carrierId || known.line !== line) return isFirstElsewhere(key) ? "elsewhere" : "same"
        if (known.at >= at || !apply) return "same"
        return (yield* ledger.bind(key, { ...known, at }, version)) ? "same" : yield* bind({ at, chat, conversation, line })
      })

    const touch = ({ at, line, person, way }: Touch): Effect.Effect<number> =>
      Effect.gen(function*() {
        const { inboundAt, outboundAt } = yield* ledger.contact(carrierId, line, person)
        const isKnown = inboundAt !== undefined || outboundAt !== undefined
        if (apply) yield* ledger.touch(carrierId, line, person, way, at)
        return !isKnown && isFirstContact(`${line} ${person}`) ? 1 : 0
      })

    const findAll = (messages: ReadonlyArray<MessageRecord>, now: number) =>
      Effect.map(
        Effect.forEach(messages, (record): Effect.Effect<ReadonlyArray<Found>> => {
          const { at, chat, isGroup } = record
          const line = lineOf(record)
          if (line === undefined || at === undefined) return Effect.succeed([])
          const isTaken = !isGroup || chat === undefined
            ? Effect.succeed(true)
            : Effect.map(ids.findConversation(chat), Option.isSome)
          return Effect.flatMap(isTaken, (isTaken) =>
            !isTaken ?
              Effect.succeed([]) :
              Effect.map(
                conversationOf(line, record, chat),
                (found) => Option.isNone(found) ? [] : [{ conversation: found.value, line, at: Math.min(at, now), chat }]
              ))
        }),
        (found) => latest(found.flat(), ({ conversation }) => Conversation.key(conversation))
      )

    const touchesOf = (messages: ReadonlyArray<MessageRecord>, now: number): ReadonlyArray<Touch> =>
      latest(
        messages.flatMap((record): ReadonlyArray<Touch> => {
          const { at, direction: way, isGroup, people } = record
          const line = lineOf(record)
          // who of a group wrote is not said, and a first message to one person is what the time is for
          return line === undefined || at === undefined || isGroup
            ? []
            : people.map((person) => ({ line, person, way, at: Math.min(at, now) }))
        }),
        ({ line, person, way }) => `${line} ${person} ${way}`
      )

    return { lineOf, conversationOf, bind, findAll, touchesOf, touch }
  })
