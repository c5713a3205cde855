/** Times on the wire: ISO 8601 in every answer, ISO 8601 or epoch milliseconds in every request. */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as OpenApi from "@effect/platform/OpenApi"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Attempt } from "@interline/core/Delivery"
import * as Draft from "@interline/core/Draft"
import * as IsoTime from "@interline/core/IsoTime"
import * as MessagingError from "@interline/core/MessagingError"
import * as Outcome from "@interline/core/Outcome"
import * as SendError from "@interline/core/SendError"
import * as Decide from "@interline/router/Decide"
import type { Entry } from "@interline/router/Ledger"
import type { Archived } from "@interline/sql/Archive"
import * as EventLog from "@interline/sql/EventLog"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { GatewayApi } from "../../src/api/Api.ts"
import * as ApiSchema from "../../src/api/ApiSchema.ts"
import { ada, delivery, deliveryId, linq, receipt, report, serve, settings, support, then, toAda } from "./world.ts"

interface Operation {
  readonly requestBody?: { readonly content: Record<string, { readonly example?: unknown }> }
}

const spec = JSON.parse(JSON.stringify(OpenApi.fromApi(GatewayApi))) as {
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { readonly schemas: Record<string, unknown> }
}

const names: Readonly<Record<string, string>> = {
  id: deliveryId,
  message: "linq:m1",
  chat: "linq:c1",
  attachment: "linq:f1",
  line: "support"
}

const attempt = delivery.attempts[0]

const entry: Entry = {
  id: deliveryId,
  conversation: `${support}|${ada}`,
  likenesses: [],
  content: { conversation: toAda, draft: Draft.text("hello"), fidelity: "adapt" },
  state: {
    ...Decide.initial(deliveryId, [{ carrierId: linq, line: support, reconcile: "none", replayFor: 0 }], { ...settings, deadline: then }),
    taken: [receipt],
    attempts: [{ ...attempt, generation: 1, moved: false }],
    phase: { _tag: "Done" },
    result: { outcome: Outcome.accepted([receipt]), carrierId: linq, line: support, kept: false }
  },
  epoch: 1,
  createdAt: then,
  updatedAt: then,
  version: 1
}

const archived: Archived = { _tag: "Outbound", id: deliveryId, at: then, updatedAt: then, entry, report }

const isTime = (key: string): boolean => /^(at|since|until|\w+(At|Until|Time))$/.test(key)

/** Where an answer has a time as a number, by its size or by its name. */
const numbersIn = (value: unknown, path = ""): ReadonlyArray<string> =>
  Array.isArray(value)
    ? value.flatMap((one, position) => numbersIn(one, `${path}.${position}`))
    : typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, inner]) =>
      typeof inner === "number" && isTime(key) ? [`${path}.${key}`] : numbersIn(inner, `${path}.${key}`)
    )
    : typeof value === "number" && value > 1e12 && value < 2e12
    ? [path]
    : []

