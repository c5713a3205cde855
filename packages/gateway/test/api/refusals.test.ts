import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as Line from "@interline/core/Line"
import { Invalid } from "@interline/core/SendError"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ada, apiKey, ben, capabilities, deliveryId, groupId, linq, number, serve, type Setup, support } from "./world.ts"

const Answer = Schema.parseJson(Schema.Struct({
  certainty: Schema.optional(Schema.String),
  problems: Schema.optionalWith(
    Schema.Array(Schema.Struct({ path: Schema.Array(Schema.Union(Schema.String, Schema.Number)), message: Schema.String })),
    { default: () => [] }
  )
}))

const lines = (...names: ReadonlyArray<string>): Setup => ({
  messaging: { carriers: [{ id: linq, vendor: "linq", capabilities, lines: new Map(names.map((name) => [Line.name(name), number])) }] }
})

const ask = (request: HttpClientRequest.HttpClientRequest, setup?: Setup) =>
  Effect.gen(function*() {
    const { calls, http } = yield* serve(setup)
    const response = yield* http.execute(request)
    const text = yield* response.text
    return {
      status: response.status,
      text,
      calls,
      problems: text === ""
        ? []
        : (yield* Schema.decode(Answer)(text.startsWith("{") ? text : "{}")).problems.map(({ message, path }) =>
          `${path.join(".")} ${message}`
        )
    }
  })

const post = (path: string, body: unknown) => HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post(path), body)

const to = { line: support, handle: ada }
const effects =
  "confetti, fireworks, lasers, sparkles, celebration, hearts, love, balloons, happy_birthday, echo, spotlight, shooting_star, slam, loud, gentle, invisible"
const fields = "to, text, parts, "

type Case = readonly [name: string, body: unknown, problems: ReadonlyArray<string>]

