/** Reads Linq's settings from options and variables. */
import * as CarrierOptions from "@interline/core/CarrierOptions"
import * as ConsentWords from "@interline/core/ConsentWords"
import type * as History from "@interline/core/History"
import type { Operation } from "@interline/core/Operation"
import type * as Operations from "@interline/core/Operations"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import type * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { defaultBaseUrl } from "./wire/LinqClient.ts"
import * as LinqWords from "./wire/LinqWords.ts"

/** The options of the carrier; `Linq.Options` says what each of them is. */
export interface Options {
  readonly token: Redacted.Redacted<string>
  readonly lines: Readonly<Record<string, string>>
  readonly carrierId?: string
  readonly baseUrl?: string
  readonly timeouts?: Partial<Record<Operation, Duration.DurationInput>>
  readonly retry?: Operations.RetryPolicy
  readonly replayFor?: Duration.DurationInput
}

/** The part of the options that may come from the environment. */
export type Credentials = Pick<Options, "token"> & Required<Pick<Options, "baseUrl">>

/** The options of a receiver; `LinqWebhook.Options` says what each of them is. */
export interface WebhookOptions {
  readonly secrets: ReadonlyArray<Redacted.Redacted<string>>
  readonly carrierId?: string
  readonly maxAge?: Duration.DurationInput
  readonly tolerance?: Duration.DurationInput
  readonly legacySignature?: boolean
  readonly ours?: ReadonlyArray<string>
  readonly optOutWords?: ReadonlyArray<string>
  readonly optInWords?: ReadonlyArray<string>
}

/** The options of a history. */
export interface HistoryOptions extends History.Options, Credentials {}

const vendor = "Linq"

const token: CarrierOptions.Setting = {
  vendor,
  option: "token",
  variables: ["LINQ_API_V3_API_KEY", "LINQ_API_KEY", "LINQ_API_TOKEN"],
  // "Bearer xyz" is what people copy from the docs
  clean: (value) => value.trim().replace(/^bearer(?:\s+|$)/i, "")
}

const baseUrl: CarrierOptions.Setting = {
  vendor,
  option: "baseUrl",
  variables: ["LINQ_API_V3_BASE_URL", "LINQ_BASE_URL"],
  // the docs name a root with `/v3`, the client one without
  clean: (value) => value.trim().replace(/\/+$/, "").replace(/\/v3$/, "")
}

/** The official client's variables come first. */
export const credentials = (given: Partial<Credentials>): Config.Config<Credentials> =>
  Config.all({
    token: CarrierOptions.secret(token, given.token),
    baseUrl: CarrierOptions.text(baseUrl, given.baseUrl, defaultBaseUrl)
  })

/** The options as they are used, if all of them can work. */
export const settle = (options: Options) =>
  Either.all({
    token: CarrierOptions.checkSecret(token, options.token),
    baseUrl: CarrierOptions.checkBaseUrl(baseUrl, options.baseUrl ?? defaultBaseUrl),
    carrierId: CarrierOptions.checkCarrierId(vendor, options.carrierId ?? "linq"),
    lines: CarrierOptions.checkLines(vendor, options.lines),
    replayFor: CarrierOptions.checkDuration({ vendor, option: "replayFor", variables: [] }, options.replayFor ?? "10 minutes"),
    times: CarrierOptions.checkTimes(vendor, options.timeouts, options.retry)
  })

// --- webhooks ---

/** A signing secret as both signatures take it: the bytes that its base64 stands for, and the text with its prefix. */
export interface SigningSecret {
  readonly bytes: Redacted.Redacted<Uint8Array>
  readonly text: Redacted.Redacted<string>
}

const secrets: CarrierOptions.Setting = { vendor, option: "secrets", variables: [] }

const ours: CarrierOptions.Setting = { vendor, option: "ours", variables: [] }

const signingSecret = (given: Redacted.Redacted<string>): Either.Either<SigningSecret, ConfigError.ConfigError> =>
  Either.flatMap(CarrierOptions.checkSecret(secrets, given), (secret) => {
    const base64 = Redacted.value(secret).replace(/^whsec_/, "")
    return Option.match(Option.filter(Either.getRight(Encoding.decodeBase64(base64)), ({ length }) => length > 0), {
      onNone: () =>
        Either.left(ConfigError.InvalidData(["secrets"], CarrierOptions.complaint(secrets, "hold what is not whsec_ and base64"))),
      onSome: (bytes) => Either.right({ bytes: Redacted.make(bytes), text: Redacted.make(`whsec_${base64}`) })
    })
  })

/** The options of a receiver as they are used, if all of them can work. */
export const settleWebhook = (options: WebhookOptions) =>
  Either.all({
    secrets: Array.isArray(options.secrets) && options.secrets.length > 0
      ? Either.all(options.secrets.map(signingSecret))
      : Either.left(ConfigError.MissingData([], CarrierOptions.complaint(secrets, "are missing"))),
    carrierId: CarrierOptions.checkCarrierId(vendor, options.carrierId ?? "linq"),
    maxAge: CarrierOptions.checkDuration({ vendor, option: "maxAge", variables: [] }, options.maxAge ?? "1 hour"),
    tolerance: CarrierOptions.checkDuration({ vendor, option: "tolerance", variables: [] }, options.tolerance ?? "5 minutes"),
    ours: CarrierOptions.checkNumbers(ours, options.ours ?? []),
    meaningOf: Either.right(ConsentWords.make({
      optOut: [...LinqWords.optOutWords, ...(options.optOutWords ?? [])],
      optIn: [...LinqWords.optInWords, ...(options.optInWords ?? [])]
    }))
  })

// --- history ---

/** The options of a history as they are used, if all of them can work. */
export const settleHistory = (options: HistoryOptions) =>
  Either.all({
    token: CarrierOptions.checkSecret(token, options.token),
    baseUrl: CarrierOptions.checkBaseUrl(baseUrl, options.baseUrl),
    carrierId: CarrierOptions.checkCarrierId(vendor, options.carrierId ?? "linq"),
    ours: CarrierOptions.checkNumbers(ours, [...options.lines, ...(options.ours ?? [])]),
    meaningOf: Either.right(ConsentWords.make({
      optOut: [...LinqWords.optOutWords, ...(options.optOutWords ?? [])],
      optIn: [...LinqWords.optInWords, ...(options.optInWords ?? [])]
    }))
  })
