import { describe, expect, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as TapbackText from "../src/TapbackText.ts"

const read = (text: string) => Option.getOrUndefined(TapbackText.read(text))

describe("a tapback as a text", () => {
  it.each([
    ["Loved “see you”", "added", "love", "see you"],
    ["Loved \"see you\"", "added", "love", "see you"],
    ["Liked “two\nlines”", "added", "like", "two\nlines"],
    ["Disliked “she said “no””", "added", "dislike", "she said “no”"],
    ["Laughed at \"she said \"no\"\"", "added", "laugh", "she said \"no\""],
    ["Emphasised „so”“", "added", "emphasize", "so”"],
    ["Questioned “STOP”", "added", "question", "STOP"],
    ["Removed a heart from “x”", "removed", "love", "x"],
    ["Removed an exclamation mark from “x”", "removed", "emphasize", "x"],
    ["\u200eLoved\u00a0“x”\u200b\n", "added", "love", "x"],
    ["No le gustó “x”", "added", "dislike", "x"],
    ["Le dio risa una foto", "added", "laugh", undefined],
    ["Понравилось «до завтра»", "added", "like", "до завтра"],
    ["Loved 2 photos", "added", "love", undefined],
    ["Disliked a GIF", "added", "dislike", undefined],
    ["Removed a question mark from an audio message", "removed", "question", undefined]
  ])("%j", (text, change, tapback, quoted) => {
    expect(read(text)).toEqual({ change, reaction: { _tag: "Tapback", tapback }, ...(quoted === undefined ? {} : { quoted }) })
  })

  it.each([
    ["Reacted 👍🏽 to “x”", "added", "👍🏽"],
    ["Reacted with ❤️ to “x”", "added", "❤️"],
    ["Reaccionó con 🫡 a “hola”", "added", "🫡"],
    ["Reacted 👩‍👩‍👧 to an image", "added", "👩‍👩‍👧"],
    ["Removed a 👀 reaction from “x”", "removed", "👀"],
    ["\u200a\u200b❤️\u200b to “\u200ax\u200a”\u200a", "added", "❤️"],
    ["\u200aRemoved \u200c😂\u200c from “\u200ax\u200a”\u200a", "removed", "😂"]
  ])("%j is an emoji", (text, change, emoji) => {
    expect(read(text)).toMatchObject({ change, reaction: { _tag: "Emoji", emoji } })
  })

  it("may be a sticker, or a removal that does not say of what", () => {
    expect(read("Reacted with a sticker to “x”")).toEqual({ change: "added", reaction: { _tag: "Sticker" }, quoted: "x" })
    expect(read("Removed a sticker from an image")).toEqual({ change: "removed", reaction: { _tag: "Unrecognized", raw: "sticker" } })
  })
})

describe("a person's own words", () => {
  it.each([
    ...["Loved it, thanks!", "Loved \"Dune\" last night", "Loved “Dune” and “Solaris”", "Loved \"Dune\" and \"Solaris\"", "Loved", "Loved “”", "loved “x”"],
    ...["I Loved “x”", "Loved “x” a lot", "Loved an image of you", "Liked a cat", "Reacted badly to “x”", "Removed a chair from “x”", "❤️ to you", "STOP", ""]
  ])("%j stay a message", (text) => {
    expect(read(text)).toBeUndefined()
  })
})
