/** Requests and their retries, asked for at two connections at once. */
import { deepStrictEqual } from "@effect/vitest/utils"
import * as RequestLog from "@interline/sql/RequestLog"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Databases from "./databases.ts"

const minute = 60_000

Databases.overBoth("a request log", (it, fresh) => {
  const opened = Effect.flatMap(fresh, (url) => {
    const open = Effect.map(Layer.build(Layer.provide(RequestLog.layer, Databases.connect(url))), Context.get(RequestLog.RequestLog))
    return Effect.all([open, open])
  })
  const begin = (id: string, at: number, fingerprint = "ok"): RequestLog.Begin => ({
    id,
    scope: "tests",
    fingerprint,
    at,
    lease: 5 * minute,
    expiresAt: at + 1_440 * minute
  })

  it.scoped("expects a first request for ten minutes from the last retry on, also from one that ran anew", () =>
    Effect.gen(function*() {
      const [log] = yield* opened
      deepStrictEqual(yield* log.repeat({ ...begin("one", 0), retry: 1 }), { _tag: "Fresh" })
      deepStrictEqual(yield* log.repeat({ ...begin("two", 9 * minute), retry: 2 }), { _tag: "Joined", id: "one" })
      yield* log.withdraw("one", { reply: { status: 503, headers: {}, body: "" }, expectedUntil: 20 * minute })
      deepStrictEqual(yield* log.repeat({ ...begin("three", 18 * minute), retry: 3 }), { _tag: "Anew" })
      deepStrictEqual(yield* log.beginFirst(begin("first", 27 * minute)), { _tag: "Joined", id: "three" })
      deepStrictEqual(yield* log.beginFirst(begin("second", 27 * minute)), { _tag: "Fresh" })
      deepStrictEqual(yield* log.repeat({ ...begin("other", 0, "late"), retry: 1 }), { _tag: "Fresh" })
      deepStrictEqual(yield* log.beginFirst(begin("later", 10 * minute, "late")), { _tag: "Fresh" })
    }))

  it.scoped("lets one of two first requests that come at once join the retry that overtook it", () =>
    Effect.gen(function*() {
      const [one, other] = yield* opened
      for (let index = 0; index < 150; index++) {
        const text = `text ${index}`
        yield* one.repeat({ ...begin(`retry ${index}`, 0, text), retry: 1 })
        const found = yield* Effect.all(
          [one.beginFirst(begin(`one ${index}`, 1, text)), other.beginFirst(begin(`other ${index}`, 1, text))],
          { concurrency: "unbounded" }
        )
        deepStrictEqual(found.map(({ _tag }) => _tag).sort(), ["Fresh", "Joined"])
      }
    }))
})
