/** What a carrier says of our account that its operator must know: what it is about, and what the operator can do. */
import * as Schema from "effect/Schema"
import { CarrierId } from "../names/CarrierId.ts"
import { Phone } from "../names/Handle.ts"
import { optional } from "../runtime/Optional.ts"
import { EpochMillis } from "../runtime/Time.ts"

/**
 * What a notice is about. The word before the hyphen is its topic.
 *
 * - `line-assigned`: the account has this number now.
 * - `line-gone`: the number was released, or it was moved to where the account cannot use it.
 * - `line-ending`: the account loses the number at `dueAt`.
 * - `line-forwarding`: the calls to the number go elsewhere.
 * - `webhook-off`, `webhook-on`: a webhook is called no more, or again.
 * - `webhook-changed`: a webhook has another address, other events or other numbers.
 * - `token-ending`, `token-kept`: the credentials end at `dueAt`, or do not end after all.
 * - `token-ended`: the credentials have ended.
 * - `environment-deleted`: a part of the account was deleted.
 * - `retention-changed`: the carrier keeps messages for another time.
 *
 * @category models
 */
export const What = Schema.Literal(
  "line-assigned",
  "line-gone",
  "line-ending",
  "line-forwarding",
  "webhook-off",
  "webhook-on",
  "webhook-changed",
  "token-ending",
  "token-kept",
  "token-ended",
  "environment-deleted",
  "retention-changed"
)

/** @category models */
export type What = typeof What.Type

/**
 * `warning`: messages or opt-outs may be lost. `note`: nothing is lost.
 *
 * @category models
 */
export const Severity = Schema.Literal("warning", "note")

/** @category models */
export type Severity = typeof Severity.Type

/**
 * What is said of a kind of notice. `wayOut`: what the operator can do.
 *
 * @category models
 */
export interface Meaning {
  readonly severity: Severity
  readonly summary: string
  readonly wayOut: string
}

const nothing = "nothing has to be done"

const meanings: Readonly<Record<What, Meaning>> = {
  "line-assigned": {
    severity: "note",
    summary: "a number was assigned to the account; a configured line with it is used again",
    wayOut: "if messages are to go by a new number, add it to the configured lines"
  },
  "line-gone": {
    severity: "warning",
    summary: "a number has left the account; a configured line with it is not used any more",
    wayOut: "take the number out of the configured lines, or ask the carrier to assign it again"
  },
  "line-ending": {
    severity: "warning",
    summary: "the account will lose a number; a configured line with it cannot be used after that",
    wayOut: "give the line another number, or move its conversations to another carrier before that time"
  },
  "line-forwarding": { severity: "note", summary: "calls to a number are forwarded in another way", wayOut: nothing },
  "webhook-off": {
    severity: "warning",
    summary: "a webhook is not called any more; messages and opt-outs that came by it do not come",
    wayOut: "switch the webhook on again at the carrier, or create it again; what was missed is then read back"
  },
  "webhook-on": { severity: "note", summary: "a webhook is called again; what was missed is read back", wayOut: nothing },
  "webhook-changed": {
    severity: "warning",
    summary: "a webhook has another address, other events or other numbers; messages and opt-outs may not come any more",
    wayOut: "compare the webhook at the carrier with what this program needs"
  },
  "token-ending": {
    severity: "warning",
    summary: "credentials of the account have a date on which they end",
    wayOut: "if they are the configured ones, make new ones and configure them before that time"
  },
  "token-kept": { severity: "note", summary: "credentials of the account do not end after all", wayOut: nothing },
  "token-ended": {
    severity: "warning",
    summary: "credentials of the account have ended; if they are the configured ones, nothing can be sent",
    wayOut: "if they are the configured ones, configure new ones"
  },
  "environment-deleted": {
    severity: "warning",
    summary: "an environment of the account was deleted; its credentials may have ended, and its numbers may have moved",
    wayOut: "check the credentials and the numbers of the account, for example by a check of the lines"
  },
  "retention-changed": {
    severity: "note",
    summary: "how long the carrier keeps messages has changed; later reads may hold no content",
    wayOut: "copy what is needed when it arrives"
  }
}

/**
 * What is said of each kind of notice, in our words: no number, no name of a person, no id.
 *
 * @category getters
 */
export const meaningOf = (what: What): Meaning => meanings[what]

/**
 * A notice as it is kept. `subject`: the carrier's id of the webhook or of the credentials. `dueAt`: when it takes effect, if that is later than
 * `at`.
 *
 * @category models
 */
export const AccountNotice = Schema.Struct({
  carrierId: CarrierId,
  what: What,
  at: EpochMillis,
  subject: optional(Schema.String),
  number: optional(Phone),
  dueAt: optional(EpochMillis)
})

/** @category models */
export interface AccountNotice extends Schema.Schema.Type<typeof AccountNotice> {}

/**
 * What a newer notice replaces: an older one of the same carrier, topic and subject or number.
 *
 * @category getters
 */
export const placeOf = ({ carrierId, number, subject, what }: AccountNotice): string =>
  `${carrierId} ${what.slice(0, what.indexOf("-"))} ${subject ?? number ?? ""}`

// each of these is news, also if the last notice was of the same kind
const always: ReadonlyArray<What> = ["line-ending", "line-forwarding", "webhook-changed", "token-ending", "retention-changed"]

/**
 * The kinds of notices that are news each time. Any other kind is news only if the last notice in its place was of another kind.
 *
 * @category models
 */
export const newsAlways: ReadonlySet<What> = new Set(always)

/**
 * Whether a notice says something that is not known from the last one in its place. An older notice is no news: carriers do not promise
 * the order.
 *
 * @category refinements
 */
export const isNews = (notice: AccountNotice, last: AccountNotice | undefined): boolean =>
  last === undefined || (notice.at > last.at && (notice.what !== last.what || newsAlways.has(notice.what)))
