/**
 * The words with which a person says, alone in a message, that texts shall stop or start again, or asks for help. One list and
 * one reading for every carrier: what opts a person out must not depend on the vendor that brings the text.
 */

/**
 * What a word asks for.
 *
 * @category models
 */
export type Meaning = "opt-out" | "opt-in" | "help"

/**
 * What opts a person out: every word that a regulator, the carriers' association, one of our vendors or a large text provider
 * lists. 47 CFR 64.1200(a)(10) has stop, quit, end, revoke, opt out, cancel and unsubscribe; CTIA's principles, Linq and Sendblue
 * have words of these only; Twilio and Telnyx add stopall; AWS requires remove, arret and td. Read 2026-11. A blank, a hyphen or
 * nothing between two words is the same word: see `normalize`.
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
 * Those of the opt-out's words that hardly ever begin a message about something else, as `cancel` or `end` do. Only beside them
 * and the phrases may a thanks, a please or a name stand: 47 CFR 64.1200(a)(10) counts whatever a reasonable person reads as the wish to stop.
 */
const plainestWords = ["stop", "stop all", "unsubscribe", "opt out"] as const satisfies ReadonlyArray<(typeof optOutWords)[number]>

const courtesies = ["please", "pls", "plz", "thanks", "thank you", "thank u", "thx"] as const

/**
 * Whole messages that say the same as a word of `optOutWords`, and nothing else. 47 CFR 64.1200(a)(10), in force since 2025-04, lets a
 * person stop by any reasonable means, and counts what a reasonable person reads as that wish. START undoes a false stop; a missed one
 * breaks the law. A phrase with more beside it, as "stop texting me at night", is a message.
 *
 * @category models
 */
export const optOutPhrases = [
  // a word of the list, and whom or what it is about
  ...["unsubscribe me", "unsub", "unsub me", "opt me out", "remove me", "remove my number"],
  ...["stop text", "stop texts", "stop sms", "stop message", "stop messages", "stop all texts", "stop all sms", "stop all messages"],
  ...["stop texting", "stop texting me", "stop messaging", "stop messaging me", "stop contacting me"],
  ...["stop sending texts", "stop sending messages", "stop sending me texts", "stop sending me messages"],
  // a word of the list, at once
  ...["stop now", "unsubscribe now", "opt out now"],
  // the regulation speaks of the revocation of consent
  ...["revoke consent", "revoke my consent", "i revoke consent", "i revoke my consent"],
  // the sender's own instruction, copied: "Reply STOP to end" (CTIA's messaging principles, read 2026-11)
  ...["reply stop", "text stop", "stop to end", "stop to quit", "stop to cancel", "stop to unsubscribe", "stop to opt out", "stop 2 end"],
  ...["reply stop to end", "reply stop to cancel", "reply stop to unsubscribe", "reply stop to opt out"],
  // no word of the list, and no other meaning to someone who is sent texts. A list that is named, as a guest list, is another matter
  ...["no more texts", "no more messages", "do not text me", "don't text me", "do not contact me", "don't contact me"],
  ...["remove me from your list", "remove me from this list", "take me off your list", "take me off this list"]
] as const

/**
 * What opts a person in again: Linq's, Sendblue's, Twilio's, Telnyx' and AWS' words, read 2026-11. Twilio's `yes` is left out on
 * purpose: it is the answer to any question, and must not end an opt-out by accident. An operator may add it.
 *
 * @category models
 */
export const optInWords = ["start", "unstop", "opt in"] as const

/**
 * What asks who writes here and how to stop it: CTIA's, Twilio's, Telnyx' and AWS' words, read 2026-11.
 *
 * @category models
 */
export const helpWords = ["help", "info"] as const

/**
 * Words beside those of the tables. A word may be several, as `leave me alone`.
 *
 * @category models
 */
export interface Words {
  readonly optOut?: ReadonlyArray<string>
  readonly optIn?: ReadonlyArray<string>
}

/**
 * What a text asks for, if it is one of the words and nothing else; `undefined` for any other text.
 *
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
 * @category combinators
 */
export const normalize = (text: string): string => squeeze(plain(text))

const lineBreak = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/

// what mail programs put above the mail that is answered, without accents: "On Mon, … Ann wrote:", "Am … schrieb Ann:"
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

// a program that breaks long lines may break the header once
const isQuote = (lines: ReadonlyArray<string>, position: number): boolean => {
  const [line = "", next = ""] = lines.slice(position, position + 2)
  return /^\s*>/.test(line) || quoteHeader.test(line) || quoteHeader.test(`${line} ${next}`)
}

// the lines that mail and phone programs put below a text, without accents; `--` alone in a line begins a signature (RFC 3676)
const signature =
  /^\s*(?:--\s*$|sent (?:from|via|with|using)\b|get outlook\b|envoye (?:de|depuis|a partir)\b|enviado (?:desde|de|do|con|via)\b|inviato (?:da|dal)\b|von meinem .{1,40} gesendet|gesendet (?:von|mit)\b|verzonden (?:vanaf|met|via)\b|verstuurd vanaf\b|.{1,20}から送信)/

