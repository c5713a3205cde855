import { describe, expect, it } from "@effect/vitest"
import * as MessagingEvent from "@interline/core/MessagingEvent"
import type { Fault } from "@interline/core/WebhookReceiver"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { inspect } from "node:util"
import * as SendblueWebhook from "../src/SendblueWebhook.ts"
import * as SendblueCallback from "../src/wire/SendblueCallback.ts"
import * as SendblueWords from "../src/wire/SendblueWords.ts"
import { events, fixtures } from "./fixtures.ts"
import { deliveryId, from, person } from "./support.ts"

const secret = "test-webhook-secret"
const options: SendblueWebhook.Options = { secrets: [Redacted.make(secret)], lines: [from] }

interface Call {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly url?: string
}

const bytes = (body: unknown): Uint8Array =>
  body instanceof Uint8Array ? body : new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body))

const receive = (call: Call, given: SendblueWebhook.Options = options) =>
  Effect.flatMap(
    SendblueWebhook.make(given),
    (receiver) => receiver.receive({ headers: { "sb-signing-secret": secret }, url: "", ...call, body: bytes(call.body) })
  )

const refusal = (call: Call, given?: SendblueWebhook.Options) => Effect.flip(receive(call, given))

const expectFault = (fault: Fault, call: Call, given?: SendblueWebhook.Options) =>
  Effect.map(refusal(call, given), (error) => {
    expect(error).toMatchObject({ _tag: "WebhookError", carrierId: "sendblue", fault })
  })

const inbound = {
  content: "Hello!",
  is_outbound: false,
  status: "RECEIVED",
  message_handle: "99DCC379-DD76-4712-BA65-11EFB33B8CD6",
  date_updated: "2025-12-12T15:41:20.995Z",
  from_number: person,
  number: person,
  to_number: from,
  sendblue_number: from,
  message_type: "message",
  opted_out: false
}

const report = {
  ...inbound,
  is_outbound: true,
  status: "DELIVERED",
  message_handle: "5a17319e-cbcf-443e-897e-d8b0c04b1b09",
  from_number: from,
  to_number: person
}

const tags = (found: ReadonlyArray<MessagingEvent.MessagingEvent>) => found.map(({ _tag }) => _tag)

describe("each webhook becomes its events", () => {
  const inputs = [...fixtures("webhooks"), ...fixtures("made")]

  it.effect.each(inputs.map((input) => [input.name, input] as const))("%s", ([name, { body, path }]) =>
    Effect.gen(function*() {
      const found = yield* receive({ body, url: path.replace("{webhook_url}", "https://hooks.example.com/sendblue") })
      expect(found).toEqual(events.get(name))
      expect(found.every(Schema.is(MessagingEvent.MessagingEvent))).toBe(true)
    }))

  it("every pair is whole", () => {
    expect(Array.from(events.keys()).sort()).toEqual(inputs.map(({ name }) => name).sort())
  })
})

