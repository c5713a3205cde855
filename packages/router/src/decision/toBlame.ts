/** What an error lets the router do, and what it says about the carrier. */
import * as MessagingError from "@interline/core/MessagingError"
import { rows } from "./Blame.ts"
import type { Command } from "./Decision.ts"

/** The carrier cannot carry this draft or this kind of conversation; another one may. */
export const isIncapable = (error: MessagingError.MessagingError | undefined): boolean =>
  error !== undefined && error.certainty === "not-sent" && error.status === undefined &&
  (error.reason === "Unsupported" || (error.reason === "InvalidInput" && error.problems !== undefined))

export const mayReroute = (error: MessagingError.MessagingError): boolean =>
  error.certainty === "not-sent" && rows[error.blame].reroutes && (error.next === "reroute" || MessagingError.isRetryLater(error))

/** A full line is not a broken one. */
export const verdict = (error: MessagingError.MessagingError): (Command & { readonly _tag: "Report" })["verdict"] =>
  error.reason === "RateLimited" ? "limited" : rows[error.blame].counts ? "failed" : "none"
