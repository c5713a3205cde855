/** Finds addresses in the fields of a vendor. The gateway does not know what the vendor does with them. */
import * as Extras from "@interline/core/Extras"

// URL parsers remove these characters wherever they are. For such parsers, `https:` alone is enough, and so is `//`.
const dropped = /[\t\n\r]|^[\u0000-\u0020]+|[\u0000-\u0020]+$/g
const addressPattern = /^(?:(?:https?|wss?|ftp|file):|(?:[a-z][a-z0-9+.-]*:)?[\\/]{2})/i

// The value of a field is four levels below the extras. The service itself refuses values that are deeper than allowed.
const deepest = Extras.limits.depth + 4

/** The addresses in a value, down to so many levels. */
export const find = (value: unknown, levels = deepest): ReadonlyArray<string> => {
  if (typeof value === "string") {
    const text = value.replace(dropped, "")
    return addressPattern.test(text) ? [text] : []
  }
  return typeof value === "object" && value !== null && levels >= 0
    ? Object.values(value).flatMap((each) => find(each, levels - 1))
    : []
}
