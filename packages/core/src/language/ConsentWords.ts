/**
 * The words with which a person says, alone in a message, that texts shall stop or start again, or asks for help. One list and
 * one reading for every carrier: what opts a person out must not depend on the vendor that brings the text.
 *
 * @since 0.1.0
 */

/**
 * What a word asks for.
 *
 * @since 0.1.0
 * @category models
 */
export type Meaning = "opt-out" | "opt-in" | "help"

/**
 * What opts a person out: every word that a regulator, the carriers' association, one of our vendors or a large text provider
 * lists. 47 CFR 64.1200(a)(10) has stop, quit, end, revoke, opt out, cancel and unsubscribe; CTIA's principles, Linq and Sendblue
 * have words of these only; Twilio and Telnyx add stopall; AWS requires remove, arret and td. Read 2026-11. A blank, a hyphen or
 * nothing between two words is the same word: see `normalize`.
 *
 * @since 0.1.0
 * @category tables
 */
export const optOutWords = [
  "stop",
  "stop all",
  "unsubscribe",
  "cancel",
  "end",
  "quit",
  "revoke",
  "opt out",
  "remove",
  "arret",
  "td"
] as const

/**
 * Those of the opt-out's words that hardly ever begin a message about something else, as `cancel` or `end` do. Only after them a
 * thanks, a please or a name may follow: 47 CFR 64.1200(a)(10) counts whatever a reasonable person reads as the wish to stop.
 */
const plainestWords = ["stop", "stop all", "unsubscribe", "opt out"] as const satisfies ReadonlyArray<(typeof optOutWords)[number]>

const courtesies = ["please", "pls", "plz", "thanks", "thank you", "thank u", "thx"] as const

/**
 * What opts a person in again: Linq's, Sendblue's, Twilio's, Telnyx' and AWS' words, read 2026-11. Twilio's `yes` is left out on
 * purpose: it is the answer to any question, and must not end an opt-out by accident. An operator may add it.
 *
 * @since 0.1.0
 * @category tables
 */
export const optInWords = ["start", "unstop", "opt in"] as const

/**
 * What asks who writes here and how to stop it: CTIA's, Twilio's, Telnyx' and AWS' words, read 2026-11.
 *
 * @since 0.1.0
 * @category tables
 */
export const helpWords = ["help", "info"] as const

/**
 * Words beside those of the tables. A word may be several, as `no more texts`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Words {
  readonly optOut?: ReadonlyArray<string>
  readonly optIn?: ReadonlyArray<string>
}

/**
 * What a text asks for, if it is one of the words and nothing else; `undefined` for any other text.
 *
 * @since 0.1.0
 * @category models
 */
export type Reader = (text: string) => Meaning | undefined

const accents = /[\u0300-\u036f\u20d0-\u20ff\p{Me}]/gu

// everything that is neither a letter nor a digit; marks that make another letter of one, as in Hindi, stay
const trifles = /[^\p{L}\p{N}\p{M}]|\p{Default_Ignorable_Code_Point}/gu

// letters of their own in Unicode, which no normal form makes plain: small capitals
const smallCapitals: Readonly<Record<string, string>> = {
  ...{ ᴀ: "a", ʙ: "b", ᴄ: "c", ᴅ: "d", ᴇ: "e", ꜰ: "f", ɢ: "g", ʜ: "h", ɪ: "i", ᴊ: "j", ᴋ: "k", ʟ: "l", ᴍ: "m" },
  ...{ ɴ: "n", ᴏ: "o", ᴘ: "p", ꞯ: "q", ʀ: "r", ꜱ: "s", ᴛ: "t", ᴜ: "u", ᴠ: "v", ᴡ: "w", ʏ: "y", ᴢ: "z" }
}

// white letters in a black circle or square. With U+FE0F one is an emoji, and two regional indicators are a flag: 🇹🇩 is Chad, not "td"
const styled = new RegExp(`[${Object.keys(smallCapitals).join("")}]|[\\u{1f150}-\\u{1f169}\\u{1f170}-\\u{1f189}](?!\\ufe0f)`, "gu")

const unstyled = (letter: string): string => {
  const code = letter.codePointAt(0)
  return smallCapitals[letter] ?? (code === undefined ? letter : String.fromCharCode(97 + (code - 0x1f150) % 32))
}

const plain = (text: string): string => text.normalize("NFKD").replace(styled, unstyled).toLowerCase().replace(accents, "")

const squeeze = (text: string): string => text.replace(trifles, "")

