/** Adds to plans what depends on the person: the vendor's limits of new people, and what it may refuse before the person has written. */
import type { Prepared } from "@interline/core/Backend"
import type { Planner } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import type { Loss } from "@interline/core/Loss"
import type { Plan } from "@interline/core/Plan"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { LedgerService } from "../ledger/Ledger.ts"
import * as BeforeReply from "../runtime/beforeReply.ts"
import * as Limits from "./Limits.ts"
import * as LineFacts from "./lineFacts.ts"
import type { Health } from "./lineHealth.ts"

export interface Parts {
  readonly findPlanner: (id: CarrierId) => Planner | undefined
  readonly health: Pick<Health, "restsForNew">
  readonly ledger: Pick<LedgerService, "binding" | "contact">
  /** Whether the messages before the first reply of a person are counted at the carrier. */
  readonly counts: (id: CarrierId) => boolean
}

const warn = (kind: Loss["kind"], reason: string): Loss => ({ kind, certainty: "conditional", reason })

/** The plans with such losses. Only a plan that a limit concerns costs a look at our records. */
export const make = ({ counts, findPlanner, health, ledger }: Parts) => {
  const addTo = (plan: Plan, { conversation, draft }: Prepared, at: number): Effect.Effect<Plan> => {
    const carrier = findPlanner(plan.carrierId)
    if (plan._tag === "Refused" || carrier === undefined || conversation._tag === "Group") return Effect.succeed(plan)
    const place = { carrierId: plan.carrierId, line: conversation.line }
    const { beforeReply } = carrier.capabilities
    const isCounted = beforeReply !== undefined && counts(plan.carrierId)
    const rests = health.restsForNew(place, at)
    if (!isCounted && !rests && BeforeReply.findBreach(draft, beforeReply) === undefined) return Effect.succeed(plan)
    return Effect.zipWith(
      ledger.contact(plan.carrierId, conversation.line, conversation.handle),
      ledger.binding(Conversation.key(conversation)),
      (contact, binding) => {
        const breach = BeforeReply.findBreach(draft, beforeReply, contact.sent)
        const isNew = Limits.isNew(contact, at) && LineFacts.isNewTo(place, Option.getOrUndefined(binding), at)
        const losses = [
          ...(breach !== undefined && contact.inboundAt === undefined
            ? [warn("before-reply", `it has ${breach}, and as far as is known the person never wrote to the line`)]
            : []),
          ...(rests && isNew ? [warn("new-person", "as far as is known the person is new to the line")] : [])
        ]
        return losses.length === 0 ? plan : { ...plan, losses: [...plan.losses, ...losses] }
      }
    )
  }

  return (plans: ReadonlyArray<Plan>, prepared: Prepared): Effect.Effect<ReadonlyArray<Plan>> =>
    Effect.flatMap(Clock.currentTimeMillis, (at) => Effect.forEach(plans, (plan) => addTo(plan, prepared, at)))
}
