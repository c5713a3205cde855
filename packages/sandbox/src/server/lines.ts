/** Reads and changes the lines of the network: the numbers that the vendors' customers send from. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Json from "../http/json.ts"
import * as Fault from "../world/Fault.ts"
import type * as Model from "../world/model.ts"
import * as World from "../world/world.ts"
import type * as Network from "./Network.ts"
import * as Refuse from "./refuse.ts"

const viewLine = ({ endsAt, flagged, id, number, vendor }: Model.Line): Network.Line => ({
  id,
  vendor,
  number,
  flagged,
  endsAt: Json.isoOrNull(endsAt)
})

/** The line with a number. Fails if there is none. */
export const findLine = (world: World.World, number: string): Effect.Effect<Model.Line, Network.NetworkError> =>
  Effect.suspend(() => {
    const known = world.lines.get(number)
    return known === undefined ? Refuse.notFound(`No such line: ${number}`) : Effect.succeed(known)
  })

type Lines = Pick<Network.Network, "addLine" | "flagLine" | "limitLines" | "lines" | "moveLine" | "releaseLine" | "unflagLine">

// Sendblue keeps a line that is replaced for a while, and says until when (Sendblue's API, read 2026-11).
const announces: Readonly<Record<Fault.Vendor, boolean>> = { linq: false, sendblue: true }

// Linq's accounts have environments (linq-python of October 2026, read 2026-11-29).
const hasEnvironments: Readonly<Record<Fault.Vendor, boolean>> = { linq: true, sendblue: false }

const addOrFind = (world: World.World, vendor: Fault.Vendor, number: string): Model.Line => {
  const known = World.ownLine(world, vendor, number)
  if (known !== undefined) return known
  const line = World.addLine(world, vendor, number)
  World.emit(world, { _tag: "Assigned", line })
  return line
}

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
        : Effect.sync(() => viewLine(addOrFind(world, vendor, number))),
    limitLines: (limits) =>
      Effect.sync(() => {
        world.lineLimits = { ...world.lineLimits, ...limits }
      }),
    flagLine: setFlag(true),
    unflagLine: setFlag(false),
    releaseLine: (number, after) =>
      Effect.flatMap(findLine(world, number), (line) => {
        if (after === undefined) return Effect.sync(() => World.releaseLine(world, line, null))
        if (!announces[line.vendor]) return Refuse.invalid("The vendor of this line does not announce when it takes a line away")
        return Effect.sync(() => {
          const wait = Duration.toMillis(after)
          line.endsAt = world.time.now() + wait
          world.time.after(wait, () => World.releaseLine(world, line, null))
        })
      }),
    moveLine: (number, environment) =>
      Effect.flatMap(findLine(world, number), (line) =>
        hasEnvironments[line.vendor]
          ? Effect.sync(() => World.releaseLine(world, line, environment))
          : Refuse.invalid("The vendor of this line has no environments"))
  }
}
