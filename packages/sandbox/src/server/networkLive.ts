/** The Network over the world and both vendors. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Json from "../http/json.ts"
import * as Fault from "../world/Fault.ts"
import type { Faults } from "../world/faults.ts"
import type * as Model from "../world/model.ts"
import * as World from "../world/world.ts"
import * as Network from "./Network.ts"
import * as Phones from "./phones.ts"
import type { LoggedRequest } from "./vendorServer.ts"

/** What a vendor does when a person writes to one of its lines. */
export interface InboundDoor {
  readonly receive: (input: Network.SayInput, line: Model.Line) => Effect.Effect<Model.Message, Network.NetworkError>
}

export interface Parts {
  readonly world: World.World
  readonly faults: Faults
  readonly requests: Array<LoggedRequest>
  readonly webhooks: Array<Network.LoggedWebhook>
  readonly doors: Readonly<Record<Fault.Vendor, InboundDoor>>
  /** Closes the listeners of the vendors that refuse, opens the others. */
  readonly syncListeners: Effect.Effect<void>
  readonly reset: Effect.Effect<void>
}

const vendors: ReadonlyArray<Fault.Vendor> = ["linq", "sendblue"]
const services: ReadonlyArray<string> = ["iMessage", "RCS", "SMS"]

const notFound = (message: string) => Effect.fail(new Network.NetworkError({ reason: "not-found", message }))
export const invalid = (message: string) => Effect.fail(new Network.NetworkError({ reason: "invalid", message }))

const viewPerson = (person: Model.Person): Network.Person => ({
  handle: person.handle,
  service: person.service,
  name: person.name,
  optedOut: person.optedOutOf.size > 0,
  optedOutOf: Array.from(person.optedOutOf)
})

const viewLine = ({ flagged, id, number, vendor }: Model.Line): Network.Line => ({ id, vendor, number, flagged })

const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

const isCount = (value: number | undefined): boolean => value === undefined || (Number.isInteger(value) && value >= 0)

/** What a type does not say of a fault's numbers. */
const wrongNumber = (fault: Fault.FaultInput): string | undefined => {
  const { ms, retryAfter, status } = fault
  if (typeof retryAfter === "string" ? !httpDate.test(retryAfter) : !isCount(retryAfter)) {
    return "retryAfter must be whole seconds, 0 or more, or an HTTP date"
  }
  if (status !== undefined && !(Number.isInteger(status) && status >= 500 && status <= 599)) return "status must be between 500 and 599"
  if (ms !== undefined && !(ms >= 0 && Number.isFinite(ms))) return "ms must be 0 or more"
  if ("kinds" in fault) return fault.rate >= 0 && fault.rate <= 1 ? undefined : "rate must be between 0 and 1"
  if (fault.times !== "forever" && !isCount(fault.times)) return "times must be a whole number, 0 or more, or \"forever\""
  return isCount(fault.skip) ? undefined : "skip must be a whole number, 0 or more"
}

