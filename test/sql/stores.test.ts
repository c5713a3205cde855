import * as SqlClient from "@effect/sql/SqlClient"
import { assert } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { ChatBook } from "@interline/core/ChatBook"
import * as Conversation from "@interline/core/Conversation"
import * as Handle from "@interline/core/Handle"
import * as MessageRef from "@interline/core/MessageRef"
import * as Suppression from "@interline/core/Suppression"
import { Ledger } from "@interline/router/Ledger"
import * as IdMap from "@interline/sql/IdMap"
import * as SqlChatBook from "@interline/sql/SqlChatBook"
import * as SqlLedger from "@interline/sql/SqlLedger"
import * as SqlSuppression from "@interline/sql/SqlSuppression"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { asOf } from "../support/clock.ts"
import { connect, type Fresh, overBoth } from "./databases.ts"
import { ada, bob, cleo, done, id, idle, linq, sendblue, support } from "./entries.ts"

const stores = IdMap.layer.pipe(Layer.provideMerge(Layer.mergeAll(SqlLedger.layer(), SqlSuppression.layer, SqlChatBook.layer)))

/** Two processes, as far as the database can tell. */
const pair = (fresh: Fresh) =>
  Effect.gen(function*() {
    const url = yield* fresh
    const one = Effect.map(Layer.build(Layer.provide(stores, connect(url, { connections: 4 }))), (context) => ({
      chats: Context.get(context, ChatBook),
      ids: Context.get(context, IdMap.IdMap),
      ledger: Context.get(context, Ledger),
      suppression: Context.get(context, Suppression.Suppression)
    }))
    return [yield* one, yield* one] as const
  })

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

