/**
 * Reads the routing policy. The policy is data: it says which carriers are preferred, when a conversation may move, and what happens if
 * it is unknown whether a message was sent. It comes from a file, a JSON variable or a literal. Only `prefer` is required.
 */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as CompletePolicy from "./completePolicy.ts"
import * as PolicySchema from "./policySchema.ts"

/**
 * A time span: `"30 seconds"`, `"5 minutes"`, or milliseconds. Whole milliseconds, not negative; decoded to milliseconds.
 *
 * @category models
 */
export const Span = PolicySchema.Span

/**
 * Whether a conversation stays at its carrier. `sticky`: it stays until its carrier certainly fails. Then it moves, and stays at the
 * new carrier. `pinned`: it never moves. `free`: each send follows the preference.
 *
 * @category models
 */
export const AffinityMode: typeof PolicySchema.AffinityMode = PolicySchema.AffinityMode

/** @category models */
export type AffinityMode = typeof AffinityMode.Type

/**
 * The settings that keep a conversation at its carrier.
 *
 * - `mode`: the mode of direct conversations. Default: `sticky`.
 * - `groups`: the mode of groups. Default: `pinned`, because a group at another carrier is another group.
 * - `expiresAfter`: after so long without a message a conversation is free again. Default: 30 days.
 * - `movesOn`: the events that move a sticky conversation. Default: only `failure`. `incapable` moves it if its carrier cannot carry a
 *   draft.
 * - `continuation`: a line that is put before the first text after a move, because the person sees a new number. At most 500
 *   characters. A draft without a text is sent without it.
 *
 * @category models
 */
export const AffinityPolicy: typeof PolicySchema.AffinityPolicy = PolicySchema.AffinityPolicy

/** @category models */
export interface AffinityPolicy extends Schema.Schema.Type<typeof AffinityPolicy> {}

/**
 * The sends that a rule is for. A send must meet every given condition.
 *
 * - `lines`: the send is from one of these lines of ours.
 * - `kind`: the conversation is direct, or a group.
 * - `countryCodes`: the person's number begins with one of these, such as `"+44"` or `"+1"`. In a group this must hold for every
 *   member. E-mail handles never match.
 * - `features`: the draft uses one of these features.
 * - `share`: the part of all conversations that matches, from 0 to 1, chosen by their hash. If the share grows, more conversations
 *   match, and those that matched before still match. A conversation that is bound to a carrier stays there, also against the share.
 *
 * @category models
 */
export const Match: typeof PolicySchema.Match = PolicySchema.Match

/** @category models */
export interface Match extends Schema.Schema.Type<typeof Match> {}

/**
 * A rule. A send that matches uses the rule's `prefer`. The first rule that matches counts. The `fidelity` of a rule can only be
 * `exact`. So a rule can only be stricter than the policy.
 *
 * @category models
 */
export const Rule: typeof PolicySchema.Rule = PolicySchema.Rule

/** @category models */
export interface Rule extends Schema.Schema.Type<typeof Rule> {}

/**
 * The settings of one carrier. They hold for each of its lines.
 *
 * - `perSecond`: how many sends a line takes in a second. At least 0.001.
 * - `newContactsPerHour`, `newContactsPerDay`: to how many new contacts a line may write. The hour's number is not above the day's. A
 *   person is a new contact after 30 days without a message from or to the line.
 * - `opens`: to whom a line may write first. `anyone` is the default. `known`: only people who wrote to the line before (inbound-first
 *   lines, verified contacts).
 * - `beforeReply`: what becomes of a message that the vendor may refuse until the person has written to the line (`Capabilities.beforeReply`).
 *   `warn` is the default: the plan has a conditional loss, and the message is sent. `refuse`: the carrier is not asked. The messages that the
 *   person got are counted from the moment on when the policy has one of these words, because that costs a write for each message. A message of
 *   several requests counts once.
 * - `absenceProof`: how long after a send its absence from the carrier's list counts as proof that it was not sent. Without it an
 *   absence proves nothing. A message that appears later is reported as a late arrival. The setting works only for a carrier with a
 *   list (Sendblue), because a replay under a key (Linq) never shows an absence.
 *
 * @category models
 */
