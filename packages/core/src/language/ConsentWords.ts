/**
 * Reads the words that opt a person out, opt a person in, or ask for help. The word must be the whole message. All carriers use the
 * same words and the same rules, because an opt-out must not depend on the vendor that delivers the text.
 */

/**
 * What a word asks for.
 *
 * @category models
 */
export type Meaning = "opt-out" | "opt-in" | "help"

/**
 * The words that opt a person out: all words that a regulator, the carriers' association (CTIA), one of our vendors or a large text
 * provider lists. 47 CFR 64.1200(a)(10) lists stop, quit, end, revoke, opt out, cancel and unsubscribe. CTIA's principles, Linq and
 * Sendblue list some of these words and no others. Twilio and Telnyx add stopall. AWS requires remove, arret and td. Read 2026-11.
 *
 * Two words may be written with a blank, with a hyphen or as one word: see `normalize`.
 *
 * @category models
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
 * The opt-out words that may stand together with a thanks, a please or a name. Messages about something else hardly ever begin with
 * these words. Such messages do begin with `cancel` or `end`, so these are not here. The phrases of `optOutPhrases` may also stand
 * together with a thanks, a please or a name. The reason: 47 CFR 64.1200(a)(10) counts every text that a reasonable person reads as the
 * wish to stop.
 */
const plainestWords = ["stop", "stop all", "unsubscribe", "opt out"] as const satisfies ReadonlyArray<(typeof optOutWords)[number]>

const courtesies = ["please", "pls", "plz", "thanks", "thank you", "thank u", "thx"] as const

/**
 * Phrases that opt a person out if the phrase is the whole message. 47 CFR 64.1200(a)(10), in force since 2025-04, lets a person stop
 * by any reasonable means. It counts every text that a reasonable person reads as this wish. A missed opt-out breaks the law. A false
 * opt-out does less harm, because the person can write START. A phrase with further words, as "stop texting me at night", is no opt-out.
 *
 * @category models
 */
export const optOutPhrases = [
  // a word of the list, with the person or the texts that it is about
  ...["unsubscribe me", "unsub", "unsub me", "opt me out", "remove me", "remove my number"],
  ...["stop text", "stop texts", "stop sms", "stop message", "stop messages", "stop all texts", "stop all sms", "stop all messages"],
  ...["stop texting", "stop texting me", "stop messaging", "stop messaging me", "stop contacting me"],
  ...["stop sending texts", "stop sending messages", "stop sending me texts", "stop sending me messages"],
  // a word of the list, with "now"
  ...["stop now", "unsubscribe now", "opt out now"],
  // the regulation speaks of the revocation of consent
  ...["revoke consent", "revoke my consent", "i revoke consent", "i revoke my consent"],
  // the person copies the sender's instruction: "Reply STOP to end" (CTIA's messaging principles, read 2026-11)
  ...["reply stop", "text stop", "stop to end", "stop to quit", "stop to cancel", "stop to unsubscribe", "stop to opt out", "stop 2 end"],
  ...["reply stop to end", "reply stop to cancel", "reply stop to unsubscribe", "reply stop to opt out"],
  // no word of the list, but the phrase can only mean an opt-out. "the guest list" is another list, so it is not here
  ...["no more texts", "no more messages", "do not text me", "don't text me", "do not contact me", "don't contact me"],
  ...["remove me from your list", "remove me from this list", "take me off your list", "take me off this list"]
] as const

/**
 * The words that opt a person in again. Sources: Linq, Sendblue, Twilio, Telnyx and AWS, read 2026-11. Twilio also has `yes`. It is not
 * here, because a person may write it as an answer to any question, and this must not end an opt-out. An operator may add it.
 *
 * @category models
 */
export const optInWords = ["start", "unstop", "opt in"] as const

/**
 * The words with which a person asks who the sender is and how to stop the texts. Sources: CTIA, Twilio, Telnyx and AWS, read 2026-11.
 *
 * @category models
 */
export const helpWords = ["help", "info"] as const

/**
 * Words that an application adds to the tables. An entry may have several words, as `leave me alone`.
 *
 * @category models
 */
export interface Words {
  readonly optOut?: ReadonlyArray<string>
  readonly optIn?: ReadonlyArray<string>
}

/**
 * Gives the meaning of a text that is one of the words and nothing else. `undefined` for any other text.
 *
 * @category models
 */
export type Reader = (text: string) => Meaning | undefined

const accents = /[\u0300-\u036f\u20d0-\u20ff\p{Me}]/gu

// characters that are no letter and no digit. Marks (\p{M}) are kept: in Hindi, for example, a mark makes another letter
const trifles = /[^\p{L}\p{N}\p{M}]|\p{Default_Ignorable_Code_Point}/gu