describe("a webhook", () => {
  it.effect("without a secret is refused", () =>
    Effect.gen(function*() {
      yield* expectFault("unsigned", { body: inbound, headers: {} })
      yield* expectFault("unsigned", { body: inbound, headers: { "sb-signing-secret": "" } })
      yield* expectFault("unsigned", { body: "not json", headers: {} })
    }))

  it.effect("with another secret is refused, whatever is in it", () =>
    Effect.gen(function*() {
      for (const other of [`${secret}x`, secret.slice(1), secret.toUpperCase(), ` ${secret}`, `${secret}, ${secret}`]) {
        yield* expectFault("signature", { body: inbound, headers: { "sb-signing-secret": other } })
      }
      yield* expectFault("signature", { body: "not json", headers: { "sb-signing-secret": "wrong" } })
    }))

  it("with any other secret is refused", () =>
    FastCheck.assert(
      FastCheck.asyncProperty(FastCheck.string({ minLength: 1, unit: "binary" }).filter((given) => given !== secret), (given) =>
        Effect.runPromise(expectFault("signature", { body: inbound, headers: { "sb-signing-secret": given } }))),
      { numRuns: 100 }
    ))

  it.effect("with either of two secrets is believed, while one replaces the other", () =>
    Effect.gen(function*() {
      const both: SendblueWebhook.Options = { secrets: [Redacted.make("the-old-one"), Redacted.make("the-new-one")] }
      for (const given of ["the-old-one", "the-new-one"]) {
        expect(tags(yield* receive({ body: inbound, headers: { "sb-signing-secret": given } }, both))).toEqual(["Received"])
      }
      yield* expectFault("signature", { body: inbound }, both)
    }))

  it.effect("is refused where no secret is configured, also with an empty one", () =>
    Effect.gen(function*() {
      for (const given of [undefined, "", secret]) {
        yield* expectFault("unsigned", { body: inbound, headers: { "sb-signing-secret": given } }, {})
        yield* expectFault("unsigned", { body: inbound, headers: { "sb-signing-secret": given } }, { secrets: [] })
      }
      const detail = "no secret is configured here, so nothing is believed"
      expect(yield* refusal({ body: inbound }, {})).toMatchObject({
        detail,
        message: `a webhook of sendblue was refused: ${detail}; see the option secrets`
      })
    }))

  it.effect("may carry its secret in another header, written in any case", () =>
    Effect.gen(function*() {
      const other: SendblueWebhook.Options = { ...options, header: "X-Webhook-Secret" }
      expect(tags(yield* receive({ body: inbound, headers: { "x-webhook-secret": secret } }, other))).toEqual(["Received"])
      yield* expectFault("unsigned", { body: inbound }, other)
    }))

  it.effect.each(
    [
      ["nothing", ""],
      ["text", "hello"],
      ["half of JSON", JSON.stringify(inbound).slice(0, -1)],
      ["a list", "[]"],
      ["a text in JSON", "\"hello\""],
      ["null", "null"],
      ["no UTF-8", new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])]
    ] as const
  )("whose body is %s is refused as unreadable", ([, body]) => expectFault("body", { body }))

  it.effect("is refused without a word of its content or of the secrets", () =>
    Effect.gen(function*() {
      const callback = { secret: Redacted.make("sixteen-characters-or-more") }
      const calls: ReadonlyArray<Call> = [
        { body: inbound, headers: { "sb-signing-secret": "a-wrong-guess" } },
        { body: inbound, headers: {} },
        { body: `${JSON.stringify(inbound)}}` },
        { body: report, headers: {}, url: "/hook?interline=abc.def" }
      ]
      for (const call of calls) {
        const error = yield* refusal(call, { ...options, callback })
        const shown = `${JSON.stringify(error)} ${inspect(error, { depth: 9 })} ${String(error)}`
        for (
          const hidden of [
            secret,
            "sixteen-characters",
            "a-wrong-guess",
            "Hello!",
            from.slice(1),
            person.slice(1),
            "abc.def",
            inbound.message_handle
          ]
        ) {
          expect(shown).not.toContain(hidden)
        }
      }
    }))

  it("of any shape becomes events that can be written down, and never fails", () =>
    FastCheck.assert(
      FastCheck.asyncProperty(
        FastCheck.record(
          {
            event_type: FastCheck.constantFrom(...SendblueWords.webhookTypes, "other"),
            message_handle: FastCheck.oneof(
              FastCheck.string({ unit: "binary" }),
              FastCheck.constant("h"),
              FastCheck.integer(),
              FastCheck.constant("a\u0000"),
              FastCheck.constant("\ud800")
            ),
            status: FastCheck.oneof(FastCheck.constantFrom(...Object.keys(SendblueWords.statusToNeutral)), FastCheck.jsonValue()),
            content: FastCheck.oneof(FastCheck.constantFrom("STOP", "start", "Loved “x”", "Reacted 👀 to “x”"), FastCheck.jsonValue()),
            is_outbound: FastCheck.oneof(FastCheck.boolean(), FastCheck.constant(null)),
            is_typing: FastCheck.jsonValue(),
            from_number: FastCheck.oneof(FastCheck.constantFrom(from, person, "12345", ""), FastCheck.jsonValue()),
            number: FastCheck.oneof(FastCheck.constantFrom(person, [person, from]), FastCheck.jsonValue()),
            to_number: FastCheck.jsonValue(),
            group_id: FastCheck.oneof(FastCheck.constant("g"), FastCheck.jsonValue()),
            opted_out: FastCheck.jsonValue(),
            error_code: FastCheck.jsonValue(),
            date_updated: FastCheck.jsonValue(),
            reply_to: FastCheck.jsonValue(),
            location: FastCheck.jsonValue()
          },
          { requiredKeys: [] }
        ),
        FastCheck.constantFrom(
          "",
          ...SendblueWords.webhookTypes.map((type) => `/hook?type=${type}`),
          "/hook?type=",
          "?type=%zz",
          "#?type=receive"
        ),
        (body, url) =>
          Effect.runPromise(Effect.map(receive({ body, url }), (found) => {
            expect(found.length).toBeGreaterThan(0)
            for (const event of found) expect(Schema.is(MessagingEvent.MessagingEvent)(JSON.parse(JSON.stringify(event)))).toBe(true)
            const ids = found.flatMap(({ id }) => id === undefined ? [] : [id])
            expect(new Set(ids).size).toBe(ids.length)
          }))
      ),
      { numRuns: 200 }
    ))
})

