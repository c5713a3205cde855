import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ada, start } from "./support.ts"

describe("a sandbox", () => {
  it.scopedLive("puts a message of each vendor on a newcomer's phone", () =>
    Effect.gen(function*() {
      const sandbox = yield* start()
      const chat = yield* sandbox.createChat([ada], "from Linq")
      expect(chat.status, chat.text).toBe(201)
      const sent = yield* sandbox.sendText(ada, "from Sendblue")
      expect(sent.status, sent.text).toBe(200)
      const phone = yield* sandbox.control("GET", `/phones/${encodeURIComponent(ada)}`)
      expect(phone.body.messages.map(({ text, vendor }: { text: string; vendor: string }) => [vendor, text])).toEqual([
        ["linq", "from Linq"],
        ["sendblue", "from Sendblue"]
      ])
      yield* sandbox.network.advance("1 second")
      expect((yield* sandbox.phone(ada)).messages.map(({ status }) => status)).toEqual(["delivered", "delivered"])
    }))
})
