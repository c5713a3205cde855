/**
 * The answers of the API when a request was not done: problem details (RFC 9457), with what is certain.
 *
 * The status tells a program that knows only HTTP what it may do. A 400, 401, 403, 404, 405, 413, 415 or 422: the caller must fix the
 * request. A 429 or a 503: the program may ask again after `Retry-After`. A 424: the request happened in part, or may have happened.
 * Programs do not repeat a 424 by themselves, but many repeat a 409, a 429 and every 5xx. A 202: the send may have gone out, and the
 * gateway keeps it. It is not lost, and must not be sent again. Its delivery shows its outcome. A 409, 500, 502 or 504 of a request that
 * acts has `x-should-retry`, which says whether asking again is safe.
 */
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import { CarrierId } from "@interline/core/CarrierId"
import { Attempt } from "@interline/core/Delivery"
import { DeliveryId } from "@interline/core/DeliveryId"
import * as IsoTime from "@interline/core/IsoTime"
import { Loss } from "@interline/core/Loss"
import {
  type Certainty as ErrorCertainty,
  type MessagingError,
  Next,
  type ReasonTag,
  ReasonTag as Reason,
  verdicts
} from "@interline/core/MessagingError"
import { Operation, operations } from "@interline/core/Operation"
import { optional } from "@interline/core/Optional"
import { Receipt } from "@interline/core/Outcome"
import * as Problem from "@interline/core/Problem"
import type { SendError } from "@interline/core/SendError"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/**
 * What is certain about the request: `not-sent` (nothing happened), `partial` (a part of it happened), `unknown` (it may have happened).
 *
 * @category models
 */
export const Certainty = Schema.Literal("not-sent", "partial", "unknown")

/** @category models */
export type Certainty = typeof Certainty.Type

/**
 * Every status that a problem may have.
 *
 * @category models
 */
export const Status = Schema.Literal(202, 400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 424, 429, 500, 502, 503, 504)

/** @category models */
export type Status = typeof Status.Type

/**
 * The kinds of problems that do not come from a carrier. `type` is `urn:interline:problem:` with the kind, or with the word for the reason
 * of a `MessagingError`.
 *
 * @category models
 */
export const Kind = Schema.Literal(
  "held",
  "partial",
  "invalid",
  "malformed",
  "unauthorized",
  "forbidden",
  "foreign-page",
  "keys-unreadable",
  "not-found",
  "method-not-allowed",
  "too-large",
  "unsupported-media-type",
  "body-timeout",
  "starting",
  "draining",
  "idempotency-key",
  "idempotency-conflict",
  "idempotency-in-progress",
  "idempotency-unknown",
  "after-unknown",
  "not-held",
  "unanswered",
  "slow",
  "address-refused",
  "rollout-refused",
  "key-name-taken",
  "key-created-before",
  "too-many-sign-ins",
  "store-failed",
  "internal"
)

/** @category models */
export type Kind = typeof Kind.Type

/**
 * The fields on the wire. `type` is open, so that an older client can read the answers of a newer gateway. `outcome` is there with status
 * 202. A program takes 202 for success, and so it needs `outcome` to see the difference: a send that a carrier took has `accepted`, and a
 * held send has `held`. `reason`, `carrierId`, `operation`, `vendorCode` and `traceId` describe the carrier's refusal. `receipts` and
 * `remaining` describe a send that went out in part. `retryAfter` is in seconds. No field quotes a number or a text.
 *
 * @category schemas
 */
export const Wire = Schema.Struct({
  type: Schema.String,
  title: Schema.String,
  status: Status,
  outcome: optional(Schema.Literal("held")),
  detail: optional(Schema.String),
  certainty: optional(Certainty),
  next: optional(Next),
  deliveryId: optional(DeliveryId),
  problems: optional(Schema.Array(Problem.Problem)),
  losses: optional(Schema.Array(Loss)),
  attempts: optional(Schema.Array(IsoTime.encodeTimes(Attempt))),
  receipts: optional(Schema.Array(Receipt)),
  remaining: optional(Schema.Array(Schema.NonNegativeInt)),
  reason: optional(Reason),
  carrierId: optional(CarrierId),
  operation: optional(Operation),
  vendorCode: optional(Schema.String),
  traceId: optional(Schema.String),
  retryAfter: optional(Schema.Number)
}).annotations({ identifier: "ProblemDetails", description: "Problem details (RFC 9457) with what is certain" })

