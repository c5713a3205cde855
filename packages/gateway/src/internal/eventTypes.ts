/** The words that entries of the log can be asked for by. */
import type { GatewayEvent } from "../EventLog.ts"

type Type = GatewayEvent["event"]["data"]["_tag"]

const types = {
  Received: true,
  Status: true,
  Edited: true,
  Reaction: true,
  Typing: true,
  Participant: true,
  Chat: true,
  Line: true,
  OptedOut: true,
  OptedIn: true,
  Unrecognized: true,
  Started: true,
  Skipped: true,
  Tried: true,
  Retrying: true,
  FailedOver: true,
  Reconciled: true,
  AbsenceTaken: true,
  RiskTaken: true,
  Held: true,
  Settled: true,
  Abandoned: true,
  Concluded: true,
  LateArrival: true,
  Bound: true,
  BreakerOpened: true,
  BreakerProbed: true,
  BreakerClosed: true,
  Limited: true,
  Suppressed: true,
  Restored: true,
  FailedLater: true,
  Corrected: true
} satisfies Record<Type, true>

const names = Object.keys(types)

/** The first word that no entry is called by. */
export const stranger = (words: Iterable<string>): string | undefined => Array.from(words).find((word) => !Object.hasOwn(types, word))

/** For whoever has to correct a word. */
export const known = `events are ${names.join(", ")}`
