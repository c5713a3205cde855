/**
 * Reads tapbacks that arrive as texts. A phone writes such a text to people who cannot get the tapback itself. All carriers use the
 * same rules.
 */
import * as Option from "effect/Option"
import { type ReceivedReaction, Tapback } from "./Reaction.ts"

/**
 * The content of such a text. `quoted` is the text of the message that the person reacted to. The phone may shorten it. `quoted` is
 * absent if the phone names a kind of thing instead, as in `Loved an image`. The text never gives the id of the message.
 *
 * @category models
 */
export interface TapbackText {
  readonly change: "added" | "removed"
  readonly reaction: ReceivedReaction["reaction"]
  readonly quoted?: string
}

interface Phrases {
  readonly added: ReadonlyArray<string>
  readonly removed: ReadonlyArray<string>
}

/**
 * The words that stand before the quoted text. English (both spellings): as iPhones write it. Spanish and Russian: as seen in exported
 * conversations and in programs that read them, read 2026-11. Apple documents none of these words.
 */
const phrases = {
  love: { added: ["Loved", "Le encantó"], removed: ["Removed a heart from"] },
  like: { added: ["Liked", "Le gustó", "Понравилось"], removed: ["Removed a like from"] },
  dislike: { added: ["Disliked", "No le gustó"], removed: ["Removed a dislike from"] },
  laugh: { added: ["Laughed at", "Le dio risa"], removed: ["Removed a laugh from"] },
  emphasize: {
    added: ["Emphasized", "Emphasised", "Exclamó por"],
    removed: ["Removed an exclamation from", "Removed an exclamation mark from", "Removed an exclamation point from"]
  },
  question: { added: ["Questioned", "Dudó sobre"], removed: ["Removed a question mark from"] }
} as const satisfies Record<Tapback, Phrases>

/**
 * The same words in other languages, as iPhones write them.
 *
 * - Norwegian: each phrase was tried on a phone for the program quik-sms (`no.json`, pull request 878, 2026-09).
 * - French: the phrases that two programs share. Both read texts from phones of 2026: the Matrix bridge (`ParseReactionFallback`) and
 *   Covalence (`reactions.parse`).
 * - German: a stored tapback in the tests of a program that reads the database of Messages, 2026.
 *
 * For Italian, Portuguese and Dutch there is no public source. A tapback in these or in any further language stays a text.
 */
const morePhrases = {
  love: { added: ["A adoré", "Satte et hjerte ved"], removed: ["Fjernet et hjerte fra"] },
  like: { added: ["A aimé", "Gefällt", "Likte"], removed: ["Liker ikke lenger"] },
  dislike: { added: ["N[’']a pas aimé", "Mislikte"], removed: ["Misliker ikke lenger"] },
  laugh: { added: ["A ri de", "Lo av"], removed: ["Fjernet latter fra"] },
  emphasize: { added: ["A souligné", "Satte utropstegn ved"], removed: ["Fjernet et utropstegn fra"] },
  question: { added: ["Satte spørsmålstegn ved"], removed: ["Fjernet et spørsmålstegn fra"] }
} as const satisfies Record<Tapback, Phrases>

/**
 * French iPhones also write a tapback as `a attribué la mention « Adore » à « … »`. These are the names in this sentence. Sources: the
 * same Matrix bridge, and Pearmsg (iPhones over Bluetooth), both of 2026. A text with another name stays a text.
 */
const mentions = {
  love: ["Adore", "J[’']adore"],
  like: ["Aime", "J[’']aime"],
  dislike: ["Je n[’']aime pas", "N[’']aime pas"],
  laugh: ["Rires?", "Haha"],
  emphasize: ["Exclamation", "Point d[’']exclamation"],
  question: ["Question", "Point d[’']interrogation"]
} as const satisfies Record<Tapback, ReadonlyArray<string>>

/**
 * The kinds of things that a phone names in place of a quoted text. An article or a number stands before the kind. As iPhones write it,
 * read 2026-11. Apple documents none of these words.
 *
 * @category models
 */
export const targets = [
  ...["image", "photo", "picture", "movie", "video", "audio message", "voice message", "voice memo", "attachment", "file", "document"],
  ...["sticker", "GIF", "contact", "location", "link", "poll", "handwritten message", "Digital Touch message"],
  ...["vidéo", "pièce jointe"],
  ...[
    "imagen",
    "foto",
    "video",
    "vídeo",
    "película",
    "mensaje de audio",
    "mensaje de voz",
    "archivo adjunto",
    "contacto",
    "ubicación",
    "enlace"
  ]
] as const

const thing = new RegExp(`^(?:an?|una?|une|\\d{1,2}) (?:${targets.join("|")})s?$`, "u")

// one emoji of one or more code points, without letters and blanks
const emoji = "((?=[^\\s]*(?:\\p{Extended_Pictographic}|\\p{Regional_Indicator}|\\u20e3))[^\\s\\p{L}“”\"]{1,32})"

const says = (pattern: string): RegExp => new RegExp(`^${pattern} ([^]+)$`, "u")

type Reaction = ReceivedReaction["reaction"]

/** `quoting` says which quotes are read. `typographic`: only quotes that phones write. `any`: also straight quotes, which people type. */
type Reading = readonly [
  change: TapbackText["change"],
  pattern: RegExp,
  reaction: (found: string) => Reaction,
  quoting: "any" | "typographic"
]

const asEmoji = (emoji: string): Reaction => ({ _tag: "Emoji", emoji })

const either = (words: ReadonlyArray<string>): string => `(?:${words.join("|")})`

