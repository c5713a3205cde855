/** The one text that may go to a person who opted out: who gets it, and that nothing else passes beside it. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import type { SuppressionService } from "../src/carrier/Suppression.ts"
import * as Draft from "../src/content/Draft.ts"
import * as Part from "../src/content/Part.ts"
import * as Reaction from "../src/content/Reaction.ts"
import * as Messaging from "../src/messaging/Messaging.ts"
import * as Conversation from "../src/names/Conversation.ts"
import * as Handle from "../src/names/Handle.ts"
import { alice, bob, failure, fake, hello, linq, photo, ref, request, sendblue, support, toAlice, toGroup } from "./support.ts"

const confirmation = request(hello, { confirmsOptOut: true })
const minute = 60_000

const start = Effect.zipRight(TestClock.setTime(1_000_000_000), fake({ confirms: true }))

describe("the confirmation of an opt-out", () => {
  it.effect("goes out to the person whose own word it was, past the fence and the vendor's block, and the opt-out stands", () =>
    Effect.gen(function*() {
      const { carrier, names, suppression } = yield* start
      yield* suppression.add(alice, "event", linq)
      expect(yield* carrier.send(confirmation)).toMatchObject({ _tag: "Accepted" })
      expect(names()).toEqual(["confirm"])
      expect(Option.getOrThrow(yield* suppression.find(alice))).toMatchObject({ source: "event", confirmedAt: 1_000_000_000 })
      expect(yield* carrier.send(request())).toMatchObject({ _tag: "Rejected", error: { reason: "Suppressed" } })
      expect(names()).toEqual(["confirm"])
    }))

  it.effect("goes out once for each opt-out, whatever came of it", () =>
    Effect.gen(function*() {
      for (const answer of ["message-1", failure("Timeout"), failure("RateLimited"), failure("OptedOut"), failure("ConnectionFailed")]) {
        yield* TestClock.setTime(1_000_000_000)
        const { carrier, names, suppression } = yield* fake({
          confirms: true,
          answers: [answer],
          keyed: true,
          retry: { times: 5, base: 0 }
        })
        yield* suppression.add(alice, "event", linq)
        const outcome = yield* carrier.send(confirmation)
        expect(names()).toEqual(["confirm"])
        // what the one try came to is the answer, and not that there is no second one
        if (typeof answer !== "string") {
          expect(outcome).toMatchObject({
            _tag: answer.certainty === "not-sent" ? "Rejected" : "Unknown",
            ...(answer.certainty === "not-sent"
              ? { error: { reason: answer.reason } }
              : { evidence: { error: { reason: answer.reason } } })
          })
        }
        expect(yield* carrier.send({ ...confirmation, generation: 2 })).toMatchObject({
          _tag: "Rejected",
          error: { reason: "Suppressed", certainty: "not-sent", next: "stop" }
        })
        // a second STOP of a person who is out already is the same opt-out
        yield* suppression.add(alice, "event", linq)
        expect(yield* carrier.send(confirmation)).toMatchObject({ _tag: "Rejected", error: { reason: "Suppressed" } })
        expect(names()).toEqual(["confirm"])
        // another opt-out after an opt-in is another one
        yield* suppression.remove(alice)
        yield* suppression.add(alice, "event", linq)
        yield* carrier.send(confirmation)
        expect(names()).toEqual(["confirm", "confirm"])
      }
    }))

  it.effect("goes out once of any number of tries at the same time", () =>
    Effect.gen(function*() {
      const { carrier, names, suppression } = yield* start
      yield* suppression.add(alice, "event", linq)
      const outcomes = yield* Effect.all(Array.from({ length: 20 }, () => carrier.send(confirmation)), { concurrency: "unbounded" })
      expect(outcomes.filter(({ _tag }) => _tag === "Accepted")).toHaveLength(1)
      expect(names()).toEqual(["confirm"])
    }))

  const nobody: ReadonlyArray<readonly [string, (suppression: SuppressionService) => Effect.Effect<void>]> = [
    ["the application opted out", (list) => list.add(alice, "explicit")],
    ["the application opted out too", (list) => Effect.zipRight(list.add(alice, "event", linq), list.add(alice, "explicit"))],
    ["a refusal told of", (list) => list.add(alice, "error", linq)],
    ["a carrier's list told of", (list) => list.add(alice, "list", linq)],
    ["opted out at another carrier", (list) => list.add(alice, "event", sendblue)],
    ["opted out at a carrier that nobody names", (list) => list.add(alice, "event")],
    ["opted out five minutes ago and more", (list) => Effect.zipRight(list.add(alice, "event", linq), TestClock.adjust(5 * minute + 1))],
    ["opted out long ago, and is heard of today", (list) => list.add(alice, "event", linq, 1_000_000_000 - 5 * minute - 1)],
    [
      "said it again after the first was forgotten by everybody",
      (list) =>
        list.add(alice, "event", linq).pipe(Effect.zipRight(TestClock.adjust(6 * minute)), Effect.zipRight(list.add(alice, "event", linq)))
    ],
    [
      "opted out long ago, of which another carrier's list tells today",
      (list) => Effect.zipRight(list.add(alice, "event", linq, 1_000_000_000 - 6 * minute), list.add(alice, "list", sendblue))
    ],
    [
      "opted out five minutes ago by a clock that was ahead",
      (list) => Effect.zipRight(list.add(alice, "event", linq, 1_000_000_000 + minute / 2), TestClock.adjust(5 * minute + 1))
    ],
    ["opted out at a time that has not come", (list) => list.add(alice, "event", linq, 1_000_000_000 + 2 * minute)],
    ["is not the person who opted out", (list) => list.add(bob, "event", linq)]
  ]

  it.effect.each(nobody)("does not go to a person who %s", ([, given]) =>
    Effect.gen(function*() {
      const { carrier, names, suppression } = yield* start
      yield* given(suppression)
      expect(yield* carrier.send(confirmation)).toMatchObject({ _tag: "Rejected", error: { certainty: "not-sent" } })
      expect(names()).toEqual([])
      expect((yield* suppression.list).every(({ confirmedAt }) => confirmedAt === undefined)).toBe(true)
    }))

  it.effect("is refused as the caller's fault where no opt-out stands, since it would be a text like any other", () =>
    Effect.gen(function*() {
      const { carrier, names } = yield* start
      expect(yield* carrier.send(confirmation)).toMatchObject({
        _tag: "Rejected",
        error: { reason: "InvalidInput", problems: [{ path: ["options", "confirmsOptOut"] }] }
      })
      expect(names()).toEqual([])
    }))

  it.effect("is one plain text to one person", () =>
    Effect.gen(function*() {
      const text = Part.text("you are out")
      const drafts = [
        Draft.make([text, text]),
        Draft.make([text, Part.media(photo)]),
        Draft.make([Part.media(photo)]),
        Draft.make([Part.link("https://example.com")]),
        Draft.make([text], { effect: "confetti" }),
        Draft.make([text], { replyTo: { to: ref("m") } }),
        Draft.make([{ ...text, decorations: [{ start: 0, end: 3, style: "bold" }] }])
      ]
      const { carrier, names, suppression } = yield* start
      yield* suppression.add(alice, "event", linq)
      for (const draft of drafts) {
        const refused = { error: { reason: "InvalidInput", problems: [{ rule: "feature", path: ["options", "confirmsOptOut"] }] } }
        expect(yield* carrier.send(request(draft, { confirmsOptOut: true }))).toMatchObject(refused)
      }
      yield* suppression.add(bob, "event", linq)
      expect(yield* carrier.send({ ...confirmation, conversation: toGroup })).toMatchObject({ error: { reason: "InvalidInput" } })
      expect(names()).toEqual([])
      expect(yield* carrier.send(confirmation)).toMatchObject({ _tag: "Accepted" })
    }))

  it.effect("is no rest of an earlier plan", () =>
    Effect.gen(function*() {
      const { carrier, names, suppression } = yield* start
      const plan = yield* carrier.plan({ conversation: toAlice, draft: hello, fidelity: "adapt" })
      yield* suppression.add(alice, "event", linq)
      if (plan._tag !== "Sendable") return expect.fail("no plan")
      const resume = { plan, step: 0, receipts: [], startedAt: 0 }
      expect(yield* carrier.send({ ...confirmation, resume })).toMatchObject({ error: { reason: "InvalidInput" } })
      expect(yield* carrier.send(request(hello, { resume }))).toMatchObject({ error: { reason: "Suppressed" } })
      expect(names()).toEqual([])
    }))

  it.effect("is refused, and planned as refused, by a carrier that documents no way", () =>
    Effect.gen(function*() {
      const { carrier, names, suppression } = yield* fake()
      yield* suppression.add(alice, "event", linq)
      expect(yield* carrier.plan({ conversation: toAlice, draft: hello, fidelity: "adapt", confirmsOptOut: true })).toMatchObject({
        _tag: "Refused",
        problems: [{ rule: "feature", path: ["options", "confirmsOptOut"] }]
      })
      expect(yield* carrier.send(confirmation)).toMatchObject({ error: { reason: "InvalidInput" } })
      expect(names()).toEqual([])
      expect(Option.getOrThrow(yield* suppression.find(alice)).confirmedAt).toBeUndefined()
    }))

  it.effect("opens nothing else: no reaction, typing, voice memo, edit or group passes before, beside or after it", () =>
    Effect.gen(function*() {
      const { carrier, names, suppression } = yield* start
      yield* suppression.add(alice, "event", linq)
      const others = [
        carrier.react(ref("m"), Reaction.tapback("love")),
        carrier.unreact(ref("m"), Reaction.tapback("love")),
        carrier.startTyping(toAlice),
        carrier.sendVoiceMemo(toAlice, Part.media(photo)),
        carrier.edit(ref("m"), "better"),
        carrier.shareContactCard(toAlice),
        carrier.requestLocation(toAlice),
        carrier.sendPoll(toAlice, { options: ["yes", "no"] }),
        carrier.addPollOptions(ref("m"), ["maybe"]),
        carrier.voteInPoll(ref("m"), "o", true),
        carrier.addParticipant(toGroup, alice)
      ]
      const refused = Effect.forEach(
        others,
        (other) => Effect.map(Effect.flip(other), (error) => expect(error.reason).toBe("Suppressed")),
        { discard: true }
      )
      yield* refused
      expect(yield* carrier.send(request(hello, { conversation: toGroup }))).toMatchObject({ error: { reason: "Suppressed" } })
      yield* carrier.send(confirmation)
      yield* refused
      expect(yield* carrier.send(request(hello, { conversation: toGroup }))).toMatchObject({ error: { reason: "Suppressed" } })
      expect(names().filter((name) => !["chatOf", "confirm", "findChat", "describeChat"].includes(name))).toEqual([])
    }))

  it.effect("counts for every spelling of a number, and one opt-out of the application's speaks for all of them", () =>
    Effect.gen(function*() {
      const written = Handle.make("+5215512345678")
      const other = Handle.make("+525512345678")
      const to = (handle: Handle.Handle) => ({ ...confirmation, conversation: Conversation.direct(support, handle) })
      const first = yield* start
      yield* first.suppression.add(written, "event", linq)
      expect(yield* first.carrier.send(to(other))).toMatchObject({ _tag: "Accepted" })
      expect(yield* first.carrier.send(to(written))).toMatchObject({ error: { reason: "Suppressed" } })
      const second = yield* start
      yield* second.suppression.add(written, "event", linq)
      yield* second.suppression.add(other, "explicit")
      expect(yield* second.carrier.send(to(written))).toMatchObject({ error: { reason: "Suppressed" } })
      expect(second.names()).toEqual([])
    }))

  it.effect("is an option of the service, checked before anything is asked", () =>
    Effect.gen(function*() {
      const { carrier, names, suppression } = yield* start
      const messaging = Messaging.fromCarrier(carrier)
      yield* suppression.add(alice, "event", linq)
      expect(yield* Effect.flip(messaging.send(toGroup, hello, { confirmsOptOut: true }))).toMatchObject({ _tag: "Invalid" })
      expect(yield* Effect.flip(messaging.send(toAlice, hello, { confirmsOptOut: "yes" as never }))).toMatchObject({ _tag: "Invalid" })
      expect(yield* Effect.flip(messaging.send(toAlice, hello, { confirmsOptOut: false }))).toMatchObject({
        _tag: "NotSent",
        error: { reason: "Suppressed" }
      })
      yield* messaging.send(toAlice, hello, { confirmsOptOut: true })
      expect(names()).toEqual(["confirm"])
    }))

  const step = FastCheck.oneof(
    {
      weight: 3,
      arbitrary: FastCheck.record({
        do: FastCheck.constant("add" as const),
        source: FastCheck.constantFrom("explicit", "error", "event", "list"),
        at: FastCheck.constantFrom(linq, sendblue, undefined),
        ago: FastCheck.constantFrom(0, 1, 4, 6)
      })
    },
    {
      weight: 4,
      arbitrary: FastCheck.record({
        do: FastCheck.constant("add" as const),
        source: FastCheck.constant("event" as const),
        at: FastCheck.constant(linq),
        ago: FastCheck.constantFrom(0, 6)
      })
    },
    { weight: 2, arbitrary: FastCheck.record({ do: FastCheck.constantFrom("remove" as const, "lift" as const) }) },
    { weight: 2, arbitrary: FastCheck.record({ do: FastCheck.constant("wait" as const), minutes: FastCheck.integer({ min: 1, max: 6 }) }) },
    {
      weight: 5,
      arbitrary: FastCheck.record({ do: FastCheck.constant("send" as const), confirms: FastCheck.constantFrom(true, true, true, false) })
    }
  )

  it.effect.prop("reaches nobody who did not say it themselves, at this carrier, within five minutes, and nobody twice", {
    steps: FastCheck.array(step, { minLength: 10, maxLength: 40 })
  }, ({ steps }) =>
    Effect.gen(function*() {
      yield* TestClock.setTime(1_000_000_000)
      const { carrier, names, suppression } = yield* fake({ confirms: true })
      let now = 1_000_000_000
      // everything that was said since the person could last be written to
      let said: ReadonlyArray<{ readonly source: string; readonly at: unknown; readonly time: number; readonly learned: number }> = []
      let isConfirmed = false
      for (const one of steps) {
        const before = names()
        if (one.do === "add") {
          yield* suppression.add(alice, one.source as "event", one.at, now - one.ago * minute)
          said = [...said, { source: one.source, at: one.at, time: now - one.ago * minute, learned: now }]
        } else if (one.do === "wait") {
          now += one.minutes * minute
          yield* TestClock.setTime(now)
        } else if (one.do === "send") {
          yield* carrier.send(one.confirms ? confirmation : request())
          const went = names().slice(before.length)
          if (went.includes("perform")) expect([one.confirms, said]).toEqual([false, []])
          if (went.includes("confirm")) {
            expect(one.confirms).toBe(true)
            expect(isConfirmed).toBe(false)
            const [first] = said
            expect(first).toMatchObject({ source: "event", at: linq })
            expect(said.some(({ source }) => source === "explicit" || source === "error")).toBe(false)
            expect(now - (first?.learned ?? 0)).toBeLessThanOrEqual(5 * minute)
            expect(now - (first?.time ?? 0)).toBeLessThanOrEqual(5 * minute)
            isConfirmed = true
          }
        } else {
          const gone = one.do === "remove" ? (yield* suppression.remove(alice), true) : (yield* suppression.lift(alice, now)) === "lifted"
          if (gone) {
            said = []
            isConfirmed = false
          }
        }
      }
    }))
})
