/** The shadow's counts in the database: several processes and every restart have one truth, and it holds no person. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import type { Planner } from "@interline/core/Carrier"
import { ChatBook } from "@interline/core/ChatBook"
import * as Conversation from "@interline/core/Conversation"
import * as DeliveryId from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import type { Handle } from "@interline/core/Handle"
import * as Shadow from "@interline/gateway/Shadow"
import * as LinqVendor from "@interline/linq/LinqVendor"
import type { Answered } from "@interline/router/Router"
import * as SqlChatBook from "@interline/sql/SqlChatBook"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as TestContext from "effect/TestContext"
import { quiet } from "../support/router.ts"
import { connect, overBoth } from "./databases.ts"
import { ada, bob, linq, numbers, sendblue, support } from "./stores.ts"

const linqPlanner: Effect.Effect<Option.Option<Planner>, never, ChatBook> = Effect.asSome(
  LinqVendor.vendor.planner({ carrierId: linq, lines: new Map([[support, numbers.support]]) })
)

/** A process with a shadow, on a database. */
const open = (url: string) =>
  Effect.map(
    Layer.build(Layer.provideMerge(Layer.mergeAll(Shadow.layer(linqPlanner), SqlChatBook.layer), connect(url))),
    (context) => ({
      ...Context.get(context, Shadow.Shadow),
      chats: Context.get(context, ChatBook),
      sql: Context.get(context, SqlClient.SqlClient)
    })
  )

/** A send that Sendblue took in one request. */
const answered = (handle: Handle, draft: Draft.Draft): Effect.Effect<Answered> =>
  Effect.map(DeliveryId.mint, (deliveryId) => {
    const conversation = Conversation.direct(support, handle)
    const ref = { carrierId: sendblue, id: "1" }
    return {
      deliveryId,
      prepared: { conversation, draft, fidelity: "adapt" },
      exit: Exit.succeed({
        id: deliveryId,
        conversation,
        carrierId: sendblue,
        receipts: [{ ref, parts: [0], status: "pending" }],
        status: "pending",
        losses: [],
        attempts: [{ carrierId: sendblue, line: support, outcome: "accepted", why: "the carrier took it", startedAt: 0, millis: 1 }]
      })
    }
  })

const sendAll = (shadow: Shadow.ShadowService, handle: Handle, drafts: ReadonlyArray<Draft.Draft>) =>
  Effect.forEach(drafts, (draft) => Effect.map(answered(handle, draft), shadow.take), { discard: true })

const countsOf = (shadow: Shadow.ShadowService) =>
  Effect.map(shadow.comparisons, (comparisons) =>
    comparisons.map(({ against, differences, different, refused, same, sends, skipped }) => ({
      against,
      counts: [sends, same, different, refused, skipped],
      differences: differences.map(({ count, difference, examples }) => [difference.kind, count, examples.length])
    })))

const hello = Draft.text("Hello")
const withUrl = Draft.text("https://shop.example")

