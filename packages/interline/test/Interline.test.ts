import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, expect, it } from "@effect/vitest"
import * as CarrierId from "@interline/core/CarrierId"
import * as ChatBook from "@interline/core/ChatBook"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as Messaging from "@interline/core/Messaging"
import * as Part from "@interline/core/Part"
import * as Suppression from "@interline/core/Suppression"
import type * as Vendor from "@interline/core/Vendor"
import * as Linq from "@interline/linq/Linq"
import * as Ledger from "@interline/router/Ledger"
import * as MemoryLedger from "@interline/router/MemoryLedger"
import * as Router from "@interline/router/Router"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Interline from "../src/Interline.ts"
import * as Vendors from "../src/Vendors.ts"

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
  INTERLINE_LINES: "support=linq:+12025550101,sendblue:+12025550201;sales=linq:+12025550192,sendblue:+12025550202",
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
  it.effect.each(
    [
      ["linq", "https://api.linqapp.com/api/partner/v3/chats"],
      ["sendblue", "https://api.sendblue.co/api/send-message"]
    ] as const
  )("the carrier %s is chosen by configuration alone", ([carrier, url]) =>
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

  const without = (name: keyof typeof environment): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(environment).filter(([key]) => key !== name))

  it.effect.each([
    ["no carrier", without("INTERLINE_CARRIER"), ["carrier", "INTERLINE_CARRIER", "linq, sendblue"]],
    ["an unknown carrier", { ...environment, INTERLINE_CARRIER: "pigeon" }, ["carrier", "INTERLINE_CARRIER"]],
    ["no lines", without("INTERLINE_LINES"), ["lines", "INTERLINE_LINES"]],
    ["a line that only another carrier has", { ...environment, INTERLINE_LINES: "support=sendblue:+12025550201" }, [
      "INTERLINE_CARRIER",
      "prefer: no carrier in it has the line \"support\" (sendblue has)"
    ]],
    ["a malformed number", { ...environment, INTERLINE_LINES: "support=linq:5559999" }, ["INTERLINE_LINES", "support", "E.164"]],
    ["lines that are no JSON", { ...environment, INTERLINE_LINES: "{" }, ["INTERLINE_LINES", "JSON"]],
    ["no token", without("LINQ_API_KEY"), ["token", "LINQ_API_V3_API_KEY", "LINQ_API_KEY", "LINQ_API_TOKEN"]],
    ["a blank token", { ...environment, LINQ_API_KEY: "  " }, ["token", "LINQ_API_KEY"]],
    ["a token with a line break", { ...environment, LINQ_API_KEY: "a\nb" }, ["token", "LINQ_API_KEY"]],
    ["no secret", { ...without("SENDBLUE_API_SECRET"), INTERLINE_CARRIER: "sendblue" }, ["SENDBLUE_API_SECRET"]],
    ["a base URL that is none", { ...environment, LINQ_BASE_URL: "linq" }, ["baseUrl", "LINQ_BASE_URL"]],
    ["an unknown fidelity", { ...environment, INTERLINE_FIDELITY: "perfect" }, ["fidelity", "INTERLINE_FIDELITY"]]
  ] as ReadonlyArray<readonly [string, Readonly<Record<string, string>>, ReadonlyArray<string>]>)(
    "%s fails at start with one sentence that names the option and the variable",
    ([, variables, names]) =>
      Effect.gen(function*() {
        const { result, urls } = yield* under(variables, send)
        expect(result).toMatchObject({ _tag: "Left", left: { _tag: "ConfigurationError" } })
        const sentence = result._tag === "Left" && result.left instanceof Interline.ConfigurationError ? result.left.message : ""
        for (const name of names) expect(sentence).toContain(name)
        expect(sentence).not.toContain("\n")
        expect(sentence).not.toContain("5559999")
        expect(urls).toEqual([])
      })
  )

  const onlyLinqSells: Readonly<Record<string, string>> = {
    ...without("INTERLINE_CARRIER"),
    INTERLINE_LINES: "support=linq:+12025550101,sendblue:+12025550201;sales=linq:+12025550192"
  }

  it.effect.each([
    ["options that say it twice", environment, { prefer: ["linq"], carrier: "linq" }, ["prefer and carrier", "keep one"]],
    ["variables that say it twice", { ...environment, INTERLINE_PREFER: "linq" }, {}, [
      "INTERLINE_PREFER and INTERLINE_CARRIER",
      "keep one"
    ]],
    ["a policy that is no JSON", { ...without("INTERLINE_CARRIER"), INTERLINE_POLICY: "{" }, {}, [
      "option policy",
      "INTERLINE_POLICY",
      "not valid JSON"
    ]],
    ["a bare list as policy", { ...without("INTERLINE_CARRIER"), INTERLINE_POLICY: "[\"linq\",\"sendblue\"]" }, {}, [
      "INTERLINE_POLICY",
      "write {\"prefer\": [\"linq\",\"sendblue\"]}"
    ]],
    [
      "a policy with a wrong field",
      { ...without("INTERLINE_CARRIER"), INTERLINE_POLICY: "{\"prefer\":[\"linq\"],\"maxWait\":\"soon\"}" },
      {},
      ["INTERLINE_POLICY", "maxWait: "]
    ],
    ["a policy that contradicts itself", environment, { policy: { prefer: ["linq"], deadlines: { attempt: 2, send: 1 } } }, [
      "option policy",
      "deadlines.attempt: "
    ]],
    ["a carrier twice", { ...without("INTERLINE_CARRIER"), INTERLINE_PREFER: "linq, linq" }, {}, [
      "option prefer",
      "INTERLINE_PREFER",
      "prefer.1: \"linq\" is named twice"
    ]],
    ["a line that the preferred carrier has not", { ...onlyLinqSells, INTERLINE_PREFER: "sendblue" }, {}, [
      "INTERLINE_PREFER",
      "prefer: no carrier in it has the line \"sales\" (linq has)"
    ]],
    [
      "the other way round",
      {
        ...without("INTERLINE_CARRIER"),
        INTERLINE_PREFER: "linq",
        INTERLINE_LINES: "support=linq:+12025550101;sales=sendblue:+12025550201"
      },
      {},
      [
        "INTERLINE_PREFER",
        "prefer: no carrier in it has the line \"sales\" (sendblue has)"
      ]
    ],
    ["a line that the policy's carrier has not", { ...onlyLinqSells, INTERLINE_POLICY: "{\"prefer\":[\"sendblue\"]}" }, {}, [
      "INTERLINE_POLICY",
      "prefer: no carrier in it has the line \"sales\""
    ]],
    ["a line that the one carrier has not", { ...onlyLinqSells, INTERLINE_CARRIER: "sendblue" }, {}, [
      "INTERLINE_CARRIER",
      "means {\"prefer\":[\"sendblue\"]}",
      "prefer: no carrier in it has the line \"sales\" (linq has)"
    ]],
    ["a line that the rule's carrier has not", onlyLinqSells, {
      policy: { prefer: ["linq"], rules: [{ match: { kind: "group" }, prefer: ["sendblue"] }] }
    }, ["rules.0.prefer: no carrier in it has the line \"sales\""]],
    ["a line without numbers", environment, { lines: { support: { linq: "+12025550101" }, sales: {} } }, [
      "INTERLINE_LINES",
      "line \"sales\" has no numbers"
    ]],
    ["all that is wrong with a policy", environment, {
      policy: {
        prefer: ["linq", "pigeon"],
        rules: [{ match: {}, prefer: ["crow"] }],
        carriers: { dove: {} },
        deadlines: { attempt: 2, send: 1 }
      }
    }, [
      "prefer.1: no carrier \"pigeon\" is configured; configured are linq, sendblue",
      "rules.0.prefer.0: no carrier \"crow\"",
      "carriers.dove: no carrier \"dove\"",
      "deadlines.attempt: "
    ]],
    ["an unknown carrier, before lines that are missing", { ...environment, INTERLINE_LINES: " " }, { prefer: ["pigeon"] }, [
      "prefer.0: no carrier \"pigeon\"",
      "pigeon=linq"
    ]],
    ["a rule for a line where there are none", { ...environment, INTERLINE_LINES: " " }, {
      policy: { prefer: ["linq"], rules: [{ match: { lines: ["sales"] }, prefer: ["linq"] }] }
    }, ["rules.0.match.lines.0: no carrier has a line \"sales\"; there are none"]],
    ["a carrier's id that is none", environment, { linq: { carrierId: "Linq Main" } }, ["option linq.carrierId", "lower-case"]],
    ["a policy of null", { ...without("INTERLINE_CARRIER"), INTERLINE_POLICY: "null" }, {}, [
      "INTERLINE_POLICY",
      "policy: is not an object like {\"prefer\":[\"linq\",\"sendblue\"]}"
    ]],
    ["a word as policy", { ...without("INTERLINE_CARRIER"), INTERLINE_POLICY: "linq" }, {}, [
      "INTERLINE_POLICY",
      "not valid JSON",
      "{\"prefer\":[\"linq\",\"sendblue\"]}"
    ]],
    ["a preference of nobody", { ...without("INTERLINE_CARRIER"), INTERLINE_PREFER: "," }, {}, [
      "INTERLINE_PREFER",
      "prefer: names no carrier"
    ]],
    ["a carrier of no vendor", { ...without("INTERLINE_CARRIER"), INTERLINE_PREFER: "linq, pigeon" }, {}, [
      "\"pigeon\"",
      "linq, sendblue",
      "option carriers",
      "INTERLINE_CARRIERS",
      "pigeon=linq"
    ]],
    ["a preferred carrier without a line", { ...environment, INTERLINE_LINES: "support=linq:+12025550101" }, {
      prefer: ["linq", "sendblue"]
    }, ["INTERLINE_LINES", "sendblue"]],
    ["a line that only a carrier with settings has", onlyLinqSells, { policy: { prefer: ["sendblue"], carriers: { linq: {} } } }, [
      "prefer: no carrier in it has the line \"sales\""
    ]],
    ["a number for nobody", { ...environment, INTERLINE_LINES: "support=linq:+12025550101,lynq:+12025550192" }, {}, [
      "INTERLINE_LINES",
      "line \"support\"",
      "\"lynq\"",
      "linq, sendblue"
    ]],
    ["a line with two numbers at one carrier", { ...environment, INTERLINE_LINES: "support=linq:+12025550101,linq:+12025550192" }, {}, [
      "INTERLINE_LINES",
      "two numbers at one carrier"
    ]],
    ["two fidelities", { ...environment, INTERLINE_FIDELITY: "adapt" }, { policy: { prefer: ["linq"], fidelity: "exact" } }, [
      "INTERLINE_FIDELITY",
      "adapt",
      "exact",
      "write it once"
    ]],
    ["a shadow that is no carrier", { ...environment, INTERLINE_SHADOW: "linqq" }, {}, ["INTERLINE_SHADOW", "did you mean \"linq\"?"]],
    ["two shadows", { ...environment, INTERLINE_SHADOW: "linq" }, { policy: { prefer: ["linq"], shadow: "sendblue" } }, [
      "INTERLINE_SHADOW",
      "the policy says sendblue",
      "write it once"
    ]],
    ["a shadow of itself", environment, { policy: { prefer: ["linq"], shadow: "linq" } }, ["shadow: \"linq\" is the only carrier"]],
    ["a policy with a shadow that is no carrier", environment, { policy: { prefer: ["linq"], shadow: "pigeon" } }, [
      "shadow: no carrier \"pigeon\" is configured"
    ]],
    [
      "a shadow without a number",
      { ...environment, INTERLINE_LINES: "support=linq:+12025550101", INTERLINE_SHADOW: "sendblue" },
      { prefer: ["linq"] },
      ["shadow: no line has a number for \"sendblue\""]
    ],
    ["carriers that cannot be read", { ...environment, INTERLINE_CARRIERS: "linq-eu" }, {}, [
      "option carriers",
      "INTERLINE_CARRIERS",
      "linq-eu=linq"
    ]],
    ["a carrier with two vendors", { ...environment, INTERLINE_CARRIERS: "a=linq,a=sendblue" }, {}, [
      "INTERLINE_CARRIERS",
      "names a carrier twice"
    ]],
    ["a carrier of an unknown vendor", { ...environment, INTERLINE_CARRIERS: "linq-eu=pigeon" }, {}, [
      "INTERLINE_CARRIERS",
      "\"linq-eu\"",
      "linq, sendblue"
    ]],
    ["a carrier with a bad name", environment, { carriers: { "Linq EU": { vendor: "linq" } } }, ["option carriers", "lower-case"]],
    ["two carriers with one id", environment, { linq: { carrierId: "sendblue" } }, ["\"sendblue\"", "carrierId"]],
    [
      "a token that is missing under another name",
      { ...environment, INTERLINE_CARRIERS: "linq-eu=linq", INTERLINE_LINES: "support=linq:+12025550101,linq-eu:+12025550192" },
      {},
      ["\"linq-eu\"", "LINQ_API_TOKEN", "LINQ_EU_ in front"]
    ]
  ] as ReadonlyArray<readonly [string, Readonly<Record<string, string>>, Interline.Options, ReadonlyArray<string>]>)(
    "%s fails at start with one sentence",
    ([, variables, options, names]) =>
      Effect.gen(function*() {
        const { result, urls } = yield* under(variables, send, options)
        expect(result).toMatchObject({ _tag: "Left", left: { _tag: "ConfigurationError" } })
        const sentence = result._tag === "Left" && result.left instanceof Interline.ConfigurationError ? result.left.message : ""
        for (const name of names) expect(sentence).toContain(name)
        expect(sentence).not.toContain("\n")
        expect(sentence).not.toContain("+12025550192")
        expect(urls).toEqual([])
      })
  )

  it.effect("a line may have numbers at carriers that are not in use, and whose credentials are missing", () =>
    Effect.gen(function*() {
      const { result } = yield* under({ ...onlyLinqSells, INTERLINE_PREFER: "linq", SENDBLUE_API_SECRET: "" }, send)
      expect(result._tag).toBe("Right")
    }))

  const planned = (carrier: ReadonlyArray<string>) =>
    Messaging.plan(to, Draft.text("wish", { effect: "shooting_star" }), { carrier: carrier.map((id) => CarrierId.make(id)) })

  it.effect("a plan can be asked for every carrier that is configured, also for one that is not in use and whose credentials are missing; nobody is asked", () =>
    Effect.gen(function*() {
      const { result, urls } = yield* under({ ...environment, SENDBLUE_API_SECRET: "" }, planned(["sendblue", "linq"]))
      expect(result).toMatchObject({
        _tag: "Right",
        right: [
          {
            _tag: "Sendable",
            carrierId: "sendblue",
            steps: [{ path: "/api/send-message", body: { from_number: "+12025550201", send_style: "shooting_star" } }],
            losses: [{ certainty: "conditional" }]
          },
          {
            _tag: "Sendable",
            carrierId: "linq",
            steps: [{ path: "/v3/chats", body: { from: "+12025550101" } }],
            losses: [{ kind: "effect-dropped", certainty: "certain" }]
          }
        ]
      })
      const own = yield* under(environment, Messaging.plan(to, Draft.text("hello")))
      expect(own.result).toMatchObject({ _tag: "Right", right: [{ carrierId: "linq" }] })
      expect(urls).toEqual([])
    }))

  it.effect("a plan for a carrier without a number says what it lacks, and one for a stranger names those that there are", () =>
    Effect.gen(function*() {
      const { result } = yield* under({ ...environment, INTERLINE_LINES: "support=linq:+12025550101" }, planned(["sendblue"]))
      expect(result).toMatchObject({
        _tag: "Right",
        right: [{ _tag: "Refused", carrierId: "sendblue", problems: [{ rule: "line", message: "no line has a number at this carrier" }] }]
      })
      const eu = {
        ...environment,
        INTERLINE_CARRIERS: "linq-eu=linq",
        LINQ_EU_LINQ_API_KEY: "t",
        INTERLINE_LINES: "support=linq:+12025550101,linq-eu:+442071838750"
      }
      expect((yield* under(eu, planned(["linq-eu"]))).result).toMatchObject({
        _tag: "Right",
        right: [{ carrierId: "linq-eu", steps: [{ body: { from: "+442071838750" } }] }]
      })
      expect((yield* under(eu, planned(["linq-us"]))).result).toMatchObject({
        _tag: "Left",
        left: {
          problems: [{
            path: ["options", "carrier", 0],
            message: expect.stringContaining("carriers are: linq, linq-eu, sendblue; did you mean")
          }]
        }
      })
    }))

  it.effect.each(
    [
      ["a text", to, Draft.text("hello"), {}],
      ["a link, which is no first message at Linq", to, Draft.make([Part.link("https://a.example")]), {}],
      ["several parts", to, Draft.make([Part.text("one"), Part.text("two")]), {}],
      ["a confirmation of an opt-out, which needs a vendor's own way", to, Draft.text("you are out"), { confirmsOptOut: true }],
      ["what is exact", to, Draft.text("wish", { effect: "shooting_star" }), { fidelity: "exact" }]
    ] as const
  )("a carrier that is not in use plans as if it were: %s", ([, conversation, draft, options]) =>
    Effect.gen(function*() {
      const plans = (variables: object) =>
        Effect.map(
          under(
            { ...environment, ...variables },
            Messaging.plan(conversation, draft, { ...options, carrier: [CarrierId.make("linq"), CarrierId.make("sendblue")] })
          ),
          ({ result }) => result
        )
      const inUse = yield* plans({ INTERLINE_CARRIER: "", INTERLINE_PREFER: "linq, sendblue" })
      expect(inUse._tag).toBe("Right")
      for (const carrier of ["linq", "sendblue"]) expect(yield* plans({ INTERLINE_CARRIER: carrier })).toEqual(inUse)
    }))

  it.effect("null where nothing is meant is nothing", () =>
    Effect.gen(function*() {
      const { result } = yield* under(environment, send, JSON.parse("{\"linq\":null,\"lines\":null}"))
      expect(result._tag).toBe("Right")
    }))
})