const sends: ReadonlyArray<Case> = [
  ["a word that is nearly an effect", { to, text: "hi", effect: "sparkle" }, [
    `effect must be one of ${effects}; "sparkle" is none of them; did you mean "sparkles"?`
  ]],
  ["an effect that is a number of a phone", { to, text: "hi", effect: "+12025550123" }, [
    `effect must be one of ${effects}; the value given is none of them`
  ]],
  ["an effect that is no word", { to, text: "hi", effect: { name: "love" } }, [
    `effect must be one of ${effects}; the value given is none of them`
  ]],
  ["a fidelity", { to, text: "hi", fidelity: "adept" }, [
    "fidelity must be one of exact, adapt; \"adept\" is none of them; did you mean \"adapt\"?"
  ]],
  ["a field that is misspelt", { to, txt: "hi" }, ["txt is not a field of this; did you mean \"text\"?"]],
  ["a field that is misspelt in the conversation", { to: { line: support, hanlde: ada }, text: "hi" }, [
    "to.hanlde is not a field of this; did you mean \"handle\"?"
  ]],
  ["a field that nothing is near to", { to, text: "hi", colour: "red" }, [`colour is not a field of this; fields are: ${fields}`]],
  ["a conversation that is missing", { text: "hi" }, ["to is missing"]],
  ["a person in a string", { to: ada, text: "hi" }, [
    "to must be an object; a person is {\"line\": \"support\", \"handle\": \"+12025550123\"}"
  ]],
  ["people in a list", { to: [ada], text: "hi" }, [
    "to must be an object; a group is {\"line\": \"support\", \"members\": [\"+12025550123\", \"+12025550124\"]}, a person is {\"line\": \"support\", \"handle\": \"+12025550123\"}"
  ]],
  ["a conversation of nothing", { to: {}, text: "hi" }, [
    "to must be an object: {\"line\": …, \"handle\": …}, {\"line\": …, \"members\": […]}, {\"group\": …} or {\"chat\": …}"
  ]],
  ["a conversation of a line only", { to: { line: support }, text: "hi" }, [
    "to is not complete: exactly one of handle, members must be there"
  ]],
  ["a conversation of two kinds", { to: { line: support, handle: ada, group: groupId }, text: "hi" }, [
    "to.group cannot be given together with line, handle"
  ]],
  ["a number in the place of a line's name", { to: { line: number, handle: ada }, text: "hi" }, [
    "to.line must be the name of a line, like support: a letter, then letters, digits, dashes or underscores"
  ]],
  ["a group's id that is none", { to: { group: "friends" }, text: "hi" }, [
    "to.group must be the id of a conversation, like 6f1c2f6e-6d0c-4f0e-9a54-0e6f3f0a1c02"
  ]],
  ["the kind of a conversation", { to: { _tag: "direct", line: support, handle: ada }, text: "hi" }, [
    "to._tag must be one of Direct, Group; \"direct\" is none of them; did you mean \"Direct\"?"
  ]],
  ["neither text nor parts", { to }, ["text exactly one of text and parts must be there"]],
  ["no parts", { to, parts: [] }, ["parts must not be empty"]],
  ["a part that is a string", { to, parts: ["hi"] }, [
    "parts.0 must be {\"_tag\": \"Text\", \"text\": …} or {\"_tag\": \"Media\", \"url\": …} or {\"_tag\": \"Media\", \"attachment\": …} or {\"_tag\": \"Link\", \"url\": …}"
  ]],
  ["the kind of a part", { to, parts: [{ _tag: "Txt", text: "hi" }] }, [
    "parts.0._tag must be one of Text, Media, Link; \"Txt\" is none of them; did you mean \"Text\"?"
  ]],
  ["a part without its kind", { to, parts: [{ text: "hi" }] }, [
    "parts.0._tag is missing; it must be one of Text, Media, Link; did you mean \"Text\"?"
  ]],
  ["media of nothing", { to, parts: [{ _tag: "Media" }] }, ["parts.0 is not complete: exactly one of url, attachment must be there"]],
  ["media of two things", { to, parts: [{ _tag: "Media", url: "https://a.example/a.png", attachment: { carrierId: "linq", id: "f1" } }] }, [
    "parts.0 exactly one of attachment, url must be there"
  ]],
  ["an empty text", { to, text: "" }, ["text must be a string that is not empty"]],
  ["a text that is a number", { to, text: 7 }, ["text must be a string"]],
  ["a decoration's style", { to, parts: [{ _tag: "Text", text: "hi", decorations: [{ start: 0, end: 1, style: "bolt" }] }] }, [
    "parts.0.decorations.0.style must be one of bold, italic, strikethrough, underline; \"bolt\" is none of them; did you mean \"bold\"?"
  ]],
  ["metadata that is no text", { to, text: "hi", metadata: { order: 7 } }, ["metadata.order must be a string"]],
  ["a number without its country code", { to: { line: support, handle: "202 555 0123" }, text: "hi" }, [
    "to.handle not a phone number in E.164 (+12025550123) or an e-mail address; add the country code"
  ]],
  ["a number in a list", { to: { line: support, members: [ada, "202 555 0123"] }, text: "hi" }, [
    "to.members.1 not a phone number in E.164 (+12025550123) or an e-mail address; add the country code"
  ]],
  ["two mistakes", { to: { line: support, handle: 7 }, text: "hi", effect: "slm" }, [
    "to.handle must be",
    `effect must be one of ${effects}; "slm" is none of them; did you mean "slam"?`
  ]],
  ["a list", [to], ["must be"]],
  ["null", null, ["must be"]]
]

