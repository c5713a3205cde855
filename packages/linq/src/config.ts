/** Reads Linq's settings from options and variables. */
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
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Errors from "./wire/errors.ts"
import { defaultBaseUrl } from "./wire/LinqClient.ts"
import * as LinqWords from "./wire/LinqWords.ts"

/** The options of the carrier. */
export interface Options {
  /** The API token. A pasted `Bearer ` in front of it is ignored. */
  readonly token: Redacted.Redacted<string>
  /** The account's numbers, by the names that the application gives them; at least one. */
  readonly lines: Readonly<Record<string, string>>
  /** The carrier's id. Default: `linq`. */
  readonly carrierId?: string
  /** Where the API is. Default: `https://api.linqapp.com/api/partner`. */
  readonly baseUrl?: string
  /**
   * How long an operation may take. Default: 75 seconds for sends, 120 seconds for uploads, 30 seconds for the rest.
   */
  readonly timeouts?: Partial<Record<Operation, Duration.DurationInput>>
  /** When requests are repeated. Default: that of `RetryPolicy`. */
  readonly retry?: OperationSignatures.RetryPolicy
  /**
   * For how long after a send first left it may be repeated under its key, to learn what became of it. Linq does not
   * document how long it keeps keys; a repetition after that would be a second message. Default: 10 minutes.
   */
  readonly replayFor?: Duration.DurationInput
}

/** The part of the options that may come from the environment. */
export type Credentials = Pick<Options, "token"> & Required<Pick<Options, "baseUrl">>

/** The options of a receiver. */
export interface WebhookOptions {
  /**
   * The signing secrets that Linq gave with the subscriptions, with or without their `whsec_`. Linq cannot change the
   * secret of a subscription: while one subscription takes over from another, give both.
   */
  readonly secrets: ReadonlyArray<Redacted.Redacted<string>>
  /** The carrier's id. Default: `linq`. */
  readonly carrierId?: string
  /**
   * How long ago a webhook may have been signed. Linq calls again for 30 minutes (linq-node 0.71.2 of September 2026), and
   * does not say whether it signs again each time: a limit of the usual 5 minutes would lose receipts and opt-outs after a
   * short outage of ours. Keep the ids of events longer than this, and a webhook that
   * somebody repeats changes nothing. Default: 1 hour.
   */
  readonly maxAge?: Duration.DurationInput
  /** How far Linq's clock may be ahead of ours. Default: 5 minutes. */
  readonly tolerance?: Duration.DurationInput
  /**
   * Whether to believe the deprecated pair `X-Webhook-Timestamp` and `X-Webhook-Signature` when no `webhook-*` header
   * is there: some proxies drop those. Where one is there, only those count. The secrets are the same. Default: true.
   */
  readonly legacySignature?: boolean
  /**
   * Our numbers, at this carrier and at others. What one of them writes is never `Received`, so that two programs of
   * ours do not answer each other.
   */
  readonly ours?: ReadonlyArray<string>
  /** Texts that opt a person out, alone in a message, beside those of `ConsentWords`. */
  readonly optOutWords?: ReadonlyArray<string>
  /** Texts that opt a person in, alone in a message, beside those of `ConsentWords`. */
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

/** The access to an account, if its credentials can be sent. */
export const access = (given: Partial<Credentials>): Config.Config<Access> =>
  Config.mapOrFail(credentials(given), (found) =>
    Either.map(
      Either.all({
        token: CarrierOptions.checkSecret(token, found.token),
        baseUrl: CarrierOptions.checkBaseUrl(baseUrl, found.baseUrl)
      }),
      (checked) => ({
        baseUrl: checked.baseUrl,
        credentials: { authorization: Redacted.make(`Bearer ${Redacted.value(checked.token)}`) },
        errorOf: (carrierId, reply) => Errors.fromReply(carrierId, "send", reply)
      })
    ))

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
