/** The routes of a front, and which of them a request is for. */
import type { Reply } from "@interline/sql/RequestLog"
import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as KeyAccess from "../../http/KeyAccess.ts"

/**
 * How often a request may run. `read`: any number of times. `once`: at most once. `keyed`: any number of times under one key; it happens once.
 * `stream`: any number of times, and its answer does not end.
 */
export type RouteKind = "read" | "once" | "keyed" | "stream"

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE"

/** A pattern: a piece that begins with `:` stands for any text and names it. */
export type Path = `/${string}`

export interface Row<Kind extends RouteKind, Run> {
  readonly kind: Kind
  /** What the request needs of its key. */
  readonly access: KeyAccess.Access
  readonly method: Method
  readonly path: Path
  readonly run: Run
}

/** A route whose work takes a `Call` and ends in a reply or a `Refusal`. `keyed` work gets the key, too. */
export type Route<Call, Refusal> =
  | Row<"read", (call: Call) => Effect.Effect<Reply, Refusal>>
  | Row<"once", (call: Call) => Effect.Effect<Reply, Refusal>>
  | Row<"keyed", (call: Call, key: string) => Effect.Effect<Reply, Refusal>>

export const read = <Run>(method: Method, path: Path, run: Run): Row<"read", Run> => ({
  kind: "read",
  access: KeyAccess.read,
  method,
  path,
  run
})

/** What acts says which scope it needs: one row acts towards a person, and the other one changes what is subscribed. */
export const once = <Run>(access: KeyAccess.Access, method: Method, path: Path, run: Run): Row<"once", Run> => ({
  kind: "once",
  access,
  method,
  path,
  run
})

/** A send. */
export const keyed = <Run>(method: Method, path: Path, run: Run): Row<"keyed", Run> => ({
  kind: "keyed",
  access: KeyAccess.send,
  method,
  path,
  run
})

/** The decoded texts by their names in the pattern. */
export type Params = Readonly<Record<string, string>>

export interface Match {
  /** A text that could be taken for another path is left out. */
  readonly params: Params
  /** No text was left out. */
  readonly isWhole: boolean
}

export interface Found<Route> extends Match {
  readonly route: Route
}

/** A piece that holds `/`, `\` or NUL, or is `.` or `..`, could be taken for another path further on. */
const isPath = (text: string): boolean => text === "." || text === ".." || /[/\\\0]/.test(text)

/** The texts of a path that a pattern describes; `None` for another path. Fixed pieces are compared letter by letter, before anything is decoded. */
export const match = (pattern: string, path: string): Option.Option<Match> => {
  const wanted = pattern.split("/")
  const given = path.split("/")
  if (wanted.length !== given.length) return Option.none()
  const params: Record<string, string> = {}
  let isWhole = true
  for (const [position, piece] of given.entries()) {
    const name = wanted[position]
    if (name?.startsWith(":") !== true) {
      if (name !== piece) return Option.none()
      continue
    }
    const text = Either.getOrUndefined(Either.try(() => decodeURIComponent(piece)))
    if (text === undefined || text === "") return Option.none()
    if (isPath(text)) isWhole = false
    else params[name.slice(1)] = text
  }
  return Option.some({ params, isWhole })
}

/** The first route that fits a path without its query. So a route with a word stands before one that takes any text in its place. */
export const find = <Route extends { readonly method: string; readonly path: string }>(
  routes: ReadonlyArray<Route>,
  method: string,
  path: string
): Option.Option<Found<Route>> => {
  for (const route of routes) {
    if (route.method !== method) continue
    const matched = match(route.path, path)
    if (Option.isSome(matched)) return Option.some({ ...matched.value, route })
  }
  return Option.none()
}
