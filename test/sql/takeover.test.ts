/** A delivery that another process took over while the first one had it: over both databases, with phones as judges. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as Draft from "@interline/core/Draft"
import * as Part from "@interline/core/Part"
import { type Entry, Ledger, type LedgerService } from "@interline/router/Ledger"
import * as Shard from "@interline/router/Shard"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as SqlLedger from "@interline/sql/SqlLedger"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { hasty, quiet, routerOver, type RouterWorld } from "../support/router.ts"
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
      const { ledger: inner, sandbox } = yield* begun
      const lose = (entry: Entry) =>
        Effect.gen(function*() {
          const shard = Shard.of(entry.conversation)
          const epochs = yield* inner.acquire([shard])
          assert.isTrue(Option.isSome(yield* inner.adopt(entry, epochs.get(shard) ?? 0, 0)))
        })
      const ledger: LedgerService = {
        ...inner,
        save: (entry) => entry.state.phase._tag === "Sending" ? Effect.zipRight(lose(entry), inner.save(entry)) : inner.save(entry)
      }
      const world = yield* routerOver(sandbox, { ...hasty, prefer: ["linq", "sendblue"] }, { ledger })
      const ended = yield* world.send(hello, undefined, { key: "order-17" })
      assert.deepInclude(ended, { outcome: "Held", reason: "Timeout" }, "the caller is told that it has not ended yet")
      assert.strictEqual(yield* world.copies("hello"), 0)
      const { epoch, state, version } = Option.getOrThrow(yield* inner.read(ended.id))
      deepStrictEqual([epoch, version, state.phase._tag], [2, 1, "Idle"])
    })), 60_000)

  it.scoped("refuses its next sends: nothing was sent, and nothing is written", () =>
    quiet(Effect.gen(function*() {
      const { ledger, sandbox, sql } = yield* begun
      const policy = { ...hasty, prefer: ["linq", "sendblue"] } as const
      const first = yield* routerOver(sandbox, policy, { ledger })
      const sent = yield* first.send(hello, undefined, { key: "order-17" })
      const second = yield* routerOver(sandbox, policy, { ledger })

      const goodbye = Draft.make([Part.text("goodbye")])
      for (const options of [{}, { key: "order-18" }]) {
        assert.deepInclude(yield* first.send(goodbye, undefined, options), { outcome: "NotSent", reason: "Conflict" })
      }
      deepStrictEqual([yield* first.copies("goodbye"), yield* first.posts("linq")], [0, 1])
      deepStrictEqual(
        (yield* sql<{ readonly id: string }>`SELECT id FROM interline_deliveries`).map(({ id }) => id),
        [sent.id],
        "the refused ones are not on record"
      )
      assert.deepInclude(
        yield* first.send(hello, undefined, { key: "order-17" }),
        { outcome: "accepted", id: sent.id },
        "what has ended is known to everybody"
      )
      assert.deepInclude(yield* second.send(goodbye, undefined, { key: "order-18" }), { outcome: "accepted" }, "the key is free")
      assert.strictEqual(yield* second.copies("goodbye"), 1)
    })), 60_000)

  it.scoped(
    "tells the receipt that comes all the same: what the other one holds is settled by it, and nobody gets it twice",
    () =>
      quiet(Effect.gen(function*() {
        const { ledger: inner, sandbox, sql } = yield* begun
        const scope = yield* Effect.scope
        let second: RouterWorld | undefined
        const ledger: LedgerService = {
          ...inner,
          // its answer is here; meanwhile another process takes the database over, and finds that the time of the delivery is over
          save: (entry) =>
            entry.state.phase._tag !== "Done" || second !== undefined ? inner.save(entry) : Effect.zipRight(
              Effect.orDie(Effect.gen(function*() {
                yield* sql`UPDATE interline_deliveries SET begin_by = 0 WHERE id = ${entry.id}`
                const { router } = second = yield* Scope.extend(
                  routerOver(sandbox, { ...hasty, prefer: ["linq", "sendblue"] }, { ledger: inner }),
                  scope
                )
                yield* Effect.repeat(Effect.delay(router.held(), "20 millis"), { until: (held) => held.length > 0 })
              })),
              inner.save(entry)
            )
        }
        const first = yield* routerOver(sandbox, { ...hasty, prefer: ["linq", "sendblue"] }, { ledger })
        const ended = yield* first.send(hello, undefined, { key: "order-17" })
        assert.strictEqual(ended.outcome, "accepted")
        const { router } = Option.getOrThrow(Option.fromNullable<RouterWorld | undefined>(second))
        deepStrictEqual(yield* router.held(), [])
        assert.deepInclude(Option.getOrThrow(yield* router.explain(ended.id)).outcome, { _tag: "Accepted" })
        assert.strictEqual(yield* first.copies("hello"), 1)
      })),
    60_000
  )
})
