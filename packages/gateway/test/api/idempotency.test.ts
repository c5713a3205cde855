import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import type { Delivery } from "@interline/core/Delivery"
import { DeliveryId } from "@interline/core/DeliveryId"
import * as MessagingError from "@interline/core/MessagingError"
import { Held, Invalid, NotSent, Partial, type SendError } from "@interline/core/SendError"
import type { RequestLogService } from "@interline/sql/RequestLog"
import * as Store from "@interline/sql/Store"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as AnswerOnce from "../../src/api/answerOnce.ts"
import * as ApiClient from "../../src/api/ApiClient.ts"
import * as Drain from "../../src/http/Drain.ts"
import { requestLog } from "../memory.ts"
import { ada, delivery, deliveryId, receipt, serve, support } from "./world.ts"

const payload = { to: { line: support, handle: ada }, text: "hi" }
const keyed = (key: string, body: unknown = payload, path = "/v1/send") =>
  HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post(path), body).pipe(HttpClientRequest.setHeader("idempotency-key", key))

const reaction = "/v1/messages/linq%3Am1/reactions"

/** The log of a process that dies before it writes how a request ended. */
const unwritten = (log: ReturnType<typeof requestLog>) => ({
  ...log,
  finish: () => Effect.succeedNone,
  abandon: () => Effect.void,
  withdraw: () => Effect.succeed(true)
} satisfies RequestLogService)

