/** What two processes on one database know of webhooks that were missed: it is the same, whoever found it, and whoever reads it back. */
import * as SqlClient from "@effect/sql/SqlClient"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import type { CarrierHistory } from "@interline/core/History"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as Suppression from "@interline/core/Suppression"
import * as CatchUp from "@interline/gateway/CatchUp"
import { Inbox } from "@interline/gateway/Inbox"
import { Archive } from "@interline/sql/Archive"
import { IdMap } from "@interline/sql/IdMap"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { overBoth } from "./databases.ts"
import { linq, openBoth } from "./stores.ts"

const hour = 3_600_000
const overlap = 45 * 60_000
const start = Date.UTC(2026, 10, 1)

const account = (what: "webhook-on" | "webhook-off"): MessagingEvent => ({
  _tag: "Account",
  carrierId: linq,
  id: what,
  kind: what,
  what,
  severity: "note",
  summary: what
})

const other: MessagingEvent = { _tag: "Unrecognized", carrierId: linq, id: "another subscription", kind: "other", raw: {} }

/** Time that a test sets. A minute passes in one process when the test says so. */
const makeTime = () => {
  let now = start
  const clockOf = (minutes: Queue.Queue<void>): Clock.Clock => {
    const live = Clock.make()
    return {
      ...live,
      [Clock.ClockTypeId]: Clock.ClockTypeId,
      unsafeCurrentTimeMillis: () => now,
      currentTimeMillis: Effect.sync(() => now),
      sleep: (duration) => Duration.toMillis(duration) === 60_000 ? Queue.take(minutes) : live.sleep(duration)
    }
  }
  return { clockOf, advance: (millis: number) => Effect.sync(() => void (now += millis)), now: () => now }
}

const waitFor = (is: () => boolean | Effect.Effect<boolean>) =>
  Effect.timeout(
    Effect.repeat(Effect.sleep("5 millis"), {
      until: () => {
        const answer = is()
        return typeof answer === "boolean" ? Effect.succeed(answer) : answer
      }
    }),
    "10 seconds"
  )

/** A client that does something else before it writes down until when everything is known. */
const doingBefore = (sql: SqlClient.SqlClient, before: Effect.Effect<void>): SqlClient.SqlClient =>
  new Proxy(sql, {
    apply: (target, self, given) => {
      const statement: unknown = Reflect.apply(target, self, given)
      const [texts]: ReadonlyArray<unknown> = given
      return Effect.isEffect(statement) && Array.isArray(texts) &&
          texts.join("").startsWith("INSERT INTO interline_catch_up (carrier_id, heard_at)")
        ? Effect.zipRight(before, statement)
        : statement
    }
  })

/** Two processes that read nothing but the times that they are asked for. */
const processes = (url: string) =>
  Effect.gen(function*() {
    const time = makeTime()
    let before: Effect.Effect<void> = Effect.void
    const once = Effect.suspend(() => {
      const now = before
      before = Effect.void
      return now
    })
    const suppression = yield* Suppression.makeMemory
    const both = yield* openBoth(url)
    const [left, right] = yield* Effect.forEach(both, ({ archive, ids, inbox, sql }) =>
      Effect.gen(function*() {
        const reads: Array<number> = []
        const history: CarrierHistory = {
          carrierId: linq,
          optOuts: Stream.empty,
          events: (from) => {
            reads.push(from)
            return Stream.empty
          }
        }
        const minutes = yield* Queue.unbounded<void>()
        const catchUp = yield* CatchUp.make({ histories: [history] }).pipe(
          Effect.provideService(SqlClient.SqlClient, doingBefore(sql, once)),
          Effect.provideService(Suppression.Suppression, suppression),
          Effect.provideService(Inbox, inbox),
          Effect.provideService(IdMap, ids),
          Effect.provideService(Archive, archive),
          Effect.withClock(time.clockOf(minutes))
        )
        const within = <A, E>(effect: Effect.Effect<A, E>) => Effect.withClock(effect, time.clockOf(minutes))
        const heardUntil = Effect.map(within(catchUp.progress), ([one]) => one?.heardUntil)
        yield* waitFor(() => Effect.map(within(catchUp.progress), ([one]) => one?.state === "done"))
        reads.length = 0
        const row = Effect.map(
          sql<{ readonly heard_at: number; readonly gap_at: number | null }>`SELECT heard_at, gap_at FROM interline_catch_up`,
          ([found]) => ({ heardAt: Number(found?.heard_at), gapAt: found?.gap_at === null ? undefined : Number(found?.gap_at) })
        )
        /** The minute of this process passes, and its work is done. */
        const minute = Effect.zipRight(
          Queue.offer(minutes, undefined),
          // the process waits for its next minute again
          waitFor(() => Effect.map(Queue.size(minutes), (size) => size < 0))
        )
        return {
          reads,
          row: Effect.orDie(row),
          heardUntil,
          minute,
          missed: within(catchUp.missed(linq)),
          heard: (event: MessagingEvent) => within(Effect.zipRight(inbox.put([event]), catchUp.heard(linq, [event]))),
          noticed: (what: "webhook-on" | "webhook-off") => within(catchUp.noticed(linq, what)),
          run: Effect.orDie(within(catchUp.run()))
        }
      }))
    if (left === undefined || right === undefined) return yield* Effect.dieMessage("there are two")
    const interrupt = (what: Effect.Effect<void>) => Effect.sync(() => void (before = what))
    return { interrupt, left, right, time }
  })

