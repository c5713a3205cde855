/** Reads and changes the lines of the network: the numbers that the vendors' customers send from. */
import * as Effect from "effect/Effect"
import * as Json from "../http/json.ts"
import * as Fault from "../world/Fault.ts"
import type * as Model from "../world/model.ts"
import * as World from "../world/world.ts"
import type * as Network from "./Network.ts"
import * as Refuse from "./refuse.ts"

const viewLine = ({ flagged, id, number, vendor }: Model.Line): Network.Line => ({ id, vendor, number, flagged })

/** The line with a number. Fails if there is none. */
export const findLine = (world: World.World, number: string): Effect.Effect<Model.Line, Network.NetworkError> =>
  Effect.suspend(() => {
    const known = world.lines.get(number)
    return known === undefined ? Refuse.notFound(`No such line: ${number}`) : Effect.succeed(known)
  })

type Lines = Pick<Network.Network, "addLine" | "flagLine" | "lines" | "unflagLine">

export const make = (world: World.World): Lines => {
  const setFlag = (flagged: boolean) => (number: string) =>
    Effect.map(findLine(world, number), (known) => {
      World.flagLine(world, known, flagged)
      return viewLine(known)
    })

  return {
    lines: Effect.sync(() => Array.from(world.lines.values(), viewLine)),
    addLine: (vendor, number) =>
      !Fault.vendors.includes(vendor)
        ? Refuse.invalid(`Unknown vendor: ${String(vendor)}`)
        : !Json.isE164(number)
        ? Refuse.invalid(`Not an E.164 number: ${number}`)
        : Effect.sync(() => viewLine(World.addLine(world, vendor, number))),
    flagLine: setFlag(true),
    unflagLine: setFlag(false)
  }
}
