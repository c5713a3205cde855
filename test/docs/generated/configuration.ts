/** The options of `interline`. Which variables stand in for an option is found by leaving the option out and listening. */
import * as HttpClient from "@effect/platform/HttpClient"
import type { Options as MessagingOptions } from "@interline/core/MessagingService"
import type { RetryPolicy } from "@interline/core/OperationSignatures"
import * as GatewayConfig from "@interline/gateway/GatewayConfig"
import type * as Linq from "@interline/linq/Linq"
import * as LinqClient from "@interline/linq/LinqClient"
import type * as Sendblue from "@interline/sendblue/Sendblue"
import * as SendblueClient from "@interline/sendblue/SendblueClient"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Interline from "interline/Interline"
import type * as Node from "interline/node"
import * as Vendors from "interline/Vendors"
import { code, page, span, table } from "../markdown.ts"

const environment = {
  INTERLINE_CARRIER: "linq",
  INTERLINE_LINES: "support=linq:+12025550101,sendblue:+12025550201",
  INTERLINE_FIDELITY: "adapt",
  LINQ_API_TOKEN: "token",
  SENDBLUE_API_KEY: "key",
  SENDBLUE_API_SECRET: "secret"
} as const

const http = Layer.succeed(HttpClient.HttpClient, HttpClient.make(() => Effect.dieMessage("configuration sends nothing")))

/** Builds the layer and says which variables it asked for, in order, and the sentence it failed with. */
const build = async (options: Interline.Options, values: Readonly<Record<string, string>>) => {
  const asked: Array<string> = []
  const { flattened } = ConfigProvider.fromMap(new Map(Object.entries(values)))
  const listening = ConfigProvider.fromFlat(ConfigProvider.makeFlat({
    load: (path, primitive, split) => {
      asked.push(path.join("_"))
      return flattened.load(path, primitive, split)
    },
    enumerateChildren: flattened.enumerateChildren,
    patch: flattened.patch
  }))
  const built = await Effect.runPromise(
    Effect.either(
      Effect.scoped(Layer.build(Interline.layerConfig(options).pipe(Layer.provide([http, Layer.setConfigProvider(listening)]))))
    )
  )
  return { asked: Array.from(new Set(asked)), sentence: Either.isLeft(built) ? built.left.message : undefined }
}

interface Row {
  readonly means: string
  readonly otherwise?: string
  /** A value of the option; with it, the variables that stand in for the option are not asked for. */
  readonly given?: Interline.Options
  /** Where an option answers for others too: which of the variables is its own. */
  readonly variable?: string
}

const secret = Redacted.make("given")
const timeouts = (defaults: LinqClient.Options["timeouts"]): string =>
  [
    ...Object.entries(defaults ?? {}).map(([operation, duration]) => `${code(operation)} ${span(Duration.toMillis(duration))}`),
    "the rest 30 seconds"
  ].join(", ")

const top: Record<Exclude<keyof Interline.Options, "linq" | "sendblue" | "messaging" | "router">, Row> = {
  prefer: {
    means: "the carriers in order, with the policy's defaults; the variable takes `linq, sendblue`",
    otherwise: "`policy` or `carrier`",
    given: { prefer: ["linq"] },
    variable: "INTERLINE_PREFER"
  },
  policy: {
    means: "the [routing policy](../configuration.md#the-policy); the variable takes JSON",
    otherwise: "`prefer` or `carrier`",
    given: { policy: { prefer: ["linq"] } },
    variable: "INTERLINE_POLICY"
  },
  carrier: {
    means: `one vendor alone: ${Object.keys(Vendors.vendors).map(code).join(" or ")}`,
    otherwise: "`prefer` or `policy`",
    given: { carrier: "linq" },
    variable: "INTERLINE_CARRIER"
  },
  carriers: {
    means:
      "carriers by other names than their vendor's, as `{\"linq-eu\": {vendor: \"linq\", …}}` with the vendor's options; the variable takes `linq-eu=linq, sendblue-us=sendblue`. " +
      "Each reads the vendor's variables with its own name in front: `LINQ_EU_LINQ_API_KEY`",
    otherwise: "the vendors' own names",
    variable: "INTERLINE_CARRIERS"
  },
  lines: {
    means: "our numbers, by line name and carrier id; the variable takes `support=linq:+12025550101,sendblue:+12025550201;sales=…` or JSON",
    otherwise: "required",
    given: { lines: { support: { linq: "+12025550101", sendblue: "+12025550201" } } }
  },
  shadow: {
    means:
      "a carrier for which each send is also planned, and never sent, so that [the plans can be compared](../migrating.md#shadow); in a gateway",
    otherwise: "the policy's, else none",
    variable: "INTERLINE_SHADOW"
  },
  statusCallback: {
    means:
      "where vendors report the status of each message, by carrier id: a function that gives `{url, secret}`; a carrier's own option wins",
    otherwise: "only as that option says"
  },
  vendors: {
    means: "the vendors that can be configured, by name, if they are not those of `Vendors.vendors`: a vendor of your own too",
    otherwise: "`Vendors.vendors`"
  },
  fidelity: { means: "for drafts that do not say: `adapt` or `exact`", otherwise: "`adapt`", given: { fidelity: "adapt" } }
}

