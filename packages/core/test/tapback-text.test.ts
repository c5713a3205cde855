import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as TapbackText from "../src/content/TapbackText.ts"

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
    ["Laughed at \"\"no\" she said\"", "added", "laugh", "\"no\" she said"],
    ["Liked 「また明日」", "added", "like", "また明日"],
    ["Loved\u202f“\u202dx\u202c”", "added", "love", "x"],
    ["Dudó sobre “x”", "added", "question", "x"],
    ["Exclamó por “x”", "added", "emphasize", "x"],
    ["Le encantó “x”", "added", "love", "x"],
    ["Le gustó “x”", "added", "like", "x"],
    ["Removed a heart from “x”", "removed", "love", "x"],
    ["Removed a like from “x”", "removed", "like", "x"],
    ["Removed a dislike from “x”", "removed", "dislike", "x"],
    ["Removed a laugh from “x”", "removed", "laugh", "x"],
    ["Removed an exclamation from “x”", "removed", "emphasize", "x"],
    ["Removed an exclamation point from “x”", "removed", "emphasize", "x"],
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
    ["Reacted 🇦🇹 to “x”", "added", "🇦🇹"],
    ["Reacted 1\ufe0f\u20e3 to “x”", "added", "1\ufe0f\u20e3"],
    ["👍 to \"x\"", "added", "👍"],
    ["Removed a 👀 reaction from “x”", "removed", "👀"],
    ["Removed an 👀 reaction from “x”", "removed", "👀"],
    ["Removed 👀 from “x”", "removed", "👀"],
    ["\u200a\u200b❤️\u200b to “\u200ax\u200a”\u200a", "added", "❤️"],
    ["\u200aRemoved \u200c😂\u200c from “\u200ax\u200a”\u200a", "removed", "😂"]
  ])("%j is an emoji", (text, change, emoji) => {
    expect(read(text)).toMatchObject({ change, reaction: { _tag: "Emoji", emoji } })
  })

  it.each([
    ...["image", "photo", "picture", "movie", "video", "audio message", "voice message", "voice memo", "attachment", "file", "document"],
    ...["sticker", "GIF", "contact", "location", "link", "poll", "handwritten message", "Digital Touch message", "vidéo", "pièce jointe"],
    ...["imagen", "foto", "vídeo", "película", "mensaje de audio", "mensaje de voz", "archivo adjunto", "contacto", "ubicación", "enlace"]
  ])("may be on a thing: %s", (thing) => {
    for (
      const text of [
        `Liked a ${thing}`,
        `Liked an ${thing}`,
        `Le gustó un ${thing}`,
        `Le gustó una ${thing}`,
        `A aimé une ${thing}`,
        `Liked 12 ${thing}s`
      ]
    ) {
      expect([text, read(text)]).toEqual([text, { change: "added", reaction: { _tag: "Tapback", tapback: "like" } }])
    }
  })

  it("may be a sticker, or a removal that does not say of what", () => {
    expect(read("Reacted with a sticker to “x”")).toEqual({ change: "added", reaction: { _tag: "Sticker" }, quoted: "x" })
    expect(read("Removed a sticker from an image")).toEqual({ change: "removed", reaction: { _tag: "Unrecognized", raw: "sticker" } })
  })
})

