/** A rollout in a router: which carrier takes the next message, in one process and in two. */
import { describe, expect, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as CarrierId from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as MessageRef from "@interline/core/MessageRef"
import * as Part from "@interline/core/Part"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import * as MemoryLedger from "../src/ledger/MemoryLedger.ts"
import type * as Policy from "../src/policy/Policy.ts"
import type * as Rollout from "../src/policy/Rollout.ts"
import * as RolloutStore from "../src/policy/RolloutStore.ts"
import * as Route from "../src/policy/Route.ts"
import type { SendResult } from "../src/policy/SendResult.ts"
import type * as RolloutControl from "../src/service/RolloutControl.ts"
import { failure, left, linq, numbers, right, sendblue, type Setup, support, type World, world } from "./scripted.ts"

const author: RolloutControl.Author = { actor: "ops", reason: "as planned" }

const rollout: NonNullable<Policy.Input["rollout"]> = {
  from: "sendblue",
  to: "linq",
  steps: [{ share: 0.2, moves: "new" }, { share: 0.5, moves: "new and existing" }, { share: 1, moves: "new and existing" }],
  continuation: "We write from another number now."
}

const policy: Partial<Policy.Input> = { prefer: ["sendblue", "linq"], rollout }

const people = Array.from(
  { length: 40 },
  (_, index) => Conversation.direct(support, Handle.make(`+120255503${String(index).padStart(2, "0")}`))
)
const below = (share: number) => people.filter((person) => Route.positionOf(person) < share)
const others = (share: number) => people.filter((person) => Route.positionOf(person) >= share)

const control = ({ router }: World): RolloutControl.RolloutControlService => {
  if (router.rollout === undefined) throw new Error("the router has no rollout")
  return router.rollout
}

const sendTo = (world: World, to: Conversation.Conversation, text = "hello") =>
  Effect.map(world.send(Draft.text(text), {}, to), (answer) => right(answer).carrierId)

const sendToAll = (world: World, all: ReadonlyArray<Conversation.Conversation>) =>
  Effect.map(Effect.forEach(all, (to) => sendTo(world, to)), (ids) => new Set(ids))

describe("a rollout", () => {
  it.scoped("moves nobody before it starts, although the policy prefers the new carrier", () =>
    Effect.gen(function*() {
      const here = yield* world({ policy: { ...policy, prefer: ["linq", "sendblue"] } })
      deepStrictEqual(yield* sendToAll(here, people), new Set([sendblue]))
      strictEqual((yield* control(here).status).state, undefined)
    }))

  it.scoped("begins new conversations of its share at the new carrier, then moves existing ones with the continuation, and back again", () =>
    Effect.gen(function*() {
      const here = yield* world({ policy })
      const { change } = control(here)
      const known = [...below(0.2).slice(0, 2), ...others(0.2)]
      yield* sendToAll(here, known)
      yield* change({ action: "start" }, author)
      // those who are at the old carrier stay
      deepStrictEqual(yield* sendToAll(here, known), new Set([sendblue]))
      deepStrictEqual(yield* sendToAll(here, below(0.2).slice(2)), new Set([linq]))
      deepStrictEqual(here.linq.texts().filter((text) => text !== "hello"), [])
      yield* change({ action: "advance", anyway: true }, author)
      deepStrictEqual(yield* sendToAll(here, below(0.5)), new Set([linq]))
      deepStrictEqual(yield* sendToAll(here, others(0.5)), new Set([sendblue]))
      const untold = here.linq.texts().filter((text) => !text.startsWith("We write"))
      strictEqual(here.linq.texts().length - untold.length, below(0.5).length - (below(0.2).length - 2))
      // the second message after the move has no continuation
      const before = here.linq.texts().length
      yield* sendToAll(here, below(0.5))
      deepStrictEqual(new Set(here.linq.texts().slice(before)), new Set(["hello"]))
      yield* change({ action: "back" }, author)
      deepStrictEqual(yield* sendToAll(here, below(0.2)), new Set([linq]))
      const asked = here.sendblue.texts().length
      deepStrictEqual(yield* sendToAll(here, others(0.2)), new Set([sendblue]))
      strictEqual(
        here.sendblue.texts().slice(asked).filter((text) => text.startsWith("We write")).length,
        below(0.5).length - below(0.2).length
      )
    }))

  it.scoped("leaves a conversation where it is if the new carrier certainly does not take the message", () =>
    Effect.gen(function*() {
      const here = yield* world({
        policy,
        linq: { answers: [failure("ConnectionFailed"), "taken"] }
      })
      const [person] = below(0.5)
      if (person === undefined) throw new Error("nobody is in")
      yield* sendTo(here, person)
      yield* control(here).change({ action: "start" }, author)
      yield* control(here).change({ action: "advance", anyway: true }, author)
      strictEqual(yield* sendTo(here, person), sendblue)
      strictEqual(Option.getOrThrow(yield* here.ledger.binding(Conversation.key(person))).carrierId, sendblue)
      // the number did not change, so nothing is put before the text
      deepStrictEqual(here.sendblue.texts(), ["hello", "hello"])
      strictEqual(yield* sendTo(here, person), linq)
    }))

  const faulty = (sentence: string) => `line support at linq: ${sentence}, or say anyway`
  const wrongKey = faulty("the carrier did not accept the credentials; give it credentials that the carrier takes")

  it.scoped("moves nobody on while the new carrier has a fault that only a person can mend, unless the operator says anyway", () =>
    Effect.gen(function*() {
      const here = yield* world({ policy, linq: { answers: [failure("Authentication")] } })
      const { assign, change, status } = control(here)
      const [one] = people
      if (one === undefined) throw new Error("nobody is there")
      yield* assign([one], linq, author)
      strictEqual(yield* sendTo(here, one), sendblue)
      deepStrictEqual((yield* status).faults.map(({ line, reason }) => [line, reason]), [[support, "Authentication"]])
      const refusal = (action: Rollout.Action) => Effect.map(Effect.flip(change({ action }, author)), ({ message }) => message)
      strictEqual(yield* refusal("start"), wrongKey)
      strictEqual((yield* Effect.flip(assign([one], linq, author))).message, wrongKey)
      strictEqual((yield* status).state, undefined)
      // nobody needs to say anyway to move people away from the fault
      yield* assign([one], sendblue, author)
      yield* change({ action: "start", anyway: true }, author)
      strictEqual(yield* refusal("advance"), wrongKey)
      yield* change({ action: "pause" }, author)
      strictEqual(yield* refusal("resume"), wrongKey)
      yield* change({ action: "resume", anyway: true }, author)
      yield* change({ action: "back", step: 0 }, author)
      yield* assign([one], linq, author, true)
    }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger))))

  it.scoped("asks the new carrier about its lines first: a key that nobody has tried yet is refused, and a mended one is not", () =>
    Effect.gen(function*() {
      let isMended = false
      const asked: Array<string> = []
      const here = yield* world({
        policy,
        carriers: (first, second) => [{
          ...first,
          listLines: () =>
            Effect.suspend(() => {
              asked.push(first.id)
              return isMended ? Effect.succeed([]) : Effect.fail(failure("Authentication", { operation: "listLines" }))
            })
        }, { ...second, listLines: () => Effect.sync(() => (asked.push(second.id), [])) }]
      })
      strictEqual((yield* Effect.flip(control(here).change({ action: "start" }, author))).message, wrongKey)
      deepStrictEqual((yield* control(here).status).faults.map(({ reason }) => reason), ["Authentication"])
      isMended = true
      strictEqual((yield* control(here).change({ action: "start" }, author)).phase, "running")
      deepStrictEqual((yield* control(here).status).faults, [])
      // an action that the state refuses, and one that moves nobody on, ask nobody; and the old carrier is not asked
      yield* Effect.flip(control(here).change({ action: "start" }, author))
      yield* control(here).change({ action: "pause" }, author)
      deepStrictEqual(asked, [linq, linq])
    }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger))))

  it.scoped("does not wait for a carrier that does not answer, and judges by what is known of it", () =>
    Effect.gen(function*() {
      const here = yield* world({ policy, carriers: (first, second) => [{ ...first, listLines: () => Effect.never }, second] })
      const starting = yield* Effect.fork(control(here).change({ action: "start" }, author))
      yield* Effect.repeatN(Effect.yieldNow(), 60)
      yield* TestClock.adjust("5 seconds")
      strictEqual((yield* Fiber.join(starting)).phase, "running")
    }))

  /** Everybody is in, and the new carrier answers as it is told. */
  const running = (setup: Setup) =>
    Effect.gen(function*() {
      const here = yield* world({
        policy: { ...policy, rollout: { ...rollout, steps: [{ share: 1, moves: "new and existing" }] } },
        ...setup
      })
      yield* control(here).change({ action: "start", anyway: true }, author)
      const [one, two] = people
      if (one === undefined || two === undefined) throw new Error("too few people")
      return { here, one, two }
    })

  const boundTo = (here: World, to: Conversation.Conversation) =>
    Effect.map(here.ledger.binding(Conversation.key(to)), Option.map(({ carrierId }) => carrierId))

  const quietly = Effect.provide(Logger.remove(Logger.defaultLogger))

  it.scoped("loses nothing if the new carrier does not take our key: people get each message from the number that they know, and the fault shows", () =>
    Effect.gen(function*() {
      const { here, one, two } = yield* running({ linq: { answers: [failure("Authentication")] } })
      yield* control(here).assign([one], sendblue, author)
      strictEqual(yield* sendTo(here, one, "before"), sendblue)
      yield* control(here).assign([one], undefined, author)
      // a person who is at the old number, and one who is new
      strictEqual(yield* sendTo(here, one), sendblue)
      strictEqual(yield* sendTo(here, two), sendblue)
      deepStrictEqual(here.sendblue.texts(), ["before", "hello", "hello"])
      deepStrictEqual([yield* boundTo(here, one), yield* boundTo(here, two)], [Option.some(sendblue), Option.some(sendblue)])
      deepStrictEqual((yield* control(here).status).faults.map(({ reason, since }) => [reason, since]), [["Authentication", 0]])
      yield* Effect.repeatN(Effect.yieldNow(), 20)
      const moves = here.told.flatMap((event) => event._tag === "FailedOver" ? [[event.from, event.to, event.why]] : [])
      const why = "the carrier did not take it: send: the carrier did not accept the credentials"
      deepStrictEqual(moves, [[linq, sendblue, why], [linq, sendblue, why]])
    }).pipe(quietly))

  it.scoped("says the continuation to a person who is at the new number when its carrier stops taking our key, and only once", () =>
    Effect.gen(function*() {
      const { here, one } = yield* running({ linq: { answers: ["first", failure("Permission")] } })
      deepStrictEqual([yield* sendTo(here, one), yield* sendTo(here, one), yield* sendTo(here, one)], [linq, sendblue, sendblue])
      deepStrictEqual(here.sendblue.texts(), ["We write from another number now.\nhello", "hello"])
      deepStrictEqual(yield* boundTo(here, one), Option.some(sendblue))
      // also while it is paused: there is nobody who could be moved on
      yield* control(here).change({ action: "pause" }, author)
      strictEqual(yield* sendTo(here, one), sendblue)
    }).pipe(quietly))

  it.scoped("sends a picture alone by the other number without a word after a failover, and does not say it later", () =>
    Effect.gen(function*() {
      const { here, one } = yield* running({ linq: { answers: ["first", failure("Permission")] } })
      yield* sendTo(here, one)
      strictEqual(right(yield* here.send(Draft.make([Part.media("https://images.example.com/a.png")]), {}, one)).carrierId, sendblue)
      yield* control(here).change({ action: "pause" }, author)
      strictEqual(yield* sendTo(here, one), sendblue)
      deepStrictEqual(here.sendblue.texts(), ["", "hello"])
    }).pipe(quietly))

  it.scoped("leaves a person at the new number if the old carrier does not take our key when the rollout goes back", () =>
    Effect.gen(function*() {
      const { here, one } = yield* running({ sendblue: { answers: [failure("Authentication")] } })
      strictEqual(yield* sendTo(here, one), linq)
      yield* control(here).change({ action: "back" }, author)
      strictEqual(yield* sendTo(here, one), linq)
      deepStrictEqual(here.linq.texts(), ["hello", "hello"])
    }).pipe(quietly))

  const final: ReadonlyArray<readonly [what: string, setup: Setup]> = [
    ["an opt-out", { linq: { answers: [failure("OptedOut", { status: 403 })] } }],
    ["bad content", { linq: { answers: [failure("InvalidInput", { status: 400 })] } }],
    ["a recipient who cannot be reached", { linq: { answers: [failure("RecipientUnreachable", { status: 409 })] } }]
  ]
  for (const [what, setup] of final) {
    it.scoped(`does not go on after ${what}`, () =>
      Effect.gen(function*() {
        const { here, one } = yield* running(setup)
        strictEqual(left(yield* here.send(Draft.text("hello"), {}, one))._tag, "NotSent")
        deepStrictEqual(here.sendblue.texts(), [])
      }).pipe(quietly))
  }

  it.scoped("returns a fault of our account where no rollout chose the carrier", () =>
    Effect.gen(function*() {
      const refusing = { answers: [failure("Authentication")] }
      const notMoved = (here: World, person: Conversation.Conversation) =>
        Effect.map(here.send(Draft.text("hello"), {}, person), (answer) => left(answer)._tag)
      const [person] = others(0.5)
      if (person === undefined) throw new Error("nobody is out")
      // the old carrier is no less watched than without a rollout, and neither is the new one before the start
      const old = yield* world({ policy, sendblue: refusing })
      strictEqual(yield* notMoved(old, person), "NotSent")
      yield* control(old).change({ action: "start" }, author)
      strictEqual(yield* notMoved(old, person), "NotSent")
      deepStrictEqual(old.linq.texts(), [])
      const none = yield* world({ policy: { prefer: ["linq", "sendblue"] }, linq: refusing })
      strictEqual(yield* notMoved(none, person), "NotSent")
      deepStrictEqual(none.sendblue.texts(), [])
      // a group that began at the new carrier is pinned there
      const { here } = yield* running({ linq: { answers: ["first", failure("Authentication")] } })
      const group = yield* Conversation.group(support, [Handle.make("+12025550150"), Handle.make("+12025550151")])
      strictEqual(yield* sendTo(here, group), linq)
      strictEqual(yield* notMoved(here, group), "NotSent")
    }).pipe(quietly))

  it.scoped("does not concern a rule that does not prefer both carriers", () =>
    Effect.gen(function*() {
      const here = yield* world({ policy: { ...policy, rules: [{ match: { features: ["effect"] }, prefer: ["sendblue"] }] } })
      const { change } = control(here)
      yield* change({ action: "start" }, author)
      yield* change({ action: "advance", anyway: true }, author)
      yield* change({ action: "advance", anyway: true }, author)
      const [one] = people
      if (one === undefined) throw new Error("nobody is there")
      strictEqual(right(yield* here.send({ ...Draft.text("hello"), effect: "confetti" }, {}, one)).carrierId, sendblue)
    }))

  it.scoped("is one for two processes: a change counts for the next message of both, and of two changes at once one is refused", () =>
    Effect.gen(function*() {
      const rollouts = yield* RolloutStore.makeMemory(() => Effect.succeed([]))
      const ledger = yield* MemoryLedger.make()
      const one = yield* world({ policy, rollouts, ledger })
      const two = yield* world({ policy, rollouts, ledger })
      const [person] = below(0.2)
      if (person === undefined) throw new Error("nobody is in")
      yield* control(one).change({ action: "start" }, author)
      strictEqual(yield* sendTo(two, person), linq)
      const answers = yield* Effect.all(
        [control(one).change({ action: "advance", anyway: true }, author), control(two).change({ action: "advance", anyway: true }, author)]
          .map(Effect.either),
        { concurrency: 2 }
      )
      strictEqual(answers.filter(Either.isRight).length >= 1, true)
      const { changes, state } = yield* control(two).status
      deepStrictEqual(changes.map(({ version }) => version), changes.map((_, index) => changes.length - index))
      deepStrictEqual(state, changes[0]?.state)
    }))

  it.scoped("moves conversations by name with the continuation, keeps them there, and lets them go again", () =>
    Effect.gen(function*() {
      const here = yield* world({ policy })
      const { assign, change } = control(here)
      const [one, two] = others(0.5)
      if (one === undefined || two === undefined) throw new Error("too few people")
      yield* sendToAll(here, [one, two])
      yield* assign([one], linq, author)
      strictEqual(yield* sendTo(here, one), linq)
      strictEqual(yield* sendTo(here, two), sendblue)
      deepStrictEqual(here.linq.texts(), ["We write from another number now.\nhello"])
      // it stays in every later state, until it is let go
      yield* change({ action: "start" }, author)
      yield* change({ action: "back" }, author)
      strictEqual(yield* sendTo(here, one), linq)
      yield* assign([one], sendblue, author)
      strictEqual(yield* sendTo(here, one), sendblue)
      yield* change({ action: "start" }, author)
      yield* change({ action: "advance", anyway: true }, author)
      yield* change({ action: "advance", anyway: true }, author)
      strictEqual(yield* sendTo(here, one), sendblue)
      yield* assign([one], undefined, author)
      strictEqual(yield* sendTo(here, one), linq)
      const refused = yield* Effect.flip(assign([one], CarrierId.make("linq-eu"), author))
      strictEqual(refused.message, "the rollout is between sendblue and linq; name one of them")
    }))

  /** Everybody who is at the old carrier moves with the next message. */
  const moving = (setup: Setup = {}) =>
    Effect.gen(function*() {
      const here = yield* world({
        policy: { ...policy, rollout: { ...rollout, steps: [{ share: 1, moves: "new and existing" }] } },
        ...setup
      })
      const [person] = people
      if (person === undefined) throw new Error("nobody is there")
      yield* sendTo(here, person)
      yield* control(here).change({ action: "start" }, author)
      return { here, person }
    })

  it.scoped("leaves a conversation where it is for what cannot say that the number changes, and moves it with the next text", () =>
    Effect.gen(function*() {
      const longest = (draft: Draft.Draft) => draft.parts.some((part) => part._tag === "Text" && part.text.length > 40)
      const { here, person } = yield* moving({ linq: { refuses: longest } })
      const picture = Draft.make([Part.media("https://images.example.com/a.png")])
      strictEqual(right(yield* here.send(picture, {}, person)).carrierId, sendblue)
      strictEqual(yield* sendTo(here, person, "a text of almost forty letters"), sendblue)
      yield* control(here).assign([person], linq, author)
      strictEqual(right(yield* here.send(picture, {}, person)).carrierId, sendblue)
      deepStrictEqual(here.linq.texts(), [])
      strictEqual(yield* sendTo(here, person), linq)
      strictEqual(right(yield* here.send(picture, {}, person)).carrierId, linq)
      deepStrictEqual(here.linq.texts(), ["We write from another number now.\nhello", ""])
    }))

  it.scoped("moves it without a word only if the policy says so", () =>
    Effect.gen(function*() {
      const steps = [{ share: 1, moves: "new and existing" }] as const
      const silent: Partial<Policy.Input> = {
        ...policy,
        affinity: { continuation: "It is us." },
        rollout: { ...rollout, steps, continuation: "none" }
      }
      const { here, person } = yield* moving({ policy: silent })
      strictEqual(right(yield* here.send(Draft.make([Part.media("https://images.example.com/a.png")]), {}, person)).carrierId, linq)
      strictEqual(yield* sendTo(here, person), linq)
      deepStrictEqual(here.linq.texts(), ["", "hello"])
    }))

  it.scoped("says that the number changes also to a person who was not written to for so long that the conversation is new again", () =>
    Effect.gen(function*() {
      const rollingNew = { ...rollout, steps: [{ share: 1, moves: "new" }] } as const
      const here = yield* world({ policy: { ...policy, affinity: { expiresAfter: "1 hour" }, rollout: rollingNew } })
      const [one, two] = people
      if (one === undefined || two === undefined) throw new Error("too few people")
      yield* sendToAll(here, [one, two])
      yield* control(here).change({ action: "start" }, author)
      strictEqual(yield* sendTo(here, one), sendblue)
      yield* TestClock.adjust("61 minutes")
      strictEqual(right(yield* here.send(Draft.make([Part.media("https://images.example.com/a.png")]), {}, two)).carrierId, sendblue)
      strictEqual(yield* sendTo(here, one), linq)
      deepStrictEqual(here.linq.texts(), ["We write from another number now.\nhello"])
    }))

  /** A person writes to our number at a carrier. */
  const writeTo = (here: World, carrierId: typeof linq, from: Handle.Handle) =>
    Effect.flatMap(Clock.currentTimeMillis, (at) =>
      here.router.observe({
        _tag: "Received",
        carrierId,
        message: {
          ref: MessageRef.make(carrierId, `in-${at}-${from}`),
          direction: "inbound",
          from,
          to: [numbers[carrierId === linq ? "linq" : "sendblue"]],
          isGroup: false,
          parts: [],
          status: { neutral: "delivered", raw: "received" },
          createdAt: new Date(at).toISOString(),
          metadata: {}
        }
      }))

  it.scoped("answers a moved person who writes to the old number: from the new number while it runs, else from the old one", () =>
    Effect.gen(function*() {
      const lines = new Map([[support, new Map([[linq, numbers.linq], [sendblue, numbers.sendblue]])]])
      const { here, person } = yield* moving({ options: { lines } })
      const { change } = control(here)
      const [handle] = Conversation.recipients(person)
      if (handle === undefined) throw new Error("nobody is there")
      strictEqual(yield* sendTo(here, person), linq)
      const told = "We write from another number now.\nhello"
      const answer = Effect.gen(function*() {
        yield* TestClock.adjust("1 second")
        yield* writeTo(here, sendblue, handle)
        return yield* sendTo(here, person)
      })
      strictEqual(yield* answer, linq)
      deepStrictEqual(here.linq.texts(), [told, told])
      yield* change({ action: "pause" }, author)
      // who is at the new number stays there
      strictEqual(yield* sendTo(here, person), linq)
      strictEqual(yield* answer, sendblue)
      yield* change({ action: "resume" }, author)
      strictEqual(yield* sendTo(here, person), linq)
      yield* change({ action: "back", step: 0 }, author)
      strictEqual(yield* answer, sendblue)
      deepStrictEqual(here.sendblue.texts(), ["hello", "hello", "hello"])
      yield* TestClock.adjust("1 second")
      yield* writeTo(here, linq, handle)
      strictEqual(yield* sendTo(here, person), sendblue)
      strictEqual(here.sendblue.texts().at(-1), told)
    }))

  it.scoped("sends no copy by the new carrier of what is held at the old one", () =>
    Effect.gen(function*() {
      const { here, person } = yield* moving({ sendblue: { finds: "nothing", answers: ["first", failure("Transport")] } })
      yield* control(here).assign([person], sendblue, author)
      strictEqual(left(yield* here.send(Draft.text("in doubt"), {}, person))._tag, "Held")
      yield* control(here).assign([person], linq, author)
      strictEqual(yield* sendTo(here, person), linq)
      const [held] = yield* here.router.held()
      if (held === undefined) throw new Error("nothing is held")
      yield* here.router.settle(held.deliveryId, { _tag: "NotSent" })
      deepStrictEqual(here.linq.texts(), ["We write from another number now.\nhello"])
      deepStrictEqual(here.sendblue.texts(), ["hello", "in doubt"])
    }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger))))

  it.scoped("does not lift an opt-out: what a person says at one carrier holds at both, also after a way back", () =>
    Effect.gen(function*() {
      const { here, person } = yield* moving()
      strictEqual(yield* sendTo(here, person), linq)
      const [handle] = Conversation.recipients(person)
      if (handle === undefined) throw new Error("nobody is there")
      yield* here.router.observe({ _tag: "OptedOut", carrierId: linq, handle })
      yield* control(here).change({ action: "back" }, author)
      strictEqual(left(yield* here.send(Draft.text("again"), {}, person))._tag, "NotSent")
      deepStrictEqual([...here.sendblue.texts(), ...here.linq.texts()], ["hello", "We write from another number now.\nhello"])
    }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger))))

  it.scoped("confirms an opt-out where the person said it, and not at the new carrier", () =>
    Effect.gen(function*() {
      const { here, person } = yield* moving()
      const [handle] = Conversation.recipients(person)
      if (handle === undefined) throw new Error("nobody is there")
      yield* here.router.observe({ _tag: "OptedOut", carrierId: sendblue, handle })
      // the carriers of these tests have no way to confirm, and only the first one is asked
      yield* here.send(Draft.text("You are off the list."), { confirmsOptOut: true }, person)
      yield* Effect.repeatN(Effect.yieldNow(), 20)
      const routes = here.told.flatMap((event) => event._tag === "Started" ? [event.route.map(({ carrierId }) => carrierId)] : [])
      deepStrictEqual(routes.at(-1), [sendblue])
    }))

  const settle = Effect.repeatN(Effect.yieldNow(), 60)

  /** A digest of a key's message takes a time that the test's clock does not know. */
  const until = (holds: () => boolean): Effect.Effect<void> =>
    Effect.zipRight(Effect.repeat(Effect.promise(() => new Promise<void>((done) => setTimeout(done, 1))), { until: holds }), settle)

  const deaths = [
    ["a rollout", { policy }],
    ["a failover", {
      policy: { prefer: ["sendblue", "linq"], affinity: { continuation: "We write from another number now." } },
      sendblue: { answers: ["first", failure("ConnectionFailed")] }
    }]
  ] as const satisfies ReadonlyArray<readonly [by: string, setup: Setup]>

  for (const [by, setup] of deaths) {
    it.scoped(`says it once if the process dies before the message has left that ${by} moved: the next process says it`, () =>
      Effect.gen(function*() {
        const ledger = yield* MemoryLedger.make()
        const rollouts = yield* RolloutStore.makeMemory(() => Effect.succeed([]))
        let isLookingUp = false
        const lookUp = Effect.suspend(() => {
          isLookingUp = true
          return Effect.delay(Effect.succeedNone, "20 seconds")
        })
        const first = yield* world({ ...setup, ledger, rollouts, linq: { lookUp } })
        const [person] = below(0.2)
        if (person === undefined) throw new Error("nobody is in")
        yield* sendTo(first, person)
        if (first.router.rollout !== undefined) yield* control(first).assign([person], linq, author)
        yield* Effect.fork(first.send(Draft.text("two"), { key: "two" }, person))
        yield* until(() => isLookingUp)
        const second = yield* world({ policy: setup.policy, ledger, rollouts })
        yield* until(() => second.linq.asked.length > 0)
        deepStrictEqual(second.linq.texts(), ["We write from another number now.\ntwo"])
        strictEqual(yield* sendTo(second, person, "three"), linq)
        yield* TestClock.adjust("30 seconds")
        deepStrictEqual(second.linq.texts().slice(1), ["three"])
        deepStrictEqual(first.linq.texts(), [])
      }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger))))
  }

  it.scoped("says it once if the process dies after the message has left: the same request is repeated under its key", () =>
    Effect.gen(function*() {
      const ledger = yield* MemoryLedger.make()
      const rollouts = yield* RolloutStore.makeMemory(() => Effect.succeed([]))
      const { here: first, person } = yield* moving({
        ledger,
        rollouts,
        linq: { answers: [Effect.delay(Effect.succeed("two"), "20 seconds")] }
      })
      yield* Effect.fork(first.send(Draft.text("two"), { key: "two" }, person))
      yield* until(() => first.linq.asked.length > 0)
      const second = yield* world({ policy, ledger, rollouts })
      yield* Effect.repeatN(Effect.zipRight(settle, TestClock.adjust("1 second")), 9)
      const [left] = first.linq.asked
      deepStrictEqual(second.linq.asked.map(({ key, step }) => [key, step.body]), [[left?.key, left?.step.body]])
      strictEqual(yield* sendTo(second, person, "three"), linq)
      deepStrictEqual(second.linq.texts(), ["We write from another number now.\ntwo", "three"])
      yield* TestClock.adjust("30 seconds")
    }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger))))

  it.scoped("publishes and logs each change with its author and reason", () =>
    Effect.gen(function*() {
      const here = yield* world({ policy })
      const notes: Array<string> = []
      const logger = Logger.make(({ annotations, logLevel, message }) => {
        notes.push(`${logLevel._tag} ${String(message)} (${Array.from(annotations).join(" ")})`)
      })
      yield* Effect.provide(control(here).change({ action: "start" }, author), Logger.replace(Logger.defaultLogger, logger))
      deepStrictEqual(notes, ["Info the rollout from sendblue to linq is running at a share of 0.2: as planned (actor,ops)"])
      const refused = yield* Effect.flip(control(here).change({ action: "start" }, author))
      deepStrictEqual([refused.message, refused.isConflict], ["the rollout is running already", false])
      yield* Effect.repeatN(Effect.yieldNow(), 20)
      expect(here.told).toEqual([{
        _tag: "RolloutChanged",
        at: 0,
        from: sendblue,
        to: linq,
        action: "start",
        phase: "running",
        step: 1,
        share: 0.2,
        actor: "ops",
        why: "as planned",
        version: 1
      }])
    }))
})

