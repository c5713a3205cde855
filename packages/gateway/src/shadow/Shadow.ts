/**
 * The shadow: each send is also planned for a carrier that gets no request. What would be different there is counted in the database.
 *
 * A send only leaves its draft and its answer here. Everything else happens later, for all sends of about one second together: one statement finds
 * the known chats, one adds the new ones, one adds the counts.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import * as BoundedMap from "@interline/core/BoundedMap"
import type { Planner } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import { ChatBook, type ChatBookService } from "@interline/core/ChatBook"
import * as Conversation from "@interline/core/Conversation"
import * as Defect from "@interline/core/Defect"
import * as MessageRef from "@interline/core/MessageRef"
import type { Answered } from "@interline/router/Router"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Metrics from "../server/Metrics.ts"
import * as ComparePlan from "./comparePlan.ts"
import * as Counts from "./counts.ts"
import * as DescribeDraft from "./describeDraft.ts"
import type { Comparison, Difference } from "./Difference.ts"
import * as ShadowTable from "./shadowTable.ts"

/**
 * What is planned and compared beside the sends.
 *
 * @category models
 */
export interface ShadowService {
  /** The carrier that is planned for. None if there is no shadow. */
  readonly carrierId: Option.Option<CarrierId>
  /** Takes a send that was answered. It does not wait, and it forgets the send if too many wait. */
  readonly take: (answered: Answered) => void
  /** Everything that was counted in 90 days, by all processes. What this process has not written yet is written first. */
  readonly comparisons: Effect.Effect<ReadonlyArray<Comparison>>
}

/**
 * The tag of the shadow.
 *
 * @category services
 */
export class Shadow extends Context.Tag("@interline/gateway/Shadow")<Shadow, ShadowService>() {}

interface Waiting {
  readonly answered: Answered
  readonly done: ComparePlan.Done
}

/** How many sends wait at most, and how many chats a process remembers. */
const limits = { waiting: 2_000, chats: 50_000 } as const

/** How often what waits is compared and written. */
const interval = Duration.seconds(1)

/** Stands for ids that the carrier would have given. No request is made with it. */
const placeholder = "shadow"

// made once, because naming a counter takes longer than counting
const sendsBy = {
  same: Metric.tagged(Metrics.shadowSends, "result", "same"),
  different: Metric.tagged(Metrics.shadowSends, "result", "different"),
  refused: Metric.tagged(Metrics.shadowSends, "result", "refused"),
  skipped: Metric.tagged(Metrics.shadowSends, "result", "skipped")
} as const satisfies Record<Counts.Result, typeof Metrics.shadowSends>

const differencesBy = {
  refused: Metric.tagged(Metrics.shadowDifferences, "kind", "refused"),
  loss: Metric.tagged(Metrics.shadowDifferences, "kind", "loss"),
  split: Metric.tagged(Metrics.shadowDifferences, "kind", "split"),
  requests: Metric.tagged(Metrics.shadowDifferences, "kind", "requests"),
  carried: Metric.tagged(Metrics.shadowDifferences, "kind", "carried")
} as const satisfies Record<Difference["kind"], typeof Metrics.shadowDifferences>

