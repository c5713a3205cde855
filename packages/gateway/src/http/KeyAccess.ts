/** What a request needs of the API key that it comes with: one of some scopes, and whether a key for some lines only may come. */
import type { LineName } from "@interline/core/Line"
import type { KeyScope } from "@interline/sql/ApiKeyTable"
import * as Either from "effect/Either"
import * as ProblemDetails from "./ProblemDetails.ts"

/**
 * What a request needs of its key.
 *
 * @category models
 */
export interface Access {
  /** One of these is enough. The scope `admin` is always enough. */
  readonly scopes: readonly [KeyScope, ...ReadonlyArray<KeyScope>]
  /** Whether the route checks the line, so that a key for some lines only may come. */
  readonly checksLine?: true
  /** Whether the act is written down with its actor. */
  readonly isAudited?: true
  /** Whether a page that is not signed in may make the request. Then it needs no key, but the header of the console. */
  readonly isOpen?: true
}

/**
 * Requests that change nothing.
 *
 * @category constants
 */
export const read: Access = { scopes: ["read"] }
/**
 * Requests that act towards people.
 *
 * @category constants
 */
export const send: Access = { scopes: ["send"] }
/**
 * Requests that steer the gateway and the accounts.
 *
 * @category constants
 */
export const operate: Access = { scopes: ["operate"], isAudited: true }
/**
 * Requests about keys and the audit.
 *
 * @category constants
 */
export const admin: Access = { scopes: ["admin"], isAudited: true }

/**
 * Refusals that tell nothing.
 *
 * @category constants
 */
export const any: Access = { scopes: ["read", "send", "operate"], checksLine: true }

/**
 * An opt-out. A program that sends must be able to stop sending to a person.
 *
 * @category constants
 */
export const optOut: Access = { scopes: ["send", "operate"], isAudited: true }

/**
 * The sign-in of a page.
 *
 * @category constants
 */
export const signIn: Access = { ...any, isOpen: true }

/**
 * The session of a browser.
 *
 * @category models
 */
export interface Session {
  /** The digest of its token. */
  readonly digest: string
  /** When it ends, in epoch milliseconds. */
  readonly until: number
}

/**
 * A key, as far as a request depends on it.
 *
 * @category models
 */
export interface Key {
  readonly name: string
  /** What it allows. */
  readonly scopes: ReadonlySet<KeyScope>
  /** The only lines that the key is for. Without them it is for all. */
  readonly lines?: ReadonlySet<LineName>
  /** The session by which the request came. Without it, the request showed the key itself. */
  readonly session?: Session
}

const quote = (words: ReadonlyArray<string>): string => words.map((word) => `"${word}"`).join(" or ")

/** Why a key does not allow something, in one sentence. */
const refusalOf = ({ lines, scopes: own }: Key, { checksLine, scopes }: Access): string | undefined =>
  !own.has("admin") && !scopes.some((scope) => own.has(scope))
    ? `the key needs the scope ${quote(scopes)}`
    : lines !== undefined && checksLine !== true
    ? "the key is for some lines only, and this is not about one line"
    : undefined

/**
 * The problem for a key that does not allow something.
 *
 * @category constructors
 */
export const forbidden = (detail: string): ProblemDetails.ProblemDetails =>
  ProblemDetails.make("forbidden", { certainty: "not-sent", next: "fix", detail })

/**
 * The key if it allows this, or why it does not, in one sentence.
 *
 * @category combinators
 */
export const check = (key: Key, access: Access): Either.Either<Key, string> => {
  const why = refusalOf(key, access)
  return why === undefined ? Either.right(key) : Either.left(why)
}
