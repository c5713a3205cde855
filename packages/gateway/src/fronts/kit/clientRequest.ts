/** Reads what both fronts need of a request: its target, the caller's own key, and how often the client has tried. */
import type * as Headers from "@effect/platform/Headers"
import * as Option from "effect/Option"

export interface Target {
  /** The path below the front's prefix, as the client wrote it; empty if the prefix does not stand before it. */
  readonly path: string
  readonly query: URLSearchParams
}

export const splitTarget = (prefix: string, url: string): Target => {
  const mark = url.indexOf("?")
  const path = mark < 0 ? url : url.slice(0, mark)
  return {
    path: path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : "",
    query: new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1))
  }
}

/** How often the client says that it has tried before. The official clients of both vendors say it by the same header. */
export const readRetryCount = (headers: Headers.Headers): number => {
  const count = Number(headers["x-stainless-retry-count"] ?? 0)
  return Number.isSafeInteger(count) && count >= 0 ? count : 0
}

export const readKey = (headers: Headers.Headers): Option.Option<string> => Option.fromNullable(headers["idempotency-key"])

/** From where a program wants a list: this gateway, or the vendor whose wire it speaks. */
export const readList = (headers: Headers.Headers): string | undefined => headers["interline-list"]

/** Whether a key is given and is empty: a variable of the program was not set. Without a key each repetition would be sent again. */
export const isBlank = (key: Option.Option<string>): boolean => Option.exists(key, (given) => given.trim() === "")

/** The sentence about a blank key under this name. */
export const explainBlank = (name: string): string =>
  `${name} is empty; nothing was done; give each message a key of its own, or leave it out`