overBoth("the suppression list in SQL", (it, fresh) => {
  it.scoped("finds a person under every spelling of their number, as the list in memory does", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      const memory = yield* Suppression.makeMemory
      const written = Handle.make("+5215512345678")
      const other = Handle.make("+525512345678")
      const pairs = [
        [written, other],
        [Handle.make("+5491112345678"), Handle.make("+541112345678")],
        [Handle.make("+5491112345678"), Handle.make("+54111512345678")],
        [Handle.make("+551187654321"), Handle.make("+5511987654321")]
      ] as const
      for (const [said, meant] of pairs) {
        for (const [adds, finds] of [[left.suppression, right.suppression], [memory, memory]] as const) {
          yield* adds.add(said, "event", linq, 5)
          deepStrictEqual(Option.map(yield* finds.find(meant), ({ handle }) => handle), Option.some(said))
          assert.strictEqual(yield* finds.lift(meant, 5), "newer")
          assert.strictEqual(yield* finds.lift(meant, 6), "lifted")
          deepStrictEqual(yield* adds.find(said), Option.none())
        }
      }
      for (const store of [left.suppression, memory]) {
        yield* store.add(written, "event", linq, 5)
        yield* store.add(other, "explicit")
        deepStrictEqual(Option.map(yield* store.find(written), ({ source }) => source), Option.some("explicit"))
        assert.strictEqual(yield* store.lift(written, 9_000_000_000_000), "explicit")
        assert.strictEqual((yield* store.list).length, 2)
        yield* store.remove(written)
        deepStrictEqual(yield* store.list, [])
        // a landline of Brazil, and what would be its ninth digit
        yield* store.add(Handle.make("+551132345678"), "event")
        deepStrictEqual(yield* store.find(Handle.make("+5511932345678")), Option.none())
        yield* store.remove(Handle.make("+551132345678"))
      }
    }))

  it.scoped("holds in the other process at once", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      yield* left.suppression.add(ada, "event", linq, 5)
      const entry = Option.getOrThrow(yield* right.suppression.find(ada))
      assert.deepInclude(entry, { handle: ada, source: "event", carrierId: linq, saidAt: 5 })
      yield* right.suppression.add(cleo, "explicit")
      deepStrictEqual((yield* left.suppression.list).map(({ handle, source, carrierId }) => [handle, source, carrierId]), [
        [ada, "event", linq],
        [cleo, "explicit", undefined]
      ])
      yield* right.suppression.remove(ada)
      deepStrictEqual(yield* left.suppression.find(ada), Option.none())
    }))

  it.scoped("follows the one table of who may overrule whom, whichever process asks", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      const memory = yield* Suppression.makeMemory
      const shown = (entry: Option.Option<Suppression.Entry>) =>
        Option.map(entry, ({ carrierId, saidAt, source }) => ({ carrierId, saidAt, source }))
      for (const first of Suppression.Source.literals) {
        for (const second of Suppression.Source.literals) {
          for (const store of [left.suppression, memory]) {
            yield* store.remove(ada)
            yield* store.add(ada, first, linq, 10)
          }
          for (const store of [right.suppression, memory]) yield* store.add(ada, second, sendblue, 20)
          const expected = shown(yield* memory.find(ada))
          deepStrictEqual(shown(yield* left.suppression.find(ada)), expected, `${first}, then ${second}`)
          deepStrictEqual(shown(yield* right.suppression.find(ada)), expected)
          for (const at of [15, 20, 30]) {
            const lifting = yield* memory.lift(ada, at)
            deepStrictEqual(yield* right.suppression.lift(ada, at), lifting, `${first}, then ${second}, then an opt-in at ${at}`)
            if (first === "explicit" || second === "explicit") assert.strictEqual(lifting, "explicit")
          }
          assert.strictEqual(Option.isSome(yield* left.suppression.find(ada)), first === "explicit" || second === "explicit")
        }
      }
    }))

  it.scoped("lets the one confirmation of an opt-out through, to one of many who ask in two processes", () =>
    Effect.gen(function*() {
      const pairOf = yield* pair(fresh)
      const [left, right] = pairOf
      const tries = Effect.all(Array.from({ length: 16 }, (_, n) => (pairOf[n % 2] ?? left).suppression.confirm(ada, linq)), {
        concurrency: "unbounded"
      })
      for (let round = 0; round < 3; round++) {
        yield* left.suppression.add(ada, "event", linq)
        const results = yield* tries
        deepStrictEqual(results.toSorted(), ["confirmed", ...results.slice(1).map(() => "repeated")])
        assert.isDefined(Option.getOrThrow(yield* right.suppression.find(ada)).confirmedAt)
        // a word more is the same opt-out; another opt-out is another one
        yield* right.suppression.add(ada, "event", linq)
        assert.strictEqual(yield* left.suppression.confirm(ada, linq), "repeated")
        yield* right.suppression.remove(ada)
      }
      assert.strictEqual(yield* left.suppression.confirm(ada, linq), "none")
    }))

  it.scoped("lets a confirmation through exactly when the list in memory does", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      const memory = yield* Suppression.makeMemory
      const minute = 60_000
      const written = Handle.make("+5215512345678")
      const other = Handle.make("+525512345678")
      const at = 1_000_000_000_000
      const results = new Set<string>()
      for (const first of Suppression.Source.literals) {
        for (const second of [undefined, ...Suppression.Source.literals]) {
          for (const where of [linq, sendblue]) {
            for (const spelling of [written, other]) {
              for (const [said, wait] of [[0, 0], [0, 5 * minute], [0, 5 * minute + 1], [-5 * minute - 1, 0], [minute + 1, 0]] as const) {
                const outcomes: Array<ReadonlyArray<string>> = []
                for (const [adds, confirms] of [[left.suppression, right.suppression], [memory, memory]] as const) {
                  yield* adds.remove(written)
                  yield* asOf(at)(adds.add(written, first, where, at + said))
                  if (second !== undefined) yield* asOf(at)(adds.add(spelling, second, linq, at))
                  const found = Option.getOrThrow(yield* confirms.find(other))
                  assert.strictEqual(found.firstSaidAt, found.handle === written ? at + said : at)
                  outcomes.push(yield* asOf(at + wait)(Effect.all([confirms.confirm(other, linq), adds.confirm(written, linq)])))
                }
                deepStrictEqual(outcomes[0], outcomes[1], `${first}, ${second}, at ${where}, said ${said}, asked ${wait} later`)
                results.add(outcomes[0]?.[0] ?? "")
              }
            }
          }
        }
      }
      deepStrictEqual(Array.from(results).toSorted(), ["carrier", "confirmed", "late", "source"])
    }))

  it.scoped("lets no confirmation through of an opt-out that a process of an earlier version wrote", () =>
    Effect.gen(function*() {
      const url = yield* fresh
      const context = yield* Layer.build(Layer.provideMerge(SqlSuppression.layer, connect(url, { connections: 2 })))
      const sql = Context.get(context, SqlClient.SqlClient)
      const list = Context.get(context, Suppression.Suppression)
      const now = yield* Clock.currentTimeMillis
      yield* sql`INSERT INTO interline_suppression (handle, since, said_at, source, carrier_id) VALUES (${ada}, ${now}, ${now}, 'event', ${linq})`
      assert.strictEqual(yield* list.confirm(ada, linq), "late")
      assert.strictEqual(Option.getOrThrow(yield* list.find(ada)).source, "event")
    }))

  it.scoped("takes many at once, counts those that nobody knew, and shows them page by page", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      const many = Array.from(
        { length: 1_203 },
        (_, n) => ({ handle: Handle.make(`+1202555${String(n).padStart(4, "0")}`), source: "list", carrierId: linq } as const)
      )
      yield* left.suppression.add(ada, "event", linq)
      const [first] = many
      assert.strictEqual(yield* right.suppression.addAll([...many, ...(first === undefined ? [] : [first])]), 1_202)
      assert.strictEqual(yield* left.suppression.addAll(many), 0)
      const pages: Array<ReadonlyArray<Suppression.Entry>> = []
      for (let page = yield* left.suppression.page(500); page.length > 0; page = yield* left.suppression.page(500, page.at(-1))) {
        pages.push(page)
      }
      deepStrictEqual(pages.map(({ length }) => length), [500, 500, 203])
      deepStrictEqual(pages.flat(), yield* right.suppression.list)
    }))
})

