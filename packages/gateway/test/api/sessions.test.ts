/** Sessions of browsers: how one begins and ends, what another page cannot do with its cookie, and how often somebody may guess. */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, it } from "@effect/vitest"
import { assertMatch, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { apiKey, serve } from "./world.ts"

type Headers = Readonly<Record<string, string>>

const ours = { "x-interline-console": "1" }
const read = (text: string): Record<string, unknown> => JSON.parse(text)
const wordOf = (body: Record<string, unknown>): string => String(body["type"]).replace("urn:interline:problem:", "")

const world = Effect.gen(function*() {
  const { anybody, audit, calls, sessions } = yield* serve()
  const ask = (request: HttpClientRequest.HttpClientRequest, headers: Headers = {}) =>
    anybody.execute(HttpClientRequest.setHeaders(request, headers))
  const signIn = (body: unknown, headers: Headers = ours) =>
    ask(HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post("/v1/session"), body), headers)
  const cookieOf = (answer: HttpClientResponse.HttpClientResponse): Headers => ({
    cookie: `other=1; ${(answer.headers["set-cookie"] ?? "").split(";")[0]}`
  })
  return {
    ask,
    calls,
    sessions,
    signIn,
    signedIn: Effect.map(signIn({ key: apiKey }), cookieOf),
    cookieOf,
    get: (path: string, headers: Headers) => Effect.map(ask(HttpClientRequest.get(path), headers), ({ status }) => status),
    entries: audit.entries,
    audited: () => audit.entries.map(({ act, actor }) => `${act} ${actor}`).reverse()
  }
})

