/** The store of notices in SQL: what a carrier said of an account is known to all processes, and survives a restart. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as AccountNotice from "@interline/core/AccountNotice"
import { announcedWithin, keptFor, most, NoticeStore, type NoticeStoreService } from "@interline/router/NoticeStore"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Store from "../database/Store.ts"

/** A notice as a row has it. `unsaidSince`: since when it waits to be announced, in epoch milliseconds; absent once it is. */
const Kept = Schema.parseJson(
  Schema.Struct({ ...AccountNotice.AccountNotice.fields, unsaidSince: Schema.optionalWith(Schema.Number, { exact: true }) })
)

const encode = Schema.encode(Kept)
const decode = Schema.decode(Kept)

// no text within a notice looks like this, because JSON writes its quotes with a backslash
const isUnsaid = "%\"unsaidSince\":%"

const shown = ({ unsaidSince: _, ...notice }: typeof Kept.Type): AccountNotice.AccountNotice => notice

/**
 * The store over tables that `Database.layer` made. One statement decides whether a notice is news, so that of several processes one
 * announces it.
 *
 * @category constructors
 */
export const make: Effect.Effect<NoticeStoreService, never, SqlClient.SqlClient> = Effect.map(SqlClient.SqlClient, (sql) => {
  const since = Effect.map(Clock.currentTimeMillis, (now) => now - Duration.toMillis(keptFor))
  const forget = Effect.flatMap(since, (time) => sql`DELETE FROM interline_notices WHERE ends_at <= ${time}`)
  const makePut = (isSaid: boolean): NoticeStoreService["put"] => (notice) =>
    Store.runStatement(
      "NoticeStore.put",
      Effect.gen(function*() {
        yield* forget
        const { at, dueAt = at, what } = notice
        const kept = yield* encode(isSaid ? notice : { ...notice, unsaidSince: yield* Clock.currentTimeMillis })
        const isAlways = AccountNotice.newsAlways.has(what) ? sql`1 = 1` : sql`interline_notices.what <> excluded.what`
        const rows = yield* sql`INSERT INTO interline_notices (place, what, at, ends_at, notice)
          VALUES (${Store.toIndexable(AccountNotice.placeOf(notice))}, ${what}, ${at}, ${Math.max(at, dueAt)}, ${kept})
          ON CONFLICT (place) DO UPDATE SET what = excluded.what, at = excluded.at, ends_at = excluded.ends_at, notice = excluded.notice
          WHERE excluded.at > interline_notices.at AND ${isAlways} RETURNING place`
        return rows.length > 0
      })
    )
  return {
    put: makePut(false),
    putSaid: makePut(true),
    said: (notice) =>
      Store.runStatement(
        "NoticeStore.said",
        Effect.gen(function*() {
          const place = Store.toIndexable(AccountNotice.placeOf(notice))
          yield* sql`UPDATE interline_notices SET notice = ${yield* encode(notice)}
            WHERE place = ${place} AND what = ${notice.what} AND at = ${notice.at}`
        })
      ),
    takeUnsaid: Store.runStatement(
      "NoticeStore.takeUnsaid",
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const rows = yield* sql<{ readonly place: string; readonly notice: string }>`SELECT place, notice FROM interline_notices
          WHERE ends_at > ${yield* since} AND notice LIKE ${isUnsaid}`
        const taken = yield* Effect.forEach(rows, ({ notice: text, place }) =>
          Effect.gen(function*() {
            const kept = yield* decode(text)
            if ((kept.unsaidSince ?? now) > now - Duration.toMillis(announcedWithin)) return []
            // a process that takes it at the same time has changed the text
            const mine = yield* sql`UPDATE interline_notices SET notice = ${yield* encode({ ...kept, unsaidSince: now })}
              WHERE place = ${place} AND notice = ${text} RETURNING place`
            return mine.length === 0 ? [] : [shown(kept)]
          }))
        return taken.flat()
      })
    ),
    all: Store.runStatement(
      "NoticeStore.all",
      Effect.gen(function*() {
        const rows = yield* sql<{ readonly notice: string }>`SELECT notice FROM interline_notices WHERE ends_at > ${yield* since}
          ORDER BY at DESC, place LIMIT ${most}`
        return yield* Effect.forEach(rows, ({ notice }) => Effect.map(decode(notice), shown))
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