describe("what a webhook is about", () => {
  it.effect("is told by what is in it, before its route", () =>
    Effect.gen(function*() {
      expect(tags(yield* receive({ body: report, url: "/hook?type=receive" }))).toEqual(["Status"])
      expect(tags(yield* receive({ body: inbound, url: "/hook?type=outbound" }))).toEqual(["Received"])
      expect(tags(yield* receive({ body: { number: person, is_typing: true }, url: "/hook?type=receive" }))).toEqual(["Typing"])
      expect(yield* receive({ body: { ...inbound, event_type: "call_log" }, url: "/hook?type=receive" })).toMatchObject([{
        kind: "call_log"
      }])
    }))

  it.effect("is told by its route where it does not say", () =>
    Effect.gen(function*() {
      const { is_outbound: _, status: __, ...silent } = inbound
      const cases = [["?type=receive", "Received"], ["?type=outbound", "Unrecognized"], ["/a?b=c&type=receive#d", "Received"], [
        "",
        "Received"
      ]] as const
      for (const [url, tag] of cases) expect(tags(yield* receive({ body: silent, url }))).toEqual([tag])
      expect(tags(yield* receive({ body: { blocked: from } }, { ...options, type: "line_blocked" }))).toEqual(["Line"])
      // the option is the operator's, the address may be anybody's
      expect(tags(yield* receive({ body: { blocked: from }, url: "?type=line_assigned" }, { ...options, type: "line_blocked" }))).toEqual([
        "Line"
      ])
    }))

  it.effect("is told by our lines where neither says", () =>
    Effect.gen(function*() {
      const silent = { message_handle: "h", status: "SENT", from_number: from, number: from }
      expect(tags(yield* receive({ body: silent }))).toEqual(["Status"])
      expect(tags(yield* receive({ body: silent }, { ...options, lines: [] }))).toEqual(["Received"])
    }))

  it.effect("is ours where the writer's number is the message's own line, also if nobody configured it", () =>
    Effect.gen(function*() {
      const elsewhere = { ...options, lines: [] }
      const back = { ...inbound, content: "STOP", from_number: from.slice(1) }
      expect(tags(yield* receive({ body: back }, elsewhere))).toEqual(["Unrecognized"])
      expect(tags(yield* receive({ body: { ...back, from_number: person } }, elsewhere))).toEqual(["OptedOut", "Received"])
    }))

  it.effect("is an echo where our own number wrote what came in, and what came in where the route says so", () =>
    Effect.gen(function*() {
      const { is_outbound: _, ...silent } = inbound
      // a number of ours wrote it, and it was received: nobody may answer it
      expect(tags(yield* receive({ body: { ...silent, from_number: from, number: from } }))).toEqual(["Unrecognized"])
      expect(tags(yield* receive({ body: { ...silent, status: "SENT", from_number: from, number: person } }))).toEqual(["Status"])
      // the word of the route counts where the message leaves it open
      expect(tags(yield* receive({ body: { ...silent, status: "SENT", number: undefined }, url: "/hook?type=receive" }))).toEqual([
        "Received"
      ])
    }))

  it.effect("is a blocked line only if exactly one of ours is named", () =>
    Effect.gen(function*() {
      const other = "+15122164640"
      const lines = { ...options, type: "line_blocked", lines: [from, other] } as const
      expect(yield* receive({ body: { event: { lines: [{ e164: other }] } } }, lines)).toMatchObject([{
        _tag: "Line",
        number: other,
        available: false
      }])
      expect(tags(yield* receive({ body: { blocked: from, still: other } }, lines))).toEqual(["Unrecognized"])
      expect(tags(yield* receive({ body: { blocked: person } }, lines))).toEqual(["Unrecognized"])
    }))
})

