/** Writes the records of one page into the stores of the gateway, or counts what would be written. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as AccountLists from "@interline/core/AccountLists"
import * as BoundedMap from "@interline/core/BoundedMap"
import type { LineName } from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import { type OptOut, Suppression } from "@interline/core/Suppression"
import type { Ledger } from "@interline/router/Ledger"
import { AdoptedIds } from "@interline/sql/AdoptedIds"
import { IdMap } from "@interline/sql/IdMap"
import * as SqlChatBook from "@interline/sql/SqlChatBook"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ImportReport from "./ImportReport.ts"
import * as Places from "./places.ts"

export interface TakeOver {
  /** Adds opt-outs. The result is how many people were not on the list. No opt-out is ever removed. */
  readonly addAll: (optOuts: ReadonlyArray<OptOut>) => Effect.Effect<number>
  /** Takes over the records of one page. The result counts them. */
  readonly takePage: (page: AccountLists.AccountPage) => Effect.Effect<ImportReport.Tally>
}

type ChatRecord = AccountLists.AccountRecord & { readonly _tag: "Chat" }
type MessageRecord = AccountLists.AccountRecord & { readonly _tag: "Message" }

export const make = (
  { apply, carrierId, lines }: Places.Options
): Effect.Effect<TakeOver, never, SqlClient.SqlClient | Suppression | Ledger | IdMap | AdoptedIds> =>
  Effect.gen(function*() {
    const suppression = yield* Suppression
    const bindNewChat = yield* SqlChatBook.makeBindNew
    const ids = yield* IdMap
    const adopted = yield* AdoptedIds
    const { bind, conversationOf, findAll, lineOf, touch, touchesOf } = yield* Places.make({ carrierId, lines, apply })

    // Without writes, a person would be new again and again. So a dry run remembers whom it counted.
    const isFirstOptOut = Places.makeOnce()
    // The vendor's pages overlap.
    const seen = BoundedMap.make<string, true>(20_000)

    const isNew = (record: AccountLists.AccountRecord): boolean => {
      const key = `${record._tag} ${MessageRef.format(record._tag === "Chat" ? record.chat : record.ref)}`
      return seen.get(key) === undefined && (seen.set(key, true), true)
    }

    /** Takes over a chat that the vendor names. The conversation counts as shown at the end, so its id is adopted before. */
    const takeChat = (record: ChatRecord, line: LineName, now: number) =>
      Effect.gen(function*() {
        const { at, chat } = record
        const found = yield* conversationOf(line, record, chat)
        if (Option.isNone(found)) return { known: true, placing: "same" as Places.Placing }
        const conversation = found.value
        const unknown = apply ? yield* adopted.adoptChat(chat, conversation) : (yield* adopted.countUnknown("chat", [chat])) > 0
        if (apply) {
          // a gateway that is in use may know a later chat, and the vendor lists the latest first
          yield* bindNewChat(conversation, chat)
          yield* ids.remember(conversation)
        }
        const placing = at === undefined ? "same" : yield* bind({ conversation, line, at: Math.min(at, now), chat })
        return { known: !unknown, placing }
      })

    const countOthers = (records: ReadonlyArray<MessageRecord>): Readonly<Record<string, number>> => {
      const found: Record<string, number> = {}
      for (const { number } of records) {
        if (number === undefined || lines.has(number)) continue
        const masked = ImportReport.mask(number)
        found[masked] = (found[masked] ?? 0) + 1
      }
      return found
    }

    return {
      addAll: (optOuts) =>
        apply
          ? suppression.addAll(optOuts)
          : Effect.map(
            Effect.forEach(
              optOuts,
              ({ handle }) => Effect.map(suppression.find(handle), (entry) => Option.isNone(entry) && isFirstOptOut(handle) ? 1 : 0)
            ),
            (counts) => counts.reduce((sum: number, count) => sum + count, 0)
          ),
      takePage: ({ records, unreadable }) =>
        Effect.gen(function*() {
          const now = yield* Clock.currentTimeMillis
          const fresh = records.filter(isNew)
          const messages = fresh.filter((record): record is MessageRecord => record._tag === "Message")
          const named = fresh.filter((record): record is ChatRecord => record._tag === "Chat")
          const refs = messages.map(({ ref }) => ref)
          const newMessages = yield* apply ? adopted.adoptMessages(refs) : adopted.countUnknown("message", refs)
          const taken = yield* Effect.forEach(named, (record) => {
            const line = lineOf(record)
            return line === undefined ? Effect.succeed({ known: true, placing: "same" as Places.Placing }) : takeChat(record, line, now)
          })
          const placings = [
            ...taken.map(({ placing }) => placing),
            ...(yield* Effect.forEach(yield* findAll(messages, now), bind))
          ]
          const contacts = yield* Effect.forEach(touchesOf(messages, now), touch)
          return ImportReport.add(ImportReport.ofUnreadable(unreadable), {
            ...ImportReport.empty,
            messages: { read: messages.length, new: newMessages },
            chats: { read: named.length, new: taken.filter(({ known }) => !known).length },
            conversations: {
              new: placings.filter((placing) => placing === "new").length,
              elsewhere: placings.filter((placing) => placing === "elsewhere").length
            },
            contacts: { new: contacts.reduce((sum, count) => sum + count, 0) },
            otherNumbers: countOthers(messages)
          })
        })
    }
  })
