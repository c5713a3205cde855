/**
 * What was said while nobody listened: after the process was down, after a subscription was switched off or a secret was wrong, and on
 * request, the gateway reads back from the carriers what people wrote and who opted out.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { CarrierId } from "@interline/core/CarrierId"
import type { CarrierHistory } from "@interline/core/History"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as NearestWord from "@interline/core/NearestWord"
import { Suppression } from "@interline/core/Suppression"
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
import * as ReadAtStart from "./readAtStart.ts"
import * as ReadBack from "./readBack.ts"
import * as ReadOptOuts from "./readOptOuts.ts"
import { ConsentGate } from "./waitForOptOuts.ts"
import * as WebhookGaps from "./webhookGaps.ts"

/**
 * Reading back. A carrier that is not here, or cannot be asked, is a problem.
 *
 * @category models
 */
export interface CatchUpService {
  /** Reads the list of opt-outs that a carrier keeps. */
  readonly importOptOuts: (carrierId: CarrierId) => Effect.Effect<OptOutCounts, ProblemDetails.ProblemDetails>
  /**
   * Reads back what happened at one carrier, or at all, since a time in epoch milliseconds (default: since anything was heard of it last, less
   * 45 minutes). Ends when it is done or could not be.
   */
  readonly run: (
    options?: { readonly carrierId?: CarrierId; readonly since?: number }
  ) => Effect.Effect<ReadonlyArray<Progress>, ProblemDetails.ProblemDetails>
  /** How far each carrier got. */
  readonly progress: Effect.Effect<ReadonlyArray<Progress>>
  /** Says that a webhook of the carrier was refused. What lies between is read back when one comes through. */
  readonly missed: (carrierId: CarrierId) => Effect.Effect<void>
  /** Says what a webhook of the carrier reported. After refused ones, and when a subscription is on again, what lies between is read back. */
  readonly heard: (carrierId: CarrierId, events: ReadonlyArray<MessagingEvent>) => Effect.Effect<void>
}

/**
 * The tag of the service that reads back what was missed.
 *
 * @category services
 */
export class CatchUp extends Context.Tag("@interline/gateway/CatchUp")<CatchUp, CatchUpService>() {}

/**
 * Which carriers are asked, and when.
 *
 * @category models
 */
export interface Options {
  /** The carriers that can be asked. */
  readonly histories: ReadonlyArray<CarrierHistory>
  /** Whether they are asked when the process starts (default: true). */
  readonly atStart?: boolean
}

type Services = SqlClient.SqlClient | Suppression | Inbox | IdMap | Archive

/** How often it is written down that nothing is missing. */
const beat = "1 minute"

/** The carriers of a list that a request means. */
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
 * Reads back at start, and writes down every minute until when everything was heard.
 *
 * @category constructors
 */
export const make = ({ atStart = true, histories }: Options): Effect.Effect<CatchUpService, never, Services | Scope.Scope> =>
  Effect.gen(function*() {
    const gate = yield* ConsentGate
    const scope = yield* Effect.scope
    const table = yield* CatchUpTable.make
    // reading back is what others wait for, so it must not wait itself
    const suppression = gate.ungated(yield* Suppression)
    const state = CatchUpState.make(histories)
    const dropKnown = FindNew.make({ table, suppression, ids: yield* IdMap, archive: yield* Archive })
    const readBack = ReadBack.make({ table, state, suppression, inbox: yield* Inbox, dropKnown })
    const byId = new Map(histories.map((history) => [history.carrierId, history]))

    if (atStart) {
      const readAtStart = ReadAtStart.make({ table, state, gate, readBack })
      yield* Effect.forkScoped(Effect.interruptible(Effect.forEach(histories, readAtStart, { concurrency: "unbounded", discard: true })))
    }

    const recordUpToDate = Effect.suspend(() =>
      Effect.forEach(
        state.upToDate(),
        (carrierId) => Effect.flatMap(Clock.currentTimeMillis, (at) => readBack.recordHeard(carrierId, at)),
        { discard: true }
      )
    ).pipe(
      Effect.catchAllCause(() => Effect.logWarning("how far was heard could not be written down"))
    )
    yield* Effect.forkScoped(
      Effect.interruptible(Effect.withTracerEnabled(Effect.forever(Effect.zipRight(Effect.sleep(beat), recordUpToDate)), false))
    )

    const readSince = (history: CarrierHistory, since: number | undefined): Effect.Effect<void> => {
      const { carrierId } = history
      const from = since === undefined
        ? Effect.flatMap(
          readBack.findStart(carrierId),
          (start) => Effect.map(Clock.currentTimeMillis, (at) => start ?? at - ReadBack.overlap)
        )
        : Effect.succeed(since)
      return Effect.catchAllCause(
        state.exclusive(carrierId, Effect.flatMap(from, (from) => readBack.readEvents(history, from))),
        readBack.recordFailure(carrierId)
      )
    }

    return {
      ...WebhookGaps.make({ table, state, readBack, histories: byId, scope }),
      progress: state.all,
      run: ({ carrierId, since } = {}) =>
        Effect.flatMap(findHistories(byId, carrierId), (some) =>
          Effect.forEach(
            some,
            // it goes on when the one who asked goes away
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
