import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as Messaging from "@interline/core/Messaging"
import * as Suppression from "@interline/core/Suppression"
import * as Router from "@interline/router/Router"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Interline from "../src/Interline.ts"

const ada = Handle.make("+12025550123")
const to = Conversation.direct(Line.name("support"), ada)

const answers: Readonly<Record<string, unknown>> = {
  "/v3/chats": { chat: { id: "chat-1", message: { id: "message-1", delivery_status: "pending", service: "iMessage" } } },
  "/api/send-message": { status: "QUEUED", message_handle: "handle-1", error_code: null }
}

/** Answers as either vendor would, and remembers where it was asked, and by which token. A host that is down refuses the connection. */
const recording = (down: ReadonlyArray<string> = []) => {
  const urls: Array<string> = []
  const tokens: Array<string | undefined> = []
  const client = HttpClient.make((request, url) =>
    Effect.suspend(() => {
      if (down.includes(url.hostname)) {
        return Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause: { code: "ECONNREFUSED" } }))
      }
      urls.push(url.href)
      tokens.push(request.headers["authorization"] ?? request.headers["sb-api-key-id"])
      return respond(request, url)
    })
  )
  const respond = (request: HttpClientRequest.HttpClientRequest, url: URL) =>
    Effect.sync(() => {
      if (request.method === "GET") return HttpClientResponse.fromWeb(request, Response.json({ chats: [], next_cursor: null }))
      const path = Object.keys(answers).find((path) => url.pathname.endsWith(path))
      return HttpClientResponse.fromWeb(request, Response.json(path === undefined ? {} : answers[path]))
    })
  return { urls, tokens, layer: Layer.succeed(HttpClient.HttpClient, client) }
}

const environment = {
  INTERLINE_CARRIER: "linq",
  INTERLINE_LINES: "support=linq:+12025550101,sendblue:+12025550201;sales=linq:+12025550102",
  LINQ_API_KEY: "linq-token",
  SENDBLUE_API_KEY: "sendblue-key",
  SENDBLUE_API_SECRET: "sendblue-secret"
}

const under = <A, E>(
  variables: Readonly<Record<string, string>>,
  effect: Effect.Effect<A, E, Messaging.Messaging | Router.Router | Suppression.Suppression>,
  options?: Interline.Options,
  down?: ReadonlyArray<string>
) => {
  const { layer, tokens, urls } = recording(down)
  return Effect.map(
    Effect.either(
      Effect.provide(
        effect,
        Interline.layerConfig(options).pipe(
          Layer.provide(layer),
          Layer.provide(Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables)))))
        )
      )
    ),
    (result) => ({ result, urls, tokens })
  )
}

const send = Messaging.send(to, Draft.text("hello"))

