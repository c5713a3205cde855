/**
 * What can go wrong between a client and a vendor, as data.
 *
 * @since 0.1.0
 */

/**
 * The vendors of the sandbox.
 *
 * @since 0.1.0
 * @category constants
 */
export const vendors = ["linq", "sendblue"] as const

/**
 * A vendor of the sandbox.
 *
 * @since 0.1.0
 * @category models
 */
export type Vendor = (typeof vendors)[number]

/**
 * One row per fault: whether the vendor takes the request, and what the client sees.
 *
 * `accepted` is `"yes"` when the phone gets the message, `"no"` when it certainly does not, `"param"` when the fault's
 * `accepted` parameter says so, and `"as usual"` when the fault does not touch acceptance.
 *
 * @since 0.1.0
 * @category models
 */
export interface FaultRow {
  readonly accepted: "yes" | "no" | "param" | "as usual"
  readonly clientSees: string
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
 * @since 0.1.0
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
  "webhook-late": row("as usual", "this webhook ms later", "ms, event")
} as const satisfies Record<string, FaultRow>

/**
 * The name of a fault.
 *
 * @since 0.1.0
 * @category models
 */
export type FaultKind = keyof typeof faults

/**
 * Whether a value names a fault.
 *
 * @since 0.1.0
 * @category guards
 */
export const isFaultKind = (value: unknown): value is FaultKind => typeof value === "string" && Object.hasOwn(faults, value)

/**
 * Which requests a fault meets: all that match; absent fields match everything. `path` is a substring of the path in
 * which `*` stands for any text and a final `$` for the end: `/v3/chats` also meets `/v3/chats/1/messages`, which
 * `/v3/chats$` does not. `body` is a substring of the request's body.
 *
 * @since 0.1.0
 * @category models
 */
export interface FaultMatch {
  readonly method?: string
  readonly path?: string
  readonly body?: string
}

/**
 * Parameters of the faults that take some.
 *
 * @since 0.1.0
 * @category models
 */
export interface FaultParams {
  readonly ms?: number
  readonly when?: "before" | "after"
  readonly status?: number
  readonly code?: number
  readonly message?: string
  readonly retryAfter?: number | string
  readonly accepted?: boolean
  readonly errorCode?: number | string
  readonly errorMessage?: string
  readonly line?: string
  readonly event?: string
}

/**
 * A fault for the next matching requests: `skip` of them pass first (default 0), then `times` meet it (default 1).
 *
 * @since 0.1.0
 * @category models
 */
export interface ScriptedFault extends FaultParams {
  readonly vendor: Vendor
  readonly kind: FaultKind
  readonly match?: FaultMatch
  readonly times?: number | "forever"
  readonly skip?: number
}

/**
 * Faults by chance: each matching request meets one of `kinds` with probability `rate`, drawn from `seed`. Without
 * `match` only POST requests are drawn.
 *
 * @since 0.1.0
 * @category models
 */
export interface SeededFault extends FaultParams {
  readonly vendor: Vendor
  readonly seed: number
  readonly rate: number
  readonly kinds: ReadonlyArray<FaultKind>
  readonly match?: FaultMatch
}

/**
 * What can be added to a sandbox.
 *
 * @since 0.1.0
 * @category models
 */
export type FaultInput = ScriptedFault | SeededFault

/**
 * A fault that is in place: `met` counts the requests or webhooks that it struck.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fault {
  readonly id: string
  readonly rule: FaultInput
  readonly met: number
}
