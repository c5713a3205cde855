/**
 * test/docs/examples/rollout-*.json are answers of real gateways, which docs/migrating.md shows. If an answer gets a new field, they are written
 * anew with INTERLINE_WRITE_DOCS=1.
 */
import { it } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import * as Handle from "@interline/core/Handle"
import type * as Policy from "@interline/router/Policy"
import * as Effect from "effect/Effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe } from "vitest"
import { apiKey, gatewayWorld } from "../support/gateway.ts"
import { keyWorld, wrongKey } from "../support/keys.ts"
import { read, root } from "./markdown.ts"

type Answer = Readonly<Record<string, unknown>>

const people = Array.from({ length: 80 }, (_, nth) => Handle.make(`+120255503${String(nth).padStart(2, "0")}`))

const ask = (url: string, path: string, body?: unknown) =>
  Effect.promise(async (): Promise<Answer> => {
    const answer = await fetch(`${url}${path}`, {
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" }
    })
    return await answer.json() as Answer
  })

const status = (url: string) => ask(url, "/v1/rollout")

const start = (url: string) => ask(url, "/v1/rollout/start", { reason: "the report and the shadow are fine" })

const greet = (url: string, handle: Handle.Handle) => ask(url, "/v1/send", { to: { handle }, text: "Your table is ready" })

const policy = (share: number, more: Partial<NonNullable<Policy.Input["rollout"]>> = {}): Partial<Policy.Input> => ({
  rollout: {
    from: "sendblue",
    to: "linq",
    steps: [{ share, moves: "new", waits: "1 day" }, { share: 1, moves: "new and existing" }],
    continuation: "This is Acme. We write from this number now.",
    ...more
  }
})

const gateway = (policy: Partial<Policy.Input>) =>
  gatewayWorld({ carriers: ["sendblue", "linq"], policy, variables: { INTERLINE_API_KEYS: `ops=${apiKey}` } })

interface Cohort {
  readonly sends: number
  readonly delivered: number
}

const cohortsOf = ({ cohorts }: Answer) => cohorts as { readonly from: Cohort; readonly to: Cohort }

const isDelivered = ({ delivered, sends }: Cohort): boolean => delivered === sends

const keep = (name: string, answer: Answer): void => {
  const path = `test/docs/examples/rollout-${name}.json`
  const fields = (json: Answer) => Object.keys(json).sort()
  const kept = JSON.parse(read(path)) as Answer
  if (process.env["INTERLINE_WRITE_DOCS"] === "1" && String(fields(kept)) !== String(fields(answer))) {
    writeFileSync(join(root, path), `${JSON.stringify(answer, undefined, 2)}\n`)
  } else deepStrictEqual(fields(kept), fields(answer))
}

describe("the answer of a gateway about its rollout has the fields of its example", () => {
  it.scopedLive("when all is fine", () =>
    Effect.gen(function*() {
      const { url } = yield* gateway(policy(0.1))
      yield* start(url)
      yield* Effect.forEach(people, (handle) => greet(url, handle), { discard: true })
      keep("fine", yield* Effect.repeat(status(url), { until: (answer) => Object.values(cohortsOf(answer)).every(isDelivered) }))
    }))

  it.scopedLive("when a guardrail is crossed", () =>
    Effect.gen(function*() {
      const { network, url } = yield* gateway(policy(0.5, { guardrails: { every: 500, minimum: 5 } }))
      yield* start(url)
      yield* network.addFault({ vendor: "linq", kind: "refused", times: "forever" })
      yield* Effect.forEach(people.slice(0, 20), (handle) => greet(url, handle), { discard: true })
      yield* Effect.repeat(status(url), { until: ({ phase }) => phase === "paused" })
      keep("crossed", yield* Effect.repeat(status(url), { until: (answer) => isDelivered(cohortsOf(answer).from) }))
    }))

  it.scopedLive("when the new vendor does not take the key", () =>
    Effect.gen(function*() {
      const { gateway } = yield* keyWorld(policy(0.1))
      const { origin } = yield* gateway({ linq: wrongKey })
      const refused = yield* start(origin)
      assertTrue(refused["status"] === 409)
      keep("faulty", yield* status(origin))
    }))
})
