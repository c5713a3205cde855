/**
 * Who may use the gateway. Several keys may be valid at a time, each with a name, so that one can be replaced while the other
 * still works.
 *
 * @since 0.1.0
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as KeyDigests from "./keyDigests.ts"
import type * as ProblemDetails from "./ProblemDetails.ts"

/**
 * `verify` answers the name of the key that a caller shows. It compares digests of equal length and looks at every key, so
 * that the time it takes says nothing about them.
 *
 * @since 0.1.0
 * @category models
 */
export interface ApiKeysService {
  readonly verify: (shown: Redacted.Redacted<string>) => Effect.Effect<Option.Option<string>>
}

/**
 * @since 0.1.0
 * @category services
 */
export class ApiKeys extends Context.Tag("@interline/gateway/ApiKeys")<ApiKeys, ApiKeysService>() {}

/**
 * Reads keys as they stand in one variable: `ops=…,crm=…`. A name is letters, digits, dashes and underscores, at most 64; a
 * secret is at least 16 printable ASCII characters without a comma or a space. Names and secrets are unique. On the left is what is
 * wrong, without the secrets.
 *
 * @since 0.1.0
 * @category constructors
 */
export const parse = (text: Redacted.Redacted<string>): Either.Either<ReadonlyMap<string, Redacted.Redacted<string>>, string> =>
  KeyDigests.parse(Redacted.value(text))

/**
 * The service over keys by name.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (keys: ReadonlyMap<string, Redacted.Redacted<string>>): ApiKeysService => KeyDigests.make(keys)

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = (keys: ReadonlyMap<string, Redacted.Redacted<string>>): Layer.Layer<ApiKeys> => Layer.sync(ApiKeys, () => make(keys))

/**
 * The keys of a variable (default `INTERLINE_API_KEYS`).
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (variable = "INTERLINE_API_KEYS"): Layer.Layer<ApiKeys, ConfigError.ConfigError> =>
  Layer.effect(
    ApiKeys,
    Effect.map(
      Config.mapOrFail(Config.redacted(variable), (text) =>
        Either.mapLeft(parse(text), (wrong) => ConfigError.InvalidData([variable], wrong))),
      make
    )
  )

/**
 * The name of the key that a request shows as `Authorization: Bearer …`. Fails with the problem `unauthorized`. It is for
 * routes outside of the API.
 *
 * @since 0.1.0
 * @category combinators
 */
export const authenticate: Effect.Effect<string, ProblemDetails.ProblemDetails, ApiKeys | HttpServerRequest.HttpServerRequest> = Effect
  .flatMap(
    Effect.all([ApiKeys, HttpServerRequest.HttpServerRequest]),
    ([keys, { headers }]) =>
      Effect.flatMap(
        Option.match(KeyDigests.bearer(headers["authorization"]), { onNone: () => Effect.succeedNone, onSome: keys.verify }),
        Option.match({
          onNone: () => Effect.failSync(KeyDigests.unauthorized),
          onSome: Effect.succeed
        })
      )
  )
