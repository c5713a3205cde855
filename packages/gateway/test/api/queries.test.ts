/** What a request asks in its address, at every route of the description. */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as OpenApi from "@effect/platform/OpenApi"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import type { Archived } from "@interline/sql/Archive"
import * as Effect from "effect/Effect"
import { GatewayApi } from "../../src/api/Api.ts"
import { deliveryId, message, serve, toAda } from "./world.ts"

interface Operation {
  readonly parameters?: ReadonlyArray<{ readonly name: string; readonly in: string }>
  readonly requestBody?: { readonly content: Record<string, { readonly example?: unknown }> }
}

const spec = JSON.parse(JSON.stringify(OpenApi.fromApi(GatewayApi))) as { readonly paths: Record<string, Record<string, Operation>> }

const routes = [
  ...Object.entries(spec.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase() as HttpMethod, operation }))
  ),
  ...["/", "/docs", "/openapi.json"].map((path) => ({ path, method: "GET" as HttpMethod, operation: {} as Operation }))
]

const names: Readonly<Record<string, string>> = {
  id: deliveryId,
  message: "linq:m1",
  chat: "linq:c1",
  attachment: "linq:f1",
  line: "support"
}

const request = ({ method, operation: { requestBody }, path }: (typeof routes)[number], query: string) => {
  const address = `${path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name] ?? deliveryId))}?${query}`
  // as the console asks
  const given = HttpClientRequest.make(method as "GET")(address, { headers: { "x-interline-console": "1" } })
  const example = requestBody?.content["application/json"]?.example
  return example === undefined ? given : HttpClientRequest.bodyUnsafeJson(given, example)
}

// a list: what is given twice is both
const lists = ["types"]

describe("a query", () => {
  it.scoped("that asks for what is not known is refused at every route, and names the field", () =>
    Effect.gen(function*() {
      const { calls, http } = yield* serve()
      assert.isAbove(routes.length, 55)
      for (const route of routes) {
        for (const query of ["nonsense=1", "nonsense=1&nonsense=2", "nonsense"]) {
          const answer = yield* http.execute(request(route, query))
          const text = yield* answer.text
          assert.strictEqual(answer.status, 400, `${route.method} ${route.path} ${text}`)
          assert.include(text, "\"path\":[\"nonsense\"]", `${route.method} ${route.path}`)
        }
      }
      deepStrictEqual(calls, [])
    }))

  it.scoped("that gives a field twice is refused at every route that has the field", () =>
    Effect.gen(function*() {
      const { calls, http } = yield* serve()
      let fields = 0
      for (const route of routes) {
        for (const { in: where, name } of route.operation.parameters ?? []) {
          // `show` is no field of an endpoint: it is read before the query
          if (where !== "query" || lists.includes(name) || name === "show") continue
          const answer = yield* http.execute(request(route, `${name}=1&${name}=2`))
          const text = yield* answer.text
          assert.strictEqual(answer.status, 400, `${route.method} ${route.path} ${name} ${text}`)
          assert.include(text, "is given more than once", `${route.method} ${route.path} ${name}`)
          fields += 1
        }
      }
      assert.isAbove(fields, 30)
      deepStrictEqual(calls, [])
    }))

  it.scoped("is looked at only for who shows a key, where one is needed", () =>
    Effect.gen(function*() {
      const { anybody } = yield* serve()
      const needsKey = ({ method, path }: (typeof routes)[number]): boolean =>
        path.startsWith("/v1/") && !(method === "POST" && path === "/v1/session")
      for (const route of routes.filter(needsKey)) {
        assert.strictEqual((yield* anybody.execute(request(route, "nonsense=1"))).status, 401, `${route.method} ${route.path}`)
      }
    }))

  it.scoped("may be empty", () =>
    Effect.gen(function*() {
      const { http } = yield* serve()
      for (const path of ["/v1/carriers?", "/openapi.json?", "/?"]) assert.strictEqual((yield* http.get(path)).status, 200, path)
    }))
})

const archived: Archived = {
  _tag: "Inbound",
  id: "linq:m9",
  at: 7,
  updatedAt: 7,
  conversation: toAda,
  message: { ...message, direction: "inbound" }
}

describe("a line that narrows a list", () => {
  it.scoped("and that there is not is refused with the nearest one, unless something went by it", () =>
    Effect.gen(function*() {
      const { http } = yield* serve()
      for (const path of ["/v1/deliveries", "/v1/messages"]) {
        for (const [line, status] of [["support", 200], ["suport", 400], ["billing", 400]] as const) {
          const answer = yield* http.get(`${path}?line=${line}`)
          const text = yield* answer.text
          assert.strictEqual(answer.status, status, text)
          if (status === 400) assert.include(text, "\"path\":[\"line\"]")
          if (line === "suport") assert.include(text, "did you mean \\\"support\\\"?")
        }
      }
      const { http: older } = yield* serve({ archived: [archived] })
      for (const path of ["/v1/deliveries", "/v1/messages"]) {
        assert.strictEqual((yield* older.get(`${path}?line=billing`)).status, 200)
      }
    }))
})

describe("a time that narrows a list", () => {
  const month = ["2026-01-31", "2026-02-28", "2028-02-29", "2026-04-30", "2000-02-29"]
  const noDay = ["2026-02-30", "2026-02-29", "2100-02-29", "2026-04-31", "2026-06-31", "2026-02-31"]

  it.scoped("has its zone, and a day that there is", () =>
    Effect.gen(function*() {
      const { http } = yield* serve()
      const statusOf = (name: string, time: string) =>
        Effect.map(http.get(`/v1/messages?${name}=${encodeURIComponent(time)}`), ({ status }) => status)
      for (const name of ["since", "until"]) {
        for (const day of month) {
          for (const rest of ["T00:00:00Z", "T23:59:59.999+14:00", "T00:00-11:00"]) {
            deepStrictEqual([day, rest, yield* statusOf(name, day + rest)], [day, rest, 200])
          }
          for (const rest of ["", "T00:00:00", "T25:00:00Z", " 00:00:00Z"]) {
            deepStrictEqual([day, rest, yield* statusOf(name, day + rest)], [day, rest, 400])
          }
        }
        for (const day of noDay) deepStrictEqual([day, yield* statusOf(name, `${day}T00:00:00Z`)], [day, 400])
      }
      const told = yield* (yield* http.get("/v1/deliveries?since=2026-02-30T00:00:00Z")).text
      assert.include(told, "that month has no such day")
      const body = yield* http.execute(
        HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post("/v1/catch-up"), { since: "2026-02-30T00:00:00Z" })
      )
      assert.strictEqual(body.status, 400)
    }))
})
