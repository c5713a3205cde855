/** Tables of the ledger. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

/**
 * These columns keep the queries from reading JSON. `place`: the state of a delivery (`running`, `held`, `done`). `answered`: whether it
 * has a result. `may_arrive`: the result of `Ledger.mayStillArrive` for its state. `peers`: the people whom it reaches, each between bars.
 * `opened`, in a claim: whether a delivery was opened under it.
 */
const tables = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  // In SQLite, a table with only key columns needs no second tree.
  const keyed = sql.onDialectOrElse({ pg: () => sql.literal(""), orElse: () => sql.literal("WITHOUT ROWID") })
  const serial = sql.onDialectOrElse({
    pg: () => sql.literal("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
    orElse: () => sql.literal("INTEGER PRIMARY KEY")
  })

  yield* sql`CREATE TABLE interline_claims (
    key TEXT NOT NULL PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    delivery_id TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    opened INTEGER NOT NULL
  ) ${keyed}`
  yield* sql`CREATE INDEX interline_claims_expires_at ON interline_claims (expires_at)`

  yield* sql`CREATE TABLE interline_deliveries (
    id TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    conversation TEXT NOT NULL,
    line TEXT NOT NULL,
    peers TEXT NOT NULL,
    key TEXT,
    place TEXT NOT NULL,
    answered INTEGER NOT NULL,
    may_arrive INTEGER NOT NULL,
    owner TEXT NOT NULL,
    lease_until BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    likenesses TEXT NOT NULL,
    content TEXT NOT NULL,
    state TEXT NOT NULL,
    progress TEXT
  )`
  yield* sql`CREATE INDEX interline_deliveries_running ON interline_deliveries (lease_until, id) WHERE place = 'running'`
  yield* sql`CREATE INDEX interline_deliveries_held ON interline_deliveries (created_at, id) WHERE place = 'held'`
  yield* sql`CREATE INDEX interline_deliveries_arriving ON interline_deliveries (conversation) WHERE may_arrive = 1`
  yield* sql`CREATE INDEX interline_deliveries_done ON interline_deliveries (updated_at) WHERE place = 'done'`
  yield* sql`CREATE INDEX interline_deliveries_conversation ON interline_deliveries (conversation, created_at)`

  // PostgreSQL needs no triggers here: one statement opens a delivery, and one statement saves it with its refs. See the ledger.
  yield* sql.onDialectOrElse({
    pg: () => Effect.void,
    orElse: () =>
      Effect.gen(function*() {
        yield* sql`CREATE TRIGGER interline_deliveries_opened AFTER INSERT ON interline_deliveries WHEN NEW.key IS NOT NULL BEGIN
          UPDATE interline_claims SET opened = 1 WHERE key = NEW.key AND delivery_id = NEW.id;
        END`
        yield* sql`ALTER TABLE interline_deliveries ADD COLUMN told TEXT`
        const tell = sql.literal(`WHEN NEW.told IS NOT NULL BEGIN
          INSERT INTO interline_refs (ref, delivery_id, at) SELECT value, NEW.id, NEW.updated_at FROM json_each(NEW.told) WHERE true ON CONFLICT (ref) DO NOTHING;
        END`)
        yield* sql`CREATE TRIGGER interline_deliveries_told AFTER INSERT ON interline_deliveries ${tell}`
        yield* sql`CREATE TRIGGER interline_deliveries_told_later AFTER UPDATE OF told ON interline_deliveries ${tell}`
      })
  })

  yield* sql`CREATE TABLE interline_refs (ref TEXT NOT NULL PRIMARY KEY, delivery_id TEXT NOT NULL, at BIGINT NOT NULL) ${keyed}`
  yield* sql`CREATE INDEX interline_refs_at ON interline_refs (at)`

  yield* sql`CREATE TABLE interline_history (id ${serial}, delivery_id TEXT NOT NULL, at BIGINT NOT NULL, events TEXT NOT NULL)`
  yield* sql`CREATE INDEX interline_history_delivery ON interline_history (delivery_id, id)`
  yield* sql`CREATE INDEX interline_history_at ON interline_history (at)`

  yield* sql`CREATE TABLE interline_bindings (
    conversation TEXT NOT NULL PRIMARY KEY,
    carrier_id TEXT NOT NULL,
    line TEXT NOT NULL,
    at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    chat TEXT
  ) ${keyed}`

  yield* sql`CREATE TABLE interline_contacts (
    carrier_id TEXT NOT NULL,
    line TEXT NOT NULL,
    handle TEXT NOT NULL,
    inbound_at BIGINT,
    outbound_at BIGINT,
    PRIMARY KEY (carrier_id, line, handle)
  ) ${keyed}`

  yield* sql`CREATE TABLE interline_seen (
    carrier_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (carrier_id, event_id)
  ) ${keyed}`
  yield* sql`CREATE INDEX interline_seen_at ON interline_seen (at)`
})

/**
 * The statement that claims a key also opens its delivery. In SQLite a trigger writes the claim, from the column `claim` of the delivery's
 * row. Claims without an opened delivery become free again. If a process of an earlier version still had such a claim, it finds that the
 * claim is not its own any more.
 */
const claims = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`DELETE FROM interline_claims WHERE opened = 0`
  yield* sql.onDialectOrElse({
    pg: () => Effect.void,
    orElse: () =>
      Effect.gen(function*() {
        yield* sql`DROP TRIGGER interline_deliveries_opened`
        yield* sql`ALTER TABLE interline_deliveries ADD COLUMN claim TEXT`
        yield* sql`CREATE TRIGGER interline_deliveries_claimed AFTER INSERT ON interline_deliveries WHEN NEW.claim IS NOT NULL BEGIN
          INSERT INTO interline_claims (key, fingerprint, delivery_id, expires_at, opened)
          VALUES (NEW.key, json_extract(NEW.claim, '$.fingerprint'), NEW.id, json_extract(NEW.claim, '$.until'), 1)
          ON CONFLICT (key) DO UPDATE SET
            fingerprint = excluded.fingerprint,
            delivery_id = excluded.delivery_id,
            expires_at = excluded.expires_at,
            opened = 1;
        END`
      })
  })
})

/** How many messages of a line to a person were counted. Messages from before are not. */
const contactCounts = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE interline_contacts ADD COLUMN sent INTEGER NOT NULL DEFAULT 0`
})

export const migrations = { "1_ledger": tables, "32_claims": claims, "73_contact_counts": contactCounts }
