/** `after` in `POST /v1/send`: requests that race get the order that their program wants. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import { gatewayWorld } from "../support/gateway.ts"
import { fault } from "../support/router.ts"
import { ada } from "../support/sandbox.ts"

const bob = "+12025550124"

describe("a send that names the key of an earlier request", () => {
  it.scopedLive(
    "waits for that request, and begins when its send has ended",
    () =>
      Effect.gen(function*() {
        const { apiKey, network, phone, url } = yield* gatewayWorld({ carriers: ["linq"] })
        const send = (text: string, after?: unknown) =>
          Effect.promise(async () => {
            const response = await fetch(`${url}/v1/send`, {
              method: "POST",
              headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json", "idempotency-key": text },
              body: JSON.stringify({ to: { line: "support", handle: ada }, text, ...(after === undefined ? {} : { after }) })
            })
            const body = await response.json() as Readonly<Record<string, unknown>>
            return { status: response.status, body }
          })

        yield* network.addFault({ ...fault("linq", "delay"), ms: 1_000 })
        // the one that follows is asked for first
        const second = yield* Effect.fork(send("second", { key: "first" }))
        yield* Effect.promise(() => fetch(`${url}/healthz`))
        const first = yield* Effect.fork(send("first"))
        deepStrictEqual([(yield* Fiber.join(first)).status, (yield* Fiber.join(second)).status], [200, 200])
        deepStrictEqual((yield* phone()).map(({ text }) => text), ["first", "second"])

        const itself = yield* send("third", { key: "third" })
        deepStrictEqual([itself.status, itself.body["problems"]], [422, [{
          rule: "after",
          path: ["after", "key"],
          message: "this is the key of this request itself; a send cannot wait for itself"
        }]])
        strictEqual((yield* send("third", { key: "" })).status, 400)
        strictEqual((yield* send("third", { key: "second" })).status, 200)
      }),
    30_000
  )
})

describe("a send that names an earlier delivery", () => {
  it.scopedLive(
    "begins when that one has ended, and is refused for an id that its conversation does not have",
    () =>
      Effect.gen(function*() {
        const { apiKey, network, phone, url } = yield* gatewayWorld({ carriers: ["linq"] })
        const call = (method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) =>
          Effect.promise(async () => {
            const response = await fetch(`${url}${path}`, {
              method,
              headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json", ...headers },
              ...(body === undefined ? {} : { body: JSON.stringify(body) })
            })
            return { status: response.status, body: await response.json() as Readonly<Record<string, unknown>> }
          })
        const send = (text: string, more: Readonly<Record<string, unknown>> = {}, handle: string = ada) =>
          call("POST", "/v1/send", { to: { line: "support", handle }, text, ...more }, { "idempotency-key": text })

        yield* network.addFault({ ...fault("linq", "delay"), ms: 1_000 })
        const first = yield* Effect.fork(send("first"))
        const listed = Effect.map(call("GET", "/v1/deliveries"), ({ body }) => body["items"] as ReadonlyArray<{ readonly id: string }>)
        yield* Effect.repeat(listed, { until: (items) => items.length > 0, schedule: Schedule.spaced("20 millis") })
        const [pending] = yield* listed
        const after = pending?.id
        const second = yield* Effect.fork(send("second", { after }))
        strictEqual((yield* Fiber.join(second)).status, 200)
        strictEqual((yield* Fiber.join(first)).body["id"], after)
        deepStrictEqual((yield* phone()).map(({ text }) => text), ["first", "second"])
        // the same request, which now waits for nothing
        strictEqual((yield* send("second")).status, 200)

        for (const [unknown, handle] of [["3b9e4e33-1c5b-409e-a40b-d7400a85f357", ada], [after, bob]] as const) {
          const { body, status } = yield* send("third", { after: unknown }, handle)
          deepStrictEqual(
            [
              status,
              (body["problems"] as ReadonlyArray<{ readonly path: unknown; readonly rule: string }>).map(({ path, rule }) => [rule, path])
            ],
            [422, [["after", ["after"]]]]
          )
        }
        strictEqual((yield* send("third", { after: "the first one" })).status, 400)
        strictEqual((yield* send("third")).status, 200)
      }),
    30_000
  )
})