describe("the rollouts that a process finds when it starts", () => {
  const store = RolloutStore.makeMemory(
    () => Effect.succeed([]),
    (carrierId) => Effect.succeed(carrierId === sendblue ? { count: 3, lastAt: 5 } : { count: 0 })
  )

  const reverse: Partial<Policy.Input> = { ...policy, rollout: { ...rollout, from: "linq", to: "sendblue" } }

  /** A process that has started, and what it logged as warnings. */
  const started = (rollouts: RolloutStore.RolloutStoreService, of: Partial<Policy.Input>) =>
    Effect.gen(function*() {
      const warnings: Array<string> = []
      const notes: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => {
        if (logLevel._tag === "Warning") warnings.push(String(message))
        if (logLevel._tag === "Info") notes.push(String(message))
      })
      yield* TestClock.adjust("1 second")
      const here = yield* Effect.provide(world({ policy: of, rollouts }), Logger.replace(Logger.defaultLogger, logger))
      return { here, notes, warnings }
    })

  const phaseOf = (here: World) => Effect.map(control(here).status, ({ changes: [newest], state }) => [state?.phase, newest?.actor])

  it.scoped("are named in the log if the policy left one out and people are at the other number", () =>
    Effect.gen(function*() {
      const rollouts = yield* store
      const { here } = yield* started(rollouts, policy)
      yield* control(here).change({ action: "start" }, author)
      const { conversations } = yield* control(here).status
      deepStrictEqual(conversations, { from: { count: 3, lastAt: 5 }, to: { count: 0 }, assigned: 0 })
      deepStrictEqual((yield* started(rollouts, policy)).warnings, [])
      deepStrictEqual((yield* started(rollouts, { prefer: ["linq"] })).warnings, [
        "the rollout from sendblue to linq is running at a share of 0.2 in the database, and the policy does not have it any more: "
        + "the number of 3 direct conversations at sendblue changes without a continuation; "
        + "put the policy with this rollout back until nobody who matters is at sendblue"
      ])
      // nobody is at the number that is not preferred
      const none = yield* started(rollouts, { prefer: ["sendblue", "linq"] })
      deepStrictEqual([none.warnings, none.notes], [[], [
        "the rollout from sendblue to linq is running at a share of 0.2 in the database, and the policy does not have it any more: "
        + "no direct conversation is at linq"
      ]])
      const leftOut = ({ router }: World) =>
        Effect.map(router.leftOutRollouts ?? Effect.succeed([]), (known) => known.map(({ name, state }) => [name, state.phase]))
      deepStrictEqual(yield* leftOut(none.here), [["sendblue to linq", "running"]])
      deepStrictEqual(yield* leftOut(here), [])
      // a rollout in the other direction says the continuation
      deepStrictEqual((yield* started(rollouts, { ...reverse, prefer: ["linq", "sendblue"] })).warnings, [])
      // after it went back, people at the other number are no less surprised
      yield* control(here).change({ action: "back" }, author)
      deepStrictEqual((yield* started(rollouts, { prefer: ["linq"] })).warnings, [
        "the rollout from sendblue to linq went back in the database, and the policy does not have it any more: "
        + "the number of 3 direct conversations at sendblue changes without a continuation; "
        + "put the policy with this rollout back until nobody who matters is at sendblue"
      ])
    }))

  it.scoped("go on after every normal start, and are paused once if the one in the other direction was in use after them", () =>
    Effect.gen(function*() {
      const rollouts = yield* store
      const { here: one } = yield* started(rollouts, policy)
      yield* control(one).change({ action: "start" }, author)
      deepStrictEqual(yield* phaseOf((yield* started(rollouts, policy)).here), ["running", "ops"])
      const { here: other } = yield* started(rollouts, reverse)
      // the other one is named, and not in use yet
      deepStrictEqual(yield* phaseOf((yield* started(rollouts, policy)).here), ["running", "ops"])
      yield* TestClock.adjust("1 second")
      yield* control(other).change({ action: "start" }, author)
      const [again, beside] = [yield* started(rollouts, policy), yield* started(rollouts, policy)]
      deepStrictEqual(again.warnings, [
        "the rollout from sendblue to linq was running, and is paused now: "
        + "the rollout from linq to sendblue was in use after it; resume it, or take it back"
      ])
      deepStrictEqual(beside.warnings, [])
      deepStrictEqual(yield* phaseOf(beside.here), ["paused", "start"])
      // that pause is no use of it
      deepStrictEqual(yield* phaseOf((yield* started(rollouts, reverse)).here), ["running", "ops"])
      yield* TestClock.adjust("1 second")
      yield* control(again.here).change({ action: "resume" }, author)
      deepStrictEqual(yield* phaseOf((yield* started(rollouts, policy)).here), ["running", "ops"])
    }))
})

