/** The conditions of the lists of messages: what the archive is asked for, and what is refused. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import { ledgerKey } from "../../src/api/answerOnce.ts"
import { ada, linq, serve, support } from "./world.ts"

const get = ({ http }: Effect.Effect.Success<ReturnType<typeof serve>>, url: string) =>
  Effect.flatMap(
    http.get(url),
    (response) => Effect.map(response.json, (body) => ({ status: response.status, body: body as Readonly<Record<string, unknown>> }))
  )

describe("a list of messages", () => {
  it.scoped("asks the archive for every condition, also of both directions", () =>
    Effect.gen(function*() {
      const world = yield* serve()
      const conditions = "outcome=not-sent&status=failed&loss=effect-dropped&failedOver=true&carrier=linq&line=support&peer=%2B12025550123"
      for (const path of ["/v1/messages", "/v1/deliveries"]) {
        const { body, status } = yield* get(world, `${path}?${conditions}&since=1970-01-01T00:00:01Z&until=2000&total=none&limit=7`)
        deepStrictEqual([status, body], [200, { items: [] }])
        deepStrictEqual(world.queries.at(-1), {
          ...(path === "/v1/deliveries" ? { direction: "outbound", only: "deliveries" } : {}),
          outcome: "not-sent",
          status: "failed",
          loss: "effect-dropped",
          failedOver: true,
          carrierId: linq,
          line: support,
          peer: ada,
          since: 1_000,
          until: 2_000,
          countTo: 0,
          lookFor: 50,
          limit: 7,
          offset: 0
        })
      }
      yield* get(world, "/v1/messages?key=order-1")
      deepStrictEqual(
        world.queries.at(-1)?.keys,
        ["crm", "ops"].map((caller) => ledgerKey({ caller, key: "order-1", method: "POST", path: "/v1/send" }))
      )
    }))

  it.scoped("says that there are more than its total where the count ended early, and counts to the end if that is wanted", () =>
    Effect.gen(function*() {
      const world = yield* serve({ isCutOff: true })
      const bodies = yield* Effect.forEach(["", "?total=exact", "?total=none"], (query) => get(world, `/v1/messages${query}`))
      deepStrictEqual(bodies.map(({ body }) => body["totalIs"]), ["at-least", "at-least", undefined])
      deepStrictEqual(world.queries.map(({ countTo }) => countTo), [1_000, undefined, 0])
    }))

  it.scoped("says how far it looked where a search ended early, and goes on from there; it does not end early if the total is wanted", () =>
    Effect.gen(function*() {
      const world = yield* serve({ lookedTo: 1_500 })
      const { body } = yield* get(world, "/v1/messages?status=queued")
      deepStrictEqual([body["items"], body["lookedTo"]], [[], "1970-01-01T00:00:01.500Z"])
      yield* get(world, `/v1/messages?status=queued&cursor=${String(body["next"])}`)
      yield* get(world, "/v1/messages?status=queued&total=exact")
      deepStrictEqual(world.queries.map(({ after, lookFor }) => [after, lookFor]), [
        [undefined, 50],
        [{ at: 1_500, id: "" }, 50],
        [undefined, undefined]
      ])
    }))

  it.scoped("counts over time by the same conditions, over a day unless it is said, and over no more spans than a plot can show", () =>
    Effect.gen(function*() {
      const world = yield* serve()
      const { body } = yield* get(world, "/v1/messages/counts?until=1970-01-03T00:00:00Z&direction=outbound&loss=effect-dropped")
      deepStrictEqual(body, { since: "1970-01-02T00:00:00.000Z", until: "1970-01-03T00:00:00.000Z", items: [] })
      deepStrictEqual(world.queries.at(-1), {
        loss: "effect-dropped",
        direction: "outbound",
        since: 86_400_000,
        until: 172_800_000,
        limit: 0,
        offset: 0
      })
      const refused = yield* Effect.forEach(
        ["every=minute&since=0&until=60060000", "every=week", "every=day&cursor=x", "every=hour&outcome=hold"],
        (query) =>
          Effect.map(get(world, `/v1/messages/counts?${query}`), ({ body, status }) => `${status} ${JSON.stringify(body["problems"])}`)
      )
      for (const [position, word] of ["1000 spans", "minute", "cursor", "held"].entries()) {
        strictEqual(refused[position]?.startsWith("400") === true && refused[position].includes(word), true, refused[position])
      }
      strictEqual((yield* get(world, "/v1/messages/counts?every=minute&since=0&until=60000000")).status, 200)
    }))
})
