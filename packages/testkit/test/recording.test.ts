/** What records keeps what it is told, and answers as it is told. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as LogLevel from "effect/LogLevel"
import * as RecordingServer from "../src/RecordingServer.ts"
import * as RecordingTracer from "../src/RecordingTracer.ts"

const post = (url: string, body: string) =>
  Effect.promise(async () => {
    const response = await fetch(url, { method: "POST", body, headers: { "X-Name": "value" } })
    return { status: response.status, header: response.headers.get("x-answer"), text: await response.text() }
  })

describe("a recording server", () => {
  it.scopedLive("answers from a list, then with an empty 200, and keeps every request", () =>
    Effect.gen(function*() {
      const server = yield* RecordingServer.make([{ status: 503, headers: { "x-answer": "first" }, body: "later" }, { status: 204 }])
      deepStrictEqual(yield* post(`${server.origin}/hook?a=b`, "ü"), { status: 503, header: "first", text: "later" })
      deepStrictEqual((yield* post(server.origin, "2")).status, 204)
      deepStrictEqual(yield* post(server.origin, "3"), { status: 200, header: null, text: "" })
      deepStrictEqual(server.received.map(({ body, method, url }) => [method, url, body]), [
        ["POST", "/hook?a=b", "ü"],
        ["POST", "/", "2"],
        ["POST", "/", "3"]
      ])
      strictEqual(server.received[0]?.headers["x-name"], "value")
      deepStrictEqual(Array.from(server.received[0]?.bytes ?? []), [0xc3, 0xbc])
      deepStrictEqual(server.answered, [503, 204, 200])
    }))

  it.scopedLive("answers what a function makes of a request, at once or later", () =>
    Effect.gen(function*() {
      const later = yield* Effect.makeLatch()
      const server = yield* RecordingServer.make(({ body }) => body === "now" ? { body } : later.whenOpen(Effect.succeed({ body: "then" })))
      const waiting = yield* Effect.fork(post(server.origin, "later"))
      strictEqual((yield* post(server.origin, "now")).text, "now")
      yield* later.open
      strictEqual((yield* waiting).text, "then")
    }))

  it.scopedLive("is gone when its scope ends, with the requests that are open", () =>
    Effect.gen(function*() {
      const port = yield* Effect.scoped(Effect.gen(function*() {
        const { origin, port, received } = yield* RecordingServer.make(() => Effect.never)
        const asking = Effect.tryPromise(() => fetch(origin))
        yield* Effect.fork(Effect.ignore(asking))
        yield* Effect.repeat(Effect.yieldNow(), { until: () => received.length === 1 })
        return port
      }))
      strictEqual((yield* Effect.flip(Effect.tryPromise(() => fetch(`http://127.0.0.1:${port}`))))._tag, "UnknownException")
    }))

  it.scopedLive("listens at a port that was free", () =>
    Effect.gen(function*() {
      const ports = [yield* RecordingServer.freePort, yield* RecordingServer.freePort]
      strictEqual(ports.every((port) => port > 0), true)
    }))
})

describe("a recording tracer", () => {
  it.effect("keeps spans with attributes, events and ends, and log lines with annotations and causes", () =>
    Effect.gen(function*() {
      const recording = RecordingTracer.make()
      yield* Effect.gen(function*() {
        yield* Effect.annotateCurrentSpan("later", 2)
        yield* Effect.annotateLogs(Effect.logDebug("hello"), { line: "support" })
        return yield* Effect.fail("broken")
      }).pipe(
        Effect.withSpan("outer", { attributes: { first: 1 }, captureStackTrace: false }),
        Effect.exit,
        Effect.provide(recording.layer)
      )
      const [span, log] = recording.told
      deepStrictEqual(span?._tag === "Span" ? [span.name, span.attributes, span.ends.length] : span, ["outer", { first: 1, later: 2 }, 1])
      deepStrictEqual(log?._tag === "Log" ? [log.level._tag, log.message, log.annotations] : log, [
        "Debug",
        ["hello"],
        [["line", "support"]]
      ])
      deepStrictEqual(recording.causes().map((cause) => Array.from(Cause.failures(cause))), [["broken"], []])
    }))

  it.effect("keeps no line below the level, and spans alone beside what an effect gives", () =>
    Effect.gen(function*() {
      const recording = RecordingTracer.make(LogLevel.Error)
      yield* Effect.provide(Effect.zipRight(Effect.logInfo("no"), Effect.logError("yes")), recording.layer)
      strictEqual(recording.told.length, 1)
      const [value, spans] = yield* RecordingTracer.record(Effect.withSpan(Effect.succeed(7), "one"))
      deepStrictEqual([value, spans.map(({ ends, name }) => [name, ends.length])], [7, [["one", 1]]])
    }))
})
