/**
 * What a report says of a call is what happens to the call: each generated call goes through the gateway to the sandbox of the other vendor.
 * The requests that the sandbox got are the planned ones, and a refused call is refused there. `INTERLINE_CALLS` is the number of calls.
 */
import { describe, expect, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import * as Conversation from "@interline/core/Conversation"
import type { Draft } from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import { isCertain } from "@interline/core/Loss"
import type { RecordedCall } from "@interline/migration/RecordedCall"
import * as Translator from "@interline/migration/Translator"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { apiKey, gatewayWorld } from "../support/gateway.ts"
import { numbers } from "../support/sandbox.ts"

const calls = Number(process.env["INTERLINE_CALLS"] ?? 250)

const people = Array.from({ length: 40 }, (_, index) => `+120255501${String(30 + index).padStart(2, "0")}`)

const fc = FastCheck

const content = fc.oneof(
  { weight: 6, arbitrary: fc.string({ minLength: 1, maxLength: 40 }) },
  { weight: 2, arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }) },
  { weight: 2, arbitrary: fc.webUrl({ validSchemes: ["https"] }).map((url) => `look: ${url}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("", " ", "STOP", "\u200b", "https://example.com", "www.example.com/a", "mail me@example.com", "a.b")
  },
  { weight: 1, arbitrary: fc.integer({ min: 9_990, max: 10_010 }).map((length) => "x".repeat(length)) }
)

const mediaUrl = fc.constantFrom(
  "https://images.example.com/photo.jpg",
  "https://images.example.com/photo.PNG?size=1",
  "https://images.example.com/file",
  "http://images.example.com/photo.jpg",
  "https://images.example.com/program.exe",
  "photo.jpg"
)

const style = fc.constantFrom(
  "celebration",
  "shooting_star",
  "fireworks",
  "lasers",
  "love",
  "confetti",
  "balloons",
  "spotlight",
  "echo",
  "invisible",
  "gentle",
  "loud",
  "slam",
  "odd"
)

const from = fc.oneof({ weight: 12, arbitrary: fc.constant(numbers.linq) }, { weight: 1, arbitrary: fc.constantFrom("12", "support") })

const to = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...people) },
  { weight: 1, arbitrary: fc.constantFrom("12", "someone", numbers.linq, "", " (202) 555-0130 ") }
)

const message = {
  from_number: from,
  content: fc.option(content, { nil: null }),
  media_url: fc.option(mediaUrl, { nil: null, freq: 3 }),
  send_style: fc.option(style, { nil: null, freq: 3 }),
  seat_id: fc.constant("seat"),
  mood: fc.jsonValue({ maxDepth: 2 })
}

const call: FastCheck.Arbitrary<RecordedCall> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ number: to, ...message }, { requiredKeys: ["number", "from_number", "content"] })
      .map((body) => ({ path: "/api/send-message", body }))
  },
  {
    weight: 2,
    arbitrary: fc.record({ numbers: fc.array(to, { maxLength: 4 }), ...message }, { requiredKeys: ["numbers", "from_number", "content"] })
      .map((body) => ({ path: "/api/send-group-message", body }))
  },
  {
    weight: 1,
    arbitrary: fc.record({ number: to, ...message }, { requiredKeys: [] }).map((body) => ({ path: "/api/send-message", body }))
  },
  { weight: 1, arbitrary: fc.constantFrom("/api/send-carousel", "/api/v2/contacts", "/api/nowhere").map((path) => ({ path, body: {} })) }
).map((given): RecordedCall => ({
  method: "POST",
  host: undefined,
  query: "",
  contentType: "application/json",
  answer: undefined,
  at: undefined,
  hadCredentials: false,
  ...given
}))

/** Rules that Interline has for every vendor, so that the vendor itself may take what breaks them. */
const ownRules: ReadonlySet<string> = new Set(["members"])

/** A draft as a v3 request that nobody checked. */
const toBody = (draft: Draft, to: ReadonlyArray<string>): object => ({
  from: numbers.linq,
  to,
  message: {
    parts: draft.parts.map((part) =>
      part._tag === "Text" ? { type: "text", value: part.text } : { type: "media", url: "url" in part ? part.url : "" }
    )
  }
})

const withoutKey = (body: unknown): unknown =>
  JSON.parse(JSON.stringify(body, (name, value) => name === "idempotency_key" ? undefined : value))

const post = (url: string, body: unknown, headers: Readonly<Record<string, string>>) =>
  Effect.promise(() =>
    fetch(url, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) })
  )

const lossesOf = (response: Response): ReadonlyArray<string> =>
  (JSON.parse(response.headers.get("interline-losses") ?? "[]") as ReadonlyArray<{ readonly kind: string; readonly certainty: string }>)
    .filter(({ certainty }) => certainty === "certain").map(({ kind }) => kind)

describe("a report of generated calls", () => {
  it.scopedLive(`says of ${calls} calls what happens to them`, () =>
    Effect.gen(function*() {
      const world = yield* gatewayWorld({ carriers: ["linq"], variables: { INTERLINE_LINES: `support=linq:${numbers.linq}` } })
      const translator = yield* Translator.make({ from: "sendblue", to: "linq" })
      const { credentials: { linqToken }, linq } = world.sandbox
      let promised = 0
      const counted = { whole: 0, lossy: 0, refused: 0, others: 0 }

      for (const given of FastCheck.sample(call, { numRuns: calls, seed: 1 })) {
        const translation = yield* translator.translate(given)
        yield* world.network.clearRequests
        const answer = yield* post(`${world.url}/sendblue${given.path}`, given.body, {
          "sb-api-key-id": "any",
          "sb-api-secret-key": apiKey
        })
        const received = (yield* world.network.requests({ vendor: "linq", method: "POST" })).map(({ body, status }) => ({
          body: withoutKey(JSON.parse(body)),
          isTaken: typeof status === "number" && status < 300
        }))
        const said = JSON.stringify({ given, translation, status: answer.status, text: yield* Effect.promise(() => answer.text()) })
        if (translation._tag === "Send" && translation.plan._tag === "Sendable") {
          expect([answer.status < 300, received], said).toEqual([
            true,
            translation.plan.steps.map(({ body }) => ({ body: withoutKey(body), isTaken: true }))
          ])
          const losses = translation.plan.losses.filter(isCertain).map(({ kind }) => kind)
          expect([...lossesOf(answer)].sort(), said).toEqual([...translation.unknown.map(({ kind }) => kind), ...losses].sort())
          counted[losses.length > 0 ? "lossy" : "whole"] += 1
          promised += Conversation.recipients(translation.to).length
          continue
        }
        expect([answer.status >= 400, received], said).toEqual([true, []])
        if (translation._tag !== "Send") {
          counted[translation._tag === "Refused" && translation.isSend ? "refused" : "others"] += 1
          continue
        }
        counted.refused += 1
        const { draft, plan, to } = translation
        if (plan._tag === "Refused" && plan.problems.every(({ rule }) => ownRules.has(rule))) continue
        const body = toBody(draft, to._tag === "Direct" ? [to.handle] : to.members)
        const direct = yield* post(`${linq}/v3/chats`, body, { authorization: `Bearer ${linqToken}` })
        expect(direct.status, said).toBeGreaterThanOrEqual(400)
      }

      const phones = yield* Effect.forEach(people, (person) => world.phone(Handle.make(person)))
      strictEqual(phones.flat().length, promised)
      strictEqual(counted.whole + counted.lossy + counted.refused + counted.others, calls)
      for (const count of Object.values(counted)) expect(count).toBeGreaterThan(0)
    }), 1_800_000)
})
