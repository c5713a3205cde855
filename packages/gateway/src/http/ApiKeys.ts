/**
 * Checks the API keys of the gateway. Several keys may be valid at the same time, each with a name, so that one key can be replaced while
 * another still works.
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
import { createHash, timingSafeEqual } from "node:crypto"
import * as ProblemDetails from "./ProblemDetails.ts"

/**
 * The keys that are valid.
 *
 * @category models
 */
export interface ApiKeysService {
  /**
   * The name of the key that a caller shows. It compares digests of equal length, and looks at every key, so that the time of the check
   * gives no information about the keys.
   */
  readonly verify: (shown: Redacted.Redacted<string>) => Effect.Effect<Option.Option<string>>
}

/**
 * The tag of the valid API keys.
 *
 * @category services
 */
export class ApiKeys extends Context.Tag("@interline/gateway/ApiKeys")<ApiKeys, ApiKeysService>() {}

const namePattern = /^[A-Za-z0-9_-]{1,64}$/
const secretPattern = /^[\x21-\x2b\x2d-\x7e]{16,512}$/

/**
 * Reads the keys of one variable: `ops=…,crm=…`. A name has letters, digits, dashes and underscores, at most 64. A secret has at least 16
 * printable ASCII characters, without a comma or a space. Names and secrets are unique. On the left is the mistake, without the secrets.
 *
 * @category constructors
 */
export const parse = (text: Redacted.Redacted<string>): Either.Either<ReadonlyMap<string, Redacted.Redacted<string>>, string> => {
  const keys = new Map<string, Redacted.Redacted<string>>()
  const secrets = new Set<string>()
  const entries = Redacted.value(text).split(",").map((entry) => entry.trim()).filter((entry) => entry !== "")
  for (const [index, entry] of entries.entries()) {
    const equals = entry.indexOf("=")
    const name = entry.slice(0, Math.max(0, equals))
    const secret = entry.slice(equals + 1)
    if (!namePattern.test(name)) {
      return Either.left(`key ${index + 1} is not written as name=secret, with a name of letters, digits, dashes and underscores`)
    }
    if (!secretPattern.test(secret)) {
      return Either.left(`the secret of "${name}" is not 16 to 512 printable ASCII characters without spaces and commas`)
    }
    if (keys.has(name)) return Either.left(`two keys are called "${name}"`)
    if (secrets.has(secret)) return Either.left(`"${name}" has the secret of another key`)
    secrets.add(secret)
    keys.set(name, Redacted.make(secret))
  }
  return keys.size === 0 ? Either.left("there is no key; write name=secret, several with commas between them") : Either.right(keys)
}

const digest = (secret: Redacted.Redacted<string>): Uint8Array => createHash("sha256").update(Redacted.value(secret)).digest()

/**
 * The service over keys by name. It keeps digests of them, and compares a shown key with each.
 *
 * @category constructors
 */
export const make = (keys: ReadonlyMap<string, Redacted.Redacted<string>>): ApiKeysService => {
  const digests = Array.from(keys, ([name, secret]) => [name, digest(secret)] as const)
  return {
    verify: (shown) =>
      Effect.sync(() => {
        const one = digest(shown)
        let found = Option.none<string>()
        for (const [name, other] of digests) {
          if (timingSafeEqual(one, other)) found = Option.some(name)
        }
        return found
      })
  }
}

/**
 * The keys as a layer. Each key has the name of its owner.
 *
 * @category layers
 */
export const layer = (keys: ReadonlyMap<string, Redacted.Redacted<string>>): Layer.Layer<ApiKeys> => Layer.sync(ApiKeys, () => make(keys))

/**
 * The keys of a variable (default `INTERLINE_API_KEYS`).
 *
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

/** The credentials of a header, if it has a bearer token. */
const bearer = (header: string | undefined): Option.Option<Redacted.Redacted<string>> => {
  const [, token] = /^Bearer +([\x21-\x7e]+)$/i.exec(header === undefined ? "-" : header.trim()) ?? []
  return Option.map(Option.fromNullable(token), Redacted.make)
}

/**
 * The problem for a request without a valid key. It is always the same, so that it gives no information about the keys.
 *
 * @category constructors
 */
export const unauthorized = (): ProblemDetails.ProblemDetails =>
  ProblemDetails.make("unauthorized", {
    certainty: "not-sent",
    next: "fix",
    detail:
      "show a key as the header Authorization: Bearer …, with the secret of one of the keys in INTERLINE_API_KEYS and without its name"
  })

/**
 * The name of the key in `Authorization: Bearer …`, if these keys have it. It fails with the problem `unauthorized`.
 *
 * @category combinators
 */
export const authenticateBy = (
  { verify }: ApiKeysService,
  { headers }: Pick<HttpServerRequest.HttpServerRequest, "headers">
): Effect.Effect<string, ProblemDetails.ProblemDetails> =>
  Effect.flatMap(
    Option.match(bearer(headers["authorization"]), { onNone: () => Effect.succeedNone, onSome: verify }),
    Option.match({ onNone: () => Effect.failSync(unauthorized), onSome: Effect.succeed })
  )

/**
 * The name of the key in `Authorization: Bearer …`. It fails with the problem `unauthorized`. It is for routes outside the API.
 *
 * @category combinators
 */
export const authenticate: Effect.Effect<string, ProblemDetails.ProblemDetails, ApiKeys | HttpServerRequest.HttpServerRequest> = Effect
  .flatMap(Effect.all([ApiKeys, HttpServerRequest.HttpServerRequest]), ([keys, request]) => authenticateBy(keys, request))
