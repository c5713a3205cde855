/**
 * Makes and checks the address to which Sendblue reports the status of one attempt. Sendblue does not sign these reports. So the address
 * holds a token that only we can make. The token is bound to the attempt, its recipient and its line.
 *
 * A report with a valid token proves that Sendblue took the attempt, and it gives the message's handle. Its status is only a hint,
 * because anybody who reads the address can send another report.
 */
import * as Hmac from "@interline/core/Hmac"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/**
 * The URL that gets the reports, and the secret of the tokens (at least 16 characters). If the URL has a query, the query is kept. A
 * token is valid for `expiresAfter` (default: 48 hours) after its attempt left.
 *
 * @category models
 */
export interface Options {
  readonly url: string
  readonly secret: Redacted.Redacted<string>
  readonly expiresAfter?: Duration.DurationInput
}

/**
 * The line and the recipient of an attempt. The line is our number. The recipient is a person's number, a group's id, or the numbers of
 * a group that has no id yet.
 *
 * @category models
 */
export interface Audience {
  readonly line: string
  readonly recipient: string | ReadonlyArray<string>
}

/**
 * The name of the query parameter that holds the token.
 *
 * @category models
 */
export const parameter = "interline"

/**
 * How long the token of a status callback is taken, unless the options say otherwise.
 *
 * @category models
 */
export const defaultExpiresAfter: Duration.DurationInput = "48 hours"

// the line and the recipient are signed, but the token does not hold them. So a token in a log shows no phone number
const signedText = (claim: string, { line, recipient }: Audience): string =>
  JSON.stringify([claim, line, typeof recipient === "string" ? [recipient] : [...recipient].sort()])

const decodeClaim = Schema.decodeUnknownOption(Schema.parseJson(Schema.Tuple(Schema.String, Schema.Int)))

/**
 * Makes the token of one attempt, which is named by `key`. `now` is in epoch milliseconds.
 *
 * @category constructors
 */
export const sign = (
  { expiresAfter = defaultExpiresAfter, secret }: Pick<Options, "secret" | "expiresAfter">
): (key: string, audience: Audience, now: number) => Effect.Effect<string> => {
  const hmac = Hmac.make(secret)
  const lifetime = Duration.toMillis(expiresAfter)
  return (key, audience, now) => {
    const claim = Encoding.encodeBase64Url(JSON.stringify([key, Math.ceil(now + lifetime)]))
    return Effect.map(
      hmac.sign(signedText(claim, audience)),
      (signature) => `${claim}.${Encoding.encodeBase64Url(signature)}`
    )
  }
}

/**
 * The key of the attempt that a token was made for. `None` if it was not made with this secret, for this line and this
 * recipient, or has expired at `now` (epoch milliseconds). The comparison takes as long for a wrong token as for a right one.
 *
 * @category refinements
 */
export const verify = (
  { secret }: Pick<Options, "secret">
): (token: string, audience: Audience, now: number) => Effect.Effect<Option.Option<string>> => {
  const hmac = Hmac.make(secret)
  return (token, audience, now) => {
    const dot = token.indexOf(".")
    const claim = token.slice(0, Math.max(dot, 0))
    const signature = Option.filter(
      Either.getRight(Encoding.decodeBase64Url(token.slice(dot + 1))),
      // several base64 texts decode to the same bytes, and only one of them is the token
      (signature) => Encoding.encodeBase64Url(signature) === token.slice(dot + 1)
    )
    const said = Option.flatMap(Either.getRight(Encoding.decodeBase64UrlString(claim)), decodeClaim)
    if (Option.isNone(signature) || Option.isNone(said)) return Effect.succeedNone
    const [key, expiresAt] = said.value
    return Effect.map(
      hmac.verify(signature.value, signedText(claim, audience)),
      (isOurs) => isOurs && now <= expiresAt ? Option.some(key) : Option.none()
    )
  }
}

/**
 * The address of one attempt: the URL with its own query, and the token.
 *
 * @category combinators
 */
export const address = (url: string, token: string): string => {
  const [place = "", ...fragment] = url.split("#")
  const joint = !place.includes("?") ? "?" : /[?&]$/.test(place) ? "" : "&"
  return [`${place}${joint}${parameter}=${token}`, ...fragment].join("#")
}
