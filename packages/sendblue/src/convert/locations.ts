/** Converts the places that Sendblue reports to neutral ones. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { Handle } from "@interline/core/Handle"
import type { LocationRequested, Position, SharedLocation } from "@interline/core/Location"
import { present } from "@interline/core/Optional"
import type { Peer } from "@interline/core/Peer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SendblueSchema from "../wire/SendblueSchema.ts"
import * as SendblueWords from "../wire/SendblueWords.ts"
import * as LiftAnswer from "./liftAnswer.ts"

const states: ReadonlyMap<string, SharedLocation["sharing"]> = new Map(Object.entries(SendblueWords.locationStateToNeutral))

const ofPlace: ReadonlySet<string> = new Set(["latitude", "longitude", "accuracy", "altitude", "address", "timestamp", "expiresAt"])

const ofState: ReadonlySet<string> = new Set(["from_number", "location", "number", "state", "status"])

/** The place, if it has both coordinates. */
const position = ({ accuracy, address, altitude, latitude, longitude, timestamp }: SendblueSchema.Place): Position | undefined =>
  latitude === undefined || longitude === undefined
    ? undefined
    : { latitude, longitude, ...present({ accuracy, altitude, address, at: LiftAnswer.timeOf(timestamp) }) }

const decodePlace = Schema.decodeUnknownOption(SendblueSchema.Place)

/** The place that a message brings. */
export const ofMessage = ({ location }: SendblueSchema.Message): Position | undefined =>
  location === undefined ? undefined : Option.getOrUndefined(Option.flatMapNullable(decodePlace(location), position))

const shared = (peer: Peer, wire: SendblueSchema.LocationState): SharedLocation => ({
  peer,
  ...present({
    sharing: wire.state === undefined ? undefined : states.get(wire.state),
    raw: wire.state,
    position: wire.location === undefined ? undefined : position(wire.location),
    endsAt: LiftAnswer.timeOf(wire.location?.expiresAt)
  }),
  metadata: { ...LiftAnswer.rest(wire, ofState), ...(wire.location === undefined ? {} : LiftAnswer.rest(wire.location, ofPlace)) }
})

export const requested = (carrierId: CarrierId, { message_handle }: SendblueSchema.LocationRequested): LocationRequested =>
  message_handle === undefined ? {} : { ref: { carrierId, id: message_handle } }

/** What the one person who was asked about shares. */
export const ofPerson = (person: Handle) => (wire: SendblueSchema.LocationState): ReadonlyArray<SharedLocation> => [shared(person, wire)]

/** What some of the people share who share with a line. */
export const among = (people: ReadonlyArray<Handle>) => (all: ReadonlyArray<SendblueSchema.LocationState>): ReadonlyArray<SharedLocation> =>
  all.flatMap((wire) => LiftAnswer.handleOf(wire.number).filter((handle) => people.includes(handle)).map((handle) => shared(handle, wire)))
