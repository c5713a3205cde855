/**
 * Sendblue's webhooks as events, usable in any server: bytes and headers in, `MessagingEvent`s out.
 *
 * Sendblue signs nothing: it sends a shared secret in a header. A webhook's own secret, or `globalSecret`, must be set at
 * Sendblue for that; without it the header is missing and the webhook is refused. Reports on single messages
 * (`status_callback`) carry no secret at all; what makes one of those believable is `SendblueCallback`'s token in its address.
 */
import * as Hmac from "@interline/core/Hmac"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import { type Fault, WebhookError, type WebhookReceiver } from "@interline/core/WebhookReceiver"
import * as Clock from "effect/Clock"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Config from "./config.ts"
import * as Events from "./convert/events.ts"
import * as SendblueCallback from "./wire/SendblueCallback.ts"

/**
 * How webhooks are received.
 *
 * @category models
 */
export interface Options extends Config.WebhookOptions {}

const details = {
  unconfigured: "no secret is configured here, so nothing is believed",
  unsigned: "the secret's header is missing; set the secret that is configured here at Sendblue, for this webhook or for all",
  secret: "its secret is not one of those configured here; configure the one that is set at Sendblue, for this webhook or for all",
  token: "its token is not one of ours, has expired, or was made for another line or another person",
  body: "its body is not a JSON object in UTF-8"
} as const

/** The details that may be about the option `secrets`. */
const ofSecrets: ReadonlySet<keyof typeof details> = new Set(["unconfigured", "secret"])

declare const TextDecoder: new(label: "utf-8", options: { readonly fatal: true }) => { readonly decode: (bytes: Uint8Array) => string }

const decodePayload = Schema.decodeUnknownOption(Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown })))

const payloadOf = (body: Uint8Array): Option.Option<Readonly<Record<string, unknown>>> =>
  Option.flatMap(Option.liftThrowable(() => new TextDecoder("utf-8", { fatal: true }).decode(body))(), decodePayload)

/** The first value of a query parameter, as it stands: tokens and types need no escapes. */
const parameter = (url: string, name: string): string | undefined => {
  const [, query] = /\?([^#]*)/.exec(url) ?? []
  const value = query?.split("&").find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1)
  return value === "" ? undefined : value
}

/**
 * Builds the receiver. Fails on options that cannot work; the complaint names the option and quotes nothing.
 *
 * Read the events of one call in their order. Sendblue has no event ids, so the `id` of an event is made here. The id of a message that
 * came in is its handle. The id of a report is handle, status and `date_updated`, so `outbound` and `status_callback` give one id for
 * one report. If only a token proves a report, the id also has the key of the attempt. The id of an opt-out is the same with one more
 * word. Events of typing and of blocked lines have no id.
 *
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<WebhookReceiver, ConfigError.ConfigError> =>
  Effect.map(Config.settleWebhook(options), ({ callback, carrierId, header, lines, meaningOf, ours, secrets, type }): WebhookReceiver => {
    const context: Events.Context = { carrierId, lines, ours, meaningOf }
    const verify = callback === undefined ? undefined : SendblueCallback.verify(callback)

    const refuse = (fault: Fault, why: keyof typeof details) =>
      Effect.fail(
        new WebhookError({ carrierId, fault, detail: details[why], ...(ofSecrets.has(why) ? { option: "secrets" } : {}) })
      )

    /** Compares every secret, so that the time does not show which one was right. */
    const isOneOfOurs = (given: string): Effect.Effect<boolean> =>
      Effect.map(
        Effect.forEach(secrets, (secret) => Hmac.equal(Redacted.value(secret), given)),
        (answers) => answers.includes(true)
      )

    const proofOf = (url: string, payload: Readonly<Record<string, unknown>>): Effect.Effect<Option.Option<Events.Proof>> => {
      const token = parameter(url, SendblueCallback.parameter)
      if (token === undefined || verify === undefined) return Effect.succeedNone
      return Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.map(
          Effect.forEach(Events.audiences(payload), (audience) =>
            Effect.map(verify(token, audience, now), Option.map((key) => ({ key, recipient: audience.recipient })))),
          Option.firstSomeOf
        ))
    }

    const genuine = (url: string, body: Uint8Array): Effect.Effect<ReadonlyArray<MessagingEvent>, WebhookError> =>
      Option.match(payloadOf(body), {
        onNone: () => refuse("body", "body"),
        onSome: (payload) =>
          Effect.map(proofOf(url, payload), (proof) => [
            ...Option.match(proof, { onNone: () => [], onSome: (proof) => Events.taken(context, payload, proof) }),
            ...Events.events(context, payload, type ?? parameter(url, "type"))
          ])
      })

    const proved = (url: string, body: Uint8Array): Effect.Effect<ReadonlyArray<MessagingEvent>, WebhookError> =>
      Effect.flatMap(
        Option.match(payloadOf(body), {
          onNone: () => Effect.succeedNone,
          onSome: (payload) => Effect.map(proofOf(url, payload), Option.map((proof) => ({ payload, proof })))
        }),
        Option.match({
          onNone: () => refuse("signature", "token"),
          onSome: ({ payload, proof }) =>
            Effect.succeed([
              ...Events.optedOutBy(context, payload, proof),
              ...Events.taken(context, payload, proof),
              ...(callback?.believed === true ? Events.statusOf(context, payload) : [])
            ])
        })
      )

    return {
      carrierId,
      receive: ({ body, headers, url }) => {
        const given = headers[header]
        return secrets.length > 0 && given !== undefined && given !== ""
          ? Effect.flatMap(isOneOfOurs(given), (isOurs) => isOurs ? genuine(url, body) : refuse("signature", "secret"))
          : verify !== undefined && parameter(url, SendblueCallback.parameter) !== undefined
          ? proved(url, body)
          : refuse("unsigned", secrets.length > 0 ? "unsigned" : "unconfigured")
      }
    }
  })