export const CarrierPolicy: typeof PolicySchema.CarrierPolicy = PolicySchema.CarrierPolicy

/** @category models */
export interface CarrierPolicy extends Schema.Schema.Type<typeof CarrierPolicy> {}

/**
 * The conversations that a step of a rollout moves. `new`: conversations that are at no carrier. `new and existing`: also direct
 * conversations that are at the old carrier.
 *
 * @category models
 */
export const RolloutMoves: typeof PolicySchema.RolloutMoves = PolicySchema.RolloutMoves

/** @category models */
export type RolloutMoves = typeof RolloutMoves.Type

/**
 * A step of a rollout.
 *
 * - `share`: the part of all conversations that is in, above 0 and at most 1, chosen by their hash as for `Match.share`. Each step has a
 *   larger share than the step before.
 * - `moves`: the conversations that move. Default: `new`.
 * - `waits`: how long the step lasts at least before the next one may begin. Default: 0.
 *
 * @category models
 */
export const RolloutStep: typeof PolicySchema.RolloutStep = PolicySchema.RolloutStep

/** @category models */
export interface RolloutStep extends Schema.Schema.Type<typeof RolloutStep> {}

/**
 * The guardrails of a rollout. Both carriers are counted over the same hours, since the step began and for at most `within`.
 *
 * - `notSent`, `failed`, `optedOut`, `late`: the share may be so much larger at the new carrier than at the old one. Defaults: 0.02, 0.02,
 *   0.01 and 0.05.
 * - `slower`: the median of the times to delivered may be so many times that of the old carrier. Default: 3.
 * - `lateAfter`: a message is late if it was not delivered so long after it was taken. Default: 5 minutes.
 * - `silentAfter`: the new carrier is silent if it took a message so long ago, and has reported nothing since. The same time holds for a
 *   carrier that takes nothing. Default: 15 minutes.
 * - `within`: how far back is counted. Default: 6 hours.
 * - `every`: how often the guardrails are checked. Default: 1 minute.
 * - `minimum`: a share or a median of fewer messages says nothing. Default: 50. Silence needs one message only.
 * - `crossed`: what a crossed guardrail does. `pause`: nobody else moves. `back`: the rollout goes back to its beginning. Default: `pause`.
 *
 * @category models
 */
export const Guardrails: typeof PolicySchema.Guardrails = PolicySchema.Guardrails

/** @category models */
export interface Guardrails extends Schema.Schema.Type<typeof Guardrails> {}

/**
 * A rollout: conversations move from one carrier to another, step by step. It says which of the two is asked first. The other carriers
 * of `prefer` stay behind them, for failover. A rule that does not prefer both carriers is not concerned.
 *
 * - `from`, `to`: the old and the new carrier. `prefer` must name both.
 * - `steps`: the steps in order.
 * - `continuation`: a line that is put before the first text after a conversation moved between the two carriers, also by a failover.
 *   Default: `affinity.continuation`. One of both is required. `none`: our number changes without a word.
 * - `guardrails`: when the rollout stops by itself.
 *
 * @category models
 */
export const Rollout: typeof PolicySchema.Rollout = PolicySchema.Rollout

/** @category models */
export interface Rollout extends Schema.Schema.Type<typeof Rollout> {}

/**
 * The policy. Defaults are in `defaults`.
 *
 * - `prefer`: the carriers in order.
 * - `rules`: exceptions. The first rule that matches counts.
 * - `rollout`: a move from one carrier to another. Default: none.
 * - `fidelity`: the fidelity of drafts that do not set their own.
 * - `onUnknown`: what happens if a send may have gone out and reconciliation does not settle it.
 * - `deadlines`: `attempt` is for one try at one carrier. `send` is for the whole send.
 * - `retry`: after a certain "later" the same carrier is tried again `times` times (at most 10). The pause is the carrier's
 *   `Retry-After`, or else `base`, doubled each time. If `Retry-After` is above `maxRetryAfter`, the next carrier is asked.
 * - `maxWait`: how long a send waits for a full line.
 * - `reconcile`: the router looks for a lost answer after `every`. Then the pauses double, up to eight times `every`. The looks end
 *   after `within`.
 * - `breaker`: if a carrier's line failed `failures` times within `window`, it is not asked for `openFor`. Then one send at a time
 *   tests the line. Each failed test doubles the time, up to `maxOpenFor`.
 * - `shadow`: a carrier for which each send is planned after it was answered. It gets no request. The router itself does nothing with it.
 * - `keys`: how long a caller's idempotency key is remembered. At least 1 minute.
 *
 * @category models
 */
