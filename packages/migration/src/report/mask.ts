/** Hides people and texts in what a report shows of a call. Words of the vendors stay. */
import * as Predicate from "effect/Predicate"

/** Fields whose values are words of a closed list. */
const vocabulary = new Set(
  "type send_style preferred_service style animation reaction operation modify_type state service message_type".split(" ")
)

const word = /^-?[A-Za-z_]{1,32}$/
const fieldName = /^[A-Za-z_][A-Za-z0-9_.-]{0,40}$/
const phone = /^\+?[\d][\d\s().-]{5,}$/
const address = /^([a-z][a-z0-9+.-]*):\/\//i
const extension = /^[^?#]*?\/[^/?#]*(\.[A-Za-z0-9]{1,5})(?:[?#]|$)/
const secret = /secret|token|password|api[_-]?key|authorization|credential/i
/** The query of an address, also of one in a text. It may hold a signature. */
const query = /([a-z][a-z0-9+.-]*:\/\/[^\s?]*\?)\S+/gi

const maskText = (text: string, isWord: boolean): string => {
  if (isWord && word.test(text)) return text
  const [, scheme] = address.exec(text) ?? []
  if (scheme !== undefined) return `${scheme.toLowerCase()}://…${extension.exec(text.slice(scheme.length + 3))?.[1]?.toLowerCase() ?? ""}`
  if (phone.test(text)) return `${text.slice(0, 2)}…${text.slice(-2)}`
  return text === "" ? "" : `(${text.length} ${text.length === 1 ? "character" : "characters"})`
}

/** The largest number that is shown. A larger one may be a phone number. */
const largest = 9_999_999

const walk = (value: unknown, key: string, parent: string, shows: boolean): unknown => {
  if (secret.test(key)) return "(hidden)"
  if (Array.isArray(value)) return value.map((each) => walk(each, key, parent, shows))
  if (Predicate.isRecord(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [shows || fieldName.test(name) ? name : "…", walk(each, name, key, shows)])
    )
  }
  if (typeof value === "string") {
    if (shows) return value.replace(query, "$1…")
    return maskText(value, vocabulary.has(key) || (key === "name" && parent === "effect"))
  }
  return typeof value === "number" && !shows && Math.abs(value) > largest ? "(number)" : value
}

/** A body as a report shows it. `shows`: people and texts stay. Secrets are hidden in any case. */
export const maskBody = (body: unknown, shows: boolean): unknown => walk(body, "", "", shows)

const segment = /^(?:[a-z][a-z_-]{0,30}|v\d)$/i

/** A path as a report shows it: pieces that are no plain words are hidden. */
export const maskPath = (path: string, shows: boolean): string =>
  shows ? path : path.split("/").map((piece) => piece === "" || segment.test(piece) ? piece : "…").join("/")
