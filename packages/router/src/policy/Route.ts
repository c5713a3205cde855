/**
 * Chooses the carriers of a send, in order. It is pure: the route depends only on the policy, the send, and what is known about its
 * conversation.
 */
import type { Feature } from "@interline/core/Capabilities"
import type { Carrier } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import type { Draft, Fidelity } from "@interline/core/Draft"
import * as MessagingError from "@interline/core/MessagingError"
import * as NearestWord from "@interline/core/NearestWord"
import type { Plan } from "@interline/core/Plan"
import * as Problem from "@interline/core/Problem"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import type { Candidate, Settings, State } from "../decision/Decision.ts"
import * as Fingerprint from "../ledger/fingerprint.ts"
import type { Binding, Contact } from "../ledger/Ledger.ts"
import * as Affinity from "./Affinity.ts"
import type { AffinityMode, Complete, Match, Rule } from "./Policy.ts"
import * as Rollout from "./Rollout.ts"
import * as RouteSettings from "./routeSettings.ts"

/**
 * The send.
 *
 * @category models
 */
export interface Request {
  /** Its recipients, and our line. */
  readonly conversation: Conversation.Conversation
  /** What is sent. */
  readonly draft: Draft
  /** What the caller or the service decided. */
  readonly fidelity: Fidelity
  /** The send confirms an opt-out. Only one carrier is asked, and only once: the first of the route that can carry the send. */
  readonly confirmsOptOut?: true
}

/**
 * The facts that are known when a send is routed.
 *
 * @category models
 */
export interface Known {
  /** The carriers' plans of the draft, under `fidelityOf`. */
  readonly plans: ReadonlyMap<CarrierId, Plan>
  /** The carriers in use. */
  readonly carriers: ReadonlyMap<CarrierId, Pick<Carrier, "lines" | "reconciliation">>
  /** The binding of the conversation, if it has one. */
  readonly binding: Option.Option<Binding>
  /**
   * Earlier contacts with the recipients, by carrier. It is read only for carriers whose policy says `opens: "known"`, limits new contacts or has `beforeReply`, and for
   * lines that rest for new people.
   * For a group it is the oldest contact of all its members.
   */
  readonly contacts: ReadonlyMap<CarrierId, Contact>
  /** What of the draft a carrier may refuse because the person never wrote to its line, by carrier, where the policy says `beforeReply: "refuse"`. */
  readonly breaches?: ReadonlyMap<CarrierId, string>
  /** What is stored of the policy's rollout. Absent if the policy has none. */
  readonly rollout?: Rollout.Stored
  /** The conversation stays at the number that the person knows: the rollout does not move it with this send. */
  readonly keepsNumber?: boolean
  /** Now, in epoch milliseconds. */
  readonly at: number
  /** Scales retry pauses. */
  readonly jitter: number
}

/**
 * The carriers in order, and the settings of the policy for this send.
 *
 * @category models
 */
export interface Route {
  /** The carriers in order, at least one. */
  readonly route: State["route"]
  /** The settings of the policy for this send. */
  readonly settings: Settings
  /** Explains the order to people. Contains no phone numbers and no message texts. */
  readonly why: string
  /** The conversation's binding decided the order. */
  readonly bound: boolean
  /** How much a carrier may change of the draft. */
  readonly fidelity: Fidelity
}

/**
 * No carrier that this send may use has the line.
 *
 * @category models
 */
export interface NoRoute {
  /** Why: no carrier has the line. */
  readonly problems: readonly [Problem.Problem]
}

// --- which rule ---

const uses = {
  text: ({ parts }) => parts.some(({ _tag }) => _tag === "Text"),
  media: ({ parts }) => parts.some((part) => part._tag === "Media" && "url" in part),
  attachment: ({ parts }) => parts.some((part) => part._tag === "Media" && "attachment" in part),
  link: ({ parts }) => parts.some(({ _tag }) => _tag === "Link"),
  effect: ({ effect }) => effect !== undefined,
  decorations: ({ parts }) => parts.some((part) => part._tag === "Text" && part.decorations !== undefined && part.decorations.length > 0),
  mentions: ({ parts }) => parts.some((part) => part._tag === "Text" && part.mentions !== undefined && part.mentions.length > 0),
  sticker: ({ parts }) => parts.some((part) => part._tag === "Media" && part.sticker === true),
  reply: ({ replyTo }) => replyTo !== undefined,
  multipart: ({ parts }) => parts.length > 1,
  preferredService: ({ preferredService }) => preferredService !== undefined
} as const satisfies Record<Feature, (draft: Draft) => boolean>

