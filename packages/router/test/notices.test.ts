/** What carriers say of our accounts: it is kept and logged once, and checks of the lines find what no event can tell. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as AccountNotice from "@interline/core/AccountNotice"
import type { LineHealth } from "@interline/core/Health"
import type { MessagingError } from "@interline/core/MessagingError"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import type { Webhook } from "@interline/core/Webhook"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/TestClock"
import type { RouterEvent } from "../src/decision/RouterEvent.ts"
import type { Options } from "../src/Router.ts"
import * as NoticeStore from "../src/service/NoticeStore.ts"
import { failure, linq, numbers, sendblue, support, world } from "./scripted.ts"

type What = AccountNotice.What

const day = 86_400_000

const notice = (what: What, at: number, more: Partial<AccountNotice.AccountNotice> = {}): AccountNotice.AccountNotice => ({
  carrierId: linq,
  what,
  at,
  subject: "ws-1",
  ...more
})

/** The warnings and notes that were logged, with what stands beside them. */
const logged = <A, E, R>(effect: Effect.Effect<A, E, R>) => {
  const lines: Array<string> = []
  return Effect.as(
    Effect.provide(
      effect,
      Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ annotations, logLevel, message }) =>
          void lines.push(`${logLevel.label} ${String(message)} ${JSON.stringify(Array.from(annotations))}`)
        )
      )
    ),
    lines
  )
}

const webhook = (id: string, active: boolean, url = "https://gw.example/webhooks/linq"): Webhook => ({
  carrierId: linq,
  id,
  url,
  events: ["message.received"],
  lines: [],
  active
})

const lineOf = (more: Partial<LineHealth> = {}): LineHealth => ({
  carrierId: linq,
  number: numbers.linq,
  name: support,
  status: "healthy",
  available: true,
  metadata: {},
  ...more
})

/** A webhook that says that a number has left the account. */
const gone = (id: string): MessagingEvent => ({
  _tag: "Account",
  carrierId: linq,
  id,
  at: "1970-01-01T00:00:01Z",
  kind: "phone_number.released",
  what: "line-gone",
  ...AccountNotice.meaningOf("line-gone"),
  number: numbers.linq
})

interface Lists {
  lines: Effect.Effect<ReadonlyArray<LineHealth>, MessagingError>
  webhooks: Effect.Effect<ReadonlyArray<Webhook>, MessagingError>
}

const listing = (lists: Lists, options: Options = {}) =>
  world({
    options: { ...options, isOwnWebhook: (carrierId, url) => carrierId === linq && url.startsWith("https://gw.example/") },
    carriers: (first, second) => [
      { ...first, listLines: () => Effect.suspend(() => lists.lines), listWebhooks: () => Effect.suspend(() => lists.webhooks) },
      { ...second, listLines: () => Effect.succeed([]), listWebhooks: () => Effect.succeed([]) }
    ]
  })

describe("the store of notices", () => {
  it.effect("keeps the last notice of each webhook, number and token, and says what is news", () =>
    Effect.gen(function*() {
      const { all, put } = yield* NoticeStore.makeMemory
      yield* TestClock.setTime(10 * day)
      const news = yield* Effect.forEach([
        notice("webhook-off", 1),
        notice("webhook-off", 2),
        notice("webhook-on", 0),
        notice("webhook-on", 3),
        notice("webhook-changed", 4),
        notice("webhook-changed", 5),
        notice("webhook-changed", 5),
        notice("webhook-off", 4, { subject: "ws-2" }),
        notice("webhook-off", 4, { carrierId: sendblue }),
        notice("token-ended", 4)
      ], put)
      deepStrictEqual(news, [true, false, false, true, true, true, false, true, true, true])
      deepStrictEqual((yield* all).map(({ at, what }) => [what, at]), [
        ["webhook-changed", 5],
        ["webhook-off", 4],
        ["webhook-off", 4],
        ["token-ended", 4]
      ])
    }))

  it.effect("forgets a notice 30 days after it took effect", () =>
    Effect.gen(function*() {
      const { all, put } = yield* NoticeStore.makeMemory
      yield* put(notice("webhook-off", 0))
      yield* put(notice("token-ending", 0, { dueAt: 20 * day }))
      yield* TestClock.setTime(31 * day)
      deepStrictEqual((yield* all).map(({ what }) => what), ["token-ending"])
      yield* TestClock.setTime(50 * day)
      deepStrictEqual(yield* all, [])
      strictEqual(yield* put(notice("webhook-off", 0)), true)
    }))
})

