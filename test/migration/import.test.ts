/** What a vendor's account knows is taken over: once, whatever happens in between, and without a word to anybody. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as MigrateImport from "@interline/cli/MigrateImport"
import * as CarrierId from "@interline/core/CarrierId"
import { ChatBook } from "@interline/core/ChatBook"
import * as Conversation from "@interline/core/Conversation"
import * as Suppression from "@interline/core/Suppression"
import { Ledger } from "@interline/router/Ledger"
import * as Sandbox from "@interline/sandbox/Sandbox"
import { IdMap } from "@interline/sql/IdMap"
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { connect, file, overBoth } from "../sql/databases.ts"
import { numbers, support } from "../support/sandbox.ts"
import * as Account from "./account.ts"

const { ada, bob, cleo, dan } = Account

const vendors = ["sendblue", "linq"] as const

/** Everything on the phones, and every request that a vendor got, but for reads. */
const toldTo = (sandbox: Account.Account["sandbox"]) =>
  Effect.gen(function*() {
    const requests = yield* sandbox.network.requests()
    return { phones: yield* sandbox.network.phones, writes: requests.filter(({ method }) => method !== "GET").length }
  })

/** Runs a program in a process of its own on the database. */
const inProcess = (url: string) => <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.scoped(Effect.provide(program, Account.stores.pipe(Layer.provideMerge(connect(url)))))

/** An import writes the same over both databases. It is stopped before each write over SQLite, which is fast, and before each third one elsewhere. */
const stepOver = (url: string) => url.startsWith("file:") ? 1 : 3

