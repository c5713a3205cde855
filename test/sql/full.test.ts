/** A disk that is full: SQLite refuses to grow the file, in the middle of whatever is being written. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Draft from "@interline/core/Draft"
import { Ledger } from "@interline/router/Ledger"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as Database from "@interline/sql/Database"
import * as SqlLedger from "@interline/sql/SqlLedger"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { hasty, orders, other, quiet, routerOver } from "../support/router.ts"
import { file } from "./databases.ts"

const pages = (sql: SqlClient.SqlClient, pragma: string) =>
  Effect.map(sql.unsafe<Record<string, number>>(pragma), ([row]) => Object.values(row ?? {})[0] ?? 0)

describe("a database that cannot grow", () => {
  it.scopedLive.each(orders)(
    "refuses what it could not write down before it went out to %s, and nobody gets anything twice",
    (vendor) =>
      quiet(Effect.gen(function*() {
        const context = yield* Effect.flatMap(file, (url) => Layer.build(Layer.provideMerge(SqlLedger.layer(), Database.layer(url))))
        const sql = Context.get(context, SqlClient.SqlClient)
        const sandbox = yield* Sandbox.make()
        const { copies, send } = yield* routerOver(sandbox, { ...hasty, prefer: [vendor, other[vendor]] }, {
          ledger: Context.get(context, Ledger)
        })

        const told = new Map<string, string>()
        const sent = (text: string) => Effect.map(send(Draft.text(text)), ({ outcome }) => void told.set(text, outcome))
        yield* pages(sql, `PRAGMA max_page_count = ${(yield* pages(sql, "PRAGMA page_count")) + 12}`)
        const texts = Array.from({ length: 60 }, (_, number) => `${number} ${"x".repeat(1_000)}`)
        yield* Effect.forEach(texts, sent, { concurrency: 4 })
        const outcomes = Array.from(told.values())
        assert.include(outcomes, "accepted")
        assert.include(outcomes, "NotSent")

        yield* pages(sql, "PRAGMA max_page_count = 1000000")
        yield* sent("there is room again")
        assert.strictEqual(told.get("there is room again"), "accepted")
        for (const [text, outcome] of told) {
          const count = yield* copies(text)
          if (outcome === "accepted") assert.strictEqual(count, 1, text)
          else if (outcome === "NotSent") assert.strictEqual(count, 0, text)
          else assert.isAtMost(count, 1, text)
        }
      })),
    60_000
  )
})