describe("a notice that was kept and not announced", () => {
  it.effect("is given out a minute later, once a minute until it is said, and not if a newer one has taken its place", () =>
    Effect.gen(function*() {
      const { put, said, takeUnsaid } = yield* NoticeStore.makeMemory
      const take = Effect.map(takeUnsaid, (all) => all.map(({ subject, what }) => [what, subject]))
      yield* TestClock.setTime(10 * day)
      yield* Effect.forEach([notice("webhook-off", 1), notice("webhook-off", 1, { subject: "ws-2" }), notice("token-ended", 1)], put)
      yield* said(notice("token-ended", 1))
      deepStrictEqual(yield* take, [])
      yield* TestClock.adjust("1 minute")
      yield* put(notice("webhook-on", 2))
      deepStrictEqual([yield* take, yield* take], [[["webhook-off", "ws-2"]], []])
      yield* said(notice("webhook-off", 1))
      yield* TestClock.adjust("1 minute")
      deepStrictEqual(yield* take, [["webhook-on", "ws-1"], ["webhook-off", "ws-2"]], "what is said of the older one is not said of it")
      yield* Effect.forEach([notice("webhook-on", 2), notice("webhook-off", 1, { subject: "ws-2" })], said)
      yield* TestClock.adjust("1 minute")
      deepStrictEqual(yield* take, [])
    }))

  it.scoped("is announced after a minute, once, and without a check of the lines", () =>
    Effect.gen(function*() {
      const store = yield* NoticeStore.makeMemory
      const lists: Lists = { lines: Effect.succeed([]), webhooks: Effect.succeed([]) }
      const { told } = yield* Effect.provideService(listing(lists), NoticeStore.NoticeStore, store)
      const heard = () => told.flatMap((event) => event._tag === "Noticed" ? [[event.what, event.line]] : [])
      // as a process that ends between the two
      yield* store.put({ carrierId: linq, what: "line-ending", at: 1, number: numbers.linq, dueAt: day })
      yield* TestClock.adjust(59_000)
      deepStrictEqual(heard(), [])
      yield* TestClock.adjust("5 minutes")
      yield* Effect.repeatN(Effect.yieldNow(), 20)
      deepStrictEqual(heard(), [["line-ending", support]])
    }))
})

describe("a notice that a reader confirms", () => {
  it.scoped("is published under one key until it is confirmed, and not after that, also in another process", () =>
    Effect.gen(function*() {
      const store = yield* NoticeStore.makeMemory
      const lists: Lists = { lines: Effect.succeed([lineOf({ ending: true })]), webhooks: Effect.succeed([]) }
      const process = Effect.provideService(listing(lists, { confirmsEvents: true }), NoticeStore.NoticeStore, store)
      const first = yield* process
      const published = ({ told }: { readonly told: ReadonlyArray<RouterEvent> }) => told.filter(({ _tag }) => _tag === "Noticed")
      const settle = Effect.repeatN(Effect.yieldNow(), 20)
      yield* TestClock.setTime(1_000)
      yield* first.router.checkLines
      yield* settle
      strictEqual(published(first).length, 1)
      yield* first.close
      const second = yield* process
      yield* TestClock.adjust("1 minute")
      yield* settle
      const [event, other] = [...published(first), ...published(second)]
      if (event === undefined || other === undefined) throw new Error("it was not published again")
      const [before, after] = [first.router.confirmationOf?.(event), second.router.confirmationOf?.(other)]
      deepStrictEqual([before?.key, after?.key], [`notice/linq line ${numbers.linq}/line-ending/1000`, before?.key])
      yield* after?.confirm ?? Effect.void
      yield* TestClock.adjust("5 minutes")
      yield* settle
      strictEqual(published(second).length, 1)
    }))
})

describe("what a carrier says of an account", () => {
  it.scoped("is not announced again by the router if the process ends before it is logged, because its event announces it", () =>
    Effect.gen(function*() {
      const store = yield* NoticeStore.makeMemory
      // as a process that ends after the first write
      const ending = {
        ...store,
        said: () => Effect.never,
        putSaid: (notice: AccountNotice.AccountNotice) => Effect.zipRight(store.putSaid(notice), Effect.never)
      }
      const { router } = yield* Effect.provideService(world(), NoticeStore.NoticeStore, ending)
      const lists: Lists = { lines: Effect.succeed([]), webhooks: Effect.succeed([]) }
      const later = yield* Effect.provideService(listing(lists), NoticeStore.NoticeStore, store)
      yield* Effect.forkDaemon(router.observe(gone("a")))
      yield* Effect.repeatN(Effect.yieldNow(), 20)
      deepStrictEqual((yield* later.router.notices).map(({ what }) => what), ["line-gone"])
      yield* TestClock.adjust("5 minutes")
      yield* Effect.repeatN(Effect.yieldNow(), 20)
      deepStrictEqual(later.told.filter(({ _tag }) => _tag === "Noticed"), [])
    }))

  it.scoped("is logged once with its way out, whatever webhook tells it", () =>
    Effect.gen(function*() {
      const { router } = yield* world()
      const lines = yield* logged(Effect.forEach([gone("a"), gone("b")], router.observe))
      deepStrictEqual(lines, [
        "WARN a number has left the account; a configured line with it is not used any more; take the number out of the configured lines, or ask " +
        "the carrier to assign it again [[\"line\",\"support\"],[\"kind\",\"phone_number.released\"],[\"carrier\",\"linq\"]]"
      ])
      deepStrictEqual(yield* router.notices, [{ carrierId: linq, what: "line-gone", at: 1_000, number: numbers.linq }])
    }))
})

