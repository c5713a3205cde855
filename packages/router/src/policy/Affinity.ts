/** Says when a conversation stays at its carrier: a table of events and modes, and the functions that follow it. */
import type { Carrier } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import type { Draft } from "@interline/core/Draft"
import type { LineName } from "@interline/core/Line"
import type { Part, Text } from "@interline/core/Part"
import * as Option from "effect/Option"
import type { Candidate } from "../decision/Decision.ts"
import type { Binding } from "../ledger/Ledger.ts"
import type { AffinityMode, Complete } from "./Policy.ts"

/**
 * What an event does to the binding of a conversation. `binds`: the conversation gets its first carrier. `moves`: it gets another
 * carrier. `stays`: it keeps its carrier. `ends`: it has no carrier any more. `tries-next`: it keeps its carrier, and the send goes
 * on to the next carrier of the route. `waits`: nothing more is sent until the result is known.
 *
 * @category models
 */
export type Consequence = "binds" | "moves" | "stays" | "ends" | "tries-next" | "waits"

/**
 * One cell of the table, with its sentence for people.
 *
 * @category models
 */
export interface Rule {
  /** What the event does to the binding. */
  readonly does: Consequence
  /** A sentence for people with the same content. */
  readonly sentence: string
}

/**
 * The events that can happen to a conversation. `failure`, `unknown` and `incapable` concern the carrier to which the conversation is
 * bound. Before the first acceptance a send may go on to the next carrier in every mode.
 *
 * @category models
 */
export type Happening =
  | "first-acceptance"
  | "acceptance-elsewhere"
  | "inbound"
  | "silence"
  | "failure"
  | "unknown"
  | "incapable"
  | "removed"
  | "operator"

/**
 * One row of the table: the event in words, and what it does under each mode.
 *
 * @category models
 */
export interface Row extends Readonly<Record<AffinityMode, Rule>> {
  /** The event in words. */
  readonly event: string
}

const everyMode = (does: Consequence, sentence: string): Record<AffinityMode, Rule> => ({
  sticky: { does, sentence },
  pinned: { does, sentence },
  free: { does, sentence }
})

/**
 * The table. The mode `free` records the carrier of a conversation too. Typing indicators and read receipts use this record, but
 * sends do not.
 *
 * @category models
 */
export const rows = {
  "first-acceptance": {
    event: "a carrier takes the first message",
    sticky: { does: "binds", sentence: "it is bound to that carrier and line" },
    pinned: { does: "binds", sentence: "it is bound to that carrier and line for good" },
    free: { does: "binds", sentence: "its carrier and line are noted; the next send follows the preference again" }
  },
  "acceptance-elsewhere": {
    event: "after a failover another carrier takes a message",
    sticky: { does: "moves", sentence: "it is bound to the carrier and line that took the message, and does not move back by itself" },
    pinned: { does: "moves", sentence: "possible only after its binding ended; then it is bound to the carrier that took the message" },
    free: { does: "moves", sentence: "its carrier and line are noted" }
  },
  inbound: {
    event: "the person writes to one of our lines",
    sticky: { does: "moves", sentence: "it is bound to the carrier and line that the message arrived on" },
    pinned: { does: "stays", sentence: "it stays; if it is not bound, it is bound to the carrier and line that the message arrived on" },
    free: { does: "moves", sentence: "its carrier and line are noted" }
  },
  silence: {
    event: "nobody writes for longer than `expiresAfter`",
    ...everyMode("ends", "its binding ends; the next send follows the preference")
  },
  failure: {
    event: "its carrier certainly did not take a message, or is not asked because its breaker is open or its line is full",
    sticky: { does: "tries-next", sentence: "the next carrier is asked, unless `movesOn` leaves out `failure`" },
    pinned: { does: "stays", sentence: "no other carrier is asked; the send ends as not sent" },
    free: { does: "tries-next", sentence: "the next carrier is asked" }
  },
  unknown: {
    event: "it is not known whether its carrier took a message",
    ...everyMode(
      "waits",
      "no other carrier is asked before reconciliation; after it, another one is asked only if `absenceProof` or `send-anyway` says so"
    )
  },
  incapable: {
    event: "its carrier cannot carry the draft",
    sticky: { does: "stays", sentence: "no other carrier is asked, unless `movesOn` names `incapable`; the send ends as invalid" },
    pinned: { does: "stays", sentence: "no other carrier is asked; the send ends as invalid" },
    free: { does: "tries-next", sentence: "the next carrier is asked" }
  },
  removed: {
    event: "its carrier is no longer configured, has lost the line, or is not named by the policy",
    ...everyMode("ends", "its binding ends; the next send follows the preference")
  },
  operator: {
    event: "an operator, or a later fact, settles a held message as arrived",
    ...everyMode("binds", "it is bound as if the carrier had answered at that time, unless somebody wrote in it since")
  }
} as const satisfies Record<Happening, Row>

const moves = (happening: "acceptance-elsewhere" | "inbound", mode: AffinityMode): boolean => rows[happening][mode].does === "moves"

/**
 * The binding of a conversation, or why it has none.
 *
 * @category models
 */
export type Placement =
  | { readonly _tag: "Bound"; readonly binding: Binding }
  | { readonly _tag: "Unbound"; readonly why: string | undefined }

const never: Placement = { _tag: "Unbound", why: undefined }

const names = (policy: Complete, id: CarrierId): boolean =>
  policy.prefer.includes(id) || policy.rules.some(({ prefer }) => prefer.includes(id))

