/**
 * The breaker of one line at one carrier: after failures that were the carrier's own it is not asked for a while, then one
 * send at a time finds out whether it is back. Pure; times are in epoch milliseconds, spans in milliseconds.
 */

/**
 * When a breaker opens, and for how long.
 *
 * @category models
 */
export interface Settings {
  /** How many failures open it. */
  readonly failures: number
  /** Within how many milliseconds they must lie. */
  readonly window: number
  /** For how many milliseconds it opens first. Each time that a probe fails it opens for twice as long as before. */
  readonly openFor: number
  /** For how many milliseconds it opens at most. */
  readonly maxOpenFor: number
  /** A probe that says nothing for so many milliseconds frees its place. */
  readonly probeFor: number
}

/**
 * `Closed`: every send may ask; `failures` are the times of those that still count. `Open`: no send may ask before `until`.
 * `HalfOpen`: one may, and `probe` is when it began. `openings` counts openings in a row. `since` is when the state began:
 * what started earlier says nothing about it. `flagged`: an event opened it; `failedUntil` is how long failures keep it
 * open when an event takes that back.
 *
 * @category models
 */
export type State =
  | { readonly _tag: "Closed"; readonly since: number; readonly failures: ReadonlyArray<number> }
  | {
    readonly _tag: "Open"
    readonly since: number
    readonly until: number
    readonly openings: number
    readonly flagged: boolean
    readonly failedUntil: number
  }
  | { readonly _tag: "HalfOpen"; readonly since: number; readonly openings: number; readonly probe: number | undefined }

/**
 * `ok`: it took a message. `failed`: it did not, or nobody knows, and that is its own fault. `limited`: it is full. `none`: somebody
 * else's fault. The last two say nothing about its health, and give a probe's place back.
 *
 * @category models
 */
export type Verdict = "ok" | "failed" | "limited" | "none"

/**
 * Whether it may be asked. `probe`: it is asked to find out whether it is back. `until`: when to ask again at the latest.
 *
 * @category models
 */
export type Admission =
  | { readonly _tag: "Admitted"; readonly state: State; readonly probe: boolean }
  | { readonly _tag: "Refused"; readonly until: number; readonly why: string }

/**
 * A line that nobody has asked yet.
 *
 * @category constructors
 */
export const closed: State = { _tag: "Closed", since: Number.NEGATIVE_INFINITY, failures: [] }

// for good, and still a date
const century = 100 * 365 * 24 * 3_600_000

const probing = (since: number, openings: number, at: number): Admission => ({
  _tag: "Admitted",
  probe: true,
  state: { _tag: "HalfOpen", since, openings, probe: at }
})

/**
 * Asks for leave to ask the carrier. The state changes only with the answer `Admitted`.
 *
 * @category combinators
 */
export const ask = (state: State, at: number, { probeFor }: Settings): Admission => {
  switch (state._tag) {
    case "Closed":
      return { _tag: "Admitted", state, probe: false }
    case "Open":
      return at < state.until
        ? {
          _tag: "Refused",
          until: state.until,
          why: state.flagged ? "the carrier says that the line cannot send" : "the line failed too often"
        }
        : probing(at, state.openings, at)
    case "HalfOpen":
      return state.probe !== undefined && at < state.probe + probeFor
        ? { _tag: "Refused", until: state.probe + probeFor, why: "another send finds out whether the line is back" }
        : probing(state.since, state.openings, at)
  }
}

const open = (at: number, openings: number, { maxOpenFor, openFor }: Settings): State => {
  const until = at + Math.min(openFor * 2 ** openings, maxOpenFor)
  return { _tag: "Open", since: at, until, openings: openings + 1, flagged: false, failedUntil: until }
}

/**
 * What a try that began at `startedAt` says. A try that began before the state did is old news: a late success does not
 * close an open breaker, a late failure does not open one that a probe has closed.
 *
 * @category combinators
 */
export const report = (state: State, verdict: Verdict, at: number, startedAt: number, settings: Settings): State => {
  if (state._tag === "Open" || startedAt < state.since) return state
  if (state._tag === "HalfOpen") {
    switch (verdict) {
      case "ok":
        return { _tag: "Closed", since: at, failures: [] }
      case "failed":
        return open(at, state.openings, settings)
      case "limited":
      case "none":
        return { ...state, probe: undefined }
    }
  }
  if (verdict !== "failed") return state
  const failures = [...state.failures.filter((time) => time > at - settings.window), at]
  return failures.length < settings.failures ? { ...state, failures } : open(at, 0, settings)
}

/**
 * Gives back the place of a probe that began at `askedAt` and whose send never left.
 *
 * @category combinators
 */
export const release = (state: State, askedAt: number): State =>
  state._tag === "HalfOpen" && state.probe === askedAt ? { ...state, probe: undefined } : state

/**
 * The carrier says that the line cannot send: it is not asked until `lift`, or for `maxOpenFor`. `gone`: the line is not ours any more, and only `lift` brings
 * it back.
 *
 * @category combinators
 */
export const flag = (state: State, at: number, { maxOpenFor }: Settings, gone = false): State => ({
  _tag: "Open",
  since: at,
  until: at + (gone ? century : maxOpenFor),
  openings: state._tag === "Closed" ? 0 : state.openings,
  flagged: true,
  failedUntil: state._tag === "Open" ? state.failedUntil : at
})

/**
 * The carrier says that the line can send again. That takes back what `flag` did and no more: failures keep it open.
 *
 * @category combinators
 */
export const lift = (state: State, at: number): State => {
  if (state._tag !== "Open" || !state.flagged) return state
  if (state.failedUntil > at) return { ...state, until: state.failedUntil, flagged: false }
  return state.openings === 0
    ? { _tag: "Closed", since: at, failures: [] }
    : { _tag: "HalfOpen", since: at, openings: state.openings, probe: undefined }
}

/**
 * How many failures count at `at`.
 *
 * @category getters
 */
export const failures = (state: State, at: number, { window }: Settings): number =>
  state._tag === "Closed" ? state.failures.filter((time) => time > at - window).length : 0
