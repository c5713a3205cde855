/** Tests the promises about shards: their epochs, and the deliveries that their earlier owners left behind. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Entry, type TakenOver } from "../Ledger.ts"
import * as Shard from "../Shard.ts"
import { type Case, crowd, same } from "./expect.ts"
import * as Specimens from "./specimens.ts"

const written = (entry: Entry): unknown => Schema.encodeSync(Entry)(entry)
const entryOf = (taken: Option.Option<TakenOver>) => Option.map(taken, ({ entry }) => written(entry))
const ids = (entries: ReadonlyArray<Entry>) => entries.map((entry) => entry.id)

const { idle } = Specimens

export const shards: ReadonlyArray<Case> = [
  {
    name: "a shard gets its next epoch each time it is taken",
    run: (ledger) =>
      Effect.gen(function*() {
        const acquire = (shards: ReadonlyArray<number>) => Effect.map(ledger.acquire(shards), (epochs) => Object.fromEntries(epochs))
        yield* same("the first time", yield* acquire([1, 2]), { 1: 1, 2: 1 })
        yield* same("one of them again", yield* acquire([2, 3]), { 2: 2, 3: 1 })
        yield* same("none", yield* acquire([]), {})
        const all = yield* acquire(Shard.all)
        yield* same("all", all, { ...Object.fromEntries(Shard.all.map((shard) => [shard, 1])), 1: 2, 2: 3, 3: 2 })
      })
  },
  {
    name: "of a hundred processes that take a shard at once each gets an epoch of its own",
    run: (ledger) =>
      Effect.gen(function*() {
        const shards = [7, 8, 9]
        const answers = yield* crowd((index) => ledger.acquire(index % 2 === 0 ? shards : shards.toReversed()))
        for (const shard of shards) {
          const epochs = answers.map((answer) => answer.get(shard) ?? -1)
          yield* same(`epochs of ${shard}`, epochs.toSorted((left, right) => left - right), epochs.map((_, index) => index + 1))
        }
      })
  },
  {
    name: "what earlier owners left behind is listed oldest first, and nothing else",
    run: (ledger) =>
      Effect.gen(function*() {
        const { shardOfAlice, shardOfBob } = Specimens
        const alices = Effect.map(ledger.leftBehind([shardOfAlice], 10), ids)
        yield* ledger.open(Specimens.sending(idle(1, { createdAt: 3000 })), 60_000)
        yield* ledger.open(Specimens.doubted(idle(2, { createdAt: 1000 })), 60_000)
        yield* ledger.open(idle(3, { createdAt: 2000 }), -1000)
        yield* ledger.open(Specimens.held(idle(4, { createdAt: 0 })), 60_000)
        yield* ledger.open(Specimens.done(idle(5, { createdAt: 0 })), 60_000)
        yield* ledger.open(idle(6, { conversation: Specimens.toBob, createdAt: 1500 }), 60_000)
        yield* same("its owner is there", yield* alices, [])
        yield* ledger.acquire([shardOfAlice])
        yield* same("it is gone", yield* alices, [2, 3, 1].map(Specimens.id))
        yield* same("limited", ids(yield* ledger.leftBehind([shardOfAlice], 2)), [2, 3].map(Specimens.id))
        yield* ledger.open(idle(7, { createdAt: 0, epoch: 1 }), 60_000)
        yield* same("what is new is not left behind", yield* alices, [2, 3, 1].map(Specimens.id))
        yield* ledger.save(Specimens.sending(idle(3, { createdAt: 2000 })))
        yield* same("what the one before still saves is", (yield* alices).length, 3)
        yield* ledger.adopt(idle(3, { version: 1 }), 1, 4000)
        yield* same("what was taken over is not", yield* alices, [2, 1].map(Specimens.id))
        yield* same("another shard", yield* ledger.leftBehind([shardOfBob], 10), [])
        yield* ledger.acquire([shardOfBob, shardOfAlice])
        const both = yield* ledger.leftBehind([shardOfAlice, shardOfBob], 10)
        yield* same("both, once more", ids(both), [7, 2, 6, 3, 1].map(Specimens.id))
        yield* same("no shards", yield* ledger.leftBehind([], 10), [])
      })
  },
  {
    name: "a delivery is taken over in its latest version under the epoch of its shard",
    run: (ledger) =>
      Effect.gen(function*() {
        const entry = Specimens.sending(idle(1))
        yield* ledger.open(entry, 60_000)
        yield* ledger.acquire([Specimens.shardOfAlice])
        yield* ledger.acquire([Specimens.shardOfAlice])
        const adopt = (version: number, epoch: number) => Effect.map(ledger.adopt({ ...entry, version }, epoch, 10_000), entryOf)
        yield* same("an earlier epoch", yield* adopt(0, 1), Option.none())
        yield* same("an epoch that nobody has", yield* adopt(0, 3), Option.none())
        yield* same("another version", yield* adopt(1, 2), Option.none())
        yield* same("nothing changed", Option.map(yield* ledger.read(entry.id), written), Option.some(written(entry)))
        const adopted = { ...entry, epoch: 2, updatedAt: 10_000, version: 1 }
        yield* same("the latest", yield* adopt(0, 2), Option.some(written(adopted)))
        yield* same("read", Option.map(yield* ledger.read(entry.id), written), Option.some(written(adopted)))
        yield* same("by the same owner again", yield* adopt(1, 2), Option.some(written({ ...adopted, version: 2 })))
        yield* ledger.save(Specimens.held({ ...entry, version: 2, epoch: 2 }))
        yield* same("while it is held", Option.isSome(yield* adopt(3, 2)), true)
      })
  },
  {
    name: "whoever takes a delivery over is told how long it may still begin",
    run: (ledger) =>
      Effect.gen(function*() {
        const lefts = (entry: Entry) =>
          Effect.map(ledger.adopt(entry, 0, 10_000), Option.match({ onNone: () => Number.NaN, onSome: ({ left }) => left }))
        yield* ledger.open(idle(1), 60_000)
        const first = yield* lefts(idle(1))
        yield* same("opened", [first <= 60_000, first > 50_000], [true, true])
        yield* ledger.save(Specimens.sending(idle(1, { version: 1 })))
        const second = yield* lefts(idle(1, { version: 2 }))
        yield* same("neither a takeover nor a save makes it longer", [second <= first, second > 50_000], [true, true])
        yield* ledger.claim({ entry: { ...idle(2), key: "order-17" }, fingerprint: "hello", keepFor: 60_000, within: 30_000.4 })
        const claimed = yield* lefts(idle(2))
        yield* same("claimed", [claimed <= 30_001, claimed > 20_000], [true, true])
        yield* ledger.open(idle(3), -5000)
        yield* same("too late", (yield* lefts(idle(3))) <= -5000, true)
      })
  },
  {
    name: "what is done is not taken over",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* ledger.open(Specimens.done(idle(1)), 60_000)
        yield* ledger.acquire([Specimens.shardOfAlice])
        yield* same("taken over", yield* ledger.adopt(Specimens.done(idle(1)), 1, 20_000), Option.none())
      })
  },
  {
    name: "of a hundred processes that take one delivery over at once one gets it",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* ledger.open(Specimens.sending(idle(1)), 60_000)
        yield* ledger.acquire([Specimens.shardOfAlice])
        const answers = yield* crowd((index) => ledger.adopt(idle(1), 1, index))
        const times = answers.flatMap((answer) => Option.isSome(answer) ? [answer.value.entry.updatedAt] : [])
        yield* same("owners", times.length, 1)
        yield* same("read", Option.map(yield* ledger.read(Specimens.id(1)), ({ updatedAt }) => [updatedAt]), Option.some(times))
      })
  },
  {
    name: "who lost a delivery cannot save it any more",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* ledger.open(Specimens.sending(idle(1)), 60_000)
        yield* ledger.acquire([Specimens.shardOfAlice])
        yield* ledger.adopt(idle(1), 1, 10_000)
        yield* same("the one before", yield* ledger.save(Specimens.done(idle(1))), false)
        yield* same("read", Option.map(yield* ledger.read(Specimens.id(1)), ({ epoch }) => epoch), Option.some(1))
        yield* same("the new one", yield* ledger.save(Specimens.done(idle(1, { epoch: 1, version: 1 }))), true)
      })
  }
]
