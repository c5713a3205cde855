/** A send whose answer was lost, found by the report that Sendblue makes to our address. */
import { describe, expect, it } from "@effect/vitest"
import * as Conversation from "@interline/core/Conversation"
import * as DeliveryId from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as SendblueCallback from "@interline/sendblue/SendblueCallback"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { ada, numbers, support, world } from "../support/sandbox.ts"

const callback: SendblueCallback.Options = { url: "http://127.0.0.1:9/status?team=7", secret: Redacted.make("a-secret-of-the-tests") }

const friend = Handle.make("+12025550124")

describe("Sendblue's report of a message", () => {
  for (const kind of ["direct", "group"] as const) {
    it.scopedLive(`in a ${kind} conversation names the attempt and the message that its lost answer would have named`, () =>
      Effect.gen(function*() {
        const { carrier, network } = yield* world("sendblue", { callback })
        const to = kind === "direct" ? Conversation.direct(support, ada) : yield* Conversation.group(support, [ada, friend])
        const deliveryId = yield* DeliveryId.mint
        yield* network.addFault({ vendor: "sendblue", match: { method: "POST" }, kind: "ack-lost-reset", times: 1 })
        const outcome = yield* carrier.send({ deliveryId, generation: 1, conversation: to, draft: Draft.text("hello"), fidelity: "adapt" })
        expect(outcome._tag).toBe("Unknown")
        yield* network.advance("10 seconds")
        const reports = (yield* network.webhooks).filter(({ event }) => event === "status_callback")
        expect(reports.length).toBeGreaterThan(0)
        const now = yield* Clock.currentTimeMillis
        for (const report of reports) {
          const token = new URL(report.url).searchParams.get(SendblueCallback.parameter) ?? ""
          const body = JSON.parse(report.body) as { readonly from_number: string; readonly number: string; readonly message_handle: string }
          const recipient = kind === "direct" ? body.number : Conversation.recipients(to)
          const key = yield* SendblueCallback.verify(callback)(token, { line: body.from_number, recipient }, now)
          expect(key).toEqual(Option.some(`${deliveryId}:1:0`))
          expect(body.from_number).toBe(numbers.sendblue)
          const message = yield* carrier.getMessage({ carrierId: carrier.id, id: body.message_handle })
          expect(message.parts[0]).toMatchObject({ text: "hello" })
        }
      }))
  }
})
