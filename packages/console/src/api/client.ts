/** Calls the gateway's API with the session's cookie. Every failure is an `ApiError` with the problem that the gateway answered. */
import type { Problem } from "./wire.ts"

/** A request that was not done. `status` is 0 if no answer came. */
export class ApiError extends Error {
  readonly status: number
  readonly problem: Partial<Problem>
  readonly retryAfter: number | undefined

  constructor(status: number, problem: Partial<Problem>, retryAfter: number | undefined) {
    super(problem.detail ?? problem.title ?? (status === 0 ? "The gateway does not answer" : `The gateway answered ${status}`))
    this.status = status
    this.problem = problem
    this.retryAfter = retryAfter
  }
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>

export interface Call {
  readonly query?: Query
  readonly body?: unknown
  /** Asks for numbers and texts of people. The gateway writes down who asked. */
  readonly people?: boolean
  /** Makes a repetition of the same act safe. */
  readonly key?: string
  readonly signal?: AbortSignal
}

const toAddress = (path: string, { people, query = {} }: Call): string => {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== "") search.set(name, String(value))
  if (people === true) search.set("show", "people")
  const text = search.toString()
  return text === "" ? path : `${path}?${text}`
}

let onSignedOut: () => void = () => {}

/** Says what to do when the gateway does not know the session any more. */
export const whenSignedOut = (act: () => void): void => {
  onSignedOut = act
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The sandbox says what is wrong as `error`. */
const toProblem = (value: unknown): Partial<Problem> => {
  if (typeof value !== "object" || value === null) return {}
  return "error" in value && typeof value.error === "string" ? { title: value.error } : value as Partial<Problem>
}

const call = async <A>(method: string, path: string, options: Call): Promise<A> => {
  let answer: Response
  try {
    answer = await fetch(toAddress(path, options), {
      method,
      credentials: "same-origin",
      headers: {
        accept: "application/json",
        ...(method === "GET" ? {} : { "x-interline-console": "1" }),
        ...(options.body === undefined ? {} : { "content-type": typeof options.body === "string" ? "text/plain" : "application/json" }),
        ...(options.key === undefined ? {} : { "idempotency-key": options.key })
      },
      ...(options.body === undefined ? {} : { body: typeof options.body === "string" ? options.body : JSON.stringify(options.body) }),
      ...(options.signal === undefined ? {} : { signal: options.signal })
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error
    throw new ApiError(0, {}, undefined)
  }
  const text = await answer.text()
  const value = text === "" ? undefined : parse(text)
  // 202 is a send that is held: it may have gone out
  if (answer.ok && answer.status !== 202) return value as A
  if (answer.status === 401 && !path.startsWith("/v1/session")) onSignedOut()
  const retryAfter = answer.headers.get("retry-after")
  throw new ApiError(answer.status, toProblem(value), retryAfter === null ? undefined : Number(retryAfter))
}

export const get = <A>(path: string, options: Call = {}): Promise<A> => call("GET", path, options)
export const post = <A>(path: string, options: Call = {}): Promise<A> => call("POST", path, options)
export const patch = <A>(path: string, options: Call = {}): Promise<A> => call("PATCH", path, options)
export const remove = <A>(path: string, options: Call = {}): Promise<A> => call("DELETE", path, options)
