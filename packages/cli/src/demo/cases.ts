/** Lists the cases of part two: each says what happens to the first carrier, and which outcome is promised. */
import * as CarrierId from "@interline/core/CarrierId"
import * as Handle from "@interline/core/Handle"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import type * as Policy from "@interline/router/Policy"
import type { FaultInput, FaultKind, ScriptedFault } from "@interline/sandbox/Fault"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Struct from "effect/Struct"
import { numbers, type Vendor, vendors } from "../configuration.ts"
import type { World, WorldError } from "./world.ts"

/** The outcome of a send, in the words of the JSON output. */
export type Ending = "accepted" | "not-sent" | "held" | "partial" | "invalid"

export interface Expectation {
  readonly outcome: Ending
  /** The numbers of copies that may be on the phone after the send. */
  readonly copies: ReadonlyArray<number>
}

export interface Case {
  readonly tells: string
  /** A fact that the case depends on and that its output does not show. */
  readonly note?: string
  /** The additions of this case to the shared policy, by the first carrier. */
  readonly policy?: Readonly<Partial<Record<Vendor, Partial<Policy.Input>>>>
  readonly arrange: (world: World, first: Vendor, handle: string) => Effect.Effect<void, WorldError, Scope.Scope>
  /** The events that the router gets about the first carrier before the send. A real application makes them from webhooks. */
  readonly heard?: Readonly<Partial<Record<Vendor, ReadonlyArray<MessagingEvent>>>>
  readonly expected: Readonly<Record<Vendor, Expectation>>
}

/**
 * The times are long, so that a carrier on a busy machine does not look like a carrier that hangs. The search for a lost answer ends when
 * the answer is found. So a long `within` costs time only if nothing is ever found.
 */
export const windows = {
  deadlines: { attempt: "2 seconds", send: "20 seconds" },
  reconcile: { every: "50 millis", within: "8 seconds" }
} as const satisfies Partial<Policy.Input>

/** For cases in which nothing can be found: a short search. */
const brief = { reconcile: { every: "100 millis", within: "1 second" } } as const satisfies Partial<Policy.Input>

/** For cases in which a carrier never answers: a short deadline. */
const impatient = { deadlines: { attempt: "600 millis", send: "20 seconds" } } as const satisfies Partial<Policy.Input>

/** The policy that all cases share. */
export const policy = (first: Vendor): Policy.Input => ({
  prefer: [first, ...vendors.filter((vendor) => vendor !== first)],
  ...windows
})

/** Matches only the requests that send a text. */
const sends = {
  linq: { method: "POST", path: "/v3/chats" },
  sendblue: { method: "POST", path: "/api/send-message" }
} as const satisfies Record<Vendor, ScriptedFault["match"]>

const toSends = (kind: FaultKind, more: Partial<ScriptedFault> = {}) => (first: Vendor): FaultInput => ({
  vendor: first,
  kind,
  match: sends[first],
  ...more
})

const toAll = (kind: FaultKind) => (first: Vendor): FaultInput => ({ vendor: first, kind, times: "forever" })

const faults = (...all: ReadonlyArray<(first: Vendor) => FaultInput>): Case["arrange"] => (world, first) =>
  Effect.forEach(all, (fault) => world.fault(fault(first)), { discard: true })

const one: Expectation = { outcome: "accepted", copies: [1] }

const held: Expectation = { outcome: "held", copies: [0, 1] }

const both = <A>(value: A): Readonly<Record<Vendor, A>> => ({ linq: value, sendblue: value })

/** The cases, in the order in which the demo shows them. */
export const cases = {
  healthy: {
    tells: "both carriers are well",
    arrange: faults(),
    expected: both(one)
  },
  refused: {
    tells: "the first refuses connections",
    arrange: faults(toAll("refused")),
    expected: both(one)
  },
  "503-before": {
    tells: "the first answers 503, did not take it, then recovers",
    policy: { sendblue: brief },
    arrange: faults(toSends("5xx-before", { status: 503 })),
    // Linq can be asked again with the same key; at Sendblue, a text that is missing from the list may still have been sent
    expected: { linq: one, sendblue: held }
  },
  "ack-lost": {
    tells: "the first takes it, and the connection drops before it says so",
    arrange: faults(toSends("ack-lost-reset")),
    expected: both(one)
  },
  hang: {
    tells: "the first takes it and never answers, then recovers",
    policy: both(impatient),
    arrange: faults(toSends("ack-lost-hang")),
    expected: both(one)
  },
  "rate-limited": {
    tells: "the first is full for an hour",
    arrange: faults(toSends("429", { retryAfter: 3_600 })),
    expected: both(one)
  },
  "line-flagged": {
    tells: "the first's line is flagged: Linq refuses to send, Sendblue takes a text and fails it later",
    note: "Sendblue first: one copy only because the demo itself tells Router.observe of the line, else accepted and lost",
    arrange: (world, first) => world.flagged(numbers[first]),
    // made by hand: Sendblue's webhook has no published payload, and its list calls a flagged line DEGRADED, which means that it can send
    heard: {
      sendblue: [{
        _tag: "Line",
        carrierId: CarrierId.make("sendblue"),
        number: Handle.phone(numbers.sendblue),
        status: "critical",
        available: false,
        raw: "line_blocked"
      }]
    },
    expected: both(one)
  },
  "opted-out": {
    tells: "the person opted out; the first says so, the second is not asked",
    arrange: (world, _, handle) => world.optedOut(handle),
    expected: both({ outcome: "not-sent", copies: [0] })
  },
  "down-unknown": {
    tells: "the first takes it, the connection drops, and it stays unreachable",
    policy: both(brief),
    arrange: faults(toSends("ack-lost-reset"), toAll("reset-before")),
    expected: both(held)
  },
  "503-before-absence-proof": {
    tells: "503-before, and the policy takes a text that Sendblue does not list in time for not sent",
    policy: both({ carriers: { sendblue: { absenceProof: "500 millis" } } }),
    arrange: faults(toSends("5xx-before", { status: 503 })),
    expected: both(one)
  }
} as const satisfies Record<string, Case>

export type CaseName = keyof typeof cases

/** The cases as pairs of name and case. */
export const all: ReadonlyArray<readonly [CaseName, Case]> = Struct.entries(cases)
