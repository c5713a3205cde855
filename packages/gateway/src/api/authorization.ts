/** The check of the API's key. Where the body was read first, the key is checked already and is not compared twice. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as ApiKeys from "../http/ApiKeys.ts"
import { Authorization } from "./Api.ts"

/** The name of the key that a request showed, once it was checked. */
export class Caller extends Context.Reference<Caller>()("@interline/gateway/internal/Caller", {
  defaultValue: (): Option.Option<string> => Option.none()
}) {}

export const layer = Layer.effect(
  Authorization,
  Effect.map(ApiKeys.ApiKeys, (keys) => ({
    apiKey: (shown) =>
      Effect.flatMap(Caller, (caller) =>
        Option.isSome(caller)
          ? Effect.void
          : Effect.flatMap(
            keys.verify(shown),
            (known) => Option.isSome(known) ? Effect.void : Effect.failSync(ApiKeys.unauthorized)
          ))
  }))
)