overBoth("the chat book in SQL", (it, fresh) => {
  it.scoped("finds, binds anew and gives up what the other process bound", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      const conversation = Conversation.direct(support, ada)
      deepStrictEqual(yield* left.chats.find(linq, conversation), Option.none())
      yield* left.chats.bind(conversation, { carrierId: linq, id: "chat-1" })
      yield* right.chats.bind(conversation, { carrierId: sendblue, id: "chat-9" })
      deepStrictEqual(yield* right.chats.find(linq, conversation), Option.some({ carrierId: linq, id: "chat-1" }))
      yield* right.chats.bind(conversation, { carrierId: linq, id: "chat-2" })
      deepStrictEqual(yield* left.chats.find(linq, conversation), Option.some({ carrierId: linq, id: "chat-2" }))
      yield* left.chats.unbind(linq, conversation)
      deepStrictEqual(yield* right.chats.find(linq, conversation), Option.none())
      deepStrictEqual(yield* right.chats.find(sendblue, conversation), Option.some({ carrierId: sendblue, id: "chat-9" }))
    }))

  it.scoped("leads from a chat back to its conversation", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      const group = yield* Conversation.group(support, [ada, bob])
      yield* left.chats.bind(group, { carrierId: linq, id: "chat-1" })
      deepStrictEqual(yield* right.ids.findConversation({ carrierId: linq, id: "chat-1" }), Option.some(group))
      yield* left.chats.bind({ ...group, members: [ada, bob, cleo] }, { carrierId: linq, id: "chat-1" })
      deepStrictEqual(
        yield* right.ids.findConversation({ carrierId: linq, id: "chat-1" }),
        Option.some({ ...group, members: [ada, bob, cleo] })
      )
      deepStrictEqual(yield* right.ids.findConversation({ carrierId: sendblue, id: "chat-1" }), Option.none())
      const long = "c".repeat(4000)
      yield* left.chats.bind(Conversation.direct(support, ada), { carrierId: linq, id: long })
      deepStrictEqual(yield* right.ids.findConversation({ carrierId: linq, id: long }), Option.some(Conversation.direct(support, ada)))
    }))
})

