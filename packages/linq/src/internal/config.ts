import * as CarrierOptions from "@interline/core/CarrierOptions"
import * as Config from "effect/Config"
import * as Either from "effect/Either"
import type { Credentials, Options } from "../Linq.ts"
import { defaultBaseUrl } from "../LinqClient.ts"

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
