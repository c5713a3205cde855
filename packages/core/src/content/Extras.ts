/**
 * Defines extras: fields of a message that only one vendor reads and that have no neutral name. The adapter of that vendor writes them
 * into its request. Every other adapter reports them as lost.
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { isBroken } from "../names/VendorId.ts"
import * as Loss from "./Loss.ts"

/**
 * The limits of a draft's extras. `fields`: the number of fields in all places together. `depth`: the number of levels in one value.
 * `characters`: the length of the extras as JSON.
 *
 * @category constants
 */
export const limits = { fields: 200, depth: 16, characters: 16_384 } as const

/**
 * The vendor's fields by name. A name is a letter, then up to 63 letters, digits or underscores. A value is JSON.
 *
 * @category models
 */
export const Fields = Schema.Record({
  key: Schema.String.annotations({ arbitrary: () => (fc) => fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,8}$/) }),
  value: Schema.Unknown.annotations({
    arbitrary: () => (fc) =>
      fc.oneof(
        fc.string().filter((text) => !isBroken(text)),
        fc.integer({ min: 1 }),
        fc.boolean(),
        fc.constant(null),
        fc.array(fc.boolean())
      )
  })
})

/** @category models */
export interface Fields extends Schema.Schema.Type<typeof Fields> {}

/**
 * The extra fields of a draft.
 *
 * - `vendor`: the vendor whose carriers read the fields, for example `linq`. The configured id of the carrier does not matter.
 * - `message`, `effect` and `parts`: the place of the fields in the vendor's request.
 * - `part`: the index of a part in the draft. Each index may occur only once.
 *
 * If a plan has several requests, the fields of the message go into the first request. The fields of a part go into the request that
 * carries this part.
 *
 * A field never replaces a field that the adapter writes itself. Fields about recipients, callbacks, keys, consent or a later time are
 * not passed on, because they could break what Interline promises.
 *
 * @category models
 */
export const Extras = Schema.Struct({
  vendor: Schema.NonEmptyString,
  message: Schema.optionalWith(Fields, { exact: true }),
  effect: Schema.optionalWith(Fields, { exact: true }),
  parts: Schema.optionalWith(Schema.Array(Schema.Struct({ part: Schema.NonNegativeInt, fields: Fields })), { exact: true })
})

/** @category models */
export interface Extras extends Schema.Schema.Type<typeof Extras> {}

// --- what may be in them ---

const namePattern = /^[A-Za-z][A-Za-z0-9_]{0,63}$/

/**
 * Whether a text can be the name of a field.
 *
 * @category refinements
 */
export const isName = (name: string): boolean => namePattern.test(name)

// JSON may write an instance of a class in another form than its fields
const isPlain = (value: object): boolean => [Object.prototype, null].includes(Object.getPrototypeOf(value))

/**
 * Whether a value is JSON that every store and every vendor can read. It may have at most `limits.depth` levels. Its texts may hold no
 * NUL character and no half of a surrogate pair.
 *
 * @category refinements
 */
export const isValue = (value: unknown, depth = 0): boolean => {
  if (depth > limits.depth) return false
  switch (typeof value) {
    case "string":
      return !isBroken(value)
    case "number":
      return Number.isFinite(value)
    case "boolean":
      return true
    case "object":
      return value === null ||
        (Array.isArray(value)
          // `every` skips the holes of an array, so copy the array first
          ? Array.from<unknown>(value).every((each) => isValue(each, depth + 1))
          : isPlain(value) &&
            Object.entries(value).every(([name, each]) => name !== "__proto__" && !isBroken(name) && isValue(each, depth + 1)))
    default:
      return false
  }
}

/**
 * Whether extras are within the `fields` and `characters` of `limits`. Check before that their values are JSON.
 *
 * @category refinements
 */
export const isWithinLimits = (extras: Extras): boolean =>
  placesOf(extras).reduce((count, { fields }) => count + Object.keys(fields).length, 0) <= limits.fields &&
  JSON.stringify(extras).length <= limits.characters