/**
 * A problem, as programs get it.
 *
 * @category errors
 */
export class ProblemDetails extends Schema.TaggedError<ProblemDetails>("@interline/gateway/ProblemDetails")("ProblemDetails", Wire.fields) {
  override get message(): string {
    return this.detail === undefined ? this.title : `${this.title}: ${this.detail}`
  }
}

/**
 * The optional fields of a problem.
 *
 * @category models
 */
export type Fields = Omit<typeof Wire.Type, "type" | "title" | "status">

/**
 * The effect of a request that was answered with a problem. `none`: certainly nothing happened, and the corrected request may still come.
 * `done`: something happened, or may have happened. `unknown`: it is not known how much happened.
 *
 * @category models
 */
export type RequestEffect = "none" | "done" | "unknown"

/** For each kind: the status, the title, and the effect of the request. */
const kinds = {
  held: [202, "it is not known whether the message was sent; it is kept, and not to be sent again", "done"],
  partial: [424, "a part of the message was sent", "done"],
  invalid: [422, "nothing was sent: what was asked breaks a rule", "none"],
  malformed: [400, "the request cannot be read", "none"],
  unauthorized: [401, "an API key is needed", "none"],
  forbidden: [403, "the API key does not allow this", "none"],
  "foreign-page": [403, "the request does not come from the gateway's own page", "none"],
  "keys-unreadable": [503, "the API keys cannot be read here now; nothing was done", "none"],
  "not-found": [404, "there is no such thing", "none"],
  "method-not-allowed": [405, "this cannot be done there", "none"],
  "too-large": [413, "the request's body is too large", "none"],
  "unsupported-media-type": [415, "the request's body must be JSON, and not packed", "none"],
  "body-timeout": [408, "the request's body did not come in time", "none"],
  starting: [503, "this process is not ready yet; nothing was done", "none"],
  draining: [503, "this process is about to stop; nothing was done", "none"],
  "idempotency-key": [400, "the Idempotency-Key must be 1 to 255 printable ASCII characters", "none"],
  "idempotency-conflict": [422, "the Idempotency-Key was used for another request", "none"],
  "idempotency-in-progress": [409, "the first request under this Idempotency-Key is not over yet", "none"],
  "idempotency-unknown": [424, "a process stopped while it did this; it is not known whether it was done", "unknown"],
  "not-held": [409, "the delivery is not held", "none"],
  "after-unknown": [409, "the send that this one should follow is not known yet; nothing was sent", "none"],
  unanswered: [424, "it took too long to answer, and may have been done", "done"],
  slow: [504, "it took too long to answer", "done"],
  "address-refused": [422, "that address must not be called", "none"],
  "rollout-refused": [409, "the rollout cannot be changed like this now", "none"],
  "key-name-taken": [409, "there is or was a key of this name", "none"],
  "key-created-before": [409, "an earlier request under this Idempotency-Key created the key, and only its answer had the secret", "done"],
  "too-many-sign-ins": [429, "there were too many wrong tries to sign in; nothing was done", "none"],
  "store-failed": [503, "the database did not answer here; it is not known whether it was done", "unknown"],
  internal: [500, "something went wrong here", "unknown"]
} as const satisfies Record<Kind, readonly [Status, string, RequestEffect]>

/**
 * A problem of a kind.
 *
 * @category constructors
 */
export const make = (kind: Kind, fields: Fields = {}): ProblemDetails =>
  new ProblemDetails({ type: urnOf(kind), title: kinds[kind][1], status: kinds[kind][0], ...fields }, {
    disableValidation: true
  })

/**
 * The status of each reason, if nothing happened for certain, or if asking again does no harm.
 *
 * @category models
 */
