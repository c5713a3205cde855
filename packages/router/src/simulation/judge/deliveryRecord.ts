/** What the oracle keeps of a delivery, and its own opinion of which errors are a carrier's own fault. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { MessagingError, ReasonTag } from "@interline/core/MessagingError"
import type * as Outcome from "@interline/core/Outcome"
import type { Job } from "../runs/job.ts"
import type * as DoubtJudge from "./doubtJudge.ts"

/** How a doubt ended. `overtaken`: an earlier copy turned out to have arrived. `dropped`: for no reason that was given. */
export type End = "found" | "absent" | "risk" | "held" | "overtaken" | "dropped"

interface DoubtRecord extends DoubtJudge.Doubt {
  end: End | undefined
}

interface Told {
  readonly generation: number
  readonly step: number
  readonly at: number
  readonly asProof: boolean
  lost: boolean
}

/** What the oracle keeps of a delivery. */
export interface Dossier {
  readonly job: Job
  readonly doubts: Array<DoubtRecord>
  readonly told: Array<Told>
  /** Generations that were left behind without a certain refusal: at which step, and when. */
  readonly moved: Map<number, { readonly step: number; readonly at: number }>
  readonly late: Set<number>
  /** Generations of which it was said that they arrived after all. */
  readonly reported: Set<number>
  /** What the answers, not the decisions, said of each generation. */
  readonly answers: Map<number, Outcome.Outcome["_tag"]>
  readonly askedAs: Map<CarrierId, number>
  /** Whether the last request had no connection, so that nothing of it left. */
  unconnected: boolean
  /** When its unsettled state could be taken for another's: pairs of begin and end. */
  readonly unsettled: Array<number>
  pinnedTo: CarrierId | undefined
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
  askedAs: new Map(),
  unconnected: false,
  unsettled: [],
  pinnedTo: undefined,
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

/** Which reasons are the carrier's or its line's own failing; the oracle's own opinion, not the router's table. */
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
