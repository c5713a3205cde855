/** Reads calls from where there is no recording: a vendor's list of the messages that were sent, or what a running gateway has on record. */
import type { AccountList, AccountRecord } from "@interline/core/AccountLists"
import * as BoundedMap from "@interline/core/BoundedMap"
import type { Conversation } from "@interline/core/Conversation"
import type { Phone } from "@interline/core/Handle"
import type { CarrierHistory, PastCall } from "@interline/core/History"
import type { LineName } from "@interline/core/Line"
import type { DeliveryRecord } from "@interline/gateway/ApiSchema"
import type { ShownChat } from "@interline/gateway/RequestReader"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Item } from "./CallReader.ts"

/**
 * Calls in the order in which they were made. `name` names the source in the report. `notes` say what the source cannot tell.
 *
 * @category models
 */
export interface CallSource<E> {
  readonly name: string
  readonly notes: ReadonlyArray<string>
  readonly calls: Stream.Stream<ReadonlyArray<Item>, E>
}

/** So many messages are remembered, because the pages of a list overlap. */
const capacity = 100_000

const toItem = (name: string) => ({ answer, at, body, id, method, path }: PastCall): Item =>
  Either.right({
    where: `${name}, message ${id}`,
    call: { method, host: undefined, path, query: "", contentType: undefined, body, answer, at, hadCredentials: false }
  })

/**
 * The messages that a vendor's account has sent since a time, as the calls that would send them. It only reads. None: the vendor has no list
 * of messages.
 *
 * @category constructors
 */
export const ofAccount = <E>(
  { calls, carrierId }: CarrierHistory,
  since: number,
  toError: (error: { readonly message: string }) => E
): Option.Option<CallSource<E>> =>
  Option.map(Option.fromNullable(calls), (calls) => {
    const name = `account of ${carrierId}`
    return {
      name,
      notes: [
        `The messages of the ${name} were read back from the vendor's list, and each one counts as the call that would send it. The list has no calls that were refused, no other calls, and not every field of a call.`
      ],
      calls: Stream.suspend(() => {
        const seen = BoundedMap.make<string, true>(capacity)
        const isNew = ({ id }: PastCall): boolean => seen.get(id) === undefined && (seen.set(id, true), true)
        return Stream.mapError(Stream.map(calls(since), (page) => page.filter(isNew).map(toItem(name))), toError)
      })
    }
  })

/** The line under the name that calls from its number have, so that a person is the same one in every source. */
const renamed = (conversation: Conversation, rename: (line: LineName) => LineName): Conversation => ({
  ...conversation,
  line: rename(conversation.line)
})

/**
 * What a gateway has on record of its deliveries, as calls to its own API. `pages` gives them, the oldest first. `numbers`: the number of each
 * line at the vendor that is left. `nameOf` names a line by its number.
 *
 * @category constructors
 */
export const ofDeliveries = <E>(
  pages: Stream.Stream<ReadonlyArray<typeof DeliveryRecord.Type>, E>,
  numbers: ReadonlyMap<LineName, Phone>,
  nameOf: (number: Phone) => LineName
): CallSource<E> => {
  const rename = (line: LineName): LineName => {
    const number = numbers.get(line)
    return number === undefined ? line : nameOf(number)
  }
  return {
    name: "gateway",
    notes: [
      "The messages that the gateway has on record were read, each with its whole draft. The gateway keeps no bodies of requests. So it has no record of other calls, of calls that it refused before it asked a carrier, and of fields that it did not know."
    ],
    calls: Stream.map(pages, (page) =>
      page.map(({ at, conversation, draft, id }): Item => {
        const to = renamed(conversation, rename)
        return Either.right({
          where: `delivery ${id}`,
          call: {
            method: "POST",
            host: undefined,
            path: "/v1/send",
            query: "",
            contentType: undefined,
            body: { to: conversation, ...draft },
            answer: undefined,
            at,
            hadCredentials: false
          },
          asked: { to, draft }
        })
      }))
  }
}

const toShown = ({ chat, isGroup, number, people }: AccountRecord & { readonly _tag: "Chat" }): ShownChat => ({
  id: chat.id,
  isGroup,
  people,
  ...(number === undefined ? {} : { number })
})

/**
 * The chats of a vendor's account, page by page. It reads the first list of the account that has chats, and only reads.
 *
 * @category combinators
 */
export const chatsOf = <E>(
  { lists = [] }: CarrierHistory,
  toError: (error: { readonly message: string }) => E
): Stream.Stream<ReadonlyArray<ShownChat>, E> => {
  let found = false
  const readList = ({ read }: AccountList): Stream.Stream<ReadonlyArray<ShownChat>, E> =>
    Stream.paginateEffect(
      Option.none<string>(),
      (place) =>
        Effect.map(Effect.mapError(read(Option.getOrUndefined(place)), toError), ({ next, records }) => {
          const chats = records.filter((record) => record._tag === "Chat")
          found ||= chats.length > 0
          return [chats.map(toShown), Option.map(Option.fromNullable(next), Option.some)]
        })
    )
  // whether a list is needed is known when the one before it has ended
  return Stream.flatMap(Stream.fromIterable(lists), (list) => Stream.suspend(() => found ? Stream.empty : readList(list)))
}
