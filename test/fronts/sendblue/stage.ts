/** Sendblue's front of a gateway over a sandbox, for tests that use promises. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import SendblueAPI from "sendblue"
import { subscriber } from "../../referees/sandbox.ts"
import { type GatewaySetup, type GatewayWorld, gatewayWorld } from "../../support/gateway.ts"
import { quiet } from "../../support/router.ts"
import { numbers } from "../../support/sandbox.ts"
import type { Stage } from "./scenarios.ts"

export interface Running extends Stage {
  readonly world: GatewayWorld
  /** A client of its own: through another address, or with the client's own retries. */
  readonly clientAt: (url: string, maxRetries?: number) => SendblueAPI
  readonly stop: () => Promise<void>
}

export const start = async (setup: GatewaySetup): Promise<Running> => {
  const scope = await Effect.runPromise(Scope.make())
  const world = await Effect.runPromise(Scope.extend(gatewayWorld(setup), scope).pipe(quiet))
  const [carrier] = setup.carriers
  const clientAt = (url: string, maxRetries = 0) =>
    new SendblueAPI({ apiKey: "any", apiSecret: world.apiKey, baseURL: `${url}/sendblue`, maxRetries })
  let count = 0
  return {
    world,
    client: clientAt(world.url),
    clientAt,
    url: `${world.url}/sendblue`,
    headers: { "sb-api-key-id": "any", "sb-api-secret-key": world.apiKey },
    carrier,
    line: numbers.sendblue,
    lineBehind: numbers[carrier],
    network: world.network,
    run: Effect.runPromise,
    newcomer: () => `+1415555${String(1000 + ++count)}`,
    subscriber,
    stop: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}
