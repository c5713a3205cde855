import { expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { describe } from "vitest"
import * as GatewayConfig from "../src/config/GatewayConfig.ts"

const keys = "app=a-secret-of-some-length"

const read = (variables: Readonly<Record<string, string>>) =>
  Effect.withConfigProvider(Effect.either(GatewayConfig.settings), ConfigProvider.fromMap(new Map(Object.entries(variables))))

describe("a gateway's settings", () => {
  it.effect("need nothing but a key", () =>
    Effect.gen(function*() {
      const settings = Either.getOrThrow(yield* read({ INTERLINE_API_KEYS: keys }))
      expect(settings).toMatchObject({
        host: "127.0.0.1",
        port: 8787,
        strict: false,
        allowPrivateUrls: false,
        openMetrics: false,
        corsOrigins: [],
        aliases: {},
        publicUrl: Option.none(),
        callbackSecret: Option.none(),
        drainFor: Duration.seconds(30),
        bodyWithin: Duration.seconds(30)
      })
      expect(Redacted.value(settings.database)).toBe("file:interline.db")
      expect(Redacted.value(settings.apiKeys)).toBe(keys)
    }))

  it.effect("are read as people write them, and a blank is nothing", () =>
    Effect.gen(function*() {
      const settings = Either.getOrThrow(
        yield* read({
          INTERLINE_API_KEYS: keys,
          HOST: " 0.0.0.0 ",
          PORT: "0",
          DATABASE_URL: "  ",
          INTERLINE_PUBLIC_URL: "https://messages.example.com/",
          INTERLINE_STRICT: "Yes",
          INTERLINE_OPEN_METRICS: "",
          INTERLINE_ALIASES: "+1 (202) 555-0177=support, +12025550178=sales",
          INTERLINE_CORS_ORIGINS: "https://a.example/ , http://localhost:5173",
          INTERLINE_SQLITE_SYNCHRONOUS: "Full",
          INTERLINE_DRAIN: "10 seconds",
          INTERLINE_OPT_OUT_WORDS: "Alto, leave me alone",
          INTERLINE_OPT_IN_WORDS: " "
        })
      )
      expect(settings).toMatchObject({
        host: "0.0.0.0",
        port: 0,
        strict: true,
        openMetrics: false,
        publicUrl: Option.some("https://messages.example.com"),
        aliases: { "+12025550177": "support", "+12025550178": "sales" },
        corsOrigins: ["https://a.example", "http://localhost:5173"],
        sqlite: { synchronous: "full" },
        drainFor: Duration.seconds(10),
        words: { optOut: ["Alto", "leave me alone"], optIn: [] }
      })
      expect(Redacted.value(settings.database)).toBe("file:interline.db")
    }))

  it.effect.each([
    ["INTERLINE_API_KEYS", ""],
    ["PORT", "70000"],
    ["PORT", "http"],
    ["INTERLINE_PUBLIC_URL", "messages.example.com"],
    ["INTERLINE_PUBLIC_URL", "ftp://messages.example.com"],
    ["INTERLINE_CALLBACK_SECRET", "too-short-a-one"],
    ["INTERLINE_CALLBACK_SECRET", "long enough, with spaces"],
    ["INTERLINE_STRICT", "perhaps"],
    ["INTERLINE_ALIASES", "+12025550166"],
    ["INTERLINE_ALIASES", "support=+12025550166"],
    ["INTERLINE_CORS_ORIGINS", "*"],
    ["INTERLINE_SQLITE_SYNCHRONOUS", "off"],
    ["INTERLINE_OPT_OUT_WORDS", "alto, …"],
    ["INTERLINE_OPT_IN_WORDS", "!"],
    ["INTERLINE_OPT_OUT_WORDS", "alto, Start!"],
    ["INTERLINE_OPT_OUT_WORDS", "help"],
    ["INTERLINE_OPT_IN_WORDS", "yes, stop texting me"],
    ["INTERLINE_DRAIN", "5"],
    ["INTERLINE_KEEP_ALIVE", "5"],
    ["INTERLINE_BODY_TIMEOUT", "1000"],
    ["INTERLINE_DRAIN", "soon"],
    ["INTERLINE_DRAIN", "infinity"]
  ] as ReadonlyArray<readonly [string, string]>)(
    "%s that cannot be used fails with a sentence that names it and shows nothing",
    ([name, value]) =>
      Effect.gen(function*() {
        const error = Either.getOrThrow(Either.flip(yield* read({ INTERLINE_API_KEYS: keys, [name]: value })))
        const said = JSON.stringify(error)
        expect(said).toContain(`the variable ${name} `)
        expect(said).not.toContain("2025550166")
        expect(said).not.toContain("a-secret")
      })
  )

  it.effect("says the nearest right form of a time without a unit, and takes none at all as it is", () =>
    Effect.gen(function*() {
      const said = JSON.stringify(yield* read({ INTERLINE_API_KEYS: keys, INTERLINE_KEEP_ALIVE: "5" }))
      expect(said).toContain("write 5 seconds")
      const settings = Either.getOrThrow(yield* read({ INTERLINE_API_KEYS: keys, INTERLINE_CATCH_UP_WAIT: "0" }))
      expect(Duration.toMillis(settings.catchUp.waitFor)).toBe(0)
    }))

  it.effect("let no word opt out and in, and take the words that mean what they mean anyway", () =>
    Effect.gen(function*() {
      const said = JSON.stringify(
        yield* read({ INTERLINE_API_KEYS: keys, INTERLINE_OPT_OUT_WORDS: "alto", INTERLINE_OPT_IN_WORDS: "si, ALTO!" })
      )
      expect(said).toContain("also in INTERLINE_OPT_OUT_WORDS")
      const { words } = Either.getOrThrow(
        yield* read({ INTERLINE_API_KEYS: keys, INTERLINE_OPT_OUT_WORDS: "stop, alto", INTERLINE_OPT_IN_WORDS: "yes, start" })
      )
      expect(words).toEqual({ optOut: ["stop", "alto"], optIn: ["yes", "start"] })
    }))

  it.effect.each(["collector:4318", "ftp://collector.example", "not a URL"])(
    "an OTLP endpoint that is no web address is refused: %s",
    (value) =>
      Effect.gen(function*() {
        const provider = ConfigProvider.fromMap(new Map([["OTEL_EXPORTER_OTLP_ENDPOINT", value]]))
        const error = yield* Effect.flip(Effect.withConfigProvider(GatewayConfig.otlpEndpoint, provider))
        expect(JSON.stringify(error)).toContain("the variable OTEL_EXPORTER_OTLP_ENDPOINT ")
      })
  )

  it.effect("hold the webhooks' secrets of each carrier under its own prefix", () =>
    Effect.gen(function*() {
      const secrets = (prefix: string, vendor: string) =>
        Effect.map(GatewayConfig.webhookSecrets(prefix, vendor), (found) => found.map(Redacted.value))
      const provider = ConfigProvider.fromMap(
        new Map([["LINQ_WEBHOOK_SECRET", "whsec_new, whsec_old"], ["EU_SENDBLUE_WEBHOOK_SECRET", "one"]])
      )
      const found = yield* Effect.withConfigProvider(
        Effect.all([secrets("", "linq"), secrets("EU_", "sendblue"), secrets("", "sendblue")]),
        provider
      )
      expect(found).toEqual([["whsec_new", "whsec_old"], ["one"], []])
    }))
})