overBoth("the ids that are shown", (it, fresh) => {
  it.scoped("a message of a delivery has the delivery's id, each of several", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      yield* left.ledger.open(idle(1), 60_000)
      yield* left.ledger.save(done(idle(1), "m-1", "m-2"))
      assert.strictEqual(yield* right.ids.toMessageId(MessageRef.make(linq, "m-1")), id(1))
      assert.strictEqual(yield* right.ids.toMessageId(MessageRef.make(linq, "m-2")), id(1))
      deepStrictEqual(yield* right.ids.findMessage(id(1)), Option.some(id(1)))
    }))

  it.scoped("any other message has an id of its own, the same in every process, that leads back", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      const refs = [MessageRef.make(linq, "m-1"), MessageRef.make(sendblue, "m-1"), MessageRef.make(linq, `m-${"9".repeat(4000)}`)]
      const shown = yield* Effect.forEach(refs, left.ids.toMessageId)
      deepStrictEqual(yield* Effect.forEach(refs, right.ids.toMessageId), shown)
      assert.strictEqual(new Set(shown).size, refs.length)
      for (const text of shown) assert.match(text, uuid)
      deepStrictEqual(yield* Effect.forEach(shown, right.ids.findMessage), refs.map(Option.some))
    }))

  it.scoped("what was never shown leads nowhere, but a ref may be spelled out", () =>
    Effect.gen(function*() {
      const [{ ids }] = yield* pair(fresh)
      const file = yield* ids.toAttachmentId({ carrierId: linq, id: "file-1" })
      for (const text of [id(7), file, "hello", ""]) deepStrictEqual(yield* ids.findMessage(text), Option.none(), text)
      for (const text of [id(7), file, "hello", ""]) deepStrictEqual(yield* ids.findChat(text), Option.none(), text)
      deepStrictEqual(yield* ids.findAttachment(id(7)), Option.none())
      deepStrictEqual(yield* ids.findAttachment(file), Option.some({ carrierId: linq, id: "file-1" }))
      deepStrictEqual(yield* ids.findMessage("linq:m-1"), Option.some(MessageRef.make(linq, "m-1")))
      deepStrictEqual(yield* ids.findChat("linq:c-1"), Option.some({ carrierId: linq, id: "c-1" }))
      deepStrictEqual(yield* ids.findAttachment("linq:f-1"), Option.some({ carrierId: linq, id: "f-1" }))
    }))

  it.scoped("a conversation keeps its id, whichever carrier's chat it lives in", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      const conversation = Conversation.direct(support, ada)
      const shown = yield* left.ids.toChatId(conversation)
      assert.match(shown, uuid)
      deepStrictEqual(yield* right.ids.findChat(shown), Option.some(conversation))
      for (const chat of [{ carrierId: linq, id: "c-1" }, { carrierId: sendblue, id: "c-2" }]) {
        yield* left.chats.bind(conversation, chat)
        assert.strictEqual(yield* right.ids.toChatId(chat), shown)
      }
      assert.notStrictEqual(yield* right.ids.toChatId(Conversation.direct(support, bob)), shown)
    }))

  it.scoped("a chat that no conversation is known for has an id, which leads to the conversation once it is known", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      const chat = { carrierId: linq, id: "c-1" }
      const shown = yield* left.ids.toChatId(chat)
      deepStrictEqual(yield* right.ids.findChat(shown), Option.some(chat))
      const group = yield* Conversation.group(support, [ada, bob])
      yield* left.chats.bind(group, chat)
      deepStrictEqual(yield* right.ids.findChat(shown), Option.some(group))
      assert.strictEqual(yield* right.ids.toChatId(chat), group.id)
      deepStrictEqual(yield* left.ids.findChat(group.id), Option.some(group))
    }))
})

overBoth("groups", (it, fresh) => {
  it.scoped("the same people on a line are one group, whoever asks, in whatever order", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      const orders: ReadonlyArray<ReadonlyArray<Handle.Handle>> = [[ada, bob, cleo], [cleo, ada, bob], [bob, bob, cleo, ada]]
      const groups = yield* Effect.forEach(
        Array.from({ length: 30 }, (_, index) => index),
        (index) => (index % 2 === 0 ? left : right).ids.openGroup(support, orders[index % orders.length] ?? []),
        { concurrency: "unbounded" }
      )
      const [first] = groups
      for (const group of groups) deepStrictEqual(group, first)
      deepStrictEqual(yield* left.ids.findGroup(support, [bob, cleo, ada]), Option.fromNullable(first))
      // to look for a group opens none
      deepStrictEqual([yield* left.ids.findGroup(support, [ada, bob]), yield* right.ids.findGroup(support, [ada, bob])], [
        Option.none(),
        Option.none()
      ])
      assert.notStrictEqual((yield* left.ids.openGroup(support, [ada, bob])).id, first?.id)
      deepStrictEqual(yield* right.ids.findChat(first?.id ?? ""), Option.fromNullable(first))
    }))

  it.scoped("whoever left is not written to because the same people are asked for again", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      const trio = yield* left.ids.openGroup(support, [ada, bob, cleo])
      yield* right.ids.remember({ ...trio, members: [ada, bob] })
      assert.strictEqual((yield* left.ids.openGroup(support, [bob, ada])).id, trio.id, "it is the group of those who are left")
      const anew = yield* left.ids.openGroup(support, [ada, bob, cleo])
      assert.notStrictEqual(anew.id, trio.id)
      deepStrictEqual(yield* left.ids.findChat(trio.id), Option.some({ ...trio, members: [ada, bob] }))
    }))

  it.scoped("of several groups of the same people the one that had them first is found", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      const first = yield* left.ids.openGroup(support, [ada, bob])
      const second = yield* Conversation.group(support, [ada, bob])
      yield* right.ids.remember(second)
      assert.strictEqual((yield* right.ids.openGroup(support, [ada, bob])).id, first.id)
      deepStrictEqual(yield* left.ids.findChat(second.id), Option.some(second))
      const many = yield* Effect.forEach([1, 2, 3, 4, 5, 6], () => Conversation.group(support, [bob, cleo]))
      yield* Effect.forEach(many, (group, index) => (index % 2 === 0 ? left : right).ids.remember(group), { concurrency: "unbounded" })
      assert.include(many.map((group) => group.id), (yield* left.ids.openGroup(support, [bob, cleo])).id)
    }))
})
