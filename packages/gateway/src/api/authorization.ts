/** Checks the API key. If the entry of the API checked it before, it is not compared twice. */
import type { LineName } from "@interline/core/Line"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as ApiKeys from "../http/ApiKeys.ts"
import * as KeyAccess from "../http/KeyAccess.ts"
import type * as ProblemDetails from "../http/ProblemDetails.ts"
import { Authorization } from "./Api.ts"

/** A request's key, after it was checked. */
export class Caller extends Context.Reference<Caller>()("@interline/gateway/internal/Caller", {
  defaultValue: (): Option.Option<ApiKeys.Key> => Option.none()
}) {}

/** The name of a request's key. */
export const nameOf: (caller: Option.Option<ApiKeys.Key>) => string = Option.match({
  onNone: () => "unnamed key",
  onSome: ({ name }) => name
})

/** The name of the request's key. */
export const actor: Effect.Effect<string> = Effect.map(Caller, nameOf)

/** The only lines that the request's key is for, if it is not for all. */
export const lines: Effect.Effect<ReadonlySet<LineName> | undefined> = Effect.map(
  Caller,
  (caller) => Option.getOrUndefined(caller)?.lines
)

/** Fails if the request's key is not for this line. */
export const checkLine = (line: LineName): Effect.Effect<void, ProblemDetails.ProblemDetails> =>
  Effect.flatMap(lines, (own) =>
    own === undefined || own.has(line)
      ? Effect.void
      : Effect.failSync(() => KeyAccess.forbidden(`the key is not for the line "${line}"`)))

/** The entry of the API has checked the key. A handler that runs without the entry gets no request through. */
export const layer = Layer.succeed(
  Authorization,
  {
    apiKey: () => Effect.flatMap(Caller, (caller) => Option.isSome(caller) ? Effect.void : Effect.failSync(ApiKeys.unauthorized))
  }
)
