/**
 * The suppression list in SQL. It survives a restart. An opt-out that one process records counts from the next request on, for all
 * processes on the database.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { CarrierId } from "@interline/core/CarrierId"
import { type Handle, variants } from "@interline/core/Handle"
import {
  aheadBy,
  authority,
  confirmableFor,
  type Confirming,
  confirming,
  Entry,
  isOutdated,
  type Lifting,
  liftingAll,
  merge,
  type OptOut,
  Source,
  strongest,
  Suppression,
  type SuppressionService
} from "@interline/core/Suppression"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { recordset } from "../database/recordset.ts"
import * as Store from "../database/Store.ts"
import * as OptIns from "./optIns.ts"

const decode = Schema.decodeUnknown(Entry)

interface Row {
  readonly handle: string
  readonly since: number
  readonly said_at: number | null
  readonly source: string
  readonly carrier_id: string | null
  readonly first_said_at: number | null
  readonly confirmed_at: number | null
}

// A process of an earlier version does not write `said_at`.
const entryOf = ({ carrier_id, confirmed_at, first_said_at, handle, said_at, since, source }: Row) =>
  decode({
    handle,
    since: Number(since),
    saidAt: Number(said_at ?? since),
    source,
    ...(carrier_id === null ? {} : { carrierId: carrier_id }),
    ...(first_said_at === null ? {} : { firstSaidAt: Number(first_said_at) }),
    ...(confirmed_at === null ? {} : { confirmedAt: Number(confirmed_at) })
  })

const columns = { handle: "text", said_at: "bigint", first_said_at: "bigint", source: "text", carrier_id: "text" } as const

const quoted = (words: ReadonlyArray<Source>): string => words.map((word) => `'${word}'`).join(", ")

const confirmableSources = Source.literals.filter((source) => authority[source].confirmable)

const lastingSources = Source.literals.filter((source) => !authority[source].liftedByPerson)

// The text is safe in SQL, because all words and ranks come from `Suppression.authority`.
const rank = (column: string): string =>
  `CASE ${column} ${Source.literals.map((source) => `WHEN '${source}' THEN ${authority[source].rank}`).join(" ")} ELSE 0 END`

// The number of opt-outs in one statement. SQLite has a limit. On PostgreSQL, other statements should not wait for long.
const batch = 500

/** Reads the entries in the order in which they were recorded. */
const makeLists = (sql: SqlClient.SqlClient): Pick<SuppressionService, "list" | "page"> => ({
  list: Store.runStatement(
    "Suppression.list",
    Effect.flatMap(
      sql<
        Row
      >`SELECT handle, since, said_at, source, carrier_id, first_said_at, confirmed_at FROM interline_suppression ORDER BY since, handle`,
      (rows) => Effect.forEach(rows, entryOf)
    )
  ),
  page: (limit: number, after?: Pick<Entry, "since" | "handle">) =>
    Store.runStatement(
      "Suppression.page",
      Effect.flatMap(
        after === undefined
          ? sql<
            Row
          >`SELECT handle, since, said_at, source, carrier_id, first_said_at, confirmed_at FROM interline_suppression ORDER BY since, handle LIMIT ${limit}`
          : sql<Row>`SELECT handle, since, said_at, source, carrier_id, first_said_at, confirmed_at FROM interline_suppression
              WHERE since > ${after.since} OR (since = ${after.since} AND handle > ${after.handle}) ORDER BY since, handle LIMIT ${limit}`,
        (rows) => Effect.forEach(rows, entryOf)
      )
    )
})

/**
 * Every `find` asks the database, because an opt-out that another process recorded must count at once.
 *
 * @category constructors
 */
