/** Tests the promises about contacts between people and lines, and about events that were seen. */
import * as Effect from "effect/Effect"
import { type Case, crowd, same } from "./expect.ts"
import * as Specimens from "./specimens.ts"

const { alice, bob, linq, sales, sendblue, support } = Specimens

export const contacts: ReadonlyArray<Case> = [
  {
    name: "a contact is known both ways, by carrier, line and person",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* same("nobody", yield* ledger.contact(linq, support, alice), {})
        yield* ledger.touch(linq, support, alice, "inbound", 1000)
        yield* same("inbound", yield* ledger.contact(linq, support, alice), { inboundAt: 1000 })
        yield* ledger.touch(linq, support, alice, "outbound", 500)
        yield* same("both", yield* ledger.contact(linq, support, alice), { inboundAt: 1000, outboundAt: 500, sent: 1 })
        yield* ledger.touch(linq, support, bob, "outbound", 700)
        yield* same("outbound", yield* ledger.contact(linq, support, bob), { outboundAt: 700, sent: 1 })
        yield* same("another carrier", yield* ledger.contact(sendblue, support, alice), {})
        yield* same("another line", yield* ledger.contact(linq, sales, alice), {})
      })
  },
  {
    name: "of several touches the latest time counts, in whatever order they come",
    run: (ledger) =>
      Effect.gen(function*() {
        const outboundOf = Effect.map(ledger.contact(linq, support, alice), ({ inboundAt, outboundAt }) => ({ inboundAt, outboundAt }))
        for (const at of [2000, 3000, 1000]) {
          yield* ledger.touch(linq, support, alice, "inbound", at)
          yield* ledger.touch(linq, support, alice, "outbound", at + 1)
        }
        yield* same("one after another", yield* outboundOf, { inboundAt: 3000, outboundAt: 3001 })
        yield* crowd((index) => ledger.touch(linq, support, bob, index % 2 === 0 ? "inbound" : "outbound", (index * 37) % 100))
        const { inboundAt, outboundAt } = yield* ledger.contact(linq, support, bob)
        yield* same("at once", { inboundAt, outboundAt }, { inboundAt: 98, outboundAt: 99 })
      })
  },
  {
    name: "the messages of a line to a person are counted, each once",
    run: (ledger) =>
      Effect.gen(function*() {
        const sent = Effect.map(ledger.contact(linq, support, alice), (contact) => contact.sent)
        yield* ledger.touch(linq, support, alice, "inbound", 50)
        yield* same("none", yield* sent, undefined)
        for (const at of [100, 200, 200, 150, 300]) yield* ledger.touch(linq, support, alice, "outbound", at)
        yield* ledger.touch(linq, sales, alice, "outbound", 400)
        yield* same("three", yield* sent, 3)
      })
  },
  {
    name: "an event is new once, by carrier and id",
    run: (ledger) =>
      Effect.gen(function*() {
        yield* same("seen before", yield* ledger.seen(linq, "event-1"), false)
        yield* same("the first time", yield* ledger.first(linq, "event-1", 1000), true)
        yield* same("seen after", yield* ledger.seen(linq, "event-1"), true)
        yield* same("another carrier's seen", yield* ledger.seen(sendblue, "event-1"), false)
        yield* same("again", yield* ledger.first(linq, "event-1", 1000), false)
        yield* same("a day later", yield* ledger.first(linq, "event-1", 86_401_000), false)
        yield* same("another event", yield* ledger.first(linq, "event-2", 1000), true)
        yield* same("the same id at another carrier", yield* ledger.first(sendblue, "event-1", 1000), true)
      })
  },
  {
    name: "of a hundred equal events at once one is new",
    run: (ledger) =>
      Effect.gen(function*() {
        const answers = yield* crowd((index) => ledger.first(linq, "event-1", index))
        yield* same("new", answers.filter((isNew) => isNew).length, 1)
      })
  }
]