describe("what cannot be read is explained: one problem for one mistake", () => {
  for (const [name, body, expected] of sends) {
    it.scoped(name, () =>
      Effect.gen(function*() {
        const { calls, problems, status, text } = yield* ask(post("/v1/send", body))
        assert.strictEqual(status, 400, text)
        assert.strictEqual(problems.length, expected.length, text)
        expected.forEach((sentence, position) => assert.include(problems[position] ?? "", sentence))
        assert.notMatch(text, /readonly|Expected|actual|\}\s\||undefined/)
        deepStrictEqual(calls, [])
      }))
  }

  const others: ReadonlyArray<readonly [string, HttpClientRequest.HttpClientRequest, ReadonlyArray<string>]> = [
    ["a reaction", post(`/v1/messages/${deliveryId}/reactions`, { tapback: "loved" }), [
      "tapback must be one of love, like, dislike, laugh, emphasize, question; \"loved\" is none of them; did you mean \"love\"?"
    ]],
    ["a reaction of nothing", post(`/v1/messages/${deliveryId}/reactions`, {}), [
      "must be {\"tapback\": …} or {\"emoji\": …} or {\"reaction\": …}"
    ]],
    ["a verdict", post(`/v1/held/${deliveryId}/settle`, { verdict: "notsent" }), [
      "verdict must be one of arrived, not-sent; \"notsent\" is none of them; did you mean \"not-sent\"?"
    ]],
    ["a verdict without the message", post(`/v1/held/${deliveryId}/settle`, { verdict: "arrived" }), ["ref is missing"]],
    ["an id in the address", HttpClientRequest.get("/v1/deliveries/nothing"), ["id must be the id of a delivery, like"]],
    ["a line in the address", HttpClientRequest.get("/v1/lines/%2B12025550123/contact-card"), ["line must be the name of a line"]],
    ["a limit", HttpClientRequest.get("/v1/deliveries?limit=many"), ["limit must be a number"]],
    ["a limit that is too high", HttpClientRequest.get("/v1/deliveries?limit=101"), ["limit must be a number between 1 and 100"]],
    ["an outcome", HttpClientRequest.get("/v1/deliveries?outcome=acepted"), [
      "outcome must be one of pending, accepted, not-sent, partial, held, unknown; \"acepted\" is none of them; did you mean \"accepted\"?"
    ]],
    ["a status", HttpClientRequest.get("/v1/deliveries?status=deliverd&outcome=held"), [
      "status must be one of pending, queued, sent, delivered, read, failed; \"deliverd\" is none of them; did you mean \"delivered\"?"
    ]],
    ["a carrier that there is not", HttpClientRequest.get("/v1/deliveries?carrier=linc"), [
      "carrier must be linq; \"linc\" is none of them; did you mean \"linq\"?"
    ]],
    ["a carrier that there is not, of a message", HttpClientRequest.get("/v1/messages?carrier=twilio"), [
      "carrier must be linq; \"twilio\" is none of them"
    ]],
    ["an outcome of what has none", HttpClientRequest.get("/v1/chats?outcome=held"), ["outcome is not a field of this"]],
    ["a direction", HttpClientRequest.get("/v1/messages?direction=in"), [
      "direction must be one of inbound, outbound; \"in\" is none of them"
    ]],
    ["a time without its zone", HttpClientRequest.get("/v1/deliveries?since=2026-11-29T00:00:00"), [
      "since must be a time with its zone, like 2026-11-29T00:00:00Z, or epoch milliseconds"
    ]],
    ["an order", HttpClientRequest.get("/v1/messages?order=newst"), [
      "order must be one of newest, oldest; \"newst\" is none of them; did you mean \"newest\"?"
    ]],
    ["a field of a query that is misspelt", HttpClientRequest.get("/v1/deliveries?limt=2"), [
      "limt is not a field of this; did you mean \"limit\"?"
    ]],
    ["a field of a query that nothing knows", HttpClientRequest.get("/v1/deliveries?nonsense=1"), [
      "nonsense is not a field of this; fields are: "
    ]],
    ["a query where none is read", HttpClientRequest.get("/v1/carriers?limit=1"), ["limit is not a field of this"]],
    ["a query that is a number of a phone", HttpClientRequest.get("/v1/carriers?%2B12025550123=1"), ["… is not a field of this"]],
    ["a query of a request that acts", post("/v1/send?dryRun=true", { to, text: "hi" }), ["dryRun is not a field of this"]],
    ["a field of a query given twice", HttpClientRequest.get("/v1/deliveries?limit=1&limit=2"), ["limit is given more than once"]]
  ]
  for (const [name, request, expected] of others) {
    it.scoped(`${name}, at another address`, () =>
      Effect.gen(function*() {
        const { calls, problems, status, text } = yield* ask(request)
        assert.strictEqual(status, 400, text)
        assert.strictEqual(problems.length, expected.length, text)
        expected.forEach((sentence, position) => assert.include(problems[position] ?? "", sentence))
        deepStrictEqual(calls, [])
      }))
  }

  it.scoped("a query is refused only to who shows a key", () =>
    Effect.gen(function*() {
      const { anybody } = yield* serve()
      const statuses = yield* Effect.forEach(
        [HttpClientRequest.get("/v1/deliveries?nonsense=1"), post("/v1/send?nonsense=1", {})],
        (request) => Effect.map(anybody.execute(request), ({ status }) => status)
      )
      deepStrictEqual(statuses, [401, 401])
      assert.isString(apiKey)
    }))

  it.scoped("no number and no text is quoted, also not as the name of a field", () =>
    Effect.gen(function*() {
      for (
        const body of [
          { to, text: "hi", [ben]: 1 },
          { to, text: "hi", "call me at noon": 1 },
          { to: { line: support, handle: "call me" }, text: "hi" },
          { to, text: "hi", effect: "call me at noon" },
          { to, text: "hi", metadata: { [ben]: 7 } }
        ]
      ) {
        const { status, text } = yield* ask(post("/v1/send", body))
        assert.strictEqual(status, 400)
        assert.notMatch(text, /12025550124|call me/)
      }
    }))

  it.scoped("very many mistakes are told in part, and soon", () =>
    Effect.gen(function*() {
      const many = Array.from({ length: 500 }, () => ({ _tag: "Txt" }))
      const { problems, status } = yield* ask(post("/v1/send", { to, parts: many }))
      deepStrictEqual([status, problems.length], [400, 20])
    }))
})

