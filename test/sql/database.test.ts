import * as SqlClient from "@effect/sql/SqlClient"
import { assert, layer } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as DatabaseFault from "@interline/router/DatabaseFault"
import * as Database from "@interline/sql/Database"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Relay from "../chaos/relay.ts"
import { Postgres } from "./databases.ts"

const refusal = (url: string) => Effect.map(Effect.flip(Effect.scoped(Layer.build(Database.layer(url)))), ({ message }) => message)

layer(Postgres.Default, { excludeTestServices: true, timeout: "60 seconds" })("a PostgreSQL database", (it) => {
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
      deepStrictEqual(DatabaseFault.codeOf(late), "ETIMEDOUT")
    }))

  it.scoped("ends a connection on which a statement gets no answer, so no later statement waits behind it", () =>
    Effect.gen(function*() {
      const url = new URL(yield* Effect.flatMap(Postgres, ({ database }) => database))
      const way = yield* Relay.make(Number(url.port))
      url.port = String(way.port)
      url.searchParams.set("query_timeout", "500")
      const sql = Context.get(yield* Layer.build(Database.layer(url.href, { connections: 2 })), SqlClient.SqlClient)
      const both = [sql`SELECT 1 AS one`, sql`SELECT 1 AS one`]
      const all = (statements: typeof both) => Effect.all(statements, { concurrency: "unbounded" })
      yield* all(both)
      yield* way.forget
      const lost = yield* Effect.all(both.map(Effect.flip), { concurrency: "unbounded" })
      deepStrictEqual(lost.map((error) => DatabaseFault.explain(error).split(";")[0]), both.map(() => "it does not answer in time"))
      deepStrictEqual(yield* all(both), both.map(() => [{ one: 1 }]))
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
