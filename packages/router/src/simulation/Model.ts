/**
 * What the simulation is told and what it answers, as types: how much goes wrong, what must hold, and the reports.
 *
 * @since 0.1.0
 */
import type { ReasonTag } from "@interline/core/MessagingError"
import type { Finding } from "@interline/core/Operations"
import type { Outcome } from "@interline/core/Outcome"
import type { Decide } from "../decision/Decision.ts"
import type { Complete } from "../policy/Policy.ts"
import type * as VendorsFaults from "./vendors/faults.ts"

/**
 * What can happen to one request, by the sandbox's names.
 *
 * @since 0.1.0
 * @category models
 */
export type FaultKind = VendorsFaults.Kind

/**
 * How much goes wrong; the numbers are probabilities. `rate`: a request meets a fault of `kinds`; undefined lets each seed draw
 * it, from calm to every other request. `refusals`: a vendor certainly refuses a request, whosever fault it is. `outages`: a
 * vendor has one (or a second, or a third). `crashes`: our process is lost once. `departures`: a caller goes away. `optOuts`: a
 * person opts out. `lists`: a list is short or contradicts itself, shows a message in another spelling, or shows one that is not
 * ours. `processes`: the seed has a second run, in which several processes share a ledger; they are lost and frozen, and their wall clocks
 * differ and are set.
 *
 * @since 0.1.0
 * @category models
 */
export interface Faults {
  readonly rate: number | undefined
  readonly kinds: readonly [FaultKind, ...ReadonlyArray<FaultKind>]
  readonly refusals: number
  readonly outages: number
  readonly crashes: number
  readonly departures: number
  readonly optOuts: number
  readonly lists: number
  readonly processes: number
}

/**
 * What is put to the test instead of production's own, so that a test can plant a mistake and see it found. `fence`: where it
 * is checked that nobody who opted out is written to, `"egress"` (each request) or `"before"` (once). `rivals`: whether equal
 * texts are counted before one in a list is taken for ours. `replays`: whether they end when the vendor may have forgotten the key.
 * `gaps`: whether a list that is not whole still shows absences. `others`: whether a message that is not equal keeps an absence from being
 * a proof. `clocks`: whether the vendor's is measured, or forgiven a minute. `handshakes`: whether a failure of TLS is certainly not
 * sent, or called unknown. Where several processes share a ledger: `claims`: whether the claim of a process that is gone ends; `takeovers`: whether
 * they heed what was about to leave; `receipts`: whether an answer that comes after its lease was lost is told as a fact; `time`: by which clock waits inside a process
 * are measured.
 *
 * @since 0.1.0
 * @category models
 */
export interface SystemUnderTest {
  readonly decide?: Decide
  readonly fence?: "egress" | "before"
  readonly rivals?: "counted" | "ignored"
  readonly replays?: "within" | "always"
  readonly gaps?: "heeded" | "ignored"
  readonly others?: "heeded" | "ignored"
  readonly clocks?: "measured" | "forgiven"
  readonly handshakes?: "certain" | "unknown"
  readonly claims?: "leased" | "forever"
  readonly takeovers?: "heeding" | "forgetful"
  readonly receipts?: "told" | "dropped"
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
 * @since 0.1.0
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
 * @since 0.1.0
 * @category models
 */
export interface Violation {
  readonly invariant: Invariant
  readonly delivery: number | undefined
  readonly detail: string
}

/**
 * What came of one seed. `accepted` to `held` count the answers that callers got, `settledLater` those of the held that a later
 * fact settled. `undecidable`: doubts that nothing would have settled. `duplicates`: deliveries that somebody got twice, with leave
 * of the policy or not. `falseAccepts` and `falseRejects`: answers that were wrong. `failovers`: how long each send that another
 * carrier took in the end was under way, in milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface Report {
  readonly seed: number
  readonly sends: number
  readonly accepted: number
  readonly rejected: number
  readonly partial: number
  readonly held: number
  readonly settledLater: number
  readonly undecidable: number
  readonly duplicates: number
  readonly falseAccepts: number
  readonly falseRejects: number
  readonly lateArrivals: number
  readonly requests: number
  readonly failovers: ReadonlyArray<number>
  readonly violations: ReadonlyArray<Violation>
}

/**
 * A seed and what it is run with. Default: the policy that only names its carriers, the default faults, 24 sends, production's
 * own decisions.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly seed: number
  readonly policy?: Complete
  readonly faults?: Partial<Faults>
  readonly sends?: number
  readonly subject?: SystemUnderTest
}

/**
 * What the body of a vendor's answer of status 200 may say instead of success: the vendor's code, and whether it took the message
 * all the same.
 *
 * @since 0.1.0
 * @category models
 */
export type ErrorBody = VendorsFaults.Body

/**
 * One send at one model vendor whose first request meets a fault. `body` is what a `200-error-body` says, `retryAfter` (seconds)
 * what a `429` says. A `delay` lasts longer than anybody waits, before the vendor handles the request or on the way back.
 *
 * @since 0.1.0
 * @category models
 */
export interface Probe {
  readonly carrier: "linq" | "sendblue"
  readonly kind: FaultKind
  readonly body?: ErrorBody
  readonly retryAfter?: number
  readonly lateAt?: "vendor" | "answer"
}

/**
 * What the client saw and what was on the phone then; and, if the answer was lost, what a look showed at once and two minutes
 * later, and what was on the phone in the end.
 *
 * @since 0.1.0
 * @category models
 */
export interface Probed {
  readonly outcome: Outcome["_tag"]
  readonly reason: ReasonTag | undefined
  readonly copies: number
  readonly findings: ReadonlyArray<Finding["_tag"]>
  readonly copiesInTheEnd: number
}

/**
 * Many reports in one. `failovers` counts times to failover in buckets; see `failoverWithin`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Summary extends Omit<Report, "seed" | "violations" | "failovers"> {
  readonly seeds: number
  readonly violations: number
  readonly failovers: ReadonlyArray<number>
}
