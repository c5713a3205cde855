/** What becomes of a webhook's events once they are written down. */
import { assert } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as Conversation from "@interline/core/Conversation"
import * as DeliveryStatus from "@interline/core/DeliveryStatus"
import * as Handle from "@interline/core/Handle"
import type { Message } from "@interline/core/Message"
import * as MessageRef from "@interline/core/MessageRef"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as Reaction from "@interline/core/Reaction"
import type { RouterEvent } from "@interline/router/RouterEvent"
import * as Shard from "@interline/router/Shard"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import { overBoth } from "./databases.ts"
import * as Specimens from "./specimens.ts"
import { ada, bob, linq, numbers, open, openBoth, sales, sendblue, support } from "./stores.ts"

const quiet = Logger.withMinimumLogLevel(LogLevel.None)

const secret = "the safe opens with seventeen"

const message = (id: string, more: Partial<Message> = {}): Message => ({
  ref: MessageRef.make(linq, id),
  direction: "inbound",
  from: ada,
  to: [numbers.support],
  isGroup: false,
  parts: [],
  status: { neutral: "delivered", raw: "received" },
  metadata: { text: secret },
  ...more
})

const received = (id: string, more: Partial<Message> = {}): MessagingEvent => ({
  _tag: "Received",
  carrierId: linq,
  id: `event-${id}`,
  message: message(id, more)
})

const status = (id: string, of: string, more: Partial<MessagingEvent & { readonly _tag: "Status" }> = {}): MessagingEvent => ({
  _tag: "Status",
  carrierId: linq,
  id,
  fact: { ref: MessageRef.make(linq, of), status: "delivered" },
  ...more
})

const other = (kind: string, id: string | undefined = kind): MessagingEvent => ({
  _tag: "Unrecognized",
  carrierId: linq,
  kind,
  raw: {},
  ...(id === undefined ? {} : { id })
})

const typing = (chat: string, id: string): MessagingEvent => ({
  _tag: "Typing",
  carrierId: linq,
  id,
  chat: { carrierId: linq, id: chat },
  typing: true
})

const kindOf = (event: MessagingEvent): string => event._tag === "Unrecognized" ? event.kind : event._tag

type Process = Effect.Effect.Success<ReturnType<typeof open>>

const idle = ({ inbox }: Process) => Effect.timeout(inbox.idle, "50 seconds")

/** The first event is being worked on. */
const isObserved = ({ observed }: Process) =>
  Effect.timeout(Effect.repeat(Effect.sleep("5 millis"), { until: () => observed.length > 0 }), "50 seconds")

const logged = ({ log }: Process) =>
  Effect.map(log.read(0, 1_000), (events) => events.map(({ event }) => event.kind === "carrier" ? kindOf(event.data) : event.data._tag))

/** A delivery that is done, as the ledger has it. */
const delivered = (process: Process, nth: number, name: string) =>
  Effect.zipRight(process.ledger.open(Specimens.idle(nth), 60_000), process.ledger.save(Specimens.done(nth, name)))

const toAda = Conversation.direct(support, ada)

