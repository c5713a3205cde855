/** Runs the actions that people do with their phones. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Json from "../http/json.ts"
import * as Fault from "../world/Fault.ts"
import type * as Model from "../world/model.ts"
import * as World from "../world/world.ts"
import * as Lines from "./lines.ts"
import type * as Network from "./Network.ts"
import * as Refuse from "./refuse.ts"

/** Handles a message that a person writes to a line of the vendor. */
export interface Inbound {
  readonly receive: (
    input: Network.SayInput & { readonly poll?: ReadonlyArray<string> },
    line: Model.Line
  ) => Effect.Effect<Model.Message, Network.NetworkError>
}

export interface Parts {
  readonly world: World.World
  readonly inbound: Readonly<Record<Fault.Vendor, Inbound>>
}

type People = Pick<
  Network.Network,
  "find" | "optIn" | "optOut" | "people" | "person" | "react" | "read" | "say" | "sendPoll" | "shareLocation" | "typing" | "vote"
>

const services: ReadonlyArray<string> = ["iMessage", "RCS", "SMS"]

const viewPerson = (person: Model.Person): Network.Person => ({
  handle: person.handle,
  service: person.service,
  name: person.name,
  optedOut: person.optedOutOf.size > 0,
  optedOutOf: Array.from(person.optedOutOf)
})

const checkHandle = (value: string): Effect.Effect<string, Network.NetworkError> =>
  Json.isHandle(value) ? Effect.succeed(value) : Refuse.invalid(`Not an E.164 number or e-mail address: ${value}`)

export const make = ({ inbound, world }: Parts): People => {
  const setOptOut = (out: boolean) => (value: string, vendor?: Fault.Vendor) =>
    Effect.map(checkHandle(value), (valid) => {
      const person = World.person(world, valid)
      for (const one of vendor === undefined ? Fault.vendors : [vendor]) {
        if (out) person.optedOutOf.add(one)
        else person.optedOutOf.delete(one)
      }
      return viewPerson(person)
    })

  return {
    person: (input) =>
      Effect.flatMap(checkHandle(input.handle), (valid) => {
        if (input.service !== undefined && !services.includes(input.service)) {
          return Refuse.invalid(`Unknown service: ${String(input.service)}`)
        }
        if (world.lines.has(valid)) return Refuse.invalid(`${valid} is a line`)
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
        const from = yield* checkHandle(input.from)
        const to = yield* Lines.findLine(world, input.to)
        const message = yield* inbound[to.vendor].receive({ ...input, from }, to)
        return { id: message.id, vendor: message.vendor, thread: message.thread }
      }),
    react: (input) =>
      Effect.suspend(() => {
        const message = world.messages.get(input.messageId)
        if (message === undefined) return Refuse.notFound(`No such message: ${input.messageId}`)
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
    sendPoll: ({ from, group, options, to }) =>
      Effect.gen(function*() {
        const sender = yield* checkHandle(from)
        const line = yield* Lines.findLine(world, to)
        if (options.length < 2) return yield* Refuse.invalid("A poll needs at least two options")
        const input = { from: sender, to, poll: options, ...(group === undefined ? {} : { group }) }
        const message = yield* inbound[line.vendor].receive(input, line)
        return { id: message.id, vendor: message.vendor, thread: message.thread }
      }),
    vote: ({ from, messageId, option: text, remove = false }) =>
      Effect.suspend(() => {
        const message = world.messages.get(messageId)
        if (message === undefined || message.poll === null) return Refuse.notFound(`No such poll: ${messageId}`)
        if (!message.poll.some((option) => option.text === text)) World.addPollOptions(world, message, from, [text])
        const option = message.poll.find((one) => one.text === text)
        if (option !== undefined) World.vote(world, message, option, from, !remove)
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
      Effect.map(Lines.findLine(world, number), ({ vendor }) => {
        World.emit(world, { _tag: "Typing", vendor, line: number, handle: value, on })
      }),
    shareLocation: (value, place) =>
      Effect.sync(() => World.shareLocation(world, value, place === undefined ? undefined : [place.longitude, place.latitude]))
  }
}