describe("a check of the lines", () => {
  it.scoped("finds a webhook that is not called, once, and that it is called again", () =>
    Effect.gen(function*() {
      const lists: Lists = { lines: Effect.succeed([lineOf()]), webhooks: Effect.succeed([webhook("ws-1", true)]) }
      const { router, told } = yield* listing(lists)
      yield* TestClock.setTime(1_000)
      yield* router.checkLines
      deepStrictEqual(yield* router.notices, [])
      lists.webhooks = Effect.succeed([webhook("ws-1", false), webhook("ws-2", false, "https://other.example/webhooks/linq")])
      yield* TestClock.setTime(2_000)
      const lines = yield* logged(Effect.zipRight(router.checkLines, router.checkLines))
      strictEqual(lines.filter((line) => line.startsWith("WARN a webhook is not called any more")).length, 1)
      deepStrictEqual(yield* router.notices, [{ carrierId: linq, what: "webhook-off", at: 2_000, subject: "ws-1" }])
      strictEqual(router.webhooksRightAt?.(linq), 1_000)
      lists.webhooks = Effect.succeed([webhook("ws-1", true)])
      yield* TestClock.setTime(3_000)
      yield* router.checkLines
      deepStrictEqual((yield* router.notices).map(({ what }) => what), ["webhook-on"])
      yield* Effect.repeatN(Effect.yieldNow(), 20)
      deepStrictEqual(told.flatMap((event) => event._tag === "Noticed" ? [event.what] : []), ["webhook-off", "webhook-on"])
    }))

  it.scoped("finds a webhook that was removed since the check before", () =>
    Effect.gen(function*() {
      const lists: Lists = { lines: Effect.succeed([lineOf()]), webhooks: Effect.succeed([webhook("ws-1", true)]) }
      const { router } = yield* listing(lists)
      yield* router.checkLines
      lists.webhooks = Effect.fail(failure("Permission", { operation: "listWebhooks" }))
      yield* router.checkLines
      deepStrictEqual(yield* router.notices, [], "a list that cannot be read says nothing, and the lines are checked all the same")
      lists.webhooks = Effect.succeed([])
      yield* logged(router.checkLines)
      deepStrictEqual((yield* router.notices).map(({ subject, what }) => [what, subject]), [["webhook-off", "ws-1"]])
      // another one took its place; the notice about the one that was removed stays
      lists.webhooks = Effect.succeed([webhook("ws-3", true)])
      yield* TestClock.setTime(5_000)
      yield* router.checkLines
      deepStrictEqual([(yield* router.notices).map(({ what }) => what), router.webhooksRightAt?.(linq)], [["webhook-off"], 5_000])
    }))

  it.scoped("finds a number that the carrier will take away, a new date for it, and that it stays after all", () =>
    Effect.gen(function*() {
      const ending = (endsAt?: string) => Effect.succeed([lineOf({ ending: true, ...(endsAt === undefined ? {} : { endsAt }) })])
      const lists: Lists = { lines: ending("1970-01-03T00:00:00Z"), webhooks: Effect.succeed([]) }
      const { router } = yield* listing(lists)
      const check = (at: number) =>
        Effect.gen(function*() {
          yield* TestClock.setTime(at)
          const lines = yield* logged(router.checkLines)
          const [last] = yield* router.notices
          return [lines.length, last?.what, last?.dueAt]
        })
      deepStrictEqual(yield* check(1), [1, "line-ending", 2 * day])
      deepStrictEqual(yield* check(2), [0, "line-ending", 2 * day])
      lists.lines = ending("1970-01-04T00:00:00Z")
      deepStrictEqual(yield* check(3), [1, "line-ending", 3 * day])
      lists.lines = ending("soon")
      deepStrictEqual(yield* check(4), [1, "line-ending", undefined])
      lists.lines = Effect.succeed([lineOf()])
      deepStrictEqual(yield* check(5), [1, "line-assigned", undefined])
      deepStrictEqual(yield* check(6), [0, "line-assigned", undefined])
    }))
})
