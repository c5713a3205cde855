/** What an operator found out about a held delivery. */
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as MessageRef from "@interline/core/MessageRef"
import * as MessagingError from "@interline/core/MessagingError"
import * as Problem from "@interline/core/Problem"
import { isVendorId } from "@interline/core/VendorId"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type { Verdict } from "../decision/Decision.ts"
import type { Fact } from "../decision/Fact.ts"
import type { LedgerService } from "../ledger/Ledger.ts"
import type { RunnerService } from "../ownership/Runner.ts"

const findProblem = (verdict: Verdict): Problem.Problem | undefined =>
  !Predicate.isRecord(verdict) || (verdict._tag !== "Arrived" && verdict._tag !== "NotSent")
    ? Problem.make("type", ["verdict"], "a verdict is { _tag: \"Arrived\", ref } or { _tag: \"NotSent\" }")
    : verdict._tag === "Arrived" && !(Predicate.isRecord(verdict.ref) && isVendorId(verdict.ref.id))
    ? Problem.make("type", ["verdict", "ref", "id"], "not the id of a message; the vendor's console shows it")
    : undefined

const ofAnother = Problem.make("type", ["verdict", "ref", "id"], "this is the message of another delivery")

const invalid = (problem: Problem.Problem) => Effect.fail(MessagingError.invalid("send", [problem]))

export interface Parts {
  readonly ledger: Pick<LedgerService, "owners" | "read">
  readonly tell: RunnerService["tell"]
}

const toFact = (verdict: Verdict, who: string | undefined): Fact => {
  const actor = who === undefined ? {} : { who }
  return verdict._tag === "NotSent" ? { _tag: "NotSent", ...actor } : { _tag: "Arrived", ref: verdict.ref, ...actor }
}

export const settle = (
  { ledger, tell }: Parts,
  id: DeliveryId,
  verdict: Verdict,
  who?: string
): Effect.Effect<boolean, MessagingError.MessagingError> => {
  const problem = findProblem(verdict)
  if (problem !== undefined) return invalid(problem)
  return Effect.flatMap(ledger.read(id), (read) => {
    if (Option.isNone(read) || read.value.state.phase._tag !== "Held" || read.value.state.doubt === undefined) return Effect.succeed(false)
    const { position, route } = read.value.state
    const carrierId = route[position]?.carrierId
    if (verdict._tag === "Arrived" && verdict.ref.carrierId !== carrierId) {
      return invalid(
        Problem.make("type", ["verdict", "ref", "carrierId"], `the delivery is held for ${carrierId}; name the message that is there`)
      )
    }
    const settled = Effect.map(tell(id, toFact(verdict, who)), (told) => told === "Applied")
    return verdict._tag === "NotSent"
      ? settled
      : Effect.flatMap(
        ledger.owners([verdict.ref]),
        (owners) => (owners.get(MessageRef.format(verdict.ref)) ?? id) === id ? settled : invalid(ofAnother)
      )
  })
}
