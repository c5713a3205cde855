/** Lines whose vendor says how many new people they may still write to. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Capabilities from "@interline/core/Capabilities"
import type { Carrier } from "@interline/core/Carrier"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import type * as Handle from "@interline/core/Handle"
import type { ContactStatus, LineUsage } from "@interline/core/Health"
import * as Line from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import type { MessagingError } from "@interline/core/MessagingError"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as Part from "@interline/core/Part"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import * as HealthStore from "../src/health/HealthStore.ts"
import * as KeptHealth from "../src/health/keptHealth.ts"
import * as KnownUsage from "../src/health/knownUsage.ts"
import * as LineAuthority from "../src/health/LineAuthority.ts"
import * as LineFacts from "../src/health/lineFacts.ts"
import * as LineHealth from "../src/health/lineHealth.ts"
import * as Replica from "../src/health/sharing/replica.ts"
import type { Options } from "../src/Router.ts"
import { ada, bob, failure, hello, left, linq, numbers, right, sendblue, support, toAda, toBob, world } from "./scripted.ts"

const minute = 60_000
const hour = 60 * minute
const place = { carrierId: sendblue, line: support }

type Told = Effect.Effect<ReadonlyArray<LineUsage>, MessagingError>

/** The person wrote to the line. */
const heardFrom = (from: Handle.Handle): MessagingEvent => ({
  _tag: "Received",
  carrierId: sendblue,
  message: {
    ref: MessageRef.make(sendblue, `from ${from}`),
    direction: "inbound",
    from,
    to: [numbers.sendblue],
    isGroup: false,
    parts: [],
    status: { neutral: "delivered", raw: "received" },
    metadata: {}
  }
})

const native = Capabilities.everywhere("native")

/** Sendblue is preferred, and answers the two questions as a test says. `asked` counts the readings. */
const start = (usage: () => Told, more: {
  readonly status?: Effect.Effect<ContactStatus, MessagingError>
  readonly beforeReply?: NonNullable<Capabilities.Capabilities["beforeReply"]>
  readonly policy?: object
  readonly options?: Options
} = {}) =>
  Effect.gen(function*() {
    const asked = { usage: 0, status: 0 }
    const { status } = more
    const tell = (carrier: Carrier): Carrier => ({
      ...carrier,
      capabilities: {
        ...carrier.capabilities,
        ...(more.beforeReply === undefined ? {} : { beforeReply: more.beforeReply }),
        operations: {
          ...carrier.capabilities.operations,
          listLineUsage: native,
          ...(status === undefined ? {} : { getContactStatus: native })
        }
      },
      listLines: () => Effect.succeed([]),
      listLineUsage: () => Effect.suspend(() => (asked.usage += 1, usage())),
      ...(status === undefined ? {} : { getContactStatus: () => Effect.suspend(() => (asked.status += 1, status)) })
    })
    const made = yield* world({
      policy: { prefer: ["sendblue", "linq"], ...more.policy },
      carriers: (first, second) => [{ ...first, listLines: () => Effect.succeed([]) }, tell(second)],
      ...(more.options === undefined ? {} : { options: more.options })
    })
    return { ...made, asked }
  })

const told = (usage: Partial<LineUsage>): Told =>
  Effect.map(
    TestClock.currentTimeMillis,
    (at) => [{ carrierId: sendblue, number: numbers.sendblue, name: support, state: "available", sampledAt: at, ...usage }]
  )

const limitedFor = (millis: number): Told =>
  Effect.flatMap(
    TestClock.currentTimeMillis,
    (at) => told({ state: "limited", availableAt: at + millis, hour: { used: 15, limit: 15, left: 0, nextSlotAt: at + millis } })
  )

const by = (send: ReturnType<Effect.Effect.Success<ReturnType<typeof world>>["send"]>) =>
  Effect.map(send, (answer) => right(answer).carrierId)

