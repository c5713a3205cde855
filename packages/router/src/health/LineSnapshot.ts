/**
 * What is known of a line, for a store and for other processes. All times are relative to the moment at which it was written: a negative
 * number lies in the past. So it does not matter whether the clocks of two machines agree.
 */
import { ReasonTag } from "@interline/core/MessagingError"
import { optional, present } from "@interline/core/Optional"
import * as Schema from "effect/Schema"
import * as Breaker from "./Breaker.ts"
import * as KnownUsage from "./knownUsage.ts"
import type * as Limits from "./Limits.ts"
import * as LineFacts from "./lineFacts.ts"

/**
 * The state of a breaker, as `Breaker.State`. A line that never failed has no `since`. What earlier versions wrote has no `troubledAt`.
 *
 * @category models
 */
export const BreakerState = Schema.Union(
  Schema.TaggedStruct("Closed", { since: optional(Schema.Number), failures: Schema.Array(Schema.Number) }),
  Schema.TaggedStruct("Open", {
    since: Schema.Number,
    until: Schema.Number,
    openings: Schema.Number,
    troubledAt: optional(Schema.Number),
    flagged: Schema.Boolean,
    failedUntil: Schema.Number
  }),
  Schema.TaggedStruct("HalfOpen", {
    since: Schema.Number,
    openings: Schema.Number,
    troubledAt: optional(Schema.Number),
    probe: optional(Schema.Number)
  })
)

/** @category models */
export type BreakerState = typeof BreakerState.Type

/**
 * What every process needs to know of a line: its breaker, the pause that its carrier asked for, whether it is gone, its faults, and what its
 * vendor said of the new people that it may write to.
 *
 * @category models
 */
export const Known = Schema.Struct({
  breaker: BreakerState,
  pause: optional(Schema.Struct({ at: Schema.Number, until: Schema.Number, probeAt: Schema.Number, probes: Schema.Number })),
  gone: Schema.Boolean,
  faults: Schema.Array(Schema.Struct({ reason: ReasonTag, since: Schema.Number })),
  usage: optional(KnownUsage.KnownUsage)
})

/** @category models */
export interface Known extends Schema.Schema.Type<typeof Known> {}

const Ages = Schema.Array(Schema.Tuple(Schema.Number, Schema.Number))

/**
 * Everything that is kept of a line.
 *
 * - `contacts`: the sends to new contacts that still count, if the policy limits them.
 * - `counts`: how many new contacts there were, by age in milliseconds. `countedSince`: since when they are counted.
 * - `askers`: the processes that share the line. `seq` is the last request that counted, and `contacts` is how many places for new contacts
 *   it got. So a request that comes again after a restart counts once. `places`: the places for new contacts that the process got lately and may
 *   still give back, with the `seq` of the request that got each, and the time for which it counts.
 * - `probeBy`: the process that tests the line.
 *
 * @category models
 */
export const Snapshot = Schema.Struct({
  ...Known.fields,
  contacts: Schema.Array(Schema.Number),
  counts: Schema.Struct({ hour: Ages, day: Ages }),
  countedSince: Schema.Number,
  askers: Schema.Array(Schema.Struct({
    process: Schema.String,
    seq: Schema.Number,
    at: Schema.Number,
    contacts: Schema.Number,
    places: optional(Schema.Array(Schema.Struct({ seq: Schema.Number, at: Schema.Number })))
  })),
  probeBy: optional(Schema.String)
})

/** @category models */
export interface Snapshot extends Schema.Schema.Type<typeof Snapshot> {}

const encodeBreaker = (state: Breaker.State, at: number): BreakerState => {
  switch (state._tag) {
    case "Closed":
      return {
        _tag: "Closed",
        failures: state.failures.map((time) => time - at),
        ...(Number.isFinite(state.since) ? { since: state.since - at } : {})
      }
    case "Open":
      return {
        ...state,
        since: state.since - at,
        until: state.until - at,
        troubledAt: state.troubledAt - at,
        failedUntil: state.failedUntil - at
      }
    case "HalfOpen": {
      const { openings, probe, since, troubledAt } = state
      return {
        _tag: "HalfOpen",
        openings,
        since: since - at,
        troubledAt: troubledAt - at,
        ...(probe === undefined ? {} : { probe: probe - at })
      }
    }
  }
}

const decodeBreaker = (state: BreakerState, at: number): Breaker.State => {
  switch (state._tag) {
    case "Closed":
      return {
        _tag: "Closed",
        failures: state.failures.map((time) => time + at),
        since: state.since === undefined ? Breaker.closed.since : state.since + at
      }
    case "Open":
      return {
        ...state,
        since: state.since + at,
        until: state.until + at,
        troubledAt: (state.troubledAt ?? state.since) + at,
        failedUntil: state.failedUntil + at
      }
    case "HalfOpen":
      return {
        ...state,
        since: state.since + at,
        troubledAt: (state.troubledAt ?? state.since) + at,
        probe: state.probe === undefined ? undefined : state.probe + at
      }
  }
}

/**
 * What is known of a line, as it is at `at`.
 *
 * @category combinators
 */
export const toKnown = ({ breaker, faults, gone, limited, usage }: LineFacts.Line, at: number): Known =>
  present({
    breaker: encodeBreaker(breaker, at),
    pause: limited.pausedUntil > at
      ? { at: limited.pausedAt - at, until: limited.pausedUntil - at, probeAt: limited.probeAt - at, probes: limited.probes }
      : undefined,
    gone,
    faults: faults.map(({ reason, since }) => ({ reason, since: since - at })),
    usage: usage === undefined ? undefined : KnownUsage.shift(usage, -at)
  })

/**
 * The line of which this was known at `at`. Nothing of its limits is used, except by the pause.
 *
 * @category combinators
 */
export const fromKnown = ({ breaker, faults, gone, pause, usage }: Known, at: number, limits: Limits.Settings): LineFacts.Line => {
  const line = LineFacts.unused(limits)
  return {
    breaker: decodeBreaker(breaker, at),
    limited: pause === undefined
      ? line.limited
      : {
        ...line.limited,
        pausedAt: pause.at + at,
        pausedUntil: pause.until + at,
        probeAt: pause.probeAt + at,
        probes: pause.probes
      },
    gone,
    faults: faults.map(({ reason, since }) => ({ reason, since: since + at })),
    usage: usage === undefined ? undefined : KnownUsage.shift(usage, at)
  }
}