describe("the guardrails of a rollout", () => {
  const minute = 60_000

  /** A store with messages that the new carrier took and reported nothing about. */
  const silent = (count: number) =>
    RolloutStore.makeMemory((since) =>
      Effect.succeed(
        Array.from({ length: count }, (): SendResult => ({
          carrierId: linq,
          line: support,
          at: since,
          outcome: "accepted",
          status: undefined,
          deliveredAt: undefined,
          reportedAt: undefined,
          optOuts: 0,
          losses: [],
          isGroup: false
        }))
      )
    )

  const started = (crossed: "pause" | "back", count = 1) =>
    Effect.gen(function*() {
      const rollouts = yield* silent(count)
      const here = yield* world({ policy: { ...policy, rollout: { ...rollout, guardrails: { crossed } } }, rollouts })
      yield* control(here).change({ action: "start" }, author)
      return here
    })

  it.scoped("pause it by themselves, and say why in the state and in an event", () =>
    Effect.gen(function*() {
      const here = yield* started("pause")
      yield* TestClock.adjust(14 * minute)
      strictEqual((yield* control(here).status).state?.phase, "running")
      yield* TestClock.adjust(2 * minute)
      const { changes, crossed, state } = yield* control(here).status
      strictEqual(state?.phase, "paused")
      deepStrictEqual(crossed.map(({ guardrail }) => guardrail), ["silent"])
      strictEqual(changes[0]?.actor, "guardrail")
      strictEqual(
        changes[0]?.reason,
        "linq has reported nothing for 900 seconds, although it took messages; after 900 seconds that is a fault"
      )
      expect(here.told.at(-1)).toMatchObject({ _tag: "RolloutChanged", action: "pause", phase: "paused", actor: "guardrail", share: 0.2 })
      // it stays paused, and nothing more is written
      yield* TestClock.adjust(10 * minute)
      strictEqual((yield* control(here).status).changes.length, 2)
    }))

  it.scoped("see the silence also if no process ran meanwhile", () =>
    Effect.gen(function*() {
      const rollouts = yield* silent(1)
      const ledger = yield* MemoryLedger.make()
      const before = yield* world({ policy, rollouts, ledger })
      yield* control(before).change({ action: "start" }, author)
      yield* before.close
      yield* TestClock.adjust("1 hour")
      const after = yield* world({ policy, rollouts, ledger })
      yield* TestClock.adjust(minute)
      const { changes, state } = yield* control(after).status
      deepStrictEqual([state?.phase, changes[0]?.actor], ["paused", "guardrail"])
    }))

  it.scoped("go back to the beginning if the policy says so", () =>
    Effect.gen(function*() {
      const here = yield* started("back")
      yield* TestClock.adjust(16 * minute)
      const { state } = yield* control(here).status
      deepStrictEqual([state?.phase, state?.share, state?.step], ["back", 0, 0])
    }))

  it.scoped("count anew after the rollout was resumed", () =>
    Effect.gen(function*() {
      const here = yield* started("pause")
      yield* TestClock.adjust(16 * minute)
      yield* control(here).change({ action: "resume" }, { actor: "ops", reason: "the webhooks are on again" })
      yield* TestClock.adjust(10 * minute)
      strictEqual((yield* control(here).status).state?.phase, "running")
    }))

  it.scoped("keep it from going on while they are crossed, or while too little is known", () =>
    Effect.gen(function*() {
      const few = yield* started("pause", 49)
      const refused = yield* Effect.flip(control(few).change({ action: "advance" }, author))
      strictEqual(refused.message, "49 messages went by linq since the step began, and 50 are needed to judge it; wait, or say anyway")
      strictEqual((yield* control(few).change({ action: "advance", anyway: true }, author)).step, 2)
      const enough = yield* started("pause", 50)
      strictEqual((yield* control(enough).change({ action: "advance" }, author)).step, 2)
      // late after 5 minutes; the next check comes within a minute
      const late = yield* started("pause", 60)
      yield* TestClock.adjust("5 minutes")
      const paused = yield* control(late).status
      deepStrictEqual([paused.state?.phase, paused.crossed.map(({ guardrail }) => guardrail)], ["paused", ["late"]])
    }))
})