describe("opt-outs", () => {
  const heard = (content: string, more: object = {}, given?: SendblueWebhook.Options) =>
    Effect.map(receive({ body: { ...inbound, content, ...more } }, given), tags)

  it.effect.each(SendblueWords.optOutWords.map((word) => [word] as const))(
    "%s alone in a message opts out, before the message is told",
    ([word]) =>
      Effect.gen(function*() {
        for (const written of [word, word.toUpperCase(), `  ${word}.\n`, `"${word}!"`, word.replace(" ", "-"), `${word}?`]) {
          expect(yield* heard(written)).toEqual(["OptedOut", "Received"])
        }
        for (const written of [`please ${word} the car`, `${word} it`]) expect(yield* heard(written)).toEqual(["Received"])
      })
  )

  it.effect("by the vendor's flag count whatever is written; its absence is no opt-in", () =>
    Effect.gen(function*() {
      expect(yield* heard("hi", { opted_out: true })).toEqual(["OptedOut", "Received"])
      expect(yield* heard("hi", { opted_out: false })).toEqual(["Received"])
      expect(yield* heard("START", { opted_out: true })).toEqual(["OptedOut", "Received"])
    }))

  it.effect("stay where the vendor's flag stands, and the event says whether the person asked to be written to again", () =>
    Effect.gen(function*() {
      const asked = (content: string, more: object = {}) =>
        Effect.map(
          receive({ body: { ...inbound, content, opted_out: true, ...more } }),
          (events) =>
            events.flatMap((event) =>
              event._tag === "OptedOut" ? [event.askedIn === true ? "asked in" : "out"] : event._tag === "OptedIn" ? ["in"] : []
            )
        )
      for (const word of ["UNSTOP", "opt in", "Opt-In!", "START"]) expect([word, yield* asked(word)]).toEqual([word, ["asked in"]])
      for (const word of ["hi", "STOP", "unstop?"]) expect([word, yield* asked(word)]).toEqual([word, ["out"]])
      expect(yield* asked("UNSTOP", { media_url: "https://example.com/a.png" })).toEqual(["out"])
    }))

  it.effect("by the reason of a failed message count as by the flag", () =>
    Effect.gen(function*() {
      for (
        const why of [{ error_code: 402 }, { error_code: "402" }, { error_message: "opted_out" }, {
          error_message: "OPTED_OUT",
          error_code: 4000
        }]
      ) {
        const events = yield* receive({ body: { ...report, status: "ERROR", ...why } })
        expect([why, tags(events), events[0]]).toMatchObject([why, ["OptedOut", "Status"], { handle: person }])
      }
      expect(tags(yield* receive({ body: { ...report, status: "ERROR", error_code: 4000, error_message: "failed" } }))).toEqual(["Status"])
    }))

  it.effect("end with a word for it, alone", () =>
    Effect.gen(function*() {
      for (const written of [" Start ", "start!", "unstop", "Opt In"]) expect(yield* heard(written)).toEqual(["OptedIn", "Received"])
      for (const written of ["yes", "start?", "let us start"]) expect(yield* heard(written)).toEqual(["Received"])
      expect(yield* heard("start", { group_id: "g", message_type: "group" })).toEqual(["Received"])
      for (const more of [{ media_url: "https://example.com/a.png" }, { reply_to: { message_handle: "h" } }]) {
        expect(yield* heard("start", more)).toEqual(["Received"])
      }
    }))

  it.effect("may have phrases of the account's own", () =>
    Effect.gen(function*() {
      const own = { ...options, optOutWords: ["Leave Me Alone!", " "], optInWords: ["yes"] }
      expect(yield* heard("leave me alone", {}, own)).toEqual(["OptedOut", "Received"])
      expect(yield* heard("stop", {}, own)).toEqual(["OptedOut", "Received"])
      expect(yield* heard("Yes", {}, own)).toEqual(["OptedIn", "Received"])
      expect(yield* heard("!", {}, own)).toEqual(["Received"])
      expect(yield* heard("leave me alone")).toEqual(["Received"])
    }))

  it.effect("of a status that no table names are not lost with it", () =>
    Effect.gen(function*() {
      expect(tags(yield* receive({ body: { ...report, status: "PONDERED", opted_out: true } }))).toEqual(["OptedOut", "Unrecognized"])
    }))

  it.effect("of a number in another spelling are that person's; an opt-in needs the number's own", () =>
    Effect.gen(function*() {
      for (const from_number of [person.slice(1), `+1 ${person.slice(2)}`, ` ${person} `]) {
        expect(yield* receive({ body: { ...inbound, content: "STOP", from_number } })).toMatchObject([
          { _tag: "OptedOut", handle: person },
          { _tag: "Received", message: { from: person } }
        ])
        expect(yield* heard("START", { from_number })).toEqual(["Received"])
      }
    }))

  it.effect("are not, nor is a message, what a number of ours writes in another spelling", () =>
    Effect.gen(function*() {
      for (const from_number of [from.slice(1), `+1 ${from.slice(2)}`]) {
        expect(yield* heard("hi", { from_number })).toEqual(["Unrecognized"])
        expect(yield* heard("STOP", { from_number })).toEqual(["Unrecognized"])
        expect(yield* heard("hi", { from_number, sendblue_number: null, to_number: "+12025550999" })).toEqual(["Unrecognized"])
      }
    }))

  it.effect("of a sender that cannot be written to are told without a handle", () =>
    Effect.gen(function*() {
      expect(yield* receive({ body: { ...inbound, from_number: "12345", opted_out: true } })).toMatchObject([
        { _tag: "Unrecognized", kind: "opted_out" },
        { _tag: "Received" }
      ])
    }))
})

