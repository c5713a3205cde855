/**
 * Says what became of a send at one carrier, and counts such sends. The guardrails of a rollout and the comparison of carriers use the same
 * words and the same counts.
 */
import type { CarrierId } from "@interline/core/CarrierId"
import type { LineName } from "@interline/core/Line"
import type { LossKind } from "@interline/core/Loss"
import * as MessagingError from "@interline/core/MessagingError"
import * as Schema from "effect/Schema"
import type { AttemptRecord } from "../decision/Decision.ts"

/**
 * What became of a send at one carrier that was asked for it. `accepted`: the carrier took the whole message. `partial`: it took a part.
 * `not-sent`: the message was certainly not sent. `held`: it may have been sent.
 *
 * @category models
 */
export const Outcome = Schema.Literal("accepted", "partial", "not-sent", "held")

/** @category models */
export type Outcome = typeof Outcome.Type

/**
 * A send at one carrier. A delivery that went on to another carrier is two of them. A carrier that was not asked (`isAsked`) is none. All times are in epoch milliseconds.
 *
 * - `at`: when the carrier was asked.
 * - `status`: `delivered` if each of its messages was delivered, or `failed` if one failed. On SMS, `sent` is the last word and counts as
 *   delivered. A message that was first reported as failed and then as delivered is delivered. Undefined: neither is known.
 * - `deliveredAt`: when the last of its messages was reported as delivered.
 * - `reportedAt`: when the carrier last reported anything about it.
 * - `isGroup`: whether it went to a group. Linq reports nothing as delivered in groups (Linq's guide to group chats, read 2026-11), and Sendblue does
 *   not say that it does (the reference of its API, read 2026-11).
 * - `optOuts`: how many of the people opted out after it and before any other message to them. A list without times, and what the application
 *   decided, do not count.
 * - `losses`: the kinds of what the carrier did not carry.
 *
 * @category models
 */
export interface SendResult {
  readonly carrierId: CarrierId
  readonly line: LineName
  readonly at: number
  readonly outcome: Outcome
  readonly status: "delivered" | "failed" | undefined
  readonly deliveredAt: number | undefined
  readonly reportedAt: number | undefined
  readonly optOuts: number
  readonly losses: ReadonlyArray<LossKind>
  readonly isGroup: boolean
}

/**
 * What is known of a try at one carrier.
 *
 * @category models
 */
export interface Tried {
  readonly outcome: AttemptRecord["outcome"]
  readonly error?: {
    readonly reason: MessagingError.ReasonTag
    readonly certainty: MessagingError.Certainty
    readonly problems?: unknown
    readonly status?: unknown
  }
}

/**
 * Whether a carrier was asked in a try. It was not if it was skipped, if its plan refuses the message, or if our own list of opt-outs stopped
 * the message before its first part left.
 *
 * @category getters
 */
export const isAsked = ({ error, outcome }: Tried): boolean =>
  outcome !== "skipped" && !(outcome === "rejected" && error !== undefined && MessagingError.isOurs(error))

/**
 * The counts of sends. `accepted`: those that the carrier took, as a whole or in part. `delivered`, `failed`, `optOuts` and `unreported` are of
 * these. `unreported`: those of which no carrier reports whether they were delivered (`isUnreported`).
 *
 * @category models
 */
export interface Counts {
  sends: number
  accepted: number
  notSent: number
  held: number
  delivered: number
  failed: number
  optOuts: number
  unreported: number
}

/**
 * Whether the carrier took the message, as a whole or in part.
 *
 * @category getters
 */
export const isAccepted = ({ outcome }: Pick<SendResult, "outcome">): boolean => outcome === "accepted" || outcome === "partial"

/**
 * Whether no carrier reports if the message was delivered, because it went to a group. What a carrier reports of a message to a group counts all the same.
 *
 * @category getters
 */
export const isUnreported = (send: Pick<SendResult, "outcome" | "status" | "isGroup">): boolean =>
  send.isGroup && send.status === undefined && isAccepted(send)

/**
 * The counts before any send.
 *
 * @category constructors
 */
export const makeCounts = (): Counts => ({ sends: 0, accepted: 0, notSent: 0, held: 0, delivered: 0, failed: 0, optOuts: 0, unreported: 0 })

/**
 * Adds a send to counts, in place.
 *
 * @category combinators
 */
export const count = (counts: Counts, send: SendResult): void => {
  const { optOuts, outcome, status } = send
  counts.sends += 1
  counts.optOuts += optOuts
  if (isAccepted(send)) counts.accepted += 1
  else if (outcome === "held") counts.held += 1
  else counts.notSent += 1
  if (status !== undefined) counts[status] += 1
  if (isUnreported(send)) counts.unreported += 1
}

/**
 * Counts sends.
 *
 * @category constructors
 */
export const countAll = (sends: ReadonlyArray<SendResult>): Counts => {
  const counts = makeCounts()
  for (const send of sends) count(counts, send)
  return counts
}