/** Mixes the bits of the hash once more. Without this, phone numbers that follow each other get hashes that are close together. */
const mix = (text: string): number => {
  let value = Fingerprint.hash(text)
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}

/**
 * The position of a conversation among all conversations, at least 0 and below 1. It depends only on the conversation's identity, so
 * it is the same in every process. So a `share` that grows keeps the conversations that it had.
 *
 * @category getters
 */
export const positionOf = (conversation: Conversation.Conversation): number => mix(Conversation.key(conversation)) / 2 ** 32

const isIn = (codes: ReadonlyArray<string>, conversation: Conversation.Conversation): boolean => {
  const recipients = Conversation.recipients(conversation)
  return recipients.length > 0 && recipients.every((handle) => codes.some((code) => handle.startsWith(code)))
}

const matches = (
  { countryCodes, features, kind, lines, share }: Match,
  { conversation, draft }: Pick<Request, "conversation" | "draft">
): boolean =>
  (lines === undefined || lines.includes(conversation.line)) &&
  (kind === undefined || kind === Conversation.kind(conversation)) &&
  (countryCodes === undefined || isIn(countryCodes, conversation)) &&
  (features === undefined || features.some((feature) => uses[feature](draft))) &&
  (share === undefined || positionOf(conversation) < share)

const placeOfRule = (policy: Complete, request: Pick<Request, "conversation" | "draft">): number =>
  policy.rules.findIndex(({ match }) => matches(match, request))

/**
 * The first rule that matches a send.
 *
 * @category getters
 */
export const ruleOf = (policy: Complete, request: Pick<Request, "conversation" | "draft">): Rule | undefined =>
  policy.rules[placeOfRule(policy, request)]

const fidelityUnder = (rule: Rule | undefined, { draft, fidelity }: Request): Fidelity =>
  draft.fidelity ?? (fidelity === "exact" || rule?.fidelity === "exact" ? "exact" : "adapt")

/**
 * The fidelity under which a send is planned. It is the draft's own, if it has one. Else it is `exact` if the request or the matching
 * rule says so. A rule never makes the caller's fidelity less strict.
 *
 * @category getters
 */
export const fidelityOf = (policy: Complete, request: Request): Fidelity => fidelityUnder(ruleOf(policy, request), request)

/**
 * The affinity mode of a conversation.
 *
 * @category getters
 */
export const modeOf = ({ affinity }: Complete, conversation: Conversation.Conversation): AffinityMode =>
  conversation._tag === "Direct" ? affinity.mode : affinity.groups

// --- which carriers are asked ---

const noOne = (prefer: ReadonlyArray<CarrierId>, { carriers }: Known, { line }: Conversation.Conversation): Problem.Problem => {
  const having = Array.from(carriers).flatMap(([id, { lines }]) => lines.has(line) ? [id] : [])
  const lines = Array.from(new Set(Array.from(carriers.values()).flatMap(({ lines }) => Array.from(lines.keys()))))
  const meant = NearestWord.find(line, lines)
  const quoted = NearestWord.quote(line)
  const none = quoted === undefined ? "there is no such line" : `there is no line ${quoted}`
  return Problem.make(
    "line",
    ["to", "line"],
    having.length > 0
      ? `the line "${line}" has a number at ${having.join(", ")}, but this message may go by ${
        prefer.join(", ")
      } only; add the line there, or change the policy`
      : lines.length === 0
      ? `${none}: no line is configured`
      : `${none}; lines are: ${lines.join(", ")}${meant === undefined ? "" : `; did you mean "${meant}"?`}`
  )
}