overBoth("the inbox", (it, fresh) => {
  it.scoped("takes each event to the router and to the log, in the order of arrival", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, open)
      yield* process.inbox.put([other("one"), other("two")])
      yield* process.inbox.put([])
      yield* process.inbox.put([other("three")])
      yield* idle(process)
      deepStrictEqual(process.observed.map(kindOf), ["one", "two", "three"])
      deepStrictEqual(yield* logged(process), ["one", "two", "three"])
    }))

  it.scoped("leaves out an event that was put before, also in another process; one without an id is always new", () =>
    Effect.gen(function*() {
      const url = yield* fresh
      const [one, two] = yield* openBoth(url)
      const nameless: MessagingEvent = { _tag: "Unrecognized", carrierId: linq, kind: "nameless", raw: {} }
      yield* one.inbox.put([other("a"), other("b"), other("a"), nameless])
      yield* two.inbox.put([other("b"), other("c"), nameless, { ...other("b"), carrierId: sendblue }])
      yield* idle(one)
      deepStrictEqual((yield* logged(one)).toSorted(), ["a", "b", "b", "c", "nameless", "nameless"])
      assert.strictEqual(one.observed.length + two.observed.length, 6)
    }))

  it.scoped("keeps ids of any length and content apart", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, open)
      const long = "x".repeat(5_000)
      yield* process.inbox.put([other("a", long), other("b", `${long}y`), other("c", "nul \u0000"), other("d", "half \ud83d")])
      yield* idle(process)
      deepStrictEqual(yield* logged(process), ["a", "b", "c", "d"])
    }))

  it.scoped("knows an opt-out before its webhook is answered, whatever is worked on meanwhile, and tells it once", () =>
    Effect.gen(function*() {
      const url = yield* fresh
      const gate = yield* Effect.makeLatch()
      const process = yield* open(url, { observe: (event) => kindOf(event) === "slow" ? gate.await : Effect.void })
      yield* process.inbox.put([other("slow")])
      yield* isObserved(process)
      const out: MessagingEvent = { _tag: "OptedOut", carrierId: linq, handle: ada, id: "out" }
      yield* process.inbox.put([out])
      // the webhook comes again, as vendors repeat it
      yield* process.inbox.put([out])
      deepStrictEqual(process.observed.map(kindOf), ["slow", "OptedOut", "OptedOut"])
      deepStrictEqual(yield* logged(process), [])
      yield* gate.open
      yield* idle(process)
      deepStrictEqual(yield* logged(process), ["slow", "OptedOut"])
    }))

  it.scoped("fails a webhook whose opt-out could not be taken in, so that it comes again", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, (url) => open(url, { observe: () => Effect.dieMessage("the list cannot be written") }))
      const exit = yield* Effect.exit(process.inbox.put([{ _tag: "OptedOut", carrierId: linq, handle: ada, id: "out" }]))
      assert.strictEqual(exit._tag, "Failure")
    }).pipe(quiet))

  it.scoped("takes opt-outs and opt-ins before everything else, in their order, and says no later than they came", () =>
    Effect.gen(function*() {
      const url = yield* fresh
      const gate = yield* Effect.makeLatch()
      const process = yield* open(url, { observe: (event) => kindOf(event) === "first" ? gate.await : Effect.void })
      const out: MessagingEvent = { _tag: "OptedOut", carrierId: linq, handle: ada, id: "out" }
      const back: MessagingEvent = { _tag: "OptedIn", carrierId: linq, handle: ada, id: "in", at: "2026-01-01T00:00:00Z" }
      yield* process.inbox.put([other("first")])
      yield* isObserved(process)
      const before = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
      yield* process.inbox.put([other("second"), out, other("third"), back])
      const after = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
      yield* Effect.sleep("20 millis")
      yield* gate.open
      yield* idle(process)
      deepStrictEqual(process.observed.map(kindOf), ["first", "OptedOut", "OptedOut", "OptedIn", "second", "third"])
      const [, seenOut, , seenIn] = process.observed
      assert.isAtLeast(Date.parse(seenOut?.at ?? ""), before)
      assert.isAtMost(Date.parse(seenOut?.at ?? ""), after)
      assert.strictEqual(seenIn?.at, "2026-01-01T00:00:00Z")
    }))

  const everything = { limit: 100, offset: 0 } as const

  const listed = ({ archive }: Process, query: Partial<Parameters<typeof archive.list>[0]> = {}) =>
    Effect.map(archive.list({ ...everything, ...query }), ({ items }) => items)

  it.scoped("has a message in every process's lists when `put` ends, with its conversation, however long its work takes", () =>
    Effect.gen(function*() {
      const url = yield* fresh
      const gate = yield* Effect.makeLatch()
      const [one, two] = [yield* open(url, { observe: () => gate.await }), yield* open(url, { observe: () => gate.await })]
      const before = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
      yield* one.inbox.put([received("m"), received("n", { from: bob, to: [numbers.sales] })])
      deepStrictEqual((yield* listed(two)).map((item) => item._tag === "Inbound" ? item.message.ref.id : "").toSorted(), ["m", "n"])
      const [item] = yield* listed(two, { conversation: Conversation.key(toAda) })
      deepStrictEqual(item?._tag === "Inbound" ? [item.message.ref.id, item.conversation] : undefined, ["m", toAda])
      assert.isAtLeast(item?.at ?? 0, before)
      yield* gate.open
      yield* idle(one)
    }))

  it.scoped("keeps the date of a message that is told again, by another event or another process", () =>
    Effect.gen(function*() {
      const url = yield* fresh
      const [one, two] = [yield* open(url), yield* open(url)]
      yield* one.inbox.put([received("m")])
      const first = (yield* listed(one)).map(({ at, id }) => ({ at, id }))
      yield* idle(one)
      yield* Effect.sleep("5 millis")
      yield* two.inbox.put([received("m"), { ...received("m"), id: "told otherwise" }])
      yield* idle(two)
      deepStrictEqual((yield* listed(two)).map(({ at, id }) => ({ at, id })), first)
    }))

  it.scoped("dates what is only listed after its work from when it is listed, not from when it came", () =>
    Effect.gen(function*() {
      const gate = yield* Effect.makeLatch()
      const process = yield* Effect.flatMap(fresh, (url) => open(url, { observe: () => gate.await }))
      // somebody wrote it by hand on the phone of our line
      yield* process.inbox.put([received("m", { direction: "outbound", from: numbers.support, to: [ada] })])
      yield* Effect.sleep("100 millis")
      const polled = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
      deepStrictEqual(yield* listed(process), [])
      yield* gate.open
      yield* idle(process)
      assert.strictEqual((yield* listed(process, { since: polled })).length, 1)
    }))

  it.scoped("gives every message to whoever asks since the newest that they have, while two processes take webhooks", () =>
    Effect.gen(function*() {
      const url = yield* fresh
      const [one, two, reader] = [yield* open(url), yield* open(url), yield* open(url)]
      const names = Array.from({ length: 30 }, (_, n) => `m${n}`)
      const putting = yield* Effect.fork(
        Effect.forEach(names, (name, n) => Effect.zipRight((n % 2 === 0 ? one : two).inbox.put([received(name)]), Effect.sleep("3 millis")))
      )
      const got = new Set<string>()
      let since = 0
      const poll = Effect.suspend(() =>
        Effect.map(listed(reader, { since, order: "oldest" }), (items) => {
          for (const { at, id } of items) {
            got.add(id)
            since = Math.max(since, at)
          }
        })
      )
      yield* Effect.repeat(Effect.zipRight(poll, Effect.sleep("1 millis")), { until: () => putting.unsafePoll() !== null })
      yield* poll
      assert.strictEqual(got.size, names.length)
    }))

  it.scoped("marks a person's message as history where it came more than an hour after it was written", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, open)
      const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
      const ago = (minutes: number) => new Date(now - minutes * 60_000).toISOString()
      yield* process.inbox.put([
        received("late", { sentAt: ago(61) }),
        received("created", { createdAt: ago(600) }),
        received("fresh", { sentAt: ago(59) }),
        received("nameless", {}),
        received("zoneless", { sentAt: ago(300).replace("Z", "") }),
        received("ours", { direction: "outbound", sentAt: ago(300) }),
        received("marked", { sentAt: ago(300), recoveredAt: ago(200) })
      ])
      yield* idle(process)
      const marks = process.observed.map((event) => event._tag === "Received" ? [event.message.ref.id, event.message.recoveredAt] : [])
      const marked = new Map(marks.flatMap(([id, at]) => id !== undefined && at !== undefined ? [[id, at] as const] : []))
      deepStrictEqual(Array.from(marked.keys()), ["late", "created", "marked"])
      assert.strictEqual(marked.get("marked"), ago(200))
      assert.isAtLeast(Date.parse(marked.get("late") ?? ""), now)
    }))

  it.scoped("does again what failed; meanwhile what comes after it in its chat waits, and nothing else", () =>
    Effect.gen(function*() {
      let isBroken = true
      const process = yield* Effect.flatMap(fresh, (url) =>
        open(url, { observe: ({ id }) => id === "a1" && isBroken ? Effect.dieMessage(secret) : Effect.void }))
      const out: MessagingEvent = { _tag: "OptedOut", carrierId: linq, handle: ada, id: "out" }
      yield* process.inbox.put([typing("a", "a1"), typing("a", "a2"), typing("b", "b1"), out, typing("b", "b2")])
      const ids = Effect.map(process.log.read(0, 100), (all) =>
        all.map(({ event }) => event.kind === "carrier" ? event.data.id : ""))
      const until = (count: number) =>
        Effect.repeat(Effect.zipRight(Effect.sleep("20 millis"), ids), { until: ({ length }) => length >= count }).pipe(
          Effect.timeout("50 seconds")
        )
      yield* until(3)
      yield* process.inbox.put([typing("a", "a3")])
      yield* Effect.sleep("100 millis")
      deepStrictEqual((yield* ids).toSorted(), ["b1", "b2", "out"])
      isBroken = false
      yield* until(6)
      deepStrictEqual((yield* ids).slice(3), ["a1", "a2", "a3"])
      deepStrictEqual(process.observed.filter(({ id }) => id === "a2" || id === "a3").length, 2, "each was worked on once")
    }).pipe(quiet))

  it.scoped("does not let a conversation wait for another one that takes long", () =>
    Effect.gen(function*() {
      const gate = yield* Effect.makeLatch()
      const process = yield* Effect.flatMap(fresh, (url) => open(url, { observe: ({ id }) => id === "slow" ? gate.await : Effect.void }))
      yield* Effect.addFinalizer(() => gate.open)
      yield* process.inbox.put([typing("a", "slow")])
      yield* isObserved(process)
      yield* process.inbox.put([typing("a", "a2"), typing("b", "b1")])
      yield* Effect.repeat(Effect.zipRight(Effect.sleep("20 millis"), logged(process)), { until: ({ length }) => length === 1 }).pipe(
        Effect.timeout("50 seconds")
      )
      deepStrictEqual(process.observed.map(({ id }) => id), ["slow", "b1"])
      yield* gate.open
      yield* idle(process)
      deepStrictEqual(process.observed.map(({ id }) => id), ["slow", "b1", "a2"])
    }))

  it.scoped("gives up after a number of times, keeps the event, and says so without its content", () =>
    Effect.gen(function*() {
      const told: Array<string> = []
      yield* Effect.gen(function*() {
        const process = yield* Effect.flatMap(fresh, (url) => open(url, { observe: () => Effect.dieMessage(secret) }))
        yield* process.inbox.put([received("m")])
        // time passes for whatever waits, until nothing does
        yield* Effect.repeat(
          Effect.zipRight(
            process.sql`UPDATE interline_inbox SET due_at = 0 WHERE due_at IS NOT NULL`,
            Effect.zipRight(Effect.sleep("20 millis"), process.sql`SELECT 1 AS one FROM interline_inbox WHERE failed_at IS NULL`)
          ),
          { until: ({ length }) => length === 0 }
        ).pipe(Effect.timeout("50 seconds"))
        yield* idle(process)
        const rows = yield* process.sql<
          { readonly attempts: number; readonly failed_at: number; readonly body: string }
        >`SELECT attempts, failed_at, body FROM interline_inbox`
        assert.strictEqual(rows.length, 1)
        assert.strictEqual(rows[0]?.attempts, 8)
        assert.isAbove(rows[0]?.failed_at ?? 0, 0)
        assert.include(rows[0]?.body ?? "", secret)
        deepStrictEqual(yield* logged(process), [])
      }).pipe(Effect.provide(Logger.replace(
        Logger.defaultLogger,
        Logger.make((entry) => void told.push(JSON.stringify([entry.message, Array.from(entry.annotations), entry.cause])))
      )))
      const all = told.join()
      assert.include(all, "could not be worked off")
      assert.include(all, "Received")
      for (const content of [secret, ada, numbers.support]) {
        assert.notInclude(all, content)
      }
    }))

  it.scoped("what a process left behind is taken over, and what it had done already is not done twice", () =>
    Effect.gen(function*() {
      const url = yield* fresh
      const first = yield* open(url)
      yield* first.inbox.put([other("a"), received("m")])
      yield* idle(first)
      const before = yield* first.log.read(0, 10)
      // as if it had died before the last step
      yield* first.sql`UPDATE interline_inbox SET due_at = 0, body = ${
        JSON.stringify({ _tag: "Unrecognized", carrierId: "linq", id: "a", kind: "a", raw: {} })
      } WHERE id = (SELECT MIN(id) FROM interline_inbox)`
      yield* idle(first)
      deepStrictEqual(yield* first.log.read(0, 10), before)
      deepStrictEqual(first.observed.map(kindOf), ["a", "Received", "a"])
    }))

  it.scoped("shares the work between the owners of its shards: each event once, and each chat in order", () =>
    Effect.gen(function*() {
      const [one, two] = yield* Effect.flatMap(fresh, openBoth)
      const chats = Array.from({ length: 20 }, (_, chat) => Array.from({ length: 10 }, (_, nth) => `${chat}.${nth}`))
      yield* Effect.forEach(chats, (ids, chat) =>
        Effect.forEach(ids, (id, nth) => (nth % 2 === 0 ? one : two).inbox.put([typing(`chat ${chat}`, id)])), {
        concurrency: 20,
        discard: true
      })
      yield* idle(one)
      const worked = [one, two].map(({ observed }) =>
        observed.map(({ id = "" }) =>
          id
        )
      )
      assert.isTrue(worked.every(({ length }) => length > 0))
      deepStrictEqual(chats.map((_, chat) => worked.flat().filter((id) => id.startsWith(`${chat}.`))), chats)
      deepStrictEqual((yield* logged(one)).length, 200)
    }))

  it.scoped("moves with its shard: what its former owner has in hand is told once, and the rest goes on in order", () =>
    Effect.gen(function*() {
      const url = yield* fresh
      const gate = yield* Effect.makeLatch()
      const [left, right] = [new Set(Shard.all), new Set<number>()]
      const one = yield* open(url, { owned: left, observe: ({ id }) => id === "a1" ? gate.await : Effect.void })
      const two = yield* open(url, { owned: right })
      yield* one.inbox.put([typing("a", "a1")])
      yield* isObserved(one)
      yield* one.inbox.put([typing("a", "a2"), typing("b", "b1")])
      for (const shard of left) right.add(shard)
      left.clear()
      yield* idle(two)
      deepStrictEqual(two.observed.map(({ id }) => id).filter((id) => id?.startsWith("a")), ["a1", "a2"])
      yield* gate.open
      yield* Effect.sleep("50 millis")
      deepStrictEqual(one.observed.map(({ id }) => id), ["a1"])
      deepStrictEqual((yield* logged(two)).length, 3)
    }))

  it.scoped("is paused for all processes, and takes opt-outs in meanwhile", () =>
    Effect.gen(function*() {
      const [one, two] = yield* Effect.flatMap(fresh, openBoth)
      yield* one.inbox.queue.pause
      yield* two.inbox.put([typing("a", "a1"), typing("b", "b1"), { _tag: "OptedOut", carrierId: linq, handle: ada, id: "out" }])
      yield* Effect.sleep("100 millis")
      deepStrictEqual([one, two].flatMap(({ observed }) => observed.map(({ id }) => id)), ["out"])
      const { pausedAt, waiting } = yield* two.inbox.queue.state
      deepStrictEqual([waiting, pausedAt === undefined], [3, false])
      yield* two.inbox.queue.resume
      yield* idle(one)
      deepStrictEqual((yield* logged(one)).toSorted(), ["OptedOut", "Typing", "Typing"])
    }))

  it.scoped("keeps what failed always, which can be listed, retried and dropped", () =>
    Effect.gen(function*() {
      let isBroken = true
      const process = yield* Effect.flatMap(
        fresh,
        (url) => open(url, { observe: () => isBroken ? Effect.dieMessage(secret) : Effect.void })
      )
      const { failed, queue } = process.inbox
      yield* queue.pause
      yield* process.inbox.put([received("m"), received("n", { from: bob })])
      yield* process.sql`UPDATE interline_inbox SET attempts = 7`
      yield* queue.resume
      yield* Effect.repeat(Effect.zipRight(Effect.sleep("20 millis"), queue.state), { until: ({ dead }) => dead === 2 }).pipe(
        Effect.timeout("50 seconds")
      )
      const letters = yield* failed(10)
      deepStrictEqual(letters.map(({ attempts, carrierId, kind, why }) => [carrierId, kind, attempts, why]), [
        [linq, "Received", 8, "RuntimeException"],
        [linq, "Received", 8, "RuntimeException"]
      ])
      assert.notInclude(JSON.stringify(letters), ada)
      isBroken = false
      const [one, other] = letters
      deepStrictEqual([yield* queue.drop(one?.id ?? ""), yield* queue.retryAll, yield* queue.retry(other?.id ?? "")], [true, 1, false])
      yield* idle(process)
      deepStrictEqual(yield* logged(process), ["Received"])
      deepStrictEqual(yield* process.sql`SELECT body, lane FROM interline_inbox WHERE body IS NOT NULL OR lane IS NOT NULL`, [])
    }).pipe(quiet))
})

