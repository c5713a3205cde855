/** The verbs about who may use a gateway and who did what, and about webhooks, as processes of their own. */
import { it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import * as Command from "../support/command.ts"
import { gatewayWorld } from "../support/gateway.ts"
import { ada } from "../support/sandbox.ts"

describe("keys, acts and webhooks, from the command line", () => {
  it.scopedLive("a key is created, may do what its scopes say, and is revoked; each act is on record", () =>
    Effect.gen(function*() {
      const program = yield* Command.program
      const { apiKey, copies, url } = yield* gatewayWorld({ carriers: ["linq"], variables: { INTERLINE_CATCH_UP: "off" } })
      const under = (key: string) => (args: ReadonlyArray<string>, input = "") =>
        Command.run(program, [...args, "--url", url], { input, environment: { INTERLINE_API_KEYS: `key=${key}` } })
      const interline = under(apiKey)

      const created = yield* interline(["keys", "create", "reader", "--scopes", "read", "--expires", "2999-01-01", "--json"])
      deepStrictEqual([created.code, created.err], [0, ""])
      const { expiresAt, id, secret } = JSON.parse(created.out)
      deepStrictEqual(expiresAt, "2999-01-01T00:00:00.000Z")
      const listed = yield* interline(["keys", "list"])
      assertTrue(listed.out.includes("reader") && listed.out.includes("in the environment"), listed.out)
      assertTrue(![secret, apiKey].some((hidden) => listed.out.includes(hidden)))
      const wrong = yield* interline(["keys", "create", "writer", "--scopes", "write"])
      deepStrictEqual([wrong.code, wrong.out], [2, ""])

      const reader = under(secret)
      strictEqual((yield* reader(["messages", "--json"])).out, "{\"items\":[]}\n")
      const refused = yield* reader(["send", "no", "--to", ada])
      deepStrictEqual([refused.code, yield* copies("no")], [3, 0])
      strictEqual((yield* interline(["keys", "revoke", id])).code, 2)
      strictEqual((yield* interline(["keys", "revoke", id, "--yes"])).out, `Revoked: ${id}. Every process refuses it within 5 seconds.\n`)
      const unknown = yield* reader(["messages"])
      deepStrictEqual([unknown.code, unknown.err.includes("does not know the first key of INTERLINE_API_KEYS")], [1, true])

      const acts = yield* interline(["audit", "--actor", "tests", "--jsonl"])
      deepStrictEqual(acts.out.trimEnd().split("\n").map((line) => JSON.parse(line).act), ["revokeKey", "createKey"])
      assertTrue((yield* interline(["audit"])).out.startsWith("time (UTC)"))

      const hook = ["webhooks", "subscribe", "https://gateway.example/webhooks/linq?version=2026-02-03"]
      const subscribed = yield* interline([...hook, "--carrier", "linq", "--events", "message.received"])
      deepStrictEqual([subscribed.code, subscribed.out.includes("secret, shown only now:  whsec_")], [0, true])
      assertTrue((yield* interline(["webhooks", "list"])).out.includes("https://gateway.example/webhooks/linq"))
    }), 180_000)
})
