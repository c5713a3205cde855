/** Says whether the router may reroute after an error, and what the error shows about the carrier's health. */
import * as MessagingError from "@interline/core/MessagingError"
import { rows } from "./Blame.ts"
import type { Command } from "./Decision.ts"

/** Whether the carrier cannot carry this draft or this kind of conversation. Another carrier may be able to. */
export const isIncapable = (
  error:
    | Pick<MessagingError.MessagingError, "certainty" | "reason"> & { readonly problems?: unknown; readonly status?: unknown }
    | undefined
): boolean => error !== undefined && error.reason !== "Suppressed" && MessagingError.isOurs(error)

export const mayReroute = (error: MessagingError.MessagingError): boolean =>
  error.certainty === "not-sent" && rows[error.blame].reroutes && (error.next === "reroute" || MessagingError.isRetryLater(error))

/** Whether the carrier certainly refused because of our account with it. */
export const isOfAccount = ({ blame, certainty }: MessagingError.MessagingError): boolean => certainty === "not-sent" && blame === "account"

/** What an error shows about the carrier's health. A rate limit means that the line is full, not that it is broken. */
export const verdict = (error: MessagingError.MessagingError): (Command & { readonly _tag: "Report" })["verdict"] =>
  error.reason === "RateLimited" ? "limited" : rows[error.blame].counts ? "failed" : "none"
