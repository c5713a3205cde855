/** Reads untyped JSON and checks its types. */
import * as Either from "effect/Either"

export type JsonObject = { readonly [key: string]: unknown }

export const isObject = (value: unknown): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value)

export const isString = (value: unknown): value is string => typeof value === "string"

export const isInteger = (value: unknown): value is number => typeof value === "number" && Number.isInteger(value)

export const isStrings = (value: unknown): value is ReadonlyArray<string> => Array.isArray(value) && value.every(isString)

export const parse = (text: string): Either.Either<unknown, string> =>
  Either.try({ try: (): unknown => JSON.parse(text), catch: (cause) => String(cause) })

export const parseUrl = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined)

const e164 = /^\+[1-9][0-9]{1,14}$/
const email = /^[^\s@]+@[^\s@]+\.[^\s@]+$/

export const isE164 = (value: string): boolean => e164.test(value)

export const isHandle = (value: string): boolean => e164.test(value) || email.test(value)

export const iso = (milliseconds: number): string => new Date(milliseconds).toISOString()

export const isoOrNull = (milliseconds: number | null): string | null => milliseconds === null ? null : iso(milliseconds)
