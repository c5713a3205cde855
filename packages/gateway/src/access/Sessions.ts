/**
 * The sessions of browsers: a page signs in with an API key, or with a link that a process printed, and gets a cookie. A session may do what its key
 * may do, and ends with it.
 */
import * as Defect from "@interline/core/Defect"
import { steadyMillis } from "@interline/core/Time"
import { SessionTable } from "@interline/sql/SessionTable"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Buffer } from "node:buffer"
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto"
import { ApiKeys, type Key, KeysUnreadable } from "../http/ApiKeys.ts"

/**
 * A session that began. Only the digest of its token is stored, so the token is known here for the last time.
 *
 * @category models
 */
export interface Started {
  readonly key: Key
  readonly token: Redacted.Redacted<string>
  /** When it ends, in epoch milliseconds. */
  readonly until: number
}

/**
 * The sessions of this gateway.
 *
 * @category models
 */
export interface SessionsService {
  /** Begins a session with an API key. `None`: there is no such key. */
  readonly signIn: (secret: Redacted.Redacted<string>) => Effect.Effect<Option.Option<Started>, KeysUnreadable>
  /** Begins a session with a link, which is then used up. It is one of the first key of the environment. `None`: there is no such link here. */
  readonly signInByLink: (link: Redacted.Redacted<string>) => Effect.Effect<Option.Option<Started>, KeysUnreadable>
  /** The key of the session with this token, if both are valid. It asks the database, so that a session that ended elsewhere is refused at once. */
  readonly verify: (token: Redacted.Redacted<string>) => Effect.Effect<Option.Option<Key>, KeysUnreadable>
  /** Ends a session by the digest of its token, in every process at once. */
  readonly end: (digest: string) => Effect.Effect<boolean>
  /** The origin of the gateway's public address, if one is configured. A page of it is the gateway's own. */
  readonly publicOrigin: Option.Option<string>
  /** Makes a link to sign in with once, in this process, within 10 minutes. */
  readonly makeLink: Effect.Effect<Redacted.Redacted<string>>
}

/**
 * The options of sessions.
 *
 * @category models
 */
export interface Options {
  /** The address at which browsers reach this gateway, if a proxy in front changes the header `Host` (default: none). */
  readonly publicUrl?: string
}

/**
 * The tag of the sessions.
 *
 * @category services
 */
export class Sessions extends Context.Tag("@interline/gateway/Sessions")<Sessions, SessionsService>() {}

/**
 * How long a session lasts. Its use does not make it longer, so that a cookie that was stolen ends, too.
 *
 * @category constants
 */
export const lasts: Duration.Duration = Duration.hours(12)

/**
 * How long a link may be used.
 *
 * @category constants
 */
export const linkLasts: Duration.Duration = Duration.minutes(10)

/** 256 random bits. */
const tokenPattern = /^[A-Za-z0-9_-]{43}$/

const makeToken: Effect.Effect<Redacted.Redacted<string>> = Effect.sync(() => Redacted.make(randomBytes(32).toString("base64url")))

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest()

const digestOf = (token: Redacted.Redacted<string>): string => sha256(Redacted.value(token)).toString("hex")

/**
 * Binds a session to the digest of a key's secret. The token is stored nowhere, so the database gives nothing by which the secret of a key of the
 * environment could be guessed.
 */
const proofOf = (token: Redacted.Redacted<string>, keyDigest: Buffer): Buffer =>
  createHmac("sha256", Redacted.value(token)).update(keyDigest).digest()

const steadily = Effect.clockWith((clock) => Effect.sync(() => steadyMillis(clock)))

/** The links of this process, by their digests, each with the time at which it ends. */
const makeLinks = () => {
  const links = new Map<string, number>()
  return {
    make: Effect.gen(function*() {
      const now = yield* steadily
      for (const [digest, endsAt] of links) if (endsAt <= now) links.delete(digest)
      const link = yield* makeToken
      links.set(digestOf(link), now + Duration.toMillis(linkLasts))
      return link
    }),
    /** Uses the link up, unless what it is for fails. `None`: there is no such link. */
    use: <A, E>(link: Redacted.Redacted<string>, effect: Effect.Effect<A, E>): Effect.Effect<Option.Option<A>, E> =>
      Effect.flatMap(steadily, (now) => {
        const digest = digestOf(link)
        const endsAt = links.get(digest)
        links.delete(digest)
        return endsAt !== undefined && now < endsAt
          ? Effect.asSome(Effect.onError(effect, () => Effect.sync(() => links.set(digest, endsAt))))
          : Effect.succeedNone
      })
  }
}

/** If the database cannot be asked, it is not known whether a session is valid. */
const orUnreadable = <A>(effect: Effect.Effect<A>): Effect.Effect<A, KeysUnreadable> =>
  Effect.catchAllDefect(effect, (defect) =>
    Effect.zipRight(
      Defect.logUnlessSaid(defect, Effect.logError("a session could not be read", { defect: Defect.nameOf(defect) })),
      Effect.fail(new KeysUnreadable())
    ))

/**
 * The sessions over the database and the keys.
 *
 * @category constructors
 */
export const make = ({ publicUrl }: Options = {}): Effect.Effect<SessionsService, never, ApiKeys | SessionTable> =>
  Effect.gen(function*() {
    const keys = yield* ApiKeys
    const table = yield* SessionTable
    const links = makeLinks()

    const start = (key: Key, keyDigest: Buffer): Effect.Effect<Started, KeysUnreadable> =>
      Effect.gen(function*() {
        const token = yield* makeToken
        const createdAt = yield* Clock.currentTimeMillis
        const until = createdAt + Duration.toMillis(lasts)
        yield* orUnreadable(
          table.insert({
            digest: digestOf(token),
            keyName: key.name,
            keyProof: proofOf(token, keyDigest).toString("hex"),
            createdAt,
            endsAt: until
          })
        )
        return { key, token, until }
      })

    return {
      signIn: (secret) =>
        Effect.flatMap(
          keys.verify(secret),
          Option.match({
            onNone: () => Effect.succeedNone,
            onSome: (key) => Effect.asSome(start(key, sha256(Redacted.value(secret))))
          })
        ),
      signInByLink: (link) =>
        Option.match(keys.first, {
          onNone: () => Effect.succeedNone,
          onSome: ({ digest, key }) => links.use(link, start(key, digest))
        }),
      verify: (token) =>
        Effect.gen(function*() {
          if (!tokenPattern.test(Redacted.value(token))) return Option.none()
          const digest = digestOf(token)
          const session = yield* orUnreadable(table.find(digest))
          if (Option.isNone(session) || session.value.endsAt <= (yield* Clock.currentTimeMillis)) return Option.none()
          const { endsAt, keyName, keyProof } = session.value
          const proof = Buffer.from(keyProof, "hex")
          const key = yield* keys.findNamed(keyName, (keyDigest) => {
            const own = proofOf(token, keyDigest)
            return own.length === proof.length && timingSafeEqual(own, proof)
          })
          return Option.map(key, (key): Key => ({ ...key, session: { digest, until: endsAt } }))
        }),
      end: table.remove,
      publicOrigin: publicUrl === undefined ? Option.none() : Option.some(new URL(publicUrl).origin),
      makeLink: links.make
    }
  })

/**
 * The sessions as a layer.
 *
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<Sessions, never, ApiKeys | SessionTable> => Layer.effect(Sessions, make(options))
