/** API keys with scopes and lines, at a gateway over each database: on the neutral API and at both fronts. */
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import { overBoth } from "../sql/databases.ts"
import { gatewayWorld } from "../support/gateway.ts"
import { ada, numbers } from "../support/sandbox.ts"

const makeAsk = (url: string) => (secret: string, method: string, path: string, body?: unknown) =>
  Effect.promise(async () => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${secret}`,
        "sb-api-key-id": "tests",
        "sb-api-secret-key": secret,
        ...(body === undefined ? {} : { "content-type": "application/json" })
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    const text = await answer.text()
    return { status: answer.status, body: text.startsWith("{") ? JSON.parse(text) : {} }
  })

overBoth("an API key", (it, fresh) => {
  it.scoped("opens what its scopes and lines are for, on every wire", () =>
    Effect.gen(function*() {
      const { apiKey, url } = yield* gatewayWorld({
        carriers: ["linq"],
        database: yield* fresh,
        variables: { INTERLINE_LINES: `support=linq:${numbers.linq};sales=linq:+12025550109`, INTERLINE_CATCH_UP: "off" }
      })
      const ask = makeAsk(url)
      const create = (body: unknown) => Effect.map(ask(apiKey, "POST", "/v1/keys", body), (answer) => String(answer.body.secret))
      const reader = yield* create({ name: "reader", scopes: ["read"] })
      const sender = yield* create({ name: "sender", scopes: ["send"] })
      const sales = yield* create({ name: "sales", scopes: ["read", "send"], lines: ["sales"] })

      const message = { to: { line: "support", handle: ada }, text: "hello" }
      const sent = yield* ask(sender, "POST", "/v1/send", message)
      strictEqual(sent.status, 200)
      const delivery = `/v1/deliveries/${sent.body.id}`
      const statuses = yield* Effect.forEach(
        [
          [sender, "GET", delivery],
          [reader, "GET", delivery],
          [reader, "POST", "/v1/send", message],
          [sales, "POST", "/v1/send", message],
          // as if there were no such delivery
          [sales, "GET", delivery],
          [sales, "GET", `${delivery}/explain`],
          [sales, "GET", `${delivery}/status`],
          [reader, "GET", "/v1/keys"],
          [reader, "GET", "/linq/v3/chats"],
          [sender, "GET", "/linq/v3/chats"],
          [reader, "POST", "/linq/v3/chats", { from: numbers.linq, to: [ada], message: { parts: [{ type: "text", value: "hi" }] } }],
          [sender, "POST", "/linq/v3/webhook-subscriptions", { target_url: "https://a.example", subscribed_events: ["message.sent"] }],
          [sales, "GET", "/linq/v3/chats"],
          [reader, "GET", "/sendblue/api/lines"],
          [reader, "POST", "/sendblue/api/send-message", { number: ada, from_number: numbers.linq, content: "hi" }],
          [sender, "DELETE", "/sendblue/api/account/webhooks", { webhooks: [] }]
        ] as const,
        ([secret, method, path, body]) => Effect.map(ask(secret, method, path, body), ({ status }) => `${method} ${status}`)
      )
      deepStrictEqual(statuses, [
        "GET 200",
        "GET 200",
        "POST 403",
        "POST 403",
        "GET 404",
        "GET 404",
        "GET 404",
        "GET 403",
        "GET 200",
        "GET 403",
        "POST 403",
        "POST 403",
        "GET 403",
        "GET 200",
        "POST 403",
        "DELETE 403"
      ])
      deepStrictEqual((yield* ask(sales, "GET", "/v1/deliveries")).body.items, [])
      strictEqual((yield* ask(reader, "GET", "/v1/deliveries")).body.items.length, 1)
    }))
})