describe("layerConfig", () => {
  it.effect.each([
    ["linq", "https://api.linqapp.com/api/partner/v3/chats"],
    ["sendblue", "https://api.sendblue.co/api/send-message"]
  ] as const)("the carrier %s is chosen by configuration alone", ([carrier, url]) =>
    Effect.gen(function*() {
      const { result, urls } = yield* under({ ...environment, INTERLINE_CARRIER: carrier }, send)
      expect(result).toMatchObject({ _tag: "Right", right: { carrierId: carrier } })
      expect(urls).toEqual([url])
    }))

  it.effect("options win over the environment, field by field", () =>
    Effect.gen(function*() {
      const { urls } = yield* under(environment, send, {
        carrier: "sendblue",
        lines: { support: { sendblue: "+1 (202) 555-0209" } },
        sendblue: { baseUrl: "http://127.0.0.1:1", apiKey: Redacted.make("mine") }
      })
      expect(urls).toEqual(["http://127.0.0.1:1/api/send-message"])
    }))

  it.effect("an opt-out that the application records is honoured", () =>
    Effect.gen(function*() {
      const { result, urls } = yield* under(
        environment,
        Effect.flatMap(Suppression.Suppression, (suppression) => Effect.zipRight(suppression.add(ada, "explicit"), send))
      )
      expect(result).toMatchObject({ _tag: "Left", left: { _tag: "NotSent", error: { reason: "Suppressed" } } })
      expect(urls).toEqual([])
    }))

  it.effect("fidelity is read, and a draft's own wins", () =>
    Effect.gen(function*() {
      const star = Draft.text("wish", { effect: "shooting_star" })
      const exact = yield* under({ ...environment, INTERLINE_FIDELITY: "exact" }, Messaging.send(to, star))
      expect(exact.result).toMatchObject({ _tag: "Left", left: { _tag: "Invalid", problems: [{ rule: "fidelity" }] } })
      const own = yield* under({ ...environment, INTERLINE_FIDELITY: "exact" }, Messaging.send(to, { ...star, fidelity: "adapt" }))
      expect(own.result._tag).toBe("Right")
    }))

  const without = (name: keyof typeof environment): Readonly<Record<string, string>> => Object.fromEntries(Object.entries(environment).filter(([key]) => key !== name))

  it.effect.each([
    ["no carrier", without("INTERLINE_CARRIER"), ["carrier", "INTERLINE_CARRIER", "linq, sendblue"]],
    ["an unknown carrier", { ...environment, INTERLINE_CARRIER: "pigeon" }, ["carrier", "INTERLINE_CARRIER"]],
    ["no lines", without("INTERLINE_LINES"), ["lines", "INTERLINE_LINES"]],
    ["lines for another carrier", { ...environment, INTERLINE_LINES: "support=sendblue:+12025550201" }, ["lines", "INTERLINE_LINES", "linq"]],
    ["a malformed number", { ...environment, INTERLINE_LINES: "support=linq:5559999" }, ["INTERLINE_LINES", "support", "E.164"]],
    ["lines that are no JSON", { ...environment, INTERLINE_LINES: "{" }, ["INTERLINE_LINES", "JSON"]],
    ["no token", without("LINQ_API_KEY"), ["token", "LINQ_API_V3_API_KEY", "LINQ_API_KEY", "LINQ_API_TOKEN"]],
    ["a blank token", { ...environment, LINQ_API_KEY: "  " }, ["token", "LINQ_API_KEY"]],
    ["a token with a line break", { ...environment, LINQ_API_KEY: "a\nb" }, ["token", "LINQ_API_KEY"]],
    ["no secret", { ...without("SENDBLUE_API_SECRET"), INTERLINE_CARRIER: "sendblue" }, ["SENDBLUE_API_SECRET"]],
    ["a base URL that is none", { ...environment, LINQ_BASE_URL: "linq" }, ["baseUrl", "LINQ_BASE_URL"]],
    ["an unknown fidelity", { ...environment, INTERLINE_FIDELITY: "perfect" }, ["fidelity", "INTERLINE_FIDELITY"]]
  ] as ReadonlyArray<readonly [string, Readonly<Record<string, string>>, ReadonlyArray<string>]>)("%s fails at start with one sentence that names the option and the variable", ([, variables, names]) =>
    Effect.gen(function*() {
      const { result, urls } = yield* under(variables, send)
      expect(result).toMatchObject({ _tag: "Left", left: { _tag: "ConfigurationError" } })
      const sentence = result._tag === "Left" && result.left instanceof Interline.ConfigurationError ? result.left.message : ""
      for (const name of names) expect(sentence).toContain(name)
      expect(sentence).not.toContain("\n")
      expect(sentence).not.toContain("5559999")
      expect(urls).toEqual([])
    }))

  it.effect.each([
    ["options that say it twice", environment, { prefer: ["linq"], carrier: "linq" }, ["prefer and carrier", "keep one"]],
    ["variables that say it twice", { ...environment, INTERLINE_PREFER: "linq" }, {}, ["INTERLINE_PREFER and INTERLINE_CARRIER", "keep one"]],
    ["a policy that is no JSON", { ...without("INTERLINE_CARRIER"), INTERLINE_POLICY: "{" }, {}, ["option policy", "INTERLINE_POLICY", "not valid JSON"]],
    ["a bare list as policy", { ...without("INTERLINE_CARRIER"), INTERLINE_POLICY: "[\"linq\",\"sendblue\"]" }, {}, ["INTERLINE_POLICY", "write {\"prefer\": [\"linq\",\"sendblue\"]}"]],
    ["a policy with a wrong field", { ...without("INTERLINE_CARRIER"), INTERLINE_POLICY: "{\"prefer\":[\"linq\"],\"maxWait\":\"soon\"}" }, {}, ["INTERLINE_POLICY", "maxWait: "]],
    ["a policy that contradicts itself", environment, { policy: { prefer: ["linq"], deadlines: { attempt: 2, send: 1 } } }, ["option policy", "deadlines.attempt: "]],
    ["a carrier twice", { ...without("INTERLINE_CARRIER"), INTERLINE_PREFER: "linq, linq" }, {}, ["option prefer", "INTERLINE_PREFER", "prefer.1: \"linq\" is named twice"]],
    ["a carrier of no vendor", { ...without("INTERLINE_CARRIER"), INTERLINE_PREFER: "linq, pigeon" }, {}, ["\"pigeon\"", "linq, sendblue", "option carriers", "INTERLINE_CARRIERS", "pigeon=linq"]],
    ["a preferred carrier without a line", { ...environment, INTERLINE_LINES: "support=linq:+12025550101" }, { prefer: ["linq", "sendblue"] }, ["INTERLINE_LINES", "sendblue"]],
    ["a line that only the other carrier has", environment, { policy: { prefer: ["sendblue"], carriers: { linq: {} } } }, ["prefer: no carrier in it has the line \"sales\""]],
    ["a number for nobody", { ...environment, INTERLINE_LINES: "support=linq:+12025550101,lynq:+12025550102" }, {}, ["INTERLINE_LINES", "line \"support\"", "\"lynq\"", "linq, sendblue"]],
    ["two fidelities", { ...environment, INTERLINE_FIDELITY: "adapt" }, { policy: { prefer: ["linq"], fidelity: "exact" } }, ["INTERLINE_FIDELITY", "adapt", "exact", "write it once"]],
    ["carriers that cannot be read", { ...environment, INTERLINE_CARRIERS: "linq-eu" }, {}, ["option carriers", "INTERLINE_CARRIERS", "linq-eu=linq"]],
    ["a carrier with two vendors", { ...environment, INTERLINE_CARRIERS: "a=linq,a=sendblue" }, {}, ["INTERLINE_CARRIERS", "names a carrier twice"]],
    ["a carrier of an unknown vendor", { ...environment, INTERLINE_CARRIERS: "linq-eu=pigeon" }, {}, ["INTERLINE_CARRIERS", "\"linq-eu\"", "linq, sendblue"]],
    ["a carrier with a bad name", environment, { carriers: { "Linq EU": { vendor: "linq" } } }, ["option carriers", "lower-case"]],
    ["two carriers with one id", environment, { linq: { carrierId: "sendblue" } }, ["\"sendblue\"", "carrierId"]],
    ["a token that is missing under another name", { ...environment, INTERLINE_CARRIERS: "linq-eu=linq", INTERLINE_LINES: "support=linq:+12025550101,linq-eu:+12025550102" }, {}, ["\"linq-eu\"", "LINQ_API_TOKEN", "LINQ_EU_ in front"]]
  ] as ReadonlyArray<readonly [string, Readonly<Record<string, string>>, Interline.Options, ReadonlyArray<string>]>)("%s fails at start with one sentence", ([, variables, options, names]) =>
    Effect.gen(function*() {
      const { result, urls } = yield* under(variables, send, options)
      expect(result).toMatchObject({ _tag: "Left", left: { _tag: "ConfigurationError" } })
      const sentence = result._tag === "Left" && result.left instanceof Interline.ConfigurationError ? result.left.message : ""
      for (const name of names) expect(sentence).toContain(name)
      expect(sentence).not.toContain("\n")
      expect(sentence).not.toContain("+12025550102")
      expect(urls).toEqual([])
    }))

  it.effect("null where nothing is meant is nothing", () =>
    Effect.gen(function*() {
      const { result } = yield* under(environment, send, JSON.parse("{\"linq\":null,\"lines\":null}"))
      expect(result._tag).toBe("Right")
    }))
})

