/** The faults of the sandbox as the model knows them: whether the vendor takes the request, and what the client sees. */
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

/** `replay`: the vendor honours keys. `list`: it shows what it took. */
export type Way = "replay" | "list"

/** Why an answer is not one, or is one of refusal. `answer`: the vendor's own; `nothing`: none ever comes. */
type Seen = "answer" | "nothing" | "refused" | "reset" | "server-error" | "bad-answer" | "limited" | "error-body"

/**
 * `takes`: the vendor handles the request as usual, though the client may not learn of it. `own`: it is the carrier's own
 * failure, which may open its breaker.
 */
interface Course {
  readonly takes: boolean | "as the body says"
  readonly sees: Seen
  readonly own: boolean
}

const fine: Course = { takes: true, sees: "answer", own: false }

// the sandbox's table, packages/sandbox/src/Fault.ts; test/parity compares what comes of each row
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

/** What a carrier certainly refuses, whosever fault it is. */
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
 * What the body of an answer of status 200 may say (the vendor that lists has such answers). `named`: it names the message,
 * so that the vendor can be asked about that one.
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

/** What an HTTP client says of a connection that was not ready for the request. No request leaves by such a one. */
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

/** The failures of TLS, which took place over a connection. */
export const inHandshake: ReadonlySet<Unconnected> = new Set(["certificate", "handshake", "cut off"])

/** What an HTTP client says of a connection that broke when the request may have left. */
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

/** What a client's error proves is production's own to say. */
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

/** The errors of one carrier. Each is made once: making an error costs more than everything else about a request. */
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
  // the sentence is put together each time that it is read, and decisions read it often
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
