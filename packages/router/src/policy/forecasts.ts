/**
 * What a send would do now, as far as it is known without asking a carrier: its route, the opt-outs, the limits and the breakers of the lines.
 */
import type { Prepared } from "@interline/core/Backend"
import * as Capabilities from "@interline/core/Capabilities"
import * as Carrier from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import type { LineName } from "@interline/core/Line"
import type { MessagingError } from "@interline/core/MessagingError"
import * as Plan from "@interline/core/Plan"
import type * as Problem from "@interline/core/Problem"
import type { SuppressionService } from "@interline/core/Suppression"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as ChooseCarrier from "../decision/chooseCarrier.ts"
import type { Contact, LedgerService } from "../ledger/Ledger.ts"
import * as KnownContacts from "./knownContacts.ts"
import type * as Plans from "./plans.ts"
import type { Complete } from "./Policy.ts"
import type * as Rollout from "./Rollout.ts"
import * as Route from "./Route.ts"

interface Place {
  readonly carrierId: CarrierId
  readonly line: LineName
}

/** What the health of the lines says. It is given, because the policy knows nothing of it. */
export interface Lines {
  /** Learns what other processes know. */
  readonly refresh: Effect.Effect<void>
  readonly isNew: (contact: Contact, at: number) => boolean
  /** Whether the line rests for new people, because its carrier said so. */
  readonly restsForNew: (place: Place, at: number) => boolean
  readonly findBar: (
    place: Place,
    at: number,
    isNew: boolean
  ) => { readonly by: "breaker" | "limit"; readonly why: string; readonly until?: number } | undefined
}

export interface Parts {
  readonly policy: Complete
  readonly carriers: ReadonlyMap<CarrierId, Carrier.Carrier>
  readonly plans: Plans.Plans
  readonly ledger: Pick<LedgerService, "binding" | "contact">
  readonly suppression: Pick<SuppressionService, "find">
  readonly lines: Lines
  /** What is stored of the policy's rollout, by the key of a conversation. Absent if the policy has none. */
  readonly rollout?: (conversation: string) => Effect.Effect<Rollout.Stored>
  /** Adds the losses that depend on the person. */
  readonly addWarnings: (plans: ReadonlyArray<Plan.Plan>, prepared: Prepared) => Effect.Effect<ReadonlyArray<Plan.Plan>>
}

/** What was read for a plan. */
interface Found {
  readonly at: number
  readonly known: Route.Known
  readonly routed: Route.Route | Route.NoRoute
}

type Forecast = (
  prepared: Prepared,
  ids: ReadonlyArray<CarrierId> | undefined
) => Effect.Effect<ReadonlyArray<Plan.Forecast>, ReadonlyArray<Problem.Problem>>

export const make = (parts: Parts): Forecast => {
  const { addWarnings, carriers, ledger, lines, plans, policy, suppression } = parts

  const find = (prepared: Prepared, fidelity: Prepared["fidelity"]): Effect.Effect<Found> =>
    Effect.gen(function*() {
      yield* lines.refresh
      const { conversation } = prepared
      const key = Conversation.key(conversation)
      const here = Array.from(carriers.values()).filter((carrier) => carrier.lines.has(conversation.line))
      const contacts = new Map<CarrierId, Contact>()
      for (const { id } of here) contacts.set(id, yield* KnownContacts.readContact(ledger, id, conversation))
      const at = yield* Clock.currentTimeMillis
      const known: Route.Known = {
        plans: yield* plans.forSend(prepared, fidelity),
        carriers,
        breaches: KnownContacts.findBreaches({ carriers, policy }, prepared, contacts),
        binding: yield* ledger.binding(key),
        contacts,
        at,
        jitter: 1,
        ...(parts.rollout === undefined ? {} : { rollout: yield* parts.rollout(key) })
      }
      return { at, known, routed: Route.make(policy, prepared, known) }
    })

  /** Why the line of a carrier could not be used now. A send that would wait for a place is not refused. */
  const findLineError = ({ at, known, routed }: Found, carrierId: CarrierId, { conversation }: Prepared): MessagingError | undefined => {
    const carrier = carriers.get(carrierId)
    const contact = known.contacts.get(carrierId)
    if (carrier === undefined || contact === undefined || "problems" in routed) return undefined
    const place = { carrierId, line: conversation.line }
    // a line that rests for new people may know the person; only the carrier can say so
    const canAsk = conversation._tag === "Direct" && Capabilities.supports(carrier.capabilities, "getContactStatus")
    const isNew = lines.isNew(contact, at) && !(canAsk && lines.restsForNew(place, at))
    const bar = lines.findBar(place, at, isNew)
    return bar === undefined || ChooseCarrier.waitsForPlace(bar, at, routed.settings)
      ? undefined
      : ChooseCarrier.toBarError(carrierId, bar, at)
  }

  const findError = (found: Found, carrierId: CarrierId, prepared: Prepared): Effect.Effect<MessagingError | undefined> => {
    const candidate = "problems" in found.routed ? undefined : found.routed.route.find((one) => one.carrierId === carrierId)
    return Effect.map(
      Carrier.findOptOut(carrierId, suppression, prepared),
      (error) => error ?? candidate?.barred?.error ?? findLineError(found, carrierId, prepared)
    )
  }

  return (prepared, ids) =>
    Effect.gen(function*() {
      const fidelity = Route.fidelityOf(policy, prepared)
      const found = yield* find(prepared, fidelity)
      const { known, routed } = found
      if (ids === undefined && "problems" in routed) return yield* Effect.fail(routed.problems)
      const made = ids !== undefined
        ? yield* plans.of(ids, prepared, fidelity)
        : "problems" in routed
        ? []
        : routed.route.flatMap(({ carrierId }) => known.plans.get(carrierId) ?? [])
      const warned = yield* addWarnings(made, prepared)
      return yield* Effect.forEach(
        warned,
        (plan) => Effect.map(findError(found, plan.carrierId, prepared), (error) => Plan.bar(plan, error))
      )
    })
}
