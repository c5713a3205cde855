/** The store of rollouts in SQL: one truth for all processes, over both databases. */
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import type { StatusFact } from "@interline/core/DeliveryStatus"
import * as MessageRef from "@interline/core/MessageRef"
import type { AttemptRecord } from "@interline/router/Decision"
import type { Entry } from "@interline/router/Ledger"
import { type Change, RolloutStore } from "@interline/router/RolloutStore"
import * as SqlRolloutStore from "@interline/sql/SqlRolloutStore"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { connect, type Fresh, overBoth } from "./databases.ts"
import * as Specimens from "./specimens.ts"
import { linq, open, sendblue, support } from "./stores.ts"

type Outcome = AttemptRecord["outcome"]

const change = (version: number, reason = "as planned"): Change => ({
  version,
  at: 1_700_000_000_000 + version,
  action: version === 1 ? "start" : "advance",
  actor: "ops",
  reason,
  state: { phase: "running", step: version, share: version / 10, existing: 0.05, reached: 0.05, since: 1_700_000_000_000 }
})

const pair = (fresh: Fresh) =>
  Effect.gen(function*() {
    const url = yield* fresh
    const one = Effect.map(
      Layer.build(Layer.provide(SqlRolloutStore.layer, connect(url, { connections: 2 }))),
      (context) => Context.get(context, RolloutStore)
    )
    return [yield* one, yield* one] as const
  })

/** A delivery that each of these carriers was asked for. */
const asked = (nth: number, at: number, ...trials: ReadonlyArray<readonly [carrier: typeof linq, outcome: Outcome]>): Entry => {
  const entry = Specimens.done(nth, `m${nth}`, at)
  return {
    ...entry,
    createdAt: at,
    state: {
      ...entry.state,
      attempts: trials.map(([carrierId, outcome], index) => ({
        carrierId,
        line: support,
        outcome,
        why: "as the test says",
        startedAt: at,
        millis: 5,
        generation: index + 1,
        moved: false
      }))
    }
  }
}

overBoth("what a store of rollouts knows of messages", (it, fresh) => {
  it.scoped("has each try since a time, what its carrier reported, and who opted out", () =>
    Effect.gen(function*() {
      const url = yield* fresh
      const { archive, ledger, sql } = yield* open(url)
      const [store] = yield* pair(Effect.succeed(url))
      const at = 1_700_000_000_000
      const write = (entry: Entry) =>
        Effect.zipRight(
          ledger.open({ ...Specimens.idle(Number(entry.id.slice(-12)), entry.createdAt), createdAt: entry.createdAt }, 60_000),
          ledger.save(entry)
        )
      const report = (nth: number, carrierId: typeof linq, status: StatusFact["status"], later: number, service?: StatusFact["service"]) =>
        archive.recordStatus(
          Specimens.id(nth),
          { ref: MessageRef.make(carrierId, `m${nth}`), status, ...(service === undefined ? {} : { service }) },
          undefined,
          at + later
        )
      yield* write(asked(1, at - 1, [linq, "accepted"]))
      yield* write(asked(2, at, [linq, "rejected"], [sendblue, "accepted"]))
      yield* write(asked(3, at + 1, [sendblue, "skipped"], [linq, "accepted"]))
      yield* write(asked(4, at + 2, [linq, "unknown"]))
      yield* write(asked(5, at + 3, [linq, "accepted"]))
      yield* report(2, sendblue, "sent", 40, "SMS")
      yield* report(3, linq, "delivered", 100)
      yield* report(3, linq, "read", 900)
      yield* report(5, linq, "failed", 50)
      yield* sql`INSERT INTO interline_suppression ${
        sql.insert([
          { handle: "+12025550123", since: at, said_at: at, source: "event", carrier_id: "linq" },
          { handle: "+12025550124", since: at - 1, said_at: at, source: "event", carrier_id: "linq" },
          { handle: "+12025550125", since: at + 9, said_at: at, source: "list", carrier_id: "linq" },
          { handle: "+12025550126", since: at + 9, said_at: at, source: "error", carrier_id: "sendblue" }
        ])
      }`
      const { optOuts, samples } = yield* store.observe(at)
      deepStrictEqual(samples, [
        { carrierId: linq, at: at + 3, outcome: "accepted", failed: true, reportedAt: at + 50 },
        { carrierId: linq, at: at + 2, outcome: "unknown", failed: false },
        { carrierId: linq, at: at + 1, outcome: "accepted", failed: false, arrivedAt: at + 100, reportedAt: at + 900 },
        { carrierId: linq, at, outcome: "rejected", failed: false },
        { carrierId: sendblue, at, outcome: "accepted", failed: false, arrivedAt: at + 40, reportedAt: at + 40 }
      ])
      deepStrictEqual(optOuts, new Map([[linq, 1], [sendblue, 1]]))
    }))

  it.scoped("is read in pages, without a gap and without a repetition", () =>
    Effect.gen(function*() {
      const url = yield* fresh
      const { ledger } = yield* open(url)
      const [store] = yield* pair(Effect.succeed(url))
      yield* Effect.forEach(
        Array.from({ length: 401 }, (_, nth) => asked(nth, 1_000 + Math.floor(nth / 3), [linq, "accepted"])),
        (entry, nth) =>
          Effect.zipRight(ledger.open({ ...Specimens.idle(nth, entry.createdAt), createdAt: entry.createdAt }, 60_000), ledger.save(entry)),
        { discard: true }
      )
      strictEqual((yield* store.observe(1_000)).samples.length, 401)
    }))
})