export const statuses = {
  InvalidInput: 422,
  Unsupported: 422,
  Suppressed: 403,
  OptedOut: 403,
  RecipientNotAllowed: 403,
  RecipientBlocked: 403,
  RecipientUnreachable: 422,
  Authentication: 502,
  Permission: 403,
  LineNotAllowed: 403,
  LineUnavailable: 503,
  NotFound: 404,
  NotReady: 409,
  Conflict: 409,
  RateLimited: 429,
  MediaRejected: 422,
  Unavailable: 502,
  ConnectionFailed: 503,
  Transport: 502,
  Timeout: 504,
  Cancelled: 503,
  BadResponse: 502,
  Failed: 502,
  Unrecognized: 502
} as const satisfies Record<ReasonTag, Status>

// If a program repeated it by itself, a person would get it twice, or a second one would be created.
const mustNotRepeat = (operation: Operation, certainty: ErrorCertainty): boolean =>
  certainty === "unknown" && operations[operation].effect === "act"

const seconds = (duration: Duration.Duration): number => Math.ceil(Duration.toSeconds(duration))

const ofError = (error: MessagingError): Fields => ({
  reason: error.reason,
  operation: error.operation,
  certainty: error.certainty,
  next: error.next,
  ...(error.carrierId === undefined ? {} : { carrierId: error.carrierId }),
  ...(error.detail === undefined ? {} : { detail: error.detail }),
  ...(error.problems === undefined ? {} : { problems: error.problems }),
  ...(error.vendorCode === undefined ? {} : { vendorCode: error.vendorCode }),
  ...(error.traceId === undefined ? {} : { traceId: error.traceId }),
  ...(error.retryAfter === undefined ? {} : { retryAfter: seconds(error.retryAfter) })
})