/** A field is withheld if its name holds one of these words, at any level of its value. Case, `_` and `-` make no difference. */
const withheldWords = /callback|webhook|idempoten|optout|optin|consent|override|suppress|schedul|sendat|sendafter|sendlater|delay|recipient/

/** A field is withheld if its whole name is one of these. They name the recipients or the sender of a message. */
const withheldNames: ReadonlySet<string> = new Set([
  ..."to cc bcc from sender line number numbers tonumber fromnumber phone phones phonenumber phonenumbers".split(" "),
  ..."handle handles member members participant participants chatid groupid conversationid".split(" ")
])

const plain = (name: string): string => name.toLowerCase().replaceAll(/[_-]/g, "")

const holdsWithheld = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.some(holdsWithheld)
    : Predicate.isRecord(value) && Object.entries(value).some(([name, each]) => withheldWords.test(plain(name)) || holdsWithheld(each))

const isWithheld = (name: string, value: unknown): boolean =>
  withheldWords.test(plain(name)) || withheldNames.has(plain(name)) || holdsWithheld(value)

// --- at a carrier ---

/**
 * A set of field names for `OwnFields`. Case, `_` and `-` make no difference: `send_at` also stands for `sendAt`.
 *
 * @category constructors
 */
export const names = (...names: ReadonlyArray<string>): ReadonlySet<string> => new Set(names.map(plain))

/**
 * The fields that an adapter writes itself, by place. Make each set with `names`. If `effect` is absent, the vendor's request has no
 * place for the fields of an effect.
 *
 * @category models
 */
export interface OwnFields {
  readonly message: ReadonlySet<string>
  readonly effect?: ReadonlySet<string>
  readonly part: ReadonlySet<string>
}

/**
 * The extras that the request of one carrier takes, and the losses for the fields that it does not take.
 *
 * @category models
 */
export interface Settled {
  readonly message: Fields
  readonly effect: Fields
  readonly partOf: (index: number) => Fields
  readonly losses: ReadonlyArray<Loss.Loss>
}

interface Place {
  readonly name: "message" | "effect" | "part"
  readonly part?: number
  readonly fields: Fields
}

const placesOf = ({ effect = {}, message = {}, parts = [] }: Extras): ReadonlyArray<Place> => [
  { name: "message", fields: message },
  ...parts.map(({ fields, part }): Place => ({ name: "part", part, fields })),
  { name: "effect", fields: effect }
]

const reasons = {
  vendor: "the carrier is of another kind than the field is meant for",
  place: "the carrier's request has nothing there",
  own: "the field is one that is written here",
  withheld: "a field about recipients, callbacks, keys, consent or a later time is not passed on"
} as const

/**
 * The loss of a whole field. `part` is the index of the part that the field belonged to. For a field of an effect, `from` begins with
 * `effect.`.
 *
 * @category constructors
 */
export const makeLoss = (from: string, reason: string, part?: number): Loss.Loss =>
  Loss.certain("unknown-field", reason, part === undefined ? { from } : { part, from })

/**
 * Decides for each field of a draft's extras whether a carrier of the given vendor takes it or loses it.
 *
 * @category combinators
 */
export const settle = (extras: Extras, vendor: string, own: OwnFields): Settled => {
  const losses: Array<Loss.Loss> = []
  const message: Record<string, unknown> = {}
  const effect: Record<string, unknown> = {}
  const parts = new Map<number, Record<string, unknown>>()
  for (const { fields, name: place, part } of placesOf(extras)) {
    for (const [name, value] of Object.entries(fields)) {
      const known = own[place]
      const reason = vendor !== extras.vendor
        ? reasons.vendor
        : known === undefined
        ? reasons.place
        : known.has(plain(name))
        ? reasons.own
        : isWithheld(name, value)
        ? reasons.withheld
        : undefined
      if (reason !== undefined) losses.push(makeLoss(place === "effect" ? `effect.${name}` : name, reason, part))
      else if (place === "message") message[name] = value
      else if (place === "effect") effect[name] = value
      else if (part !== undefined) parts.set(part, { ...parts.get(part), [name]: value })
    }
  }
  return { message, effect, partOf: (index) => parts.get(index) ?? {}, losses }
}
