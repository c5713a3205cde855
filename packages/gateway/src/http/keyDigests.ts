/** Keys are kept as digests; a shown one is compared with each of them. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { createHash, timingSafeEqual } from "node:crypto"
import type { ApiKeysService } from "./ApiKeys.ts"
import * as ProblemDetails from "./ProblemDetails.ts"

const namePattern = /^[A-Za-z0-9_-]{1,64}$/
const secretPattern = /^[\x21-\x2b\x2d-\x7e]{16,512}$/

type Keys = ReadonlyMap<string, Redacted.Redacted<string>>

export const parse = (text: string): Either.Either<Keys, string> => {
  const keys = new Map<string, Redacted.Redacted<string>>()
  const secrets = new Set<string>()
  const entries = text.split(",").map((entry) => entry.trim()).filter((entry) => entry !== "")
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

export const make = (keys: Keys): ApiKeysService => {
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

/** The credentials of a header, if it holds a bearer's. */
export const bearer = (header: string | undefined): Option.Option<Redacted.Redacted<string>> => {
  const [, token] = /^Bearer +([\x21-\x7e]+)$/i.exec(header === undefined ? "-" : header.trim()) ?? []
  return Option.map(Option.fromNullable(token), Redacted.make)
}

/** One sentence for every way to show no key, so that it says nothing about the keys that there are. */
export const unauthorized = (): ProblemDetails.ProblemDetails =>
  ProblemDetails.make("unauthorized", {
    certainty: "not-sent",
    next: "fix",
    detail:
      "show a key as the header Authorization: Bearer …, with the secret of one of the keys in INTERLINE_API_KEYS and without its name"
  })
