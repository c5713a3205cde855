/** Standard Webhooks: the secret's form, the headers that sign a body, and what the headers of a call claim. */
import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Crypto from "node:crypto"
import { Webhook } from "standardwebhooks"

const prefix = "whsec_"

// The specification limits the length of a key to this range.
const shortest = 24
const longest = 64

/**
 * Makes a secret.
 *
 * @category constructors
 */
export const mint = (): Redacted.Redacted<string> => Redacted.make(`${prefix}${Encoding.encodeBase64(Crypto.randomBytes(32))}`)

/**
 * Whether a secret can sign: `whsec_` (which may be left out) and base64 of 24 to 64 bytes.
 *
 * @category refinements
 */
export const isSecret = (secret: Redacted.Redacted<string>): boolean => {
  const text = Redacted.value(secret)
  const key = Encoding.decodeBase64(text.startsWith(prefix) ? text.slice(prefix.length) : text)
  return Either.isRight(key) && key.right.length >= shortest && key.right.length <= longest
}

/**
 * The headers of the signature. `None` without a secret: an unsigned event is not sent.
 *
 * @category constructors
 */
export const sign = (
  secret: Redacted.Redacted<string> | undefined,
  body: string,
  { at, messageId }: { readonly messageId: string; readonly at: number }
): Option.Option<Readonly<Record<string, string>>> =>
  secret === undefined ? Option.none() : Option.some({
    "webhook-id": messageId,
    "webhook-timestamp": String(Math.floor(at / 1_000)),
    "webhook-signature": new Webhook(Redacted.value(secret)).sign(messageId, new Date(at), body)
  })

/**
 * How old a call may be, and how far in the future, in milliseconds. Libraries for Standard Webhooks take 5 minutes.
 *
 * @category constants
 */
export const tolerance = 5 * 60 * 1_000

/**
 * What the headers of a call claim: when it was signed (epoch milliseconds), and whether the secret made one of its signatures.
 *
 * @category models
 */
export interface Claim {
  readonly at: number
  readonly isSigned: boolean
}

const text = new TextEncoder()

const equal = (left: string, right: string): boolean => {
  const [one, other] = [text.encode(left), text.encode(right)]
  return one.length === other.length && Crypto.timingSafeEqual(one, other)
}

/**
 * Compares the signatures of a call with that of the secret. `None` if a header is missing, or if the time cannot be read. `headers` have
 * names in lower case.
 *
 * @category combinators
 */
export const readClaim = (
  secret: Redacted.Redacted<string>,
  body: string,
  headers: Readonly<Record<string, string | undefined>>
): Option.Option<Claim> => {
  const messageId = headers["webhook-id"]
  const timestamp = headers["webhook-timestamp"] ?? ""
  const given = headers["webhook-signature"]
  if (messageId === undefined || given === undefined || !/^\d{1,11}$/.test(timestamp)) return Option.none()
  const at = Number(timestamp) * 1_000
  return Option.map(sign(secret, body, { messageId, at }), (headers) => ({
    at,
    isSigned: Arr.some(given.split(" "), (one) => equal(one, headers["webhook-signature"] ?? ""))
  }))
}
