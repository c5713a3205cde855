/** A delivery that another process took over while the first one had it: over both databases, with phones as judges. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as Draft from "@interline/core/Draft"
import * as Part from "@interline/core/Part"
import { Ledger, type LedgerService } from "@interline/router/Ledger"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as SqlLedger from "@interline/sql/SqlLedger"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { hasty, quiet, routerOver } from "../support/router.ts"
import { connect, overBoth } from "./databases.ts"

const hello = Draft.make([Part.text("hello")])

overBoth("a process whose delivery another one took over", (it, fresh) => {
  const begun = Effect.gen(function*() {
    const stores = yield* Layer.build(Layer.provideMerge(SqlLedger.layer(), connect(yield* fresh, { connections: 4 })))
    const sandbox = yield* Sandbox.make({ clock: "real" })
    return { ledger: Context.get(stores, Ledger), sql: Context.get(stores, SqlClient.SqlClient), sandbox }
  })

  it.scoped("writes nothing over it, and sends nothing", () =>
    quiet(Effect.gen(function*() {
      const { ledger: inner, sandbox, sql } = yield* begun
      const lose = (id: Parameters<LedgerService["adopt"]>[0]) =>
        Effect.zipRight(
          Effect.orDie(sql`UPDATE interline_deliveries SET lease_until = 0 WHERE id = ${id}`),
          inner.adopt(id, "another", 60_000, 0)
        )
      const ledger: LedgerService = {
        ...inner,
        save: (entry, lease) =>
          entry.state.phase._tag === "Sending" ? Effect.zipRight(lose(entry.id), inner.save(entry, lease)) : inner.save(entry, lease)
      }
      const world = yield* routerOver(sandbox, { ...hasty, prefer: ["linq", "sendblue"] }, { ledger })
      const ended = yield* world.send(hello, undefined, { key: "order-17" })
      assert.deepInclude(ended, { outcome: "Held", reason: "Conflict" }, "the caller is told that another process has it")
      assert.strictEqual(yield* world.copies("hello"), 0)
      const { owner, state, version } = Option.getOrThrow(yield* inner.read(ended.id))
      deepStrictEqual([owner, version, state.phase._tag], ["another", 1, "Idle"])
    })), 60_000)

  it.scoped(
    "tells the receipt that comes all the same: what is held is settled by it, and nobody gets it twice",
    () =>
      quiet(Effect.gen(function*() {
        const { ledger: inner, sandbox, sql } = yield* begun
        let isLost = false
        const second = yield* routerOver(sandbox, { ...hasty, prefer: ["linq", "sendblue"] }, {
          ledger: inner,
          options: { lookEvery: "50 millis" }
        })
        const ledger: LedgerService = {
          ...inner,
          // its answer is here; meanwhile the other process finds that the lease has ended
          save: (entry, lease) =>
            entry.state.phase._tag !== "Done" || isLost ? inner.save(entry, lease) : Effect.zipRight(
              Effect.zipRight(
                Effect.orDie(sql`UPDATE interline_deliveries SET lease_until = 0 WHERE id = ${entry.id}`),
                Effect.repeat(Effect.delay(second.router.held(), "20 millis"), { until: (held) => (isLost = held.length > 0) })
              ),
              inner.save(entry, lease)
            )
        }
        const first = yield* routerOver(sandbox, { ...hasty, prefer: ["linq", "sendblue"] }, { ledger })
        const ended = yield* first.send(hello, undefined, { key: "order-17" })
        assert.strictEqual(ended.outcome, "accepted")
        deepStrictEqual(yield* second.router.held(), [])
        assert.deepInclude(Option.getOrThrow(yield* second.router.explain(ended.id)).outcome, { _tag: "Accepted" })
        assert.strictEqual(yield* first.copies("hello"), 1)
      })),
    60_000
  )
})
