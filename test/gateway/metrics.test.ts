/** What a gateway counts while it works. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import { type GatewayWorld, gatewayWorld } from "../support/gateway.ts"
import * as Postgres from "../support/postgres.ts"
import { brief } from "../support/router.ts"

const valueOf = (text: string, sample: string): number =>
  Number(text.split("\n").find((line) => line.startsWith(`${sample} `))?.slice(sample.length + 1) ?? Number.NaN)

const read = ({ apiKey, url }: GatewayWorld, path: string) =>
  Effect.promise(async () => (await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${apiKey}` } })).text())

describe("the metrics of a gateway", () => {
  it.scopedLive("say nothing of a cluster if the process is alone, which is listed with all shards", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["linq"] })
      expect(yield* read(world, "/metrics")).not.toContain("interline_cluster")
      expect(JSON.parse(yield* read(world, "/v1/processes"))).toEqual({ items: [{ shards: 300, since: expect.stringMatching(/Z$/) }] })
    }))

  it.scopedLive("say how many shards a process of a cluster has, under whose address they are listed", () =>
    Effect.gen(function*() {
      const { url } = yield* Postgres.make
      const world = yield* gatewayWorld({ carriers: ["linq"], database: url, variables: { INTERLINE_RUNNER_HOST: "127.0.0.1" } })
      const shown = Effect.map(read(world, "/metrics"), (text) =>
        ["shards", "shards_taken", "deliveries_taken_up"].map((name) => valueOf(text, `interline_cluster_${name}`)))
      const whole = [300, 300, 0]
      expect(
        yield* Effect.repeat(Effect.delay(shown, "50 millis"), {
          until: (values) =>
            JSON.stringify(values) === JSON.stringify(whole),
          times: 400
        })
      ).toEqual(whole)
      const { address } = JSON.parse(yield* read(world, "/readyz")).cluster
      expect(JSON.parse(yield* read(world, "/v1/processes"))).toEqual({
        items: [{ address, shards: 300, since: expect.stringMatching(/Z$/) }]
      })
    }), 60_000)

  it.scopedLive("count sends, webhooks, callbacks and what waits", () =>
    Effect.gen(function*() {
      const { apiKey, url } = yield* gatewayWorld({ carriers: ["linq"], variables: { INTERLINE_OPEN_METRICS: "true" } })
      const ask = (path: string, init: RequestInit = {}) =>
        Effect.promise(async () => {
          const answer = await fetch(`${url}${path}`, {
            ...init,
            headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" }
          })
          return [answer.status, await answer.text()] as const
        })
      // nothing listens there
      yield* ask("/v1/callbacks", { method: "POST", body: JSON.stringify({ url: "http://127.0.0.1:9/in", events: [] }) })
      const [status] = yield* ask("/v1/send", {
        method: "POST",
        body: JSON.stringify({ to: { line: "support", handle: "+12025550123" }, text: "Counted" })
      })
      expect(status).toBe(200)
      const counted = (text: string) => ({
        sends: valueOf(text, "interline_sends_total{outcome=\"accepted\"}"),
        waiting: valueOf(text, "interline_inbox_depth"),
        hasWebhooks: valueOf(text, "interline_webhooks_total{carrier=\"linq\",result=\"taken\"}") > 0,
        hasLastWebhook: valueOf(text, "interline_webhook_last_timestamp_seconds{carrier=\"linq\"}") > 1_700_000_000,
        hasCallbacks: valueOf(text, "interline_callbacks_total{dialect=\"neutral\",result=\"failed\"}") > 0
      })
      const whole = { sends: 1, waiting: 0, hasWebhooks: true, hasLastWebhook: true, hasCallbacks: true }
      const [, text] = yield* Effect.repeat(Effect.delay(ask("/metrics"), "50 millis"), {
        until: ([, text]) => JSON.stringify(counted(text)) === JSON.stringify(whole),
        times: 200
      })
      expect(counted(text)).toEqual(whole)
      expect(text).not.toContain("2025550123")
    }))

  it.scopedLive("count what is held, which is listed with whom it is for, and not after it was settled", () =>
    Effect.gen(function*() {
      const { apiKey, network, url } = yield* gatewayWorld({
        carriers: ["sendblue"],
        policy: brief,
        variables: { INTERLINE_OPEN_METRICS: "true" }
      })
      const ask = (path: string, body?: unknown) =>
        Effect.promise(async () => {
          const answer = await fetch(`${url}${path}`, {
            headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
            ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) })
          })
          return await answer.text()
        })
      const held = Effect.map(ask("/metrics"), (text) => valueOf(text, "interline_held_deliveries"))
      yield* network.addFault({ vendor: "sendblue", kind: "reset-before", times: "forever" })
      yield* ask("/v1/send", { to: { line: "support", handle: "+12025550123" }, text: "Your table is ready at eight" })
      expect(yield* held).toBe(1)
      const [item] = JSON.parse(yield* ask("/v1/held")).items
      expect(item).toMatchObject({
        conversation: { line: "support", handle: "+12025550123" },
        preview: "Your table is ready at eight",
        trial: { carrierId: "sendblue" }
      })
      yield* ask(`/v1/held/${item.deliveryId}/settle`, { verdict: "not-sent" })
      expect(yield* held).toBe(0)
      const explained = JSON.parse(yield* ask(`/v1/deliveries/${item.deliveryId}/explain`))
      expect(explained.decisions).toContainEqual(expect.objectContaining({ _tag: "Settled", who: "tests" }))
    }))
})
