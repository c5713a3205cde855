/** Reads back from carriers, through the same queue and the same recognition of what is known as webhooks. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Defect from "@interline/core/Defect"
import * as DeliveryStatus from "@interline/core/DeliveryStatus"
import type { CarrierHistory } from "@interline/core/History"
import * as MessageRef from "@interline/core/MessageRef"
import type { MessagingError } from "@interline/core/MessagingError"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as NearestWord from "@interline/core/NearestWord"
import type { SuppressionService } from "@interline/core/Suppression"
import type { ArchiveService } from "@interline/sql/Archive"
import * as Digest from "@interline/sql/Digest"
import type { IdMapService } from "@interline/sql/IdMap"
import * as Store from "@interline/sql/Store"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as ProblemDetails from "../http/ProblemDetails.ts"
import type { InboxService } from "../inbox/Inbox.ts"
import type { OptOutCounts, Progress } from "../server/CatchUpProgress.ts"
import type { CatchUpService } from "./CatchUp.ts"
import type { ConsentGateService } from "./consentGate.ts"
import * as OptOutLines from "./optOutLines.ts"

export interface Setup {
  readonly suppression: SuppressionService
  readonly inbox: InboxService
  readonly ids: IdMapService
  readonly archive: ArchiveService
  readonly gate: ConsentGateService
  readonly histories: ReadonlyArray<CarrierHistory>
  readonly atStart: boolean
}

interface Row {
  readonly carrier_id: string
  readonly heard_at: number | null
  readonly listed_at: number | null
  readonly gap_at: number | null
}

/** Longer than either vendor tries again to hand over a webhook (Linq: 25 to 30 minutes, changelog of September 2026). */
const overlap = 45 * 60_000

/** How often it is written down that nothing is being missed. */
const beat = "1 minute"

/** How often a webhook that comes through after refused ones is followed by a look, whoever sends the refused ones. */
const often = 10 * 60_000

const waits = [5_000, 15_000, 60_000, 300_000] as const

const decodeFact = Schema.decodeUnknownOption(Schema.parseJson(DeliveryStatus.StatusFact))

const whyOf = (cause: Cause.Cause<MessagingError>): string =>
  Option.match(Cause.failureOption(cause), { onNone: () => Defect.nameOf(Cause.squash(cause)), onSome: ({ message }) => message })

/** Whether asking again may help: credentials that are refused stay refused. */
const isLasting = (cause: Cause.Cause<MessagingError>): boolean =>
  Option.match(Cause.failureOption(cause), { onNone: () => false, onSome: ({ blame }) => blame === "account" || blame === "caller" })

