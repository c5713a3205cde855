/** API keys that were created over the API, in SQL: what each process knows of them, and for how long. */
import * as SqlClient from "@effect/sql/SqlClient"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Line from "@interline/core/Line"
import * as ApiKeys from "@interline/gateway/ApiKeys"
import * as Sessions from "@interline/gateway/Sessions"
import * as ApiKeyTable from "@interline/sql/ApiKeyTable"
import * as SessionTable from "@interline/sql/SessionTable"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { connect, overBoth } from "./databases.ts"

const support = Line.name("support")
const environment = new Map([["ops", Redacted.make("0123456789abcdef-ops")]])

/** A clock that a test moves. The database's own time is not asked for keys. */
const movable = () => {
  let now = 1_700_000_000_000
  const clock: Clock.Clock = {
    ...Clock.make(),
    currentTimeMillis: Effect.sync(() => now),
    unsafeCurrentTimeMillis: () => now,
    unsafeCurrentTimeNanos: () => BigInt(now) * 1_000_000n,
    currentTimeNanos: Effect.sync(() => BigInt(now) * 1_000_000n)
  }
  return { clock, advance: (millis: number) => Effect.sync(() => void (now += millis)) }
}

overBoth("created API keys", (it, fresh) => {
  const world = Effect.gen(function*() {
    const url = yield* fresh
    const process = Effect.gen(function*() {
      const tables = Layer.merge(ApiKeyTable.layer, SessionTable.layer)
      const context = yield* Layer.build(
        Layer.provideMerge(
          Sessions.layer(),
          Layer.provideMerge(ApiKeys.layer(environment), Layer.provideMerge(tables, connect(url, { connections: 2 })))
        )
      )
      return {
        keys: Context.get(context, ApiKeys.ApiKeys),
        sessions: Context.get(context, Sessions.Sessions),
        sql: Context.get(context, SqlClient.SqlClient)
      }
    })
    return { left: yield* process, right: yield* process, ...movable() }
  })

  it.scoped("are known by their scopes and lines in every process, and their secret is stored nowhere", () =>
    Effect.gen(function*() {
      const { clock, left, right } = yield* world
      yield* Effect.withClock(
        Effect.gen(function*() {
          const { key, secret } = Option.getOrThrow(
            yield* left.keys.create({ name: "crm", scopes: ["read", "send"], lines: [support] }, "ops")
          )
          for (const { keys } of [left, right]) {
            deepStrictEqual(
              yield* keys.verify(secret),
              Option.some({ name: "crm", scopes: new Set(["read", "send"]), lines: new Set([support]) })
            )
          }
          deepStrictEqual((yield* right.keys.created).map(({ lastUsedAt: _, ...key }) => key), [
            { id: key.id, name: "crm", scopes: ["read", "send"], lines: [support], createdAt: 1_700_000_000_000, createdBy: "ops" }
          ])
          const rows = yield* left.sql`SELECT * FROM interline_api_keys`
          strictEqual(JSON.stringify(rows).includes(Redacted.value(secret)), false)
          strictEqual(Redacted.value(secret).length, "interline_".length + 43)
          deepStrictEqual(
            yield* left.keys.verify(Redacted.make("0123456789abcdef-ops")),
            Option.some({ name: "ops", scopes: new Set(["admin"]) })
          )
        }),
        clock
      )
    }))

  it.scoped("are refused at once where they are revoked, and within 5 seconds elsewhere", () =>
    Effect.gen(function*() {
      const { advance, clock, left, right } = yield* world
      yield* Effect.withClock(
        Effect.gen(function*() {
          const { key, secret } = Option.getOrThrow(yield* left.keys.create({ name: "crm", scopes: ["read"] }, "ops"))
          strictEqual(Option.isSome(yield* right.keys.verify(secret)), true)
          deepStrictEqual([yield* left.keys.revoke(key.id, "ops"), yield* left.keys.revoke(key.id, "ops")], [true, false])
          strictEqual(Option.isSome(yield* left.keys.verify(secret)), false)
          yield* advance(4_999)
          strictEqual(Option.isSome(yield* right.keys.verify(secret)), true, "it may still be known there")
          yield* advance(1)
          strictEqual(Option.isSome(yield* right.keys.verify(secret)), false)
          deepStrictEqual((yield* right.keys.created).map(({ name, revokedBy }) => [name, revokedBy]), [["crm", "ops"]])
        }),
        clock
      )
    }))

  it.scoped("end at their time, and give their name to nobody else", () =>
    Effect.gen(function*() {
      const { advance, clock, left, right } = yield* world
      yield* Effect.withClock(
        Effect.gen(function*() {
          const { secret } = Option.getOrThrow(
            yield* left.keys.create({ name: "crm", scopes: ["read"], expiresAt: 1_700_000_001_000 }, "ops")
          )
          strictEqual(Option.isSome(yield* left.keys.verify(secret)), true)
          yield* advance(1_000)
          strictEqual(Option.isSome(yield* left.keys.verify(secret)), false)
          const again = yield* Effect.all([
            right.keys.create({ name: "crm", scopes: ["admin"] }, "ops"),
            right.keys.create({ name: "ops", scopes: ["admin"] }, "ops")
          ])
          deepStrictEqual(again, [Option.none(), Option.none()], "taken by a key that is over, and by one of the environment")
        }),
        clock
      )
    }))

  it.scoped("are written down as used at most once a minute", () =>
    Effect.gen(function*() {
      const { advance, clock, left } = yield* world
      yield* Effect.withClock(
        Effect.gen(function*() {
          const { secret } = Option.getOrThrow(yield* left.keys.create({ name: "crm", scopes: ["read"] }, "ops"))
          const lastUse = Effect.map(left.keys.created, ([key]) => key?.lastUsedAt)
          const use = Effect.zipRight(left.keys.verify(secret), Effect.yieldNow())
          yield* use
          yield* Effect.repeat(lastUse, { until: (at) => at !== undefined })
          yield* advance(59_999)
          yield* use
          strictEqual(yield* lastUse, 1_700_000_000_000)
          yield* advance(1)
          yield* use
          strictEqual(yield* Effect.repeat(lastUse, { until: (at) => at !== 1_700_000_000_000 }), 1_700_000_060_000)
        }),
        clock
      )
    }))

  it.scoped("make sessions, which every process knows at once, and which end everywhere at once, with their key, and at their time", () =>
    Effect.gen(function*() {
      const { advance, clock, left, right } = yield* world
      const isKnown = ({ sessions }: typeof left, token: Redacted.Redacted<string>) => Effect.map(sessions.verify(token), Option.isSome)
      yield* Effect.withClock(
        Effect.gen(function*() {
          const { key, secret } = Option.getOrThrow(
            yield* left.keys.create({ name: "crm", scopes: ["read"], lines: [support] }, "ops")
          )
          const start = Effect.map(left.sessions.signIn(secret), Option.getOrThrow)
          const [one, two] = [yield* start, yield* start]
          for (const { sessions } of [left, right]) {
            const found = Option.getOrThrow(yield* sessions.verify(one.token))
            deepStrictEqual([found.name, found.scopes, found.lines, found.session?.until], [
              "crm",
              new Set(["read"]),
              new Set([support]),
              1_700_000_000_000 + 12 * 3_600_000
            ])
          }
          const rows = JSON.stringify(yield* left.sql`SELECT * FROM interline_sessions`)
          const digests = JSON.stringify(yield* left.sql`SELECT digest FROM interline_api_keys`)
          deepStrictEqual([rows.includes(Redacted.value(one.token)), digests.includes("\"digest\":\"")], [false, true])
          deepStrictEqual(
            (yield* left.sql`SELECT * FROM interline_sessions s JOIN interline_api_keys k ON s.key_proof = k.digest`).length,
            0
          )

          const { session } = Option.getOrThrow(yield* right.sessions.verify(one.token))
          strictEqual(yield* right.sessions.end(session?.digest ?? ""), true)
          deepStrictEqual([yield* isKnown(left, one.token), yield* isKnown(right, one.token), yield* isKnown(left, two.token)], [
            false,
            false,
            true
          ])
          yield* left.keys.revoke(key.id, "ops")
          strictEqual(yield* isKnown(left, two.token), false)
          yield* advance(5_000)
          strictEqual(yield* isKnown(right, two.token), false)

          const ops = Option.getOrThrow(yield* left.sessions.signIn(Redacted.make("0123456789abcdef-ops")))
          strictEqual(yield* isKnown(right, ops.token), true)
          yield* left.sql`UPDATE interline_sessions SET key_proof = ${"00"}`
          strictEqual(yield* isKnown(right, ops.token), false, "another secret of the same name")
          const last = Option.getOrThrow(yield* left.sessions.signIn(Redacted.make("0123456789abcdef-ops")))
          yield* advance(12 * 3_600_000 - 1)
          strictEqual(yield* isKnown(right, last.token), true)
          yield* advance(1)
          strictEqual(yield* isKnown(right, last.token), false)
        }),
        clock
      )
    }))
})
