import { describe, expect, it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Linq from "../src/Linq.ts"
import { chatId, chatRef, from, recording, surroundings } from "./support.ts"

const environment = (variables: Record<string, string>) =>
  Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))

const lines = { support: from }

/** Builds the carrier and asks for a chat: which URL and token were used? */
const used = (options: Linq.ConfigOptions, variables: Record<string, string> = {}) => {
  const { client, requests } = recording({ body: { id: chatId } })
  return Effect.flatMap(Linq.Linq, (carrier) => carrier.getChat(chatRef)).pipe(
    Effect.map(() => [requests[0]?.url.replace(`/v3/chats/${chatId}`, ""), requests[0]?.headers["authorization"]]),
    Effect.provide(Layer.provide(Linq.layerConfig(options), surroundings(client))),
    environment(variables)
  )
}

const production = "https://api.linqapp.com/api/partner"

describe("the environment", () => {
  for (
    const [name, variables, url, token] of [
      ["the client's variable", { LINQ_API_V3_API_KEY: "a" }, production, "a"],
      ["the second", { LINQ_API_KEY: "b" }, production, "b"],
      ["the third", { LINQ_API_TOKEN: "c" }, production, "c"],
      ["the first that is not blank", { LINQ_API_V3_API_KEY: " ", LINQ_API_KEY: "Bearer ", LINQ_API_TOKEN: "c" }, production, "c"],
      ["the first of several", { LINQ_API_V3_API_KEY: "a", LINQ_API_KEY: "b" }, production, "a"],
      ["a token that was pasted with its scheme", { LINQ_API_KEY: " Bearer  b\n" }, production, "b"],
      ["a base URL", { LINQ_API_KEY: "b", LINQ_BASE_URL: "http://localhost:1/x/" }, "http://localhost:1/x", "b"],
      [
        "the client's base URL first",
        { LINQ_API_KEY: "b", LINQ_API_V3_BASE_URL: "http://one", LINQ_BASE_URL: "http://two" },
        "http://one",
        "b"
      ],
      ["the docs' root URL", { LINQ_API_KEY: "b", LINQ_BASE_URL: `${production}/v3` }, production, "b"]
    ] as const
  ) {
    it.effect(`gives ${name}`, () => Effect.map(used({ lines }, variables), (found) => expect(found).toEqual([url, `Bearer ${token}`])))
  }

  it.effect("is not asked for what the options say", () =>
    Effect.gen(function*() {
      const variables = { LINQ_API_KEY: "b", LINQ_BASE_URL: "http://two" }
      expect(yield* used({ lines, token: Redacted.make("Bearer mine") }, variables)).toEqual(["http://two", "Bearer mine"])
      expect(yield* used({ lines, baseUrl: "http://mine" }, variables)).toEqual(["http://mine", "Bearer b"])
      expect(yield* used({ lines, baseUrl: " ", token: Redacted.make("") }, variables)).toEqual(["http://two", "Bearer b"])
      expect(yield* used({ lines, token: Redacted.make("mine") })).toEqual([production, "Bearer mine"])
    }))

  it.effect("may give the lines too", () => {
    const fromVariable = Config.map(Config.string("SUPPORT"), (support) => ({ support }))
    return Effect.map(used({ lines: fromVariable }, { LINQ_API_KEY: "b", SUPPORT: from }), ([url]) => expect(url).toBe(production))
  })

  it.effect("is read without a carrier", () =>
    Effect.map(environment({ LINQ_API_KEY: "b", LINQ_BASE_URL: "http://two" })(Linq.config()), ({ baseUrl, token }) => {
      expect([Redacted.value(token), baseUrl]).toEqual(["b", "http://two"])
    }))
})

describe("what is missing or wrong", () => {
  const failing = (options: Linq.ConfigOptions, variables: Record<string, string> = {}) =>
    Effect.map(Effect.flip(used(options, variables)), String)
  const token = Redacted.make("linq-token-1")

  it.effect("is a token, named as an option and as variables", () =>
    Effect.gen(function*() {
      const sentence = "Linq: the token is missing; pass the option token or set LINQ_API_V3_API_KEY, LINQ_API_KEY or LINQ_API_TOKEN"
      expect(yield* failing({ lines })).toContain(sentence)
      expect(yield* failing({ lines }, { LINQ_API_KEY: "  " })).toContain(sentence)
      const { client } = recording()
      const blank = Effect.flip(Linq.make({ lines, token: Redacted.make(" Bearer ") })).pipe(Effect.provide(surroundings(client)))
      expect(String(yield* blank)).toContain(sentence)
    }))

  for (
    const [option, options] of [
      ["lines", { lines: {} }],
      ["lines", { lines: { support: "2025550177" } }],
      ["lines", { lines: { support: "someone@example.com" } }],
      ["lines", { lines: { "my line": from } }],
      ["carrierId", { lines, carrierId: "Linq:EU" }],
      ["baseUrl", { lines, baseUrl: "api.linqapp.com" }],
      ["replayFor", { lines, replayFor: "soon" as never }],
      ["replayFor", { lines, replayFor: Duration.infinity }]
    ] as const
  ) {
    it.effect(`is ${option} in ${JSON.stringify(options)}, and what is wrong is not quoted`, () =>
      Effect.map(failing({ ...options, token }), (sentence) => {
        expect(sentence).toMatch(new RegExp(`"Linq: the ${option} .*; pass the option ${option}`))
        for (const leak of ["linq-token", "2025550177", "someone@"]) expect(sentence).not.toContain(leak)
      }))
  }
})

describe("an instance", () => {
  it.effect("has its own id", () => {
    const { client } = recording()
    return Effect.map(
      Linq.make({ lines, token: Redacted.make("t"), carrierId: "linq-eu" }).pipe(Effect.provide(surroundings(client))),
      (carrier) => {
        expect([carrier.id, carrier.vendor, Array.from(carrier.lines)]).toEqual(["linq-eu", "linq", [["support", from]]])
        expect(carrier.capabilities).toBe(Linq.capabilities)
      }
    )
  })

  it.effect("is a layer", () => {
    const { client } = recording()
    return Effect.map(Linq.Linq, (carrier) => expect(carrier.id).toBe("linq")).pipe(
      Effect.provide(Layer.provide(Linq.layer({ lines, token: Redacted.make("t") }), surroundings(client)))
    )
  })
})