describe("a line that may write to no more new people", () => {
  it.scoped("is not asked for new people until its next place, and still writes to those it knows", () =>
    Effect.gen(function*() {
      let usage = told({})
      const { router, send } = yield* start(() => usage)
      strictEqual(yield* by(send()), sendblue)
      usage = limitedFor(5 * minute)
      yield* router.checkLines
      strictEqual((yield* router.health).find(({ carrierId }) => carrierId === sendblue)?.restsForNew, true)
      strictEqual(yield* by(send(hello, {}, toBob)), linq)
      strictEqual(yield* by(send()), sendblue)
      const until = (yield* TestClock.currentTimeMillis) + 5 * minute
      const refused = yield* start(() => told({ state: "limited", availableAt: until }), { policy: { prefer: ["sendblue"] } })
      yield* refused.router.checkLines
      const { attempts } = left(yield* refused.send(hello, {}, toBob))
      deepStrictEqual(attempts.map(({ error, outcome }) => [error?.reason, outcome]), [["RateLimited", "skipped"]])
      yield* TestClock.adjust(5 * minute)
      strictEqual(yield* by(refused.send(hello, {}, toBob)), sendblue)
      deepStrictEqual(refused.sendblue.texts().length, 1)
    }))

  it.scoped("lets a send wait as long as the policy says, and it leaves once", () =>
    Effect.gen(function*() {
      const { router, send, sendblue: fake } = yield* start(() => limitedFor(20_000), {
        policy: { prefer: ["sendblue"], maxWait: "30 seconds", deadlines: { send: "1 minute" } }
      })
      yield* router.checkLines
      const sending = yield* Effect.fork(send())
      yield* TestClock.adjust(19_000)
      deepStrictEqual(fake.texts(), [])
      yield* TestClock.adjust(1_000)
      strictEqual(right(yield* Fiber.join(sending)).carrierId, sendblue)
      strictEqual(fake.texts().length, 1)
    }))

  it.scoped("writes to a person whom its vendor knows from elsewhere", () =>
    Effect.gen(function*() {
      let status: ContactStatus["status"] = "known"
      const { asked, router, send } = yield* start(() => limitedFor(5 * minute), {
        status: Effect.sync(() => ({ carrierId: sendblue, status }))
      })
      strictEqual(yield* by(send()), sendblue)
      strictEqual(asked.status, 0)
      yield* router.checkLines
      strictEqual(yield* by(send(hello, {}, toBob)), sendblue)
      strictEqual(asked.status, 1)
      status = "unknown"
      const other = yield* start(() => limitedFor(5 * minute), { status: Effect.fail(failure("Unavailable")) })
      yield* other.router.checkLines
      strictEqual(yield* by(other.send(hello, {}, toBob)), linq)
    }))

  it.scoped("sends although the question whether its vendor knows a person ends with a defect", () =>
    Effect.gen(function*() {
      const { router, send } = yield* start(() => limitedFor(5 * minute), { status: Effect.die(new TypeError("a bug")) })
      yield* router.checkLines
      strictEqual(yield* by(send(hello, {}, toBob)), linq)
    }))

  it.scoped("does not wait long for what its vendor knows of a person", () =>
    Effect.gen(function*() {
      const { router, send } = yield* start(() => limitedFor(5 * minute), { status: Effect.never })
      yield* router.checkLines
      const sending = yield* Effect.fork(by(send(hello, {}, toBob)))
      yield* TestClock.adjust(2_000)
      strictEqual(yield* Fiber.join(sending), linq)
    }))
})

describe("a reading that says nothing", () => {
  const nothing: ReadonlyArray<readonly [string, Told, string]> = [
    ["unavailable", told({ state: "unknown", why: "not now" }), "not now"],
    ["403", Effect.fail(failure("Permission", { status: 403 })), "the vendor did not tell it: Permission"],
    ["no line", Effect.succeed([]), "the vendor does not list the line"]
  ]

  it.scoped.each(nothing)("stops no send, also after a limit was told: %s", ([, answer, why]) =>
    Effect.gen(function*() {
      let usage = limitedFor(5 * minute)
      const { router, send } = yield* start(() => usage)
      yield* router.checkLines
      usage = answer
      yield* router.checkLines
      strictEqual(yield* by(send()), sendblue)
      const line = (yield* router.health).find(({ carrierId }) => carrierId === sendblue)
      deepStrictEqual([line?.usage?.state, line?.usage?.why, line?.restsForNew], ["unknown", why, undefined])
    }))

  it.scoped("is one that is too late", () =>
    Effect.gen(function*() {
      const { router, send } = yield* start(() => Effect.never)
      const checking = yield* Effect.fork(router.checkLines)
      yield* TestClock.adjust(10_000)
      yield* Fiber.join(checking)
      strictEqual(yield* by(send()), sendblue)
      strictEqual((yield* router.health)[0]?.usage?.why, "the vendor did not answer in time")
    }))

  it("is an old one, because nobody reads any more", () => {
    const usage: KnownUsage.KnownUsage = { readAt: 0, state: "limited", availableAt: 5 * hour }
    strictEqual(KnownUsage.restOf(usage, KnownUsage.restsFor - 1)?.until, 5 * hour)
    strictEqual(KnownUsage.restOf(usage, KnownUsage.restsFor), undefined)
  })
})

