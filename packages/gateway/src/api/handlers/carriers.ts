/** The carriers in use. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Messaging } from "@interline/core/Messaging"
import { Router } from "@interline/router/Router"
import * as Effect from "effect/Effect"
import { GatewayApi } from "../Api.ts"

export const carriers = HttpApiBuilder.group(GatewayApi, "carriers", (handlers) =>
  Effect.gen(function*() {
    const messaging = yield* Messaging
    const router = yield* Router
    return handlers.handle("listCarriers", () =>
      Effect.map(router.health, (states) => ({
        items: messaging.carriers.map(({ lines, ...carrier }) => ({
          ...carrier,
          lines: Object.fromEntries(lines),
          health: states.filter(({ carrierId }) => carrierId === carrier.id)
        }))
      })))
  }))
