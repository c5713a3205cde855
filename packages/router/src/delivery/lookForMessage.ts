/** Looks for the message of a lost answer. */
import type * as Carrier from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import * as MessageRef from "@interline/core/MessageRef"
import type * as OperationSignatures from "@interline/core/OperationSignatures"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Event } from "../decision/Decision.ts"
import type { Action } from "../health/engine.ts"
import type { Entry, LedgerService } from "../ledger/Ledger.ts"
import * as Attempt from "./attempt.ts"
import { type Job, now } from "./job.ts"
import type { Wait } from "./runFor.ts"

export interface Parts {
  readonly carriers: ReadonlyMap<CarrierId, Carrier.Carrier>
  readonly ledger: LedgerService
}

/** What is looked for: the step of `entry` that `progress` says. */
export interface Sought {
  readonly carrierId: CarrierId
  readonly request: OperationSignatures.SendRequest
  readonly entry: Entry
  readonly progress: OperationSignatures.Progress | undefined
}

export const unproven = (why: string): OperationSignatures.Finding => ({ _tag: "Unproven", why })

const suspectsOf = (ledger: LedgerService, entry: Entry): Effect.Effect<OperationSignatures.Suspects> =>
  Effect.map(ledger.rivals(entry), (rivals) => ({
    rivals,
    ...(entry.state.doubt?.evidence.ref === undefined ? {} : { ref: entry.state.doubt.evidence.ref }),
    taken: (refs: ReadonlyArray<MessageRef.MessageRef>) =>
      Effect.map(ledger.owners(refs), (owners) => {
        const taken = new Set<string>()
        for (const [ref, id] of owners) if (id !== entry.id) taken.add(ref)
        for (const receipt of entry.state.taken) taken.add(MessageRef.format(receipt.ref))
        return taken
      })
  }))

/** A list was read while others may have been sending. What is another send's by now, or may be, is not taken for this one's. */
const unlessClaimed = (
  ledger: LedgerService,
  entry: Entry,
  before: OperationSignatures.Suspects,
  finding: OperationSignatures.Finding & { readonly _tag: "Found" }
): Effect.Effect<OperationSignatures.Finding> =>
  Effect.flatMap(suspectsOf(ledger, entry), ({ rivals, taken }) =>
    Effect.map(
      taken([finding.receipt.ref]),
      (refs) =>
        rivals > before.rivals || refs.has(MessageRef.format(finding.receipt.ref))
          ? unproven("another send of the same content was under way during the look")
          : finding
    ))

/** Looks once. Whether that may send again is the carrier's way of looking. */
export const find = (
  { carriers, ledger }: Parts,
  { carrierId, entry, progress, request }: Sought
): Effect.Effect<OperationSignatures.Finding> => {
  const look = carriers.get(carrierId)?.reconciliation?.send
  return look === undefined || progress === undefined
    ? Effect.succeed(unproven("the carrier has no way to look"))
    : Effect.flatMap(
      suspectsOf(ledger, entry),
      (before) =>
        Effect.flatMap(look.find(request, progress, before), (finding) =>
          finding._tag !== "Found" || look.way === "replay"
            ? Effect.succeed(finding)
            : unlessClaimed(ledger, entry, before, finding))
    )
}

const findingOf = (exit: Exit.Exit<OperationSignatures.Finding> | undefined): OperationSignatures.Finding =>
  exit === undefined
    ? unproven("the look did not end in time")
    : Exit.isSuccess(exit)
    ? exit.value
    : unproven("the carrier's adapter failed")

/** Looks for a delivery that runs here, and gives what came of it as an event. */
export const lookUp = (parts: Parts, job: Job, action: Action & { readonly _tag: "Look" }): Wait<OperationSignatures.Finding, Event> => {
  const { candidate: { carrierId }, generation, until } = action
  const { entry, state } = job
  return {
    until,
    effect: entry === undefined || state === undefined
      ? Effect.succeed(unproven("nothing is on record"))
      : find(parts, {
        carrierId,
        request: Attempt.toRequest(job, generation),
        entry: { ...entry, state },
        progress: Attempt.progressOf(job, generation)
      }),
    toEvent: (exit) => Effect.sync(() => ({ _tag: "Looked", at: now(job), finding: findingOf(exit) }))
  }
}