overBoth("an event in the log", (it, fresh) => {
  const entries = (process: Process) =>
    Effect.map(process.log.read(0, 100), (all) => all.map(({ conversation, deliveryId }) => ({ conversation, deliveryId })))

  it.scoped("of a message of ours says which delivery, by its ref or by the key of its attempt", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, open)
      yield* delivered(process, 1, "ours")
      yield* process.ledger.open(Specimens.idle(2), 60_000)
      yield* process.ledger.save(Specimens.sending(2))
      yield* process.inbox.put([
        status("s1", "ours"),
        status("s2", "unanswered", { idempotencyKey: `${Specimens.id(2)}:1:0` }),
        status("s3", "of-nobody", { idempotencyKey: `${Specimens.id(3)}:1:0` }),
        { ...status("s4", "not-its-own", { idempotencyKey: `${Specimens.id(2)}:1:0` }), carrierId: sendblue },
        { _tag: "Edited", carrierId: linq, id: "e1", ref: MessageRef.make(linq, "ours"), part: 0, text: "x", byMe: true }
      ])
      yield* idle(process)
      const conversation = Specimens.conversation
      const all = new Map(
        (yield* process.log.read(0, 10)).map((
          { conversation, deliveryId, event }
        ) => [event.data._tag === "Status" || event.data._tag === "Edited" ? event.data.id : "", { conversation, deliveryId }])
      )
      deepStrictEqual(all.get("s1"), { conversation, deliveryId: Specimens.id(1) })
      deepStrictEqual(all.get("s2"), { conversation, deliveryId: Specimens.id(2) })
      deepStrictEqual(all.get("s3"), { conversation: undefined, deliveryId: undefined })
      deepStrictEqual(all.get("s4"), { conversation: undefined, deliveryId: undefined })
      deepStrictEqual(all.get("e1"), { conversation, deliveryId: Specimens.id(1) })
    }))

  it.scoped("that was faster than the answer of its send waits for that answer", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, open)
      yield* process.inbox.put([status("s1", "ours"), other("later")])
      yield* Effect.repeat(Effect.zipRight(Effect.sleep("20 millis"), logged(process)), { until: ({ length }) => length === 1 }).pipe(
        Effect.timeout("50 seconds")
      )
      yield* delivered(process, 1, "ours")
      yield* idle(process)
      deepStrictEqual((yield* entries(process)).map(({ deliveryId }) => deliveryId), [undefined, Specimens.id(1)])
    }))

  it.scoped("of an inbound message opens its conversation, and what its chat does next belongs to it", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, open)
      const chat = { carrierId: linq, id: "chat-1" }
      yield* process.inbox.put([
        received("m1", { chat }),
        { _tag: "Typing", carrierId: linq, id: "t1", chat, typing: true },
        {
          _tag: "Reaction",
          carrierId: linq,
          id: "r1",
          ref: MessageRef.make(linq, "m1"),
          change: "added",
          reaction: { reaction: Reaction.tapback("love"), isMine: false, raw: "love" }
        },
        received("m2", { from: bob, to: [numbers.sales], isGroup: false })
      ])
      yield* idle(process)
      deepStrictEqual((yield* entries(process)).map(({ conversation }) => conversation), [
        toAda,
        toAda,
        toAda,
        Conversation.direct(sales, bob)
      ])
      deepStrictEqual(yield* process.chats.find(linq, toAda), Option.some(chat))
      deepStrictEqual(yield* process.ids.findChat(yield* process.ids.toChatId(toAda)), Option.some(toAda))
    }))

  it.scoped("of a group belongs to the group if it is known, and to nobody if not", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, open)
      const group = yield* process.ids.openGroup(support, [ada, bob])
      yield* process.chats.bind(group, { carrierId: linq, id: "group-chat" })
      yield* process.inbox.put([
        received("m1", { chat: { carrierId: linq, id: "group-chat" }, isGroup: true, to: [numbers.support, bob] }),
        received("m2", { chat: { carrierId: linq, id: "another" }, isGroup: true, to: [numbers.support, bob] }),
        received("m3", { to: [Handle.phone("+12025550999")] })
      ])
      yield* idle(process)
      deepStrictEqual((yield* entries(process)).map(({ conversation }) => conversation), [group, undefined, undefined])
    }))

  it.scoped("of the router is one that a person would want to know of, with its delivery's conversation", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, open)
      yield* delivered(process, 1, "ours")
      yield* Effect.sleep("50 millis")
      const deliveryId = Specimens.id(1)
      const decisions: ReadonlyArray<RouterEvent> = [
        { _tag: "Concluded", deliveryId, at: 0, outcome: "accepted", attempts: 1 },
        { _tag: "Concluded", deliveryId, at: 0, outcome: "not-sent", attempts: 2 },
        { _tag: "Started", deliveryId, at: 1, route: [], why: "" },
        { _tag: "FailedOver", deliveryId, at: 2, from: linq, to: sendblue, line: support, why: "" },
        { _tag: "BreakerOpened", at: 3, carrierId: linq, line: support, until: 4, why: "" }
      ]
      yield* Effect.forEach(decisions, process.decide)
      yield* Effect.repeat(Effect.zipRight(Effect.sleep("20 millis"), logged(process)), { until: ({ length }) => length === 3 }).pipe(
        Effect.timeout("50 seconds")
      )
      deepStrictEqual(yield* logged(process), ["Concluded", "FailedOver", "BreakerOpened"])
      deepStrictEqual(yield* entries(process), [
        { conversation: Specimens.conversation, deliveryId },
        { conversation: Specimens.conversation, deliveryId },
        { conversation: undefined, deliveryId: undefined }
      ])
    }))
})

