/** What the event log tells, and the words that it can be asked for by. */
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as NearestWord from "@interline/core/NearestWord"
import type { RouterEvent } from "@interline/router/RouterEvent"

/** Whatever a carrier says is told. */
const carriers = {
  Received: true,
  Status: true,
  Edited: true,
  Reaction: true,
  Typing: true,
  Participant: true,
  Chat: true,
  Line: true,
  Account: true,
  OptedOut: true,
  OptedIn: true,
  Unrecognized: true
} as const satisfies Record<MessagingEvent["_tag"], true>

/** Which decisions a person would want to know of; the others are in the delivery's own history. */
export const isTold = {
  Started: false,
  Skipped: false,
  Tried: false,
  Retrying: false,
  FailedOver: true,
  Reconciled: false,
  AbsenceTaken: true,
  RiskTaken: true,
  Held: true,
  Settled: true,
  Abandoned: false,
  Concluded: true,
  LateArrival: true,
  NamedTwice: true,
  Bound: false,
  BreakerOpened: true,
  BreakerProbed: false,
  BreakerClosed: true,
  Limited: true,
  Suppressed: true,
  Restored: true,
  NotRestored: true,
  FailedLater: true,
  Corrected: true
} as const satisfies Record<RouterEvent["_tag"], boolean>

const names = Object.entries({ ...carriers, ...isTold }).flatMap(([name, told]) => told ? [name] : [])

const known = `events are ${names.join(", ")}`

/** What is wrong with words that name events: the first that no event is called by, and the nearest that one is. */
export const wrongWith = (words: Iterable<string>): string | undefined => {
  const stranger = Array.from(words).find((word) => !names.includes(word))
  return stranger === undefined ? undefined : `${known}; ${NearestWord.noneOf(stranger, names)}`
}

/** What is wrong where no event is named. */
export const nothing = known
