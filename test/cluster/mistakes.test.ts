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
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import { Postgres } from "../sql/databases.ts"
import { gatewayWorld } from "../support/gateway.ts"
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
          message:
            "the database app at 127.0.0.1:1 as user app cannot be used: nothing answers there; start the server, or correct the host and the port in the URL"
        })
      )))

  it.live("says that it needs PostgreSQL, and shows no secret", () =>
    Effect.map(build({ host: "127.0.0.1", database: "mysql://app:secret@127.0.0.1/app" }), (built) =>
      assertLeft(
        built,
        new Cluster.ClusterError({
          option: "database",
          message: "several processes need PostgreSQL: give a URL such as postgres://user:password@host:5432/name"
        })
      )))

  it.live("warns of an address that other networks reach, because its socket has no encryption", () =>
    Effect.gen(function*() {
      const said: Array<string> = []
      const logger = Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ logLevel, message }) => void said.push(`${logLevel.label} ${String(message)}`))
      )
      yield* Effect.forEach(["10.0.0.7", "db.internal", "203.0.113.7"], (host) => build({ host }), { discard: true }).pipe(
        Effect.provide(logger)
      )
      deepStrictEqual(said, [
        "WARN the socket between processes listens on 203.0.113.7, which is not a private address; it has no encryption, so keep other networks out"
      ])
    }))

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

/** A URL with some of its parts changed. */
const changed = (url: string, change: (url: URL) => void): string => {
  const copy = new URL(url)
  change(copy)
  return copy.href
}

/** What may be wrong in a URL, and the words for it. `PORT` stands for the port of the server. */
const wrong: ReadonlyArray<readonly [what: string, change: (url: URL) => void, said: string]> = [
  [
    "a wrong password",
    (url) => url.password = "s3cret",
    "the database test_1 at 127.0.0.1:PORT as user interline cannot be used: it refuses the user or the password; correct the user and the password in the URL"
  ],
  [
    "an unknown user",
    (url) => {
      url.username = "nobody"
      url.password = "s3cret"
    },
    "the database test_1 at 127.0.0.1:PORT as user nobody cannot be used: it refuses the user or the password; correct the user and the password in the URL"
  ],
  [
    "an unknown database",
    (url) => url.pathname = "no%20such",
    "the database no such at 127.0.0.1:PORT as user interline cannot be used: there is no database of that name; create it, or correct the name in the URL"
  ],
  [
    "a host that refuses",
    (url) => {
      url.port = "1"
      url.password = "s3cret"
    },
    "the database test_1 at 127.0.0.1:1 as user interline cannot be used: nothing answers there; start the server, or correct the host and the port in the URL"
  ],
  [
    "a server without encryption",
    (url) => url.searchParams.set("sslmode", "require"),
    "the database test_1 at 127.0.0.1:PORT as user interline cannot be used: it does not encrypt connections; remove sslmode from the URL, or turn encryption on at the server"
  ],
  [
    "a user without rights",
    (url) => {
      url.username = "guest"
      url.password = "s3cret"
    },
    "the user may not create tables there; give the user that right, or name another user in the URL"
  ]
]

layer(Postgres.Default, { excludeTestServices: true, timeout: "2 minutes" })("a gateway with a wrong URL", (it) => {
  for (const name of ["DATABASE_URL", "INTERLINE_RUNNER_DATABASE_URL"] as const) {
    it.scoped(`says what is wrong with ${name} in words, names it, and shows no password`, () =>
      Effect.gen(function*() {
        const server = yield* Effect.flatMap(Layer.build(Layer.fresh(Postgres.Default)), (context) =>
          Effect.succeed(Context.get(context, Postgres)))
        const right = yield* server.database
        yield* PgClient.make({ url: Redacted.make(right) }).pipe(
          Effect.flatMap((sql) =>
            sql`CREATE ROLE guest LOGIN PASSWORD 's3cret'`
          ),
          Effect.provide(Reactivity.layer),
          Effect.scoped
        )
        for (const [what, change, said] of wrong) {
          const url = changed(right, change)
          const started = yield* gatewayWorld({
            carriers: ["linq"],
            ...(name === "DATABASE_URL" ? { database: url } : { database: right, variables: { [name]: url } })
          }).pipe(Effect.scoped, quiet, Effect.either)
          const sentence = Either.match(started, {
            onLeft: (error) => error instanceof Error ? error.message : String(error),
            onRight: () => "there"
          })
          deepStrictEqual(sentence.startsWith(`${name}: `), true, `${what}: ${sentence}`)
          deepStrictEqual(sentence.includes(said.replace("PORT", new URL(right).port)), true, `${what}: ${sentence}`)
          deepStrictEqual([sentence.includes("s3cret"), sentence.includes("interline:interline")], [false, false])
        }
      }))
  }
})

const other =
  "this is not the database of the ledger, or it is a standby of it: a lock that is taken here is not seen there; give the address of the same database on the primary server"

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