const barredBy = (policy: Complete, known: Known, { carrierId, line }: Pick<Candidate, "carrierId" | "line">): Candidate["barred"] => {
  const plan = known.plans.get(carrierId)
  if (plan?._tag === "Refused" && plan.problems.some(({ rule }) => rule !== "first-message")) {
    const error = MessagingError.invalid("send", plan.problems, carrierId)
    return { why: error.message, error }
  }
  if (policy.carriers[carrierId]?.opens === "known" && known.contacts.get(carrierId)?.inboundAt === undefined) {
    const why = `the person never wrote to the line "${line}" at ${carrierId}, which opens no conversation itself`
    return { why, error: MessagingError.make("RecipientNotAllowed", { operation: "send", carrierId, next: "reroute", detail: why }) }
  }
  const breach = known.breaches?.get(carrierId)
  if (breach !== undefined) {
    const why = `the person never wrote to the line "${line}" at ${carrierId}, and the message has ${breach}`
    return { why, error: MessagingError.make("RecipientNotAllowed", { operation: "send", carrierId, next: "reroute", detail: why }) }
  }
  return undefined
}

const candidate = (policy: Complete, known: Known, carrierId: CarrierId, line: Candidate["line"]): Candidate => {
  const send = known.carriers.get(carrierId)?.reconciliation?.send
  const absenceProof = policy.carriers[carrierId]?.absenceProof
  const barred = barredBy(policy, known, { carrierId, line })
  return {
    carrierId,
    line,
    reconcile: send?.way ?? "none",
    replayFor: send === undefined ? 0 : Duration.toMillis(send.replayFor),
    ...(absenceProof === undefined ? {} : { absenceProof }),
    ...(barred === undefined ? {} : { barred })
  }
}

interface Order {
  readonly candidates: ReadonlyArray<Candidate>
  readonly movesWhenIncapable: boolean
  /** The carrier that would be asked without the rollout, if the rollout chose the first of the candidates. */
  readonly otherwise?: CarrierId | undefined
  readonly bound: boolean
  readonly why: string | undefined
}

/** The preferred carriers that have the line. The binding does not matter here. */
const preferred = (policy: Complete, prefer: ReadonlyArray<CarrierId>, { conversation }: Request, known: Known): ReadonlyArray<Candidate> =>
  prefer.flatMap((id) =>
    known.carriers.get(id)?.lines.has(conversation.line) === true ? [candidate(policy, known, id, conversation.line)] : []
  )

interface Rolled {
  /** The carrier to which the rollout moves the conversation. */
  readonly target: CarrierId | undefined
  /** The other carrier of the rollout, if the next message goes by another carrier than it would without the rollout. */
  readonly other: CarrierId | undefined
}

const notRolled: Rolled = { target: undefined, other: undefined }

/** What the policy's rollout decides about a conversation, if it concerns the carriers that are preferred. */
const rolled = (
  policy: Complete,
  prefer: ReadonlyArray<CarrierId>,
  conversation: Conversation.Conversation,
  stored: Rollout.Stored | undefined,
  home: CarrierId | undefined
): Rolled => {
  const { rollout } = policy
  if (rollout === undefined || !prefer.includes(rollout.from) || !prefer.includes(rollout.to)) return notRolled
  const sideOf = (id: CarrierId | undefined) => id === rollout.from ? "from" : id === rollout.to ? "to" : undefined
  const subject: Rollout.Subject = {
    position: positionOf(conversation),
    isGroup: conversation._tag === "Group",
    home: home === undefined ? "none" : sideOf(home) ?? "elsewhere",
    assigned: sideOf(stored?.assigned)
  }
  const place = Rollout.place(stored?.state, subject)
  const goesTo = place === "stays" ? home : rollout[place]
  return {
    target: place === "stays" ? undefined : rollout[place],
    other: Rollout.isMoved(stored?.state, subject) ? goesTo === rollout.to ? rollout.from : rollout.to : undefined
  }
}

/** The carriers in order, with these in front. */
const inFront = (prefer: ReadonlyArray<CarrierId>, ...first: ReadonlyArray<CarrierId | undefined>): ReadonlyArray<CarrierId> => [
  ...first.filter((id) => id !== undefined),
  ...prefer.filter((id) => !first.includes(id))
]

/**
 * The preference for a conversation that is at no carrier, in order. The policy's rollout says which of its two carriers comes first. If it
 * is the new one, the old one comes second.
 *
 * @category getters
 */
export const preferOf = (
  policy: Complete,
  prefer: ReadonlyArray<CarrierId>,
  conversation: Conversation.Conversation,
  rollout: Rollout.Stored | undefined
): ReadonlyArray<CarrierId> => {
  const { other, target } = rolled(policy, prefer, conversation, rollout, undefined)
  return target === undefined ? prefer : inFront(prefer, target, other)
}

