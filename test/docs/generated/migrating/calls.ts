/** Runs the real translator on calls that differ in one field, and says where the field went. */
import * as RecordedCall from "@interline/migration/RecordedCall"
import * as Translator from "@interline/migration/Translator"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"

export type Vendor = "linq" | "sendblue"

export interface Direction {
  readonly from: Vendor
  readonly to: Vendor
}

export type Fields = Readonly<Record<string, unknown>>

/** A call as a program makes it. `endpoint` is its method and path. */
export interface Call {
  readonly endpoint: string
  readonly body: Fields
}

const recorded = ({ body, endpoint }: Call): RecordedCall.RecordedCall => {
  const [method, path] = endpoint.split(" ")
  return Either.getOrThrowWith(
    RecordedCall.ofLine({ method, path, body, headers: { "content-type": "application/json" } }),
    (why) => new Error(`${endpoint}: ${why}`)
  )
}

/** What the last of some calls becomes. */
export const translate = (direction: Direction, calls: ReadonlyArray<Call>): Promise<Translator.Translation> =>
  Effect.gen(function*() {
    const translator = yield* Translator.make(direction)
    const all = yield* Effect.forEach(calls, (call) => translator.translate(recorded(call)))
    const last = all.at(-1)
    return last ?? (yield* Effect.dieMessage("no call"))
  }).pipe(Effect.runPromise)

export type Send = Extract<Translator.Translation, { readonly _tag: "Send" }>

/** The values of each field of some bodies, by its path. A place in a list is written as `[]`. */
const leavesOf = (bodies: ReadonlyArray<unknown>): ReadonlyMap<string, string> => {
  const found = new Map<string, Set<string>>()
  const walk = (each: unknown, path: string): void => {
    if (Array.isArray(each)) each.forEach((item) => walk(item, `${path}[]`))
    else if (typeof each === "object" && each !== null) {
      Object.entries(each).forEach(([name, item]) => walk(item, path === "" ? name : `${path}.${name}`))
    } else found.set(path, (found.get(path) ?? new Set()).add(JSON.stringify(each)))
  }
  for (const body of bodies) walk(body, "")
  return new Map(Array.from(found, ([path, values]) => [path, Array.from(values).join()]))
}

const stepsOf = ({ plan }: Send): ReadonlyArray<{ readonly method: string; readonly path: string; readonly body: unknown }> =>
  plan._tag === "Refused" ? [] : plan.steps

export const requestsOf = (send: Send): ReadonlyArray<string> =>
  stepsOf(send).map(({ method, path }) => `${method} ${path.replace(Translator.chatId, "{chatId}")}`)

/** The fields of bodies that have other values than before. */
export const changesOf = (before: ReadonlyArray<unknown>, after: ReadonlyArray<unknown>): ReadonlyArray<string> => {
  const known = leavesOf(before)
  return Array.from(leavesOf(after)).flatMap(([path, values]) => known.get(path) === values ? [] : [path])
}

/** The fields of the other vendor's requests that a field changed or added. */
export const changes = (base: Send, sample: Send): ReadonlyArray<string> =>
  changesOf(stepsOf(base).map(({ body }) => body), stepsOf(sample).map(({ body }) => body))

/** Whether the gateway keeps the field beside the message, because no carrier has it. */
export const isKept = (base: Send, sample: Send): boolean => JSON.stringify(base.draft.metadata) !== JSON.stringify(sample.draft.metadata)
