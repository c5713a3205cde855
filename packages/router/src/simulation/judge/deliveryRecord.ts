/** Defines what the oracle records about a delivery, and the oracle's own table of the errors that are a carrier's own fault. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { MessagingError, ReasonTag } from "@interline/core/MessagingError"
import type * as Outcome from "@interline/core/Outcome"
import type { Job } from "../runs/job.ts"
import type * as DoubtJudge from "./doubtJudge.ts"

/**
 * How a doubt ended. `held`: the answer stayed unknown. `overtaken`: an earlier copy had arrived. `dropped`: the router gave no reason.
 */
export type End = "found" | "absent" | "risk" | "held" | "overtaken" | "dropped"

interface DoubtRecord extends DoubtJudge.Doubt {
  end: End | undefined
}

/** A report of the vendor that our side got. */
interface Told {
  readonly generation: number
  readonly step: number
  readonly at: number
  /** The report came while the delivery was under way in the same generation, so it proves that the vendor took the step. */
  readonly asProof: boolean
  /** A crash lost the report before it was recorded. */
  lost: boolean
}

/** What the oracle records about a delivery. Times are infinite as long as the event has not happened. */
export interface Dossier {
  readonly job: Job
  readonly doubts: Array<DoubtRecord>
  readonly told: Array<Told>
  /** Generations that the router left without a certain refusal. The value says at which step and when. */
  readonly moved: Map<number, { readonly step: number; readonly at: number }>
  /** Generations that the router reported as late arrivals. */
  readonly late: Set<number>
  /** Generations for which the router reported that they arrived after all. */
  readonly reported: Set<number>
  /** For each generation: the outcome of its answer, before any decision. */
  readonly answers: Map<number, Outcome.Outcome["_tag"]>
  /** For each generation that was certainly refused: the error. */
  readonly refusals: Map<number, MessagingError>
  /** For each carrier: the generation of the last request. */
  readonly askedAs: Map<CarrierId, number>
  /** Whether the last request had no connection. Then nothing of it left. */
  unconnected: boolean
  /**
   * The spans in which this delivery's message may still arrive, as pairs of begin and end. In these spans its message can be
   * confused with an equal message.
   */
  readonly unsettled: Array<number>
  pinnedTo: CarrierId | undefined
  /** The carrier that must be asked if the first one refuses because of our account, because a rollout chose the first one. */
  fallback: CarrierId | undefined
  mayRisk: boolean
  startedAt: number
  savedAt: number
  requests: number
  abandonedAt: number
  crashedAt: number
  adoptedAt: number
  failedOver: boolean
  concludedAt: number
  atConclusion: Outcome.Outcome | undefined
}

const never = Number.POSITIVE_INFINITY

export const make = (job: Job): Dossier => ({
  job,
  doubts: [],
  told: [],
  moved: new Map(),
  late: new Set(),
  reported: new Set(),
  answers: new Map(),
  refusals: new Map(),
  askedAs: new Map(),
  unconnected: false,
  unsettled: [],
  pinnedTo: undefined,
  fallback: undefined,
  mayRisk: false,
  startedAt: never,
  savedAt: 0,
  requests: 0,
  abandonedAt: never,
  crashedAt: never,
  adoptedAt: never,
  failedOver: false,
  concludedAt: never,
  atConclusion: undefined
})

/**
 * Which reasons are the carrier's own fault or its line's. The oracle has its own table and does not use the router's, so that a
 * mistake in the router's table is found.
 */
const own = {
  InvalidInput: false,
  Unsupported: false,
  Suppressed: false,
  OptedOut: false,
  RecipientNotAllowed: false,
  RecipientBlocked: false,
  RecipientUnreachable: false,
  Authentication: false,
  Permission: false,
  LineNotAllowed: true,
  LineUnavailable: true,
  NotFound: false,
  NotReady: true,
  Conflict: false,
  RateLimited: false,
  MediaRejected: false,
  Unavailable: true,
  ConnectionFailed: true,
  Transport: true,
  Timeout: true,
  Cancelled: false,
  BadResponse: true,
  Failed: true,
  Unrecognized: true
} as const satisfies Record<ReasonTag, boolean>

export const isOwn = ({ blame, reason }: MessagingError): boolean => own[reason] && blame !== "caller"

/**
 * After which certain refusals no other carrier may be asked. `unless-rolled`: after a fault of our account another one is asked only if a rollout
 * chose this one. The oracle's own table, too.
 */
const ends = {
  InvalidInput: "always",
  Unsupported: "never",
  Suppressed: "always",
  OptedOut: "always",
  RecipientNotAllowed: "always",
  RecipientBlocked: "always",
  RecipientUnreachable: "always",
  Authentication: "unless-rolled",
  Permission: "unless-rolled",
  LineNotAllowed: "never",
  LineUnavailable: "never",
  NotFound: "always",
  NotReady: "never",
  Conflict: "always",
  RateLimited: "never",
  MediaRejected: "always",
  Unavailable: "never",
  ConnectionFailed: "never",
  Transport: "never",
  Timeout: "never",
  Cancelled: "never",
  BadResponse: "never",
  Failed: "never",
  Unrecognized: "never"
} as const satisfies Record<ReasonTag, "always" | "never" | "unless-rolled">

export const isOfAccount = ({ reason }: MessagingError): boolean => ends[reason] === "unless-rolled"

/** Whether a delivery may go on to another carrier after this generation was certainly refused. */
export const mayGoOn = ({ askedAs, job, fallback }: Dossier, generation: number, { reason }: MessagingError): boolean => {
  const end = ends[reason]
  const first = job.state?.route[0].carrierId
  return end === "never" || (end === "unless-rolled" && fallback !== undefined && first !== undefined && askedAs.get(first) === generation)
}
