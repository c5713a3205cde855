/** One reply to one event, however many read it: the recipe of docs/gateway.md. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import { gatewayWorld } from "../support/gateway.ts"
import { ada, numbers } from "../support/sandbox.ts"

interface Entry {
  readonly id: number
  readonly conversation: unknown
  readonly event: { readonly data: { readonly message: { readonly parts: ReadonlyArray<{ readonly text?: string }> } } }
}

/** The next event that comes after an id, as a program reads the stream. */
const next = async (url: string, apiKey: string, after: number): Promise<Entry> => {
  const answer = await fetch(`${url}/v1/events?types=Received&after=${after}`, { headers: { authorization: `Bearer ${apiKey}` } })
  let text = ""
  const decoder = new TextDecoder()
  for await (const bytes of answer.body ?? []) {
    text += decoder.decode(bytes, { stream: true })
    const data = /^data: ?(\{.*\})$/m.exec(text)?.[1]
    // leaving the loop closes the stream
    if (data !== undefined) return JSON.parse(data) as Entry
  }
  throw new Error("the stream ended without an event")
}

describe("two copies of a program that answer what people write", () => {
  const answering = (url: string, apiKey: string, textOf: (copy: number) => string) =>
    Effect.promise(() =>
      Promise.all([1, 2].map(async (copy) => {
        const entry = await next(url, apiKey, 0)
        const reply = () =>
          fetch(`${url}/v1/send`, {
            method: "POST",
            headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json", "idempotency-key": `event-${entry.id}` },
            body: JSON.stringify({ to: entry.conversation, text: textOf(copy) })
          })
        let answer = await reply()
        // the other copy's request is under way
        for (let tries = 0; answer.status === 409 && answer.headers.get("x-should-retry") === "true" && tries < 100; tries += 1) {
          await new Promise((resolve) => setTimeout(resolve, 50))
          answer = await reply()
        }
        return {
          status: answer.status,
          body: await answer.json() as { readonly id?: string; readonly type?: string },
          replayed: answer.headers.get("idempotent-replayed")
        }
      }))
    )

  it.scopedLive("send one reply under the key of the event, and both get its answer; a reconnect sends none", () =>
    Effect.gen(function*() {
      const { apiKey, copies, network, url } = yield* gatewayWorld({ carriers: ["linq"] })
      yield* network.say({ from: ada, to: numbers.linq, text: "hi" })
      const answers = yield* answering(url, apiKey, () => "Hello!")
      expect(answers.map(({ status }) => status)).toEqual([200, 200])
      expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
      // both read the event once more
      expect((yield* answering(url, apiKey, () => "Hello!")).map(({ replayed, status }) => [status, replayed])).toEqual([[200, "true"], [
        200,
        "true"
      ]])
      expect(yield* copies("Hello!")).toBe(1)
    }))

  it.scopedLive("send one reply also where each writes another text; the second is told so", () =>
    Effect.gen(function*() {
      const { apiKey, network, phone, url } = yield* gatewayWorld({ carriers: ["sendblue"] })
      yield* network.say({ from: ada, to: numbers.sendblue, text: "hi" })
      const answers = yield* answering(url, apiKey, (copy) => `Hello from ${copy}`)
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 422])
      expect(answers.find(({ status }) => status === 422)?.body.type).toContain("idempotency-conflict")
      expect((yield* phone()).filter(({ text }) => text?.startsWith("Hello from"))).toHaveLength(1)
    }))
})