/**
 * A text without what does not change a word: case, accents, width and letter styles, punctuation, blanks, emoji and characters that
 * nobody sees. Digits stay: "STOP 12345" is another text than "STOP".
 *
 * @since 0.1.0
 * @category combinators
 */
export const normalize = (text: string): string => squeeze(plain(text))

const lineBreak = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/

// the lines that mail and phone programs put below a text, without accents; `--` alone in a line begins a signature (RFC 3676)
const signature =
  /^\s*(?:--\s*$|sent (?:from|via|with|using)\b|get outlook\b|envoye (?:de|depuis|a partir)\b|enviado (?:desde|de|do|con|via)\b|inviato (?:da|dal)\b|von meinem .{1,40} gesendet|gesendet (?:von|mit)\b|verzonden (?:vanaf|met|via)\b|verstuurd vanaf\b|.{1,20}から送信)/

// some programs put it into the same line
const sameLine = /\s[-–—|]*\s*sent from my \p{L}+(?: \p{L}+)?\.?\s*$/u

/** The lines before a signature, which says nothing for the person. */
const unsigned = (text: string): string => {
  const lines = text.split(lineBreak)
  const first = lines.findIndex((line) => squeeze(line) !== "")
  const end = lines.findIndex((line, position) => position > first && signature.test(line))
  return (end < 0 ? lines : lines.slice(0, end)).join("\n").replace(sameLine, "")
}

// a name after a dash: one to three words with a capital and small letters, so that "stop - wait" is none
const signedName = /(?:\s[-–—~]{1,2}|[–—])\s{0,2}\p{Lu}\p{Ll}[\p{L}\p{M}'’.]{0,24}(?: \p{Lu}[\p{L}\p{M}'’.]{0,24}){0,2}\s*$/u

const oneOf = (words: ReadonlyArray<string>): string => `(?:${words.map(squeeze).join("|")})`

const plainest = new RegExp(`^${oneOf(plainestWords)}+${oneOf(courtesies)}*$`, "u")

/** A word that leaves no doubt, with thanks, a please or a name behind it. */
const isPlainest = (text: string, said: string): boolean =>
  plainest.test(said) || (signedName.test(text) && plainest.test(squeeze(unsigned(plain(text.replace(signedName, ""))))))

// Unicode's name of it is "octagonal sign", the name in CLDR "stop sign"
const stopSigns = /^[\s\p{P}\p{Default_Ignorable_Code_Point}]*(?:🛑[\s\p{P}\p{Default_Ignorable_Code_Point}]*)+$/u

// a word, a signature and what surrounds them fit into it; longer texts are not even looked at
const mostLength = 1_000

const keys = (words: ReadonlyArray<string>): ReadonlySet<string> => new Set(words.map(normalize).filter((word) => word !== ""))

/** "STOP STOP STOP" is the word, said with force. */
const repeats = (said: string, words: ReadonlySet<string>): boolean =>
  words.has(said) || Array.from(words).some((word) => said.length % word.length === 0 && said === word.repeat(said.length / word.length))

/**
 * Makes a reader of the tables' words and of more.
 *
 * An opt-out wins over the other two, and a question is taken on the safe side: "Cancel?" opts out, "Start?" does not opt in. A
 * signature below the word, such as "Sent from my iPhone", does not count. After "stop", "stop all", "unsubscribe" and "opt out"
 * a thanks, a please and a name behind a dash do not count either, and the stop sign 🛑 alone is the word. Whatever else stands in
 * the text makes a message of it: "please stop by at noon", "the end", "STOP 12345".
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (more: Words = {}): Reader => {
  const out = keys([...optOutWords, ...(more.optOut ?? [])])
  const into = keys([...optInWords, ...(more.optIn ?? [])])
  const help = keys(helpWords)
  return (text) => {
    if (text.length > mostLength) return undefined
    const words = unsigned(plain(text))
    const said = squeeze(words)
    if (said === "") return stopSigns.test(words) ? "opt-out" : undefined
    if (repeats(said, out)) return "opt-out"
    if (into.has(said)) return /[?\u061f]/u.test(words) ? undefined : "opt-in"
    return help.has(said) ? "help" : isPlainest(text, said) ? "opt-out" : undefined
  }
}

/**
 * Reads a text by the tables' words alone.
 *
 * @example
 * ```ts
 * import * as ConsentWords from "@interline/core/ConsentWords"
 *
 * ConsentWords.read("Stop!") // "opt-out"
 * ConsentWords.read("please stop by at noon") // undefined
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const read: Reader = make()
