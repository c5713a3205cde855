/** Two members of a cluster over one PostgreSQL, with sockets between them: who has what, who runs what, and what becomes of it when one ends. */
import * as PgClient from "@effect/sql-pg/PgClient"
import { layer } from "@effect/vitest"
import { assertLeft, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Cluster from "@interline/cluster/Cluster"
import * as CarrierId from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as MessagingError from "@interline/core/MessagingError"
import * as SendError from "@interline/core/SendError"
import type * as LineAuthority from "@interline/router/LineAuthority"
import * as Ownership from "@interline/router/Ownership"
import * as Runner from "@interline/router/Runner"
import * as Shard from "@interline/router/Shard"
import * as SharedHealth from "@interline/router/SharedHealth"
import * as RecordingServer from "@interline/testkit/RecordingServer"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Net from "node:net"
import * as Relay from "../chaos/relay.ts"
import { Postgres } from "../sql/databases.ts"
import * as FakeRunner from "./fakeRunner.ts"

const { deliveryOf, idOf } = FakeRunner

const until = (isTrue: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => isTrue() ? Effect.void : Effect.delay(until(isTrue), "20 millis"))

const conversationOf = (person: number) => Conversation.direct(Line.name("support"), Handle.make(`+1202555${1000 + person}`))

const prepared = (person: number) => ({ conversation: conversationOf(person), draft: Draft.text("hello"), fidelity: "adapt" } as const)

const shardOf = (person: number) => Shard.of(Conversation.key(conversationOf(person)))

interface MemberOptions {
  readonly sendWithin?: number
  /** It takes no shard before this ends. */
  readonly mayTake?: Effect.Effect<void>
  /** It gives no shard up before this ends. */
  readonly mayRelease?: Effect.Effect<void>
  readonly join?: Effect.Effect<void>
}

/** A member that answers each send with its own name. */
const member = (
  url: string,
  name: string,
  run: FakeRunner.Run,
  { join = Effect.void, mayRelease = Effect.void, mayTake = Effect.void, sendWithin }: MemberOptions = {}
) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
    const context = yield* Scope.extend(Layer.build(Cluster.layer({ database: Redacted.make(url), host: "127.0.0.1", join })), scope)
    const { asked, local } = FakeRunner.make(run, sendWithin)
    const place = Context.get(context, Runner.Runner)
    const waiting = {
      ...local,
      acquire: (...given: Parameters<typeof local.acquire>) => Effect.zipRight(mayTake, local.acquire(...given)),
      release: (...given: Parameters<typeof local.release>) => Effect.zipRight(mayRelease, local.release(...given))
    }
    const runner = yield* Scope.extend(place(waiting), scope)
    return {
      asked,
      cluster: Context.get(context, Cluster.Cluster),
      end: Scope.close(scope, Exit.void),
      local,
      name,
      port: (yield* Context.get(context, Cluster.Cluster).inspect).address.split(":").at(-1),
      seat: Context.get(context, SharedHealth.SharedHealth) ?? (() => Effect.dieMessage("it shares no health")),
      ownership: Context.get(context, Ownership.Ownership),
      runner
    }
  })

/** It takes connections, reads what comes, and never says a word: a process that stands still. */
const silentServer = Effect.gen(function*() {
  const sockets = new Set<Net.Socket>()
  const server = Net.createServer((socket) => {
    sockets.add(socket)
    socket.on("error", () => socket.destroy()).resume()
  })
  yield* Effect.addFinalizer(() => Effect.sync(() => sockets.forEach((socket) => socket.destroy())))
  return { port: yield* RecordingServer.listen(server), connections: () => sockets.size }
})

const request: LineAuthority.Request = {
  process: "one",
  seq: 1,
  changes: [],
  took: 0,
  slots: 0,
  held: 0,
  contacts: 0,
  back: [],
  probe: false,
  probeBack: false
}

const written = Schema.encodeSync(SendError.NotSent)

const anyway: FakeRunner.Run = (id) => Effect.succeed(deliveryOf(id))

const balanced = (members: ReadonlyArray<{ readonly local: Runner.LocalRunner }>): Effect.Effect<void> =>
  until(() =>
    members.reduce((sum, { local }) => sum + local.epochs().size, 0) === Shard.count &&
    members.every(({ local }) => local.epochs().size > 0)
  )

