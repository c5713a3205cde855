/** Registers the tests of the suite and gives them their worlds. */
import { expect, it } from "@effect/vitest"
import type * as Capabilities from "@interline/core/Capabilities"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Harness, World } from "./Harness.ts"

export interface Suite {
  readonly harness: Harness
  /** The capabilities that the carrier declares. */
  readonly declared: Capabilities.Capabilities
  /** Registers a test that gets a fresh world. */
  readonly inWorld: (name: string, test: (world: World) => Effect.Effect<void, unknown, Scope.Scope>) => void
}

export const make = (harness: Harness, declared: Capabilities.Capabilities): Suite => ({
  harness,
  declared,
  inWorld: (name, test) => it.scopedLive(name, () => Effect.flatMap(harness.world, test))
})

/** Runs an effect that must fail without a request to the vendor. Gives its error. */
export const refusedWithoutARequest = <A, E>(world: World, effect: Effect.Effect<A, E>): Effect.Effect<E, A> =>
  Effect.gen(function*() {
    const before = yield* world.requests
    const error = yield* Effect.flip(effect)
    expect(yield* world.requests).toBe(before)
    return error
  })
