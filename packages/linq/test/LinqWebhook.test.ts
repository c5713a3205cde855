import { describe, expect, it } from "@effect/vitest"
import * as MessagingEvent from "@interline/core/MessagingEvent"
import type { WebhookRequest } from "@interline/core/WebhookReceiver"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { createHmac } from "node:crypto"
import { inspect } from "node:util"
import * as LinqWebhook from "../src/LinqWebhook.ts"
import * as LinqWords from "../src/wire/LinqWords.ts"
import { events, fixture, fixtures } from "./support.ts"

const secret = `whsec_${Buffer.from("the first of two secrets, 32 by.").toString("base64")}`
const other = `whsec_${Buffer.from("the second one of two, 32 bytes.").toString("base64")}`
const now = 1_780_000_000

/** As Linq's docs tell to check a signature, on another implementation of HMAC. */
const standard = (body: string | Uint8Array, { at = now, id = "event-1", key = secret } = {}): Record<string, string> => ({
  "webhook-id": id,
  "webhook-timestamp": String(at),
  "webhook-signature": `v1,${
    createHmac("sha256", Buffer.from(key.replace("whsec_", ""), "base64")).update(`${id}.${at}.`).update(body).digest("base64")
  }`
})

const legacy = (body: string | Uint8Array, { at = now, key = secret } = {}): Record<string, string> => ({
  "x-webhook-timestamp": String(at),
  "x-webhook-signature": createHmac("sha256", key).update(`${at}.`).update(body).digest("hex")
})

const bytes = (body: string | Uint8Array): Uint8Array => typeof body === "string" ? new Uint8Array(Buffer.from(body)) : body

const body = JSON.stringify(fixture("webhooks", "message-received.2026-02-03").body)

const receiverOf = (options: Partial<LinqWebhook.Options> = {}) => LinqWebhook.make({ secrets: [Redacted.make(secret)], ...options })

/** The tags of what is heard, or the fault. */
const heard = (headers: WebhookRequest["headers"], content: string | Uint8Array = body, options: Partial<LinqWebhook.Options> = {}) =>
  Effect.gen(function*() {
    yield* TestClock.setTime(now * 1000)
    const receiver = yield* receiverOf(options)
    return yield* receiver.receive({ headers, body: bytes(content), url: "/hook" }).pipe(
      Effect.match({ onFailure: ({ fault }) => fault, onSuccess: (events) => events.map(({ _tag }) => _tag) })
    )
  })