const messaging: Record<Exclude<keyof MessagingOptions, "fidelity" | "ours">, Row> = {
  remember: { means: "how many deliveries are kept in memory for later replies, reactions and status", otherwise: "10,000" }
}

const router: Record<keyof NonNullable<Interline.Options["router"]>, Row> = {
  lookEvery: { means: "how often held deliveries are looked for", otherwise: "1 minute" },
  lookFor: { means: "for how long", otherwise: "1 hour" },
  drainFor: { means: "how long the end of the layer's scope waits for sends under way", otherwise: "30 seconds" },
  answered: { means: "a function that is called for each send after it was answered, with the draft and the answer", otherwise: "none" },
  readUsageEvery: {
    means: "how often vendors that tell it are asked how many new people each line may still write to",
    otherwise: "5 minutes"
  },
  checkLinesEvery: { means: "how often the carriers that list their lines are asked which of them can send", otherwise: "never" },
  isOwnWebhook: {
    means:
      "whether a webhook of this carrier with this address leads to this program: `(carrierId, url) => boolean`. A check of the lines then also looks whether it is called",
    otherwise: "no webhook does; the gateway knows its own"
  },
  confirmsEvents: {
    means:
      "whether each change of a rollout, and each notice of a check, is published again until a reader of the router's events has confirmed it",
    otherwise: "`false`"
  }
}

const shared = {
  carrierId: { means: "the name of this carrier in refs, lines and errors" },
  timeouts: { means: "how long an operation may take, by operation" },
  retry: { means: "see below" }
}

const linq: Record<Exclude<keyof Linq.ConfigOptions, "lines">, Row> = {
  token: { means: "the API token; a `Bearer ` in front is ignored", otherwise: "required", given: { linq: { token: secret } } },
  baseUrl: {
    means: "the API's root, with or without `/v3`",
    otherwise: code(LinqClient.defaultBaseUrl),
    given: { linq: { baseUrl: LinqClient.defaultBaseUrl } }
  },
  carrierId: { ...shared.carrierId, otherwise: "`linq`" },
  timeouts: { ...shared.timeouts, otherwise: timeouts(LinqClient.defaultTimeouts) },
  retry: shared.retry,
  replayFor: { means: "how long after it left a send may be repeated under its key, to learn what became of it", otherwise: "10 minutes" }
}

const sendblue: Record<Exclude<keyof Sendblue.ConfigOptions, "lines">, Row> = {
  apiKey: { means: "the API key id", otherwise: "required", given: { sendblue: { apiKey: secret } } },
  apiSecret: { means: "the API secret", otherwise: "required", given: { sendblue: { apiSecret: secret } } },
  baseUrl: {
    means: "the API's root",
    otherwise: code(SendblueClient.defaultBaseUrl),
    given: { sendblue: { baseUrl: SendblueClient.defaultBaseUrl } }
  },
  carrierId: { ...shared.carrierId, otherwise: "`sendblue`" },
  timeouts: { ...shared.timeouts, otherwise: timeouts(SendblueClient.defaultTimeouts) },
  retry: shared.retry,
  callback: {
    means:
      "`{url, secret, expiresAfter?}`: where Sendblue reports the status of each send, the secret that its token is made with (at least 16 characters), and how long a token is believed (48 hours)",
    otherwise: "no reports"
  }
}

const retry: Record<keyof RetryPolicy, Row> = {
  times: { means: "repetitions at most; only of reads, sends under a key, and certain refusals that say \"later\"", otherwise: "2" },
  base: { means: "the first wait, doubled each time, with jitter", otherwise: "500 ms" },
  maxRetryAfter: { means: "the longest `Retry-After` that is waited for; above it the error surfaces at once", otherwise: "10 s" }
}

const node: Record<keyof Node.Options, Row> = {
  connections: { means: "connections per host", otherwise: "128" },
  connectTimeout: { means: "a connection that takes longer certainly carried nothing", otherwise: "10 s" },
  maxResponseBytes: { means: "a larger body, as it comes or decoded, fails the request", otherwise: "32 MiB" }
}

