import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { ApiKeyTable } from "@interline/sql/ApiKeyTable"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as ApiKeys from "../../src/http/ApiKeys.ts"
import { apiKeyTable } from "../memory.ts"
import { ada, apiKey, serve, support } from "./world.ts"

const payload = { to: { line: support, handle: ada }, text: "hi" }
const post = (path: string, body: unknown) => HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post(path), body)

const read = (text: string): Record<string, unknown> => JSON.parse(text)

describe("a send after a key that nobody has used", () => {
  it.scoped("is looked for as long as another process may take over, and then refused so that it can come again", () =>
    Effect.gen(function*() {
      const { calls, http } = yield* serve()
      const follow = (key: string) =>
        http.execute(HttpClientRequest.setHeader(post("/v1/send", { ...payload, after: { key: "first" } }), "idempotency-key", key))
      const asked = yield* Effect.fork(follow("second"))
      // the request has come as far as its look
      yield* Effect.repeat(Effect.yieldNow(), { until: () => calls.some(([name]) => name === "keyed") })
      yield* TestClock.adjust("19900 millis")
      assert.isTrue(Option.isNone(yield* Fiber.poll(asked)))
      yield* TestClock.adjust("200 millis")
      const answer = yield* Fiber.join(asked)
      const body = read(yield* answer.text)
      deepStrictEqual(
        [answer.status, body["type"], body["certainty"], body["next"], answer.headers["x-should-retry"], answer.headers["retry-after"]],
        [409, "urn:interline:problem:after-unknown", "not-sent", "retry", "true", "1"]
      )
      deepStrictEqual(calls.filter(([name]) => name !== "keyed"), [])
      assert.strictEqual(new Set(calls.map(([, key]) => key)).size, 1)
    }))
})

