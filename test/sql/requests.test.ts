import { assert } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as RequestLog from "@interline/sql/RequestLog"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { connect, type Fresh, overBoth } from "./databases.ts"

/** Two processes, as far as the database can tell. */
const pair = (fresh: Fresh) =>
  Effect.gen(function*() {
    const url = yield* fresh
    const one = Effect.map(Layer.build(Layer.provide(RequestLog.layer, connect(url))), Context.get(RequestLog.RequestLog))
    return [yield* one, yield* one] as const
  })

const request = (more: Partial<RequestLog.Begin> = {}): RequestLog.Begin => ({
  id: "retry-of-1",
  scope: "ada/POST/messages",
  fingerprint: "hello",
  at: 1000,
  lease: 60_000,
  expiresAt: 9000,
  ...more
})

const retry = (more: Partial<RequestLog.Retry> = {}): RequestLog.Retry => ({ ...request({ id: "retry", at: 2000 }), retry: 1, ...more })

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
      deepStrictEqual([count("Fresh"), count("InProgress")], [1, 99])
    }))

  it.scoped("an answer is given again in every process, and stays the first one", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      yield* left.begin(request())
      deepStrictEqual(yield* left.finish("retry-of-1", reply), Option.none())
      deepStrictEqual(yield* right.finish("retry-of-1", { ...reply, status: 500 }), Option.some(reply))
      deepStrictEqual(yield* right.begin(request({ at: 8000 })), { _tag: "Done", reply })
      deepStrictEqual(yield* left.begin(request({ fingerprint: "goodbye" })), { _tag: "Conflict", reply })
      deepStrictEqual(yield* left.begin(request({ scope: "bob/POST/messages" })), { _tag: "Conflict", reply })
      deepStrictEqual(
        yield* right.begin(request({ at: 9000, expiresAt: 20_000, fingerprint: "goodbye" })),
        { _tag: "Fresh" },
        "after its time"
      )
    }))

  it.scoped("an answer that another one has overtaken is put in its place once, in every process", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      const accepted = { ...reply, status: 200 }
      yield* left.begin(request())
      yield* left.amend("retry-of-1", reply, accepted)
      deepStrictEqual(yield* right.begin(request()), { _tag: "InProgress" })
      yield* left.finish("retry-of-1", reply)
      yield* right.amend("retry-of-1", reply, accepted)
      deepStrictEqual(yield* left.begin(request()), { _tag: "Done", reply: accepted })
      yield* left.amend("retry-of-1", reply, { ...reply, status: 502 })
      deepStrictEqual(yield* right.begin(request()), { _tag: "Done", reply: accepted })
    }))

  it.scoped("one that is not ended in time goes to the next, once", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      yield* left.begin(request())
      deepStrictEqual(yield* right.begin(request()), { _tag: "InProgress" })
      yield* left.renew(["retry-of-1"], -1)
      deepStrictEqual(yield* right.begin(request({ fingerprint: "goodbye" })), { _tag: "Conflict" })
      deepStrictEqual(yield* right.begin(request({ lease: -1 })), { _tag: "Abandoned" })
      yield* right.renew(["another", "retry-of-1"], 60_000)
      deepStrictEqual(yield* left.begin(request()), { _tag: "InProgress" }, "it was renewed")
      yield* left.renew(["retry-of-1"], -1)
      const begun = yield* Effect.forEach([left, right, left, right], (log) => log.begin(request()), { concurrency: "unbounded" })
      deepStrictEqual(begun.map(({ _tag }) => _tag).sort(), ["Abandoned", "InProgress", "InProgress", "InProgress"])
      yield* left.abandon("retry-of-1")
      deepStrictEqual(yield* right.begin(request()), { _tag: "Abandoned" })
      yield* right.finish("retry-of-1", reply)
      yield* right.abandon("retry-of-1")
      deepStrictEqual(yield* right.begin(request()), { _tag: "Done", reply })
    }))

  it.scoped("one under which nothing happened is given up, but not its answer", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      yield* left.begin(request())
      yield* left.withdraw("retry-of-1")
      deepStrictEqual(yield* right.begin(request({ fingerprint: "goodbye" })), { _tag: "Fresh" })
      yield* right.finish("retry-of-1", reply)
      yield* right.withdraw("retry-of-1")
      deepStrictEqual(yield* left.begin(request({ fingerprint: "goodbye" })), { _tag: "Done", reply })
    }))

  it.scoped("one that several processes try at once did nothing when the last of them did nothing", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      strictEqual(yield* left.join("retry-of-1"), 0)
      yield* left.begin(request())
      const tries = yield* Effect.forEach([left, right, left], (log) => log.join("retry-of-1"), { concurrency: "unbounded" })
      deepStrictEqual([...tries].sort(), [2, 3, 4])
      const ends = yield* Effect.forEach([left, right, left, right], (log) => log.withdraw("retry-of-1"), { concurrency: "unbounded" })
      deepStrictEqual([...ends].sort(), [false, false, false, true])
      deepStrictEqual(yield* right.find("retry-of-1"), Option.none())
      yield* left.begin(request())
      yield* right.join("retry-of-1")
      strictEqual(yield* left.withdraw("retry-of-1", { reply, expectedUntil: 5000 }), false)
      deepStrictEqual(yield* left.find("retry-of-1"), Option.some(undefined))
      yield* right.finish("retry-of-1", reply)
      strictEqual(yield* left.join("retry-of-1"), 0)
      deepStrictEqual(yield* left.find("retry-of-1"), Option.some(reply))
    }))

  it.scoped("a retry claims the newest of its kind, the next retry of its count another one, and then all are joined", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      yield* left.begin(request({ id: "a", at: 1000 }))
      yield* left.begin(request({ id: "b", at: 1500 }))
      yield* left.begin(request({ id: "c", at: 1700, fingerprint: "goodbye" }))
      yield* left.begin(request({ id: "d", at: 1800, scope: "bob/POST/messages" }))
      const joined = yield* Effect.all([
        left.repeat(retry()),
        right.repeat(retry()),
        left.repeat(retry({ retry: 2 })),
        right.repeat(retry({ retry: 2 }))
      ], { concurrency: 2 })
      deepStrictEqual(joined.slice(0, 2).map((found) => found._tag === "Joined" ? found.id : found._tag).sort(), ["a", "b"])
      deepStrictEqual(joined.slice(2).map((found) => found._tag === "Joined" ? found.id : found._tag).sort(), ["a", "b"])
      deepStrictEqual(yield* left.repeat(retry()), { _tag: "Joined", id: "b" })
      deepStrictEqual(
        yield* left.repeat(retry({ id: "late", at: 9000, expiresAt: 20_000, lease: -1 })),
        { _tag: "Fresh" },
        "after their time"
      )
      deepStrictEqual(yield* right.begin(request({ id: "late", at: 9001 })), { _tag: "Abandoned" })
    }))

  it.scoped("of retries in two processes one takes the place of what did nothing", () =>
    Effect.gen(function*() {
      const logs = yield* pair(fresh)
      yield* logs[0].begin(request({ id: "a" }))
      yield* logs[0].withdraw("a", { reply, expectedUntil: 5000 })
      const repeated = yield* Effect.forEach(
        Array.from({ length: 20 }, (_, index) => index),
        (index) => (index % 2 === 0 ? logs[0] : logs[1]).repeat(retry({ id: `retry ${index}` })),
        { concurrency: "unbounded" }
      )
      const anew = repeated.flatMap(({ _tag }, index) => _tag === "Anew" ? [`retry ${index}`] : [])
      assert.strictEqual(anew.length, 1)
      deepStrictEqual(new Set(repeated.flatMap((found) => found._tag === "Joined" ? [found.id] : [])), new Set(anew))
      deepStrictEqual(yield* logs[1].resume(request({ id: "a" })), Option.none())
      assert.isFalse(yield* logs[1].replace("a", retry({ id: "another" })))
    }))

  it.scoped("what is resumed must exist, and goes to one", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      deepStrictEqual(yield* left.resume(request()), Option.none())
      yield* left.begin(request())
      deepStrictEqual(yield* right.resume(request()), Option.some({ _tag: "InProgress" }))
      yield* left.renew(["retry-of-1"], -1)
      deepStrictEqual(yield* right.resume(request()), Option.some({ _tag: "Abandoned" }))
      deepStrictEqual(yield* left.resume(request()), Option.some({ _tag: "InProgress" }))
      yield* right.finish("retry-of-1", reply)
      deepStrictEqual(yield* left.resume(request({ at: 4000 })), Option.some({ _tag: "Done", reply }))
    }))

  it.scoped("one that an earlier version kept by its spelling is the same request", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      yield* left.begin(request({ fingerprint: "bytes" }))
      deepStrictEqual(yield* right.begin(request({ fingerprint: "meaning", spelling: "bytes" })), { _tag: "InProgress" })
      deepStrictEqual(yield* right.repeat(retry({ fingerprint: "meaning", spelling: "bytes" })), { _tag: "Joined", id: "retry-of-1" })
      yield* left.renew(["retry-of-1"], -1)
      deepStrictEqual(yield* right.begin(request({ fingerprint: "meaning", spelling: "bytes" })), { _tag: "Abandoned" })
    }))

  it.scoped("an id may be long, or hold what no database stores", () =>
    Effect.gen(function*() {
      const [left] = yield* pair(fresh)
      for (const id of ["x".repeat(9000), `${"x".repeat(9000)}y`, "nul\0", "half \uD83D", "half \uD83E"]) {
        deepStrictEqual(yield* left.begin(request({ id })), { _tag: "Fresh" }, `${id.length}`)
        deepStrictEqual(yield* left.begin(request({ id })), { _tag: "InProgress" })
      }
    }))
})
