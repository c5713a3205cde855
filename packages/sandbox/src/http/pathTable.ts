/** Finds the route of a request in a table of method, path with `:names`, and handler. */
import type * as Effect from "effect/Effect"
import type { HttpRequest, Reply } from "./http.ts"

export interface Call {
  readonly request: HttpRequest
  readonly params: Readonly<Record<string, string>>
}

/** The value of a named segment of the path. Empty if the pattern has no such segment. */
export const param = ({ params }: Call, name: string): string => params[name] ?? ""

export type Handler<E> = (call: Call) => Effect.Effect<Reply, E>

export type Route<E> = readonly [method: string, pattern: string, handler: Handler<E>]

export type Match<E> =
  | { readonly _tag: "Found"; readonly handler: Handler<E>; readonly params: Readonly<Record<string, string>> }
  | { readonly _tag: "WrongMethod" }
  | { readonly _tag: "NotFound" }

const matchPath = (pattern: string, path: string): Readonly<Record<string, string>> | undefined => {
  const wanted = pattern.split("/")
  const given = path.split("/")
  if (wanted.length !== given.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, segment] of wanted.entries()) {
    const value = given[index]
    if (value === undefined) return undefined
    if (!segment.startsWith(":")) {
      if (segment !== value) return undefined
    } else if (value === "") return undefined
    else params[segment.slice(1)] = decodeSegment(value)
  }
  return params
}

// A segment with an invalid escape is the client's own text and stays unchanged.
const decodeSegment = (value: string): string =>
  /%(?![0-9a-fA-F]{2})/.test(value) ? value : new URLSearchParams(`v=${value.replaceAll("+", "%2B")}`).get("v") ?? value

export const match = <E>(routes: ReadonlyArray<Route<E>>, method: string, path: string): Match<E> => {
  const trimmed = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path
  let known = false
  for (const [routeMethod, pattern, handler] of routes) {
    const params = matchPath(pattern, trimmed)
    if (params === undefined) continue
    if (routeMethod === method) return { _tag: "Found", handler, params }
    known = true
  }
  return known ? { _tag: "WrongMethod" } : { _tag: "NotFound" }
}
