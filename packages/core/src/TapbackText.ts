/**
 * A tapback that came as a text: what a phone writes to people who cannot get the tapback itself. One reading for every carrier.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import type { ReceivedReaction } from "./Reaction.ts"
import { Tapback } from "./Reaction.ts"

/**
 * What such a text says. `quoted` is the text that was reacted to, possibly shortened by the phone; absent where the phone names a kind
 * of thing instead, as in `Loved an image`. It names no message.
 *
 * @since 0.1.0
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
 * The words before what was reacted to. English (both spellings) as iPhones write it; Spanish and Russian as seen in exported
 * conversations and in programs that read them, read 2026-11. Apple documents none of it. A tapback in another language stays a text.
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
 * What a phone names in place of a text, after an article or a number. As iPhones write it, read 2026-11; Apple documents none of it.
 *
 * @since 0.1.0
 * @category tables
 */
export const targets = [
  ...["image", "photo", "picture", "movie", "video", "audio message", "voice message", "voice memo", "attachment", "file", "document"],
  ...["sticker", "GIF", "contact", "location", "link", "poll", "handwritten message", "Digital Touch message"],
  ...["imagen", "foto", "video", "vídeo", "película", "mensaje de audio", "mensaje de voz", "archivo adjunto", "contacto", "ubicación", "enlace"]
] as const

const thing = new RegExp(`^(?:an?|una?|\\d{1,2}) (?:${targets.join("|")})s?$`, "u")

// an emoji, or several code points that make one: no letters, no blanks
const emoji = "((?=[^\\s]*(?:\\p{Extended_Pictographic}|\\p{Regional_Indicator}|\\u20e3))[^\\s\\p{L}“”\"]{1,32})"

const says = (pattern: string): RegExp => new RegExp(`^${pattern} ([^]+)$`, "u")

type Reaction = ReceivedReaction["reaction"]
type Reading = readonly [change: TapbackText["change"], pattern: RegExp, reaction: (found: string) => Reaction]

const asEmoji = (emoji: string): Reaction => ({ _tag: "Emoji", emoji })

const ofTapback = (tapback: Tapback): ReadonlyArray<Reading> => {
  const { added, removed } = phrases[tapback]
  const reaction = (): Reaction => ({ _tag: "Tapback", tapback })
  return [["added", says(`(?:${added.join("|")})()`), reaction], ["removed", says(`(?:${removed.join("|")})()`), reaction]]
}

// every pattern finds the reaction first and what was reacted to second; the general ones stand below the others
const readings: ReadonlyArray<Reading> = [
  ...Tapback.literals.flatMap(ofTapback),
  ["added", says(`Reacted (?:with )?${emoji} to`), asEmoji],
  ["added", says(`Reaccionó con ${emoji} a`), asEmoji],
  ["removed", says(`Removed (?:an? )?${emoji}(?: reaction)? from`), asEmoji],
  ["added", says("Reacted with a sticker() to"), () => ({ _tag: "Sticker" })],
  ["removed", says("Removed a (reaction|sticker) from"), (raw) => ({ _tag: "Unrecognized", raw })],
  // Google Messages: the emoji first, between characters that nobody sees
  ["added", says(`${emoji} to`), asEmoji]
]

const quotes: Readonly<Record<string, string>> = { "“": "”", "„": "“", "«": "»", "「": "」", "\"": "\"" }

/**
 * The text between the quotes, if what opens first closes last: `“Dune” and “Solaris”` is a person's own sentence. A straight quote
 * inside opens after a blank and closes elsewhere.
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

// what phones put around the words and inside the quotes; U+200D joins the parts of an emoji and stays
const invisible = /[\u200b\u200c\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g

const visible = (text: string): string => text.replace(invisible, "").replace(/[\u00a0\u2000-\u200a\u202f]/g, " ").trim()

/**
 * Reads a text that is a tapback and nothing else; `None` for any other text. Somebody who types these very words is taken at
 * them, so keep the text: `Loved “see you”` is a tapback, `Loved it, thanks!` and `Loved "Dune" last night` are not.
 *
 * @since 0.1.0
 * @category constructors
 */
export const read = (text: string): Option.Option<TapbackText> => {
  const said = visible(text)
  for (const [change, pattern, reaction] of readings) {
    const [, found, target] = pattern.exec(said) ?? []
    if (found === undefined || target === undefined) continue
    const quoted = unquoted(target)
    if (quoted !== undefined) return Option.some({ change, reaction: reaction(found), quoted })
    if (thing.test(target)) return Option.some({ change, reaction: reaction(found) })
  }
  return Option.none()
}
