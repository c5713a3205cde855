/** Sends, deliveries and what is held. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import type { Draft } from "@interline/core/Draft"
import type { LineName } from "@interline/core/Line"
import { Messaging } from "@interline/core/Messaging"
import type { SendOptions } from "@interline/core/MessagingService"
import * as NearestWord from "@interline/core/NearestWord"
import * as Outcome from "@interline/core/Outcome"
import * as Part from "@interline/core/Part"
import type { Refused } from "@interline/core/Plan"
import * as Problem from "@interline/core/Problem"
import type { SendError } from "@interline/core/SendError"
import * as VisibleText from "@interline/core/VisibleText"
import type { State } from "@interline/router/Decision"
import { type HeldDelivery as Held, Router } from "@interline/router/Router"
import { Archive, type Archived, type ArchiveService, type OutcomeWord, type Query } from "@interline/sql/Archive"
import { IdMap } from "@interline/sql/IdMap"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as OwnLines from "../../config/ownLines.ts"
import * as ProblemDetails from "../../http/ProblemDetails.ts"
import * as HttpQuery from "../../http/query.ts"
import * as CurrentAnswer from "../../once/currentAnswer.ts"
import { LedgerKey } from "../../once/once.ts"
import { GatewayApi } from "../Api.ts"
import type { ArchiveParams, DeliveryRecord, HeldDelivery, MessageParams, ReceivedRecord, SendRequest } from "../ApiSchema.ts"
import { Caller } from "../authorization.ts"
import * as ResolveAddress from "../resolveAddress.ts"

const draftOf = ({ confirmsOptOut: _, parts, text, to: __, ...options }: SendRequest): Effect.Effect<Draft> =>
  parts !== undefined
    ? Effect.succeed({ ...options, parts })
    : text !== undefined
    ? Effect.succeed({ ...options, parts: [Part.text(text)] })
    : Effect.dieMessage("the schema lets no request through that has neither text nor parts")

const words = { Accepted: "accepted", Rejected: "not-sent", Partial: "partial", Unknown: "unknown" } as const satisfies Record<
  Outcome.Outcome["_tag"],
  OutcomeWord
>

const wordOf = ({ phase, result }: State): OutcomeWord =>
  phase._tag === "Held" || result?.kept === true ? "held" : result === undefined ? "pending" : words[result.outcome._tag]

/** What the library takes as options stands beside the draft here. */
const onWire = (problem: Problem.Problem): Problem.Problem =>
  problem.path[0] === "options" ? { ...problem, path: problem.path.slice(1) } : problem

const refusal = (error: SendError): ProblemDetails.ProblemDetails => {
  const { problems, ...rest } = ProblemDetails.fromSendError(error)
  return new ProblemDetails.ProblemDetails(problems === undefined ? rest : { ...rest, problems: problems.map(onWire) }, {
    disableValidation: true
  })
}

const refusedOnWire = ({ problems: [first, ...others], ...plan }: Refused): Refused => ({
  ...plan,
  problems: [onWire(first), ...others.map(onWire)]
})

const confirming = ({ confirmsOptOut }: SendRequest): SendOptions => confirmsOptOut === undefined ? {} : { confirmsOptOut }

type Outbound = Extract<Archived, { readonly _tag: "Outbound" }>

