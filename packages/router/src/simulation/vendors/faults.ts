/** Defines the model's version of the sandbox's faults: whether the vendor takes the request, and what the client sees. */
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { CarrierId } from "@interline/core/CarrierId"
import * as MessagingError from "@interline/core/MessagingError"
import * as Transport from "@interline/core/Transport"
import * as Duration from "effect/Duration"

export const kinds = [
  "refused",
  "reset-before",
  "hang-before",
  "5xx-before",
  "429",
  "ack-lost-reset",
  "ack-lost-hang",
  "ack-lost-half",
  "ack-lost-502",
  "5xx-after",
  "2xx-empty",
  "2xx-no-id",
  "2xx-not-json",
  "200-error-body",
  "delay",
  "late-listing",
  "line-flagged",
  "downgrade-sms",
  "webhook-duplicate",
  "webhook-reorder",
  "webhook-late"
] as const

export type Kind = (typeof kinds)[number]

/** How a lost answer is cleared up. `replay`: the vendor honours idempotency keys. `list`: the vendor lists the messages that it took. */
export type Way = "replay" | "list"

/** What the client sees. `answer`: the vendor's own answer. `nothing`: no answer ever comes. Each other name is an error. */
type Seen = "answer" | "nothing" | "refused" | "reset" | "server-error" | "bad-answer" | "limited" | "error-body"

/** The course of a request with a fault. */
interface Course {
  /** Whether the vendor handles the request as usual. The client may not learn of it. */
  readonly takes: boolean | "as the body says"
  readonly sees: Seen
  /** Whether the fault is the carrier's own. Such a fault may open the breaker. */
  readonly own: boolean
}

const fine: Course = { takes: true, sees: "answer", own: false }

// the same table as the sandbox's in packages/sandbox/src/Fault.ts; test/parity compares the result of each row
export const courses = {
  refused: { takes: false, sees: "refused", own: true },
  "reset-before": { takes: false, sees: "reset", own: true },
  "hang-before": { takes: false, sees: "nothing", own: true },
  "5xx-before": { takes: false, sees: "server-error", own: true },
  "429": { takes: false, sees: "limited", own: false },
  "ack-lost-reset": { takes: true, sees: "reset", own: true },
  "ack-lost-hang": { takes: true, sees: "nothing", own: true },
  "ack-lost-half": { takes: true, sees: "reset", own: true },
  "ack-lost-502": { takes: true, sees: "server-error", own: true },
  "5xx-after": { takes: true, sees: "server-error", own: true },
  "2xx-empty": { takes: true, sees: "bad-answer", own: true },
  "2xx-no-id": { takes: true, sees: "bad-answer", own: true },
  "2xx-not-json": { takes: true, sees: "bad-answer", own: true },
  "200-error-body": { takes: "as the body says", sees: "error-body", own: true },
  delay: { takes: true, sees: "answer", own: true },
  "late-listing": fine,
  "line-flagged": { takes: true, sees: "answer", own: true },
  "downgrade-sms": fine,
  "webhook-duplicate": fine,
  "webhook-reorder": fine,
  "webhook-late": fine
} as const satisfies Record<Kind, Course>

/** The certain refusals of a carrier. `own`: the fault is the carrier's or its line's. */
export const refusals = {
  caller: { reason: "InvalidInput", status: 400, own: false },
  recipient: { reason: "RecipientUnreachable", status: 409, own: false },
  "opted-out": { reason: "OptedOut", status: 403, own: false },
  account: { reason: "Authentication", status: 401, own: false },
  line: { reason: "LineNotAllowed", status: 403, own: true },
  flagged: { reason: "LineUnavailable", status: 403, own: true },
  "not-ready": { reason: "NotReady", status: 409, own: true },
  carrier: { reason: "Failed", status: 200, own: true }
} as const satisfies Record<string, { readonly reason: MessagingError.ReasonTag; readonly status: number; readonly own: boolean }>

export type Refusal = keyof typeof refusals

/**
 * The error bodies of answers with status 200. Only the vendor with a list has such answers. `accepted`: the vendor took the message
 * nevertheless. `named`: the body names the message, so that the vendor can be asked about it.
 */
export const bodies = {
  "4000": { reason: "InvalidInput", accepted: false, named: false },
  "402": { reason: "OptedOut", accepted: false, named: false },
  "10001": { reason: "Failed", accepted: false, named: false },
  "10002": { reason: "Unrecognized", accepted: false, named: false },
  "10002-accepted": { reason: "Unrecognized", accepted: true, named: true },
  "5000-accepted": { reason: "Unavailable", accepted: true, named: false },
  "22-accepted": { reason: "Unrecognized", accepted: true, named: false }
} as const satisfies Record<string, { readonly reason: MessagingError.ReasonTag; readonly accepted: boolean; readonly named: boolean }>

export type Body = keyof typeof bodies

export const bodyNames = [
  "4000",
  "402",
  "10001",
  "10002",
  "10002-accepted",
  "5000-accepted",
  "22-accepted"
] as const satisfies ReadonlyArray<Body>