// small capitals. Unicode counts them as separate letters, so NFKD does not change them into plain letters
const smallCapitals: Readonly<Record<string, string>> = {
  ...{ ᴀ: "a", ʙ: "b", ᴄ: "c", ᴅ: "d", ᴇ: "e", ꜰ: "f", ɢ: "g", ʜ: "h", ɪ: "i", ᴊ: "j", ᴋ: "k", ʟ: "l", ᴍ: "m" },
  ...{ ɴ: "n", ᴏ: "o", ᴘ: "p", ꞯ: "q", ʀ: "r", ꜱ: "s", ᴛ: "t", ᴜ: "u", ᴠ: "v", ᴡ: "w", ʏ: "y", ᴢ: "z" }
}

// small capitals, and white letters in a black circle or square. A letter before U+FE0F is an emoji and is not matched. Regional
// indicators are not here either, because two of them are a flag: 🇹🇩 is Chad, not "td"
const styled = new RegExp(`[${Object.keys(smallCapitals).join("")}]|[\\u{1f150}-\\u{1f169}\\u{1f170}-\\u{1f189}](?!\\ufe0f)`, "gu")

const unstyled = (letter: string): string => {
  const code = letter.codePointAt(0)
  return smallCapitals[letter] ?? (code === undefined ? letter : String.fromCharCode(97 + (code - 0x1f150) % 32))
}

const plain = (text: string): string => text.normalize("NFKD").replace(styled, unstyled).toLowerCase().replace(accents, "")

const squeeze = (text: string): string => text.replace(trifles, "")

/**
 * Reduces a text to its letters and digits in lower case. It removes accents, width and letter styles, punctuation, blanks, emoji and
 * invisible characters. Digits are kept, so "STOP 12345" differs from "STOP".
 *
 * @category combinators
 */
export const normalize = (text: string): string => squeeze(plain(text))

const lineBreak = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/

// the first and the second word of the header that mail programs write above a quoted mail, without accents: "On Mon, … Ann wrote:",
// "Am … schrieb Ann:"
const quoteHeaders = [
  ["on", "wrote"],
  ["le", "a ecrit"],
  ["el", "escribio"],
  ["em", "escreveu"],
  ["il", "ha scritto"],
  ["am", "schrieb"],
  ["op", "schreef"]
] as const

const quoteHeader = new RegExp(
  `^\\s*(?:${quoteHeaders.map(([first, verb]) => `${first}\\b.{1,300}\\b${verb}\\b.{0,120}`).join("|")}):\\s*$` +
    "|^\\s*-{2,}\\s*(?:original message|ursprungliche nachricht|message d'origine|mensaje original)\\s*-{2,}"
)

// a mail program may break a long header into two lines, so the next line is read too
const isQuote = (lines: ReadonlyArray<string>, position: number): boolean => {
  const [line = "", next = ""] = lines.slice(position, position + 2)
  return /^\s*>/.test(line) || quoteHeader.test(line) || quoteHeader.test(`${line} ${next}`)
}

// the lines that mail and phone programs write below a text, without accents. `--` alone in a line begins a signature (RFC 3676)
const signature =
  /^\s*(?:--\s*$|sent (?:from|via|with|using)\b|get outlook\b|envoye (?:de|depuis|a partir)\b|enviado (?:desde|de|do|con|via)\b|inviato (?:da|dal)\b|von meinem .{1,40} gesendet|gesendet (?:von|mit)\b|verzonden (?:vanaf|met|via)\b|verstuurd vanaf\b|.{1,20}から送信)/

// some programs write the signature into the same line as the text
const sameLine = /\s[-–—|]*\s*sent from my \p{L}+(?: \p{L}+)?\.?\s*$/u

interface Own {
  readonly words: string
  /** The number of lines that the person wrote; undefined if no signature and no quoted mail follows. */
  readonly lines: number | undefined
}

/** The person's own lines: the text without a signature or a quoted mail below it. */
const own = (text: string): Own => {
  const lines = text.split(lineBreak)
  const first = lines.findIndex((line) => squeeze(line) !== "")
  const end = lines.findIndex((line, position) => position > first && (signature.test(line) || isQuote(lines, position)))
  return { words: (end < 0 ? lines : lines.slice(0, end)).join("\n").replace(sameLine, ""), lines: end < 0 ? undefined : end }
}

// a name after a dash: one to three words that begin with a capital letter. "stop - wait" has no name
const signedName = /(?:\s[-–—~]{1,2}|[–—])\s{0,2}\p{Lu}\p{Ll}[\p{L}\p{M}'’.]{0,24}(?: \p{Lu}[\p{L}\p{M}'’.]{0,24}){0,2}\s*$/u

const oneOf = (words: ReadonlyArray<string>): string => `(?:${words.map(squeeze).join("|")})`

// "Stop/Cancel" and "STOP STOP" opt out. "endstop" is another word and does not
const plainest = new RegExp(
  `^${oneOf(courtesies)}*(?:${oneOf(plainestWords)}+${oneOf(optOutWords)}*|${oneOf(optOutPhrases)})${oneOf(courtesies)}*$`,
  "u"
)

/** Whether a text is a word of `plainestWords` or a phrase, also together with a thanks, a please or a name. */
const isPlainest = (text: string, said: string): boolean =>
  plainest.test(said) || (signedName.test(text) && plainest.test(squeeze(own(plain(text.replace(signedName, ""))).words)))

