/** What came of looking for what is held. */
import type { LookReport } from "../api/wire.ts"
import { spaced } from "./words.ts"

export const sentenceOfLook = ({ elsewhere, failed, found, looks, notFound, unasked }: LookReport): string => {
  const reasons = Array.from(
    new Set(
      looks.flatMap(({ carrierId, reason, result }) =>
        result === "failed" ? [`${carrierId}: ${spaced(reason ?? "Failed").toLowerCase()}`] : []
      )
    )
  )
  return [
    `Found and settled: ${found}.`,
    ...(notFound === 0 ? [] : [`Not found, and held still: ${notFound}.`]),
    ...(failed === 0 ? [] : [`Could not be looked for: ${failed} (${reasons.join(", ")}).`]),
    ...(unasked === 0 ? [] : [`Only a person can settle: ${unasked}.`]),
    ...(elsewhere === 0 ? [] : [`Other processes look for ${elsewhere} more.`])
  ].join(" ")
}
