/** Checks the API key. If the body was read first, the key was checked before it and is not compared twice. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as ApiKeys from "../http/ApiKeys.ts"
import { Authorization } from "./Api.ts"

/** The name of a request's key, after the key was checked. */
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
