/**
 * A rollout under two gateways on one PostgreSQL, each a process of its own, with sends through both. The phones say who was written to from
 * which number. Processes are killed in the middle of changes.
 */
import { layer } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Conversation from "@interline/core/Conversation"
import * as Handle from "@interline/core/Handle"
import { LineName } from "@interline/core/Line"
import * as Route from "@interline/router/Route"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { inject } from "vitest"
import * as Client from "../chaos/client.ts"
import * as Judge from "../chaos/judge.ts"
import * as Load from "../chaos/load.ts"
import * as Message from "../chaos/message.ts"
import * as Stage from "../chaos/stage.ts"
import * as World from "../chaos/world.ts"
import { quiet } from "../support/router.ts"
import { numbers } from "../support/sandbox.ts"

class Shared
  extends Effect.Service<Shared>()("test/cluster/Shared", { scoped: Effect.suspend(() => quiet(Stage.make(inject("folder")))) })
{}

const words = "We write from this number now."

const policyOf = (guardrails: object) => ({
  prefer: ["sendblue", "linq"],
  rules: [],
  rollout: {
    from: "sendblue",
    to: "linq",
    steps: [0.3, 0.6, 1].map((share) => ({ share, moves: "new and existing" })),
    continuation: words,
    guardrails
  }
})

/** How many people there are. */
const many = 16

const conversations = Array.from({ length: many }, (_, conversation) => conversation)

const positionOf = (conversation: number): number =>
  Route.positionOf(Conversation.direct(LineName.make("support"), Handle.make(Message.handle(conversation))))

interface Shown {
  readonly phase: string
  readonly step: number
  readonly share: number
  readonly changes: ReadonlyArray<{ readonly action: string; readonly actor: string; readonly reason: string }>
}

interface Answer {
  readonly status: number
  readonly body: Shown
}

