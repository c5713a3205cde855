/** Makes the errors of the network. */
import * as Effect from "effect/Effect"
import { NetworkError } from "./Network.ts"

export const notFound = (message: string): Effect.Effect<never, NetworkError> =>
  Effect.fail(new NetworkError({ reason: "not-found", message }))

export const invalid = (message: string): Effect.Effect<never, NetworkError> =>
  Effect.fail(new NetworkError({ reason: "invalid", message }))
