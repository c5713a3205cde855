/**
 * Limits the sends of one line at one carrier: sends in a second, new contacts in an hour and in a day, and the pause that the carrier
 * asked for. The code is pure. Times are in epoch milliseconds, spans in milliseconds.
 */
import { longestRetryAfter } from "@interline/core/MessagingError"
import * as Duration from "effect/Duration"
import type { Contact } from "../ledger/Ledger.ts"

/**
 * The limits of a line. A member that is absent sets no limit.
 *
 * @category models
 */
export interface Settings {
  /** Sends in a second on average. The same number, rounded up, may leave at once. */
  readonly perSecond?: number
  /** How many new contacts the line may write to within any 60 minutes. */
  readonly newContactsPerHour?: number
  /** How many new contacts the line may write to within any 24 hours. */
  readonly newContactsPerDay?: number
}

/**
 * Whether the new contacts of a line are limited.
 *
 * @category refinements
 */
export const limitsContacts = ({ newContactsPerDay, newContactsPerHour }: Settings): boolean =>
  newContactsPerDay !== undefined || newContactsPerHour !== undefined

const newAfter = 30 * 24 * 3_600_000

/**
 * Whether a person counts as a new contact of a line: no message from or to the line for 30 days. `at` is in epoch
 * milliseconds.
 *
 * @category refinements
 */
export const isNew = ({ inboundAt, outboundAt }: Contact, at: number): boolean =>
  Math.max(inboundAt ?? Number.NEGATIVE_INFINITY, outboundAt ?? Number.NEGATIVE_INFINITY) < at - newAfter

/**
 * How much of its limits a line has used.
 *
 * @category models
 */
export interface State {
  /** How many sends may leave at once at `filledAt`. */
  readonly tokens: number
  /** When the tokens were last counted, in epoch milliseconds. */
  readonly filledAt: number
  /** The times of the sends to new contacts that still count, in order. */
  readonly contacts: ReadonlyArray<number>
  /** When the pause that the carrier asked for ends, in epoch milliseconds. */
  readonly pausedUntil: number
  /** When the carrier last asked for a pause, in epoch milliseconds. */
  readonly pausedAt: number
  /** When the next send may leave during the pause, as a test whether the line takes messages again, in epoch milliseconds. */
  readonly probeAt: number
  /** How many test sends left in this pause. */
  readonly probes: number
}

/**
 * Whether a send may leave. `probe`: the send leaves during a pause, as a test whether the pause is over. `until`: when there may be
 * room. It is absent if there will never be room.
 *
 * @category models
 */
export type Allowance =
  | { readonly _tag: "Taken"; readonly state: State; readonly probe: boolean }
  | { readonly _tag: "Full"; readonly until?: number; readonly why: string }

/**
 * The longest pause, in milliseconds. If a carrier asks for more than an hour, the pause lasts one hour.
 *
 * @category models
 */
export const longestPause = Duration.toMillis(longestRetryAfter)

// one refusal may concern only one person, so test sends check a long pause of the whole line: the first after a minute, then each
// after twice the time
const firstProbe = 60_000
const longestBetweenProbes = 900_000

const nextProbe = (probes: number): number => Math.min(firstProbe * 2 ** probes, longestBetweenProbes)

const hour = 3_600_000
const day = 86_400_000

const burst = ({ perSecond }: Settings): number => perSecond === undefined ? 0 : Math.ceil(perSecond)

/**
 * How many new contacts a line wrote to. `day` is present only if the day is limited. Else contacts are forgotten after an hour.
 *
 * @category models
 */
export interface NewContacts {
  /** Within the last 60 minutes. */
  readonly hour: number
  /** Within the last 24 hours. */
  readonly day?: number
}

/**
 * The state of a line that was never used.
 *
 * @category constructors
 */
export const unused = (settings: Settings): State => ({
  tokens: burst(settings),
  filledAt: 0,
  contacts: [],
  pausedUntil: 0,
  pausedAt: 0,
  probeAt: 0,
  probes: 0
})

// rounding errors make a sum of token fractions slightly smaller than 1
const whole = 1 - 1e-6

const filled = (state: State, at: number, settings: Settings): number =>
  settings.perSecond === undefined
    ? 0
    : Math.min(burst(settings), state.tokens + Math.max(0, at - state.filledAt) * settings.perSecond / 1000)

const after = (contacts: ReadonlyArray<number>, time: number): ReadonlyArray<number> => {
  const first = contacts.findIndex((contact) => contact > time)
  return first === 0 ? contacts : first === -1 ? [] : contacts.slice(first)
}

