/** Reads Sendblue's settings from options and variables. */
import * as CarrierOptions from "@interline/core/CarrierOptions"
import * as ConsentWords from "@interline/core/ConsentWords"
import type * as History from "@interline/core/History"
import type { Operation } from "@interline/core/Operation"
import type * as OperationSignatures from "@interline/core/OperationSignatures"
import type { Access } from "@interline/core/Vendor"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import type * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Errors from "./wire/errors.ts"
import * as SendblueCallback from "./wire/SendblueCallback.ts"
import { defaultBaseUrl } from "./wire/SendblueClient.ts"
import * as SendblueWords from "./wire/SendblueWords.ts"

/** The options of the carrier. */
export interface Options {
  /** The id of the API key. */
  readonly apiKey: Redacted.Redacted<string>
  /** The secret of the API key. */
  readonly apiSecret: Redacted.Redacted<string>
  /** The account's numbers, by the names that the application gives them; at least one. */
  readonly lines: Readonly<Record<string, string>>
  /** The carrier's id. Default: `sendblue`. */
  readonly carrierId?: string
  /** Where the API is. Default: `https://api.sendblue.co`. */
  readonly baseUrl?: string
  /**
   * How long an operation may take. Default: 75 seconds for sends, 120 seconds for uploads, 30 seconds for the rest.
   */
  readonly timeouts?: Partial<Record<Operation, Duration.DurationInput>>
  /** When requests are repeated. Default: that of `RetryPolicy`. */
  readonly retry?: OperationSignatures.RetryPolicy
  /**
   * The address to which Sendblue reports the status of every send. Each attempt gets its own address. A plan does not show the address,
   * because it is made when the request leaves. Default: no reports.
   */
  readonly callback?: SendblueCallback.Options
}

/** The part of the options that may come from the environment. */
export type Credentials = Pick<Options, "apiKey" | "apiSecret"> & Required<Pick<Options, "baseUrl">>

/** The options of a receiver. */
export interface WebhookOptions {
  /** The carrier's id. Default: `sendblue`. */
  readonly carrierId?: string
  /**
   * The secrets that are set at Sendblue; several while one replaces another. Without a secret, only reports with a valid token are
   * accepted.
   */
  readonly secrets?: ReadonlyArray<Redacted.Redacted<string>>
  /** The header that holds the secret. Default: `sb-signing-secret`. */
  readonly header?: string
  /** Our numbers at this carrier. They show which side is ours where a payload does not say it, and which line was blocked. */
  readonly lines?: ReadonlyArray<string>
  /**
   * Our numbers at other carriers. What one of them or of `lines` writes is never `Received`, so that two programs of
   * ours do not answer each other.
   */
  readonly ours?: ReadonlyArray<string>
  /**
   * The type that this address is subscribed to; `?type=` in the address has the same effect. Most payloads show their type. The
   * payloads of `line_blocked`, `line_assigned`, `inbound_call`, `contact_created` and `contact_profile` do not.
   */
  readonly type?: SendblueWords.WebhookType
  /**
   * Texts that opt a person out, alone in a message, beside those of `ConsentWords`: the phrases that Sendblue's
   * support set for the account, say.
   */
  readonly optOutWords?: ReadonlyArray<string>
  /** Texts that opt a person in, alone in a message, beside those of `ConsentWords`. */
  readonly optInWords?: ReadonlyArray<string>
  /**
   * For reports on single messages. `secret` is the secret of the carrier's own `callback` option. A valid token proves that Sendblue
   * took the attempt. The status in the report is only a hint, because anybody who saw the address can send a report. So the event has
   * the status `pending`, and the vendor's word is in `raw`. A webhook with the secret or a read of the message gives the real status
   * later. With `believed: true` the status of the report is used at once.
   */
  readonly callback?: Pick<SendblueCallback.Options, "secret"> & { readonly believed?: boolean }
}

/** The options of a history. */
export interface HistoryOptions extends History.Options, Credentials {}

const vendor = "Sendblue"

const apiKey: CarrierOptions.Setting = { vendor, option: "apiKey", variables: ["SENDBLUE_API_API_KEY", "SENDBLUE_API_KEY"] }

const apiSecret: CarrierOptions.Setting = { vendor, option: "apiSecret", variables: ["SENDBLUE_API_API_SECRET", "SENDBLUE_API_SECRET"] }

const baseUrl: CarrierOptions.Setting = { vendor, option: "baseUrl", variables: ["SENDBLUE_API_BASE_URL", "SENDBLUE_BASE_URL"] }

/** The official client's variables come first. */
export const credentials = (given: Partial<Credentials>): Config.Config<Credentials> =>
  Config.all({
    apiKey: CarrierOptions.secret(apiKey, given.apiKey),
    apiSecret: CarrierOptions.secret(apiSecret, given.apiSecret),
    baseUrl: CarrierOptions.text(baseUrl, given.baseUrl, defaultBaseUrl)
  })

/** The access to an account, if its credentials can be sent. */
export const access = (given: Partial<Credentials>): Config.Config<Access> =>
  Config.mapOrFail(credentials(given), (found) =>
    Either.map(
      Either.all({
        apiKey: CarrierOptions.checkSecret(apiKey, found.apiKey),
        apiSecret: CarrierOptions.checkSecret(apiSecret, found.apiSecret),
        baseUrl: CarrierOptions.checkBaseUrl(baseUrl, found.baseUrl)
      }),
      (checked) => ({
        baseUrl: checked.baseUrl,
        credentials: { "sb-api-key-id": checked.apiKey, "sb-api-secret-key": checked.apiSecret },
        errorOf: (carrierId, reply) => Errors.fromReply(carrierId, "send", reply)
      })
    ))

