/** Whose a key is, and whose a binding is. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Binding, ClaimRequest } from "../../Ledger.ts"
import type { Case } from "./expect.ts"
import { crowd, same } from "./expect.ts"
import * as Specimens from "./specimens.ts"

const request = (nth: number, more: Partial<ClaimRequest> = {}): ClaimRequest => ({
  key: "order-17",
  fingerprint: "hello",
  deliveryId: Specimens.id(nth),
  at: 1000,
  expiresAt: 5000,
  ...more
})

const keyed = (nth: number) => Specimens.idle(nth, { key: "order-17" })

const inFlight = (nth: number) => ({ _tag: "InFlight", deliveryId: Specimens.id(nth) })
const done = (nth: number) => ({ _tag: "Done", deliveryId: Specimens.id(nth) })
const owned = { _tag: "Owned" }

const binding = (more: Partial<Binding> = {}): Omit<Binding, "version"> => ({ carrierId: Specimens.linq, line: Specimens.support, at: 1000, ...more })

export const claims: ReadonlyArray<Case> = [
  {
    name: "of a hundred equal claims at once one is owned",
    run: (ledger) =>
      Effect.gen(function*() {
        const answers = yield* crowd((index) => Effect.map(ledger.claim(request(index)), (claim) => ({ index, claim })))
        const owners = answers.filter(({ claim }) => claim._tag === "Owned")
        yield* same("owned claims", owners.length, 1)
        yield* same("the others name the owner", answers.filter(({ claim }) => claim._tag !== "Owned").map(({ claim }) => claim), Array(99).fill(inFlight(owners[0]?.index ?? -1)))
      })
  },
  {
    name: "another message under a claimed key is a conflict, whatever became of the first",
    run: (ledger) =>
      Effect.gen(function*() {
        const other = request(2, { fingerprint: "goodbye" })
        const conflict = { _tag: "Conflict", deliveryId: Specimens.id(1) }
        yield* ledger.claim(request(1))
        yield* same("claimed", yield* ledger.claim(other), conflict)
        yield* ledger.open(keyed(1))
        yield* same("opened", yield* ledger.claim(other), conflict)
        yield* ledger.save(Specimens.done(keyed(1)))
        yield* same("done", yield* ledger.claim(other), conflict)
        yield* same("another key", yield* ledger.claim({ ...other, key: "order-18" }), owned)
      })
  },
  {
    name: "a claim is in flight until its delivery has a result, and then done",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* ledger.claim(request(1))
        yield* ledger.open(keyed(1))
        yield* same("opened", yield* ledger.claim(request(2)), inFlight(1))
        yield* ledger.save(Specimens.sending(keyed(1)))
        yield* same("sending", yield* ledger.claim(request(2)), inFlight(1))
        yield* ledger.save(Specimens.doubted({ ...keyed(1), version: 1 }))
        yield* same("in doubt", yield* ledger.claim(request(2)), inFlight(1))
        yield* ledger.save(Specimens.held({ ...keyed(1), version: 2 }))
        yield* same("held", yield* ledger.claim(request(2)), done(1))
        yield* ledger.save(Specimens.done({ ...keyed(1), version: 3 }))
        yield* same("done", yield* ledger.claim(request(2)), done(1))
      })
  },
  {
    name: "a claim that was never opened ends at its time",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* ledger.claim(request(1))
        yield* same("before", yield* ledger.claim(request(2, { at: 4999, expiresAt: 9000 })), inFlight(1))
        yield* same("at its end", yield* ledger.claim(request(3, { at: 5000, expiresAt: 9000 })), owned)
        yield* same("the next owner", yield* ledger.claim(request(4, { at: 5001, expiresAt: 9000 })), inFlight(3))
      })
  },
  {
    name: "a claim does not end before its delivery is done",
    run: (ledger) =>
      Effect.gen(function*() {
        const late = request(2, { at: 5001, expiresAt: 9000 })
        yield* ledger.claim(request(1))
        yield* ledger.open(keyed(1))
        yield* same("in flight", yield* ledger.claim(late), inFlight(1))
        yield* ledger.save(Specimens.held(keyed(1)))
        yield* same("held", yield* ledger.claim(late), done(1))
        yield* ledger.save(Specimens.done({ ...keyed(1), version: 1 }))
        yield* same("done, in time", yield* ledger.claim({ ...late, at: 4999 }), done(1))
        yield* same("done, too late", yield* ledger.claim(late), owned)
      })
  },
  {
    name: "a released claim is free, but only its own delivery releases it",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* ledger.claim(request(1))
        yield* ledger.release("order-17", Specimens.id(2))
        yield* same("released by another", yield* ledger.claim(request(2)), inFlight(1))
        yield* ledger.release("order-17", Specimens.id(1))
        yield* same("released by its own", yield* ledger.claim(request(2)), owned)
      })
  },
  {
    name: "a claim whose delivery was opened is not released",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* ledger.claim(request(1))
        yield* ledger.open(keyed(1))
        yield* ledger.release("order-17", Specimens.id(1))
        yield* same("in flight", yield* ledger.claim(request(2)), inFlight(1))
        yield* ledger.save(Specimens.done(keyed(1)))
        yield* ledger.release("order-17", Specimens.id(1))
        yield* same("done", yield* ledger.claim(request(2)), done(1))
      })
  },
  {
    name: "a delivery opens only under a claim of its own",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* same("no claim", yield* ledger.open(keyed(1)), false)
        yield* ledger.claim(request(1))
        yield* same("another's claim", yield* ledger.open(keyed(2)), false)
        yield* ledger.release("order-17", Specimens.id(1))
        yield* ledger.claim(request(3))
        yield* same("a claim that was given up", yield* ledger.open(keyed(1)), false)
        yield* same("written", [yield* ledger.read(Specimens.id(1)), yield* ledger.read(Specimens.id(2))], [Option.none(), Option.none()])
        yield* same("its own claim", yield* ledger.open(keyed(3)), true)
      })
  }
]

export const bindings: ReadonlyArray<Case> = [
  {
    name: "a binding is replaced only by who knows its version",
    run: (ledger) =>
      Effect.gen(function*() {
        const chat = { carrierId: Specimens.linq, id: "chat-1" }
        const moved = binding({ carrierId: Specimens.sendblue, line: Specimens.sales, at: 2000 })
        yield* same("none is replaced", yield* ledger.bind(Specimens.toAlice, binding(), 1), false)
        yield* same("nothing was written", yield* ledger.binding(Specimens.toAlice), Option.none())
        yield* same("the first", yield* ledger.bind(Specimens.toAlice, binding({ chat }), 0), true)
        yield* same("read", yield* ledger.binding(Specimens.toAlice), Option.some({ ...binding({ chat }), version: 1 }))
        yield* same("a second first", yield* ledger.bind(Specimens.toAlice, moved, 0), false)
        yield* same("the next", yield* ledger.bind(Specimens.toAlice, moved, 1), true)
        yield* same("an old version", yield* ledger.bind(Specimens.toAlice, binding(), 1), false)
        yield* same("the chat went with the old one", yield* ledger.binding(Specimens.toAlice), Option.some({ ...moved, version: 2 }))
        yield* same("another conversation", yield* ledger.binding(Specimens.toBob), Option.none())
      })
  },
  {
    name: "of a hundred bindings of one version at once one is stored",
    run: (ledger) =>
      Effect.gen(function*() {
        for (const expected of [0, 1]) {
          const answers = yield* crowd((index) =>
            Effect.map(ledger.bind(Specimens.toAlice, binding({ at: index }), expected), (stored) => stored ? [index] : []))
          yield* same("stored", answers.flat().length, 1)
          yield* same("read", yield* ledger.binding(Specimens.toAlice), Option.some({ ...binding({ at: answers.flat()[0] ?? -1 }), version: expected + 1 }))
        }
      })
  }
]