describe("a Linq webhook becomes events", () => {
  const examples = [...fixtures("webhooks"), ...fixtures("made")]

  for (const { body, name } of examples) {
    it.effect(name, () =>
      Effect.gen(function*() {
        yield* TestClock.setTime(now * 1000)
        const text = JSON.stringify(body)
        const receiver = yield* receiverOf()
        const received = yield* receiver.receive({ headers: standard(text), body: bytes(text), url: "/" })
        // what is written down and read again is what was heard
        const stored = Schema.encodeSync(Schema.Array(MessagingEvent.MessagingEvent))(received)
        expect(JSON.parse(JSON.stringify(stored))).toEqual(events.get(name))
      }))
  }

  it("has a pair for every example, and examples of every tag and of every event that Linq documents", () => {
    expect(new Set(examples.map(({ name }) => name))).toEqual(new Set(events.keys()))
    const tags = new Set(Array.from(events.values()).flat().map((event) => Object(event)["_tag"]))
    expect(tags).toEqual(new Set(Object.keys(LinqWords.eventFromNeutral)))
    const told = new Set(examples.map(({ body }) => Object(body)["event_type"]))
    const undocumented = Object.keys(LinqWords.eventToNeutral).filter((word) => word.startsWith("call."))
    expect(Object.keys(LinqWords.eventToNeutral).filter((word) => !told.has(word) && !undocumented.includes(word))).toEqual([])
  })

  it.effect("keeps events of the API before v3 as they came, though they have the same names", () =>
    Effect.gen(function*() {
      for (const { body } of fixtures("webhooks-v2")) {
        const text = JSON.stringify(body)
        expect(yield* heard(standard(text), text)).toEqual(["Unrecognized"])
      }
    }))

  it("says every event of one webhook under an id of its own", () => {
    for (const list of events.values()) {
      const ids = (Array.isArray(list) ? list : []).map((event) => Object(event)["id"])
      expect(new Set(ids).size).toBe(ids.length)
    }
  })

  it("says the same of one message in both payload versions", () => {
    for (const name of ["message-sent", "message-delivered", "message-read"]) {
      expect(events.get(`${name}.2025-01-01`)).toEqual(events.get(`${name}.2026-02-03`))
    }
  })

  it.effect("never throws and never drops an event, whatever is in it", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(now * 1000)
      const receiver = yield* receiverOf()
      const words = FastCheck.constantFrom(...Object.keys(LinqWords.eventToNeutral), "brand.new", "constructor", "")
      const keys = FastCheck.constantFrom(
        "id",
        "chat",
        "chat_id",
        "message",
        "message_id",
        "parts",
        "direction",
        "sender_handle",
        "handle",
        "participant",
        "part",
        "phone_number",
        "new_status",
        "handles"
      )
      const known = FastCheck.constantFrom(...examples.map(({ body }) => Object(body)["data"]))
      const broken = FastCheck.tuple(known, FastCheck.dictionary(keys, FastCheck.jsonValue())).map(([data, change]) => ({
        ...data,
        ...change
      }))
      const version = FastCheck.constantFrom("2025-01-01", "2026-02-03", "2027-01-01", undefined)
      yield* Effect.promise(() =>
        FastCheck.assert(
          FastCheck.asyncProperty(
            words,
            FastCheck.oneof(broken, FastCheck.jsonValue()),
            version,
            async (event_type, data, webhook_version) => {
              const text = JSON.stringify({ api_version: "v3", webhook_version, event_type, event_id: "e-1", data })
              const received = await Effect.runPromise(Effect.withClock(
                receiver.receive({ headers: standard(text, { at: Math.floor(Date.now() / 1000) }), body: bytes(text), url: "" }),
                Effect.runSync(Effect.clock)
              ))
              expect(received.length).toBeGreaterThan(0)
              expect(Schema.is(Schema.Array(MessagingEvent.MessagingEvent))(received)).toBe(true)
            }
          ),
          { numRuns: 300 }
        )
      )
    }))

  it.effect("takes further texts for an opt-out and an opt-in, and no word beside a link", () =>
    Effect.gen(function*() {
      const said = (...parts: ReadonlyArray<object>) => {
        const data = { id: "m", chat: { id: "c", is_group: false }, direction: "inbound", sender_handle: { handle: "+12025550123" }, parts }
        const text = JSON.stringify({
          api_version: "v3",
          webhook_version: "2026-02-03",
          event_type: "message.received",
          event_id: "e",
          data
        })
        return heard(standard(text), text, { optOutWords: ["Leave me alone!", "…"], optInWords: ["Yes"] })
      }
      const written = (value: string) => ({ type: "text", value })
      for (const word of [...LinqWords.optOutWords, "STOP", "Opt-Out", " stop! ", "leave me alone", "Cancel?"]) {
        expect([word, yield* said(written(word))]).toEqual([word, ["OptedOut", "Received"]])
      }
      for (const word of [...LinqWords.optInWords, "yes", "Start."]) {
        expect(yield* said(written(word.toUpperCase()))).toEqual(["OptedIn", "Received"])
      }
      for (const word of ["", "…", "please stop the car", "start?", "stop it", "restart"]) {
        expect([word, yield* said(written(word))]).toEqual([word, ["Received"]])
      }
      expect(yield* said(written("STOP"), { type: "media", id: "a" })).toEqual(["OptedOut", "Received"])
      expect(yield* said(written("START"), { type: "media", id: "a" })).toEqual(["Received"])
      expect(yield* said(written("STOP"), { type: "link", value: "https://example.com" })).toEqual(["Received"])
      expect(yield* said(written("STOP"), written("by at noon"))).toEqual(["Received"])
      expect(yield* said({ type: "link", value: "stop" })).toEqual(["Received"])
      expect(yield* said()).toEqual(["Received"])
    }))

  it.effect("takes an opt-out from a number in any spelling, an opt-in only from its own, and nothing from a number of ours", () =>
    Effect.gen(function*() {
      const says = (handle: string, value: string) => {
        const data = {
          id: "m",
          chat: { id: "c", is_group: false },
          direction: "inbound",
          sender_handle: { handle },
          parts: [{ type: "text", value }]
        }
        const text = JSON.stringify({
          api_version: "v3",
          webhook_version: "2026-02-03",
          event_type: "message.received",
          event_id: "e",
          data
        })
        return heard(standard(text), text, { ours: ["+12025550101"] })
      }
      for (const handle of ["12025550123", "+1 (202) 555-0123", " +12025550123"]) {
        expect(yield* says(handle, "STOP")).toEqual(["OptedOut", "Received"])
        expect(yield* says(handle, "START")).toEqual(["Received"])
      }
      expect(yield* says("+12025550123", "START")).toEqual(["OptedIn", "Received"])
      for (const handle of ["12025550101", "+1 202 555 0101"]) expect(yield* says(handle, "hi")).toEqual(["Unrecognized"])
    }))

  const told = (event_type: string, data: object, webhook_version = "2026-02-03", options: Partial<LinqWebhook.Options> = {}) =>
    Effect.gen(function*() {
      yield* TestClock.setTime(now * 1000)
      const text = JSON.stringify({ api_version: "v3", webhook_version, event_type, event_id: "e", data })
      const receiver = yield* receiverOf(options)
      return yield* receiver.receive({ headers: standard(text), body: bytes(text), url: "/hook" })
    })

  it.effect("takes a message for ours where any one field says so, whatever the others say", () =>
    Effect.gen(function*() {
      const me = { handle: "+12025550101" }
      const person = { handle: "+12025550123", is_me: false }
      const theirs = {
        id: "m",
        chat: { id: "c", is_group: false, owner_handle: me },
        direction: "inbound",
        is_from_me: false,
        sender_handle: person,
        parts: [{ type: "text", value: "STOP" }]
      }
      const tags = (change: object) =>
        Effect.map(told("message.received", { ...theirs, ...change }), (events) => events.map(({ _tag }) => _tag))
      expect(yield* tags({})).toEqual(["OptedOut", "Received"])
      for (
        const change of [
          { direction: "outbound" },
          { is_from_me: true },
          { sender_handle: { ...person, is_me: true } },
          { from_handle: { handle: me.handle, is_me: true } },
          { sender_handle: { ...me, is_me: false } }
        ]
      ) expect([change, yield* tags(change)]).toEqual([change, ["Status"]])
      // the older payload may name no writer beside it
      const older = { chat_id: "c", is_from_me: true, message: { id: "m", parts: [{ type: "text", value: "STOP" }] } }
      expect((yield* told("message.received", older, "2025-01-01")).map(({ _tag }) => _tag)).toEqual(["Status"])
    }))

  it.effect("takes a tapback's words for a message where they come with more than words", () =>
    Effect.gen(function*() {
      const data = {
        id: "m",
        chat: { id: "c", is_group: false },
        direction: "inbound",
        sender_handle: { handle: "+12025550123" },
        parts: [{ type: "text", value: "Loved “see you”" }]
      }
      const tags = (change: object) =>
        Effect.map(told("message.received", { ...data, ...change }), (events) => events.map(({ _tag }) => _tag))
      expect(yield* tags({})).toEqual(["Reaction"])
      for (
        const change of [{ effect: { type: "screen", name: "confetti" } }, { reply_to: { message_id: "m-0" } }, {
          parts: [...data.parts, { type: "media", id: "a" }]
        }]
      ) {
        expect([change, yield* tags(change)]).toEqual([change, ["Received"]])
      }
    }))

  it.effect("takes the mark of a chat that was created for its one person's, and for nobody's in a group", () =>
    Effect.gen(function*() {
      const me = { handle: "+12025550101", is_me: true }
      const [ada, bob] = [{ handle: "+12025550123", is_me: false }, { handle: "+12025550124", is_me: false }]
      const tags = (change: object) =>
        Effect.map(
          told("chat.created", { id: "c", is_group: false, handles: [me, ada], health_status: { status: "OPTED_OUT" }, ...change }),
          (events) => events.map(({ _tag }) => _tag)
        )
      expect(yield* tags({})).toEqual(["OptedOut", "Chat"])
      for (const change of [{ is_group: true }, { handles: [me, ada, bob] }]) {
        expect([change, yield* tags(change)]).toEqual([change, ["Chat"]])
      }
    }))

  it.effect("takes a reaction for ours by the handle of its writer where no field says it", () =>
    Effect.gen(function*() {
      const mine = (change: object) =>
        Effect.map(told("reaction.added", { message_id: "m", chat_id: "c", reaction_type: "love", ...change }), ([event]) =>
          event?._tag === "Reaction" ? event.reaction.isMine : undefined)
      expect(yield* mine({ from_handle: { handle: "+12025550101", is_me: true } })).toBe(true)
      expect(yield* mine({ from_handle: { handle: "+12025550123", is_me: false } })).toBe(false)
    }))

  it.effect("takes a vote for ours by the number of its voter where no field says it", () =>
    Effect.gen(function*() {
      const byMe = (sender_handle: object) =>
        Effect.map(
          told("poll.vote.added", { message_id: "m", option_id: "o", chat: { id: "c" }, sender_handle }, undefined, {
            ours: ["+12025550101"]
          }),
          ([event]) => event?._tag === "Poll" ? event.byMe : undefined
        )
      expect(yield* byMe({ handle: "+12025550101" })).toBe(true)
      expect(yield* byMe({ handle: "+12025550123", is_me: true })).toBe(true)
      expect(yield* byMe({ handle: "+12025550123" })).toBe(false)
    }))

  it.effect("keeps an event as it came that names what cannot be written down", () =>
    Effect.gen(function*() {
      for (const id of ["..", "half of a letter: \ud800"]) {
        const events = yield* told("reaction.added", { message_id: id, chat_id: "c", reaction_type: "love", is_from_me: false })
        expect([id, events.map(({ _tag }) => _tag)]).toEqual([id, ["Unrecognized"]])
      }
    }))

  it.effect("reads a version that it does not know as the newest, and not as an older one", () =>
    Effect.gen(function*() {
      const newest = { id: "m", chat: { id: "c" }, direction: "inbound", sender_handle: { handle: "+12025550123" }, parts: [] }
      const older = { chat_id: "c", from: "+12025550123", is_from_me: false, message: { id: "m", parts: [] } }
      for (const version of ["2027-01-01", "constructor"]) {
        expect((yield* told("message.received", newest, version)).map(({ _tag }) => _tag)).toEqual(["Received"])
        expect((yield* told("message.received", older, version)).map(({ _tag }) => _tag)).toEqual(["Unrecognized"])
      }
    }))
})

