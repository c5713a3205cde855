/** A text that shows nothing beside a picture, at every entrance. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import { gatewayWorld } from "../support/gateway.ts"
import { ada, numbers } from "../support/sandbox.ts"

const picture = "https://example.com/cat.jpg"
const blank = " \u200b"

describe("a text that shows nothing", () => {
  it.scopedLive("is no caption, and is refused where it is a part that replies and reactions count", () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["sendblue"] })
      const post = (path: string, body: unknown, headers: Readonly<Record<string, string>>) =>
        Effect.promise(async () => {
          const answer = await fetch(`${world.url}${path}`, {
            method: "POST",
            headers: { "content-type": "application/json", ...headers },
            body: JSON.stringify(body)
          })
          return { status: answer.status, text: await answer.text() }
        })
      const bearer = { authorization: `Bearer ${world.apiKey}` }
      const ofSendblue = { "sb-api-key-id": "tests", "sb-api-secret-key": world.apiKey }
      const message = { number: ada, from_number: numbers.sendblue, content: blank }
      expect((yield* post("/sendblue/api/send-message", message, ofSendblue)).status).toBe(400)
      expect((yield* post("/sendblue/api/send-message", { ...message, media_url: picture }, ofSendblue)).status).toBe(200)
      const parts = [{ type: "text", value: blank }, { type: "media", url: picture }]
      const linq = yield* post("/linq/v3/chats", { from: numbers.linq, to: [ada], message: { parts } }, bearer)
      expect([linq.status, JSON.parse(linq.text)]).toMatchObject([400, { error: { code: 1004 } }])
      const own = [{ _tag: "Text", text: blank }, { _tag: "Media", url: picture }]
      const api = yield* post("/v1/send", { to: { line: "support", handle: ada }, parts: own }, bearer)
      expect([api.status >= 400 && api.status < 500, api.text.includes("empty-text")]).toEqual([true, true])
      expect((yield* world.phone()).length).toBe(1)
    }))
})
