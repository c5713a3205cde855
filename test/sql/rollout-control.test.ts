/** A rollout under two processes on one database: a change counts at once in both, is made by one, and is published once. */
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Handle from "@interline/core/Handle"
import * as Policy from "@interline/router/Policy"
import type * as Rollout from "@interline/router/Rollout"
import * as RolloutControl from "@interline/router/RolloutControl"
import { RolloutStore, type RolloutStoreService } from "@interline/router/RolloutStore"
import type { RouterEvent } from "@interline/router/RouterEvent"
import * as SqlRolloutStore from "@interline/sql/SqlRolloutStore"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import { connect, type Fresh, overBoth } from "./databases.ts"
import * as Ended from "./ended.ts"
import { linq, open, sendblue } from "./stores.ts"

const rollout: Rollout.Complete = {
  from: sendblue,
  to: linq,
  steps: [{ share: 0.1, moves: "new", waits: 0 }, { share: 1, moves: "new and existing", waits: 0 }],
  continuation: "We write from another number now.",
  guardrails: { ...Policy.guardrails, minimum: 1, notSent: 0.1 }
}

const author = { actor: "ops", reason: "as planned" }

/** Two processes on one database, and everything that they publish (`events`), and log and count (`told`). */
const two = (
  fresh: Fresh,
  change: (store: RolloutStoreService) => RolloutStoreService = (store) => store,
  waitsForConfirmation = false
) =>
  Effect.gen(function*() {
    const url = yield* fresh
    const events: Array<RouterEvent> = []
    const told: Array<RouterEvent> = []
    const process = Effect.gen(function*() {
      const context = yield* Layer.build(Layer.provide(SqlRolloutStore.layer, connect(url, { connections: 2 })))
      const store = change(Context.get(context, RolloutStore))
      const parts = {
        rollout,
        store,
        publish: (event: RouterEvent) => Effect.sync(() => events.push(event)),
        tell: (event: RouterEvent) => Effect.sync(() => told.push(event)),
        waitsForConfirmation,
        health: Effect.succeed([]),
        checkLines: () => Effect.void
      }
      return { control: RolloutControl.make(parts), parts, store, stateOf: RolloutControl.read(parts) }
    })
    return { url, events, told, one: yield* process, other: yield* process }
  })

const actions = (events: ReadonlyArray<RouterEvent>) =>
  events.flatMap((event) => event._tag === "RolloutChanged" ? [[event.action, event.actor]] : [])

