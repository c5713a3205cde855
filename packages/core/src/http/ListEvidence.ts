/**
 * Decides what a vendor's list of messages proves about one request. The adapters read the list and pass it on. The rules are the
 * same for all vendors and are in this file only.
 *
 * The request was taken if the list holds a message with exactly the same content that was made after the request left. The request
 * was not taken if two things hold: the list is complete by its own numbers, and it holds no other outbound message to the same
 * people in the window. In every other case the list proves nothing.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { MessagingError } from "../outcome/MessagingError.ts"
import type { Receipt } from "../outcome/Outcome.ts"
import type { Call, Reply, Transport } from "./Transport.ts"

// --- the vendor's clock ---

/**
 * How many milliseconds the vendor's clock is ahead of ours: at least `least`, at most `most`.
 *
 * @category models
 */
export interface Skew {
  readonly least: number
  readonly most: number
}

// RFC 9110, 5.6.7: a sender may use this form only
const httpDate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/**
 * The skew by the `Date` header of an answer. The vendor wrote the header between `sentAt` and `receivedAt` (epoch milliseconds, by
 * our clock). The header has whole seconds, so the result is a range. None if the header is absent or cannot be read.
 *
 * @category constructors
 */
export const skewOf = (date: string | undefined, sentAt: number, receivedAt: number): Option.Option<Skew> => {
  const time = date !== undefined && httpDate.test(date) ? Date.parse(date) : Number.NaN
  return Number.isNaN(time) || receivedAt < sentAt ? Option.none() : Option.some({ least: time - receivedAt, most: time + 1000 - sentAt })
}

// Milliseconds. With a larger error, a message that another program sent shortly before could be taken for ours.
const tooVague = 5_000

/**
 * Combines several measurements into one. None in three cases: a measurement is missing; two measurements contradict each other,
 * because a clock was set between them; or the result is wider than 5 seconds, because every answer was slow.
 *
 * @category combinators
 */
export const together = (skews: ReadonlyArray<Option.Option<Skew>>): Option.Option<Skew> =>
  skews.length === 0
    ? Option.none()
    : Option.filter(
      Option.map(Option.all(skews), (all) => ({
        least: Math.max(...all.map(({ least }) => least)),
        most: Math.min(...all.map(({ most }) => most))
      })),
      ({ least, most }) => least <= most && most - least <= tooVague
    )

/**
 * An answer, and the skew that its `Date` header gives.
 *
 * @category models
 */
export interface Timed {
  readonly reply: Reply
  readonly skew: Option.Option<Skew>
}

/**
 * Makes a request and measures the vendor's clock by its answer.
 *
 * @category constructors
 */
export const timed = (transport: Transport) => (call: Call): Effect.Effect<Timed, MessagingError> =>
  Effect.flatMap(
    Clock.currentTimeMillis,
    (sentAt) =>
      Effect.flatMap(transport(call), (reply) =>
        Effect.map(Clock.currentTimeMillis, (receivedAt) => ({ reply, skew: skewOf(reply.headers["date"], sentAt, receivedAt) })))
  )

const isoDate = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})$/i

/**
 * A vendor's date in epoch milliseconds. Undefined if the date cannot be read or has no time zone. Without a zone the date could mean
 * any moment within 26 hours.
 *
 * @category getters
 */
export const timeOf = (date: string | undefined): number | undefined => {
  if (date === undefined || !isoDate.test(date)) return undefined
  const time = Date.parse(date)
  return Number.isNaN(time) ? undefined : time
}

/**
 * Whether a vendor's spelling of a phone number or an e-mail address names this handle. `unclear` if the spelling cannot be read, or
 * if it may be the number of this handle without its country code.
 *
 * @category refinements
 */
export const names = (spelling: string | undefined, handle: string): "same" | "other" | "unclear" => {
  const said = spelling?.trim().normalize("NFKC").toLowerCase() ?? ""
  if (said.includes("@") || handle.includes("@")) return said === "" ? "unclear" : said === handle.toLowerCase() ? "same" : "other"
  const digits = said.replace(/\D/g, "")
  const wanted = handle.replace(/\D/g, "")
  if (digits === wanted) return "same"
  return digits.length < 7 || wanted.endsWith(digits.replace(/^0+/, "")) || digits.endsWith(wanted) ? "unclear" : "other"
}

// --- whether a list is complete ---

/**
 * What one page says about itself and about the list.
 *
 * - `rows`: how many rows the page really holds.
 * - `fault`: why the page is not the page that the vendor documents, for example because it holds an error beside its rows.
 * - `end`: whether the page says that it is the last page.
 * - `total`: how many rows the whole list has, as the page says.
 * - `asked`: the offset and the limit of our request. `said`: the offset and the limit that the page gives. Only for lists that count.
 *
 * @category models
 */
export interface Page {
  readonly status: number
  readonly rows: number
  readonly fault: string | undefined
  readonly end: boolean | undefined
  readonly total?: number | undefined
  readonly asked?: { readonly offset: number; readonly limit: number }
  readonly said?: { readonly offset?: number | undefined; readonly limit?: number | undefined }
}

/**
 * Says why `body` is not the documented object; undefined if it is. `body` may not hold a key with a value that the vendor does not
 * document. Such a key may be an error, or a new way to say that the list is not complete.
 *
 * @category getters
 */
export const undocumented = (body: unknown, documented: ReadonlyArray<string>): string | undefined => {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return "it is not the documented object"
  const unknown = Object.entries(body).some(([key, value]) => value !== null && value !== undefined && !documented.includes(key))
  return unknown ? "it holds what is not documented" : undefined
}

