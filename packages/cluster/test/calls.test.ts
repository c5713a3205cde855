/** A send reaches its owner whole, with everything that a caller may say of it. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import type { Prepared } from "@interline/core/Backend"
import * as CarrierId from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as DeliveryId from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Calls from "../src/calls.ts"

describe("a send as a call", () => {
  it.effect("is the same at its owner", () =>
    Effect.gen(function*() {
      const least: Prepared = {
        conversation: Conversation.direct(Line.name("support"), Handle.make("+12025550123")),
        draft: Draft.text("hello"),
        fidelity: "adapt"
      }
      const most: Required<Prepared> = {
        ...least,
        replyTo: { ref: MessageRef.make(CarrierId.make("linq"), "m1"), part: 0 },
        key: "order-17",
        after: yield* DeliveryId.mint,
        confirmsOptOut: true
      }
      for (const prepared of [least, most]) {
        const encoded = yield* Schema.encode(Calls.Prepared)(Calls.toPrepared(prepared))
        deepStrictEqual<Prepared>(yield* Schema.decodeUnknown(Calls.Prepared)(JSON.parse(JSON.stringify(encoded))), prepared)
      }
    }))
})
