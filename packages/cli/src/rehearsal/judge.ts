/**
 * Judges a rehearsal by what the phones got. It knows which texts were to be sent to whom, and the words of the policy. It believes no step
 * and no answer.
 */

/** A text that was to be sent. `recipients`: who has to get it. Empty: nobody may get it. */
export interface Intended {
  /** The number that is in the text, and in no other text. */
  readonly number: number
  readonly recipients: ReadonlyArray<string>
}

/** A message on a phone. `line`: the number that it came from. `despiteOptOut`: a vendor knew of an opt-out when it came. */
export interface Received {
  readonly line: string
  readonly text: string | null
  readonly group: string | null
  readonly despiteOptOut: boolean
}

/** A phone with its messages, the oldest first. */
export interface Phone {
  readonly handle: string
  readonly messages: ReadonlyArray<Received>
}

/**
 * The counts.
 *
 * - `messages`: all messages on all phones.
 * - `duplicates`: copies of a text on a phone, beside the first.
 * - `toOptedOut`: messages to somebody who had opted out before.
 * - `numberChangesUntold`: messages from another number than the one before in the same conversation, without the words of the policy.
 * - `missing`: texts that are not on the phone of a recipient.
 * - `unexpected`: messages that were to be sent to nobody, or to somebody else.
 */
export interface Counts {
  readonly messages: number
  readonly duplicates: number
  readonly toOptedOut: number
  readonly numberChangesUntold: number
  readonly missing: number
  readonly unexpected: number
}

const mark = /\(no\. (\d+)\)/

/** A text with its number, so that each text is known on a phone. */
export const numbered = (text: string, number: number): string => `${text} (no. ${number})`

/** The number in a text. Undefined if the text has none. */
export const numberOf = (text: string | null): number | undefined => {
  const digits = text === null ? undefined : mark.exec(text)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

const isTold = (text: string | null, words: string): boolean => text !== null && (text === words || text.startsWith(`${words}\n`))

const countUntold = (messages: ReadonlyArray<Received>, words: string): number => {
  const direct = messages.filter(({ group }) => group === null)
  return direct.filter(({ line, text }, place) => {
    const before = direct[place - 1]
    return before !== undefined && before.line !== line && !isTold(text, words)
  }).length
}

/** Everything that a judgement needs. `stoppedAt`: how many messages were on the phone of a person who opted out. */
export interface Evidence {
  readonly intended: ReadonlyArray<Intended>
  readonly phones: ReadonlyArray<Phone>
  readonly words: string
  readonly stoppedAt: ReadonlyMap<string, number>
}

interface Copies {
  readonly handle: string
  readonly number: number | undefined
}

/** Counts what is on the phones. */
export const count = ({ intended, phones, stoppedAt, words }: Evidence): Counts => {
  const recipients = new Map(intended.map(({ number, recipients }) => [number, new Set(recipients)]))
  const copies = phones.flatMap(({ handle, messages }): ReadonlyArray<Copies> =>
    messages.map(({ text }) => ({ handle, number: numberOf(text) }))
  )
  const isExpected = ({ handle, number }: Copies): boolean => number !== undefined && recipients.get(number)?.has(handle) === true
  const expected = copies.filter(isExpected)
  const distinct = new Set(copies.filter(({ number }) => number !== undefined).map(({ handle, number }) => `${handle} ${number}`))
  const arrived = new Set(expected.map(({ handle, number }) => `${handle} ${number}`))
  const sum = (of: (phone: Phone) => number): number => phones.reduce((total, phone) => total + of(phone), 0)
  return {
    messages: copies.length,
    duplicates: copies.filter(({ number }) => number !== undefined).length - distinct.size,
    toOptedOut: sum(({ handle, messages }) =>
      messages.filter(({ despiteOptOut }, place) => despiteOptOut || place >= (stoppedAt.get(handle) ?? Number.POSITIVE_INFINITY)).length
    ),
    numberChangesUntold: sum(({ messages }) => countUntold(messages, words)),
    missing: intended.reduce((total, { recipients }) => total + recipients.length, 0) - arrived.size,
    unexpected: copies.length - expected.length
  }
}