describe("readings", () => {
  it("count in the order of their times, unless a clock was set back", () => {
    const at = 1_000_000_000_000
    const reading = (readAt: number): KnownUsage.KnownUsage => ({ readAt, state: "available" })
    const known = LineFacts.tell(LineFacts.unused({}), reading(at))
    const after = (readAt: number) => LineFacts.tell(known, reading(readAt)).usage?.readAt
    deepStrictEqual([after(at + 1), after(at - 1), after(at - KnownUsage.restsFor)], [at + 1, at, at - KnownUsage.restsFor])
  })

  it.scoped("come every five minutes, more often while a line rests, and soon after it is near its limit", () =>
    Effect.gen(function*() {
      let usage = told({ hour: { used: 12, limit: 15, left: 3 } })
      const { asked, send } = yield* start(() => usage)
      yield* TestClock.adjust(5 * minute - 1)
      strictEqual(asked.usage, 0)
      yield* TestClock.adjust(1)
      strictEqual(asked.usage, 1)
      strictEqual(yield* by(send()), sendblue)
      yield* TestClock.adjust(15_000)
      strictEqual(asked.usage, 2)
      usage = limitedFor(2 * hour)
      strictEqual(yield* by(send(hello, {}, toBob)), sendblue)
      yield* TestClock.adjust(15_000)
      strictEqual(asked.usage, 3)
      yield* TestClock.adjust(5 * minute)
      strictEqual(asked.usage, 8)
      strictEqual(yield* by(send(hello, {}, toAda)), sendblue)
    }))

  it.scoped("are as old as their question: a late answer replaces no newer one, and does not hide what was written meanwhile", () =>
    Effect.gen(function*() {
      const late = yield* Deferred.make<void>()
      const one: Told = told({ hour: { used: 0, limit: 1, left: 1 } })
      let usage: Told = Effect.zipRight(Deferred.await(late), one)
      const { asked, router, send } = yield* start(() => usage)
      const restsForNew = Effect.map(router.health, (lines) => lines.find(({ carrierId }) => carrierId === sendblue)?.restsForNew)
      const first = yield* Effect.fork(router.checkLines)
      yield* TestClock.adjust(1)
      strictEqual(yield* by(send()), sendblue)
      usage = limitedFor(hour)
      yield* router.checkLines
      yield* Deferred.succeed(late, undefined)
      yield* Fiber.join(first)
      deepStrictEqual([asked.usage, yield* restsForNew], [2, true])
      // alone, the late answer says that there is room: it is asked again soon
      const slow = yield* Deferred.make<void>()
      let answer: Told = Effect.zipRight(Deferred.await(slow), one)
      const alone = yield* start(() => answer)
      const checking = yield* Effect.fork(alone.router.checkLines)
      yield* TestClock.adjust(1)
      strictEqual(yield* by(alone.send()), sendblue)
      answer = limitedFor(hour)
      yield* Deferred.succeed(slow, undefined)
      yield* Fiber.join(checking)
      yield* TestClock.adjust(15_000)
      strictEqual(alone.asked.usage, 2)
    }))

  it.scoped("come in their time although somebody sets the time of day back", () =>
    Effect.gen(function*() {
      const clock = yield* Effect.clock
      let behind = 0
      const wall: Clock.Clock = {
        [Clock.ClockTypeId]: Clock.ClockTypeId,
        unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis() - behind,
        currentTimeMillis: Effect.sync(() => clock.unsafeCurrentTimeMillis() - behind),
        unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
        currentTimeNanos: clock.currentTimeNanos,
        sleep: (duration) => clock.sleep(duration)
      }
      const { asked } = yield* Effect.withClock(start(() => told({})), wall)
      yield* TestClock.adjust(5 * minute)
      strictEqual(asked.usage, 1)
      behind = hour
      yield* TestClock.adjust(5 * minute)
      strictEqual(asked.usage, 2)
    }))

  it.scoped("go on after a defect", () =>
    Effect.gen(function*() {
      let usage: Told = Effect.die(new TypeError("a bug"))
      const { asked, router } = yield* start(() => usage)
      yield* TestClock.adjust(5 * minute)
      strictEqual(asked.usage, 1)
      strictEqual((yield* router.health)[0]?.usage?.why, "the vendor could not be asked")
      usage = told({})
      yield* TestClock.adjust(5 * minute)
      strictEqual(asked.usage, 2)
      yield* router.checkLines
      strictEqual((yield* router.health)[0]?.usage?.state, "available")
    }))

  it.scoped("that fail come again in their turn only", () =>
    Effect.gen(function*() {
      const { asked, router } = yield* start(() => Effect.fail(failure("Permission", { status: 403 })), {
        options: { readUsageEvery: "1 hour" }
      })
      yield* router.checkLines
      yield* TestClock.adjust(59 * minute)
      strictEqual(asked.usage, 1)
      yield* TestClock.adjust(minute)
      strictEqual(asked.usage, 2)
    }))
})

