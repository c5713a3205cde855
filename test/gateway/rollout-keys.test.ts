/** A rollout to a vendor that does not take our key, of a whole gateway: who may move people there, and what the gateway says. */
import { it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Rollout from "@interline/cli/Rollout"
import * as Serve from "@interline/cli/Serve"
import * as CarrierId from "@interline/core/CarrierId"
import * as ApiClient from "@interline/gateway/ApiClient"
import type * as Policy from "@interline/router/Policy"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Node from "interline/node"
import { describe } from "vitest"
import { apiKey, temporaryFile } from "../support/gateway.ts"
import { hasty, quiet } from "../support/router.ts"
import { ada, numbers } from "../support/sandbox.ts"

const reason = "as planned"

const rollout = {
  from: "sendblue",
  to: "linq",
  steps: [{ share: 1, moves: "new and existing" }],
  continuation: "We write from this number now."
} as const satisfies Policy.Input["rollout"]

/** A sandbox, and gateways over it that share a database. Each has its own key for Linq. */
const world = Effect.gen(function*() {
  const sandbox = yield* Sandbox.make({ clock: "real" })
  const database = yield* temporaryFile
  const { credentials } = sandbox
  const gateway = (linqKey: string) =>
    Effect.gen(function*() {
      const environment = new Map(Object.entries({
        INTERLINE_POLICY: JSON.stringify({ ...hasty, prefer: ["sendblue", "linq"], rollout }),
        INTERLINE_LINES: `support=linq:${numbers.linq},sendblue:${numbers.sendblue}`,
        INTERLINE_API_KEYS: `tests=${apiKey}`,
        INTERLINE_DRAIN: "2 seconds",
        // nobody tries the key at the start
        INTERLINE_CATCH_UP: "off",
        LINQ_API_KEY: linqKey,
        LINQ_BASE_URL: sandbox.linq,
        SENDBLUE_API_KEY: credentials.sendblueKeyId,
        SENDBLUE_API_SECRET: credentials.sendblueSecretKey,
        SENDBLUE_BASE_URL: sandbox.sendblue
      }))
      const { origin } = yield* Serve.start({
        embedded: false,
        port: Option.some(0),
        host: Option.none(),
        database: Option.some(database)
      }).pipe(quiet, Effect.withConfigProvider(ConfigProvider.fromMap(environment)))
      const http = yield* Layer.build(Node.layer())
      const client = yield* Effect.provide(ApiClient.make({ baseUrl: origin, apiKey: Redacted.make(apiKey) }), http)
      return { client, origin }
    })
  return { gateway, rightKey: credentials.linqToken, network: sandbox.network }
})

const wrongKey = "a-key-that-linq-does-not-know"

const fault = "line support at linq: the carrier did not accept the credentials; give it credentials that the carrier takes"

/** What `interline rollout status` prints. */
const printed = (origin: string) =>
  Effect.gen(function*() {
    const lines: Array<string> = []
    const keep = { ...(yield* Effect.console), log: (text: unknown) => Effect.sync(() => void lines.push(String(text))) }
    yield* Effect.withConfigProvider(
      Effect.withConsole(Rollout.status({ url: Option.some(origin), json: false }), keep),
      ConfigProvider.fromMap(new Map([["INTERLINE_API_KEYS", `tests=${apiKey}`]]))
    )
    return lines.join("\n")
  })

describe("a rollout to a vendor that does not take our key", () => {
  it.scopedLive("is not started, nobody is moved by name, and the status says why, until the key is right or somebody says anyway", () =>
    Effect.gen(function*() {
      const { gateway, rightKey } = yield* world
      yield* Effect.scoped(Effect.gen(function*() {
        const { client, origin } = yield* gateway(wrongKey)
        const start = (anyway?: boolean) =>
          client.rollout.changeRollout({ path: { action: "start" }, payload: { reason, ...(anyway === undefined ? {} : { anyway }) } })
        const move = (carrier: string, anyway?: boolean) =>
          client.rollout.moveConversations({
            payload: { handles: [ada], carrier: CarrierId.make(carrier), reason, ...(anyway === undefined ? {} : { anyway }) }
          })
        for (const refused of [yield* Effect.flip(start()), yield* Effect.flip(move("linq"))]) {
          assertTrue(refused._tag === "ProblemDetails")
          deepStrictEqual([refused.status, refused.next, refused.detail], [409, "fix", `${fault}, or say anyway`])
        }
        const { faults, phase } = yield* client.rollout.getRollout()
        deepStrictEqual([phase, faults?.map(({ line, reason, sentence }) => [line, reason, sentence])], ["not-started", [[
          "support",
          "Authentication",
          fault
        ]]])
        const page = yield* printed(origin)
        assertTrue(
          /\n\nFaults at linq:\n {2}since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}line support at linq: /.test(page) && page.endsWith(fault),
          page
        )
        // to the old vendor everybody may move
        deepStrictEqual(yield* move("sendblue"), { moved: 1 })
        deepStrictEqual(yield* move("linq", true), { moved: 1 })
        strictEqual((yield* start(true)).phase, "running")
        yield* client.rollout.changeRollout({ path: { action: "back" }, payload: { reason, step: 0 } })
      }))
      const { client } = yield* gateway(rightKey)
      const started = yield* client.rollout.changeRollout({ path: { action: "start" }, payload: { reason } })
      deepStrictEqual([started.phase, started.faults], ["running", []])
    }))
})
