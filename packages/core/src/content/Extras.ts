/**
 * Fields of a message that only one vendor reads and that have no neutral name. That vendor's adapter writes them into its
 * request; every other adapter counts them as lost.
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { isBroken } from "../names/VendorId.ts"
import * as Loss from "./Loss.ts"

/**
 * What a draft's extras may hold at most: fields in all places, levels in a value, characters of JSON.
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
 * `vendor` is the kind of carrier that reads them, as `linq`, under whatever id it is configured. `message`, `effect` and `parts` say where they
 * belong; `part` is the index in the draft, named once. A plan of several requests puts the message's fields into the first one, and a part's into the one that carries it.
 *
 * A field never replaces one that the adapter writes itself. Names that speak of recipients, callbacks, keys, consent or a later time are
 * withheld: they would go round what Interline promises.
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

// what is made of a class may be written as something else than its fields
const isPlain = (value: object): boolean => [Object.prototype, null].includes(Object.getPrototypeOf(value))

/**
 * Whether a value is JSON that every store and every vendor can read: no more than `limits.depth` levels, no NUL, no half of a surrogate pair.
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
          // copied first, because every skips holes
          ? Array.from<unknown>(value).every((each) => isValue(each, depth + 1))
          : isPlain(value) &&
            Object.entries(value).every(([name, each]) => name !== "__proto__" && !isBroken(name) && isValue(each, depth + 1)))
    default:
      return false
  }
}

/**
 * Whether extras are within `limits`. Their values have to be JSON.
 *
 * @category refinements
 */
export const isWithinLimits = (extras: Extras): boolean =>
  placesOf(extras).reduce((count, { fields }) => count + Object.keys(fields).length, 0) <= limits.fields &&
  JSON.stringify(extras).length <= limits.characters

/** Words of a name without its case and underscores, wherever in the value they stand. */
const withheldWords = /callback|webhook|idempoten|optout|optin|consent|override|suppress|schedul|sendat|sendafter|sendlater|delay|recipient/

/** Whole names: whom a message is for and from whom it is. */
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
 * Names of fields, also in other spellings of them: `send_at` is `sendAt` too.
 *
 * @category constructors
 */
export const names = (...names: ReadonlyArray<string>): ReadonlySet<string> => new Set(names.map(plain))

/**
 * The fields that an adapter writes itself, by place, each made with `names`. A place that is not named does not exist in the vendor's request.
 *
 * @category models
 */
export interface OwnFields {
  readonly message: ReadonlySet<string>
  readonly effect?: ReadonlySet<string>
  readonly part: ReadonlySet<string>
}

/**
 * What of a draft's extras one carrier's request takes, and what is lost of them.
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
 * Nothing of the field arrives. `part` is the index of the part that it belonged to; a name of an effect's begins with `effect.`.
 *
 * @category constructors
 */
export const makeLoss = (from: string, reason: string, part?: number): Loss.Loss =>
  Loss.certain("unknown-field", reason, part === undefined ? { from } : { part, from })

/**
 * Sorts a draft's extras for a carrier of a vendor.
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