/** Lets the time of the test pass until the answer is there. */
const inTime = <A, E>(request: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.flatMap(Effect.fork(request), (fiber) => {
    const tick = Effect.zipRight(TestClock.adjust("100 millis"), Effect.promise(() => new Promise((resolve) => setImmediate(resolve))))
    const wait: Effect.Effect<A, E> = Effect.flatMap(
      Fiber.poll(fiber),
      Option.match({ onNone: () => Effect.zipRight(tick, wait), onSome: (exit) => exit })
    )
    return wait
  })

describe("Idempotency-Key", () => {
  it.scoped("the same request gives the first answer again, byte for byte, and happens once", () =>
    Effect.gen(function*() {
      const { calls, http } = yield* serve()
      const first = yield* http.execute(keyed("one"))
      const second = yield* http.execute(keyed("one"))
      deepStrictEqual([first.status, first.headers["idempotent-replayed"]], [200, undefined])
      deepStrictEqual([second.status, second.headers["idempotent-replayed"]], [200, "true"])
      assert.strictEqual(yield* second.text, yield* first.text)
      assert.strictEqual(second.headers["content-type"], first.headers["content-type"])
      assert.strictEqual(calls.length, 1)
    }))

  const heldAnswer = new Held({
    deliveryId,
    attempts: [],
    losses: [],
    evidence: { error: MessagingError.make("Timeout", { operation: "send" }), parts: [0], step: 0, startedAt: 0 }
  })
  const unrecorded = new Held({
    deliveryId,
    attempts: [],
    losses: [],
    evidence: {
      error: MessagingError.make("Unavailable", { operation: "send", certainty: "unknown", next: "retry" }),
      parts: [],
      step: 0,
      startedAt: 0
    }
  })

  it.scoped("a send of which nothing is on record, because the database failed, is not told as kept: its retry sends it", () =>
    Effect.gen(function*() {
      let fails = 1
      const { http } = yield* serve({ messaging: { send: () => fails-- > 0 ? Effect.fail(unrecorded) : Effect.succeed(delivery) } })
      const first = yield* http.execute(keyed("one"))
      deepStrictEqual([first.status, first.headers["x-should-retry"], first.headers["retry-after"]], [503, "true", "1"])
      const { certainty, deliveryId: id, type } = (yield* first.json) as Record<string, unknown>
      deepStrictEqual([type, certainty, id], ["urn:interline:problem:store-failed", "unknown", undefined])
      deepStrictEqual((yield* http.execute(keyed("one"))).status, 200)
    }))

  it.scoped("a request that the database breaks may be repeated under its key, and not without one", () =>
    Effect.gen(function*() {
      const broken = Effect.die(new Store.StoreFailure({ operation: "Ledger.contact", code: "ECONNRESET" }))
      const { http } = yield* serve({ messaging: { send: () => broken } })
      const withKey = yield* http.execute(keyed("one"))
      deepStrictEqual([withKey.status, withKey.headers["x-should-retry"]], [503, "true"])
      const without = yield* http.execute(HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post("/v1/send"), payload))
      deepStrictEqual([without.status, without.headers["x-should-retry"], without.headers["retry-after"]], [424, "false", undefined])
      const { certainty, next, type } = (yield* without.json) as Record<string, unknown>
      deepStrictEqual([type, certainty, next], ["urn:interline:problem:store-failed", "unknown", "reconcile"])
    }))

  const notSent = new NotSent({
    deliveryId,
    attempts: [],
    losses: [],
    error: MessagingError.make("Unavailable", { operation: "send", certainty: "not-sent" })
  })

  for (
    const [outcome, ended, status] of [["accepted", Either.right(delivery), 200], ["not-sent", Either.left(notSent), 503]] as const
  ) {
    it.scoped(`a send that was held is answered as what it ended as: ${outcome}`, () =>
      Effect.gen(function*() {
        const sends: Array<unknown> = []
        const { calls, http } = yield* serve({
          ended,
          messaging: { send: (...given) => Effect.zipRight(Effect.sync(() => sends.push(given)), Effect.fail(heldAnswer)) }
        })
        assert.strictEqual((yield* http.execute(keyed("one"))).status, 202)
        const again = yield* http.execute(keyed("one"))
        deepStrictEqual([again.status, again.headers["idempotent-replayed"]], [status, "true"])
        const third = yield* http.execute(keyed("one"))
        assert.strictEqual(yield* third.text, yield* again.text)
        // the first retry has asked the ledger for all that come after it
        deepStrictEqual([calls.map(([operation]) => operation), sends.length], [["ended"], 1])
      }))
  }

  it.scoped("a send of which a part was in doubt is answered as what it ended as", () =>
    Effect.gen(function*() {
      const partial = new Partial({
        deliveryId,
        attempts: [],
        losses: [],
        receipts: [receipt],
        remaining: [1],
        error: MessagingError.make("Timeout", { operation: "send" })
      })
      const { http } = yield* serve({ ended: Either.right(delivery), messaging: { send: () => Effect.fail(partial) } })
      assert.strictEqual((yield* http.execute(keyed("one"))).status, 424)
      assert.strictEqual((yield* http.execute(keyed("one"))).status, 200)
    }))

  it.scoped("what is certain is given again without a question to the ledger", () =>
    Effect.gen(function*() {
      const { calls, http } = yield* serve({ ended: Either.right(delivery), messaging: { send: () => Effect.fail(notSent) } })
      const first = yield* http.execute(keyed("one"))
      const again = yield* http.execute(keyed("one"))
      deepStrictEqual([again.status, yield* again.text], [first.status, yield* first.text])
      deepStrictEqual(calls, [])
    }))

  it.scoped("an end that is another delivery's is not told", () =>
    Effect.gen(function*() {
      const other = { ...delivery, id: DeliveryId.make("6f1c2f6e-6d0c-4f0e-9a54-0e6f3f0a1c09") }
      const { http } = yield* serve({ ended: Either.right(other), messaging: { send: () => Effect.fail(heldAnswer) } })
      const first = yield* http.execute(keyed("one"))
      const again = yield* http.execute(keyed("one"))
      deepStrictEqual([again.status, yield* again.text], [202, yield* first.text])
    }))

  it.scoped("two copies of a program that answer an event under its id make one reply, also in other words", () =>
    Effect.gen(function*() {
      const { calls, http } = yield* serve()
      const reply = (text: string) => http.execute(keyed("event-42", { ...payload, text }))
      const same = yield* Effect.all([reply("hello back"), reply("hello back")], { concurrency: "unbounded" })
      deepStrictEqual(same.map(({ status }) => status), [200, 200])
      const other = yield* reply("good morning")
      assert.strictEqual(other.status, 422)
      assert.include(yield* other.text, "idempotency-conflict")
      deepStrictEqual(calls.map(([operation]) => operation), ["send"])
    }))

  it.scoped("without a key two equal requests are two", () =>
    Effect.gen(function*() {
      const { calls, client } = yield* serve()
      yield* client.sending.send({ payload })
      yield* client.sending.send({ payload })
      assert.strictEqual(calls.length, 2)
    }))

  it.scoped("another body under the key is refused, another path or method is another request", () =>
    Effect.gen(function*() {
      const { calls, client, http } = yield* serve()
      yield* http.execute(keyed("one"))
      const other = yield* http.execute(keyed("one", { ...payload, text: "other" }))
      assert.strictEqual(other.status, 422)
      assert.include(yield* other.text, "idempotency-conflict")
      yield* ApiClient.underKey("one")(client.messages.react({ path: { message: "linq:m1" }, payload: { tapback: "love" } }))
      yield* ApiClient.underKey("one")(client.messages.unreact({ path: { message: "linq:m1" }, urlParams: { tapback: "love" } }))
      deepStrictEqual(calls.map(([operation]) => operation), ["send", "react", "unreact"])
    }))

  const send = (body: string, key = "one", path = "/v1/send") =>
    HttpClientRequest.post(path).pipe(
      HttpClientRequest.bodyText(body, "application/json"),
      HttpClientRequest.setHeader("idempotency-key", key)
    )

  const spellings = {
    escapes: [
      "{\"to\":{\"line\":\"support\",\"handle\":\"+12025550123\"},\"text\":\"café / x\"}",
      "{\"to\":{\"line\":\"support\",\"handle\":\"\\u002b12025550123\"},\"text\":\"caf\\u00e9 \\/ x\"}"
    ],
    "the order of fields, and blanks": [
      "{\"to\":{\"line\":\"support\",\"handle\":\"+12025550123\"},\"text\":\"x\"}",
      "{ \"text\": \"x\",\n\"to\": { \"handle\": \"+12025550123\", \"line\": \"support\" } }"
    ],
    numbers: [4, "4.0", "0.4e1"].map((end) =>
      `{"to":{"line":"support","handle":"+12025550123"},"parts":[{"_tag":"Text","text":"bold","decorations":[{"start":0,"end":${end},"style":"bold"}]}]}`
    ),
    "a field that is given twice": [
      "{\"to\":{\"line\":\"support\",\"handle\":\"+12025550123\"},\"text\":\"x\"}",
      "{\"text\":\"y\",\"to\":{\"line\":\"support\",\"handle\":\"+12025550123\"},\"text\":\"x\"}"
    ]
  }
  for (const [what, bodies] of Object.entries(spellings)) {
    it.scoped(`the same request in other bytes is the same request: ${what}`, () =>
      Effect.gen(function*() {
        const { calls, http } = yield* serve()
        for (const [index, body] of bodies.entries()) {
          const answer = yield* http.execute(send(body))
          deepStrictEqual([answer.status, answer.headers["idempotent-replayed"]], [200, index === 0 ? undefined : "true"])
        }
        assert.strictEqual(calls.length, 1)
      }))
  }

  it.scoped("the same change or removal by a path and query in other bytes happens once", () =>
    Effect.gen(function*() {
      const { calls, http } = yield* serve()
      const key = HttpClientRequest.setHeader("idempotency-key", "one")
      for (const path of ["/v1/messages/linq%3Am1/reactions?tapback=love&part=0", "/v1/messages/linq:m1/reactions?part=0&tapback=lov%65"]) {
        assert.strictEqual((yield* http.execute(key(HttpClientRequest.del(path)))).status, 204)
      }
      for (const body of ["{\"text\":\"né\"}", "{ \"text\": \"n\\u00e9\" }"]) {
        assert.strictEqual(
          (yield* http.execute(
            key(HttpClientRequest.patch("/v1/messages/linq%3Am1").pipe(HttpClientRequest.bodyText(body, "application/json")))
          )).status,
          204
        )
      }
      deepStrictEqual(calls.map(([operation]) => operation), ["unreact", "edit"])
    }))

  it.scoped("a conflict names the first delivery and says nothing of what became of it", () =>
    Effect.gen(function*() {
      const { http } = yield* serve()
      yield* http.execute(keyed("one"))
      const other = yield* http.execute(keyed("one", { ...payload, text: "other" }))
      assert.strictEqual(other.headers["x-should-retry"], "false")
      const { certainty, deliveryId: named, next } = (yield* other.json) as Readonly<Record<string, unknown>>
      deepStrictEqual({ certainty, named, next }, { certainty: "unknown", named: delivery.id, next: "reconcile" })
    }))

  it.scoped("a conflict with a send that failed names that one's delivery", () =>
    Effect.gen(function*() {
      const error = new NotSent({
        deliveryId,
        attempts: [],
        losses: [],
        error: MessagingError.make("ConnectionFailed", { operation: "send" })
      })
      const { http } = yield* serve({ messaging: { send: () => Effect.fail(error) } })
      yield* http.execute(keyed("one"))
      const other = (yield* (yield* http.execute(keyed("one", { ...payload, text: "other" }))).json) as Readonly<Record<string, unknown>>
      deepStrictEqual([other["deliveryId"], other["certainty"]], [deliveryId, "unknown"])
    }))

  it.scoped("a request under a key that cannot be read says nothing of the one before it", () =>
    Effect.gen(function*() {
      const { anybody, http } = yield* serve()
      yield* http.execute(keyed("one"))
      const stranger =
        (yield* (yield* anybody.execute(HttpClientRequest.bearerToken(keyed("one"), "a key that was replaced"))).json) as Readonly<
          Record<string, unknown>
        >
      deepStrictEqual([stranger["status"], stranger["certainty"]], [401, undefined])
      const unread = [
        send("{\"text\":\"\ufffd\"}"),
        HttpClientRequest.setHeader(send("{}"), "content-type", "text/plain"),
        send("x".repeat(2 * 1024 * 1024)),
        send("{\"text\":")
      ]
      for (const request of unread) {
        const answer = (yield* (yield* http.execute(request)).json) as Readonly<Record<string, unknown>>
        assert.notStrictEqual(answer["certainty"], "not-sent", String(answer["type"]))
      }
      const first = (yield* (yield* http.execute(send("{\"text\":", "another"))).json) as Readonly<Record<string, unknown>>
      deepStrictEqual([first["type"], first["certainty"]], ["urn:interline:problem:malformed", "not-sent"])
    }))

  it.scoped("one key of two API keys is two requests", () =>
    Effect.gen(function*() {
      const { anybody, calls, http } = yield* serve()
      yield* http.execute(keyed("one"))
      const other = yield* anybody.execute(HttpClientRequest.bearerToken(keyed("one"), "0123456789abcdef-ops"))
      deepStrictEqual([other.status, other.headers["idempotent-replayed"]], [200, undefined])
      assert.strictEqual((yield* http.execute(keyed("one"))).headers["idempotent-replayed"], "true")
      assert.strictEqual(calls.length, 2)
    }))

  const acts = {
    react: [reaction, { tapback: "love" }],
    sendVoiceMemo: ["/v1/voice-memos", { to: payload.to, url: "https://files.example.com/a.m4a" }]
  } as const
  for (const [operation, [path, body]] of Object.entries(acts)) {
    it.scoped(`an act without a ledger that broke is not run again by its retry (${operation})`, () =>
      Effect.gen(function*() {
        let times = 0
        const broken = () => Effect.zipRight(Effect.sync(() => void (times += 1)), Effect.die(new Error("the disk is full")))
        const { http } = yield* serve({ messaging: { [operation]: broken } })
        assert.strictEqual((yield* http.execute(keyed("one", body, path))).status, 500)
        for (const _ of [1, 2]) {
          const retry = yield* http.execute(keyed("one", body, path))
          deepStrictEqual([retry.status, retry.headers["x-should-retry"]], [424, "false"])
        }
        assert.strictEqual(times, 1)
      }))
  }

  it.scoped("where a process died in a send, a refusal before the ledger is asked says nothing of the first try", () =>
    Effect.gen(function*() {
      const log = requestLog()
      const died = yield* serve({ log: unwritten(log) })
      yield* died.http.execute(keyed("one"))
      const common = { deliveryId, attempts: [], losses: [] }
      const errors = [
        new Invalid({ ...common, problems: [] }),
        new NotSent({ ...common, error: MessagingError.make("Suppressed", { operation: "send" }) })
      ]
      const next = yield* serve({
        log,
        messaging: {
          send: () => Effect.suspend(() => errors.length === 0 ? Effect.succeed(delivery) : Effect.fail(errors.shift() as SendError))
        }
      })
      for (const _ of [1, 2]) assert.strictEqual((yield* inTime(next.http.execute(keyed("one")))).status, 424)
      assert.strictEqual((yield* next.http.execute(keyed("one"))).status, 200)
    }))

  it.scoped("where a process died in a send, a refusal of the ledger tells what became of the first try", () =>
    Effect.gen(function*() {
      const told = new NotSent({
        deliveryId,
        losses: [],
        attempts: delivery.attempts,
        error: MessagingError.make("Suppressed", { operation: "send" })
      })
      const messaging = { send: () => Effect.fail(told) }
      const log = requestLog()
      const died = yield* serve({ log: unwritten(log) })
      yield* died.http.execute(keyed("one"))
      const next = yield* serve({ log, messaging })
      const plain = yield* serve({ messaging })
      const { status } = yield* next.http.execute(keyed("one"))
      assert.notStrictEqual(status, 424)
      assert.strictEqual(status, (yield* plain.http.execute(keyed("one"))).status)
    }))

  it.scoped("a send that comes before the first is over waits for its answer; an act is told to wait", () =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const slow = <A>(answer: A) => Deferred.succeed(begun, undefined).pipe(Effect.zipRight(Deferred.await(go)), Effect.as(answer))
      const reacting = yield* Deferred.make<void>()
      const { calls, http } = yield* serve({
        messaging: { send: () => slow(delivery), react: () => Effect.zipRight(Deferred.succeed(reacting, undefined), slow(undefined)) }
      })
      const react = () => http.execute(keyed("one", { tapback: "love" }, reaction))
      const sends = yield* Effect.fork(Effect.all([http.execute(keyed("one")), http.execute(keyed("one"))], { concurrency: 2 }))
      yield* Deferred.await(begun)
      const first = yield* Effect.fork(react())
      yield* Deferred.await(reacting)
      const second = yield* react()
      deepStrictEqual([second.status, second.headers["retry-after"], second.headers["x-should-retry"]], [409, "1", "true"])
      yield* Deferred.succeed(go, undefined)
      const answers = yield* sends
      deepStrictEqual(answers.map(({ status }) => status), [200, 200])
      deepStrictEqual(answers.map(({ headers }) => headers["idempotent-replayed"]).sort(), ["true", undefined])
      strictEqual(yield* answers[0].text, yield* answers[1].text)
      assert.strictEqual((yield* first).status, 204)
      strictEqual(calls.length, 0)
    }))

  it.scoped("a request whose client goes away is finished, and its retry gets the answer", () =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      let sends = 0
      const { http } = yield* serve({
        messaging: {
          send: () =>
            Effect.sync(() => void (sends += 1)).pipe(
              Effect.zipRight(Deferred.succeed(begun, undefined)),
              Effect.zipRight(Deferred.await(go)),
              Effect.as(delivery)
            )
        }
      })
      const first = yield* Effect.fork(http.execute(keyed("one")))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(first)
      // until the server has heard that the connection is gone
      yield* Effect.repeatN(http.get("/v1/carriers"), 10)
      yield* Deferred.succeed(go, undefined)
      const retried = yield* Effect.repeat(http.execute(keyed("one")), { until: ({ status }) => status !== 409, times: 200 })
      assert.strictEqual(retried.status, 200)
      assert.strictEqual((yield* http.execute(keyed("one"))).headers["idempotent-replayed"], "true")
      assert.strictEqual(sends, 1)
    }))

  it.scoped("a retry of a send may name another delivery to wait for, or none", () =>
    Effect.gen(function*() {
      const { calls, http } = yield* serve()
      const bodies = [{ ...payload, after: deliveryId }, payload, { ...payload, after: "3b9e4e33-1c5b-409e-a40b-d7400a85f357" }]
      const answers = yield* Effect.forEach(bodies, (body) => http.execute(keyed("one", body)))
      deepStrictEqual(answers.map(({ status }) => status), [200, 200, 200])
      deepStrictEqual(calls.map(([, , , options]) => (options as { readonly after?: string }).after), [deliveryId])
    }))

  it.scoped("a send goes to the ledger under a key of its own, the same in every process", () =>
    Effect.gen(function*() {
      const first = yield* serve()
      const second = yield* serve()
      yield* first.http.execute(keyed("one"))
      yield* second.http.execute(keyed("one"))
      yield* second.http.execute(keyed("two"))
      const keys = [...first.calls, ...second.calls].map(([, , , options]) => (options as { readonly key: string }).key)
      assert.strictEqual(keys[0], keys[1])
      assert.notStrictEqual(keys[1], keys[2])
      assert.match(keys[0] ?? "", /^[\x21-\x7e]{1,255}$/)
    }))

  it.scoped("where a process died, a send is joined by the ledger, and what cannot be repeated is not known", () =>
    Effect.gen(function*() {
      const log = requestLog()
      const dying = unwritten(log)
      const died = yield* serve({ log: dying })
      yield* died.http.execute(keyed("one"))
      yield* died.http.execute(keyed("one", { tapback: "love" }, reaction))
      for (const row of log.rows.values()) yield* log.abandon(row.request.id)
      const next = yield* serve({ log })
      const joined = yield* next.http.execute(keyed("one"))
      assert.strictEqual(joined.status, 200)
      deepStrictEqual(next.calls, [died.calls[0]])
      for (const replayed of [undefined, "true"]) {
        const unknown = yield* next.http.execute(keyed("one", { tapback: "love" }, reaction))
        deepStrictEqual([unknown.status, unknown.headers["x-should-retry"], unknown.headers["idempotent-replayed"]], [
          424,
          "false",
          replayed
        ])
      }
      assert.strictEqual(next.calls.length, 1)
    }))

  it.scoped("what was done is answered although it cannot be written down, and its repetition is joined by the ledger", () =>
    Effect.gen(function*() {
      const log = requestLog()
      const { calls, http } = yield* serve({ log: { ...log, finish: () => Effect.die(new Error("the disk is full")) } })
      const keys = () => calls.map(([, , , options]) => (options as { readonly key: string }).key)
      assert.strictEqual((yield* http.execute(keyed("one"))).status, 200)
      assert.strictEqual((yield* http.execute(keyed("one"))).status, 200)
      assert.strictEqual(keys().length, 2)
      assert.strictEqual(keys()[0], keys()[1])
    }))

  it.scoped("what was refused before anything was tried leaves the key free; what was tried does not", () =>
    Effect.gen(function*() {
      const common = { deliveryId, attempts: [], losses: [] }
      const answers: Array<Effect.Effect<Delivery, SendError>> = [
        Effect.fail(new Invalid({ ...common, problems: [] })),
        Effect.fail(new NotSent({ ...common, error: MessagingError.make("ConnectionFailed", { operation: "send" }) })),
        Effect.succeed(delivery)
      ]
      const { http } = yield* serve({ messaging: { send: () => Effect.suspend(() => answers.shift() ?? Effect.die("asked too often")) } })
      assert.strictEqual((yield* http.execute(keyed("one", { to: payload.to }))).status, 400)
      assert.strictEqual((yield* http.execute(keyed("one"))).status, 422)
      const failed = yield* http.execute(keyed("one"))
      deepStrictEqual([failed.status, failed.headers["x-should-retry"]], [503, "false"])
      const same = yield* http.execute(keyed("one"))
      deepStrictEqual([same.status, same.headers["idempotent-replayed"]], [503, "true"])
      assert.strictEqual((yield* http.execute(keyed("two"))).status, 200)
    }))

  it.scoped("a request that broke is run again under its key", () =>
    Effect.gen(function*() {
      const answers = [Effect.die("the database went away"), Effect.succeed(delivery)]
      const { http } = yield* serve({ messaging: { send: () => Effect.suspend(() => answers.shift() ?? Effect.die("asked too often")) } })
      assert.strictEqual((yield* http.execute(keyed("one"))).status, 500)
      assert.strictEqual((yield* http.execute(keyed("one"))).status, 200)
    }))

  it.scoped("a request that is cut off by the end of its process is run by the next process at once", () =>
    Effect.gen(function*() {
      const log = requestLog()
      const begun = yield* Deferred.make<void>()
      const scope = yield* Scope.make()
      const hanging = Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never)
      const ending = yield* Scope.extend(serve({ log, messaging: { send: () => hanging } }), scope)
      const first = yield* Effect.fork(ending.http.execute(keyed("one")))
      yield* Deferred.await(begun)
      const next = yield* serve({ log })
      yield* Fiber.interrupt(first)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* next.http.execute(keyed("one"))).status, 200)
    }))

  const once = (act: Effect.Effect<AnswerOnce.Done>, repeatable: boolean) =>
    Effect.gen(function*() {
      const log = requestLog()
      const run = yield* AnswerOnce.make(
        { log, drain: yield* Drain.make, ended: () => Effect.succeedNone },
        { timeout: Duration.minutes(1), keep: Duration.days(1) }
      )
      const asked = {
        caller: "crm",
        key: "one",
        method: "POST",
        path: "/v1/send",
        fingerprint: "f",
        spelling: "f",
        repeatable,
        isSend: false
      }
      return { first: yield* Effect.exit(run(asked, () => act)), again: (next: Effect.Effect<AnswerOnce.Done>) => run(asked, () => next) }
    })
  const fine: Effect.Effect<AnswerOnce.Done> = Effect.succeed({
    response: HttpServerResponse.empty({ status: 204 }),
    problem: Option.none()
  })
  const ends = { breaks: Effect.die(new Error("the disk is full")), "is interrupted": Effect.interrupt }
  for (const [what, end] of Object.entries(ends)) {
    it.scoped(`an act that ${what} without an answer is given up: what may be repeated runs again, and the rest is not known`, () =>
      Effect.gen(function*() {
        const repeatable = yield* once(end, true)
        // the end of the process interrupts it, and its caller gets an answer all the same
        assert.strictEqual(
          Exit.match(repeatable.first, { onFailure: () => 0, onSuccess: ({ status }) => status }),
          what === "breaks" ? 0 : 424
        )
        assert.strictEqual((yield* repeatable.again(fine)).status, 204)
        const other = yield* once(end, false)
        assert.strictEqual((yield* other.again(Effect.dieMessage("it ran again"))).status, 424)
      }))
  }

  it.scoped("a key that is no key is refused", () =>
    Effect.gen(function*() {
      const { calls, http } = yield* serve()
      for (const key of ["x".repeat(256), "\u00e9"]) {
        const response = yield* http.execute(keyed(key))
        assert.strictEqual(response.status, 400)
        assert.include(yield* response.text, "idempotency-key")
      }
      deepStrictEqual(calls, [])
    }))
})
