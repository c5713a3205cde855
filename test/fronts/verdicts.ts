/**
 * What a front makes of each field of its wire, found out by looking: what a client gave is compared with what arrived on a
 * phone, or in an answer. The tests run the scenarios, and the table in the documentation is made of their rows.
 */
import { isDeepStrictEqual } from "node:util"

/** `exact`: it arrived as it was given. `adapted`: it arrived otherwise, and was said to. `refused`: it was not taken, with a sentence. */
export type Verdict = "exact" | "adapted" | "refused"

export type Front = "sendblue" | "linq"
export type Carrier = "sendblue" | "linq"

export interface Row {
  readonly front: Front
  readonly endpoint: string
  readonly field: string
  readonly carrier: Carrier
  readonly verdict: Verdict
  readonly note: string
}

/** What was found out about one field. */
export type Finding = Pick<Row, "field" | "verdict" | "note">

/** What one endpoint does with the given stage, which the front's own tests set up. A scenario uses people of its own. */
export interface Scenario<Stage> {
  readonly endpoint: string
  readonly run: (stage: Stage) => Promise<ReadonlyArray<Finding>>
}

/** A field that came back otherwise than it went, without a word about it. */
export class SilentChange extends Error {
  constructor(field: string, went: unknown, came: unknown) {
    super(`${field} went as ${JSON.stringify(went)} and came as ${JSON.stringify(came)}, and nobody said so`)
  }
}

/** Compares what went with what came. A difference needs a word for it: a loss that the front told, or a documented reason. */
export const record = (field: string, went: unknown, came: unknown, told?: string): Finding => {
  if (isDeepStrictEqual(went, came)) return { field, verdict: "exact", note: "" }
  if (told === undefined || told === "") throw new SilentChange(field, went, came)
  return { field, verdict: "adapted", note: told }
}

/** A field, or a whole endpoint, that is refused. Fails if it is not, or if the refusal has no sentence or asks to be tried again. */
export const recordRefusal = async (field: string, attempt: () => PromiseLike<unknown>): Promise<Finding> => {
  const error: unknown = await Promise.resolve(attempt()).then(() => undefined, (error: unknown) => error)
  if (typeof error !== "object" || error === null || !("status" in error) || typeof error.status !== "number") {
    throw new Error(`${field} was not refused`)
  }
  const said = sentenceIn("error" in error ? error.error : undefined)
  if (said === undefined) throw new Error(`${field} was refused with ${error.status} and without a sentence`)
  // a trace is another one each time
  return { field, verdict: "refused", note: `${error.status}: ${said.replace(/, trace \w+/, "")}` }
}

const sentenceIn = (body: unknown): string | undefined => {
  if (typeof body !== "object" || body === null) return undefined
  if ("message" in body && typeof body.message === "string" && body.message !== "") return body.message
  if ("error_message" in body && typeof body.error_message === "string" && body.error_message !== "") return body.error_message
  return "error" in body ? sentenceIn(body.error) : undefined
}

/** The sentences of an `interline-losses` header, for the kinds that are asked for; "" if there are none. */
export const lossesOf = (headers: { readonly get: (name: string) => string | null }, ...kinds: ReadonlyArray<string>): string => {
  const losses: unknown = JSON.parse(headers.get("interline-losses") ?? "[]")
  if (!Array.isArray(losses)) throw new Error("interline-losses is no list")
  return (losses as ReadonlyArray<{ readonly kind: string; readonly reason?: string }>)
    .filter(({ kind }) => kinds.length === 0 || kinds.includes(kind))
    .map(({ kind, reason }) => reason === undefined ? kind : `${kind}: ${reason}`)
    .join("; ")
}

/** Asks again until it is so, for as long as a busy machine may take. */
export const eventually = async <A>(ask: () => PromiseLike<A>, isSo: (answer: A) => boolean): Promise<A> => {
  for (let tries = 0; tries < 400; tries++) {
    const answer = await ask()
    if (isSo(answer)) return answer
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error("it never became as it should be")
}

/** Runs scenarios one after the other, and puts their findings into rows. */
export const rowsOf = async <Stage>(
  front: Front,
  carrier: Carrier,
  scenarios: ReadonlyArray<Scenario<Stage>>,
  stage: Stage
): Promise<ReadonlyArray<Row>> => {
  const rows: Array<Row> = []
  for (const { endpoint, run } of scenarios) {
    for (const finding of await run(stage)) rows.push({ front, endpoint, carrier, ...finding })
  }
  return rows
}