export const make: Effect.Effect<SuppressionService, never, SqlClient.SqlClient> = Effect.map(SqlClient.SqlClient, (sql) => {
  const optIns = OptIns.make(sql)
  const isStronger = sql.literal(`${rank("excluded.source")} > ${rank("interline_suppression.source")}`)
  const greatest = sql.literal(sql.onDialectOrElse({ pg: () => "GREATEST", orElse: () => "MAX" }))

  // Most people have one spelling. Then the text of the statement is always the same, and it is prepared once.
  const isPerson = (handle: Handle) => {
    const spellings = variants(handle)
    return spellings.length === 1 ? sql`handle = ${handle}` : sql.in("handle", spellings)
  }

  /** The entries for every spelling of a person's number. */
  const known = (handle: Handle) =>
    Effect.flatMap(
      sql<Row>`SELECT handle, since, said_at, source, carrier_id, first_said_at, confirmed_at FROM interline_suppression WHERE ${
        isPerson(handle)
      }`,
      (rows) => rows.length === 0 ? Effect.succeed<ReadonlyArray<Entry>>([]) : Effect.forEach(rows, entryOf)
    )

  /** Writes opt-outs. The result is the number of handles that had no entry. */
  const write = (optOuts: ReadonlyArray<OptOut>, at: number) =>
    Effect.gen(function*() {
      // One statement may contain each handle only once.
      const merged = new Map<Handle, Entry>()
      const optedIn = yield* optIns.read(optOuts)
      for (const optOut of optOuts) {
        if (!isOutdated(optOut, optedIn.get(optOut.handle))) merged.set(optOut.handle, merge(merged.get(optOut.handle), optOut, at))
      }
      // All processes write in the same order, so that two of them do not wait for each other.
      const entries = Array.from(merged.values()).sort((left, right) => left.handle < right.handle ? -1 : 1)
      if (entries.length === 0) return 0
      const known = yield* sql<{ readonly handle: string }>`SELECT handle FROM interline_suppression WHERE ${
        sql.in("handle", entries.map(({ handle }) => handle))
      }`
      const rows = entries.map(({ carrierId, firstSaidAt, handle, saidAt, source }) => ({
        handle,
        said_at: Math.round(saidAt),
        first_said_at: Math.round(firstSaidAt ?? saidAt),
        source,
        carrier_id: carrierId ?? null
      }))
      yield* sql`INSERT INTO interline_suppression (handle, since, said_at, first_said_at, source, carrier_id)
        SELECT r.handle, ${sql.literal(String(at))}, r.said_at, r.first_said_at, r.source, r.carrier_id FROM ${
        recordset(sql, columns, rows)
      } WHERE true
        ON CONFLICT (handle) DO UPDATE SET
          said_at = CASE WHEN excluded.source = 'explicit' THEN COALESCE(interline_suppression.said_at, interline_suppression.since)
            ELSE ${greatest}(COALESCE(interline_suppression.said_at, interline_suppression.since), excluded.said_at) END,
          source = CASE WHEN ${isStronger} THEN excluded.source ELSE interline_suppression.source END,
          carrier_id = CASE WHEN ${isStronger} THEN excluded.carrier_id ELSE interline_suppression.carrier_id END`
      return entries.length - known.length
    })

  const addAll = (optOuts: ReadonlyArray<OptOut>) =>
    Store.runStatement(
      "Suppression.add",
      Effect.flatMap(Clock.currentTimeMillis, (at) =>
        Effect.map(
          Effect.forEach(
            Array.from({ length: Math.ceil(optOuts.length / batch) }, (_, n) => optOuts.slice(n * batch, (n + 1) * batch)),
            (some) => write(some, at)
          ),
          (added) => added.reduce((sum, count) => sum + count, 0)
        ))
    )

  return {
    find: (handle: Handle) => Store.runStatement("Suppression.find", Effect.map(known(handle), strongest)),
    add: (handle: Handle, source: Source, carrierId?: CarrierId, saidAt?: number) =>
      Effect.asVoid(
        addAll([{ handle, source, ...(carrierId === undefined ? {} : { carrierId }), ...(saidAt === undefined ? {} : { saidAt }) }])
      ),
    addAll,
    lift: (handle: Handle, saidAt: number): Effect.Effect<Lifting> =>
      Store.runStatement(
        "Suppression.lift",
        // If the process dies between the two statements, the opt-out stands.
        Effect.zipRight(
          optIns.write(handle, saidAt),
          Effect.flatMap(
            // If one entry of the person stays, all entries of the person stay.
            sql`DELETE FROM interline_suppression WHERE ${isPerson(handle)} AND NOT EXISTS (
              SELECT 1 FROM interline_suppression WHERE ${isPerson(handle)}
                AND (COALESCE(said_at, since) >= ${Math.round(saidAt)} OR source IN (${sql.literal(quoted(lastingSources))})))
            RETURNING handle`,
            (gone): Effect.Effect<Lifting, unknown> =>
              gone.length > 0 ? Effect.succeed("lifted") : Effect.map(known(handle), (entries) => {
                const result = liftingAll(entries, saidAt)
                // An opt-out may have come between the two statements.
                return result === "lifted" ? "newer" : result
              })
          )
        )
      ),
    remove: (handle: Handle) =>
      Store.runStatement(
        "Suppression.remove",
        Effect.flatMap(Clock.currentTimeMillis, (at) =>
          Effect.asVoid(Effect.zipRight(optIns.write(handle, at), sql`DELETE FROM interline_suppression WHERE ${isPerson(handle)}`)))
      ),
    confirm: (handle: Handle, carrierId: CarrierId): Effect.Effect<Confirming> =>
      Store.runStatement(
        "Suppression.confirm",
        Effect.flatMap(Clock.currentTimeMillis, (at) => {
          const mayConfirm = sql`source IN (${
            sql.literal(quoted(confirmableSources))
          }) AND carrier_id = ${carrierId} AND confirmed_at IS NULL
            AND since BETWEEN ${at - Duration.toMillis(confirmableFor)} AND ${at + Duration.toMillis(aheadBy)}
            AND first_said_at BETWEEN ${at - Duration.toMillis(confirmableFor)} AND ${at + Duration.toMillis(aheadBy)}`
          return Effect.flatMap(
            // A statement that waited for another one finds `confirmed_at` set. If one entry forbids the confirmation, it is forbidden for
            // the person.
            sql`UPDATE interline_suppression SET confirmed_at = ${at} WHERE ${isPerson(handle)} AND ${mayConfirm} AND NOT EXISTS (
                SELECT 1 FROM interline_suppression WHERE ${isPerson(handle)} AND NOT COALESCE(${mayConfirm}, false))
              RETURNING handle`,
            (claimed): Effect.Effect<Confirming, unknown> =>
              claimed.length > 0 ? Effect.succeed("confirmed") : Effect.map(known(handle), (entries) => {
                const result = confirming(entries, carrierId, at)
                return result === "confirmed" ? "repeated" : result
              })
          )
        })
      ),
    ...makeLists(sql)
  }
})

/**
 * The suppression list in the database, as a layer.
 *
 * @category layers
 */
export const layer: Layer.Layer<Suppression, never, SqlClient.SqlClient> = Layer.effect(Suppression, make)