const order = (policy: Complete, given: ReadonlyArray<CarrierId>, request: Request, known: Known): Order => {
  const { conversation } = request
  const prefer = preferOf(policy, given, conversation, known.rollout)
  const mode = modeOf(policy, conversation)
  if (mode === "free") {
    return { candidates: preferred(policy, prefer, request, known), movesWhenIncapable: true, bound: false, why: undefined }
  }
  const standing = Affinity.findPlacement(policy, known.carriers, known.binding, known.at)
  if (standing._tag === "Unbound") {
    const before = known.keepsNumber === true ? Option.getOrUndefined(known.binding)?.carrierId : undefined
    if (before !== undefined && prefer.includes(before)) {
      const others = prefer.filter((id) => id !== before)
      return {
        candidates: preferred(policy, [before, ...others], request, known),
        movesWhenIncapable: true,
        bound: false,
        why: `the person knows the number at ${before}`
      }
    }
    return {
      candidates: preferred(policy, prefer, request, known),
      movesWhenIncapable: true,
      otherwise: rolled(policy, given, conversation, known.rollout, undefined).other,
      bound: false,
      why: standing.why
    }
  }
  const { carrierId, line } = standing.binding
  const first = candidate(policy, known, carrierId, line)
  const { movesOn } = policy.affinity
  const onIncapable = mode === "sticky" && movesOn.includes("incapable")
  const mayMove = mode === "sticky" &&
    (movesOn.includes("failure") || (onIncapable && first.barred?.error?.reason === "InvalidInput"))
  const { other, target } = known.keepsNumber === true ? notRolled : rolled(policy, given, conversation, known.rollout, carrierId)
  const next = inFront(prefer, target === undefined ? other : undefined).filter((id) => id !== carrierId && id !== target)
  const others = mayMove ? preferred(policy, next, request, known) : []
  const [moved] = target === undefined ? [] : preferred(policy, [target], request, known)
  if (moved !== undefined) {
    return {
      candidates: [moved, first, ...others],
      movesWhenIncapable: true,
      otherwise: carrierId,
      bound: true,
      why: `the rollout moves the conversation from ${carrierId} to ${moved.carrierId}`
    }
  }
  return {
    candidates: [first, ...others],
    movesWhenIncapable: onIncapable,
    otherwise: other,
    bound: true,
    why: `the conversation is at ${carrierId} (${mode})`
  }
}

/**
 * The route of a send. The first rule that matches names the preferred carriers. If no rule matches, the policy names them. If
 * the conversation is bound, its carrier comes first (`sticky`) or is the only one (`pinned`). A rollout says which of its two carriers
 * comes first. If it moves a bound conversation, the carrier of the binding comes second. A rollout never loses a message because the carrier
 * that it chose does not accept our account: then the second carrier is asked.
 *
 * A carrier is barred in two cases, and the route gives the reason. Its plan refuses the draft. Or it may write only to people who
 * wrote to the line before, and this person did not. A refusal that concerns only the first message of a chat does not bar the
 * carrier, because the carrier looks up the chat when it is asked.
 *
 * @category constructors
 */
export const make = (policy: Complete, request: Request, known: Known): Route | NoRoute => {
  const place = placeOfRule(policy, request)
  const rule = policy.rules[place]
  const prefer = rule?.prefer ?? policy.prefer
  const { bound, candidates: [first, ...others], movesWhenIncapable, otherwise, why } = order(policy, prefer, request, known)
  if (first === undefined) return { problems: [noOne(prefer, known, request.conversation)] }
  const isOnce = request.confirmsOptOut === true
  const found = RouteSettings.settings(policy, rule, known, movesWhenIncapable)
  const movesOnAccountFault = otherwise !== undefined && others[0]?.carrierId === otherwise
  const preference = `${rule === undefined ? "the policy" : `rule ${place} of the policy`} prefers ${prefer.join(", ")}`
  return {
    route: isOnce ? [[first, ...others].find(({ barred }) => barred === undefined) ?? first] : [first, ...others],
    settings: isOnce ? { ...found, retryTimes: 0 } : movesOnAccountFault ? { ...found, movesOnAccountFault } : found,
    why: why === undefined ? preference : `${why}; ${preference}`,
    bound,
    fidelity: fidelityUnder(rule, request)
  }
}