describe("a time in a query", () => {
  it.scoped("is read in ISO 8601 and in epoch milliseconds", () =>
    Effect.gen(function*() {
      const { http, queries } = yield* serve()
      for (const since of ["2026-11-29T00:00:00Z", "2026-11-29T02:00:00.000%2B02:00", "1795910400000"]) {
        assert.strictEqual((yield* http.get(`/v1/deliveries?since=${since}`)).status, 200, since)
      }
      deepStrictEqual(queries.map(({ since }) => since), Array.from({ length: 3 }, () => 1_795_910_400_000))
    }))
})

describe("a body of a vendor's own API", () => {
  const message = { parts: [{ type: "text", value: "hi" }] }
  const bodies = [
    ["Sendblue", { number: ada, content: "hi" }, "/sendblue/api/send-message"],
    [
      "Sendblue",
      { number: ada, from_number: number, media_url: "https://a.example/a.png", send_style: "confetti" },
      "/sendblue/api/send-message"
    ],
    ["Sendblue", { numbers: [ada, ben], content: "hi" }, "/sendblue/api/send-group-message"],
    ["Sendblue", { group_id: "g1", content: "hi" }, "/sendblue/api/send-group-message"],
    ["Linq", { from: number, to: [ada], message }, "/linq/v3/chats"],
    ["Linq", { to: [ada], message }, "/linq/v3/messages"],
    ["Linq", { message }, "/linq/v3/chats/{chatId}/messages"]
  ] as const

  it.scoped.each(bodies)("of %s is told where the front takes it: %j", ([vendor, body, address]) =>
    Effect.gen(function*() {
      for (const path of ["/v1/send", "/v1/plan"]) {
        const { calls, problems, status, text } = yield* ask(post(path, body))
        assert.strictEqual(status, 400, text)
        assert.include(text, `this is a body of ${vendor}'s API; `)
        assert.include(text, `POST ${address}, the front for ${vendor}'s programs`)
        assert.include(text, String.raw`{\"to\": {\"line\": \"support\", \"handle\": …}, \"text\": …}`)
        assert.notInclude(text, ada)
        deepStrictEqual(problems, [])
        deepStrictEqual(calls, [])
      }
    }))

  it.scoped("is not seen in a neutral body with a mistake, nor in one that nobody knows", () =>
    Effect.gen(function*() {
      assert.include(
        (yield* ask(post("/v1/send", { to, text: "hi", content: "hi" }))).problems.join("; "),
        `content is not a field of this; fields are: ${fields}`
      )
      assert.include((yield* ask(post("/v1/plan", { To: ada, Body: "hi" }))).problems.join("; "), "To ")
    }))
})