describe("a session", () => {
  it.scoped("begins with a key, says what it may do, lasts 12 hours however it is used, and ends when it is ended", () =>
    Effect.gen(function*() {
      const { ask, audited, cookieOf, get, signIn } = yield* world
      const started = yield* signIn({ key: apiKey })
      const body = read(yield* started.text)
      deepStrictEqual([started.status, body], [200, {
        name: "crm",
        scopes: ["admin"],
        until: "1970-01-01T12:00:00.000Z",
        masked: true
      }])
      assertMatch(
        started.headers["set-cookie"] ?? "",
        /^interline_session=[A-Za-z0-9_-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/
      )
      const cookie = cookieOf(started)
      const shown = yield* ask(HttpClientRequest.get("/v1/session"), cookie)
      deepStrictEqual([shown.status, read(yield* shown.text)], [200, body])
      yield* TestClock.adjust("11 hours")
      strictEqual(yield* get("/v1/carriers", cookie), 200)
      yield* TestClock.adjust("1 hour")
      strictEqual(yield* get("/v1/carriers", cookie), 401)

      const second = cookieOf(yield* signIn({ key: apiKey }))
      const ended = yield* ask(HttpClientRequest.del("/v1/session"), { ...second, ...ours })
      deepStrictEqual([ended.status, ended.headers["set-cookie"]], [
        204,
        "interline_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict"
      ])
      strictEqual(yield* get("/v1/session", second), 401)
      deepStrictEqual(audited(), ["signIn crm", "signIn crm", "signOut crm"])
    }))

  it.scoped("begins with a printed link, which is valid once and for 10 minutes", () =>
    Effect.gen(function*() {
      const { get, cookieOf, sessions, signIn } = yield* world
      const [one, late] = [Redacted.value(yield* sessions.makeLink), Redacted.value(yield* sessions.makeLink)]
      const started = yield* signIn({ link: one })
      deepStrictEqual([started.status, read(yield* started.text)["name"]], [200, "crm"])
      strictEqual(yield* get("/v1/keys", cookieOf(started)), 200)
      strictEqual((yield* signIn({ link: one })).status, 401)
      strictEqual((yield* signIn({ key: apiKey }, { ...ours, origin: "http://a", host: "[" })).status, 403)
      yield* TestClock.adjust("10 minutes")
      strictEqual((yield* signIn({ link: late })).status, 401)
    }))

  it.scoped("has a cookie for HTTPS only where the browser came by HTTPS", () =>
    Effect.gen(function*() {
      const { signIn } = yield* world
      for (const headers of [{ "x-forwarded-proto": "https" }, { origin: "https://gateway.example.com", host: "gateway.example.com" }]) {
        assertMatch((yield* signIn({ key: apiKey }, { ...ours, ...headers })).headers["set-cookie"] ?? "", /; Secure$/)
      }
    }))

  it.scoped("ends with its key, and may do no more than its key", () =>
    Effect.gen(function*() {
      const { ask, cookieOf, get, signIn } = yield* world
      const created = yield* ask(
        HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post("/v1/keys"), { name: "viewer", scopes: ["read"] }),
        { authorization: `Bearer ${apiKey}` }
      )
      const key = read(yield* created.text)
      const cookie = cookieOf(yield* signIn({ key: key["secret"] }))
      deepStrictEqual([yield* get("/v1/carriers", cookie), yield* get("/v1/keys", cookie)], [200, 403])
      yield* ask(HttpClientRequest.del(`/v1/keys/${String(key["id"])}`), { authorization: `Bearer ${apiKey}` })
      strictEqual(yield* get("/v1/carriers", cookie), 401)
    }))

  it.scoped("counts only where no key is shown, also where the key is wrong", () =>
    Effect.gen(function*() {
      const { get, signedIn } = yield* world
      const cookie = yield* signedIn
      deepStrictEqual(
        [
          yield* get("/v1/carriers", { ...cookie, authorization: "Bearer wrong-wrong-wrong-wrong" }),
          yield* get("/v1/carriers", { cookie: "interline_session=guess", authorization: `Bearer ${apiKey}` }),
          yield* get("/v1/carriers", { cookie: "interline_session=guess" }),
          yield* get("/v1/events", { cookie: "interline_session=guess" }),
          yield* get("/v1/events", cookie)
        ],
        [401, 200, 401, 401, 200]
      )
    }))

  it.scoped("is of no use to a page of another origin", () =>
    Effect.gen(function*() {
      const { ask, calls, signedIn, signIn } = yield* world
      const cookie = yield* signedIn
      const send = (headers: Headers) =>
        Effect.map(
          ask(HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post("/v1/chats/linq%3Ac1/read"), {}), { ...cookie, ...headers }),
          ({ status }) => status
        )
      const refused = [{}, { "x-interline-console": "0" }, { ...ours, origin: "https://evil.example" }, { ...ours, origin: "null" }, {
        ...ours,
        origin: "https://gateway.example",
        host: "gateway.example.evil.example"
      }]
      for (const headers of refused) {
        strictEqual(yield* send(headers), 403)
        strictEqual((yield* signIn({ key: apiKey }, { ...headers })).status, 403)
        const importing = yield* ask(HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post("/v1/opt-outs/import"), { handles: [] }), {
          ...cookie,
          ...headers
        })
        strictEqual(importing.status, 403)
      }
      deepStrictEqual(calls, [])
      for (const headers of [ours, { ...ours, origin: "https://gateway.example", host: "gateway.example" }]) {
        strictEqual(yield* send(headers), 204)
      }
      strictEqual(calls.length, 2)
    }))

  it.scoped("may begin with the right key or link while somebody tries wrong ones, which are limited to one each 6 seconds", () =>
    Effect.gen(function*() {
      const { sessions, signIn } = yield* world
      const guess = signIn({ key: "guess-0123456789" })
      for (let tried = 0; tried < 10; tried++) strictEqual((yield* guess).status, 401)
      const refused = yield* guess
      deepStrictEqual(
        [refused.status, wordOf(read(yield* refused.text)), refused.headers["retry-after"], refused.headers["set-cookie"]],
        [429, "too-many-sign-ins", "6", undefined]
      )
      strictEqual((yield* signIn({ link: "guess" })).status, 429)
      strictEqual((yield* signIn({ key: apiKey })).status, 200)
      strictEqual((yield* signIn({ link: Redacted.value(yield* sessions.makeLink) })).status, 200)
      yield* TestClock.adjust("6 seconds")
      strictEqual((yield* guess).status, 401)
      strictEqual((yield* guess).status, 429)
    }))

  it.scoped("that did not begin has at most one row a minute in the audit, with the number of tries", () =>
    Effect.gen(function*() {
      const { entries, signIn } = yield* world
      const rows = () =>
        entries.map(({ act, actor, subject = "" }) => `${act} ${actor} ${subject.replace(/^[\da-f.:]+/, "address")}`).reverse()
      const guess = Effect.repeatN(signIn({ key: "guess-0123456789" }), 11)
      yield* guess
      deepStrictEqual(rows(), ["signInFailed nobody address"])
      yield* TestClock.adjust("59 seconds")
      yield* guess
      strictEqual(rows().length, 1)
      yield* TestClock.adjust("1 second")
      yield* guess
      deepStrictEqual(rows(), ["signInFailed nobody address", "signInFailed nobody address, after 23 more"])
    }))

  it.scoped("or a key that may not send is refused with the word that nothing was sent, also under an Idempotency-Key", () =>
    Effect.gen(function*() {
      const { ask, cookieOf, signIn } = yield* world
      const created = yield* ask(
        HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post("/v1/keys"), { name: "viewer", scopes: ["read"] }),
        { authorization: `Bearer ${apiKey}` }
      )
      const { secret } = read(yield* created.text)
      const cookie = cookieOf(yield* signIn({ key: secret }))
      const send = HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post("/v1/send"), {
        to: { line: "support", handle: "+12025550123" },
        text: "hi"
      })
      const answers = yield* Effect.forEach(
        [
          { authorization: `Bearer ${String(secret)}` },
          { ...cookie, ...ours },
          cookie,
          // the key of an earlier request may have been another one of this name
          { authorization: `Bearer ${String(secret)}`, "idempotency-key": "once" }
        ],
        (headers) =>
          Effect.flatMap(
            ask(send, { ...headers, "x-request-id": "mine-1" }),
            (answer) =>
              Effect.map(answer.text, (text) => {
                const body = read(text)
                return [answer.status, wordOf(body), body["certainty"], answer.headers["x-request-id"]]
              })
          )
      )
      deepStrictEqual(answers, [
        [403, "forbidden", "not-sent", "mine-1"],
        [403, "forbidden", "not-sent", "mine-1"],
        [403, "foreign-page", "not-sent", "mine-1"],
        [403, "forbidden", undefined, "mine-1"]
      ])
      const idOf = (id: string) =>
        Effect.map(ask(HttpClientRequest.get("/v1/session"), { ...cookie, "x-request-id": id }), ({ headers }) => headers["x-request-id"])
      for (
        const number of [
          "+12025550123",
          "12025550123",
          "1-202-555-0123",
          "202.555.0123",
          "1=202:555_0123",
          "tel:12025550123",
          "to=1-202-555-0123"
        ]
      ) {
        assertMatch((yield* idOf(number)) ?? "", /^[0-9a-f]{32}$/)
      }
      for (const id of ["order-1042", "123-456", "1234567890123456"]) strictEqual(yield* idOf(id), id)
    }))
})
