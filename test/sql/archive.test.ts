/** What passed through, and how far it got. */
import { assert } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as Conversation from "@interline/core/Conversation"
import { DeliveryStatus, type StatusFact } from "@interline/core/DeliveryStatus"
import * as Loss from "@interline/core/Loss"
import type { Message } from "@interline/core/Message"
import * as MessageRef from "@interline/core/MessageRef"
import * as MessagingError from "@interline/core/MessagingError"
import * as Outcome from "@interline/core/Outcome"
import type { State } from "@interline/router/Decision"
import type { Entry } from "@interline/router/Ledger"
import type * as Archive from "@interline/sql/Archive"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { overBoth } from "./databases.ts"
import * as Specimens from "./specimens.ts"
import { ada, bob, linq, numbers, open, sales, sendblue, support } from "./stores.ts"

const message = (id: string, more: Partial<Message> = {}): Message => ({
  ref: MessageRef.make(linq, id),
  direction: "inbound",
  from: ada,
  to: [numbers.support],
  parts: [],
  status: { neutral: "delivered", raw: "received" },
  metadata: {},
  ...more
})

type Process = Effect.Effect.Success<ReturnType<typeof open>>

const deliver = ({ ledger }: Process, nth: number, name: string, at: number) =>
  Effect.zipRight(ledger.open(Specimens.idle(nth, at), 60_000), ledger.save(Specimens.done(nth, name, at)))

const fact = (name: string, status: StatusFact["status"], more: Partial<StatusFact> = {}): StatusFact => ({
  ref: MessageRef.make(linq, name),
  status,
  ...more
})

const id1 = Specimens.id(1)

overBoth("the archive of a delivery", (it, fresh) => {
  it.scoped("folds what was heard, told twice or not, before or after it is known whose it is", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, open)
      const { archive } = process
      deepStrictEqual(yield* archive.report(id1), Option.none())
      yield* archive.recordStatus(undefined, fact("ours", "sent", { service: "SMS" }), undefined, 3000)
      yield* deliver(process, 1, "ours", 1000)
      const status = Effect.map(
        archive.report(id1),
        Option.map(({ corrected, service, settled, status }) => ({ corrected, service, settled, status }))
      )
      deepStrictEqual(yield* status, Option.some({ corrected: false, service: "SMS", settled: true, status: "sent" }))
      for (let times = 0; times < 2; times++) {
        yield* archive.recordStatus(id1, fact("ours", "failed", { vendorCode: "4001" }), { code: "4001" }, 4000)
      }
      const failed = Option.getOrThrow(yield* archive.find(id1))
      deepStrictEqual(failed._tag === "Outbound" ? [failed.report.status, failed.failure, failed.at, failed.updatedAt] : undefined, [
        "failed",
        { code: "4001" },
        1000,
        4000
      ])
      yield* archive.recordStatus(id1, fact("ours", "delivered"), undefined, 5000)
      const corrected = Option.getOrThrow(yield* archive.find(id1))
      deepStrictEqual(
        corrected._tag === "Outbound" ? [corrected.report.status, corrected.report.corrected, corrected.failure] : undefined,
        ["delivered", true, undefined]
      )
      const rows = yield* process.sql`SELECT delivery_id FROM interline_facts`
      assert.strictEqual(rows.length, 3)
    }))

  it.scoped("whose answer is missing counts what was heard under its key", () =>
    Effect.gen(function*() {
      const { archive, ledger } = yield* Effect.flatMap(fresh, open)
      yield* ledger.open(Specimens.idle(1), 60_000)
      yield* ledger.save(Specimens.sending(1))
      deepStrictEqual(Option.map(yield* archive.report(id1), ({ status }) => status), Option.some("pending"))
      yield* archive.recordStatus(id1, fact("seen-first-in-an-event", "delivered"), undefined, 2000)
      deepStrictEqual(
        Option.map(yield* archive.report(id1), ({ messages, status }) => [status, messages.length]),
        Option.some(["delivered", 1])
      )
    }))
})

