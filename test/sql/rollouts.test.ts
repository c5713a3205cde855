/** The store of rollouts in SQL: one truth for all processes, over both databases. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Conversation from "@interline/core/Conversation"
import type { StatusFact } from "@interline/core/DeliveryStatus"
import * as Handle from "@interline/core/Handle"
import * as Guardrails from "@interline/router/Guardrails"
import * as Policy from "@interline/router/Policy"
import type * as Rollout from "@interline/router/Rollout"
import { type Change, RolloutStore } from "@interline/router/RolloutStore"
import * as CohortComparison from "@interline/sql/CohortComparison"
import * as SqlRolloutStore from "@interline/sql/SqlRolloutStore"
import * as SqlSuppression from "@interline/sql/SqlSuppression"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import { connect, type Fresh, overBoth } from "./databases.ts"
import * as Ended from "./ended.ts"
import * as Entries from "./entries.ts"
import { linq, open, sendblue, support } from "./stores.ts"

const change = (version: number, reason = "as planned"): Change => ({
  version,
  at: 1_700_000_000_000 + version,
  action: version === 1 ? "start" : "advance",
  actor: "ops",
  reason,
  state: { phase: "running", step: version, share: version / 10, existing: 0.05, reached: 0.05, since: 1_700_000_000_000 }
})

const pair = (fresh: Fresh) =>
  Effect.gen(function*() {
    const url = yield* fresh
    const one = Effect.map(
      Layer.build(Layer.provide(SqlRolloutStore.layer, connect(url, { connections: 2 }))),
      (context) => Context.get(context, RolloutStore)
    )
    return [yield* one, yield* one] as const
  })

const start = 1_700_000_000_000
const minute = 60_000

const rollout: Rollout.Complete = {
  from: sendblue,
  to: linq,
  steps: [{ share: 0.1, moves: "new", waits: 0 }],
  guardrails: Policy.guardrails
}

/** A database with deliveries, and its stores. */
const written = (fresh: Fresh, cases: ReadonlyArray<Ended.Case>) =>
  Effect.gen(function*() {
    const url = yield* fresh
    const process = yield* open(url)
    const [store] = yield* pair(Effect.succeed(url))
    yield* Ended.write(process, cases)
    const withSql = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.provideService(effect, SqlClient.SqlClient, process.sql)
    const { compare } = yield* Effect.flatMap(withSql(Layer.build(CohortComparison.layer)), (context) =>
      Effect.succeed(Context.get(context, CohortComparison.CohortComparison)))
    return { ...process, compare, store, suppression: yield* withSql(SqlSuppression.make) }
  })

const people = Array.from({ length: 6 }, (_, nth) => Handle.make(`+1202555012${nth}`))

const arbitraryCase = FastCheck.record({
  at: FastCheck.integer({ min: 0, max: 60 * minute }).map((later) => start + later),
  person: FastCheck.constantFrom(...people),
  tried: FastCheck.constantFrom<ReadonlyArray<Ended.Case["tried"]>[number][]>(
    [[sendblue, "accepted"]],
    [[linq, "accepted"]],
    [[linq, "rejected"]],
    [[linq, "fenced"]],
    [[linq, "unplanned"], [sendblue, "accepted"]],
    [[linq, "unknown"]],
    [[sendblue, "rejected"], [linq, "accepted"]],
    [[sendblue, "skipped"], [linq, "accepted"]],
    [[linq, "unknown"], [sendblue, "accepted"]]
  )
})

