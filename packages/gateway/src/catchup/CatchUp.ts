/**
 * Reads back from the carriers the messages and opt-outs that the gateway missed. It does so after the process was down, after a
 * subscription was switched off or a secret was wrong, and on request.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { What } from "@interline/core/AccountNotice"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Defect from "@interline/core/Defect"
import type { CarrierFeed } from "@interline/core/Feed"
import type { CarrierHistory } from "@interline/core/History"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as NearestWord from "@interline/core/NearestWord"
import { Suppression } from "@interline/core/Suppression"
import { Ownership } from "@interline/router/Ownership"
import { Archive } from "@interline/sql/Archive"
import { IdMap } from "@interline/sql/IdMap"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as ProblemDetails from "../http/ProblemDetails.ts"
import { Inbox } from "../inbox/Inbox.ts"
import type { OptOutCounts, Progress } from "../server/CatchUpProgress.ts"
import * as CatchUpState from "./catchUpState.ts"
import * as CatchUpTable from "./catchUpTable.ts"
import * as FindNew from "./findNew.ts"
import * as FollowFeeds from "./followFeeds.ts"
import * as KnownGaps from "./knownGaps.ts"
import * as ReadAtStart from "./readAtStart.ts"
import * as ReadBack from "./readBack.ts"
import * as ReadOptOuts from "./ReadOptOuts.ts"
import { ConsentGate } from "./waitForOptOuts.ts"
import * as WebhookGaps from "./webhookGaps.ts"

/**
 * Reads back missed events. The problem: the carrier does not exist here, or it has no history to ask.
 *
 * @category models
 */
export interface CatchUpService {
  /** Reads the list of opt-outs that a carrier keeps, and adds them. */
  readonly importOptOuts: (carrierId: CarrierId) => Effect.Effect<OptOutCounts, ProblemDetails.ProblemDetails>
  /**
   * Reads back the events of one carrier, or of all carriers, since a time in epoch milliseconds. The default is the last time until which
   * the carrier's events are known, less 45 minutes. Ends when reading back is done or has failed.
   */
  readonly run: (
    options?: { readonly carrierId?: CarrierId; readonly since?: number }
  ) => Effect.Effect<ReadonlyArray<Progress>, ProblemDetails.ProblemDetails>
  /** The progress of each carrier. */
  readonly progress: Effect.Effect<ReadonlyArray<Progress>>
  /** Call this when a webhook of the carrier was refused. When a later webhook is accepted, the events in between are read back. */
  readonly missed: (carrierId: CarrierId) => Effect.Effect<void>
  /**
   * Call this with the events of an accepted webhook. After refused webhooks, or when a subscription is on again, the events in between are
   * read back.
   */
  readonly heard: (carrierId: CarrierId, events: ReadonlyArray<MessagingEvent>) => Effect.Effect<void>
  /** Call this when a check of the lines found that a webhook is not called, or is called again. */
  readonly noticed: (carrierId: CarrierId, what: What) => Effect.Effect<void>
}

/**
 * The tag of the service that reads back what was missed.
 *
 * @category services
 */
export class CatchUp extends Context.Tag("@interline/gateway/CatchUp")<CatchUp, CatchUpService>() {}

/**
 * The carriers to ask, and when to ask them.
 *
 * @category models
 */
export interface Options {
  /** The carriers that can be asked for their history. */
  readonly histories: ReadonlyArray<CarrierHistory>
  /** The feeds of carriers whose events do not come by webhook (default: none). Each of these carriers has a history. */
  readonly feeds?: ReadonlyArray<CarrierFeed>
  /** Whether they are asked when the process starts (default: true). */
  readonly atStart?: boolean
}

type Services = SqlClient.SqlClient | Suppression | Inbox | IdMap | Archive

/** How often the table records that no event is missing. */
const beat = "1 minute"

/** The carriers of the list that a request means. */
const findHistories = (
  histories: ReadonlyMap<CarrierId, CarrierHistory>,
  carrierId: CarrierId | undefined
): Effect.Effect<ReadonlyArray<CarrierHistory>, ProblemDetails.ProblemDetails> => {
  if (carrierId === undefined) return Effect.succeed(Array.from(histories.values()))
  const found = histories.get(carrierId)
  if (found !== undefined) return Effect.succeed([found])
  const ids = Array.from(histories.keys())
  const known = ids.length === 0 ? "there is none" : `${ids.join(", ")}; ${NearestWord.noneOf(carrierId, ids)}`
  return Effect.fail(
    ProblemDetails.make("malformed", {
      certainty: "not-sent",
      next: "fix",
      detail: `carrier must be one that can be asked here: ${known}`
    })
  )
}