describe("a Linq webhook is believed", () => {
  it.effect("with the standard headers, or with the deprecated pair when those are absent", () =>
    Effect.gen(function*() {
      expect(yield* heard(standard(body))).toEqual(["Received"])
      expect(yield* heard(legacy(body))).toEqual(["Received"])
      expect(yield* heard({ ...standard(body), ...legacy(body) })).toEqual(["Received"])
      expect(yield* heard({ ...standard(body), ...legacy("other") })).toEqual(["Received"])
    }))

  it.effect("by the standard headers alone where one of them is there", () =>
    Effect.gen(function*() {
      expect(yield* heard({ ...standard("other"), ...legacy(body) })).toBe("signature")
      for (const name of Object.keys(standard(body))) {
        expect([name, yield* heard({ ...legacy(body), [name]: standard(body)[name] })]).toEqual([name, "unsigned"])
        expect([name, yield* heard({ ...standard(body), [name]: undefined })]).toEqual([name, "unsigned"])
      }
    }))

  it.effect("by the deprecated pair only if that is allowed", () =>
    Effect.gen(function*() {
      expect(yield* heard(legacy(body), body, { legacySignature: false })).toBe("unsigned")
      expect(yield* heard(standard(body), body, { legacySignature: false })).toEqual(["Received"])
    }))

  it.effect("with any of the secrets, with and without its prefix, and with any of several signatures", () =>
    Effect.gen(function*() {
      const both = { secrets: [Redacted.make(other), Redacted.make(secret)] }
      for (const key of [secret, other]) {
        expect(yield* heard(standard(body, { key }), body, both)).toEqual(["Received"])
        expect(yield* heard(legacy(body, { key }), body, both)).toEqual(["Received"])
      }
      const bare = { secrets: [Redacted.make(` ${secret.replace("whsec_", "")}\n`)] }
      expect(yield* heard(standard(body), body, bare)).toEqual(["Received"])
      expect(yield* heard(legacy(body), body, bare)).toEqual(["Received"])
      const several = `v1,bm9uZQ== v1a,whatever ${standard(body)["webhook-signature"]}`
      expect(yield* heard({ ...standard(body), "webhook-signature": several })).toEqual(["Received"])
      const many = `${"v1,bm9uZQ== ".repeat(1000)}${standard(body)["webhook-signature"]}`
      expect(yield* heard({ ...standard(body), "webhook-signature": many })).toBe("signature")
    }))

  it.effect("not without a signature, with that of another secret, or with another's id, time, body or scheme", () =>
    Effect.gen(function*() {
      expect(yield* heard({})).toBe("unsigned")
      expect(yield* heard({ "x-webhook-signature": legacy(body)["x-webhook-signature"] })).toBe("unsigned")
      for (const sign of [standard, legacy]) {
        expect(yield* heard(sign(body, { key: other }))).toBe("signature")
        expect(yield* heard(sign(`${body} `))).toBe("signature")
        expect(yield* heard(sign(JSON.stringify(JSON.parse(body), null, 1)))).toBe("signature")
      }
      expect(yield* heard({ ...standard(body), "webhook-id": "event-2" })).toBe("signature")
      expect(yield* heard({ ...standard(body), "webhook-timestamp": String(now + 1) })).toBe("signature")
      expect(yield* heard({ ...legacy(body), "x-webhook-timestamp": String(now + 1) })).toBe("signature")
      const signature = standard(body)["webhook-signature"] ?? ""
      for (
        const changed of [
          "",
          "v1,",
          signature.slice(3),
          signature.replace("v1,", "v2,"),
          signature.replace(/=+$/, ""),
          signature.slice(0, -2)
        ]
      ) {
        expect([changed, yield* heard({ ...standard(body), "webhook-signature": changed })]).toEqual([changed, "signature"])
      }
      const pair = legacy(body)["x-webhook-signature"] ?? ""
      expect(yield* heard({ ...legacy(body), "x-webhook-signature": pair.toUpperCase() })).toBe("signature")
    }))

  it.effect("through Linq's whole span of retries and no longer than its age, and a little ahead of our clock", () =>
    Effect.gen(function*() {
      const signed = (seconds: number, options: Partial<LinqWebhook.Options> = {}) =>
        Effect.map(
          Effect.all([
            heard(standard(body, { at: now + seconds }), body, options),
            heard(legacy(body, { at: now + seconds }), body, options)
          ]),
          ([one, two]) => {
            expect(one).toEqual(two)
            return one
          }
        )
      // 2, 4, 8 … 512 and 600 seconds, a fifth longer, and ten calls of 10 seconds
      expect(yield* signed(-Math.ceil((1022 + 600) * 1.2 + 100))).toEqual(["Received"])
      expect(yield* signed(-3600)).toEqual(["Received"])
      expect(yield* signed(-3601)).toBe("age")
      expect(yield* signed(300)).toEqual(["Received"])
      expect(yield* signed(301)).toBe("age")
      expect(yield* signed(-61, { maxAge: "1 minute" })).toBe("age")
      expect(yield* signed(1, { tolerance: 0 })).toBe("age")
      const receiver = yield* receiverOf()
      const { message } = yield* Effect.flip(
        receiver.receive({ headers: standard(body, { at: now - 3601 }), body: bytes(body), url: "/hook" })
      )
      expect(message).toBe(
        "a webhook of linq was refused: it was signed too long ago or in the future; compare the clocks; see the option maxAge"
      )
    }))

  it.effect("not with a time that is none, however it is signed", () =>
    Effect.gen(function*() {
      for (const at of ["", "0", "-1", "1e9", "NaN", `${now}.5`, ` ${now}`, "9".repeat(40), new Date(now * 1000).toISOString()]) {
        const id = "event-1"
        const key = Buffer.from(secret.replace("whsec_", ""), "base64")
        const signature = `v1,${createHmac("sha256", key).update(`${id}.${at}.${body}`).digest("base64")}`
        expect([at, yield* heard({ "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature })]).toEqual([at, "age"])
      }
    }))

  it.effect("and then read as JSON of the envelope, or refused for its body", () =>
    Effect.gen(function*() {
      const notUtf8 = new Uint8Array([...bytes("{\"event_type\":\"a"), 0xff, ...bytes("\"}")])
      for (const content of ["", "null", "[]", "1", "{}", "{\"event_type\":1}", "{\"event_type\":\"a\"", "hello", notUtf8]) {
        expect([content, yield* heard(standard(content), content)]).toEqual([content, "body"])
      }
      expect(yield* heard(standard("{\"event_type\":\"a\"}"), "{\"event_type\":\"a\"}")).toEqual(["Unrecognized"])
    }))

  it.effect("with no bit of its body, signature, time or id changed", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(now * 1000)
      const clock = yield* Effect.clock
      const receiver = yield* receiverOf()
      const small = "{\"event_type\":\"brand.new\",\"event_id\":\"e-1\"}"
      const isHeard = (headers: WebhookRequest["headers"], content: Uint8Array) =>
        Effect.runPromise(Effect.withClock(Effect.isSuccess(receiver.receive({ headers, body: content, url: "" })), clock))
      const flipped = (text: string, at: number, bit: number): string => {
        const index = at % text.length
        return text.slice(0, index) + String.fromCharCode(text.charCodeAt(index) ^ (1 << bit)) + text.slice(index + 1)
      }
      yield* Effect.promise(() =>
        FastCheck.assert(
          FastCheck.asyncProperty(
            FastCheck.boolean(),
            FastCheck.nat(),
            FastCheck.nat(),
            FastCheck.nat(6),
            async (isLegacy, where, at, bit) => {
              const headers = isLegacy ? legacy(small) : standard(small)
              expect(await isHeard(headers, bytes(small))).toBe(true)
              const name = [...Object.keys(headers), "body"][where % (Object.keys(headers).length + 1)] ?? "body"
              expect([
                name,
                name === "body"
                  ? await isHeard(headers, bytes(flipped(small, at, bit)))
                  : await isHeard({ ...headers, [name]: flipped(headers[name] ?? "", at, bit) }, bytes(small))
              ]).toEqual([name, false])
            }
          ),
          { numRuns: 500 }
        )
      )
    }))

  it.effect("and a refusal says nothing of the call and nothing of the secret", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(now * 1000)
      const receiver = yield* receiverOf()
      const calls = [
        {},
        standard(body, { key: other }),
        standard(body, { at: now - 100_000 }),
        legacy("other"),
        standard("{\"+12025559876\":")
      ]
      for (const headers of calls) {
        const content = headers === calls[4] ? "{\"+12025559876\":" : body
        const exit = yield* Effect.exit(receiver.receive({ headers, body: bytes(content), url: "/?secret=s3cret" }))
        if (Exit.isSuccess(exit)) throw new Error("it was believed")
        const shown = [
          inspect(exit.cause, { depth: 20, showHidden: true }),
          JSON.stringify(exit.cause),
          Cause.pretty(exit.cause),
          String(Cause.squash(exit.cause))
        ].join()
        for (
          const word of ["+1202", "Hello!", "s3cret", secret.slice(6, 20), "whsec_d", standard(body)["webhook-signature"]?.slice(3, 12)]
        ) {
          expect([word, shown.includes(String(word))]).toEqual([word, false])
        }
        expect(shown).toContain("a webhook of linq was refused")
      }
    }))
})

