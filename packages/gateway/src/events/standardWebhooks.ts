/** Standard Webhooks: the secret's form, and the headers that sign a body. */
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

export const mint = (): Redacted.Redacted<string> => Redacted.make(`${prefix}${Encoding.encodeBase64(Crypto.randomBytes(32))}`)

/** Whether a secret can sign: `whsec_` (which may be left out) and base64 of 24 to 64 bytes. */
export const isSecret = (secret: Redacted.Redacted<string>): boolean => {
  const text = Redacted.value(secret)
  const key = Encoding.decodeBase64(text.startsWith(prefix) ? text.slice(prefix.length) : text)
  return Either.isRight(key) && key.right.length >= shortest && key.right.length <= longest
}

/** The headers of the signature. `None` without a secret: an unsigned event is not sent. */
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
