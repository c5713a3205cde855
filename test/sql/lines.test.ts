/** What is known of lines in SQL: an authority that takes over, and a router that starts again, go on with it. */
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { HealthStore } from "@interline/router/HealthStore"
import type * as LineSnapshot from "@interline/router/LineSnapshot"
import * as SqlHealthStore from "@interline/sql/SqlHealthStore"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { connect, type Fresh, overBoth } from "./databases.ts"
import { linq, sendblue, support } from "./entries.ts"

const place = { carrierId: linq, line: support }

const snapshot: LineSnapshot.Snapshot = {
  breaker: { _tag: "Open", since: -5_000, until: 25_000, openings: 2, flagged: true, failedUntil: -1 },
  pause: { at: -100, until: 60_000, probeAt: 59_900, probes: 0 },
  gone: true,
  faults: [{ reason: "Authentication", since: -7 }],
  contacts: [-3_600_000, -20.5, 5_000],
  counts: { hour: [[60_000, 2], [0, 1]], day: [[0, 3]] },
  countedSince: -86_400_000,
  askers: [{ process: "one", seq: 4, at: -20, contacts: 1 }],
  probeBy: "one"
}

const pair = (fresh: Fresh) =>
  Effect.gen(function*() {
    const url = yield* fresh
    const one = Effect.map(
      Layer.build(Layer.provide(SqlHealthStore.layer, connect(url, { connections: 2 }))),
      (context) => Context.get(context, HealthStore)
    )
    return [yield* one, yield* one] as const
  })

overBoth("the store of lines in SQL", (it, fresh) => {
  it.scoped("keeps everything that is known of a line, with its age on the database's clock", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      strictEqual(yield* left.load(place), undefined)
      deepStrictEqual(yield* left.all, [])
      strictEqual(yield* left.save(place, snapshot, 0), true)
      strictEqual(yield* left.save({ ...place, carrierId: sendblue }, { ...snapshot, gone: false }, 0), true)
      const stored = yield* right.load(place)
      deepStrictEqual(stored?.snapshot, snapshot)
      strictEqual(stored?.version, 1)
      // the test's own clock stands still at 0
      strictEqual((stored?.age ?? -1) >= 0 && (stored?.age ?? -1) < 60_000, true)
      deepStrictEqual(
        (yield* right.all).map(({ carrierId, line, snapshot, version }) => ({ carrierId, line, gone: snapshot.gone, version })),
        [
          { carrierId: linq, line: support, gone: true, version: 1 },
          { carrierId: sendblue, line: support, gone: false, version: 1 }
        ]
      )
    }))

  it.scoped("lets only the faster of two processes write a version", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      deepStrictEqual(
        (yield* Effect.all([left.save(place, snapshot, 0), right.save(place, snapshot, 0)], { concurrency: 2 })).filter((saved) => saved)
          .length,
        1
      )
      strictEqual(yield* left.save(place, { ...snapshot, gone: false }, 1), true)
      strictEqual(yield* right.save(place, snapshot, 1), false)
      strictEqual(yield* right.save(place, snapshot, 0), false)
      const stored = yield* right.load(place)
      deepStrictEqual([stored?.version, stored?.snapshot.gone], [2, false])
    }))
})
