import * as SqlClient from "@effect/sql/SqlClient"
import { assert, layer } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as Database from "@interline/sql/Database"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Postgres } from "./databases.ts"

const refusal = (url: string) => Effect.map(Effect.flip(Effect.scoped(Layer.build(Database.layer(url)))), ({ message }) => message)

layer(Postgres.Default, { excludeTestServices: true, timeout: "30 seconds" })("a PostgreSQL database", (it) => {
  it.scoped("comes up for many at once, and again", () =>
    Effect.gen(function*() {
      const url = yield* Effect.flatMap(Postgres, ({ database }) => database)
      yield* Effect.all(Array.from({ length: 4 }, () => Layer.build(Database.layer(url, { connections: 2 }))), { concurrency: "unbounded" })
      yield* Layer.build(Database.layer(url))
    }))

  it.scoped("gives whole numbers as numbers", () =>
    Effect.gen(function*() {
      const url = yield* Effect.flatMap(Postgres, ({ database }) => database)
      const rows = yield* Effect.provide(
        Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT 1700000000000::bigint AS a, count(*) AS b, 'x' AS c FROM interline_refs`),
        Database.layer(url)
      )
      deepStrictEqual(rows, [{ a: 1_700_000_000_000, b: 0, c: "x" }])
    }))

  it.scoped("has ten seconds for a statement, or as long as its URL says, and the program waits as long as that says", () =>
    Effect.gen(function*() {
      const url = yield* Effect.flatMap(Postgres, ({ database }) => database)
      const opened = (parameters: string) => Database.layer(`${url}?${parameters}`)
      const shown = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SHOW statement_timeout`)
      deepStrictEqual(
        [yield* Effect.provide(shown, Database.layer(url)), yield* Effect.provide(shown, opened("statement_timeout=3000"))],
        [[{ statement_timeout: "10s" }], [{ statement_timeout: "3s" }]]
      )
      const late = yield* Effect.flatMap(SqlClient.SqlClient, (sql) => Effect.flip(sql`SELECT pg_sleep(60)`)).pipe(
        Effect.provide(opened("query_timeout=100"))
      )
      assert.include(String(late.cause), "Query read timeout")
    }))

  it.scoped("is refused in one sentence, without its password", () =>
    Effect.gen(function*() {
      const { url } = yield* Postgres
      const wrongPassword = url.replace("interline:interline", "interline:s3cret")
      const { host } = new URL(url)
      assert.strictEqual(
        yield* refusal(wrongPassword),
        `the database postgres at ${host} as user interline cannot be used: it refuses the user or the password; correct the user and the password in the URL`
      )
      assert.strictEqual(
        yield* refusal(url.replace(/postgres$/, "nowhere")),
        `the database nowhere at ${host} as user interline cannot be used: there is no database of that name; create it, or correct the name in the URL`
      )
    }))
})
