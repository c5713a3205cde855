import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Sandbox from "../src/Sandbox.ts"
import { ada, bob, linqLine, sendblueLine, start } from "./support.ts"

const at = (handle: string): string => encodeURIComponent(handle)

describe("the control API", () => {
  it.scopedLive("tells where everything is", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      expect((yield* sandbox.control("GET", "/")).body).toMatchObject({
        linq: sandbox.urls.linq,
        sendblue: sandbox.urls.sendblue,
        control: sandbox.urls.control,
        credentials: sandbox.credentials
      })
    }))

  it.scopedLive("creates people, opts them out and in, lists them", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const { control } = sandbox
      const created = yield* control("POST", "/people", { handle: ada, service: "RCS", name: "Ada", optedOut: true })
      expect([created.status, created.body]).toEqual([201, {
        handle: ada,
        service: "RCS",
        name: "Ada",
        optedOut: true,
        optedOutOf: ["linq", "sendblue"]
      }])
      const changed = yield* control("POST", "/people", { handle: ada, service: "SMS" })
      expect(changed.body).toMatchObject({ service: "SMS", name: "Ada", optedOut: true })
      expect((yield* control("POST", `/people/${at(ada)}/opt-in`, { vendor: "linq" })).body.optedOutOf).toEqual(["sendblue"])
      expect((yield* control("POST", `/people/${at(ada)}/opt-in`)).body.optedOut).toBe(false)
      expect((yield* control("POST", `/people/${at(ada)}/opt-out`)).body.optedOut).toBe(true)
      expect((yield* control("GET", "/people")).body).toHaveLength(1)
      expect((yield* control("GET", `/people/${at(bob)}`)).status).toBe(404)
    }))

  it.scopedLive("lets people write, react, read and type", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const { control } = sandbox
      const said = yield* control("POST", `/people/${at(ada)}/messages`, { to: linqLine, text: "Hi", effect: "slam" })
      expect(said.body).toMatchObject({ vendor: "linq", id: expect.any(String), thread: expect.any(String) })
      const { body } = yield* sandbox.linq("GET", `/messages/${said.body.id}`)
      expect(body).toMatchObject({
        is_from_me: false,
        delivery_status: "received",
        effect: { type: "bubble", name: "slam" },
        from_handle: { handle: ada, is_me: false }
      })
      const { id } = (yield* sandbox.createChat([ada])).body.chat.message
      yield* control("POST", `/people/${at(ada)}/reactions`, { messageId: id, type: "love" })
      yield* control("POST", `/people/${at(ada)}/typing`, { line: linqLine })
      yield* control("POST", `/people/${at(ada)}/read`, { line: linqLine })
      const read = yield* sandbox.linq("GET", `/messages/${id}`)
      expect(read.body).toMatchObject({ delivery_status: "read", parts: [{ reactions: [{ type: "love", is_me: false }] }] })
      const phone = yield* control("GET", `/phones/${at(ada)}`)
      expect(phone.body.sent.map(({ text }: { text: string }) => text)).toEqual(["Hi"])
      expect(phone.body.messages[0].reactions).toEqual([{ from: ada, type: "love", emoji: null, partIndex: 0 }])
    }))

  it.scopedLive("lets people write in groups", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const chat = (yield* sandbox.createChat([ada, bob])).body.chat
      const said = yield* sandbox.control("POST", `/people/${at(ada)}/messages`, { to: linqLine, text: "Hi", group: chat.id })
      expect(said.body.thread).toBe(chat.id)
      const nowhere = { to: linqLine, text: "Hi", group: "nowhere" }
      expect((yield* sandbox.control("POST", `/people/${at(ada)}/messages`, nowhere)).status).toBe(404)
    }))

  it.scopedLive("adds and flags lines", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const added = yield* sandbox.control("POST", "/lines", { vendor: "sendblue", number: "+12025550299" })
      expect(added.body).toMatchObject({ vendor: "sendblue", flagged: false })
      expect((yield* sandbox.sendText(ada, "Hi", "+12025550299")).status).toBe(200)
      yield* sandbox.control("POST", `/lines/${at(linqLine)}/flag`)
      expect((yield* sandbox.createChat([ada])).status).toBe(403)
      yield* sandbox.control("POST", `/lines/${at(linqLine)}/unflag`)
      expect((yield* sandbox.createChat([ada])).status).toBe(201)
      expect((yield* sandbox.control("POST", "/lines/nowhere/flag")).status).toBe(404)
    }))

  it.scopedLive("clears phones and logs, moves time, starts over", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const { control } = sandbox
      yield* sandbox.createChat([ada])
      yield* sandbox.sendText(bob)
      const posts = yield* control("GET", "/requests?vendor=linq&method=POST&path=/v3/chats")
      expect(posts.body).toMatchObject([{ vendor: "linq", method: "POST", status: 201, fault: null }])
      expect((yield* control("GET", "/phones")).body).toHaveLength(2)
      yield* control("DELETE", `/phones/${at(ada)}`)
      expect((yield* control("GET", `/phones/${at(ada)}`)).body.messages).toEqual([])
      expect((yield* control("GET", `/phones/${at(bob)}`)).body.messages).toHaveLength(1)
      yield* control("DELETE", "/requests")
      expect((yield* control("GET", "/requests")).body).toEqual([])
      const before = Date.parse((yield* control("GET", "/clock")).body.now)
      const after = Date.parse((yield* control("POST", "/clock/advance", { ms: 90_000 })).body.now)
      expect(after - before).toBe(90_000)
      yield* control("POST", "/faults", { vendor: "sendblue", kind: "refused" })
      expect((yield* control("POST", "/reset")).status).toBe(204)
      expect((yield* control("GET", "/people")).body).toEqual([])
      expect((yield* sandbox.sendText(ada)).status, "the listener is open again").toBe(200)
    }))

  it.scopedLive.each(
    [
      ["POST", "/people", { handle: "nobody" }],
      ["POST", "/people", { handle: ada, servce: "SMS" }],
      ["POST", "/people", { handle: linqLine }],
      ["POST", "/people", "{"],
      ["POST", "/lines", { vendor: "pigeon", number: "+12025550299" }],
      ["POST", "/clock/advance", { ms: -1 }],
      ["POST", "/faults", { vendor: "linq", kind: "429", retryAftr: 1 }],
      ["POST", `/people/${at(ada)}/messages`, { to: sendblueLine }],
      ["GET", "/requests?vendor=pigeon", undefined]
    ] as const
  )("refuses %s %s %j", ([method, path, body]) =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const answer = yield* sandbox.control(method, path, body)
      expect([answer.status, typeof answer.body.error]).toEqual([400, "string"])
    }))
})

