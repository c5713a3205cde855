/** Our numbers at carriers that are configured but not in use. Programs that were written for such a carrier still name them. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { Phone } from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import type { MessagingService } from "@interline/core/MessagingService"
import * as Option from "effect/Option"
import type { FrontService } from "./FrontService.ts"

export interface UnusedNumbers {
  readonly byNumber: ReadonlyMap<string, LineName>
  /** The number by which a program knows a line that the number's vendor no longer carries. */
  readonly shown: ReadonlyMap<LineName, Phone>
}

type Lines = ReadonlyMap<LineName, ReadonlyMap<CarrierId, Phone>>

type Carriers = MessagingService["carriers"]

/** Leaves out lines that no carrier in use has: nothing can be sent from them. */
export const make = (lines: Lines, vendors: ReadonlyMap<CarrierId, string>, used: Carriers): UnusedNumbers => {
  const byNumber = new Map<string, LineName>()
  const shown = new Map<LineName, Phone>()
  for (const [line, numbers] of lines) {
    const having = used.filter((carrier) => carrier.lines.has(line))
    if (having.length === 0) continue
    for (const [id, number] of numbers) {
      if (having.some((carrier) => carrier.id === id)) continue
      byNumber.set(number, line)
      if (!shown.has(line) && !having.some(({ vendor }) => vendor === vendors.get(id))) shown.set(line, number)
    }
  }
  return { byNumber, shown }
}

/** A front that also knows the unused numbers. Numbers in use and configured aliases come first. */
export const withUnusedNumbers = (
  front: FrontService,
  { byNumber, shown }: UnusedNumbers,
  used: Carriers,
  named: ReadonlySet<LineName>
): FrontService => ({
  ...front,
  lineOf: (number) => Option.orElse(front.lineOf(number), () => Option.fromNullable(byNumber.get(number))),
  numberOf: (line, carrierId) => {
    // a front that names a carrier in use asks for the number there
    const isUsed = used.some(({ id }) => id === carrierId)
    return named.has(line) || isUsed
      ? front.numberOf(line, carrierId)
      : Option.orElse(Option.fromNullable(shown.get(line)), () => front.numberOf(line, carrierId))
  }
})
