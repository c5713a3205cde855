import * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as ChatBook from "@interline/core/ChatBook"
import * as Suppression from "@interline/core/Suppression"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Sendblue from "../src/Sendblue.ts"
import * as SendblueClient from "../src/wire/SendblueClient.ts"
import { carrierId, credentials, from, recording } from "./support.ts"

const read = (variables: Readonly<Record<string, string>>, given?: Partial<Sendblue.Credentials>) =>
  Effect.withConfigProvider(
    Effect.map(Sendblue.config(given), ({ apiKey, apiSecret, baseUrl }) => [Redacted.value(apiKey), Redacted.value(apiSecret), baseUrl]),
    ConfigProvider.fromMap(new Map(Object.entries(variables)))
  )

const official = { SENDBLUE_API_API_KEY: "k1", SENDBLUE_API_API_SECRET: "s1" }

describe("config", () => {
  const cases: ReadonlyArray<readonly [string, Readonly<Record<string, string>>, Partial<Sendblue.Credentials>, ReadonlyArray<string>]> = [
    ["the official client's variables", { ...official, SENDBLUE_API_BASE_URL: "https://a" }, {}, ["k1", "s1", "https://a"]],
    ["the shorter variables", { SENDBLUE_API_KEY: "k2", SENDBLUE_API_SECRET: "s2", SENDBLUE_BASE_URL: "https://b" }, {}, [
      "k2",
      "s2",
      "https://b"
    ]],
    ["the official ones first", { ...official, SENDBLUE_API_KEY: "k2", SENDBLUE_API_SECRET: "s2" }, {}, [
      "k1",
      "s1",
      "https://api.sendblue.co"
    ]],
    ["each field by itself", { SENDBLUE_API_API_KEY: "k1", SENDBLUE_API_SECRET: "s2" }, {}, ["k1", "s2", "https://api.sendblue.co"]],
    [
      "blank as absent",
      { SENDBLUE_API_API_KEY: "  ", SENDBLUE_API_KEY: " k2\n", SENDBLUE_API_API_SECRET: "s1", SENDBLUE_API_BASE_URL: "" },
      {},
      ["k2", "s1", "https://api.sendblue.co"]
    ],
    ["what is given first", official, { apiKey: Redacted.make("k3"), baseUrl: "https://c" }, ["k3", "s1", "https://c"]],
    ["what is given but blank not at all", official, { apiKey: Redacted.make(" "), baseUrl: "" }, ["k1", "s1", "https://api.sendblue.co"]]
  ]
  for (const [name, variables, given, expected] of cases) {
    it.effect(`reads ${name}`, () => Effect.map(read(variables, given), (found) => expect(found).toEqual(expected)))
  }

  it.effect("names the option and the variables of what is missing, and nothing else", () =>
    Effect.map(Effect.flip(read({ SENDBLUE_API_KEY: "k2" })), (error) =>
      expect(String(error)).toContain(
        "Sendblue: the apiSecret is missing; pass the option apiSecret or set SENDBLUE_API_API_SECRET or SENDBLUE_API_SECRET"
      )))
})

const callback = { url: "https://hooks.example.com", secret: Redacted.make("sixteen-characters") }

const support: Pick<Sendblue.Options, "lines"> = { lines: { support: from } }

describe("layers", () => {
  const environment = Layer.mergeAll(
    Layer.succeed(HttpClient.HttpClient, recording({}).client),
    Suppression.layerMemory,
    ChatBook.layerMemory()
  )

  it.effect("layerConfig provides the carrier under its tag", () =>
    Effect.map(Sendblue.Sendblue, (carrier) => expect([carrier.id, carrier.vendor]).toEqual(["sendblue-eu", "sendblue"])).pipe(
      Effect.provide(Layer.provide(Sendblue.layerConfig({ lines: { support: from }, carrierId: "sendblue-eu" }), environment)),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(official))))
    ))

  it.effect("layerConfig reads lines from a Config", () =>
    Effect.map(Sendblue.Sendblue, ({ lines }) => expect([...lines]).toEqual([["main", from]])).pipe(
      Effect.provide(Layer.provide(
        Sendblue.layerConfig({ lines: Config.map(Config.string("MY_LINE"), (main) => ({ main })) }),
        environment
      )),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries({ ...official, MY_LINE: from }))))
    ))

  it.effect("layer provides the carrier under its tag", () =>
    Effect.map(Sendblue.Sendblue, ({ lines }) => expect([...lines]).toEqual([["support", from]])).pipe(
      Effect.provide(Layer.provide(Sendblue.layer({ ...credentials, lines: { support: from } }), environment))
    ))

  for (
    const [option, options] of [
      ["lines", { lines: {} }],
      ["lines", { lines: { support: "2025550177" } }],
      ["lines", { lines: { support: "someone@example.com" } }],
      ["lines", { lines: { "our desk": from } }],
      ["carrierId", { carrierId: "Sendblue:1" }],
      ["baseUrl", { baseUrl: "api.sendblue.co" }],
      ["apiKey", { apiKey: Redacted.make(" ") }],
      ["apiSecret", { apiSecret: Redacted.make("") }],
      ["callback.url", { callback: { ...callback, url: "hooks.example.com" } }],
      ["callback.secret", { callback: { ...callback, secret: Redacted.make("2025550177") } }],
      ["callback.secret", { callback: { ...callback, secret: Redacted.make("") } }],
      ["callback.expiresAfter", { callback: { ...callback, expiresAfter: Duration.infinity } }],
      ["callback.url", { callback: null as never }]
    ] as const
  ) {
    it.effect(`refuse ${option} in ${JSON.stringify(options)} before anything is sent, and do not quote it`, () =>
      Effect.map(Effect.flip(Effect.provide(Sendblue.make({ ...credentials, ...support, ...options }), environment)), (error) => {
        expect(String(error)).toMatch(new RegExp(`"Sendblue: the ${option} .*; pass the option ${option}`))
        for (const leak of ["2025550177", "someone@", "Sendblue:1", "our desk"]) expect(String(error)).not.toContain(leak)
      }))
  }

  it.effect("the base URL is used", () => {
    const { client, requests } = recording({ body: { numbers: [] } })
    const settings = { ...credentials, carrierId, client, baseUrl: "https://api.sendblue.com/" }
    return Effect.map(SendblueClient.make(settings).listLines(), () => expect(requests[0]?.url).toBe("https://api.sendblue.com/api/lines"))
  })
})
