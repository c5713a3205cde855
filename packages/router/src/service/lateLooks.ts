/** Looks for what is held, and for what was taken for not sent, where looking sends nothing. */
import type { Carrier } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import type { Finding, SendRequest } from "@interline/core/OperationSignatures"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as LookForMessage from "../delivery/lookForMessage.ts"
import type { Absence, Entry, LedgerService } from "../ledger/Ledger.ts"
import type { OwnershipService } from "../ownership/Ownership.ts"
import type { RunnerService, TellResult } from "../ownership/Runner.ts"

export interface Parts {
  readonly carriers: ReadonlyMap<CarrierId, Carrier>
  readonly ledger: LedgerService
  readonly tell: RunnerService["tell"]
  /** Only deliveries of these shards are looked for, so that one process looks for each. */
  readonly owned: OwnershipService["owned"]
  /** For how long after its doubt began a delivery is looked for, in milliseconds. */
  readonly lookFor: number
}

type Found = Finding & { readonly _tag: "Found" }

const requestOf = ({ content, id }: Entry, generation: number): SendRequest => ({
  ...content,
  deliveryId: id,
  generation,
  retry: { times: 0 }
})

const tellFound = ({ tell }: Parts, entry: Entry, generation: number, step: number, { receipt }: Found): Effect.Effect<TellResult> =>
  tell(entry.id, { _tag: "Proven", generation, step, receipt, by: "look" })

/** Looks once for the step in doubt of a held delivery. */
const lookForHeld = (parts: Parts, entry: Entry): Effect.Effect<void> => {
  const { doubt, generation, position, route } = entry.state
  const candidate = route[position]
  // a replay may send the message, and no caller waits for it any more
  if (doubt === undefined || candidate?.reconcile !== "list") return Effect.void
  const { carrierId } = candidate
  return Effect.flatMap(
    LookForMessage.find(parts, { carrierId, request: requestOf(entry, generation), entry, progress: entry.progress }),
    (finding) =>
      finding._tag === "Found"
        ? Effect.asVoid(tellFound(parts, entry, generation, doubt.evidence.step, finding))
        : Effect.void
  )
}

/**
 * Looks once for a message that was taken for not sent. True if it need not be looked for again: that it has arrived is on record, or nothing
 * is known of its delivery any more. A message that is found now is told, and that is on record at the next look.
 */
const lookForAbsent = (parts: Parts, { generation, id, progress }: Absence): Effect.Effect<boolean> =>
  Effect.flatMap(parts.ledger.read(id), (read) => {
    if (Option.isNone(read)) return Effect.succeed(true)
    const { state } = read.value
    const behind = state.behind.find((left) => left.generation === generation)
    if (behind?.receipt !== undefined) return Effect.succeed(true)
    const { carrierId } = progress.plan
    // a replay may send the message. What was not left yet is looked for as a part of its delivery
    if (behind?.doubt === undefined || parts.carriers.get(carrierId)?.reconciliation?.send?.way !== "list") return Effect.succeed(false)
    const entry: Entry = { ...read.value, state: { ...state, doubt: behind.doubt } }
    return Effect.flatMap(
      LookForMessage.find(parts, { carrierId, request: requestOf(entry, generation), entry, progress }),
      (finding) =>
        finding._tag === "Found"
          ? Effect.zipRight(
            parts.ledger.own(finding.receipt.ref, id),
            Effect.as(tellFound(parts, entry, generation, progress.step, finding), false)
          )
          : Effect.succeed(false)
    )
  })

/** Looks once for everything that has been in doubt, or taken for not sent, for less than `lookFor`. */
export const look = (parts: Parts): Effect.Effect<void> =>
  Effect.gen(function*() {
    const { ledger, lookFor, owned } = parts
    const since = (yield* Clock.currentTimeMillis) - lookFor
    // no limit: what no look can settle must not keep the others from being looked for
    for (const entry of yield* ledger.held(Number.MAX_SAFE_INTEGER, owned())) {
      if ((entry.state.doubt?.since ?? 0) > since) yield* lookForHeld(parts, entry)
    }
    for (const absence of yield* ledger.absences(Number.MAX_SAFE_INTEGER, owned())) {
      // another process may own the shard by now
      if (owned()?.has(absence.shard) === false) continue
      const isOver = absence.since <= since || (yield* lookForAbsent(parts, absence))
      if (isOver) yield* ledger.endAbsence(absence.id, absence.generation)
    }
  })
