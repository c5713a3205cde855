/** Keys with scopes: what each of them opens, what it is refused with, and how they are made. */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import { table } from "../../src/api/access/table.ts"
import { ada, deliveryId, serve, support } from "./world.ts"

type World = Effect.Effect.Success<ReturnType<typeof serve>>

interface Operation {
  readonly operationId: string
  readonly security: ReadonlyArray<{ readonly apiKey: ReadonlyArray<string> }>
}

const json = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<Record<string, unknown>> =>
  Effect.orDie(Effect.map(response.json, (body) => body as Record<string, unknown>))

const create = ({ http }: World, body: unknown) =>
  Effect.flatMap(
    http.execute(HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post("/v1/keys"), body)),
    (response) => Effect.map(json(response), (body) => ({ status: response.status, body }))
  )

const secretOf = (world: World, body: unknown): Effect.Effect<string, unknown> =>
  Effect.map(create(world, body), ({ body }) => String(body["secret"]))

const ask = ({ anybody }: World, secret: string, request: HttpClientRequest.HttpClientRequest) =>
  Effect.flatMap(
    anybody.execute(HttpClientRequest.bearerToken(request, secret)),
    (response) => Effect.map(response.text, (body) => ({ status: response.status, body: body === "" ? {} : JSON.parse(body) }))
  )

const every = ["read", "send", "operate", "admin"] as const

const send = HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post("/v1/send"), { to: { line: support, handle: ada }, text: "hi" })

