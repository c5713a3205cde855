/** The store of notices in SQL: what a carrier said of an account is known to all processes, and survives a restart. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as AccountNotice from "@interline/core/AccountNotice"
import { keptFor, most, NoticeStore, type NoticeStoreService } from "@interline/router/NoticeStore"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Store from "../database/Store.ts"

const encode = Schema.encode(Schema.parseJson(AccountNotice.AccountNotice))
const decode = Schema.decode(Schema.parseJson(AccountNotice.AccountNotice))

/**
 * The store over tables that `Database.layer` made. One statement decides whether a notice is news, so that of several processes one
 * announces it.
 *
 * @category constructors
 */
export const make: Effect.Effect<NoticeStoreService, never, SqlClient.SqlClient> = Effect.map(SqlClient.SqlClient, (sql) => {
  const since = Effect.map(Clock.currentTimeMillis, (now) => now - Duration.toMillis(keptFor))
  const forget = Effect.flatMap(since, (time) => sql`DELETE FROM interline_notices WHERE ends_at <= ${time}`)
  return {
    put: (notice) =>
      Store.runStatement(
        "NoticeStore.put",
        Effect.gen(function*() {
          yield* forget
          const { at, dueAt = at, what } = notice
          const isAlways = AccountNotice.newsAlways.has(what) ? sql`1 = 1` : sql`interline_notices.what <> excluded.what`
          const rows = yield* sql`INSERT INTO interline_notices (place, what, at, ends_at, notice)
            VALUES (${Store.toIndexable(AccountNotice.placeOf(notice))}, ${what}, ${at}, ${Math.max(at, dueAt)}, ${yield* encode(notice)})
            ON CONFLICT (place) DO UPDATE SET what = excluded.what, at = excluded.at, ends_at = excluded.ends_at, notice = excluded.notice
            WHERE excluded.at > interline_notices.at AND ${isAlways} RETURNING place`
          return rows.length > 0
        })
      ),
    all: Store.runStatement(
      "NoticeStore.all",
      Effect.gen(function*() {
        const rows = yield* sql<{ readonly notice: string }>`SELECT notice FROM interline_notices WHERE ends_at > ${yield* since}
          ORDER BY at DESC, place LIMIT ${most}`
        return yield* Effect.forEach(rows, ({ notice }) => decode(notice))
      })
    )
  }
})

/**
 * The store of notices in the database, as a layer.
 *
 * @category layers
 */
export const layer: Layer.Layer<NoticeStore, never, SqlClient.SqlClient> = Layer.effect(NoticeStore, make)