const isCount = (value: number | undefined): boolean => value !== undefined && Number.isInteger(value) && value >= 0

const faultOf = (page: Page, isLast: boolean): string | undefined => {
  const { asked, end, fault, rows, said, status } = page
  if (status !== 200) return `its status is ${status}`
  if (fault !== undefined) return fault
  if (end === isLast) return misplaced(asked, said, rows)
  if (end === undefined && (page.total !== undefined || !isLast)) return misplaced(asked, said, rows)
  return isLast ? "it does not end" : "it goes on after its end"
}

const misplaced = (asked: Page["asked"], said: Page["said"], rows: number): string | undefined => {
  if (asked === undefined || said === undefined) return undefined
  if (rows > asked.limit) return "a page has more rows than were asked for"
  if (said.offset !== undefined && said.offset !== asked.offset) return "a page begins elsewhere than was asked"
  return said.limit !== undefined && (said.limit > asked.limit || rows > said.limit) ? "a page is not as long as it says" : undefined
}

/**
 * Says why a list that was read page by page is not complete by its own numbers; undefined if it is complete. `rows` is the number of
 * different rows that were read. Pages may overlap while messages come in, so each row counts once. If `counts` is true, the list
 * must give its total.
 *
 * @category getters
 */
export const gapOf = (pages: ReadonlyArray<Page>, rows: number, counts: boolean): string | undefined => {
  const [first] = pages
  if (first === undefined) return "it was not read"
  const faults = pages.flatMap((page, index) => faultOf(page, index === pages.length - 1) ?? [])
  if (faults[0] !== undefined) return faults[0]
  if (!counts) return undefined
  if (!isCount(first.total)) return "it does not say how many rows it has"
  if (pages.some(({ total }) => total !== first.total)) return "its pages give different totals"
  return rows === first.total ? undefined : `it says that it has ${first.total} rows, and ${rows} were read`
}

// --- what the rows of a list show ---

// Milliseconds. A slow send (13 s were seen) may become a message after we stopped waiting for its answer.
const patience = 600_000

// Milliseconds. Our own clock may have been set back since the request left. This value is used where no skew was measured.
const grace = 60_000

// Milliseconds. A proxy of the vendor may write the `Date` header. Another machine dates the messages, and its clock may be behind.
const behind = 600_000

/**
 * The window for a request that left at `startedAt`. If the request became a message, then between `from` and `until`, by the vendor's
 * clock. The window begins ten minutes early, because the `Date` header and the dates of messages may come from different machines.
 * It ends ten minutes late, for slow sends. The skew never makes the window smaller, because our own clock may have been set.
 * Without a measured skew, the window is one minute longer at both ends.
 *
 * @category constructors
 */
export const windowOf = (startedAt: number, skew: Option.Option<Skew>): { readonly from: number; readonly until: number } => {
  const { least, most } = Option.getOrElse(skew, () => ({ least: -grace, most: grace }))
  return { from: startedAt + Math.min(least, 0) - behind, until: startedAt + patience + Math.max(most, 0) }
}

/**
 * An outbound message that went to the same people from the same line, or that may have done so. `isEqual`: the content is exactly the
 * content that was sent. `at`: when the message was made, by the vendor's clock. `receipt` is undefined if the row gives no id.
 *
 * @category models
 */
export interface Row {
  readonly receipt: Receipt | undefined
  readonly at: number | undefined
  readonly isEqual: boolean
}

/**
 * What a list shows about a request.
 *
 * - `matches`: the messages that may come from the request, earliest first. Each is the receipt that the lost answer would have given.
 * - `others`: messages that the vendor may have written in another spelling, or whose time is not known. They do not prove that
 *   the request was taken. If one of them belongs to no other delivery, then the absence of a match proves nothing either.
 * - `gap`: the reason why the absence of a match proves nothing in any case; absent if there is none.
 *
 * @category models
 */
export interface Sight {
  readonly matches: ReadonlyArray<Receipt>
  readonly others: ReadonlyArray<Receipt>
  readonly gap?: string
}

/**
 * Sorts the rows of a list for a request that left at `startedAt`.
 *
 * A row from before that time does not come from the request. The vendor's clock is known only within the error of the measurement: one
 * second plus the round trip. Another program may have sent the same content within this error before us. Such a row
 * looks like ours and counts as a match.
 *
 * @category constructors
 */
export const sight = (rows: ReadonlyArray<Row>, startedAt: number, skew: Option.Option<Skew>, gap: string | undefined): Sight => {
  const matches = new Map<string, readonly [number, Receipt]>()
  const others = new Map<string, Receipt>()
  const { from, until } = windowOf(startedAt, skew)
  let why = gap ?? (Option.isNone(skew) ? "the carrier's clock could not be measured" : undefined)
  for (const { at, isEqual, receipt } of rows) {
    const isOutside = at !== undefined && Option.isSome(skew) && (at < from || at > until)
    if (isOutside) continue
    if (receipt === undefined) {
      why ??= "a message in it has no handle"
      continue
    }
    const mayBeIt = at !== undefined && Option.isSome(skew) && at >= startedAt + skew.value.least
    if (isEqual && mayBeIt) {
      if (!matches.has(receipt.ref.id)) matches.set(receipt.ref.id, [at, receipt])
    } else others.set(receipt.ref.id, receipt)
  }
  return {
    matches: Array.from(matches.values()).sort(([left], [right]) => left - right).map(([, receipt]) => receipt),
    others: Array.from(others.values()).filter(({ ref }) => !matches.has(ref.id)),
    ...(why === undefined ? {} : { gap: why })
  }
}
