/** Defines the types of the simulation: its options and faults, the promises that it checks, and its reports. */
import type { LineName } from "@interline/core/Line"
import type { ReasonTag } from "@interline/core/MessagingError"
import type { Finding } from "@interline/core/OperationSignatures"
import type { Outcome } from "@interline/core/Outcome"
import type { Decide } from "../decision/Decision.ts"
import type { Complete } from "../policy/Policy.ts"
import type * as VendorsFaults from "./vendors/faults.ts"

/**
 * The faults that can happen to one request. The sandbox uses the same names.
 *
 * @category models
 */
export type FaultKind = VendorsFaults.Kind

/**
 * How often each fault happens in a run. All numbers are probabilities from 0 to 1.
 *
 * @category models
 */
export interface Faults {
  /** The share of requests that have a fault of `kinds`. Default: undefined; then each seed draws 0.02, 0.1, 0.25 or 0.5. */
  readonly rate: number | undefined
  /** The faults that a request can have. Default: all. */
  readonly kinds: readonly [FaultKind, ...ReadonlyArray<FaultKind>]
  /**
   * Probability that a vendor refuses a request for certain. The reason may lie with the caller, the recipient, the account, the
   * line or the carrier. Default: 0.06.
   */
  readonly refusals: number
  /** Probability that a vendor has an outage. The same probability decides on a second and a third outage. Default: 0.45. */
  readonly outages: number
  /** Probability that our process crashes once in the run. Default: 0.25. */
  readonly crashes: number
  /** Probability that the caller of a send goes away. Default: 0.15. */
  readonly departures: number
  /** Probability that a person opts out. Default: 0.3. */
  readonly optOuts: number
  /**
   * Probability of each fault of a vendor's list: the list leaves out its end, it shows a message in another spelling, or it shows
   * a message that we did not send. Default: 0.15.
   */
  readonly lists: number
  /**
   * Probability that a vendor limits the new people that our line may write to, and tells it when it is asked. Its answers can be late, and can say
   * nothing. Default: 0.2.
   */
  readonly limits: number
  /**
   * Probability that the seed has a second run. In this run several processes share a ledger, and each conversation belongs to one of
   * them. The processes crash and freeze, and conversations move. Their wall clocks differ, and somebody sets these clocks during the
   * run. Default: 0.05.
   */
  readonly processes: number
}

/**
 * Replaces parts of production's behaviour. A test plants a mistake this way, and checks that the simulation finds it.
 * Each member defaults to production's behaviour.
 *
 * @category models
 */
export interface SystemUnderTest {
  /** The state machine. Default: production's. */
  readonly decide?: Decide
  /** When the opt-out of a person is checked: at each request, or only once before the send. Default: `egress`. */
  readonly fence?: "egress" | "before"
  /**
   * Whether our other sends of the same text are counted before a message in a list is taken as the one that was sent.
   * Default: `counted`.
   */
  readonly rivals?: "counted" | "ignored"
  /** Whether requests are repeated only while the vendor certainly still knows the key, or without end. Default: `within`. */
  readonly replays?: "within" | "always"
  /** Whether an incomplete list can prove that a message is absent: no (`heeded`) or yes (`ignored`). Default: `heeded`. */
  readonly gaps?: "heeded" | "ignored"
  /**
   * Whether a different message in the list prevents a proof of absence: yes (`heeded`) or no (`ignored`).
   * Default: `heeded`.
   */
  readonly others?: "heeded" | "ignored"
  /** Whether the error of the vendor's clock is measured, or assumed to be at most one minute. Default: `measured`. */
  readonly clocks?: "measured" | "forgiven"
  /** Whether a send that fails in the TLS handshake is certainly not sent, or unknown. Default: `certain`. */
  readonly handshakes?: "certain" | "unknown"
  /**
   * Whether a process that takes a delivery over looks for a request that was about to leave, or sends it again. Default: `looked-for`.
   */
  readonly intents?: "looked-for" | "sent-again"
  /** Whether a process that takes a shard takes up all deliveries that were left behind, or forgets one. Default: `all`. */
  readonly takeovers?: "all" | "forgetful"
  /** Whether a process that has lost a shard can still open deliveries of it: no (`fenced`) or yes (`ignored`). Default: `fenced`. */
  readonly epochs?: "fenced" | "ignored"
  /** Whether a process tells the new owner of a delivery what it learned of it. Default: `told`, which means yes. */
  readonly facts?: "told" | "dropped"
  /** Whether a process that passes a send on names the one of the same conversation before it (`in-order`), or not. Default: `in-order`. */
  readonly fronts?: "in-order" | "unordered"
  /**
   * What a vendor's limit of new people does. `heeded`: it stops sends to new people until the time that the vendor named. `kept`: it stops them after
   * that time too. `for-everybody`: it stops sends to people who are known as well. `lost`: a send that waits for it never goes on. Default:
   * `heeded`.
   */
  readonly limits?: "heeded" | "kept" | "for-everybody" | "lost"
  /** Which clock measures the waits inside a process. The wall clock can be set back or forward. Default: `steady`. */
  readonly time?: "steady" | "wall"
}

