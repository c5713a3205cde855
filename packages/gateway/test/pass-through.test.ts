/** A request that is passed on reaches the vendor once, with nothing but what belongs to it, and only an answer that may go back comes back. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as MessagingError from "@interline/core/MessagingError"
import * as Suppression from "@interline/core/Suppression"
import * as MemoryLedger from "@interline/router/MemoryLedger"
import * as RecordingTracer from "@interline/testkit/RecordingTracer"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { inspect } from "node:util"
import * as OutboundHttp from "../src/egress/OutboundHttp.ts"
import * as PassThrough from "../src/fronts/kit/passing/PassThrough.ts"
import type { Account, Asked } from "../src/fronts/kit/passing/PassThroughService.ts"
import * as Uncarried from "../src/fronts/kit/passing/uncarried.ts"

const carrierId = CarrierId.make("acme")
const ada = Handle.phone("+12025550123")
const secret = "the-secret-of-the-account"
const conversation = Conversation.direct(Line.name("support"), ada)

interface Setup {
  readonly answer?: (request: HttpClientRequest.HttpClientRequest) => Effect.Effect<Response, HttpClientError.HttpClientError>
  readonly unread?: ReadonlyArray<CarrierId>
}

const open = ({ answer = () => Effect.succeed(Response.json({ fine: true })), unread = [] }: Setup = {}) =>
  Effect.gen(function*() {
    const requests: Array<HttpClientRequest.HttpClientRequest> = []
    const client = HttpClient.make((request) => {
      requests.push(request)
      return Effect.map(answer(request), (response) => HttpClientResponse.fromWeb(request, response))
    })
    const suppression = yield* Suppression.makeMemory
    const ledger = yield* MemoryLedger.make()
    const service = yield* PassThrough.make(
      [{
        vendor: "acme",
        group: "contacts",
        carrierId,
        access: {
          baseUrl: "https://api.acme.example/base/",
          credentials: { "x-key": Redacted.make(secret) },
          errorOf: (carrierId, { status }) =>
            Effect.fail(MessagingError.make(status === 402 ? "OptedOut" : "Unrecognized", { carrierId, operation: "send" }))
        }
      }],
      { client, outboundHttp: yield* OutboundHttp.make(), suppression, ledger, unread: () => unread }
    )
    const account: Account = Option.getOrThrow(service.find("acme", "contacts"))
    return { account, ledger, requests, service, suppression }
  })

const asked: Asked = {
  group: "contacts",
  method: "POST",
  endpoint: "/contacts/:phone",
  path: "/contacts/%2B12025550123?tag=a",
  body: "{\"first_name\":\"Ada\"}",
  contentType: "application/json; charset=utf-8"
}

const read: Asked = { ...asked, method: "GET", body: "" }

const answering = (status: number, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}) => ({
  answer: () => Effect.succeed(new Response(status === 204 ? null : body, { status, headers }))
})

describe("a request", () => {
  it.scoped("has the account's credentials, its own path and body, and nothing else", () =>
    Effect.gen(function*() {
      const { account, requests } = yield* open()
      yield* account.ask(asked)
      const [request] = requests
      if (request === undefined) return yield* Effect.dieMessage("nothing was asked")
      strictEqual(request.url, "https://api.acme.example/base/contacts/%2B12025550123?tag=a")
      deepStrictEqual(Object.keys(request.headers).sort(), [
        "accept",
        "accept-encoding",
        "content-length",
        "content-type",
        "x-key"
      ])
      deepStrictEqual([request.headers["x-key"], request.headers["content-type"]], [secret, asked.contentType])
    }))

  it.scoped("of a group that is not named has no account", () =>
    Effect.gen(function*() {
      const { service } = yield* open()
      deepStrictEqual([service.find("acme", "other"), service.find("other", "contacts")], [Option.none(), Option.none()])
    }))

  it.scoped("with an address that is not public, in its body or its query, does not leave", () =>
    Effect.gen(function*() {
      const { account, requests } = yield* open()
      for (
        const given of [
          { ...asked, body: "{\"deep\":[{\"url\":\"http://169.254.169.254/latest\"}]}" },
          { ...asked, body: "{\"parts\":[{\"media_urls\":[\"https://example.com/a\",\"data:image/png;base64,AAAA\"]}]}" },
          { ...asked, body: "media_url=https%3A%2F%2F10.0.0.1%2Fa" },
          { ...read, path: "/contacts?photo=https%3A%2F%2Flocalhost%2Fa" }
        ]
      ) {
        const error = yield* Effect.flip(account.ask(given))
        deepStrictEqual([error.reason, error.certainty], ["InvalidInput", "not-sent"])
      }
      strictEqual(requests.length, 0)
    }))

  it.scoped("is refused while many others are under way", () =>
    Effect.gen(function*() {
      const { account, requests } = yield* open({ answer: () => Effect.never })
      const others = yield* Effect.forEach(Array.from({ length: 16 }), () => Effect.fork(account.ask(read)))
      yield* Effect.repeat(Effect.yieldNow(), { until: () => requests.length === 16 })
      const error = yield* Effect.flip(account.ask(read))
      deepStrictEqual([error.reason, error.certainty, error.next, requests.length], ["RateLimited", "not-sent", "retry", 16])
      yield* Fiber.interruptAll(others)
    }))
})

describe("an answer", () => {
  it.scoped("comes back with its status, its type, its limits and the name of the carrier, and with no other header", () =>
    Effect.gen(function*() {
      const { account } = yield* open(answering(201, "[1]", {
        "content-type": "application/json",
        "retry-after": "3",
        "x-ratelimit-remaining": "7",
        "x-trace-id": "t",
        "set-cookie": "session=1",
        "access-control-allow-origin": "*",
        "www-authenticate": "Basic",
        "x-should-retry": "true",
        connection: "upgrade",
        location: "https://elsewhere.example"
      }))
      deepStrictEqual(yield* account.ask(asked), {
        reply: {
          status: 201,
          headers: {
            "content-type": "application/json",
            "retry-after": "3",
            "x-ratelimit-remaining": "7",
            "x-trace-id": "t",
            "interline-answered-by": "acme"
          },
          body: "[1]"
        },
        effect: "done"
      })
    }))

  it.scoped("says whether the vendor may have done something", () =>
    Effect.gen(function*() {
      for (
        const [status, effect, outcome] of [
          [200, "done", undefined],
          [400, "none", undefined],
          [404, "none", undefined],
          [408, "done", "unknown"],
          [409, "none", undefined],
          [429, "none", undefined],
          [500, "done", "unknown"],
          [503, "done", "unknown"]
        ] as const
      ) {
        const { account } = yield* open(answering(status, "{}", { "content-type": "application/json" }))
        const passed = yield* account.ask(asked)
        deepStrictEqual([passed.effect, passed.reply.status, passed.reply.headers["interline-outcome"]], [effect, status, outcome])
        const { reply } = yield* account.ask(read)
        strictEqual(reply.headers["interline-outcome"], undefined)
      }
    }))

  it.scoped("that must not go back is an error of the front", () =>
    Effect.gen(function*() {
      for (
        const [setup, reason] of [
          [answering(401, "{}"), "Authentication"],
          [answering(302, "", { location: "https://elsewhere.example/" }), "BadResponse"],
          [answering(307, "", { location: "http://169.254.169.254/" }), "BadResponse"],
          [answering(200, new Uint8Array([137, 80, 78, 71]), { "content-type": "image/png" }), "BadResponse"],
          [answering(200, "a\0b", { "content-type": "text/plain" }), "BadResponse"],
          [answering(200, "x".repeat(4 * 1024 * 1024 + 1), { "content-type": "text/plain" }), "BadResponse"]
        ] as const
      ) {
        const { account, requests } = yield* open(setup)
        const error = yield* Effect.flip(account.ask(read))
        deepStrictEqual([error.reason, requests.length], [reason, 1])
      }
    }))

  it.scoped("that does not come leaves it unknown, and a connection that was refused does not", () =>
    Effect.gen(function*() {
      const slow = yield* open({ answer: () => Effect.never })
      const waiting = yield* Effect.fork(Effect.flip(slow.account.ask(asked)))
      yield* Effect.repeat(Effect.yieldNow(), { until: () => slow.requests.length === 1 })
      yield* TestClock.adjust("30 seconds")
      const late = yield* Fiber.join(waiting)
      deepStrictEqual([late.reason, late.certainty], ["Timeout", "unknown"])
      const closed = yield* open({
        answer: (request) =>
          Effect.fail(
            new HttpClientError.RequestError({
              request,
              reason: "Transport",
              cause: Object.assign(new Error("refused"), { code: "ECONNREFUSED" })
            })
          )
      })
      const refused = yield* Effect.flip(closed.account.ask(asked))
      deepStrictEqual([refused.reason, refused.certainty], ["ConnectionFailed", "not-sent"])
    }))
})

describe("a request that reaches a person", () => {
  const bind = (ledger: Effect.Effect.Success<ReturnType<typeof open>>["ledger"], to: CarrierId) =>
    ledger.bind(Conversation.key(conversation), { carrierId: to, line: conversation.line, at: 0 }, 0)

  it.scoped("leaves if the person has the carrier's number and did not opt out", () =>
    Effect.gen(function*() {
      const { account, ledger, requests } = yield* open()
      yield* bind(ledger, carrierId)
      yield* account.ask(asked, conversation)
      strictEqual(requests.length, 1)
    }))

  it.scoped("teaches the list what the vendor knows: that the person opted out", () =>
    Effect.gen(function*() {
      const { account, ledger, suppression } = yield* open(answering(402, "{}"))
      yield* bind(ledger, carrierId)
      strictEqual(Option.isNone(yield* suppression.find(ada)), true)
      yield* account.ask(asked, conversation)
      const entry = yield* suppression.find(ada)
      deepStrictEqual(Option.map(entry, ({ carrierId, source }) => `${carrierId} ${source}`), Option.some("acme error"))
    }))

  it.scoped("does not leave to a stranger, to somebody who has another number, to somebody who opted out, or before it is known who did", () =>
    Effect.gen(function*() {
      const stranger = yield* open()
      const elsewhere = yield* open()
      yield* bind(elsewhere.ledger, CarrierId.make("other"))
      const optedOut = yield* open()
      yield* bind(optedOut.ledger, carrierId)
      yield* optedOut.suppression.add(ada, "event", CarrierId.make("other"))
      const unread = yield* open({ unread: [carrierId] })
      yield* bind(unread.ledger, carrierId)
      for (
        const [{ account, requests }, reason] of [
          [stranger, "Unsupported"],
          [elsewhere, "Unsupported"],
          [optedOut, "Suppressed"],
          [unread, "NotReady"]
        ] as const
      ) {
        const error = yield* Effect.flip(account.ask(asked, conversation))
        deepStrictEqual([error.reason, error.certainty, requests.length], [reason, "not-sent", 0])
      }
    }))
})

it.scoped("no span, log or error holds a number, a body or a credential", () =>
  Effect.gen(function*() {
    const recording = RecordingTracer.make()
    const errors: Array<unknown> = []
    yield* Effect.gen(function*() {
      const fine = yield* open()
      yield* fine.account.ask(asked)
      const refused = yield* open(answering(400, `{"message":"+12025550123 is wrong"}`))
      yield* refused.account.ask(asked)
      const broken = yield* open(answering(302, "+12025550123"))
      errors.push(yield* Effect.flip(broken.account.ask(asked)))
    }).pipe(Effect.provide(recording.layer))
    strictEqual(recording.told.length >= 6, true)
    const written = inspect([recording.contents(), recording.causes().map(String), errors], { depth: 20 })
    for (const word of ["2025550123", "Ada", secret, "tag=a"]) strictEqual(written.includes(word), false, word)
  }))

describe("what is passed on at all", () => {
  it("is a path that is written anew, and that cannot become another one", () => {
    deepStrictEqual(Uncarried.fill("/contacts/:phone", { phone: "+1?#&" }), Option.some("/contacts/%2B1%3F%23%26"))
    deepStrictEqual(Uncarried.fill("/contacts/:phone", {}), Option.none())
  })

  it("is no field that opts a person out or in, however it is written and wherever it is", () => {
    for (
      const body of [
        "{\"opt_out\":false}",
        "{\"optOut\":true}",
        "{\"contacts\":[{\"number\":\"1\",\"opted_out\":false}]}",
        "{\"override_optout\":true}",
        "{\"sms-opt-in\":1}",
        "number=1&opt_out=false"
      ]
    ) strictEqual(Uncarried.complaintOf(body) === undefined, false, body)
    for (const body of ["", "{\"options\":{\"a\":1}}", "{\"first_name\":\"opt_out\"}", "[1]", "number=1"]) {
      strictEqual(Uncarried.complaintOf(body), undefined, body)
    }
    strictEqual(Uncarried.complaintOf("[".repeat(200) + "]".repeat(200)) === undefined, false)
  })
})
