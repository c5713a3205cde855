import { expect, it } from "@effect/vitest"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import * as Fingerprint from "../src/ledger/fingerprint.ts"

const conversation = Conversation.direct(Line.name("support"), Handle.make("+12025550123"))

const prepared = (mention?: string) => ({
  conversation,
  draft: Draft.text("hello", mention === undefined ? {} : { extras: { vendor: "linq", parts: [{ part: 0, fields: { mention } }] } }),
  fidelity: "adapt" as const
})

const bare = prepared()
const ada = prepared("+12025550190")
const bob = prepared("+12025550191")

describe("fields for one vendor", () => {
  it.effect("are part of what a key stands for", () =>
    Effect.gen(function*() {
      const names = yield* Effect.forEach([bare, ada, bob], Fingerprint.of)
      expect(new Set(names).size).toBe(3)
      expect(yield* Fingerprint.of(prepared("+12025550190"))).toBe(names[1])
    }))

  it("are no part of what a person reads, or what a carrier's list shows", () => {
    expect(Fingerprint.likenesses(ada)).toEqual(Fingerprint.likenesses(bare))
    expect(Fingerprint.likenesses(bob)).toEqual(Fingerprint.likenesses(bare))
  })
})