describe("a plan for carriers that are named", () => {
  it.scoped.each([["sendblue", "sendblue"], [["sendblue"], ["sendblue"]], [["sendblue", "linq"], ["sendblue", "linq"]]])(
    "takes %j",
    ([carrier, asked]) =>
      Effect.gen(function*() {
        const { calls, status, text } = yield* ask(post("/v1/plan", { to, text: "hi", carrier }))
        assert.strictEqual(status, 200, text)
        const [[operation, , draft, options] = []] = calls
        deepStrictEqual([operation, draft, options], ["plan", { parts: [{ _tag: "Text", text: "hi" }] }, { carrier: asked }])
      })
  )

  it.scoped("refuses what is no carrier's id, and a send that names one", () =>
    Effect.gen(function*() {
      for (
        const [path, carrier, problem] of [
          ["/v1/plan", [], "carrier must not be empty"],
          ["/v1/plan", "Linq!", "carrier must be the id of a carrier, like linq"],
          ["/v1/send", "linq", `carrier is not a field of this; fields are: ${fields}`]
        ] as const
      ) {
        const { calls, problems, status, text } = yield* ask(post(path, { to, text: "hi", carrier }))
        assert.strictEqual(status, 400, text)
        assert.isTrue(problems[0]?.startsWith(problem), problems.join("; "))
        deepStrictEqual(calls, [])
      }
    }))

  it.scoped("names the field as it is on the wire when a carrier is none that is configured", () =>
    Effect.gen(function*() {
      const refused = new Invalid({
        deliveryId,
        losses: [],
        attempts: [],
        problems: [{ rule: "one-of", path: ["options", "carrier"], message: "no carrier \"owl\" is configured; carriers are: linq" }]
      })
      const { problems, status } = yield* ask(post("/v1/plan", { to, text: "hi", carrier: "owl" }), {
        messaging: { plan: () => Effect.fail(refused) }
      })
      assert.strictEqual(status, 422)
      deepStrictEqual(problems, ["carrier no carrier \"owl\" is configured; carriers are: linq"])
    }))
})

describe("the line of a conversation", () => {
  it.scoped("need not be named where there is one", () =>
    Effect.gen(function*() {
      for (
        const [path, body, operation] of [["/v1/send", { to: { handle: ada }, text: "hi" }, "send"], ["/v1/plan", {
          to: { members: [ada, ben] },
          text: "hi"
        }, "plan"]] as const
      ) {
        const { calls, status, text } = yield* ask(post(path, body))
        assert.strictEqual(status, 200, text)
        deepStrictEqual(calls.map(([called, conversation]) => [called, (conversation as { line: string }).line]), [[operation, support]])
      }
      const opened = yield* ask(post("/v1/conversations", { handle: ada }))
      assert.include(opened.text, "\"line\":\"support\"")
    }))

  it.scoped("is asked for where there are several, and they are named", () =>
    Effect.gen(function*() {
      for (
        const [path, body, field] of [
          ["/v1/send", { to: { handle: ada }, text: "hi" }, "to.line"],
          ["/v1/send", { to: { members: [ada, ben] }, text: "hi" }, "to.line"],
          ["/v1/voice-memos", { to: { handle: ada }, url: "https://a.example/a.mp3" }, "to.line"],
          ["/v1/groups", { members: [ada, ben] }, "line"],
          ["/v1/conversations", { handle: ada }, "line"]
        ] as const
      ) {
        const { calls, problems, status } = yield* ask(post(path, body), lines("support", "sales"))
        deepStrictEqual([status, problems], [400, [`${field} is missing; lines are: support, sales`]])
        deepStrictEqual(calls, [])
      }
    }))
})