layer(Postgres.Default, { excludeTestServices: true, timeout: "2 minutes" })("members of a cluster", (it) => {
  it.scoped("share the shards, run each send at its owner, and answer what the owner answers", () =>
    Effect.gen(function*() {
      const url = yield* Effect.flatMap(Postgres, ({ database }) => database)
      const refusal = new SendError.NotSent({
        deliveryId: idOf(7),
        losses: [],
        attempts: [],
        error: MessagingError.make("Unavailable", { operation: "send", certainty: "not-sent", next: "retry", detail: "it rests" })
      })
      const run: FakeRunner.Run = (id) => id === idOf(7) ? Effect.fail(refusal) : Effect.succeed(deliveryOf(id))
      const [one, two] = [yield* member(url, "one", run), yield* member(url, "two", run)]
      yield* balanced([one, two])
      const people = Array.from({ length: 20 }, (_, person) => person)
      const answers = yield* Effect.forEach(people, (person) => Effect.either(one.runner.run(idOf(person), prepared(person))), {
        concurrency: 5
      })
      for (const person of people) {
        const owner = one.local.epochs().has(shardOf(person)) ? one : two
        strictEqual(owner.asked.runs.includes(idOf(person)), true, `send ${person} ran at its owner`)
      }
      strictEqual(one.asked.runs.length + two.asked.runs.length, people.length)
      strictEqual(one.asked.runs.length > 0 && two.asked.runs.length > 0, true)
      const left = Option.getOrThrow(Option.flatMap(Option.fromNullable(answers[7]), Either.getLeft))
      strictEqual(left._tag, "NotSent")
      // an error has a stack of its own in each process
      deepStrictEqual(left._tag === "NotSent" ? written(left) : undefined, written(refusal))
      deepStrictEqual(
        answers.flatMap((answer) => answer._tag === "Right" ? [answer.right.id] : []),
        people.filter((one) => one !== 7).map(idOf)
      )
    }), 60_000)

  it.scoped(
    "listen at an address of their own, whatever the programs' HOST and PORT are, and hold two connections each",
    () =>
      Effect.gen(function*() {
        const url = yield* Effect.flatMap(Postgres, ({ database }) => database)
        const names = new Map([["HOST", "0.0.0.0"], ["PORT", "1"]])
        const members = yield* Effect.forEach(["one", "two"], (name) => member(url, name, anyway)).pipe(
          Effect.withConfigProvider(ConfigProvider.fromMap(names))
        )
        yield* balanced(members)
        const addresses = yield* Effect.forEach(members, ({ cluster }) => Effect.map(cluster.inspect, ({ address }) => address))
        deepStrictEqual(addresses.filter((address) => /^127\.0\.0\.1:\d{4,5}$/.test(address)).length, 2)
        strictEqual(new Set(addresses).size, 2)
        const sql = yield* Layer.build(PgClient.layer({ url: Redacted.make(url), maxConnections: 1 }))
        const [held] = yield* Effect.provide(
          Effect.flatMap(
            PgClient.PgClient,
            (sql) =>
              sql<{ readonly many: number }>`SELECT count(*)::integer AS many FROM pg_stat_activity
              WHERE application_name = 'interline cluster' AND datname = current_database()`
          ),
          sql
        )
        strictEqual(held?.many, 4)
      }),
    60_000
  )

  it.scoped("take their shards again although they lost their locks while they took them", () =>
    Effect.gen(function*() {
      const direct = new URL(yield* Effect.flatMap(Postgres, ({ database }) => database))
      const way = yield* Relay.make(Number(direct.port))
      direct.port = String(way.port)
      const isLost = yield* Effect.makeLatch(false)
      const logger = Logger.make(({ message }) => {
        if (String(message).includes("Shard lock storage is unhealthy")) isLost.unsafeOpen()
      })
      const mayTake = yield* Effect.makeLatch(false)
      let isTaking = false
      const taking = Effect.suspend(() => {
        isTaking = true
        return mayTake.await
      })
      const one = yield* Effect.provide(
        member(direct.href, "one", anyway, { mayTake: taking }),
        Logger.replace(Logger.defaultLogger, logger)
      )
      yield* until(() => isTaking)
      yield* way.cut
      yield* isLost.await
      yield* way.mend
      yield* mayTake.open
      yield* until(() => one.local.epochs().size === Shard.count)
    }), 60_000)

  it.scoped(
    "call each other past the engine's entities, and show what the owner does below the span of the caller",
    () =>
      Effect.gen(function*() {
        const url = yield* Effect.flatMap(Postgres, ({ database }) => database)
        const above: Array<string | undefined> = []
        const run: FakeRunner.Run = (id) =>
          Effect.tap(
            Effect.succeed(deliveryOf(id)),
            () => Effect.map(Effect.option(Effect.currentParentSpan), (span) => above.push(Option.getOrUndefined(span)?.spanId))
          )
        const [one, two] = [yield* member(url, "one", run), yield* member(url, "two", run)]
        yield* balanced([one, two])
        const theirs = Array.from({ length: 100 }, (_, number) => number).filter((number) => two.local.epochs().has(shardOf(number)))
        const [first = -1, second = -1] = theirs
        const spanId = yield* Effect.withSpan(
          Effect.zipRight(
            one.runner.run(idOf(first), prepared(first)),
            Effect.map(Effect.currentSpan, ({ spanId }) => spanId)
          ),
          "the caller"
        )
        yield* Effect.withTracerEnabled(one.runner.run(idOf(second), prepared(second)), false)
        deepStrictEqual([two.asked.runs, above], [[first, second].map(idOf), [spanId, undefined]])
      }),
    60_000
  )

  it.scoped("go on with the shards of one that leaves, and let no send of it be lost", () =>
    Effect.gen(function*() {
      const url = yield* Effect.flatMap(Postgres, ({ database }) => database)
      const [one, two] = [
        yield* member(url, "one", anyway),
        yield* member(url, "two", (id) => Effect.delay(Effect.succeed(deliveryOf(id)), "100 millis"))
      ]
      yield* balanced([one, two])
      const person = Array.from({ length: 100 }, (_, number) => number).find((number) => two.local.epochs().has(shardOf(number))) ?? -1
      const before = yield* Effect.fork(one.runner.run(idOf(person), prepared(person)))
      yield* until(() => two.asked.runs.length === 1)
      yield* two.runner.drain(5_000)
      yield* two.end
      deepStrictEqual(yield* Effect.flatten(before.await), deliveryOf(idOf(person)))
      deepStrictEqual(yield* one.runner.run(idOf(500), prepared(person)), deliveryOf(idOf(500)))
      yield* until(() => one.local.epochs().size === Shard.count)
      // an answer may be cut off with its connection: then its send is asked for again under its id, and the ledger makes both one
      deepStrictEqual(one.asked.runs.filter((id) => id !== idOf(person)), [idOf(500)])
    }), 60_000)

  it.scoped("end although somebody connects all the time", () =>
    Effect.gen(function*() {
      const url = yield* Effect.flatMap(Postgres, ({ database }) => database)
      const one = yield* member(url, "one", anyway)
      const sockets = new Set<Net.Socket>()
      const connect = () => {
        const socket = Net.connect(Number(one.port), "127.0.0.1")
        socket.on("error", () => sockets.delete(socket))
        sockets.add(socket)
      }
      const timer = setInterval(connect, 1)
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          clearInterval(timer)
          sockets.forEach((socket) => socket.destroy())
        })
      )
      yield* one.end
    }), 60_000)

  it.scoped("say nothing of their number while the last one ends, however long that takes", () =>
    Effect.gen(function*() {
      const url = yield* Effect.flatMap(Postgres, ({ database }) => database)
      const said: Array<string> = []
      const logger = Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ message }) => {
          if (String(message).includes("runners")) said.push(String(message))
        })
      )
      const mayRelease = yield* Effect.makeLatch(false)
      const one = yield* Effect.provide(member(url, "one", anyway, { mayRelease: mayRelease.await }), logger)
      yield* until(() => one.local.epochs().size === Shard.count)
      const sql = yield* Effect.map(
        Layer.build(PgClient.layer({ url: Redacted.make(url), maxConnections: 1 })),
        (context) => Context.get(context, PgClient.PgClient)
      )
      /** When the engine asked for the processes last, if it still does although this one is not among them any more. */
      const asked = Effect.map(
        sql<{ readonly at: string | null }>`SELECT max(query_start)::text AS at FROM pg_stat_activity
          WHERE application_name = 'interline cluster' AND query LIKE '%interline_cluster_runners%'
            AND datname = current_database() AND NOT EXISTS (SELECT 1 FROM interline_cluster_runners)`,
        ([row]) => row?.at ?? undefined
      )
      const ending = yield* Effect.fork(one.runner.drain(5_000))
      const times = new Set<string>()
      const look = Effect.map(Effect.delay(asked, "20 millis"), (at) => at === undefined ? times.size : times.add(at).size)
      // its end has a limit
      yield* Effect.raceFirst(Effect.repeat(look, { until: (many) => many > 2 }), ending.await)
      yield* mayRelease.open
      yield* ending.await
      deepStrictEqual(said, [])
    }), 60_000)

  it.scoped("give no shard to one that has not joined, and answer all its sends when it has", () =>
    Effect.gen(function*() {
      const url = yield* Effect.flatMap(Postgres, ({ database }) => database)
      const one = yield* member(url, "one", anyway)
      yield* until(() => one.local.epochs().size === Shard.count)
      const mayJoin = yield* Effect.makeLatch(false)
      let asked = 0
      const join = Effect.suspend(() => {
        asked += 1
        return mayJoin.await
      })
      const two = yield* member(url, "two", anyway, { join })
      const waiting = yield* Effect.forEach([1, 2, 3], (person) => Effect.fork(two.runner.run(idOf(person), prepared(person))))
      // the engine gives up after some seconds, and asks again
      yield* until(() => asked === 2)
      deepStrictEqual(
        [one.local.epochs().size, two.local.epochs().size, (yield* two.cluster.inspect).joined, one.asked.runs.length],
        [Shard.count, 0, false, 0]
      )
      deepStrictEqual(yield* one.runner.run(idOf(500), prepared(500)), deliveryOf(idOf(500)), "the other one is not held up")
      yield* mayJoin.open
      deepStrictEqual(yield* Effect.forEach(waiting, (fiber) => Effect.flatten(fiber.await)), [1, 2, 3].map(idOf).map(deliveryOf))
      yield* balanced([one, two])
      strictEqual((yield* two.cluster.inspect).joined, true)
    }), 60_000)

  it.scoped("do not wait for one that stands still after another one has its shards", () =>
    Effect.gen(function*() {
      const url = yield* Effect.flatMap(Postgres, ({ database }) => database)
      const one = yield* member(url, "one", anyway)
      yield* until(() => one.local.epochs().size === Shard.count)
      const exchange = yield* one.seat({ open: () => Effect.succeed({ exchange: () => Effect.succeed(undefined) }) })
      const sql = yield* Effect.map(
        Layer.build(PgClient.layer({ url: Redacted.make(url), maxConnections: 1 })),
        (context) => Context.get(context, PgClient.PgClient)
      )
      // it takes connections and calls, and never says a word
      const silent = yield* silentServer
      yield* sql`
        INSERT INTO interline_cluster_runners (address, runner, healthy, last_heartbeat)
        SELECT replace(address, ${`:${one.port}`}, ${`:${silent.port}`}), replace(runner, ${String(one.port)}, ${String(silent.port)}),
          true, now() + interval '1 hour'
        FROM interline_cluster_runners
      `
      yield* until(() => one.local.epochs().size < Shard.count)
      const theirs = Array.from({ length: 100 }, (_, number) => number).filter((number) => !one.local.epochs().has(shardOf(number)))
      const [first = -1, second = -1] = theirs
      const sends = yield* Effect.forEach([first, second], (person) =>
        Effect.fork(one.runner.run(idOf(person), { ...prepared(person), ...(person === second ? { key: "order-17" } : {}) })))
      yield* until(() =>
        silent.connections() > 0
      )
      const lines = Array.from({ length: 8 }, (_, number) => ({ carrierId: CarrierId.make("linq"), line: Line.name(`line-${number}`) }))
      const asking = yield* Effect.fork(
        Effect.disconnect(Effect.forEach(lines, (place) => exchange(place, request), { concurrency: "unbounded" }))
      )
      strictEqual((yield* Effect.timeoutOption(Effect.fromFiber(asking), "10 seconds"))._tag, "Some", "a line is asked again")
      yield* sql`DELETE FROM interline_cluster_runners WHERE address LIKE ${`%:${silent.port}`}`
      deepStrictEqual(
        yield* Effect.forEach(sends, (fiber) => Effect.flatten(fiber.await)).pipe(Effect.timeoutOption("10 seconds")),
        Option.some([first, second].map((person) => deliveryOf(idOf(person))))
      )
      deepStrictEqual(one.asked.recalled, [])
    }), 60_000)

  it.scoped("refuse the calls of a process that does not know their secret", () =>
    Effect.gen(function*() {
      const url = yield* Effect.flatMap(Postgres, ({ database }) => database)
      const one = yield* member(url, "one", anyway)
      yield* until(() => one.local.epochs().size === Shard.count)
      const sql = yield* Layer.build(PgClient.layer({ url: Redacted.make(url), maxConnections: 1 }))
      yield* Effect.provide(
        Effect.flatMap(PgClient.PgClient, (sql) => sql`UPDATE interline_cluster_secret SET secret = 'another one'`),
        sql
      )
      const two = yield* member(url, "two", anyway, { sendWithin: 1_000 })
      yield* balanced([one, two])
      const person = Array.from({ length: 100 }, (_, number) => number).find((number) => one.local.epochs().has(shardOf(number))) ?? -1
      assertLeft(yield* Effect.either(two.runner.run(idOf(1), prepared(person))), SendError.invalid(idOf(1), []))
      deepStrictEqual([one.asked.runs, two.asked.recalled], [[], [idOf(1)]])
    }), 60_000)
})
