/** Tests the promises about the records of deliveries. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { RouterEvent } from "../../decision/RouterEvent.ts"
import { Entry, rivalFor } from "../Ledger.ts"
import { type Case, crowd, same } from "./expect.ts"
import * as Specimens from "./specimens.ts"

const json = Schema.parseJson(Entry)
const written = (entry: Entry): unknown => Schema.encodeSync(Entry)(entry)
const writtenEvents = Schema.encodeSync(Schema.Array(RouterEvent))

const { idle } = Specimens

const ids = (entries: ReadonlyArray<Entry>) => entries.map((entry) => entry.id)

// a store may forget the progress of a delivery that is done
const asKept = ({ progress, ...entry }: Entry): Entry =>
  entry.state.phase._tag === "Done" || progress === undefined ? entry : { ...entry, progress }

export const entries: ReadonlyArray<Case> = [
  {
    name: "what was never written is nowhere",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* same("read", yield* ledger.read(Specimens.id(1)), Option.none())
        yield* same("save", yield* ledger.save(idle(1)), false)
        yield* same("read after a save", yield* ledger.read(Specimens.id(1)), Option.none())
        yield* same("history", yield* ledger.history(Specimens.id(1)), [])
        yield* same("adopt", yield* ledger.adopt(idle(1), 0, 10_000), Option.none())
        yield* same("owners", [...(yield* ledger.owners([Specimens.ref("unknown")]))], [])
        yield* same("no refs", [...(yield* ledger.owners([]))], [])
        yield* same("rivals", yield* ledger.rivals(idle(1)), 0)
        yield* same("held", yield* ledger.held(10), [])
        yield* same("left behind", yield* ledger.leftBehind([Specimens.shardOfAlice], 10), [])
      })
  },
  {
    name: "a delivery is read as it was written, in every state",
    run: (ledger) =>
      Effect.gen(function*() {
        for (const [name, entry] of Object.entries(Specimens.states)) {
          const opened = idle(0, { id: entry.id, state: { ...idle(0).state, deliveryId: entry.id } })
          yield* same(`${name}: opened`, yield* ledger.open(opened, 60_000), "Opened")
          yield* same(`${name}: read after open`, Option.map(yield* ledger.read(entry.id), written), Option.some(written(opened)))
          yield* same(`${name}: saved`, yield* ledger.save(entry), true)
          const read = Option.map(Option.map(yield* ledger.read(entry.id), asKept), written)
          yield* same(`${name}: read after save`, read, Option.some(written({ ...asKept(entry), version: 1 })))
        }
      })
  },
  {
    name: "a delivery survives the way to JSON and back",
    run: (ledger) =>
      Effect.gen(function*() {
        for (const [name, entry] of Object.entries(Specimens.states)) {
          yield* ledger.open(entry, 60_000)
          const read = Option.getOrElse(yield* ledger.read(entry.id), () => idle(0))
          yield* same(name, written(Schema.decodeSync(json)(Schema.encodeSync(json)(read))), written(read))
          yield* same(`${name}: is itself`, written(asKept(read)), written(asKept(entry)))
        }
      })
  },
  {
    name: "a delivery opens once",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* ledger.open(idle(1), 60_000)
        yield* same("a second time", yield* ledger.open(Specimens.sending(idle(1)), 60_000), "Exists")
        yield* same("read", Option.map(yield* ledger.read(Specimens.id(1)), written), Option.some(written(idle(1))))
        const answers = yield* crowd(() => ledger.open(idle(2), 60_000))
        yield* same("of a hundred at once", answers.filter((opening) => opening === "Opened").length, 1)
      })
  },
  {
    name: "a delivery opens only under the epoch of its shard",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* same("a later epoch than that of any owner", yield* ledger.open(idle(1, { epoch: 1 }), 60_000), "Fenced")
        yield* ledger.acquire([Specimens.shardOfAlice])
        yield* same("an earlier epoch", yield* ledger.open(idle(1), 60_000), "Fenced")
        yield* same("read", yield* ledger.read(Specimens.id(1)), Option.none())
        yield* same("the epoch of the shard", yield* ledger.open(idle(1, { epoch: 1 }), 60_000), "Opened")
        yield* same("again, under an earlier epoch", yield* ledger.open(idle(1), 60_000), "Exists")
        yield* same("another shard", yield* ledger.open(idle(2, { conversation: Specimens.toBob }), 60_000), "Opened")
      })
  },
  {
    name: "a save with an old version is refused and changes nothing",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* ledger.open(idle(1), 60_000)
        yield* same("the first", yield* ledger.save(Specimens.sending(idle(1))), true)
        yield* same("the version before", yield* ledger.save(Specimens.held(idle(1))), false)
        yield* same("a version ahead", yield* ledger.save(Specimens.held(idle(1, { version: 2 }))), false)
        yield* same(
          "read",
          Option.map(yield* ledger.read(Specimens.id(1)), written),
          Option.some(written(Specimens.sending(idle(1, { version: 1 }))))
        )
        yield* same("the next", yield* ledger.save(Specimens.done(idle(1, { version: 1 }))), true)
        yield* same("its version", Option.map(yield* ledger.read(Specimens.id(1)), ({ version }) => version), Option.some(2))
      })
  },
  {
    name: "of a hundred saves of one version at once one is stored",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* ledger.open(idle(1), 60_000)
        const answers = yield* crowd((index) => Effect.map(ledger.save(idle(1, { updatedAt: index })), (saved) => saved ? [index] : []))
        yield* same("stored", answers.flat().length, 1)
        yield* same(
          "read",
          Option.map(yield* ledger.read(Specimens.id(1)), ({ updatedAt, version }) => [updatedAt, version]),
          Option.some([answers.flat()[0], 1])
        )
      })
  },
  {
    name: "a history holds every kind of event, in the order of its appends",
    run: (ledger) =>
      Effect.gen(function*() {
        const all: ReadonlyArray<RouterEvent> = Object.values(Specimens.events)
        yield* ledger.open(idle(1), 60_000)
        yield* ledger.open(idle(2), 60_000)
        yield* ledger.append(Specimens.id(2), [Specimens.events.Abandoned])
        yield* Effect.forEach(all, (event) => ledger.append(Specimens.id(1), [event]), { discard: true })
        const history = yield* ledger.history(Specimens.id(1))
        yield* same("its own", writtenEvents(history), writtenEvents(all))
        yield* ledger.append(Specimens.id(1), [Specimens.events.Abandoned])
        yield* same("what was read does not grow", history.length, all.length)
        yield* same("another's", yield* ledger.history(Specimens.id(2)), [Specimens.events.Abandoned])
      })
  },
  {
    name: "a history outlives the end of its delivery, and loses no event of several at once",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* ledger.open(idle(1), 60_000)
        yield* ledger.append(Specimens.id(1), [Specimens.events.Held])
        yield* ledger.save(Specimens.held(idle(1)))
        yield* ledger.append(Specimens.id(1), [Specimens.events.Settled])
        yield* ledger.save(Specimens.done(idle(1, { version: 1 })))
        yield* Effect.forEach([1, 2, 3, 4, 5], (generation) =>
          ledger.append(Specimens.id(1), [{ ...Specimens.events.LateArrival, generation }]), { concurrency: "unbounded", discard: true })
        const history = yield* ledger.history(Specimens.id(1))
        yield* same(
          "before and after its end",
          history.map(({ _tag }) =>
            _tag
          ),
          ["Held", "Settled", ...Array(5).fill("LateArrival")]
        )
        yield* same("at once", history.flatMap((event) => event._tag === "LateArrival" ? [event.generation] : []).toSorted(), [
          1,
          2,
          3,
          4,
          5
        ])
      })
  },
  {
    name: "refs of saved receipts and refs that were told have an owner",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* ledger.open(idle(1), 60_000)
        yield* ledger.save(Specimens.done(idle(1), "taken"))
        yield* ledger.open(idle(2), 60_000)
        yield* ledger.save(Specimens.doubted(idle(2)))
        yield* ledger.own(Specimens.ref("told"), Specimens.id(3))
        yield* ledger.open(idle(4), 60_000)
        yield* ledger.save(Specimens.leftBehind(idle(4), "absent", true))
        const late = `late-${Specimens.id(4)}`
        const owners = yield* ledger.owners([
          ...["taken", "proof", "told", "unknown", late].map((name) => Specimens.ref(name)),
          Specimens.ref("taken", Specimens.sendblue)
        ])
        yield* same("owners", Object.fromEntries(owners), {
          "linq:taken": Specimens.id(1),
          "linq:proof": Specimens.id(2),
          "linq:told": Specimens.id(3),
          [`linq:${late}`]: Specimens.id(4)
        })
      })
  },
  {
    name: "a ref stays with the delivery that had it first",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* ledger.own(Specimens.ref("told"), Specimens.id(3))
        yield* ledger.own(Specimens.ref("told"), Specimens.id(4))
        yield* ledger.open(idle(1), 60_000)
        yield* ledger.save(Specimens.done(idle(1), "told"))
        yield* same("owner", Object.fromEntries(yield* ledger.owners([Specimens.ref("told")])), { "linq:told": Specimens.id(3) })
      })
  },
  {
    name: "rivals are the others that may have a message of nobody's, and share a likeness",
    run: (ledger) =>
      Effect.gen(function*() {
        const mine = idle(1, { likenesses: ["text:hello", "media:photo"] })
        yield* ledger.open(Specimens.doubted(mine), 60_000)
        yield* same("not itself", yield* ledger.rivals(mine), 0)
        yield* ledger.open(Specimens.doubted(idle(2, { likenesses: ["text:goodbye"] })), 60_000)
        yield* same("not another text", yield* ledger.rivals(mine), 0)
        yield* ledger.open(Specimens.doubted(idle(3, { conversation: Specimens.toBob })), 60_000)
        yield* same("not another conversation", yield* ledger.rivals(mine), 0)
        yield* ledger.open(idle(4), 60_000)
        yield* same("not one that was never asked for", yield* ledger.rivals(mine), 0)
        yield* ledger.open(Specimens.done(idle(5)), 60_000)
        yield* same("not one that was accepted", yield* ledger.rivals(mine), 0)
        yield* ledger.open(Specimens.sending(idle(6)), 60_000)
        yield* same("one that is being sent", yield* ledger.rivals(mine), 1)
        yield* ledger.open(Specimens.held(idle(7, { likenesses: ["media:photo"] })), 60_000)
        yield* same("one that is held", yield* ledger.rivals(mine), 2)
        yield* ledger.open(Specimens.doubted(idle(8, { likenesses: ["media:photo", "text:hello"] })), 60_000)
        yield* same("one that is in doubt, once", yield* ledger.rivals(mine), 3)
      })
  },
  {
    name: "what is done is a rival for an hour, if a message of it may still arrive",
    run: (ledger) =>
      Effect.gen(function*() {
        const mine = idle(1, { createdAt: 2000 })
        const outcomes = [
          ["an end as unknown that is not kept", Specimens.failed(idle(2)), 1],
          ["an absence that was taken for proof", Specimens.leftBehind(idle(3), "absent"), 2],
          ["a risk that was taken", Specimens.leftBehind(idle(4), "risk"), 3],
          ["not a certain refusal", Specimens.leftBehind(idle(5), "refused"), 3],
          ["not what has arrived late", Specimens.leftBehind(idle(6), "risk", true), 3],
          ["not another's text", Specimens.failed(idle(7, { likenesses: ["text:goodbye"] })), 3],
          ["not another conversation", Specimens.failed(idle(8, { conversation: Specimens.toBob })), 3]
        ] as const
        for (const [what, entry, count] of outcomes) {
          yield* ledger.open({ ...entry, updatedAt: 1500 }, 60_000)
          yield* same(what, yield* ledger.rivals(mine), count)
        }
        yield* same("within an hour", yield* ledger.rivals({ ...mine, createdAt: 1500 + rivalFor - 1 }), 3)
        yield* same("after an hour", yield* ledger.rivals({ ...mine, createdAt: 1500 + rivalFor }), 0)
        yield* ledger.save({ ...Specimens.leftBehind(idle(3), "absent", true), updatedAt: 1600 })
        yield* same("once it has arrived", yield* ledger.rivals(mine), 2)
      })
  },
  {
    name: "a delivery is a rival from its first request until it is accepted",
    run: (ledger) =>
      Effect.gen(function*() {
        const count = ledger.rivals(idle(2))
        yield* ledger.open(idle(1), 60_000)
        yield* same("opened", yield* count, 0)
        yield* ledger.save(Specimens.sending(idle(1)))
        yield* same("sending", yield* count, 1)
        yield* ledger.save(Specimens.held(idle(1, { version: 1 })))
        yield* same("held", yield* count, 1)
        yield* ledger.save(Specimens.done(idle(1, { version: 2 })))
        yield* same("accepted", yield* count, 0)
      })
  }
]

export const unsettled: ReadonlyArray<Case> = [
  {
    name: "what is held is listed oldest first, and nothing else",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* ledger.open(Specimens.held(idle(2, { createdAt: 2000 })), 60_000)
        yield* ledger.open(Specimens.held(idle(3, { createdAt: 3000 })), 60_000)
        yield* ledger.open(Specimens.held(idle(1, { createdAt: 1000 })), 60_000)
        yield* ledger.open(Specimens.doubted(idle(4, { createdAt: 0 })), 60_000)
        yield* ledger.open(Specimens.done(idle(5, { createdAt: 0 })), 60_000)
        yield* same("all", ids(yield* ledger.held(10)), [1, 2, 3].map(Specimens.id))
        yield* same("limited", ids(yield* ledger.held(2)), [1, 2].map(Specimens.id))
        const second = idle(2, { createdAt: 2000 })
        yield* ledger.open(Specimens.held(idle(6, { createdAt: 2000 })), 60_000)
        yield* same("after one of the same time", ids(yield* ledger.held(10, undefined, second)), [6, 3].map(Specimens.id))
        yield* same("after one that is gone", ids(yield* ledger.held(1, undefined, { ...second, createdAt: 1500 })), [2].map(Specimens.id))
        yield* same("after the last", ids(yield* ledger.held(10, undefined, idle(3, { createdAt: 3000 }))), [])
        yield* ledger.save(Specimens.done(idle(6, { createdAt: 2000 })))
        yield* ledger.save(Specimens.done(idle(1)))
        yield* same("settled", ids(yield* ledger.held(10)), [2, 3].map(Specimens.id))
      })
  },
  {
    name: "what is held in some shards is listed without the others",
    run: (ledger) =>
      Effect.gen(function*() {
        const bobs = { conversation: Specimens.toBob }
        yield* ledger.open(Specimens.held(idle(1, { ...bobs, createdAt: 1000 })), 60_000)
        yield* ledger.open(Specimens.held(idle(2, { createdAt: 2000 })), 60_000)
        yield* ledger.open(Specimens.held(idle(3, { ...bobs, createdAt: 3000 })), 60_000)
        const { shardOfAlice, shardOfBob } = Specimens
        yield* same("Alice's", ids(yield* ledger.held(10, new Set([shardOfAlice]))), [2].map(Specimens.id))
        yield* same("Bob's", ids(yield* ledger.held(10, new Set([shardOfBob]))), [1, 3].map(Specimens.id))
        yield* same("both", ids(yield* ledger.held(10, new Set([shardOfAlice, shardOfBob]))), [1, 2, 3].map(Specimens.id))
        yield* same("limited", ids(yield* ledger.held(2, new Set([shardOfAlice, shardOfBob]))), [1, 2].map(Specimens.id))
        yield* same("none", yield* ledger.held(10, new Set()), [])
        yield* same("all", ids(yield* ledger.held(10)), [1, 2, 3].map(Specimens.id))
      })
  }
]
