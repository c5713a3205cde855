/** What Sendblue's list and status endpoint tell of a send whose answer was lost. Nothing is ever sent by it. */
import type { AdapterReconciliation, ChatContext, Search } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import type { MessagingError } from "@interline/core/MessagingError"
import type { Receipt } from "@interline/core/Outcome"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { SendblueClient } from "../SendblueClient.ts"
import type { ListMessages, Message } from "../SendblueSchema.ts"
import * as Lift from "./lift.ts"
import { extensionOf, limits } from "./lower.ts"

// clocks differ, and a slow send (13 s were seen) may become a message after its request was given up
const skew = 60_000
const patience = 600_000

const pageSize = 100
const pages = 10

// the archived list page shows a row of the free plan with it; nothing else is known to be added
const freePlanSuffix = "\n - Sent using sendblue.co"

/** Whose messages are looked at: the people's, or a group's. */
type Place = { readonly from_number: string } & ({ readonly to_number: string } | { readonly group_id: string })

const text = (value: unknown): string | undefined => typeof value === "string" && value !== "" ? value : undefined

const placeOf = (from: string | undefined, to: string | undefined, group: string | undefined): Either.Either<Place, string> =>
  from === undefined
    ? Either.left("it is not known which line it left from")
    : group !== undefined
    ? Either.right({ from_number: from, group_id: group })
    : to !== undefined
    ? Either.right({ from_number: from, to_number: to })
    : Either.left("the group has no id yet, so its messages cannot be listed")

/** What the filters asked for, checked again: a filter that the vendor ignores must not make another's message ours. */
const isIn = (place: Place, since: number) => (row: Message): boolean => {
  const { from_number, is_outbound, to_number } = row
  if (is_outbound === false || (from_number !== undefined && from_number !== place.from_number)) return false
  if ("group_id" in place ? row.group_id !== place.group_id : row.group_id !== undefined) return false
  if ("to_number" in place && to_number !== undefined && !to_number.includes(place.to_number)) return false
  const created = Date.parse(row.date_created ?? row.date_sent ?? "")
  return Number.isNaN(created) || created >= since
}

/** Whether a row carries what the step's request carried, to the letter. */
export const matches = (content: string | undefined, mediaUrl: string | undefined) => (row: Message): boolean =>
  row.media_url === mediaUrl && (row.content === content || row.content === `${content ?? ""}${freePlanSuffix}`)

const isVoiceMemo = ({ content, media_url }: Message): boolean =>
  content === undefined && media_url !== undefined && limits.voiceMemoFormats.some((format) => format === extensionOf(media_url))

export const make = (carrierId: CarrierId, client: SendblueClient): AdapterReconciliation => {
  const receiptOf = (parts: ReadonlyArray<number>, row: Message, message_handle: string): Receipt => ({
    ...Lift.receipt(carrierId, parts, { ...row, message_handle, raw: row }),
    status: Lift.statusOf(row).neutral ?? "pending"
  })

  const collect = (filters: ListMessages, offset: number, seen: ReadonlyArray<Message>): Effect.Effect<Option.Option<ReadonlyArray<Message>>, MessagingError> =>
    Effect.flatMap(client.listMessages({ ...filters, limit: pageSize, offset }), (list) => {
      const all = [...seen, ...list.data]
      return !Lift.hasMore(list, { limit: pageSize, offset })
        ? Effect.succeedSome(all)
        : offset + list.data.length >= pages * pageSize
        ? Effect.succeedNone
        : collect(filters, offset + list.data.length, all)
    })

  const search = (place: Place, startedAt: number, parts: ReadonlyArray<number>, fits: (row: Message) => boolean): Search => {
    const since = startedAt - skew
    const filters: ListMessages = {
      is_outbound: true,
      ...place,
      created_at_gte: new Date(since).toISOString(),
      created_at_lte: new Date(startedAt + patience).toISOString(),
      order_by: "createdAt",
      order_direction: "asc"
    }
    return Effect.map(collect(filters, 0, []), Option.match({
      onNone: () => Either.left("there are too many messages to look through"),
      onSome: (rows) => {
        const receipts = new Map<string, Receipt>()
        for (const row of rows.filter(isIn(place, since)).filter(fits)) {
          if (row.message_handle === undefined) return Either.left("a message that fits has no handle")
          // offsets drift: a row may come on two pages
          if (!receipts.has(row.message_handle)) receipts.set(row.message_handle, receiptOf(parts, row, row.message_handle))
        }
        return Either.right(Array.from(receipts.values()))
      }
    }))
  }

  return {
    send: {
      way: "list",
      search: ({ body, parts }, startedAt) =>
        Either.match(placeOf(text(body["from_number"]), text(body["number"]), text(body["group_id"])), {
          onLeft: (why) => Effect.succeed(Either.left(why)),
          onRight: (place) => search(place, startedAt, parts, matches(text(body["content"]), text(body["media_url"])))
        }),
      lookUp: (message, { parts }) =>
        client.getStatus(message.id).pipe(
          Effect.map((row) => Option.some(receiptOf(parts, row, message.id))),
          Effect.catchIf((error) => error.reason === "NotFound", () => Effect.succeedNone)
        )
    },
    searchVoiceMemos: ({ chat, from, kind, recipients: [person] }: ChatContext, since) =>
      Either.match(placeOf(from, kind === "direct" ? person : undefined, kind === "group" ? chat?.id : undefined), {
        onLeft: (why) => Effect.succeed(Either.left(why)),
        onRight: (place) => search(place, since, [0], isVoiceMemo)
      }),
    // reactions cannot be read, edits do not exist
    shown: ["updateChat", "addParticipant", "removeParticipant"]
  }
}
