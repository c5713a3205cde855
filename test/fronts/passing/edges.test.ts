/** What must not go to a vendor, what is not known afterwards, and lists: at both fronts. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as LinqFront from "@interline/gateway/LinqFront"
import * as SendblueFront from "@interline/gateway/SendblueFront"
import * as Effect from "effect/Effect"
import * as Net from "node:net"
import * as Account from "../../migration/account.ts"
import { overBoth } from "../../sql/databases.ts"
import { numbers } from "../../support/sandbox.ts"
import * as Stage from "./stage.ts"

const { ada, bob } = Account

const carousel = (number: string, from_number: string = numbers.sendblue) => ({
  number,
  from_number,
  media_urls: ["https://example.com/1.jpg", "https://example.com/2.jpg"]
})

const carousels = (messages: ReadonlyArray<{ readonly carousel: boolean }>) => messages.filter(({ carousel }) => carousel).length

/** A request as no client library would write it: each line goes out as it is. */
const speak = (url: string, lines: ReadonlyArray<string>): Effect.Effect<string> =>
  Effect.async((resume) => {
    const { hostname, port } = new URL(url)
    let said = ""
    const socket = Net.connect(Number(port), hostname, () => socket.write(`${lines.join("\r\n")}\r\n\r\n`))
    socket.on("data", (text) => {
      said += String(text)
    })
    socket.on("close", () => resume(Effect.succeed(said)))
  })

describe("with every group of Sendblue's", () => {
  it.scopedLive("secrets, tokens, streams and hidden messages never go, and webhooks stay the front's own", () =>
    Effect.gen(function*() {
      const { call, reached } = yield* Stage.open({ vendor: "sendblue", groups: SendblueFront.groups })
      const never = SendblueFront.uncarried.filter(({ passing }) => passing._tag === "Never")
      strictEqual(never.length > 10, true)
      for (const { method, path } of never) {
        const { status } = yield* call(method, `/sendblue${path.replace(/:\w+/g, "x")}`, method === "GET" ? undefined : { number: ada })
        strictEqual([400, 501].includes(status), true, `${method} ${path}`)
      }
      for (const method of ["GET", "POST", "PUT", "DELETE"]) {
        yield* call(method, "/sendblue/api/account/webhooks", method === "GET" ? undefined : { type: "receive", webhooks: [] })
      }
      deepStrictEqual((yield* reached("/")).map(({ path }) => path), [])
    }))

  it.scopedLive("no path becomes another one, and no header but those of the account goes on", () =>
    Effect.gen(function*() {
      const { reached, url } = yield* Stage.open({ vendor: "sendblue", groups: SendblueFront.groups })
      const secret = `sb-api-key-id: tests\r\nsb-api-secret-key: ${Stage.apiKey}\r\nhost: x\r\nconnection: close`
      for (
        const path of [
          "/api/v2/contacts/..%2f..%2faccount",
          "/api/v2/contacts/%2e%2e",
          "/api/v2/contacts/..",
          "/api/v2/contacts/../lines",
          "/api/v2/contacts/%2e%2e%2fopt-out",
          "/api/v2/contacts/a%5c..%5cb",
          "/api/v2/contacts/%00",
          "/api/v2/contacts//x",
          "/api/v2/seats/%252e%252e%2f..",
          "/api/v2/Contacts",
          "//api.example/api/v2/contacts"
        ]
      ) {
        const answer = yield* speak(url, [`GET /sendblue${path} HTTP/1.1`, secret])
        strictEqual(/^HTTP\/1\.1 404/.test(answer), true, path)
      }
      deepStrictEqual(yield* reached("/"), [])
      const answer = yield* speak(url, [
        "GET /sendblue/api/v2/contacts?limit=1&x=%23%26 HTTP/1.1",
        secret.replace("close", "close, x-hop"),
        "x-hop: 1",
        "upgrade: websocket",
        "cookie: session=1",
        "authorization: Bearer another",
        "x-forwarded-for: 10.0.0.1",
        "x-http-method-override: DELETE",
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
      ])
      strictEqual(answer.startsWith("HTTP/1.1 200"), true)
      const [request, ...others] = yield* reached("/api/v2/contacts")
      deepStrictEqual([others, request?.method, request?.query], [[], "GET", "limit=1&x=%23%26"])
      deepStrictEqual(
        Object.keys(request?.headers ?? {}).filter((name) => !["connection", "host"].includes(name)).sort(),
        ["accept", "accept-encoding", "sb-api-key-id", "sb-api-secret-key"]
      )
    }))

  it.scopedLive("no opt-out goes past the gateway, no address is private, and no body is huge", () =>
    Effect.gen(function*() {
      const { call, reached } = yield* Stage.open({ vendor: "sendblue", groups: SendblueFront.groups })
      const refused = [
        yield* call("PUT", `/sendblue/api/v2/contacts/${ada}`, { opt_out: false }),
        yield* call("POST", "/sendblue/api/v2/contacts/bulk", { contacts: [{ number: bob, optOut: false }] }),
        yield* call("POST", "/sendblue/api/v2/contacts", `number=${encodeURIComponent(bob)}&opt_out=false`, {
          "content-type": "application/x-www-form-urlencoded"
        }),
        yield* call("POST", "/sendblue/api/upload-media-object", { media_url: "https://169.254.169.254/latest" }),
        yield* call("POST", "/sendblue/api/send-carousel", { ...carousel(ada), status_callback: "https://localhost/x" })
      ]
      deepStrictEqual(refused.map(({ status }) => status), [400, 400, 400, 400, 400])
      strictEqual((yield* call("POST", "/sendblue/api/v2/contacts", { number: ada, company_name: "x".repeat(300_000) })).status, 413)
      deepStrictEqual(yield* reached("/"), [])
    }))
})

