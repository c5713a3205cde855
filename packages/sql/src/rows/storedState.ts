/** The state of a delivery as JSON in its column. In the column, some fields have the names of the first version. */
import * as Decision from "@interline/router/Decision"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as JsonColumn from "../database/jsonColumn.ts"

const storedAs = <K extends string, A, I>(key: K, schema: Schema.Schema<A, I>) => Schema.propertySignature(schema).pipe(Schema.fromKey(key))

const { attempts, position, repetitions } = Decision.State.fields

/** The state with the names of its column. */
export const StoredState = Schema.Struct({
  ...Decision.State.fields,
  position: storedAs("at", position),
  repetitions: storedAs("tries", repetitions),
  attempts: storedAs("trials", attempts),
  behind: Schema.Array(Schema.Struct({ ...Decision.Behind.fields, position: storedAs("at", Decision.Behind.fields.position) }))
})

type Encoded = typeof Decision.State.Encoded

/** Lists each field, because copying the rest of a record takes as long as encoding it. JSON leaves out undefined fields. */
const rename = (
  state: Encoded
): { readonly [Field in keyof typeof StoredState.Encoded]-?: (typeof StoredState.Encoded)[Field] | undefined } => ({
  deliveryId: state.deliveryId,
  settings: state.settings,
  route: state.route,
  at: state.position,
  generation: state.generation,
  tries: state.repetitions,
  triedAt: state.triedAt,
  step: state.step,
  steps: state.steps,
  taken: state.taken,
  losses: state.losses,
  doubt: state.doubt,
  proofs: state.proofs,
  trials: state.attempts,
  behind: state.behind.map(({ position, ...fields }) => ({ ...fields, at: position })),
  others: state.others,
  abandoned: state.abandoned,
  phase: state.phase,
  result: state.result
})

const encodeParts = JsonColumn.makePartEncoder(Decision.State)

/** Renames by hand. `StoredState` takes one and a half times as long, and every step of a send writes its state. */
export const encode = (state: Decision.State): Effect.Effect<string, ParseResult.ParseError> =>
  Effect.suspend(() => Either.map(encodeParts(state), (fields) => JSON.stringify(rename(fields))))

export const decode: (text: string) => Effect.Effect<Decision.State, ParseResult.ParseError> = Schema.decode(Schema.parseJson(StoredState))
