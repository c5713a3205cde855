/** Looks for what is held, and for what was taken for not sent, where looking sends nothing. */
import type { Carrier } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import type { Finding, SendRequest } from "@interline/core/OperationSignatures"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as LookForMessage from "../delivery/lookForMessage.ts"
import type { MissingSend } from "../delivery/loop.ts"
import type { Entry, LedgerService } from "../ledger/Ledger.ts"
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
  readonly missing: MissingSends
}

/** What this process took for not sent, the newest 1,000. */
export interface MissingSends {
  readonly add: (missing: MissingSend) => void
  readonly list: () => ReadonlyArray<MissingSend>
  readonly remove: (missing: MissingSend) => void
}

const mostMissing = 1_000

export const makeMissing = (): MissingSends => {
  const all: Array<MissingSend> = []
  return {
    add: (missing) => {
      all.push(missing)
      if (all.length > mostMissing) all.shift()
    },
    list: () => [...all],
    remove: (missing) => {
      const index = all.indexOf(missing)
      if (index >= 0) all.splice(index, 1)
    }
  }
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

/** Looks once for a message that was taken for not sent. True if it has arrived. */
const lookForMissing = (parts: Parts, { candidate, entry, generation, progress }: MissingSend): Effect.Effect<boolean> => {
  const { carrierId, reconcile } = candidate
  if (reconcile !== "list") return Effect.succeed(false)
  return Effect.flatMap(
    LookForMessage.find(parts, { carrierId, request: requestOf(entry, generation), entry, progress }),
    (finding) =>
      finding._tag === "Found"
        ? Effect.zipRight(
          parts.ledger.own(finding.receipt.ref, entry.id),
          Effect.as(tellFound(parts, entry, generation, progress.step, finding), true)
        )
        : Effect.succeed(false)
  )
}

/** Looks once for everything that has been in doubt, or missing, for less than `lookFor`. */
export const look = (parts: Parts): Effect.Effect<void> =>
  Effect.gen(function*() {
    const since = (yield* Clock.currentTimeMillis) - parts.lookFor
    // no limit: held deliveries that no look can settle must not keep the others from being looked for
    for (const entry of yield* parts.ledger.held(Number.MAX_SAFE_INTEGER, parts.owned())) {
      if ((entry.state.doubt?.since ?? 0) > since) yield* lookForHeld(parts, entry)
    }
    for (const missing of parts.missing.list()) {
      const isOver = missing.progress.startedAt <= since || (yield* lookForMissing(parts, missing))
      if (isOver) parts.missing.remove(missing)
    }
  })
