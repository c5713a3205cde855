/** Says which shards this process owns. A process that is alone owns all of them. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/**
 * What a process owns.
 *
 * @category models
 */
export interface OwnershipService {
  /**
   * The shards that this process owns now. `undefined`: all of them. The answer may change at any time, so ask before each piece of work. For a
   * moment two processes may believe that they own a shard, so the work must do no harm when it happens twice.
   */
  readonly owned: () => ReadonlySet<number> | undefined
  /**
   * Runs an effect that never ends in one of all processes, until the scope ends. If that process ends, another one runs it. `name` must be
   * the same in every process.
   */
  readonly runInOne: (name: string, effect: Effect.Effect<never>) => Effect.Effect<void, never, Scope.Scope>
}

/**
 * The tag of what this process owns. Without a layer it owns everything.
 *
 * @category services
 */
export class Ownership
  extends Context.Reference<Ownership>()<"@interline/router/Ownership", OwnershipService>("@interline/router/Ownership", {
    defaultValue: () => ({
      owned: () => undefined,
      runInOne: (_, effect) => Effect.asVoid(Effect.forkScoped(Effect.interruptible(effect)))
    })
  })
{}
