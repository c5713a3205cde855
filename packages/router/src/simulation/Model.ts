/** What the simulation is told and what it answers, as types: how much goes wrong, what must hold, and the reports. */
import type { ReasonTag } from "@interline/core/MessagingError"
import type { Finding } from "@interline/core/OperationSignatures"
import type { Outcome } from "@interline/core/Outcome"
import type { Decide } from "../decision/Decision.ts"
import type { Complete } from "../policy/Policy.ts"
import type * as VendorsFaults from "./vendors/faults.ts"

/**
 * What can happen to one request, by the sandbox's names.
 *
 * @category models
 */
export type FaultKind = VendorsFaults.Kind

/**
 * How much goes wrong. The numbers are probabilities.
 *
 * @category models
 */
export interface Faults {
  /**
   * How many requests meet a fault of `kinds`. Undefined lets each seed draw it, from calm to every other request.
   */
  readonly rate: number | undefined
  /** The faults that requests meet. */
  readonly kinds: readonly [FaultKind, ...ReadonlyArray<FaultKind>]
  /** A vendor certainly refuses a request, whosever fault it is. */
  readonly refusals: number
  /** A vendor has an outage (or a second, or a third). */
  readonly outages: number
  /** Our process is lost once. */
  readonly crashes: number
  /** A caller goes away. */
  readonly departures: number
  /** A person opts out. */
  readonly optOuts: number
  /** A list is short or contradicts itself, shows a message in another spelling, or shows one that is not ours. */
  readonly lists: number
  /**
   * The seed has a second run, in which several processes share a ledger. They are lost and frozen, and their wall
   * clocks differ and are set.
   */
  readonly processes: number
}

/**
 * What is put to the test instead of production's own, so that a test can plant a mistake and see it found.
 *
 * @category models
 */
export interface SystemUnderTest {
  /** The state machine. Default: production's. */
  readonly decide?: Decide
  /** Where it is checked that nobody who opted out is written to: at each request, or once before the send. */
  readonly fence?: "egress" | "before"
  /** Whether equal texts are counted before one in a list is taken for ours. */
  readonly rivals?: "counted" | "ignored"
  /** Whether replays end when the vendor may have forgotten the key. */
  readonly replays?: "within" | "always"
  /** Whether a list that is not whole still shows absences. */
  readonly gaps?: "heeded" | "ignored"
  /** Whether a message that is not equal keeps an absence from being a proof. */
  readonly others?: "heeded" | "ignored"
  /** Whether the vendor's clock is measured, or forgiven a minute. */
  readonly clocks?: "measured" | "forgiven"
  /** Whether a failure of TLS is certainly not sent, or called unknown. */
  readonly handshakes?: "certain" | "unknown"
  /** Whether the claim of a process that is gone ends. */
  readonly claims?: "leased" | "forever"
  /** Whether a process that takes over heeds what was about to leave. */
  readonly takeovers?: "heeding" | "forgetful"
  /** Whether an answer that comes after its lease was lost is told as a fact. */
  readonly receipts?: "told" | "dropped"
  /** By which clock waits inside a process are measured. */
  readonly time?: "steady" | "wall"
}

/**
 * What must hold for every seed.
 *
 * `received-twice`: nobody gets one delivery twice, unless the policy took the first for not sent or took the risk.
 * `accepted-but-not-received`: what is reported accepted was taken by a vendor, and is on the phone unless the vendor reported a
 * failure later; equal texts to one person count together. `not-sent-but-received`: what is reported as not sent is on no phone,
 * unless the policy left that copy behind. `held-although-decidable`, `answered-without-proof`: a send is held exactly if no look
 * that the policy allows and no fact would have settled it. `written-to-after-opt-out`: no request leaves to somebody whose
 * opt-out was known. `breaker-without-faults`: a line is put to rest only for enough faults of its carrier's own.
 * `moved-without-certainty`: another carrier is asked only after a certain refusal, or with leave of the policy. `asked-twice`: a
 * carrier has one generation of a delivery. `sent-for-nobody`: nothing new is begun after the caller went away. `pinned-moved`: a
 * pinned conversation stays. `late-arrival-unreported`: what arrives although it was taken for not sent is reported as soon as
 * anybody says so. `replayed-too-late`: no request is repeated under a key that its vendor may have forgotten. `unbounded`: requests and time have a bound. `no-answer`: every send ends.
 *
 * @category models
 */