overBoth("what a store of rollouts knows of sends", (it, fresh) => {
  const report = (carrierId: typeof linq, nth: number, status: StatusFact["status"], service?: StatusFact["service"]): StatusFact => ({
    ref: Ended.refOf(carrierId, nth),
    status,
    ...(service === undefined ? {} : { service })
  })

  it.scoped("has each send since a time, what its carrier reported, and who opted out after it", () =>
    Effect.gen(function*() {
      const [ada, bob] = [Handle.make("+12025550123"), Handle.make("+12025550124")]
      const { archive, store, suppression } = yield* written(fresh, [
        { at: start - 1, person: ada, tried: [[linq, "accepted"]] },
        { at: start, person: ada, tried: [[linq, "rejected"], [sendblue, "accepted"]] },
        { at: start + 1, person: bob, tried: [[sendblue, "skipped"], [linq, "accepted"]] },
        { at: start + 2, person: ada, tried: [[linq, "unknown"]], isHeld: true },
        { at: start + 3, person: ada, tried: [[linq, "accepted"]] },
        { at: start + 4, person: bob, tried: [[linq, "fenced"]] },
        { at: start + 5, person: bob, tried: [[linq, "accepted"], [sendblue, "rejected"]], arrivedAt: linq }
      ])
      // one report names the delivery, and another one only the message
      yield* archive.recordStatus(Entries.id(2), report(sendblue, 2, "sent", "SMS"), undefined, start + 40)
      yield* archive.recordStatus(undefined, report(linq, 3, "delivered"), undefined, start + 100)
      yield* archive.recordStatus(Entries.id(3), report(linq, 3, "read"), undefined, start + 900)
      yield* archive.recordStatus(undefined, report(linq, 5, "failed"), undefined, start + 50)
      yield* suppression.add(ada, "event", sendblue, start + 60)
      yield* suppression.add(bob, "error", linq, start + 4)
      const none = {
        line: support,
        optOuts: 0,
        losses: [],
        isGroup: false,
        status: undefined,
        deliveredAt: undefined,
        reportedAt: undefined
      }
      deepStrictEqual(yield* store.observe(start), [
        { ...none, carrierId: linq, at: start + 5, outcome: "accepted" },
        { ...none, carrierId: sendblue, at: start + 5, outcome: "not-sent" },
        { ...none, carrierId: linq, at: start + 3, outcome: "accepted", status: "failed", reportedAt: start + 50, optOuts: 1 },
        { ...none, carrierId: linq, at: start + 2, outcome: "held" },
        {
          ...none,
          carrierId: linq,
          at: start + 1,
          outcome: "accepted",
          status: "delivered",
          deliveredAt: start + 100,
          reportedAt: start + 900,
          optOuts: 1
        },
        { ...none, carrierId: linq, at: start, outcome: "not-sent" },
        {
          ...none,
          carrierId: sendblue,
          at: start,
          outcome: "accepted",
          status: "delivered",
          deliveredAt: start + 40,
          reportedAt: start + 40
        }
      ])
    }))

  it.scoped("does not count a carrier whose plan refuses the message, or that our list of opt-outs stopped, because it was not asked", () =>
    Effect.gen(function*() {
      const { compare, store } = yield* written(
        fresh,
        people.map((person, nth): Ended.Case => ({
          at: start + nth,
          person,
          tried: nth === 0 ? [[linq, "fenced"]] : nth === 1 ? [[linq, "unplanned"]] : [[linq, "unplanned"], [sendblue, "accepted"]]
        }))
      )
      const sends = yield* store.observe(start)
      deepStrictEqual(sends.map(({ carrierId, outcome }) => [carrierId, outcome]), Array.from({ length: 4 }, () => [sendblue, "accepted"]))
      const guardrails = { ...Policy.guardrails, minimum: 1 }
      const at = start + 10
      deepStrictEqual(Guardrails.judge(guardrails, Guardrails.count({ ...rollout, guardrails }, sends, at), at), [])
      const { cohorts } = yield* compare(start, at)
      deepStrictEqual(cohorts.flatMap(({ carrierId, cohort, sends }) => cohort === "all" ? [[carrierId, sends]] : []), [[sendblue, 4]])
    }))

  it.scoped("counts a carrier that took a part before our list of opt-outs stopped the rest", () =>
    Effect.gen(function*() {
      const { store } = yield* written(fresh, [{ at: start, person: Handle.make("+12025550123"), tried: [[linq, "halved"]] }])
      deepStrictEqual((yield* store.observe(start)).map(({ carrierId, outcome }) => [carrierId, outcome]), [[linq, "partial"]])
    }))

  it.scoped("does not count a list of opt-outs whose times are not known, nor what the application decided", () =>
    Effect.gen(function*() {
      const { store, suppression } = yield* written(
        fresh,
        people.map((person): Ended.Case => ({ at: 0, person, tried: [[linq, "accepted"]] }))
      )
      const [one, two, three] = people
      if (one === undefined || two === undefined || three === undefined) throw new Error("too few people")
      yield* suppression.add(one, "list", linq)
      yield* suppression.add(two, "explicit", undefined, 5)
      deepStrictEqual((yield* store.observe(0)).map(({ optOuts }) => optOuts), [0, 0, 0, 0, 0, 0])
      yield* suppression.add(three, "list", linq, 5)
      deepStrictEqual((yield* store.observe(0)).map(({ optOuts }) => optOuts), [0, 0, 0, 1, 0, 0])
    }))

  it.scoped("gives the guardrails the same numbers as the comparison of carriers", () =>
    Effect.gen(function*() {
      const cases = FastCheck.sample(arbitraryCase, { numRuns: 90, seed: 7 })
      const { archive, compare, store, suppression } = yield* written(fresh, cases)
      const words = ["delivered", "failed", "sent", "read", "queued"] as const
      for (const [index, { at, tried }] of cases.entries()) {
        const [carrierId] = tried.at(-1) ?? [linq]
        const status = words[index % 7]
        if (status === undefined) continue
        const id = index % 2 === 0 ? Entries.id(index + 1) : undefined
        yield* archive.recordStatus(id, report(carrierId, index + 1, status, index % 3 === 0 ? "SMS" : "iMessage"), undefined, at + index)
      }
      yield* Effect.forEach(people.slice(0, 4), (person, nth) => suppression.add(person, "event", linq, start + nth * 10 * minute))
      const { from, to } = Guardrails.count(rollout, yield* store.observe(start), start + 60 * minute)
      const { cohorts } = yield* compare(start, start + 61 * minute)
      for (const guarded of [from, to]) {
        const compared = cohorts.find(({ carrierId, cohort }) => cohort === "all" && carrierId === guarded.carrierId)
        assertTrue(compared !== undefined && guarded.delivered > 0 && guarded.failed > 0 && guarded.optOuts > 0)
        const { accepted, delivered, failed, held, notSent, optOuts, sends, timeToDelivered } = compared
        deepStrictEqual(
          [sends, accepted, notSent.count, held.count, delivered.count, failed.count, optOuts.count],
          [guarded.sends, guarded.accepted, guarded.notSent, guarded.held, guarded.delivered, guarded.failed, guarded.optOuts]
        )
        const [median = 0, p50 = 0] = [guarded.medianMillis, timeToDelivered?.p50Seconds]
        assertTrue(Math.abs(p50 * 1_000 - median) <= Math.max(10, median * 0.02), `${p50} s and ${median} ms`)
      }
    }))

  it.scoped("is read in pages, and also reaches back to the first send when there are very many after it", () =>
    Effect.gen(function*() {
      const { sql, store } = yield* written(fresh, [
        { at: start, person: Handle.make("+12025550123"), tried: [[linq, "accepted"]] },
        { at: start + 10 * minute, person: Handle.make("+12025550124"), tried: [[sendblue, "accepted"]] }
      ])
      const copy = (count: number, first: number) =>
        sql.unsafe(`WITH RECURSIVE more(nth) AS (SELECT ${first} UNION ALL SELECT nth + 1 FROM more WHERE nth < ${first + count - 1})
          INSERT INTO interline_deliveries (id, version, conversation, line, peers, created_at, likenesses, content, place, answered,
            may_arrive, updated_at, state, epoch, shard)
          SELECT '00000000-0000-4000-8000-' || CAST(100000000000 + nth AS TEXT), version, conversation, line, peers,
            created_at + CAST(nth / 3 AS BIGINT), likenesses, content, place, answered, may_arrive, updated_at, state, epoch, shard
          FROM interline_deliveries CROSS JOIN more WHERE id = '${Entries.id(2)}'`)
      yield* copy(401, 0)
      const some = yield* store.observe(start)
      deepStrictEqual([some.length, some.at(-1)?.carrierId], [403, linq])
      // more than are read
      yield* copy(21_000, 1_000)
      const many = yield* store.observe(start)
      assertTrue(many.length <= 20_000)
      deepStrictEqual(many.filter(({ carrierId }) => carrierId === linq).length, 1)
    }))
})

