/** Tables of the event log, the inbox, the archive and the callbacks. Numbers 10 to 19. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

/**
 * `interline_events.source` is the origin of an event. With it, an event is written only once. `interline_inbox.due_at` is the time at
 * which a row must be taken (again). It is null if the row has ended. A process that takes a row moves this time, so the rows of a dead
 * process come up again. Rows with `urgency` 0 go first.
 *
 * `interline_facts` holds what a carrier reported about a vendor's message, each fact once. `interline_messages` holds messages that
 * carriers reported. `peers` are the people in a message, each between bars, as in the deliveries of the ledger.
 *
 * `interline_callbacks` holds one row for each event and endpoint. `due_at` works as above. `dead_at` is the time at which the call was
 * given up.
 */
const tables = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const serial = sql.onDialectOrElse({
    pg: () => sql.literal("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
    // An id is never used again, even after the newest rows were removed.
    orElse: () => sql.literal("INTEGER PRIMARY KEY AUTOINCREMENT")
  })

  yield* sql`CREATE TABLE interline_events (id ${serial}, source TEXT NOT NULL UNIQUE, at BIGINT NOT NULL, body TEXT NOT NULL)`
  yield* sql`CREATE INDEX interline_events_at ON interline_events (at)`

  yield* sql`CREATE TABLE interline_inbox (
    id ${serial},
    carrier_id TEXT NOT NULL,
    event_id TEXT,
    at BIGINT NOT NULL,
    urgency INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    due_at BIGINT,
    failed_at BIGINT,
    body TEXT,
    UNIQUE (carrier_id, event_id)
  )`
  yield* sql`CREATE INDEX interline_inbox_waiting ON interline_inbox (urgency, id) WHERE due_at IS NOT NULL`
  yield* sql`CREATE INDEX interline_inbox_at ON interline_inbox (at)`

  yield* sql`CREATE TABLE interline_facts (
    ref TEXT NOT NULL,
    fact_id TEXT NOT NULL,
    delivery_id TEXT,
    fact TEXT NOT NULL,
    failure TEXT,
    at BIGINT NOT NULL,
    PRIMARY KEY (ref, fact_id)
  )`
  yield* sql`CREATE INDEX interline_facts_delivery ON interline_facts (delivery_id)`
  yield* sql`CREATE INDEX interline_facts_at ON interline_facts (at)`

  yield* sql`CREATE TABLE interline_messages (
    id TEXT NOT NULL PRIMARY KEY,
    direction TEXT NOT NULL,
    conversation_key TEXT,
    conversation TEXT,
    line TEXT,
    peers TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    message TEXT NOT NULL
  )`
  yield* sql`CREATE INDEX interline_messages_created ON interline_messages (created_at, id)`
  yield* sql`CREATE INDEX interline_messages_conversation ON interline_messages (conversation_key, created_at)`
  yield* sql`CREATE INDEX interline_deliveries_created ON interline_deliveries (created_at, id)`

  yield* sql`CREATE TABLE interline_endpoints (
    id TEXT NOT NULL PRIMARY KEY,
    url TEXT NOT NULL,
    dialect TEXT NOT NULL,
    events TEXT NOT NULL,
    lines TEXT NOT NULL,
    secret TEXT,
    version TEXT,
    active INTEGER NOT NULL,
    delivery_id TEXT,
    expires_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
  )`
  yield* sql`CREATE INDEX interline_endpoints_delivery ON interline_endpoints (delivery_id)`
  yield* sql`CREATE INDEX interline_endpoints_created ON interline_endpoints (created_at) WHERE delivery_id IS NULL`
  yield* sql`CREATE INDEX interline_endpoints_expires_at ON interline_endpoints (expires_at)`

  yield* sql`CREATE TABLE interline_callbacks (
    id ${serial},
    endpoint_id TEXT NOT NULL,
    event_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    attempts INTEGER NOT NULL,
    due_at BIGINT,
    dead_at BIGINT,
    why TEXT,
    UNIQUE (endpoint_id, event_id)
  )`
  yield* sql`CREATE INDEX interline_callbacks_due ON interline_callbacks (due_at) WHERE due_at IS NOT NULL`
  yield* sql`CREATE INDEX interline_callbacks_dead ON interline_callbacks (dead_at) WHERE dead_at IS NOT NULL`
  yield* sql`CREATE INDEX interline_callbacks_at ON interline_callbacks (at)`
})

export const migrations = { "10_events": tables }
