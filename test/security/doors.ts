/** Who is let in, and by which door. */
import { endpoints as linqEndpoints } from "@interline/linq/LinqEndpoints"
import { endpoints as sendblueEndpoints } from "@interline/sendblue/SendblueEndpoints"
import * as Effect from "effect/Effect"
import * as Crypto from "node:crypto"
import { syncBuiltinESMExports } from "node:module"
import { expect } from "vitest"
import { raw, rawOnce, statusOf } from "./http.ts"
import type { Line } from "./line.ts"
import { credentials, origins, secrets, type Wire, type World } from "./world.ts"

const { first, retired, second } = secrets.keys

interface Door {
  readonly method: string
  readonly path: string
}

const wires = ["v1", "sendblue", "linq"] as const satisfies ReadonlyArray<Wire>

/** A request on each wire that any key may make. */
const harmless = { v1: "/v1/carriers", sendblue: "/sendblue/api/lines", linq: "/linq/v3/phone_numbers" } as const satisfies Record<
  Wire,
  string
>

const fill = (path: string): string => path.replace(/\{[^}]*\}/g, "b3a1c0de-0000-4000-8000-000000000001")

/** Every route of the API, from its own description. */
const neutral = (world: World): Effect.Effect<ReadonlyArray<Door>> =>
  Effect.map(world.ask({ path: "/openapi.json" }), ({ body }) => {
    const { paths } = JSON.parse(body) as { readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>> }
    return Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path: fill(path) }))
    )
  })

/** Every endpoint of both vendors' wires, and places where nothing is. */
const fronts: ReadonlyArray<Door> = [
  ...Object.values(linqEndpoints).flatMap(({ method, path }) => path.startsWith("/") ? [{ method, path: `/linq${fill(path)}` }] : []),
  ...Object.values(sendblueEndpoints).map(({ method, path }) => ({ method, path: `/sendblue${fill(path)}` })),
  ...["/linq", "/linq/", "/linq/v3", "/linq/nowhere", "/sendblue", "/sendblue/", "/sendblue/nowhere"].flatMap((path) =>
    ["GET", "POST", "PUT", "DELETE"].map((method) => ({ method, path }))
  )
]

const knocked = (world: World, { method, path }: Door, headers: Readonly<Record<string, string>> = {}) =>
  world.ask({
    method,
    path,
    headers: { ...(method === "GET" ? {} : { "content-type": "application/json" }), ...headers },
    ...(method === "GET" ? {} : { body: "{}" })
  })

const statuses = (world: World, paths: ReadonlyArray<string>, headers: Readonly<Record<string, string>>, method = "GET") =>
  Effect.map(
    Effect.forEach(paths, (path) => world.ask({ method, path, headers })),
    (answers) => Object.fromEntries(answers.map(({ status }, n) => [paths[n], status]))
  )

const everyKey = { ...credentials("v1", first), ...credentials("sendblue", first) }