describe("a policy with a rollout that cannot be used", () => {
  const refused: ReadonlyArray<readonly [what: string, policy: Partial<Policy.Input>, sentence: string]> = [
    ["a carrier that is not preferred", { prefer: ["sendblue"], rollout }, "rollout.to: \"linq\" is not in prefer"],
    ["the same carrier twice", { rollout: { ...rollout, to: "sendblue" } }, "rollout.to: \"sendblue\" is also the old carrier"],
    [
      "shares that do not grow",
      { rollout: { ...rollout, steps: [{ share: 0.2 }, { share: 0.2 }] } },
      "rollout.steps.1.share: is not larger than 0.2"
    ],
    [
      "a number that changes without a word",
      { rollout: { from: "sendblue", to: "linq", steps: [{ share: 0.2 }] } },
      "rollout.continuation: is missing, so people would see another number without a word"
    ],
    ["no step", { rollout: { ...rollout, steps: [] as never } }, "rollout.steps: is empty"],
    ["a share of 0", { rollout: { ...rollout, steps: [{ share: 0 }] } }, "rollout.steps.0.share: is not a number above 0 and at most 1"],
    ["conversations that do not stay", { rollout, affinity: { mode: "free" } }, "affinity.mode: is free"],
    [
      "a guardrail that could never be crossed",
      { rollout: { ...rollout, guardrails: { silentAfter: "1 day" } } },
      "rollout.guardrails.silentAfter: is not shorter than rollout.guardrails.within"
    ]
  ]
  for (const [what, policy, sentence] of refused) {
    it.scoped(what, () => Effect.map(Effect.flip(world({ policy })), (error) => expect(String(error)).toContain(sentence)))
  }
})
