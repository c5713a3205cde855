import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import { describe, it } from "vitest"
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
  it("are part of what a key stands for", () => {
    const names = [bare, ada, bob].map(Fingerprint.of)
    strictEqual(new Set(names).size, 3)
    strictEqual(Fingerprint.of(prepared("+12025550190")), names[1])
  })

  it("are no part of what a person reads, or what a carrier's list shows", () => {
    deepStrictEqual(Fingerprint.likenesses(ada), Fingerprint.likenesses(bare))
    deepStrictEqual(Fingerprint.likenesses(bob), Fingerprint.likenesses(bare))
  })
})

describe("the digest", () => {
  it("is the one that earlier versions stored under a key", () => {
    strictEqual(Fingerprint.of(bare), "95894c0a8150fc7fb8fe9aa3a42ca4885d8dc5addb72540b9185322b78dcbbe3")
  })
})