/**
 * The promises that must hold for every seed.
 *
 * - `received-twice`: no person gets one delivery twice. Two exceptions: the policy took the first copy as not sent, or took the risk.
 * - `accepted-but-not-received`: a vendor took every message that is reported as accepted. The message is on the phone, unless the
 *   vendor reported a failure later. Equal texts to one person count together.
 * - `not-sent-but-received`: a message that is reported as not sent is on no phone. One exception: the policy left that copy behind.
 * - `held-although-decidable`: a send is held only if no look that the policy allows and no fact would have settled it.
 * - `answered-without-proof`: a doubt ends with an answer only if a look or a fact settles it that way, or the policy allows the risk.
 * - `written-to-after-opt-out`: no request leaves to a person after our side knows of the person's opt-out.
 * - `breaker-without-faults`: the breaker of a line opens only after enough faults that are the carrier's own.
 * - `moved-without-certainty`: another carrier is asked only after a certain refusal, or if the policy allows it.
 * - `moved-against-blame`: no other carrier is asked after a refusal that every carrier would give, such as an opt-out. After a fault of our
 *   account another one is asked only if a rollout chose the first one.
 * - `lost-in-rollout`: no send is lost because the carrier that a rollout chose does not accept our account.
 * - `asked-twice`: a carrier gets only one generation of a delivery.
 * - `sent-for-nobody`: nothing new begins after the caller went away.
 * - `pinned-moved`: a pinned conversation stays with its carrier.
 * - `late-arrival-unreported`: a message may arrive although it was taken as not sent. This is reported as soon as a vendor reports it.
 * - `replayed-too-late`: no request is repeated under a key that its vendor may have forgotten.
 * - `unbounded`: the number of requests and the time of a send have a limit.
 * - `no-answer`: every send ends, also if its process is gone and nobody asks again.
 * - `out-of-order`: the sends of a conversation leave in order, if they enter at one process or if the caller waits for each answer. No
 *   order is promised if the first one reaches the owner 15 seconds after the second one, or if it is not on record when the second one is taken over.
 * - `stopped-without-limit`: a vendor's limit of new people stops only sends to people who are new, and only if the vendor said so lately.
 * - `two-at-once`: two sends of a conversation are under way at once only after their process was frozen.
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
  | "moved-against-blame"
  | "lost-in-rollout"
  | "asked-twice"
  | "sent-for-nobody"
  | "pinned-moved"
  | "late-arrival-unreported"
  | "replayed-too-late"
  | "unbounded"
  | "no-answer"
  | "out-of-order"
  | "stopped-without-limit"
  | "two-at-once"

/**
 * A promise that did not hold in a seed.
 *
 * @category models
 */