/** Without `given` no variable stands in for the option. */
const options = async (prefix: string, rows: Readonly<Record<string, Row>>, carrier: Vendors.VendorName): Promise<string> => {
  const values = { ...environment, INTERLINE_CARRIER: carrier }
  const all = (await build({}, values)).asked
  const withVariables = await Promise.all(
    Object.entries(rows).map(async ([name, { given, means, otherwise = "", variable }]) => {
      if (variable !== undefined) {
        if (!all.includes(variable)) throw new Error(`${variable} is not asked for`)
        if (given !== undefined && (await build(given, values)).asked.includes(variable)) {
          throw new Error(`${variable} is asked for although ${name} is given`)
        }
        return [code(prefix + name), code(variable), means, otherwise]
      }
      const { asked, sentence } = given === undefined ? { asked: all, sentence: undefined } : await build(given, values)
      if (sentence !== undefined) throw new Error(`${prefix}${name}: ${sentence}`)
      return [code(prefix + name), all.filter((variable) => !asked.includes(variable)).map(code).join(", "), means, otherwise]
    })
  )
  return table(["Option", "Variables, first one that is not blank", "Means", "Otherwise"], withVariables)
}

const plainOptions = (rows: Readonly<Record<string, Row>>): string =>
  table(["Option", "Means", "Otherwise"], Object.entries(rows).map(([name, { means, otherwise = "" }]) => [code(name), means, otherwise]))

/** What the gateway reads of the environment itself. */
const gateway = (): string =>
  table(
    ["Variable", "Says", "Form", "Otherwise"],
    GatewayConfig.variables.map(({ form, name, otherwise, says }) => [code(name), says, form, otherwise])
  )

/** What the layer says when a variable has another value, or none. */
const sentenceWith = async (
  name: string,
  value: string | undefined,
  carrier: Vendors.VendorName | null = "linq"
): Promise<ReadonlyArray<string>> => {
  const values = { ...environment, INTERLINE_CARRIER: carrier ?? " ", ...(value === undefined ? {} : { [name]: value }) }
  const { sentence } = await build(
    {},
    Object.fromEntries(Object.entries(values).filter(([variable]) => variable !== name || value !== undefined))
  )
  if (sentence === undefined) throw new Error(`${name}=${value} is no failure`)
  return [code(value === undefined ? name : `${name}=${value}`), sentence]
}

export const configurationPage = async (): Promise<string> =>
  page(
    "Options and variables",
    "What `Interline.layerConfig(options)` and `Interline.layer(options)` take; how the parts work together, and the routing policy field by field, is in " +
      "[Configuration](../configuration.md). A given option wins, field by field; what is left out is read from the variables, through " +
      "Effect's `Config`, so any `ConfigProvider` can stand in for the environment. Blank counts as absent. A missing value, or a wrong carrier, " +
      "line, policy or fidelity, fails the layer at start with one `ConfigurationError`. `prefer`, `policy` and `carrier` say the same thing in three ways: give one.",
    "## The application",
    await options("", top, "linq"),
    plainOptions(Object.fromEntries([
      ...Object.entries(messaging).map(([name, row]) => [`messaging.${name}`, row] as const),
      ...Object.entries(router).map(([name, row]) => [`router.${name}`, row] as const)
    ])),
    "## Linq",
    await options("linq.", linq, "linq"),
    "## Sendblue",
    await options("sendblue.", sendblue, "sendblue"),
    "## Retries: `linq.retry`, `sendblue.retry`",
    plainOptions(retry),
    "## The lean HTTP layer: `NodeHttp.layer(options)` of `interline/node`",
    plainOptions(node),
    "## The gateway",
    "What [the gateway](../gateway.md) reads beside what is above. The webhooks' secrets of a carrier by another name have that in front, as " +
      "`LINQ_EU_LINQ_WEBHOOK_SECRET`.",
    gateway(),
    "## What a missing or wrong variable says",
    table(["Missing", "Sentence"], [
      await sentenceWith("INTERLINE_CARRIER", undefined),
      await sentenceWith("INTERLINE_LINES", undefined),
      await sentenceWith("LINQ_API_TOKEN", undefined),
      await sentenceWith("SENDBLUE_API_KEY", undefined, "sendblue"),
      await sentenceWith("SENDBLUE_API_SECRET", undefined, "sendblue")
    ]),
    table(["Wrong", "Sentence"], [
      await sentenceWith("INTERLINE_CARRIER", "pigeon"),
      await sentenceWith("INTERLINE_FIDELITY", "mostly"),
      await sentenceWith("INTERLINE_POLICY", "[\"linq\", \"sendblue\"]", null),
      await sentenceWith("INTERLINE_POLICY", "null", null),
      await sentenceWith("INTERLINE_POLICY", "{", null),
      await sentenceWith("INTERLINE_PREFER", "linq, pigeon", null),
      await sentenceWith("INTERLINE_PREFER", "linq"),
      await sentenceWith("INTERLINE_CARRIERS", "linq-eu"),
      await sentenceWith("INTERLINE_LINES", "support=linq:+12025550101;sales=sendblue:+12025550201"),
      await sentenceWith("INTERLINE_LINES", "support=lynq:+12025550101"),
      await sentenceWith("INTERLINE_LINES", "support=linq:2025550101"),
      await sentenceWith("INTERLINE_LINES", "support")
    ])
  )
