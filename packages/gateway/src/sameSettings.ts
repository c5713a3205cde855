/** What must be the same in all processes of a gateway, in groups. Each group is written as one text, so that equal settings have equal texts. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { Phone } from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import type * as RouterPolicy from "@interline/router/Policy"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Interline from "interline/Interline"
import * as GatewayConfig from "./config/GatewayConfig.ts"
import * as CanonicalRequest from "./once/canonicalRequest.ts"

/** The names of the groups, as an operator reads them. */
export type Group =
  | "policy"
  | "carriers"
  | "lines"
  | "api-keys"
  | "callback-secret"
  | "webhook-secrets"
  | "consent-words"
  | "fronts"
  | "addresses"

/** The configuration of a process, read and checked. */
export interface Given {
  readonly settings: GatewayConfig.Settings
  readonly keys: ReadonlyMap<string, Redacted.Redacted>
  readonly carriers: ReadonlyArray<Interline.Configured>
  readonly lines: ReadonlyMap<LineName, ReadonlyMap<CarrierId, Phone>>
  readonly policy: RouterPolicy.Input
}

const sorted = (words: Iterable<string>): ReadonlyArray<string> => Array.from(words).sort()

/** The vendor of a carrier, and how its events come, if not by webhooks. */
const vendorOf = ({ id, prefix, vendor }: Interline.Configured) =>
  Effect.map(
    GatewayConfig.eventsSource(prefix, vendor),
    (source) => [id, source === "webhooks" ? vendor : `${vendor} by ${source}`] as const
  )

const secretsOf = ({ id, prefix, vendor }: Interline.Configured) =>
  Effect.map(GatewayConfig.webhookSecrets(prefix, vendor), (secrets) => [id, sorted(secrets.map(Redacted.value))] as const)

/** The groups with their texts. Where an order means nothing, it makes no difference. */
export const of = (
  { carriers, keys, lines, policy, settings }: Given
): Effect.Effect<Readonly<Record<Group, Redacted.Redacted>>, ConfigError.ConfigError> =>
  Effect.map(Effect.all([Effect.forEach(carriers, secretsOf), Effect.forEach(carriers, vendorOf)]), ([secrets, vendors]) => {
    const text = (value: unknown): Redacted.Redacted => Redacted.make(CanonicalRequest.of(value))
    return {
      policy: text(policy),
      carriers: text(Object.fromEntries(vendors)),
      lines: text(Object.fromEntries(Array.from(lines, ([line, numbers]) => [line, Object.fromEntries(numbers)]))),
      "api-keys": text(Object.fromEntries(Array.from(keys, ([name, key]) => [name, Redacted.value(key)]))),
      "callback-secret": text(Option.getOrNull(Option.map(settings.callbackSecret, Redacted.value))),
      "webhook-secrets": text(Object.fromEntries(secrets)),
      "consent-words": text([sorted(settings.words.optOut), sorted(settings.words.optIn)]),
      fronts: text([settings.strict, settings.aliases, sorted(settings.passThrough.map(({ carrier, group }) => `${carrier}:${group}`))]),
      addresses: text([Option.getOrNull(settings.publicUrl), settings.allowPrivateUrls, sorted(settings.corsOrigins)])
    }
  })
