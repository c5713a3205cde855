/**
 * What a fault lets the router do: whether another carrier may be tried, and whether the fault counts against the carrier that was tried.
 */
import type { Blame } from "@interline/core/MessagingError"

/**
 * What one fault lets the router do.
 *
 * @category models
 */
export interface Row {
  /** A certain refusal of this fault lets the next carrier be asked. */
  readonly reroutes: boolean
  /** It counts against the health of the carrier's line. */
  readonly counts: boolean
}

/**
 * The row of each fault. A rate limit is the line's fault but no sign of ill health, so it does not count; the line is left
 * alone for as long as the carrier asked.
 *
 * @category models
 */
export const rows = {
  caller: { reroutes: false, counts: false },
  recipient: { reroutes: false, counts: false },
  account: { reroutes: false, counts: false },
  line: { reroutes: true, counts: true },
  carrier: { reroutes: true, counts: true },
  network: { reroutes: true, counts: true }
} as const satisfies Record<Blame, Row>