export const make = (parts: Parts): Network.Network => {
  const { faults, world } = parts

  const handle = (value: string) =>
    Json.isHandle(value) ? Effect.succeed(value) : invalid(`Not an E.164 number or e-mail address: ${value}`)

  const setOptOut = (out: boolean) => (value: string, vendor?: Fault.Vendor) =>
    Effect.map(handle(value), (valid) => {
      const person = World.person(world, valid)
      for (const one of vendor === undefined ? vendors : [vendor]) {
        if (out) person.optedOutOf.add(one)
        else person.optedOutOf.delete(one)
      }
      return viewPerson(person)
    })

  const line = (number: string) =>
    Effect.suspend(() => {
      const known = world.lines.get(number)
      return known === undefined ? notFound(`No such line: ${number}`) : Effect.succeed(known)
    })

  const setFlag = (flagged: boolean) => (number: string) =>
    Effect.map(line(number), (known) => {
      World.flagLine(world, known, flagged)
      return viewLine(known)
    })

  const validFault = (fault: Fault.FaultInput): Effect.Effect<Fault.FaultInput, Network.NetworkError> => {
    const kinds = "kinds" in fault ? fault.kinds : [fault.kind]
    if (!vendors.includes(fault.vendor)) return invalid(`Unknown vendor: ${String(fault.vendor)}`)
    const unknown = kinds.find((kind) => !Fault.isFaultKind(kind))
    if (unknown !== undefined || kinds.length === 0) return invalid(`Unknown fault: ${String(unknown)}`)
    if (fault.vendor === "linq" && kinds.includes("200-error-body")) {
      return invalid("200-error-body exists at sendblue only")
    }
    if ("kinds" in fault && kinds.includes("refused")) return invalid("refused cannot be drawn by chance")
    const wrong = wrongNumber(fault)
    return wrong === undefined ? Effect.succeed(fault) : invalid(wrong)
  }

  return {
    person: (input) =>
      Effect.flatMap(handle(input.handle), (valid) => {
        if (input.service !== undefined && !services.includes(input.service)) {
          return invalid(`Unknown service: ${String(input.service)}`)
        }
        if (world.lines.has(valid)) return invalid(`${valid} is a line`)
        const person = World.person(world, valid)
        if (input.service !== undefined) person.service = input.service
        if (input.name !== undefined) person.name = input.name
        return input.optedOut === undefined
          ? Effect.succeed(viewPerson(person))
          : setOptOut(input.optedOut)(valid)
      }),
    people: Effect.sync(() => Array.from(world.people.values(), viewPerson)),
    find: (value) => Effect.sync(() => Option.map(Option.fromNullable(world.people.get(value)), viewPerson)),
    optOut: setOptOut(true),
    optIn: setOptOut(false),
    say: (input) =>
      Effect.gen(function*() {
        const from = yield* handle(input.from)
        const to = yield* line(input.to)
        const message = yield* parts.doors[to.vendor].receive({ ...input, from }, to)
        return { id: message.id, vendor: message.vendor, thread: message.thread }
      }),
    react: (input) =>
      Effect.suspend(() => {
        const message = world.messages.get(input.messageId)
        if (message === undefined) return notFound(`No such message: ${input.messageId}`)
        World.react(
          world,
          message,
          {
            by: input.from,
            type: input.type,
            emoji: input.emoji ?? null,
            partIndex: input.partIndex ?? 0,
            at: world.time.now()
          },
          input.remove !== true
        )
        return Effect.void
      }),
    read: (value, from) =>
      Effect.sync(() => {
        for (const id of World.phone(world, value).messages) {
          const message = world.messages.get(id)
          if (message === undefined || message.service === "SMS" || message.group) continue
          if (from !== undefined && message.line !== from) continue
          if (message.status !== "read" && message.status !== "failed") World.moveTo(world, message, "read")
        }
      }),
    typing: (value, number, on) =>
      Effect.map(line(number), ({ vendor }) => {
        World.emit(world, { _tag: "Typing", vendor, line: number, handle: value, on })
      }),
    shareLocation: (value, place) =>
      Effect.sync(() => {
        World.person(world, value).sharesLocation = place === undefined ? undefined : [place.longitude, place.latitude]
      }),
    lines: Effect.sync(() => Array.from(world.lines.values(), viewLine)),
    addLine: (vendor, number) =>
      !vendors.includes(vendor)
        ? invalid(`Unknown vendor: ${String(vendor)}`)
        : !Json.isE164(number)
        ? invalid(`Not an E.164 number: ${number}`)
        : Effect.sync(() => viewLine(World.addLine(world, vendor, number))),
    flagLine: setFlag(true),
    unflagLine: setFlag(false),
    phones: Effect.sync(() => Array.from(world.phones.values(), (phone) => Phones.view(world, phone))),
    phone: (value) => Effect.sync(() => Phones.view(world, World.phone(world, value))),
    clearPhones: (value) =>
      Effect.sync(() => {
        if (value === undefined) world.phones.clear()
        else world.phones.delete(value)
      }),
    addFault: (fault) => Effect.tap(Effect.map(validFault(fault), (valid) => faults.add(valid)), () => parts.syncListeners),
    faults: Effect.sync(() => faults.list()),
    clearFaults: (id) => Effect.zipRight(Effect.sync(() => faults.clear(id)), parts.syncListeners),
    requests: (filter = {}) =>
      Effect.sync(() =>
        parts.requests
          .filter((entry) =>
            (filter.vendor === undefined || entry.vendor === filter.vendor) &&
            (filter.method === undefined || entry.method === filter.method) &&
            (filter.path === undefined || entry.path.includes(filter.path))
          )
          .map((entry) => ({ ...entry, at: Json.iso(entry.at) }))
      ),
    clearRequests: Effect.sync(() => {
      parts.requests.length = 0
    }),
    webhooks: Effect.sync(() => parts.webhooks.map((entry) => ({ ...entry }))),
    advance: world.time.advance,
    now: Effect.sync(() => new Date(world.time.now())),
    settle: world.time.settle,
    reset: Effect.zipRight(
      Effect.sync(() => {
        World.clear(world)
        faults.clear()
        parts.requests.length = 0
        parts.webhooks.length = 0
      }),
      Effect.zipRight(parts.reset, parts.syncListeners)
    )
  }
}
