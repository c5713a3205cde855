/** What operators and their programs get: log lines, line checks, sentences that say what to do next. */
import { describe, expect, it } from "@effect/vitest"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import type { MessagingError } from "@interline/core/MessagingError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/TestClock"
import * as MemoryLedger from "../src/ledger/MemoryLedger.ts"
import { failure, hello, left, linq, numbers, right, sendblue, support, toAda, toBob, words, world } from "./scripted.ts"

const settle = Effect.forEach(Array.from({ length: 20 }), () => Effect.yieldNow(), { discard: true })

/** Everything that is logged while an effect runs. */
const logged = <A, E, R>(effect: (lines: ReadonlyArray<string>) => Effect.Effect<A, E, R>) => {
  const lines: Array<string> = []
  const recording = Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ message }) => {
      lines.push(String(message))
    })
  )
  return Effect.provide(effect(lines), recording)
}

describe("the log", () => {
  it.scoped("says that a delivery is held, and why", () =>
    logged((lines) =>
      Effect.gen(function*() {
        const { send } = yield* world({ linq: { answers: [failure("Transport")], finds: "nothing" } })
        expect(left(yield* send())._tag).toBe("Held")
        expect(lines.filter((line) => /is held .*linq/.test(line))).toHaveLength(1)
        expect(lines.join("\n")).not.toContain(words)
      })
    ))

  it.scoped("says that a program waits for sends under way before it ends", () =>
    logged((lines) =>
      Effect.gen(function*() {
        const { close, send } = yield* world({
          linq: { answers: [Effect.delay(Effect.succeed("m"), "5 seconds")] },
          options: { drainFor: "30 seconds" }
        })
        yield* Effect.fork(send())
        yield* settle
        const closing = yield* Effect.fork(close)
        yield* settle
        expect(lines).toEqual([expect.stringContaining("1 send under way")])
        yield* TestClock.adjust("5 seconds")
        yield* Fiber.join(closing)
      })
    ))

  it.scoped("names where an adapter broke, not what its message quotes", () =>
    logged((lines) =>
      Effect.gen(function*() {
        const { send } = yield* world({ linq: { answers: [Effect.die(new TypeError(`no ${words} for +12025550123`))], finds: "nothing" } })
        const error = left(yield* send())
        // the step was about to leave, so it may have; nobody waited too long
        expect([error._tag, error.attempts.map(({ error }) => error?.reason)]).toEqual(["Held", ["BadResponse"]])
        expect(error.message).not.toContain("in time")
        const all = lines.join("\n")
        expect(all).toContain("TypeError")
        expect(all).not.toContain("+12025550123")
      })
    ))
})

