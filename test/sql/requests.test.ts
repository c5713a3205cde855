import { assert } from "@effect/vitest"
import * as Database from "@interline/gateway/Database"
import * as RequestLog from "@interline/gateway/RequestLog"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { type Fresh, overBoth } from "./databases.ts"

/** Two processes, as far as the database can tell. */
const pair = (fresh: Fresh) =>
  Effect.gen(function*() {
    const url = yield* fresh
    const one = Effect.map(Layer.build(Layer.provide(RequestLog.layer, Database.layer(url))), Context.get(RequestLog.RequestLog))
    return [yield* one, yield* one] as const
  })

const request = (more: Partial<RequestLog.Begin> = {}): RequestLog.Begin => ({
  id: "retry-of-1",
  scope: "ada/POST/messages",
  fingerprint: "hello",
  at: 1000,
  leaseUntil: 2000,
  expiresAt: 9000,
  ...more
})

const reply: RequestLog.Reply = { status: 202, headers: { "content-type": "application/json" }, body: "{\"status\":\"QUEUED\"}" }

overBoth("requests that happen once", (it, fresh) => {
  it.scoped("of a hundred equal ones in two processes one is fresh", () =>
    Effect.gen(function*() {
      const logs = yield* pair(fresh)
      const begun = yield* Effect.forEach(
        Array.from({ length: 100 }, (_, index) => index),
        (index) => (index % 2 === 0 ? logs[0] : logs[1]).begin(request()),
        { concurrency: "unbounded" }
      )
      const count = (tag: string) => begun.filter(({ _tag }) => _tag === tag).length
      assert.deepStrictEqual([count("Fresh"), count("InProgress")], [1, 99])
    }))

  it.scoped("an answer is given again in every process, and stays the first one", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      yield* left.begin(request())
      yield* left.finish("retry-of-1", reply)
      yield* right.finish("retry-of-1", { ...reply, status: 500 })
      assert.deepStrictEqual(yield* right.begin(request({ at: 8000 })), { _tag: "Done", reply })
      assert.deepStrictEqual(yield* left.begin(request({ fingerprint: "goodbye" })), { _tag: "Conflict" })
      assert.deepStrictEqual(yield* left.begin(request({ scope: "bob/POST/messages" })), { _tag: "Conflict" })
      assert.deepStrictEqual(yield* right.begin(request({ at: 9000, expiresAt: 20_000, fingerprint: "goodbye" })), { _tag: "Fresh" }, "after its time")
    }))

  it.scoped("one that is not ended in time goes to the next, once", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      yield* left.begin(request())
      assert.deepStrictEqual(yield* right.begin(request({ at: 1999, leaseUntil: 2999 })), { _tag: "InProgress" })
      assert.deepStrictEqual(yield* right.begin(request({ at: 2000, leaseUntil: 3000, fingerprint: "goodbye" })), { _tag: "Conflict" })
      assert.deepStrictEqual(yield* right.begin(request({ at: 2000, leaseUntil: 3000 })), { _tag: "Abandoned" })
      assert.deepStrictEqual(yield* left.begin(request({ at: 2999, leaseUntil: 4000 })), { _tag: "InProgress" })
      assert.deepStrictEqual(yield* left.begin(request({ at: 3000, leaseUntil: 4000 })), { _tag: "Abandoned" })
      yield* left.abandon("retry-of-1")
      assert.deepStrictEqual(yield* right.begin(request({ at: 3001, leaseUntil: 4000 })), { _tag: "Abandoned" })
      yield* right.finish("retry-of-1", reply)
      yield* right.abandon("retry-of-1")
      assert.deepStrictEqual(yield* right.begin(request({ at: 3002, leaseUntil: 4000 })), { _tag: "Done", reply })
    }))

  it.scoped("one under which nothing happened is given up, but not its answer", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      yield* left.begin(request())
      yield* left.forget("retry-of-1")
      assert.deepStrictEqual(yield* right.begin(request({ fingerprint: "goodbye" })), { _tag: "Fresh" })
      yield* right.finish("retry-of-1", reply)
      yield* right.forget("retry-of-1")
      assert.deepStrictEqual(yield* left.begin(request({ fingerprint: "goodbye" })), { _tag: "Done", reply })
    }))

  it.scoped("the newest of its kind is found", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      yield* left.begin(request({ id: "a", at: 1000 }))
      yield* left.begin(request({ id: "b", at: 1500 }))
      yield* left.begin(request({ id: "c", at: 1700, fingerprint: "goodbye" }))
      yield* left.begin(request({ id: "d", at: 1800, scope: "bob/POST/messages" }))
      assert.deepStrictEqual(yield* right.latest("ada/POST/messages", "hello", 0), Option.some("b"))
      assert.deepStrictEqual(yield* right.latest("ada/POST/messages", "hello", 1500), Option.none())
    }))

  it.scoped("an id may be long, or hold what no database stores", () =>
    Effect.gen(function*() {
      const [left] = yield* pair(fresh)
      for (const id of ["x".repeat(9000), `${"x".repeat(9000)}y`, "nul\0", "half \uD83D", "half \uD83E"]) {
        assert.deepStrictEqual(yield* left.begin(request({ id })), { _tag: "Fresh" }, `${id.length}`)
        assert.deepStrictEqual(yield* left.begin(request({ id })), { _tag: "InProgress" })
      }
    }))
})
