/** Tests the promises about keys and bindings. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Binding, ClaimRequest, Entry } from "../Ledger.ts"
import { type Case, crowd, same } from "./expect.ts"
import * as Specimens from "./specimens.ts"

const day = 86_400_000

const keyed = (nth: number, key = "order-17", more: Partial<Entry> = {}) => ({ ...Specimens.idle(nth, more), key })

const request = (nth: number, more: Partial<ClaimRequest> = {}): ClaimRequest => ({
  entry: keyed(nth),
  fingerprint: "hello",
  keepFor: day,
  within: 60_000,
  ...more
})

const inFlight = (nth: number) => ({ _tag: "InFlight", deliveryId: Specimens.id(nth) })
const done = (nth: number) => ({ _tag: "Done", deliveryId: Specimens.id(nth) })
const owned = { _tag: "Owned" }
const fenced = { _tag: "Fenced" }

const binding = (more: Partial<Binding> = {}): Omit<Binding, "version"> => ({
  carrierId: Specimens.linq,
  line: Specimens.support,
  at: 1000,
  ...more
})

export const claims: ReadonlyArray<Case> = [
  {
    name: "of a hundred equal claims at once one is owned",
    run: (ledger) =>
      Effect.gen(function*() {
        const answers = yield* crowd((index) => Effect.map(ledger.claim(request(index)), (claim) => ({ index, claim })))
        const owners = answers.filter(({ claim }) => claim._tag === "Owned")
        yield* same("owned claims", owners.length, 1)
        yield* same(
          "the others name the owner",
          answers.filter(({ claim }) => claim._tag !== "Owned").map(({ claim }) => claim),
          Array(99).fill(inFlight(owners[0]?.index ?? -1))
        )
      })
  },
  {
    name: "the delivery is open as soon as its key is owned, and no other is written",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* same("owned", yield* ledger.claim(request(1)), owned)
        yield* same(
          "read",
          Option.map(yield* ledger.read(Specimens.id(1)), ({ key, version }) => [key, version]),
          Option.some(["order-17", 0])
        )
        yield* ledger.claim(request(2))
        yield* ledger.claim(request(3, { fingerprint: "goodbye" }))
        yield* same("those that were too late", [yield* ledger.read(Specimens.id(2)), yield* ledger.read(Specimens.id(3))], [
          Option.none(),
          Option.none()
        ])
        yield* same("its next version", yield* ledger.save(Specimens.sending(keyed(1))), true)
      })
  },
  {
    name: "the delivery that has a key is found by it, until the key is given back",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* same("before", yield* ledger.keyed("order-17"), Option.none())
        yield* ledger.claim(request(1))
        yield* same("under way", yield* ledger.keyed("order-17"), Option.some(Specimens.id(1)))
        yield* same("another key", yield* ledger.keyed("order-18"), Option.none())
        yield* ledger.release(keyed(1))
        yield* same("given back", yield* ledger.keyed("order-17"), Option.none())
      })
  },
  {
    name: "another message under a claimed key is a conflict, whatever became of the first",
    run: (ledger) =>
      Effect.gen(function*() {
        const other = request(2, { fingerprint: "goodbye" })
        const conflict = { _tag: "Conflict", deliveryId: Specimens.id(1) }
        yield* ledger.claim(request(1))
        yield* same("opened", yield* ledger.claim(other), conflict)
        yield* ledger.save(Specimens.held(keyed(1)))
        yield* same("held", yield* ledger.claim(other), conflict)
        yield* ledger.save(Specimens.done({ ...keyed(1), version: 1 }))
        yield* same("done", yield* ledger.claim(other), conflict)
        yield* same("another key", yield* ledger.claim({ ...other, entry: keyed(2, "order-18") }), owned)
      })
  },
  {
    name: "a claim is in flight until its delivery has a result, and then done",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* ledger.claim(request(1))
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
    name: "a claim does not end before its delivery is done",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* ledger.claim(request(1, { keepFor: -1 }))
        yield* same("in flight", yield* ledger.claim(request(2)), inFlight(1))
        yield* ledger.save(Specimens.held(keyed(1)))
        yield* same("held", yield* ledger.claim(request(2)), done(1))
        yield* ledger.save(Specimens.done({ ...keyed(1), version: 1 }))
        yield* same("done, too late", yield* ledger.claim(request(2)), owned)
        yield* ledger.save(Specimens.done(keyed(2)))
        yield* same("done, in time", yield* ledger.claim(request(3)), done(2))
      })
  },
  {
    name: "of a hundred equal claims at once under a key that has ended one is owned",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* ledger.claim(request(1000, { keepFor: -1 }))
        yield* ledger.save(Specimens.done(keyed(1000)))
        const answers = yield* crowd((index) => ledger.claim(request(index, { keepFor: -1 })))
        yield* same("owned claims", answers.filter(({ _tag }) => _tag === "Owned").length, 1)
      })
  },
  {
    name: "a claim whose process is gone is taken over with its delivery, by one",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* ledger.claim(request(1))
        yield* ledger.acquire([Specimens.shardOfAlice])
        yield* same("a second claim", yield* ledger.claim(request(2, { entry: keyed(2, "order-17", { epoch: 1 }) })), inFlight(1))
        const answers = yield* crowd((index) => ledger.adopt(keyed(1), 1, 2000 + index))
        yield* same("owners", answers.filter(Option.isSome).length, 1)
        yield* same("the one before writes nothing over it", yield* ledger.save(Specimens.sending(keyed(1))), false)
        const adopted = keyed(1, "order-17", { epoch: 1, version: 1 })
        yield* same("the new one goes on", yield* ledger.save(Specimens.sending(adopted)), true)
      })
  },
  {
    name: "a claim under another epoch than the shard's is fenced, and writes nothing",
    run: (ledger) =>
      Effect.gen(function*() {
        const under = (nth: number, epoch: number) => request(nth, { entry: keyed(nth, "order-17", { epoch }) })
        yield* same("a later epoch than that of any owner", yield* ledger.claim(under(1, 1)), fenced)
        yield* ledger.acquire([Specimens.shardOfAlice])
        yield* same("an earlier epoch", yield* ledger.claim(under(2, 0)), fenced)
        yield* same("read", [yield* ledger.read(Specimens.id(1)), yield* ledger.read(Specimens.id(2))], [Option.none(), Option.none()])
        yield* same("the epoch of the shard: the key is still free", yield* ledger.claim(under(3, 1)), owned)
        yield* same(
          "another shard",
          yield* ledger.claim(request(4, { entry: keyed(4, "order-18", { conversation: Specimens.toBob }) })),
          owned
        )
      })
  },
  {
    name: "a key that has a delivery names it also to those who have lost the shard",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* ledger.claim(request(1, { keepFor: -1 }))
        yield* ledger.acquire([Specimens.shardOfAlice])
        const late = request(2)
        yield* same("in flight", yield* ledger.claim(late), inFlight(1))
        yield* same("another message", yield* ledger.claim(request(2, { fingerprint: "goodbye" })), {
          _tag: "Conflict",
          deliveryId: Specimens.id(1)
        })
        yield* ledger.save(Specimens.held(keyed(1)))
        yield* same("held", yield* ledger.claim(late), done(1))
        yield* ledger.save(Specimens.done({ ...keyed(1), version: 1 }))
        yield* same("the claim has ended", yield* ledger.claim(late), fenced)
        yield* same("nothing was written", yield* ledger.read(Specimens.id(2)), Option.none())
        yield* same("its owner", yield* ledger.claim(request(3, { entry: keyed(3, "order-17", { epoch: 1 }) })), owned)
      })
  },
  {
    name: "a key that is given back is free, and its delivery is gone",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* ledger.claim(request(1))
        yield* ledger.release(keyed(2))
        yield* same("given back by another", yield* ledger.claim(request(2)), inFlight(1))
        yield* ledger.release(keyed(1))
        yield* same("read", yield* ledger.read(Specimens.id(1)), Option.none())
        yield* same("given back by its own", yield* ledger.claim(request(2)), owned)
        yield* ledger.release(keyed(1))
        yield* same("a second time", yield* ledger.claim(request(3)), inFlight(2))
      })
  },
  {
    name: "a key is not given back by a process that does not know the latest of its delivery, nor while that is held",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* ledger.claim(request(1))
        yield* ledger.acquire([Specimens.shardOfAlice])
        yield* ledger.adopt(keyed(1), 1, 2000)
        yield* ledger.release(keyed(1))
        yield* same("the one before", yield* ledger.claim(request(2)), inFlight(1))
        yield* ledger.save(Specimens.held({ ...keyed(1), version: 1 }))
        yield* ledger.release({ ...keyed(1), version: 2 })
        yield* same("held", yield* ledger.claim(request(2)), done(1))
      })
  },
  {
    name: "what was certainly not sent gives its key back and stays on record",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* ledger.claim(request(1))
        yield* ledger.save(Specimens.done(keyed(1)))
        yield* ledger.release({ ...keyed(1), version: 1 })
        yield* same("the key", yield* ledger.claim(request(2)), owned)
        yield* same("read", Option.map(yield* ledger.read(Specimens.id(1)), ({ version }) => version), Option.some(1))
        yield* ledger.save({ ...Specimens.done(keyed(1), "again"), version: 1 })
        yield* same("the next owner", yield* ledger.claim(request(3)), inFlight(2))
      })
  },
  {
    name: "a delivery with a key opens only by its claim",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* same("without a claim", yield* ledger.open(keyed(1), 60_000), "Exists")
        yield* ledger.claim(request(2))
        yield* same("under another's claim", yield* ledger.open(keyed(1), 60_000), "Exists")
        yield* same("written", yield* ledger.read(Specimens.id(1)), Option.none())
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
            Effect.map(ledger.bind(Specimens.toAlice, binding({ at: index }), expected), (stored) => stored ? [index] : [])
          )
          yield* same("stored", answers.flat().length, 1)
          yield* same(
            "read",
            yield* ledger.binding(Specimens.toAlice),
            Option.some({ ...binding({ at: answers.flat()[0] ?? -1 }), version: expected + 1 })
          )
        }
      })
  }
]