describe("what only a person can mend", () => {
  const faultsOf = (standings: ReadonlyArray<{ readonly line: string; readonly faults?: ReadonlyArray<{ readonly reason: string }> }>) =>
    standings.flatMap(({ faults = [] }) => faults.map(({ reason }) => reason))

  it.scoped("is logged once for each line and reason, and shown until the line takes a message", () =>
    logged((lines) =>
      Effect.gen(function*() {
        const { router, send } = yield* world({
          linq: { answers: [failure("Authentication"), failure("Authentication"), failure("Permission"), failure("Authentication"), "m"] },
          policy: { prefer: ["linq"] }
        })
        for (let n = 0; n < 4; n += 1) yield* send()
        expect(faultsOf(yield* router.health)).toEqual(["Authentication", "Permission"])
        expect(lines.filter((line) => line.includes("did not accept the credentials; give it"))).toHaveLength(1)
        expect(lines.filter((line) => line.includes("the account may not do this"))).toHaveLength(1)
        yield* send()
        expect(faultsOf(yield* router.health)).toEqual([])
        expect(lines.filter((line) => line.includes("is well again"))).toHaveLength(1)
      })
    ))

  it.scoped("is a line of somebody else and a limit of the account; a limit of the line, a person or the weather is not", () =>
    logged((lines) =>
      Effect.gen(function*() {
        const answers = [
          failure("LineNotAllowed"),
          failure("RateLimited", { blame: "account", next: "fix" }),
          failure("RateLimited", { next: "fix" }),
          failure("RecipientBlocked"),
          failure("Unavailable", { certainty: "not-sent", next: "fix" })
        ]
        const { router, send } = yield* world({ linq: { answers }, policy: { prefer: ["linq"], breaker: { failures: 100 } } })
        for (const _ of answers) yield* send()
        expect(faultsOf(yield* router.health)).toEqual(["LineNotAllowed", "RateLimited"])
        expect(lines.filter((line) => /^line support at linq: /.test(line))).toHaveLength(2)
      })
    ))

  it.scoped("is found by a check before anything is sent, and over when a later check is answered", () =>
    logged((lines) =>
      Effect.gen(function*() {
        let answer: Effect.Effect<ReadonlyArray<string>, MessagingError> = Effect.fail(failure("Authentication"))
        const { router } = yield* world({
          carriers: (first, second) => [{
            ...first,
            listLines: () =>
              Effect.map(answer, (listed) =>
                listed.map((number) =>
                  ({ carrierId: linq, number: Handle.phone(number), status: "healthy", available: true, metadata: {} }) as const
                ))
          }, {
            ...second,
            listLines: () =>
              Effect.succeed([])
          }]
        })
        yield* Effect.exit(router.checkLines)
        yield* Effect.exit(router.checkLines)
        expect(yield* router.health).toMatchObject([{
          carrierId: linq,
          line: support,
          state: "closed",
          faults: [{ reason: "Authentication" }]
        }])
        expect(lines.filter((line) =>
          line.includes("credentials")
        )).toHaveLength(1)
        answer = Effect.succeed(["+12025550199"])
        yield* router.checkLines
        expect(faultsOf(yield* router.health)).toEqual(["LineNotAllowed"])
        answer = Effect.succeed([numbers.linq])
        yield* router.checkLines
        expect(faultsOf(yield* router.health)).toEqual([])
        expect(lines.join("\n")).not.toContain("+1202")
      })
    ))
})