overBoth("the store of rollouts in SQL", (it, fresh) => {
  it.scoped("shows each process the newest change of a rollout, and every change with its author and reason", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      strictEqual(yield* left.latest("one"), undefined)
      deepStrictEqual(yield* left.history("one", 10), [])
      strictEqual(yield* left.append("one", change(1)), true)
      strictEqual(yield* right.append("one", change(2, "it went \"well\"; 100 %")), true)
      strictEqual(yield* right.append("another", change(1)), true)
      deepStrictEqual(yield* left.latest("one"), change(2, "it went \"well\"; 100 %"))
      deepStrictEqual(yield* right.history("one", 10), [change(2, "it went \"well\"; 100 %"), change(1)])
      deepStrictEqual(yield* right.history("one", 1), [change(2, "it went \"well\"; 100 %")])
    }))

  it.scoped("keeps the carriers of many conversations that an operator assigned, for each process, until it lets them go", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      const conversations = Array.from({ length: 1_001 }, (_, nth) => `support:${nth}`)
      const assign = (carrierId: typeof linq | undefined, some = conversations) =>
        left.assign("one", { at: 7, actor: "ops", reason: "they asked for it", carrierId, conversations: some })
      strictEqual(yield* right.assigned("one", "support:0"), undefined)
      yield* assign(linq, [...conversations, "support:0"])
      strictEqual(yield* right.assigned("one", "support:0"), linq)
      strictEqual(yield* right.assigned("one", "support:1000"), linq)
      strictEqual(yield* right.assigned("another", "support:1000"), undefined)
      yield* assign(sendblue, ["support:0"])
      strictEqual(yield* right.assigned("one", "support:0"), sendblue)
      yield* assign(undefined)
      strictEqual(yield* right.assigned("one", "support:0"), undefined)
      strictEqual(yield* right.assigned("one", "support:1000"), undefined)
    }))

  it.scoped("knows each rollout with its newest state, and when somebody used it", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      deepStrictEqual(yield* right.known, [])
      yield* left.append("linq to sendblue", change(1))
      yield* left.append("sendblue to linq", change(1))
      yield* left.append("sendblue to linq", change(2))
      const paused: Change = { ...change(3), action: "pause", actor: "start", state: { ...change(2).state, phase: "paused" } }
      yield* left.append("sendblue to linq", paused)
      yield* left.append("linq to sendblue", { ...change(2), actor: "guardrail" })
      deepStrictEqual(yield* right.known, [
        { name: "linq to sendblue", state: change(2).state, usedAt: change(1).at },
        { name: "sendblue to linq", state: paused.state, usedAt: change(2).at }
      ])
    }))

  it.scoped("counts the direct conversations at a carrier, and those that an operator assigned", () =>
    Effect.gen(function*() {
      const url = yield* fresh
      const { ledger } = yield* open(url)
      const [store] = yield* pair(Effect.succeed(url))
      deepStrictEqual(yield* store.bound(sendblue), { count: 0 })
      const [one, two] = [Handle.make("+12025550123"), Handle.make("+12025550124")]
      const keys = [Conversation.direct(support, one), Conversation.direct(support, two), yield* Conversation.group(support, [one, two])]
        .map(Conversation.key)
      yield* Effect.forEach(keys, (key, nth) => ledger.bind(key, { carrierId: sendblue, line: support, at: start + nth }, 0))
      deepStrictEqual(yield* store.bound(sendblue), { count: 2, lastAt: start + 1 })
      deepStrictEqual(yield* store.bound(linq), { count: 0 })
      yield* store.assign("one", { at: 7, actor: "ops", reason: "they asked for it", carrierId: linq, conversations: keys.slice(0, 2) })
      deepStrictEqual([yield* store.countAssigned("one"), yield* store.countAssigned("another")], [2, 0])
    }))

  it.scoped("lets only the faster of two processes make a change", () =>
    Effect.gen(function*() {
      const [left, right] = yield* pair(fresh)
      const written = yield* Effect.all([left.append("one", change(1, "left")), right.append("one", change(1, "right"))], {
        concurrency: 2
      })
      strictEqual(written.filter((isWritten) => isWritten).length, 1)
      strictEqual((yield* left.latest("one"))?.reason, written[0] ? "left" : "right")
      strictEqual(yield* left.append("one", change(1, "again")), false)
    }))
})
