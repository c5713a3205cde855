/** Who has how many shards, as the ledger says to operators: over both databases. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Ledger } from "@interline/router/Ledger"
import * as Shard from "@interline/router/Shard"
import * as SqlLedger from "@interline/sql/SqlLedger"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { connect, overBoth } from "./databases.ts"

overBoth("the owners of shards", (it, fresh) => {
  it.scoped("are listed with the number of their shards, until others have taken them", () =>
    Effect.gen(function*() {
      const stores = yield* Layer.build(Layer.provideMerge(SqlLedger.layer(), connect(yield* fresh, { connections: 2 })))
      const ledger = Context.get(stores, Ledger)
      const owners = SqlLedger.owners(Context.get(stores, SqlClient.SqlClient))
      const counts = Effect.map(owners, (all) => all.map(({ address, shards }) => [address, shards] as const))
      deepStrictEqual(yield* counts, [])

      yield* ledger.acquire(Shard.all.slice(0, 100), "10.0.0.7:1")
      yield* ledger.acquire(Shard.all.slice(100), "10.0.0.8:1")
      deepStrictEqual(yield* counts, [["10.0.0.7:1", 100], ["10.0.0.8:1", 200]])
      const [one, other] = yield* owners
      assert.isAtMost(one?.since ?? Number.NaN, other?.since ?? Number.NaN)
      yield* ledger.acquire([1, 300], "10.0.0.9:1")
      deepStrictEqual(yield* counts, [["10.0.0.7:1", 99], ["10.0.0.8:1", 199], ["10.0.0.9:1", 2]])

      yield* ledger.acquire(Shard.all)
      deepStrictEqual(yield* counts, [[undefined, 300]], "a process that is alone has no address")
    }), 60_000)
})