/** What the log tells of statuses: the vendor's own, the folded one, and whether it takes a failure back. */
const statuses = ({ log }: Process) =>
  Effect.map(
    log.read(0, 1_000),
    (entries) =>
      entries.flatMap(({ corrected, event, status }) =>
        event.kind === "carrier" && event.data._tag === "Status"
          ? [[event.data.fact.status, status, ...(corrected === true ? ["corrected"] : [])].join(" ")]
          : []
      )
  )

const fact = (
  id: string,
  of: string,
  word: DeliveryStatus.StatusFact["status"],
  more: Partial<MessagingEvent & { readonly _tag: "Status" }> = {}
): MessagingEvent => status(id, of, { fact: { ref: MessageRef.make(linq, of), status: word }, ...more })

overBoth("a reaction that names no message", (it, fresh) => {
  it.scoped("is in the conversation of its line and its person, and in no other one if it is in a chat", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, open)
      const reaction: MessagingEvent = {
        _tag: "Reaction",
        carrierId: linq,
        line: numbers.support,
        change: "added",
        reaction: { reaction: { _tag: "Tapback", tapback: "love" }, from: ada, isMine: false, raw: "Loved “hi”" }
      }
      yield* process.inbox.put([reaction, { ...reaction, chat: { carrierId: linq, id: "a group" } }])
      yield* idle(process)
      const entries = yield* process.log.read(0, 10)
      deepStrictEqual(entries.map(({ conversation }) => conversation), [toAda, undefined])
    }))
})

