import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as GatewayConfig from "../src/config/GatewayConfig.ts"
import * as UnknownVariables from "../src/config/UnknownVariables.ts"

const told = (provider: ConfigProvider.ConfigProvider) =>
  Effect.gen(function*() {
    const lines: Array<string> = []
    yield* Effect.withConfigProvider(UnknownVariables.warn, provider).pipe(
      Effect.provide(Logger.replace(Logger.defaultLogger, Logger.make(({ message }) => lines.push(String(message)))))
    )
    return lines
  })

// as `ConfigProvider.fromEnv` reads the environment
const environment = (entries: Record<string, string>) => ConfigProvider.fromMap(new Map(Object.entries(entries)), { pathDelim: "_" })

const entries = {
  INTERLINE_FIDELTY: "exact",
  INTERLINE_LINES: "support=linq:+1",
  INTERLINE_API_KEY: "app=a-secret-of-16-characters",
  INTERLINE_UNICORN: "1",
  PATH: "/bin",
  LINQ_API_KEY: "x",
  INTERLINER: "y"
}

describe("variables of ours that nothing reads", () => {
  for (
    const [name, provider] of [["the environment", environment(entries)], [
      "a map",
      ConfigProvider.fromMap(new Map(Object.entries(entries)))
    ]] as const
  ) {
    it.effect(`are named at the start, with the nearest one, and without their values: ${name}`, () =>
      Effect.gen(function*() {
        deepStrictEqual(yield* told(provider), [
          "the variable INTERLINE_API_KEY is not known, and nothing reads it; did you mean INTERLINE_API_KEYS?",
          "the variable INTERLINE_FIDELTY is not known, and nothing reads it; did you mean INTERLINE_FIDELITY?",
          "the variable INTERLINE_UNICORN is not known, and nothing reads it"
        ])
      }))
  }

  it.effect("are found among those of this process", () =>
    Effect.gen(function*() {
      process.env["INTERLINE_STRIKT"] = "yes"
      const lines = yield* Effect.ensuring(told(ConfigProvider.fromEnv()), Effect.sync(() => delete process.env["INTERLINE_STRIKT"]))
      assert.include(lines, "the variable INTERLINE_STRIKT is not known, and nothing reads it; did you mean INTERLINE_STRICT?")
    }))

  it.effect("are none where each has a table", () =>
    Effect.gen(function*() {
      const known = Object.fromEntries(GatewayConfig.variables.map(({ name }) => [name, "1"]))
      deepStrictEqual(
        yield* told(environment({ ...known, INTERLINE_CARRIERS: "linq-eu=linq", INTERLINE_CARRIER: "linq", INTERLINE_POLICY: "{}" })),
        []
      )
    }))
})