describe("a receiver is not made", () => {
  const refusal = (options: unknown) =>
    Effect.map(Effect.either(LinqWebhook.make(Object(options))), Either.match({ onLeft: String, onRight: () => "made" }))

  it.effect("without a secret that works, and the complaint names the option and not the secret", () =>
    Effect.gen(function*() {
      for (
        const secrets of [
          undefined,
          [],
          "whsec_",
          [Redacted.make("")],
          [Redacted.make("whsec_")],
          [Redacted.make(secret), Redacted.make("whsec_not base64")],
          [Redacted.make("whsec_n0t-b@se64")],
          [Redacted.make("whsec_abc")],
          [secret, undefined]
        ]
      ) {
        const complaint = yield* refusal({ secrets })
        expect(complaint).toContain("secrets")
        for (const part of ["not base64", "n0t", "abc", secret.slice(6)]) expect(complaint).not.toContain(part)
      }
      expect(yield* refusal({ secrets: [Redacted.make(secret)] })).toBe("made")
    }))

  it.effect("with an id, an age or a tolerance that is none", () =>
    Effect.gen(function*() {
      for (const wrong of [{ carrierId: "Linq!" }, { maxAge: "soon" }, { tolerance: Number.POSITIVE_INFINITY }]) {
        expect(yield* refusal({ secrets: [Redacted.make(secret)], ...wrong })).toContain(Object.keys(wrong)[0])
      }
      const receiver = yield* receiverOf({ carrierId: "linq-eu" })
      expect(receiver.carrierId).toBe("linq-eu")
    }))
})