describe("what a vendor told", () => {
  const policy = { breaker: { failures: 2, window: 1_000, openFor: 1_000, maxOpenFor: 1_000 }, deadlines: { attempt: 30 }, carriers: {} }
  const usage: KnownUsage.KnownUsage = { readAt: 1_000, state: "limited", availableAt: 5_000 }

  it("counts in every process that shares the line, and after a restart of its authority", () => {
    const settings = { place, breaker: { ...policy.breaker, probeFor: 60 }, limits: {} }
    const [first, second] = ["a", "b"].map((process) => Replica.make({ policy, process, offset: 0, onDue: () => {} }))
    if (first === undefined || second === undefined) throw new Error("no replicas")
    let authority = LineAuthority.unused(settings, 0)
    const exchange = (replica: Replica.Replica, at: number) => {
      const exchanged = LineAuthority.exchange(authority, replica.ask(place, at), at, settings)
      authority = exchanged.state
      replica.hear(place, exchanged.answer, at)
      return exchanged.save
    }
    first.told(place, usage)
    strictEqual(exchange(first, 1_000), "soon")
    authority = LineAuthority.fromSnapshot({ snapshot: LineAuthority.toSnapshot(authority, 1_500), age: 300 }, settings, 1_800)
    second.admit(place, 1_900, true)
    exchange(second, 2_000)
    strictEqual(second.restsForNew(place, 4_999), true)
    const admission = second.admit(place, 2_000, true)
    strictEqual(admission._tag === "Barred" && admission.by === "limit" && admission.until, 5_000)
    strictEqual(second.admit(place, 2_000, false)._tag, "Admitted")
    strictEqual(second.admit(place, 5_000, true)._tag, "Admitted")
  })

  it.effect("outlives a restart of a process alone", () =>
    Effect.scoped(Effect.gen(function*() {
      const store = yield* HealthStore.makeMemory
      const before = yield* KeptHealth.make({ policy, store, isOurs: () => true })
      before.told(place, { ...usage, readAt: 0 })
      yield* TestClock.adjust(2_000)
      const after = yield* KeptHealth.make({ policy, store, isOurs: () => true })
      strictEqual(after.restsForNew(place, 2_000), true)
      strictEqual(after.restsForNew(place, 5_000), false)
    })))

  it("is replaced by a later reading only", () => {
    const health = LineHealth.make(policy)
    health.told(place, { readAt: 2_000, state: "available" })
    health.told(place, usage)
    strictEqual(health.restsForNew(place, 2_000), false)
  })

  it("rests until the last of the full windows has room", () => {
    const both = { ...usage, availableAt: undefined }
    const rest = (told: Partial<KnownUsage.KnownUsage>) => {
      const { availableAt: _, ...given } = both
      return KnownUsage.restOf({ ...given, ...told }, 1_000)?.until
    }
    strictEqual(rest({ hour: { left: 0, nextSlotAt: 3_000 }, day: { left: 0, nextSlotAt: 2_000, resetsAt: 9_000 } }), 9_000)
    strictEqual(rest({ hour: { left: 0, nextSlotAt: 3_000 }, day: { left: 4, resetsAt: 9_000 } }), 3_000)
    strictEqual(rest({ hour: { left: 0 }, day: { left: 0, resetsAt: 9_000 } }), undefined)
    strictEqual(KnownUsage.restOf({ readAt: 1_000, state: "paused" }, 1_000)?.until, undefined)
    strictEqual(KnownUsage.restOf({ readAt: 1_000, state: "paused" }, 1_000) === undefined, false)
    strictEqual(KnownUsage.restOf({ readAt: 1_000, state: "exempt", hour: { left: 0 } }, 1_000), undefined)
  })
})