describe("a carousel", () => {
  it.scopedLive("whose answer is lost is not known, and its retry sends nothing again", () =>
    Effect.gen(function*() {
      const { call, phone, reached, sandbox } = yield* Stage.open({ vendor: "sendblue", groups: ["carousels"] })
      yield* sandbox.network.addFault({ vendor: "sendblue", kind: "ack-lost-reset", match: { path: "/api/send-carousel" } })
      const first = yield* call("POST", "/sendblue/api/send-carousel", carousel(ada))
      deepStrictEqual([first.status, first.headers.get("interline-outcome"), first.headers.get("x-should-retry")], [
        503,
        "unknown",
        "false"
      ])
      const retry = yield* call("POST", "/sendblue/api/send-carousel", carousel(ada), { "x-stainless-retry-count": "1" })
      deepStrictEqual([retry.status, retry.headers.get("interline-outcome"), retry.headers.get("idempotent-replayed")], [
        503,
        "unknown",
        "true"
      ])
      deepStrictEqual([carousels(yield* phone(ada)), (yield* reached("/api/send-carousel")).length], [1, 1])
    }))

  it.scopedLive("that the vendor refused for a while is sent by the client's retry, and one with 5xx is not", () =>
    Effect.gen(function*() {
      const { call, phone, sandbox } = yield* Stage.open({ vendor: "sendblue", groups: ["carousels"] })
      yield* sandbox.network.addFault({ vendor: "sendblue", kind: "429", match: { path: "/api/send-carousel" } })
      const busy = yield* call("POST", "/sendblue/api/send-carousel", carousel(ada))
      deepStrictEqual([busy.status, busy.headers.get("retry-after"), busy.headers.get("x-should-retry")], [429, "1", null])
      const retry = yield* call("POST", "/sendblue/api/send-carousel", carousel(ada), { "x-stainless-retry-count": "1" })
      strictEqual(retry.status, 202)
      yield* sandbox.network.addFault({ vendor: "sendblue", kind: "5xx-after", match: { path: "/api/send-carousel" } })
      const broken = yield* call("POST", "/sendblue/api/send-carousel", { ...carousel(ada), seat_id: "two" })
      deepStrictEqual([broken.status, broken.headers.get("interline-outcome"), broken.headers.get("x-should-retry")], [
        500,
        "unknown",
        "false"
      ])
      const again = yield* call("POST", "/sendblue/api/send-carousel", { ...carousel(ada), seat_id: "two" }, {
        "x-stainless-retry-count": "1"
      })
      deepStrictEqual([again.status, again.headers.get("idempotent-replayed")], [500, "true"])
      strictEqual(carousels(yield* phone(ada)), 2)
    }))

  it.scopedLive("does not go to somebody whose conversation moved to another number, nor from a number that is no line", () =>
    Effect.gen(function*() {
      const { call, phone, reached } = yield* Stage.open({
        vendor: "sendblue",
        groups: ["carousels"],
        isImported: false,
        prefer: "linq, sendblue"
      })
      strictEqual(
        (yield* call("POST", "/sendblue/api/send-message", { number: ada, from_number: numbers.sendblue, content: "Hi" }))
          .body["status"] !== "ERROR",
        true
      )
      strictEqual((yield* call("POST", "/sendblue/api/send-carousel", carousel(ada))).status, 422)
      strictEqual((yield* call("POST", "/sendblue/api/send-carousel", carousel(ada, "+12025550177"))).status, 400)
      deepStrictEqual([carousels(yield* phone(ada)), (yield* reached("/api/send-carousel")).length], [0, 0])
    }))

  it.scopedLive("that the vendor refuses because the person opted out there is the last thing that is tried with this person", () =>
    Effect.gen(function*() {
      const { call, phone, sandbox } = yield* Stage.open({ vendor: "sendblue", groups: ["carousels"] })
      yield* sandbox.network.optOut(ada, "sendblue")
      strictEqual((yield* call("POST", "/sendblue/api/send-carousel", carousel(ada))).status, 400)
      const chat = { from: numbers.linq, to: [ada], message: { parts: [{ type: "text", value: "Hello?" }] } }
      strictEqual((yield* call("POST", "/linq/v3/chats", chat)).status, 403)
      strictEqual((yield* phone(ada)).some(({ carousel, text }) => carousel || text === "Hello?"), false)
    }))

  it.scopedLive("is not sent after an opt-out at the front, and goes again after an opt-in", () =>
    Effect.gen(function*() {
      const { call, phone, reached } = yield* Stage.open({ vendor: "sendblue", groups: ["carousels"] })
      strictEqual((yield* call("POST", "/sendblue/api/v2/contacts/opt-out", { number: ada, opted_out: true })).status, 200)
      const refused = yield* call("POST", "/sendblue/api/send-carousel", carousel(ada))
      strictEqual(refused.status, 400)
      strictEqual((yield* reached("/api/send-carousel")).length, 0)
      strictEqual((yield* call("POST", "/sendblue/api/v2/contacts/opt-out", { number: ada, opted_out: false })).status, 200)
      strictEqual((yield* call("POST", "/sendblue/api/send-carousel", carousel(ada))).status, 202)
      strictEqual(carousels(yield* phone(ada)), 1)
    }))
})

