/** Looks at phones, vendors and the gateway, and says whether a step of a rehearsal proved what it has to prove. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Configuration from "../configuration.ts"
import type * as Cast from "./cast.ts"
import * as Stage from "./stage.ts"

/** Fails with a sentence unless something holds. */
export const prove = (holds: boolean, otherwise: string): Effect.Effect<void, Stage.Unproved> =>
  holds ? Effect.void : Effect.fail(new Stage.Unproved({ message: otherwise }))

export const ask = <A>(request: Effect.Effect<A, { readonly message: string }>): Effect.Effect<A, Stage.Unproved> =>
  Effect.mapError(request, ({ message }) => new Stage.Unproved({ message }))

/** Asks again until something holds, for at most some seconds. */
export const eventually = <A>(
  what: string,
  request: Effect.Effect<A, Stage.Unproved>,
  holds: (value: A) => boolean
): Effect.Effect<A, Stage.Unproved> => {
  const look: Effect.Effect<A, Stage.Unproved> = Effect.flatMap(
    request,
    (value) => holds(value) ? Effect.succeed(value) : Effect.zipRight(Effect.sleep("50 millis"), look)
  )
  return Effect.timeoutFail(look, {
    duration: "30 seconds",
    onTimeout: () => new Stage.Unproved({ message: `${what} did not happen in 30 seconds` })
  })
}

export const read = <A, I>(schema: Schema.Schema<A, I>) => (printed: string): Effect.Effect<A, Stage.Unproved> =>
  Effect.mapError(
    Schema.decode(Schema.parseJson(schema))(printed),
    () => new Stage.Unproved({ message: "a command printed something that cannot be read" })
  )

export const numberAt = (vendor: Configuration.Vendor): string => Configuration.numbers[vendor]

/** People whose last direct message came from a vendor's number. */
const at = ({ network }: Stage.Stage, vendor: Configuration.Vendor, people: ReadonlyArray<string>) =>
  Effect.filter(
    people,
    (person) =>
      Effect.map(network.phone(person), ({ messages }) => messages.filter(({ group }) => group === null).at(-1)?.line === numberAt(vendor))
  )

const reachable = (stage: Stage.Stage, people: ReadonlyArray<string>): ReadonlyArray<string> =>
  people.filter((person) => !stage.hasStopped(person))

/** Requests that do something, without those that subscribe webhooks. */
export const countWrites = ({ network }: Stage.Stage, vendor: Configuration.Vendor): Effect.Effect<number> =>
  Effect.map(network.requests({ vendor }), (all) => all.filter(({ method, path }) => method !== "GET" && !path.includes("webhook")).length)

export const countRequests = ({ network }: Stage.Stage, vendor: Configuration.Vendor): Effect.Effect<number> =>
  Effect.map(network.requests({ vendor }), (all) => all.filter(({ path }) => !path.includes("webhook")).length)

export const rolloutNow = ({ api }: Stage.Stage) => ask(api.rollout.getRollout({}))

/** How the rollout is, for a sentence about a failure. Nothing if there is none. */
const describeRollout = (stage: Stage.Stage): Effect.Effect<string> =>
  Effect.match(rolloutNow(stage), {
    onFailure: () => "",
    onSuccess: ({ changes, phase }) => `; the rollout is ${phase} (${changes[0]?.reason ?? "it was not started"})`
  })

/** Everybody whom a rollout can move is at a vendor, and everybody else at the other one. */
export const proveHomes = (stage: Stage.Stage, moved: ReadonlyArray<string>): Effect.Effect<void, Stage.Unproved> =>
  Effect.gen(function*() {
    const { settings: { from, to } } = stage
    const people = reachable(stage, stage.cast.people)
    const expected = reachable(stage, moved)
    const found = yield* at(stage, to, people)
    yield* prove(
      found.length === expected.length && expected.every((person) => found.includes(person)),
      `${found.length} people were written to from the number at ${to}, and ${expected.length} should be${yield* describeRollout(stage)}`
    )
    const left = yield* at(stage, from, people)
    yield* prove(left.length === people.length - expected.length, `${left.length} people were written to from the number at ${from}`)
  })

/** The last text to a group came from a vendor's number. */
export const proveGroup = ({ network }: Stage.Stage, { members, name }: Cast.Group, vendor: Configuration.Vendor) =>
  Effect.forEach(members, (member) =>
    Effect.flatMap(network.phone(member), ({ messages }) =>
      prove(
        messages.filter(({ group }) => group !== null).at(-1)?.line === numberAt(vendor),
        `the group "${name}" was not written to from the number at ${vendor}`
      )))
