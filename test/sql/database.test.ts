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

  it.scoped("is refused in one sentence, without its password", () =>
    Effect.gen(function*() {
      const { url } = yield* Postgres
      const wrongPassword = url.replace("interline:interline", "interline:s3cret")
      const { host } = new URL(url)
      assert.strictEqual(
        yield* refusal(wrongPassword),
        `the database postgres at ${host} cannot be used: it refuses the user or the password`
      )
      assert.strictEqual(
        yield* refusal(url.replace(/postgres$/, "nowhere")),
        `the database nowhere at ${host} cannot be used: there is no database of that name`
      )
    }))
})
