/** The types of events in the event log, and the words that ask for them. */
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as NearestWord from "@interline/core/NearestWord"
import type { RouterEvent } from "@interline/router/RouterEvent"

/** The log has every event that a carrier reports. */
const carriers = {
  Received: true,
  Status: true,
  Edited: true,
  Reaction: true,
  Typing: true,
  Location: true,
  Poll: true,
  Participant: true,
  Chat: true,
  Line: true,
  Account: true,
  OptedOut: true,
  OptedIn: true,
  Unrecognized: true
} as const satisfies Record<MessagingEvent["_tag"], true>

/**
 * Whether a kind of router decision is in the log. The log has those that a person would want to know. The others are in the delivery's own
 * history.
 */
export const isPublic = {
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
  RolloutChanged: true,
  Noticed: true,
  FailedLater: true,
  Corrected: true
} as const satisfies Record<RouterEvent["_tag"], boolean>

const names = Object.entries({ ...carriers, ...isPublic }).flatMap(([name, isListed]) => isListed ? [name] : [])

/** The sentence that lists all types. */
export const typeList = `events are ${names.join(", ")}`

/** Checks words that name events. The result is a sentence about the first unknown word, with the nearest known word. */
export const findUnknownType = (words: Iterable<string>): string | undefined => {
  const unknown = Array.from(words).find((word) => !names.includes(word))
  return unknown === undefined ? undefined : `${typeList}; ${NearestWord.noneOf(unknown, names)}`
}