describe("a line that a carrier lists as unable to send", () => {
  const listing = (available: () => boolean) =>
    world({
      policy: { prefer: ["sendblue", "linq"] },
      carriers: (first, second) => [{ ...first, listLines: () => Effect.succeed([]) }, {
        ...second,
        listLines: () =>
          Effect.succeed([
            {
              carrierId: sendblue,
              number: numbers.sendblue,
              name: support,
              status: available() ? "healthy" : "critical",
              available: available(),
              metadata: {}
            } as const
          ])
      }]
    })

  it.scoped("is not asked from the check on, until a check finds it well again", () =>
    Effect.gen(function*() {
      let available = false
      const { router, send } = yield* listing(() => available)
      expect(right(yield* send(Draft.text("before"))).carrierId).toBe("sendblue")
      yield* router.checkLines
      expect(right(yield* send(Draft.text("flagged"))).attempts).toMatchObject([{ carrierId: "sendblue", outcome: "skipped" }, {
        carrierId: "linq",
        outcome: "accepted"
      }])
      available = true
      yield* router.checkLines
      expect(yield* router.health).toMatchObject([{ carrierId: "sendblue", state: "closed" }, { carrierId: "linq" }])
    }))

  it.scoped("stays unasked as long as each check says so, however long", () =>
    Effect.gen(function*() {
      const { router, sendblue: fake, send } = yield* world({
        policy: { prefer: ["sendblue", "linq"], affinity: { mode: "free" }, breaker: { openFor: "1 minute", maxOpenFor: "3 minutes" } },
        options: { checkLinesEvery: "1 minute" },
        carriers: (first, second) => [{ ...first, listLines: () => Effect.succeed([]) }, {
          ...second,
          listLines: () =>
            Effect.succeed([
              { carrierId: sendblue, number: numbers.sendblue, name: support, status: "critical", available: false, metadata: {} } as const
            ])
        }]
      })
      yield* settle
      for (let minute = 0; minute < 12; minute++) {
        expect(right(yield* send()).carrierId).toBe("linq")
        yield* TestClock.adjust("1 minute")
        yield* settle
      }
      expect(fake.asked).toEqual([])
      expect(yield* router.health).toMatchObject([{ carrierId: "sendblue", state: "open" }, { carrierId: "linq" }])
    }))

  it.scoped("by an event stays so whatever a list says that does not know of it", () =>
    Effect.gen(function*() {
      const { router, send } = yield* listing(() => true)
      yield* router.observe({
        _tag: "Line",
        carrierId: sendblue,
        number: numbers.sendblue,
        status: "critical",
        available: false,
        raw: "FLAGGED"
      })
      yield* router.checkLines
      expect(right(yield* send()).carrierId).toBe("linq")
    }))

  it.scoped("is noticed by itself when the options say how often to ask", () =>
    Effect.gen(function*() {
      let asked = 0
      const { router } = yield* world({
        options: { checkLinesEvery: "1 minute" },
        carriers: (first, second) => [{
          ...first,
          listLines: () => Effect.succeed([])
        }, { ...second, listLines: () => Effect.sync(() => (asked += 1, [])) }]
      })
      yield* settle
      yield* TestClock.adjust("2 minutes")
      yield* settle
      expect(asked).toBe(3)
      expect(yield* router.health).toEqual([])
    }))

  it.scoped("is found although another carrier cannot be asked, which is told", () =>
    Effect.gen(function*() {
      const { router, send } = yield* world({
        policy: { prefer: ["sendblue", "linq"] },
        carriers: (first, second) => [
          { ...first, listLines: () => Effect.fail(failure("Authentication", { operation: "listLines" })) },
          {
            ...second,
            listLines: () =>
              Effect.succeed([
                { carrierId: sendblue, number: numbers.sendblue, status: "critical", available: false, metadata: {} } as const
              ])
          }
        ]
      })
      expect(yield* Effect.flip(router.checkLines)).toMatchObject({ reason: "Authentication" })
      expect(right(yield* send()).carrierId).toBe("linq")
    }))
})

describe("an opt-out", () => {
  it.scoped("is told, however it was learned", () =>
    Effect.gen(function*() {
      const { messaging, send, told } = yield* world({
        linq: { answers: [failure("OptedOut", { carrierId: linq })] },
        carriers: (first, second) => [{ ...first, setOptOut: () => Effect.void }, { ...second, setOptOut: () => Effect.void }]
      })
      expect(left(yield* send())).toMatchObject({ _tag: "NotSent", error: { reason: "OptedOut" } })
      yield* Effect.either(messaging.setOptOut(numbers.linq, true))
      yield* Effect.either(messaging.setOptOut(numbers.linq, false))
      yield* settle
      expect(told.flatMap((event) => event._tag === "Suppressed" || event._tag === "Restored" ? [[event._tag, event.source]] : [])).toEqual(
        [
          ["Suppressed", "error"],
          ["Suppressed", "explicit"],
          ["Restored", "explicit"]
        ]
      )
    }))
})

describe("what to do next", () => {
  it.scoped("is another time when every carrier was asked", () =>
    Effect.gen(function*() {
      const { send } = yield* world({
        linq: { answers: [failure("ConnectionFailed")] },
        sendblue: { answers: [failure("LineUnavailable", { carrierId: sendblue })] }
      })
      expect(left(yield* send())).toMatchObject({ _tag: "NotSent", error: { reason: "LineUnavailable", next: "retry" } })
    }))

  it.scoped("is a new key for who went away before anything was taken", () =>
    Effect.gen(function*() {
      const { messaging, send } = yield* world({
        linq: { answers: [failure("RateLimited", { carrierId: linq })] },
        sendblue: { lines: false }
      })
      const sending = yield* Effect.fork(messaging.send(toBob, hello, { key: "k" }))
      yield* Effect.repeat(Effect.zipRight(settle, Effect.promise(() => new Promise((done) => setImmediate(done)))), { times: 20 })
      yield* Fiber.interrupt(sending)
      const again = yield* send(hello, { key: "k" }, toBob)
      expect(left(again)).toMatchObject({ _tag: "NotSent", error: { reason: "Cancelled", next: "retry" } })
      expect(String(left(again).message)).toContain("new key")
    }))
})

