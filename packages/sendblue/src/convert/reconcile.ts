/** Finds out, from Sendblue's list and its status endpoint, what became of a send whose answer was lost. It never sends anything. */
import type { AdapterReconciliation, ChatContext, Search } from "@interline/core/Adapter"
import type { CarrierId } from "@interline/core/CarrierId"
import * as ListEvidence from "@interline/core/ListEvidence"
import type { MessagingError } from "@interline/core/MessagingError"
import type { Receipt } from "@interline/core/Outcome"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { Inspected, SendblueClient } from "../wire/SendblueClient.ts"
import type { ListMessages } from "../wire/SendblueRequests.ts"
import type { Message } from "../wire/SendblueSchema.ts"
import * as LiftAnswer from "./liftAnswer.ts"
import { extensionOf, limits } from "./lowerDraft.ts"

const pageSize = 100
const mostPages = 10

// milliseconds. Two measurements of one clock differ a little, so the second window is this much longer at both ends
const room = 5_000

// Sendblue's guide to the message list, read 2026-11-21
const documented = ["status", "data", "pagination"]
const documentedPagination = ["total", "limit", "offset", "hasMore"]

// the free plan adds this text to a message, as a row in the archived list page shows. No other addition is known
const freePlanSuffix = "\n - Sent using sendblue.co"

/** The conversation whose messages are read: with one person or with a group. */
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

type Standing = ReturnType<typeof ListEvidence.names>

const personIn = (numbers: ReadonlyArray<string>, person: string): Standing => {
  const standings = numbers.map((number) => ListEvidence.names(number, person))
  return standings.includes("same")
    ? "same"
    : standings.length > 0 && standings.every((standing) => standing === "other")
    ? "other"
    : "unclear"
}

/** Checks again whether a row fits the filters. If the vendor ignores a filter, a message to other people must not be taken for ours. */
const standingOf = (place: Place) => (row: Message): Standing => {
  const { from_number, group_id, is_outbound, number, sendblue_number, to_number } = row
  const whose: Standing = is_outbound === true ? "same" : is_outbound === false ? "other" : "unclear"
  const line = ListEvidence.names(from_number ?? sendblue_number, place.from_number)
  const where: Standing = "group_id" in place
    ? group_id === undefined ? "unclear" : group_id === place.group_id ? "same" : "other"
    : group_id === undefined
    ? personIn(to_number ?? number ?? [], place.to_number)
    : "other"
  const all = [whose, line, where]
  return all.includes("other") ? "other" : all.includes("unclear") ? "unclear" : "same"
}

interface Collected {
  readonly rows: ReadonlyArray<Message>
  readonly pages: ReadonlyArray<ListEvidence.Page>
  readonly skews: ReadonlyArray<Option.Option<ListEvidence.Skew>>
}

interface Looked extends Collected {
  readonly skew: Option.Option<ListEvidence.Skew>
  readonly isCovered: boolean
}

const nothing: Collected = { rows: [], pages: [], skews: [] }

const paginationOf = (body: unknown): unknown =>
  typeof body === "object" && body !== null && "pagination" in body ? body.pagination : undefined

const pageOf = ({ body, list, status }: Inspected, offset: number): ListEvidence.Page => {
  const { pagination } = list
  return {
    status,
    rows: list.data.length,
    fault: list.status !== "OK"
      ? "its status is not OK"
      : ListEvidence.undocumented(body, documented) ?? ListEvidence.undocumented(paginationOf(body), documentedPagination),
    end: pagination?.hasMore === undefined ? undefined : !pagination.hasMore,
    total: pagination?.total,
    asked: { offset, limit: pageSize },
    said: { offset: pagination?.offset, limit: pagination?.limit }
  }
}

/** The number of different rows. Offsets move while a list grows, so two pages may hold the same row. */
const countOf = (rows: ReadonlyArray<Message>): number =>
  new Set(rows.flatMap(({ message_handle }) => message_handle ?? [])).size +
  rows.filter(({ message_handle }) => message_handle === undefined).length

/** Whether a row has exactly the content of the step's request. */
export const matches = (content: string | undefined, mediaUrl: string | undefined) => (row: Message): boolean =>
  row.media_url === mediaUrl && (row.content === content || row.content === `${content ?? ""}${freePlanSuffix}`)

const isVoiceMemo = ({ content, media_url }: Message): boolean =>
  content === undefined && media_url !== undefined && limits.voiceMemoFormats.some((format) => format === extensionOf(media_url))

export const make = (carrierId: CarrierId, client: SendblueClient): AdapterReconciliation => {
  const receiptOf = (parts: ReadonlyArray<number>, row: Message, message_handle: string): Receipt => ({
    ...LiftAnswer.receipt(carrierId, parts, { ...row, message_handle, raw: row }),
    status: LiftAnswer.statusOf(row).neutral ?? "pending"
  })

  const collect = (filters: ListMessages, offset = 0, before: Collected = nothing): Effect.Effect<Collected, MessagingError> =>
    Effect.flatMap(client.inspectMessages({ ...filters, limit: pageSize, offset }), (inspected) => {
      const { list, skew } = inspected
      const all: Collected = {
        rows: [...before.rows, ...list.data],
        pages: [...before.pages, pageOf(inspected, offset)],
        skews: [...before.skews, skew]
      }
      const next = offset + list.data.length
      return LiftAnswer.hasMore(list, { limit: pageSize, offset }) && next < mostPages * pageSize
        ? collect(filters, next, all)
        : Effect.succeed(all)
    })

  /** Reads the list around the time. It reads once more if the measured clock of the vendor shows that the window was wrong. */
  const look = (
    place: Place,
    startedAt: number,
    asked = ListEvidence.windowOf(startedAt, Option.none()),
    isLast = false
  ): Effect.Effect<Looked, MessagingError> => {
    const filters: ListMessages = {
      is_outbound: true,
      ...place,
      created_at_gte: new Date(asked.from).toISOString(),
      created_at_lte: new Date(asked.until).toISOString(),
      order_by: "createdAt",
      order_direction: "asc"
    }
    return Effect.flatMap(collect(filters), (list) => {
      const skew = ListEvidence.together(list.skews)
      const needed = ListEvidence.windowOf(startedAt, skew)
      const isCovered = asked.from <= needed.from && asked.until >= needed.until
      return isCovered || isLast
        ? Effect.succeed({ ...list, skew, isCovered })
        : look(place, startedAt, { from: needed.from - room, until: needed.until + room }, true)
    })
  }

  const search = (place: Place, startedAt: number, parts: ReadonlyArray<number>, fits: (row: Message) => boolean): Search =>
    Effect.map(look(place, startedAt), ({ isCovered, pages, rows, skew }) => {
      const standing = standingOf(place)
      const seen = rows.flatMap((row): ReadonlyArray<ListEvidence.Row> => {
        const where = standing(row)
        if (where === "other") return []
        const { message_handle } = row
        return [{
          receipt: message_handle === undefined ? undefined : receiptOf(parts, row, message_handle),
          at: ListEvidence.timeOf(row.date_created ?? row.date_sent),
          isEqual: where === "same" && fits(row)
        }]
      })
      const gap = ListEvidence.gapOf(pages, countOf(rows), true) ?? (isCovered ? undefined : "it was not asked for the whole time")
      return Either.right(ListEvidence.sight(seen, startedAt, skew, gap))
    })

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
    // Sendblue's reads do not show reactions, and Sendblue has no edits
    shown: ["updateChat", "addParticipant", "removeParticipant"]
  }
}
