import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as Messaging from "@interline/core/Messaging"
import * as Suppression from "@interline/core/Suppression"
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

/** Answers as either vendor would, and remembers where it was asked. */
const recording = () => {
  const urls: Array<string> = []
  const client = HttpClient.make((request, url) =>
    Effect.sync(() => {
      urls.push(url.href)
      if (request.method === "GET") return HttpClientResponse.fromWeb(request, Response.json({ chats: [], next_cursor: null }))
      const path = Object.keys(answers).find((path) => url.pathname.endsWith(path))
      return HttpClientResponse.fromWeb(request, Response.json(path === undefined ? {} : answers[path]))
    })
  )
  return { urls, layer: Layer.succeed(HttpClient.HttpClient, client) }
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
  effect: Effect.Effect<A, E, Messaging.Messaging | Suppression.Suppression>,
  options?: Interline.Options
) => {
  const { layer, urls } = recording()
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
    (result) => ({ result, urls })
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

  it.effect("null where nothing is meant is nothing", () =>
    Effect.gen(function*() {
      const { result } = yield* under(environment, send, JSON.parse("{\"linq\":null,\"lines\":null}"))
      expect(result._tag).toBe("Right")
    }))
})
