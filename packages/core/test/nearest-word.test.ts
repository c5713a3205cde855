import { assert, describe, it } from "@effect/vitest"
import * as MessageEffect from "../src/content/MessageEffect.ts"
import * as NearestWord from "../src/language/NearestWord.ts"

describe("the nearest word", () => {
  it("is found over letters that are missing, doubled, wrong or swapped, and over case and dashes", () => {
    const cases: ReadonlyArray<readonly [string, string]> = [
      ["sparkle", "sparkles"],
      ["confeti", "confetti"],
      ["ballons", "balloons"],
      ["Happy-Birthday", "happy_birthday"],
      ["shootingstar", "shooting_star"],
      ["ehco", "echo"],
      ["celeb", "celebration"]
    ]
    for (const [given, meant] of cases) assert.strictEqual(NearestWord.find(given, MessageEffect.all), meant, given)
  })

  it("is none where nothing is near", () => {
    for (const given of ["", "   ", "x", "unicorn", "+12025550123", "x".repeat(100_000)]) {
      assert.isUndefined(NearestWord.find(given, MessageEffect.all), given.slice(0, 20))
    }
  })

  it("a word is quoted only where it can be no number, no text and no secret", () => {
    assert.strictEqual(NearestWord.quote("sparkle"), "\"sparkle\"")
    assert.strictEqual(NearestWord.quote("früh-Effekt"), "\"früh-Effekt\"")
    for (const given of ["", "+12025550123", "sk_live_51", "two words", "x".repeat(33), 7, null]) {
      assert.isUndefined(NearestWord.quote(given))
    }
  })

  it("the sentence lists the words, quotes the wrong one and names the nearest", () => {
    assert.strictEqual(
      NearestWord.oneOf("linc", ["linq", "sendblue"]),
      "must be one of linq, sendblue; \"linc\" is none of them; did you mean \"linq\"?"
    )
    assert.strictEqual(NearestWord.oneOf(7, ["linq", "sendblue"]), "must be one of linq, sendblue; the value given is none of them")
    assert.strictEqual(NearestWord.oneOf("x", ["accepted"]), "must be accepted; \"x\" is none of them")
  })
})
