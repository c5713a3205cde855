/** Finds names and addresses that cannot become a URL, a header or a row, because they hold half of a character or a NUL. */
import { isBroken } from "@interline/core/VendorId"
import * as Predicate from "effect/Predicate"

// without one of these a body in UTF-8 holds neither
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

/** Finds the first such field of a body. Fields that a person reads (`texts`) are left to the check of the message. */
export const fieldOf = (body: string, value: () => unknown, texts: ReadonlyArray<string>): string | undefined =>
  suspicious.test(body) ? find(value(), (name) => texts.includes(name), "") : undefined