overBoth("the archive of a message", (it, fresh) => {
  it.scoped("shows it under its id, with the latest that was reported and the first time", () =>
    Effect.gen(function*() {
      const { archive, ids } = yield* Effect.flatMap(fresh, open)
      const conversation = Conversation.direct(support, ada)
      yield* archive.recordMessage(message("m"), undefined, 1000, 1000)
      yield* archive.recordMessage(message("m", { metadata: { edited: true } }), conversation, 2000, 2000)
      yield* archive.recordMessage(message("m"), undefined, 1500, 1500)
      const id = yield* ids.toMessageId(MessageRef.make(linq, "m"))
      deepStrictEqual(
        yield* archive.find(id),
        Option.some({ _tag: "Inbound", id, at: 1000, updatedAt: 2000, conversation, message: message("m", { metadata: { edited: true } }) })
      )
      deepStrictEqual(yield* archive.find("nothing"), Option.none())
      deepStrictEqual(yield* archive.find(id1), Option.none())
    }))
})

overBoth("the archive's list", (it, fresh) => {
  it.scoped("holds both ways, newest first, by every condition", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, open)
      const { archive, ids } = process
      // to Alice on `support`, at 1000 and 3000
      yield* deliver(process, 1, "out-1", 1000)
      yield* deliver(process, 2, "out-2", 3000)
      const alice = Specimens.alice
      yield* archive.recordMessage(message("in-1", { from: alice }), Conversation.direct(support, alice), 2000, 2000)
      yield* archive.recordMessage(message("in-2", { from: bob }), Conversation.direct(sales, bob), 4000, 4000)
      yield* archive.recordMessage(message("in-3", { from: bob, direction: "outbound", to: [alice] }), undefined, 5000, 5000)
      const names = new Map<string, string>([[Specimens.id(1), "out-1"], [Specimens.id(2), "out-2"]])
      for (const name of ["in-1", "in-2", "in-3"]) names.set(yield* ids.toMessageId(MessageRef.make(linq, name)), name)
      const list = (query: Partial<Parameters<typeof archive.list>[0]> = {}) =>
        Effect.map(archive.list({ limit: 10, offset: 0, ...query }), ({ items, total }) => [
          items.map(({ id }) => names.get(id)).join(" "),
          total
        ])
      deepStrictEqual(yield* list(), ["in-3 in-2 out-2 in-1 out-1", 5])
      deepStrictEqual(yield* list({ order: "oldest", limit: 2, offset: 1 }), ["in-1 out-2", 5])
      deepStrictEqual(yield* list({ direction: "inbound" }), ["in-2 in-1", 2])
      deepStrictEqual(yield* list({ direction: "outbound" }), ["in-3 out-2 out-1", 3])
      deepStrictEqual(yield* list({ conversation: Specimens.toAlice }), ["out-2 in-1 out-1", 3])
      deepStrictEqual(yield* list({ line: sales }), ["in-2", 1])
      deepStrictEqual(yield* list({ line: support }), ["out-2 in-1 out-1", 3])
      deepStrictEqual(yield* list({ peer: alice }), ["in-3 out-2 in-1 out-1", 4])
      deepStrictEqual(yield* list({ peer: alice.slice(0, -1) }), ["", 0])
      deepStrictEqual(yield* list({ since: 2000, until: 4000 }), ["out-2 in-1", 2])
      deepStrictEqual(yield* list({ offset: 10 }), ["", 5])
      deepStrictEqual(yield* list({ changedSince: 4000 }), ["in-3 in-2", 2])
      // a report about a delivery changes it, and so does a later report about a message
      yield* archive.recordStatus(Specimens.id(1), fact("first", "sent"), undefined, 7000)
      yield* archive.recordMessage(message("in-1", { downgraded: true }), undefined, 8000)
      deepStrictEqual(yield* list({ changedSince: 7000 }), ["in-1 out-1", 2])
      deepStrictEqual(yield* list({ changedSince: 7001, direction: "inbound" }), ["in-1", 1])
      deepStrictEqual(yield* list({ changedSince: 8001 }), ["", 0])
    }))
})

