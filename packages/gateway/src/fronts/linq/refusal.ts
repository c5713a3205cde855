/** Replies: Linq's error envelope, and our reasons in Linq's codes. */
import type { MessagingError, ReasonTag } from "@interline/core/MessagingError"
import * as Problem from "@interline/core/Problem"
import type { Reply } from "@interline/sql/RequestLog"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

interface Traced {
  readonly traceId: string
}

export const json = (
  call: Traced,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {}
): Reply => ({
  status,
  headers: { "content-type": "application/json", "x-trace-id": call.traceId, ...headers },
  body: JSON.stringify(body)
})

export const empty = (call: Traced, status: number): Reply => ({ status, headers: { "x-trace-id": call.traceId }, body: "" })

/** The answer to a request whose work is done later. */
export const accepted = (call: Traced, message: string): Reply => json(call, 202, { status: "accepted", message, trace_id: call.traceId })

export interface Code {
  readonly status: number
  readonly code: number
}

/**
 * An answer in Linq's envelope. `again`: certainly nothing happened, so the same request may run anew. `later`: the same request may
 * succeed after a while.
 */
export class Refusal extends Data.TaggedError("LinqRefusal")<
  & Code
  & {
    readonly message: string
    readonly again: boolean
    readonly later: boolean
    readonly retryAfter?: number
    readonly headers?: Readonly<Record<string, string>>
    /** The vendor's own answer, which is given as it is. */
    readonly passed?: Reply
  }
> {}

// Linq's codes by our reasons; Linq docs, read 2026-11-21. If a carrier refuses the gateway's own credentials, the caller is not
// at fault: the answer is that a service cannot be reached, never 401
export const reasons = {
  InvalidInput: { status: 400, code: 1005 },
  Unsupported: { status: 403, code: 2011 },
  Suppressed: { status: 403, code: 2024 },
  OptedOut: { status: 403, code: 2024 },
  RecipientNotAllowed: { status: 403, code: 2008 },
  RecipientBlocked: { status: 403, code: 2026 },
  RecipientUnreachable: { status: 422, code: 4005 },
  Authentication: { status: 503, code: 4004 },
  Permission: { status: 403, code: 2005 },
  LineNotAllowed: { status: 403, code: 2006 },
  LineUnavailable: { status: 403, code: 2027 },
  NotFound: { status: 404, code: 2001 },
  NotReady: { status: 409, code: 2009 },
  Conflict: { status: 409, code: 2015 },
  RateLimited: { status: 429, code: 1007 },
  MediaRejected: { status: 400, code: 5004 },
  Unavailable: { status: 500, code: 3004 },
  ConnectionFailed: { status: 503, code: 4004 },
  Transport: { status: 500, code: 3003 },
  Timeout: { status: 504, code: 3005 },
  Cancelled: { status: 503, code: 4004 },
  BadResponse: { status: 500, code: 3004 },
  Failed: { status: 500, code: 4001 },
  Unrecognized: { status: 500, code: 3006 }
} as const satisfies Record<ReasonTag, Code>

const invalidValue = { status: 400, code: 1005 } as const
const invalidContent = { status: 400, code: 1004 } as const
const unavailableFeature = { status: 403, code: 2011 } as const

// Linq's codes by the rule that was broken; Linq docs, read 2026-11-21
export const rules = {
  type: { status: 400, code: 1003 },
  handle: { status: 400, code: 1002 },
  line: { status: 403, code: 2006 },
  "empty-draft": { status: 400, code: 1001 },
  "empty-text": invalidContent,
  url: invalidValue,
  "one-of": invalidContent,
  "decoration-range": invalidContent,
  "decoration-kind": invalidContent,
  effect: invalidValue,
  members: invalidValue,
  recipient: invalidValue,
  key: { status: 409, code: 2015 },
  after: { status: 409, code: 2015 },
  "text-length": invalidContent,
  "link-length": invalidContent,
  "link-alone": invalidContent,
  "consecutive-text": invalidContent,
  "part-count": invalidContent,
  "media-count": invalidContent,
  "media-format": { status: 400, code: 5004 },
  "media-size": { status: 400, code: 5005 },
  "media-scheme": invalidValue,
  attachment: unavailableFeature,
  "decoration-overlap": invalidContent,
  "decoration-count": invalidContent,
  // the code for a direct chat, linq-go 0.38.3, read 2026-11. Linq also answers 409 for a person who left; its code there is not known
  mention: { status: 409, code: 2023 },
  "mention-range": invalidContent,
  "mention-count": invalidContent,
  "key-length": invalidValue,
  "first-message": invalidValue,
  reply: invalidValue,
  "recipient-count": invalidValue,
  fidelity: unavailableFeature,
  feature: unavailableFeature,
  edit: invalidContent,
  reaction: invalidValue,
  name: invalidValue
} as const satisfies Record<Problem.Rule, Code>

/** Refuses a request that is wrong itself. Nothing happened. */
export const make = ({ code, status }: Code, message: string): Refusal => new Refusal({ status, code, message, again: true, later: false })

export const refuse = (code: Code, message: string): Effect.Effect<never, Refusal> => Effect.fail(make(code, message))

export const refuseMissing = (field: string): Effect.Effect<never, Refusal> =>
  refuse({ status: 400, code: 1001 }, `Missing required field: ${field}`)
export const refuseBody = (message: string): Effect.Effect<never, Refusal> => refuse({ status: 400, code: 1003 }, message)
export const refuseValue = (message: string): Effect.Effect<never, Refusal> => refuse(invalidValue, message)
export const refuseHandle = (field: string): Effect.Effect<never, Refusal> =>
  refuse({ status: 400, code: 1002 }, `${field} must be a phone number in E.164 format or an e-mail address`)