describe("the door of the API", () => {
  it.scoped("nothing is done without a key, and the answer says which scheme is wanted", () =>
    Effect.gen(function*() {
      const { anybody, calls } = yield* serve()
      for (const request of [post("/v1/send", payload), HttpClientRequest.get("/v1/carriers"), HttpClientRequest.get("/metrics")]) {
        for (const authorization of [undefined, "Bearer", "Bearer wrong-wrong-wrong-wrong", `Basic ${apiKey}`, apiKey]) {
          const response = yield* anybody.execute(
            authorization === undefined ? request : HttpClientRequest.setHeader(request, "authorization", authorization)
          )
          assert.strictEqual(response.status, 401)
          assert.match(response.headers["www-authenticate"] ?? "", /^Bearer/)
          assert.strictEqual(read(yield* response.text)["type"], "urn:interline:problem:unauthorized")
        }
      }
      deepStrictEqual(calls, [])
    }))

  it("keys are told apart, and one that is too short or doubled is refused by name, never by secret", () => {
    const wrong = (text: string) => Either.match(ApiKeys.parse(Redacted.make(text)), { onLeft: (why) => why, onRight: () => "accepted" })
    assert.strictEqual(wrong("a=0123456789abcdef, b=fedcba9876543210"), "accepted")
    assert.include(wrong("a=short-secret"), "\"a\"")
    assert.notInclude(wrong("a=short-secret"), "short-secret")
    assert.include(wrong("a=0123456789abcdef,a=fedcba9876543210"), "two keys")
    assert.include(wrong("a=0123456789abcdef,b=0123456789abcdef"), "another key")
    assert.include(wrong("0123456789abcdef"), "name=secret")
    assert.include(wrong(" , "), "no key")
  })

  it.scoped("the name of whichever key is shown is answered", () =>
    Effect.gen(function*() {
      const keys = yield* Effect.provideService(
        ApiKeys.make(new Map([["a", Redacted.make("0123456789abcdef")], ["b", Redacted.make("fedcba9876543210")]])),
        ApiKeyTable,
        apiKeyTable()
      )
      const verify = (text: string) =>
        Effect.map(keys.verify(Redacted.make(text)), (key) => key._tag === "Some" ? key.value.name : undefined)
      deepStrictEqual(yield* Effect.all([verify("0123456789abcdef"), verify("fedcba9876543210"), verify("0123456789abcde"), verify("")]), [
        "a",
        "b",
        undefined,
        undefined
      ])
    }))

  it.scoped("a request that cannot be read names the field and does not repeat what was in it", () =>
    Effect.gen(function*() {
      const { calls, http } = yield* serve()
      const ask = (body: unknown) =>
        Effect.flatMap(http.execute(post("/v1/send", body)), (response) =>
          Effect.map(response.text, (text) => [response.status, text] as const))
      const cases: ReadonlyArray<readonly [unknown, string]> = [
        [{ ...payload, to: { line: support, handle: "0049-secret" } }, "handle"],
        [{ ...payload, parts: [{ _tag: "Text", text: "secret" }] }, "text"],
        [{ to: payload.to }, "text"],
        [{ ...payload, efect: "secret" }, "efect"],
        [{ ...payload, effect: "a secret" }, "effect"],
        ["secret", ""],
        [null, ""]
      ]
      for (const [body, field] of cases) {
        const [status, text] = yield* ask(body)
        assert.strictEqual(status, 400, text)
        assert.notInclude(text, "secret")
        assert.include(text, field)
        assert.strictEqual(read(text)["certainty"], "not-sent")
      }
      const broken = yield* http.execute(HttpClientRequest.bodyText(HttpClientRequest.post("/v1/send"), "{\"secret", "application/json"))
      assert.strictEqual(broken.status, 400)
      assert.notInclude(yield* broken.text, "secret")
      deepStrictEqual(calls, [])
    }))

  it.scoped("an address that nobody takes is a problem, and so is a method that it does not take", () =>
    Effect.gen(function*() {
      const { http } = yield* serve()
      const missing = yield* http.get("/v1/nothing?with=%2B12025550123")
      deepStrictEqual([missing.status, missing.headers["content-type"]], [404, "application/problem+json"])
      assert.notInclude(yield* missing.text, "2025550123")
      const wrong = yield* http.del("/v1/send")
      deepStrictEqual([wrong.status, wrong.headers["allow"]], [405, "POST"])
      const several = yield* http.put("/v1/opt-outs")
      assert.strictEqual(several.headers["allow"], "GET, POST")
    }))

  it.scoped("a body that is too large or no JSON is refused before it is read", () =>
    Effect.gen(function*() {
      const { calls, http } = yield* serve({ api: { bodyLimit: 100, uploadLimit: 10 } })
      const large = yield* http.execute(post("/v1/send", { ...payload, text: "x".repeat(100) }))
      deepStrictEqual([large.status, large.headers["connection"]], [413, "close"])
      const file = yield* http.execute(
        HttpClientRequest.bodyUint8Array(HttpClientRequest.post("/v1/attachments?fileName=a"), new Uint8Array(11))
      )
      assert.strictEqual(file.status, 413)
      const form = yield* http.execute(HttpClientRequest.bodyText(HttpClientRequest.post("/v1/send"), "{}", "text/plain"))
      assert.strictEqual(form.status, 415)
      deepStrictEqual(calls, [])
    }))

  it.scoped("an answer that takes too long says that it may have been done", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const { http } = yield* serve({ messaging: { react: () => Effect.zipRight(Deferred.succeed(asked, undefined), Effect.never) } })
      const fiber = yield* Effect.fork(http.execute(post("/v1/messages/linq%3Am1/reactions", { tapback: "love" })))
      yield* Deferred.await(asked)
      yield* TestClock.adjust("3 minutes")
      const response = yield* fiber
      deepStrictEqual([response.status, response.headers["x-should-retry"]], [424, "false"])
      assert.strictEqual(read(yield* response.text)["certainty"], "unknown")
    }))

  it.scoped("what breaks is answered without saying how, and is not to be repeated", () =>
    Effect.gen(function*() {
      const { http } = yield* serve({ messaging: { send: () => Effect.die(new Error("INSERT +12025550123")) } })
      const response = yield* http.execute(post("/v1/send", payload))
      const text = yield* response.text
      deepStrictEqual([response.status, response.headers["x-should-retry"], read(text)["certainty"]], [500, "false", "unknown"])
      assert.notInclude(text, "12025550123")
    }))

  it.scoped("answers carry the headers that keep browsers out, and name no server", () =>
    Effect.gen(function*() {
      const { http } = yield* serve()
      const response = yield* http.get("/v1/carriers")
      assert.strictEqual(response.headers["x-content-type-options"], "nosniff")
      assert.include(response.headers["content-security-policy"] ?? "", "default-src 'none'")
      assert.isUndefined(response.headers["server"])
      assert.isUndefined(response.headers["x-powered-by"])
      const foreign = yield* http.execute(
        HttpClientRequest.setHeader(HttpClientRequest.get("/v1/carriers"), "origin", "https://evil.example")
      )
      assert.isUndefined(foreign.headers["access-control-allow-origin"])
    }))

  it.scoped("only origins that are configured may call from a browser", () =>
    Effect.gen(function*() {
      const { http } = yield* serve({ edge: { origins: ["https://app.example"] } })
      const from = (origin: string) =>
        Effect.map(http.execute(HttpClientRequest.setHeader(HttpClientRequest.get("/v1/carriers"), "origin", origin)), ({ headers }) =>
          headers["access-control-allow-origin"])
      deepStrictEqual([yield* from("https://app.example"), yield* from("https://evil.example")], ["https://app.example", undefined])
      const asked = yield* http.execute(HttpClientRequest.setHeaders(HttpClientRequest.options("/v1/send"), {
        origin: "https://app.example",
        "access-control-request-method": "POST"
      }))
      assert.strictEqual(asked.status, 204)
      assert.include(asked.headers["access-control-allow-headers"] ?? "", "idempotency-key")
    }))

  it.scoped("the description names every path, our problems and no error of the platform; the page loads nothing from elsewhere", () =>
    Effect.gen(function*() {
      const { anybody } = yield* serve()
      const spec = yield* Effect.flatMap(anybody.get("/openapi.json"), (response) => response.text)
      const { components, paths } = JSON.parse(spec)
      for (const path of ["/v1/send", "/v1/events", "/v1/deliveries/{id}"]) assert.isDefined(paths[path], path)
      assert.isDefined(components.schemas.ProblemDetails)
      assert.notInclude(spec, "HttpApiDecodeError")
      deepStrictEqual(Object.keys(paths["/v1/send"].post.responses).includes("202"), true)
      const shown = yield* anybody.get("/docs")
      const page = yield* shown.text
      assert.strictEqual(shown.status, 200)
      assert.include(page, "swagger-ui")
      assert.notMatch(page, /<(?:script|link|img)[^>]+(?:src|href)=["']?https?:/)
    }))
})