const make = (planner: Planner, book: BoundedMap.BoundedMap<string, true>) =>
  Effect.gen(function*() {
    const table = yield* ShadowTable.make
    const counts = Counts.make()
    const { id } = planner
    let waiting: Array<Waiting> = []
    const dropped = new Map<CarrierId, number>()

    const take = (answered: Answered): void => {
      const done = ComparePlan.readAnswer(answered)
      // what the carrier itself answered is not compared with itself
      if (done === undefined || done.carrierId === id) return
      if (waiting.length < limits.waiting) waiting.push({ answered, done })
      else dropped.set(done.carrierId, (dropped.get(done.carrierId) ?? 0) + 1)
    }

    const compare = ({ answered: { deliveryId, prepared }, done }: Waiting, at: number): Effect.Effect<string | undefined> =>
      Effect.gen(function*() {
        const key = Conversation.key(prepared.conversation)
        const opensChat = book.get(key) === undefined
        const { replyTo, ...request } = prepared
        const plan = yield* planner.plan({
          ...request,
          // what the draft answers would be at the same carrier
          ...(replyTo === undefined ? {} : { replyTo: { ref: MessageRef.make(id, placeholder), part: replyTo.part } })
        })
        const found = ComparePlan.comparePlan(done, plan)
        const result = found.length === 0 ? "same" : plan._tag === "Refused" ? "refused" : "different"
        counts.addSend(done.carrierId, result, at)
        yield* Metric.increment(sendsBy[result])
        if (found.length > 0) {
          const example = { deliveryId, at, draft: DescribeDraft.describeDraft(prepared, opensChat) }
          for (const difference of found) {
            counts.addDifference(done.carrierId, difference, example)
            yield* Metric.increment(differencesBy[difference.kind])
          }
        }
        if (!opensChat || plan._tag === "Refused") return undefined
        book.set(key, true)
        return key
      })

    const skip = (against: CarrierId, times: number, at: number): Effect.Effect<unknown> =>
      Effect.zipRight(
        Effect.sync(() => {
          for (let time = 0; time < times; time++) counts.addSend(against, "skipped", at)
        }),
        Metric.incrementBy(sendsBy.skipped, times)
      )

    /** Compares what waits. If the known chats cannot be read, nothing can be compared. */
    const compareAll = (at: number): Effect.Effect<void> =>
      Effect.gen(function*() {
        const batch = waiting
        waiting = []
        for (const [against, times] of dropped) yield* skip(against, times, at)
        dropped.clear()
        const keys = new Set(batch.map(({ answered }) => Conversation.key(answered.prepared.conversation)))
        const unknown = Array.from(keys).filter((key) => book.get(key) === undefined)
        const known = yield* Effect.tapErrorCause(
          table.findChats(id, unknown),
          () => Effect.forEach(batch, ({ done }) => skip(done.carrierId, 1, at))
        )
        for (const key of known) book.set(key, true)
        const opened = yield* Effect.forEach(batch, (one) => compare(one, at))
        yield* table.addChats(id, opened.flatMap((key) => key ?? []), at)
      })

    const write = (at: number): Effect.Effect<void> =>
      Effect.suspend(() => {
        const rows = counts.take()
        return Effect.tapErrorCause(table.add(id, rows, at), () => Effect.sync(() => counts.putBack(rows)))
      })

    const lock = yield* Effect.makeSemaphore(1)
    const workOff = Effect.flatMap(Clock.currentTimeMillis, (at) =>
      Effect.forEach([compareAll(at), write(at)], (step) =>
        Effect.catchAllCause(step, (cause) =>
          Defect.logUnlessSaid(cause, Effect.logWarning("what is planned and not sent could not be counted", Defect.namesIn(cause)))), {
        discard: true
      })).pipe(
        lock.withPermits(1),
        Effect.uninterruptible,
        Effect.withTracerEnabled(false)
      )
    yield* Effect.addFinalizer(() =>
      workOff
    )
    yield* Effect.forkScoped(Effect.interruptible(Effect.schedule(workOff, Schedule.spaced(interval))))
    return { take, workOff }
  })

/**
 * The shadow of the carrier that `plannerOf` gives, if it gives one. The planner gets a chat book that knows the chats that the carrier has, and
 * those that it would have by now.
 *
 * @category layers
 */
export const layer = <E>(
  plannerOf: Effect.Effect<Option.Option<Planner>, E, ChatBook>
): Layer.Layer<Shadow, E, SqlClient.SqlClient> =>
  Layer.scoped(
    Shadow,
    Effect.gen(function*() {
      const chats = BoundedMap.make<string, true>(limits.chats)
      const chatBook: ChatBookService = {
        find: (carrierId, conversation) =>
          Effect.sync(() =>
            chats.get(Conversation.key(conversation)) === undefined ? Option.none() : Option.some({ carrierId, id: placeholder })
          ),
        bind: () => Effect.void,
        unbind: () => Effect.void
      }
      const planner = yield* Effect.provideService(plannerOf, ChatBook, chatBook)
      const table = yield* ShadowTable.make
      yield* ShadowTable.forget
      const comparisons = Effect.map(table.read, Counts.toComparisons)
      if (Option.isNone(planner)) return { carrierId: Option.none(), take: () => {}, comparisons }
      const { take, workOff } = yield* make(planner.value, chats)
      return { carrierId: Option.some(planner.value.id), take, comparisons: Effect.zipRight(workOff, comparisons) }
    })
  )
