/** What the event log tells, and the words that it can be asked for by. */
import type { MessagingEvent } from "@interline/core/MessagingEvent"
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

/** The first word that no entry is called by. */
export const stranger = (words: Iterable<string>): string | undefined => Array.from(words).find((word) => !names.includes(word))

/** For whoever has to correct a word. */
export const known = `events are ${names.join(", ")}`