describe("several carriers", () => {
  const several: Readonly<Record<string, string>> = {
    INTERLINE_LINES: "support=linq:+12025550101,sendblue:+12025550201",
    LINQ_API_KEY: "linq-token",
    SENDBLUE_API_KEY: "sendblue-key",
    SENDBLUE_API_SECRET: "sendblue-secret"
  }
  const sendblueFirst = JSON.stringify({ prefer: ["sendblue", "linq"] })

  it.effect.each([
    ["by the short form", { ...several, INTERLINE_PREFER: "linq, sendblue" }, {}, "linq"],
    ["the other way round", { ...several, INTERLINE_PREFER: " Sendblue ,linq" }, {}, "sendblue"],
    ["by a policy", { ...several, INTERLINE_POLICY: sendblueFirst }, {}, "sendblue"],
    ["by an option, which wins over variables", { ...several, INTERLINE_PREFER: "linq", INTERLINE_CARRIER: "linq" }, { prefer: ["sendblue", "linq"] }, "sendblue"],
    ["by a policy in the program", { ...several, INTERLINE_POLICY: "{" }, { policy: { prefer: ["sendblue"] } }, "sendblue"]
  ] as ReadonlyArray<readonly [string, Readonly<Record<string, string>>, Interline.Options, string]>)("%s: the first takes it", ([, variables, options, first]) =>
    Effect.gen(function*() {
      const { result, urls } = yield* under(variables, send, options)
      expect(result).toMatchObject({ _tag: "Right", right: { carrierId: first } })
      expect(urls).toHaveLength(1)
    }))

  it.effect.each([
    ["linq, sendblue", "api.linqapp.com", "sendblue"],
    ["sendblue, linq", "api.sendblue.co", "linq"]
  ] as const)("%s: the second takes it when %s refuses the connection", ([prefer, host, second]) =>
    Effect.gen(function*() {
      const { result, urls } = yield* under({ ...several, INTERLINE_PREFER: prefer }, send, {}, [host])
      expect(result).toMatchObject({ _tag: "Right", right: { carrierId: second, attempts: [{ outcome: "rejected" }, { outcome: "accepted", carrierId: second }] } })
      expect(urls.map((url) => new URL(url).hostname)).not.toContain(host)
      expect(urls).toHaveLength(1)
    }))

  it.effect("an opt-out stops all of them", () =>
    Effect.gen(function*() {
      const { result, urls } = yield* under(
        { ...several, INTERLINE_PREFER: "linq, sendblue" },
        Effect.flatMap(Suppression.Suppression, (suppression) => Effect.zipRight(suppression.add(ada, "explicit"), send))
      )
      expect(result).toMatchObject({ _tag: "Left", left: { _tag: "NotSent", error: { reason: "Suppressed" } } })
      expect(urls).toEqual([])
    }))

  it.effect("a key joins its first send, also over one carrier", () =>
    Effect.gen(function*() {
      const keyed = Messaging.send(to, Draft.text("hello"), { key: "order-1" })
      const { result, urls } = yield* under({ ...several, INTERLINE_CARRIER: "linq" }, Effect.all([keyed, keyed]))
      expect(result._tag === "Right" ? new Set(result.right.map(({ id }) => id)).size : 0).toBe(1)
      expect(urls).toHaveLength(1)
    }))

  it.effect("the router explains itself", () =>
    Effect.gen(function*() {
      const explained = Effect.flatMap(send, ({ id }) => Effect.flatMap(Router.Router, (router) => router.explain(id)))
      const { result } = yield* under({ ...several, INTERLINE_PREFER: "linq,sendblue" }, explained, {}, ["api.linqapp.com"])
      expect(result).toMatchObject({ right: { value: { trials: [{ carrierId: "linq" }, { carrierId: "sendblue" }] } } })
    }))

  it.effect("two accounts of one vendor read their own variables, and options win over those", () =>
    Effect.gen(function*() {
      const variables = {
        ...several,
        INTERLINE_LINES: "support=linq:+12025550101,linq-eu:+442071838750",
        INTERLINE_CARRIERS: "linq-eu=linq",
        LINQ_EU_LINQ_API_TOKEN: "eu-token",
        LINQ_EU_LINQ_BASE_URL: "http://eu.invalid/api"
      }
      const prefer = ["linq-eu", "linq"]
      const first = yield* under(variables, send, { prefer })
      expect(first.result).toMatchObject({ _tag: "Right", right: { carrierId: "linq-eu" } })
      expect([first.urls, first.tokens]).toEqual([["http://eu.invalid/api/v3/chats"], ["Bearer eu-token"]])
      const own = yield* under(variables, send, { prefer, carriers: { "linq-eu": { vendor: "linq", token: Redacted.make("mine") } } })
      expect([own.urls, own.tokens]).toEqual([["http://eu.invalid/api/v3/chats"], ["Bearer mine"]])
      const other = yield* under(variables, send, { prefer }, ["eu.invalid"])
      expect(other.result).toMatchObject({ _tag: "Right", right: { carrierId: "linq" } })
      expect(other.tokens).toEqual(["Bearer linq-token"])
    }))
})
