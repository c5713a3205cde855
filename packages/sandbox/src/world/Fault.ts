/** Defines the faults between a client and a vendor, as data. */

/**
 * The vendors of the sandbox.
 *
 * @category constants
 */
export const vendors = ["linq", "sendblue"] as const

/**
 * A vendor of the sandbox.
 *
 * @category models
 */
export type Vendor = (typeof vendors)[number]

/**
 * One row for each fault.
 *
 * @category models
 */
export interface FaultRow {
  /**
   * `yes`: the phone gets the message. `no`: the phone certainly does not get it. `param`: the parameter `accepted` decides. `as usual`:
   * the fault does not change acceptance.
   */
  readonly accepted: "yes" | "no" | "param" | "as usual"
  /** The effect that the client sees, in words for people. */
  readonly clientSees: string
  /** The parameters of the fault, in words for people. */
  readonly params: string
}

const row = (accepted: FaultRow["accepted"], clientSees: string, params = ""): FaultRow => ({
  accepted,
  clientSees,
  params
})

/**
 * Every fault the sandbox knows.
 *
 * @category models
 */
export const faults = {
  refused: row("no", "connection refused, for every request, until the fault is cleared"),
  "reset-before": row("no", "connection reset, no bytes of an answer"),
  "hang-before": row("no", "no answer, ever"),
  "5xx-before": row("no", "a 5xx: the vendor's error envelope", "status, code, message"),
  "429": row("no", "429 with Retry-After", "retryAfter (seconds or an HTTP date)"),
  "ack-lost-reset": row("yes", "connection reset, no bytes of an answer"),
  "ack-lost-hang": row("yes", "no answer, ever"),
  "ack-lost-half": row("yes", "the status line and half of the body, then a closed connection"),
  "ack-lost-502": row("yes", "502 with a proxy's HTML page"),
  "5xx-after": row("yes", "a 5xx: the vendor's error envelope", "status, code, message"),
  "2xx-empty": row("yes", "the usual status, no body"),
  "2xx-no-id": row("yes", "the usual status, JSON in which every identifier of the message is missing"),
  "2xx-not-json": row("yes", "the usual status, an HTML page"),
  "200-error-body": row(
    "param",
    "200 whose body has status ERROR (Sendblue only)",
    "accepted (default false), errorCode, errorMessage"
  ),
  delay: row("as usual", "the usual answer, late", "ms, when (before or after acceptance; default after)"),
  "late-listing": row("yes", "the usual answer; lists show the message only after ms", "ms"),
  "line-flagged": row(
    "as usual",
    "what a flagged line answers: the line is flagged just before, and stays flagged when the fault is cleared, until it is unflagged",
    "line"
  ),
  "downgrade-sms": row("yes", "the usual answer; the message travels as SMS"),
  "webhook-duplicate": row("as usual", "the same webhook twice, same event id", "event (substring of its name)"),
  "webhook-reorder": row("as usual", "this webhook after the one that follows it", "event"),
  "webhook-late": row("as usual", "this webhook ms later", "ms, event"),
  "stream-absent": row("as usual", "404 where the event stream is opened (Sendblue only)"),
  "stream-cut": row("as usual", "the event stream is reset in place of this event (Sendblue only)", "event (substring of its name)"),
  "stream-silent": row(
    "as usual",
    "in place of this event, the event stream falls silent: no events and no heartbeats, and the connection stays (Sendblue only)",
    "event"
  ),
  "stream-lost": row("as usual", "this event is not on the event stream (Sendblue only)", "event"),
  "stream-duplicate": row("as usual", "this event twice on the event stream, with the same id (Sendblue only)", "event")
} as const satisfies Record<string, FaultRow>

/**
 * The name of a fault.
 *
 * @category models
 */
export type FaultKind = keyof typeof faults

/**
 * Whether a value names a fault.
 *
 * @category refinements
 */
export const isFaultKind = (value: unknown): value is FaultKind => typeof value === "string" && Object.hasOwn(faults, value)

/**
 * The requests that a fault meets. A field that is left out matches every request.
 *
 * @category models
 */
export interface FaultMatch {
  /** The HTTP method. */
  readonly method?: string
  /**
   * A substring of the path. `*` stands for any text, and a final `$` stands for the end. `/v3/chats` also meets
   * `/v3/chats/1/messages`. `/v3/chats$` does not meet it.
   */
  readonly path?: string
  /** A substring of the request's body. */
  readonly body?: string
}

/**
 * The parameters of faults. Each fault uses only some of them.
 *
 * @category models
 */
export interface FaultParams {
  /** A time in milliseconds. */
  readonly ms?: number
  /** Whether a delay comes before or after acceptance. Default: after. */
  readonly when?: "before" | "after"
  /** The status of a 5xx, from 500 to 599. */
  readonly status?: number
  /** The vendor's error code. */
  readonly code?: number
  /** The vendor's sentence. */
  readonly message?: string
  /** The `Retry-After` header: seconds, or an HTTP date. */
  readonly retryAfter?: number | string
  /** Whether the phone gets the message. Default: false. */
  readonly accepted?: boolean
  /** The error code in a body of status 200. */
  readonly errorCode?: number | string
  /** The sentence in a body of status 200. */
  readonly errorMessage?: string
  /** The number of the line that is flagged. */
  readonly line?: string
  /** A substring of the name of the webhook or of the stream's event. */
  readonly event?: string
}

/**
 * A fault for the next matching requests.
 *
 * @category models
 */
export interface ScriptedFault extends FaultParams {
  /** The vendor of the fault. */
  readonly vendor: Vendor
  /** What goes wrong. */
  readonly kind: FaultKind
  /** Which requests it meets. Default: all. */
  readonly match?: FaultMatch
  /** How many requests meet it. Default: 1. */
  readonly times?: number | "forever"
  /** How many matching requests pass before the first one that meets the fault. Default: 0. */
  readonly skip?: number
}

/**
 * A fault that strikes requests at random.
 *
 * @category models
 */
export interface SeededFault extends FaultParams {
  /** The vendor of the fault. */
  readonly vendor: Vendor
  /** The seed of the random draws. */
  readonly seed: number
  /** The probability that a matching request meets a fault, from 0 to 1. */
  readonly rate: number
  /** The faults to choose from. All are equally likely. */
  readonly kinds: ReadonlyArray<FaultKind>
  /** The requests that may meet the fault. Default: POST requests. */
  readonly match?: FaultMatch
}

/**
 * A fault to add to a sandbox.
 *
 * @category models
 */
export type FaultInput = ScriptedFault | SeededFault

/**
 * A fault that is in place.
 *
 * @category models
 */
export interface Fault {
  /** The id that removes the fault. */
  readonly id: string
  /** The fault as it was added. */
  readonly rule: FaultInput
  /** The number of requests, webhooks or events that met the fault. */
  readonly met: number
}
