/** Our numbers at every configured carrier, also at carriers that send nothing. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { Phone } from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import { Messaging } from "@interline/core/Messaging"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/** A carrier that can report events. This part says which numbers and lines its reports may name. */
export interface Reporting {
  readonly id: CarrierId
  readonly lines: ReadonlyMap<LineName, Phone>
}

/** The configured numbers. They are empty if the gateway's parts are put together without a configuration. */
export class OwnLines extends Context.Reference<OwnLines>()("@interline/gateway/internal/OwnLines", {
  defaultValue: (): ReadonlyMap<LineName, ReadonlyMap<CarrierId, Phone>> => new Map()
}) {}

/** Every carrier that may report something: each carrier in use, and each other carrier that has a line. */
export const reporting = (
  used: ReadonlyArray<Reporting>,
  lines: ReadonlyMap<LineName, ReadonlyMap<CarrierId, Phone>>
): ReadonlyArray<Reporting> => {
  const idle = new Map<CarrierId, Map<LineName, Phone>>()
  for (const [line, numbers] of lines) {
    for (const [id, number] of numbers) {
      if (used.some((carrier) => carrier.id === id)) continue
      idle.set(id, (idle.get(id) ?? new Map<LineName, Phone>()).set(line, number))
    }
  }
  return [...used, ...Array.from(idle, ([id, lines]) => ({ id, lines }))]
}

export const configured: Effect.Effect<ReadonlyArray<Reporting>, never, Messaging> = Effect.zipWith(
  Messaging,
  OwnLines,
  ({ carriers }, lines) => reporting(carriers, lines)
)
