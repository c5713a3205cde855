/**
 * Defines the one error of all operations. Its fields say whether it is certain that nothing went out, whose fault it is, and what may be
 * done next. It holds no phone number, no text and no secret. The vendor's own sentence is `Redacted`.
 */
import * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { CarrierId } from "../names/CarrierId.ts"
import { MessageRef } from "../names/MessageRef.ts"
import { Operation } from "../names/Operation.ts"
import * as Problem from "../names/Problem.ts"

/**
 * What went wrong, in neutral words.
 *
 * @category models
 */
export const ReasonTag = Schema.Literal(
  "InvalidInput",
  "Unsupported",
  "Suppressed",
  "OptedOut",
  "RecipientNotAllowed",
  "RecipientBlocked",
  "RecipientUnreachable",
  "Authentication",
  "Permission",
  "LineNotAllowed",
  "LineUnavailable",
  "NotFound",
  "NotReady",
  "Conflict",
  "RateLimited",
  "MediaRejected",
  "Unavailable",
  "ConnectionFailed",
  "Transport",
  "Timeout",
  "Cancelled",
  "BadResponse",
  "Failed",
  "Unrecognized"
)

/** @category models */
export type ReasonTag = typeof ReasonTag.Type

/**
 * `not-sent`: the carrier certainly did not act. `unknown`: it may have.
 *
 * @category models
 */
export const Certainty = Schema.Literal("not-sent", "unknown")

/** @category models */
export type Certainty = typeof Certainty.Type

/**
 * Whose fault it is. Only `line`, `account`, `carrier` and `network` say anything about a carrier's health.
 *
 * @category models
 */
export const Blame = Schema.Literal("caller", "recipient", "line", "account", "carrier", "network")

/** @category models */
export type Blame = typeof Blame.Type

/**
 * What may come next: `fix` the request or configuration; `retry` the same request at the same carrier later; `reconcile`
 * before anything else; `reroute` to another line or carrier; `stop`: nobody may write to this person.
 *
 * @category models
 */
export const Next = Schema.Literal("fix", "retry", "reconcile", "reroute", "stop")

/** @category models */
export type Next = typeof Next.Type

/**
 * The three answers of a reason, and a sentence for people.
 *
 * @category models
 */
export interface Verdict {
  readonly certainty: Certainty
  readonly blame: Blame
  readonly next: Next
  readonly sentence: string
}

/**
 * The verdict of every reason. A carrier's error table may be more specific about blame; certainty is never weakened here.
 *
 * @category models
 */
export const verdicts: Record<ReasonTag, Verdict> = {
  InvalidInput: { certainty: "not-sent", blame: "caller", next: "fix", sentence: "the input is not acceptable" },
  Unsupported: { certainty: "not-sent", blame: "caller", next: "reroute", sentence: "this carrier cannot do this" },
  Suppressed: { certainty: "not-sent", blame: "recipient", next: "stop", sentence: "a recipient must not be written to" },
  OptedOut: { certainty: "not-sent", blame: "recipient", next: "stop", sentence: "the recipient opted out" },
  RecipientNotAllowed: {
    certainty: "not-sent",
    blame: "recipient",
    next: "fix",
    sentence: "the recipient has not allowed or verified this line yet"
  },
  RecipientBlocked: { certainty: "not-sent", blame: "recipient", next: "stop", sentence: "the recipient is blocked at the carrier" },
  RecipientUnreachable: {
    certainty: "not-sent",
    blame: "recipient",
    next: "fix",
    sentence: "the recipient cannot receive this kind of message"
  },
  Authentication: { certainty: "not-sent", blame: "account", next: "fix", sentence: "the carrier did not accept the credentials" },
  Permission: { certainty: "not-sent", blame: "account", next: "fix", sentence: "the account may not do this" },
  LineNotAllowed: { certainty: "not-sent", blame: "line", next: "reroute", sentence: "the account may not use this line" },
  LineUnavailable: { certainty: "not-sent", blame: "line", next: "reroute", sentence: "the line cannot send at the moment" },
  NotFound: { certainty: "not-sent", blame: "caller", next: "fix", sentence: "the carrier does not know it" },
  NotReady: { certainty: "not-sent", blame: "carrier", next: "retry", sentence: "it is not ready yet" },
  Conflict: { certainty: "not-sent", blame: "caller", next: "fix", sentence: "it conflicts with the state at the carrier" },
  RateLimited: { certainty: "not-sent", blame: "line", next: "retry", sentence: "the carrier's rate limit was reached" },
  MediaRejected: { certainty: "not-sent", blame: "caller", next: "fix", sentence: "the carrier did not accept a file" },
  Unavailable: { certainty: "unknown", blame: "carrier", next: "reconcile", sentence: "the carrier failed to answer properly" },
  ConnectionFailed: { certainty: "not-sent", blame: "network", next: "reroute", sentence: "no connection to the carrier could be made" },
  Transport: {
    certainty: "unknown",
    blame: "network",
    next: "reconcile",
    sentence: "the connection broke after the request may have left"
  },
  Timeout: { certainty: "unknown", blame: "network", next: "reconcile", sentence: "the carrier did not answer in time" },
  Cancelled: { certainty: "not-sent", blame: "caller", next: "retry", sentence: "the send was given up before anything left" },
  BadResponse: { certainty: "unknown", blame: "carrier", next: "reconcile", sentence: "the carrier's answer could not be understood" },
  Failed: { certainty: "not-sent", blame: "carrier", next: "reroute", sentence: "the carrier reports that it did not send the message" },
  Unrecognized: { certainty: "unknown", blame: "carrier", next: "reconcile", sentence: "the carrier refused in words that no table knows" }
}