overBoth("the counts of a shadow", (it, fresh) => {
  it.scoped("are the sum of all processes, and the same for each of them", () =>
    Effect.gen(function*() {
      const url = yield* fresh
      const [one, other] = yield* Effect.all([open(url), open(url)])
      yield* sendAll(one, ada, [hello, withUrl])
      yield* Effect.asVoid(one.comparisons)
      // the other process knows from the database that the chat would be open
      yield* sendAll(other, ada, [withUrl, hello])
      yield* sendAll(other, bob, [withUrl, withUrl])
      yield* Effect.asVoid(other.comparisons)
      const expected = [{ against: sendblue, counts: [6, 4, 0, 2, 0], differences: [["refused", 2, 1]] }]
      deepStrictEqual(yield* countsOf(one), expected)
      deepStrictEqual(yield* countsOf(other), expected)
    }))

  it.scoped("outlive a process, which writes what it has when it ends, and hold no number and no text", () =>
    Effect.gen(function*() {
      const url = yield* fresh
      const scope = yield* Scope.make()
      const before = yield* Scope.extend(open(url), scope)
      yield* sendAll(before, ada, [hello, Draft.text("a text to hide", { effect: "confetti" })])
      yield* sendAll(before, bob, [Draft.text("a text to hide", { effect: "confetti" })])
      yield* Scope.close(scope, Exit.void)
      const after = yield* open(url)
      yield* sendAll(after, bob, [withUrl])
      deepStrictEqual(yield* countsOf(after), [
        { against: sendblue, counts: [4, 2, 2, 0, 0], differences: [["loss", 1, 1], ["loss", 1, 1]] }
      ])
      const rows = yield* after.sql`SELECT * FROM interline_shadow`
      const chats = yield* after.sql`SELECT * FROM interline_shadow_chats`
      strictEqual(chats.length, 2)
      const text = JSON.stringify([rows, chats])
      for (const secret of ["2025550", "hide", "shop"]) assertTrue(!text.includes(secret), secret)
    }))

  it.scoped("know the chats that the carrier has already", () =>
    Effect.gen(function*() {
      const shadow = yield* open(yield* fresh)
      yield* shadow.chats.bind(Conversation.direct(support, ada), { carrierId: linq, id: "a-chat" })
      yield* sendAll(shadow, ada, [withUrl])
      deepStrictEqual(yield* countsOf(shadow), [{ against: sendblue, counts: [1, 1, 0, 0, 0], differences: [] }])
    }))

  it.scoped("keep three examples of a difference, of different shapes", () =>
    Effect.gen(function*() {
      const url = yield* fresh
      const drafts = [1, 2, 3, 4, 5].flatMap((times) => {
        const draft = Draft.text(`https://shop.example/${"x".repeat(times * 100)}`)
        return [draft, draft]
      })
      const [one, other] = yield* Effect.all([open(url), open(url)])
      yield* sendAll(one, ada, drafts)
      deepStrictEqual(yield* countsOf(one), [{ against: sendblue, counts: [10, 0, 0, 10, 0], differences: [["refused", 10, 3]] }])
      yield* sendAll(other, ada, drafts)
      deepStrictEqual(yield* countsOf(other), [{ against: sendblue, counts: [20, 0, 0, 20, 0], differences: [["refused", 20, 3]] }])
      const rows = yield* one.sql<{ readonly examples: string }>`SELECT examples FROM interline_shadow WHERE kind = 'refused'`
      assertTrue(rows.every(({ examples }) => examples.split("\n").length <= 5))
    }))

  it.scoped("say how many sends were not compared because too many came at once", () =>
    Effect.gen(function*() {
      const shadow = yield* open(yield* fresh)
      yield* sendAll(shadow, ada, Array.from({ length: 2_010 }, () => hello))
      deepStrictEqual(yield* countsOf(shadow), [{ against: sendblue, counts: [2_000, 2_000, 0, 0, 10], differences: [] }])
    }))

  it.scoped("are complete again after the database refused them for a while, but for what could not be compared", () =>
    Effect.gen(function*() {
      const shadow = yield* open(yield* fresh)
      yield* sendAll(shadow, ada, [hello])
      yield* shadow.sql`ALTER TABLE interline_shadow RENAME TO interline_away`
      yield* Effect.exit(shadow.comparisons)
      yield* shadow.sql`ALTER TABLE interline_away RENAME TO interline_shadow`
      deepStrictEqual(yield* countsOf(shadow), [{ against: sendblue, counts: [1, 1, 0, 0, 0], differences: [] }])
      yield* sendAll(shadow, bob, [hello])
      yield* shadow.sql`ALTER TABLE interline_shadow_chats RENAME TO interline_away`
      yield* Effect.exit(shadow.comparisons)
      yield* shadow.sql`ALTER TABLE interline_away RENAME TO interline_shadow_chats`
      deepStrictEqual(yield* countsOf(shadow), [{ against: sendblue, counts: [1, 1, 0, 0, 1], differences: [] }])
    }).pipe(quiet))

  it.scoped("and the digests of conversations are removed after 90 days", () =>
    Effect.provide(
      Effect.gen(function*() {
        yield* TestClock.setTime(Duration.toMillis("1 day"))
        const url = yield* fresh
        const scope = yield* Scope.make()
        yield* Effect.flatMap(Scope.extend(open(url), scope), (before) => sendAll(before, ada, [hello]))
        yield* Scope.close(scope, Exit.void)
        yield* TestClock.setTime(Duration.toMillis("92 days"))
        const shadow = yield* open(url)
        yield* sendAll(shadow, bob, [hello, withUrl])
        const whole = [{ against: sendblue, counts: [2, 2, 0, 0, 0], differences: [] }]
        const rows = Effect.map(shadow.sql`SELECT at FROM interline_shadow_chats`, ({ length }) => length)
        // the work in the background waits for a real database
        const found = yield* Effect.repeat(
          Effect.zipRight(Effect.zipRight(TestClock.adjust("1 minute"), Effect.yieldNow()), Effect.all([countsOf(shadow), rows])),
          { until: (found) => JSON.stringify(found) === JSON.stringify([whole, 1]), times: 200 }
        )
        deepStrictEqual(found, [whole, 1])
      }),
      TestContext.TestContext
    ))
})