describe("a tapback of a phone in another language", () => {
  it.each([
    ["A adoré « superbe »", "added", "love", "superbe"],
    ["A aimé «\u00a0à demain\u202f»", "added", "like", "à demain"],
    ["N’a pas aimé « bof »", "added", "dislike", "bof"],
    ["N'a pas aimé « bof »", "added", "dislike", "bof"],
    ["A ri de « trop drôle… »", "added", "laugh", "trop drôle…"],
    ["A souligné « RDV 18h »", "added", "emphasize", "RDV 18h"],
    ["A adoré une pièce jointe", "added", "love", undefined],
    ["a attribué la mention « Adore » à « à 7 h »", "added", "love", "à 7 h"],
    ["A attribué la mention « J’adore » à « ok »", "added", "love", "ok"],
    ["A attribué la mention « J’aime » à « ok »", "added", "like", "ok"],
    ["a attribué la mention « Aime » à une image", "added", "like", undefined],
    ["a attribué la mention « Je n’aime pas » à « ok »", "added", "dislike", "ok"],
    ["a attribué la mention « N’aime pas » à « ok »", "added", "dislike", "ok"],
    ["a attribué la mention « Rires » à « ok »", "added", "laugh", "ok"],
    ["a attribué la mention « Rire » à « ok »", "added", "laugh", "ok"],
    ["a attribué la mention « Haha » à « ok »", "added", "laugh", "ok"],
    ["a attribué la mention « Exclamation » à « ok »", "added", "emphasize", "ok"],
    ["a attribué la mention « Point d’exclamation » à « ok »", "added", "emphasize", "ok"],
    ["a attribué la mention « Question » à « ok »", "added", "question", "ok"],
    ["a attribué la mention « Point d'interrogation » à « ok »", "added", "question", "ok"],
    ["A retiré la mention « Adore » de « ok »", "removed", "love", "ok"],
    ["a retiré la mention « Rires » à « ok »", "removed", "laugh", "ok"],
    ["Gefällt „bis morgen“", "added", "like", "bis morgen"],
    ["Satte et hjerte ved “x”", "added", "love", "x"],
    ["Fjernet et hjerte fra “x”", "removed", "love", "x"],
    ["Likte “x”", "added", "like", "x"],
    ["Liker ikke lenger “x”", "removed", "like", "x"],
    ["Mislikte “x”", "added", "dislike", "x"],
    ["Misliker ikke lenger “x”", "removed", "dislike", "x"],
    ["Lo av “x”", "added", "laugh", "x"],
    ["Fjernet latter fra “x”", "removed", "laugh", "x"],
    ["Satte utropstegn ved “x”", "added", "emphasize", "x"],
    ["Fjernet et utropstegn fra “x”", "removed", "emphasize", "x"],
    ["Satte spørsmålstegn ved “STOPP”", "added", "question", "STOPP"],
    ["Fjernet et spørsmålstegn fra “x”", "removed", "question", "x"]
  ])("%j", (text, change, tapback, quoted) => {
    expect(read(text)).toEqual({ change, reaction: { _tag: "Tapback", tapback }, ...(quoted === undefined ? {} : { quoted }) })
  })

  it.each([
    ["A réagi 😂 à « Eh beh... »", "added", "😂", "Eh beh..."],
    ["a réagi avec 🔥 à « la photo »", "added", "🔥", "la photo"],
    ["a attribué la mention « 😂 » à « lol »", "added", "😂", "lol"],
    ["A retiré la réaction 😂 à « lol »", "removed", "😂", "lol"],
    ["A retiré 😂 de « lol »", "removed", "😂", "lol"],
    ["Reagerte med 👩‍👩‍👧 på “x”", "added", "👩‍👩‍👧", "x"],
    ["Fjernet 🔥 fra “x”", "removed", "🔥", "x"],
    ["Реакция ❤️ към “x”", "added", "❤️", "x"],
    ["Премахнато ❤️ от “x”", "removed", "❤️", "x"],
    ["\u200aHat mit \u200b👍🏽\u200b auf „\u200aBis morgen\u200a“ reagiert\u200a", "added", "👍🏽", "Bis morgen"],
    ["\u200a\u200c👍\u200c を「\u200aまた明日\u200a」から削除\u200a", "removed", "👍", "また明日"],
    ["A réagi avec \u200b😂\u200b à «\u200adeux\nlignes\u200a»", "added", "😂", "deux\nlignes"]
  ])("%j is an emoji", (text, change, emoji, quoted) => {
    expect(read(text)).toEqual({ change, reaction: { _tag: "Emoji", emoji }, quoted })
  })
})