overBoth("an import of an account", (it, fresh) => {
  it.scoped("linq: leaves the chat that a gateway uses for a conversation", () =>
    Effect.gen(function*() {
      const url = yield* fresh
      const { sandbox } = yield* Account.openAccount("linq")
      const carrierId = CarrierId.make("linq")
      const toAda = Conversation.direct(support, ada)
      const used = { carrierId, id: "the-chat-in-use" }
      yield* inProcess(url)(Effect.flatMap(ChatBook, ({ bind }) => bind(toAda, used)))
      yield* Account.importInto(url, sandbox, "linq", { apply: true })
      deepStrictEqual(yield* inProcess(url)(Effect.flatMap(ChatBook, ({ find }) => find(carrierId, toAda))), Option.some(used))
    }))

  for (const vendor of vendors) {
    const carrierId = CarrierId.make(vendor)

    it.scoped(`${vendor}: says what it would write, and writes nothing`, () =>
      Effect.gen(function*() {
        const url = yield* fresh
        const { sandbox } = yield* Account.openAccount(vendor)
        const before = yield* toldTo(sandbox)
        const dry = yield* Account.importInto(url, sandbox, vendor)
        deepStrictEqual(Object.values(yield* Account.dump(url)).flat(), [])
        const applied = yield* Account.importInto(url, sandbox, vendor, { apply: true })
        deepStrictEqual({ ...dry, applied: true }, applied)
        strictEqual(applied.optOuts.new, 2)
        strictEqual(applied.unreadable.count, 0)
        deepStrictEqual(applied.otherNumbers, { "…0209": 1 })
        deepStrictEqual(yield* toldTo(sandbox), before)
        // nor does it note that a known conversation was used later, or how far it is
        const other = yield* fresh
        yield* inProcess(other)(Effect.flatMap(Ledger, ({ bind }) =>
          bind(Conversation.key(Conversation.direct(support, ada)), { carrierId, line: support, at: 5 }, 0)))
        const known = yield* Account.dump(other)
        yield* Account.importInto(other, sandbox, vendor)
        deepStrictEqual(yield* Account.dump(other), known)
        const progress = yield* SqlClient.SqlClient.pipe(
          Effect.flatMap((sql) =>
            sql`SELECT * FROM interline_imports`
          ),
          Effect.provide(connect(other)),
          Effect.scoped
        )
        deepStrictEqual(progress, [])
      }))

    it.scoped(`${vendor}: knows who opted out, where each person is, and the old ids`, () =>
      Effect.gen(function*() {
        const url = yield* fresh
        const { group, inbound, outbound, sandbox } = yield* Account.openAccount(vendor)
        yield* Account.importInto(url, sandbox, vendor, { apply: true })
        yield* inProcess(url)(Effect.gen(function*() {
          const suppression = yield* Suppression.Suppression
          const ledger = yield* Ledger
          const ids = yield* IdMap
          for (const person of [bob, dan]) assert(Option.isSome(yield* suppression.find(person)))
          for (const person of [ada, cleo]) assert(Option.isNone(yield* suppression.find(person)))
          for (const person of [ada, bob, cleo]) {
            const binding = yield* ledger.binding(Conversation.key(Conversation.direct(support, person)))
            deepStrictEqual(Option.map(binding, ({ carrierId, line }) => ({ carrierId, line })), Option.some({ carrierId, line: support }))
          }
          for (const id of [outbound, inbound, inbound.toUpperCase()]) {
            const found = yield* ids.findMessage(id)
            deepStrictEqual(Option.map(found, (target) => typeof target === "string" ? target : target.carrierId), Option.some(carrierId))
          }
          strictEqual(yield* ids.toMessageId({ carrierId, id: outbound }), outbound)
          const { inboundAt, outboundAt } = yield* ledger.contact(carrierId, support, ada)
          assert(inboundAt !== undefined && outboundAt !== undefined)

          const known = yield* ids.findChat(group)
          assert(Option.isSome(known) && Conversation.isConversation(known.value) && known.value._tag === "Group")
          deepStrictEqual(Array.from(known.value.members).sort(), [ada, cleo])
          strictEqual(yield* ids.toChatId(known.value), group)
          strictEqual(yield* ids.toChatId({ carrierId, id: group }), group)
          deepStrictEqual(yield* (yield* ChatBook).find(carrierId, known.value), Option.some({ carrierId, id: group }))
          const place = yield* ledger.binding(Conversation.key(known.value))
          deepStrictEqual(Option.map(place, ({ chat }) => chat), Option.some({ carrierId, id: group }))
        }))
      }))

    it.scoped(`${vendor}: changes nothing the second time`, () =>
      Effect.gen(function*() {
        const url = yield* fresh
        const { sandbox } = yield* Account.openAccount(vendor, 120)
        const first = yield* Account.importInto(url, sandbox, vendor, { apply: true })
        const written = yield* Account.dump(url)
        const second = yield* Account.importInto(url, sandbox, vendor, { apply: true })
        deepStrictEqual(yield* Account.dump(url), written)
        deepStrictEqual(
          [second.optOuts.new, second.messages.new, second.chats.new, second.conversations, second.contacts.new],
          [0, 0, 0, { new: 0, elsewhere: 0 }, 0]
        )
        deepStrictEqual([second.messages.read, second.resumed], [first.messages.read, false])
      }))

    it.scoped(`${vendor}: goes on after a death between any two writes`, () =>
      Effect.gen(function*() {
        const { sandbox } = yield* Account.openAccount(vendor, 1)
        const url = yield* fresh
        yield* Account.importInto(url, sandbox, vendor, { apply: true })
        const expected = yield* Account.dump(url)
        let deaths = 0
        for (let diesAfter = 1;; diesAfter += stepOver(url)) {
          yield* Account.clear(url)
          const exit = yield* Effect.exit(Account.importInto(url, sandbox, vendor, { apply: true, diesAfter }))
          if (Exit.isSuccess(exit)) break
          assert(Option.exists(Cause.dieOption(exit.cause), Account.isKilled))
          deaths += 1
          yield* Account.importInto(url, sandbox, vendor, { apply: true })
          deepStrictEqual(yield* Account.dump(url), expected)
        }
        assert(deaths * stepOver(url) > 12)
      }))

    it.scoped(`${vendor}: leaves what a gateway does beside it, before whichever write`, () =>
      Effect.gen(function*() {
        const { group, sandbox } = yield* Account.openAccount(vendor, 1)
        const url = yield* fresh
        yield* Account.importInto(url, sandbox, vendor, { apply: true })
        const expected = yield* Account.dump(url)
        const elsewhere = CarrierId.make(vendor === "linq" ? "sendblue" : "linq")
        const [toAda, toBob] = [ada, bob].map((person) => Conversation.direct(support, person))
        assert(toAda !== undefined && toBob !== undefined)
        const used = { carrierId, id: "the-chat-in-use" }
        const later = 4_000_000_000_000
        let wasRun = false
        // Ada was written to from another number, Bob in a later chat, and Cleo opted out
        const run = inProcess(url)(Effect.gen(function*() {
          wasRun = true
          const ledger = yield* Ledger
          const bind = (to: Conversation.Conversation, at: CarrierId.CarrierId, more: object = {}) =>
            Effect.flatMap(ledger.binding(Conversation.key(to)), (known) =>
              ledger.bind(
                Conversation.key(to),
                { carrierId: at, line: support, at: later, ...more },
                Option.match(known, { onNone: () => 0, onSome: ({ version }) => version })
              ))
          yield* bind(toAda, elsewhere)
          yield* bind(toBob, carrierId, { chat: used })
          yield* (yield* ChatBook).bind(toBob, used)
          yield* (yield* Suppression.Suppression).add(cleo, "event", carrierId, later)
        })).pipe(Effect.orDie)
        for (let at = 1;; at += stepOver(url)) {
          yield* Account.clear(url)
          wasRun = false
          yield* Account.importInto(url, sandbox, vendor, { apply: true, beside: { at, run } })
          if (!wasRun) break
          yield* inProcess(url)(Effect.gen(function*() {
            const ledger = yield* Ledger
            const [atAda, atBob] = yield* Effect.forEach([toAda, toBob], (to) => ledger.binding(Conversation.key(to)))
            const shown = (binding: typeof atAda) =>
              Option.map(binding ?? Option.none(), (bound) => [bound.carrierId, bound.at, bound.chat?.id])
            deepStrictEqual(shown(atAda), Option.some([elsewhere, later, undefined]), `before write ${at}`)
            deepStrictEqual(shown(atBob), Option.some([carrierId, later, used.id]), `before write ${at}`)
            deepStrictEqual(yield* (yield* ChatBook).find(carrierId, toBob), Option.some(used), `before write ${at}`)
            const { find } = yield* Suppression.Suppression
            for (const person of [bob, cleo, dan]) assert(Option.isSome(yield* find(person)), `before write ${at}`)
            assert(Option.isSome(yield* (yield* IdMap).findChat(group)))
          }))
          const { ids } = yield* Account.dump(url)
          deepStrictEqual(ids, expected.ids)
        }
      }), 60_000)

    it.scoped(`${vendor}: waits while the vendor is busy, and goes on if it stopped`, () =>
      Effect.gen(function*() {
        const url = yield* fresh
        const { sandbox } = yield* Account.openAccount(vendor, 120)
        const { network } = sandbox
        yield* network.addFault({ vendor, kind: "429", retryAfter: 1, match: { method: "GET" }, skip: 1 })
        yield* network.addFault({ vendor, kind: "5xx-before", status: 503, match: { method: "GET" }, skip: 3, times: 2 })
        const report = yield* Account.importInto(url, sandbox, vendor, { apply: true })
        strictEqual(report.unreadable.count, 0)
        const expected = yield* Account.dump(url)

        const other = yield* fresh
        const pages = vendor === "linq" ? "/messages" : "/api/v2/messages"
        yield* network.addFault({
          vendor,
          kind: "5xx-before",
          status: 500,
          match: { method: "GET", path: pages },
          skip: 3,
          times: "forever"
        })
        const stopped = yield* Effect.flip(Account.importInto(other, sandbox, vendor, { apply: true, times: 1 }))
        assert(/goes on from there/.test(stopped.message))
        yield* network.clearFaults()
        const resumed = yield* Account.importInto(other, sandbox, vendor, { apply: true })
        strictEqual(resumed.resumed, true)
        deepStrictEqual(yield* Account.dump(other), expected)
      }))

    it.scoped(`${vendor}: leaves what is known here as it is`, () =>
      Effect.gen(function*() {
        const url = yield* fresh
        const { outbound, sandbox } = yield* Account.openAccount(vendor)
        const elsewhere = CarrierId.make(vendor === "linq" ? "sendblue" : "linq")
        const key = Conversation.key(Conversation.direct(support, ada))
        const shown = yield* inProcess(url)(Effect.gen(function*() {
          yield* (yield* Suppression.Suppression).add(cleo, "explicit")
          yield* (yield* Ledger).bind(key, { carrierId: elsewhere, line: support, at: 5 }, 0)
          return yield* (yield* IdMap).toMessageId({ carrierId, id: outbound })
        }))
        const report = yield* Account.importInto(url, sandbox, vendor, { apply: true })
        strictEqual(report.conversations.elsewhere, 1)
        yield* inProcess(url)(Effect.gen(function*() {
          assert(Option.isSome(yield* (yield* Suppression.Suppression).find(cleo)))
          const ids = yield* IdMap
          deepStrictEqual(
            Option.map(yield* (yield* Ledger).binding(key), ({ at, carrierId }) => [at, carrierId]),
            Option.some([5, elsewhere])
          )
          strictEqual(yield* ids.toMessageId({ carrierId, id: outbound }), shown)
          for (const id of [shown, outbound]) deepStrictEqual(yield* ids.findMessage(id), Option.some({ carrierId, id: outbound }))
        }))
      }))

    it.scoped(`${vendor}: adds nobody who opted in here after the vendor noted the opt-out, and everybody if no time is known`, () =>
      Effect.gen(function*() {
        const url = yield* fresh
        const { sandbox } = yield* Account.openAccount(vendor)
        const later = 4_000_000_000_000
        yield* inProcess(url)(
          Effect.flatMap(Suppression.Suppression, ({ lift }) => Effect.forEach([bob, dan], (person) => lift(person, later)))
        )
        const { optOuts } = yield* Account.importInto(url, sandbox, vendor, { apply: true })
        strictEqual(optOuts.new, vendor === "linq" ? 0 : 2)
        yield* inProcess(url)(Effect.gen(function*() {
          const { add, find } = yield* Suppression.Suppression
          strictEqual(Option.isSome(yield* find(bob)), vendor === "sendblue")
          // a word of the person counts, whatever its time
          yield* add(bob, "event", carrierId, 1)
          assert(Option.isSome(yield* find(bob)))
        }))
      }))

    it.scoped(`${vendor}: two imports at once leave what one would`, () =>
      Effect.gen(function*() {
        const [url, other] = [yield* fresh, yield* fresh]
        const { sandbox } = yield* Account.openAccount(vendor, 40)
        yield* Account.importInto(other, sandbox, vendor, { apply: true })
        const both = yield* Effect.all(
          [1, 2].map(() => Effect.either(Account.importInto(url, sandbox, vendor, { apply: true }))),
          { concurrency: 2 }
        )
        const refused = both.flatMap((one) => one._tag === "Left" ? [String(one.left)] : [])
        assert(refused.length <= 1 && refused.every((why) => why.includes("another import")), refused.join("; "))
        deepStrictEqual(yield* Account.dump(url), yield* Account.dump(other))
      }))

    it.scoped(`${vendor}: takes over more when a number becomes a line`, () =>
      Effect.gen(function*() {
        const url = yield* fresh
        const { sandbox } = yield* Account.openAccount(vendor)
        yield* Account.importInto(url, sandbox, vendor, { apply: true })
        const lines = `support=${vendor}:${numbers[vendor]};sales=${vendor}:${Account.spare}`
        const { conversations, otherNumbers } = yield* Account.importInto(url, sandbox, vendor, { apply: true, lines })
        deepStrictEqual([conversations.new, otherNumbers], [1, {}])
      }))
  }
})

describe("interline migrate import", () => {
  it.scopedLive("says what to do if another process has the file", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const url = yield* file
      yield* Layer.build(connect(url))
      const run = MigrateImport.run({ from: Option.some("linq"), apply: true, database: Option.some(url), json: false })
      const variables = ConfigProvider.fromMap(new Map(Object.entries(Account.variables(sandbox))))
      const refused = yield* Effect.flip(Effect.provide(Effect.withConfigProvider(run, variables), NodeContext.layer))
      assert(/ is in use: .*stop the gateway, import, and start it again/.test(refused.message), refused.message)
    }))
})
