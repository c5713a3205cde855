/** What passed through, and how far it got. */
import { assert } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as Conversation from "@interline/core/Conversation"
import type { StatusFact } from "@interline/core/DeliveryStatus"
import type { Message } from "@interline/core/Message"
import * as MessageRef from "@interline/core/MessageRef"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { overBoth } from "./databases.ts"
import * as Specimens from "./specimens.ts"
import { ada, bob, linq, numbers, open, sales, support } from "./stores.ts"

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

const fact = (name: string, status: StatusFact["status"], more: Partial<StatusFact> = {}): StatusFact => ({ ref: MessageRef.make(linq, name), status, ...more })

const id1 = Specimens.id(1)

overBoth("the archive of a delivery", (it, fresh) => {
  it.scoped("folds what was heard, told twice or not, before or after it is known whose it is", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, open)
      const { archive } = process
      deepStrictEqual(yield* archive.report(id1), Option.none())
      yield* archive.heard(undefined, fact("ours", "sent", { service: "SMS" }), undefined, 3000)
      yield* deliver(process, 1, "ours", 1000)
      const status = Effect.map(archive.report(id1), Option.map(({ corrected, service, settled, status }) => ({ corrected, service, settled, status })))
      deepStrictEqual(yield* status, Option.some({ corrected: false, service: "SMS", settled: true, status: "sent" }))
      for (let times = 0; times < 2; times++) yield* archive.heard(id1, fact("ours", "failed", { vendorCode: "4001" }), { code: "4001" }, 4000)
      const failed = Option.getOrThrow(yield* archive.find(id1))
      assert.deepStrictEqual(failed._tag === "Outbound" ? [failed.report.status, failed.failure, failed.at, failed.updatedAt] : undefined, ["failed", { code: "4001" }, 1000, 4000])
      yield* archive.heard(id1, fact("ours", "delivered"), undefined, 5000)
      const corrected = Option.getOrThrow(yield* archive.find(id1))
      assert.deepStrictEqual(corrected._tag === "Outbound" ? [corrected.report.status, corrected.report.corrected, corrected.failure] : undefined, ["delivered", true, undefined])
      const rows = yield* process.sql`SELECT delivery_id FROM interline_facts`
      assert.strictEqual(rows.length, 3)
    }))

  it.scoped("whose answer is missing counts what was heard under its key", () =>
    Effect.gen(function*() {
      const { archive, ledger } = yield* Effect.flatMap(fresh, open)
      yield* ledger.open(Specimens.idle(1), 60_000)
      yield* ledger.save(Specimens.sending(1))
      deepStrictEqual(Option.map(yield* archive.report(id1), ({ status }) => status), Option.some("pending"))
      yield* archive.heard(id1, fact("seen-first-in-an-event", "delivered"), undefined, 2000)
      deepStrictEqual(Option.map(yield* archive.report(id1), ({ messages, status }) => [status, messages.length]), Option.some(["delivered", 1]))
    }))
})

overBoth("the archive of a message", (it, fresh) => {
  it.scoped("shows it under its id, with the latest that was reported and the first time", () =>
    Effect.gen(function*() {
      const { archive, ids } = yield* Effect.flatMap(fresh, open)
      const conversation = Conversation.direct(support, ada)
      yield* archive.received(message("m"), undefined, 1000, 1000)
      yield* archive.received(message("m", { metadata: { edited: true } }), conversation, 2000, 2000)
      yield* archive.received(message("m"), undefined, 1500, 1500)
      const id = yield* ids.messageId(MessageRef.make(linq, "m"))
      deepStrictEqual(yield* archive.find(id), Option.some({ _tag: "Inbound", id, at: 1000, updatedAt: 2000, conversation, message: message("m", { metadata: { edited: true } }) }))
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
      yield* archive.received(message("in-1", { from: alice }), Conversation.direct(support, alice), 2000, 2000)
      yield* archive.received(message("in-2", { from: bob }), Conversation.direct(sales, bob), 4000, 4000)
      yield* archive.received(message("in-3", { from: bob, direction: "outbound", to: [alice] }), undefined, 5000, 5000)
      const names = new Map<string, string>([[Specimens.id(1), "out-1"], [Specimens.id(2), "out-2"]])
      for (const name of ["in-1", "in-2", "in-3"]) names.set(yield* ids.messageId(MessageRef.make(linq, name)), name)
      const list = (query: Partial<Parameters<typeof archive.list>[0]> = {}) =>
        Effect.map(archive.list({ limit: 10, offset: 0, ...query }), ({ items, total }) => [items.map(({ id }) => names.get(id)).join(" "), total])
      assert.deepStrictEqual(yield* list(), ["in-3 in-2 out-2 in-1 out-1", 5])
      assert.deepStrictEqual(yield* list({ order: "oldest", limit: 2, offset: 1 }), ["in-1 out-2", 5])
      assert.deepStrictEqual(yield* list({ direction: "inbound" }), ["in-2 in-1", 2])
      assert.deepStrictEqual(yield* list({ direction: "outbound" }), ["in-3 out-2 out-1", 3])
      assert.deepStrictEqual(yield* list({ conversation: Specimens.toAlice }), ["out-2 in-1 out-1", 3])
      assert.deepStrictEqual(yield* list({ line: sales }), ["in-2", 1])
      assert.deepStrictEqual(yield* list({ line: support }), ["out-2 in-1 out-1", 3])
      assert.deepStrictEqual(yield* list({ peer: alice }), ["in-3 out-2 in-1 out-1", 4])
      assert.deepStrictEqual(yield* list({ peer: alice.slice(0, -1) }), ["", 0])
      assert.deepStrictEqual(yield* list({ since: 2000, until: 4000 }), ["out-2 in-1", 2])
      assert.deepStrictEqual(yield* list({ offset: 10 }), ["", 5])
    }))
})