const deliveryRecord = ({ at, entry, failure, report, updatedAt }: Outbound): typeof DeliveryRecord.Type => ({
  direction: "outbound",
  id: entry.id,
  at,
  updatedAt,
  conversation: entry.content.conversation,
  draft: entry.content.draft,
  outcome: wordOf(entry.state),
  receipts: entry.state.result === undefined ? entry.state.taken : Outcome.receipts(entry.state.result.outcome),
  losses: entry.state.losses,
  attempts: entry.state.trials,
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

// --- pages of the archive ---

/** What a list of the archive needs. */
export interface Listing {
  readonly archive: ArchiveService
  readonly resolve: ResolveAddress.Resolve
  readonly carriers: ReadonlyArray<CarrierId>
  readonly lines: ReadonlyArray<LineName>
}

/** The first page's moment bounds the ones after it: what comes in meanwhile shifts nothing. */
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

/** What narrows a list beside what every list of the archive has. */
type Narrowing = Pick<Query, "direction" | "only" | "outcome" | "status">

/** A carrier that there is not has nothing, which would look as if nothing had happened. */
const known = (carrier: CarrierId, carriers: ReadonlyArray<CarrierId>): Effect.Effect<void, ProblemDetails.ProblemDetails> =>
  carriers.includes(carrier)
    ? Effect.void
    : Effect.fail(HttpQuery.unreadable([Problem.make("one-of", ["carrier"], NearestWord.oneOf(carrier, carriers))]))

/** Nor has a line that there is not. One of an older configuration is there as long as something that went by it is. */
const knownLine = ({ archive, lines }: Listing, line: LineName, now: number): Effect.Effect<void, ProblemDetails.ProblemDetails> =>
  lines.includes(line)
    ? Effect.void
    : Effect.flatMap(archive.list({ line, until: now + 1, limit: 1, offset: 0 }), ({ total }) =>
      total > 0
        ? Effect.void
        : Effect.fail(HttpQuery.unreadable([Problem.make("one-of", ["line"], NearestWord.oneOf(line, lines))])))

const list = (
  listing: Listing,
  { carrier, chat, cursor, limit = 50, line, order, peer, since, until }: typeof ArchiveParams.Type,
  narrowing: Narrowing
): Effect.Effect<
  { readonly items: ReadonlyArray<Archived>; readonly next?: string; readonly total: number },
  ProblemDetails.ProblemDetails
> =>
  Effect.gen(function*() {
    const { archive, carriers, resolve } = listing
    if (carrier !== undefined) yield* known(carrier, carriers)
    const now = yield* Clock.currentTimeMillis
    if (line !== undefined) yield* knownLine(listing, line, now)
    const place = cursor === undefined ? { until: until ?? now + 1, offset: 0 } : yield* fromCursor(cursor)
    const conversation = chat === undefined ? undefined : yield* resolve.to({ chat })
    const { items, total } = yield* archive.list({
      ...narrowing,
      ...(carrier === undefined ? {} : { carrierId: carrier }),
      ...(conversation === undefined ? {} : { conversation: Conversation.key(conversation) }),
      ...(line === undefined ? {} : { line }),
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

export const sending = HttpApiBuilder.group(GatewayApi, "sending", (handlers) =>
  Effect.gen(function*() {
    const messaging = yield* Messaging
    const send = CurrentAnswer.send(messaging)
    const resolve = ResolveAddress.make(yield* IdMap, ResolveAddress.linesOf(messaging.carriers))
    return handlers
      .handle("send", ({ payload }) =>
        Effect.gen(function*() {
          const to = yield* resolve.to(payload.to)
          const draft = yield* draftOf(payload)
          const key = yield* LedgerKey
          const delivery = yield* Effect.mapError(
            send(to, draft, { ...confirming(payload), ...Option.match(key, { onNone: () => ({}), onSome: (key) => ({ key }) }) }),
            refusal
          )
          return { outcome: "accepted" as const, ...delivery }
        }))
      .handle("plan", ({ payload: { carrier, ...rest } }) =>
        Effect.gen(function*() {
          const to = yield* resolve.to(rest.to)
          const draft = yield* draftOf(rest)
          const plans = yield* Effect.mapError(
            messaging.plan(to, draft, { ...confirming(rest), ...(carrier === undefined ? {} : { carrier }) }),
            refusal
          )
          return plans.map((plan) => plan._tag === "Refused" ? refusedOnWire(plan) : plan)
        }))
  }))

export const deliveries = HttpApiBuilder.group(GatewayApi, "deliveries", (handlers) =>
  Effect.gen(function*() {
    const messaging = yield* Messaging
    const router = yield* Router
    const archive = yield* Archive
    const resolve = ResolveAddress.make(yield* IdMap, ResolveAddress.linesOf(messaging.carriers))
    const listing = {
      archive,
      resolve,
      carriers: messaging.carriers.map(({ id }) => id),
      lines: ResolveAddress.linesOf(yield* OwnLines.configured)
    }
    const unknown = ResolveAddress.notFound("no delivery by that id is known here")
    return handlers
      .handle("listDeliveries", ({ urlParams: { outcome, status, ...params } }) =>
        Effect.map(
          list(listing, params, {
            direction: "outbound",
            only: "deliveries",
            ...(outcome === undefined ? {} : { outcome }),
            ...(status === undefined ? {} : { status })
          }),
          ({ items, ...page }) => ({
            ...page,
            items: items.flatMap((archived) => archived._tag === "Outbound" ? [deliveryRecord(archived)] : [])
          })
        ))
      .handle("getDelivery", ({ path: { id } }) =>
        Effect.flatMap(archive.find(id), (found) =>
          Option.isSome(found) && found.value._tag === "Outbound" ? Effect.succeed(deliveryRecord(found.value)) : unknown))
      .handle("status", ({ path: { id } }) =>
        Effect.mapError(messaging.status(id), (error) =>
          ProblemDetails.fromMessagingError(error)))
      .handle("explain", ({ path: { id } }) =>
        Effect.flatMap(
          router.explain(id),
          Option.match({
            onNone: () => unknown,
            onSome: ({ doubt, outcome, ...explanation }) =>
              Effect.succeed({
                ...explanation,
                ...(doubt === undefined ? {} : { doubt }),
                ...(outcome === undefined ? {} : { outcome })
              })
          })
        ))
  }))

const previewLength = 80

/** How a draft begins, for whoever must find it on a phone or in a vendor's console. */
const previewOf = ({ parts }: Draft): string | undefined => {
  const [text] = parts.flatMap((part) => part._tag === "Text" ? [part.text] : part._tag === "Link" ? [part.url] : [])
  return text === undefined ? undefined : VisibleText.shorten(text, previewLength)
}

const heldRecord = (held: Held, { conversation, draft }: Outbound["entry"]["content"], at: number): typeof HeldDelivery.Type => {
  const preview = previewOf(draft)
  return {
    ...held,
    conversation,
    sinceTime: new Date(held.since).toISOString(),
    ageSeconds: Math.max(0, Math.floor((at - held.since) / 1000)),
    ...(preview === undefined ? {} : { preview })
  }
}

export const held = HttpApiBuilder.group(
  GatewayApi,
  "held",
  (handlers) =>
    Effect.map(Effect.all([Router, Archive]), ([router, archive]) =>
      handlers
        .handle("listHeld", ({ urlParams: { limit } }) =>
          Effect.gen(function*() {
            const at = yield* Clock.currentTimeMillis
            // the router tells of nobody and repeats no text
            const items = yield* Effect.forEach(yield* router.held(limit), (one) =>
              Effect.map(
                archive.find(one.deliveryId),
                Option.match({
                  // it was settled, and forgotten, in this very moment
                  onNone: () => [],
                  onSome: (found) => found._tag === "Outbound" ? [heldRecord(one, found.entry.content, at)] : []
                })
              ), { concurrency: 8 })
            return { items: items.flat() }
          }))
        .handle("settle", ({ path: { id }, payload }) =>
          Effect.flatMap(
            Effect.flatMap(Caller, (caller) =>
              Effect.mapError(
                router.settle(
                  id,
                  payload.verdict === "arrived" ? { _tag: "Arrived", ref: payload.ref } : { _tag: "NotSent" },
                  Option.getOrUndefined(caller)
                ),
                (error) => ProblemDetails.fromMessagingError(error)
              )),
            (was) => was ? Effect.void : ResolveAddress.notFound("no delivery by that id is held")
          ))
        .handle("look", () => router.look))
)

export const listArchive = (listing: Listing) => ({ direction, ...params }: typeof MessageParams.Type) =>
  Effect.map(
    list(listing, params, direction === undefined ? {} : { direction }),
    ({ items, ...page }) => ({ ...page, items: items.map(recordOf) })
  )
