import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Cluster } from "@interline/cluster/Cluster"
import * as CarrierId from "@interline/core/CarrierId"
import { Router } from "@interline/router/Router"
import * as RecordingTracer from "@interline/testkit/RecordingTracer"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as Readiness from "../../src/api/Readiness.ts"
import * as Drain from "../../src/http/Drain.ts"
import type { Progress } from "../../src/server/CatchUpProgress.ts"
import * as Telemetry from "../../src/server/Telemetry.ts"
import { ada, delivery, serve, support } from "./world.ts"

const payload = { to: { line: support, handle: ada }, text: "hi" }
const send = HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post("/v1/send"), payload)

const digits = ada.slice(1)

/** Everything that is told of requests: spans with their attributes, and log lines. */
const recorder = () => {
  const recording = RecordingTracer.make(LogLevel.Info)
  const written = () =>
    JSON.stringify(recording.told.map((one) =>
      one._tag === "Log"
        ? [one.message, ...one.annotations.toSorted(([left], [right]) => left.localeCompare(right))]
        : [
          one.name,
          Object.entries(one.attributes),
          one.events,
          one.ends.map((exit) => Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "ok")
        ]
    ))
  return { written, layer: recording.layer }
}

describe("what is told of requests", () => {
  it.scoped("one line and one span name the route and the status, and nothing of the address, the body or the key", () => {
    const { layer, written } = recorder()
    return Effect.gen(function*() {
      const { http } = yield* serve({ edge: { accessLog: true } })
      yield* http.get(`/v1/messages?peer=%2B${digits}`)
      yield* http.get(`/v1/chats/linq%3A${digits}`)
      yield* http.get(`/nowhere/${digits}?x=${digits}`)
      yield* http.execute(send)
      const all = written()
      assert.notInclude(all, digits)
      assert.notInclude(all, "0123456789abcdef")
      for (const route of ["/v1/messages", "/v1/chats/:chat", "/v1/send"]) assert.include(all, `["http.route","${route}"]`)
      assert.include(all, `["method","POST"],["ms",0],["route","/v1/send"],["status",200]`)
      assert.include(all, `["route","none"],["status",404]`)
    }).pipe(Effect.provide(layer))
  })

  it.scoped("metrics count by route and status, and no label holds a number", () =>
    Effect.gen(function*() {
      const { http } = yield* serve()
      yield* http.get(`/v1/chats/linq%3A${digits}`)
      yield* http.execute(send)
      const text = yield* Effect.flatMap(http.get("/metrics"), (response) => response.text)
      assert.match(text, /interline_http_requests_total\{[^}]*route="\/v1\/chats\/:chat"[^}]*status="200"[^}]*\} \d/)
      assert.match(text, /# TYPE interline_http_request_duration_seconds histogram/)
      assert.match(text, /interline_http_request_duration_seconds_bucket\{[^}]*le="\+Inf"\} \d/)
      for (const [line, open, resting] of [["support", 1, 0], ["resting", 0, 1]] as const) {
        assert.match(text, new RegExp(`interline_line_open\\{[^}]*line="${line}"[^}]*\\} ${open}`))
        assert.match(text, new RegExp(`interline_line_resting\\{[^}]*line="${line}"[^}]*\\} ${resting}`))
        assert.match(text, new RegExp(`interline_line_faulty\\{[^}]*line="${line}"[^}]*\\} ${resting}`))
      }
      for (const [line, hour, day] of [["support", 3, 4], ["resting", 2, 2]] as const) {
        assert.match(text, new RegExp(`interline_line_new_contacts\\{[^}]*line="${line}"[^}]*span="hour"[^}]*\\} ${hour}`))
        assert.match(text, new RegExp(`interline_line_new_contacts\\{[^}]*line="${line}"[^}]*span="day"[^}]*\\} ${day}`))
      }
      for (const [span, used, left] of [["hour", 15, 0], ["day", 20, 30]] as const) {
        assert.match(text, new RegExp(`interline_line_usage_used\\{[^}]*line="support"[^}]*span="${span}"[^}]*\\} ${used}`))
        assert.match(text, new RegExp(`interline_line_usage_left\\{[^}]*line="support"[^}]*span="${span}"[^}]*\\} ${left}`))
      }
      assert.match(text, /interline_line_resting_for_new\{[^}]*line="support"[^}]*\} 1/)
      assert.notInclude(text, digits)
      // each line is a comment or a sample
      for (const line of text.trimEnd().split("\n")) {
        assert.match(line, /^(?:# (?:HELP|TYPE) interline_\w+ .+|interline_\w+(?:\{[^}]*\})? \S+)$/)
      }
    }))

  it.scoped("an exported span keeps the name of a failure and not its words", () =>
    Effect.gen(function*() {
      const { layer, written } = recorder()
      const inner = yield* Effect.provide(Effect.tracer, layer)
      const failing = Effect.fail(new Error(`INSERT ${digits}`)).pipe(
        Effect.withSpan("sql.execute", { attributes: { delivery: "d" } }),
        Effect.tap(() => Effect.void)
      )
      yield* Effect.exit(Effect.withTracer(
        Effect.zipRight(
          Effect.useSpan("http.client", (span) => Effect.sync(() => span.attribute("url.full", `https://x/${digits}`))),
          failing
        ),
        Telemetry.discreet(inner)
      ))
      const all = written()
      assert.include(all, "sql.execute")
      assert.include(all, "left out")
      assert.notInclude(all, digits)
    }))
})