/**
 * `detail` says what an operator needs and a vendor does not fill: which field, which transport code. `vendorMessage` is
 * the vendor's own sentence; it may quote numbers or text, so it is redacted and dropped when the error is encoded. `ref` is
 * the message that an answer names although it failed: it leads to what became of the request.
 *
 * @category errors
 */
export class MessagingError extends Schema.TaggedError<MessagingError>("@interline/core/MessagingError")("MessagingError", {
  carrierId: Schema.optionalWith(CarrierId, { exact: true }),
  operation: Operation,
  reason: ReasonTag,
  certainty: Certainty,
  blame: Blame,
  next: Next,
  detail: Schema.optionalWith(Schema.String, { exact: true }),
  problems: Schema.optionalWith(Schema.Array(Problem.Problem), { exact: true }),
  status: Schema.optionalWith(Schema.Number, { exact: true }),
  vendorCode: Schema.optionalWith(Schema.String, { exact: true }),
  traceId: Schema.optionalWith(Schema.String, { exact: true }),
  ref: Schema.optionalWith(MessageRef, { exact: true }),
  retryAfter: Schema.optionalWith(Schema.DurationFromMillis, { exact: true })
}) {
  /** The vendor's own sentence, if it wrote one. It may quote a number or a text: do not log it. */
  vendorMessage: Redacted.Redacted<string> | undefined = undefined

  override get message(): string {
    const where = this.carrierId === undefined ? this.operation : `${this.carrierId} ${this.operation}`
    const codes = [
      this.status === undefined ? undefined : `HTTP ${this.status}`,
      this.vendorCode === undefined ? undefined : `code ${this.vendorCode}`,
      this.traceId === undefined ? undefined : `trace ${this.traceId}`,
      this.ref === undefined ? undefined : `message ${this.ref.id}`,
      this.retryAfter === undefined ? undefined : `retry after ${Duration.format(this.retryAfter)}`
    ].filter((code) => code !== undefined)
    return `${where}: ${verdicts[this.reason].sentence}` +
      (this.detail === undefined ? "" : `: ${this.detail}`) +
      (this.problems === undefined ? "" : `: ${this.problems.map(Problem.format).join("; ")}`) +
      (codes.length === 0 ? "" : ` (${codes.join(", ")})`)
  }
}

/**
 * The longest `retryAfter`: one hour. A longer value of a vendor is cut to this, for us and for callers who read our answers. A very long
 * value would make a timer of 32 bits fire at once.
 *
 * @category models
 */
export const longestRetryAfter = Duration.hours(1)

const bounded = (retryAfter: Duration.Duration): Duration.Duration =>
  Duration.toMillis(retryAfter) > 0 ? Duration.min(retryAfter, longestRetryAfter) : Duration.zero

/**
 * What a caller may add to the reason. `retryAfter` is cut to `longestRetryAfter`.
 *
 * @category models
 */
export interface Context {
  readonly carrierId?: CarrierId
  readonly operation: Operation
  readonly certainty?: Certainty
  readonly blame?: Blame
  readonly next?: Next
  readonly detail?: string
  readonly problems?: ReadonlyArray<Problem.Problem>
  readonly status?: number
  readonly vendorCode?: string
  readonly traceId?: string
  readonly ref?: MessageRef
  readonly retryAfter?: Duration.Duration
  readonly vendorMessage?: string
}

/**
 * Makes an error with the reason's own verdict, except where the context is more specific.
 *
 * @category constructors
 */
export const make = (reason: ReasonTag, context: Context): MessagingError => {
  const { certainty, blame, next } = verdicts[reason]
  const { retryAfter, vendorMessage, ...fields } = context
  const later = retryAfter === undefined ? {} : { retryAfter: bounded(retryAfter) }
  const error = new MessagingError({ certainty, blame, next, ...fields, ...later, reason }, { disableValidation: true })
  if (vendorMessage !== undefined) error.vendorMessage = Redacted.make(vendorMessage)
  return error
}

/**
 * The capability gate's refusal.
 *
 * @category constructors
 */
export const unsupported = (carrierId: CarrierId, operation: Operation, detail?: string): MessagingError =>
  make("Unsupported", { carrierId, operation, ...(detail === undefined ? {} : { detail }) })

/**
 * Input that breaks rules, each named by its field.
 *
 * @category constructors
 */
export const invalid = (
  operation: Operation,
  problems: ReadonlyArray<Problem.Problem>,
  carrierId?: CarrierId
): MessagingError => make("InvalidInput", { operation, problems, ...(carrierId === undefined ? {} : { carrierId }) })

/**
 * Whether we refused a request ourselves, so that the carrier was not asked: by the list of opt-outs, by the rules of the input, or because the
 * carrier cannot do it. `OptedOut` is the carrier's own refusal.
 *
 * @category refinements
 */
export const isOurs = (
  { certainty, problems, reason, status }: Pick<MessagingError, "certainty" | "reason"> & {
    readonly problems?: unknown
    readonly status?: unknown
  }
): boolean =>
  certainty === "not-sent" && status === undefined &&
  (reason === "Suppressed" || reason === "Unsupported" || (reason === "InvalidInput" && problems !== undefined))

/**
 * Whether the same request may simply be sent again to the same carrier after a while.
 *
 * @category refinements
 */
export const isRetryLater = (error: MessagingError): boolean => error.next === "retry" && error.certainty === "not-sent"