describe("a body that the control API refuses", () => {
  it.scopedLive.each(
    [
      ["/people", {}, "handle is missing"],
      ["/people", { handle: ada, servce: "SMS" }, "servce is no field of this body"],
      ["/people", "{", "The body must be a JSON object"],
      ["/people", "[]", "The body must be a JSON object"],
      ["/lines", { vendor: "pigeon", number: "+12025550299" }, "vendor: Expected linq or sendblue, actual \"pigeon\""],
      ["/faults", { vendor: "linq", kind: "429", retryAfter: true }, "retryAfter: Expected a number or a text, actual true"],
      ["/faults", { vendor: "linq", kind: "408" }, "kind: \"408\" is no fault; GET /faults/kinds lists them"],
      ["/faults", { vendor: "linq", kind: "429", retryAftr: 1 }, "retryAftr is no field of this body"],
      ["/faults", { vendor: "linq", kind: "429", match: { path: 1 } }, "match.path: Expected string, actual 1"],
      ["/faults", { vendor: "linq", kind: "429", retryAfter: -5 }, "retryAfter must be whole seconds, 0 or more, or an HTTP date"],
      ["/faults", { vendor: "linq", kind: "429", retryAfter: "soon\n" }, "retryAfter must be whole seconds, 0 or more, or an HTTP date"],
      ["/faults", { vendor: "linq", kind: "5xx-before", status: 99_999 }, "status must be between 500 and 599"],
      ["/faults", { vendor: "linq", kind: "delay", ms: -1 }, "ms must be 0 or more"],
      ["/faults", { vendor: "linq", kind: "429", times: -1 }, "times must be a whole number, 0 or more, or \"forever\""],
      ["/faults", { vendor: "linq", kind: "429", skip: 0.5 }, "skip must be a whole number, 0 or more"],
      ["/faults", { vendor: "linq", seed: 1, rate: 2, kinds: ["429"] }, "rate must be between 0 and 1"],
      ["/faults", { vendor: "linq", seed: 1, rate: "often", kinds: ["429"] }, "rate: Expected number, actual \"often\""]
    ] as const
  )("%s %j: %s", ([path, body, sentence]) =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const answer = yield* sandbox.control("POST", path, body)
      expect([answer.status, answer.body]).toEqual([400, { error: sentence }])
      expect(yield* sandbox.network.faults).toEqual([])
    }))
})

