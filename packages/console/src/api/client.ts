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

interface Call {
  readonly query?: Query
  readonly body?: unknown
  /** Asks for numbers and texts of people. The gateway writes down who asked. */
  readonly people?: boolean
  /** Makes a repetition of the same act safe. */
  readonly key?: string
  readonly signal?: AbortSignal
  /** The answer is a text, and not JSON. */
  readonly isText?: boolean
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

/** How long an answer to a read may take, in milliseconds. An act is waited for, because it may be done. */
const patience = 60_000

const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === "AbortError"

/** Ends with the reader's wish to know, and a read also after some time. */
const signalOf = (method: string, { signal }: Call): AbortSignal | undefined => {
  if (method !== "GET") return signal
  const late = AbortSignal.timeout(patience)
  return signal === undefined ? late : AbortSignal.any([signal, late])
}

const call = async <A>(method: string, path: string, options: Call): Promise<A> => {
  const signal = signalOf(method, options)
  let answer: Response
  let text: string
  try {
    answer = await fetch(toAddress(path, options), {
      method,
      credentials: "same-origin",
      headers: {
        accept: options.isText === true ? "text/plain" : "application/json",
        ...(method === "GET" ? {} : { "x-interline-console": "1" }),
        ...(options.body === undefined ? {} : { "content-type": typeof options.body === "string" ? "text/plain" : "application/json" }),
        ...(options.key === undefined ? {} : { "idempotency-key": options.key })
      },
      ...(options.body === undefined ? {} : { body: typeof options.body === "string" ? options.body : JSON.stringify(options.body) }),
      ...(signal === undefined ? {} : { signal })
    })
    text = await answer.text()
  } catch (error) {
    if (isAbort(error)) throw error
    throw new ApiError(0, {}, undefined)
  }
  const value = text === "" ? undefined : answer.ok && options.isText === true ? text : parse(text)
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
