/** A place for several routers of one test: one of them has all shards, every call goes to it, and the shards can be moved. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Shard from "../src/ledger/Shard.ts"
import type * as Runner from "../src/ownership/Runner.ts"

export interface Placement {
  /** The place of the next router. The first router gets all shards. */
  readonly place: Runner.Place
  /** Takes all shards from their owner, as at the end of a process, and gives them to the router with this position. */
  readonly move: (to: number) => Effect.Effect<void>
  /** Gives all shards to the router with this position. Their owner does not know it, as if it were frozen. */
  readonly seize: (to: number) => Effect.Effect<void>
  /** What runs in each router. */
  readonly locals: ReadonlyArray<Runner.LocalRunner>
}

export const make = (): Placement => {
  const locals: Array<Runner.LocalRunner> = []
  let owner: Runner.LocalRunner | undefined
  let changed = Deferred.unsafeMake<void>(FiberId.none)

  const give = (local: Runner.LocalRunner): Effect.Effect<void> =>
    Effect.map(local.acquire(Shard.all), () => {
      owner = local
      Deferred.unsafeDone(changed, Exit.void)
      changed = Deferred.unsafeMake(FiberId.none)
    })

  const run: Runner.RunnerService["run"] = (id, prepared) =>
    Effect.suspend(() => {
      const asked = owner
      const waiting = Effect.suspend(() =>
        asked === owner ? Effect.zipRight(Deferred.await(changed), run(id, prepared)) : run(id, prepared)
      )
      return asked === undefined ? waiting : Effect.catchTag(asked.run(id, prepared), "NotOwner", () => waiting)
    })

  const tell: Runner.RunnerService["tell"] = (id, fact) =>
    Effect.suspend(() =>
      owner === undefined
        ? Effect.zipRight(Deferred.await(changed), tell(id, fact))
        : Effect.catchTag(owner.tell(id, fact), "NotOwner", () => Effect.succeed<Runner.TellResult>("Ignored"))
    )

  return {
    locals,
    place: (local) =>
      Effect.suspend(() => {
        locals.push(local)
        return Effect.as(locals.length === 1 ? give(local) : Effect.void, { run, tell, drain: local.drain })
      }),
    move: (to) =>
      Effect.suspend(() => {
        const before = owner
        const next = locals[to]
        owner = undefined
        return next === undefined
          ? Effect.dieMessage(`no router ${to}`)
          : Effect.zipRight(before?.release(Shard.all) ?? Effect.void, give(next))
      }),
    seize: (to) =>
      Effect.suspend(() => {
        const next = locals[to]
        return next === undefined ? Effect.dieMessage(`no router ${to}`) : give(next)
      })
  }
}
