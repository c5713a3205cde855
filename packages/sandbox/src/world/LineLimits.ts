/** Defines what the lines of the sandbox's Sendblue may do for people who are new to them, as data. */

/**
 * The limits of every line. Numbers and rules: Sendblue's docs (limits, line usage, contact status), read 2026-11. What a refusal by a
 * limit looks like is not known. So nothing is refused unless a test asks for it, and then the answer is an assumption.
 *
 * @category models
 */
export interface LineLimits {
  /** To how many new people a line may write within 60 minutes. Default: 15. */
  readonly perHour?: number
  /** The same for a day. A day is from 3 AM to 3 AM in New York. With 0 the line is paused. Default: 50. */
  readonly perDay?: number
  /** After so many days without a message between them a person is new to a line again. Default: 30. */
  readonly knownForDays?: number
  /**
   * What the usage and the status of contacts are answered with. `told`: the numbers. `off`: the account gets no reports. `unavailable`: the
   * numbers cannot be read at the moment. `forbidden`: the status 403, as for a token of one line. Default: `told`.
   */
  readonly reports?: "told" | "off" | "unavailable" | "forbidden"
  /** What becomes of a message to one new person too many. `refused`: the answer is 429. Default: `taken`. */
  readonly beyond?: "taken" | "refused"
  /**
   * What becomes of a message to a person who never wrote to the line, if it is the 7th, is longer than 300 characters, or has a link or a
   * file. `refused`: the answer is 400. The numbers are those of one program that uses Sendblue, read 2026-11. Default: `taken`.
   */
  readonly beforeReply?: "taken" | "refused"
}

/**
 * The limits of a sandbox that gives none.
 *
 * @category constants
 */
export const defaults: Required<LineLimits> = {
  perHour: 15,
  perDay: 50,
  knownForDays: 30,
  reports: "told",
  beyond: "taken",
  beforeReply: "taken"
}