overBoth("the store of rollouts in SQL", (it, fresh) => {
  it.scoped("shows each process the newest change of a rollout, and every change with its author and reason", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      strictEqual(yield* left.latest("one"), undefined)
      deepStrictEqual(yield* left.history("one", 10), [])
      strictEqual(yield* left.append("one", change(1)), true)
      strictEqual(yield* right.append("one", change(2, "it went \"well\"; 100 %")), true)
      strictEqual(yield* right.append("another", change(1)), true)
      deepStrictEqual(yield* left.latest("one"), change(2, "it went \"well\"; 100 %"))
      deepStrictEqual(yield* right.history("one", 10), [change(2, "it went \"well\"; 100 %"), change(1)])
      deepStrictEqual(yield* right.history("one", 1), [change(2, "it went \"well\"; 100 %")])
    }))

  it.scoped("keeps the carriers of many conversations that an operator assigned, for each process, until it lets them go", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      const conversations = Array.from({ length: 1_001 }, (_, nth) => `support:${nth}`)
      const assign = (carrierId: typeof linq | undefined, some = conversations) =>
        left.assign("one", { at: 7, actor: "ops", reason: "they asked for it", carrierId, conversations: some })
      strictEqual(yield* right.assigned("one", "support:0"), undefined)
      yield* assign(linq, [...conversations, "support:0"])
      strictEqual(yield* right.assigned("one", "support:0"), linq)
      strictEqual(yield* right.assigned("one", "support:1000"), linq)
      strictEqual(yield* right.assigned("another", "support:1000"), undefined)
      yield* assign(sendblue, ["support:0"])
      strictEqual(yield* right.assigned("one", "support:0"), sendblue)
      yield* assign(undefined)
      strictEqual(yield* right.assigned("one", "support:0"), undefined)
      strictEqual(yield* right.assigned("one", "support:1000"), undefined)
    }))

  it.scoped("lets only the faster of two processes make a change", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      const written = yield* Effect.all([left.append("one", change(1, "left")), right.append("one", change(1, "right"))], {
        concurrency: 2
      })
      strictEqual(written.filter((isWritten) => isWritten).length, 1)
      strictEqual((yield* left.latest("one"))?.reason, written[0] ? "left" : "right")
      strictEqual(yield* left.append("one", change(1, "again")), false)
    }))
})