overBoth("the archive's list of deliveries", (it, fresh) => {
  const error = (detail: string) => MessagingError.make("InvalidInput", { carrierId: linq, operation: "send", detail })
  const receipt = (name: string, status: StatusFact["status"] = "queued"): Outcome.Receipt => ({
    ref: MessageRef.make(linq, name),
    parts: [0],
    status
  })
  const evidence = (detail: string): Outcome.Evidence => ({ error: error(detail), parts: [0], step: 0, startedAt: 1_000 })

  const ended = (nth: number, outcome: Outcome.Outcome, more: Partial<State> = {}, kept = false, carrierId = linq): Entry => {
    const entry = Specimens.sending(nth, nth * 1_000)
    const taken = Outcome.receipts(outcome)
    return {
      ...entry,
      state: { ...entry.state, phase: { _tag: "Done" }, taken, result: { outcome, carrierId, line: support, kept }, ...more }
    }
  }
  const with2 = { carrierId: sendblue, line: support, reconcile: "none" as const, replayFor: 0 }

  const process = Effect.flatMap(fresh, open).pipe(Effect.tap(({ archive, ledger }) =>
    Effect.gen(function*() {
      const idle = Specimens.idle(1, 1_000)
      const second = Specimens.sending(2, 2_000)
      const held = Specimens.sending(3, 3_000)
      const entries: ReadonlyArray<Entry> = [
        idle,
        // the second of its route is asked
        { ...second, state: { ...second.state, route: [second.state.route[0], with2], position: 1 } },
        { ...held, state: { ...held.state, phase: { _tag: "Held" } } },
        ended(4, Outcome.unknown(evidence("no answer"), []), {}, true),
        ended(5, Outcome.unknown(evidence("no answer"), [])),
        ended(6, Outcome.rejected(error("a \u0000 and half of a sign, \ud83d"), []), {}, false, sendblue),
        ended(7, Outcome.accepted([receipt("m7")], [])),
        ended(8, Outcome.accepted([receipt("m8a"), receipt("m8b")], []), {}, false, sendblue),
        ended(9, Outcome.accepted([receipt("m9 \"quoted\" 'and' %")], [])),
        ended(
          10,
          Outcome.Partial.make({ receipts: [receipt("m10", "sent")], rest: Outcome.rejected(error("no")), remaining: [1], losses: [] })
        ),
        ended(11, Outcome.accepted([receipt("m11", "delivered")], []), {
          behind: [{ position: 0, generation: 1, why: "absent", steps: [[0]], losses: [], receipt: receipt("left") }]
        }),
        ended(12, Outcome.rejected(error("no"), [])),
        ended(13, Outcome.rejected(error("no"), []))
      ]
      for (const entry of entries) {
        yield* ledger.open(Specimens.idle(Number(entry.id.slice(-4)), entry.createdAt), 60_000)
        if (entry !== idle) yield* ledger.save(entry)
      }
      yield* archive.recordStatus(undefined, fact("m7", "sent"), undefined, 20_000)
      yield* archive.recordStatus(undefined, fact("m7", "read"), undefined, 20_001)
      yield* archive.recordStatus(Specimens.id(8), fact("m8a", "delivered"), undefined, 20_000)
      yield* archive.recordStatus(Specimens.id(8), fact("m8b", "failed"), { code: "1" }, 20_001)
      yield* archive.recordStatus(Specimens.id(9), fact("m9 \"quoted\" 'and' %", "failed"), undefined, 20_000)
      yield* archive.recordStatus(Specimens.id(9), fact("m9 \"quoted\" 'and' %", "delivered"), undefined, 20_001)
      // what is said of an attempt that was left behind is not said of the one that was taken
      yield* archive.recordStatus(Specimens.id(11), fact("left", "failed"), undefined, 20_000)
      // of what has no receipt, what was heard counts
      yield* archive.recordStatus(Specimens.id(12), fact("seen-first-in-an-event", "sent"), undefined, 20_000)
      yield* archive.recordStatus(Specimens.id(13), fact("queued-and-never-sent", "queued"), undefined, 20_000)
      yield* archive.recordMessage(
        message("theirs", { direction: "outbound", from: numbers.support, to: [Specimens.alice] }),
        Conversation.direct(support, Specimens.alice),
        30_000,
        30_000
      )
    })
  ))

  type Narrowed = Partial<Parameters<Process["archive"]["list"]>[0]>
  const listOf = ({ archive }: Process) => (query: Narrowed) =>
    Effect.map(archive.list({ limit: 100, offset: 0, order: "oldest", only: "deliveries", ...query }), ({ items, total }) => {
      assert.strictEqual(items.length, total)
      return items.map(({ id }) => Number(id.slice(-4)))
    })

  it.scoped("by outcome", () =>
    Effect.gen(function*() {
      const list = listOf(yield* process)
      deepStrictEqual(
        yield* Effect.all({
          pending: list({ outcome: "pending" }),
          held: list({ outcome: "held" }),
          unknown: list({ outcome: "unknown" }),
          "not-sent": list({ outcome: "not-sent" }),
          partial: list({ outcome: "partial" }),
          accepted: list({ outcome: "accepted" })
        }),
        { pending: [1, 2], held: [3, 4], unknown: [5], "not-sent": [6, 12, 13], partial: [10], accepted: [7, 8, 9, 11] }
      )
    }))

  it.scoped("by status, as the report of each says", () =>
    Effect.gen(function*() {
      const opened = yield* process
      const list = listOf(opened)
      const all = yield* Effect.all(Object.fromEntries(DeliveryStatus.literals.map((status) => [status, list({ status })])))
      deepStrictEqual(all, {
        pending: [1, 2, 3, 4, 5],
        queued: [],
        sent: [10, 12],
        delivered: [9, 11],
        read: [7],
        failed: [6, 8, 13]
      })
      for (const [status, ids] of Object.entries(all)) {
        for (const nth of ids) {
          deepStrictEqual(
            Option.map(yield* opened.archive.report(Specimens.id(nth)), (report) => report.status as string),
            Option.some(status),
            String(nth)
          )
        }
      }
    }))

  it.scoped("by a rare status among thousands, in pages and in both orders", () =>
    Effect.gen(function*() {
      const opened = yield* process
      const { archive, sql } = opened
      // copies of a delivered one: more at one moment than are looked through at once, and some one by one
      const [row] = yield* sql<Record<string, unknown>>`SELECT * FROM interline_deliveries WHERE id = ${Specimens.id(11)}`
      const others = Object.keys(row ?? {}).filter((name) => !["id", "key", "created_at"].includes(name)).join(", ")
      for (const [from, at, many] of [[100_000_000_000, "10500", 2_300], [200_000_000_000, "11500 + n", 50]] as const) {
        yield* sql`WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${sql.literal(String(many))})
          INSERT INTO interline_deliveries (id, created_at, ${sql.literal(others)})
          SELECT ${sql.literal(`'00000000-0000-4000-8000-' || (${from} + n), ${at}, ${others}`)}
          FROM numbers, interline_deliveries WHERE id = ${Specimens.id(11)}`
      }
      let early = 0
      const pagesOf = (query: Narrowed) =>
        Effect.gen(function*() {
          early = 0
          const found: Array<number> = []
          let after: Archive.Place | undefined
          do {
            const page = yield* archive.list({ limit: 1, offset: 0, ...query, ...(after === undefined ? {} : { after }) })
            found.push(...page.items.map(({ id }) => Number(id.slice(-4))))
            after = page.next
            if (page.lookedTo !== undefined) early += 1
          } while (after !== undefined)
          return found
        })
      const total = (query: Narrowed) => Effect.map(archive.list({ limit: 1, offset: 0, ...query }), (page) => page.total)
      deepStrictEqual(
        yield* Effect.all({
          newest: pagesOf({ status: "failed" }),
          oldest: pagesOf({ status: "failed", order: "oldest" }),
          one: pagesOf({ status: "read" }),
          none: pagesOf({ status: "queued" }),
          // a search that ends early goes on where it was, past more deliveries of one moment than are looked through at once
          short: Effect.map(pagesOf({ status: "failed", lookFor: 0 }), (found) => [found, early]),
          shortOldest: Effect.map(pagesOf({ status: "failed", lookFor: 0, order: "oldest" }), (found) => [found, early]),
          shortNone: Effect.map(pagesOf({ status: "queued", lookFor: 0 }), (found) => [found, early]),
          second: Effect.map(archive.list({ limit: 2, offset: 1, status: "failed" }), ({ items }) =>
            items.map(({ id }) => Number(id.slice(-4)))),
          totals: Effect.all([total({ status: "failed" }), total({ status: "delivered" }), total({ status: "delivered", countTo: 0 })]),
          cutOff: Effect.map(
            archive.list({ limit: 1, offset: 0, status: "delivered", countTo: 2_000 }),
            (page) => [page.total, page.isCutOff]
          )
        }),
        {
          newest: [13, 8, 6],
          oldest: [6, 8, 13],
          one: [7],
          none: [],
          short: [[13, 8, 6], 1],
          shortOldest: [[6, 8, 13], 1],
          shortNone: [[], 1],
          second: [8, 6],
          totals: [3, 2_352, 0],
          cutOff: [2_000, true]
        }
      )
    }))

  it.scoped("what was certainly not sent is settled, so that nobody waits for it", () =>
    Effect.gen(function*() {
      const { archive } = yield* process
      const settled = (nth: number) => Effect.map(archive.report(Specimens.id(nth)), Option.map(({ settled }) => settled))
      deepStrictEqual([yield* settled(6), yield* settled(13)], [Option.some(true), Option.some(true)])
      // neither what is held nor what a carrier says has gone out
      deepStrictEqual([yield* settled(3), yield* settled(4), yield* settled(12)], [
        Option.some(false),
        Option.some(false),
        Option.some(false)
      ])
    }))

  it.scoped("by the carrier that has it or was asked last, with messages if they are wanted", () =>
    Effect.gen(function*() {
      const opened = yield* process
      const list = listOf(opened)
      deepStrictEqual(yield* list({ carrierId: sendblue }), [2, 6, 8])
      deepStrictEqual(yield* list({ carrierId: linq }), [1, 3, 4, 5, 7, 9, 10, 11, 12, 13])
      const both = yield* opened.archive.list({ limit: 1, offset: 0, carrierId: linq, direction: "outbound" })
      deepStrictEqual([both.total, both.items[0]?._tag], [11, "Inbound"])
      assert.strictEqual((yield* opened.archive.list({ limit: 1, offset: 0, carrierId: sendblue, direction: "outbound" })).total, 3)
    }))

  it.scoped("by several at once, page by page", () =>
    Effect.gen(function*() {
      const opened = yield* process
      const list = listOf(opened)
      deepStrictEqual(yield* list({ outcome: "accepted", carrierId: linq, status: "delivered" }), [9, 11])
      deepStrictEqual(yield* list({ outcome: "accepted", since: 8_000, until: 11_000 }), [8, 9])
      deepStrictEqual(yield* list({ outcome: "held", carrierId: sendblue }), [])
      const counts = yield* Effect.forEach([undefined, 3, 4, 0], (countTo) =>
        Effect.map(
          opened.archive.list({ limit: 1, offset: 0, outcome: "accepted", ...(countTo === undefined ? {} : { countTo }) }),
          ({ isCutOff, total }) => [total, isCutOff]
        ))
      deepStrictEqual(counts, [[4, undefined], [3, true], [4, undefined], [0, undefined]])
      const pages = yield* Effect.forEach([0, 2, 4], (offset) => opened.archive.list({ limit: 2, offset, outcome: "accepted" }))
      deepStrictEqual(pages.map(({ items, total }) => [items.map(({ id }) => Number(id.slice(-4))), total]), [[[11, 9], 4], [[8, 7], 4], [
        [],
        4
      ]])
    }))

  it.scoped("by what it lost, and by whether it went on to another carrier", () =>
    Effect.gen(function*() {
      const opened = yield* process
      const list = listOf(opened)
      const lost = [Loss.certain("effect-dropped", "only iMessage shows it"), Loss.certain("reply-dropped", "it has no replies")]
      for (
        const entry of [
          ended(14, Outcome.accepted([receipt("m14")], lost), { losses: lost }),
          ended(15, Outcome.accepted([receipt("m15")], lost.slice(1)), {
            losses: lost.slice(1),
            position: 1,
            route: [Specimens.idle(15).state.route[0], with2]
          })
        ]
      ) {
        yield* opened.ledger.open(Specimens.idle(Number(entry.id.slice(-4)), entry.createdAt), 60_000)
        yield* opened.ledger.save(entry)
      }
      deepStrictEqual(yield* list({ loss: "effect-dropped" }), [14])
      deepStrictEqual(yield* list({ loss: "reply-dropped" }), [14, 15])
      deepStrictEqual(yield* list({ loss: "poll-dropped" as "reply-dropped" }), [])
      // the one that is under way counts as well
      deepStrictEqual(yield* list({ failedOver: true }), [2, 15])
      deepStrictEqual(yield* list({ failedOver: false, loss: "reply-dropped" }), [14])
      deepStrictEqual((yield* opened.archive.list({ limit: 9, offset: 0, loss: "reply-dropped", countTo: 0 })).total, 0)
    }))

  it.scoped("in pages that go on after the last item, whatever comes in between, in both orders", () =>
    Effect.gen(function*() {
      const opened = yield* process
      const walk = (order: "newest" | "oldest") =>
        Effect.gen(function*() {
          const seen: Array<string> = []
          let after: Archive.Place | undefined
          do {
            const page = yield* opened.archive.list({
              limit: 3,
              offset: 0,
              order,
              countTo: 0,
              ...(after === undefined ? {} : { after })
            })
            seen.push(...page.items.map(({ id }) => id))
            after = page.next
            // it is dated after everything
            yield* opened.archive.recordMessage(message(`late ${seen.length} ${order}`), undefined, 40_000, 40_000 + seen.length)
          } while (after !== undefined && seen.length < 40)
          return seen
        })
      const whole = yield* opened.archive.list({ limit: 100, offset: 0 })
      const newest = yield* walk("newest")
      deepStrictEqual(newest, whole.items.map(({ id }) => id))
      const oldest = yield* walk("oldest")
      deepStrictEqual(oldest.slice(0, newest.length), newest.toReversed())
      // one moment for all: only the id says which comes next
      const alike = Effect.forEach(["x1", "x2", "x3", "x4", "x5"], (id) => opened.archive.recordMessage(message(id), undefined, 1, 90_000))
      yield* alike
      const first = yield* opened.archive.list({ limit: 2, offset: 0, since: 90_000 })
      const second = yield* opened.archive.list({
        limit: 9,
        offset: 0,
        since: 90_000,
        ...(first.next === undefined ? {} : { after: first.next })
      })
      deepStrictEqual(new Set([...first.items, ...second.items].map(({ id }) => id)).size, 5)
      deepStrictEqual([first.items.length, second.items.length, second.next], [2, 3, undefined])
    }))

  it.scoped("in counts over time, both ways, with those that were not taken whole", () =>
    Effect.gen(function*() {
      const { archive } = yield* process
      yield* archive.recordMessage(message("in"), Conversation.direct(support, ada), 11_500, 11_500)
      deepStrictEqual(yield* archive.count({}, 10_000), [
        { at: 0, inbound: 0, outbound: 9, notAccepted: 3 },
        { at: 10_000, inbound: 1, outbound: 4, notAccepted: 3 },
        { at: 30_000, inbound: 0, outbound: 1, notAccepted: 0 }
      ])
      deepStrictEqual(yield* archive.count({ carrierId: sendblue, since: 5_000, until: 10_000 }, 10_000), [
        { at: 0, inbound: 0, outbound: 2, notAccepted: 1 }
      ])
      deepStrictEqual(yield* archive.count({ peer: ada }, 60_000), [{ at: 0, inbound: 1, outbound: 0, notAccepted: 0 }])
    }))
})
