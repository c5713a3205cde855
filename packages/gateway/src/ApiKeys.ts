/**
 * Who may use the gateway. Several keys may be valid at a time, each with a name, so that one can be replaced while the other
 * still works.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"

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
