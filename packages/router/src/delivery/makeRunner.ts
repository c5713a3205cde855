/** Builds the runner of a process from its parts. Each delivery runs in the process that was asked for it. */
import type { Prepared } from "@interline/core/Backend"
import type { Carrier } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Timers from "@interline/core/Timers"
import * as Effect from "effect/Effect"
import type { Engine } from "../health/engine.ts"
import * as Fingerprint from "../ledger/fingerprint.ts"
import type * as Bindings from "../policy/bindings.ts"
import type * as Plans from "../policy/plans.ts"
import type { Complete } from "../policy/Policy.ts"
import * as Lanes from "../runtime/lanes.ts"
import * as SteadyClock from "../runtime/steadyClock.ts"
import * as ApplyFact from "./applyFact.ts"
import * as Deliver from "./deliver.ts"
import * as Drain from "./drain.ts"
import type { Jobs } from "./job.ts"
import * as Keys from "./keys.ts"
import * as Leases from "./leases.ts"
import type { MissingSend } from "./loop.ts"
import * as RecordTurn from "./recordTurn.ts"
import * as Remote from "./remote.ts"
import type { RunnerService } from "./Runner.ts"

export interface Parts extends Bindings.Parts, RecordTurn.Parts {
  readonly carriers: ReadonlyMap<CarrierId, Carrier>
  readonly engine: Engine
  readonly plans: Plans.Plans
  /** Open while deliveries run: then there may be something to renew. */
  readonly busy: Effect.Latch
  readonly onMissing: (missing: MissingSend) => void
  /** Default: a digest, which takes a turn of the event loop that the simulation does not have. */
  readonly fingerprintOf?: (prepared: Prepared) => Effect.Effect<string>
}

export interface LocalRunner extends RunnerService {
  /** Renews the leases of what runs here, and reads what other processes wrote of it. */
  readonly renew: Effect.Effect<void>
}

/** The carriers whose policy depends on earlier contacts with a person. */
const carefulOf = ({ carriers, policy }: { readonly carriers: Parts["carriers"]; readonly policy: Complete }): ReadonlySet<CarrierId> =>
  new Set(
    Array.from(carriers.keys()).filter((id) => {
      const own = policy.carriers[id]
      return own !== undefined && (own.opens === "known" || own.newContactsPerDay !== undefined || own.newContactsPerHour !== undefined)
    })
  )

export const make = (options: Parts): LocalRunner => {
  const { busy, engine } = options
  const jobs: Jobs = { running: new Map(), lanes: Lanes.make() }
  let isClosing = false
  const parts: Keys.Parts = {
    fingerprintOf: Fingerprint.of,
    ...options,
    jobs,
    records: RecordTurn.make(options),
    timers: Timers.make(),
    careful: carefulOf(options),
    steadyOf: SteadyClock.watch(),
    isClosing: () => isClosing,
    applyFact: (job, fact) => ApplyFact.applyFact(engine, job, fact)
  }
  const underKey = Keys.runUnderKey(parts)
  return {
    run: (id, prepared) => Deliver.deliver(parts, underKey, id, prepared),
    tell: (id, fact) => Remote.tell(parts, id, fact),
    adopt: Leases.adopt(parts),
    renew: Effect.suspend(() => jobs.running.size > 0 ? Leases.renew(parts) : Effect.asVoid(busy.close)),
    drain: (millis) =>
      Effect.suspend(() => {
        isClosing = true
        return Drain.drain(parts, millis)
      })
  }
}
