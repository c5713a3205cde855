/** A send that waits for an earlier delivery of its conversation begins when that one has ended. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as SendError from "@interline/core/SendError"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import type * as Job from "../src/delivery/job.ts"
import * as AwaitEarlier from "../src/ledger/awaitEarlier.ts"
import type { Entry } from "../src/ledger/Ledger.ts"
import * as Specimens from "../src/ledger/suite/specimens.ts"

const { done, held, id, idle, sending, toAlice, toBob } = Specimens

const job = { id: id(9), lane: toAlice }

/** What is on record, and what runs here. */
const make = (entries: ReadonlyArray<Entry>, running: ReadonlyArray<Pick<Job.Job, "id" | "lane" | "done">> = []) => {
  const stored = new Map<DeliveryId, Entry>(entries.map((entry) => [entry.id, entry]))
  const parts: AwaitEarlier.Parts = {
    ledger: { read: (id) => Effect.sync(() => Option.fromNullable(stored.get(id))) },
    jobs: { running: new Map(running.map((job) => [job.id, job])) }
  }
  const messages = (after: DeliveryId) =>
    Effect.map(AwaitEarlier.awaitEarlier(parts, job, after), (problems) => problems.map(({ message, path, rule }) => [rule, path, message]))
  return { messages, put: (entry: Entry) => stored.set(entry.id, entry) }
}

const problem = (message: string) => [["after", ["options", "after"], message]]

describe("a send after another delivery", () => {
  it.effect("does not wait for one that has ended, or that waits for a fact", () =>
    Effect.gen(function*() {
      const { messages } = make([done(idle(1)), held(idle(2))])
      deepStrictEqual(yield* messages(id(1)), [])
      deepStrictEqual(yield* messages(id(2)), [])
    }))

  it.effect("waits for one that runs here", () =>
    Effect.gen(function*() {
      const end = yield* Deferred.make<Job.Answer>()
      const { messages } = make([sending(idle(1))], [{ id: id(1), lane: toAlice, done: end }])
      const waiting = yield* Effect.fork(messages(id(1)))
      yield* TestClock.adjust("1 minute")
      strictEqual(Option.isNone(yield* Fiber.poll(waiting)), true)
      yield* Deferred.succeed(end, Either.left(SendError.invalid(id(1), [])))
      deepStrictEqual(yield* Fiber.join(waiting), [])
    }))

  it.effect("waits for one that runs in another process", () =>
    Effect.gen(function*() {
      const { messages, put } = make([sending(idle(1))])
      const waiting = yield* Effect.fork(messages(id(1)))
      yield* TestClock.adjust("1 minute")
      strictEqual(Option.isNone(yield* Fiber.poll(waiting)), true)
      put(done(idle(1)))
      yield* TestClock.adjust("1 second")
      deepStrictEqual(yield* Fiber.join(waiting), [])
    }))

  it.effect("is refused for an id that is not known, that is its own, or that is of another conversation", () =>
    Effect.gen(function*() {
      const end = yield* Deferred.make<Job.Answer>()
      const { messages } = make([done(idle(1, { conversation: toBob }))], [{ id: id(2), lane: toBob, done: end }])
      const elsewhere = problem("this delivery is of another conversation; only deliveries of one conversation have an order")
      deepStrictEqual(yield* messages(id(3)), problem("no delivery of this id is known"))
      deepStrictEqual(yield* messages(id(9)), problem("a send cannot wait for itself"))
      deepStrictEqual(yield* messages(id(1)), elsewhere)
      deepStrictEqual(yield* messages(id(2)), elsewhere)
    }))
})