overBoth("a rollout under two processes", (it, fresh) => {
  it.scoped("is in both what it is after the last answer", () =>
    Effect.gen(function*() {
      const { one, other } = yield* two(fresh)
      for (const action of ["start", "advance", "pause", "resume", "back"] as const) {
        const state = yield* one.control.change({ action, anyway: true }, author)
        for (const process of [one, other]) deepStrictEqual((yield* process.stateOf("support:+12025550123")).state, state)
      }
    }))

  it.scoped("is changed by one of two that change it at the same time, and the other gets a conflict", () =>
    Effect.gen(function*() {
      const bothHaveRead = yield* Deferred.make<void>()
      let reads = 0
      const { events, one, other } = yield* two(fresh, (store) => ({
        ...store,
        latest: (name) =>
          Effect.tap(store.latest(name), () => {
            reads += 1
            // the first two only wait for each other
            return reads > 2 ? Effect.void : reads === 2 ? Deferred.succeed(bothHaveRead, undefined) : Deferred.await(bothHaveRead)
          })
      }))
      const answers = yield* Effect.all(
        [one, other].map(({ control }) => Effect.either(control.change({ action: "start" }, author))),
        { concurrency: 2 }
      )
      strictEqual(answers.filter(Either.isRight).length, 1)
      deepStrictEqual(answers.flatMap((answer) => Either.isLeft(answer) ? [[answer.left._tag, answer.left.isConflict]] : []), [
        ["RolloutRefused", true]
      ])
      deepStrictEqual(actions(events), [["start", "ops"]])
      strictEqual((yield* other.control.status).changes.length, 1)
    }))

  it.scoped("is paused once by a crossed guardrail, whichever of them looks", () =>
    Effect.gen(function*() {
      const { events, one, other, told, url } = yield* two(fresh)
      yield* one.control.change({ action: "start" }, author)
      const at = yield* Clock.currentTimeMillis
      yield* Ended.write(yield* open(url), [{ at: at + 1, person: Handle.make("+12025550123"), tried: [[linq, "rejected"]] }])
      const looks = [one, other, one, other].map(({ parts }) => RolloutControl.checkGuardrails(parts))
      yield* Effect.all(looks, { concurrency: "unbounded" })
      yield* Effect.all(looks, { concurrency: "unbounded" })
      deepStrictEqual(actions(events), [["start", "ops"], ["pause", "guardrail"]])
      deepStrictEqual(told, events)
      const { changes: [last], state } = yield* other.control.status
      strictEqual(state?.phase, "paused")
      assertTrue(last?.actor === "guardrail" && last.reason.startsWith("1 of 1 messages by linq were not sent"))
    }))

  it.scoped("is published by another process if the one that changed it died before it did so", () =>
    Effect.gen(function*() {
      const { events, one, other, told } = yield* two(fresh)
      const at = yield* Clock.currentTimeMillis
      const state = { phase: "paused", step: 1, share: 0.1, existing: 0, reached: 0, since: 0 } as const
      const change = { version: 1, at: at - 31_000, action: "pause", actor: "guardrail", reason: "too late", state } as const
      assertTrue(yield* one.store.append("sendblue to linq", change))
      // another one is just about to be published by its own process
      assertTrue(yield* one.store.append("sendblue to linq", { ...change, version: 2, at }))
      yield* Effect.all([one, other, one].map(({ parts }) => RolloutControl.checkGuardrails(parts)), { concurrency: "unbounded" })
      deepStrictEqual(events, [{
        _tag: "RolloutChanged",
        at: at - 31_000,
        from: sendblue,
        to: linq,
        action: "pause",
        phase: "paused",
        step: 1,
        share: 0.1,
        actor: "guardrail",
        why: "too late",
        version: 1
      }])
      deepStrictEqual(told, events)
      deepStrictEqual((yield* one.store.unannounced("sendblue to linq")).map(({ version }) => version), [2])
    }))

  it.scoped("is published until somebody has confirmed it, where a reader confirms changes, and is logged and counted once then", () =>
    Effect.gen(function*() {
      const { events, one, other, told } = yield* two(fresh, undefined, true)
      yield* one.control.change({ action: "start" }, author)
      const left = Effect.map(one.store.unannounced("sendblue to linq"), (changes) => changes.map(({ version }) => version))
      deepStrictEqual([actions(events), yield* left], [[["start", "ops"]], [1]])
      // its own process may still be writing it down
      yield* RolloutControl.checkGuardrails(other.parts)
      strictEqual(events.length, 1)
      const at = yield* Clock.currentTimeMillis
      const state = { phase: "paused", step: 1, share: 0.1, existing: 0, reached: 0, since: 0 } as const
      const change = { version: 2, at: at - 31_000, action: "pause", actor: "ops", reason: "a pause", state } as const
      assertTrue(yield* one.store.append("sendblue to linq", change))
      const versions = () => events.flatMap((event) => event._tag === "RolloutChanged" ? [event.version] : [])
      for (const _ of [1, 2]) yield* RolloutControl.checkGuardrails(other.parts)
      deepStrictEqual([versions(), told], [[1, 2, 2], []])
      const [, ...again] = events.filter((event) => event._tag === "RolloutChanged")
      yield* Effect.forEach(again, (event, place) => [one, other][place]?.control.confirmationOf(event)?.confirm ?? Effect.void)
      yield* RolloutControl.checkGuardrails(other.parts)
      deepStrictEqual([versions(), yield* left, told], [[1, 2, 2], [1], again.slice(0, 1)])
    }))
})
