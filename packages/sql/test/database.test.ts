import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as Database from "@interline/sql/Database"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Fs from "node:fs"
import * as Net from "node:net"
import * as OpenSqlite from "../src/database/openSqlite.ts"
import { temporary } from "./files.ts"

const open = (url: string, options?: Database.Options) =>
  Effect.map(Layer.build(Database.layer(url, options)), (context) => context.unsafeMap)

const refusal = (url: string) =>
  Effect.map(Effect.flip(Effect.scoped(Layer.build(Database.layer(Redacted.make(url))))), ({ message }) => message)

/** A port at which nobody listens. */
const freePort = Effect.async<number>((resume) => {
  const server = Net.createServer().listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})

const one = <A extends object>(rows: ReadonlyArray<A>) => Object.values(rows[0] ?? {})[0]

describe("a database file", () => {
  it.scopedLive("is created, with a log of writes, and stops the process for nobody's write", () =>
    Effect.gen(function*() {
      const path = yield* temporary
      const settings = yield* Effect.provide(
        Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          return [
            one(yield* sql.unsafe("PRAGMA journal_mode")),
            one(yield* sql.unsafe("PRAGMA synchronous")),
            one(yield* sql.unsafe("PRAGMA busy_timeout"))
          ]
        }),
        Database.layer(path)
      )
      deepStrictEqual(settings, ["wal", 1, 0])
      assert.isTrue(Fs.existsSync(path))
    }))

  it.scopedLive("waits for the disk at every write if it is told to", () =>
    Effect.gen(function*() {
      const path = yield* temporary
      const synchronous = yield* Effect.provide(
        Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe("PRAGMA synchronous")),
        Database.layer(`file:${path}`, { synchronous: "full" })
      )
      assert.strictEqual(one(synchronous), 2)
    }))

  it.scopedLive("comes up for one of many at once, and again for one after another", () =>
    Effect.gen(function*() {
      const path = yield* temporary
      const opened = yield* Effect.scoped(
        Effect.all(Array.from({ length: 4 }, () => Effect.option(open(path))), { concurrency: "unbounded" })
      )
      assert.lengthOf(Arr.getSomes(opened), 1)
      yield* Effect.repeatN(Effect.scoped(open(path)), 2)
    }))

  it.scopedLive("has its log moved while the program goes on", () =>
    Effect.gen(function*() {
      const path = yield* temporary
      yield* Effect.scoped(Effect.gen(function*() {
        const context = yield* Layer.build(Database.layer(path))
        const sql = Context.get(context, SqlClient.SqlClient)
        const empty = Fs.statSync(path).size
        deepStrictEqual(Object.values((yield* sql.unsafe("PRAGMA wal_autocheckpoint"))[0] ?? {}), [64_000])
        yield* Effect.forEach(Array.from({ length: 300 }, (_, index) => index), (index) =>
          sql`INSERT INTO interline_suppression (handle, since, source) VALUES (${`${index}`.padEnd(2000, "x")}, 1, 'explicit')`)
        const moved = Effect.sync(() =>
          Fs.statSync(path).size >= empty + 300 * 2000
        )
        yield* Effect.repeat(moved, {
          until: (holds) => holds,
          schedule: Schedule.intersect(Schedule.spaced("50 millis"), Schedule.recurs(200))
        })
        assert.isTrue(yield* moved)
      }))
    }))

  it.scopedLive("takes no transaction, which would lose its settings", () =>
    Effect.gen(function*() {
      const path = yield* temporary
      const exit = yield* Effect.exit(Effect.provide(
        Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(sql`SELECT 1`)),
        Database.layer(path)
      ))
      assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
    }))

  it.scopedLive("is refused in one sentence if its folder is not there", () =>
    Effect.gen(function*() {
      const path = yield* temporary
      assert.match(
        yield* refusal(`${path}/deeper/interline.db`),
        /^the database file .*interline\.db cannot be used.*: its folder must exist/
      )
    }))
})

describe("a database file that cannot be used", () => {
  const sentenceOf = (path: string, url = `file:${path}`) =>
    Effect.flip(Effect.scoped(Layer.build(OpenSqlite.layer({ url, name: path, synchronous: "normal" }))))

  it.scopedLive("because the driver has no files on this runtime, says so", () =>
    Effect.gen(function*() {
      // the driver's build for the web says this of every file
      assert.match(yield* sentenceOf("a.db", "no-such-scheme:a.db"), /does not run on this runtime; use Node, or PostgreSQL/)
    }))

  it.scopedLive("because it holds something else, says so", () =>
    Effect.gen(function*() {
      const path = yield* temporary
      Fs.writeFileSync(path, "a letter to somebody".repeat(1000))
      assert.match(yield* sentenceOf(path), /cannot be used: it is something else than a SQLite database$/)
    }))
})

describe("a database URL", () => {
  it.effect.each([":memory:", "", "mysql://localhost/x", "libsql://example.com"])("%s is refused", (url) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* refusal(url), "the database must be a file (a path, or file:…) or postgres://…")
    }))

  it.effect("that cannot be read is refused without being repeated", () =>
    Effect.gen(function*() {
      const sentence = yield* refusal("postgres://ada:s3cret@host:notaport/x")
      assert.match(sentence, /cannot be read/)
      assert.notInclude(sentence, "s3cret")
    }))

  it.live("of a server that is down is refused in one sentence, without its password", () =>
    Effect.gen(function*() {
      const port = yield* freePort
      const sentence = yield* refusal(`postgres://ada:s3cret@127.0.0.1:${port}/interline`)
      assert.strictEqual(
        sentence,
        `the database interline at 127.0.0.1:${port} as user ada cannot be used: nothing answers there; start the server, or correct the host and the port in the URL`
      )
    }))
})