describe("the times of an answer", () => {
  it.scoped("are in ISO 8601 at every route", () =>
    Effect.gen(function*() {
      const { http, suppression } = yield* serve({ archived: [archived] })
      yield* suppression.add(ada, "explicit", undefined, then)
      const made: Array<string> = []
      const routes = Object.entries(spec.paths).flatMap(([path, item]) =>
        Object.entries(item).map(([method, { requestBody }]) => ({ path, method: method.toUpperCase() as HttpMethod, requestBody }))
      )
      for (const { method, path, requestBody } of routes) {
        if (path === "/v1/events") continue
        const address = path.replace(/\{(\w+)\}/g, (_, name: string) =>
          encodeURIComponent(path.startsWith("/v1/callbacks") ? "e1" : names[name] ?? deliveryId))
        const given = HttpClientRequest.make(method as "GET")(address)
        const example = requestBody?.content["application/json"]?.example
        const answer = yield* http.execute(example === undefined ? given : HttpClientRequest.bodyUnsafeJson(given, example))
        const text = yield* answer.text
        if (text === "") {
          continue
        }
        deepStrictEqual(numbersIn(JSON.parse(text)), [], `${method} ${path} ${text}`)
        if (text.includes("2023-11-14T22:13:20.")) {
          made.push(`${method} ${path}`)
        }
      }
      assert.includeMembers(made, [
        "POST /v1/send",
        "GET /v1/deliveries",
        "GET /v1/deliveries/{id}",
        "GET /v1/deliveries/{id}/explain",
        "GET /v1/held",
        "GET /v1/messages",
        "GET /v1/carriers",
        "GET /v1/catch-up",
        "POST /v1/catch-up",
        "GET /v1/callbacks/{id}",
        "POST /v1/callbacks",
        "GET /v1/opt-outs",
        "GET /v1/dead-letters"
      ])
    }))

  it.scoped("are in ISO 8601 in a problem as well", () =>
    Effect.gen(function*() {
      const error = MessagingError.make("Failed", { carrierId: linq, operation: "send" })
      const { http } = yield* serve({
        messaging: {
          send: () =>
            Effect.fail(SendError.NotSent.make({ deliveryId, losses: [], attempts: [{ ...attempt, outcome: "rejected", error }], error }))
        }
      })
      const answer = yield* http.execute(
        HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post("/v1/send"), { to: { line: support, handle: ada }, text: "hi" })
      )
      const text = yield* answer.text
      assert.include(text, "\"startedAt\":\"2023-11-14T22:13:20.000Z\"")
      deepStrictEqual(numbersIn(JSON.parse(text)), [])
    }))

  it.scoped("are numbers again for the typed client", () =>
    Effect.gen(function*() {
      const { client } = yield* serve({ archived: [archived] })
      assert.strictEqual((yield* client.deliveries.getDelivery({ path: { id: deliveryId } })).at, then)
      const { items: [held] } = yield* client.held.listHeld({ urlParams: {} })
      deepStrictEqual([held?.since, held?.sinceTime], [then, "2023-11-14T22:13:20.000Z"])
      assert.strictEqual((yield* client.callbacks.listDeadLetters({ urlParams: {} })).items[0]?.at, then)
    }))

  it("are told so in the description", () => {
    const attempts = JSON.stringify(spec.components.schemas["DeliveryRecord"])
    assert.include(attempts, "\"at\":{\"type\":\"string\",\"format\":\"date-time\"}")
    assert.include(JSON.stringify(spec.components.schemas["Sent"]), "\"startedAt\":{\"type\":\"string\",\"format\":\"date-time\"}")
    assert.notInclude(JSON.stringify(spec), "prefixItems", "a list that is not empty is one kind of item")
    assert.include(
      JSON.stringify(spec.components.schemas["ProblemDetails"]),
      "\"startedAt\":{\"type\":\"string\",\"format\":\"date-time\"}"
    )
  })
})

describe("an entry of the event log", () => {
  const event: EventLog.GatewayEvent = {
    id: 1,
    at: then,
    event: { kind: "router", data: { _tag: "Limited", at: then, carrierId: linq, line: support, until: then, why: "it asked for a pause" } }
  }

  it("is told with its times in ISO 8601, and stored with numbers", () => {
    deepStrictEqual(numbersIn(Schema.encodeSync(EventLog.GatewayEvent)(event)), [])
    deepStrictEqual(Schema.encodeSync(EventLog.NewEvent)(event), { at: event.at, event: event.event })
    deepStrictEqual(Schema.decodeUnknownSync(EventLog.GatewayEvent)(Schema.encodeSync(EventLog.GatewayEvent)(event)), event)
  })
})

describe("a time", () => {
  const told = IsoTime.encodeTimes(Attempt)

  it("is read from a number too, as an answer of an older gateway that was kept for its key has it", () => {
    deepStrictEqual(Schema.decodeUnknownSync(told)(Schema.encodeSync(Attempt)(attempt)), attempt)
  })

  it("comes back as it was, whichever year it is in", () => {
    for (const startedAt of [0, 1, -1, then, 253_402_300_800_000, 8.64e15]) {
      const there = Schema.encodeSync(told)({ ...attempt, startedAt })
      assert.strictEqual(Schema.decodeUnknownSync(told)(there).startedAt, startedAt)
    }
  })

  it("of a body is read in both notations, and means the same", () => {
    const read = Schema.decodeUnknownSync(ApiSchema.CatchUpRequest)
    for (const since of [then, "2023-11-14T22:13:20Z", "2023-11-14T23:13:20.000+01:00"]) deepStrictEqual(read({ since }), { since: then })
    for (const since of ["2023-11-14T22:13:20", "yesterday", -1, ""]) assert.throws(() => read({ since }))
  })
})
