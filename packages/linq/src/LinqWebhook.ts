/**
 * Linq's webhooks: verified, then parsed to neutral events. Usable without the gateway: give `receive` the bytes and the
 * headers, or serve it with `WebhookReceiver.toWebHandler`.
 */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Hmac from "@interline/core/Hmac"
import { present } from "@interline/core/Optional"
import { type Fault, WebhookError, type WebhookReceiver, type WebhookRequest } from "@interline/core/WebhookReceiver"
import * as Clock from "effect/Clock"
import type * as ConfigError from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Schema from "effect/Schema"
import * as Config from "./config.ts"
import * as Events from "./convert/events.ts"
import { WebhookEnvelope } from "./wire/LinqEvents.ts"

/**
 * How webhooks are received.
 *
 * @category models
 */
export interface Options extends Config.WebhookOptions {}

declare const TextDecoder: new(encoding: "utf-8", options: { readonly fatal: true }) => { readonly decode: (bytes: Uint8Array) => string }
declare const TextEncoder: new() => { readonly encode: (text: string) => Uint8Array }

/** The claims of a call: when it was signed, the signed text before the body, and its signatures. */
interface Claim {
  readonly by: "standard" | "legacy"
  readonly timestamp: string
  readonly prefix: string
  readonly signatures: ReadonlyArray<string>
}

type Signer = (claim: Claim, signed: Uint8Array) => Effect.Effect<string>

const signer = ({ bytes, text }: Config.SigningSecret): Signer => {
  const standard = Hmac.make(bytes)
  const legacy = Hmac.make(text)
  return ({ by }, signed) =>
    by === "standard"
      ? Effect.map(standard.sign(signed), (signature) => `v1,${Encoding.encodeBase64(signature)}`)
      : Effect.map(legacy.sign(signed), Encoding.encodeHex)
}

// Linq sends one signature, or two while it changes its keys. Each is compared with the signature of each secret
const mostSignatures = 8

const claimOf = (headers: WebhookRequest["headers"], allowsLegacy: boolean): Claim | undefined => {
  const id = headers["webhook-id"]
  const timestamp = headers["webhook-timestamp"]
  const signature = headers["webhook-signature"]
  if (id !== undefined || timestamp !== undefined || signature !== undefined) {
    return id === undefined || timestamp === undefined || signature === undefined
      ? undefined
      : { by: "standard", timestamp, prefix: `${id}.${timestamp}.`, signatures: signature.split(" ").slice(0, mostSignatures) }
  }
  const legacyTimestamp = headers["x-webhook-timestamp"]
  const legacySignature = headers["x-webhook-signature"]
  return !allowsLegacy || legacyTimestamp === undefined || legacySignature === undefined
    ? undefined
    : { by: "legacy", timestamp: legacyTimestamp, prefix: `${legacyTimestamp}.`, signatures: [legacySignature] }
}

const signedBytes = ({ prefix }: Claim, body: Uint8Array): Uint8Array => {
  const before = new TextEncoder().encode(prefix)
  const signed = new Uint8Array(before.length + body.length)
  signed.set(before)
  signed.set(body, before.length)
  return signed
}

/** Epoch milliseconds. */
const timeOf = (timestamp: string): number => /^[0-9]{1,11}$/.test(timestamp) ? Number(timestamp) * 1000 : Number.NaN

const decodeEnvelope = Schema.decodeUnknownOption(Schema.parseJson(WebhookEnvelope))

const details = {
  unsigned: "its signature is missing: a proxy on its way must pass on webhook-id, webhook-timestamp and webhook-signature",
  signature: "it is not signed with a configured secret, or its body was changed on its way; configure the subscription's signing_secret",
  age: "it was signed too long ago or in the future; compare the clocks",
  body: "its body is not the JSON of a Linq webhook"
} as const satisfies Partial<Record<Fault, string>>

const optionOf: Partial<Record<Fault, string>> = { signature: "secrets", age: "maxAge" }

/**
 * Builds the receiver. Fails on options that cannot work, such as a secret that is not base64.
 *
 * A call is believed if one of its signatures is by one of the secrets over exactly its bytes, compared in constant time, and
 * its signature is neither older than `maxAge` nor more than `tolerance` ahead. The event's `id` is Linq's `event_id`, its
 * `at` when Linq made it.
 *
 * Both payload versions are read. An event or a version that no table knows, and a known event that does not decode, is
 * `Unrecognized` with the whole webhook in it. Linq has no event for opt-outs: they are read from the words that people
 * write and from the health of a direct chat, and follow as an event of their own, before the message that says so.
 *
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<WebhookReceiver, ConfigError.ConfigError> =>
  Effect.map(Config.settleWebhook(options), ({ carrierId, maxAge, meaningOf, ours, secrets, tolerance }): WebhookReceiver => {
    const signers = secrets.map(signer)
    const oldest = Duration.toMillis(maxAge)
    const newest = Duration.toMillis(tolerance)
    const context: Events.Context = { carrierId, ours, meaningOf }

    /** Compares every signature with every secret, so that the time does not show which one was right. */
    const isGenuine = (claim: Claim, body: Uint8Array): Effect.Effect<boolean> => {
      const signed = signedBytes(claim, body)
      return Effect.map(
        Effect.forEach(
          signers,
          (sign) =>
            Effect.flatMap(
              sign(claim, signed),
              (expected) => Effect.forEach(claim.signatures, (signature) => Hmac.equal(expected, signature))
            )
        ),
        (answers) => answers.flat().includes(true)
      )
    }

    return {
      carrierId,
      receive: ({ body, headers }) =>
        Effect.gen(function*() {
          const claim = claimOf(headers, options.legacySignature ?? true)
          if (claim === undefined) return yield* refuse(carrierId, "unsigned")
          if (!(yield* isGenuine(claim, body))) return yield* refuse(carrierId, "signature")
          const age = (yield* Clock.currentTimeMillis) - timeOf(claim.timestamp)
          // written so that an unreadable time (NaN) is refused too
          if (!(age <= oldest && age >= -newest)) return yield* refuse(carrierId, "age")
          const text = yield* Either.try({
            try: () => new TextDecoder("utf-8", { fatal: true }).decode(body),
            catch: () => new WebhookError({ carrierId, fault: "body", detail: details.body })
          })
          const envelope = decodeEnvelope(text)
          return envelope._tag === "None" ? yield* refuse(carrierId, "body") : Events.events(context, envelope.value)
        })
    }
  })

const refuse = (carrierId: CarrierId, fault: keyof typeof details) =>
  Effect.fail(new WebhookError({ carrierId, fault, detail: details[fault], ...present({ option: optionOf[fault] }) }))
