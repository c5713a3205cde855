/**
 * The routing policy as data: which carriers are preferred, when a conversation may move, and what is done if it is not known
 * whether a message was sent. It is read from a file, a JSON variable or a literal; only `prefer` must be given.
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
 * How a conversation keeps to its carrier. `sticky`: it stays, moves when its carrier certainly fails, and stays where it
 * moved. `pinned`: it never moves. `free`: each send follows the preference.
 *
 * @category models
 */
export const AffinityMode: typeof PolicySchema.AffinityMode = PolicySchema.AffinityMode

/** @category models */
export type AffinityMode = typeof AffinityMode.Type

/**
 * `mode` is for direct conversations (default `sticky`), `groups` for groups (default `pinned`: a group at another carrier is
 * another group). A conversation in which nobody wrote for `expiresAfter` (default 30 days) is free again. `movesOn`: what moves a
 * sticky conversation (default only `failure`; `incapable` also moves it when its carrier cannot carry a draft).
 * `continuation` (at most 500 characters) is put before the first text after a move, on a line of its own: the person sees a new
 * number. A draft without a text goes without it.
 *
 * @category models
 */
export const AffinityPolicy: typeof PolicySchema.AffinityPolicy = PolicySchema.AffinityPolicy

/** @category models */
export interface AffinityPolicy extends Schema.Schema.Type<typeof AffinityPolicy> {}

/**
 * Which sends a route is for; all that is given must hold. `lines`: our line. `kind`: direct or group. `countryCodes`: the
 * person's number begins with one of these (`"+44"`, `"+1"`; in a group everybody's; e-mail handles never match). `features`: the
 * draft uses one of them. `share`: this part of all conversations, by their hash, from 0 to 1; as it grows, others come in and none goes out. A
 * conversation that is bound to a carrier stays there whatever the share says.
 *
 * @category models
 */
export const Match: typeof PolicySchema.Match = PolicySchema.Match

/** @category models */
export interface Match extends Schema.Schema.Type<typeof Match> {}

/**
 * A rule: sends that match go by its `prefer`. The first rule that matches counts. Its `fidelity` can only ask for more than the
 * policy's: `exact`.
 *
 * @category models
 */
export const Rule: typeof PolicySchema.Rule = PolicySchema.Rule

/** @category models */
export interface Rule extends Schema.Schema.Type<typeof Rule> {}

/**
 * What holds for one carrier's lines. `perSecond` (at least 0.001): how many sends a second a line takes.
 * `newContactsPerHour` and `newContactsPerDay`: how many new contacts a line may write to, in an hour no more than in a day. A person is
 * a new contact after 30 days without a message from or to the line.
 * `opens`: `anyone` (default), or `known`: only people who wrote to the line before (inbound-first lines, verified contacts).
 * `absenceProof`: how long after a send its absence from the carrier's list counts as proof that it was not sent; without it
 * absence proves nothing. Whatever shows up later is reported as a late arrival. It counts only where a lost answer is looked
 * for in a list (Sendblue): a replay under a key (Linq) never shows an absence.
 *
 * @category models
 */
export const CarrierPolicy: typeof PolicySchema.CarrierPolicy = PolicySchema.CarrierPolicy

/** @category models */
export interface CarrierPolicy extends Schema.Schema.Type<typeof CarrierPolicy> {}

/**
 * The policy. Defaults are in `defaults`.
 *
 * `prefer`: the carriers in order. `rules`: exceptions, the first that matches counts. `fidelity`: for drafts that do not say.
 * `onUnknown`: what is done when a send may have gone out and reconciliation does not settle it.
 * `deadlines`: `attempt` for one try at one carrier, `send` for the whole send.
 * `retry`: a certain "later" is tried again at the same carrier `times` times (at most 10), after `base` doubled each time or the carrier's
 * `Retry-After` if that is at most `maxRetryAfter`; above it the next carrier is asked. `maxWait`: how long a send waits for a full line.
 * `reconcile`: a lost answer is looked for after `every`, then in pauses that double up to eight times that, for `within`.
 * `breaker`: a carrier's line that failed `failures` times within `window` is not asked for `openFor`, doubled each time up
 * to `maxOpenFor`; then one send at a time probes it.
 * `keys`: how long a caller's idempotency key is remembered, at least 1 minute.
 *
 * @category models
 */
export const Policy: typeof PolicySchema.Policy = PolicySchema.Policy

/** @category models */
export type Policy = typeof Policy.Type

/**
 * A policy as a program, a file or a variable writes it.
 *
 * @category models
 */
export type Input = typeof Policy.Encoded

/**
 * What a policy that names only `prefer` does. Times are in milliseconds.
 *
 * @category models
 */
export const defaults = CompletePolicy.defaults

/**
 * A policy with every default filled in. Times are in milliseconds.
 *
 * @category models
 */
export type Complete = CompletePolicy.Complete

/**
 * One thing that is wrong with a policy. `path` leads to the field from the policy's root.
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
 * The policy cannot be used. `problems` name the path of each wrong field; nothing was sent.
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
 * What a policy needs to know of a carrier: a `Carrier`, or its summary.
 *
 * @category models
 */
export type Configured = CompletePolicy.Configured

const decodeShape = Schema.decodeUnknown(Policy, { errors: "all", onExcessProperty: "error" })

const refuse = (problems: CompletePolicy.Troubles): Effect.Effect<never, PolicyError> => Effect.fail(new PolicyError({ problems }))

/**
 * Reads a policy without asking which carriers exist. Fails on malformed fields and on fields that nobody knows, with all of
 * them at once, each by its path. A field that is there and `undefined` counts as absent.
 *
 * @category constructors
 */
export const decode = (input: unknown): Effect.Effect<Policy, PolicyError> =>
  Array.isArray(input)
    ? refuse([CompletePolicy.bareList(input)])
    : Effect.catchTag(decodeShape(CompletePolicy.defined(input)), "ParseError", (error) => refuse(CompletePolicy.misshapen(Policy, error)))

/**
 * The carriers that a policy names, in the order in which it does.
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
 * A default gives way to what is written: with only `deadlines.send` of 5 seconds, an attempt gets 5 seconds too.
 *
 * @category constructors
 */
export const make = (input: unknown, carriers: Iterable<Configured>): Effect.Effect<Complete, PolicyError> =>
  Effect.flatMap(decode(input), (policy) => {
    const [first, ...rest] = CompletePolicy.contradictions(policy, Array.from(carriers))
    return first === undefined ? Effect.succeed(CompletePolicy.complete(policy)) : refuse([first, ...rest])
  })