describe("layer", () => {
  it.effect("takes stores and the router's options from the application", () =>
    Effect.gen(function*() {
      const asked: Array<string> = []
      const ledger = Layer.map(MemoryLedger.layer(), (context) => {
        const own = Context.get(context, Ledger.Ledger)
        return Context.make(Ledger.Ledger, {
          ...own,
          claim: (request) => Effect.zipRight(Effect.sync(() => asked.push(request.entry.key)), own.claim(request))
        })
      })
      const { layer } = recording()
      const live = Interline.layer({ router: { lookEvery: "1 day", lookFor: "2 days", drainFor: 0 } }).pipe(
        Layer.provide([layer, ledger, ChatBook.layerMemory(), Suppression.layerMemory]),
        Layer.provide(Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment)))))
      )
      yield* Effect.provide(Messaging.send(to, Draft.text("hello"), { key: "order-1" }), live)
      expect(asked).toEqual(["order-1"])
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
    ["by an option, which wins over variables", { ...several, INTERLINE_PREFER: "linq", INTERLINE_CARRIER: "linq" }, {
      prefer: ["sendblue", "linq"]
    }, "sendblue"],
    ["by a policy in the program", { ...several, INTERLINE_POLICY: "{" }, { policy: { prefer: ["sendblue"] } }, "sendblue"]
  ] as ReadonlyArray<readonly [string, Readonly<Record<string, string>>, Interline.Options, string]>)(
    "%s: the first takes it",
    ([, variables, options, first]) =>
      Effect.gen(function*() {
        const { result, urls } = yield* under(variables, send, options)
        expect(result).toMatchObject({ _tag: "Right", right: { carrierId: first } })
        expect(urls).toHaveLength(1)
      })
  )

  it.effect.each(
    [
      ["linq, sendblue", "api.linqapp.com", "sendblue"],
      ["sendblue, linq", "api.sendblue.co", "linq"]
    ] as const
  )("%s: the second takes it when %s refuses the connection", ([prefer, host, second]) =>
    Effect.gen(function*() {
      const { result, urls } = yield* under({ ...several, INTERLINE_PREFER: prefer }, send, {}, [host])
      expect(result).toMatchObject({
        _tag: "Right",
        right: { carrierId: second, attempts: [{ outcome: "rejected" }, { outcome: "accepted", carrierId: second }] }
      })
      expect(urls.map((url) => new URL(url).hostname)).not.toContain(host)
      expect(urls).toHaveLength(1)
    }))

  it.effect("each line goes by the carrier that a rule gives it", () =>
    Effect.gen(function*() {
      const { result, urls } = yield* under(
        { ...several, INTERLINE_LINES: "support=sendblue:+12025550201;sales=linq:+12025550192" },
        Effect.all([send, Messaging.send(Conversation.direct(Line.name("sales"), ada), Draft.text("hello"))]),
        { policy: { prefer: ["sendblue"], rules: [{ match: { lines: ["sales"] }, prefer: ["linq"] }] } }
      )
      expect(result).toMatchObject({ _tag: "Right", right: [{ carrierId: "sendblue" }, { carrierId: "linq" }] })
      expect(urls).toHaveLength(2)
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

describe("configured", () => {
  it.effect("names every carrier that the configuration could use, with what stands in front of its variables", () =>
    Effect.gen(function*() {
      const carriers = yield* Effect.withConfigProvider(
        Interline.configured({ linq: { carrierId: "linq-main" } }),
        ConfigProvider.fromMap(new Map([["INTERLINE_CARRIERS", "sendblue-us=sendblue"]]))
      )
      expect(carriers).toEqual([
        { id: "linq-main", vendor: "linq", prefix: "" },
        { id: "sendblue", vendor: "sendblue", prefix: "" },
        { id: "sendblue-us", vendor: "sendblue", prefix: "SENDBLUE_US_" }
      ])
    }))
})

describe("vendors", () => {
  /** Plans as Linq does; its carrier is never built. */
  const acme: Vendor.Vendor<{ readonly badge?: string }> = {
    title: "Acme",
    check: ({ badge }) => badge === undefined ? Effect.flatMap(Config.string("ACME_BADGE"), () => Effect.void) : Effect.void,
    make: () => Effect.dieMessage("no carrier of Acme is asked for"),
    planner: ({ carrierId, lines }) => Linq.planner(carrierId, lines)
  }
  const vendors = { acme, ...Vendors.vendors }

  const reading = <A, E>(effect: Effect.Effect<A, E>, variables: Readonly<Record<string, string>> = {}) =>
    Effect.withConfigProvider(effect, ConfigProvider.fromMap(new Map(Object.entries({ ...environment, ...variables }))))

  it.effect("an application brings its own, which is named and read as the others are", () =>
    Effect.gen(function*() {
      const options = { vendors, acme: { badge: "7", carrierId: "acme-main" }, carriers: { "acme-eu": { vendor: "acme" } } } as const
      expect(yield* reading(Interline.configured(options))).toEqual([
        { id: "acme-main", vendor: "acme", prefix: "" },
        { id: "linq", vendor: "linq", prefix: "" },
        { id: "sendblue", vendor: "sendblue", prefix: "" },
        { id: "acme-eu", vendor: "acme", prefix: "ACME_EU_" }
      ])
      expect(yield* Effect.flip(reading(Interline.check(options)))).toMatchObject({
        sentence: expect.stringMatching(/^carrier "acme-eu": .*; for this carrier each variable has ACME_EU_ in front$/)
      })
      yield* reading(Interline.check(options), { ACME_EU_ACME_BADGE: "8" })
    }))

  it.effect("a list without a vendor does not know it", () =>
    Effect.gen(function*() {
      const { sendblue } = Vendors.vendors
      const { sentence } = yield* Effect.flip(reading(Interline.check({ vendors: { sendblue } })))
      expect(sentence).toContain("INTERLINE_CARRIER, must be sendblue; \"linq\" is none of them")
      expect(sentence).toContain("no carrier; carriers are sendblue")
      expect(yield* reading(Interline.configured({ vendors: { sendblue } }))).toEqual([{ id: "sendblue", vendor: "sendblue", prefix: "" }])
    }))

  it("an option of a vendor that is not in the list is no option", () => {
    // @ts-expect-error the list has no Linq
    Interline.check({ vendors: { acme }, linq: { baseUrl: "http://127.0.0.1" } })
    // @ts-expect-error Acme has no token
    Interline.check({ vendors, acme: { token: "7" } })
    // @ts-expect-error nobody is called so
    Interline.check({ vendors, carrier: "pigeon" })
    Interline.check({ vendors, acme: { badge: "7" }, linq: { baseUrl: "http://127.0.0.1" }, carrier: "acme" })
  })
})