export const doors: ReadonlyArray<Line> = [
  {
    threat: "a request without a key",
    against: "every route asks for a key before it reads anything, except health, the description of the API and webhooks",
    name: "every route of the description and of both fronts answers 401 or 403 without a key, and with a wrong one",
    run: (world) =>
      Effect.gen(function*() {
        const all = [...yield* neutral(world), ...fronts, { method: "GET", path: "/metrics" }]
        expect(all.length).toBeGreaterThan(120)
        for (const door of all) {
          for (
            const headers of [{}, {
              authorization: "Bearer guess-0123456789abcdef",
              "sb-api-key-id": "any",
              "sb-api-secret-key": "guess-0123456789abcdef"
            }]
          ) {
            const { body, status } = yield* knocked(world, door, headers)
            expect([401, 403], `${door.method} ${door.path} answered ${status}`).toContain(status)
            expect(body).not.toContain(first)
          }
        }
      })
  },
  {
    threat: "somebody reads everybody's messages from the event stream",
    against: "the event stream asks for a key, like every route",
    name: "the event stream wants a key in its header, and gives nothing before",
    run: (world) =>
      Effect.gen(function*() {
        for (const path of ["/v1/events", `/v1/events?after=0&key=${first}`, `/v1/events?authorization=Bearer%20${first}`]) {
          for (const headers of [{}, credentials("v1", retired), { cookie: `authorization=Bearer ${first}` }]) {
            const answer = yield* world.ask({ path, headers })
            expect([answer.status, answer.headers["content-type"]]).toEqual([401, "application/problem+json"])
          }
        }
        const { text } = yield* raw(world.port, `GET /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${first}\r\n\r\n`, 300)
        expect(statusOf(text)).toBe(200)
      })
  },
  {
    threat: "a key is guessed piece by piece, by the time of the answer",
    against: "a digest of equal length is compared with every key, in constant time",
    name: "each shown key is compared by its digest with every known one, whether it is the first, the last or none",
    run: (world) =>
      Effect.gen(function*() {
        const module = Crypto as { timingSafeEqual: typeof Crypto.timingSafeEqual }
        const genuine = process.getBuiltinModule("node:crypto").timingSafeEqual
        const compared: Array<ReadonlyArray<number>> = []
        yield* Effect.acquireUseRelease(
          Effect.sync(() => {
            Object.assign(process.getBuiltinModule("node:crypto"), {
              timingSafeEqual: (left: Buffer, right: Buffer) => {
                compared.push([left.byteLength, right.byteLength])
                return genuine(left, right)
              }
            })
            syncBuiltinESMExports()
          }),
          () =>
            Effect.gen(function*() {
              expect(module.timingSafeEqual).not.toBe(genuine)
              for (const wire of wires) {
                for (const key of [first, second, "guess", `${first}x`]) {
                  compared.length = 0
                  yield* world.ask({ path: harmless[wire], headers: credentials(wire, key) })
                  expect(compared, `${wire} with ${key}`).toEqual([[32, 32], [32, 32]])
                }
              }
            }),
          () =>
            Effect.sync(() => {
              Object.assign(process.getBuiltinModule("node:crypto"), { timingSafeEqual: genuine })
              syncBuiltinESMExports()
            })
        )
      })
  },
  {
    threat: "a text that is nearly a key",
    against: "a key is compared as a whole, and is taken only from its header",
    name: "a part of a key, a longer one, an empty one, one in another case or another place opens no wire",
    run: (world) =>
      Effect.gen(function*() {
        const wrong = [
          first.slice(0, -1),
          `${first}0`,
          `${first} `.repeat(2).trim(),
          first.toUpperCase(),
          "first",
          "any",
          "undefined",
          "null",
          "*",
          "é".repeat(16),
          `${first},${second}`,
          `first=${first}`
        ]
        for (const wire of wires) {
          for (const key of wrong) {
            // a header's bytes go as they are
            const lines = Object.entries(credentials(wire, key)).map(([name, value]) => `${name}: ${value}\r\n`).join("")
            const text = yield* rawOnce(world.port, `GET ${harmless[wire]} HTTP/1.1\r\nhost: x\r\n${lines}\r\n`)
            expect([401, 403], `${wire} with ${key}`).toContain(statusOf(text))
          }
          for (
            const headers of [{ authorization: "" }, { authorization: "Bearer" }, { authorization: "Bearer " }, { authorization: first }, {
              "sb-api-key-id": "any",
              "sb-api-secret-key": ""
            }, { "sb-api-key-id": first, "sb-api-secret-key": "any" }]
          ) {
            expect([401, 403]).toContain((yield* world.ask({ path: harmless[wire], headers })).status)
          }
          const elsewhere = [
            `${harmless[wire]}?key=${first}`,
            `${harmless[wire]}?api_key=${first}&token=${first}&access_token=${first}`,
            `${harmless[wire]}?sb-api-key-id=any&sb-api-secret-key=${first}`
          ]
          const headers = {
            cookie: `key=${first}; authorization=Bearer ${first}`,
            "x-api-key": first,
            "proxy-authorization": `Bearer ${first}`
          }
          for (const status of Object.values(yield* statuses(world, elsewhere, headers))) expect([401, 403]).toContain(status)
          const basic = Buffer.from(`any:${first}`).toString("base64")
          expect([401, 403]).toContain((yield* world.ask({ path: harmless[wire], headers: { authorization: `Basic ${basic}` } })).status)
          expect((yield* world.ask({ path: harmless[wire], headers: credentials(wire, first) })).status).toBe(200)
        }
      })
  },
  {
    threat: "a key that leaked",
    against: "several keys are valid at a time, so that one can be replaced; a key that was removed is not valid",
    name: "both keys open every wire while one replaces the other, and a retired one opens none",
    run: (world) =>
      Effect.gen(function*() {
        for (const wire of wires) {
          const answers = yield* Effect.forEach([first, second, retired], (key) =>
            world.ask({ path: harmless[wire], headers: credentials(wire, key) }))
          expect([
            wire,
            ...answers.map(({ status }) =>
              status
            )
          ]).toEqual([wire, 200, 200, 401])
        }
      })
  },
  {
    threat: "a key in another wire's headers",
    against: "each wire takes a key only in its own form",
    name: "a bearer opens no Sendblue route, and Sendblue's headers open no other",
    run: (world) =>
      Effect.gen(function*() {
        expect((yield* world.ask({ path: harmless.sendblue, headers: credentials("v1", first) })).status).toBe(403)
        expect((yield* world.ask({ path: harmless.v1, headers: credentials("sendblue", first) })).status).toBe(401)
        expect((yield* world.ask({ path: harmless.linq, headers: credentials("sendblue", first) })).status).toBe(401)
        expect((yield* world.ask({ path: "/v1/events", headers: credentials("sendblue", first) })).status).toBe(401)
        expect((yield* world.ask({ path: "/metrics", headers: credentials("sendblue", first) })).status).toBe(401)
      })
  },
  {
    threat: "two programs read the same path differently",
    against: "a path has one form: no dots, no doubled slash, no slash at the end, no encoded slash, no other case",
    name: "an odd path leads to no route of its own wire and of no other, with all keys at once",
    run: (world) =>
      Effect.gen(function*() {
        const odd = [
          "/sendblue/../v1/carriers",
          "/sendblue/%2e%2e/v1/carriers",
          "/sendblue/..%2fv1/carriers",
          "/sendblue/api/../../v1/carriers",
          "/linq/../v1/carriers",
          "/linq/%2e%2e/sendblue/api/lines",
          "/./v1/carriers",
          "/v1/./carriers",
          "/v1/../v1/carriers",
          "/webhooks/../v1/carriers",
          "/healthz/../v1/carriers",
          "/healthz/..%2f..%2fv1/carriers",
          "//v1/carriers",
          "/v1//carriers",
          "/v1/carriers/",
          "//sendblue/api/lines",
          "/sendblue//api/lines",
          "/sendblue/api//lines",
          "/sendblue/api/lines/",
          "//linq/v3/phone_numbers",
          "/linq//v3/phone_numbers",
          "/linq/v3/phone_numbers/",
          "/v1%2fcarriers",
          "/v1%2Fcarriers",
          "/v1%5ccarriers",
          "/v1\\carriers",
          "/sendblue%2fapi/lines",
          "/sendblue/api%2flines",
          "/linq/v3%2fphone_numbers",
          "/linq%2fv3/phone_numbers",
          "/V1/carriers",
          "/v1/Carriers",
          "/Sendblue/api/lines",
          "/sendblue/API/lines",
          "/LINQ/v3/phone_numbers",
          "/linq/V3/phone_numbers",
          "/sendblue/api/%6cines",
          "/linq/v3/%70hone_numbers",
          "/v1/carriers%00",
          "/sendblue/api/lines%00",
          "/linq/v3/phone_numbers%00",
          "/v1/carriers%20",
          "/v1/carriers;x=1",
          "/metrics;x",
          "/metrics#x",
          "/%76%31/carriers",
          "/%6detrics",
          "/%73endblue/api/lines",
          "/%6cinq/v3/phone_numbers",
          "/sendblue/api/lines;x=1",
          "/linq/v3/phone_numbers;x=1",
          "/linq/api/send-message",
          "/linq/api/lines",
          "/sendblue/v3/chats",
          "/sendblue/v3/phone_numbers",
          "/sendblue/v1/carriers",
          "/linq/v1/carriers",
          "/v1/api/lines",
          "/v1/v3/phone_numbers",
          "/api/lines",
          "/v3/phone_numbers",
          "/sendblue/linq/v3/phone_numbers",
          "/linq/sendblue/api/lines",
          "/v1/sendblue/api/lines",
          "/%zz",
          "/sendblue/%zz",
          "/linq/v3/chats/%zz",
          "/v1/chats/%zz",
          "/v1/chats/%c0%ae",
          "/v1"
        ]
        for (const path of odd) {
          for (const method of ["GET", "POST", "DELETE"]) {
            const text = yield* rawOnce(
              world.port,
              `${method} ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n${
                Object.entries(everyKey).map(([name, value]) => `${name}: ${value}\r\n`).join("")
              }\r\n`
            )
            expect([400, 404], `${method} ${path} answered ${statusOf(text)}`).toContain(statusOf(text))
          }
        }
        // the whole address, as a proxy gets it, is the same place
        const absolute = yield* rawOnce(world.port, `GET http://x/v1/carriers HTTP/1.1\r\nhost: x\r\n\r\n`)
        expect(statusOf(absolute)).toBe(401)
      })
  },
  {
    threat: "an id of a carrier leads to another endpoint of the vendor",
    against: "an id is encoded as one part of a path; dots alone are not an id",
    name: "an id with dots and slashes reaches no other endpoint of a vendor",
    run: (world) =>
      Effect.gen(function*() {
        yield* world.network.clearRequests
        const ids = [
          "..",
          ".",
          "%2e%2e",
          "..%2f..%2fwebhook-subscriptions",
          "a%2f..%2f..%2fmessages",
          "a%3fx=1",
          "a%23b",
          "a%0d%0aX-Evil:%201",
          "..%5c..%5cmessages",
          "%00"
        ]
        for (const id of ids) {
          for (const carrier of ["linq", "sendblue"]) {
            for (
              const [method, path, body] of [
                ["GET", `/v1/messages/${carrier}%3A${id}`, undefined],
                ["DELETE", `/v1/messages/${carrier}%3A${id}`, undefined],
                ["GET", `/v1/chats/${carrier}%3A${id}`, undefined],
                ["POST", `/v1/chats/${carrier}%3A${id}/typing`, undefined],
                ["GET", `/v1/attachments/${carrier}%3A${id}`, undefined],
                ["POST", "/v1/send", { to: { chat: `${carrier}:${decodeURIComponent(id)}` }, text: "astray" }]
              ] as const
            ) {
              const { status } = yield* world.call("v1", method, path, body)
              expect(status, `${method} ${path}`).toBeGreaterThanOrEqual(400)
            }
          }
          for (const path of [`/linq/v3/messages/${id}`, `/linq/v3/chats/${id}`]) {
            expect((yield* world.call("linq", "GET", path)).status).toBeGreaterThanOrEqual(400)
          }
          for (const path of [`/sendblue/api/v2/messages/${id}`, `/sendblue/api/v2/groups/${id}`]) {
            expect(
              (yield* world.call("sendblue", "GET", path)).status
            ).toBeGreaterThanOrEqual(400)
          }
        }
        const asked = yield* world.network.requests()
        const inside =
          /^\/(api\/partner\/v3\/(messages|chats|attachments|phone_numbers)\/[^/]+(\/(typing|messages))?|api\/(v2\/(messages|groups)|message|lines)(\/[^/]+)?|api\/(send-typing-indicator|send-group-message|send-message))$/
        for (const { method, path } of asked) expect(path, `${method} ${path}`).toMatch(inside)
        for (const { headers } of asked) expect(Object.keys(headers)).not.toContain("x-evil")
      })
  },
  {
    threat: "a header or a rare method hides what a request does",
    against: "only the method says what a request does; HEAD and OPTIONS do nothing without a key",
    name: "method override headers change nothing, and HEAD, OPTIONS, TRACE and made-up methods tell nothing",
    run: (world) =>
      Effect.gen(function*() {
        const made = JSON.parse((yield* world.call("v1", "POST", "/v1/callbacks", { url: "https://hooks.example.com/override" })).body) as {
          readonly id: string
        }
        for (const name of ["x-http-method-override", "x-http-method", "x-method-override"]) {
          expect((yield* world.call("v1", "GET", `/v1/callbacks/${made.id}?_method=DELETE`, undefined, { [name]: "DELETE" })).status).toBe(
            400
          )
          expect((yield* world.call("v1", "GET", `/v1/callbacks/${made.id}`, undefined, { [name]: "DELETE" })).status).toBe(200)
          expect(
            (yield* world.call("v1", "POST", `/v1/callbacks/${made.id}?_method=DELETE`, { _method: "DELETE" }, { [name]: "DELETE" })).status
          ).toBe(405)
        }
        expect((yield* world.call("v1", "GET", `/v1/callbacks/${made.id}`)).status).toBe(200)
        for (const path of [...Object.values(harmless), "/v1/send", "/v1/events", "/metrics"]) {
          for (const method of ["HEAD", "OPTIONS", "TRACE"]) {
            const answer = yield* world.ask({ method, path })
            expect([401, 403, 404, 405], `${method} ${path} answered ${answer.status}`).toContain(answer.status)
            expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control-"))).toEqual([])
          }
          expect(statusOf(yield* rawOnce(world.port, `BREW ${path} HTTP/1.1\r\nhost: x\r\n\r\n`))).toBe(400)
        }
      })
  },
  {
    threat: "a web page calls the API from the network of its visitor",
    against: "only listed origins are allowed; no answer may be shown in a frame or read as another type",
    name: "no other origin is allowed, and a preflight is not answered",
    run: (world) =>
      Effect.gen(function*() {
        for (const path of [...Object.values(harmless), "/v1/send", "/webhooks/linq", "/healthz", "/nowhere"]) {
          for (const method of ["GET", "POST", "OPTIONS"]) {
            const answer = yield* world.ask({
              method,
              path,
              headers: {
                origin: origins[0],
                "access-control-request-method": "POST",
                "access-control-request-headers": "authorization",
                ...everyKey
              }
            })
            expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control-"))).toEqual([])
            if (method === "OPTIONS") expect(answer.status, path).toBeGreaterThanOrEqual(400)
            expect([answer.headers["x-content-type-options"], answer.headers["x-frame-options"]]).toEqual(["nosniff", "DENY"])
            expect(answer.headers["content-security-policy"]).toContain("default-src 'none'")
          }
        }
      })
  },
  {
    threat: "the origin of a web page looks like one that is allowed",
    against: "origins are compared as a whole",
    name: "only the listed origins are allowed, and none with credentials of the browser",
    over: "open",
    run: (world) =>
      Effect.gen(function*() {
        const allowed = (origin: string) =>
          Effect.map(
            world.ask({ method: "OPTIONS", path: "/v1/send", headers: { origin, "access-control-request-method": "POST" } }),
            ({ headers }) => headers["access-control-allow-origin"]
          )
        for (const origin of origins) expect(yield* allowed(origin)).toBe(origin)
        for (
          const origin of [
            "https://evil.example.com",
            "null",
            "http://app.example.com",
            "https://app.example.com.evil.com",
            "https://app.example.com:444",
            "https://APP.example.com",
            "https://sub.app.example.com",
            "*"
          ]
        ) {
          expect([undefined, ""], origin).toContain(yield* allowed(origin))
        }
        const answer = yield* world.ask({ path: "/v1/carriers", headers: { origin: origins[0], ...credentials("v1", first) } })
        expect([answer.headers["access-control-allow-origin"], answer.headers["access-control-allow-credentials"]]).toEqual([
          origins[0],
          undefined
        ])
        expect(answer.headers["vary"]?.toLowerCase()).toContain("origin")
      })
  }
]