export const make = (
  { archive, atStart, gate, histories, ids, inbox, suppression: given }: Setup
): Effect.Effect<CatchUpService, never, SqlClient.SqlClient | Scope.Scope> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    // what is waited for must not wait for itself
    const suppression = gate.ungated(given)
    const scope = yield* Effect.scope
    const byId = new Map(histories.map((history) => [history.carrierId, history]))
    const progress = new Map<CarrierId, Progress>(
      histories.map(({ carrierId }) => [carrierId, { carrierId, state: "waiting", failures: 0, read: 0, told: 0, optOuts: 0 }])
    )
    /** Since when something may be missing, by carrier, while webhooks are refused or switched off. */
    const gaps = new Map<CarrierId, number>()
    // one walk over a carrier at a time
    const locks = new Map(histories.map(({ carrierId }) => [carrierId, Effect.unsafeMakeSemaphore(1)]))

    const note = (carrierId: CarrierId, change: Partial<Progress>): Effect.Effect<void> =>
      Effect.sync(() => {
        const known = progress.get(carrierId)
        if (known !== undefined) progress.set(carrierId, { ...known, ...change })
      })

    // --- what is remembered ---

    const rowOf = (carrierId: CarrierId): Effect.Effect<Row | undefined> =>
      Store.runStatement(
        "CatchUp.read",
        Effect.map(
          sql<Row>`SELECT carrier_id, heard_at, listed_at, gap_at FROM interline_catch_up WHERE carrier_id = ${carrierId}`,
          ([row]) => row
        )
      )

    /** When a webhook of the carrier came last, before this process. */
    const lastWebhook = (carrierId: CarrierId, skipped = 0): Effect.Effect<number | undefined> =>
      Store.runStatement(
        "CatchUp.read",
        Effect.map(
          sql<
            { readonly at: number }
          >`SELECT at FROM interline_inbox WHERE carrier_id = ${carrierId} ORDER BY id DESC LIMIT 1 OFFSET ${skipped}`,
          ([row]) => row === undefined ? undefined : Number(row.at)
        )
      )

    /** That everything until then was heard or read back. */
    const heardUntil = (carrierId: CarrierId, at: number): Effect.Effect<void> =>
      Effect.zipRight(
        Store.runStatement(
          "CatchUp.write",
          sql`INSERT INTO interline_catch_up (carrier_id, heard_at) VALUES (${carrierId}, ${at})
            ON CONFLICT (carrier_id) DO UPDATE SET heard_at = excluded.heard_at, gap_at = NULL`
        ),
        note(carrierId, { heardUntil: at })
      )

    const listedAt = (carrierId: CarrierId, at: number): Effect.Effect<void> =>
      Effect.asVoid(Store.runStatement(
        "CatchUp.write",
        sql`INSERT INTO interline_catch_up (carrier_id, listed_at) VALUES (${carrierId}, ${at})
          ON CONFLICT (carrier_id) DO UPDATE SET listed_at = excluded.listed_at`
      ))

    // --- what is known already ---

    const knownIds = (carrierId: CarrierId, events: ReadonlyArray<MessagingEvent>): Effect.Effect<ReadonlySet<string>> => {
      const digests = events.flatMap(({ id }) => id === undefined ? [] : [Digest.of(id)])
      return digests.length === 0 ? Effect.succeed(new Set()) : Store.runStatement(
        "CatchUp.known",
        Effect.map(
          sql<{ readonly event_id: string }>`SELECT event_id FROM interline_inbox WHERE carrier_id = ${carrierId} AND ${
            sql.in("event_id", digests)
          }`,
          (rows) => new Set(rows.map(({ event_id }) => event_id))
        )
      )
    }

    const isHeard = ({ fact }: MessagingEvent & { readonly _tag: "Status" }): Effect.Effect<boolean> =>
      Store.runStatement(
        "CatchUp.heard",
        Effect.map(
          sql<{ readonly fact: string }>`SELECT fact FROM interline_facts WHERE ref = ${Store.toIndexable(MessageRef.format(fact.ref))}`,
          (rows) => rows.some((row) => Option.exists(decodeFact(row.fact), ({ status }) => status === fact.status))
        )
      )

    const isKnown = (event: MessagingEvent): Effect.Effect<boolean> => {
      switch (event._tag) {
        case "Status":
          return isHeard(event)
        case "Received":
          return Effect.map(Effect.flatMap(ids.messageId(event.message.ref), archive.find), Option.isSome)
        case "OptedOut":
          return Effect.map(
            suppression.find(event.handle),
            Option.exists(({ saidAt }) => event.at === undefined || saidAt >= Date.parse(event.at))
          )
        default:
          return Effect.succeed(false)
      }
    }

    const fresh = (carrierId: CarrierId, events: ReadonlyArray<MessagingEvent>): Effect.Effect<ReadonlyArray<MessagingEvent>> =>
      Effect.flatMap(knownIds(carrierId, events), (known) =>
        Effect.filter(events, (event) =>
          event.id !== undefined && known.has(Digest.of(event.id)) ? Effect.succeed(false) : Effect.map(isKnown(event), (is) =>
            !is)))

    const asHistory = (event: MessagingEvent, at: number): MessagingEvent =>
      event._tag === "Received" && event.message.recoveredAt === undefined
        ? { ...event, message: { ...event.message, recoveredAt: new Date(at).toISOString() } }
        : event

    /** An opt-out holds before anything else is done with the page that it is on. */
    const page = (
      carrierId: CarrierId,
      events: ReadonlyArray<MessagingEvent>
    ): Effect.Effect<{ readonly told: number; readonly optOuts: number }> =>
      Effect.gen(function*() {
        const at = yield* Clock.currentTimeMillis
        const found = yield* fresh(carrierId, events)
        const optOuts = found.filter((event) =>
          event._tag === "OptedOut"
        )
        yield* Effect.forEach(optOuts, ({ at: said, handle }) => {
          const saidAt = said === undefined ? at : Math.min(Date.parse(said), at)
          // a mark without a time may be of any time, so it is no word that somebody said just now
          return suppression.add(handle, said === undefined ? "list" : "event", carrierId, saidAt)
        }, { discard: true })
        yield* inbox.put(found.map((event) => asHistory(event, at)))
        return { told: found.length, optOuts: optOuts.length }
      })

    // --- one carrier ---

    const listed = ({ carrierId, optOuts }: CarrierHistory): Effect.Effect<OptOutCounts, MessagingError> =>
      Effect.gen(function*() {
        const counts = yield* OptOutLines.ofRecords(suppression, carrierId, optOuts, (counts) =>
          Math.floor(counts.read / 10_000) > Math.floor((progress.get(carrierId)?.optOuts ?? 0) / 10_000)
            ? Effect.zipRight(
              note(carrierId, { optOuts: counts.read }),
              Effect.logInfo("opt-outs are being read", { carrier: carrierId, read: counts.read, added: counts.added })
            )
            : note(carrierId, { optOuts: counts.read }))
        yield* Effect.flatMap(Clock.currentTimeMillis, (at) =>
          listedAt(carrierId, at))
        yield* Effect.logInfo("opt-outs were read from the carrier's list", { carrier: carrierId, read: counts.read, added: counts.added })
        return counts
      })

    const readBack = (history: CarrierHistory, from: number): Effect.Effect<void, MessagingError> =>
      Effect.gen(function*() {
        const { carrierId } = history
        const startedAt = yield* Clock.currentTimeMillis
        yield* note(carrierId, { state: "running", from, startedAt, read: 0, told: 0, optOuts: 0 })
        yield* Stream.runForEach(history.events(from), (events) =>
          Effect.flatMap(page(carrierId, events), ({ optOuts, told }) => {
            const known = progress.get(carrierId)
            return note(carrierId, {
              read: (known?.read ?? 0) + events.length,
              told: (known?.told ?? 0) + told,
              optOuts: (known?.optOuts ?? 0) + optOuts
            })
          }))
        yield* heardUntil(carrierId, startedAt)
        yield* note(carrierId, { state: "done", until: startedAt, endedAt: yield* Clock.currentTimeMillis })
        const { optOuts = 0, read = 0, told = 0 } = progress.get(carrierId) ?? {}
        yield* Effect.logInfo("what was missed was read back", {
          carrier: carrierId,
          from: new Date(from).toISOString(),
          until: new Date(startedAt).toISOString(),
          read,
          told,
          optOuts
        })
      })

    const failed = (carrierId: CarrierId) => (cause: Cause.Cause<MessagingError>): Effect.Effect<void> =>
      Cause.isInterruptedOnly(cause) ? Effect.void : Effect.gen(function*() {
        const why = whyOf(cause)
        const failures = (progress.get(carrierId)?.failures ?? 0) + 1
        yield* note(carrierId, { state: "failed", why, failures, endedAt: yield* Clock.currentTimeMillis })
        yield* Effect.logWarning("what was missed could not be read back", { carrier: carrierId, why })
      })

    const exclusive = <A, E>(carrierId: CarrierId, effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      locks.get(carrierId)?.withPermits(1)(effect) ?? effect

    /** Since when something may have been missed; `undefined`: nothing was ever heard of this carrier here. */
    const sinceOf = (carrierId: CarrierId): Effect.Effect<number | undefined> =>
      Effect.flatMap(Effect.all([rowOf(carrierId), lastWebhook(carrierId)]), ([row, webhook]) => {
        const heard = row?.gap_at ?? row?.heard_at ?? webhook
        return Effect.succeed(heard === undefined || heard === null ? undefined : Number(heard) - overlap)
      })

    /**
     * The list of opt-outs once more, for whom somebody took off by hand at the carrier. Nobody's messages wait for it: what people said themselves has been
     * read back by then.
     */
    const relisted = (history: CarrierHistory): Effect.Effect<void> =>
      Effect.catchAllCause(Effect.asVoid(exclusive(history.carrierId, listed(history))), (cause) =>
        Cause.isInterruptedOnly(cause)
          ? Effect.void
          : Effect.annotateLogs(Effect.logWarning("the carrier's list of opt-outs could not be read again"), {
            carrier: history.carrierId,
            why: whyOf(cause)
          }))

    /** What a start does: the list of opt-outs where it was never read, and what was said since. True: the list was read before. */
    const starting = (history: CarrierHistory): Effect.Effect<boolean, MessagingError> =>
      Effect.gen(function*() {
        const { carrierId } = history
        const row = yield* rowOf(carrierId)
        const since = yield* sinceOf(carrierId)
        yield* note(carrierId, { state: "running", ...(since === undefined ? {} : { heardUntil: since + overlap }) })
        const wasListed = row?.listed_at !== undefined && row.listed_at !== null
        if (!wasListed) {
          yield* listed(history)
        }
        const now = yield* Clock.currentTimeMillis
        // of a carrier that was never heard of there is nothing to go on with
        if (since !== undefined) {
          yield* readBack(history, since)
        } else {
          yield* heardUntil(carrierId, now)
          yield* note(carrierId, { state: "done", until: now, endedAt: now })
        }
        return wasListed
      })

    const settled = (history: CarrierHistory, count = 0): Effect.Effect<void> => {
      const { carrierId } = history
      return Effect.matchCauseEffect(exclusive(carrierId, starting(history)), {
        onSuccess: (wasListed) => Effect.zipRight(gate.read(carrierId), wasListed ? relisted(history) : Effect.void),
        onFailure: (cause) => {
          if (Cause.isInterruptedOnly(cause)) return Effect.void
          const wait = waits[Math.min(count, waits.length - 1)] ?? Duration.toMillis("5 minutes")
          return Effect.zipRight(
            failed(carrierId)(cause),
            // who is refused today is refused tomorrow: nobody's messages wait for that
            isLasting(cause) ? gate.read(carrierId) : Effect.zipRight(Effect.sleep(wait), settled(history, count + 1))
          )
        }
      })
    }

    // --- the start ---

    if (atStart) {
      yield* Effect.forkScoped(Effect.interruptible(Effect.forEach(histories, (history) =>
        settled(history), { concurrency: "unbounded", discard: true })))
    }

    const beating = Effect.forEach(Array.from(progress.values()), ({ carrierId, state }) =>
      state === "done" && !gaps.has(carrierId)
        ? Effect.flatMap(Clock.currentTimeMillis, (at) =>
          heardUntil(carrierId, at))
        : Effect.void, { discard: true }).pipe(
        Effect.catchAllCause(() => Effect.logWarning("how far was heard could not be written down"))
      )
    yield* Effect.forkScoped(
      Effect.interruptible(Effect.withTracerEnabled(
        Effect.forever(Effect.zipRight(
          Effect.sleep(beat),
          Effect.suspend(() => beating)
        )),
        false
      ))
    )

    // --- stretches in which webhooks did not come through ---

    const switchedOff = new Set<CarrierId>()
    const lastRuns = new Map<CarrierId, number>()
    /** When a webhook was refused last. */
    const refused = new Map<CarrierId, number>()

    const openGap = (carrierId: CarrierId, at: number): Effect.Effect<void> =>
      gaps.has(carrierId) || !byId.has(carrierId) ? Effect.void : Effect.suspend(() => {
        gaps.set(carrierId, at)
        return Effect.zipRight(
          note(carrierId, { heardUntil: at }),
          Effect.asVoid(Store.runStatement(
            "CatchUp.write",
            sql`INSERT INTO interline_catch_up (carrier_id, gap_at) VALUES (${carrierId}, ${at})
            ON CONFLICT (carrier_id) DO UPDATE SET gap_at = COALESCE(interline_catch_up.gap_at, excluded.gap_at)`
          ))
        )
      })

    const closing = (history: CarrierHistory, from: number): Effect.Effect<void> =>
      Effect.catchAllCause(
        exclusive(
          history.carrierId,
          Effect.gen(function*() {
            const { carrierId } = history
            const startedAt = yield* Clock.currentTimeMillis
            yield* readBack(history, from)
            gaps.delete(carrierId)
            // what was refused while the lists were read may have come after the page on which it would be
            const last = refused.get(carrierId)
            if (last !== undefined && last >= startedAt) yield* openGap(carrierId, last)
          })
        ),
        failed(history.carrierId)
      )

    const missed: CatchUpService["missed"] = (carrierId) =>
      Effect.flatMap(Clock.currentTimeMillis, (at) => {
        refused.set(carrierId, at)
        return openGap(carrierId, at)
      })

    /** A webhook came through, so what came before it can be asked for. */
    const heard: CatchUpService["heard"] = (carrierId, events) =>
      Effect.gen(function*() {
        const history = byId.get(carrierId)
        const words = events.flatMap((event) => event._tag === "Account" || event._tag === "Unrecognized" ? [event.kind] : [])
        const isOff = words.includes("webhook_subscription.disabled") || words.includes("webhook_subscription.deleted")
        const isOn = words.includes("webhook_subscription.enabled")
        if (history === undefined || (!isOff && !isOn && !gaps.has(carrierId))) return
        const at = yield* Clock.currentTimeMillis
        if (isOff) {
          switchedOff.add(carrierId)
          yield* Effect.logError(
            "a webhook subscription was switched off: what people write there, and that they opt out, is not heard until it is on again",
            { carrier: carrierId }
          )
          return yield* openGap(carrierId, at)
        }
        if (isOn) switchedOff.delete(carrierId)
        if (switchedOff.has(carrierId) || (!isOn && at - (lastRuns.get(carrierId) ?? Number.NEGATIVE_INFINITY) < often)) return
        lastRuns.set(carrierId, at)
        // of a subscription that was off without a word the last time is the one before this webhook
        const since = gaps.get(carrierId) ?? (yield* lastWebhook(carrierId, events.length)) ?? at
        yield* Effect.forkIn(closing(history, since - overlap), scope)
      })

    // --- on demand ---

    const chosen = (carrierId: CarrierId | undefined): Effect.Effect<ReadonlyArray<CarrierHistory>, ProblemDetails.ProblemDetails> => {
      if (carrierId === undefined) return Effect.succeed(histories)
      const found = byId.get(carrierId)
      return found === undefined
        ? Effect.fail(ProblemDetails.make("malformed", {
          certainty: "not-sent",
          next: "fix",
          detail: `carrier must be one that can be asked here: ${
            byId.size === 0
              ? "there is none"
              : `${Array.from(byId.keys()).join(", ")}; ${NearestWord.noneOf(carrierId, Array.from(byId.keys()))}`
          }`
        }))
        : Effect.succeed([found])
    }

    // who was read back and is listened to has nothing left to say
    const now: Effect.Effect<ReadonlyArray<Progress>> = Effect.map(
      Clock.currentTimeMillis,
      (at) => Array.from(progress.values(), (one) => one.state === "done" && !gaps.has(one.carrierId) ? { ...one, heardUntil: at } : one)
    )

    const run: CatchUpService["run"] = ({ carrierId, since } = {}) =>
      Effect.flatMap(chosen(carrierId), (some) =>
        Effect.forEach(some, (history) =>
          exclusive(
            history.carrierId,
            Effect.flatMap(
              Effect.flatMap(sinceOf(history.carrierId), (heard) =>
                since === undefined
                  ? Effect.map(Clock.currentTimeMillis, (at) => heard ?? at - overlap)
                  : Effect.succeed(since)),
              (from) => readBack(history, from)
            )
          ).pipe(
            Effect.catchAllCause(failed(history.carrierId)),
            // it goes on when whoever asked goes away
            Effect.forkIn(scope),
            Effect.flatMap((fiber) => fiber.await)
          ), { concurrency: "unbounded", discard: true })).pipe(Effect.zipRight(now))

    const importOptOuts: CatchUpService["importOptOuts"] = (carrierId) =>
      Effect.flatMap(chosen(carrierId), (some) =>
        Effect.map(
          Effect.forEach(
            some,
            (history) => Effect.mapError(exclusive(history.carrierId, listed(history)), (error) => ProblemDetails.fromMessagingError(error))
          ),
          (all) => all.reduce(OptOutLines.sum, OptOutLines.none)
        ))

    return { importOptOuts, run, progress: now, missed, heard }
  })
