/** Says in words what a gateway has counted of its live traffic. */
import type { Comparison, Difference } from "@interline/gateway/Difference"
import * as Match from "effect/Match"

export interface ShadowCounts {
  readonly title: string
  /** How many sends were compared, and with which result. */
  readonly results: ReadonlyArray<{ readonly name: "the same" | "different" | "refused"; readonly count: number }>
  readonly skipped: number
  /** The most frequent first, with the part of all compared sends. */
  readonly differences: ReadonlyArray<{ readonly says: string; readonly count: number; readonly share: number }>
}

const sentenceOf: (difference: Difference) => string = Match.type<Difference>().pipe(
  Match.when({ kind: "refused" }, ({ message, path, rule }) => `refused: ${rule} at ${path === "" ? "the message" : path} (${message})`),
  Match.when({ kind: "loss" }, ({ certainty, loss, reason }) => `${certainty === "certain" ? "lost" : "may be lost"}: ${loss} (${reason})`),
  Match.when({ kind: "split" }, ({ from, to }) => `${to} messages instead of ${from}`),
  Match.when({ kind: "requests" }, ({ from, to }) => `${to} requests instead of ${from}`),
  Match.when({ kind: "carried" }, () => "is taken, and is refused today"),
  Match.exhaustive
)

export const of = ({ against, carrierId, different, differences, refused, same, skipped }: Comparison): ShadowCounts => ({
  title: `Live traffic of ${against}, planned for ${carrierId}`,
  results: [{ name: "the same", count: same }, { name: "different", count: different }, { name: "refused", count: refused }],
  skipped,
  differences: differences.map(({ count, difference, share }) => ({ says: sentenceOf(difference), count, share }))
    .sort((one, other) => other.count - one.count)
})
