/** Counts what an import of a vendor's account read and wrote, and shows it to people. */
import type { Unreadable } from "@interline/core/AccountLists"
import * as Schema from "effect/Schema"

/**
 * How many records were read, and how many of them were new here. A record may be read twice after an import was cut off.
 *
 * @category models
 */
export const Count = Schema.Struct({ read: Schema.Number, new: Schema.Number })

/** @category models */
export interface Count extends Schema.Schema.Type<typeof Count> {}

/**
 * What an import counted so far.
 *
 * - `optOuts`: people on the vendor's list of opt-outs.
 * - `messages`: ids of messages.
 * - `chats`: chats that the vendor names.
 * - `conversations`: places of conversations. `new`: they had no place here. `elsewhere`: they have another carrier or line here, and keep it.
 * - `contacts`: people with whom a line was in touch.
 * - `otherNumbers`: messages by our number, if the number is no line here. Only the last four digits are kept.
 * - `unreadable`: records that could not be used. `shown` are the first of them.
 *
 * @category models
 */
export const Tally = Schema.Struct({
  optOuts: Count,
  messages: Count,
  chats: Count,
  conversations: Schema.Struct({ new: Schema.Number, elsewhere: Schema.Number }),
  contacts: Schema.Struct({ new: Schema.Number }),
  otherNumbers: Schema.Record({ key: Schema.String, value: Schema.Number }),
  unreadable: Schema.Struct({
    count: Schema.Number,
    shown: Schema.Array(Schema.Struct({ what: Schema.String, why: Schema.String }))
  })
})

/** @category models */
export interface Tally extends Schema.Schema.Type<typeof Tally> {}

/**
 * The result of an import. `applied`: it was written; otherwise it is what would be written. `resumed`: an earlier import was cut off, and this
 * one went on where that one was. Then the counts are of both.
 *
 * @category models
 */
export const ImportReport = Schema.Struct({
  from: Schema.String,
  applied: Schema.Boolean,
  resumed: Schema.Boolean,
  ...Tally.fields
})

/** @category models */
export interface ImportReport extends Schema.Schema.Type<typeof ImportReport> {}

const none: Count = { read: 0, new: 0 }

/**
 * The tally before anything was read.
 *
 * @category constants
 */
export const empty: Tally = {
  optOuts: none,
  messages: none,
  chats: none,
  conversations: { new: 0, elsewhere: 0 },
  contacts: { new: 0 },
  otherNumbers: {},
  unreadable: { count: 0, shown: [] }
}

const shownAtMost = 100

const addCounts = (left: Count, right: Count): Count => ({ read: left.read + right.read, new: left.new + right.new })

/**
 * Adds two tallies.
 *
 * @category combinators
 */
export const add = (left: Tally, right: Tally): Tally => {
  const numbers = { ...left.otherNumbers }
  for (const [number, count] of Object.entries(right.otherNumbers)) numbers[number] = (numbers[number] ?? 0) + count
  return {
    optOuts: addCounts(left.optOuts, right.optOuts),
    messages: addCounts(left.messages, right.messages),
    chats: addCounts(left.chats, right.chats),
    conversations: {
      new: left.conversations.new + right.conversations.new,
      elsewhere: left.conversations.elsewhere + right.conversations.elsewhere
    },
    contacts: { new: left.contacts.new + right.contacts.new },
    otherNumbers: numbers,
    unreadable: {
      count: left.unreadable.count + right.unreadable.count,
      shown: [...left.unreadable.shown, ...right.unreadable.shown].slice(0, shownAtMost)
    }
  }
}

/**
 * A tally of records that could not be used.
 *
 * @category constructors
 */
export const ofUnreadable = (found: ReadonlyArray<Unreadable>): Tally => ({
  ...empty,
  unreadable: { count: found.length, shown: found.slice(0, shownAtMost) }
})

/**
 * One of our numbers as a report shows it: its last four digits.
 *
 * @category combinators
 */
export const mask = (number: string): string => `…${number.slice(-4)}`

const many = (count: number, one: string, more = `${one}s`): string => `${count} ${count === 1 ? one : more}`

const newOf = ({ new: fresh, read }: Count): string => `${fresh} new of ${read} read`

/**
 * The report as a page for people.
 *
 * @category combinators
 */
export const render = (report: ImportReport): string => {
  const { applied, chats, contacts, conversations, from, messages, optOuts, otherNumbers, resumed, unreadable } = report
  const numbers = Object.entries(otherNumbers)
  return [
    applied
      ? `Imported from ${from}${resumed ? ". An earlier import was cut off, and this one went on from there; the counts are of both" : ""}:`
      : `Nothing was written. With --apply, this would be imported from ${from}:`,
    "",
    `  opt-outs       ${newOf(optOuts)}`,
    `  message ids    ${newOf(messages)}`,
    `  chats          ${newOf(chats)}`,
    `  conversations  ${conversations.new} new, each at the number that the person knows`,
    `  contacts       ${many(contacts.new, "new person", "new people")} with whom a line was in touch`,
    ...(conversations.elsewhere === 0
      ? []
      : ["", `${many(conversations.elsewhere, "conversation")} already at another carrier or line, and left there.`]),
    ...(numbers.length === 0
      ? []
      : [
        "",
        "Messages at numbers of ours that are no lines here. Their ids are known, but not their conversations. To take those over, add the",
        "numbers to INTERLINE_LINES and import again:",
        ...numbers.map(([number, count]) => `  ${number}  ${many(count, "message")}`)
      ]),
    ...(unreadable.count === 0
      ? []
      : [
        "",
        `${many(unreadable.count, "record")} could not be read:`,
        ...unreadable.shown.map(({ what, why }) => `  ${what}: ${why}`),
        ...(unreadable.count > unreadable.shown.length ? [`  and ${unreadable.count - unreadable.shown.length} more`] : [])
      ])
  ].join("\n")
}

/**
 * The state of an import in one line, for its progress.
 *
 * @category combinators
 */
export const renderProgress = (list: string, { chats, conversations, messages, optOuts, unreadable }: Tally): string =>
  `reading ${list}: ${many(optOuts.read, "opt-out")}, ${many(messages.read, "message")}, ${many(chats.read, "chat")}, ` +
  `${many(conversations.new, "new conversation")}${unreadable.count === 0 ? "" : `, ${unreadable.count} could not be read`}`
