import * as SqlClient from "@effect/sql/SqlClient"
import { assert, layer } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as DatabaseFault from "@interline/router/DatabaseFault"
import * as Database from "@interline/sql/Database"
import * as DatabaseState from "@interline/sql/DatabaseState"
import * as SandboxDatabase from "@interline/sql/SandboxDatabase"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Relay from "../chaos/relay.ts"
import { file, Postgres } from "./databases.ts"

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

  it.scoped.each(["SQLite", "PostgreSQL"])(
    "of a sandbox is not taken for vendors, and one in use not for a sandbox: %s",
    (kind) =>
      Effect.gen(function*() {
        const fresh = kind === "SQLite" ? file : Effect.flatMap(Postgres, ({ database }) => database)
        const claim = (url: string, isSandbox: boolean, before: Effect.Effect<unknown, unknown, SqlClient.SqlClient> = Effect.void) =>
          Effect.zipRight(before, SandboxDatabase.claim(isSandbox)).pipe(
            Effect.provide(Database.layer(url)),
            Effect.either,
            Effect.map(Either.match({ onLeft: String, onRight: () => "taken" }))
          )
        const remains = (url: string) => Effect.map(DatabaseState.inspect(Redacted.make(url)), ({ sandbox }) => Option.getOrNull(sandbox))
        const optOut = Effect.flatMap(
          SqlClient.SqlClient,
          (sql) => sql`INSERT INTO interline_suppression (handle, since, source) VALUES ('+12025550123', 1, 'explicit')`
        )
        const [ofSandbox, ofVendors] = yield* Effect.all([fresh, fresh])
        deepStrictEqual(yield* claim(ofSandbox, true), "taken")
        deepStrictEqual(yield* remains(ofSandbox), { messages: 0, optOuts: 0 })
        deepStrictEqual(yield* claim(ofSandbox, true, optOut), "taken")
        deepStrictEqual(yield* remains(ofSandbox), { messages: 0, optOuts: 1 })
        assert.include(yield* claim(ofSandbox, false), "holds the messages and opt-outs of a sandbox")
        deepStrictEqual(yield* claim(ofVendors, false), "taken")
        deepStrictEqual(yield* claim(ofVendors, false, optOut), "taken")
        assert.include(yield* claim(ofVendors, true), "messages or opt-outs that are not of a sandbox")
        deepStrictEqual(yield* remains(ofVendors), null)
      })
  )

  it.scoped("of a sandbox is removed, if it is a file that nobody uses", () =>
    Effect.gen(function*() {
      // nothing is there yet
      const url = `${yield* file}-new`
      const remove = (url: string) =>
        Effect.map(Effect.either(SandboxDatabase.remove(Redacted.make(url))), Either.match({ onLeft: String, onRight: () => "removed" }))
      const open = (isSandbox: boolean) => Effect.provide(SandboxDatabase.claim(isSandbox), Database.layer(url))
      deepStrictEqual(yield* remove(url), "removed")
      yield* open(false)
      assert.include(yield* remove(url), "is not that of a sandbox")
      yield* open(true)
      assert.include(yield* Effect.provide(remove(url), Database.layer(url)), "stop the program that uses it")
      deepStrictEqual(yield* remove(url), "removed")
      const { state } = yield* DatabaseState.inspect(Redacted.make(url))
      deepStrictEqual(state, "absent")
      const { url: server } = yield* Postgres
      assert.include(yield* remove(server), "only a file can be begun anew")
    }))
})