/** The errors of an HTTP client if the connection was never ready for the request. Then no request left. */
export const unconnected = {
  refused: { code: "ECONNREFUSED", syscall: "connect" },
  name: { code: "ENOTFOUND", syscall: "getaddrinfo" },
  route: { code: "EHOSTUNREACH", syscall: "connect" },
  time: { code: "UND_ERR_CONNECT_TIMEOUT" },
  certificate: { code: "CERT_HAS_EXPIRED" },
  handshake: { code: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION" },
  "cut off": { code: "ECONNRESET", message: "Client network socket disconnected before secure TLS connection was established" }
} as const satisfies Record<string, Failure>

export type Unconnected = keyof typeof unconnected

export const unconnectedNames = [
  "refused",
  "name",
  "route",
  "time",
  "certificate",
  "handshake",
  "cut off"
] as const satisfies ReadonlyArray<Unconnected>

/** The failures of the TLS handshake. At that time a TCP connection exists already. */
export const inHandshake: ReadonlySet<Unconnected> = new Set(["certificate", "handshake", "cut off"])

/** The errors of an HTTP client if the connection broke later. Then the request may have left. */
export const breaks = {
  reset: { code: "ECONNRESET", syscall: "read" },
  pipe: { code: "EPIPE", syscall: "write" },
  time: { code: "ETIMEDOUT", syscall: "read" },
  closed: { code: "UND_ERR_SOCKET" },
  nothing: {}
} as const satisfies Record<string, Failure>

export type Break = keyof typeof breaks

export const breakNames = ["reset", "pipe", "time", "closed", "nothing"] as const satisfies ReadonlyArray<Break>

interface Failure {
  readonly code?: string
  readonly syscall?: string
  readonly message?: string
}

const request = HttpClientRequest.post("https://vendor.example.com")

/** Makes the error of a failed connection. Production's own code decides what the client's error proves. */
const proved = (carrierId: CarrierId, { message = "fetch failed", ...rest }: Failure): MessagingError.MessagingError =>
  Transport.fromHttpClientError(
    new HttpClientError.RequestError({ request, reason: "Transport", cause: Object.assign(new Error(message), rest) }),
    carrierId,
    "send"
  )

const reasons = {
  "server-error": { reason: "Unavailable", context: { status: 503 } },
  "bad-answer": { reason: "BadResponse", context: { status: 200 } }
} as const satisfies Record<string, { readonly reason: MessagingError.ReasonTag; readonly context: Partial<MessagingError.Context> }>

/** The errors of one carrier. Each error is made once, because making it costs more time than the rest of a request. */
export interface CarrierErrors {
  readonly seen: (name: keyof typeof reasons) => MessagingError.MessagingError
  readonly unconnected: (name: Unconnected) => MessagingError.MessagingError
  readonly broke: (name: Break) => MessagingError.MessagingError
  readonly limited: (seconds: number) => MessagingError.MessagingError
  readonly refusal: (name: Refusal) => MessagingError.MessagingError
  readonly body: (name: Body) => MessagingError.MessagingError
  readonly suppressed: MessagingError.MessagingError
  readonly late: (certainty: MessagingError.Certainty, blame: MessagingError.Blame) => MessagingError.MessagingError
}

const memoize = <K, A>(build: (key: K) => A): (key: K) => A => {
  const known = new Map<K, A>()
  return (key) => {
    const before = known.get(key)
    if (before !== undefined) return before
    const built = build(key)
    known.set(key, built)
    return built
  }
}

export const errorsOf: (carrierId: CarrierId) => CarrierErrors = memoize((carrierId) => {
  // an error builds its message at each read, and decisions read it often: so the message is built once here
  const told = (error: MessagingError.MessagingError): MessagingError.MessagingError =>
    Object.defineProperty(error, "message", { value: error.message })
  const make = (reason: MessagingError.ReasonTag, more: Partial<MessagingError.Context> = {}) =>
    told(MessagingError.make(reason, { carrierId, operation: "send", ...more }))
  const late = memoize((key: `${MessagingError.Certainty} ${MessagingError.Blame}`) => {
    const [certainty, blame] = key.startsWith("unknown") ? ["unknown", key.slice(8)] as const : ["not-sent", key.slice(9)] as const
    return make("Timeout", {
      certainty,
      blame: blame === "caller" ? "caller" : "network",
      next: certainty === "unknown" ? "reconcile" : "reroute"
    })
  })
  return {
    seen: memoize((name) => make(reasons[name].reason, reasons[name].context)),
    unconnected: memoize((name) => told(proved(carrierId, unconnected[name]))),
    broke: memoize((name) => told(proved(carrierId, breaks[name]))),
    limited: memoize((seconds) => make("RateLimited", { status: 429, retryAfter: Duration.seconds(seconds) })),
    refusal: memoize((name) => make(refusals[name].reason, { status: refusals[name].status })),
    body: memoize((name) => make(bodies[name].reason, { status: 200, vendorCode: name.replace("-accepted", "") })),
    suppressed: make("Suppressed"),
    late: (certainty, blame) => late(`${certainty} ${blame}`)
  }
})
