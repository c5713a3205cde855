/** A program's mistakes in how it writes a request: told at once, and nothing is sent. */
import { assert, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import { type GatewayWorld, gatewayWorld } from "../support/gateway.ts"
import { ada, numbers } from "../support/sandbox.ts"

const linq = { from: numbers.linq, to: [ada], message: { parts: [{ type: "text", value: "hello" }] } }

const wires = {
  sendblue: {
    headersOf: ({ apiKey }: GatewayWorld): Readonly<Record<string, string>> => ({ "sb-api-key-id": "tests", "sb-api-secret-key": apiKey }),
    path: "/sendblue/api/send-message",
    body: { number: ada, from_number: numbers.sendblue, content: "hello" }
  },
  linq: {
    headersOf: ({ apiKey }: GatewayWorld): Readonly<Record<string, string>> => ({ authorization: `Bearer ${apiKey}` }),
    path: "/linq/v3/chats",
    body: linq
  },
  v1: {
    headersOf: ({ apiKey }: GatewayWorld): Readonly<Record<string, string>> => ({ authorization: `Bearer ${apiKey}` }),
    path: "/v1/send",
    body: { to: { line: "support", handle: ada }, text: "hello" }
  }
}

const post = (
  world: GatewayWorld,
  name: keyof typeof wires,
  body: string | Uint8Array,
  more: Readonly<Record<string, string>> = {}
): Effect.Effect<readonly [status: number, text: string]> => {
  const { headersOf, path } = wires[name]
  return Effect.promise(async () => {
    const answer = await fetch(`${world.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headersOf(world), ...more },
      body
    })
    return [answer.status, await answer.text()] as const
  })
}

const names = Object.keys(wires) as ReadonlyArray<keyof typeof wires>

describe("a request that is not written as it was meant", () => {
  it.scopedLive("with an empty key is refused, by the name under which it stands", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["linq"] })
      for (const name of names) {
        for (const key of ["", "  "]) {
          const [status, text] = yield* post(world, name, JSON.stringify(wires[name].body), { "idempotency-key": key })
          assert.strictEqual(status, 400, name)
          assert.include(text, "Idempotency-Key")
        }
      }
      for (const key of ["", " \t"]) {
        const message = { ...linq.message, idempotency_key: key }
        const [status, text] = yield* post(world, "linq", JSON.stringify({ ...linq, message }), { "idempotency-key": "filled" })
        assert.strictEqual(status, 400)
        assert.deepInclude(JSON.parse(text) as object, { success: false })
        assert.include(text, "message.idempotency_key is empty")
      }
      assert.strictEqual(yield* world.copies("hello"), 0)
      const message = { ...linq.message, idempotency_key: null }
      assert.strictEqual((yield* post(world, "linq", JSON.stringify({ ...linq, message })))[0], 201)
      assert.strictEqual(yield* world.copies("hello"), 1)
    }))

  it.scopedLive("in another charset is refused, on every wire", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["linq"] })
      for (const name of names) {
        const body = JSON.stringify(wires[name].body)
        for (const charset of ["UTF-16", "latin1", "\"iso-8859-1\"", "utf-8; charset=utf-16", ""]) {
          const [status, text] = yield* post(world, name, body, { "content-type": `application/json; charset=${charset}` })
          deepStrictEqual([name, charset, status], [name, charset, 415])
          assert.include(text, "UTF-8")
        }
      }
      assert.strictEqual(yield* world.copies("hello"), 0)
      for (const charset of ["utf-8", "UTF8", "\"utf-8\"", "us-ascii"]) {
        const [status] = yield* post(world, "sendblue", JSON.stringify(wires.sendblue.body), {
          "content-type": `application/json; charset=${charset}`
        })
        assert.strictEqual(status, 200)
      }
      assert.strictEqual(yield* world.copies("hello"), 4)
    }))

  it.scopedLive("with a byte order mark is told so", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["linq"] })
      for (const name of names) {
        const body = JSON.stringify(wires[name].body)
        for (const bytes of [Buffer.from(`\ufeff${body}`), Buffer.from(`\ufeff${body}`, "utf16le")]) {
          const [status, text] = yield* post(world, name, bytes)
          assert.strictEqual(status, 400, name)
          assert.include(text, "begins with a byte order mark")
        }
      }
      assert.strictEqual(yield* world.copies("hello"), 0)
    }))
})
