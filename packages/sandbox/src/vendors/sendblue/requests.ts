/** Reads the parts that most Sendblue handlers need. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Json from "../../http/json.ts"
import type { Call } from "../../http/pathTable.ts"
import * as World from "../../world/world.ts"
import * as Refusal from "./refusal.ts"
import * as State from "./state.ts"

/** Reads the body as JSON, or as a form, which older documents allow. */
export const body = ({ request }: Call): Effect.Effect<Json.JsonObject, Refusal.Refusal> => {
  const text = request.body.toString("utf8")
  if (String(request.headers["content-type"]).startsWith("application/x-www-form-urlencoded")) {
    return Effect.succeed(Object.fromEntries(new URLSearchParams(text)))
  }
  const parsed = Json.parse(text === "" ? "{}" : text)
  return Either.isRight(parsed) && Json.isObject(parsed.right)
    ? Effect.succeed(parsed.right)
    : Refusal.refuse(400, "Invalid JSON in request body")
}

export const text = (fields: Json.JsonObject, name: string): string | undefined => {
  const value = fields[name]
  return Json.isString(value) && value !== "" ? value : undefined
}

/** Checks `number` and `from_number`, for the endpoints with the same error texts (reactions, read receipts). */
export const fromLine = (state: State.SendblueState, fields: Json.JsonObject): Effect.Effect<string, Refusal.Refusal> => {
  const from = text(fields, "from_number")
  if (from === undefined) return Refusal.refuse(400, "You must specify a valid `from_number` in the request body.")
  return World.ownLine(state.world, "sendblue", from) === undefined || !State.mayUse(state, from)
    ? Refusal.refuse(400, "The from_number is not registered")
    : Effect.succeed(from)
}

export const number = (fields: Json.JsonObject): Effect.Effect<string, Refusal.Refusal> => {
  const given = text(fields, "number")
  return given === undefined
    ? Refusal.refuse(400, "You must specify a `number` in the request body.")
    : Effect.succeed(given)
}

/** A number as somebody writes it, in E.164. A number of ten digits is one of the United States. */
export const toE164 = (given: string): string | undefined => {
  const digits = given.replace(/[\s().-]/g, "")
  const number = digits.startsWith("+") ? digits : digits.length === 10 ? `+1${digits}` : `+${digits}`
  return Json.isE164(number) ? number : undefined
}

/** Reads an integer from the query. Gives the fallback if it is no integer or is out of bounds. */
export const integer = (call: Call, name: string, fallback: number, max: number): number => {
  const value = Number(call.request.query.get(name) ?? fallback)
  return Number.isInteger(value) && value >= 0 ? Math.min(value, max) : fallback
}