// what stands before the quote, and the quotes that go with it
const languages = [
  ["English", ["Loved", "Liked", "Disliked", "Laughed at", "Emphasized", "Questioned", "Removed a heart from", "Reacted 👍 to"], "“", "”"],
  ["Spanish", ["Le encantó", "Le gustó", "No le gustó", "Le dio risa", "Exclamó por", "Dudó sobre", "Reaccionó con 👍 a"], "“", "”"],
  ["Russian", ["Понравилось"], "«", "»"],
  [
    "French",
    ["A adoré", "A aimé", "N’a pas aimé", "A ri de", "A souligné", "a attribué la mention « Adore » à", "A réagi 👍 à"],
    "« ",
    " »"
  ],
  ["German", ["Gefällt"], "„", "“"],
  [
    "Norwegian",
    ["Satte et hjerte ved", "Likte", "Mislikte", "Lo av", "Satte utropstegn ved", "Satte spørsmålstegn ved", "Reagerte med 👍 på"],
    "“",
    "”"
  ],
  ["Bulgarian", ["Реакция 👍 към", "Премахнато 👍 от"], "“", "”"]
] as const

const more = FastCheck.constantFrom("!", ".", ", merci", " x", "?", " 😂", " et « y »", " and “y”", " og “y”", " mir sehr")
const before = FastCheck.constantFrom("I ", "Il ", "Jeg ", "Mir ", "Me ", "Ada: ", "- ", "J’", "“", "“x” ")
const things = FastCheck.constantFrom(
  "it",
  "ça",
  "den",
  "mir",
  "eso",
  "this so much",
  "un film d’hier",
  "the image you sent",
  "et bilde",
  "ein Foto",
  "a cat"
)

describe.each(languages)("in %s a person's own words", (_, phrases, open, close) => {
  const phrase = FastCheck.constantFrom(...phrases)
  const text = FastCheck.string({ minLength: 1 }).filter((text) => text.trim() !== "" && !/[“”«»„"]/.test(text))

  it("are a tapback only as the phone writes it", () => {
    FastCheck.assert(FastCheck.property(phrase, text, (phrase, text) => {
      expect(read(`${phrase} ${open}${text}${close}`)).toMatchObject({ quoted: text.trim() })
    }))
  })

  it("stay a message with more before or after the quote, without one, in other letters, or with half of one", () => {
    FastCheck.assert(FastCheck.property(phrase, text, more, before, things, (phrase, text, more, before, thing) => {
      const quote = `${open}${text}${close}`
      const near = [
        `${phrase} ${quote}${more}`,
        `${before}${phrase} ${quote}`,
        `${phrase} ${thing}`,
        phrase,
        `${phrase} ${open}${text}`,
        `${phrase} ${text}${close}`,
        `${phrase}: ${quote}`,
        `${phrase}${quote}`
      ]
      for (const text of [...near, `${phrase.toUpperCase()} ${quote}`]) expect([text, read(text)]).toEqual([text, undefined])
    }))
  })
})

describe("a person's own words", () => {
  it.each([
    "A adoré \"superbe\"",
    "Likte \"Dune\"",
    "Gefällt \"dir\"",
    "Lo av \"x\"",
    "A réagi 😂 à \"x\"",
    "a attribué la mention « Bravo » à « ok »",
    "Le jury a attribué la mention « Adore » à « ok »"
  ])(
    "%j stay a message: no phone writes it",
    (text) => expect(read(text)).toBeUndefined()
  )

  it("stay a message between marks that nobody sees, without an emoji or a text between them", () => {
    for (
      const text of [
        "\u200aReacted \u200bbadly\u200b to \u200ax\u200a”\u200a",
        "\u200a\u200b👍\u200b to \u200a \u200a",
        "\u200a\u200b👍\u200c to \u200ax\u200a",
        "\u200ahello\u200a"
      ]
    ) expect(read(text)).toBeUndefined()
  })

  it.each([
    ...[
      "Loved it, thanks!",
      "Loved \"Dune\" last night",
      "Loved “Dune” and “Solaris”",
      "Loved \"Dune\" and \"Solaris\"",
      "Loved",
      "Loved “”",
      "loved “x”"
    ],
    ...[
      "I Loved “x”",
      "Loved “x” a lot",
      "Loved an image of you",
      "Liked a cat",
      "Reacted badly to “x”",
      "Removed a chair from “x”",
      "❤️ to you",
      "STOP",
      ""
    ]
  ])("%j stay a message", (text) => {
    expect(read(text)).toBeUndefined()
  })
})
