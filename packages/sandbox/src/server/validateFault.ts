/** Checks a fault before it is put in place. */
import * as Effect from "effect/Effect"
import * as Fault from "../world/Fault.ts"
import type { NetworkError } from "./Network.ts"
import * as Refuse from "./refuse.ts"

/** The faults that only one vendor can have. */
const onlyAt: Readonly<Partial<Record<Fault.FaultKind, Fault.Vendor>>> = {
  "200-error-body": "sendblue",
  "stream-absent": "sendblue",
  "stream-cut": "sendblue",
  "stream-silent": "sendblue",
  "stream-lost": "sendblue",
  "stream-duplicate": "sendblue"
}

const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

const isCount = (value: number | undefined): boolean => value === undefined || (Number.isInteger(value) && value >= 0)

/** The sentence about a number that is out of its range. The types cannot check the range. */
const wrongNumber = (fault: Fault.FaultInput): string | undefined => {
  const { ms, retryAfter, status } = fault
  if (typeof retryAfter === "string" ? !httpDate.test(retryAfter) : !isCount(retryAfter)) {
    return "retryAfter must be whole seconds, 0 or more, or an HTTP date"
  }
  if (status !== undefined && !(Number.isInteger(status) && status >= 500 && status <= 599)) return "status must be between 500 and 599"
  if (ms !== undefined && !(ms >= 0 && Number.isFinite(ms))) return "ms must be 0 or more"
  if ("kinds" in fault) return fault.rate >= 0 && fault.rate <= 1 ? undefined : "rate must be between 0 and 1"
  if (fault.times !== "forever" && !isCount(fault.times)) return "times must be a whole number, 0 or more, or \"forever\""
  return isCount(fault.skip) ? undefined : "skip must be a whole number, 0 or more"
}

/** Gives the fault unchanged. Fails if it cannot be put in place. */
export const checkFault = (fault: Fault.FaultInput): Effect.Effect<Fault.FaultInput, NetworkError> => {
  const kinds = "kinds" in fault ? fault.kinds : [fault.kind]
  if (!Fault.vendors.includes(fault.vendor)) return Refuse.invalid(`Unknown vendor: ${String(fault.vendor)}`)
  const unknown = kinds.find((kind) => !Fault.isFaultKind(kind))
  if (unknown !== undefined || kinds.length === 0) return Refuse.invalid(`Unknown fault: ${String(unknown)}`)
  const foreign = kinds.find((kind) => onlyAt[kind] !== undefined && onlyAt[kind] !== fault.vendor)
  if (foreign !== undefined) return Refuse.invalid(`${foreign} exists at ${onlyAt[foreign]} only`)
  if ("kinds" in fault && kinds.includes("refused")) return Refuse.invalid("refused cannot be drawn by chance")
  const wrong = wrongNumber(fault)
  return wrong === undefined ? Effect.succeed(fault) : Refuse.invalid(wrong)
}
