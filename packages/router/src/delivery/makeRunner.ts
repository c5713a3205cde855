/** Builds the runner of this process from its parts. */
import type { Carrier } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Timers from "@interline/core/Timers"
import * as Effect from "effect/Effect"
import type { Engine } from "../health/engine.ts"
import type { LocalRunner, RunnerService } from "../ownership/Runner.ts"
import type * as Bindings from "../policy/bindings.ts"
import type * as Plans from "../policy/plans.ts"
import type { Complete } from "../policy/Policy.ts"
import type * as Rollout from "../policy/Rollout.ts"
import * as Arrivals from "../runtime/arrivals.ts"
import * as Lanes from "../runtime/lanes.ts"
import * as SteadyClock from "../runtime/steadyClock.ts"
import * as Deliver from "./deliver.ts"
import * as Drain from "./drain.ts"
import type { Jobs } from "./job.ts"
import * as Keys from "./keys.ts"
import * as Recall from "./recall.ts"
import * as RecordTurn from "./recordTurn.ts"
import * as TakeUp from "./takeUp.ts"
import * as Tell from "./tell.ts"

export interface Parts extends Bindings.Parts, RecordTurn.Parts {
  readonly carriers: ReadonlyMap<CarrierId, Carrier>
  readonly engine: Engine
  readonly plans: Plans.Plans
  /** What is stored of the policy's rollout, by the key of a conversation. Absent if the policy has none. */
  readonly rollout?: (conversation: string) => Effect.Effect<Rollout.Stored>
  /** Tells the process that has a delivery now. */
  readonly tellOwner: RunnerService["tell"]
}

/** The carriers whose policy depends on earlier contacts with a person. */
const carefulOf = ({ carriers, policy }: { readonly carriers: Parts["carriers"]; readonly policy: Complete }): ReadonlySet<CarrierId> =>
  new Set(
    Array.from(carriers.keys()).filter((id) => {
      const own = policy.carriers[id]
      return own !== undefined &&
        (own.opens === "known" || own.beforeReply !== undefined || own.newContactsPerDay !== undefined ||
          own.newContactsPerHour !== undefined)
    })
  )

export const make = (options: Parts): LocalRunner => {
  const jobs: Jobs = {
    running: new Map(),
    lanes: Lanes.make(),
    arrivals: Arrivals.make(),
    epochs: new Map(),
    broken: new Map(),
    adopting: new Map(),
    takenUp: 0
  }
  let isClosing = false
  const parts: Deliver.Parts & Tell.Parts & Recall.Parts = {
    ...options,
    jobs,
    records: RecordTurn.make(options),
    timers: Timers.make(),
    careful: carefulOf(options),
    steadyOf: SteadyClock.watch(),
    isClosing: () => isClosing,
    rejoin: (job, restore) => Keys.rejoin(parts, job, restore),
    refuse: (id, prepared) => Recall.recallClosing(parts, id, prepared),
    resume: (entry) => TakeUp.resume(parts, entry)
  }
  const underKey = Keys.runUnderKey(parts)
  return {
    run: (id, prepared, passed) => Deliver.deliver(parts, underKey, id, prepared, passed),
    tell: (id, fact) => Tell.tell(parts, id, fact),
    recall: (id, prepared, silence) => Recall.recall(parts, id, prepared, silence),
    acquire: (shards, who) => TakeUp.acquire(parts, shards, who),
    release: (shards) => TakeUp.release(parts, shards),
    takeUp: TakeUp.takeUp(parts),
    epochs: () => jobs.epochs,
    sendWithin: options.policy.deadlines.send,
    takenUp: () => jobs.takenUp,
    drain: (millis) =>
      Effect.suspend(() => {
        isClosing = true
        return Drain.drain(parts, millis)
      })
  }
}