/**
 * Whether a binding still counts. It ends after a long silence. It also ends if its carrier or line is not configured any more, or if
 * the policy does not name the carrier any more. `at` is in epoch milliseconds.
 *
 * @category getters
 */
export const findPlacement = (
  policy: Complete,
  carriers: ReadonlyMap<CarrierId, Pick<Carrier, "lines">>,
  binding: Option.Option<Binding>,
  at: number
): Placement => {
  if (Option.isNone(binding)) return never
  const { at: last, carrierId, line } = binding.value
  const carrier = carriers.get(carrierId)
  const why = carrier === undefined
    ? `it was at ${carrierId}, which is configured no more`
    : !carrier.lines.has(line)
    ? `it was at ${carrierId}, which has no line "${line}" any more`
    : !names(policy, carrierId)
    ? `it was at ${carrierId}, which the policy names no more`
    : last + policy.affinity.expiresAfter <= at
    ? `it was at ${carrierId}, and nobody wrote for too long`
    : undefined
  return why === undefined ? { _tag: "Bound", binding: binding.value } : { _tag: "Unbound", why }
}

type Place = Pick<Candidate, "carrierId" | "line">

const isAt = (binding: Binding, { carrierId, line }: Place): boolean => binding.carrierId === carrierId && binding.line === line

const at = ({ carrierId, line }: Place, time: number): Omit<Binding, "version"> => ({ carrierId, line, at: time })

/** Renews the time of a binding after a message. The carrier does not change. */
const refresh = ({ version: _, ...binding }: Binding, time: number): Option.Option<Omit<Binding, "version">> =>
  time > binding.at ? Option.some({ ...binding, at: time }) : Option.none()

const after = (
  happening: "acceptance-elsewhere" | "inbound",
  mode: AffinityMode,
  binding: Option.Option<Binding>,
  place: Place,
  time: number
) =>
  Option.isNone(binding)
    ? Option.some(at(place, time))
    : isAt(binding.value, place) || !moves(happening, mode)
    ? refresh(binding.value, time)
    : Option.some(at(place, Math.max(time, binding.value.at)))

/**
 * The binding after a carrier took a message at `at` (epoch milliseconds). None if nothing changes. The stored binding may
 * be given even if it has ended.
 *
 * @category combinators
 */
export const afterAcceptance = (
  mode: AffinityMode,
  binding: Option.Option<Binding>,
  candidate: Place,
  at: number
): Option.Option<Omit<Binding, "version">> => after("acceptance-elsewhere", mode, binding, candidate, at)

/**
 * The binding after a message from a person arrived on a line at `at` (epoch milliseconds). None if nothing changes. Give
 * no binding if it has ended (see `findPlacement`), because a pinned conversation would stay at the old carrier.
 *
 * @category combinators
 */
export const afterInbound = (
  mode: AffinityMode,
  binding: Option.Option<Binding>,
  carrierId: CarrierId,
  line: LineName,
  at: number
): Option.Option<Omit<Binding, "version">> => after("inbound", mode, binding, { carrierId, line }, at)

/** The continuation of a rollout that says nothing. */
const silent = "none"

/**
 * The text for a person to whom our number changes, because the carrier of the binding is not the one that is asked now. Undefined if the
 * number stays, or if the policy has no text. `isBound`: the binding has not ended. Between the two carriers of a rollout the text is also
 * for a person whose binding has ended, because the person still knows the old number.
 *
 * @category getters
 */
export const continuationOf = (
  { affinity, rollout }: Complete,
  binding: Option.Option<Binding>,
  isBound: boolean,
  after: CarrierId
): string | undefined => {
  const before = Option.getOrUndefined(binding)?.carrierId
  if (before === undefined || before === after) return undefined
  const isRolled = rollout !== undefined &&
    ((before === rollout.from && after === rollout.to) || (before === rollout.to && after === rollout.from))
  if (!isRolled) return isBound ? affinity.continuation : undefined
  const { continuation = affinity.continuation } = rollout
  return continuation === silent ? undefined : continuation
}

const shift = (by: number) => <R extends { readonly start: number; readonly end: number }>(ranged: R): R => ({
  ...ranged,
  start: ranged.start + by,
  end: ranged.end + by
})

const onTop = (text: string, part: Text): Text => ({
  ...part,
  text: `${text}\n${part.text}`,
  ...(part.decorations === undefined ? {} : { decorations: part.decorations.map(shift(text.length + 1)) }),
  ...(part.mentions === undefined ? {} : { mentions: part.mentions.map(shift(text.length + 1)) })
})

/**
 * Puts a text before the draft's first text, on a line of its own. Two kinds of draft stay unchanged. A first text with extras stays
 * unchanged, because the extras may name positions in this text. A draft without a text stays unchanged too: an additional part would
 * change which part a later reply means, and a text beside a link makes the link lose its preview at every carrier. The result may be
 * longer than a carrier allows. Then the carrier's plan says so.
 *
 * @category combinators
 */
export const withContinuation = (draft: Draft, text: string): Draft => {
  const [first, ...rest] = draft.parts
  const place = draft.parts.findIndex(({ _tag }) => _tag === "Text")
  if (place < 0 || draft.extras?.parts?.some(({ part }) => part === place) === true) return draft
  const put = (part: Part, index: number): Part => index === place && part._tag === "Text" ? onTop(text, part) : part
  return { ...draft, parts: [put(first, 0), ...rest.map((part, index) => put(part, index + 1))] }
}
