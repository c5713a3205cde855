/** Two gateways on one database, whose hosts' clocks are four minutes apart: when a row is due is a question of the database's time. */
import { assert } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { CarrierId } from "@interline/core/CarrierId"
import * as MessageRef from "@interline/core/MessageRef"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as Shard from "@interline/router/Shard"
import type { Endpoint } from "@interline/sql/EndpointTable"
import type * as EventLog from "@interline/sql/EventLog"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { overBoth } from "./databases.ts"
import * as Specimens from "./specimens.ts"
import { linq, open, type Setup } from "./stores.ts"

const quiet = Logger.withMinimumLogLevel(LogLevel.None)

/** A host whose clock is so far ahead. */
const on = (ahead: Duration.DurationInput, isBehind = false) => {
  const clock = Clock.make()
  const offset = Duration.toMillis(ahead) * (isBehind ? -1 : 1)
  const skewed: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    sleep: (duration) => clock.sleep(duration),
    unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis() + offset,
    currentTimeMillis: Effect.sync(() => clock.unsafeCurrentTimeMillis() + offset),
    unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
    currentTimeNanos: clock.currentTimeNanos
  }
  return Effect.withClock(skewed)
}

const ahead = on("2 minutes")
const behind = on("2 minutes", true)

const pairs = { "the one that has it is ahead": [ahead, behind], "the one that has it is behind": [behind, ahead] } as const

const event = (kind: string): MessagingEvent => ({ _tag: "Unrecognized", carrierId: linq, kind, raw: {}, id: kind })

const kindOf = (one: MessagingEvent): string => one._tag === "Unrecognized" ? one.kind : one._tag

type Process = Effect.Effect.Success<ReturnType<typeof open>>

const now = ({ sql }: Pick<Process, "sql">) =>
  sql.literal(
    sql.onDialectOrElse({
      pg: () => "CAST(extract(epoch FROM now()) * 1000 AS BIGINT)",
      orElse: () => "CAST(unixepoch('subsec') * 1000 AS INTEGER)"
    })
  )

/** In how many milliseconds each waiting row of a queue is due, by the database's time. */
const dueIn = ({ sql }: Pick<Process, "sql">, queue: string, more: string) =>
  Effect.map(
    sql<{ readonly wait: number }>`SELECT due_at - ${now({ sql })} AS wait FROM ${sql.literal(queue)} WHERE due_at IS NOT NULL AND ${
      sql.literal(more)
    }`,
    (rows) => rows.map(({ wait }) => Number(wait))
  )

const once = <A>(look: Effect.Effect<ReadonlyArray<A>, unknown>) =>
  Effect.timeout(Effect.repeat(Effect.zipRight(Effect.sleep("10 millis"), look), { until: ({ length }) => length > 0 }), "50 seconds")

/** Due soon: what two clocks in between would make minutes of. */
const isSoon = (wait: number): boolean => Math.abs(wait) <= 60_000

overBoth("an event of a webhook", (it, fresh) => {
  for (const [name, [here, there]] of Object.entries(pairs)) {
    it.scoped(`is worked on at once by the owner of its shard, whichever process put it: ${name}`, () =>
      Effect.gen(function*() {
        const url = yield* fresh
        const first = yield* here(open(url, { owned: new Set() }))
        const second = yield* there(open(url))
        yield* here(first.inbox.put([event("next")]))
        yield* once(Effect.sync(() => second.observed))
        deepStrictEqual([first.observed.map(kindOf), second.observed.map(kindOf)], [[], ["next"]])
      }))

    it.scoped(`that failed is due again by the database's time: ${name}`, () =>
      Effect.gen(function*() {
        const url = yield* fresh
        const first = yield* here(open(url, { observe: () => Effect.dieMessage("the store is gone") }))
        yield* here(first.inbox.put([event("poison")]))
        const [wait] = yield* once(dueIn(first, "interline_inbox", "attempts > 0"))
        assert.isTrue(isSoon(wait ?? Infinity), `${wait}`)
      }).pipe(quiet))

    it.scoped(`that overtook the answer of its send waits for it: ${name}`, () =>
      Effect.gen(function*() {
        const url = yield* fresh
        const { inbox, ledger, log } = yield* here(open(url))
        const receipt: MessagingEvent = {
          _tag: "Status",
          carrierId: linq,
          id: "s",
          fact: { ref: MessageRef.make(linq, "ours"), status: "delivered" }
        }
        yield* there(inbox.put([receipt, event("later")]))
        yield* once(log.read(0, 10))
        yield* Effect.zipRight(ledger.open(Specimens.idle(1), 60_000), ledger.save(Specimens.done(1, "ours")))
        yield* Effect.timeout(inbox.idle, "50 seconds")
        deepStrictEqual((yield* log.read(0, 10)).map(({ deliveryId }) => deliveryId), [undefined, Specimens.id(1)])
      }))
  }
})