describe("a look for what is held", () => {
  it.scoped("does not take the message of an equal send that is under way meanwhile", () =>
    Effect.gen(function*() {
      let meanwhile: Effect.Effect<void> = Effect.void
      let listed: ReadonlyArray<string> = []
      const { router, send, sendblue: fake } = yield* world({
        policy: { prefer: ["sendblue", "linq"], reconcile: { every: "100 millis", within: "200 millis" } },
        sendblue: {
          answers: [failure("Timeout"), Effect.delay(Effect.succeed("second"), "5 seconds")],
          finds: () => Effect.zipRight(Effect.suspend(() => meanwhile), Effect.sync(() => Either.right(listed)))
        }
      })
      const first = yield* Effect.fork(send())
      yield* settle
      yield* TestClock.adjust("1 second")
      yield* settle
      expect(left(yield* Fiber.join(first))._tag).toBe("Held")
      const second = yield* Effect.makeSemaphore(1)
      let sending: Fiber.RuntimeFiber<Effect.Effect.Success<ReturnType<typeof send>>> | undefined
      meanwhile = second.withPermits(1)(Effect.gen(function*() {
        if (sending !== undefined) return
        sending = yield* Effect.forkDaemon(send())
        yield* settle
        listed = ["second"]
      }))
      yield* router.look
      expect(yield* router.held()).toHaveLength(1)
      yield* TestClock.adjust("10 seconds")
      yield* settle
      expect(sending === undefined ? undefined : right(yield* Fiber.join(sending))).toMatchObject({ receipts: [{ ref: { id: "second" } }] })
      yield* router.look
      expect(yield* router.held()).toHaveLength(1)
      expect(fake.asked).toHaveLength(2)
    }))
})

describe("a caller's key", () => {
  it.scoped("is free again when the ledger failed before the delivery was written down", () =>
    logged(() =>
      Effect.gen(function*() {
        const inner = yield* MemoryLedger.make()
        let isBroken = true
        const ledger = { ...inner, binding: (key: string) => isBroken ? Effect.die("down") : inner.binding(key) }
        const { messaging } = yield* world({ ledger })
        expect(yield* Effect.flip(messaging.send(toAda, hello, { key: "k" }))).toMatchObject({
          _tag: "Held",
          evidence: { error: { certainty: "unknown", next: "retry" } }
        })
        isBroken = false
        expect(yield* messaging.send(toAda, hello, { key: "k" })).toMatchObject({ carrierId: "linq" })
      })
    ))
})

describe("a continuation", () => {
  it.scoped("is left out where the carrier could not carry the text with it", () =>
    Effect.gen(function*() {
      const policy = { prefer: ["sendblue", "linq"], affinity: { continuation: "It is us." } } as const
      const longest = (draft: Draft.Draft) => draft.parts.some((part) => part._tag === "Text" && part.text.length > 20)
      const { linq: fake, send } = yield* world({
        policy,
        linq: { refuses: longest },
        sendblue: { answers: ["first", failure("ConnectionFailed")] }
      })
      right(yield* send(Draft.text("hello")))
      right(yield* send(Draft.text("exactly twenty chars")))
      right(yield* send(Draft.text("short")))
      expect(fake.texts()).toEqual(["exactly twenty chars", "short"])
    }))

  it.scoped("goes before the first text after a move", () =>
    Effect.gen(function*() {
      const { linq: fake, send } = yield* world({
        policy: { prefer: ["sendblue", "linq"], affinity: { continuation: "It is us." } },
        sendblue: { answers: ["first", failure("ConnectionFailed")] }
      })
      yield* Effect.map(send(Draft.text("hello")), Either.getOrThrow)
      right(yield* send(Draft.text("short")))
      expect(fake.texts()).toEqual(["It is us.\nshort"])
    }))
})
