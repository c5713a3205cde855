/** Looks for what is held, and for what was taken for not sent, where looking sends nothing. */
import type { Carrier } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { ReasonTag } from "@interline/core/MessagingError"
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

/**
 * What came of looking for one held delivery. `found`: the carrier has it, and it is settled. `not-found`: the carrier answered, and that settles
 * nothing. `failed`: the carrier could not be asked, for `reason`. `unasked`: it is not looked for.
 */
export interface HeldLook {
  readonly deliveryId: DeliveryId
  readonly carrierId: CarrierId
  readonly result: "found" | "not-found" | "failed" | "unasked"
  readonly why: string
  readonly reason?: ReasonTag
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

const unaskedWhy = {
  replay: "asking this carrier could send the message, so only an operator can settle it",
  none: "this carrier cannot be asked, so only an operator can settle it"
} as const

const toHeldLook = (finding: Finding, told: TellResult | undefined): Omit<HeldLook, "carrierId" | "deliveryId"> => {
  switch (finding._tag) {
    case "Found":
      return told === "Applied"
        ? { result: "found", why: "the carrier has the message" }
        : { result: "not-found", why: "something else was learned of it during the look" }
    case "Absent":
      return { result: "not-found", why: "the carrier does not show the message; its list may lag behind, so that settles nothing" }
    case "Unproven":
      return finding.error === undefined
        ? { result: "not-found", why: finding.why }
        : { result: "failed", why: finding.why, reason: finding.error.reason }
  }
}

/** Looks once for the step in doubt of a held delivery. */
const lookForHeld = (parts: Parts, entry: Entry, since: number): Effect.Effect<HeldLook | undefined> => {
  const { doubt, generation, position, route } = entry.state
  const candidate = route[position]
  if (doubt === undefined || candidate === undefined) return Effect.succeed(undefined)
  const { carrierId } = candidate
  const named = { deliveryId: entry.id, carrierId }
  // a replay may send the message, and no caller waits for it any more
  if (candidate.reconcile !== "list") return Effect.succeed({ ...named, result: "unasked", why: unaskedWhy[candidate.reconcile] })
  if (doubt.since <= since) {
    return Effect.succeed({ ...named, result: "unasked", why: "it has been held for so long that it is not looked for any more" })
  }
  return Effect.flatMap(
    LookForMessage.find(parts, { carrierId, request: requestOf(entry, generation), entry, progress: entry.progress }),
    (finding) =>
      Effect.map(
        finding._tag === "Found" ? tellFound(parts, entry, generation, doubt.evidence.step, finding) : Effect.succeed(undefined),
        (told) => ({ ...named, ...toHeldLook(finding, told) })
      )
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

/**
 * Looks once for everything that has been in doubt, or taken for not sent, for less than `lookFor`, and says what came of each held delivery of
 * this process.
 */
export const look = (parts: Parts): Effect.Effect<ReadonlyArray<HeldLook>> =>
  Effect.gen(function*() {
    const { ledger, lookFor, owned } = parts
    const since = (yield* Clock.currentTimeMillis) - lookFor
    // no limit: what no look can settle must not keep the others from being looked for
    const looks: Array<HeldLook> = []
    for (const entry of yield* ledger.held(Number.MAX_SAFE_INTEGER, owned())) {
      const look = yield* lookForHeld(parts, entry, since)
      if (look !== undefined) looks.push(look)
    }
    for (const absence of yield* ledger.absences(Number.MAX_SAFE_INTEGER, owned())) {
      // another process may own the shard by now
      if (owned()?.has(absence.shard) === false) continue
      const isOver = absence.since <= since || (yield* lookForAbsent(parts, absence))
      if (isOver) yield* ledger.endAbsence(absence.id, absence.generation)
    }
    return looks
  })