describe("the end of a process", () => {
  it.scoped("refuses what acts, answers what reads, and finishes what is under way", () =>
    Effect.gen(function*() {
      const begun = yield* Queue.unbounded<void>()
      const go = yield* Deferred.make<void>()
      const { drain, http } = yield* serve({
        messaging: { send: () => Queue.offer(begun, undefined).pipe(Effect.zipRight(Deferred.await(go)), Effect.as(delivery)) }
      })
      const first = yield* Effect.fork(http.execute(send))
      yield* Queue.take(begun)
      // a balancer that has not noticed yet loses nothing, and connects anew
      yield* drain.announce
      const taken = yield* Effect.fork(http.execute(send))
      yield* Queue.take(begun)
      yield* drain.begin
      const refused = yield* http.execute(send)
      deepStrictEqual(
        [refused.status, refused.headers["connection"], refused.headers["retry-after"], refused.headers["x-should-retry"]],
        [503, "close", "5", "true"]
      )
      assert.strictEqual((yield* http.get("/v1/carriers")).status, 200)
      const idle = yield* Effect.fork(drain.idle)
      yield* Effect.yieldNow()
      assert.isTrue(Option.isNone(yield* Fiber.poll(idle)))
      yield* Deferred.succeed(go, undefined)
      assert.strictEqual((yield* first).status, 200)
      const last = yield* taken
      deepStrictEqual([last.status, last.headers["connection"]], [200, "close"])
      yield* Fiber.join(idle)
    }))

  it.scoped("waits in an interrupted process too, and not longer than it may", () =>
    Effect.gen(function*() {
      const drain = yield* Drain.make
      const under = yield* Effect.fork(drain.track(Effect.never))
      yield* Effect.yieldNow()
      const process = yield* Effect.fork(
        Layer.launch(Layer.provide(Drain.onShutdown({ drainFor: "30 seconds", notice: "5 seconds" }), Layer.succeed(Drain.Drain, drain)))
      )
      yield* Effect.repeatN(Effect.yieldNow(), 20)
      const ending = yield* Effect.fork(Fiber.interrupt(process))
      yield* Effect.repeatN(Effect.yieldNow(), 20)
      deepStrictEqual([yield* drain.isEnding, yield* drain.isDraining], [true, false])
      yield* TestClock.adjust("34 seconds")
      assert.isTrue(yield* drain.isDraining)
      assert.isTrue(Option.isNone(yield* Fiber.poll(ending)))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(ending)
      yield* Fiber.interrupt(under)
    }))

  it.scoped("answers reads that are still under way when what they use ends, and every request that is interrupted", () =>
    Effect.gen(function*() {
      const begun = yield* Queue.unbounded<void>()
      const { drain, http } = yield* serve({
        messaging: {
          getChat: () => Effect.zipRight(Queue.offer(begun, undefined), Effect.never),
          getMessage: () => Effect.interrupt
        }
      })
      const told = (response: HttpClientResponse.HttpClientResponse) =>
        Effect.map(response.json, (body) => {
          const { certainty, next, type } = body as Record<string, unknown>
          return [response.status, type, certainty, next, response.headers["connection"], response.headers["retry-after"]]
        })
      const reading = yield* Effect.fork(http.get("/v1/chats/linq%3Aabc"))
      yield* Queue.take(begun)
      yield* drain.begin
      yield* drain.endReads
      const refusal = [503, "urn:interline:problem:draining", "not-sent", "retry", "close", "5"]
      deepStrictEqual(yield* Effect.flatMap(Fiber.join(reading), told), refusal)
      deepStrictEqual(yield* Effect.flatMap(http.get("/v1/messages/linq%3Aabc"), told), refusal)
      yield* drain.idle
    }))

  it.scoped("says of an act that was interrupted that it is not known how far it got", () =>
    Effect.gen(function*() {
      const interrupted = HttpLayerRouter.use((router) => router.add("POST", "/webhooks/:carrier", Effect.interrupt))
      const { http } = yield* serve({ messaging: { send: () => Effect.interrupt }, routes: interrupted })
      const response = yield* http.execute(send)
      const { certainty, next, type } = (yield* response.json) as Record<string, unknown>
      deepStrictEqual(
        [response.status, type, certainty, next, response.headers["x-should-retry"]],
        [424, "urn:interline:problem:idempotency-unknown", "unknown", "reconcile", "false"]
      )
      // whoever sends a webhook must send it again
      const webhook = yield* http.execute(HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post("/webhooks/linq"), {}))
      deepStrictEqual([webhook.status, webhook.headers["retry-after"], webhook.headers["connection"]], [503, "5", "close"])
    }))

  it.scoped("waits for the answers to what came while the drain ended, before what they use ends, and not for long", () =>
    Effect.gen(function*() {
      const drain = yield* Drain.make
      const seen: Array<string> = []
      const used = Layer.scopedDiscard(Effect.addFinalizer(() => Effect.sync(() => seen.push("what they use has ended"))))
      const service = Layer.succeed(Drain.Drain, drain)
      const ends = Effect.gen(function*() {
        const scope = yield* Scope.make()
        yield* Scope.extend(Layer.build(Drain.lastAnswers.pipe(Layer.provide(used), Layer.provide(service))), scope)
        const go = yield* Deferred.make<void>()
        const last = yield* Effect.fork(drain.track(Effect.zipRight(Deferred.await(go), Effect.sync(() => seen.push("answered")))))
        yield* Effect.yieldNow()
        const ending = yield* Effect.fork(Scope.close(scope, Exit.void))
        yield* Effect.repeatN(Effect.yieldNow(), 20)
        return { ending, go, last }
      })
      const answered = yield* ends
      deepStrictEqual(seen, [])
      yield* Deferred.succeed(answered.go, undefined)
      yield* Fiber.join(answered.ending)
      deepStrictEqual(seen, ["answered", "what they use has ended"])
      const stuck = yield* ends
      const read = yield* Effect.fork(drain.trackRead(Effect.never))
      yield* Effect.yieldNow()
      yield* TestClock.adjust("1 second")
      deepStrictEqual(Exit.isInterrupted(yield* Fiber.await(read)), true)
      yield* Fiber.join(stuck.ending)
      deepStrictEqual(seen.slice(2), ["what they use has ended"])
      yield* Fiber.interrupt(stuck.last)
    }))

  it.effect("is not ready after 2 seconds if the database takes the question, never answers, and cannot be interrupted", () =>
    Effect.gen(function*() {
      const drain = yield* Drain.make
      const asked = yield* Readiness.readiness(Effect.uninterruptible(Effect.never)).pipe(
        Effect.provideService(Drain.Drain, drain),
        Effect.provideService(Router, Router.of({ health: Effect.uninterruptible(Effect.never) } as never)),
        Effect.fork
      )
      yield* TestClock.adjust("1999 millis")
      deepStrictEqual(yield* Fiber.poll(asked), Option.none())
      yield* TestClock.adjust("1 millis")
      deepStrictEqual(yield* Fiber.join(asked), { ready: false, database: "unreachable", draining: false, lines: "unknown", catchUp: [] })
    }))

  it.effect("is not ready while it drains or while its database does not answer; a line that is not asked is no reason", () =>
    Effect.gen(function*() {
      const drain = yield* Drain.make
      const line = { carrierId: "linq", line: "support", state: "open" }
      const resting = { carrierId: "linq", line: "sales", state: "resting", until: 7 }
      const locked = { carrierId: "linq", line: "locked", state: "closed", faults: [{ reason: "Authentication", since: 3 }] }
      const fine = { carrierId: "linq", line: "fine", state: "closed" }
      const ready = (database: Effect.Effect<unknown, unknown>, progress?: Effect.Effect<ReadonlyArray<Progress>>) =>
        Readiness.readiness(database, progress).pipe(
          Effect.provideService(Drain.Drain, drain),
          Effect.provideService(Router, Router.of({ health: Effect.succeed([line, resting, locked, fine]) } as never))
        )
      deepStrictEqual(yield* ready(Effect.void), {
        ready: true,
        database: "ok",
        draining: false,
        lines: [line, resting, locked] as never,
        catchUp: []
      })
      assert.strictEqual((yield* ready(Effect.fail("no"))).ready, false)
      const part = { address: "127.0.0.1:1", shards: 0, taken: 0, takenUp: 0 }
      for (const joined of [true, false]) {
        const differing = ["1", "2"].map((port) => ({ address: `127.0.0.1:${port}`, settings: ["lines", "policy"] }))
        const inspect = Effect.succeed({ ...part, joined, differing })
        const state = yield* Effect.provideService(ready(Effect.void), Cluster, Cluster.of({ inspect }))
        deepStrictEqual([state.ready, state.cluster], [joined, { ...part, joined, differing: ["lines", "policy"] }])
      }
      const counts = { failures: 1, read: 0, told: 0, optOuts: 0 }
      const progress = Effect.map(Clock.currentTimeMillis, (now) => [
        { ...counts, carrierId: CarrierId.make("linq"), state: "done", heardUntil: now } as const,
        { ...counts, carrierId: CarrierId.make("linq-eu"), state: "done", heardUntil: now - 1 } as const,
        { ...counts, carrierId: CarrierId.make("sendblue"), state: "failed", heardUntil: 5, why: "it hung" } as const,
        { ...counts, carrierId: CarrierId.make("other"), state: "waiting" } as const
      ])
      yield* TestClock.adjust("1 second")
      const behind = yield* ready(Effect.void, progress)
      deepStrictEqual([behind.ready, behind.catchUp], [true, [
        { carrierId: "linq-eu", state: "done", heardUntil: 999 },
        { carrierId: "sendblue", state: "failed", heardUntil: 5 },
        { carrierId: "other", state: "waiting" }
      ] as never])
      assert.strictEqual((yield* ready(Effect.die("no"))).database, "unreachable")
      const slow = yield* Effect.fork(ready(Effect.never))
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* Fiber.join(slow)).database, "unreachable")
      yield* drain.begin
      assert.strictEqual((yield* ready(Effect.void)).ready, false)
    }))
})
