/** Compares what a carrier did with a draft with the plan that another carrier has for it. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { Loss } from "@interline/core/Loss"
import { present } from "@interline/core/Optional"
import type { Plan } from "@interline/core/Plan"
import type { Problem } from "@interline/core/Problem"
import type { Answered } from "@interline/router/Router"
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { Difference } from "./Difference.ts"

/** What became of a draft: who answered, what was lost, and how many requests it took, if that is certain. */
export interface Done {
  readonly carrierId: CarrierId
  readonly losses: ReadonlyArray<Loss>
  readonly requests: number | undefined
  readonly isRefused: boolean
}

/**
 * Reads an answer. Undefined if no carrier planned the draft: it was not sent for another reason than the draft, or the answer is that of an
 * earlier delivery.
 */
export const readAnswer = ({ deliveryId, exit }: Answered): Done | undefined => {
  if (Exit.isSuccess(exit)) {
    const { carrierId, id, losses, receipts } = exit.value
    return id === deliveryId ? { carrierId, losses, requests: receipts.length, isRefused: false } : undefined
  }
  const error = Option.getOrUndefined(Cause.failureOption(exit.cause))
  if (error === undefined || error.deliveryId !== deliveryId || error._tag === "NotSent") return undefined
  const last = error.attempts.findLast(({ outcome }) => outcome !== "skipped") ?? error.attempts.at(-1)
  return last && { carrierId: last.carrierId, losses: error.losses, requests: undefined, isRefused: error._tag === "Invalid" }
}

const keyOf = ({ certainty, condition, from, kind }: Loss): string => [kind, certainty, condition, from].join("|")

const toPath = (path: ReadonlyArray<string | number>): string => path.map((step) => typeof step === "number" ? "*" : step).join(".")

// a group of differences is named by its words, and an index of PostgreSQL takes only so many
const longest = 300

const short = (text: string): string => text.length > longest ? `${text.slice(0, longest - 1)}…` : text

const unique = (differences: ReadonlyArray<Difference>): ReadonlyArray<Difference> =>
  differences.length < 2
    ? differences
    : Array.from(new Map(differences.map((difference) => [JSON.stringify(difference), difference])).values())

const refusal = ({ message, path, rule }: Problem): Difference => ({
  kind: "refused",
  rule,
  path: short(toPath(path)),
  message: short(message)
})

const lossDifference = ({ certainty, condition, from, kind, reason, to }: Loss): Difference => ({
  kind: "loss",
  loss: kind,
  certainty,
  ...present({ condition, from, to }),
  reason: short(reason)
})

/** The differences, each once. A split is told by its requests and not as a loss. */
export const comparePlan = ({ isRefused, losses, requests }: Done, plan: Plan): ReadonlyArray<Difference> => {
  if (plan._tag === "Refused") return isRefused ? [] : unique(plan.problems.map(refusal))
  if (isRefused) return [{ kind: "carried" }]
  const known = new Set(losses.map(keyOf))
  const lost = plan.losses.filter((loss) => loss.kind !== "split" && !known.has(keyOf(loss))).map(lossDifference)
  const steps = plan.steps.length
  return requests === undefined || requests === steps
    ? unique(lost)
    : unique([...lost, { kind: requests === 1 ? "split" : "requests", from: requests, to: steps }])
}
