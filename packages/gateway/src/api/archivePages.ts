/** Makes pages from lists of the archive, and records of the API from its entries. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import type { DeliveryStatus } from "@interline/core/DeliveryStatus"
import type { LineName } from "@interline/core/Line"
import * as NearestWord from "@interline/core/NearestWord"
import { present } from "@interline/core/Optional"
import * as Outcome from "@interline/core/Outcome"
import * as Problem from "@interline/core/Problem"
import type { State } from "@interline/router/Decision"
import type { Archived, ArchiveService, OutcomeWord, Query } from "@interline/sql/Archive"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { ApiKeysService } from "../http/ApiKeys.ts"
import type * as ProblemDetails from "../http/ProblemDetails.ts"
import * as HttpQuery from "../http/query.ts"
import * as AnswerOnce from "./answerOnce.ts"
import type { ArchiveParams, CountParams, Counts, DeliveryParams, DeliveryRecord, MessageParams, ReceivedRecord } from "./ApiSchema.ts"
import * as Authorization from "./authorization.ts"
import * as PageCursor from "./pageCursor.ts"
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
  /** The keys in the ledger of sends that came with this idempotency key, from whatever API key. */
  readonly ledgerKeys: (key: string) => Effect.Effect<ReadonlyArray<string>>
}

/** The names of all API keys, also of revoked ones. */
export const ledgerKeysBy = ({ configured, created }: Pick<ApiKeysService, "configured" | "created">): Listing["ledgerKeys"] => (key) =>
  Effect.map(
    created,
    (stored) =>
      [...configured, ...stored.map(({ name }) => name)].map((caller) =>
        AnswerOnce.ledgerKey({ caller, key, method: "POST", path: "/v1/send" })
      )
  )

/**
 * The position of a page. `until` is the time of the first page, and all later pages keep this end. `at` and `id` are those of the last item. Earlier
 * versions gave an `offset`.
 */
const pages = PageCursor.make(Schema.Union(
  Schema.Struct({ until: Schema.Int, at: Schema.Int, id: Schema.String }),
  Schema.Struct({ until: Schema.Int, offset: Schema.NonNegativeInt })
))

/** What only some lists have. */
type Narrowing = Pick<Query, "direction" | "only">

/** The conditions of every list of the archive. */
type Conditions =
  & Pick<typeof ArchiveParams.Type, "carrier" | "chat" | "line" | "peer" | "since">
  & Pick<typeof DeliveryParams.Type, "outcome" | "status" | "loss" | "failedOver" | "key">

/** Refuses an unknown carrier, because its empty list would look as if nothing had happened. */
const checkCarrier = (carrier: CarrierId, carriers: ReadonlyArray<CarrierId>): Effect.Effect<void, ProblemDetails.ProblemDetails> =>
  carriers.includes(carrier)
    ? Effect.void
    : Effect.fail(HttpQuery.unreadable([Problem.make("one-of", ["carrier"], NearestWord.oneOf(carrier, carriers))]))

/** Refuses an unknown line. A line of an older configuration stays known as long as the archive has something of it. */
const checkLine = ({ archive, lines }: Listing, line: LineName, now: number): Effect.Effect<void, ProblemDetails.ProblemDetails> =>
  lines.includes(line)
    ? Effect.void
    : Effect.flatMap(archive.list({ line, until: now + 1, limit: 1, offset: 0, countTo: 0 }), ({ items }) =>
      items.length > 0
        ? Effect.void
        : Effect.fail(HttpQuery.unreadable([Problem.make("one-of", ["line"], NearestWord.oneOf(line, lines))])))