export type Invariant =
  | "received-twice"
  | "accepted-but-not-received"
  | "not-sent-but-received"
  | "held-although-decidable"
  | "answered-without-proof"
  | "written-to-after-opt-out"
  | "breaker-without-faults"
  | "moved-without-certainty"
  | "asked-twice"
  | "sent-for-nobody"
  | "pinned-moved"
  | "late-arrival-unreported"
  | "replayed-too-late"
  | "unbounded"
  | "no-answer"

/**
 * A promise that a seed broke.
 *
 * @category models
 */
export interface Violation {
  /** What did not hold. */
  readonly invariant: Invariant
  /** The number of the send. Undefined if it is about none. */
  readonly delivery: number | undefined
  /** What happened, for people. */
  readonly detail: string
}

/**
 * What came of one seed.
 *
 * @category models
 */
export interface Report {
  /** The seed. */
  readonly seed: number
  /** How many sends there were. */
  readonly sends: number
  /** Sends that were answered as accepted. */
  readonly accepted: number
  /** Sends that were answered as certainly not sent. */
  readonly rejected: number
  /** Sends of which a part was answered as accepted. */
  readonly partial: number
  /** Sends that were answered as not known. */
  readonly held: number
  /** Held sends that a later fact settled. */
  readonly settledLater: number
  /** Doubts that nothing would have settled. */
  readonly undecidable: number
  /** Deliveries that somebody got twice, with leave of the policy or not. */
  readonly duplicates: number
  /** Sends that were called accepted, and no phone got them. */
  readonly falseAccepts: number
  /** Sends that were called not sent, and a phone got them. */
  readonly falseRejects: number
  /** Messages that arrived after they were taken for not sent. */
  readonly lateArrivals: number
  /** Requests that left. */
  readonly requests: number
  /** How long each send that another carrier took in the end was under way, in milliseconds. */
  readonly failovers: ReadonlyArray<number>
  /** The promises that were broken. */
  readonly violations: ReadonlyArray<Violation>
}

/**
 * A seed and what it is run with.
 *
 * @category models
 */
export interface Options {
  /** The seed. The same seed gives the same run. */
  readonly seed: number
  /** Default: the policy that only names its carriers. */
  readonly policy?: Complete
  /** Default: `Simulation.defaultFaults`. */
  readonly faults?: Partial<Faults>
  /** How many sends there are. Default: 24. */
  readonly sends?: number
  /** Default: production's own. */
  readonly subject?: SystemUnderTest
}

/**
 * What the body of a vendor's answer of status 200 may say instead of success: the vendor's code, and whether it took the message
 * all the same.
 *
 * @category models
 */
export type ErrorBody = VendorsFaults.Body

/**
 * One send at one model vendor whose first request meets a fault.
 *
 * @category models
 */
export interface Probe {
  /** The model vendor. */
  readonly carrier: "linq" | "sendblue"
  /** The fault of the first request. A `delay` lasts longer than anybody waits. */
  readonly kind: FaultKind
  /** What a `200-error-body` says. */
  readonly body?: ErrorBody
  /** How long a `429` asks to wait, in seconds. */
  readonly retryAfter?: number
  /** Where a `delay` happens: before the vendor handles the request, or on the way back. */
  readonly lateAt?: "vendor" | "answer"
}

/**
 * What came of a probe.
 *
 * @category models
 */
export interface Probed {
  /** What the client saw. */
  readonly outcome: Outcome["_tag"]
  /** The reason of its error, if there was one. */
  readonly reason: ReasonTag | undefined
  /** How many copies were on the phone then. */
  readonly copies: number
  /** If the answer was lost: what a look showed at once, and what a look showed two minutes later. */
  readonly findings: ReadonlyArray<Finding["_tag"]>
  /** How many copies were on the phone in the end. */
  readonly copiesInTheEnd: number
}

/**
 * Many reports in one.
 *
 * @category models
 */
export interface Summary extends Omit<Report, "seed" | "violations" | "failovers"> {
  /** How many seeds were run. */
  readonly seeds: number
  /** How many promises were broken. */
  readonly violations: number
  /** Times to failover, counted in buckets; see `failoverWithin`. */
  readonly failovers: ReadonlyArray<number>
}
