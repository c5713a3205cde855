/** Makes pages from lists of the archive, and records of the API from its entries. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import type { LineName } from "@interline/core/Line"
import * as NearestWord from "@interline/core/NearestWord"
import * as Outcome from "@interline/core/Outcome"
import * as Problem from "@interline/core/Problem"
import type { State } from "@interline/router/Decision"
import type { Archived, ArchiveService, OutcomeWord, Query } from "@interline/sql/Archive"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Schema from "effect/Schema"
import * as ProblemDetails from "../http/ProblemDetails.ts"
import * as HttpQuery from "../http/query.ts"
import type { ArchiveParams, DeliveryRecord, MessageParams, ReceivedRecord } from "./ApiSchema.ts"
import * as Authorization from "./authorization.ts"
import type * as ResolveAddress from "./resolveAddress.ts"

const words = { Accepted: "accepted", Rejected: "not-sent", Partial: "partial", Unknown: "unknown" } as const satisfies Record<
  Outcome.Outcome["_tag"],
  OutcomeWord
>

const wordOf = ({ phase, result }: State): OutcomeWord =>
  phase._tag === "Held" || result?.kept === true ? "held" : result === undefined ? "pending" : words[result.outcome._tag]

export type Outbound = Extract<Archived, { readonly _tag: "Outbound" }>

export const deliveryRecord = ({ at, entry, failure, report, updatedAt }: Outbound): typeof DeliveryRecord.Type => ({
  direction: "outbound",
  id: entry.id,
  at,
  updatedAt,
  conversation: entry.content.conversation,
  draft: entry.content.draft,
  outcome: wordOf(entry.state),
  receipts: entry.state.result === undefined ? entry.state.taken : Outcome.receipts(entry.state.result.outcome),
  losses: entry.state.losses,
  attempts: entry.state.attempts,
  report,
  ...(failure === undefined ? {} : { failure })
})

const recordOf = (archived: Archived): typeof DeliveryRecord.Type | typeof ReceivedRecord.Type =>
  archived._tag === "Outbound" ? deliveryRecord(archived) : {
    direction: "inbound",
    id: archived.id,
    at: archived.at,
    updatedAt: archived.updatedAt,
    message: archived.message,
    ...(archived.conversation === undefined ? {} : { conversation: archived.conversation })
  }

/** The services for a list of the archive. */
export interface Listing {
  readonly archive: ArchiveService
  readonly resolve: ResolveAddress.Resolve
  readonly carriers: ReadonlyArray<CarrierId>
  readonly lines: ReadonlyArray<LineName>
}

/** The position of a page. `until` is the time of the first page. All later pages keep this end, so new messages shift nothing. */
const Cursor = Schema.parseJson(Schema.Struct({ until: Schema.Int, offset: Schema.NonNegativeInt }))
const readCursor = Schema.decodeUnknownEither(Cursor)
const writeCursor = Schema.encodeSync(Cursor)

const badCursor = ProblemDetails.make("malformed", {
  certainty: "not-sent",
  next: "fix",
  detail: "the cursor is not one that a page of this list gave"
})

const fromCursor = (cursor: string): Effect.Effect<{ readonly until: number; readonly offset: number }, ProblemDetails.ProblemDetails> =>
  Either.match(Either.flatMap(Encoding.decodeBase64UrlString(cursor), readCursor), {
    onLeft: () => Effect.fail(badCursor),
    onRight: Effect.succeed
  })

/** The conditions of one list, beside those that all lists of the archive have. */
type Narrowing = Pick<Query, "direction" | "only" | "outcome" | "status">

/** Refuses an unknown carrier, because its empty list would look as if nothing had happened. */
const checkCarrier = (carrier: CarrierId, carriers: ReadonlyArray<CarrierId>): Effect.Effect<void, ProblemDetails.ProblemDetails> =>
  carriers.includes(carrier)
    ? Effect.void
    : Effect.fail(HttpQuery.unreadable([Problem.make("one-of", ["carrier"], NearestWord.oneOf(carrier, carriers))]))

/** Refuses an unknown line. A line of an older configuration stays known as long as the archive has something of it. */
const checkLine = ({ archive, lines }: Listing, line: LineName, now: number): Effect.Effect<void, ProblemDetails.ProblemDetails> =>
  lines.includes(line)
    ? Effect.void
    : Effect.flatMap(archive.list({ line, until: now + 1, limit: 1, offset: 0 }), ({ total }) =>
      total > 0
        ? Effect.void
        : Effect.fail(HttpQuery.unreadable([Problem.make("one-of", ["line"], NearestWord.oneOf(line, lines))])))

/** A page of the archive, and the position of the next page. */
export const list = (
  listing: Listing,
  { carrier, chat, cursor, limit = 50, line, order, peer, since, until }: typeof ArchiveParams.Type,
  narrowing: Narrowing
): Effect.Effect<
  { readonly items: ReadonlyArray<Archived>; readonly next?: string; readonly total: number },
  ProblemDetails.ProblemDetails
> =>
  Effect.gen(function*() {
    const { archive, carriers, resolve } = listing
    if (carrier !== undefined) yield* checkCarrier(carrier, carriers)
    const now = yield* Clock.currentTimeMillis
    const own = yield* Authorization.lines
    if (line !== undefined) yield* Effect.zipRight(Authorization.checkLine(line), checkLine(listing, line, now))
    const place = cursor === undefined ? { until: until ?? now + 1, offset: 0 } : yield* fromCursor(cursor)
    const conversation = chat === undefined ? undefined : yield* resolve.to({ chat })
    const { items, total } = yield* archive.list({
      ...narrowing,
      ...(carrier === undefined ? {} : { carrierId: carrier }),
      ...(conversation === undefined ? {} : { conversation: Conversation.key(conversation) }),
      ...(line === undefined ? {} : { line }),
      ...(own === undefined ? {} : { lines: Array.from(own) }),
      ...(peer === undefined ? {} : { peer }),
      ...(since === undefined ? {} : { since }),
      ...(order === undefined ? {} : { order }),
      until: place.until,
      limit,
      offset: place.offset
    })
    const offset = place.offset + items.length
    return {
      items,
      total,
      ...(items.length === 0 || offset >= total ? {} : { next: Encoding.encodeBase64Url(writeCursor({ until: place.until, offset })) })
    }
  })

/** Pages of messages in both directions. */
export const listArchive = (listing: Listing) => ({ direction, ...params }: typeof MessageParams.Type) =>
  Effect.map(
    list(listing, params, direction === undefined ? {} : { direction }),
    ({ items, ...page }) => ({ ...page, items: items.map(recordOf) })
  )
