/**
 * Checks the API keys of the gateway: those of the environment, which may do everything, and those that were created over the API, each
 * with its scopes. Several keys may be valid at the same time, so that one can be replaced while another still works.
 */
import * as Defect from "@interline/core/Defect"
import { steadyMillis } from "@interline/core/Time"
import * as Uuid from "@interline/core/Uuid"
import { ApiKeyTable, type ApiKeyTableService, type StoredKey } from "@interline/sql/ApiKeyTable"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { Buffer } from "node:buffer"
import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import type * as KeyAccess from "./KeyAccess.ts"
import * as ProblemDetails from "./ProblemDetails.ts"

/**
 * A key that was verified: its name, its scopes, and the lines that it is for. Without lines it is for all of them.
 *
 * @category models
 */
export interface Key extends KeyAccess.Key {}

/**
 * The fields of a key that is to be created.
 *
 * @category models
 */
export type NewKey = Pick<StoredKey, "name" | "scopes" | "lines" | "expiresAt">

/**
 * A key that was created. Only its digest is stored, so its secret is known here for the last time.
 *
 * @category models
 */
export interface Created {
  readonly key: StoredKey
  readonly secret: Redacted.Redacted<string>
}

/**
 * The created keys cannot be read now. So it is not known whether a key is valid, and nothing was done.
 *
 * @category errors
 */
export class KeysUnreadable extends Data.TaggedError("KeysUnreadable")<{}> {}

/**
 * The keys that are valid.
 *
 * @category models
 */
export interface ApiKeysService {
  /**
   * The key that a caller shows. It compares digests of equal length, and looks at every key of the environment, so that the time of the
   * check gives no information about the keys.
   */
  readonly verify: (shown: Redacted.Redacted<string>) => Effect.Effect<Option.Option<Key>, KeysUnreadable>
  /**
   * The valid key of this name with a digest that fits. It is for sessions, which know the name of their key and can tell whether a digest is
   * the one of its secret.
   */
  readonly findNamed: (name: string, fits: (digest: Buffer) => boolean) => Effect.Effect<Option.Option<Key>, KeysUnreadable>
  /** The first key of the environment, with its digest. */
  readonly first: Option.Option<{ readonly key: Key; readonly digest: Buffer }>
  /** The names of the keys of the environment. */
  readonly configured: ReadonlyArray<string>
  /** The keys that were created, the newest first, also those that were revoked. */
  readonly created: Effect.Effect<ReadonlyArray<StoredKey>>
  /** Creates a key. `None`: a key of this name is or was there, and a name says for good who did something. */
  readonly create: (key: NewKey, by: string) => Effect.Effect<Option.Option<Created>>
  /** Revokes a key that was created. This process refuses it at once, every other one within 5 seconds. `false`: there is no such key. */
  readonly revoke: (id: string, by: string) => Effect.Effect<boolean>
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

const sha256 = (secret: Redacted.Redacted<string>): Buffer => createHash("sha256").update(Redacted.value(secret)).digest()

/** How long a process uses what it read of the created keys. This bounds how long a key that another process revoked still works here. */
const freshFor = Duration.toMillis("5 seconds")

/** How often a process writes down that a key was used, so that a request costs no write. */
const usedEvery = Duration.toMillis("1 minute")

const isOver = ({ expiresAt }: StoredKey, now: number): boolean => expiresAt !== undefined && expiresAt <= now

const toKey = ({ lines, name, scopes }: StoredKey): Key => ({
  name,
  scopes: new Set(scopes),
  ...(lines === undefined ? {} : { lines: new Set(lines) })
})

const steadily = Effect.clockWith((clock) => Effect.sync(() => steadyMillis(clock)))

/** The created keys by their digests, as this process last read them. */
const makeKnown = (table: ApiKeyTableService) =>
  Effect.map(Effect.makeSemaphore(1), (reading) => {
    let known: ReadonlyMap<string, StoredKey> = new Map()
    let readAt = Number.NEGATIVE_INFINITY
    const isFresh = Effect.map(steadily, (now) => now - readAt < freshFor)
    const read = Effect.gen(function*() {
      // A key may be revoked while they are read, so the time before it counts.
      const at = yield* steadily
      known = new Map((yield* table.usable).map(({ digest, key }) => [digest, key]))
      readAt = at
    })
    const readOnce = reading.withPermits(1)(Effect.unlessEffect(read, isFresh))
    /** The keys by their digests. If they cannot be read, it fails: a key could have been revoked meanwhile. */
    const all: Effect.Effect<ReadonlyMap<string, StoredKey>, KeysUnreadable> = Effect.unlessEffect(readOnce, isFresh).pipe(
      Effect.catchAllDefect((defect) =>
        Effect.zipRight(
          Defect.logUnlessSaid(defect, Effect.logError("the API keys could not be read", { defect: Defect.nameOf(defect) })),
          Effect.fail(new KeysUnreadable())
        )
      ),
      Effect.map(() => known)
    )
    return {
      all,
      /** The key with this digest. */
      find: (digest: string): Effect.Effect<Option.Option<StoredKey>, KeysUnreadable> =>
        Effect.map(all, (known) => Option.fromNullable(known.get(digest))),
      /** Reads the keys again, after this process changed them. */
      renew: reading.withPermits(1)(read)
    }
  })

/** Writes down that a key was used, at most once a minute, beside the request. */
const makeUses = (table: ApiKeyTableService): Effect.Effect<(key: StoredKey, now: number) => Effect.Effect<void>, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    const written = new Map<string, number>()
    return ({ id, lastUsedAt = 0 }, now) => {
      if (now - (written.get(id) ?? lastUsedAt) < usedEvery) return Effect.void
      written.set(id, now)
      const write = Effect.catchAllCause(
        table.recordUse(id, now),
        (cause) => Defect.logUnlessSaid(cause, Effect.logWarning("the use of an API key could not be written down"))
      )
      return Effect.asVoid(Effect.forkIn(write, scope))
    }
  })

