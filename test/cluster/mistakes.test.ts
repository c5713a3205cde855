/** A process that cannot take part says which option is wrong, and why. */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { describe, it, layer } from "@effect/vitest"
import { assertLeft, deepStrictEqual } from "@effect/vitest/utils"
import * as Cluster from "@interline/cluster/Cluster"
import * as Database from "@interline/sql/Database"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Postgres } from "../sql/databases.ts"
import { quiet } from "../support/router.ts"

const build = (options: Omit<Cluster.Options, "database"> & { readonly database?: string }) =>
  Effect.scoped(
    Effect.either(
      Layer.build(Cluster.layer({ ...options, database: Redacted.make(options.database ?? "postgres://app:secret@127.0.0.1:1/app") }))
    )
  )

describe("a process that cannot take part in a cluster", () => {
  it.live("says that nobody listens at the address of the database", () =>
    Effect.map(build({ host: "127.0.0.1" }), (built) =>
      assertLeft(
        built,
        new Cluster.ClusterError({
          option: "database",
          message: "the database cannot be used for the cluster: app at 127.0.0.1:1 cannot be reached (ECONNREFUSED)"
        })
      )), 30_000)

  it.live("says that it needs PostgreSQL, and shows no secret", () =>
    Effect.map(build({ host: "127.0.0.1", database: "mysql://app:secret@127.0.0.1/app" }), (built) =>
      assertLeft(
        built,
        new Cluster.ClusterError({
          option: "database",
          message: "several processes need PostgreSQL: give a URL such as postgres://user:password@host:5432/name"
        })
      )))

  it.live("says that every address is no address", () =>
    Effect.forEach(
      ["0.0.0.0", "::"],
      (host) =>
        Effect.map(build({ host }), (built) =>
          deepStrictEqual(built._tag === "Left" ? [built.left.option, built.left.message.includes("means every address")] : built, [
            "host",
            true
          ])),
      {
        discard: true
      }
    ))
})

const other =
  "this is not the database of the ledger, or it is a standby of it: a lock that is taken here is not seen there; give the address of the same database on the primary server"

/** A URL with some of its parts changed. */
const changed = (url: string, change: (url: URL) => void): string => {
  const copy = new URL(url)
  change(copy)
  return copy.href
}

/** A process whose locks and whose ledger have a URL each: "there", or the sentence with which it does not start. */
const startWith = (ledger: string, locks: string) =>
  Effect.scoped(Effect.gen(function*() {
    const context = yield* Layer.build(Database.layer(ledger))
    return yield* build({ host: "127.0.0.1", database: locks, ledger: Context.get(context, SqlClient.SqlClient) })
  })).pipe(
    quiet,
    Effect.map(Either.match({ onLeft: ({ message }) => message, onRight: () => "there" }))
  )

layer(Postgres.Default, { excludeTestServices: true, timeout: "2 minutes" })("a process with a URL of its own for the locks", (it) => {
  it.scoped("does not start if that is another database, also on a server with one of the same name", () =>
    Effect.gen(function*() {
      const { database } = yield* Postgres
      const [ledger, another] = [yield* database, yield* database]
      const elsewhere = Context.get(yield* Layer.build(Postgres.Default), Postgres)
      const sameName = changed(ledger, (url) => url.port = new URL(elsewhere.url).port)
      yield* elsewhere.database
      deepStrictEqual(new URL(sameName).pathname, new URL(ledger).pathname)
      deepStrictEqual(yield* Effect.forEach([another, sameName], (locks) => startWith(ledger, locks)), [other, other])
      // it has left nothing where it does not belong
      const tables = yield* PgClient.make({ url: Redacted.make(another) }).pipe(
        Effect.flatMap((sql) => sql`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`),
        Effect.provide(Reactivity.layer),
        Effect.scoped
      )
      deepStrictEqual(tables, [])
    }))

  it.scoped("starts if that is the same database under another host name, user or schema", () =>
    Effect.gen(function*() {
      const ledger = yield* Effect.flatMap(Postgres, ({ database }) => database)
      yield* PgClient.make({ url: Redacted.make(ledger) }).pipe(
        Effect.flatMap((sql) =>
          Effect.zipRight(
            sql`CREATE ROLE locks LOGIN SUPERUSER PASSWORD 'locks'`,
            sql`CREATE SCHEMA locks`
          )
        ),
        Effect.provide(Reactivity.layer),
        Effect.scoped
      )
      const same = [
        ledger,
        changed(ledger, (url) => url.hostname = "localhost"),
        changed(ledger, (url) => {
          url.username = "locks"
          url.password = "locks"
        }),
        changed(ledger, (url) => url.searchParams.set("options", "-c search_path=locks"))
      ]
      deepStrictEqual(yield* Effect.forEach(same, (locks) => startWith(ledger, locks)), same.map(() => "there"))
    }))
})