describe("API keys", () => {
  it.scoped("open what their scope is for, and nothing else, and the refusal names what is needed", () =>
    Effect.gen(function*() {
      const world = yield* serve()
      const { paths } = (yield* json(yield* world.anybody.get("/openapi.json"))) as {
        readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
      }
      const secrets = yield* Effect.forEach(every, (scope) => secretOf(world, { name: `only-${scope}`, scopes: [scope] }))
      const wrong: Array<unknown> = []
      let asked = 0
      for (const [path, methods] of Object.entries(paths)) {
        for (const [method, { operationId, security }] of Object.entries(methods)) {
          const needed = security.flatMap(({ apiKey }) => apiKey)
          for (const [position, scope] of every.entries()) {
            if (path === "/v1/events" && needed.includes(scope)) continue
            if (path === "/v1/events" && scope === "admin") continue
            const url = path.replace(/\{[^}]*\}/g, deliveryId)
            const request = HttpClientRequest.make(method.toUpperCase() as "POST")(url)
            const { body, status } = yield* ask(
              world,
              secrets[position] ?? "",
              method === "get" ? request : HttpClientRequest.bodyUnsafeJson(request, {})
            )
            const isOpen = security.length === 0 || scope === "admin" || needed.includes(scope)
            const isForbidden = body.type === "urn:interline:problem:forbidden"
            asked++
            if (isOpen === isForbidden || (isForbidden && !needed.every((word) => String(body.detail).includes(`"${word}"`)))) {
              wrong.push([operationId, scope, status, body.detail])
            }
          }
        }
      }
      deepStrictEqual(wrong, [])
      strictEqual(asked > 4 * Object.keys(table).length, true, "the description has every endpoint of the table")
    }))

  it.scoped("say nothing of what they may not do: an unknown field is refused after the scope", () =>
    Effect.gen(function*() {
      const world = yield* serve()
      const secret = yield* secretOf(world, { name: "sender", scopes: ["send"] })
      const { body, status } = yield* ask(world, secret, HttpClientRequest.get("/v1/deliveries?nonsense=1"))
      deepStrictEqual([status, body.type, body.certainty, body.next, body.detail], [
        403,
        "urn:interline:problem:forbidden",
        "not-sent",
        "fix",
        "the key needs the scope \"read\""
      ])
    }))

  it.scoped("for some lines send by these lines only, and are refused where no line is checked", () =>
    Effect.gen(function*() {
      const world = yield* serve()
      const own = yield* secretOf(world, { name: "own", scopes: ["read", "send"], lines: [support] })
      strictEqual((yield* ask(world, own, send)).status, 200)
      yield* ask(world, own, HttpClientRequest.get("/v1/deliveries"))
      deepStrictEqual(world.queries.at(-1)?.lines, [support])
      const refused = yield* Effect.forEach(["/v1/lines", "/v1/events", "/v1/deliveries?line=sales", "/v1/held"], (url) =>
        Effect.map(ask(world, own, HttpClientRequest.get(url)), ({ body, status }) => [status, body.detail]))
      deepStrictEqual(refused, [
        [403, "the key is for some lines only, and this is not about one line"],
        [403, "the key is for some lines only, and this is not about one line"],
        [403, "the key is not for the line \"sales\""],
        [403, "the key is for some lines only, and this is not about one line"]
      ])
    }))

  it.scoped("show their secret once, are listed without it, and are refused after they were revoked", () =>
    Effect.gen(function*() {
      const world = yield* serve()
      const { body, status } = yield* create(world, { name: "reader", scopes: ["read"], expiresAt: "2100-01-01T00:00:00Z" })
      const { id, secret, ...shown } = body
      deepStrictEqual([status, shown], [201, {
        source: "api",
        name: "reader",
        scopes: ["read"],
        createdAt: "1970-01-01T00:00:00.000Z",
        createdBy: "crm",
        expiresAt: "2100-01-01T00:00:00.000Z"
      }])
      const listed = yield* json(yield* world.http.get("/v1/keys"))
      strictEqual(JSON.stringify(listed).includes(String(secret)), false)
      deepStrictEqual(
        (listed["items"] as ReadonlyArray<Record<string, unknown>>).map(({ name, scopes, source }) => [source, name, scopes]),
        [
          ["environment", "crm", ["admin"]],
          ["environment", "ops", ["admin"]],
          ["api", "reader", ["read"]]
        ]
      )
      const held = HttpClientRequest.get("/v1/held")
      strictEqual((yield* ask(world, String(secret), held)).status, 200)
      strictEqual((yield* world.http.del(`/v1/keys/${String(id)}`)).status, 204)
      strictEqual((yield* ask(world, String(secret), held)).status, 401)
      strictEqual((yield* world.http.del(`/v1/keys/${String(id)}`)).status, 404)
    }))

  it.scoped("are refused at their creation for what could not be meant", () =>
    Effect.gen(function*() {
      const world = yield* serve()
      const answers = yield* Effect.forEach(
        [
          { name: "a b", scopes: ["read"] },
          { name: "a", scopes: [] },
          { name: "a", scopes: ["write"] },
          { name: "a", scopes: ["read"], lines: ["suport"] },
          { name: "a", scopes: ["admin"], lines: [support] },
          { name: "a", scopes: ["read"], expiresAt: "1970-01-01T00:00:00Z" },
          { name: "a", scopes: ["read"], secret: "mine-0123456789abcdef" },
          { name: "ops", scopes: ["read"] }
        ],
        (body) => Effect.map(create(world, body), ({ body, status }) => `${status} ${JSON.stringify(body["problems"] ?? body["detail"])}`)
      )
      deepStrictEqual(answers.map((answer) => answer.slice(0, 3)), ["400", "400", "400", "400", "400", "400", "400", "409"])
      for (const [position, word] of ["name", "scopes", "operate", "support", "admin", "over", "secret", "name"].entries()) {
        strictEqual(answers[position]?.includes(word), true, answers[position])
      }
      deepStrictEqual((yield* json(yield* world.http.get("/v1/keys")))["items"], [
        { source: "environment", name: "crm", scopes: ["admin"] },
        { source: "environment", name: "ops", scopes: ["admin"] }
      ])
    }))

  it.scoped("are created once under an Idempotency-Key, whose repetition names the key, and no store has the secret", () =>
    Effect.gen(function*() {
      const world = yield* serve()
      const createKeyed = (name: string) =>
        Effect.flatMap(
          world.http.execute(
            HttpClientRequest.post("/v1/keys").pipe(
              HttpClientRequest.setHeader("idempotency-key", "once"),
              HttpClientRequest.bodyUnsafeJson({ name, scopes: ["read"] })
            )
          ),
          (response) => Effect.map(json(response), (body) => ({ status: response.status, headers: response.headers, body }))
        )
      const first = yield* createKeyed("a")
      const others = [yield* createKeyed("a"), yield* createKeyed("a")]
      const { id, secret } = first.body
      strictEqual(first.status, 201)
      strictEqual((yield* ask(world, String(secret), HttpClientRequest.get("/v1/held"))).status, 200)
      for (const { body, headers, status } of others) {
        deepStrictEqual(
          [status, body["type"], headers["idempotent-replayed"], headers["x-should-retry"]],
          [409, "urn:interline:problem:key-created-before", "true", "false"]
        )
        strictEqual(String(body["detail"]).startsWith(`the key "a" with the id ${String(id)} is there; `), true)
      }
      strictEqual((yield* createKeyed("b")).status, 422)
      deepStrictEqual(
        ((yield* json(yield* world.http.get("/v1/keys")))["items"] as ReadonlyArray<Record<string, unknown>>).map(({ name }) => name),
        ["crm", "ops", "a"]
      )
      const stored = JSON.stringify(Array.from(world.log.rows.values()))
      deepStrictEqual([stored.includes(String(id)), stored.includes(String(secret))], [true, false])
    }))
})