// Cyrillic and Greek letters that look like a Latin letter. Sources: Unicode's confusables.txt (UTS #39), and capitals of the same shape.
// Replace them before the text becomes lower case, because the capital Ν looks like an n, but the small ν looks like a v. No word
// of Russian, Ukrainian, Bulgarian, Serbian or Greek becomes a word of the tables.
const lookAlikes: Readonly<Record<string, string>> = {
  ...{ А: "a", В: "b", Е: "e", Ѕ: "s", І: "i", Ј: "j", К: "k", М: "m", Н: "h", О: "o", Р: "p", С: "c", Т: "t", Х: "x", У: "y", Ѵ: "v" },
  ...{ а: "a", е: "e", ѕ: "s", і: "i", ј: "j", к: "k", м: "m", о: "o", р: "p", с: "c", т: "t", х: "x", у: "y", ѵ: "v", һ: "h", ӏ: "l" },
  ...{ Ӏ: "l", Ԁ: "d", ԁ: "d", Ԛ: "q", ԛ: "q", Ԝ: "w", ԝ: "w" },
  ...{ Α: "a", Β: "b", Ε: "e", Ζ: "z", Η: "h", Ι: "i", Κ: "k", Μ: "m", Ν: "n", Ο: "o", Ρ: "p", Τ: "t", Υ: "y", Χ: "x", Ϲ: "c" },
  ...{ α: "a", ε: "e", ι: "i", κ: "k", ν: "v", ο: "o", ρ: "p", τ: "t", υ: "u", χ: "x", ϲ: "c", ϳ: "j" }
}

const lookAlike = new RegExp(`[${Object.keys(lookAlikes).join("")}]`, "gu")

/** The text with look-alikes replaced by Latin letters; undefined if it holds none. */
const seen = (text: string): string | undefined => {
  const letters = text.normalize("NFKD")
  const read = letters.replace(lookAlike, (letter) => lookAlikes[letter] ?? letter)
  return read === letters ? undefined : read
}

// the name of 🛑 is "octagonal sign" in Unicode and "stop sign" in CLDR
const stopSigns = /^[\s\p{P}\p{Default_Ignorable_Code_Point}]*(?:🛑[\s\p{P}\p{Default_Ignorable_Code_Point}]*)+$/u

// UTF-16 units. A word and a signature fit into this length. A longer text is read only if a signature or a quoted mail begins within it
const mostLength = 1_000

const keys = (words: ReadonlyArray<string>): ReadonlySet<string> => new Set(words.map(normalize).filter((word) => word !== ""))

/** Whether a text is one of the words, once or several times: "STOP STOP STOP" is read as "STOP". */
const repeats = (said: string, words: ReadonlySet<string>): boolean =>
  words.has(said) || Array.from(words).some((word) => said.length % word.length === 0 && said === word.repeat(said.length / word.length))

/**
 * Makes a reader of the tables' words and of further words.
 *
 * - If a word is in several tables, it opts out.
 * - A question is read in the safe way: "Cancel?" opts out, "Start?" does not opt in.
 * - A signature or a quoted mail below the word is ignored, for example "Sent from my iPhone".
 * - A thanks, a please or a name after a dash is ignored if it stands together with "stop", "stop all", "unsubscribe", "opt out" or a
 *   phrase of `optOutPhrases`.
 * - The stop sign 🛑 alone opts out.
 * - A Cyrillic or Greek letter is read as the Latin letter that it looks like, if the text then is an opt-out word.
 *
 * A text with anything else in it is a normal message: "please stop by at noon", "the end", "STOP 12345".
 *
 * @category constructors
 */
export const make = (more: Words = {}): Reader => {
  const out = keys([...optOutWords, ...(more.optOut ?? [])])
  const into = keys([...optInWords, ...(more.optIn ?? [])])
  const help = keys(helpWords)
  return (text) => {
    const head = text.slice(0, mostLength)
    const { lines, words } = own(plain(head))
    if (text.length > mostLength && lines === undefined) return undefined
    const said = squeeze(words)
    if (said === "") return stopSigns.test(words) ? "opt-out" : undefined
    if (repeats(said, out)) return "opt-out"
    if (into.has(said)) return /[?\u061f]/u.test(words) ? undefined : "opt-in"
    if (help.has(said)) return "help"
    if (isPlainest(lines === undefined ? head : head.split(lineBreak).slice(0, lines).join("\n"), said)) return "opt-out"
    const looks = seen(head)
    return looks !== undefined && repeats(squeeze(own(plain(looks)).words), out) ? "opt-out" : undefined
  }
}

/**
 * Reads a text by the words of the tables, without further words.
 *
 * @example
 * ```ts
 * import * as ConsentWords from "@interline/core/ConsentWords"
 *
 * ConsentWords.read("Stop!") // "opt-out"
 * ConsentWords.read("please stop by at noon") // undefined
 * ```
 *
 * @category constructors
 */
export const read: Reader = make()
