/** Says for each kind of fault whether the router may try another carrier, and whether the fault counts against the tried carrier. */
import type { Blame } from "@interline/core/MessagingError"

/**
 * What one fault lets the router do.
 *
 * @category models
 */
export interface Row {
  /** After a certain refusal with this fault the router may ask the next carrier. */
  readonly reroutes: boolean
  /** The fault counts against the health of the carrier's line. */
  readonly counts: boolean
}

/**
 * The row of each fault. A rate limit has the fault `line`, but it does not count, because it is no sign of bad health. The router
 * waits as long as the carrier asked instead.
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