describe("a placeholder where a file stood", () => {
  const parts = (more: object) =>
    Effect.map(
      receive({ body: { ...inbound, ...more } }),
      (events) => events.flatMap((event) => event._tag === "Received" ? event.message.parts : [])
    )
  const url = "https://files.example.com/a.jpeg"

  it.effect("is no text of the message, and no part of a caption", () =>
    Effect.gen(function*() {
      for (const content of ["\ufffc", " \ufffc\n", "\u200b"]) {
        expect(yield* parts({ content, media_url: url })).toMatchObject([{ _tag: "Media", url }])
      }
      expect(yield* parts({ content: "\ufffcmy dog", media_url: url })).toMatchObject([{ _tag: "Text", text: "my dog" }, { _tag: "Media" }])
      expect(yield* parts({ content: "my dog", media_url: url })).toMatchObject([{ _tag: "Text", text: "my dog" }, { _tag: "Media" }])
      // with nothing beside it, it is all that came
      expect(yield* parts({ content: "\ufffc" })).toMatchObject([{ _tag: "Text", text: "\ufffc" }])
    }))
})

describe("a tapback that came as text", () => {
  const heard = (content: string) => Effect.map(receive({ body: { ...inbound, content } }), ([event]) => event)

  const tapbacks = Object.entries(SendblueWords.tapbackTexts).flatMap(([tapback, { added, removed }]) =>
    [["added", added, tapback], ["removed", removed, tapback]] as const
  )

  it.effect.each(tapbacks)("%s: %s", ([change, words, tapback]) =>
    Effect.gen(function*() {
      for (const target of ["“see you”", "\"see you\"", "“two\nlines”", "“she said “no””", "an image", "a link", "2 photos"]) {
        expect(yield* heard(`${words} ${target}`)).toMatchObject({
          _tag: "Reaction",
          change,
          reaction: { reaction: { _tag: "Tapback", tapback }, from: person, isMine: false, raw: `${words} ${target}` }
        })
      }
    }))

  it.effect("may be an emoji of several code points, or a sticker", () =>
    Effect.gen(function*() {
      for (const emoji of ["👀", "❤️", "👩‍👩‍👧", "🇦🇹", "1️⃣", "👍🏽"]) {
        expect(yield* heard(`Reacted ${emoji} to “x”`)).toMatchObject({
          _tag: "Reaction",
          change: "added",
          reaction: { reaction: { _tag: "Emoji", emoji } }
        })
        expect(yield* heard(`Removed ${emoji} from “x”`)).toMatchObject({ change: "removed", reaction: { reaction: { emoji } } })
        expect(yield* heard(`Removed a ${emoji} reaction from “x”`)).toMatchObject({ change: "removed", reaction: { reaction: { emoji } } })
      }
      expect(yield* heard("Reacted with a sticker to “x”")).toMatchObject({ change: "added", reaction: { reaction: { _tag: "Sticker" } } })
      expect(yield* heard("Removed a reaction from “x”")).toMatchObject({
        change: "removed",
        reaction: { reaction: { _tag: "Unrecognized", raw: "reaction" } }
      })
    }))

  it.effect.each(
    [
      "Loved it",
      "Loved “it",
      "Loved it”",
      "Loved “”",
      "Loved “it\"",
      "Loved “it” a lot",
      "I Loved “it”",
      "loved “it”",
      "Loved an idea",
      "Loved an image of you",
      "Reacted badly to “it”",
      "Reacted to “it”",
      "Removed a banana from “it”",
      "Loved",
      "“it”"
    ].map((text) => [text] as const)
  )("is not: %s", ([text]) => Effect.map(heard(text), (event) => expect(event?._tag).toBe("Received")))

  it.effect("stays a message if it brings more than text", () =>
    Effect.gen(function*() {
      for (
        const more of [{ media_url: "https://example.com/a.png" }, { reply_to: { message_handle: "h" } }, { location: { latitude: 1 } }, {
          app_card: {}
        }]
      ) {
        expect(tags(yield* receive({ body: { ...inbound, content: "Loved “it”", ...more } }))).toEqual(["Received"])
      }
    }))
})