export interface Violation {
  /** The promise that did not hold. */
  readonly invariant: Invariant
  /** The number of the send. Undefined if the violation concerns no single send. */
  readonly delivery: number | undefined
  /** A sentence for people that says what happened. */
  readonly detail: string
}

/**
 * The result of one seed.
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
  /** Sends that were answered as accepted in part. */
  readonly partial: number
  /** Sends that were answered as unknown. */
  readonly held: number
  /** Held sends that a later fact settled. */
  readonly settledLater: number
  /** Doubts that neither a look nor a fact would have settled. */
  readonly undecidable: number
  /** Deliveries of which a part arrived more than once. This includes copies that the policy allowed. */
  readonly duplicates: number
  /** Message parts that were reported as accepted although no vendor took them. */
  readonly falseAccepts: number
  /** Message parts that were reported as not sent although they arrived on a phone. */
  readonly falseRejects: number
  /** Messages that arrived although they had been taken as not sent. */
  readonly lateArrivals: number
  /** Requests that left. */
  readonly requests: number
  /** For each send that another carrier accepted in the end: the time from its start to its answer, in milliseconds. */
  readonly failovers: ReadonlyArray<number>
  /** The promises that did not hold. */
  readonly violations: ReadonlyArray<Violation>
}

/**
 * A seed and the settings of its run.
 *
 * @category models
 */
export interface Options {
  /** The seed. The same seed gives the same run. */
  readonly seed: number
  /** Default: the policy that only names its carriers. If it has a rollout, each seed draws when the rollout is started and how it changes. */
  readonly policy?: Complete
  /** Default of each member: `Simulation.defaultFaults`. */
  readonly faults?: Partial<Faults>
  /** Our lines. Each has a number at every carrier. Default: `support`, and those that the rules of the policy name. */
  readonly lines?: ReadonlyArray<LineName>
  /** Carriers whose names do not say of which kind they are: `linq` or `sendblue`, by the id of the carrier. */
  readonly kinds?: Readonly<Record<string, string>>
  /** How many sends there are. Default: 24. */
  readonly sends?: number
  /** Default: production's own. */
  readonly subject?: SystemUnderTest
}

/**
 * The error in the body of a vendor's answer with status 200. The name gives the vendor's code, and says whether the vendor
 * took the message nevertheless.
 *
 * @category models
 */
export type ErrorBody = VendorsFaults.Body

/**
 * One send to one model vendor. The first request has a fault.
 *
 * @category models
 */
export interface Probe {
  /** The model vendor. */
  readonly carrier: "linq" | "sendblue"
  /** The fault of the first request. A `delay` lasts longer than the client waits. */
  readonly kind: FaultKind
  /** The body of a `200-error-body`. Default: `10001`. */
  readonly body?: ErrorBody
  /** The wait that a `429` asks for, in seconds. Default: 1. */
  readonly retryAfter?: number
  /** Where a `delay` happens: before the vendor handles the request, or on the way back. Default: `vendor`. */
  readonly lateAt?: "vendor" | "answer"
}

/**
 * The result of a probe.
 *
 * @category models
 */
export interface Probed {
  /** The outcome that the client saw. */
  readonly outcome: Outcome["_tag"]
  /** The reason of the client's error. Undefined if there was no error. */
  readonly reason: ReasonTag | undefined
  /** How many copies were on the phone when the client stopped waiting. */
  readonly copies: number
  /** If the answer was lost: the findings of two looks, the first at once and the second two minutes later. Else empty. */
  readonly findings: ReadonlyArray<Finding["_tag"]>
  /** How many copies were on the phone at the end of the run. */
  readonly copiesInTheEnd: number
}

/**
 * The sum of many reports.
 *
 * @category models
 */
export interface Summary extends Omit<Report, "seed" | "violations" | "failovers"> {
  /** How many seeds were run. */
  readonly seeds: number
  /** How many times a promise did not hold. */
  readonly violations: number
  /** How many failovers took how long, counted in buckets of time. `failoverWithin` reads them. */
  readonly failovers: ReadonlyArray<number>
}