describe("a plan", () => {
  const plansOf = (setup: Parameters<typeof start>[1] & { readonly usage?: Told } = {}) =>
    Effect.map(start(() => setup.usage ?? told({}), setup), (made) => ({
      ...made,
      lossesOf: (draft: Draft.Draft, to = toAda) =>
        Effect.map(
          made.messaging.plan(to, draft),
          (plans) =>
            plans.flatMap((plan) => plan.carrierId === sendblue && plan._tag === "Sendable" ? plan.losses.map(({ kind }) => kind) : [])
        )
    }))

  it.scoped("says of a line that rests that it may not write to a new person", () =>
    Effect.gen(function*() {
      const { lossesOf, router, send } = yield* plansOf({ usage: limitedFor(5 * minute) })
      yield* send()
      deepStrictEqual(yield* lossesOf(hello, toBob), [])
      yield* router.checkLines
      deepStrictEqual(yield* lossesOf(hello), [])
      const asked = yield* plansOf({ usage: limitedFor(5 * minute), status: Effect.never })
      yield* asked.router.checkLines
      // the carrier may know the person, and only it can say so
      deepStrictEqual(yield* asked.lossesOf(hello, toBob), ["new-person"])
    }))

  type Made = Effect.Effect.Success<ReturnType<typeof plansOf>>
  const withBob: Conversation.Conversation = {
    _tag: "Group",
    line: support,
    id: Conversation.ConversationId.make("a5b0c0de-0000-4000-8000-000000000001"),
    members: [bob, ada]
  }
  const refused: ReadonlyArray<
    readonly [
      string,
      {
        readonly setup?: Parameters<typeof plansOf>[0]
        readonly before?: (made: Made) => Effect.Effect<unknown, MessagingError>
        readonly to?: Conversation.Conversation
      }
    ]
  > = [
    ["a person who opted out", { before: ({ suppression }) => suppression.add(ada, "explicit") }],
    ["a group with a person who opted out", { before: ({ suppression }) => suppression.add(ada, "explicit"), to: withBob }],
    ["a line that rests for new people", { setup: { usage: limitedFor(5 * minute) }, before: ({ router }) => router.checkLines }],
    ["a line that cannot send", {
      setup: { policy: { prefer: ["sendblue"] } },
      before: ({ router }) =>
        router.observe({
          _tag: "Line",
          carrierId: sendblue,
          number: numbers.sendblue,
          status: "critical",
          available: false,
          raw: "FLAGGED"
        })
    }],
    ["a line whose new people of the day are all written to", {
      setup: { policy: { prefer: ["sendblue"], carriers: { sendblue: { newContactsPerDay: 1 } } } },
      before: ({ send }) => send(hello, {}, toBob)
    }],
    ["a line that opens no conversation", { setup: { policy: { carriers: { sendblue: { opens: "known" } } } } }],
    ["what a person gets who never wrote", {
      setup: {
        beforeReply: { messages: 0, textLength: 300, links: true, media: true },
        policy: { carriers: { sendblue: { beforeReply: "refuse" } } }
      }
    }]
  ]

  it.scoped.each(refused)(
    "says what a send would be refused with, without asking a carrier: %s",
    ([, { before, setup, to = toAda }]) =>
      Effect.gen(function*() {
        const made = yield* plansOf(setup)
        yield* before?.(made) ?? Effect.void
        const [first] = yield* made.messaging.plan(to, hello)
        strictEqual(first?.carrierId, sendblue)
        strictEqual(made.sendblue.asked.length, made.sendblue.texts().length)
        const answer = yield* made.send(hello, {}, to)
        const attempts = Either.isLeft(answer) ? answer.left.attempts : answer.right.attempts
        deepStrictEqual(first?._tag === "Barred" ? { ...first.error } : undefined, { ...attempts[0]?.error })
        strictEqual(first?._tag, "Barred")
      })
  )

  it.scoped("fails as the send does where no carrier may be asked", () =>
    Effect.gen(function*() {
      const { messaging } = yield* plansOf()
      const nowhere = Conversation.direct(Line.name("nowhere"), ada)
      const [planned, sent] = yield* Effect.all([Effect.flip(messaging.plan(nowhere, hello)), Effect.flip(messaging.send(nowhere, hello))])
      deepStrictEqual([planned._tag, planned.problems], [sent._tag, sent._tag === "Invalid" ? sent.problems : []])
      strictEqual(planned.problems.length, 1)
    }))

  const limits = { messages: 6, textLength: 300, links: false, media: false }
  const breaches: ReadonlyArray<readonly [string, Draft.Draft]> = [
    ["a long text", Draft.text("x".repeat(301))],
    ["a link", Draft.make([Part.link("https://example.com")])],
    ["a link in a text", Draft.text("see https://example.com")],
    ["a file", Draft.make([Part.media("https://example.com/a.png")])]
  ]

  it.scoped.each(breaches)("says what may be refused before the person has written: %s", ([, draft]) =>
    Effect.gen(function*() {
      const { lossesOf, router, send, sendblue: fake } = yield* plansOf({ beforeReply: limits })
      deepStrictEqual(yield* lossesOf(draft), ["before-reply"])
      deepStrictEqual(yield* lossesOf(Draft.text("x".repeat(300))), [])
      strictEqual(yield* by(send(draft)), sendblue)
      strictEqual(fake.texts().length, 1)
      yield* router.observe(heardFrom(ada))
      deepStrictEqual(yield* lossesOf(draft), [])
    }))

  const afterTwo = { beforeReply: { messages: 2, textLength: 300, links: true, media: true } }

  it.scoped("counts the messages before the first reply if the policy has a word for them, and stops none of them by a warning", () =>
    Effect.gen(function*() {
      const { lossesOf, router, send } = yield* plansOf({ ...afterTwo, policy: { carriers: { sendblue: { beforeReply: "warn" } } } })
      const sendLater = Effect.zipRight(TestClock.adjust("1 second"), by(send()))
      deepStrictEqual([yield* sendLater, yield* lossesOf(hello)], [sendblue, []])
      deepStrictEqual([yield* sendLater, yield* lossesOf(hello)], [sendblue, ["before-reply"]])
      deepStrictEqual([yield* sendLater, yield* lossesOf(hello, toBob)], [sendblue, []])
      yield* router.observe(heardFrom(ada))
      deepStrictEqual(yield* lossesOf(hello), [])
    }))

  it.scoped("counts no messages without such a word, and sends one too many by another carrier if the policy refuses it", () =>
    Effect.gen(function*() {
      const plain = yield* plansOf(afterTwo)
      const strict = yield* plansOf({ ...afterTwo, policy: { carriers: { sendblue: { beforeReply: "refuse" } } } })
      const carriersOf = ({ send }: typeof plain) =>
        Effect.forEach([1, 2, 3], () => Effect.zipRight(TestClock.adjust("1 second"), by(send())))
      deepStrictEqual([yield* carriersOf(plain), yield* plain.lossesOf(hello)], [[sendblue, sendblue, sendblue], []])
      deepStrictEqual(yield* carriersOf(strict), [sendblue, sendblue, linq])
    }))

  it.scoped.each(breaches)(
    "that the policy refuses goes by another carrier until the person has written: %s",
    ([, draft]) =>
      Effect.gen(function*() {
        const { router, send } = yield* plansOf({ beforeReply: limits, policy: { carriers: { sendblue: { beforeReply: "refuse" } } } })
        strictEqual(yield* by(send(draft)), linq)
        strictEqual(yield* by(send(Draft.text("short"), {}, toBob)), sendblue)
        yield* router.observe(heardFrom(bob))
        strictEqual(yield* by(send(draft, {}, toBob)), sendblue)
      })
  )
})