// some programs put it into the same line
const sameLine = /\s[-–—|]*\s*sent from my \p{L}+(?: \p{L}+)?\.?\s*$/u

interface Own {
  readonly words: string
  /** How many lines are the person's; undefined where nothing stands below them. */
  readonly lines: number | undefined
}

/** The lines before a signature or a quoted mail, which say nothing for the person. */
const own = (text: string): Own => {
  const lines = text.split(lineBreak)
  const first = lines.findIndex((line) => squeeze(line) !== "")
  const end = lines.findIndex((line, position) => position > first && (signature.test(line) || isQuote(lines, position)))
  return { words: (end < 0 ? lines : lines.slice(0, end)).join("\n").replace(sameLine, ""), lines: end < 0 ? undefined : end }
}

// a name after a dash: one to three words with a capital and small letters, so that "stop - wait" is none
const signedName = /(?:\s[-–—~]{1,2}|[–—])\s{0,2}\p{Lu}\p{Ll}[\p{L}\p{M}'’.]{0,24}(?: \p{Lu}[\p{L}\p{M}'’.]{0,24}){0,2}\s*$/u

const oneOf = (words: ReadonlyArray<string>): string => `(?:${words.map(squeeze).join("|")})`

// "Stop/Cancel" and "STOP STOP" are the word; "endstop" is a word of its own
const plainest = new RegExp(
  `^${oneOf(courtesies)}*(?:${oneOf(plainestWords)}+${oneOf(optOutWords)}*|${oneOf(optOutPhrases)})${oneOf(courtesies)}*$`,
  "u"
)

/** A word or a phrase that leaves no doubt, with thanks, a please or a name beside it. */
const isPlainest = (text: string, said: string): boolean =>
  plainest.test(said) || (signedName.test(text) && plainest.test(squeeze(own(plain(text.replace(signedName, ""))).words)))

// letters that look like one of ours: Unicode's confusables.txt (UTS #39), and capitals of the same drawing. The capital Ν is an n, the
// small ν a v, so they are read before their case is lost. No word of Russian, Ukrainian, Bulgarian, Serbian or Greek becomes a word of ours
const lookAlikes: Readonly<Record<string, string>> = {
  ...{ А: "a", В: "b", Е: "e", Ѕ: "s", І: "i", Ј: "j", К: "k", М: "m", Н: "h", О: "o", Р: "p", С: "c", Т: "t", Х: "x", У: "y", Ѵ: "v" },
  ...{ а: "a", е: "e", ѕ: "s", і: "i", ј: "j", к: "k", м: "m", о: "o", р: "p", с: "c", т: "t", х: "x", у: "y", ѵ: "v", һ: "h", ӏ: "l" },
  ...{ Ӏ: "l", Ԁ: "d", ԁ: "d", Ԛ: "q", ԛ: "q", Ԝ: "w", ԝ: "w" },
  ...{ Α: "a", Β: "b", Ε: "e", Ζ: "z", Η: "h", Ι: "i", Κ: "k", Μ: "m", Ν: "n", Ο: "o", Ρ: "p", Τ: "t", Υ: "y", Χ: "x", Ϲ: "c" },
  ...{ α: "a", ε: "e", ι: "i", κ: "k", ν: "v", ο: "o", ρ: "p", τ: "t", υ: "u", χ: "x", ϲ: "c", ϳ: "j" }
}

const lookAlike = new RegExp(`[${Object.keys(lookAlikes).join("")}]`, "gu")

/** The text as an eye reads it, if a letter in it only looks like one of ours. */
const seen = (text: string): string | undefined => {
  const letters = text.normalize("NFKD")
  const read = letters.replace(lookAlike, (letter) => lookAlikes[letter] ?? letter)
  return read === letters ? undefined : read
}

// Unicode's name of it is "octagonal sign", the name in CLDR "stop sign"
const stopSigns = /^[\s\p{P}\p{Default_Ignorable_Code_Point}]*(?:🛑[\s\p{P}\p{Default_Ignorable_Code_Point}]*)+$/u

// a word, a signature and what surrounds them fit into it; of longer texts only what stands above a quoted mail is looked at
const mostLength = 1_000

const keys = (words: ReadonlyArray<string>): ReadonlySet<string> => new Set(words.map(normalize).filter((word) => word !== ""))

/** "STOP STOP STOP" is the word, said with force. */
const repeats = (said: string, words: ReadonlySet<string>): boolean =>
  words.has(said) || Array.from(words).some((word) => said.length % word.length === 0 && said === word.repeat(said.length / word.length))

/**
 * Makes a reader of the tables' words and of more.
 *
 * An opt-out wins over the other two, and a question is taken on the safe side: "Cancel?" opts out, "Start?" does not opt in. A
 * signature or a quoted mail below the word, such as "Sent from my iPhone", does not count. Beside "stop", "stop all", "unsubscribe",
 * "opt out" and the phrases of `optOutPhrases` a thanks, a please and a name behind a dash do not count either, and the stop sign 🛑 alone
 * is the word. Cyrillic and Greek letters are read as what they look like where that makes an opt-out word. Whatever else stands
 * in the text makes a message of it: "please stop by at noon", "the end", "STOP 12345".
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
 * @category constructors
 */
export const read: Reader = make()
