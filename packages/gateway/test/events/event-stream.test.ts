/** The event log as its readers over HTTP see it. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import { describe, expect, it } from "@effect/vitest"
import * as CarrierId from "@interline/core/CarrierId"
import { ApiKeyTable } from "@interline/sql/ApiKeyTable"
import { AuditTable } from "@interline/sql/AuditTable"
import * as EventLog from "@interline/sql/EventLog"
import * as EventLogLive from "@interline/sql/EventLogLive"
import { SessionTable } from "@interline/sql/SessionTable"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import * as Http from "node:http"
import * as Sessions from "../../src/access/Sessions.ts"
import * as EventStream from "../../src/events/EventStream.ts"
import * as ApiKeys from "../../src/http/ApiKeys.ts"
import * as Drain from "../../src/http/Drain.ts"
import { database } from "../database.ts"
import { apiKeyTable, auditTable, sessionTable } from "../memory.ts"

const key = "a-key-of-sixteen-letters"

const event = (kind: string, text = "line one\nline two"): EventLog.NewEvent => ({
  at: 1000,
  event: { kind: "carrier", data: { _tag: "Unrecognized", carrierId: CarrierId.make("linq"), kind, raw: { text } } }
})

const optedIn: EventLog.NewEvent = { at: 1000, event: { kind: "router", data: { _tag: "Restored", at: 1000, source: "explicit" } } }

const world = Effect.gen(function*() {
  const audit = auditTable()
  let pulled = 0
  let encoded = 0
  // an entry that counts how often it is encoded: one for each entry, as the log has one
  const counting = new WeakMap<EventLog.GatewayEvent, EventLog.GatewayEvent>()
  const countedEntry = (entry: EventLog.GatewayEvent): EventLog.GatewayEvent => {
    const { data } = entry.event
    if (data._tag !== "Unrecognized") return entry
    const raw = { toJSON: () => (encoded += 1, data.raw) }
    const known = counting.get(entry) ?? { ...entry, event: { kind: "carrier", data: { ...data, raw } } }
    counting.set(entry, known)
    return known
  }
  const counted = Layer.effect(
    EventLog.EventLog,
    Effect.map(EventLog.EventLog, (log): EventLog.EventLogService => ({
      ...log,
      reader: (after) =>
        Effect.map(log.reader(after), (reader) => ({
          ...reader,
          next: Effect.map(reader.next, (entries) => {
            pulled += entries.length
            return entries.map(countedEntry)
          })
        }))
    }))
  ).pipe(
    Layer.provide(EventLogLive.layer({ pollEvery: "1 hour" })),
    Layer.provide(database)
  )
  const context = yield* Layer.build(
    HttpLayerRouter.serve(EventStream.layer, { disableLogger: true, disableListenLog: true }).pipe(
      Layer.provideMerge(NodeHttpServer.layer(() => Http.createServer(), { port: 0, host: "127.0.0.1" })),
      Layer.provideMerge(counted),
      Layer.provideMerge(Drain.layer),
      Layer.provideMerge(Sessions.layer()),
      Layer.provideMerge(Layer.succeed(AuditTable, audit)),
      Layer.provideMerge(ApiKeys.layer(new Map([["test", Redacted.make(key)]]))),
      Layer.provide(Layer.succeed(ApiKeyTable, apiKeyTable())),
      Layer.provide(Layer.succeed(SessionTable, sessionTable()))
    )
  )
  const { address } = Context.get(context, HttpServer.HttpServer)
  return {
    audit,
    sessions: Context.get(context, Sessions.Sessions),
    pulled: () => pulled,
    encoded: () => encoded,
    log: Context.get(context, EventLog.EventLog),
    drain: Context.get(context, Drain.Drain),
    port: address._tag === "TcpAddress" ? address.port : 0
  }
})

interface Reader {
  readonly status: number
  readonly headers: Http.IncomingHttpHeaders
  readonly text: () => string
  readonly isOver: () => boolean
  readonly response: Http.IncomingMessage
}

const read = (port: number, path = "/v1/events", headers: Record<string, string> = { authorization: `Bearer ${key}` }) =>
  Effect.acquireRelease(
    Effect.async<Reader & { readonly request: Http.ClientRequest }>((resume) => {
      const request = Http.request({ port, host: "127.0.0.1", path, headers }, (response) => {
        let text = ""
        let isOver = false
        response.setEncoding("utf8")
        response.on("data", (chunk: string) => void (text += chunk))
        response.on("end", () => void (isOver = true))
        response.on("error", () => {})
        resume(
          Effect.succeed({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: () => text,
            isOver: () => isOver,
            response,
            request
          })
        )
      })
      request.on("error", () => {})
      request.end()
    }),
    ({ request }) => Effect.sync(() => request.destroy())
  )

const turn = Effect.promise(() => new Promise<void>((done) => setTimeout(done, 5)))

const until = (check: () => boolean) =>
  Effect.iterate(0, { while: (times) => times < 1_000 && !check(), body: (times) => Effect.as(turn, times + 1) }).pipe(
    Effect.filterOrDieMessage(() => check(), "it did not happen")
  )

const messages = (text: string) =>
  text.split("\n\n").filter((block) => block.includes("data: ")).map((block) =>
    Object.fromEntries(block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]))
  )

const kinds = (text: string) =>
  messages(text).map(({ data, event }) => event === "Unrecognized" ? JSON.parse(data ?? "").event.data.kind : event)

describe("the event stream", () => {
  it.scoped("wants a key", () =>
    Effect.gen(function*() {
      const { port } = yield* world
      for (const headers of [{}, { authorization: "Bearer wrong-key-of-sixteen" }, { authorization: key }, { "sb-api-secret-key": key }]) {
        const { status, text, isOver, headers: answered } = yield* read(port, "/v1/events", headers)
        yield* until(isOver)
        expect(status).toBe(401)
        expect(answered["content-type"]).toContain("application/problem+json")
        expect(text()).not.toContain("data:")
      }
    }))

  it.scoped("refuses types that no entry has, and a list of none", () =>
    Effect.gen(function*() {
      const { port } = yield* world
      for (const types of ["Nope", "Started", "Received,received", "", ","]) {
        const { isOver, status, text } = yield* read(port, `/v1/events?types=${types}`)
        yield* until(isOver)
        expect(status).toBe(400)
        expect(text()).toContain("types names events")
      }
    }))

  it.scoped("tells a reader whose place is beyond the newest entry what comes next", () =>
    Effect.gen(function*() {
      const { log, port } = yield* world
      yield* log.append([event("old")])
      const { text } = yield* read(port, "/v1/events", { authorization: `Bearer ${key}`, "last-event-id": "90000" })
      yield* until(() => text().includes("retry:"))
      yield* log.append([event("new")])
      yield* until(() => messages(text()).length > 0)
      expect(kinds(text())).toEqual(["new"])
    }))

  it.scoped("tells each entry with its id, its type and itself as one line of JSON", () =>
    Effect.gen(function*() {
      const { log, port } = yield* world
      const [first] = yield* log.append([event("one")])
      const { headers, status, text } = yield* read(port, "/v1/events?after=0")
      yield* until(() => messages(text()).length === 1)
      expect(status).toBe(200)
      expect(headers["content-type"]).toContain("text/event-stream")
      expect(headers["cache-control"]).toBe("no-store")
      const [message] = messages(text())
      expect(message).toMatchObject({ id: String(first?.id), event: "Unrecognized" })
      expect(Schema.decodeSync(Schema.parseJson(EventLog.GatewayEvent))(message?.["data"] ?? "")).toEqual(first)
    }))

  it.scoped("begins with what happens from now on, and tells it at once", () =>
    Effect.gen(function*() {
      const { log, port } = yield* world
      yield* log.append([event("before")])
      const { text } = yield* read(port)
      yield* until(() => text().includes("retry:"))
      yield* turn
      yield* Effect.repeat(turn, { times: 5 })
      yield* log.append([event("after")])
      yield* until(() => kinds(text()).length === 1)
      expect(kinds(text())).toEqual(["after"])
    }))

  it.scoped("goes on after the id that the reader names, in a header before the address", () =>
    Effect.gen(function*() {
      const { log, port } = yield* world
      const written = yield* log.append([event("one"), event("two"), event("three")])
      const id = (nth: number) => String(written[nth]?.id)
      const byAddress = yield* read(port, `/v1/events?after=${id(1)}`)
      const byHeader = yield* read(port, `/v1/events?after=${id(1)}`, { authorization: `Bearer ${key}`, "last-event-id": id(0) })
      yield* until(() => kinds(byAddress.text()).length === 1 && kinds(byHeader.text()).length === 2)
      expect(kinds(byAddress.text())).toEqual(["three"])
      expect(kinds(byHeader.text())).toEqual(["two", "three"])
      for (const wrong of ["-1", "x", "1.5", "1e3", "99999999999999999"]) {
        expect((yield* read(port, `/v1/events?after=${wrong}`)).status).toBe(400)
      }
    }))

  it.scoped("tells the types that are asked for", () =>
    Effect.gen(function*() {
      const { log, port } = yield* world
      yield* log.append([event("one"), optedIn])
      const one = yield* read(port, "/v1/events?after=0&types=Restored,Held")
      const both = yield* read(port, "/v1/events?after=0&types=Restored&types=%20Unrecognized")
      yield* until(() => kinds(one.text()).length === 1 && kinds(both.text()).length === 2)
      expect(kinds(one.text())).toEqual(["Restored"])
    }))

  it.scoped("says now and then that it is alive", () =>
    Effect.gen(function*() {
      const { port } = yield* world
      const { text } = yield* read(port)
      yield* until(() => text().includes("retry:"))
      yield* Effect.repeat(turn, { times: 5 })
      const beats = () => text().split("\n\n").filter((block) => block.startsWith(": ")).length
      expect(beats()).toBe(0)
      yield* TestClock.adjust("15 seconds")
      yield* until(() => beats() === 1)
      yield* TestClock.adjust("15 seconds")
      yield* until(() => beats() === 2)
    }))

  it.scoped("ends when the process drains", () =>
    Effect.gen(function*() {
      const { drain, log, port } = yield* world
      yield* log.append([event("one")])
      const { isOver, text } = yield* read(port, "/v1/events?after=0")
      yield* until(() => kinds(text()).length === 1)
      expect(isOver()).toBe(false)
      yield* drain.begin
      yield* until(isOver)
    }))

  it.scoped("waits for a slow reader instead of keeping what it has not read", () =>
    Effect.gen(function*() {
      const { log, port, pulled } = yield* world
      const size = 64 * 1_024
      const count = 400
      for (let nth = 0; nth < count; nth += 50) {
        yield* log.append(Array.from({ length: 50 }, (_, index) => event(String(nth + index), "x".repeat(size))))
      }
      const { response, text } = yield* read(port, "/v1/events?after=0")
      response.pause()
      yield* Effect.repeat(turn, { times: 60 })
      // 25 MiB are in the log; on its way is what the network holds, and a page
      expect(pulled()).toBeLessThan(count / 2)
      response.resume()
      yield* until(() => text().length > count * size)
      expect(kinds(text())).toHaveLength(count)
    }))

  it.scoped("encodes an entry once for all readers, whatever they filter by", () =>
    Effect.gen(function*() {
      const { encoded, log, port } = yield* world
      const readers = yield* Effect.forEach(
        Array.from({ length: 12 }, (_, nth) => nth % 2 === 0 ? "/v1/events" : "/v1/events?types=Unrecognized"),
        (path) => read(port, path)
      )
      yield* until(() => readers.every(({ text }) => text().includes("retry:")))
      for (let nth = 0; nth < 5; nth++) yield* log.append([event(String(nth)), optedIn])
      yield* until(() => readers.every(({ text }) => kinds(text()).filter((kind) => kind !== "Restored").length === 5))
      expect(encoded()).toBe(5)
    }))

  it.scoped("encodes nothing that no reader wants", () =>
    Effect.gen(function*() {
      const { encoded, log, port, pulled } = yield* world
      const { text } = yield* read(port, "/v1/events?types=Restored")
      yield* until(() => text().includes("retry:"))
      yield* log.append([event("one"), event("two")])
      yield* until(() => pulled() === 2)
      yield* log.append([optedIn])
      yield* until(() => kinds(text()).length === 1)
      expect(encoded()).toBe(0)
    }))

  it.scoped("is over for a reader that goes away", () =>
    Effect.gen(function*() {
      const { log, port } = yield* world
      yield* log.append([event("one")])
      const gone = yield* Effect.fork(Effect.scoped(Effect.gen(function*() {
        const { text } = yield* read(port, "/v1/events?after=0")
        yield* until(() => kinds(text()).length === 1)
      })))
      yield* Fiber.join(gone)
      // the end of the test's scope closes the server, which waits for every connection
    }))
})