/**
 * Reads back at the start, and follows the feeds. Every minute it records the time until which every event is known.
 *
 * @category constructors
 */
export const make = ({ atStart = true, feeds = [], histories }: Options): Effect.Effect<CatchUpService, never, Services | Scope.Scope> =>
  Effect.gen(function*() {
    const gate = yield* ConsentGate
    const scope = yield* Effect.scope
    const table = yield* CatchUpTable.make
    // Requests wait for reading back. So reading back must not wait itself, and it uses the list without the gate.
    const suppression = gate.ungated(yield* Suppression)
    const fed = new Set(feeds.map(({ carrierId }) => carrierId))
    const state = CatchUpState.make(histories, fed)
    const dropKnown = FindNew.make({ table, suppression, ids: yield* IdMap, archive: yield* Archive })
    const inbox = yield* Inbox
    const readBack = ReadBack.make({ table, state, suppression, inbox, dropKnown })
    const byId = new Map(histories.map((history) => [history.carrierId, history]))
    const knownGaps = KnownGaps.make({ table, state, carriers: Array.from(byId.keys()).filter((carrierId) => !fed.has(carrierId)) })

    if (atStart) {
      const readAtStart = ReadAtStart.make({ table, state, gate, readBack })
      yield* Effect.forkScoped(Effect.interruptible(Effect.forEach(histories, readAtStart, { concurrency: "unbounded", discard: true })))
    }

    const recordUpToDate = Effect.catchAllCause(
      knownGaps.recordUpToDate,
      (cause) => Defect.logUnlessSaid(cause, Effect.logWarning("how far was heard could not be written down"))
    )
    yield* Effect.forkScoped(
      Effect.interruptible(Effect.withTracerEnabled(Effect.forever(Effect.zipRight(Effect.sleep(beat), recordUpToDate)), false))
    )

    yield* FollowFeeds.make({ feeds, histories: byId, table, state, readBack, inbox, ownership: yield* Ownership })

    const readSince = (history: CarrierHistory, since: number | undefined): Effect.Effect<void> => {
      const { carrierId } = history
      const from = since === undefined
        ? Effect.flatMap(
          readBack.findStart(carrierId),
          (start) => Effect.map(Clock.currentTimeMillis, (at) => start ?? at - ReadBack.overlap)
        )
        : Effect.succeed(since)
      return Effect.catchAllCause(
        state.exclusive(
          carrierId,
          Effect.zipRight(Effect.flatMap(from, (from) => readBack.readEvents(history, from)), knownGaps.synchronize(carrierId))
        ),
        readBack.recordFailure(carrierId)
      )
    }

    return {
      // Webhooks of a carrier with a feed prove nothing about what was missed.
      ...WebhookGaps.make({
        table,
        state,
        knownGaps,
        readBack,
        histories: new Map(Array.from(byId).filter(([carrierId]) => !fed.has(carrierId))),
        scope
      }),
      progress: state.all,
      run: ({ carrierId, since } = {}) =>
        Effect.flatMap(findHistories(byId, carrierId), (some) =>
          Effect.forEach(
            some,
            // Reading back goes on when the caller goes away.
            (history) => Effect.flatMap(Effect.forkIn(readSince(history, since), scope), (fiber) => fiber.await),
            { concurrency: "unbounded", discard: true }
          )).pipe(Effect.zipRight(state.all)),
      importOptOuts: (carrierId) =>
        Effect.flatMap(findHistories(byId, carrierId), (some) =>
          Effect.map(
            Effect.forEach(some, (history) =>
              Effect.mapError(
                state.exclusive(history.carrierId, readBack.readList(history)),
                (error) => ProblemDetails.fromMessagingError(error)
              )),
            (all) => all.reduce(ReadOptOuts.sum, ReadOptOuts.none)
          ))
    }
  })

/**
 * The service as a layer.
 *
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<CatchUp, never, Services> => Layer.scoped(CatchUp, make(options))
