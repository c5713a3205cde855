/** Reads the chats of the whole account, and the messages in them. */
import type * as AccountLists from "@interline/core/AccountLists"
import * as Handle from "@interline/core/Handle"
import type { MessagingError } from "@interline/core/MessagingError"
import { present } from "@interline/core/Optional"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { LinqClient } from "../wire/LinqClient.ts"
import type * as LinqSchema from "../wire/LinqSchema.ts"
import type * as Events from "./events.ts"
import * as LiftAnswer from "./liftAnswer.ts"

export interface Parts {
  readonly client: LinqClient
  readonly context: Pick<Events.Context, "carrierId" | "ours">
  readonly reading: <A>(read: Effect.Effect<A, MessagingError>) => Effect.Effect<A, MessagingError>
}

const pageSize = 100

/**
 * The position in the messages: the page of chats, the chat in it whose messages are read, and the page of its messages. Without a chat, it
 * is the first one of the page.
 */
const Place = Schema.Struct({
  chats: Schema.optional(Schema.String),
  chat: Schema.optional(Schema.String),
  messages: Schema.optional(Schema.String)
})

interface Place extends Schema.Schema.Type<typeof Place> {}

const decodePlace = Schema.decodeUnknownEither(Schema.parseJson(Place))

/** A place that cannot be read is the beginning: what is read twice does no harm. */
const readPlace = (text: string | undefined): Place => Either.getOrElse(decodePlace(text), () => ({}))

const timeOf = (...texts: ReadonlyArray<string | null | undefined>): number | undefined =>
  texts.map((text) => typeof text === "string" ? Date.parse(text) : Number.NaN).find((time) => !Number.isNaN(time))

export const make = ({ client, context: { carrierId, ours }, reading }: Parts): ReadonlyArray<AccountLists.AccountList> => {
  const loadChats = (cursor: string | undefined) =>
    reading(client.listChats({ limit: pageSize, ...(cursor === undefined ? {} : { cursor }) }))

  /** The cursor of the next page. A cursor that points to its own page would never end. */
  const following = (cursor: string | undefined, { next_cursor }: { readonly next_cursor?: string | null | undefined }) => {
    const next = LiftAnswer.filled(next_cursor)
    return next === cursor ? undefined : next
  }

  const placeOf = (chat: LinqSchema.Chat): Pick<AccountLists.Place, "isGroup" | "number" | "people"> => {
    const number = LiftAnswer.phone(chat.handles?.find(({ is_me }) => is_me === true)?.handle)
    const people = LiftAnswer.others(chat, number).map((peer) => peer.toLowerCase()).filter(Handle.isHandle)
    return {
      isGroup: chat.is_group === true,
      people: people.filter((handle) => !ours.has(handle)),
      ...present({ number })
    }
  }

  const lackOf = ({ number, people }: Pick<AccountLists.Place, "number" | "people">): string | undefined =>
    number === undefined ? "our number" : people.length === 0 ? "the people in it" : undefined

  const ofChat = (chat: LinqSchema.Chat): Pick<AccountLists.AccountPage, "records" | "unreadable"> => {
    const place = placeOf(chat)
    const lacks = lackOf(place)
    return lacks !== undefined
      ? { records: [], unreadable: [{ what: `chat ${chat.id}`, why: `${lacks} cannot be read` }] }
      : {
        records: [{
          _tag: "Chat",
          chat: { carrierId, id: chat.id },
          ...place,
          ...present({ at: timeOf(chat.updated_at, chat.created_at) })
        }],
        unreadable: []
      }
  }

  const ofMessage = (chat: LinqSchema.Chat) => (message: LinqSchema.Message): AccountLists.AccountRecord => ({
    _tag: "Message",
    ref: { carrierId, id: message.id },
    direction: message.is_from_me === true ? "outbound" : "inbound",
    chat: { carrierId, id: chat.id },
    ...placeOf(chat),
    ...present({ at: timeOf(message.sent_at, message.created_at) })
  })

  const messages: AccountLists.AccountList["read"] = (text) =>
    Effect.gen(function*() {
      const place = readPlace(text)
      const page = yield* loadChats(place.chats)
      const found = page.chats.findIndex(({ id }) => id === place.chat)
      // The chat may have moved to another page. Then this page is read from its beginning.
      const position = Math.max(found, 0)
      const chat = page.chats[position]
      const nextChats = following(place.chats, page)
      const afterPage: Place | undefined = nextChats === undefined ? undefined : { chats: nextChats }
      if (chat === undefined) return { records: [], unreadable: [], ...present({ next: afterPage && JSON.stringify(afterPage) }) }
      const cursor = found < 0 ? undefined : place.messages
      const list = yield* reading(client.listMessages(chat.id, { limit: pageSize, ...(cursor === undefined ? {} : { cursor }) }))
      const nextMessages = following(cursor, list)
      const nextChat = page.chats[position + 1]
      const next: Place | undefined = nextMessages !== undefined
        ? { ...place, chat: chat.id, messages: nextMessages }
        : nextChat !== undefined
        ? { ...present({ chats: place.chats }), chat: nextChat.id }
        : afterPage
      return {
        records: list.messages.map(ofMessage(chat)),
        unreadable: [],
        ...present({ next: next && JSON.stringify(next) })
      }
    })

  return [
    {
      name: "chats",
      read: (cursor) =>
        Effect.map(loadChats(cursor), (page) => {
          const found = page.chats.map(ofChat)
          return {
            records: found.flatMap(({ records }) => records),
            unreadable: found.flatMap(({ unreadable }) => unreadable),
            ...present({ next: following(cursor, page) })
          }
        })
    },
    { name: "messages", read: messages }
  ]
}
