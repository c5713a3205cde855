import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Gateway from "../src/Gateway.ts"

const refusal = (entries: Record<string, string>) =>
  Layer.build(Layer.provide(Gateway.layer(), NodeHttpServer.layerTest)).pipe(
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(entries)))),
    Effect.flip,
    Effect.map(({ message }) => message),
    Effect.scoped
  )

describe("a gateway that cannot start", () => {
  it.effect("tells every mistake at once, and no secret", () =>
    Effect.gen(function*() {
      const message = yield* refusal({
        INTERLINE_API_KEYS: "app=short",
        INTERLINE_LINES: "support=lynq:+1",
        INTERLINE_CARRIER: "linq",
        PORT: "many",
        INTERLINE_SQLITE_SYNCHRONOUS: "ful"
      })
      for (
        const part of ["INTERLINE_API_KEYS", "lynq", "PORT", "must be one of normal, full; \"ful\" is none of them; did you mean \"full\"?"]
      ) assert.include(message, part)
      assert.notInclude(message, "short")
    }))

  it.effect.each([
    [
      "a key, credentials and a policy",
      {
        INTERLINE_API_KEYS: "app=short",
        INTERLINE_LINES: "support=linq:+12025550101,sendblue:+12025550201",
        INTERLINE_POLICY: "{\"prefer\":[\"linq\",\"owl\"],\"retry\":{\"times\":99}}"
      },
      ["INTERLINE_API_KEYS", "retry.times"],
      []
    ],
    [
      "credentials of two vendors, a rule and a number",
      {
        INTERLINE_API_KEYS: "app=0123456789abcdef",
        PORT: "many",
        INTERLINE_LINES: "support=linq:+12025550101,sendblue:+12025550201",
        INTERLINE_POLICY: "{\"prefer\":[\"linq\",\"sendblue\"],\"rules\":[{\"match\":{\"lines\":[\"billing\"]},\"prefer\":[\"owl\"]}]}"
      },
      ["PORT", "LINQ_API_KEY", "SENDBLUE_API_KEY", "SENDBLUE_API_SECRET", "rules.0.prefer.0: no carrier \"owl\"", "rules.0.match.lines.0"],
      []
    ],
    [
      "lines, fidelity and credentials",
      {
        INTERLINE_API_KEYS: "app=0123456789abcdef",
        INTERLINE_FIDELITY: "exat",
        INTERLINE_LINES: "support=lynq:+1",
        INTERLINE_PREFER: "sendblue"
      },
      ["INTERLINE_FIDELITY", "did you mean \"exact\"?", "lynq", "SENDBLUE_API_KEY"],
      ["LINQ_API_KEY"]
    ],
    [
      "an account of its own name, and a contradiction",
      {
        INTERLINE_API_KEYS: "app=0123456789abcdef",
        INTERLINE_CARRIERS: "linq-eu=linq",
        INTERLINE_LINES: "support=linq-eu:+442071838750",
        INTERLINE_POLICY: "{\"prefer\":[\"linq-eu\"],\"fidelity\":\"adapt\"}",
        INTERLINE_FIDELITY: "exact"
      },
      ["LINQ_EU_", "write it once"],
      []
    ],
    [
      "what is passed on, and a port",
      {
        INTERLINE_API_KEYS: "app=0123456789abcdef",
        INTERLINE_CARRIER: "linq",
        LINQ_API_KEY: "token",
        INTERLINE_LINES: "support=linq:+12025550101",
        INTERLINE_PASS_THROUGH: "linq:contacts, sendblu:contacts, sendblue:contact, sendblue:contacts",
        PORT: "many"
      },
      [
        "INTERLINE_PASS_THROUGH",
        "a group of linq must be one of",
        "a carrier must be one of linq, sendblue; \"sendblu\" is none of them; did you mean \"sendblue\"?",
        "did you mean \"contacts\"?",
        "SENDBLUE_API_KEY",
        "PORT"
      ],
      ["LINQ_API_KEY"]
    ],
    [
      "what is passed on, in a form that cannot be read",
      {
        INTERLINE_API_KEYS: "app=0123456789abcdef",
        INTERLINE_CARRIER: "linq",
        LINQ_API_KEY: "token",
        INTERLINE_LINES: "support=linq:+12025550101",
        INTERLINE_PASS_THROUGH: "contacts"
      },
      ["write sendblue:contacts and commas between"],
      []
    ],
    [
      "one group for two accounts",
      {
        INTERLINE_API_KEYS: "app=0123456789abcdef",
        INTERLINE_CARRIERS: "linq-eu=linq",
        INTERLINE_CARRIER: "linq",
        LINQ_API_KEY: "token",
        LINQ_EU_LINQ_API_KEY: "token",
        INTERLINE_LINES: "support=linq:+12025550101,linq-eu:+442071838750",
        INTERLINE_PASS_THROUGH: "linq:messages,linq-eu:messages"
      },
      ["messages is given to two accounts of linq"],
      []
    ]
  ] as ReadonlyArray<readonly [string, Record<string, string>, ReadonlyArray<string>, ReadonlyArray<string>]>)(
    "tells mistakes of every kind together, each once: %s",
    ([, variables, parts, absent]) =>
      Effect.gen(function*() {
        const message = yield* refusal(variables)
        for (const part of parts) assert.include(message, part)
        for (const part of absent) assert.notInclude(message, part)
        const sentences = message.split("; ")
        deepStrictEqual(sentences, Array.from(new Set(sentences)))
      })
  )

  it.effect("tells one mistake once", () =>
    Effect.gen(function*() {
      const message = yield* refusal({
        INTERLINE_API_KEYS: "app=0123456789abcdef",
        INTERLINE_CARRIER: "linc",
        INTERLINE_LINES: "support=linq:+12025550101"
      })
      assert.strictEqual(message.split("INTERLINE_CARRIER,").length, 2, message)
      assert.include(message, "\"linc\" is none of them; did you mean \"linq\"?")
    }))
})