/** The conditions of a request, after their names were checked. */
const toQuery = (
  listing: Listing,
  { carrier, chat, failedOver, key, line, loss, outcome, peer, since, status }: Conditions,
  now: number
) =>
  Effect.gen(function*() {
    if (carrier !== undefined) yield* checkCarrier(carrier, listing.carriers)
    const own = yield* Authorization.lines
    if (line !== undefined) yield* Effect.zipRight(Authorization.checkLine(line), checkLine(listing, line, now))
    const conversation = chat === undefined ? undefined : yield* listing.resolve.to({ chat })
    const keys = key === undefined ? undefined : yield* listing.ledgerKeys(key)
    return present({
      carrierId: carrier,
      conversation: conversation === undefined ? undefined : Conversation.key(conversation),
      failedOver,
      keys,
      line,
      lines: own === undefined ? undefined : Array.from(own),
      loss,
      outcome,
      peer,
      since,
      status
    })
  })

/** How far the total is counted unless a request wants it exact. To count a million messages takes too long for a page. */
const usualCount = 1_000

/** Statuses are not counted unless a request wants it: no index has them, so each message is looked at. */
const toCounting = (total: "exact" | "none" | undefined, status: DeliveryStatus | undefined): "exact" | "none" | "usual" =>
  total ?? (status === undefined ? "usual" : "none")

/** For so many milliseconds a page looks for a status. To look through a million messages takes too long for a page. */
const usualLook = 50

/** A page of the archive, and the position of the next page. */
export const list = (
  listing: Listing,
  { cursor, limit = 50, order, total: asked, until, ...conditions }: Omit<typeof MessageParams.Type, "direction">,
  narrowing: Narrowing
): Effect.Effect<
  {
    readonly items: ReadonlyArray<Archived>
    readonly next?: string
    readonly lookedTo?: number
    readonly total?: number
    readonly totalIs?: "at-least"
  },
  ProblemDetails.ProblemDetails
> =>
  Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const query = yield* toQuery(listing, conditions, now)
    const wanted = toCounting(asked, conditions.status)
    const place = cursor === undefined ? { until: until ?? now + 1, offset: 0 } : yield* pages.read(cursor)
    const { isCutOff, items, lookedTo, next, total } = yield* listing.archive.list({
      ...narrowing,
      ...query,
      ...(order === undefined ? {} : { order }),
      ...("at" in place ? { after: { at: place.at, id: place.id }, offset: 0 } : { offset: place.offset }),
      ...(wanted === "exact" ? {} : { countTo: wanted === "none" ? 0 : usualCount }),
      ...(conditions.status === undefined || wanted === "exact" || ("offset" in place && place.offset > 0) ? {} : { lookFor: usualLook }),
      until: place.until,
      limit
    })
    return {
      items,
      ...(wanted === "none" ? {} : { total }),
      ...(wanted === "none" || isCutOff === undefined ? {} : { totalIs: "at-least" }),
      ...(next === undefined ? {} : { next: pages.write({ until: place.until, ...next }) }),
      ...(lookedTo === undefined ? {} : { lookedTo })
    }
  })

/** Pages of messages in both directions. */
export const listArchive = (listing: Listing) => ({ direction, ...params }: typeof MessageParams.Type) =>
  Effect.map(
    list(listing, params, direction === undefined ? {} : { direction }),
    ({ items, ...page }) => ({ ...page, items: items.map(recordOf) })
  )

const spans = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const satisfies Record<
  NonNullable<typeof CountParams.Type["every"]>,
  number
>

const mostSpans = 1_000

/** How many messages there were in each span of time. */
export const count = (
  listing: Listing,
  { direction, every = "hour", since: from, until: to, ...conditions }: typeof CountParams.Type
): Effect.Effect<typeof Counts.Type, ProblemDetails.ProblemDetails> =>
  Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const until = to ?? now + 1
    const since = from ?? until - spans.day
    if (until - since > spans[every] * mostSpans) {
      return yield* Effect.fail(HttpQuery.unreadable([
        Problem.make("one-of", ["every"], `is too short for this time: it would be more than ${mostSpans} spans; take a longer one`)
      ]))
    }
    const query = yield* toQuery(listing, { ...conditions, since }, now)
    const items = yield* listing.archive.count({ ...query, until, ...(direction === undefined ? {} : { direction }) }, spans[every])
    return { since, until, items }
  })
