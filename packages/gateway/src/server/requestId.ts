/** The id of a request, by which its answer, its log line and the audit are found together. */
import type * as Headers from "@effect/platform/Headers"

export const name = "x-request-id"

const sane = /^[A-Za-z0-9][A-Za-z0-9._:=-]{0,127}$/

/** The id that the caller gave, if it can stand in a log. A telephone number cannot. */
export const given = (headers: Headers.Headers | Readonly<Record<string, unknown>>): string | undefined => {
  const id = headers[name]
  return typeof id === "string" && sane.test(id) && !/^\d{7,15}$/.test(id) ? id : undefined
}
