/** The tools of others on `/openapi.json`: validators, a compiler of schemas and a generator of clients. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import { gatewayWorld } from "../support/gateway.ts"
import { brief } from "../support/router.ts"
import { ada } from "../support/sandbox.ts"
import { compile, program, run } from "./client.ts"
import { contentsOf, type Document, document, type Json, pointer, schemasOf } from "./document.ts"
import { compiler } from "./schemas.ts"
import { validators } from "./validators.ts"

const ask = (url: string, init: RequestInit = {}) =>
  Effect.promise(async () => {
    const answer = await fetch(url, init)
    return { status: answer.status, type: answer.headers.get("content-type")?.split(";")[0], body: await answer.json() as unknown }
  })

const served = (url: string): Effect.Effect<Document> => Effect.map(ask(`${url}/openapi.json`), ({ body }) => body as Document)

/** One operation and what it needs: enough to make a mistake in, and found at once. */
const [path, method] = ["/v1/lines/check", "post"]
const operation = document.paths[path]?.[method]
const small: Document = {
  ...document,
  paths: { [path]: { [method]: operation as never } },
  components: { ...document.components, schemas: { ProblemDetails: document.components.schemas["ProblemDetails"] as never } }
}

const withOperation = (changed: object): Document => ({ ...small, paths: { [path]: { [method]: { ...operation, ...changed } as never } } })
const withPath = (added: string): Document => ({ ...small, paths: { ...small.paths, [added]: { [method]: operation as never } } })
const withComponent = (name: string, schema: Json): Document => ({
  ...small,
  components: { ...small.components, schemas: { ...small.components.schemas, [name]: schema } }
})

/** Mistakes that a description can have, and who finds each. */
const mistakes: ReadonlyArray<readonly [mistake: string, broken: Document, finders: ReadonlyArray<string>]> = [
  ["a component whose name has a slash", withComponent("@interline/core/Draft", { type: "string" }), Object.keys(validators)],
  [
    "a parameter that is nowhere",
    withOperation({ parameters: [{ name: "limit", in: "somewhere", schema: { type: "integer" } }] }),
    Object.keys(validators)
  ],
  [
    "a reference to what is not there",
    withOperation({ parameters: [{ $ref: "#/components/parameters/nothing" }] }),
    Object.keys(validators)
  ],
  ["two operations of one id", withPath("/v1/lines/check-again"), ["a parser", "a linter"]],
  ["a part of a path that no parameter is for", { ...small, paths: { "/v1/lines/{id}": { [method]: operation as never } } }, [
    "a parser",
    "a linter"
  ]],
  ["a component that nothing refers to", withComponent("Spare", { type: "string" }), ["a linter"]],
  ["a status that is none", withOperation({ responses: { 99: { description: "" } } }), Object.keys(validators)]
]

describe("the description of the API, to validators", () => {
  for (const [name, findings] of Object.entries(validators)) {
    it.effect(`is valid, without a warning (${name})`, () =>
      Effect.gen(function*() {
        expect(yield* findings(document)).toEqual([])
      }))

    it.effect(`finds mistakes, and nothing in the same operation without them (${name})`, () =>
      Effect.gen(function*() {
        expect(yield* findings(small)).toEqual([])
        for (const [mistake, broken, finders] of mistakes) {
          if (finders.includes(name)) expect(yield* findings(broken), mistake).not.toEqual([])
        }
      }))
  }
})

