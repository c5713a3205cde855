/** Finds names and addresses that contain half of a character or a NUL. They cannot become a URL, a header or a row. */
import { isBroken } from "@interline/core/VendorId"
import * as Predicate from "effect/Predicate"

// A body in UTF-8 without one of these escapes contains neither.
const suspicious = /\\u(?:[dD][89a-fA-F]|0000)/

const find = (value: unknown, isText: (name: string) => boolean, path: string): string | undefined => {
  if (typeof value === "string") return isBroken(value) ? path : undefined
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) {
      const found = find(each, isText, `${path}.${index}`)
      if (found !== undefined) return found
    }
    return undefined
  }
  if (!Predicate.isRecord(value)) return undefined
  for (const [name, each] of Object.entries(value)) {
    const place = path === "" ? name : `${path}.${name}`
    if (isBroken(name)) return path === "" ? "a field" : path
    const found = typeof each === "string" && isText(name) ? undefined : find(each, isText, place)
    if (found !== undefined) return found
  }
  return undefined
}

/** Finds the first such field of a body. The check of the message itself covers the fields that a person reads (`texts`). */
export const fieldOf = (body: string, value: () => unknown, texts: ReadonlyArray<string>): string | undefined =>
  suspicious.test(body) ? find(value(), (name) => texts.includes(name), "") : undefined