const word = (reason: ReasonTag): string => reason.replace(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase()

/** Whether our own store failed before a carrier was asked. Then no carrier is at fault, and nothing was done. */
const isOurs = ({ carrierId, certainty, reason }: MessagingError): boolean =>
  reason === "Unavailable" && carrierId === undefined && certainty === "not-sent"

/**
 * A failed operation. `type` names the reason: `urn:interline:problem:rate-limited`.
 *
 * @category constructors
 */
export const fromMessagingError = (error: MessagingError, more: Fields = {}): ProblemDetails =>
  new ProblemDetails({
    type: urnOf(word(error.reason)),
    title: isOurs(error) ? "the database did not answer here, and no carrier was asked" : verdicts[error.reason].sentence,
    status: isOurs(error) ? 503 : mustNotRepeat(error.operation, error.certainty) ? 424 : statuses[error.reason],
    ...ofError(error),
    ...more
  }, { disableValidation: true })

const urnOf = (word: string): string => `urn:interline:problem:${word}`

/**
 * The database failed in the middle of an act without a key. By a key it could be told what was done. A 503 would invite a program to repeat it.
 *
 * @category constructors
 */
export const storeFailedUnkeyed: ProblemDetails = new ProblemDetails({
  type: urnOf("store-failed"),
  title: kinds["store-failed"][1],
  status: 424,
  certainty: "unknown",
  next: "reconcile"
}, { disableValidation: true })

// Only one reason of carriers says that nothing was tried.
const effects: ReadonlyMap<string, RequestEffect> = new Map<string, RequestEffect>([
  [urnOf(word("InvalidInput")), "none"],
  ...Object.entries(kinds).map(([kind, [, , effect]]) => [urnOf(kind), effect] as const)
])

/**
 * The effect of the request that a problem answers. A carrier's refusal is an answer like any other: `done`.
 *
 * @category getters
 */
export const effectOf = ({ type }: ProblemDetails): RequestEffect =>
  Option.getOrElse(Option.fromNullable(effects.get(type)), () => "done" as const)

const common = ({ attempts, deliveryId, losses }: SendError): Fields => ({ deliveryId, losses, attempts })

/**
 * The database failed before anything of this send was on record, and could not say whether an equal send under its key was done. So nothing is kept
 * under its id, and the caller has to ask again under the key.
 *
 * @category getters
 */
export const isUnrecorded = (error: SendError): boolean =>
  error._tag === "Held" && error.evidence.error.reason === "Unavailable" && error.evidence.error.carrierId === undefined &&
  error.evidence.error.next === "retry"

/**
 * Why a send gave no delivery.
 *
 * @category constructors
 */
export const fromSendError = (error: SendError): ProblemDetails => {
  switch (error._tag) {
    case "Invalid": {
      const { deliveryId, ...rest } = common(error)
      const isKept = deliveryId !== undefined && (error.attempts.length > 0 || error.problems.some(({ rule }) => rule === "key"))
      return make("invalid", {
        ...rest,
        // A send that was refused before a carrier was asked is in no list, so its id is of no use. If the key was used before, the id is
        // the one of the first send.
        ...(isKept ? { deliveryId } : {}),
        certainty: "not-sent",
        next: "fix",
        problems: error.problems
      })
    }
    case "NotSent":
      return fromMessagingError(error.error, { ...common(error), certainty: "not-sent" })
    case "Partial":
      return make("partial", {
        ...ofError(error.error),
        ...common(error),
        certainty: "partial",
        receipts: error.receipts,
        remaining: error.remaining
      })
    case "Held":
      if (isUnrecorded(error)) {
        const { detail } = error.evidence.error
        return make("store-failed", { certainty: "unknown", next: "retry", retryAfter: 1, ...(detail === undefined ? {} : { detail }) })
      }
      return make("held", { outcome: "held", ...ofError(error.evidence.error), ...common(error), certainty: "unknown", next: "reconcile" })
  }
}

/**
 * Whether a program may repeat the request by itself, because this does no harm and may help. It is the value of `x-should-retry`.
 *
 * @category refinements
 */
export const mayRepeat = ({ certainty, next, operation, status }: ProblemDetails): boolean =>
  status === 408 || status === 429 || status === 503 ||
  ((status === 409 || status >= 500) && (
    certainty === undefined || certainty === "not-sent"
      ? next === "retry" || next === "reroute"
      : certainty === "unknown" && operation !== undefined && operations[operation].effect !== "act"
  ))

/**
 * The media type of a problem.
 *
 * @category constants
 */
export const contentType = "application/problem+json"

/**
 * The meaning of each status for the caller.
 *
 * @category models
 */
export const descriptions = {
  202: "It may have gone out, and is kept. Do not send it again; ask for its delivery.",
  400: "The request cannot be read. Nothing was done.",
  401: "There is no valid API key in the request.",
  403: "It must not or may not be done. Nothing was done.",
  404: "There is no such thing.",
  405: "The address does not take this method.",
  408: "The body did not come in time. Nothing was done.",
  409: "Another request is under way, or it does not fit the state at the carrier.",
  413: "The body is too large. Nothing was done.",
  415: "The body is not JSON, or packed. Nothing was done.",
  422: "It breaks a rule, or nothing can carry it. Nothing was done.",
  424: "It happened in part, or may have happened. Do not repeat it by itself.",
  429: "A carrier's rate limit, or too many tries to sign in. Nothing was done; ask again after Retry-After.",
  500: "Something went wrong here.",
  502: "The carrier failed.",
  503:
    "It cannot be done at the moment; ask again after Retry-After. Nothing was done, or, if `store-failed`, nothing is known; the key tells.",
  504: "The carrier did not answer in time."
} as const satisfies Record<Status, string>

// The tag is only for programs in TypeScript. It is not on the wire.
const Untagged = Schema.transform(
  Schema.encodedSchema(Wire).annotations({ identifier: "ProblemDetails", description: "Problem details (RFC 9457) with what is certain" }),
  ProblemDetails,
  {
    strict: true,
    decode: (fields) => ({ _tag: "ProblemDetails" as const, ...fields }),
    encode: ({ _tag, ...fields }) => fields
  }
)

/**
 * The schemas of a problem, one for each status, in the form that an `HttpApi` needs.
 *
 * @category schemas
 */
export const schema: Schema.Schema<ProblemDetails, typeof Wire.Encoded> = Schema.Union(
  ...Status.literals.map((status) =>
    Untagged.pipe(Schema.filter((problem) => problem.status === status)).annotations({
      [HttpApiSchema.AnnotationStatus]: status,
      [HttpApiSchema.AnnotationEncoding]: { kind: "Json", contentType },
      description: descriptions[status]
    })
  )
)

/**
 * The fields of a problem in their form on the wire.
 *
 * @category combinators
 */
export const encode: (problem: ProblemDetails) => typeof Wire.Encoded = Schema.encodeSync(Untagged)
