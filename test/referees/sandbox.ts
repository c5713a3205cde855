/** A sandbox for tests that are written as the vendors' own clients are used: with promises. */
import { Sandbox } from "@interline/sandbox"
import * as RecordingServer from "@interline/testkit/RecordingServer"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"

export interface Running {
  readonly sandbox: Sandbox.SandboxService
  readonly run: <A, E>(effect: Effect.Effect<A, E>) => Promise<A>
  readonly stop: () => Promise<void>
}

export const start = async (options: Sandbox.SandboxOptions = {}): Promise<Running> => {
  const scope = await Effect.runPromise(Scope.make())
  const sandbox = await Effect.runPromise(Scope.extend(Sandbox.make({ clock: "manual", ...options }), scope))
  return {
    sandbox,
    run: Effect.runPromise,
    stop: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

/** A subscriber on this machine that keeps what it is sent. */
export const subscriber = async () => {
  const scope = await Effect.runPromise(Scope.make())
  const { origin, received } = await Effect.runPromise(Scope.extend(RecordingServer.make(), scope))
  return { received, url: `${origin}/hook`, stop: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}
