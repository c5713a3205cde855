/** What a request asks in its address, at every route of the description. */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as OpenApi from "@effect/platform/OpenApi"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import { GatewayApi } from "../../src/api/Api.ts"
import { deliveryId, serve } from "./world.ts"

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
  const given = HttpClientRequest.make(method as "GET")(address)
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
          if (where !== "query" || lists.includes(name)) continue
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
      for (const route of routes.filter(({ path }) => path.startsWith("/v1/"))) {
        assert.strictEqual((yield* anybody.execute(request(route, "nonsense=1"))).status, 401, `${route.method} ${route.path}`)
      }
    }))

  it.scoped("may be empty", () =>
    Effect.gen(function*() {
      const { http } = yield* serve()
      for (const path of ["/v1/carriers?", "/openapi.json?", "/?"]) assert.strictEqual((yield* http.get(path)).status, 200, path)
    }))
})