describe("a sandbox", () => {
  it.scopedLive("moves by itself on a real clock", () =>
    Effect.gen(function*() {
      const sandbox = yield* start({ clock: "real", statusDelay: "1 millis" })
      yield* sandbox.createChat([ada])
      const delivered = Effect.map(sandbox.phone(ada), ({ messages }) => messages[0]?.status === "delivered")
      while (!(yield* delivered)) yield* Effect.sleep("2 millis")
    }))

  it.scopedLive("begins in the past, and catches up", () =>
    Effect.gen(function*() {
      const { network } = yield* start({ clock: "real", behind: "14 days" })
      const began = (yield* network.now).getTime()
      yield* network.advance("14 days")
      const day = 86_400_000
      const [before, after] = [Date.now() - began, Date.now() - (yield* network.now).getTime()]
      expect([Math.round(before / day), Math.round(after / day)]).toEqual([14, 0])
    }))

  it.scopedLive("gives the same identifiers for the same seed", () =>
    Effect.gen(function*() {
      const first = (seed: number) =>
        Effect.scoped(Effect.map(Effect.flatMap(start({ seed }), ({ createChat }) => createChat([ada])), ({ body }) => body.chat.id))
      expect(yield* first(3)).toBe(yield* first(3))
      expect(yield* first(3)).not.toBe(yield* first(4))
    }))

  it.scopedLive("says which server could not start", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const port = Number(new URL(sandbox.urls.sendblue).port)
      const failed = yield* Effect.flip(Sandbox.make({ sendbluePort: port }))
      expect(failed).toMatchObject({ _tag: "SandboxError", server: "sendblue", message: expect.stringContaining("the sendblue API") })
      expect(yield* Effect.flip(Sandbox.make({ linqPort: 99_999 }))).toMatchObject({
        server: "linq",
        message: "the linq API cannot listen: 99999 is no port"
      })
    }))

  it.scopedLive("is a layer, and stops with it", () =>
    Effect.gen(function*() {
      const used = yield* Effect.provide(
        Effect.gen(function*() {
          const { linq } = yield* Sandbox.Sandbox
          return linq
        }),
        Sandbox.layer()
      )
      const gone = yield* Effect.flip(Effect.tryPromise(() => fetch(used)))
      expect(String((gone.error as Error).cause)).toContain("ECONNREFUSED")
    }))

  it.scopedLive("gives newcomers the phone it is told to", () =>
    Effect.gen(function*() {
      const sandbox = yield* start({ newcomers: "SMS" })
      expect((yield* sandbox.createChat([ada])).body.chat.service).toBe("SMS")
    }))
})
