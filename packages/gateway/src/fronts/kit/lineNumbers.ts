/** Which line a number belongs to, and which number a line shows. */
import type { Phone } from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import type { MessagingService } from "@interline/core/MessagingService"
import * as Option from "effect/Option"
import type { FrontService, Options } from "./FrontService.ts"

/** By the numbers of the carriers in use. An alias comes before them. */
export const make = (
  carriers: MessagingService["carriers"],
  aliases: NonNullable<Options["aliases"]>
): Pick<FrontService, "lineOf" | "numberOf" | "onlyLine"> => {
  const byNumber = new Map<string, LineName>()
  const numbers = new Map<LineName, Array<readonly [carrierId: string, number: Phone]>>()
  for (const { id, lines } of carriers) {
    for (const [line, number] of lines) {
      byNumber.set(number, line)
      numbers.set(line, [...numbers.get(line) ?? [], [id, number]])
    }
  }
  const shown = new Map<LineName, Phone>()
  for (const [number, line] of Object.entries(aliases)) {
    byNumber.set(number, line)
    shown.set(line, number as Phone)
  }

  const [line, ...others] = numbers.keys()

  return {
    lineOf: (number) => Option.fromNullable(byNumber.get(number)),
    numberOf: (line, carrierId) => {
      const known = numbers.get(line) ?? []
      return Option.fromNullable(shown.get(line) ?? (known.find(([id]) => id === carrierId) ?? known[0])?.[1])
    },
    onlyLine: others.length === 0 ? Option.fromNullable(line) : Option.none()
  }
}