/**
 * The service over the keys of the environment, by name, and over the created ones. It keeps digests only. A key of the environment needs no
 * database. A created one is refused while the database cannot be read.
 *
 * @category constructors
 */
export const make = (
  keys: ReadonlyMap<string, Redacted.Redacted<string>>
): Effect.Effect<ApiKeysService, never, ApiKeyTable | Scope.Scope> =>
  Effect.gen(function*() {
    const table = yield* ApiKeyTable
    const known = yield* makeKnown(table)
    const recordUse = yield* makeUses(table)
    const digests = Array.from(keys, ([name, secret]): readonly [Key, Buffer] => [{ name, scopes: new Set(["admin"]) }, sha256(secret)])
    const ifNow = (stored: Option.Option<StoredKey>): Effect.Effect<Option.Option<Key>> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Option.match(Option.filter(stored, (key) => !isOver(key, now)), {
          onNone: () => Effect.succeedNone,
          onSome: (key) => Effect.as(recordUse(key, now), Option.some(toKey(key)))
        }))
    return {
      first: Option.map(Option.fromNullable(digests[0]), ([key, digest]) => ({ key, digest })),
      configured: Array.from(keys.keys()),
      created: table.list,
      verify: (shown) =>
        Effect.suspend(() => {
          const one = sha256(shown)
          let found = Option.none<Key>()
          for (const [key, other] of digests) {
            if (timingSafeEqual(one, other)) found = Option.some(key)
          }
          if (Option.isSome(found)) return Effect.succeed(found)
          return Effect.flatMap(known.find(one.toString("hex")), ifNow)
        }),
      findNamed: (name, fits) =>
        Effect.suspend(() => {
          const own = digests.find(([key, digest]) => key.name === name && fits(digest))
          if (own !== undefined) return Effect.succeedSome(own[0])
          return Effect.flatMap(known.all, (all) => {
            const found = Array.from(all).find(([digest, key]) => key.name === name && fits(Buffer.from(digest, "hex")))
            return ifNow(Option.fromNullable(found?.[1]))
          })
        }),
      create: (given, by) =>
        Effect.gen(function*() {
          if (keys.has(given.name)) return Option.none()
          const secret = Redacted.make(`interline_${randomBytes(32).toString("base64url")}`)
          const key: StoredKey = { ...given, id: yield* Uuid.mint, createdAt: yield* Clock.currentTimeMillis, createdBy: by }
          const isNew = yield* table.insert(key, sha256(secret).toString("hex"))
          if (!isNew) return Option.none()
          yield* known.renew
          return Option.some({ key, secret })
        }),
      revoke: (id, by) =>
        Effect.gen(function*() {
          const revoked = yield* table.revoke(id, by, yield* Clock.currentTimeMillis)
          if (revoked) yield* known.renew
          return revoked
        })
    }
  })

/**
 * The keys as a layer. Each key has the name of its owner.
 *
 * @category layers
 */
export const layer = (keys: ReadonlyMap<string, Redacted.Redacted<string>>): Layer.Layer<ApiKeys, never, ApiKeyTable> =>
  Layer.scoped(ApiKeys, make(keys))

/**
 * The keys of a variable (default `INTERLINE_API_KEYS`), and the created ones.
 *
 * @category layers
 */
export const layerConfig = (variable = "INTERLINE_API_KEYS"): Layer.Layer<ApiKeys, ConfigError.ConfigError, ApiKeyTable> =>
  Layer.unwrapEffect(
    Effect.map(
      Config.mapOrFail(
        Config.redacted(variable),
        (text) => Either.mapLeft(parse(text), (wrong) => ConfigError.InvalidData([variable], wrong))
      ),
      layer
    )
  )

/**
 * The problem for a request of which it is not known whether its key or session is valid.
 *
 * @category constructors
 */
export const unreadable = (): ProblemDetails.ProblemDetails =>
  ProblemDetails.make("keys-unreadable", { certainty: "not-sent", next: "retry" })

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
      "show a key as the header Authorization: Bearer …, with the secret of one of the keys in INTERLINE_API_KEYS or of a key that POST /v1/keys created, and without its name"
  })
