import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ada, bob, linqLine, sendblueLine, start } from "./support.ts"

describe("a phone", () => {
  it.scopedLive("holds the messages of both vendors", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      yield* sandbox.createChat([ada], "from Linq")
      yield* sandbox.sendText(ada, "from Sendblue")
      yield* sandbox.network.advance("1 second")
      expect((yield* sandbox.phone(ada)).messages).toMatchObject([
        { vendor: "linq", line: linqLine, from: linqLine, group: null, text: "from Linq", status: "delivered" },
        { vendor: "sendblue", line: sendblueLine, from: sendblueLine, group: null, text: "from Sendblue", status: "delivered" }
      ])
    }))

  it.scopedLive("shows one entry for a message of several parts", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const { id } = (yield* sandbox.createChat([ada])).body.chat
      yield* sandbox.linq("POST", `/chats/${id}/messages`, {
        message: {
          parts: [
            { type: "text", value: "one " },
            { type: "media", url: "https://example.com/a.jpg" },
            { type: "text", value: "two" }
          ]
        }
      })
      expect((yield* sandbox.phone(ada)).messages[1]).toMatchObject({
        text: "one two",
        media: ["https://example.com/a.jpg"],
        parts: [
          { type: "text", value: "one " },
          { type: "media", value: "https://example.com/a.jpg" },
          { type: "text", value: "two" }
        ]
      })
    }))

  it.scopedLive("of everybody in a group has the group's messages", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const chat = (yield* sandbox.createChat([ada, bob])).body.chat
      for (const handle of [ada, bob]) {
        expect((yield* sandbox.phone(handle)).messages).toMatchObject([{ group: chat.id, text: "Hello" }])
      }
    }))

  it.scopedLive("keeps what a vendor's record forgets", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const { id } = (yield* sandbox.createChat([ada])).body.chat.message
      yield* sandbox.linq("DELETE", `/messages/${id}`)
      expect((yield* sandbox.phone(ada)).messages).toHaveLength(1)
    }))
})

describe("time", () => {
  it.scopedLive("stands still on a manual clock", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const before = yield* sandbox.network.now
      yield* Effect.sleep("5 millis")
      expect(yield* sandbox.network.now).toEqual(before)
      yield* sandbox.network.advance("1 minute")
      expect((yield* sandbox.network.now).getTime() - before.getTime()).toBe(60_000)
    }))
})
