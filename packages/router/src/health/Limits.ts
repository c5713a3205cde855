/**
 * How much one line at one carrier takes: sends a second, people written to first an hour and a day, and the pause that the
 * carrier itself asked for. Pure; times are in epoch milliseconds, spans in milliseconds.
 */
import { longestRetryAfter } from "@interline/core/MessagingError"
import * as Duration from "effect/Duration"
import type { Contact } from "../ledger/Ledger.ts"

/**
 * What a line takes. What is not there is not limited.
 *
 * @category models
 */
export interface Settings {
  /** Sends a second on average, and at most that many (rounded up) at once. */
  readonly perSecond?: number
  /** People written to first within any 60 minutes. */
  readonly newContactsPerHour?: number
  /** People written to first within any 24 hours. */
  readonly newContactsPerDay?: number
}

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
  /** The times of the people written to first that still count, in order. */
  readonly contacts: ReadonlyArray<number>
  /** The carrier asked to be left alone until then, in epoch milliseconds. */
  readonly pausedUntil: number
  /** When the carrier last asked so. */
  readonly pausedAt: number
  /** When one send is let through during the pause, to find out whether the line takes messages again. */
  readonly probeAt: number
  /** How many such sends there were in this pause. */
  readonly probes: number
}

/**
 * `probe`: the place is that of a send during a pause, which finds out whether it is over. `until`: when there may be room; absent where there never will be.
 *
 * @category models
 */
export type Allowance =
  | { readonly _tag: "Taken"; readonly state: State; readonly probe: boolean }
  | { readonly _tag: "Full"; readonly until?: number; readonly why: string }

/**
 * The longest pause that is followed, in milliseconds: what a carrier asks for beyond an hour is not believed.
 *
 * @category models
 */
export const longestPause = Duration.toMillis(longestRetryAfter)

// one refusal may be about one person, so a long pause of the whole line is put to the test: after a minute, then twice as late
// each time
const firstProbe = 60_000
const longestBetweenProbes = 900_000

const nextProbe = (probes: number): number => Math.min(firstProbe * 2 ** probes, longestBetweenProbes)

const hour = 3_600_000
const day = 86_400_000

const burst = ({ perSecond }: Settings): number => perSecond === undefined ? 0 : Math.ceil(perSecond)

/**
 * How many people a line wrote to first. `day` is there if the day is limited: else they are forgotten after an hour.
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
 * A line that nobody has used yet.
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

// sums of fractions of a token stay below the whole by a little
const whole = 1 - 1e-6

const filled = (state: State, at: number, settings: Settings): number =>
  settings.perSecond === undefined
    ? 0
    : Math.min(burst(settings), state.tokens + Math.max(0, at - state.filledAt) * settings.perSecond / 1000)

const after = (contacts: ReadonlyArray<number>, time: number): ReadonlyArray<number> => {
  const first = contacts.findIndex((contact) => contact > time)
  return first === 0 ? contacts : first === -1 ? [] : contacts.slice(first)
}

/** When the oldest of the `limit` latest contacts leaves the span; undefined if there is room. */
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
 * Takes a place for one send, if there is room for it. `isNew`: it is the first to this person.
 *
 * @category combinators
 */
export const take = (state: State, at: number, isNew: boolean, settings: Settings): Allowance => {
  const probe = at < state.pausedUntil
  if (probe && at < state.probeAt) return { _tag: "Full", until: state.pausedUntil, why: "the carrier asked to wait" }
  if (isNew) {
    const full = crowded(state.contacts, settings.newContactsPerDay, day, at)
    if (full !== undefined) return { _tag: "Full", ...full, why: "the line may not write to more new people today" }
    const soon = crowded(state.contacts, settings.newContactsPerHour, hour, at)
    if (soon !== undefined) return { _tag: "Full", ...soon, why: "the line may not write to more new people this hour" }
  }
  const tokens = filled(state, at, settings)
  if (settings.perSecond !== undefined && tokens < whole) {
    return {
      _tag: "Full",
      until: at + Math.max(1, Math.ceil((1 - tokens) * 1000 / settings.perSecond)),
      why: "the line takes no more sends this second"
    }
  }
  const counts = isNew && (settings.newContactsPerDay !== undefined || settings.newContactsPerHour !== undefined)
  return {
    _tag: "Taken",
    probe,
    state: {
      ...state,
      ...(probe ? { probes: state.probes + 1, probeAt: at + nextProbe(state.probes + 1) } : {}),
      tokens: Math.max(0, tokens - 1),
      filledAt: Math.max(at, state.filledAt),
      contacts: counts ? [...after(state.contacts, at - (settings.newContactsPerDay === undefined ? hour : day)), at] : state.contacts
    }
  }
}

/**
 * Gives back the place of a send that was taken at `takenAt` and never left.
 *
 * @category combinators
 */
export const release = (state: State, takenAt: number, isNew: boolean, settings: Settings): State => {
  const place = isNew ? state.contacts.lastIndexOf(takenAt) : -1
  return {
    ...state,
    tokens: Math.min(burst(settings), state.tokens + 1),
    contacts: place === -1 ? state.contacts : state.contacts.filter((_, index) => index !== place)
  }
}

/**
 * The carrier asked to be left alone until `until`: followed, for `longestPause` at most. A shorter pause does not end a longer one.
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
 * The line took a message of a try that began at `startedAt`. A pause that was asked for before that is over.
 *
 * @category combinators
 */
export const resume = (state: State, at: number, startedAt: number): State =>
  at < state.pausedUntil && startedAt >= state.pausedAt ? { ...state, pausedUntil: at, probes: 0 } : state

/**
 * How many people were written to first within the last hour and the last day. Undefined where no limit has them remembered: to
 * count new people, each send would have to ask the ledger. There the router counts conversations instead, see `Router.LineState`.
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
