/**
 * Implements the breaker of one line at one carrier. After failures that are the carrier's own, the line is not asked for a while. Then
 * one send at a time tests whether the line works again. The code is pure. Times are in epoch milliseconds, spans in milliseconds.
 */

/**
 * When a breaker opens, and for how long.
 *
 * @category models
 */
export interface Settings {
  /** How many failures open the breaker. */
  readonly failures: number
  /** The span in which these failures must lie, in milliseconds. */
  readonly window: number
  /** How long the breaker first stays open, in milliseconds. After each failed probe it stays open for twice as long as before. */
  readonly openFor: number
  /** The longest time that the breaker stays open, in milliseconds. */
  readonly maxOpenFor: number
  /** How long a probe keeps its place without a result, in milliseconds. After that another send may probe. */
  readonly probeFor: number
}

/**
 * The state of a breaker.
 *
 * - `Closed`: every send may ask the line. `failures` are the times of the failures that still count.
 * - `Open`: no send may ask before `until`. `flagged`: an event of the carrier opened the breaker. When an event takes this back,
 *   failures still keep the breaker open until `failedUntil`.
 * - `HalfOpen`: one send may ask. `probe` is when this send began.
 *
 * `openings` counts the openings in a row, and `troubledAt` is when the first of them was. `since` is when the state began. A try that began earlier
 * does not change the state.
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
    readonly troubledAt: number
    readonly flagged: boolean
    readonly failedUntil: number
  }
  | {
    readonly _tag: "HalfOpen"
    readonly since: number
    readonly openings: number
    readonly troubledAt: number
    readonly probe: number | undefined
  }

/**
 * What a try shows about the line. `ok`: the line took a message. `failed`: it did not take the message, or this is unknown, and the
 * fault is the carrier's own. `limited`: the line is full. `none`: the fault is not the carrier's. `limited` and `none` say nothing
 * about the line's health, so they only free the place of a probe.
 *
 * @category models
 */
export type Verdict = "ok" | "failed" | "limited" | "none"

/**
 * Whether a send may ask the line. `probe`: the send tests whether the line works again. `until`: when to ask again at the latest.
 *
 * @category models
 */
export type Admission =
  | { readonly _tag: "Admitted"; readonly state: State; readonly probe: boolean }
  | { readonly _tag: "Refused"; readonly until: number; readonly why: string }

/**
 * The breaker of a line that was never asked.
 *
 * @category constructors
 */
export const closed: State = { _tag: "Closed", since: Number.NEGATIVE_INFINITY, failures: [] }

// stands for "for ever", and is still a valid date
const century = 100 * 365 * 24 * 3_600_000

const probing = (since: number, { openings, troubledAt }: Exclude<State, { readonly _tag: "Closed" }>, at: number): Admission => ({
  _tag: "Admitted",
  probe: true,
  state: { _tag: "HalfOpen", since, openings, troubledAt, probe: at }
})

/**
 * Checks whether a send may ask the line. The state changes only if the answer is `Admitted`.
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
        : probing(at, state, at)
    case "HalfOpen":
      return state.probe !== undefined && at < state.probe + probeFor
        ? { _tag: "Refused", until: state.probe + probeFor, why: "another send finds out whether the line is back" }
        : probing(state.since, state, at)
  }
}

const open = (
  at: number,
  { openings, troubledAt }: { readonly openings: number; readonly troubledAt: number },
  { maxOpenFor, openFor }: Settings
): State => {
  const until = at + Math.min(openFor * 2 ** openings, maxOpenFor)
  return { _tag: "Open", since: at, until, openings: openings + 1, troubledAt, flagged: false, failedUntil: until }
}

/**
 * The state after a try that began at `startedAt`. A try that began before the state began changes nothing. So a late success does
 * not close an open breaker, and a late failure does not open a breaker that a probe has closed.
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
        return open(at, state, settings)
      case "limited":
      case "none":
        return { ...state, probe: undefined }
    }
  }
  if (verdict !== "failed") return state
  const failures = [...state.failures.filter((time) => time > at - settings.window), at]
  return failures.length < settings.failures ? { ...state, failures } : open(at, { openings: 0, troubledAt: at }, settings)
}

/**
 * The carrier says that the line cannot send. The line is not asked until `lift` is called, or until `maxOpenFor` has passed. `gone`:
 * the line is not ours any more, so only `lift` ends this.
 *
 * @category combinators
 */
export const flag = (state: State, at: number, { maxOpenFor }: Settings, gone = false): State => ({
  _tag: "Open",
  since: at,
  until: at + (gone ? century : maxOpenFor),
  openings: state._tag === "Closed" ? 0 : state.openings,
  troubledAt: state._tag === "Closed" ? at : state.troubledAt,
  flagged: true,
  failedUntil: state._tag === "Open" ? state.failedUntil : at
})

/**
 * The carrier says that the line can send again. This takes back only what `flag` did. Failures can still keep the breaker open.
 *
 * @category combinators
 */
export const lift = (state: State, at: number): State => {
  if (state._tag !== "Open" || !state.flagged) return state
  if (state.failedUntil > at) return { ...state, until: state.failedUntil, flagged: false }
  return state.openings === 0
    ? { _tag: "Closed", since: at, failures: [] }
    : { _tag: "HalfOpen", since: at, openings: state.openings, troubledAt: state.troubledAt, probe: undefined }
}

/**
 * How many failures count at `at`.
 *
 * @category getters
 */
export const failures = (state: State, at: number, { window }: Settings): number =>
  state._tag === "Closed" ? state.failures.filter((time) => time > at - window).length : 0
