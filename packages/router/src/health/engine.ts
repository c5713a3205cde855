/**
 * Makes one decision after another until an action takes time. Production and the simulation carry out the action, and give the result
 * to the engine as the next event. The engine asks health itself, because health answers at once.
 */
import * as Effect from "effect/Effect"
import type { Candidate, Command, Decide, Event, State } from "../decision/Decision.ts"
import type { RouterEvent } from "../decision/RouterEvent.ts"
import type { Place } from "./lineFacts.ts"
import type { Health } from "./lineHealth.ts"

/** A command that takes time. */
export type Action = Command & { readonly _tag: "Send" | "Look" | "Rest" | "Conclude" }

export interface Turn {
  readonly state: State
  /** The decisions on the way, in order. */
  readonly events: ReadonlyArray<RouterEvent>
  /** The carrier at which the conversation now is. */
  readonly bound: Candidate | undefined
  readonly action: Action | undefined
}

export interface Engine {
  /**
   * Decides until an action takes time. `offset`: how far the delivery's clock is ahead of `Time.steadyMillis`, in milliseconds. Health
   * uses its own clock if it has one, and else the clock of the first delivery. A later delivery has another offset if somebody set the wall clock in between.
   */
  readonly step: (state: State, event: Event, isNew: (candidate: Candidate) => boolean, offset?: number) => Turn
  /** Whether the line of a candidate rests for new people at `at`, on the delivery's clock. Until then it is not needed whether a person is new. */
  readonly restsForNew: (place: Place, at: number, offset?: number) => boolean
  /** Ends when the answer about a place has come for which `step` answered with a `Rest`. */
  readonly awaitPlace: (place: Place) => Effect.Effect<void>
}

type Reported = Command & { readonly _tag: "Report" }

const behind = ({ until, ...report }: Reported, ahead: number): Reported => ({
  ...report,
  startedAt: report.startedAt - ahead,
  ...(until === undefined ? {} : { until: until - ahead })
})

export const make = (decide: Decide, health: Health): Engine => {
  let healthOffset = health.offset

  const aheadOf = (offset: number | undefined): number => {
    if (offset === undefined) return 0
    healthOffset ??= offset
    return offset - healthOffset
  }

  const step: Engine["step"] = (before, event, isNew, offset) => {
    const ahead = aheadOf(offset)
    const events: Array<RouterEvent> = []
    let state = before
    let bound: Candidate | undefined
    let action: Action | undefined
    let next: Event | undefined = event
    while (next !== undefined) {
      const at: number = next.at
      const decided = decide(state, next)
      state = decided.state
      next = undefined
      for (const command of decided.commands) {
        switch (command._tag) {
          case "Note":
            events.push(command.event)
            break
          case "Bind":
            bound = command.candidate
            break
          case "Report":
            events.push(...health.report(command.candidate, ahead === 0 ? command : behind(command, ahead), at - ahead))
            break
          case "Admit": {
            const { candidate } = command
            const admission = health.admit(candidate, at - ahead, isNew(candidate))
            next = admission._tag === "Barred" && admission.until !== undefined
              ? { ...admission, until: admission.until + ahead, at }
              : { ...admission, at }
            break
          }
          default:
            action = command
        }
      }
    }
    return { state, events, bound, action }
  }
  return {
    step,
    restsForNew: (place, at, offset) => health.restsForNew(place, at - aheadOf(offset)),
    awaitPlace: health.awaitPlace ?? (() => Effect.void)
  }
}
