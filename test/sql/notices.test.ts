/** What carriers say of our accounts, in SQL: all processes know it, and one of them announces it. */
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import type { AccountNotice } from "@interline/core/AccountNotice"
import * as Handle from "@interline/core/Handle"
import { NoticeStore } from "@interline/router/NoticeStore"
import * as SqlNoticeStore from "@interline/sql/SqlNoticeStore"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { asOf } from "../support/clock.ts"
import { connect, overBoth } from "./databases.ts"
import { linq, sendblue } from "./entries.ts"

const day = 86_400_000

// time is real here
const now = Date.now()

const off: AccountNotice = { carrierId: linq, what: "webhook-off", at: now, subject: "ws-1" }

overBoth("the store of notices in SQL", (it, fresh) => {
  const pair = Effect.gen(function*() {
    const url = yield* fresh
    const one = Effect.map(
      Layer.build(Layer.provide(SqlNoticeStore.layer, connect(url, { connections: 2 }))),
      (context) => Context.get(context, NoticeStore)
    )
    return [yield* one, yield* one] as const
  })

  it.scoped("lets one of two processes announce a notice, and the other one know it", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair
      const both = yield* Effect.all([left.put(off), right.put({ ...off, at: now + 1 })], { concurrency: "unbounded" })
      // a later one of the same kind is no news, whichever came first
      strictEqual(both.filter((isNew) => isNew).length, 1)
      deepStrictEqual((yield* right.all).map(({ subject, what }) => [what, subject]), [["webhook-off", "ws-1"]])
      strictEqual(yield* right.put({ ...off, what: "webhook-on", at: now - 1 }), false, "older than what is known")
      strictEqual(yield* right.put({ ...off, what: "webhook-on", at: now + 10 }), true)
      deepStrictEqual((yield* left.all).map(({ what }) => what), ["webhook-on"])
      strictEqual(yield* left.put({ ...off, what: "webhook-changed", at: now + 11 }), true)
      strictEqual(yield* left.put({ ...off, what: "webhook-changed", at: now + 12 }), true)
      strictEqual(yield* left.put({ ...off, what: "webhook-changed", at: now + 12 }), false)
    }))

  it.scoped("gives what was not announced to one process, a minute after it was kept, and not after it was said", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair
      const other: AccountNotice = { ...off, subject: "\"unsaidSince\":" }
      yield* asOf(now)(Effect.forEach([off, other], left.put))
      yield* left.said(other)
      const reported: AccountNotice = { ...off, subject: "ws-3" }
      deepStrictEqual(yield* asOf(now)(Effect.all([left.putSaid(reported), right.putSaid(reported)])), [true, false])
      const take = Effect.map(
        Effect.all([left.takeUnsaid, right.takeUnsaid], { concurrency: "unbounded" }),
        (all) => all.flat()
      )
      const later = (minutes: number) => asOf(now + minutes * 60_000)(take)
      deepStrictEqual([yield* later(0), yield* later(2), yield* later(2)], [[], [off], []])
      deepStrictEqual(yield* later(4), [off])
      yield* right.said(off)
      deepStrictEqual(yield* later(6), [])
      deepStrictEqual((yield* left.all).map(({ subject }) => subject).toSorted(), [other.subject, off.subject, reported.subject].toSorted())
    }))

  it.scoped("keeps every field, each webhook and number apart, for 30 days after it took effect", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair
      const ending: AccountNotice = {
        carrierId: sendblue,
        what: "line-ending",
        at: now - 40 * day,
        number: Handle.phone("+12025550201"),
        dueAt: now - 10 * day
      }
      const odd: AccountNotice = { ...off, at: now - 1, subject: `${"x".repeat(2_000)}\u0000` }
      const old: AccountNotice = { ...off, at: now - 31 * day, subject: "ws-9" }
      deepStrictEqual(yield* Effect.forEach([off, ending, odd, old, old], left.put), [true, true, true, true, true])
      deepStrictEqual(yield* right.all, [off, odd, ending])
    }))
})
