import { describe, expect, it, vi } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Validate from "../src/carrier/validate.ts"
import * as Draft from "../src/content/Draft.ts"
import * as Part from "../src/content/Part.ts"
import * as VisibleText from "../src/language/VisibleText.ts"

const rules = (draft: unknown) => Validate.draft(draft).map(({ path, rule }) => [rule, path.join(".")])

describe("a text that shows nothing", () => {
  it.each([" ", "\n\n", "\u200b", "\ufffc", "\ufe0f", "\u00a0\u3000", "\u2060\ufeff", "\u2800", "\u3164", "\u200d", "\t\u202e", "\ufff9"])(
    "%j is empty",
    (text) => {
      expect(rules({ parts: [{ _tag: "Text", text }] })).toEqual([["empty-text", "parts.0.text"]])
      expect(rules({ parts: [{ _tag: "Text", text }, { _tag: "Media", url: "https://example.com/a.jpg" }] })).toEqual([[
        "empty-text",
        "parts.0.text"
      ]])
      expect(Validate.text(text, ["text"])).toHaveLength(1)
    }
  )

  it.each(["a", ".", " \u200b.", "😀", "1\ufe0f\u20e3", "\u0301", "नमस्ते", "\uf8ff"])("%j is not", (text) => {
    expect(rules(Draft.make([Part.text(text)]))).toEqual([])
  })
})

describe("a range", () => {
  const bold = (text: string, start: number, end: number) =>
    rules({ parts: [{ _tag: "Text", text, decorations: [{ start, end, style: "bold" }] }] })

  it.each([
    ["😀 bold", 1, 3],
    ["😀 bold", 0, 1],
    ["a👍🏽", 1, 3],
    ["e\u0301clair", 0, 1],
    ["👩‍👩‍👧 family", 0, 2],
    ["🇦🇹🇩🇪", 0, 2],
    ["1\ufe0f\u20e3", 0, 1]
  ])("in %j from %i to %i cuts a sign in two", (text, start, end) => {
    expect(bold(text, start, end)).toEqual([["decoration-range", "parts.0.decorations.0"]])
  })

  it.each([["😀 bold", 0, 2], ["😀 bold", 3, 7], ["a👍🏽b", 1, 5], ["🇦🇹🇩🇪", 4, 8], ["plain", 1, 2], ["e\u0301", 0, 2]])(
    "in %j from %i to %i does not",
    (text, start, end) => {
      expect(bold(text, start, end)).toEqual([])
    }
  )

  it("may end between the two characters of a line break, which nobody sees", () => {
    for (const text of ["a\r\nb", "a\r\n😀"]) expect([text, VisibleText.splitter(text)(2)]).toEqual([text, false])
  })

  it("never cuts a pair, whatever the text", () => {
    FastCheck.assert(FastCheck.property(FastCheck.fullUnicodeString({ minLength: 1 }), (text) => {
      const splits = VisibleText.splitter(text)
      for (let position = 0; position <= text.length; position++) {
        const isPair = position > 0 && /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(position - 1, position + 1))
        if (isPair) expect(splits(position)).toBe(true)
      }
      expect([splits(0), splits(text.length)]).toEqual([false, false])
    }))
  })
})

describe("a placeholder", () => {
  it("is no word of a person", () => {
    expect(VisibleText.withoutPlaceholders("\ufffc")).toBe("")
    expect(VisibleText.withoutPlaceholders("\ufffclook at this")).toBe("look at this")
    expect(VisibleText.withoutPlaceholders("look \ufffc here")).toBe("look here")
    expect(VisibleText.withoutPlaceholders("first\n\ufffc second")).toBe("first\n second")
    expect(VisibleText.withoutPlaceholders("first \ufffc\nsecond")).toBe("first \nsecond")
    expect(VisibleText.withoutPlaceholders("as it is ")).toBe("as it is ")
  })
})

describe("a text that is shortened", () => {
  it.each([
    ["short", 5, "short"],
    ["longer", 5, "longe…"],
    ["ab😀cd", 3, "ab…"],
    ["ab😀cd", 4, "ab😀…"],
    ["👩‍👩‍👧👩‍👩‍👧", 15, "👩‍👩‍👧…"],
    ["👍🏽👍🏽", 7, "👍🏽…"],
    ["🇦🇹🇩🇪🇫🇷", 8, "🇦🇹🇩🇪…"],
    ["🇦🇹🇩🇪🇫🇷", 7, "🇦🇹…"],
    ["cafe\u0301s", 4, "caf…"],
    ["cafe\u0301s", 5, "cafe\u0301…"],
    ["1\ufe0f\u20e32\ufe0f\u20e3", 5, "1\ufe0f\u20e3…"],
    ["👩‍👩‍👧", 7, "…"]
  ])("%j to %i is %j", (text, most, short) => {
    expect(VisibleText.shorten(text, most)).toBe(short)
  })

  it("keeps whole signs of its beginning, as many as fit", () => {
    const sign = FastCheck.constantFrom("a", " ", "😀", "👍🏽", "👩‍👩‍👧", "🇦🇹", "e\u0301", "न", "1\ufe0f\u20e3", "한", "\ud83d")
    FastCheck.assert(FastCheck.property(FastCheck.array(sign, { minLength: 1, maxLength: 30 }), FastCheck.nat(60), (signs, most) => {
      const text = signs.join("")
      const short = VisibleText.shorten(text, most, "")
      expect(text.startsWith(short)).toBe(true)
      expect(short.length).toBeLessThanOrEqual(most)
      const splits = VisibleText.splitter(text)
      expect(splits(short.length)).toBe(false)
      for (let position = short.length + 1; position <= Math.min(most, text.length); position++) expect(splits(position)).toBe(true)
    }))
  })

  it("has its own mark", () => expect(VisibleText.shorten("longer", 3, "...")).toBe("lon..."))
})

describe("a runtime without a segmenter", () => {
  it("knows of halves only", () => {
    vi.stubGlobal("Intl", {})
    const splits = VisibleText.splitter("a😀e\u0301")
    expect([0, 1, 2, 3, 4, 5].map(splits)).toEqual([false, false, true, false, false, false])
    // halves that belong to nothing
    for (const text of ["a\udc00", "\udc00\udc01", "\ud83da", "\ud83d\ud83d"]) {
      expect([text, VisibleText.splitter(text)(1)]).toEqual([text, false])
    }
    vi.unstubAllGlobals()
  })
})