overBoth("a gap in the webhooks of a carrier", (it, fresh) => {
  it.scoped("outlives the minute of another process, which learns of it, and of its end", () =>
    Effect.gen(function*() {
      const { left, right, time } = yield* Effect.flatMap(fresh, processes)
      yield* time.advance(hour)
      const gapAt = time.now()
      yield* left.missed
      yield* time.advance(hour)
      yield* right.minute
      deepStrictEqual(yield* right.row, { heardAt: start, gapAt })
      strictEqual(yield* right.heardUntil, gapAt)
      // a webhook that is accepted in the other process closes it
      yield* right.heard(other)
      yield* waitFor(() => Effect.map(right.row, (row) => row.gapAt === undefined))
      deepStrictEqual([right.reads, left.reads], [[gapAt - overlap], []])
      yield* time.advance(hour)
      yield* left.minute
      strictEqual(yield* left.heardUntil, time.now())
      deepStrictEqual(yield* left.row, { heardAt: time.now(), gapAt: undefined })
    }))

  it.scoped("is not ended by the minute of a process that looked just before it began", () =>
    Effect.gen(function*() {
      const { interrupt, left, right, time } = yield* Effect.flatMap(fresh, processes)
      yield* time.advance(hour)
      const gapAt = time.now()
      yield* interrupt(left.missed)
      yield* right.minute
      deepStrictEqual(yield* right.row, { heardAt: start, gapAt })
    }))

  it.scoped("lasts while a webhook is switched off, and is read from its beginning by the process that hears of its end", () =>
    Effect.gen(function*() {
      const { left, right, time } = yield* Effect.flatMap(fresh, processes)
      yield* time.advance(hour)
      yield* left.noticed("webhook-off")
      yield* time.advance(hour)
      // another subscription goes on: it proves nothing, in neither process
      yield* right.minute
      yield* right.heard(other)
      // what is read by hand is read, and what comes after it is missed all the same
      yield* left.run
      const readAt = time.now()
      deepStrictEqual(yield* left.row, { heardAt: readAt, gapAt: readAt })
      yield* time.advance(5 * hour)
      yield* right.minute
      deepStrictEqual((yield* right.row).gapAt, readAt)
      deepStrictEqual(right.reads, [])
      yield* right.heard({ ...other, id: "later" })
      yield* time.advance(hour)
      yield* right.heard(account("webhook-on"))
      yield* waitFor(() => Effect.map(right.row, (row) => row.gapAt === undefined))
      deepStrictEqual(right.reads, [readAt - overlap])
      yield* left.minute
      strictEqual(yield* left.heardUntil, time.now())
    }))

  it.scoped("that goes on after it was read in another process is a gap again", () =>
    Effect.gen(function*() {
      const { left, right, time } = yield* Effect.flatMap(fresh, processes)
      yield* left.missed
      yield* right.minute
      yield* time.advance(hour)
      yield* left.missed
      yield* right.run
      deepStrictEqual((yield* right.row).gapAt, undefined, "it was read until now")
      yield* time.advance(1)
      yield* left.missed
      yield* left.minute
      deepStrictEqual((yield* left.row).gapAt, start)
    }))
})
