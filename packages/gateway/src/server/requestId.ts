/** The id of a request, by which its answer, its log line and the audit are found together. */
import type * as Headers from "@effect/platform/Headers"

export const name = "x-request-id"

const sane = /^[A-Za-z0-9][A-Za-z0-9._:=-]{0,127}$/

/** Whether a text could be a telephone number, however it is written: 7 to 15 digits, and no letter. */
const isNumber = (text: string): boolean => !/[A-Za-z]/.test(text) && /^\d{7,15}$/.test(text.replace(/\D/g, ""))

/** The id that the caller gave, if it may be in a log. A telephone number may not, also behind a word such as `tel:`. */
export const given = (headers: Headers.Headers | Readonly<Record<string, unknown>>): string | undefined => {
  const id = headers[name]
  return typeof id === "string" && sane.test(id) && ![id, ...id.split(/[:=]/)].some(isNumber) ? id : undefined
}
