/** Creates the tables of the suppression list, the chat book, the public ids, the requests that happen once, the API keys, and the audit. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

const tables = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`CREATE TABLE interline_suppression (
    handle TEXT NOT NULL PRIMARY KEY,
    since BIGINT NOT NULL,
    source TEXT NOT NULL,
    carrier_id TEXT
  )`

  yield* sql`CREATE TABLE interline_chats (
    carrier_id TEXT NOT NULL,
    conversation_key TEXT NOT NULL,
    conversation TEXT NOT NULL,
    chat_id TEXT NOT NULL,
    chat_index TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (carrier_id, conversation_key)
  )`
  yield* sql`CREATE INDEX interline_chats_chat ON interline_chats (carrier_id, chat_index, at)`

  // `members` is a digest of the line and the members. Only one group with these members has it. Other groups of the same people have none.
  yield* sql`CREATE TABLE interline_conversations (
    id TEXT NOT NULL PRIMARY KEY,
    conversation TEXT NOT NULL,
    members TEXT,
    at BIGINT NOT NULL
  )`
  yield* sql`CREATE UNIQUE INDEX interline_conversations_members ON interline_conversations (members)`

  yield* sql`CREATE TABLE interline_ids (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    ref TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (id, kind)
  )`
  yield* sql`CREATE INDEX interline_ids_at ON interline_ids (at)`

  yield* sql`CREATE TABLE interline_requests (
    id TEXT NOT NULL PRIMARY KEY,
    scope TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    turn BIGINT NOT NULL,
    reply TEXT
  )`
  yield* sql`CREATE INDEX interline_requests_like ON interline_requests (scope, fingerprint, at)`
  yield* sql`CREATE INDEX interline_requests_expires_at ON interline_requests (expires_at)`
})

/**
 * `interline_api_keys` holds keys that were created over the API. `digest` is the SHA-256 of the secret. `scopes` and `line_names` are JSON. A
 * revoked key stays, so that its name never says two things.
 */
const apiKeys = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE interline_api_keys (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    digest TEXT NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    line_names TEXT,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    revoked_by TEXT,
    last_used_at BIGINT
  )`
})

/**
 * `interline_audit` holds who did what. `act` is the name of the operation. `subject` is what it was done to. `request_id` is also in the log.
 */
const audit = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const serial = sql.onDialectOrElse({
    pg: () => sql.literal("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
    orElse: () => sql.literal("INTEGER PRIMARY KEY AUTOINCREMENT")
  })
  yield* sql`CREATE TABLE interline_audit (
    id ${serial},
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    act TEXT NOT NULL,
    subject TEXT,
    request_id TEXT,
    outcome TEXT NOT NULL
  )`
  yield* sql`CREATE INDEX interline_audit_at ON interline_audit (at)`
  yield* sql`CREATE INDEX interline_audit_subject ON interline_audit (subject, at) WHERE subject IS NOT NULL`
})

/**
 * `interline_sessions` holds the sessions of browsers. `digest` is the SHA-256 of the token in the cookie. `key_proof` is made from the token and
 * the digest of the key that the session was made from, so that only that key fits, and nothing about its secret can be learnt from it.
 */
const sessions = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE interline_sessions (
    digest TEXT NOT NULL PRIMARY KEY,
    key_name TEXT NOT NULL,
    key_proof TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL
  )`
  yield* sql`CREATE INDEX interline_sessions_ends_at ON interline_sessions (ends_at)`
})

export const migrations = { "2_stores": tables, "70_api_keys": apiKeys, "71_audit": audit, "75_sessions": sessions }
