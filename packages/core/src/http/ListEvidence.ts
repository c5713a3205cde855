/**
 * What a vendor's list of messages proves about one message. Adapters hand over what they read; the rules are here, once.
 *
 * A message that is equal to the letter, and that was made after the request left, proves that the request was taken. That it was not taken is
 * shown only by a list that is complete by its own numbers and holds no other outbound message to the same people in the
 * window. Whatever is in between proves nothing.
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

// RFC 9110, 5.6.7: the one form that senders may use
const httpDate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/**
 * The skew by the `Date` header of an answer. The header has whole seconds, and was written at some time between the two
 * given ones (epoch milliseconds, our clock). None if the header is absent or unreadable.
 *
 * @category constructors
 */
export const skewOf = (date: string | undefined, sentAt: number, receivedAt: number): Option.Option<Skew> => {
  const time = date !== undefined && httpDate.test(date) ? Date.parse(date) : Number.NaN
  return Number.isNaN(time) || receivedAt < sentAt ? Option.none() : Option.some({ least: time - receivedAt, most: time + 1000 - sentAt })
}

// what another program sent within that time before us could be taken for ours
const tooVague = 5_000

/**
 * What several measurements say together. None if one of them is missing, if they contradict each other, because a clock was set
 * in between, or if all of them were slow: more than 5 seconds leave too much room.
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
 * An answer, and the skew that it shows.
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
 * A vendor's date in epoch milliseconds. Undefined if it cannot be read, or has no zone: then it may be any of 26 hours.
 *
 * @category getters
 */
export const timeOf = (date: string | undefined): number | undefined => {
  if (date === undefined || !isoDate.test(date)) return undefined
  const time = Date.parse(date)
  return Number.isNaN(time) ? undefined : time
}

/**
 * Whether a vendor's spelling of a number or an address names this handle. `unclear`: it cannot be read, or is a number without its
 * country code that may be this one.
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
 * What one page says of itself and of the list. `rows` are really in it. `fault`: why it is not the page that the vendor
 * documents, such as an error beside its rows. `end`: it says that it is the last one. `total`: how many rows it says that
 * the whole list has. `asked` and `said` are where it begins, if the list counts.
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
 * The keys of `body` that no page of the vendor documents and that hold something. An error in the form of a list has such
 * a key; so may a list that says in a new way that it is not whole.
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
 * Why a list that was read page by page is not complete by its own numbers; undefined if it is. `rows` are those that were
 * read, each counted once: pages may overlap while messages come in. A list that `counts` must give its total.
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

// a slow send (13 s were seen) may become a message after its request was given up
const patience = 600_000

// our own clock may have been set back since the request left
const grace = 60_000

// a `Date` is written by whatever stands in front of the vendor; the machine that dates messages may be far behind it
const behind = 600_000

/**
 * The times, by the vendor's clock, between which a request that left at `startedAt` became a message if it did, with room
 * for a clock of ours that was set, and ten minutes for a `Date` that is another machine's than the one that dates messages.
 * Without a measured skew there is room for a minute more.
 *
 * @category constructors
 */
export const windowOf = (startedAt: number, skew: Option.Option<Skew>): { readonly from: number; readonly until: number } => {
  const { least, most } = Option.getOrElse(skew, () => ({ least: -grace, most: grace }))
  return { from: startedAt + Math.min(least, 0) - behind, until: startedAt + patience + Math.max(most, 0) }
}

/**
 * An outbound message to the same people from the same line, or one of which that cannot be excluded. `isEqual`: it holds
 * to the letter what was sent. `at`: when it was made, by the vendor's clock. Without a receipt it has no name.
 *
 * @category models
 */
export interface Row {
  readonly receipt: Receipt | undefined
  readonly at: number | undefined
  readonly isEqual: boolean
}

/**
 * What a list shows of a request. `matches` are the messages that may be it, earliest first, each as the receipt that the lost answer would have
 * given. `others` may be it in another spelling, or are from a time that cannot be told: they prove nothing, but while one
 * of them belongs to nobody, neither does the absence of a match. `gap`: why the absence of a match proves nothing in any case.
 *
 * @category models
 */
export interface Sight {
  readonly matches: ReadonlyArray<Receipt>
  readonly others: ReadonlyArray<Receipt>
  readonly gap?: string
}

/**
 * Sorts the rows of a list that were read for a request which left at `startedAt`.
 *
 * A row from before that time is not the request's, as far as the vendor's clock is measured. Equal rows of another program
 * from less than the error of that measurement before (a second and the round trip) cannot be told apart from ours.
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
