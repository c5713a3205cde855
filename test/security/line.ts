/** A line of the threat model. It is a test, so that none can stand in the document alone. */
import type * as Effect from "effect/Effect"
import type { World } from "./world.ts"

/** `over`: which gateway is attacked; `closed` unless said. `name` is the test's. */
export interface Line {
  readonly threat: string
  readonly against: string
  readonly name: string
  readonly over?: "closed" | "open"
  readonly run: (world: World) => Effect.Effect<void, unknown>
}