describe("a report on one message", () => {
  const callback = { secret: Redacted.make("sixteen-characters-or-more") }
  const key = `${deliveryId}:1:0`
  const only: SendblueWebhook.Options = { callback, lines: [from] }
  const both: SendblueWebhook.Options = { ...options, callback }
  const sign = SendblueCallback.sign(callback)
  const address = (token: string) => `/hooks?team=7&${SendblueCallback.parameter}=${token}`
  const tokenFor = (recipient: SendblueCallback.Audience["recipient"] = person, line: string = from) => sign(key, { line, recipient }, 0)

  it.effect("proves that its attempt was taken, and hints at the status, which nothing but its raw word tells", () =>
    Effect.gen(function*() {
      const url = address(yield* tokenFor())
      for (const given of [only, both]) {
        for (const status of ["DELIVERED", "ERROR", "PONDERED"]) {
          expect(
            yield* receive(
              { body: { ...report, status, error_code: 10001, was_downgraded: true, service: "SMS" }, headers: {}, url },
              given
            )
          ).toEqual([{
            _tag: "Status",
            carrierId: "sendblue",
            id: `${report.message_handle} ${status} ${report.date_updated} ${key}`,
            at: report.date_updated,
            fact: { ref: { carrierId: "sendblue", id: report.message_handle }, status: "pending", raw: status },
            idempotencyKey: key
          }])
        }
      }
    }))

  it.effect("is taken at its word if the operator says so, or if it has the secret; then the report is the same event as the account's own", () =>
    Effect.gen(function*() {
      const url = address(yield* tokenFor())
      const [own] = yield* receive({ body: report })
      expect(own).toMatchObject({ _tag: "Status", fact: { status: "delivered" } })
      for (
        const found of [
          yield* receive({ body: report, headers: {}, url }, { ...only, callback: { ...callback, believed: true } }),
          yield* receive({ body: report, url }, both)
        ]
      ) {
        expect(found).toMatchObject([{ fact: { status: "pending" }, idempotencyKey: key }, {}])
        expect(found[1]).toEqual(own)
      }
    }))

  it.effect("without a token, or with one that is not for it, is refused", () =>
    Effect.gen(function*() {
      const token = yield* tokenFor()
      for (const given of [only, both]) {
        yield* expectFault("unsigned", { body: report, headers: {}, url: "/hooks?team=7" }, given)
        yield* expectFault("unsigned", { body: report, headers: {}, url: "/hooks?interline=" }, given)
        const forged: ReadonlyArray<Call> = [
          { url: address(`${token}A`) },
          { url: address(`A${token.slice(1)}`) },
          { url: address("e30.e30") },
          {
            url: address(
              yield* SendblueCallback.sign({ secret: Redacted.make("another-secret-of-ours") })(key, { line: from, recipient: person }, 0)
            )
          },
          { url: address(yield* tokenFor("+19998887778")) },
          { url: address(yield* tokenFor(person, "+15122164640")) },
          { url: address(yield* tokenFor([person, "+19998887778"])) },
          { url: address(token), body: { ...report, number: "+19998887778", to_number: "+19998887778" } },
          { url: address(token), body: { ...report, from_number: "+15122164640", sendblue_number: "+15122164640" } },
          { url: address(token), body: { message_handle: "h", status: "SENT" } },
          { url: address(token), body: "not json" }
        ]
        for (const call of forged) yield* expectFault("signature", { body: report, headers: {}, ...call }, given)
      }
      // no callback configured: a token is nothing
      yield* expectFault("unsigned", { body: report, headers: {}, url: address(token) })
    }))

  it.effect("ends with its token", () =>
    Effect.gen(function*() {
      const url = address(yield* tokenFor())
      yield* TestClock.setTime(48 * 3_600_000)
      expect(tags(yield* receive({ body: report, headers: {}, url }, only))).toEqual(["Status"])
      yield* TestClock.adjust(1)
      yield* expectFault("signature", { body: report, headers: {}, url }, only)
    }))

  it.effect("with a wrong secret is refused, whatever its token says", () =>
    Effect.gen(function*() {
      yield* expectFault("signature", { body: report, headers: { "sb-signing-secret": "wrong" }, url: address(yield* tokenFor()) }, both)
    }))

  it.effect("cannot bring a message: a token is for what we sent", () =>
    Effect.gen(function*() {
      const token = yield* tokenFor()
      const back = { ...inbound, from_number: from, number: person }
      yield* expectFault("signature", { body: back, headers: {}, url: address(token) }, only)
      yield* expectFault("signature", { body: { ...back, is_outbound: undefined }, headers: {}, url: address(token) }, only)
      expect(tags(yield* receive({ body: { ...report, status: "SENT", content: "STOP" }, headers: {}, url: address(token) }, only)))
        .toEqual(["Status"])
    }))

  it.effect("can make nobody opt out but the person whom its message was for", () =>
    Effect.gen(function*() {
      const url = address(yield* tokenFor())
      for (const given of [only, { ...only, callback: { ...callback, believed: true } }]) {
        const found = yield* receive({ body: { ...report, number: "+19998887778", opted_out: true }, headers: {}, url }, given)
        expect(found.filter(({ _tag }) => _tag === "OptedOut")).toMatchObject([{ handle: person, id: expect.stringContaining(key) }])
      }
      const group = { ...report, group_id: "g-1", opted_out: true }
      expect(tags(yield* receive({ body: group, headers: {}, url: address(yield* tokenFor("g-1")) }, only))).toEqual(["Status"])
      // in a group the report does not say who, also where the token is for one of them
      expect(tags(yield* receive({ body: group, headers: {}, url }, only))).toEqual(["Status"])
    }))

  it.effect("of a group is for its id, or for its people while it had none", () =>
    Effect.gen(function*() {
      const people = [person, "+17778889999"]
      const body = { ...report, group_id: "g-1", participants: [from, ...people] }
      for (const recipient of ["g-1", people, [...people].reverse()]) {
        expect(yield* receive({ body, headers: {}, url: address(yield* tokenFor(recipient)) }, only)).toMatchObject([{
          idempotencyKey: key
        }])
      }
      yield* expectFault("signature", { body, headers: {}, url: address(yield* tokenFor([...people, "+18887776666"])) }, only)
    }))

  it.effect("without a handle is kept as it came", () =>
    Effect.gen(function*() {
      const { message_handle: _, ...nameless } = report
      expect(yield* receive({ body: nameless, headers: {}, url: address(yield* tokenFor()) }, only)).toEqual([
        { _tag: "Unrecognized", carrierId: "sendblue", kind: "status_callback", raw: nameless }
      ])
    }))
})

describe("options that cannot work", () => {
  it.effect.each(
    [
      ["secrets", { secrets: [Redacted.make(" ")] }],
      ["secrets", { secrets: [Redacted.make(secret), Redacted.make("two\nlines")] }],
      ["header", { header: "no header" }],
      ["lines", { lines: ["5122164639"] }],
      ["carrierId", { carrierId: "Not An Id" }],
      ["callback.secret", { callback: { secret: Redacted.make("too-short") } }]
    ] as const
  )("%s is named and not quoted", ([option, given]) =>
    Effect.map(Effect.flip(SendblueWebhook.make(given)), (error) => {
      expect(String(error)).toContain(option)
      for (const hidden of [secret, "two", "too-short", "5122164639"]) expect(String(error)).not.toContain(hidden)
    }))

  it.effect("a type that no page names is refused", () =>
    Effect.gen(function*() {
      // @ts-expect-error callers from plain JavaScript give anything
      expect(String(yield* Effect.flip(SendblueWebhook.make({ type: "received" })))).toContain("line_blocked")
    }))
})