overBoth("the statuses of a message", (it, fresh) => {
  it.scoped("never go back and are never told twice, whatever order they come in; each says the folded one", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, open)
      yield* delivered(process, 1, "m")
      for (const [nth, word] of (["sent", "queued", "delivered", "sent", "delivered", "pending", "read", "delivered"] as const).entries()) {
        yield* process.inbox.put([fact(`e${nth}`, "m", word)])
        yield* idle(process)
      }
      deepStrictEqual(yield* statuses(process), ["sent sent", "delivered delivered", "read read"])
      yield* process.inbox.put([
        fact("a", "of another program", "delivered"),
        fact("b", "of another program", "sent"),
        fact("c", "of another program", "read")
      ])
      yield* idle(process)
      deepStrictEqual((yield* statuses(process)).slice(3), ["delivered delivered", "read read"])
    }))

  it.scoped("are told after a failure as a correction, and a failure after them is not told", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, open)
      yield* process.inbox.put([fact("1", "a", "sent"), fact("2", "a", "failed"), fact("3", "a", "delivered"), fact("4", "a", "read")])
      yield* process.inbox.put([fact("5", "b", "delivered"), fact("6", "b", "failed")])
      yield* idle(process)
      yield* process.inbox.put([fact("7", "c", "failed")])
      yield* idle(process)
      yield* process.inbox.put([fact("8", "c", "delivered")])
      yield* idle(process)
      deepStrictEqual(yield* statuses(process), [
        ...["sent sent", "failed failed", "delivered delivered corrected", "read read corrected"],
        "delivered delivered",
        ...["failed failed", "delivered delivered corrected"]
      ])
    }))

  it.scoped("hold no hint: it reaches the router, and is not told", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, open)
      yield* delivered(process, 1, "m")
      const key = `${Specimens.id(1)}:1:0`
      yield* process.inbox.put([
        fact("hint", "m", "pending", { idempotencyKey: key }),
        fact("own", "m", "delivered"),
        fact("late hint", "m", "pending", { idempotencyKey: key })
      ])
      yield* idle(process)
      deepStrictEqual(process.observed.map(({ id }) => id).toSorted(), ["hint", "late hint", "own"])
      deepStrictEqual(yield* statuses(process), ["delivered delivered"])
    }))

  it.scoped("never go back where two processes take webhooks at once", () =>
    Effect.gen(function*() {
      const url = yield* fresh
      const [one, two] = yield* openBoth(url)
      const words = ["read", "sent", "delivered", "queued", "failed", "delivered", "sent", "read"] as const
      yield* Effect.all(
        Array.from({ length: 12 }, (_, message) =>
          Effect.forEach(words, (word, nth) =>
            ((message + nth) % 2 === 0 ? one : two).inbox.put([fact(`${message}-${nth}`, `m${message}`, word)]), {
            concurrency: "unbounded"
          })),
        { concurrency: "unbounded" }
      )
      yield* idle(one)
      yield* idle(two)
      yield* Effect.sleep("100 millis")
      const entries = yield* one.log.read(0, 1_000)
      for (let message = 0; message < 12; message += 1) {
        const told = entries.flatMap(({ event, status: folded }) =>
          event.kind === "carrier" && event.data._tag === "Status" && event.data.fact.ref.id === `m${message}`
            ? [[DeliveryStatus.ranks[event.data.fact.status], DeliveryStatus.ranks[folded ?? "pending"]]]
            : []
        )
        deepStrictEqual(
          told,
          told.toSorted(([a = 0], [b = 0]) =>
            a - b
          )
        )
        deepStrictEqual(told.at(-1), [DeliveryStatus.ranks.read, DeliveryStatus.ranks.read])
        assert.strictEqual(new Set(told.map(([rank]) => rank)).size, told.length)
        assert.isTrue(told.every(([rank, folded]) => rank === folded))
      }
    }))

  it.scoped("are told again to whoever was not told, when a process died after writing them down", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, open)
      const entry = { at: 1, status: "delivered", event: { kind: "carrier", data: fact("1", "m", "delivered") } } as const
      const [first] = yield* process.log.append([entry], ["inbox/1"])
      const [again, ...none] = yield* process.log.append([entry, entry], ["inbox/1", "inbox/2"])
      deepStrictEqual(again, first)
      deepStrictEqual(none, [])
    }))
})