const endpoint: Omit<Endpoint, "id" | "createdAt" | "updatedAt"> = {
  url: "https://example.com/hook",
  dialect: "neutral",
  events: [],
  lines: [],
  active: true
}

const news = (kind: string): EventLog.NewEvent => ({
  at: 1000,
  event: { kind: "carrier", data: { _tag: "Unrecognized", carrierId: CarrierId.make("linq"), kind, raw: {} } }
})

overBoth("a callback", (it, fresh) => {
  /** A process that makes one call at a time, and to what its calls were about. */
  const calling = (url: string, answer: (nth: number) => Effect.Effect<number>, setup: Setup = {}) => {
    const bodies: Array<string> = []
    return Effect.map(
      open(url, {
        ...setup,
        callbacks: { concurrency: 1 },
        post: ({ body }) => Effect.suspend(() => answer(bodies.push(body)))
      }),
      (process) => ({
        ...process,
        bodies,
        publish: (kind: string) => Effect.flatMap(process.log.append([news(kind)]), process.callbacks.enqueue)
      })
    )
  }

  for (const [name, [here, there]] of Object.entries(pairs)) {
    it.scoped(`is made at once by the owner of its endpoint's shard, whichever process put it: ${name}`, () =>
      Effect.gen(function*() {
        const url = yield* fresh
        const first = yield* here(calling(url, () => Effect.succeed(200), { owned: new Set() }))
        const second = yield* there(calling(url, () => Effect.succeed(200)))
        yield* here(first.callbacks.create(endpoint))
        yield* here(first.publish("next"))
        yield* once(Effect.sync(() => second.bodies))
        yield* once(second.sql`SELECT 1 AS one FROM interline_callbacks WHERE told_at IS NOT NULL`)
        deepStrictEqual([first.bodies.length, second.bodies.length], [0, 1])
        assert.include(second.bodies[0] ?? "", "\"next\"")
      }))

    it.scoped(`that failed is due again by the database's time: ${name}`, () =>
      Effect.gen(function*() {
        const url = yield* fresh
        const first = yield* here(calling(url, () => Effect.succeed(503)))
        yield* here(first.callbacks.create(endpoint))
        yield* here(first.publish("one"))
        const [wait] = yield* once(dueIn(first, "interline_callbacks", "why IS NOT NULL"))
        assert.isTrue(isSoon(wait ?? Infinity), `${wait}`)
      }).pipe(quiet))

    it.scoped(`that was given up and is asked for again is told by the owner: ${name}`, () =>
      Effect.gen(function*() {
        const url = yield* fresh
        const owned = new Set(Shard.all)
        const first = yield* here(calling(url, () => Effect.succeed(410), { owned }))
        const { id } = yield* here(first.callbacks.create(endpoint))
        yield* here(first.publish("gone"))
        const [letter] = yield* once(first.callbacks.deadLetters(10))
        yield* here(first.callbacks.update(id, { active: true }))
        owned.clear()
        const second = yield* there(calling(url, () => Effect.succeed(200)))
        assert.isTrue(yield* here(first.callbacks.queue.retry(letter?.id ?? "")))
        yield* once(Effect.sync(() => second.bodies))
        assert.include(second.bodies[0] ?? "", "\"gone\"")
      }).pipe(quiet))
  }
})
