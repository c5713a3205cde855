/** The official clients' own retries, when equal messages are sent on purpose and one of them was refused before. */
import { expect, it } from "@effect/vitest"
import LinqClient from "@linqapp/sdk"
import * as Effect from "effect/Effect"
import SendblueClient from "sendblue"
import { describe } from "vitest"
import { gatewayWorld, type GatewayWorld } from "../support/gateway.ts"
import { refuse } from "../support/router.ts"
import { ada, numbers } from "../support/sandbox.ts"

const clients = {
  sendblue: ({ apiKey, url }: GatewayWorld) => {
    const client = new SendblueClient({ apiKey: "tests", apiSecret: apiKey, baseURL: `${url}/sendblue` })
    return async (text: string) => (await client.messages.send({ number: ada, from_number: numbers.sendblue, content: text })).message_handle
  },
  linq: ({ apiKey, url }: GatewayWorld) => {
    const client = new LinqClient({ apiKey, baseURL: `${url}/linq` })
    return async (text: string) => (await client.chats.create({ from: numbers.linq, to: [ada], message: { parts: [{ type: "text", value: text }] } })).chat.message.id
  }
}

describe("two equal messages through a front", () => {
  for (const [name, client] of Object.entries(clients)) {
    it.scopedLive(`both arrive when the second one had to be tried again (${name})`, () =>
      Effect.gen(function*() {
        const world = yield* gatewayWorld({ carriers: ["linq"], policy: { breaker: { failures: 1_000 } } })
        const send = client(world)
        const first = yield* Effect.promise(() => send("ok"))
        yield* refuse(world, "linq")
        const second = yield* Effect.fork(Effect.promise(() => send("ok")))
        // the client's first try is over when its retry waits; the retry finds the vendor again
        yield* Effect.sleep("300 millis")
        yield* Effect.orDie(world.network.clearFaults())
        expect(yield* second.await.pipe(Effect.flatten)).not.toBe(first)
        expect(yield* world.copies("ok")).toBe(2)
      }), 30_000)
  }
})