overBoth("one carousel", (it, fresh) => {
  it.scoped("by two requests with one key at the same time is sent once", () =>
    Effect.gen(function*() {
      const database = yield* fresh
      const { call, phone } = yield* Stage.open({ vendor: "sendblue", groups: ["carousels"], database })
      const send = call("POST", "/sendblue/api/send-carousel", carousel(ada), { "idempotency-key": "one" })
      const answers = yield* Effect.all([send, send, send], { concurrency: 3 })
      deepStrictEqual(answers.map(({ status }) => status), [202, 202, 202])
      strictEqual(new Set(answers.map(({ text }) => text)).size, 1)
      strictEqual(carousels(yield* phone(ada)), 1)
    }))
})

describe("lists from before the move, at Sendblue's front", () => {
  it.scopedLive("an id that is not known here is asked for, and a list is whole from one place", () =>
    Effect.gen(function*() {
      const { call, outbound, reached, sandbox, sendblue } = yield* Stage.open({
        vendor: "sendblue",
        groups: ["messages"],
        isImported: false,
        prefer: "linq, sendblue"
      })
      const sent = yield* Effect.promise(() => sendblue.messages.send({ number: ada, from_number: numbers.sendblue, content: "New" }))
      const old = yield* Effect.promise(() => sendblue.messages.retrieve(outbound))
      deepStrictEqual([old.data?.message_handle, old.data?.content], [outbound, "Your table is ready"])
      strictEqual((yield* Effect.promise(() => sendblue.messages.getStatus({ handle: outbound }))).message_handle, outbound)
      strictEqual((yield* Effect.promise(() => sendblue.messages.retrieve(sent.message_handle ?? ""))).data?.content, "New")
      const own = yield* Effect.promise(() => sendblue.messages.list())
      deepStrictEqual(own.data?.map(({ content }) => content), ["New"])
      const whole = yield* Effect.promise(() =>
        sendblue.messages.list({ limit: 100, is_outbound: "true" }, { headers: { "interline-list": "sendblue" } })
      )
      strictEqual(whole.data?.some(({ content }) => content === "New"), false)
      strictEqual(whole.data?.some(({ content }) => content === "Your table is ready"), true)
      strictEqual((yield* call("GET", "/sendblue/api/v2/messages", undefined, { "interline-list": "linq" })).status, 400)
      const unknown = yield* call("GET", "/sendblue/api/status?handle=nobody")
      deepStrictEqual([unknown.status, unknown.headers.get("interline-answered-by")], [404, "sendblue"])
      strictEqual((yield* reached(`/api/v2/messages/${sent.message_handle}`)).length, 0)
      yield* sandbox.network.addFault({ vendor: "sendblue", kind: "reset-before", match: { path: "/api/status" } })
      const down = yield* call("GET", `/sendblue/api/status?handle=${outbound}`)
      deepStrictEqual([down.status, down.headers.get("interline-outcome")], [503, null])
    }))

  it.scopedLive("nothing is asked for if it is not switched on", () =>
    Effect.gen(function*() {
      const { call, outbound, reached } = yield* Stage.open({ vendor: "sendblue", groups: [], isImported: false })
      const answers = [
        yield* call("GET", `/sendblue/api/status?handle=${outbound}`),
        yield* call("GET", "/sendblue/api/v2/messages", undefined, { "interline-list": "sendblue" }),
        yield* call("GET", "/sendblue/api/v2/contacts"),
        yield* call("POST", "/sendblue/api/send-carousel", carousel(ada))
      ]
      deepStrictEqual(answers.map(({ status }) => status), [404, 501, 501, 400])
      deepStrictEqual(yield* reached("/"), [])
    }))
})

