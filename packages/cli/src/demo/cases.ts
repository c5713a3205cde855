/** The troubles of part two, as data: what happens to the carrier that is asked first, and what may come of it. */
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

/** How a send ended, in the words of the JSON document. */
export type Ending = "accepted" | "not-sent" | "held" | "partial" | "invalid"

export interface Expectation {
  readonly outcome: Ending
  /** How many copies may be on the phone afterwards. */
  readonly copies: ReadonlyArray<number>
}

export interface Case {
  readonly tells: string
  /** What the case rests on and does not show. */
  readonly note?: string
  /** What the case's policy says beside the one that all share, by the carrier that is asked first. */
  readonly policy?: Readonly<Partial<Record<Vendor, Partial<Policy.Input>>>>
  readonly arrange: (world: World, first: Vendor, handle: string) => Effect.Effect<void, WorldError, Scope.Scope>
  /** What the router is told of the carrier that is asked first, before the send; a real application makes it of a webhook. */
  readonly heard?: Readonly<Partial<Record<Vendor, ReadonlyArray<MessagingEvent>>>>
  readonly expected: Readonly<Record<Vendor, Expectation>>
}

/**
 * Long enough that a busy machine is not taken for a hanging carrier: a lost answer is looked for until it is found, so
 * `within` costs time only where nothing is ever found.
 */
export const windows = {
  deadlines: { attempt: "2 seconds", send: "20 seconds" },
  reconcile: { every: "50 millis", within: "8 seconds" }
} as const satisfies Partial<Policy.Input>

/** Where nothing can be found. */
const brief = { reconcile: { every: "100 millis", within: "1 second" } } as const satisfies Partial<Policy.Input>

/** Where a carrier never answers. */
const impatient = { deadlines: { attempt: "600 millis", send: "20 seconds" } } as const satisfies Partial<Policy.Input>

/** What all cases share. */
export const policy = (first: Vendor): Policy.Input => ({
  prefer: [first, ...vendors.filter((vendor) => vendor !== first)],
  ...windows
})

/** The requests that send a text, and nothing else. */
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

/** In the order in which they are shown. */
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
    // Linq is asked again under the same key; that a text is missing from Sendblue's list proves nothing
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
    // made by hand: the payload of Sendblue's webhook is not published, and its list of lines calls a flagged one DEGRADED, which can send
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

/** The same, one by one. */
export const all: ReadonlyArray<readonly [CaseName, Case]> = Struct.entries(cases)