describe("the description of the API, to a compiler of schemas", () => {
  it("has schemas of components, parameters, requests and answers that all compile", () => {
    const schemaAt = compiler(document)
    const places = schemasOf(document)
    expect(places.length).toBeGreaterThan(800)
    // an equal schema compiles alike
    const distinct = new Map(places.map(({ at, value }) => [JSON.stringify(value), at]))
    for (const at of distinct.values()) expect(() => schemaAt(at), at).not.toThrow()
  })

  it("would not compile with a reference to nothing, an id that is there twice, or a word that is none", () => {
    const broken = [
      [{ $ref: "#/components/schemas/Nothing" }, /can't resolve reference/],
      [{ anyOf: [{ $id: "twice" }, { $id: "twice", type: "string" }] }, /resolves to more than one schema/],
      [{ type: "string", minimumLength: 1 }, /unknown keyword: "minimumLength"/],
      [{ type: "string", format: "handle" }, /unknown format "handle"/]
    ] as const
    for (const [schema, sentence] of broken) {
      expect(() => compiler(withComponent("Wrong", schema))("/components/schemas/Wrong"), JSON.stringify(schema)).toThrow(sentence)
    }
  })

  it("shows examples that its schemas take, one for each operation that takes JSON", () => {
    const schemaAt = compiler(document)
    const bodies = contentsOf(document.paths).filter(({ at, value }) =>
      value.example !== undefined || /requestBody.*application~1json$/.test(at)
    )
    expect(bodies.length).toBeGreaterThan(20)
    for (const { at, value } of bodies) {
      const validate = schemaAt(`${at}/schema`)
      expect([validate(value.example), validate.errors], at).toEqual([true, null])
    }
  })
})

const id = "6f1c2f6e-6d0c-4f0e-9a54-0e6f3f0a1c01"
const to = { line: "support", handle: ada }

/** Requests of a real gateway, with the status of each. */
const requests: ReadonlyArray<readonly [method: "get" | "post", path: string, status: number, body?: object | undefined, query?: string]> =
  [
    ["post", "/v1/send", 200, {
      to,
      parts: [{ _tag: "Text", text: "Hello", decorations: [{ start: 0, end: 5, style: "bold" }] }],
      effect: "confetti",
      metadata: { order: "1042" }
    }],
    ["post", "/v1/send", 422, { to: { line: "nobody", handle: ada }, text: "Hello" }],
    ["post", "/v1/send", 400, { to, text: 4 }],
    ["post", "/v1/plan", 200, { to, text: "Hello", effect: "confetti" }],
    ["post", "/v1/conversations", 200, to],
    ["post", "/v1/lookup", 200, { handle: ada }],
    ["post", "/v1/opt-outs", 200, { handle: "+12025550177" }],
    ["post", "/v1/opt-outs/import", 200, { handles: ["+12025550178"] }],
    ["post", "/v1/callbacks", 201, { url: "https://app.example.com/events", events: ["Received"] }],
    ["get", "/v1/deliveries", 200, undefined, "?limit=2"],
    ["get", "/v1/messages", 200],
    ["get", "/v1/held", 200],
    ["get", "/v1/chats", 200, undefined, "?line=support"],
    ["get", "/v1/lines", 200],
    ["get", "/v1/carriers", 200],
    ["get", "/v1/opt-outs", 200],
    ["get", "/v1/callbacks", 200],
    ["get", "/v1/dead-letters", 200],
    ["get", "/v1/queues", 200],
    ["get", "/v1/processes", 200],
    ["get", "/v1/failed-events", 200],
    ["get", "/v1/catch-up", 200],
    ["get", "/v1/webhooks", 200],
    ["get", "/v1/deliveries/{id}", 404],
    ["get", "/v1/deliveries", 400, undefined, "?limit=0"]
  ]

describe("the description of the API, to a generator of clients", () => {
  it.live("gives types with which a program compiles, and which refuse what is wrong in it", () =>
    Effect.gen(function*() {
      const wrong = program.replace("id: data.deliveryId", "id: data.chatId").replace("limit: 2,", "limit: true,").replace(
        "data.items.map(({ id }) => id)",
        "data.carriers"
      )
      expect(yield* compile(document, wrong)).toEqual({
        program: [],
        wrong: [
          expect.stringMatching(/'chatId' does not exist/),
          expect.stringMatching(/'boolean' is not assignable to type 'number'/),
          expect.stringMatching(/'carriers' does not exist/)
        ]
      })
    }), 120_000)

  it.scopedLive("gives a program that reads from a gateway what its types say", () =>
    Effect.gen(function*() {
      const { apiKey, copies, network, url } = yield* gatewayWorld({ carriers: ["sendblue"], policy: brief })
      const read = yield* run(url, apiKey, "Your order left")
      expect(read).toEqual({
        sent: { outcome: "accepted", id: expect.any(String), carrier: "sendblue", parts: [0] },
        refused: { status: 400, certainty: "not-sent", next: "fix", rules: expect.any(Array) },
        list: [{ id: expect.any(String), outcome: "accepted", to: ada }],
        carriers: ["sendblue"],
        look: 204,
        missing: expect.objectContaining({ status: 404 }),
        stranger: { status: 401, told: 401 }
      })
      expect(yield* copies("Your order left")).toBe(1)

      yield* network.addFault({ vendor: "sendblue", kind: "reset-before", times: "forever" })
      expect(yield* run(url, apiKey, "Your order is here")).toMatchObject({ sent: { outcome: "held", id: expect.any(String) } })
    }), 60_000)
})

describe("the description of the API, to its readers", () => {
  it.scopedLive("says what a gateway answers, by status and to the last field", () =>
    Effect.gen(function*() {
      const { apiKey, network, url } = yield* gatewayWorld({ carriers: ["linq", "sendblue"], policy: brief })
      const description = yield* served(url)
      const schemaAt = compiler(description)
      const answers = (method: "get" | "post", path: string, status: number, body?: object, query = "") =>
        Effect.gen(function*() {
          const answer = yield* ask(`${url}${path.replace("{id}", id)}${query}`, {
            method,
            headers: { authorization: `Bearer ${apiKey}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
            ...(body === undefined ? {} : { body: JSON.stringify(body) })
          })
          const at = `${method} ${path}${query} ${JSON.stringify(answer.body)}`
          expect([answer.status, Object.keys(description.paths[path]?.[method]?.responses[status]?.content ?? {})], at).toEqual([status, [
            answer.type
          ]])
          const validate = schemaAt(pointer("paths", path, method, "responses", String(status), "content", String(answer.type), "schema"))
          expect([validate(answer.body), validate.errors], at).toEqual([true, null])
        })
      for (const request of requests) yield* answers(...request)
      yield* network.addFault({ vendor: "linq", kind: "reset-before", times: "forever" })
      yield* network.addFault({ vendor: "sendblue", kind: "reset-before", times: "forever" })
      yield* answers("post", "/v1/send", 202, { to, text: "Hello again" })
      yield* answers("get", "/v1/held", 200)
    }), 60_000)
})
