/** Finds what only a person can mend, and says how. Such a fault does not pass by itself, and no other try changes it. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { LineName } from "@interline/core/Line"
import { type Blame, type MessagingError, type ReasonTag, verdicts } from "@interline/core/MessagingError"
import * as Effect from "effect/Effect"

/** What an operator can do about a reason; false where nothing has to be done. */
const remedies: Record<ReasonTag, string | false> = {
  InvalidInput: false,
  Unsupported: false,
  Suppressed: false,
  OptedOut: false,
  RecipientNotAllowed: false,
  RecipientBlocked: false,
  RecipientUnreachable: false,
  Authentication: "give it credentials that the carrier takes",
  Permission: "ask the carrier what the account may do, or give it credentials that may",
  LineNotAllowed: "give the line a number of the account, or ask the carrier for the number",
  LineUnavailable: false,
  NotFound: false,
  NotReady: false,
  Conflict: false,
  RateLimited: false,
  MediaRejected: false,
  Unavailable: false,
  ConnectionFailed: false,
  Transport: false,
  Timeout: false,
  Cancelled: false,
  BadResponse: false,
  Failed: false,
  Unrecognized: false
}

// a limit of the account or a plan that is used up
const ofAccount = "ask the carrier what the account or its plan lacks"

/** Also where a carrier's table says that it is the account's fault and not the reason's usual one. */
export const needsPerson = (reason: ReasonTag | undefined, blame?: Blame): boolean =>
  reason !== undefined && (remedies[reason] !== false || (blame ?? verdicts[reason].blame) === "account")

export const isForPerson = ({ blame, reason }: MessagingError): boolean => needsPerson(reason, blame)

/** One sentence that says what is wrong, and what to do. */
export const tellFault = (carrierId: CarrierId, lines: ReadonlyArray<LineName>, reason: ReasonTag): string => {
  const remedy = remedies[reason]
  return `${lines.length === 1 ? "line" : "lines"} ${lines.join(", ")} at ${carrierId}: ${verdicts[reason].sentence}; ${
    remedy === false ? ofAccount : remedy
  }`
}

/** One log line, when it is first met. */
export const logFault = (carrierId: CarrierId, lines: ReadonlyArray<LineName>, reason: ReasonTag): Effect.Effect<void> =>
  Effect.annotateLogs(Effect.logWarning(tellFault(carrierId, lines, reason)), { carrier: carrierId, reason })
