import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Ownership from "@interline/router/Ownership"
import * as Shard from "@interline/router/Shard"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"

describe("Shard", () => {
  it("gives a key the shard that is stored with its rows", () => {
    // a change of these numbers would leave stored deliveries without an owner
    deepStrictEqual(
      ["direct|main|+15550100001", "direct|main|+15550100002", "group|main|a"].map(Shard.of),
      [59, 240, 31]
    )
  })

  it("spreads conversations evenly", () => {
    const sizes = new Map<number, number>()
    for (let person = 0; person < 30_000; person += 1) {
      const shard = Shard.of(`direct|main|+1555${String(1_000_000 + person)}`)
      sizes.set(shard, (sizes.get(shard) ?? 0) + 1)
    }
    deepStrictEqual(Array.from(sizes.keys()).toSorted((left, right) => left - right), Shard.all)
    strictEqual(Math.max(...sizes.values()) < 200, true)
  })
})

describe("Ownership", () => {
  it.scoped("is of everything without a layer, and runs in this process what runs in one", () =>
    Effect.gen(function*() {
      const { owned, runInOne } = yield* Ownership.Ownership
      strictEqual(owned(), undefined)
      const ran = yield* Deferred.make<string>()
      yield* runInOne("test", Effect.zipRight(Deferred.succeed(ran, "ran"), Effect.never))
      strictEqual(yield* Deferred.await(ran), "ran")
    }))
})
