/** Removes from spans, before they are exported, everything that may quote a number or a text. */
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Tracer from "effect/Tracer"

/** Attributes of other libraries that contain addresses, statements or headers. */
const mayQuote = (key: string): boolean =>
  key.startsWith("url.") || key.startsWith("http.request.header.") || key.startsWith("http.response.header.") ||
  key === "client.address" || key === "user_agent.original" || key.startsWith("db.query.parameter") || key === "code.stacktrace"

const nameOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "_tag" in error ? String(error._tag) : error instanceof Error ? error.name : "Failure"

const toNameless = (exit: Exit.Exit<unknown, unknown>): Exit.Exit<unknown, unknown> => {
  if (Exit.isSuccess(exit)) return Exit.void
  if (Cause.isInterruptedOnly(exit.cause)) return exit
  const error = new Error("left out")
  error.name = nameOf(Cause.squash(exit.cause))
  delete error.stack
  return Exit.fail(error)
}

export const discreet = (inner: Tracer.Tracer): Tracer.Tracer =>
  Tracer.make({
    context: inner.context,
    span: (...given) => {
      const span = inner.span(...given)
      const { attribute, end } = span
      return Object.assign(span, {
        attribute: (key: string, value: unknown) => {
          if (!mayQuote(key)) attribute.call(span, key, value)
        },
        end: (endTime: bigint, exit: Exit.Exit<unknown, unknown>) => end.call(span, endTime, toNameless(exit))
      })
    }
  })

/** Reads `name=value,name=value`, with percent-encoded values, as in the specification of OTLP's variables. */
export const headers = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    text.split(",").flatMap((entry) => {
      const equals = entry.indexOf("=")
      return equals <= 0 ? [] : [[entry.slice(0, equals).trim(), decode(entry.slice(equals + 1).trim())]]
    })
  )

const decode = (value: string): string => value.replace(/%[0-9A-Fa-f]{2}/g, (code) => String.fromCharCode(parseInt(code.slice(1), 16)))
