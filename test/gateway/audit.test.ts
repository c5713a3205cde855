/** The audit, at a gateway over each database: every act that steers something is in it, and no other. */
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import { overBoth } from "../sql/databases.ts"
import { gatewayWorld } from "../support/gateway.ts"
import { ada } from "../support/sandbox.ts"

interface Entry {
  readonly actor: string
  readonly act: string
  readonly subject?: string
  readonly reason?: string
  readonly requestId?: string
  readonly outcome: string
  readonly at: string
}

const makeAsk = (url: string, secret: string) => (method: string, path: string, body?: unknown) =>
  Effect.promise(async () => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${secret}`,
        "sb-api-key-id": "tests",
        "sb-api-secret-key": secret,
        ...(body === undefined ? {} : { "content-type": "application/json" })
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) })
    })
    const text = await answer.text()
    return { status: answer.status, body: text.startsWith("{") ? JSON.parse(text) : {} }
  })

overBoth("the audit", (it, fresh) => {
  it.scoped("says who did what to whom, on every wire, and lists it in pages and by what is asked", () =>
    Effect.gen(function*() {
      const { apiKey, url } = yield* gatewayWorld({
        carriers: ["linq", "sendblue"],
        database: yield* fresh,
        policy: { rollout: { from: "linq", to: "sendblue", continuation: "none", steps: [{ share: 1 }] } },
        variables: { INTERLINE_CATCH_UP: "off" }
      })
      const ask = makeAsk(url, apiKey)
      const { body: key } = yield* ask("POST", "/v1/keys", { name: "operator", scopes: ["operate"] })
      const operate = makeAsk(url, key.secret)

      // acts that are written down
      strictEqual((yield* operate("POST", "/v1/opt-outs", { handle: "+1 (202) 555-0123" })).status, 200)
      strictEqual((yield* operate("POST", "/v1/queues/callbacks/pause")).status, 200)
      strictEqual((yield* ask("POST", "/sendblue/api/v2/contacts/opt-out", { number: ada, opted_out: false })).status, 200)
      const callback = yield* operate("POST", "/v1/callbacks", { url: "http://127.0.0.1:1/events?token=secret" })
      strictEqual(callback.status, 201)
      strictEqual((yield* ask("POST", "/v1/opt-outs/import", { handles: ["+12025550199"] })).status, 200)
      strictEqual((yield* ask("POST", "/v1/rollout/start", { reason: "the first day" })).status, 200)
      strictEqual((yield* ask("DELETE", `/v1/keys/${key.id}`)).status, 204)
      // acts that are not: reads, sends, what was refused, and what did nothing
      yield* ask("GET", "/v1/held")
      yield* ask("POST", "/v1/send", { to: { line: "support", handle: "+12025550124" }, text: "hello" })
      yield* ask("POST", "/v1/queues/nothing/pause")
      yield* ask("DELETE", "/v1/callbacks/nothing")
      yield* operate("POST", "/v1/queues/callbacks/resume")

      const { body } = yield* ask("GET", "/v1/audit")
      const items: ReadonlyArray<Entry> = body.items
      deepStrictEqual(items.map(({ act, actor, outcome, reason, subject }) => [actor, act, subject, reason, outcome]), [
        ["tests", "revokeKey", key.id, undefined, "done"],
        ["tests", "changeRollout", "start linq to sendblue", "the first day", "done"],
        ["tests", "importOptOuts", undefined, undefined, "done"],
        ["operator", "createCallback", "http://127.0.0.1:1/events", undefined, "done"],
        ["tests", "POST /sendblue/api/v2/contacts/opt-out", ada, undefined, "done"],
        ["operator", "pauseQueue", "callbacks", undefined, "done"],
        ["operator", "optOut", ada, undefined, "done"],
        ["tests", "createKey", "operator", undefined, "done"]
      ])
      strictEqual(items.every(({ act, requestId }) => act === "changeRollout" || /^[0-9a-f]{32}$/.test(requestId ?? "")), true)

      const pages = Effect.gen(function*() {
        const found: Array<Entry> = []
        let cursor: string | undefined
        do {
          const { body } = yield* ask("GET", `/v1/audit?limit=3${cursor === undefined ? "" : `&cursor=${cursor}`}`)
          found.push(...body.items)
          cursor = body.next
        } while (cursor !== undefined)
        return found
      })
      deepStrictEqual(yield* pages, items)
      const filtered = (query: string) => Effect.map(ask("GET", `/v1/audit?${query}`), ({ body, status }) => [status, body.items?.length])
      deepStrictEqual(
        yield* Effect.forEach(
          [
            "actor=operator",
            "act=changeRollout",
            `subject=${encodeURIComponent(ada)}`,
            `until=${items.at(-1)?.at}`,
            "since=2100-01-01T00:00:00Z",
            "actors=operator"
          ],
          filtered
        ),
        [[200, 3], [200, 1], [200, 2], [200, 0], [200, 0], [400, undefined]]
      )
      strictEqual(
        (yield* makeAsk(url, (yield* ask("POST", "/v1/keys", { name: "r", scopes: ["read"] })).body.secret)("GET", "/v1/audit")).status,
        403
      )
    }))
})