describe("Linq's front", () => {
  it.scopedLive("asks Linq for ids that are not known here, and gives Linq's whole lists to a program that asks for them", () =>
    Effect.gen(function*() {
      const { call, group, linq, outbound } = yield* Stage.open({
        vendor: "linq",
        groups: ["messages"],
        isImported: false,
        prefer: "sendblue, linq"
      })
      const sent = yield* Effect.promise(() =>
        linq.chats.create({ from: numbers.linq, to: [ada], message: { parts: [{ type: "text", value: "New" }] } })
      )
      const old = yield* Effect.promise(() => linq.messages.retrieve(outbound))
      deepStrictEqual([old.id, old.parts?.[0]?.type], [outbound, "text"])
      const chat = yield* Effect.promise(() => linq.chats.retrieve(group))
      deepStrictEqual([chat.id, chat.is_group], [group, true])
      const inGroup = yield* call("GET", `/linq/v3/chats/${group}/messages`)
      deepStrictEqual([inGroup.status, inGroup.headers.get("interline-answered-by")], [200, "linq"])
      const own = yield* call("GET", "/linq/v3/chats")
      deepStrictEqual((own.body["chats"] as ReadonlyArray<{ readonly id: string }>).map(({ id }) => id), [sent.chat.id])
      const whole = yield* call("GET", "/linq/v3/chats?limit=50", undefined, { "interline-list": "linq" })
      strictEqual((whole.body["chats"] as ReadonlyArray<{ readonly id: string }>).some(({ id }) => id === group), true)
      strictEqual(whole.headers.get("interline-answered-by"), "linq")
      strictEqual((yield* call("GET", "/linq/v3/chats", undefined, { "interline-list": "sendblue" })).status, 400)
      // the conversation is at the other vendor: Linq has no chat for it
      const none = yield* call("GET", `/linq/v3/chats/${sent.chat.id}/messages`, undefined, { "interline-list": "linq" })
      strictEqual(none.status, 404)
    }))

  it.scopedLive("with every group: nothing reaches a person who opted out or whose chat is not known, and nothing that must not go goes", () =>
    Effect.gen(function*() {
      const { call, linq, reached, sandbox } = yield* Stage.open({ vendor: "linq", groups: LinqFront.groups })
      for (const { method, path, passing } of LinqFront.uncarried) {
        if (passing._tag === "Passed" && !passing.reaches) continue
        const { status } = yield* call(method, `/linq/v3${path.replace(/:\w+/g, "x")}`, method === "GET" ? undefined : { text: "x" })
        strictEqual([403, 404].includes(status), true, `${method} ${path}`)
      }
      deepStrictEqual((yield* reached("/v3/")).filter(({ method }) => method !== "GET"), [])
      const whole = { headers: { "interline-list": "linq" } }
      const chats = yield* Effect.promise(() => linq.chats.listChats({ to: bob }, whole))
      const [chat] = chats.chats
      const asked = yield* call("POST", `/linq/v3/chats/${chat?.id}/background`)
      deepStrictEqual([asked.status, (yield* reached("/background")).length], [403, 0])
      yield* sandbox.network.addFault({ vendor: "linq", kind: "ack-lost-reset", match: { path: "/background" } })
      const [known] = (yield* Effect.promise(() => linq.chats.listChats({ to: ada }, whole))).chats
      const lost = yield* call("POST", `/linq/v3/chats/${known?.id}/background`)
      deepStrictEqual([lost.status, lost.headers.get("interline-outcome"), lost.headers.get("x-should-retry")], [500, "unknown", "false"])
      const retry = yield* call("POST", `/linq/v3/chats/${known?.id}/background`, undefined, { "x-stainless-retry-count": "1" })
      deepStrictEqual([retry.status, retry.headers.get("idempotent-replayed"), (yield* reached("/background")).length], [
        500,
        "true",
        1
      ])
    }))
})
