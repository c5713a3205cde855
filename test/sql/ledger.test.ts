import * as SqlClient from "@effect/sql/SqlClient"
import { Ledger, type LedgerService } from "@interline/router/Ledger"
import * as LedgerSuite from "@interline/router/LedgerSuite"
import * as SqlLedger from "@interline/sql/SqlLedger"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { connect, type Fresh, overBoth } from "./databases.ts"

const tables = ["claims", "deliveries", "refs", "history", "bindings", "contacts", "seen", "absences"]

/** Every call goes to the other one than the call before. */
const alternating = (left: LedgerService, right: LedgerService): LedgerService => {
  let calls = 0
  const next = () => calls++ % 2 === 0 ? left : right
  return {
    claim: (request) => next().claim(request),
    keyed: (key) => next().keyed(key),
    release: (entry) => next().release(entry),
    open: (entry, within) => next().open(entry, within),
    save: (entry) => next().save(entry),
    read: (id) => next().read(id),
    append: (id, events) => next().append(id, events),
    history: (id) => next().history(id),
    own: (ref, id) => next().own(ref, id),
    owners: (refs) => next().owners(refs),
    rivals: (entry) => next().rivals(entry),
    held: (limit, shards, after) => next().held(limit, shards, after),
    noteAbsence: (absence) => next().noteAbsence(absence),
    absences: (limit, shards) => next().absences(limit, shards),
    endAbsence: (id, generation) => next().endAbsence(id, generation),
    acquire: (shards) => next().acquire(shards),
    leftBehind: (shards, limit) => next().leftBehind(shards, limit),
    adopt: (entry, epoch, at) => next().adopt(entry, epoch, at),
    binding: (conversation) => next().binding(conversation),
    bind: (conversation, binding, expected) => next().bind(conversation, binding, expected),
    touch: (carrierId, line, handle, way, at) => next().touch(carrierId, line, handle, way, at),
    contact: (carrierId, line, handle) => next().contact(carrierId, line, handle),
    seen: (carrierId, eventId) => next().seen(carrierId, eventId),
    first: (carrierId, eventId, at) => next().first(carrierId, eventId, at)
  }
}

/** Ledgers over one database: what one process sees, and what two see. `empty` is for the next test: a new database takes longer. */
interface Ledgers {
  readonly one: LedgerService
  readonly two: LedgerService
  readonly empty: Effect.Effect<unknown, unknown>
}

class Pair extends Context.Tag("test/Pair")<Pair, Ledgers>() {}

const pair = (fresh: Fresh) =>
  Layer.scoped(
    Pair,
    Effect.gen(function*() {
      const url = yield* fresh
      const process = Effect.gen(function*() {
        const context = yield* Layer.build(Layer.provideMerge(SqlLedger.layer(), connect(url, { connections: 4 })))
        return { sql: Context.get(context, SqlClient.SqlClient), ledger: Context.get(context, Ledger) }
      })
      const [left, right] = [yield* process, yield* process]
      return {
        one: left.ledger,
        two: alternating(left.ledger, right.ledger),
        empty: Effect.zipRight(
          Effect.forEach(tables, (name) => left.sql`DELETE FROM ${left.sql(`interline_${name}`)}`),
          left.sql`UPDATE interline_shards SET epoch = 0`
        )
      }
    })
  )

overBoth("a ledger in SQL", (it, fresh) => {
  it.layer(pair(fresh))("keeps a promise", (it) => {
    for (const { name, run } of LedgerSuite.cases) {
      it.effect(name, () => Effect.flatMap(Pair, ({ empty, one }) => Effect.zipRight(empty, run(one))))
      it.effect(`${name}, for two processes`, () => Effect.flatMap(Pair, ({ empty, two }) => Effect.zipRight(empty, run(two))))
    }
  })
})
