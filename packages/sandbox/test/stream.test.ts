/** Sendblue's event stream in the sandbox: its events, its heartbeats, its end, and its faults. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { ada, sendblueLine, start } from "./support.ts"

type Started = Effect.Effect.Success<ReturnType<typeof start>>

interface Open {
  readonly status: number
  /** Waits until the text so far holds this, or the connection has ended. */
  readonly until: (text: string) => Effect.Effect<string>
  readonly ended: Effect.Effect<"end" | "reset">
}

const open = (sandbox: Started, query = ""): Effect.Effect<Open, never, Scope.Scope> =>
  Effect.gen(function*() {
    const controller = new AbortController()
    yield* Effect.addFinalizer(() => Effect.sync(() => controller.abort()))
    const response = yield* Effect.promise(() =>
      fetch(`${sandbox.urls.sendblue}/api/v2/events${query}`, {
        headers: {
          accept: "text/event-stream",
          "sb-api-key-id": sandbox.credentials.sendblueKeyId,
          "sb-api-secret-key": sandbox.credentials.sendblueSecretKey
        },
        signal: controller.signal
      })
    )
    const reader = response.body?.getReader()
    let text = ""
    const pull = async (): Promise<"more" | "end" | "reset"> => {
      try {
        const piece = await reader?.read()
        if (piece === undefined || piece.done) return "end"
        text += new TextDecoder().decode(piece.value)
        return "more"
      } catch {
        return "reset"
      }
    }
    return {
      status: response.status,
      until: (wanted) =>
        Effect.promise(async () => {
          while (!text.includes(wanted) && (await pull()) === "more");
          return text
        }),
      ended: Effect.promise(async () => {
        for (;;) {
          const state = await pull()
          if (state !== "more") return state
        }
      })
    }
  })

const eventsIn = (text: string): ReadonlyArray<{ readonly type: string; readonly id: string; readonly data: Record<string, unknown> }> =>
  Array.from(text.matchAll(/^data: (.*)$/gm), ([, json = ""]) => JSON.parse(json) as ReturnType<typeof eventsIn>[number])

const say = (sandbox: Started, text: string) => sandbox.network.say({ from: ada, to: sendblueLine, text })

describe("the event stream", () => {
  it.scopedLive("tells messages without their texts, typing, lines and contacts, in order", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const stream = yield* open(sandbox)
      yield* stream.until(": open")
      const sent = yield* sandbox.sendText(ada, "secret words")
      yield* sandbox.network.advance("100 millis")
      yield* say(sandbox, "more secret words")
      yield* sandbox.network.typing(ada, sendblueLine, true)
      yield* sandbox.network.flagLine(sendblueLine)
      yield* sandbox.network.releaseLine("+12025550202")
      yield* sandbox.network.addLine("sendblue", "+12025550202")
      yield* sandbox.sendblue("POST", "/v2/contacts", { number: ada })
      const text = yield* stream.until("contact.created")
      deepStrictEqual(eventsIn(text).map(({ type }) => type), [
        "message.created",
        "message.updated",
        "message.updated",
        "message.received",
        "typing.changed",
        "line.status.changed",
        "line.blocked",
        "line.unassigned",
        "line.assigned",
        "contact.created"
      ])
      strictEqual(text.includes("secret words"), false)
      const [created, , delivered] = eventsIn(text)
      strictEqual(created?.data["message_id"], sent.body.message_handle)
      strictEqual(delivered?.data["status"], "DELIVERED")
    }))

  it.scopedLive("tells only the types that were asked for", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const stream = yield* open(sandbox, "?types=line.blocked,message.received")
      yield* sandbox.network.flagLine(sendblueLine)
      yield* say(sandbox, "hello")
      deepStrictEqual(eventsIn(yield* stream.until("message.received")).map(({ type }) => type), ["line.blocked", "message.received"])
    }))

  it.scopedLive("has a heartbeat every 15 seconds and ends after 15 minutes", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const stream = yield* open(sandbox)
      yield* sandbox.network.advance("45 seconds")
      const beats = (yield* stream.until("heartbeat\n\n: heartbeat\n\n: heartbeat")).match(/heartbeat/g)
      strictEqual(beats?.length, 3)
      yield* sandbox.network.advance("15 minutes")
      strictEqual(yield* stream.ended, "end")
      yield* sandbox.network.reset
      const again = yield* open(sandbox)
      yield* sandbox.network.reset
      strictEqual(yield* again.ended, "end")
    }))
})

describe("a fault of the event stream", () => {
  it.scopedLive("stream-absent is a 404, as often as it says", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      yield* sandbox.network.addFault({ vendor: "sendblue", kind: "stream-absent" })
      strictEqual((yield* open(sandbox)).status, 404)
      strictEqual((yield* open(sandbox)).status, 200)
    }))

  it.scopedLive("stream-cut resets the connection in place of an event", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const stream = yield* open(sandbox)
      yield* sandbox.network.addFault({ vendor: "sendblue", kind: "stream-cut", event: "received" })
      yield* say(sandbox, "hello")
      strictEqual(yield* stream.ended, "reset")
    }))

  it.scopedLive("stream-lost leaves an event out, and stream-duplicate tells it twice", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const stream = yield* open(sandbox)
      yield* sandbox.network.addFault({ vendor: "sendblue", kind: "stream-lost", event: "received" })
      const lost = yield* say(sandbox, "lost")
      yield* sandbox.network.addFault({ vendor: "sendblue", kind: "stream-duplicate", event: "received" })
      const twice = yield* say(sandbox, "twice")
      const last = yield* say(sandbox, "last")
      const ids = eventsIn(yield* stream.until(last.id)).map(({ data }) => data["message_id"])
      deepStrictEqual(ids, [twice.id, twice.id, last.id])
      strictEqual(ids.includes(lost.id), false)
    }))

  it.scopedLive("stream-silent says nothing any more, and the connection stays", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const silent = yield* open(sandbox)
      yield* sandbox.network.addFault({ vendor: "sendblue", kind: "stream-silent", event: "received" })
      yield* say(sandbox, "hello")
      const fresh = yield* open(sandbox)
      yield* sandbox.network.advance("30 seconds")
      yield* say(sandbox, "again")
      yield* fresh.until("message.received")
      yield* sandbox.network.advance("15 minutes")
      strictEqual(yield* silent.ended, "end")
      strictEqual((yield* silent.until("nothing")).includes("heartbeat"), false)
    }))

  it.scopedLive("exists at Sendblue only", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const refused = yield* Effect.flip(sandbox.network.addFault({ vendor: "linq", kind: "stream-cut" }))
      strictEqual(refused.message, "stream-cut exists at sendblue only")
    }))
})
