/** Adds columns that keep statuses from going back, in the log and for each endpoint, and the indexes of the archive. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as ArchiveExpressions from "../archiveExpressions.ts"

/**
 * The log entry of a status has these columns. `message_ref`: its message. `status_rank`: the rank of the status. `subject`: the delivery,
 * or the message if there is no delivery. `folded`: the rank of the folded status of that subject. `corrects`: whether the status takes a
 * failure back.
 *
 * A callback has the `message_ref` and `subject` of its entry. `taken_until` is the end of the lease of a call that is under way. `told_at`
 * is the time at which the endpoint accepted the event. An endpoint keeps its last failure in `failed_at` and `failure`. `failures` counts
 * the failed calls since the last call that succeeded.
 */
const statuses = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  for (const column of ["message_ref TEXT", "subject TEXT", "status_rank INTEGER", "folded INTEGER", "corrects INTEGER"]) {
    yield* sql`ALTER TABLE interline_events ADD COLUMN ${sql.literal(column)}`
  }
  yield* sql`CREATE INDEX interline_events_message ON interline_events (message_ref, status_rank) WHERE message_ref IS NOT NULL`
  yield* sql`CREATE INDEX interline_events_subject ON interline_events (subject, folded) WHERE subject IS NOT NULL`
  for (const column of ["message_ref TEXT", "subject TEXT", "taken_until BIGINT", "told_at BIGINT"]) {
    yield* sql`ALTER TABLE interline_callbacks ADD COLUMN ${sql.literal(column)}`
  }
  yield* sql`CREATE INDEX interline_callbacks_subject ON interline_callbacks (endpoint_id, subject) WHERE subject IS NOT NULL`
  for (const column of ["failed_at BIGINT", "failure TEXT", "failures INTEGER NOT NULL DEFAULT 0"]) {
    yield* sql`ALTER TABLE interline_endpoints ADD COLUMN ${sql.literal(column)}`
  }
})

/**
 * The indexes of the archive have a delivery only when it is done. Until then its row is written several times, and each write would cost all of
 * them. Those of rare rows have only the rare rows.
 */
const archive = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const { carrierOfDelivery, carrierOfMessage, lossy, movedOn, notAccepted } = ArchiveExpressions.make(sql)
  const one = "peers NOT LIKE '|%|%|'"
  const several = "peers LIKE '|%|%|'"
  const done = "place = 'done'"
  const indexes = [
    ["deliveries", "not_accepted", "created_at, id", `${done} AND ${notAccepted}`],
    ["deliveries", "lossy", "created_at, id", `${done} AND ${lossy}`],
    ["deliveries", "moved_on", "created_at, id", `${done} AND ${movedOn}`],
    ["deliveries", "line", "line, created_at, id", done],
    ["deliveries", "person", "peers, created_at, id", `${done} AND ${one}`],
    ["deliveries", "people", "created_at, id", `${done} AND ${several}`],
    ["deliveries", "carrier", `(${carrierOfDelivery}), created_at, id`, done],
    ["deliveries", "key", "key", `${done} AND key IS NOT NULL`],
    ["messages", "line", "line, created_at, id", "line IS NOT NULL"],
    ["messages", "person", "peers, created_at, id", one],
    ["messages", "people", "created_at, id", several],
    ["messages", "carrier", `(${carrierOfMessage}), created_at, id`, "id IS NOT NULL"]
  ] as const
  for (const [table, name, columns, where] of indexes) {
    yield* sql`CREATE INDEX ${sql.literal(`interline_${table}_${name} ON interline_${table} (${columns}) WHERE ${where}`)}`
  }
})

/**
 * Finds a person in groups: SQLite looks through the list of each group in an index, and PostgreSQL has an index of the single people. What is kept
 * open is rare, and has an index of its own. The index of the carriers of messages had a condition that made both databases leave it aside.
 */
const archiveOfGroups = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const { carrierOfMessage, isKept, notAccepted, onPostgres, peersApart } = ArchiveExpressions.make(sql)
  const done = "place = 'done'"
  yield* sql`CREATE INDEX interline_deliveries_kept ON interline_deliveries (created_at, id) WHERE ${
    sql.literal(`${done} AND ${notAccepted} AND ${isKept}`)
  }`
  yield* sql`DROP INDEX interline_messages_carrier`
  yield* sql`CREATE INDEX interline_messages_carrier ON interline_messages (${sql.literal(`(${carrierOfMessage}), created_at, id`)})`
  for (const [table, where] of [["deliveries", `${done} AND `], ["messages", ""]] as const) {
    const [name, several] = [`interline_${table}_people`, `${where}peers LIKE '|%|%|'`]
    if (onPostgres) {
      yield* sql`CREATE INDEX ${sql.literal(`${name}_apart ON interline_${table} USING gin (${peersApart}) WHERE ${several}`)}`
    } else {
      yield* sql`DROP INDEX ${sql.literal(name)}`
      yield* sql`CREATE INDEX ${sql.literal(`${name} ON interline_${table} (created_at, id, peers) WHERE ${several}`)}`
    }
  }
})

export const migrations = { "40_statuses": statuses, "74_archive_indexes": archive, "76_archive_of_groups": archiveOfGroups }