/** Asks a process. Undefined if it did not answer. */
const ask = (world: World.World, process: number, path: string, body?: object): Effect.Effect<Answer | undefined> =>
  Effect.promise(() =>
    fetch(`${world.process(process).url}/v1/rollout${path}`, {
      headers: { authorization: `Bearer ${World.apiKey}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) })
    }).then(async (answer) => ({ status: answer.status, body: await answer.json() as Shown }), () => undefined)
  )

const change = (world: World.World, process: number, action: string, more: object = {}) =>
  ask(world, process, `/${action}`, { reason: `${action} at ${process}`, ...more })

/** What the database has of changes, and of events about them. */
const known = ({ database }: World.World) =>
  Effect.all({
    changes: Effect.map(
      database.rows("SELECT action, actor, reason, announced FROM interline_rollout_changes ORDER BY version"),
      (rows) => rows.map(({ action, actor, reason }) => [action, actor, reason])
    ),
    open: Effect.map(database.rows("SELECT version FROM interline_rollout_changes WHERE announced = 0"), ({ length }) => length),
    events: Effect.map(
      database.rows("SELECT body FROM interline_events WHERE body LIKE '%RolloutChanged%' ORDER BY id"),
      (rows) =>
        rows.map(({ body }) => {
          const { event: { data: { action, actor, why } } } = JSON.parse(String(body)) as {
            readonly event: { readonly data: { readonly action: string; readonly actor: string; readonly why: string } }
          }
          return [action, actor, why]
        })
    )
  })

const until = <A>(look: Effect.Effect<A>, isSo: (found: A) => boolean, within = 120_000): Effect.Effect<A> =>
  Effect.suspend(() => {
    const since = performance.now()
    return Effect.repeat(Effect.delay(look, "100 millis"), { until: (found) => isSo(found) || performance.now() - since > within })
  })

interface Got {
  readonly number: number
  readonly from: string
  readonly hasWords: boolean
}

/** What a person got, in its order. */
const gotOf = (world: World.World, conversation: number): Effect.Effect<ReadonlyArray<Got>> =>
  Effect.map(world.sandbox.network.phone(Message.handle(conversation)), ({ messages }) =>
    messages.flatMap(({ from, text }) => {
      const message = Message.find(text ?? "none")
      return message === undefined ? [] : [{ number: message.number, from, hasWords: text?.startsWith(words) === true }]
    }))

/** Whom a change of the number was not told, or who was told of none. */
const mistold = (got: ReadonlyArray<Got>): ReadonlyArray<Got> =>
  got.filter((one, index) => one.hasWords !== (index > 0 && got[index - 1]?.from !== one.from))

layer(Shared.Default, { excludeTestServices: true, timeout: "2 minutes" })("a rollout of two processes", (it) => {
  it.scoped(
    "moves exactly the new ones with each step, from whichever process, tells each change of a number once, and loses nobody",
    () =>
      Effect.gen(function*() {
        const world = yield* World.make(yield* Shared, { processes: 2, policy: policyOf({ every: "1 hour", minimum: 1_000 }) })
        yield* World.balanced(world)
        const client = yield* Client.make(world)
        const stop = yield* Load.steady(world, client, { conversations: many, pause: 50, isKeyed: () => true })
        const isAnswered = ({ endedAt }: Client.Sent) => endedAt !== undefined
        /** Waits until everybody was written to twice by sends that began after now, and says which messages these are. */
        const round = Effect.gen(function*() {
          const since = performance.now()
          const own = () => client.sent.filter((sent) => sent.at > since && isAnswered(sent))
          const sent = yield* until(
            Effect.sync(own),
            (all) => conversations.every((conversation) => all.filter((sent) => sent.conversation === conversation).length > 1)
          )
          return new Set(sent.map(Message.name))
        })
        const rounds: Array<{ readonly share: number; readonly names: ReadonlySet<string> }> = []
        const step = (process: number, action: string, share: number, more: object = {}) =>
          Effect.gen(function*() {
            const answer = yield* change(world, process, action, { anyway: true, ...more })
            strictEqual(answer?.status, 200, `${action} at ${process}: ${JSON.stringify(answer)}`)
            // the other one says the same
            const other = yield* ask(world, 1 - process, "")
            deepStrictEqual(other?.body.changes[0], answer?.body.changes[0])
            rounds.push({ share, names: yield* round })
          })
        rounds.push({ share: 0, names: yield* round })
        yield* step(0, "start", 0.3)
        yield* step(1, "advance", 0.6)
        yield* step(0, "pause", 0.6)
        yield* step(1, "resume", 0.6)
        yield* step(0, "advance", 1)
        yield* step(1, "back", 0.3, { step: 1 })
        yield* step(0, "back", 0, { step: 0 })
        yield* stop
        const verdict = yield* Judge.judge(world, client)
        deepStrictEqual(verdict.broken, [])
        strictEqual(verdict.sent, verdict.sends)
        const shares = new Set(conversations.map(positionOf).map((position) => position < 0.3 ? 0.3 : position < 0.6 ? 0.6 : 1))
        strictEqual(shares.size, 3, "somebody is in each step")
        for (const conversation of conversations) {
          const got = yield* gotOf(world, conversation)
          deepStrictEqual(mistold(got), [])
          const position = positionOf(conversation)
          for (const { names, share } of rounds) {
            const during = got.filter(({ number }) => names.has(Message.name({ conversation, number })))
            const home = position < share ? numbers.linq : numbers.sendblue
            deepStrictEqual(Array.from(new Set(during.map(({ from }) => from))), [home], `${conversation} at ${position}, share ${share}`)
          }
          // there and back
          strictEqual(got.filter(({ hasWords }) => hasWords).length, 2)
        }
      }),
    300_000
  )

  it.scoped(
    "is changed once, and published once, although a process dies in the middle of it, and of a guardrail's pause",
    () =>
      Effect.gen(function*() {
        const world = yield* World.make(yield* Shared, {
          processes: 2,
          preload: () => "die.mjs",
          policy: policyOf({ every: 100, minimum: 1, notSent: 0.01 })
        })
        yield* World.balanced(world)
        const client = yield* Client.make(world)
        let number = 0
        /** Writes to everybody, through both processes. */
        const talk = Effect.suspend(() => {
          const next = number++
          return Effect.forEach(
            conversations,
            (conversation) => client.send({ conversation, number: next }, { process: conversation % 2, isKeyed: true, patience: 150_000 }),
            { concurrency: 4, discard: true }
          )
        })
        const homes = Effect.map(
          Effect.forEach(conversations, (conversation) => Effect.map(gotOf(world, conversation), (got) => got.at(-1)?.from)),
          (all) => all.filter((from) => from === numbers.linq).length
        )
        const expected = (share: number) => conversations.filter((conversation) => positionOf(conversation) < share).length
        const insert = "INSERT INTO interline_rollout_changes"
        const event = "INSERT INTO interline_events"
        /** A change that its process does not survive. */
        const dying = (
          process: number,
          action: string,
          statement: { readonly text: string; readonly when: "before" | "after" },
          values = ""
        ) =>
          Effect.gen(function*() {
            const died = yield* world.process(process).dieAt({ ...statement, values })
            const asked = yield* Effect.fork(change(world, process, action, { anyway: true }))
            yield* died
            yield* Fiber.join(asked)
            yield* world.process(process).start
            yield* World.ready(world.process(process))
          })
        yield* talk
        // nothing was written
        yield* dying(0, "start", { text: insert, when: "before" })
        deepStrictEqual((yield* known(world)).changes, [])
        // the change is there, and nobody was told
        yield* dying(0, "start", { text: insert, when: "after" })
        yield* talk
        strictEqual(yield* homes, expected(0.3))
        // the event is not written yet
        yield* dying(1, "advance", { text: event, when: "before" }, "RolloutChanged")
        yield* talk
        strictEqual(yield* homes, expected(0.6))
        // the event is written, and nobody noted it
        yield* dying(0, "pause", { text: event, when: "after" }, "RolloutChanged")
        yield* change(world, 1, "resume")
        yield* talk
        strictEqual(yield* homes, expected(0.6))

        // the new vendor takes no messages of either, and whichever of them pauses the rollout does not survive it
        yield* world.sandbox.network.addFault({
          vendor: "linq",
          kind: "429",
          retryAfter: 3600,
          match: { method: "POST" },
          times: "forever"
        })
        const deaths = yield* Effect.forEach(
          [0, 1],
          (process) =>
            Effect.map(
              world.process(process).dieAt({ text: insert, values: "guardrail", when: "after" }),
              (died) => Effect.as(died, process)
            )
        )
        const talking = yield* Effect.fork(talk)
        const dead = yield* Effect.raceAll(deaths)
        // what the dead one had begun is asked for again, and that must get an answer
        yield* world.sandbox.network.clearFaults()
        yield* Fiber.join(talking)
        const paused = yield* ask(world, 1 - dead, "")
        deepStrictEqual([paused?.body.phase, paused?.body.changes[0]?.actor], ["paused", "guardrail"])
        yield* world.process(dead).start
        yield* World.ready(world.process(dead))
        yield* talk

        const { changes, events } = yield* until(known(world), ({ open }) => open === 0)
        deepStrictEqual(changes.map(([action, actor]) => [action, actor]), [
          ["start", "chaos"],
          ["advance", "chaos"],
          ["pause", "chaos"],
          ["resume", "chaos"],
          ["pause", "guardrail"]
        ])
        // one event for each, with the same reason; those of the dead are late
        deepStrictEqual(events.toSorted(), changes.toSorted())
        const verdict = yield* Judge.judge(world, client)
        deepStrictEqual(verdict.broken, [])
        for (const conversation of conversations) {
          const got = yield* gotOf(world, conversation)
          strictEqual(new Set(got.map(({ number }) => number)).size, got.length)
        }
      }),
    300_000
  )

  it.scoped(
    "says the words once although the process dies that moves somebody, before or after the new vendor has the message",
    () =>
      Effect.gen(function*() {
        const world = yield* World.make(yield* Shared, { processes: 2, policy: policyOf({ every: "1 hour", minimum: 1_000 }) })
        yield* World.balanced(world)
        const client = yield* Client.make(world)
        const moving = conversations.filter((conversation) => positionOf(conversation) < 0.3).slice(0, 2)
        strictEqual(moving.length, 2)
        const options = { process: 0, isKeyed: true, patience: 150_000 }
        yield* Effect.forEach(moving, (conversation) => client.send({ conversation, number: 0 }, options), { discard: true })
        strictEqual((yield* change(world, 1, "start"))?.status, 200)
        for (const [index, when] of (["before", "after"] as const).entries()) {
          yield* World.balanced(world)
          const conversation = moving[index] ?? 0
          const hold = yield* world.vendors.hold(when, (arrival) => arrival.conversation === conversation && arrival.number === 1)
          const sending = yield* Effect.fork(client.send({ conversation, number: 1 }, options))
          const { process, vendor } = yield* hold.come
          strictEqual(vendor, "linq")
          yield* world.process(process).kill
          yield* hold.release
          yield* Fiber.join(sending)
          yield* world.process(process).start
          yield* client.send({ conversation, number: 2 }, options)
        }
        const verdict = yield* Judge.judge(world, client)
        deepStrictEqual([verdict.broken, verdict.sent], [[], 6])
        for (const conversation of moving) {
          deepStrictEqual((yield* gotOf(world, conversation)).map(({ from, hasWords, number }) => [number, from, hasWords]), [
            [0, numbers.sendblue, false],
            [1, numbers.linq, true],
            [2, numbers.linq, false]
          ])
        }
      }),
    300_000
  )
})