export const Policy: typeof PolicySchema.Policy = PolicySchema.Policy

/** @category models */
export type Policy = typeof Policy.Type

/**
 * A policy as it is written in a program, a file or a variable.
 *
 * @category models
 */
export type Input = typeof Policy.Encoded

/**
 * The settings of a policy that gives only `prefer`. Times are in milliseconds.
 *
 * @category models
 */
export const defaults = CompletePolicy.defaults

/**
 * The guardrails of a rollout that gives none. Times are in milliseconds.
 *
 * @category models
 */
export const guardrails = CompletePolicy.guardrails

/**
 * A policy with every default filled in. Times are in milliseconds.
 *
 * @category models
 */
export type Complete = CompletePolicy.Complete

/**
 * One problem of a policy. `path` leads from the policy's root to the field.
 *
 * @category models
 */
export const PolicyProblem: typeof PolicySchema.PolicyProblem = PolicySchema.PolicyProblem

/** @category models */
export interface PolicyProblem extends Schema.Schema.Type<typeof PolicyProblem> {}

/**
 * One line: `deadlines.attempt: is longer than deadlines.send (5000 ms)`.
 *
 * @category combinators
 */
export const format = ({ message, path }: PolicyProblem): string => `${path.length === 0 ? "policy" : path.join(".")}: ${message}`

/**
 * The policy cannot be used. `problems` gives the path of each wrong field. Nothing was sent.
 *
 * @category errors
 */
export class PolicyError extends Schema.TaggedError<PolicyError>("@interline/router/PolicyError")("PolicyError", {
  problems: Schema.NonEmptyArray(PolicyProblem)
}) {
  override get message(): string {
    return `the routing policy cannot be used: ${this.problems.map(format).join("; ")}`
  }
}

/**
 * The facts about a carrier that a policy is checked against: a `Carrier`, or its summary.
 *
 * @category models
 */
export type Configured = CompletePolicy.Configured

const decodeShape = Schema.decodeUnknown(Policy, { errors: "all", onExcessProperty: "error" })

const refuse = (problems: CompletePolicy.Troubles): Effect.Effect<never, PolicyError> => Effect.fail(new PolicyError({ problems }))

/**
 * Reads a policy without a check of the carriers. Fails on malformed and unknown fields. The error names all of them at once, each by
 * its path. A field with the value `undefined` counts as absent.
 *
 * @category constructors
 */
export const decode = (input: unknown): Effect.Effect<Policy, PolicyError> =>
  Array.isArray(input)
    ? refuse([CompletePolicy.bareList(input)])
    : Effect.catchTag(decodeShape(CompletePolicy.defined(input)), "ParseError", (error) => refuse(CompletePolicy.misshapen(Policy, error)))

/**
 * The carriers that a policy names, in the same order.
 *
 * @category getters
 */
export const carriersOf = (policy: Policy): ReadonlyArray<CarrierId> =>
  Array.from(new Set([...policy.prefer, ...(policy.rules ?? []).flatMap(({ prefer }) => prefer), ...CompletePolicy.settled(policy)]))

/**
 * Reads a policy, checks it against the carriers that exist, and fills in the defaults. Fails as `decode` does, and on carriers
 * and lines that are not configured, a line that no carrier of its route has, a rule that never matches, and fields that
 * contradict each other.
 *
 * A given value limits a default. If only `deadlines.send` is given, with 5 seconds, an attempt gets 5 seconds too.
 *
 * @category constructors
 */
export const make = (input: unknown, carriers: Iterable<Configured>): Effect.Effect<Complete, PolicyError> =>
  Effect.flatMap(decode(input), (policy) => {
    const [first, ...rest] = CompletePolicy.contradictions(policy, Array.from(carriers))
    return first === undefined ? Effect.succeed(CompletePolicy.complete(policy)) : refuse([first, ...rest])
  })