export const refuseLine = (field: string): Effect.Effect<never, Refusal> =>
  refuse({ status: 403, code: 2006 }, `${field} is not a number of a configured line`)
export const refuseFeature = (message: string): Effect.Effect<never, Refusal> => refuse(unavailableFeature, message)

export const unauthorized = make({ status: 401, code: 2004 }, "Unauthorized - missing or invalid authentication token")
export const noResource = make({ status: 404, code: 2001 }, "Resource not found")
export const noChat = make({ status: 404, code: 2001 }, "Chat not found")
export const noMessage = make({ status: 404, code: 2002 }, "Message not found")
export const noAttachment = make({ status: 404, code: 2003 }, "Attachment not found")
export const noSubscription = make({ status: 404, code: 2010 }, "Webhook subscription not found")
export const noContactCard = make({ status: 404, code: 2012 }, "Contact card not found")
export const noPhoneNumber = make({ status: 404, code: 2019 }, "Phone number not found")
export const notReady = new Refusal({ status: 404, code: 2007, message: "Attachment not ready", again: true, later: true })

/** The key belongs to another request. The answer says nothing about that one. */
export const conflict = make(rules.key, "the Idempotency-Key was used for another request; nothing is done under it again")

/** The vendor's own answer, with which certainly nothing happened. */
export const ofPassed = (passed: Reply): Refusal =>
  new Refusal({ status: passed.status, code: 0, message: "", again: true, later: true, passed })

/** The same refusal with these headers. */
export const withHeaders = (refusal: Refusal, headers: Readonly<Record<string, string>>): Refusal => {
  const { again, code, later, message, retryAfter, status } = refusal
  return new Refusal({ status, code, message, again, later, headers, ...(retryAfter === undefined ? {} : { retryAfter }) })
}

/** The request failed in the middle. Nobody knows what it did. */
export const broken = new Refusal({ status: 500, code: 3006, message: "Internal server error", again: false, later: false })

/** An earlier try of the same request was cut off. Nobody knows what it did. */
export const lost = new Refusal({
  status: 500,
  code: 3006,
  message: "it is not known whether this was done: the process that ran the request ended before it answered",
  again: false,
  later: false
})

/** This process is about to stop; another process can take the request. */
export const draining = new Refusal({
  status: 503,
  code: 4004,
  message: "the gateway is about to stop; nothing was done, so try again",
  again: true,
  later: true,
  retryAfter: 5
})

/** The gateway cannot read its keys now. */
export const keysUnreadable = new Refusal({
  status: 503,
  code: 4004,
  message: "the gateway cannot read its API keys now; nothing was done, so try again",
  again: true,
  later: true
})

/** The key is valid, and does not allow this; the code is the one of a missing permission. */
export const forbidden = (why: string): Refusal => make(reasons.Permission, why)

/** The problems of an input in Linq's words. The first problem decides the code. */
export const ofProblems = (problems: ReadonlyArray<Problem.Problem>): Refusal =>
  make(problems[0] === undefined ? invalidValue : rules[problems[0].rule], problems.map(Problem.format).join("; "))

const missed = {
  message: noMessage,
  attachment: noAttachment,
  chat: noChat
} as const

/**
 * A carrier's error in Linq's words. `of` names the thing that is missing if the carrier does not find it. A client may try again by
 * itself if certainly nothing happened and the request was not at fault.
 */
export const ofError = (error: MessagingError, of: keyof typeof missed = "chat"): Refusal => {
  const again = error.certainty === "not-sent"
  const { problems, reason } = error
  if (reason === "InvalidInput" && problems !== undefined) return ofProblems(problems)
  const { code, status } = reason === "NotFound" ? missed[of] : reasons[reason]
  return new Refusal({
    status,
    code,
    message: error.message,
    again,
    later: again && (error.next === "retry" || error.blame === "carrier" || error.blame === "network"),
    ...(error.retryAfter === undefined ? {} : { retryAfter: Math.max(1, Math.ceil(Duration.toSeconds(error.retryAfter))) })
  })
}

export const lift = <A>(effect: Effect.Effect<A, MessagingError>, of?: keyof typeof missed): Effect.Effect<A, Refusal> =>
  Effect.mapError(effect, (error) => ofError(error, of))

// both official clients repeat 408, 409, 429 and 5xx, unless the answer forbids it
const isRepeated = (status: number): boolean => status === 408 || status === 409 || status >= 500

/** The reply. Only a refusal that says `later` invites a client to try again. */
export const reply = (refusal: Refusal, traceId: string): Reply =>
  refusal.passed ?? ({
    status: refusal.status,
    headers: {
      "content-type": "application/json",
      "x-trace-id": traceId,
      ...refusal.headers,
      ...(refusal.retryAfter === undefined ? {} : { "retry-after": String(refusal.retryAfter) }),
      ...(isRepeated(refusal.status) && !refusal.later ? { "x-should-retry": "false" } : {})
    },
    body: JSON.stringify({
      success: false,
      error: {
        status: refusal.status,
        code: refusal.code,
        message: refusal.message,
        ...(refusal.retryAfter === undefined ? {} : { retry_after: refusal.retryAfter }),
        doc_url: `https://docs.linqapp.com/error/codes/${Math.floor(refusal.code / 1000)}xxx/${refusal.code}/`
      },
      trace_id: traceId
    })
  })
