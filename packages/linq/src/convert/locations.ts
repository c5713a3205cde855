/** Converts the places that Linq reports to neutral ones. */
import type { SharedLocation } from "@interline/core/Location"
import { present } from "@interline/core/Optional"
import type * as LinqSchema from "../wire/LinqSchema.ts"
import * as LiftAnswer from "./liftAnswer.ts"

type Feature = LinqSchema.ChatLocation["data"]["features"][number]

const neutral: ReadonlySet<string> = new Set(["handle", "address", "locality", "updated_at"])

/** One person's place. A place without two coordinates is no place: the person shares, and it is not known where they are. */
const shared = ({ geometry: { coordinates: [longitude, latitude] }, properties }: Feature): ReadonlyArray<SharedLocation> => {
  const peer = LiftAnswer.peer(properties.handle)
  if (peer === undefined) return []
  const metadata = LiftAnswer.rest(properties, neutral)
  return longitude === undefined || latitude === undefined
    ? [{ peer, sharing: "waiting", metadata }]
    : [{
      peer,
      sharing: "located",
      position: {
        latitude,
        longitude,
        ...present({
          address: LiftAnswer.filled(properties.address),
          locality: LiftAnswer.filled(properties.locality),
          at: LiftAnswer.timeOf(properties.updated_at)
        })
      },
      metadata
    }]
}

/**
 * The people of a chat who share a place. Older types have the altitude as a third coordinate, newer ones have two (linq-go of September
 * 2026, read 2026-11). So only two are read.
 */
export const lift = ({ data }: LinqSchema.ChatLocation): ReadonlyArray<SharedLocation> => data.features.flatMap(shared)
