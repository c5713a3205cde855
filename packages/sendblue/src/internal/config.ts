import * as CarrierOptions from "@interline/core/CarrierOptions"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { Credentials, Options } from "../Sendblue.ts"
import * as Callback from "../SendblueCallback.ts"
import { defaultBaseUrl } from "../SendblueClient.ts"

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

const callbackSetting = (part: keyof Callback.Options): CarrierOptions.Setting => ({ vendor, option: `callback.${part}`, variables: [] })

const leastSecret = 16

const callback = (given: Options["callback"]) => {
  if (given === undefined) return Either.right(undefined)
  const { expiresAfter, secret, url }: Partial<Callback.Options> = Predicate.isRecord(given) ? given : {}
  return Either.all({
    url: CarrierOptions.checkBaseUrl(callbackSetting("url"), url ?? ""),
    secret: Either.filterOrLeft(
      CarrierOptions.checkSecret(callbackSetting("secret"), secret ?? Redacted.make("")),
      (secret) => Redacted.value(secret).length >= leastSecret,
      () => ConfigError.InvalidData(["callback", "secret"], CarrierOptions.complaint(callbackSetting("secret"), `is shorter than ${leastSecret} characters`))
    ),
    expiresAfter: CarrierOptions.checkDuration(callbackSetting("expiresAfter"), expiresAfter ?? Callback.defaultExpiresAfter)
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