/** When the oldest of the latest `limit` contacts leaves the span. Undefined if there is room. */
const crowded = (
  contacts: ReadonlyArray<number>,
  limit: number | undefined,
  span: number,
  at: number
): { readonly until?: number } | undefined => {
  if (limit === undefined) return undefined
  if (limit === 0) return {}
  const oldest = contacts.at(-limit)
  return oldest === undefined || oldest + span <= at ? undefined : { until: oldest + span }
}

/**
 * Why a line may not write to another new contact, and when it may again. Undefined if there is room. `until` is absent if there will never
 * be room.
 *
 * @category getters
 */
export const crowdedWith = (
  { contacts }: State,
  at: number,
  { newContactsPerDay, newContactsPerHour }: Settings
): { readonly until?: number; readonly why: string } | undefined => {
  const full = crowded(contacts, newContactsPerDay, day, at)
  if (full !== undefined) return { ...full, why: "the line may not write to more new people today" }
  const soon = crowded(contacts, newContactsPerHour, hour, at)
  return soon === undefined ? undefined : { ...soon, why: "the line may not write to more new people this hour" }
}

/**
 * Counts a new contact at `time`, and forgets those that no longer count at `at`.
 *
 * @category combinators
 */
export const countContact = (state: State, at: number, time: number, { newContactsPerDay }: Settings): State => {
  const counted = after(state.contacts, at - (newContactsPerDay === undefined ? hour : day))
  const before = counted.findLastIndex((contact) => contact <= time) + 1
  return { ...state, contacts: [...counted.slice(0, before), time, ...counted.slice(before)] }
}

/**
 * Takes back a new contact that was counted at `time`. The same state if none was.
 *
 * @category combinators
 */
export const uncountContact = (state: State, time: number): State => {
  const position = state.contacts.lastIndexOf(time)
  return position === -1 ? state : { ...state, contacts: state.contacts.filter((_, index) => index !== position) }
}

/**
 * Takes a place for one send, if there is room. `isNew`: the person is a new contact.
 *
 * @category combinators
 */
export const take = (state: State, at: number, isNew: boolean, settings: Settings): Allowance => {
  const probe = at < state.pausedUntil
  if (probe && at < state.probeAt) return { _tag: "Full", until: state.pausedUntil, why: "the carrier asked to wait" }
  if (isNew) {
    const full = crowdedWith(state, at, settings)
    if (full !== undefined) return { _tag: "Full", ...full }
  }
  const tokens = filled(state, at, settings)
  if (settings.perSecond !== undefined && tokens < whole) {
    return {
      _tag: "Full",
      until: at + Math.max(1, Math.ceil((1 - tokens) * 1000 / settings.perSecond)),
      why: "the line takes no more sends this second"
    }
  }
  const taken: State = {
    ...state,
    ...(probe ? { probes: state.probes + 1, probeAt: at + nextProbe(state.probes + 1) } : {}),
    tokens: Math.max(0, tokens - 1),
    filledAt: Math.max(at, state.filledAt)
  }
  return { _tag: "Taken", probe, state: isNew && limitsContacts(settings) ? countContact(taken, at, at, settings) : taken }
}

/**
 * Begins a pause, because the carrier asked for one until `until`. It lasts at most `longestPause`. A shorter pause does not end a
 * longer one.
 *
 * @category combinators
 */
export const pause = (state: State, at: number, until: number): State => {
  const isPaused = at < state.pausedUntil
  const probes = isPaused ? state.probes : 0
  return {
    ...state,
    pausedUntil: Math.max(state.pausedUntil, Math.min(until, at + longestPause)),
    pausedAt: at,
    probes,
    probeAt: Math.max(isPaused ? state.probeAt : 0, at + nextProbe(probes))
  }
}

/**
 * The line took a message of a try that began at `startedAt`. This ends a pause that the carrier asked for before the try.
 *
 * @category combinators
 */
export const resume = (state: State, at: number, startedAt: number): State =>
  at < state.pausedUntil && startedAt >= state.pausedAt ? { ...state, pausedUntil: at, probes: 0 } : state

/**
 * How many new contacts the line wrote to within the last hour and the last day. Undefined without a limit of new contacts, because
 * each send would have to ask the ledger. The router then counts conversations instead, see `Router.LineState`.
 *
 * @category getters
 */
export const newContacts = (state: State, at: number, settings: Settings): NewContacts | undefined =>
  settings.newContactsPerDay === undefined && settings.newContactsPerHour === undefined
    ? undefined
    : {
      hour: after(state.contacts, at - hour).length,
      ...(settings.newContactsPerDay === undefined ? {} : { day: after(state.contacts, at - day).length })
    }
