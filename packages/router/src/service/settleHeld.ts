/** What an operator found out about a held delivery. */
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as MessagingError from "@interline/core/MessagingError"
import * as Problem from "@interline/core/Problem"
import { isVendorId } from "@interline/core/VendorId"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type { Event, Verdict } from "../decision/Decision.ts"
import type { RunnerService } from "../delivery/Runner.ts"
import type { Entry } from "../ledger/Ledger.ts"

const findProblem = (verdict: Verdict): Problem.Problem | undefined =>
  !Predicate.isRecord(verdict) || (verdict._tag !== "Arrived" && verdict._tag !== "NotSent")
    ? Problem.make("type", ["verdict"], "a verdict is { _tag: \"Arrived\", ref } or { _tag: \"NotSent\" }")
    : verdict._tag === "Arrived" && !(Predicate.isRecord(verdict.ref) && isVendorId(verdict.ref.id))
    ? Problem.make("type", ["verdict", "ref", "id"], "not the id of a message; the vendor's console shows it")
    : undefined

const invalid = (problem: Problem.Problem) => Effect.fail(MessagingError.invalid("send", [problem]))

export const settle = (
  { tell }: Pick<RunnerService, "tell">,
  id: DeliveryId,
  verdict: Verdict,
  who?: string
): Effect.Effect<boolean, MessagingError.MessagingError> => {
  const problem = findProblem(verdict)
  if (problem !== undefined) return invalid(problem)
  return Effect.flatMap(Clock.currentTimeMillis, (at) => {
    const actor = who === undefined ? {} : { who }
    let settled = false
    let heldAt: string | undefined
    const said = ({ state }: Entry): Event | undefined => {
      const { doubt, generation, phase } = state
      settled = phase._tag === "Held" && doubt !== undefined
      if (!settled || doubt === undefined) return undefined
      if (verdict._tag === "NotSent") return { _tag: "Denied", at, ...actor }
      const carrierId = state.route[state.position]?.carrierId
      heldAt = verdict.ref.carrierId === carrierId ? undefined : carrierId
      const { parts, step } = doubt.evidence
      return heldAt !== undefined
        ? undefined
        : { _tag: "Observed", at, generation, step, receipt: { ref: verdict.ref, parts, status: "sent" }, by: "operator", ...actor }
    }
    return Effect.flatMap(tell(id, said), () =>
      heldAt === undefined
        ? Effect.succeed(settled)
        : invalid(
          Problem.make("type", ["verdict", "ref", "carrierId"], `the delivery is held for ${heldAt}; name the message that is there`)
        ))
  })
}
