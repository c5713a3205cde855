import { expect, it } from "@effect/vitest"
import { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import type { Delivery } from "@interline/core/Delivery"
import * as DeliveryId from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as Loss from "@interline/core/Loss"
import { Messaging } from "@interline/core/Messaging"
import type { SendOptions } from "@interline/core/MessagingService"
import * as Linq from "@interline/linq/Linq"
import { Router, type RouterService } from "@interline/router/Router"
import { RequestLog } from "@interline/sql/RequestLog"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import * as Front from "../src/fronts/kit/Front.ts"
import type * as FrontService from "../src/fronts/kit/FrontService.ts"
import * as Drain from "../src/http/Drain.ts"
import { requestLog } from "./memory.ts"

const support = Line.name("support")
const sales = Line.name("sales")
const ada = Handle.make("+12025550123")
const toAda = Conversation.direct(support, ada)

const incoming = (more: Partial<FrontService.FrontRequest> = {}): FrontService.FrontRequest => ({
  caller: "app",
  method: "POST",
  path: "/api/send-message",
  body: "{\"content\":\"ok\"}",
  retry: 0,
  key: Option.none(),
  draining: { status: 503, headers: { "content-type": "application/json" }, body: "about to stop" },
  conflict: { status: 409, headers: {}, body: "another request" },
  ...more
})

const done = (body: string, status = 200): FrontService.Answer => ({ reply: { status, headers: {}, body }, effect: "done" })
const nothingHappened: FrontService.Answer = { reply: { status: 503, headers: {}, body: "later" }, effect: "none" }
const unknown = { status: 500, headers: {}, body: "nobody knows" }

const { capabilities } = Linq

const carriers = [
  { id: CarrierId.make("linq"), vendor: "linq", capabilities, lines: new Map([[support, Handle.phone("+12025550101")]]) },
  {
    id: CarrierId.make("sendblue"),
    vendor: "sendblue",
    capabilities,
    lines: new Map([[support, Handle.phone("+12025550201")], [sales, Handle.phone("+12025550202")]])
  }
]

const delivery = (losses: Delivery["losses"] = []): Effect.Effect<Delivery> =>
  Effect.map(DeliveryId.mint, (id) => ({
    id,
    conversation: toAda,
    carrierId: CarrierId.make("linq"),
    receipts: [{ ref: { carrierId: CarrierId.make("linq"), id: "m1" }, parts: [0], status: "pending" }],
    status: "pending",
    losses,
    attempts: [{
      carrierId: CarrierId.make("linq"),
      line: support,
      outcome: "accepted",
      why: "the carrier took it",
      startedAt: 0,
      millis: 1
    }]
  }))

interface Sending {
  readonly draft: Draft.Draft
  readonly options: SendOptions | undefined
}

const front = (
  options: FrontService.Options = {},
  log = requestLog(),
  losses: Delivery["losses"] = [],
  ended: RouterService["ended"] = () => Effect.succeedNone
) =>
  Effect.flatMap(Drain.make, (drain) => {
    const sends: Array<Sending> = []
    const messaging = Layer.mock(Messaging, {
      carriers,
      send: (_to, draft, options) =>
        Effect.suspend(() => {
          sends.push({ draft, options })
          return delivery(losses)
        })
    })
    return Effect.map(
      Layer.build(
        Layer.provide(Front.layer(options), [
          messaging,
          Layer.mock(Router, { ended }),
          Layer.succeed(RequestLog, log),
          Layer.succeed(Drain.Drain, drain)
        ])
      ),
      (context) => ({ ...Context.get(context, Front.Front), sends, log, drain })
    )
  })

/** A run that counts how often it was begun, and ends when it is let go. */
const counted = (answers: ReadonlyArray<FrontService.Answer>) => {
  const keys: Array<string> = []
  return {
    keys,
    run: {
      _tag: "Keyed",
      run: (key: string) =>
        Effect.sync(() => {
          const answer = answers[Math.min(keys.length, answers.length - 1)] as FrontService.Answer
          keys.push(key)
          return answer
        })
    } as const
  }
}

describe("a request through a front", () => {
  it.scoped("runs once, and its retry gets the same answer with a mark", () =>
    Effect.gen(function*() {
      const { once } = yield* front()
      const { keys, run } = counted([done("first"), done("second")])
      const first = yield* once(incoming(), run)
      const retry = yield* once(incoming({ retry: 1 }), run)
      expect(first).toEqual({ status: 200, headers: {}, body: "first" })
      expect(retry).toEqual({ status: 200, headers: { "idempotent-replayed": "true" }, body: "first" })
      expect(keys).toHaveLength(1)
    }))

  it.scoped("runs each time when it is asked on purpose", () =>
    Effect.gen(function*() {
      const { once } = yield* front()
      const { keys, run } = counted([done("first"), done("second")])
      yield* once(incoming(), run)
      const second = yield* once(incoming(), run)
      expect(second.body).toBe("second")
      expect(new Set(keys).size).toBe(2)
    }))

  it.scoped("is not taken for the retry of another caller, path or body", () =>
    Effect.gen(function*() {
      const { once } = yield* front()
      const { keys, run } = counted([done("any")])
      yield* once(incoming(), run)
      yield* once(incoming({ retry: 1, caller: "other" }), run)
      yield* once(incoming({ retry: 1, path: "/api/send-group-message" }), run)
      yield* once(incoming({ retry: 1, body: "{\"content\":\"no\"}" }), run)
      expect(new Set(keys).size).toBe(4)
    }))

  for (const pause of ["3 minutes", "1 hour", "23 hours"] as const) {
    it.scoped(`is joined by retries that come after ${pause}`, () =>
      Effect.gen(function*() {
        const { once } = yield* front()
        const { keys, run } = counted([done("first"), done("second")])
        yield* once(incoming(), run)
        yield* TestClock.adjust(pause)
        expect(yield* once(incoming({ retry: 1 }), run)).toEqual({ status: 200, headers: { "idempotent-replayed": "true" }, body: "first" })
        yield* TestClock.adjust("55 minutes")
        expect((yield* once(incoming({ retry: 2 }), run)).body).toBe("first")
        expect(keys).toHaveLength(1)
      }))
  }

  it.scoped("gives each of two equal ones back to a retry of its own, whatever the retries' order", () =>
    Effect.gen(function*() {
      const { once } = yield* front()
      const { keys, run } = counted([done("first"), done("second"), done("third")])
      yield* once(incoming(), run)
      yield* TestClock.adjust("1 minute")
      yield* once(incoming(), run)
      yield* TestClock.adjust("1 hour")
      const retries = yield* Effect.all([once(incoming({ retry: 1 }), run), once(incoming({ retry: 1 }), run)], { concurrency: 2 })
      expect(retries.map(({ body }) => body).sort()).toEqual(["first", "second"])
      const again = yield* Effect.all([once(incoming({ retry: 2 }), run), once(incoming({ retry: 2 }), run)])
      expect(again.map(({ body }) => body).sort()).toEqual(["first", "second"])
      expect(keys).toHaveLength(2)
    }))

  it.scoped("that never came is one by its retry, and the retry after that joins it", () =>
    Effect.gen(function*() {
      const { once } = yield* front()
      const { keys, run } = counted([done("first"), done("second")])
      expect(yield* once(incoming({ retry: 1 }), run)).toEqual({ status: 200, headers: {}, body: "first" })
      yield* TestClock.adjust("1 hour")
      expect((yield* once(incoming({ retry: 2 }), run)).headers).toEqual({ "idempotent-replayed": "true" })
      expect(keys).toHaveLength(1)
    }))

  it.scoped("that comes after its own retry joins it, once, and the next equal one is a message of its own", () =>
    Effect.gen(function*() {
      const { once } = yield* front()
      const { keys, run } = counted([done("first"), done("second"), done("third")])
      yield* once(incoming({ retry: 1 }), run)
      yield* TestClock.adjust("9 minutes")
      expect(yield* once(incoming({ retry: 2 }), run)).toEqual({ status: 200, headers: { "idempotent-replayed": "true" }, body: "first" })
      yield* TestClock.adjust("9 minutes")
      expect(yield* once(incoming(), run)).toEqual({ status: 200, headers: { "idempotent-replayed": "true" }, body: "first" })
      expect(yield* once(incoming(), run)).toEqual({ status: 200, headers: {}, body: "second" })
      expect((yield* once(incoming({ caller: "other" }), run)).body).toBe("third")
      expect(keys).toHaveLength(3)
    }))

  it.scoped("is a message of its own when an equal one has been known by its retry alone for ten minutes", () =>
    Effect.gen(function*() {
      const { once } = yield* front()
      const { keys, run } = counted([done("first"), done("second")])
      yield* once(incoming({ retry: 1 }), run)
      yield* TestClock.adjust("10 minutes")
      expect((yield* once(incoming(), run)).body).toBe("second")
      expect(keys).toHaveLength(2)
    }))

  it.scoped("waits for its retry that overtook it and is not over", () =>
    Effect.gen(function*() {
      const { once } = yield* front()
      const begun = yield* Deferred.make<void>()
      const end = yield* Deferred.make<void>()
      const slow = {
        _tag: "Keyed",
        run: () => Deferred.succeed(begun, undefined).pipe(Effect.zipRight(Deferred.await(end)), Effect.as(done("slow")))
      } as const
      const retry = yield* Effect.fork(once(incoming({ retry: 1 }), slow))
      yield* Deferred.await(begun)
      const { keys, run } = counted([done("twice")])
      const first = yield* Effect.fork(once(incoming(), run))
      yield* Effect.yieldNow()
      yield* Deferred.succeed(end, undefined)
      expect((yield* Fiber.join(retry)).body).toBe("slow")
      expect((yield* Fiber.join(first)).body).toBe("slow")
      expect(keys).toEqual([])
    }))

  it.scoped("goes on with what its retry began before its process died, under the same key", () =>
    Effect.gen(function*() {
      const log = requestLog()
      const scope = yield* Scope.make()
      const dying = yield* Scope.extend(front({ drainFor: 0 }, log), scope)
      const begun = yield* Deferred.make<string>()
      const hanging = {
        _tag: "Keyed",
        run: (key: string) => Effect.zipRight(Deferred.succeed(begun, key), Effect.never)
      } as const
      yield* Effect.fork(dying.once(incoming({ retry: 1 }), hanging))
      const key = yield* Deferred.await(begun)
      yield* Scope.close(scope, Exit.void)
      const there = yield* front({}, log)
      const { keys, run } = counted([done("joined by the ledger")])
      const first = yield* Effect.fork(there.once(incoming(), run))
      yield* TestClock.adjust("6 minutes")
      expect((yield* Fiber.join(first)).body).toBe("joined by the ledger")
      expect(keys).toEqual([key])
    }))

  it.scoped("runs in place of its retry that did nothing, and the retry after that joins it", () =>
    Effect.gen(function*() {
      const { once } = yield* front()
      const { keys, run } = counted([nothingHappened, done("sent"), done("twice")])
      expect((yield* once(incoming({ retry: 1 }), run)).status).toBe(503)
      expect(yield* once(incoming(), run)).toEqual({ status: 200, headers: {}, body: "sent" })
      expect((yield* once(incoming({ retry: 2 }), run)).body).toBe("sent")
      expect(keys).toHaveLength(2)
    }))

  it.scoped("is still expected after a retry that did nothing was tried anew by the next one", () =>
    Effect.gen(function*() {
      const { once } = yield* front()
      const { keys, run } = counted([nothingHappened, done("sent"), done("twice")])
      yield* once(incoming({ retry: 1 }), run)
      yield* once(incoming({ retry: 2 }), run)
      expect((yield* once(incoming(), run)).body).toBe("sent")
      expect(keys).toHaveLength(2)
    }))

  it.scoped("that never came while an equal one was taken by its own retry is joined to that one, never sent twice", () =>
    Effect.gen(function*() {
      const { once } = yield* front()
      const { keys, run } = counted([done("first"), done("second")])
      yield* once(incoming(), run)
      yield* once(incoming({ retry: 1 }), run)
      expect(yield* once(incoming({ retry: 1 }), run)).toEqual({ status: 200, headers: { "idempotent-replayed": "true" }, body: "first" })
      expect(keys).toHaveLength(1)
    }))

  it.scoped("that did nothing long ago is not begun again by the retry of an equal one that went out", () =>
    Effect.gen(function*() {
      const { once } = yield* front()
      const { keys, run } = counted([nothingHappened, done("sent"), done("twice")])
      yield* once(incoming(), run)
      yield* TestClock.adjust("1 hour")
      yield* once(incoming(), run)
      yield* TestClock.adjust("5 minutes")
      expect((yield* once(incoming({ retry: 1 }), run)).body).toBe("sent")
      expect(keys).toHaveLength(2)
    }))

  it.scoped("that was told to come back after an hour runs anew then, although an equal one went out meanwhile", () =>
    Effect.gen(function*() {
      const { once } = yield* front()
      const later: FrontService.Answer = { reply: { status: 429, headers: { "retry-after": "3600" }, body: "later" }, effect: "none" }
      const { keys, run } = counted([later, done("second"), done("first")])
      yield* once(incoming(), run)
      yield* once(incoming(), run)
      yield* TestClock.adjust("1 hour")
      expect(yield* once(incoming({ retry: 1 }), run)).toEqual({ status: 200, headers: {}, body: "first" })
      expect(new Set(keys).size).toBe(3)
    }))

  it.scoped("is joined by a retry in another process, which knows whose client went away", () =>
    Effect.gen(function*() {
      const log = requestLog()
      const here = yield* front({}, log)
      const there = yield* front({}, log)
      const begun = yield* Deferred.make<void>()
      const end = yield* Deferred.make<void>()
      const slow = {
        _tag: "Keyed",
        run: () => Deferred.succeed(begun, undefined).pipe(Effect.zipRight(Deferred.await(end)), Effect.as(done("slow")))
      } as const
      const gone = yield* Effect.fork(here.once(incoming(), slow))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(gone)
      const { keys, run } = counted([done("second"), done("third")])
      yield* here.once(incoming(), run)
      yield* Deferred.succeed(end, undefined)
      yield* Effect.yieldNow()
      const retry = yield* Effect.fork(there.once(incoming({ retry: 1 }), run))
      yield* TestClock.adjust("2 seconds")
      expect((yield* Fiber.join(retry)).body).toBe("slow")
      expect(keys).toHaveLength(1)
    }))

  it.scoped("of an earlier version, kept by its bytes, is joined by a retry all the same", () =>
    Effect.gen(function*() {
      const { once } = yield* front()
      const { keys, run } = counted([done("first"), done("second")])
      const bytes = "{ \"content\": \"ok\" }"
      yield* once(incoming({ body: bytes }), run)
      expect((yield* once(incoming({ spelling: bytes, retry: 1 }), run)).body).toBe("first")
      expect(keys).toHaveLength(1)
    }))

  it.scoped("goes on without its client, whose retry waits for it", () =>
    Effect.gen(function*() {
      const { once } = yield* front()
      const begun = yield* Deferred.make<void>()
      const end = yield* Deferred.make<void>()
      let times = 0
      const run = {
        _tag: "Keyed",
        run: () =>
          Effect.gen(function*() {
            times += 1
            yield* Deferred.succeed(begun, undefined)
            yield* Deferred.await(end)
            return done("at last")
          })
      } as const
      const client = yield* Effect.fork(once(incoming(), run))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(client)
      const retry = yield* Effect.fork(once(incoming({ retry: 1 }), run))
      yield* Effect.yieldNow()
      yield* Deferred.succeed(end, undefined)
      expect((yield* Fiber.join(retry)).body).toBe("at last")
      expect(times).toBe(1)
    }))

  it.scoped("runs anew, under another key, when it is certain that the first did nothing", () =>
    Effect.gen(function*() {
      const { once } = yield* front()
      const { keys, run } = counted([nothingHappened, done("sent")])
      const first = yield* once(incoming(), run)
      const retry = yield* once(incoming({ retry: 1 }), run)
      expect(first).toEqual(nothingHappened.reply)
      expect(retry).toEqual({ status: 200, headers: {}, body: "sent" })
      expect(new Set(keys).size).toBe(2)
    }))

  it.scoped("is not taken for an equal one before it when it was told to come back", () =>
    Effect.gen(function*() {
      const { once } = yield* front()
      const { keys, run } = counted([done("first"), nothingHappened, done("second")])
      yield* once(incoming(), run)
      expect((yield* once(incoming(), run)).status).toBe(503)
      expect(yield* once(incoming({ retry: 1 }), run)).toEqual({ status: 200, headers: {}, body: "second" })
      expect(new Set(keys).size).toBe(3)
      expect((yield* once(incoming({ retry: 2 }), run)).headers).toEqual({ "idempotent-replayed": "true" })
    }))

  it.scoped("is not taken for an equal one after it either, and whoever lost the answer gets that one's", () =>
    Effect.gen(function*() {
      const { once } = yield* front()
      const begun = yield* Deferred.make<void>()
      const end = yield* Deferred.make<void>()
      const slow = {
        _tag: "Keyed",
        run: () => Deferred.succeed(begun, undefined).pipe(Effect.zipRight(Deferred.await(end)), Effect.as(done("slow")))
      } as const
      const gone = yield* Effect.fork(once(incoming(), slow))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(gone)
      yield* Deferred.succeed(end, undefined)
      const { keys, run } = counted([nothingHappened, done("anew")])
      yield* once(incoming(), run)
      expect((yield* once(incoming({ retry: 1 }), run)).body).toBe("slow")
      expect((yield* once(incoming({ retry: 1 }), run)).body).toBe("anew")
      expect(keys).toHaveLength(2)
    }))

  it.scoped("that its client gave up is not expected any more by the retry of an equal one", () =>
    Effect.gen(function*() {
      const { once } = yield* front()
      const { keys, run } = counted([nothingHappened, nothingHappened, nothingHappened, done("sent"), done("twice")])
      for (const retry of [0, 1, 2]) yield* once(incoming({ retry }), run)
      yield* once(incoming(), run)
      // its answer got lost
      expect((yield* once(incoming({ retry: 1 }), run)).body).toBe("sent")
      expect(keys).toHaveLength(4)
    }))

  it.scoped("is not begun while the process drains, and its retry elsewhere is not taken for an equal one before it", () =>
    Effect.gen(function*() {
      const log = requestLog()
      const here = yield* front({}, log)
      const there = yield* front({}, log)
      const { keys, run } = counted([done("first"), done("second")])
      yield* here.once(incoming(), run)
      yield* here.drain.begin
      const refused = yield* here.once(incoming(), run)
      expect(refused).toEqual({
        status: 503,
        headers: { "content-type": "application/json", "x-should-retry": "true", "retry-after": "5", connection: "close" },
        body: "about to stop"
      })
      expect((yield* there.once(incoming({ retry: 1 }), run)).body).toBe("second")
      expect(keys).toHaveLength(2)
    }))

  it.scoped("that is a retry of what went out is not begun anew because the process drains", () =>
    Effect.gen(function*() {
      const log = requestLog()
      const here = yield* front({}, log)
      const there = yield* front({}, log)
      const { keys, run } = counted([done("first"), done("second")])
      yield* here.once(incoming(), run)
      yield* here.drain.begin
      expect((yield* here.once(incoming({ retry: 1 }), run)).status).toBe(503)
      expect((yield* there.once(incoming({ retry: 2 }), run)).body).toBe("first")
      expect(keys).toHaveLength(1)
    }))

  it.scoped("is answered although its answer could not be written down, and an act's end is tried instead", () =>
    Effect.gen(function*() {
      const abandoned: Array<string> = []
      const full = () => Effect.die(new Error("the disk is full"))
      const abandon = (id: string) => Effect.zipRight(Effect.sync(() => abandoned.push(id)), full())
      const { once } = yield* front({}, { ...requestLog(), finish: full, abandon })
      expect(yield* once(incoming(), counted([done("sent")]).run)).toEqual({ status: 200, headers: {}, body: "sent" })
      expect(abandoned).toHaveLength(0)
      const act = { _tag: "Once", unknown: { status: 500, headers: {}, body: "" }, run: Effect.succeed(done("reacted")) } as const
      expect((yield* once(incoming(), act)).body).toBe("reacted")
      expect(abandoned).toHaveLength(1)
    }).pipe(Logger.withMinimumLogLevel(LogLevel.None)))

  it.scoped("tells a client not to repeat what may have happened", () =>
    Effect.gen(function*() {
      const { once } = yield* front()
      const failed = yield* once(incoming(), counted([done("broken", 500)]).run)
      expect(failed.headers).toEqual({ "x-should-retry": "false" })
    }))

  describe("under the caller's own key", () => {
    const keyed = incoming({ key: Option.some("order-1") })

    it.scoped("runs once, however it is asked again", () =>
      Effect.gen(function*() {
        const { once } = yield* front()
        const { keys, run } = counted([done("first"), done("second")])
        yield* once(keyed, run)
        yield* TestClock.adjust("1 hour")
        const again = yield* once(keyed, run)
        expect(again).toEqual({ status: 200, headers: { "idempotent-replayed": "true" }, body: "first" })
        expect(keys).toHaveLength(1)
      }))

    it.scoped("goes to the ledger under one key whatever it says, so that another message is refused there", () =>
      Effect.gen(function*() {
        const { once } = yield* front()
        const { keys, run } = counted([done("any")])
        yield* once(keyed, run)
        yield* once({ ...keyed, body: "{\"content\":\"no\"}" }, run)
        expect(keys).toHaveLength(2)
        expect(new Set(keys).size).toBe(1)
      }))

    it.scoped("is no second act for a request that says something else, unless the first one did nothing", () =>
      Effect.gen(function*() {
        const { once } = yield* front()
        const acts: Array<string> = []
        const act = (name: string, answer: FrontService.Answer) =>
          ({ _tag: "Once", unknown, run: Effect.sync(() => (acts.push(name), answer)) }) as const
        const other = { ...keyed, body: "{\"content\":\"no\"}" }
        yield* once(keyed, act("refused", { reply: { status: 400, headers: {}, body: "bad" }, effect: "none" }))
        expect((yield* once(other, act("first", done("first")))).body).toBe("first")
        expect(yield* once(keyed, act("second", done("second")))).toEqual({
          status: 409,
          headers: { "x-should-retry": "false" },
          body: "another request"
        })
        expect((yield* once(other, act("again", done("again")))).headers).toEqual({ "idempotent-replayed": "true" })
        expect(acts).toEqual(["refused", "first"])
      }))

    it.scoped("runs anew after each time that did nothing, and not after the first that did", () =>
      Effect.gen(function*() {
        const { once } = yield* front()
        const { keys, run } = counted([nothingHappened, nothingHappened, done("sent"), done("twice")])
        expect((yield* once(keyed, run)).status).toBe(503)
        expect((yield* once(keyed, run)).headers).toEqual({})
        expect((yield* once(keyed, run)).body).toBe("sent")
        expect((yield* once(keyed, run)).body).toBe("sent")
        expect(new Set(keys).size).toBe(3)
      }))
  })

  describe("that broke, or whose process went away", () => {
    const broken = { _tag: "Keyed", run: () => Effect.dieMessage("the store is gone") } as const

    it.scoped("runs again under the same key if it is a send", () =>
      Effect.gen(function*() {
        const { log, once } = yield* front()
        const { keys, run } = counted([done("the ledger knows")])
        expect(Exit.isFailure(yield* Effect.exit(once(incoming(), broken)))).toBe(true)
        const id = Array.from(log.rows.keys())
        const retry = yield* once(incoming({ retry: 1 }), run)
        expect(retry.body).toBe("the ledger knows")
        expect(keys).toHaveLength(1)
        expect(Array.from(log.rows.keys())).toEqual(id)
      }))

    it.scoped("is not begun under another key because the retry that took it over did nothing", () =>
      Effect.gen(function*() {
        const { once } = yield* front()
        expect(Exit.isFailure(yield* Effect.exit(once(incoming(), broken)))).toBe(true)
        const { keys, run } = counted([{ reply: { status: 429, headers: {}, body: "busy" }, effect: "none" }, done("a second text")])
        const waiting = yield* Effect.fork(once(incoming({ retry: 1 }), run))
        yield* TestClock.adjust("3 seconds")
        const retry = yield* Fiber.join(waiting)
        expect([retry.status, retry.headers["x-should-retry"]]).toEqual([429, "false"])
        // Whether it is a second text is for the ledger to say.
        expect((yield* once(incoming({ retry: 2 }), run)).body).toBe("a second text")
        expect(keys).toEqual([keys[0], keys[0]])
      }))

    it.scoped("is answered as not known, and never run again, if nothing else recognises it", () =>
      Effect.gen(function*() {
        const { once } = yield* front()
        let times = 0
        const act = (run: Effect.Effect<FrontService.Answer>) =>
          ({ _tag: "Once", unknown, run: Effect.zipRight(Effect.sync(() => void times++), run) }) as const
        yield* Effect.exit(once(incoming(), act(Effect.dieMessage("the store is gone"))))
        const retry = yield* once(incoming({ retry: 1 }), act(Effect.succeed(done("reacted"))))
        expect(retry).toEqual({ ...unknown, headers: { "x-should-retry": "false" } })
        expect(times).toBe(1)
      }))

    it.scoped("is waited for while another process is at it, and taken over when that one's time is up", () =>
      Effect.gen(function*() {
        const log = requestLog()
        const there = yield* Scope.make()
        let isAlive = true
        const other = yield* Scope.extend(
          front({ drainFor: "10 seconds" }, { ...log, renew: (ids, lease) => isAlive ? log.renew(ids, lease) : Effect.void }),
          there
        )
        const here = yield* front({}, log)
        yield* Effect.fork(other.once(incoming(), { _tag: "Once", unknown, run: Effect.never }))
        yield* Effect.yieldNow()
        const retry = yield* Effect.fork(
          here.once(incoming({ retry: 1 }), { _tag: "Once", unknown, run: Effect.dieMessage("it ran again") })
        )
        yield* TestClock.adjust("6 minutes")
        expect(Option.isNone(yield* Fiber.poll(retry))).toBe(true)
        isAlive = false
        yield* TestClock.adjust("16 seconds")
        expect((yield* Fiber.join(retry)).body).toBe(unknown.body)
        const closing = yield* Effect.fork(Scope.close(there, Exit.void))
        yield* TestClock.adjust("11 seconds")
        yield* Fiber.join(closing)
      }))

    it.scoped("runs at once if it is a send, and both processes give one answer", () =>
      Effect.gen(function*() {
        const log = requestLog()
        const other = yield* front({}, log)
        const here = yield* front({}, log)
        const end = yield* Deferred.make<FrontService.Answer>()
        const keys: Array<string> = []
        const slow = (key: string) => Effect.zipRight(Effect.sync(() => keys.push(key)), Deferred.await(end))
        const first = yield* Effect.fork(other.once(incoming(), { _tag: "Keyed", run: slow }))
        yield* Effect.yieldNow()
        const { keys: again, run } = counted([done("joined by the ledger")])
        const retry = yield* here.once(incoming({ retry: 1 }), run)
        expect([retry.body, retry.headers["idempotent-replayed"]]).toEqual(["joined by the ledger", "true"])
        yield* Deferred.succeed(end, done("the same, in other words"))
        expect(yield* Fiber.join(first)).toEqual(retry)
        expect(again).toEqual(keys)
      }))
  })
})

describe("a front", () => {
  it.scoped("sends under the key, and exactly or not at all when it is strict", () =>
    Effect.gen(function*() {
      const lenient = yield* front()
      yield* lenient.send("key", toAda, Draft.text("hello", { fidelity: "adapt" }))
      expect(lenient.sends).toEqual([{ draft: Draft.text("hello", { fidelity: "adapt" }), options: { key: "key" } }])
      const strict = yield* front({ strict: true })
      yield* strict.send("key", toAda, Draft.text("hello", { fidelity: "adapt" }))
      expect(strict.sends[0]?.draft.fidelity).toBe("exact")
    }))

  it.scoped("says in ASCII headers what was lost, however much it is", () =>
    Effect.gen(function*() {
      const few = yield* front({}, requestLog(), [Loss.certain("effect-dropped", "näher", { from: "sparkles" })])
      const headers = few.headers(yield* few.send("key", toAda, Draft.text("hello")))
      expect(headers["interline-outcome"]).toBe("accepted")
      expect(headers["interline-losses"]).toMatch(/^[\x20-\x7e]+$/)
      expect(JSON.parse(headers["interline-losses"] ?? "")).toEqual([{
        kind: "effect-dropped",
        certainty: "certain",
        reason: "näher",
        from: "sparkles"
      }])
      const many = yield* front({}, requestLog(), Array.from({ length: 60 }, (_, part) => Loss.certain("split", "x".repeat(200), { part })))
      const losses = many.headers(yield* many.send("key", toAda, Draft.text("hello")))["interline-losses"] ?? ""
      expect(losses.length).toBeLessThanOrEqual(4_000)
      expect(JSON.parse(losses)).toHaveLength(60)
      const most = yield* front({}, requestLog(), Array.from({ length: 400 }, (_, part) => Loss.certain("split", "x", { part })))
      const cut = most.headers(yield* most.send("key", toAda, Draft.text("hello")))["interline-losses"] ?? ""
      expect(cut.length).toBeLessThanOrEqual(4_000)
      expect(cut.length).toBeGreaterThan(3_900)
      expect(JSON.parse(cut)[0]).toEqual({ kind: "split", certainty: "certain", part: 0 })
    }))

  it.scoped("logs the first loss of each kind once for each API key, without what was sent", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const logger = Logger.make(({ annotations, message }) => void lines.push(JSON.stringify([message, Object.fromEntries(annotations)])))
      const { headers, once, send } = yield* front({}, requestLog(), [Loss.certain("effect-dropped", "none", { from: "sparkles" })])
      const run = {
        _tag: "Keyed",
        run: (key: string) =>
          Effect.map(
            send(key, toAda, Draft.text("a secret")),
            (sent): FrontService.Answer => ({ reply: { status: 200, headers: headers(sent), body: "" }, effect: "done" })
          )
      } as const
      const logged = <A>(effect: Effect.Effect<A>) => Effect.provide(effect, Logger.replace(Logger.defaultLogger, logger))
      for (const caller of ["app", "app", "other"]) yield* logged(once(incoming({ caller }), run))
      expect(lines).toHaveLength(2)
      expect(lines.join()).toMatch(/effect-dropped/)
      expect(lines.join()).not.toMatch(/secret|2025550/)
    }))

  it.scoped("knows lines by each of their numbers and by aliases", () =>
    Effect.gen(function*() {
      const { lineOf, numberOf, onlyLine } = yield* front({ aliases: { [Handle.phone("+15122164639")]: sales } })
      expect(["+12025550101", "+12025550201", "+15122164639", "+12025550999"].map(lineOf)).toEqual([
        Option.some(support),
        Option.some(support),
        Option.some(sales),
        Option.none()
      ])
      expect([numberOf(support), numberOf(support, "sendblue"), numberOf(support, "nobody"), numberOf(sales)]).toEqual(
        ["+12025550101", "+12025550201", "+12025550101", "+15122164639"].map(Option.some)
      )
      expect(onlyLine).toEqual(Option.none())
    }))
})
