/** The API's gate. The door that reads bodies has checked the key already; it is not compared twice. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { ApiKeys } from "../http/ApiKeys.ts"
import * as KeyDigests from "../http/keyDigests.ts"
import { Authorization } from "./Api.ts"

/** The name of the key that a request showed, once it was checked. */
export class Caller extends Context.Reference<Caller>()("@interline/gateway/internal/Caller", {
  defaultValue: (): Option.Option<string> => Option.none()
}) {}

export const layer = Layer.effect(
  Authorization,
  Effect.map(ApiKeys, (keys) => ({
    apiKey: (shown) =>
      Effect.flatMap(Caller, (caller) =>
        Option.isSome(caller)
          ? Effect.void
          : Effect.flatMap(
            keys.verify(shown),
            (known) => Option.isSome(known) ? Effect.void : Effect.failSync(KeyDigests.unauthorized)
          ))
  }))
)