const callbackSetting = (part: keyof SendblueCallback.Options): CarrierOptions.Setting => ({
  vendor,
  option: `callback.${part}`,
  variables: []
})

const leastSecret = 16

const callbackSecret = (given: Redacted.Redacted<string> | undefined) =>
  Either.filterOrLeft(
    CarrierOptions.checkSecret(callbackSetting("secret"), given ?? Redacted.make("")),
    (secret) => Redacted.value(secret).length >= leastSecret,
    () =>
      ConfigError.InvalidData(
        ["callback", "secret"],
        CarrierOptions.complaint(callbackSetting("secret"), `is shorter than ${leastSecret} characters`)
      )
  )

const callback = (given: Options["callback"]) => {
  if (given === undefined) return Either.right(undefined)
  const { expiresAfter, secret, url }: Partial<SendblueCallback.Options> = Predicate.isRecord(given) ? given : {}
  return Either.all({
    url: CarrierOptions.checkBaseUrl(callbackSetting("url"), url ?? ""),
    secret: callbackSecret(secret),
    expiresAfter: CarrierOptions.checkDuration(callbackSetting("expiresAfter"), expiresAfter ?? SendblueCallback.defaultExpiresAfter)
  })
}

/** The options as they are used, if all of them can work. */
export const settle = (options: Options) =>
  Either.all({
    apiKey: CarrierOptions.checkSecret(apiKey, options.apiKey),
    apiSecret: CarrierOptions.checkSecret(apiSecret, options.apiSecret),
    baseUrl: CarrierOptions.checkBaseUrl(baseUrl, options.baseUrl ?? defaultBaseUrl),
    carrierId: CarrierOptions.checkCarrierId(vendor, options.carrierId ?? "sendblue"),
    lines: CarrierOptions.checkLines(vendor, options.lines),
    callback: callback(options.callback),
    times: CarrierOptions.checkTimes(vendor, options.timeouts, options.retry)
  })

// --- webhooks ---

/** A literal shared secret. Sendblue docs (security), read 2026-11-21. */
const defaultHeader = "sb-signing-secret"

const webhookSetting = (option: string): CarrierOptions.Setting => ({ vendor, option, variables: [] })

const wrong = (option: string, what: string) => ConfigError.InvalidData([option], CarrierOptions.complaint(webhookSetting(option), what))

// what the names of HTTP headers are made of
const headerName = /^[!#$%&'*+.^_`|~0-9a-z-]+$/

/** The options of a receiver as they are used, if all of them can work. */
export const settleWebhook = (options: WebhookOptions) =>
  Either.all({
    carrierId: CarrierOptions.checkCarrierId(vendor, options.carrierId ?? "sendblue"),
    secrets: Either.all((options.secrets ?? []).map((secret) => CarrierOptions.checkSecret(webhookSetting("secrets"), secret))),
    header: Either.filterOrLeft(
      Either.right((options.header ?? defaultHeader).trim().toLowerCase()),
      (header) => headerName.test(header),
      () => wrong("header", "is not the name of a header")
    ),
    lines: CarrierOptions.checkNumbers(webhookSetting("lines"), options.lines ?? []),
    ours: CarrierOptions.checkNumbers(webhookSetting("ours"), [...(options.lines ?? []), ...(options.ours ?? [])]),
    type: options.type === undefined || SendblueWords.webhookTypes.includes(options.type)
      ? Either.right(options.type)
      : Either.left(wrong("type", `is not one of ${SendblueWords.webhookTypes.join(", ")}`)),
    meaningOf: Either.right(ConsentWords.make({
      optOut: [...SendblueWords.optOutWords, ...(options.optOutWords ?? [])],
      optIn: [...SendblueWords.optInWords, ...(options.optInWords ?? [])]
    })),
    callback: options.callback === undefined
      ? Either.right(undefined)
      : Either.map(callbackSecret(options.callback.secret), (secret) => ({ secret, believed: options.callback?.believed === true }))
  })

// --- history ---

/** The options of a history as they are used, if all of them can work. */
export const settleHistory = (options: HistoryOptions) =>
  Either.all({
    apiKey: CarrierOptions.checkSecret(apiKey, options.apiKey),
    apiSecret: CarrierOptions.checkSecret(apiSecret, options.apiSecret),
    baseUrl: CarrierOptions.checkBaseUrl(baseUrl, options.baseUrl),
    carrierId: CarrierOptions.checkCarrierId(vendor, options.carrierId ?? "sendblue"),
    lines: CarrierOptions.checkNumbers(webhookSetting("lines"), options.lines),
    ours: CarrierOptions.checkNumbers(webhookSetting("ours"), [...options.lines, ...(options.ours ?? [])]),
    meaningOf: Either.right(ConsentWords.make({
      optOut: [...SendblueWords.optOutWords, ...(options.optOutWords ?? [])],
      optIn: [...SendblueWords.optInWords, ...(options.optInWords ?? [])]
    }))
  })
