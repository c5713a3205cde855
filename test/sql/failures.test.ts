import * as SqlClient from "@effect/sql/SqlClient"
import { assert } from "@effect/vitest"
import { Suppression } from "@interline/core/Suppression"
import * as SqlSuppression from "@interline/sql/SqlSuppression"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Util from "node:util"
import { connect, overBoth } from "./databases.ts"
import { ada } from "./entries.ts"

overBoth("a store that fails", (it, fresh) => {
  it.scoped("is a defect that says which operation and holds nothing of its content", () =>
    Effect.gen(function*() {
      const url = yield* fresh
      const cause = yield* Effect.provide(
        Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          const suppression = yield* Suppression
          yield* sql`DROP TABLE interline_suppression`
          return yield* Effect.flip(Effect.sandbox(suppression.add(ada, "explicit")))
        }),
        Layer.provideMerge(SqlSuppression.layer, connect(url))
      )
      assert.isTrue(Cause.isDie(cause))
      const told = [Cause.pretty(cause), Util.inspect(cause, { depth: 20, showHidden: true }), JSON.stringify(cause)].join("\n")
      assert.match(told, /the database did not do Suppression\.add \((SQLITE_ERROR|42P01)\)/)
      assert.notInclude(told, ada)
      const failure = Cause.squash(cause)
      assert.match(failure instanceof Error ? failure.name : "", /^StoreFailure Suppression\.add (SQLITE_ERROR|42P01)$/)
    }))

  it.scoped("says of a row that it cannot read only that", () =>
    Effect.gen(function*() {
      const url = yield* fresh
      const cause = yield* Effect.provide(
        Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          const suppression = yield* Suppression
          yield* sql`INSERT INTO interline_suppression (handle, since, source) VALUES (${ada}, 1, 'hearsay')`
          return yield* Effect.flip(Effect.sandbox(suppression.find(ada)))
        }),
        Layer.provideMerge(SqlSuppression.layer, connect(url))
      )
      const told = [Cause.pretty(cause), Util.inspect(cause, { depth: 20, showHidden: true })].join("\n")
      assert.include(told, "the database did not do Suppression.find (unreadable)")
      assert.notInclude(told, ada)
    }))
})