const ofTapback = (tapback: Tapback): ReadonlyArray<Reading> => {
  const [ours, more, names] = [phrases[tapback], morePhrases[tapback], either(mentions[tapback])]
  const reaction = (): Reaction => ({ _tag: "Tapback", tapback })
  return [
    ["added", says(`${either(ours.added)}()`), reaction, "any"],
    ["removed", says(`${either(ours.removed)}()`), reaction, "any"],
    ["added", says(`${either(more.added)}()`), reaction, "typographic"],
    ...more.removed.map((words): Reading => ["removed", says(`${words}()`), reaction, "typographic"]),
    ["added", says(`[Aa] attribué la mention « ?${names}() ?» à`), reaction, "typographic"],
    ["removed", says(`[Aa] retiré la mention « ?${names}() ?» (?:de|à)`), reaction, "typographic"]
  ]
}

// group 1 of each pattern is the reaction, group 2 is the quoted text or the thing. The most general patterns come last
const readings: ReadonlyArray<Reading> = [
  ...Tapback.literals.flatMap(ofTapback),
  ["added", says(`Reacted (?:with )?${emoji} to`), asEmoji, "any"],
  ["added", says(`Reaccionó con ${emoji} a`), asEmoji, "any"],
  ["removed", says(`Removed (?:an? )?${emoji}(?: reaction)? from`), asEmoji, "any"],
  ["added", says("Reacted with a sticker() to"), () => ({ _tag: "Sticker" }), "any"],
  ["removed", says("Removed a (reaction|sticker) from"), (raw) => ({ _tag: "Unrecognized", raw }), "any"],
  // French, Norwegian and Bulgarian, from the same programs as above
  ["added", says(`[Aa] réagi (?:avec )?${emoji} à`), asEmoji, "typographic"],
  ["added", says(`[Aa] attribué la mention « ?${emoji} ?» à`), asEmoji, "typographic"],
  ["removed", says(`[Aa] retiré (?:la réaction )?${emoji} (?:de|à)`), asEmoji, "typographic"],
  ["added", says(`Reagerte med ${emoji} på`), asEmoji, "typographic"],
  ["removed", says(`Fjernet ${emoji} fra`), asEmoji, "typographic"],
  ["added", says(`Реакция ${emoji} към`), asEmoji, "typographic"],
  ["removed", says(`Премахнато ${emoji} от`), asEmoji, "typographic"],
  // Google Messages writes the emoji first, between invisible characters
  ["added", says(`${emoji} to`), asEmoji, "any"]
]

/**
 * Google Messages writes invisible characters into such a text. They are the same in every language. U+200A stands around the whole
 * text and around the quoted text. U+200B stands around an emoji that is added. U+200C stands around an emoji that is removed. Source:
 * quik-sms, 2026-08.
 */
const marked = (joint: string): RegExp =>
  new RegExp(
    `^\\u200a?[^\\u200a-\\u200c]{0,60}${joint}${emoji}${joint}[^\\u200a-\\u200c]{0,60}\\u200a([^]+?)\\u200a[^\\u200a-\\u200c]{0,60}\\u200a?$`,
    "u"
  )

const marks = [["added", marked("\\u200b")], ["removed", marked("\\u200c")]] as const

const readMarks = (text: string): TapbackText | undefined => {
  if (!text.includes("\u200a")) return undefined
  for (const [change, pattern] of marks) {
    const [, found, target] = pattern.exec(text) ?? []
    const quoted = target === undefined ? "" : visible(target)
    if (found !== undefined && quoted !== "") return { change, reaction: asEmoji(found), quoted }
  }
  return undefined
}

const quotes: Readonly<Record<string, string>> = { "“": "”", "„": "“", "«": "»", "「": "」", "\"": "\"" }

/**
 * The text between the quotes, if the first quote closes at the very end. In `“Dune” and “Solaris”` it closes earlier, so a person wrote
 * this sentence, and the result is undefined. A straight quote inside opens after a blank; in any other place it closes.
 */
const unquoted = (text: string): string | undefined => {
  const open = text.charAt(0)
  const close = quotes[open]
  if (close === undefined || text.length < 3 || !text.endsWith(close)) return undefined
  const inner = text.slice(1, -1)
  let depth = 1
  for (let position = 0; position < inner.length; position++) {
    const character = inner.charAt(position)
    const opens = open === close ? character === open && (position === 0 || /\s/.test(inner.charAt(position - 1))) : character === open
    depth += opens ? 1 : character === close ? -1 : 0
    if (depth === 0) return undefined
  }
  return inner.trim()
}

// invisible characters that phones write around the words and inside the quotes. U+200D is not here: it joins the parts of an emoji
const invisible = /[\u200b\u200c\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g

const visible = (text: string): string => text.replace(invisible, "").replace(/[\u00a0\u2000-\u200a\u202f]/g, " ").trim()

/**
 * Reads a text that is a tapback and nothing else. `None` for any other text. `Loved “see you”` is a tapback. `Loved it, thanks!` and
 * `Loved "Dune" last night` are not. A person may type exactly the words of a tapback, and then the result is wrong. So keep the text.
 *
 * @category constructors
 */
export const read = (text: string): Option.Option<TapbackText> => {
  const found = readMarks(text)
  if (found !== undefined) return Option.some(found)
  const said = visible(text)
  for (const [change, pattern, reaction, quoting] of readings) {
    const [, found, target] = pattern.exec(said) ?? []
    if (found === undefined || target === undefined) continue
    const quoted = quoting === "any" || !target.startsWith("\"") ? unquoted(target) : undefined
    if (quoted !== undefined) return Option.some({ change, reaction: reaction(found), quoted })
    if (thing.test(target)) return Option.some({ change, reaction: reaction(found) })
  }
  return Option.none()
}
