/**
 * Reads fields of what Sendblue sends: `null`, `""` and a value of a type that no page shows count as absent, and unknown keys and words are
 * kept.
 */
import { isVendorId } from "@interline/core/VendorId"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

const lenient = <A, I>(to: Schema.Schema<A, I>, read: (value: unknown) => A | undefined) =>
  Schema.optionalToOptional(Schema.Unknown, Schema.typeSchema(to), {
    decode: Option.flatMap((value) => Option.fromNullable(read(value))),
    encode: (value): Option.Option<unknown> => value
  })

const readText = (value: unknown): string | undefined => typeof value === "string" && value !== "" ? value : undefined

const readTexts = (value: unknown): ReadonlyArray<string> | undefined => {
  if (Array.isArray(value)) return value.filter((item) => typeof item === "string" && item !== "")
  const one = readText(value)
  return one === undefined ? undefined : [one]
}

export const text = lenient(Schema.String, readText)

/** A valid handle or id. It must be valid because it is used in paths and in the database. */
export const id = lenient(Schema.String, (value) => isVendorId(value) ? value : undefined)

export const flag = lenient(Schema.Boolean, (value) => typeof value === "boolean" ? value : undefined)

export const number = lenient(Schema.Number, (value) => typeof value === "number" && Number.isFinite(value) ? value : undefined)

/** One number or several: old group responses answer with arrays. */
export const texts = lenient(Schema.Array(Schema.String), readTexts)

/** A number, a numeric string or a named code; 0 and null mean that there is no error. */
export const errorCode = lenient(
  Schema.String,
  (value) => typeof value === "number" ? (value === 0 ? undefined : String(value)) : value === "0" ? undefined : readText(value)
)

export const nested = <A, I>(schema: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknownOption(schema)
  return lenient(schema, (value) => Option.getOrUndefined(decode(value)))
}

export const anything = lenient(Schema.Unknown, (value) => value === null || value === "" ? undefined : value)

export const open = { key: Schema.String, value: Schema.Unknown }
